//! IDLE between commands, refresh, refusal, dead connections: T103, T104, M15, M17, M23.

use std::time::Duration;

use bytes::BytesMut;
use imapkit_session::commands::{Copy, Noop, Search, Select, Store, StoreHow};
use imapkit_session::types::{Flag, Key, SeqSet, Uid, UidSet};
use imapkit_session::{Config, ErrorKind, Event, MailboxEvent, Security, State, Timers};

use crate::link::{Cut, Link, Taken, at_every_cut, opening};

const MOMENT: Duration = Duration::from_millis(30);

fn idling(cut: Cut) -> Link {
    let mut link = Link::selected("IMAP4rev1 IDLE", 3, cut);
    link.session.watch(true);
    assert_eq!(link.sent(), "");
    link.advance(MOMENT);
    assert_eq!(link.sent(), "A3 IDLE\r\n");
    link
}

#[test]
fn news_arrive_while_idling() {
    at_every_cut(|cut| {
        let mut link = idling(cut);
        link.say("* 3 EXISTS\r\n+ idling\r\n* 4 EXISTS\r\n* OK Still here\r\n* 1 EXPUNGE\r\n");
        let news: Vec<_> = link.events.iter().filter(|event| matches!(event, Event::Mailbox(_))).collect();
        assert!(news.len() >= 2, "a run of EXISTS may be told as one: {news:?}");
        assert!(matches!(news.last(), Some(Event::Mailbox(MailboxEvent::Expunged { .. }))));
    });
}

#[test]
fn a_command_interrupts_idle_and_it_begins_again() {
    at_every_cut(|cut| {
        let mut link = idling(cut);
        link.say("+ idling\r\n");
        let noop = link.run(Noop);
        assert_eq!(link.sent(), "DONE\r\n", "nothing else before the answer");
        link.say("* 5 EXISTS\r\nA3 OK done\r\n");
        assert_eq!(link.sent(), "A4 NOOP\r\n");
        link.say("A4 OK x\r\n");
        noop.value();
        link.advance(MOMENT);
        assert_eq!(link.sent(), "A5 IDLE\r\n");
    });
}

#[test]
fn the_answer_to_our_own_idle_is_no_last_reply() {
    let mut link = idling(Cut::Whole);
    let (before, _) = link.session.last_reply();
    link.say("+ idling\r\n");
    let noop = link.run(Noop);
    link.sent();
    link.say("A3 OK idle done\r\n");
    assert_eq!(link.session.last_reply().0, before);
    link.sent();
    link.say("A4 OK theirs\r\n");
    noop.value();
    let (count, reply) = link.session.last_reply();
    assert_eq!((count, &*reply.unwrap().text), (before + 1, "theirs"));
}

#[test]
fn m002_numbers_from_before_an_expunge_are_not_sent_behind_it() {
    let set = |text: &str| text.parse::<SeqSet>().unwrap();
    at_every_cut(|cut| {
        let mut link = idling(cut);
        link.say("+ idling\r\n");
        let mark = link.run(Store::new(set("3"), StoreHow::Add, Flag::Deleted).silent());
        let copy = link.run(Copy::new(set("2:*"), "x".parse().unwrap()));
        let find = link.run(Search::uid(Key::Seq(set("1,2"))));
        let below = link.run(Copy::new(set("1"), "x".parse().unwrap()));
        let all = link.run(Store::new(SeqSet::all(), StoreHow::Add, Flag::Seen).silent());
        let by_uid = link.run(Store::new(UidSet::from(Uid::MAX), StoreHow::Add, Flag::Seen).silent());
        assert_eq!(link.sent(), "DONE\r\n");
        link.say("* 2 EXPUNGE\r\nA3 OK done\r\n");
        for error in [mark.error(), copy.error(), find.error()] {
            assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
            assert!(error.connection_alive());
        }
        assert_eq!(link.sent(), "A4 COPY 1 x\r\n");
        link.say("A4 OK x\r\n");
        assert_eq!(link.sent(), "A5 STORE 1:* +FLAGS.SILENT (\\Seen)\r\n");
        link.say("A5 OK x\r\n");
        assert_eq!(link.sent(), "A6 UID STORE 4294967295 +FLAGS.SILENT (\\Seen)\r\n");
        link.say("A6 OK x\r\n");
        below.value();
        all.value();
        by_uid.value();
    });
}

#[test]
fn m002_numbers_of_the_mailbox_to_come_are_not_those_of_this_one() {
    let mut link = idling(Cut::Whole);
    link.say("+ idling\r\n");
    let select = link.run(Select::new("B".parse().unwrap()));
    let copy = link.run(Copy::new("3".parse::<SeqSet>().unwrap(), "x".parse().unwrap()));
    assert_eq!(link.sent(), "DONE\r\n");
    link.say("* 1 EXPUNGE\r\nA3 OK done\r\n");
    assert_eq!(link.sent(), "A4 SELECT B\r\n");
    link.say("* 5 EXISTS\r\nA4 OK x\r\n");
    select.value();
    assert_eq!(link.sent(), "A5 COPY 3 x\r\n");
    link.say("A5 OK x\r\n");
    copy.value();
}

#[test]
fn t103_done_waits_for_the_plus() {
    let mut link = idling(Cut::Whole);
    let noop = link.run(Noop);
    assert_eq!(link.sent(), "");
    link.say("+ idling\r\n");
    assert_eq!(link.sent(), "DONE\r\n");
    link.say("A3 OK x\r\n");
    link.sent();
    link.say("A4 OK x\r\n");
    noop.value();
}

#[test]
fn t103_a_server_that_ends_idle_by_itself() {
    for answer in ["A3 OK timeout\r\n", "A3 NO timeout\r\n"] {
        let mut link = idling(Cut::Whole);
        link.say("+ idling\r\n");
        link.say(answer);
        link.advance(MOMENT);
        assert_eq!(link.sent(), "A4 IDLE\r\n");
    }
}

#[test]
fn t103_a_server_that_always_ends_idle_at_once_is_asked_less_and_less() {
    for answer in ["OK done", "NO [UNAVAILABLE] not now"] {
        let mut link = idling(Cut::Whole);
        let mut asked = 3;
        for _ in 0..600 {
            link.say(&format!("+ idling\r\nA{asked} {answer}\r\n"));
            while link.sent().is_empty() {
                link.advance(Duration::from_secs(1));
            }
            asked += 1;
            if link.tick().since_start() > Duration::from_secs(600) {
                break;
            }
        }
        assert!((15..40).contains(&asked), "{asked}");
        link.say("+ idling\r\n");
        link.advance(Duration::from_secs(6));
        link.say(&format!("* 4 EXISTS\r\nA{asked} OK done\r\n"));
        link.advance(MOMENT);
        assert!(link.sent().ends_with(" IDLE\r\n"), "it is one again");
    }
}

#[test]
fn a_server_that_refuses_idle_is_polled() {
    let mut link = idling(Cut::Whole);
    link.say("A3 BAD what\r\n");
    link.advance(Duration::from_secs(61));
    assert_eq!(link.sent(), "A4 NOOP\r\n");
}

#[test]
fn without_idle_it_polls() {
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Whole);
    link.session.watch(true);
    link.advance(Duration::from_secs(61));
    assert_eq!(link.sent(), "A3 NOOP\r\n");
    link.say("* 4 EXISTS\r\nA3 OK x\r\n");
    assert!(matches!(link.events[..], [Event::Mailbox(MailboxEvent::Exists(4))]));
    link.advance(Duration::from_secs(61));
    assert_eq!(link.sent(), "A4 NOOP\r\n");
}

#[test]
fn m015_idle_is_refreshed() {
    let mut link = idling(Cut::Whole);
    link.say("+ idling\r\n");
    link.advance(Duration::from_secs(9 * 60 + 1));
    assert_eq!(link.sent(), "DONE\r\n");
    link.say("A3 OK x\r\n");
    link.advance(MOMENT);
    assert_eq!(link.sent(), "A4 IDLE\r\n");
}

#[test]
fn t103_t104_silence_after_done_is_death() {
    let mut link = idling(Cut::Whole);
    link.say("+ idling\r\n");
    link.advance(Duration::from_secs(9 * 60 + 32));
    assert!(
        matches!(link.events.last(), Some(Event::Closed(error)) if error.kind() == ErrorKind::Timeout),
        "{:?}",
        link.events
    );
}

#[test]
fn t104_silence_during_a_command_is_death_and_quiet_without_one_is_not() {
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Whole);
    link.advance(Duration::from_secs(3600));
    assert_eq!(link.session.state(), State::Selected);
    let noop = link.run(Noop);
    link.sent();
    link.advance(Duration::from_secs(59));
    link.say("* OK [INPROGRESS (\"x\" 1 2)] working\r\n");
    link.advance(Duration::from_secs(59));
    assert_eq!(link.session.state(), State::Selected, "any byte is a sign of life");
    link.advance(Duration::from_secs(2));
    let error = noop.error();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("NOOP"), "{error}");
}

#[test]
fn m023_bye_gives_its_reason_to_all_and_ends_soon() {
    at_every_cut(|cut| {
        let mut link = Link::selected("IMAP4rev1", 3, cut);
        let noop = link.run(Noop);
        link.sent();
        link.say("* BYE [UNAVAILABLE] maintenance\r\n* BYE again\r\n* BYE again\r\n");
        link.advance(Duration::from_secs(3));
        let error = noop.error();
        assert_eq!(error.kind(), ErrorKind::Bye);
        assert!(error.to_string().contains("maintenance") && error.is_retryable(), "{error}");
        assert_eq!(link.events.iter().filter(|event| matches!(event, Event::Bye(_))).count(), 1);
    });
}

#[test]
fn t112_who_never_pauses_is_not_waited_for_either() {
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Whole);
    let noop = link.run(Noop);
    link.sent();
    let mut input = BytesMut::new();
    for second in 0..5 {
        // Always more, so that nobody looks at the clock in between.
        input.extend_from_slice(b"* BYE bye bye\r\n");
        link.session.handle_input(link.tick().after(Duration::from_secs(second)), &mut input);
    }
    assert!(link.session.error().is_some(), "it is over");
    assert_eq!(noop.error().kind(), ErrorKind::Bye);
}

#[test]
fn m032_octets_are_a_sign_of_life_also_in_the_middle_of_a_response() {
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Whole);
    let noop = link.run(Noop);
    link.sent();
    for piece in ["* LIST () \"/\" {6}\r\n", "a", "bc", "def\r\n"] {
        link.advance(Duration::from_secs(50));
        link.say(piece);
        assert_eq!(link.session.state(), State::Selected, "{piece}");
    }
    link.advance(Duration::from_secs(61));
    assert_eq!(noop.error().kind(), ErrorKind::Timeout);
}

#[test]
fn t103_a_storm_of_expunges_is_told_in_order_and_bounded() {
    let mut link = Link::selected("IMAP4rev1 IDLE", 20_000, Cut::Whole);
    link.session.watch(true);
    link.advance(MOMENT);
    link.sent();
    let mut storm = String::from("+ idling\r\n");
    (0..20_000).for_each(|_| storm.push_str("* 1 EXPUNGE\r\n"));
    link.say(&storm);
    let gone = |event: &&Event| matches!(event, Event::Mailbox(MailboxEvent::Expunged { .. }));
    let told = link.events.iter().filter(gone).count();
    let missed: u64 = link.events.iter().map(|event| if let Event::Missed(count) = event { *count } else { 0 }).sum();
    assert_eq!(told as u64 + missed, 20_000);
    assert!(missed >= 10_000, "what nobody takes is bounded");
    assert_eq!(link.session.mailbox().unwrap().exists(), 0);
}

#[test]
fn m023_what_is_asked_behind_a_bye_ends_with_it() {
    at_every_cut(|cut| {
        let mut link = Link::selected("IMAP4rev1", 3, cut);
        let running = link.run(Noop);
        link.sent();
        link.say("* BYE [UNAVAILABLE] going down\r\n");
        let behind = link.run(Noop).error();
        assert_eq!((behind.kind(), behind.server_text()), (ErrorKind::Bye, Some("going down")));
        assert_eq!(link.session.state(), State::Logout, "an answer may still come");
        link.say("A3 OK done\r\n");
        running.value();
        assert_eq!(link.run(Noop).error().kind(), ErrorKind::Bye);
        assert_eq!((link.sent().as_str(), link.session.state()), ("", State::Closed));
    });
}

#[test]
fn t103_bye_in_idle_ends_it_with_its_reason() {
    let mut link = idling(Cut::Whole);
    link.say("+ idling\r\n* BYE [UNAVAILABLE] autologout; idle for too long\r\n");
    link.advance(Duration::from_secs(3));
    let Some(Event::Closed(error)) = link.events.last() else { panic!("{:?}", link.events) };
    assert!(error.kind() == ErrorKind::Bye && error.to_string().contains("autologout"), "{error}");
}

#[test]
fn m031_a_lost_answer_is_unknown_and_names_the_tag() {
    use imapkit_session::commands::Copy;
    use imapkit_session::types::UidSet;
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Whole);
    let uids: UidSet = "1".parse().unwrap();
    let copy = link.run(Copy::new(uids, "Archive".parse().unwrap()));
    let noop = link.run(Noop);
    link.sent();
    link.session.handle_eof(link.tick(), None);
    let error = copy.error();
    assert_eq!((error.kind(), error.command()), (ErrorKind::Unknown, Some("UID COPY")));
    let tag = error.tag().expect("its tag").as_str().to_owned();
    assert!(String::from_utf8_lossy(&link.wire).contains(&format!("{tag} UID COPY")));
    assert_eq!(noop.error().tag(), None);
}

#[test]
fn m033_a_quiet_connection_is_kept_if_wanted() {
    let timers = Timers { keep_alive: Some(Duration::from_secs(540)), ..Timers::default() };
    let config = Config { opening: opening(Security::Tls), timers, ..Config::default() };
    let mut link = Link::with(config, Cut::Whole);
    link.say("* OK [CAPABILITY IMAP4rev1 IDLE] hi\r\n");
    link.sent();
    link.say("A1 OK [CAPABILITY IMAP4rev1 IDLE] in\r\n");
    link.advance(Duration::from_secs(539));
    assert_eq!(link.sent(), "");
    let noop = link.run(Noop);
    assert_eq!(link.sent(), "A2 NOOP\r\n");
    link.say("A2 OK x\r\n");
    noop.value();
    link.advance(Duration::from_secs(539));
    assert_eq!(link.sent(), "", "counted from the last thing that was said");
    link.advance(Duration::from_secs(2));
    assert_eq!(link.sent(), "A3 NOOP\r\n");
    link.advance(Duration::from_secs(61));
    assert_eq!(link.session.state(), State::Closed, "which finds a dead one, too");
}
