//! Copies and moves, and where they went. RFC 9051 §6.4.7, §6.4.8, RFC 4315, RFC 6851.

use imapkit::ErrorKind;
use imapkit::types::{Capability, Code, CopyUid, Flag, Flags, Items, Key, Mailbox, Uid, UidSet};

use crate::clients::{Connection, MailboxVerbs, NewMail, Options, Selected};
use crate::mails;
use crate::site::Site;

/// Three messages in one mailbox, and an empty one to put them.
async fn three<C: Connection>(site: &Site, client: &C) -> (C::Selected, Mailbox, UidSet, Vec<String>) {
    let (from, to) = (site.mailbox(client, "-from").await, site.mailbox(client, "-to ö").await);
    let texts: Vec<String> = ["a", "b", "c"].into_iter().map(|subject| mails::plain(site, subject)).collect();
    let mails: Vec<NewMail> = texts.iter().map(|text| NewMail::new(text.clone())).collect();
    let uids = client.append_all(&from, &mails).await.unwrap().remove(0).uids;
    (client.select(&from).await.unwrap(), to, uids, texts)
}

/// What is in the destination is what was sent there, each under the UID that was told for it.
async fn arrived<C: Connection>(client: &C, to: &Mailbox, told: &CopyUid, wanted: &[(Uid, &str)]) {
    let selected = client.select(to).await.unwrap();
    assert_eq!(selected.info().uid_validity, Some(told.uid_validity));
    assert_eq!(selected.search(Key::All).await.unwrap(), told.destination_set());
    let messages = selected.fetch(&told.destination_set(), Items::new().body_peek()).await.unwrap();
    for (source, text) in wanted {
        let uid = told.copy_of(*source).expect("each has a copy");
        let message = messages.iter().find(|message| message.uid() == uid).unwrap();
        assert_eq!(message.octets(), text.as_bytes());
    }
}

pub(crate) async fn copied<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (selected, to, uids, texts) = three(site, &client).await;
    let [a, _, c] = uids.iter().collect::<Vec<_>>()[..] else { panic!("three") };
    selected.add_flags(&uids, Flags::from(Flag::Flagged)).await.unwrap();
    let told = selected.copy(&[a, c].into_iter().collect(), &to).await.unwrap().expect("UIDPLUS");
    assert_eq!(selected.search(Key::All).await.unwrap(), uids, "a copy leaves them where they are");
    arrived(&client, &to, &told, &[(a, &texts[0]), (c, &texts[2])]).await;
    let there = client.select(&to).await.unwrap();
    assert_eq!(there.search(Key::Flagged).await.unwrap(), told.destination_set());
}

async fn moved_by<C: Connection>(site: &Site, options: &Options) {
    let client: C = site.connect_with(options).await;
    let (selected, to, uids, texts) = three(site, &client).await;
    let [a, b, c] = uids.iter().collect::<Vec<_>>()[..] else { panic!("three") };
    // Marked by somebody else: whoever moves the others may not remove it.
    selected.add_flags(&UidSet::from(b), Flags::from(Flag::Deleted)).await.unwrap();
    let told = selected.move_(&[a, c].into_iter().collect(), &to).await.unwrap().expect("UIDPLUS");
    assert_eq!(selected.search(Key::All).await.unwrap(), UidSet::from(b));
    arrived(&client, &to, &told, &[(a, &texts[0]), (c, &texts[2])]).await;
}

pub(crate) async fn moved<C: Connection>(site: &Site) {
    moved_by::<C>(site, &site.options()).await;
    assert!(site.said().iter().any(|line| line.contains(" UID MOVE ")));
}

pub(crate) async fn moved_without_move<C: Connection>(site: &Site) {
    let options = Options { disable: vec![Capability::Move], ..site.options() };
    moved_by::<C>(site, &options).await;
    assert!(!site.said().iter().any(|line| line.contains(" UID MOVE ")));
}

pub(crate) async fn moved_with_nothing_to_move_by<C: Connection>(site: &Site) {
    let options = Options { disable: vec![Capability::Move, Capability::UidPlus], ..site.options() };
    let client: C = site.connect_with(&options).await;
    let mailbox = site.mailbox(&client, "").await;
    client.append(&mailbox, &NewMail::new(mails::plain(site, "stays"))).await.unwrap();
    let selected = client.select(&mailbox).await.unwrap();
    let uids = selected.search(Key::All).await.unwrap();
    let error = selected.move_(&uids, &mailbox).await.expect_err("nothing is removed at random");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert_eq!(selected.search(Key::All).await.unwrap(), uids);
}

pub(crate) async fn by_sequence_number<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (selected, to, uids, texts) = three(site, &client).await;
    let [a, b, c] = uids.iter().collect::<Vec<_>>()[..] else { panic!("three") };
    let told = selected.copy_seq(&"1".parse().unwrap(), &to).await.unwrap().expect("UIDPLUS");
    assert_eq!(told.source_set(), UidSet::from(a));
    let told = selected.move_seq(&"2:3".parse().unwrap(), &to).await.unwrap().expect("UIDPLUS");
    assert_eq!(told.source_set(), [b, c].into_iter().collect());
    assert_eq!(selected.search(Key::All).await.unwrap(), UidSet::from(a));
    let there = client.select(&to).await.unwrap();
    let copy = there.fetch(&UidSet::from(told.copy_of(c).unwrap()), Items::new().body_peek()).await.unwrap();
    assert_eq!(copy[0].octets(), texts[2].as_bytes());
}

pub(crate) async fn to_where_there_is_no_mailbox<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (selected, to, uids, _) = three(site, &client).await;
    let gone = Mailbox::new(&format!("{to}-gone")).unwrap();
    for error in [
        selected.copy(&uids, &gone).await.expect_err("there is no such mailbox"),
        selected.move_(&uids, &gone).await.expect_err("there is no such mailbox"),
    ] {
        assert_eq!((error.kind(), error.code()), (ErrorKind::No, Some(&Code::TryCreate)), "{error}");
    }
    assert_eq!(selected.search(Key::All).await.unwrap(), uids);
    let none = selected.copy(&UidSet::default(), &to).await.unwrap();
    assert!(none.is_none(), "nothing is asked for an empty set");
    client.noop().await.unwrap();
}
