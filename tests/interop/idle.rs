//! News of the selected mailbox while it is watched, by IDLE or by asking. RFC 2177, RFC 9051 §6.3.13.

use std::time::{Duration, Instant};

use imapkit::types::{Capability, Flag, Flags, Key, UidSet};
use imapkit::{ErrorKind, MailboxEvent};

use crate::clients::{Connection, MailboxVerbs, NewMail, Options, Selected};
use crate::mails;
use crate::site::Site;

/// Long enough for IDLE to begin.
const MOMENT: Duration = Duration::from_millis(300);
/// How long news may take; Cyrus polls its own daemon.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for the change that `wanted` describes; the others may come too.
async fn until<S: Selected>(watch: &mut S::Watch, what: &str, wanted: impl Fn(&MailboxEvent) -> bool) {
    let end = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    loop {
        match S::change(watch, end.saturating_duration_since(Instant::now())).await {
            Ok(Some(event)) if wanted(&event) => return,
            Ok(Some(event)) => seen.push(event),
            Ok(None) => panic!("no {what} within {PATIENCE:?}, but {seen:?}"),
            Err(error) => panic!("no {what}: {error}"),
        }
    }
}

async fn news<C: Connection>(site: &Site, options: &Options) {
    let (watcher, other) = (site.connect_with::<C>(options).await, site.connect::<C>().await);
    let mailbox = site.mailbox(&other, "").await;
    let selected = watcher.select(&mailbox).await.unwrap();
    let mut watch = selected.watch();
    assert!(C::Selected::change(&mut watch, MOMENT).await.unwrap().is_none(), "nothing has happened yet");

    let uids = other.append(&mailbox, &NewMail::new(mails::plain(site, "news"))).await.unwrap().expect("UIDPLUS").uids;
    until::<C::Selected>(&mut watch, "EXISTS", |event| matches!(event, MailboxEvent::Exists(1))).await;
    // A command in between ends IDLE, is answered, and IDLE begins again.
    assert_eq!(selected.search(Key::All).await.unwrap(), uids);

    let theirs = other.select(&mailbox).await.unwrap();
    theirs.add_flags(&uids, Flags::from(Flag::Flagged)).await.unwrap();
    until::<C::Selected>(
        &mut watch,
        "FETCH",
        |event| matches!(event, MailboxEvent::Fetch(row) if row.flags.as_ref().is_some_and(Flags::flagged)),
    )
    .await;

    theirs.add_flags(&uids, Flags::from(Flag::Deleted)).await.unwrap();
    theirs.uid_expunge(&uids).await.unwrap();
    let gone = uids.first();
    until::<C::Selected>(
        &mut watch,
        "EXPUNGE",
        |event| matches!(event, MailboxEvent::Expunged { uid, .. } if *uid == gone || uid.is_none()),
    )
    .await;
    drop(watch);
    watcher.noop().await.unwrap();
}

pub(crate) async fn by_idle<C: Connection>(site: &Site) {
    news::<C>(site, &site.options()).await;
    assert!(site.said().iter().any(|line| line.ends_with(" IDLE")));
    assert!(site.said().iter().any(|line| line == "C: DONE"));
}

pub(crate) async fn by_asking_where_there_is_no_idle<C: Connection>(site: &Site) {
    let poll = Some(Duration::from_millis(400));
    let options = Options { disable: vec![Capability::Idle], poll, ..site.options() };
    news::<C>(site, &options).await;
    assert!(!site.said().iter().any(|line| line.ends_with(" IDLE")));
}

/// A watch ends with its mailbox.
pub(crate) async fn of_a_mailbox_that_is_left<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (one, other) = (site.mailbox(&client, "").await, site.mailbox(&client, "-other").await);
    let mut watch = client.select(&one).await.unwrap().watch();
    assert!(C::Selected::change(&mut watch, MOMENT).await.unwrap().is_none());
    let second = client.select(&other).await.unwrap();
    let error = C::Selected::change(&mut watch, PATIENCE).await.expect_err("the watch is over");
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert!(second.search(Key::All).await.unwrap().is_empty());
}

/// Many commands while a watch is held: each ends IDLE and is answered.
pub(crate) async fn beside_many_commands<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let mailbox = site.mailbox(&client, "").await;
    let selected = client.select(&mailbox).await.unwrap();
    let mut watch = selected.watch();
    for n in 0..5_u32 {
        let _ = C::Selected::change(&mut watch, Duration::from_millis(50)).await.unwrap();
        client.append(&mailbox, &NewMail::new(mails::plain(site, "one more"))).await.unwrap();
        let found = selected.search(Key::All).await.unwrap();
        assert_eq!(found.len(), u64::from(n) + 1);
    }
    let all: UidSet = selected.search(Key::All).await.unwrap();
    selected.add_flags(&all, Flags::from(Flag::Seen)).await.unwrap();
}
