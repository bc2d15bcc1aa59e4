//! IDLE between commands, refresh, refusal, dead connections: T103, T104, M15, M17, M23.

use std::time::Duration;

use imapkit_session::commands::Noop;
use imapkit_session::{ErrorKind, Event, MailboxEvent, State};

use crate::link::{Cut, Link, Taken, at_every_cut};

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
