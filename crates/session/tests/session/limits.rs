//! Servers that handle so many messages at a time, those that know no sequence numbers, and those that slow us down: T107, T110, RFC 9738,
//! RFC 9586.

use std::time::Duration;

use imapkit_session::commands::{
    Collected, Copy, Enable, Expunge, Fetch, Logout, Move, Noop, Search, Store, StoreHow, UidExpunge,
};
use imapkit_session::types::{Capability, Flag, Items, Key, ReturnOptions, SeqSet, Uid, UidSet};
use imapkit_session::{ErrorKind, Event};

use crate::link::{Cut, Link, Taken, at_every_cut};

fn uids(text: &str) -> UidSet {
    text.parse().unwrap()
}

fn limited(cut: Cut) -> Link {
    Link::selected("IMAP4rev1 ESEARCH MOVE UIDPLUS ENABLE UIDONLY MESSAGELIMIT=2", 9, cut)
}

#[test]
fn t107_fetch_goes_on_where_the_server_left_off() {
    at_every_cut(|cut| {
        let mut link = limited(cut);
        let fetch = link.run(Fetch::new(UidSet::all(), Items::new().flags(), Collected::new(0)));
        assert_eq!(link.sent(), "A3 UID FETCH 1:* (UID FLAGS)\r\n");
        link.say("* 9 FETCH (UID 90 FLAGS ())\r\n* 8 FETCH (UID 80 FLAGS ())\r\nA3 OK [MESSAGELIMIT 2 80] partial\r\n");
        assert_eq!(link.sent(), "A4 UID FETCH 1:79 (UID FLAGS)\r\n");
        link.say("* 7 FETCH (UID 70 FLAGS ())\r\nA4 OK [MESSAGELIMIT 2 70] partial\r\n");
        assert_eq!(link.sent(), "A5 UID FETCH 1:69 (UID FLAGS)\r\n");
        link.say("A5 OK done\r\n");
        let rows = fetch.value().into_rows().unwrap();
        let found: Vec<_> = rows.iter().filter_map(|row| row.uid.map(Uid::get)).collect();
        assert_eq!(found, [90, 80, 70]);
    });
}

#[test]
fn t107_a_server_that_does_not_get_on_is_not_asked_for_ever() {
    let mut link = limited(Cut::Whole);
    let fetch = link.run(Fetch::new(uids("50:60"), Items::new().flags(), Collected::new(0)));
    link.sent();
    link.say("A3 OK [MESSAGELIMIT 2 4000000] partial\r\n");
    assert_eq!(link.sent(), "", "all that was asked for is below, so nothing was done");
    assert_eq!(fetch.error().kind(), ErrorKind::Limit);
    let fetch = link.run(Fetch::new(uids("50:60"), Items::new().flags(), Collected::new(0)));
    link.sent();
    link.say("A4 OK [MESSAGELIMIT 2 50] partial\r\n");
    assert_eq!(link.sent(), "", "nothing is left below");
    fetch.value();
}

#[test]
fn t107_search_is_joined_and_what_cannot_be_joined_is_an_error() {
    at_every_cut(|cut| {
        let mut link = limited(cut);
        let search = link.run(Search::uid(Key::Unseen).returning(ReturnOptions::new().all()));
        assert_eq!(link.sent(), "A3 UID SEARCH RETURN (ALL) UNSEEN\r\n");
        link.say("* ESEARCH (TAG \"A3\") UID ALL 80,90\r\n".replace("A3", &link.tag(3)).as_str());
        link.say("A3 OK [MESSAGELIMIT 2 80] partial\r\n");
        assert_eq!(link.sent(), "A4 UID SEARCH RETURN (ALL) UNSEEN UID 1:79\r\n");
        link.say("* ESEARCH (TAG \"A4\") UID ALL 5\r\n".replace("A4", &link.tag(4)).as_str());
        link.say("A4 OK [MESSAGELIMIT 2 1] done\r\n");
        assert_eq!(search.value().all, Some(uids("5,80,90")));

        let plain = link.run(Search::uid(Key::Unseen));
        assert_eq!(link.sent(), "A5 UID SEARCH UNSEEN\r\n");
        link.say("* SEARCH 90 80\r\nA5 OK [MESSAGELIMIT 2 80] partial\r\n");
        assert_eq!(link.sent(), "A6 UID SEARCH UNSEEN UID 1:79\r\n");
        link.say("* SEARCH\r\nA6 OK done\r\n");
        assert_eq!(plain.value().all, Some(uids("80,90")));

        let count = link.run(Search::uid(Key::Unseen).returning(ReturnOptions::new().count()));
        link.sent();
        link.say("A7 OK [MESSAGELIMIT 2 80] partial\r\n");
        let error = count.error();
        assert!(error.kind() == ErrorKind::Limit && error.to_string().contains("MESSAGELIMIT is 2"), "{error}");
    });
}

#[test]
fn t107_half_of_it_is_not_all_of_it() {
    let mut link = limited(Cut::Whole);
    let fetch = link.run(Fetch::new(SeqSet::all(), Items::new().flags(), Collected::new(0)));
    let copy = link.run(Copy::new(uids("10:90"), "x".parse().unwrap()));
    let expunge = link.run(Expunge::new());
    assert_eq!(link.sent(), "A3 FETCH 1:* (FLAGS)\r\n");
    link.say("* 9 FETCH (FLAGS ())\r\nA3 OK [MESSAGELIMIT 2 80] partial\r\n");
    let error = fetch.error();
    assert!(error.kind() == ErrorKind::Limit && error.to_string().contains("from UID 80 on"), "{error}");
    assert_eq!(link.sent(), "A4 UID COPY 10:90 x\r\nA5 EXPUNGE\r\n");
    link.say("A4 OK [MESSAGELIMIT 2 80] partial\r\n");
    assert_eq!(copy.error().kind(), ErrorKind::Limit);
    link.say("* 9 EXPUNGE\r\nA5 OK [MESSAGELIMIT 2 80] partial\r\n");
    assert_eq!(expunge.error().kind(), ErrorKind::Limit);
}

#[test]
fn t107_store_expunge_and_move_go_on_too() {
    let mut link = limited(Cut::Whole);
    let store = link.run(Store::new(UidSet::all(), StoreHow::Add, Flag::Seen));
    link.sent();
    link.say("* 9 FETCH (UID 90 FLAGS (\\Seen))\r\nA3 OK [MESSAGELIMIT 2 80] partial\r\n");
    assert_eq!(link.sent(), "A4 UID STORE 1:79 +FLAGS (\\Seen)\r\n");
    link.say("* 7 FETCH (UID 70 FLAGS (\\Seen))\r\nA4 OK done\r\n");
    assert_eq!(store.value().rows.len(), 2);

    let moved = link.run(Move::new(UidSet::all(), "Archive".parse().unwrap()));
    link.sent();
    link.say("* OK [COPYUID 7 80,90 1:2] moved\r\n* 9 EXPUNGE\r\n* 8 EXPUNGE\r\nA5 OK [MESSAGELIMIT 2 80] partial\r\n");
    assert_eq!(link.sent(), "A6 UID MOVE 1:79 Archive\r\n");
    link.say("* OK [COPYUID 7 70 3] moved\r\n* 7 EXPUNGE\r\nA6 OK done\r\n");
    let copied = moved.value().expect("where they went");
    for (from, to) in [(80, 1), (90, 2), (70, 3)] {
        assert_eq!(copied.copy_of(Uid::new(from).unwrap()), Uid::new(to), "{from}");
    }
    let expunge = link.run(UidExpunge::new(uids("10,80:90")));
    link.sent();
    link.say("* 6 EXPUNGE\r\nA7 OK [MESSAGELIMIT 2 80] partial\r\n");
    assert_eq!(link.sent(), "A8 UID EXPUNGE 10\r\n");
    link.say("* 1 EXPUNGE\r\nA8 OK done\r\n");
    assert_eq!(expunge.value().seqs.len(), 2);
}

#[test]
fn t107_after_enable_uidonly_no_sequence_number_is_sent() {
    let mut link = Link::ready("IMAP4rev1 ENABLE UIDONLY", Cut::Whole);
    let enable = link.run(Enable::new([Capability::UidOnly]));
    assert_eq!(link.sent(), "A2 ENABLE UIDONLY\r\n");
    link.say("* ENABLED UIDONLY\r\nA2 OK done\r\n");
    enable.value();
    let select = link.run(imapkit_session::commands::Select::new("INBOX".parse().unwrap()));
    link.sent();
    link.say("* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nA3 OK done\r\n");
    select.value();
    let seqs: SeqSet = "1:3".parse().unwrap();
    let error = link.run(Fetch::new(seqs.clone(), Items::new().flags(), Collected::new(0))).error();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(link.run(Search::seq(Key::All)).error().to_string().contains("UIDONLY"));
    assert!(link.run(Store::new(seqs, StoreHow::Add, Flag::Seen)).error().to_string().contains("UIDONLY"));
    assert_eq!(link.sent(), "");
    let fetch = link.run(Fetch::new(uids("1:*"), Items::new().flags(), Collected::new(0)));
    assert_eq!(link.sent(), "A4 UID FETCH 1:* (UID FLAGS)\r\n");
    link.say("* 25 UIDFETCH (FLAGS (\\Seen))\r\nA4 OK done\r\n");
    assert_eq!(fetch.value().into_rows().unwrap()[0].uid, Uid::new(25));
}

#[test]
fn t110_a_server_that_throttles_is_asked_slower_and_idle_is_not_held_back() {
    let mut link = Link::selected("IMAP4rev1 IDLE", 3, Cut::Whole);
    link.run(Noop);
    link.sent();
    link.say("A3 OK Success [THROTTLED]\r\n");
    assert!(matches!(link.events.last(), Some(Event::Notice(reply)) if reply.text.contains("THROTTLED")));
    let (one, two) = (link.run(Noop), link.run(Noop));
    assert_eq!(link.sent(), "", "not at once");
    link.advance(Duration::from_millis(499));
    assert_eq!(link.sent(), "");
    link.advance(Duration::from_millis(2));
    assert_eq!(link.sent(), "A4 NOOP\r\n", "and one at a time");
    link.say("A4 OK [THROTTLED] slower\r\n");
    one.value();
    link.advance(Duration::from_millis(999));
    assert_eq!(link.sent(), "");
    link.advance(Duration::from_millis(2));
    assert_eq!(link.sent(), "A5 NOOP\r\n");
    link.say("A5 NO [THROTTLED] slower\r\n");
    assert_eq!(two.error().kind(), ErrorKind::No);
    link.session.watch(true);
    link.advance(Duration::from_millis(30));
    assert_eq!(link.sent(), "A6 IDLE\r\n");
    link.say("+ idling\r\n");
    link.session.watch(false);
    assert_eq!(link.sent(), "DONE\r\n");
    link.say("A6 OK done\r\n");
    link.run(Logout);
    assert_eq!(link.sent(), "A7 LOGOUT\r\n");
}

#[test]
fn a_long_response_that_nobody_knows_is_warned_of_and_not_kept() {
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Whole);
    let noop = link.run(Noop);
    link.sent();
    link.say("* XSHORT here it is\r\n");
    link.say(&format!("* XLONG {}\r\nA3 OK x\r\n", "x".repeat(100_000)));
    noop.value();
    let [Event::Unsolicited(_), Event::Warning(warning)] = &link.events[..] else { panic!("{:?}", link.events) };
    assert!(warning.text.contains("max_unknown") && warning.raw.starts_with(b"* XLONG"), "{warning:?}");
}
