//! Flags, changed and told. RFC 9051 §6.4.6, RFC 7162 (UNCHANGEDSINCE).

use imapkit::commands::{Messages, StoreHow};
use imapkit::types::{Flag, Flags, Items, Keyword, UidSet};

use crate::clients::{Connection, Fetched, MailboxVerbs, NewMail, Selected};
use crate::mails;
use crate::site::Site;

fn keyword(name: &str) -> Flag {
    Flag::Keyword(Keyword::new(name).unwrap())
}

fn flags(list: impl IntoIterator<Item = Flag>) -> Flags {
    let mut flags = Flags::new();
    for flag in list {
        flags.insert(flag);
    }
    flags
}

async fn two<C: Connection>(site: &Site, client: &C) -> (C::Selected, UidSet) {
    let mailbox = site.mailbox(client, "").await;
    let mails = [NewMail::new(mails::plain(site, "a")), NewMail::new(mails::plain(site, "b"))];
    let uids = client.append_all(&mailbox, &mails).await.unwrap().remove(0).uids;
    (client.select_condstore(&mailbox).await.unwrap(), uids)
}

async fn told<S: Selected>(selected: &S, uids: &UidSet) -> Vec<Flags> {
    let mut rows = selected.fetch(uids, Items::new().flags()).await.unwrap();
    rows.sort_by_key(Fetched::uid);
    rows.into_iter()
        .map(|row| {
            let mut flags = row.row.flags.unwrap();
            // Dovecot 2.4 says by itself what it knows of the message.
            for own in [Flag::Recent, keyword("$HasAttachment"), keyword("$HasNoAttachment")] {
                flags.remove(&own);
            }
            flags
        })
        .collect()
}

pub(crate) async fn add_remove_replace<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (selected, uids) = two(site, &client).await;
    let first = UidSet::from(uids.first().unwrap());
    let stored =
        selected.store(&uids, StoreHow::Add, flags([Flag::Seen, keyword("$Work"), keyword("Odd'Word")])).await.unwrap();
    assert_eq!(stored.rows.len(), 2);
    assert!(stored.rows.iter().all(|row| row.flags.as_ref().unwrap().contains(&keyword("$work"))));
    selected.remove_flags(&first, flags([Flag::Seen])).await.unwrap();
    selected
        .set_flags(&UidSet::from(uids.last_number().unwrap()), flags([Flag::Draft, keyword("$Forwarded")]))
        .await
        .unwrap();
    let wanted = [flags([keyword("$Work"), keyword("Odd'Word")]), flags([Flag::Draft, keyword("$Forwarded")])];
    assert_eq!(told(&selected, &uids).await, wanted);
    selected.set_flags(&uids, Flags::new()).await.unwrap();
    assert_eq!(told(&selected, &uids).await, [Flags::new(), Flags::new()]);
    let stored = selected.store_seq(&"1".parse().unwrap(), StoreHow::Add, flags([Flag::Flagged])).await.unwrap();
    assert!(stored.rows[0].flags.as_ref().unwrap().flagged());
}

pub(crate) async fn only_if_unchanged<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (selected, uids) = two(site, &client).await;
    let rows = selected.fetch(&uids, Items::new().mod_seq()).await.unwrap();
    let before = rows.iter().filter_map(|row| row.row.mod_seq).max().unwrap();
    let second = UidSet::from(uids.last_number().unwrap());
    selected.add_flags(&second, flags([Flag::Seen])).await.unwrap();
    let stored = selected.store_unchanged_since(&uids, StoreHow::Add, flags([Flag::Flagged]), before).await.unwrap();
    assert_eq!(stored.modified, Some(Messages::Uid(second.clone())));
    assert_eq!(told(&selected, &uids).await, [flags([Flag::Flagged]), flags([Flag::Seen])]);
    assert!(stored.rows.iter().any(|row| row.uid == uids.first() && row.mod_seq > Some(before)), "{stored:?}");
}
