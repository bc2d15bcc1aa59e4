//! Messages removed, all that are marked or only those named. RFC 9051 §6.4.3, §6.4.9, §7.5.1, RFC 4315.

use imapkit::types::{Flag, Flags, Items, Key, UidSet};

use crate::clients::{Connection, Fetched, MailboxVerbs, NewMail, Selected};
use crate::mails;
use crate::site::Site;

async fn five<C: Connection>(site: &Site, client: &C) -> (C::Selected, UidSet) {
    let mailbox = site.mailbox(client, "").await;
    let mails: Vec<NewMail> = (0..5).map(|_| NewMail::new(mails::plain(site, "x"))).collect();
    let uids = client.append_all(&mailbox, &mails).await.unwrap().remove(0).uids;
    (client.select(&mailbox).await.unwrap(), uids)
}

pub(crate) async fn all_that_are_marked<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (selected, uids) = five(site, &client).await;
    let all: Vec<_> = uids.iter().collect();
    let marked: UidSet = [all[0], all[2], all[3]].into_iter().collect();
    // The UIDs are known to the session before, so that it can say which are gone.
    selected.fetch(&uids, Items::new().flags()).await.unwrap();
    selected.add_flags(&marked, Flags::from(Flag::Deleted)).await.unwrap();
    let expunged = selected.expunge().await.unwrap();
    assert_eq!(expunged.seqs.len(), 3, "{expunged:?}");
    // Each number is as of its time: taking them out one by one leaves what the server has left.
    let mut left = all.clone();
    for seq in &expunged.seqs {
        left.remove(usize::try_from(seq.get()).unwrap() - 1);
    }
    assert_eq!(left, [all[1], all[4]]);
    assert_eq!(selected.search(Key::All).await.unwrap(), left.into_iter().collect());
    assert!(selected.expunge().await.unwrap().seqs.is_empty());
}

pub(crate) async fn only_those_named<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (selected, uids) = five(site, &client).await;
    let all: Vec<_> = uids.iter().collect();
    selected.add_flags(&uids, Flags::from(Flag::Deleted)).await.unwrap();
    let named: UidSet = [all[1], all[4]].into_iter().collect();
    let expunged = selected.uid_expunge(&named).await.unwrap();
    assert_eq!(expunged.seqs.len(), 2, "{expunged:?}");
    assert_eq!(selected.search(Key::All).await.unwrap(), uids.difference(&named));
    // The numbers of those behind have moved up, and the session knows it.
    let rows = selected.fetch_seq(&"2:3".parse().unwrap(), Items::new().flags()).await.unwrap();
    let told: Vec<_> = rows.iter().map(Fetched::uid).collect();
    assert_eq!(told, [all[2], all[3]]);
}

/// While another connection removes messages, answers stay under the right UIDs.
pub(crate) async fn by_somebody_else<C: Connection>(site: &Site) {
    let (client, other) = (site.connect::<C>().await, site.connect::<C>().await);
    let (selected, uids) = five(site, &client).await;
    let all: Vec<_> = uids.iter().collect();
    let theirs = other.select(&site.mailbox_name("")).await.unwrap();
    let gone: UidSet = [all[0], all[1]].into_iter().collect();
    theirs.add_flags(&gone, Flags::from(Flag::Deleted)).await.unwrap();
    theirs.uid_expunge(&gone).await.unwrap();
    let rows = selected.fetch(&uids, Items::new().flags().body_peek()).await.unwrap();
    let told: UidSet = rows.iter().map(Fetched::uid).collect();
    assert!(uids.difference(&gone).difference(&told).is_empty(), "those that are left are told: {told}");
    assert_eq!(selected.search(Key::All).await.unwrap(), uids.difference(&gone));
    let rows = selected.fetch(&uids, Items::new().flags()).await.unwrap();
    assert_eq!(rows.len(), 3);
}
