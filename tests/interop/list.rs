//! Mailboxes: made, named, listed, subscribed to, renamed, removed, counted. RFC 9051 §6.3, RFC 5258, 5819, 6154.

use imapkit::ErrorKind;
use imapkit::commands::{Create, List, ListReturn, ListSelect};
use imapkit::types::{Code, ListEntry, Mailbox, SpecialUse, StatusItem, StatusItems, UidValidity};

use crate::clients::{Connection, NewMail, Selected};
use crate::mails;
use crate::site::{Site, serves_no_purpose};

fn names(entries: &[ListEntry]) -> Vec<&str> {
    let mut names: Vec<&str> = entries.iter().map(|entry| entry.mailbox.name()).collect();
    names.sort_unstable();
    names
}

pub(crate) async fn names_of_every_kind<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let top = site.mailbox(&client, "").await;
    let mut made = Vec::new();
    let quote = if site.server.name.starts_with("cyrus") { "apos'trophe" } else { "quo\"te" };
    for child in [quote, "plain", "two words", "Entwürfe", "日本語", "A&B", "tilde~", "emoji 📬", "brackets[]"] {
        let name = Mailbox::new(&format!("{top}/{child}")).unwrap();
        client.create(&name).await.unwrap_or_else(|error| panic!("{child}: {error}"));
        made.push(name);
    }
    let found = client.list("", &format!("{top}/%")).await.unwrap();
    let mut wanted: Vec<&str> = made.iter().map(Mailbox::name).collect();
    wanted.sort_unstable();
    assert_eq!(names(&found), wanted);
    assert!(found.iter().all(|entry| entry.delimiter == Some('/') && entry.is_selectable()));
    for name in &made {
        let number = client.append(name, &NewMail::new(mails::plain(site, "x"))).await.unwrap();
        assert!(number.is_some());
        let status = client.status(name, StatusItems::new().messages()).await.unwrap();
        assert_eq!(status.messages, Some(1), "{name}");
        // Dovecot ends the connection when the selected mailbox is removed.
        client.select(name).await.unwrap().unselect().await.unwrap();
        // What the server calls it is what it is removed by.
        let entry = found.iter().find(|entry| entry.mailbox == *name).unwrap();
        client.delete(&entry.mailbox).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    assert!(client.list(top.name(), "/%").await.unwrap().is_empty());
}

pub(crate) async fn renamed_subscribed_removed<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (old, new) = (site.mailbox(&client, "-old").await, site.mailbox_name("-new"));
    client.subscribe(&old).await.unwrap();
    assert_eq!(names(&client.lsub("", &format!("{}*", site.name)).await.unwrap()), [old.name()]);
    client.rename(&old, &new).await.unwrap();
    assert_eq!(names(&client.list("", &format!("{}*", site.name)).await.unwrap()), [new.name()]);
    client.subscribe(&new).await.unwrap();
    client.unsubscribe(&old).await.unwrap();
    assert_eq!(names(&client.lsub("", &format!("{}*", site.name)).await.unwrap()), [new.name()]);
    client.unsubscribe(&new).await.unwrap();
    client.delete(&new).await.unwrap();
    assert!(client.list("", &format!("{}*", site.name)).await.unwrap().is_empty());
}

pub(crate) async fn refusals_have_reasons<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let there = site.mailbox(&client, "").await;
    let gone = Mailbox::new(&format!("{there}-gone")).unwrap();
    let error = client.create(&there).await.expect_err("it is there already");
    assert_eq!(error.kind(), ErrorKind::No, "{error}");
    if site.server.name.starts_with("dovecot") {
        assert_eq!(error.code(), Some(&Code::AlreadyExists));
    }
    for error in [
        client.delete(&gone).await.expect_err("it is not there"),
        client.status(&gone, StatusItems::new().messages()).await.expect_err("it is not there"),
        client.select(&gone).await.err().expect("it is not there"),
    ] {
        assert_eq!(error.kind(), ErrorKind::No, "{error}");
        assert!(error.connection_alive() && !error.is_retryable(), "{error}");
    }
    client.noop().await.unwrap();
}

pub(crate) async fn special_uses<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let wanted = [
        ("Drafts", SpecialUse::Drafts),
        ("Sent", SpecialUse::Sent),
        ("Trash", SpecialUse::Trash),
        ("Junk", SpecialUse::Junk),
        ("Archive", SpecialUse::Archive),
    ];
    let plain = client.list("", "%").await.unwrap();
    let extended = List::new("*").returning(ListReturn::SpecialUse);
    let extended = client.run(extended).await.unwrap();
    let selected = client.run(List::new("*").select(ListSelect::SpecialUse)).await.unwrap();
    for (name, special_use) in wanted {
        for entries in [&plain, &extended, &selected] {
            let entry = entries.iter().find(|entry| entry.special_use() == Some(special_use));
            assert_eq!(entry.map(|entry| entry.mailbox.name()), Some(name), "{entries:#?}");
        }
    }
    assert!(selected.iter().all(|entry| entry.special_use().is_some()));
}

pub(crate) async fn extended_lists<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let top = site.mailbox(&client, "").await;
    let child = site.mailbox(&client, "/child ü").await;
    client.subscribe(&child).await.unwrap();
    client.append(&child, &NewMail::new(mails::plain(site, "one"))).await.unwrap();
    let items = StatusItems::new().messages().uid_next().unseen();
    let list = List::new(format!("{top}*"))
        .returning(ListReturn::Children)
        .returning(ListReturn::Subscribed)
        .returning(ListReturn::Status(items));
    let found = client.run(list).await.unwrap();
    let of = |name: &Mailbox| found.iter().find(|entry| entry.mailbox == *name).unwrap();
    assert_eq!((of(&top).has_children(), of(&child).has_children()), (Some(true), Some(false)));
    assert_eq!((of(&top).is_subscribed(), of(&child).is_subscribed()), (false, true));
    let status = of(&child).status.as_ref().expect("LIST-STATUS was asked for");
    assert_eq!((status.messages, status.unseen), (Some(1), Some(1)));
    assert_eq!(of(&top).status.as_ref().unwrap().messages, Some(0));

    let subscribed = List::new(format!("{top}*")).select(ListSelect::Subscribed);
    let found = client.run(subscribed).await.unwrap();
    assert_eq!(names(&found), [child.name()]);
    let below = List::new(format!("{top}")).or(format!("{top}/%"));
    assert_eq!(names(&client.run(below).await.unwrap()).len(), 2);
    client.unsubscribe(&child).await.unwrap();
}

pub(crate) async fn counts<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let mailbox = site.mailbox(&client, "").await;
    let texts = [mails::plain(site, "one"), mails::plain(site, "two")];
    for text in &texts {
        client.append(&mailbox, &NewMail::new(text.clone())).await.unwrap();
    }
    let supported = StatusItem::ALL.into_iter().filter(|item| match item {
        StatusItem::Size => site.server.has("status=size"),
        StatusItem::DeletedStorage | StatusItem::Deleted => site.server.name == "cyrus312",
        StatusItem::HighestModSeq => site.server.has("condstore"),
        // They announce one limit for all mailboxes (RFC 7889 §2) and do not know the item; and for the id of a mailbox that was just appended
        // to Cyrus prints freed memory.
        StatusItem::AppendLimit | StatusItem::MailboxId => false,
        _ => true,
    });
    let items = supported.clone().fold(StatusItems::new(), StatusItems::with);
    let status = client.status(&mailbox, items).await.unwrap();
    assert_eq!((status.messages, status.unseen), (Some(2), Some(2)));
    assert!(status.uid_next >= Some(3) && status.uid_validity.is_some_and(UidValidity::is_persistent));
    assert!(status.other.is_empty(), "{:?}", status.other);
    for item in supported {
        let told = match item {
            StatusItem::Size => status.size == Some(texts.iter().map(|text| text.len() as u64).sum()),
            StatusItem::Deleted => status.deleted == Some(0),
            StatusItem::DeletedStorage => status.deleted_storage == Some(0),
            StatusItem::HighestModSeq => status.highest_mod_seq.is_some(),
            _ => true,
        };
        assert!(told, "{item}: {status:?}");
    }
}

pub(crate) async fn made_for_a_purpose<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    for left in client.list("", "*").await.unwrap() {
        // There is one of a kind, and a run that was killed did not tidy up.
        if left.special_use() == Some(SpecialUse::Important) {
            serves_no_purpose(&client, &left.mailbox).await;
        }
    }
    let mailbox = site.mailbox_name("");
    client.run(Create::new(mailbox.clone()).special_use(SpecialUse::Important)).await.unwrap();
    let entries = client.run(List::new(mailbox.name()).returning(ListReturn::SpecialUse)).await.unwrap();
    assert_eq!(entries[0].special_use(), Some(SpecialUse::Important), "{entries:?}");
    let refused = client.run(Create::new(site.mailbox_name("-flagged")).special_use(SpecialUse::Flagged)).await;
    assert_eq!(refused.expect_err("Cyrus has no such use").code(), Some(&Code::UseAttr));
}
