//! What only some of these servers do: IMAP4rev2, UTF8=ACCEPT, UIDONLY, and extensions without verbs of their own, by raw commands.
//! RFC 9051, 9755, 9586, 9394, 8508, 5256, 5464, 9208, 4314.

use imapkit::ErrorKind;
use imapkit::commands::{Raw, StoreHow};
use imapkit::types::{
    Capability, Flag, Flags, Items, Key, Mailbox, PartialRange, ReturnOptions, StatusItems, Uid, UidSet,
};
use imapkit::wire::{RawToken, Untagged};

use crate::clients::{Connection, Fetched, MailboxVerbs, NewMail, Options, Selected};
use crate::mails;
use crate::site::Site;

async fn filled<C: Connection>(site: &Site, client: &C, count: usize) -> (Mailbox, UidSet) {
    let mailbox = site.mailbox(client, "").await;
    let mails: Vec<NewMail> = (0..count).map(|n| NewMail::new(mails::plain(site, &format!("number {n}")))).collect();
    (mailbox.clone(), client.append_all(&mailbox, &mails).await.unwrap().remove(0).uids)
}

/// A session in which names and strings are UTF-8: by IMAP4rev2 or by UTF8=ACCEPT.
async fn in_utf8<C: Connection>(site: &Site, mode: Capability) {
    let options = Options { enable: vec![mode.clone()], ..site.options() };
    let client: C = site.connect_with(&options).await;
    assert!(client.capabilities().await.is_enabled(&mode));
    let (old, uids) = filled(site, &client, 3).await;
    let mailbox = site.mailbox_name("-Köln & ö");
    client.rename(&old, &mailbox).await.unwrap();
    let listed = client.list("", &format!("{}*", site.name)).await.unwrap();
    assert_eq!(listed[0].mailbox, mailbox);
    assert_eq!(client.status(&mailbox, StatusItems::new().messages()).await.unwrap().messages, Some(3));
    let selected = client.select(&mailbox).await.unwrap();
    assert_eq!(selected.info().exists, 3);
    assert_eq!(selected.search(Key::All).await.unwrap(), uids);
    assert!(selected.search(Key::subject("Grüße").unwrap()).await.unwrap().is_empty());
    let text = mails::eight_bit(site, "Grüße", "Zwölf");
    let uid = client.append(&mailbox, &NewMail::new(text.clone())).await.unwrap().expect("UIDPLUS").uids;
    let rows = selected.fetch(&uid, Items::new().envelope().body_structure().body_peek()).await.unwrap();
    assert_eq!(rows[0].octets(), text.as_bytes());
    assert_eq!(selected.search(Key::subject("Grüße").unwrap()).await.unwrap(), uid);
    let other = site.mailbox(&client, "-漢字").await;
    let told = selected.move_(&uid, &other).await.unwrap().expect("UIDPLUS");
    assert_eq!(told.source_set(), uid);
    let selected = client.select(&other).await.unwrap();
    assert_eq!(selected.info().exists, 1, "what came before [CLOSED] was of the other mailbox");
    selected.add_flags(&told.destination_set(), Flags::from(Flag::Deleted)).await.unwrap();
    selected.expunge().await.unwrap();
    assert!(selected.search(Key::All).await.unwrap().is_empty());
    client.rename(&other, &site.mailbox_name("-字漢")).await.unwrap();
}

pub(crate) async fn rev2<C: Connection>(site: &Site) {
    in_utf8::<C>(site, Capability::Imap4Rev2).await;
}

pub(crate) async fn utf8_accept<C: Connection>(site: &Site) {
    in_utf8::<C>(site, Capability::Utf8Accept).await;
}

/// No sequence numbers at all: UIDFETCH and VANISHED.
pub(crate) async fn uid_only<C: Connection>(site: &Site) {
    let options = Options { enable: vec![Capability::UidOnly], ..site.options() };
    let (client, other) = (site.connect_with::<C>(&options).await, site.connect::<C>().await);
    assert!(client.capabilities().await.is_enabled(&Capability::UidOnly));
    let (mailbox, uids) = filled(site, &client, 3).await;
    let selected = client.select(&mailbox).await.unwrap();
    let rows = selected.fetch(&uids, Items::new().flags().body_peek()).await.unwrap();
    assert_eq!(rows.iter().map(Fetched::uid).collect::<UidSet>(), uids);
    assert!(rows.iter().all(|row| row.row.seq.is_none()));
    let first = UidSet::from(uids.first().unwrap());
    let stored = selected.store(&first, StoreHow::Add, Flags::from(Flag::Deleted)).await.unwrap();
    assert_eq!(stored.rows[0].uid, uids.first());
    let expunged = selected.uid_expunge(&first).await.unwrap();
    assert_eq!(expunged.uids, first);
    assert_eq!(selected.search(Key::All).await.unwrap(), uids.difference(&first));
    let theirs = other.select(&mailbox).await.unwrap();
    theirs.add_flags(&uids, Flags::from(Flag::Seen)).await.unwrap();
    client.noop().await.unwrap();
    let error = selected.search_seq(Key::All).await.expect_err("numbers are forbidden");
    assert!(
        matches!(error.kind(), ErrorKind::Bad | ErrorKind::No | ErrorKind::Misuse | ErrorKind::Unsupported),
        "{error}"
    );
    client.noop().await.unwrap();
}

pub(crate) async fn windows_of_a_search<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (mailbox, uids) = filled(site, &client, 7).await;
    let selected = client.select(&mailbox).await.unwrap();
    let window = ReturnOptions::new().partial(PartialRange::new(2, 4).unwrap());
    let found = selected.search_return(Key::All, window).await.unwrap();
    let (range, numbers) = found.esearch.expect("an extended answer").partial.expect("a window");
    let wanted: UidSet = uids.iter().skip(1).take(3).collect();
    assert_eq!((&*range, UidSet::from_sorted_ranges(numbers)), ("2:4", wanted));
}

pub(crate) async fn replaced<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (mailbox, uids) = filled(site, &client, 2).await;
    let selected = client.select(&mailbox).await.unwrap();
    let old = uids.first().unwrap();
    let text = mails::plain(site, "the new draft").replace("\r\n\r\n", "\r\nX-Draft: 2\r\n\r\n");
    // A literal in a raw command: quoted strings hold no line ends.
    let tokens = vec![
        RawToken::Text("UID".to_owned()),
        RawToken::Text(format!("REPLACE {old}")),
        RawToken::String(mailbox.name().as_bytes().to_vec()),
        RawToken::Literal(text.clone().into()),
    ];
    let answer = client.run(Raw::new(tokens).unwrap()).await.unwrap();
    assert!(!answer.untagged.is_empty());
    let left = selected.search(Key::All).await.unwrap();
    assert!(!left.contains(old) && left.len() == 2, "{left}");
    let new = UidSet::from(left.last_number().unwrap());
    assert_eq!(selected.fetch(&new, Items::new().body_peek()).await.unwrap()[0].octets(), text.as_bytes());
}

/// Extensions that have no verb yet are still understood.
pub(crate) async fn raw_commands<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (mailbox, uids) = filled(site, &client, 3).await;
    client.select(&mailbox).await.unwrap();
    let any = |untagged: &[Untagged], what: fn(&Untagged) -> bool| untagged.iter().any(what);

    let sorted = client.raw("UID SORT (REVERSE SUBJECT) UTF-8 ALL").await.unwrap();
    let newest_first: Vec<u32> = uids.iter().rev().map(Uid::get).collect();
    assert!(
        sorted.untagged.iter().any(|told| matches!(told, Untagged::Sort(found, _) if *found == newest_first)),
        "{sorted:?}"
    );
    let threads = client.raw("UID THREAD REFERENCES UTF-8 ALL").await.unwrap();
    assert!(any(&threads.untagged, |told| matches!(told, Untagged::Thread(_))), "{threads:?}");
    let quota = client.raw("GETQUOTAROOT INBOX").await.unwrap();
    assert!(any(&quota.untagged, |told| matches!(told, Untagged::QuotaRoot(_))), "{quota:?}");
    let rights = client.raw("MYRIGHTS INBOX").await.unwrap();
    assert!(any(&rights.untagged, |told| matches!(told, Untagged::MyRights(_))), "{rights:?}");
    let entries = client.raw("GETMETADATA INBOX (/shared/comment /private/comment)").await.unwrap();
    assert!(any(&entries.untagged, |told| matches!(told, Untagged::Metadata(_))), "{entries:?}");
    let rows = client.raw("UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (\"Subject\")])").await.unwrap();
    assert_eq!(rows.untagged.iter().filter(|told| matches!(told, Untagged::Fetch(_))).count(), 3);
    let error = client.raw("NONSENSE 1 2 3").await.expect_err("no server knows it");
    assert_eq!(error.kind(), ErrorKind::Bad, "{error}");
    client.noop().await.unwrap();
}

/// What a server offers and how it spells it is read without a complaint.
pub(crate) async fn capabilities<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let book = client.capability().await.unwrap();
    let offered = book.offered().unwrap();
    let known = |name: &str| !matches!(Capability::parse(name), Capability::Other(_));
    for feature in ["idle", "uidplus", "move", "condstore", "qresync", "enable", "namespace", "esearch", "id"] {
        assert!(known(&feature.to_uppercase()));
        assert_eq!(offered.has(&Capability::parse(feature)), site.server.has(feature), "{feature}");
    }
    assert!(offered.iter().all(|token| !token.is_empty()));
    let namespaces = client.namespace().await.unwrap();
    assert!(!namespaces.personal.is_empty());
    assert_eq!(client.enable(vec![Capability::CondStore]).await.unwrap(), [Capability::CondStore]);
}
