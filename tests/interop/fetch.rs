//! What FETCH tells, item by item, against what was appended. RFC 9051 §6.4.5, §7.5.2, RFC 3516, 7162, 8474, 8514, 8970.

use futures_util::future::join;
use imapkit::commands::{Collected, Fetch, FetchPart, FetchSink, Flow, Noop};
use imapkit::types::{
    BodyKind, BodySection, FetchItem, Flag, Flags, Items, Mailbox, Part, Partial, Section, SeqSet, UidSet,
};

use crate::clients::{Connection, Fetched, MailboxVerbs, NewMail, Selected};
use crate::mails;
use crate::site::Site;

async fn one<C: Connection>(site: &Site, client: &C, text: &str) -> (Mailbox, UidSet) {
    let mailbox = site.mailbox(client, "").await;
    let appended = client.append(&mailbox, &NewMail::new(text.to_owned())).await.unwrap();
    (mailbox, appended.expect("UIDPLUS").uids)
}

fn text(octets: Option<std::borrow::Cow<'_, [u8]>>) -> String {
    octets.map(|octets| String::from_utf8_lossy(&octets).into_owned()).unwrap_or_default()
}

fn part(number: &str) -> Part {
    number.parse().unwrap()
}

pub(crate) async fn envelope_and_structure<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let mail = mails::mixed(site);
    let (mailbox, uids) = one(site, &client, &mail).await;
    let selected = client.select(&mailbox).await.unwrap();
    let items = Items::new().envelope().body_structure().size().flags().internal_date();
    let [message] = &selected.fetch(&uids, items).await.unwrap()[..] else { panic!("one message") };
    let envelope = message.row.envelope().unwrap();
    assert!(!envelope.is_damaged());
    assert_eq!(text(envelope.subject()), "mixed");
    assert!(text(envelope.message_id()).contains(&site.name));
    let from = envelope.from().next().unwrap();
    assert_eq!(
        (text(from.name()), text(from.mailbox()), text(from.host())),
        ("Ann".into(), "ann".into(), "example.org".into())
    );

    let structure = message.row.body_structure().unwrap();
    assert!(!structure.is_damaged());
    let kinds: Vec<(String, BodyKind)> = structure
        .parts()
        .map(|part| {
            (format!("{}/{}", text(Some(part.media_type())), text(Some(part.subtype()))).to_lowercase(), part.kind())
        })
        .collect();
    let wanted = [
        ("multipart/mixed", BodyKind::Multipart),
        ("multipart/alternative", BodyKind::Multipart),
        ("text/plain", BodyKind::Text),
        ("text/html", BodyKind::Text),
        ("application/octet-stream", BodyKind::Basic),
        ("message/rfc822", BodyKind::Message),
        ("text/plain", BodyKind::Text),
    ];
    assert_eq!(kinds, wanted.map(|(name, kind)| (name.to_owned(), kind)));
    let data = structure.find(&part("2")).unwrap();
    assert_eq!((text(data.file_name()), text(data.encoding()).to_lowercase()), ("data.bin".into(), "base64".into()));
    assert_eq!(text(structure.find(&part("3")).unwrap().envelope().unwrap().subject()), "the inner one");
    assert!(message.row.damage().is_empty(), "{:?}", message.row.damage());
}

pub(crate) async fn sections<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let mail = mails::mixed(site);
    let (mailbox, uids) = one(site, &client, &mail).await;
    let selected = client.select(&mailbox).await.unwrap();
    let header_end = mail.find("\r\n\r\n").unwrap() + 4;
    let wanted: Vec<(Section, &str)> = vec![
        (Section::whole(), &mail),
        (Section::header(), &mail[..header_end]),
        (Section::text(), &mail[header_end..]),
        (Section::header_fields(["Subject", "From"]).unwrap(), "From: Ann <ann@example.org>\r\nSubject: mixed\r\n\r\n"),
        (Section::part(part("1.1")), "hello"),
        (Section::part(part("1.2")), "<p>hello</p>"),
        (Section::mime(part("1.2")), "Content-Type: text/html; charset=us-ascii\r\n\r\n"),
        (Section::header().of(part("3")), "From: inner@example.org\r\nSubject: the inner one\r\n\r\n"),
        (Section::text().of(part("3")), "inner body"),
    ];
    // One after another, then all in one command.
    for (section, octets) in &wanted {
        let messages = selected.fetch(&uids, Items::new().section_peek(section.clone())).await.unwrap();
        assert_eq!(String::from_utf8_lossy(messages[0].octets()), *octets, "{section}");
    }
    let items = wanted.iter().fold(Items::new(), |items, (section, _)| items.section_peek(section.clone()));
    let [message] = &selected.fetch(&uids, items).await.unwrap()[..] else { panic!("one message") };
    assert_eq!(message.contents.len(), wanted.len());
    for (section, octets) in &wanted {
        let found = message
            .contents
            .iter()
            .find(|content| matches!(&content.section, BodySection::Body(other) if section.same_as(other)));
        let found = found.unwrap_or_else(|| panic!("no {section} in {message:?}"));
        assert_eq!(String::from_utf8_lossy(&found.octets), *octets, "{section}");
    }
    assert!(
        selected.fetch(&uids, Items::new().flags()).await.unwrap()[0]
            .row
            .flags
            .as_ref()
            .is_some_and(|flags| !flags.seen())
    );
    selected.fetch(&uids, Items::new().body()).await.unwrap();
    assert!(selected.fetch(&uids, Items::new().flags()).await.unwrap()[0].row.flags.as_ref().unwrap().seen());
}

pub(crate) async fn partial<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let mail = mails::large(site, 200_000);
    let (mailbox, uids) = one(site, &client, &mail).await;
    let selected = client.select(&mailbox).await.unwrap();
    for (origin, length) in [(0, 100), (100, 50), (0, 100_000), (50_000, 100_000), (199_990, 1000)] {
        let window = Partial::new(origin, length).unwrap();
        let messages = selected.fetch(&uids, Items::new().partial_peek(Section::whole(), window)).await.unwrap();
        let from = usize::try_from(origin).unwrap();
        let to = mail.len().min(from + usize::try_from(length).unwrap());
        assert!(*messages[0].octets() == mail.as_bytes()[from..to], "{window}");
        assert_eq!(messages[0].contents[0].origin, Some(origin));
    }
    let beyond = Partial::new(1_000_000, 10).unwrap();
    let messages = selected.fetch(&uids, Items::new().partial_peek(Section::whole(), beyond)).await.unwrap();
    assert!(messages[0].octets().is_empty());
}

/// Sixty messages, large and small in turn, in one stream.
pub(crate) async fn a_stream_of_many<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let mailbox = site.mailbox(&client, "").await;
    let sizes = [300, 60_000, 70_000, 1000, 200_000];
    let texts: Vec<String> = (0..60).map(|n| mails::large(site, sizes[n % sizes.len()])).collect();
    let mails: Vec<NewMail> = texts.iter().map(|text| NewMail::new(text.clone())).collect();
    let uids = client.append_all(&mailbox, &mails).await.unwrap().remove(0).uids;
    assert_eq!(uids.len(), 60);
    let selected = client.select(&mailbox).await.unwrap();
    let items = Items::new().flags().body_peek().size();
    let messages = selected.fetch(&uids, items.clone()).await.unwrap();
    assert_eq!(messages.len(), 60);
    for (uid, text) in uids.iter().zip(&texts) {
        let message = messages.iter().find(|message| message.uid() == uid).unwrap();
        assert!(*message.octets() == text.as_bytes(), "message {uid}");
        assert_eq!(message.row.size, Some(text.len() as u64));
        assert!(message.row.flags.is_some(), "what stands behind a content is told too");
        assert_eq!(message.contents[0].streamed, text.len() >= 64 << 10);
    }
    // Nobody has to read to the end.
    assert_eq!(selected.glance(&uids, items).await.unwrap(), uids.first().unwrap());
    client.noop().await.unwrap();
    let again = selected.fetch(&UidSet::from(uids.last_number().unwrap()), Items::new().body_peek()).await.unwrap();
    assert!(*again[0].octets() == texts[59].as_bytes());
}

pub(crate) async fn by_sequence_number<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let mailbox = site.mailbox(&client, "").await;
    for n in 0..4 {
        client.append(&mailbox, &NewMail::new(mails::plain(site, &format!("number {n}")))).await.unwrap();
    }
    let selected = client.select(&mailbox).await.unwrap();
    let seqs: SeqSet = "2:*".parse().unwrap();
    let messages = selected.fetch_seq(&seqs, Items::new().envelope()).await.unwrap();
    let subjects: Vec<(u32, String)> = messages
        .iter()
        .map(|message| (message.row.seq.unwrap().get(), text(message.row.envelope().unwrap().subject())))
        .collect();
    let wanted = [(2, "number 1"), (3, "number 2"), (4, "number 3")];
    assert_eq!(subjects, wanted.map(|(seq, subject)| (seq, subject.to_owned())));
}

pub(crate) async fn decoded_by_the_server<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (mailbox, uids) = one(site, &client, &mails::mixed(site)).await;
    let selected = client.select(&mailbox).await.unwrap();
    let binary = FetchItem::Binary { part: part("2"), partial: None, peek: true };
    let items = Items::new().item(binary).item(FetchItem::BinarySize(part("2")));
    let [message] = &selected.fetch(&uids, items).await.unwrap()[..] else { panic!("one message") };
    assert_eq!(message.octets()[..], mails::attachment());
    assert_eq!(message.row.more.as_ref().unwrap().binary_sizes, [(part("2"), 3000)]);
    let window = Partial::new(250, 10).unwrap();
    let binary = FetchItem::Binary { part: part("2"), partial: Some(window), peek: true };
    let messages = selected.fetch(&uids, Items::new().item(binary)).await.unwrap();
    assert_eq!(messages[0].octets()[..], mails::attachment()[250..260]);
}

/// Items of extensions, as far as the server has them.
pub(crate) async fn items_of_extensions<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (mailbox, uids) = one(site, &client, &mails::plain(site, "extensions")).await;
    let selected = client.select_condstore(&mailbox).await.unwrap();
    let offered = [
        ("condstore", FetchItem::ModSeq),
        ("objectid", FetchItem::EmailId),
        ("objectid", FetchItem::ThreadId),
        ("savedate", FetchItem::SaveDate),
        ("preview", FetchItem::Preview { lazy: false }),
    ];
    let items: Items =
        offered.into_iter().filter(|(feature, _)| site.server.has(feature)).map(|(_, item)| item).collect();
    let [message] = &selected.fetch(&uids, items).await.unwrap()[..] else { panic!("one message") };
    let Fetched { row, .. } = message;
    assert!(row.mod_seq.is_some() && row.damage().is_empty(), "{row:?}");
    let more = row.more.as_ref().unwrap();
    assert_eq!(
        (more.email_id.is_some(), more.thread_id.is_some()),
        (site.server.has("objectid"), site.server.has("objectid"))
    );
    assert!(more.save_date.flatten().is_some());
    // Cyrus has none unless it was told to make some.
    let preview = more.preview.as_ref().expect("it was asked for");
    assert!(preview.as_ref().is_none_or(|preview| preview.contains("This is number")), "{preview:?}");
    assert!(more.unknown.is_empty(), "{:?}", more.unknown);
    let error = selected.fetch(&uids, Items::new().item(FetchItem::GmLabels)).await.expect_err("only Gmail has labels");
    assert_eq!(error.kind(), imapkit::ErrorKind::Unsupported, "{error}");
}

pub(crate) async fn changed_since<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let mailbox = site.mailbox(&client, "").await;
    let mails = [NewMail::new(mails::plain(site, "a")), NewMail::new(mails::plain(site, "b"))];
    let uids = client.append_all(&mailbox, &mails).await.unwrap().remove(0).uids;
    let selected = client.select_condstore(&mailbox).await.unwrap();
    let before = selected.info().highest_mod_seq.unwrap();
    let second = UidSet::from(uids.last_number().unwrap());
    selected.add_flags(&second, Flags::from(Flag::Answered)).await.unwrap();
    let command = Fetch::new(uids, Items::new().flags(), Collected::new(0)).changed_since(before, false);
    let rows = client.run(command).await.unwrap().into_rows().unwrap();
    let [row] = &rows[..] else { panic!("one message has changed: {rows:?}") };
    assert_eq!(row.uid, second.first());
    assert!(row.mod_seq > Some(before) && row.flags.as_ref().unwrap().answered());
}

/// A sink that is full now and then, as a slow reader is: other commands wait for it and nothing is lost.
pub(crate) async fn beside_other_commands<C: Connection>(site: &Site) {
    #[derive(Default)]
    struct Count(u64, u64);
    impl FetchSink for Count {
        fn push(&mut self, part: FetchPart) -> Flow {
            match part {
                FetchPart::Row(_) => self.0 += 1,
                FetchPart::BodyChunk(chunk) => self.1 += chunk.len() as u64,
                FetchPart::BodyStart(_) | FetchPart::BodyEnd => {}
            }
            Flow::Ready
        }
    }
    let client: C = site.connect().await;
    let mailbox = site.mailbox(&client, "").await;
    let texts: Vec<String> = (0..5).map(|_| mails::large(site, 300_000)).collect();
    let mails: Vec<NewMail> = texts.iter().map(|text| NewMail::new(text.clone())).collect();
    let uids = client.append_all(&mailbox, &mails).await.unwrap().remove(0).uids;
    client.select(&mailbox).await.unwrap();
    let fetch = Fetch::new(uids, Items::new().body_peek(), Count::default());
    let (counted, nothing) = join(client.run(fetch), client.run(Noop)).await;
    nothing.unwrap();
    let Count(rows, octets) = counted.unwrap();
    assert_eq!((rows, octets), (5, texts.iter().map(|text| text.len() as u64).sum()));
}
