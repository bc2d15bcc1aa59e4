//! Messages put into mailboxes come out as they went in. RFC 9051 §6.3.12, RFC 3502, 4315, 7888, 7889.

use imapkit::ErrorKind;
use imapkit::types::{Capability, Code, Date, DateTime, Flag, Flags, Items, Keyword, Mailbox, StatusItems};

use crate::clients::{Connection, Fetched, NewMail, Options, Selected};
use crate::mails;
use crate::site::Site;

pub(crate) async fn small_with_flags_and_date<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let mailbox = site.mailbox(&client, "").await;
    let mut flags = Flags::from(Flag::Seen);
    flags.insert(Flag::Keyword(Keyword::new("$Work").unwrap()));
    flags.insert(Flag::Flagged);
    let date = DateTime::new(Date::new(2021, 3, 4).unwrap(), 5, 6, 7, -330).unwrap();
    let text = mails::plain(site, "small");
    let mail = NewMail { flags: flags.clone(), date: Some(date), ..NewMail::new(text.clone()) };
    let appended = client.append(&mailbox, &mail).await.unwrap().expect("UIDPLUS");
    let selected = client.select(&mailbox).await.unwrap();
    assert_eq!(selected.info().uid_validity, Some(appended.uid_validity));
    let items = Items::new().flags().internal_date().size().body_peek();
    let [message] = &selected.fetch(&appended.uids, items).await.unwrap()[..] else { panic!("one message") };
    assert_eq!(message.octets(), text.as_bytes());
    assert_eq!(message.row.size, Some(text.len() as u64));
    assert_eq!(message.row.internal_date, Some(date));
    let told = message.row.flags.as_ref().unwrap();
    assert!(flags.iter().all(|flag| told.contains(&flag)), "{told:?}");
}

pub(crate) async fn five_megabytes_from_a_reader<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let mailbox = site.mailbox(&client, "").await;
    let text = mails::large(site, 5_000_000);
    let mail = NewMail { by_reader: true, ..NewMail::new(text.clone()) };
    let uids = client.append(&mailbox, &mail).await.unwrap().expect("UIDPLUS").uids;
    let selected = client.select(&mailbox).await.unwrap();
    let [message] = &selected.fetch(&uids, Items::new().size().body_peek()).await.unwrap()[..] else { panic!("one") };
    assert!(message.contents[0].streamed, "a large content is streamed");
    assert!(*message.octets() == text.as_bytes(), "it comes back as it went");
    assert_eq!(message.row.size, Some(text.len() as u64));
}

pub(crate) async fn several_at_once<C: Connection>(site: &Site) {
    for disable in [vec![], vec![Capability::MultiAppend]] {
        let client: C = site.connect_with(&Options { disable: disable.clone(), ..site.options() }).await;
        let mailbox = site.mailbox(&client, &format!("-{}", disable.len())).await;
        let texts = [mails::plain(site, "one"), mails::large(site, 70_000), mails::plain(site, "three")];
        let mut all: Vec<NewMail> = texts.iter().map(|text| NewMail::new(text.clone())).collect();
        all[1].by_reader = true;
        all[2].flags = Flags::from(Flag::Draft);
        let appended = client.append_all(&mailbox, &all).await.unwrap();
        assert_eq!(appended.len(), if disable.is_empty() { 1 } else { 3 });
        let uids = appended.iter().fold(imapkit::types::UidSet::default(), |uids, each| uids.union(&each.uids));
        assert_eq!(uids.len(), 3);
        let selected = client.select(&mailbox).await.unwrap();
        let mut messages = selected.fetch(&uids, Items::new().flags().body_peek()).await.unwrap();
        messages.sort_by_key(Fetched::uid);
        for (message, text) in messages.iter().zip(&texts) {
            assert!(*message.octets() == text.as_bytes());
        }
        assert!(messages[2].row.flags.as_ref().unwrap().draft());
    }
}

/// Around the 4096 octets that LITERAL- allows without asking; with LITERAL+, LITERAL- and neither.
pub(crate) async fn sizes_around_the_literal_limit<C: Connection>(site: &Site) {
    for disable in [vec![], vec![Capability::LiteralPlus, Capability::LiteralMinus]] {
        let client: C = site.connect_with(&Options { disable: disable.clone(), ..site.options() }).await;
        let mailbox = site.mailbox(&client, &format!("-{}", disable.len())).await;
        for size in [200, 4095, 4096, 4097, 65_535, 65_536, 65_537] {
            let mut text = mails::plain(site, "sizes");
            while text.len() < size {
                let room = size - text.len();
                let line = "0123456789".repeat(7);
                text.push_str(&line[..room.saturating_sub(2).min(70)]);
                text.push_str(if room >= 2 { "\r\n" } else { "x" });
            }
            let text = text.replace("\nx", "\n");
            let uids = client.append(&mailbox, &NewMail::new(text.clone())).await.unwrap().expect("UIDPLUS").uids;
            let selected = client.select(&mailbox).await.unwrap();
            let messages = selected.fetch(&uids, Items::new().body_peek()).await.unwrap();
            assert!(*messages[0].octets() == text.as_bytes(), "{size}");
        }
    }
}

pub(crate) async fn to_where_there_is_no_mailbox<C: Connection>(site: &Site) {
    for disable in [vec![], vec![Capability::LiteralPlus, Capability::LiteralMinus]] {
        let client: C = site.connect_with(&Options { disable, ..site.options() }).await;
        let gone = Mailbox::new(&format!("{}-gone", site.name)).unwrap();
        for size in [300, 1_000_000] {
            let mail = NewMail { by_reader: true, ..NewMail::new(mails::large(site, size)) };
            let error = client.append(&gone, &mail).await.expect_err("there is no such mailbox");
            assert_eq!((error.kind(), error.code()), (ErrorKind::No, Some(&Code::TryCreate)), "{error}");
            assert!(error.connection_alive());
            client.noop().await.unwrap();
        }
    }
}

pub(crate) async fn beyond_ascii<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let mailbox = site.mailbox(&client, "-Entwürfe").await;
    let text =
        mails::eight_bit(site, "Grüße aus Köln", "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.");
    let uids = client.append(&mailbox, &NewMail::new(text.clone())).await.unwrap().expect("UIDPLUS").uids;
    let selected = client.select(&mailbox).await.unwrap();
    let messages = selected.fetch(&uids, Items::new().body_peek().envelope()).await.unwrap();
    assert_eq!(messages[0].octets(), text.as_bytes());
    assert_eq!(client.status(&mailbox, StatusItems::new().messages()).await.unwrap().messages, Some(1));
}

/// What is larger than the server takes is not even begun.
pub(crate) async fn larger_than_the_server_takes<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let offered = client.capabilities().await;
    let limit =
        offered.offered().and_then(imapkit::types::Capabilities::append_limit).expect("APPENDLIMIT has a number");
    let mailbox = site.mailbox(&client, "").await;
    let claims = Some(limit + 1);
    let mail = NewMail { by_reader: true, claims, ..NewMail::new(mails::large(site, 1_000_000)) };
    let error = client.append(&mailbox, &mail).await.expect_err("it is too large");
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    assert!(!site.said().iter().any(|line| line.contains(" APPEND ")));
    client.noop().await.unwrap();
}

/// A reader that ends too soon: there is no way back from a size that was announced, and nothing short is stored.
pub(crate) async fn shorter_than_announced<C: Connection>(site: &Site) {
    for disable in [vec![], vec![Capability::LiteralPlus, Capability::LiteralMinus]] {
        let client: C = site.connect_with(&Options { disable: disable.clone(), ..site.options() }).await;
        let mailbox = site.mailbox(&client, &format!("-{}", disable.len())).await;
        let mail = NewMail { by_reader: true, claims: Some(200_000), ..NewMail::new(mails::large(site, 100_000)) };
        let error = client.append(&mailbox, &mail).await.expect_err("half of it is missing");
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
        assert!(client.noop().await.is_err(), "the connection is closed");
        let again: C = site.connect().await;
        assert_eq!(again.status(&mailbox, StatusItems::new().messages()).await.unwrap().messages, Some(0));
    }
}
