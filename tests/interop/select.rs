//! Opening and leaving mailboxes, and what a handle is worth afterwards. RFC 9051 §6.3.2, §6.4.1, RFC 3691, RFC 7162.

use futures_util::future::join3;
use imapkit::ErrorKind;
use imapkit::commands::{Collected, Fetch, List, Noop, Search, Status, StoreHow};
use imapkit::types::{Capability, Flag, Flags, Items, Key, Mailbox, StatusItems, UidSet};

use crate::clients::{Connection, Fetched, MailboxVerbs, NewMail, Options, Selected};
use crate::mails;
use crate::site::Site;

async fn with_mails<C: Connection>(site: &Site, client: &C, count: usize) -> (Mailbox, UidSet) {
    let mailbox = site.mailbox(client, "").await;
    let mut uids = UidSet::default();
    for _ in 0..count {
        let appended = client.append(&mailbox, &NewMail::new(mails::plain(site, "x"))).await.unwrap();
        uids = uids.union(&appended.expect("these servers have UIDPLUS").uids);
    }
    (mailbox, uids)
}

pub(crate) async fn facts<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (mailbox, uids) = with_mails(site, &client, 3).await;
    let info = client.select(&mailbox).await.unwrap().info().clone();
    assert_eq!((info.exists, info.read_only), (3, false));
    assert!(info.uid_next.unwrap() > uids.last_number().unwrap().get());
    assert!(info.uid_validity.unwrap().is_persistent() && !info.uid_not_sticky);
    assert!(info.flags.contains(&Flag::Seen) && info.permanent_flags.unwrap().any());
    assert_eq!(info.mailbox_id.is_some(), site.server.has("objectid"));
    let info = client.select_condstore(&mailbox).await.unwrap().info().clone();
    assert!(info.highest_mod_seq.is_some());
    let read_only = client.examine(&mailbox).await.unwrap();
    assert!(read_only.info().read_only);
    let error = read_only.add_flags(&uids, Flags::from(Flag::Seen)).await.expect_err("nothing is changed");
    assert!(matches!(error.kind(), ErrorKind::Misuse | ErrorKind::No), "{error}");
    client.check().await.unwrap();
}

pub(crate) async fn close_expunges_and_unselect_does_not<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (mailbox, uids) = with_mails(site, &client, 2).await;
    let selected = client.select(&mailbox).await.unwrap();
    selected.add_flags(&UidSet::from(uids.first().unwrap()), Flags::from(Flag::Deleted)).await.unwrap();
    selected.unselect().await.unwrap();
    let messages = StatusItems::new().messages();
    assert_eq!(client.status(&mailbox, messages).await.unwrap().messages, Some(2));
    let selected = client.select(&mailbox).await.unwrap();
    selected.clone().close().await.unwrap();
    assert_eq!(client.status(&mailbox, messages).await.unwrap().messages, Some(1));
    let error = selected.search(Key::All).await.expect_err("the handle is stale");
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
}

pub(crate) async fn handles_of_another_mailbox_are_stale<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (one, uids) = with_mails(site, &client, 1).await;
    let other = site.mailbox(&client, "-other").await;
    let first = client.select(&one).await.unwrap();
    let second = client.select(&other).await.unwrap();
    let error = first.fetch(&uids, Items::new().flags()).await.expect_err("another mailbox is open");
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert!(second.search(Key::All).await.unwrap().is_empty());
    let gone = Mailbox::new(&format!("{one}-gone")).unwrap();
    assert!(client.select(&gone).await.is_err());
    let error = second.search(Key::All).await.expect_err("a failed SELECT leaves none");
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert_eq!(client.select(&one).await.unwrap().info().exists, 1);
}

/// Commands of different kinds, answered in whatever order the server likes. (The blocking client sends one after another.)
pub(crate) async fn side_by_side<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (mailbox, uids) = with_mails(site, &client, 2).await;
    client.select(&mailbox).await.unwrap();
    let (found, listed, status) = join3(
        client.run(Search::uid(Key::All)),
        client.run(List::new(mailbox.name())),
        client.run(Status::new(Mailbox::inbox(), StatusItems::new().uid_next())),
    )
    .await;
    assert_eq!(found.unwrap().all, Some(uids));
    assert_eq!(listed.unwrap()[0].mailbox, mailbox);
    assert!(status.unwrap().uid_next.is_some());
}

/// Many commands at once: what may share a flight does, and each gets its own answer.
pub(crate) async fn many_at_once<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (mailbox, uids) = with_mails(site, &client, 12).await;
    let selected = client.select(&mailbox).await.unwrap();
    let epoch = selected.info().epoch;
    let fetches = uids
        .iter()
        .map(|uid| Fetch::new(UidSet::from(uid), Items::new().envelope().flags(), Collected::new(0)).in_epoch(epoch));
    for (rows, uid) in client.run_all(fetches.collect()).await.into_iter().zip(uids.iter()) {
        let rows = rows.unwrap().into_rows().unwrap();
        assert_eq!(rows.iter().map(|row| row.uid).collect::<Vec<_>>(), [Some(uid)]);
    }
    let searches = (1..=12).map(|n| Search::uid(Key::Uid(uids.iter().take(n).collect())).in_epoch(epoch));
    for (found, n) in client.run_all(searches.collect()).await.into_iter().zip(1_u64..) {
        assert_eq!(found.unwrap().all.unwrap().len(), n);
    }
    let statuses = (0..30).map(|_| Status::new(Mailbox::inbox(), StatusItems::new().uid_validity()));
    let told: Vec<_> =
        client.run_all(statuses.collect()).await.into_iter().map(|status| status.unwrap().uid_validity).collect();
    assert!(told[0].is_some() && told.iter().all(|each| *each == told[0]));
    let noops = client.run_all(vec![Noop; 100]).await;
    assert!(noops.iter().all(Result::is_ok));
}

/// Sets longer than a line go out in several commands, and come back as one answer.
pub(crate) async fn long_sets<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (mailbox, uids) = with_mails(site, &client, 3).await;
    let selected = client.select(&mailbox).await.unwrap();
    let first = uids.first().unwrap().get();
    // Every second number from there on: 9,000 ranges, some 60,000 octets.
    let ranges = (0..9000).map(|n| (first + 2 * n, first + 2 * n)).collect();
    let sparse = UidSet::from_sorted_ranges(ranges);
    let wanted = uids.intersection(&sparse);
    let rows = selected.fetch(&sparse, Items::new().flags()).await.unwrap();
    assert_eq!(rows.iter().map(Fetched::uid).collect::<UidSet>(), wanted);
    let stored = selected.store(&sparse, StoreHow::Add, Flags::from(Flag::Flagged)).await.unwrap();
    assert_eq!(stored.rows.len() as u64, wanted.len());
    assert_eq!(selected.search(Key::Flagged).await.unwrap(), wanted);
    let lines = site.said();
    assert!(lines.iter().all(|line| line.len() < 8300), "no line is longer than servers take");
}

/// QRESYNC on: VANISHED instead of EXPUNGE.
pub(crate) async fn vanished<C: Connection>(site: &Site) {
    let options = Options { enable: vec![Capability::Qresync], ..site.options() };
    let client: C = site.connect_with(&options).await;
    assert!(client.capabilities().await.is_enabled(&Capability::Qresync));
    let (mailbox, uids) = with_mails(site, &client, 3).await;
    let selected = client.select(&mailbox).await.unwrap();
    let gone = UidSet::from(uids.first().unwrap());
    selected.add_flags(&gone, Flags::from(Flag::Deleted)).await.unwrap();
    let expunged = selected.uid_expunge(&gone).await.unwrap();
    assert_eq!((expunged.uids, expunged.seqs.len()), (gone.clone(), 0));
    assert_eq!(selected.search(Key::All).await.unwrap(), uids.difference(&gone));
    client.noop().await.unwrap();
}
