//! The selected mailbox: borders between selections, numbers that move, UIDs that change.

use imapkit_session::commands::{Append, AppendMessage, Collected, Content, Fetch, Noop, Search, Select};
use imapkit_session::types::{Flags, Items, Key, ReturnOptions, SeqNum, SeqSet, Uid, UidSet};
use imapkit_session::{ErrorKind, Event, MailboxEvent, State};

use crate::link::{Cut, Link, Taken, at_every_cut};

fn uids(set: &str) -> UidSet {
    set.parse().unwrap()
}

fn fetch(set: &str, items: Items) -> Fetch<Collected> {
    Fetch::new(uids(set), items, Collected::new(1 << 20))
}

fn mailbox_events(link: &Link) -> Vec<&MailboxEvent> {
    link.events.iter().filter_map(|event| if let Event::Mailbox(event) = event { Some(event) } else { None }).collect()
}

#[test]
fn t100_a_failed_select_leaves_no_mailbox() {
    at_every_cut(|cut| {
        let mut link = Link::selected("IMAP4rev1", 3, cut);
        let slot = link.run(Select::new("Gone".parse().unwrap()));
        link.sent();
        link.say("* 9 EXISTS\r\nA3 NO [NONEXISTENT] no such mailbox\r\n");
        assert_eq!(slot.error().kind(), ErrorKind::No);
        assert_eq!(link.session.state(), State::Authenticated);
        let slot = link.run(fetch("1", Items::new().flags()));
        assert_eq!((slot.error().kind(), link.sent().as_str()), (ErrorKind::Misuse, ""));
    });
}

#[test]
fn t108_data_between_two_mailboxes_goes_to_the_right_one() {
    at_every_cut(|cut| {
        // With CLOSED.
        let mut link = Link::selected("IMAP4rev1", 5, cut);
        let slot = link.run(Select::new("B".parse().unwrap()));
        link.sent();
        link.say("* 3 EXPUNGE\r\n* OK [CLOSED] x\r\n* FLAGS ()\r\n* 10 EXISTS\r\nA3 OK [READ-ONLY] x\r\n");
        let info = slot.value();
        assert_eq!((info.exists, info.read_only), (10, true));
        assert!(matches!(mailbox_events(&link)[..], [MailboxEvent::Expunged { .. }]), "{:?}", link.events);
        assert_eq!(link.session.mailbox().unwrap().exists(), 10);
        // Without: the first datum of a selection is the border.
        let mut link = Link::selected("IMAP4rev1", 5, cut);
        let slot = link.run(Select::new("B".parse().unwrap()));
        link.sent();
        link.say("* 3 EXPUNGE\r\n* FLAGS ()\r\n* 10 EXISTS\r\n");
        assert!(link.session.mailbox().is_none(), "what comes now is not of the old one");
        link.say("A3 OK x\r\n");
        assert_eq!(slot.value().exists, 10);
        assert_eq!(link.session.mailbox().unwrap().exists(), 10);
    });
}

#[test]
fn t099_another_uidvalidity_makes_handles_stale() {
    at_every_cut(|cut| {
        let mut link = Link::selected("IMAP4rev1", 5, cut);
        let epoch = link.session.mailbox().unwrap().epoch();
        let noop = link.run(Noop);
        let queued = link.run(fetch("1", Items::new().flags()).in_epoch(epoch));
        link.sent();
        link.say("* OK [UIDVALIDITY 8] changed\r\nA3 OK x\r\n");
        noop.value();
        // It was pipelined behind NOOP or held back; a new one in the old epoch is refused in any case.
        drop(queued);
        link.say("A4 OK x\r\n");
        let late = link.run(fetch("1", Items::new().flags()).in_epoch(epoch));
        assert_eq!((late.error().kind(), link.sent().as_str()), (ErrorKind::Stale, ""));
        assert!(
            mailbox_events(&link).iter().any(|event| matches!(event, MailboxEvent::UidValidity(now) if now.get() == 8))
        );
    });
}

#[test]
fn t098_expunge_in_a_uid_fetch_puts_every_row_under_the_right_uid() {
    at_every_cut(|cut| {
        let mut link = Link::selected("IMAP4rev1", 3, cut);
        let slot = link.run(fetch("11:13", Items::new().flags()));
        assert_eq!(link.sent(), "A3 UID FETCH 11:13 (UID FLAGS)\r\n");
        link.say(
            "* 1 FETCH (UID 11 FLAGS ())\r\n* 2 FETCH (UID 12 FLAGS ())\r\n* 3 FETCH (UID 13 FLAGS ())\r\nA3 OK x\r\n",
        );
        assert_eq!(slot.value().into_rows().unwrap().len(), 3);
        let slot = link.run(fetch("11:13", Items::new().flags()));
        link.sent();
        link.say("* 1 FETCH (FLAGS (\\Seen))\r\n* 2 EXPUNGE\r\n* 2 FETCH (FLAGS (\\Deleted))\r\nA4 OK x\r\n");
        let rows = slot.value().into_rows().unwrap();
        let seen: Vec<_> = rows.iter().map(|row| (row.uid, row.flags.as_ref().unwrap().deleted())).collect();
        assert_eq!(seen, [(Uid::new(11), false), (Uid::new(13), true)]);
        assert!(
            mailbox_events(&link)
                .iter()
                .any(|e| matches!(e, MailboxEvent::Expunged { uid, .. } if *uid == Uid::new(12)))
        );
    });
}

#[test]
fn t101_numbers_that_break_the_rules() {
    at_every_cut(|cut| {
        let mut link = Link::selected("IMAP4rev1", 2, cut);
        link.say("* 0 EXPUNGE\r\n* 9 EXPUNGE\r\n* 4294967295 EXPUNGE\r\n* 1 EXISTS\r\n* 77 FETCH (UID 5 FLAGS ())\r\n");
        assert_eq!(link.session.mailbox().unwrap().exists(), 1);
        assert!(mailbox_events(&link).iter().any(|event| matches!(event, MailboxEvent::Resync)));
        let slot = link.run(Noop);
        link.sent();
        link.say("A3 OK x\r\n");
        slot.value();
    });
}

#[test]
fn m010_numbers_wait_for_whatever_may_expunge() {
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Whole);
    let _noop = link.run(Noop);
    let by_seq = Fetch::new("1:2".parse::<SeqSet>().unwrap(), Items::new().flags(), Collected::new(0));
    let slot = link.run(by_seq);
    let _behind = link.run(Noop);
    assert_eq!(link.sent(), "A3 NOOP\r\n", "nothing overtakes the command that waits");
    link.say("* 3 EXPUNGE\r\nA3 OK x\r\n");
    assert_eq!(link.sent(), "A4 FETCH 1:2 (FLAGS)\r\n");
    link.say("* 1 FETCH (FLAGS ())\r\nA4 OK x\r\n");
    assert_eq!(slot.value().into_rows().unwrap()[0].seq, SeqNum::new(1));
    assert_eq!(link.sent(), "A5 NOOP\r\n");
}

#[test]
fn m010_uid_commands_pipeline() {
    let mut link = Link::selected("IMAP4rev1", 3, Cut::Whole);
    let one = link.run(fetch("1:3", Items::new().flags()));
    let two = link.run(fetch("4:9", Items::new().flags()));
    let _noop = link.run(Noop);
    assert_eq!(link.sent(), "A3 UID FETCH 1:3 (UID FLAGS)\r\nA4 UID FETCH 4:9 (UID FLAGS)\r\nA5 NOOP\r\n");
    link.say("* 2 FETCH (UID 5 FLAGS ())\r\n* 1 FETCH (UID 2 FLAGS ())\r\nA4 OK x\r\nA3 OK x\r\nA5 OK x\r\n");
    assert_eq!(one.value().into_rows().unwrap()[0].uid, Uid::new(2));
    assert_eq!(two.value().into_rows().unwrap()[0].uid, Uid::new(5));
}

fn append(len: u64) -> Append {
    let message = AppendMessage { flags: Flags::new(), date: None, content: Content::Upload(len) };
    Append::new("INBOX".parse().unwrap(), vec![message])
}

#[test]
fn t102_a_literal_the_server_refuses_is_not_sent() {
    for answer in ["A2 NO [TOOBIG] too large\r\n", "* 3 EXISTS\r\nA2 BAD what\r\n"] {
        at_every_cut(|cut| {
            let mut link = Link::ready("IMAP4rev1", cut);
            let slot = link.run(append(9000));
            assert_eq!(link.sent(), "A2 APPEND INBOX {9000}\r\n");
            assert!(link.session.poll_upload().is_none());
            link.say(answer);
            slot.error();
            let next = link.run(Noop);
            assert_eq!(link.sent(), "A3 NOOP\r\n");
            link.say("A3 OK x\r\n");
            next.value();
        });
    }
}

#[test]
fn an_upload_in_pieces_then_the_next_command() {
    at_every_cut(|cut| {
        let mut link = Link::ready("IMAP4rev1 UIDPLUS", cut);
        let (id, slot) = link.submit(append(6));
        let next = link.run(Noop);
        link.sent();
        link.say("* OK wait\r\n+ go\r\n");
        assert_eq!(link.session.poll_upload().unwrap().remaining, 6);
        link.session.push_upload(id, bytes::Bytes::from_static(b"abc")).unwrap();
        assert_eq!(link.sent(), "abc");
        assert!(link.session.push_upload(id, bytes::Bytes::from_static(b"defg")).is_err());
        link.session.push_upload(id, bytes::Bytes::from_static(b"def")).unwrap();
        assert_eq!(link.sent(), "def\r\n");
        link.say("A2 OK [APPENDUID 7 44] x\r\n");
        assert_eq!(link.sent(), "A3 NOOP\r\n");
        assert_eq!(slot.value().unwrap().uids.to_string(), "44");
        link.say("A3 OK x\r\n");
        next.value();
    });
}

#[test]
fn m029_an_upload_that_cannot_go_on_ends_the_connection() {
    let mut link = Link::ready("IMAP4rev1", Cut::Whole);
    let (id, slot) = link.submit(append(6));
    link.sent();
    link.say("+ go\r\n");
    link.session.push_upload(id, bytes::Bytes::from_static(b"abc")).unwrap();
    link.session.fail_upload(id, &imapkit_session::Error::new(ErrorKind::Io, "file ended early"));
    assert_eq!(slot.error().kind(), ErrorKind::Cancelled, "the server never had the whole command");
    assert_eq!(link.session.state(), State::Closed);
}

#[test]
fn m029_an_answer_that_cannot_be_read_amid_an_upload_ends_the_connection() {
    at_every_cut(|cut| {
        let mut link = Link::ready("IMAP4rev1", cut);
        let (id, slot) = link.submit(append(6));
        link.sent();
        link.say("+ go\r\n");
        link.session.push_upload(id, bytes::Bytes::from_static(b"abc")).unwrap();
        link.sent();
        link.say("A2 WHAT now\r\n");
        slot.error();
        let next = link.run(Noop);
        assert_eq!(link.sent(), "", "nothing that would become content of the message");
        next.error();
        assert_eq!(link.session.state(), State::Closed);
    });
}

#[test]
fn t102_an_answer_that_cannot_be_read_refuses_a_literal_too() {
    let mut link = Link::ready("IMAP4rev1", Cut::Whole);
    let slot = link.run(append(6));
    link.sent();
    link.say("A2 WHAT now\r\n");
    assert_eq!(slot.error().kind(), ErrorKind::Protocol);
    link.run(Noop);
    assert_eq!(link.sent(), "A3 NOOP\r\n");
}

#[test]
fn quirk_7_one_more_continuation_behind_a_literal_is_let_pass_until_the_answer() {
    at_every_cut(|cut| {
        let mut link = Link::ready("IMAP4rev1", cut);
        let (id, slot) = link.submit(append(3));
        link.sent();
        link.say("+ go\r\n");
        link.session.push_upload(id, bytes::Bytes::from_static(b"abc")).unwrap();
        assert_eq!(link.sent(), "abc\r\n");
        link.say("+ \r\nA2 OK x\r\n");
        slot.value();
        assert!(matches!(link.events.last(), Some(Event::Warning(_))), "{:?}", link.events);
        link.say("+ \r\n");
        assert_eq!(link.session.state(), State::Closed, "nothing is in flight (H33)");
    });
}

#[test]
fn m031_a_write_whose_answer_is_lost_is_unknown_and_a_read_is_not() {
    let mut link = Link::ready("IMAP4rev1", Cut::Whole);
    let noop = link.run(Noop);
    let message = AppendMessage { flags: Flags::new(), date: None, content: Content::Inline("hi".into()) };
    let write = link.run(Append::new("INBOX".parse().unwrap(), vec![message]));
    link.sent();
    link.say("+ go\r\n");
    link.sent();
    link.session.handle_eof(link.tick(), None);
    assert_eq!(noop.error().kind(), ErrorKind::Closed);
    assert_eq!(write.error().kind(), ErrorKind::Unknown);
    let late = link.run(Noop);
    assert_eq!(late.error().kind(), ErrorKind::Closed);
}

#[test]
fn m031_a_write_that_was_not_sent_to_its_end_was_not_done() {
    for answer in ["* BYE shutting down\r\n", ""] {
        let mut link = Link::ready("IMAP4rev1", Cut::Whole);
        let write = link.run(append(3));
        link.sent();
        link.say(answer);
        link.session.handle_eof(link.tick(), None);
        let error = write.error();
        assert!(matches!(error.kind(), ErrorKind::Bye | ErrorKind::Closed) && error.is_retryable(), "{error}");
    }
}

#[test]
fn h091_a_search_result_that_names_another_command_is_nobodys() {
    at_every_cut(|cut| {
        let mut link = Link::selected("IMAP4rev1 ESEARCH", 9, cut);
        let search = Search::uid(Key::Unseen).returning(ReturnOptions::new().all());
        let slot = link.run(search);
        assert_eq!(link.sent(), "A3 UID SEARCH RETURN (ALL) UNSEEN\r\n");
        link.say("* ESEARCH (TAG \"X9\") UID ALL 100:200\r\n");
        let tag =
            String::from_utf8(link.wire.clone()).unwrap().lines().last().unwrap().split(' ').next().unwrap().to_owned();
        link.say(&format!("* ESEARCH (TAG \"{tag}\") UID ALL 2:4\r\nA3 OK done\r\n"));
        assert_eq!(slot.value().all.unwrap().to_string(), "2:4");
        assert!(matches!(link.events[..], [Event::Unsolicited(_)]), "{:?}", link.events);
    });
}

#[test]
fn an_ok_for_a_command_that_is_not_wholly_sent_ends_the_connection() {
    at_every_cut(|cut| {
        let mut link = Link::ready("IMAP4rev1", cut);
        let _slot = link.run(append(9));
        link.sent();
        link.say("A2 OK done\r\n");
        assert!(matches!(link.events.last(), Some(Event::Closed(error)) if error.kind() == ErrorKind::Unsafe));
    });
}

#[test]
fn h031_a_command_that_is_answered_with_bye_ends_with_it() {
    at_every_cut(|cut| {
        let mut link = Link::ready("IMAP4rev1", cut);
        let (first, second) = (link.run(Noop), link.run(Noop));
        assert!(link.sent().starts_with("A2 NOOP\r\n"));
        link.say("A2 BYE [UNAVAILABLE] going down\r\n");
        link.session.handle_eof(link.tick(), None);
        for slot in [first, second] {
            let error = slot.error();
            assert_eq!((error.kind(), error.server_text()), (ErrorKind::Bye, Some("going down")));
        }
    });
}

#[test]
fn h090_an_odd_number_costs_itself_and_an_answer_that_cannot_be_read_is_never_an_empty_one() {
    for (answer, all) in [
        ("* SEARCH 1 2 4294967296 3\r\n", Some("1:3")),
        ("* SEARCH 1 -2 3\r\n", Some("1,3")),
        ("* SEARCH 1 2,3 4\r\n", Some("1:4")),
        ("* SEARCH 1 2 3 (FOO 1)\r\n", Some("1:3")),
        ("* ESEARCH UID COUNT 3 ALL 1:3 MAX\r\n", Some("1:3")),
        ("* ESEARCH UID ALL 1:4294967296\r\n", None),
        ("* ESEARCH UID ALL 1:3, 5\r\n", None),
        ("* search 1:3\r\n", None),
        ("* SEARCH 1 2\r\n* SEARCH x\r\n", None),
        ("* SEARCH -1\r\n", None),
        ("", Some("")),
    ] {
        let mut link = Link::selected("IMAP4rev1", 9, Cut::Whole);
        let search = link.run(Search::uid(Key::All));
        link.sent();
        link.say(answer);
        link.say("A3 OK done\r\n");
        let found = search.value();
        let told = all.map(|all| if all.is_empty() { UidSet::new() } else { all.parse().unwrap() });
        assert_eq!(found.all, told, "{answer}");
        if told.is_none() {
            assert!(found.count.is_none(), "{answer}");
            assert_eq!(found.into_all().unwrap_err().kind(), ErrorKind::Protocol);
        }
    }
}
