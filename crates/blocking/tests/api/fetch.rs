//! Messages as an iterator, bodies as readers, and what happens to those that are dropped.

use std::io::Read;

use imapkit_blocking::types::{Flag, Items, Key, Section, Uid, UidSet};
use imapkit_blocking::{ErrorKind, Message};

use crate::support::{client, guard, mail, selected_peer, server, tls};

fn all() -> UidSet {
    "1:9999".parse().expect("a set")
}

#[test]
fn rows_and_bodies_of_all_sizes() {
    let _guard = guard();
    let sizes = [300, 70_000, 90, 3_000_000, 65_536];
    let mails: Vec<_> = sizes.iter().enumerate().map(|(n, size)| mail(&format!("m{n}"), *size)).collect();
    let server = server(mails.clone());
    for config in [tls(&server), crate::support::plain(&server)] {
        let inbox = imapkit_blocking::connect(&config).unwrap().select("INBOX").unwrap();
        let mut seen = Vec::new();
        for message in inbox.fetch(&all(), Items::new().flags().envelope().size().body_peek()) {
            let mut message = message.unwrap();
            assert_eq!(message.size(), Some(mails[seen.len()].len() as u64));
            assert_eq!(message.subject().unwrap(), format!("m{}", seen.len()));
            let mut octets = Vec::new();
            let mut body = message.body().unwrap();
            assert_eq!(body.is_streamed(), body.len() >= 64 << 10);
            body.read_to_end(&mut octets).unwrap();
            seen.push(octets);
        }
        assert_eq!(seen, mails);
    }
}

#[test]
fn t105_dropping_an_iterator_in_the_middle_of_a_body_leaves_the_connection_right() {
    let _guard = guard();
    let server = server([mail("one", 300_000), mail("two", 300_000), mail("three", 400)]);
    let inbox = client(&server).select("INBOX").unwrap();
    let items = || Items::new().envelope().body_peek();
    for read in [0, 1, 100, 70_000, 300_000] {
        let mut iter = inbox.fetch(&all(), items()).into_iter();
        let mut message = iter.next().unwrap().unwrap();
        let mut body = message.body().unwrap();
        let mut some = vec![0; read];
        body.read_exact(&mut some[..read.min(usize::try_from(body.len()).unwrap())]).unwrap();
        // In every order of going.
        match read % 3 {
            0 => drop((iter, body, message)),
            1 => drop((body, message, iter)),
            _ => drop((message, iter, body)),
        }
        inbox.client().noop().unwrap();
        let third: UidSet = "3".parse().unwrap();
        let rows = inbox.fetch(&third, items()).collect(0).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].subject().unwrap().as_str(), rows[0].uid().get()), ("three", 3));
    }
}

#[test]
fn going_on_passes_over_what_was_not_read() {
    let _guard = guard();
    let server = server((1..=4).map(|n| mail(&format!("m{n}"), 200_000)));
    let inbox = client(&server).select("INBOX").unwrap();
    let mut kept: Vec<Message> = Vec::new();
    for message in inbox.fetch(&all(), Items::new().envelope().body_peek()) {
        kept.push(message.unwrap());
    }
    assert_eq!(kept.len(), 4);
    let late = kept[0].body().unwrap().bytes(1 << 20).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Misuse, "{late}");
}

#[test]
fn several_sections_come_one_after_another() {
    let _guard = guard();
    let text = mail("one", 200_000);
    let server = server([text.clone()]);
    let inbox = client(&server).select("INBOX").unwrap();
    let head = text.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let items = Items::new().section_peek(Section::header()).section_peek(Section::text()).flags();
    let mut iter = inbox.fetch(&all(), items).into_iter();
    let mut message = iter.next().unwrap().unwrap();
    let (mut small, mut large) = (None, None);
    while let Some(body) = message.next_body().unwrap() {
        let streamed = body.is_streamed();
        let octets = body.bytes(1 << 20).unwrap();
        if streamed { large = Some(octets) } else { small = Some(octets) }
    }
    assert_eq!(small.as_deref(), Some(&text[..head]));
    assert_eq!(large.as_deref(), Some(&text[head..]));
    let row = message.finish().unwrap();
    assert_eq!((row.bodies().len(), row.uid.map(Uid::get)), (2, Some(1)));
    assert!(iter.next().is_none());
}

#[test]
fn other_verbs_may_be_called_while_messages_are_read() {
    let _guard = guard();
    let server = server((1..=20).map(|n| mail(&format!("m{n}"), 100_000)));
    let inbox = client(&server).select("INBOX").unwrap();
    let mut count = 0;
    for message in inbox.fetch(&all(), Items::new().envelope().body_peek()) {
        let mut message = message.unwrap();
        let one = UidSet::from(message.uid());
        inbox.add_flags(&one, Flag::Seen).unwrap();
        assert_eq!(
            message.body().unwrap().bytes(1 << 20).unwrap().len(),
            server.messages("me", "INBOX").unwrap()[count].1.bytes().len()
        );
        count += 1;
    }
    assert_eq!(count, 20);
    assert!(inbox.search(Key::Unseen).unwrap().is_empty());
}

#[test]
fn what_is_kept_while_another_answer_is_waited_for_is_bounded() {
    let _guard = guard();
    let server = server((1..=3).map(|n| mail(&format!("m{n}"), 12 << 20)));
    let client = imapkit_blocking::connect(&crate::support::plain(&server)).unwrap();
    let inbox = client.select("INBOX").unwrap();
    let mut iter = inbox.fetch(&all(), Items::new().body_peek()).into_iter();
    let mut message = iter.next().unwrap().unwrap();
    // Comes behind 36 MiB of messages that nobody takes.
    client.noop().unwrap();
    // What is kept is genuine; the first message fits.
    assert_eq!(message.body().unwrap().bytes(16 << 20).unwrap(), mail("m1", 12 << 20));
    let mut second = iter.next().unwrap().unwrap();
    let error = std::io::copy(&mut second.body().unwrap(), &mut std::io::sink()).unwrap_err();
    let stalled = error.get_ref().and_then(|inner| inner.downcast_ref::<imapkit_blocking::Error>()).unwrap();
    assert_eq!(stalled.kind(), ErrorKind::Stalled, "{stalled}");
    assert_eq!(inbox.search(Key::All).unwrap().len(), 3);
}

#[test]
fn h088_a_message_that_says_at_the_end_which_one_it_is() {
    let _guard = guard();
    let (peer, config) = selected_peer("", |conn| {
        let tag = conn.expect("UID FETCH 4:5 (UID BODY.PEEK[])")?;
        let body = "x".repeat(100_000);
        conn.send(format!(
            "* 3 FETCH (BODY[] {{100000}}\r\n{body} UID 4)\r\n* 4 FETCH (UID 5 BODY[] {{2}}\r\nhi)\r\n"
        ))?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    let inbox = imapkit_blocking::connect(&config).unwrap().select("INBOX").unwrap();
    let set: UidSet = "4:5".parse().unwrap();
    let mut sizes = Vec::new();
    for message in inbox.fetch(&set, Items::new().body_peek()) {
        let mut message = message.unwrap();
        sizes.push((message.uid().get(), message.body().unwrap().len()));
    }
    assert_eq!(sizes, [(4, 100_000), (5, 2)]);
    drop(inbox);
    peer.join().unwrap();
}

#[test]
fn a_refused_fetch_is_the_last_item() {
    let _guard = guard();
    let (peer, config) = selected_peer("", |conn| {
        let (tag, _) = conn.expect_line()?;
        conn.send("* 1 FETCH (UID 1 FLAGS ())\r\n")?;
        conn.send(format!("{tag} NO [SERVERBUG] disk on fire\r\n"))?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    let inbox = imapkit_blocking::connect(&config).unwrap().select("INBOX").unwrap();
    let mut iter = inbox.fetch(&all(), Items::new().flags()).into_iter();
    assert_eq!(iter.next().unwrap().unwrap().uid().get(), 1);
    let error = iter.next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "UID FETCH refused: disk on fire [SERVERBUG]");
    assert!(iter.next().is_none() && error.connection_alive());
    inbox.client().noop().unwrap();
    drop((iter, inbox));
    peer.join().unwrap();
}

#[test]
fn collect_keeps_all_within_a_limit() {
    let _guard = guard();
    let server = server([mail("one", 200_000), mail("two", 200_000)]);
    let inbox = client(&server).select("INBOX").unwrap();
    let items = || Items::new().envelope().body_peek();
    let mut whole = inbox.fetch(&all(), items()).collect(1 << 20).unwrap();
    assert_eq!(whole[1].body().unwrap().bytes(1 << 20).unwrap().len(), mail("two", 200_000).len());
    assert_eq!(inbox.fetch(&all(), items()).collect(250_000).unwrap_err().kind(), ErrorKind::Limit);
    inbox.client().noop().unwrap();
}
