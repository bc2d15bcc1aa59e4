//! Bodies that stream: pieces, back-pressure, readers that go away, one odd line among good ones.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use imapkit_session::commands::{Collected, Fetch, FetchPart, FetchSink, Flow, Noop, Search};
use imapkit_session::types::{Content, Items, Key, Uid, UidSet};
use imapkit_session::{Error, ErrorKind, Event, State};

use crate::link::{Cut, Link, Taken, at_every_cut};

const BIG: usize = 100_000;

/// Notes what comes and is full when told to.
#[derive(Default)]
struct Log {
    parts: Vec<String>,
    octets: usize,
    full: bool,
    failed: Option<Error>,
}

struct Sink(Arc<Mutex<Log>>);

impl FetchSink for Sink {
    fn push(&mut self, part: FetchPart) -> Flow {
        let mut log = self.0.lock().unwrap();
        if log.failed.is_some() {
            return Flow::Ready;
        }
        match part {
            FetchPart::Row(row) => log.parts.push(format!(
                "row {:?} {:?}",
                row.uid.map(Uid::get),
                row.bodies().first().map(|b| &b.content)
            )),
            FetchPart::BodyStart(start) => log.parts.push(format!("start {}", start.len)),
            FetchPart::BodyChunk(chunk) => log.octets += chunk.len(),
            FetchPart::BodyEnd => log.parts.push("end".into()),
        }
        if log.full { Flow::Full } else { Flow::Ready }
    }

    fn fail(&mut self, error: &Error) {
        self.0.lock().unwrap().failed = Some(error.clone());
    }
}

fn sink() -> (Arc<Mutex<Log>>, Sink) {
    let log = Arc::new(Mutex::new(Log::default()));
    (Arc::clone(&log), Sink(log))
}

fn all() -> UidSet {
    "1:9".parse().unwrap()
}

fn big_row(tail: &str) -> String {
    format!("* 1 FETCH (UID 5 BODY[] {{{BIG}}}\r\n{}{tail})\r\n", "x".repeat(BIG))
}

#[test]
fn a_large_body_comes_in_pieces_and_its_row_after_it() {
    for cut in [Cut::Whole, Cut::Bytes(1), Cut::Bytes(7), Cut::Bytes(4096)] {
        let mut link = Link::selected("IMAP4rev1", 3, cut);
        let (log, sink) = sink();
        let slot = link.run(Fetch::new(all(), Items::new().body_peek(), sink));
        link.sent();
        link.say(&big_row(" FLAGS (\\Seen)"));
        link.say("* 2 FETCH (UID 6 BODY[] {3}\r\nabc)\r\nA3 OK x\r\n");
        slot.value();
        let log = log.lock().unwrap();
        assert_eq!(log.octets, BIG);
        assert_eq!(log.parts[..3], ["start 100000", "end", "row Some(5) Some(Streamed(100000))"]);
        assert!(log.parts[3].starts_with("row Some(6) Some(Inline("), "{:?}", log.parts);
    }
}

#[test]
fn two_large_bodies_in_one_row() {
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Bytes(1000));
    let slot = link.run(Fetch::new(all(), Items::new().body_peek().header_peek(), Collected::new(1 << 20)));
    link.sent();
    let (a, b) = ("a".repeat(BIG), "b".repeat(BIG));
    link.say(&format!("* 1 FETCH (BODY[] {{{BIG}}}\r\n{a} BODY[HEADER] {{{BIG}}}\r\n{b} UID 5)\r\nA3 OK x\r\n"));
    let rows = slot.value().into_rows().unwrap();
    assert_eq!((rows.len(), rows[0].uid), (1, Uid::new(5)));
    let first: Vec<_> = rows[0].bodies().iter().map(|body| body.bytes().map(|b| (b[0], b.len()))).collect();
    assert_eq!(first, [Some((b'a', BIG)), Some((b'b', BIG))]);
}

#[test]
fn t083_a_body_that_looks_like_protocol_stays_a_body() {
    at_every_cut(|cut| {
        let mut link = Link::selected("IMAP4rev1", 3, cut);
        let slot = link.run(Fetch::new(all(), Items::new().body_peek(), Collected::new(1 << 20)));
        link.sent();
        let body = "\r\nA3 OK done\r\n* BYE\r\n* 1 FETCH (BODY[] {99}\r\n";
        link.say(&format!("* 1 FETCH (UID 5 BODY[] {{{}}}\r\n", body.len()));
        link.say_bytes(body.as_bytes());
        link.say(")\r\nA3 OK x\r\n");
        let rows = slot.value().into_rows().unwrap();
        assert_eq!(rows[0].bodies()[0].bytes().unwrap(), body.as_bytes());
        assert_eq!(link.session.state(), State::Selected);
    });
}

#[test]
fn a_full_sink_stops_the_reading_until_it_has_caught_up() {
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Bytes(10_000));
    let (log, sink) = sink();
    let slot = link.run(Fetch::new(all(), Items::new().body_peek(), sink));
    link.sent();
    log.lock().unwrap().full = true;
    link.say(&big_row(""));
    link.say("A3 OK x\r\n");
    assert!(!link.session.wants_input());
    assert!(log.lock().unwrap().octets < BIG);
    log.lock().unwrap().full = false;
    link.session.resume();
    link.say("");
    let (tick, mut input) = (link.tick(), std::mem::take(&mut link.input));
    link.session.handle_input(tick, &mut input);
    slot.value();
    assert_eq!(log.lock().unwrap().octets, BIG);
}

#[test]
fn a_reader_that_stalls_loses_its_stream_and_nothing_else() {
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Bytes(10_000));
    let (log, sink) = sink();
    let _slot = link.run(Fetch::new(all(), Items::new().body_peek(), sink));
    link.sent();
    log.lock().unwrap().full = true;
    link.say(&big_row(""));
    link.advance(Duration::from_secs(301));
    assert_eq!(log.lock().unwrap().failed.as_ref().unwrap().kind(), ErrorKind::Stalled);
    link.say("A3 OK x\r\n");
    let noop = link.run(Noop);
    link.sent();
    link.say("A4 OK x\r\n");
    noop.value();
}

#[test]
fn t105_a_given_up_fetch_leaves_no_trace_in_the_next() {
    for cut in [Cut::Whole, Cut::Bytes(1), Cut::Bytes(1000)] {
        let mut link = Link::selected("IMAP4rev1", 3, cut);
        let (id, _) = link.submit(Fetch::new(all(), Items::new().body_peek(), Collected::new(0)));
        link.sent();
        link.say("* 1 FETCH (UID 5 BODY[] {100000}\r\nxx");
        link.session.cancel(id);
        let next = link.run(Fetch::new(all(), Items::new().body_peek(), Collected::new(1 << 20)));
        assert_eq!(link.sent(), "", "the same claim: it waits");
        link.say(&"x".repeat(BIG - 2));
        link.say(")\r\nA3 OK x\r\n");
        assert_eq!(link.sent(), "A4 UID FETCH 1:9 (UID BODY.PEEK[])\r\n");
        link.say("* 2 FETCH (UID 6 BODY[] \"mine\")\r\nA4 OK x\r\n");
        let rows = next.value().into_rows().unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(&rows[0].bodies()[0].bytes().unwrap()[..], b"mine");
    }
}

fn with_a_small_budget() -> Link {
    let config = imapkit_session::Config {
        drain_budget: 10_000,
        opening: crate::link::opening(imapkit_session::Security::Tls),
        ..Default::default()
    };
    let mut link = Link::with(config, Cut::Bytes(1000));
    link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
    link.sent();
    link.say("A1 OK [CAPABILITY IMAP4rev1] in\r\n");
    let slot = link.run(imapkit_session::commands::Select::new("INBOX".parse().unwrap()));
    link.sent();
    link.say("* 3 EXISTS\r\nA2 OK x\r\n");
    slot.value();
    link
}

#[test]
fn m030_draining_has_a_budget() {
    let mut link = with_a_small_budget();
    let (id, _) = link.submit(Fetch::new(all(), Items::new().body_peek(), Collected::new(0)));
    link.sent();
    link.session.cancel(id);
    link.say(&big_row(""));
    assert!(
        matches!(link.events.last(), Some(Event::Closed(error)) if error.kind() == ErrorKind::Closed),
        "{:?}",
        link.events.last()
    );
}

#[test]
fn m030_what_another_command_takes_is_not_drained() {
    let mut link = with_a_small_budget();
    let fetch = link.run(Fetch::new(all(), Items::new().body_peek(), Collected::new(1 << 20)));
    let (id, _) = link.submit(Search::uid(Key::All));
    link.sent();
    link.session.cancel(id);
    link.say(&big_row(""));
    link.say("A3 OK x\r\n* SEARCH 1 2\r\nA4 OK x\r\n");
    assert_eq!(fetch.value().into_rows().unwrap().len(), 1);
    assert_eq!(link.session.state(), State::Selected);
}

#[test]
fn one_odd_line_costs_that_line() {
    at_every_cut(|cut| {
        let mut link = Link::selected("IMAP4rev1", 3, cut);
        let slot = link.run(Fetch::new(all(), Items::new().flags().envelope(), Collected::new(0)));
        link.sent();
        link.say("* 1 FETCH (UID 5 FLAGS (\\Seen) ENVELOPE (((((broken)\r\n* 2 FETCH\r\n* ((( \r\n* XODD 1 (2 3)\r\n");
        link.say("* 3 FETCH (UID 7 FLAGS () ENVELOPE (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\nA3 OK x\r\n");
        let rows = slot.value().into_rows().unwrap();
        let good = rows.iter().find(|row| row.uid == Uid::new(7)).unwrap();
        assert!(good.envelope().is_some());
        let odd = rows.iter().find(|row| row.uid == Uid::new(5)).expect("UID and FLAGS of the odd row are kept");
        assert!(odd.flags.as_ref().unwrap().seen());
        assert!(link.events.iter().any(|event| matches!(event, Event::Unsolicited(_))), "{:?}", link.events);
        assert!(link.events.iter().any(|event| matches!(event, Event::Warning(_))), "{:?}", link.events);
    });
}

#[test]
fn a_literal_over_the_limit_costs_its_item_only() {
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Bytes(4000));
    let slot = link.run(Fetch::new(all(), Items::new().flags().envelope(), Collected::new(0)));
    link.sent();
    let huge = 2_000_000;
    link.say(&format!(
        "* 1 FETCH (UID 5 ENVELOPE (NIL {{{huge}}}\r\n{} NIL NIL NIL NIL NIL NIL NIL NIL) FLAGS (\\Seen))\r\n",
        "x".repeat(huge)
    ));
    link.say("A3 OK x\r\n");
    let rows = slot.value().into_rows().unwrap();
    assert!(rows[0].flags.as_ref().unwrap().seen() && rows[0].uid == Uid::new(5));
    assert!(!rows[0].damage().is_empty());
    let noop = link.run(Noop);
    link.sent();
    link.say("A4 OK x\r\n");
    noop.value();
}

#[test]
fn t049_the_end_in_the_middle_says_in_what() {
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Whole);
    let slot = link.run(Fetch::new(all(), Items::new().body_peek(), Collected::new(1 << 20)));
    link.sent();
    link.say("* 1 FETCH (UID 5 BODY[] {100000}\r\nxx");
    link.session.handle_eof(link.tick(), None);
    let error = slot.error();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert!(error.to_string().contains("UID FETCH") && error.to_string().contains("literal"), "{error}");
}

#[test]
fn content_that_is_nil_is_nil() {
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Whole);
    let slot = link.run(Fetch::new(all(), Items::new().body_peek(), Collected::new(0)));
    link.sent();
    link.say("* 1 FETCH (UID 5 BODY[] NIL)\r\n* 2 FETCH (UID 6 BODY[] {0}\r\n)\r\nA3 OK x\r\n");
    let rows = slot.value().into_rows().unwrap();
    assert_eq!(rows[0].bodies()[0].content, Content::Nil);
    assert_eq!(rows[1].bodies()[0].bytes().unwrap().len(), 0);
}

#[test]
fn an_oversize_line_is_skipped_in_step() {
    let mut config =
        imapkit_session::Config { opening: crate::link::opening(imapkit_session::Security::Tls), ..Default::default() };
    config.limits.max_response = 5000;
    let mut link = Link::with(config, Cut::Bytes(999));
    link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
    link.sent();
    link.say("A1 OK [CAPABILITY IMAP4rev1] in\r\n");
    let noop = link.run(Noop);
    link.sent();
    link.say(&format!("* SEARCH {}\r\n* LIST () \"/\" ok\r\n", "1 ".repeat(5000)));
    assert!(
        link.events
            .iter()
            .any(|event| matches!(event, Event::Warning(warning) if warning.text.contains("max_response"))),
        "{:?}",
        link.events
    );
    link.say(&format!("A2 OK {}\r\n", "x".repeat(9000)));
    assert_eq!(noop.error().kind(), ErrorKind::Protocol, "its command is over all the same");
    assert_eq!(link.session.state(), State::Authenticated);

    link.run(imapkit_session::commands::Select::new("INBOX".parse().unwrap()));
    link.sent();
    link.say("* 9 EXISTS\r\nA3 OK x\r\n");
    let search = link.run(Search::uid(Key::All));
    link.sent();
    link.say(&format!("* SEARCH {}\r\nA4 OK x\r\n", "1 ".repeat(5000)));
    assert_eq!(search.value().all, None, "not an empty answer");
}
