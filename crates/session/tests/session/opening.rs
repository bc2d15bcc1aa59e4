//! The last steps of an opening: servers that want it otherwise, compression, and a mailbox selected in the same flight.

use imapkit_session::commands::{List, Select, Status};
use imapkit_session::types::{Capability, StatusItems};
use imapkit_session::{Compression, ErrorKind, Event, Layer, Opening, Security, State};

use crate::link::{CANARY, Cut, Link, Taken, at_every_cut, opening};

fn named() -> Vec<(String, String)> {
    vec![("name".to_owned(), "test".to_owned())]
}

fn profile(link: &Link) -> Option<&'static str> {
    let Some(Event::Ready(opened)) = link.events.last() else { panic!("{:?}", link.events) };
    opened.profile
}

fn select() -> Select {
    Select::new("INBOX".parse().unwrap())
}

#[test]
fn c044_coremail_is_told_who_we_are_before_and_after_login() {
    at_every_cut(|cut| {
        let mut link = Link::new(Opening { identify: Some(named()), ..opening(Security::Tls) }, cut);
        link.say("* OK [CAPABILITY IMAP4rev1 ID] Coremail System IMap Server Ready(163com[0a1b])\r\n");
        assert_eq!(link.sent(), "A1 ID (\"name\" \"test\")\r\n");
        link.say("* ID (\"name\" \"Coremail\")\r\nA1 OK x\r\n");
        assert_eq!(link.sent(), format!("A2 LOGIN me {CANARY}\r\n"));
        link.say("A2 OK [CAPABILITY IMAP4rev1 ID] in\r\n");
        assert_eq!(link.sent(), "A3 ID (\"name\" \"test\")\r\n");
        link.say("A3 BAD not now\r\n");
        assert_eq!(profile(&link), Some("Coremail"), "a refused ID is no failure");
    });
}

#[test]
fn c044_others_are_not_told_before_login_and_nobody_is_told_who_asked_for_silence() {
    let mut link = Link::new(Opening { identify: Some(named()), ..opening(Security::Tls) }, Cut::Whole);
    link.say("* OK [CAPABILITY IMAP4rev1 ID] Dovecot ready.\r\n");
    assert_eq!(link.sent(), format!("A1 LOGIN me {CANARY}\r\n"));
    let mut silent = Link::new(opening(Security::Tls), Cut::Whole);
    silent.say("* OK [CAPABILITY IMAP4rev1 ID] Coremail\r\n");
    assert_eq!(silent.sent(), format!("A1 LOGIN me {CANARY}\r\n"));
}

#[test]
fn c053_exchange_offers_imap4rev2_and_does_not_get_it() {
    let enable = vec![Capability::Imap4Rev2, Capability::Utf8Accept];
    let mut link = Link::new(Opening { enable, ..opening(Security::Tls) }, Cut::Whole);
    link.say("* OK [CAPABILITY IMAP4rev1] Microsoft Exchange IMAP4 service ready.\r\n");
    link.sent();
    link.say("A1 OK [CAPABILITY IMAP4rev1 IMAP4rev2 ENABLE UTF8=ACCEPT] in\r\n");
    assert_eq!(link.sent(), "A2 ENABLE UTF8=ACCEPT\r\n");
    link.say("* ENABLED UTF8=ACCEPT\r\nA2 OK x\r\n");
    assert_eq!(profile(&link), Some("Exchange"));
    assert!(!link.session.capabilities().is_rev2());
}

#[test]
fn m014_enabled_is_believed_and_icloud_is_known_not_to_say_it() {
    for (greeting, mark, on) in [("hi", "", false), ("hi", " XAPPLEPUSHSERVICE", true)] {
        let enable = vec![Capability::CondStore, Capability::Qresync, Capability::Utf8Accept];
        let mut link = Link::new(Opening { enable, ..opening(Security::Tls) }, Cut::Whole);
        link.say(&format!("* OK [CAPABILITY IMAP4rev1{mark}] {greeting}\r\n"));
        link.sent();
        link.say(&format!("A1 OK [CAPABILITY IMAP4rev1 ENABLE CONDSTORE QRESYNC UTF8=ACCEPT{mark}] in\r\n"));
        assert_eq!(link.sent(), "A2 ENABLE CONDSTORE QRESYNC UTF8=ACCEPT\r\n");
        link.say("A2 OK done\r\n");
        let book = link.session.capabilities();
        assert_eq!(
            (book.is_enabled(&Capability::Qresync), book.is_enabled(&Capability::CondStore)),
            (on, on),
            "{mark}"
        );
        assert!(!book.is_enabled(&Capability::Utf8Accept), "that would change how names are read");
    }
}

#[test]
fn c051_exchange_2003_is_not_asked_for_namespaces() {
    let mut link = Link::new(Opening { namespace: true, ..opening(Security::Tls) }, Cut::Whole);
    link.say("* OK Microsoft Exchange Server 2003 IMAP4rev1 server version 6.5 ready.\r\n");
    link.sent();
    link.say("* CAPABILITY IMAP4 IMAP4rev1 IDLE LITERAL+ NAMESPACE\r\nA1 OK x\r\n");
    link.sent();
    link.say("A2 OK [CAPABILITY IMAP4rev1 NAMESPACE] in\r\n");
    assert_eq!((link.sent().as_str(), profile(&link)), ("", Some("Exchange 2003")));
}

#[test]
fn c055_select_shares_the_last_flight() {
    at_every_cut(|cut| {
        let identify = Some(named());
        let mut link = Link::new(Opening { identify, namespace: true, ..opening(Security::Tls) }, cut);
        let answer = std::sync::Arc::new(std::sync::Mutex::new(None));
        let slot = std::sync::Arc::clone(&answer);
        link.session.submit_when_ready(select(), move |result| *slot.lock().unwrap() = Some(result));
        link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
        assert_eq!(link.sent(), format!("A1 LOGIN me {CANARY}\r\n"));
        link.say("A1 OK [CAPABILITY IMAP4rev1 ID NAMESPACE] in\r\n");
        assert_eq!(link.sent(), "A2 ID (\"name\" \"test\")\r\nA3 NAMESPACE\r\nA4 SELECT INBOX\r\n");
        link.say("* ID NIL\r\nA2 OK x\r\n* NAMESPACE ((\"\" \"/\")) NIL NIL\r\nA3 OK x\r\n");
        let Some(Event::Ready(opened)) = link.events.last() else { panic!("{:?}", link.events) };
        assert_eq!(opened.flights, 2);
        link.say("* 3 EXISTS\r\nA4 OK [READ-WRITE] open\r\n");
        assert_eq!(answer.lock().unwrap().take().unwrap().unwrap().exists, 3);
        assert_eq!(link.session.state(), State::Selected);
    });
}

#[test]
fn c055_early_commands_share_the_fate_of_the_opening() {
    for (answer, kind) in
        [("A1 NO wrong\r\n", ErrorKind::Auth), ("A1 OK [CAPABILITY IMAP4rev1] in\r\nA2 NO none\r\n", ErrorKind::No)]
    {
        let mut link = Link::new(opening(Security::Tls), Cut::Whole);
        let outcome = std::sync::Arc::new(std::sync::Mutex::new(None));
        let slot = std::sync::Arc::clone(&outcome);
        link.session.submit_when_ready(select(), move |result| *slot.lock().unwrap() = result.err());
        link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
        link.sent();
        if kind == ErrorKind::No {
            let (login, select) = answer.split_at(answer.find("A2").unwrap());
            link.say(login);
            assert_eq!(link.sent(), "A2 SELECT INBOX\r\n");
            link.say(select);
        } else {
            link.say(answer);
        }
        assert_eq!(outcome.lock().unwrap().take().map(|error| error.kind()), Some(kind));
    }
}

#[test]
fn c055_list_status_and_select_leave_together_once_logged_in() {
    let mut link = Link::ready("IMAP4rev1", Cut::Whole);
    let list = link.run(List::new("*"));
    let status = link.run(Status::new("Sent".parse().unwrap(), StatusItems::new().messages()));
    let opened = link.run(select());
    assert_eq!(link.sent(), "A2 LIST \"\" *\r\nA3 STATUS Sent (MESSAGES)\r\nA4 SELECT INBOX\r\n");
    link.say("* LIST () \"/\" INBOX\r\nA2 OK x\r\n* STATUS Sent (MESSAGES 2)\r\nA3 OK x\r\n* 5 EXISTS\r\nA4 OK x\r\n");
    assert_eq!((list.value().len(), status.value().messages, opened.value().exists), (1, Some(2), 5));
    // With a mailbox open its EXISTS could be taken for the next one's.
    let list = link.run(List::new("*"));
    let _other = link.run(Select::new("Sent".parse().unwrap()));
    assert_eq!(link.sent(), "A5 LIST \"\" *\r\n");
    link.say("A5 OK x\r\n");
    list.value();
    assert_eq!(link.sent(), "A6 SELECT Sent\r\n");
}

#[test]
fn c055_an_early_command_that_is_taken_back_is_told_so() {
    let mut link = Link::new(opening(Security::Tls), Cut::Whole);
    let answer = std::sync::Arc::new(std::sync::Mutex::new(None));
    let slot = std::sync::Arc::clone(&answer);
    let id = link.session.submit_when_ready(select(), move |result| *slot.lock().unwrap() = result.err());
    link.session.cancel(id);
    assert_eq!(answer.lock().unwrap().take().unwrap().kind(), ErrorKind::Cancelled);
}

fn compressing(compress: Compression, offers: &str, cut: Cut) -> Link {
    let identify = Some(named());
    let mut link = Link::new(Opening { compress, identify, ..opening(Security::Tls) }, cut);
    link.session.submit_when_ready(select(), |_| {});
    link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
    link.sent();
    link.say(&format!("A1 OK [CAPABILITY IMAP4rev1 ID {offers}] in\r\n"));
    assert!(link.sent().starts_with("A2 ID (\"name\" \"test\")\r\n"));
    link
}

#[test]
fn c054_compression_comes_last_and_nothing_is_sent_behind_it() {
    at_every_cut(|cut| {
        for compress in [Compression::Auto, Compression::On] {
            let mut link = compressing(compress, "COMPRESS=DEFLATE", cut);
            link.say("A2 OK x\r\n");
            assert_eq!(link.sent(), "A3 COMPRESS DEFLATE\r\n");
            link.say("A3 OK active\r\n");
            assert!(link.events.iter().any(|event| matches!(event, Event::Upgrade(Layer::Deflate))));
            assert_eq!(link.sent(), "", "the layer is not in place yet");
            assert!(!link.session.wants_input());
            link.upgraded(Layer::Deflate);
            assert!(matches!(link.events.last(), Some(Event::Ready(opened)) if opened.compressed));
            assert_eq!(link.sent(), "A4 SELECT INBOX\r\n");
        }
    });
}

#[test]
fn c054_a_server_that_cannot_compress() {
    for (offers, answer) in [("", ""), ("COMPRESS=DEFLATE", "A3 NO [COMPRESSIONACTIVE] TLS does\r\n")] {
        let mut link = compressing(Compression::Auto, offers, Cut::Whole);
        link.say("A2 OK x\r\n");
        link.sent();
        link.say(answer);
        assert!(matches!(link.events.last(), Some(Event::Ready(opened)) if !opened.compressed), "{:?}", link.events);
        link.sent();
        assert!(link.wire.ends_with(b"SELECT INBOX\r\n"));
        let mut link = compressing(Compression::On, offers, Cut::Whole);
        link.say("A2 OK x\r\n");
        link.sent();
        link.say(answer);
        let Some(Event::Closed(error)) = link.events.last() else { panic!("{:?}", link.events) };
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.to_string().contains("compression is required"), "{error}");
    }
    let mut off = compressing(Compression::Off, "COMPRESS=DEFLATE", Cut::Whole);
    off.say("A2 OK x\r\n");
    assert!(matches!(off.events.last(), Some(Event::Ready(_))));
}

/// What inflating makes of it is not a response; that inflating fails is the transport's to find (stack tests, M18).
#[test]
fn t095_what_stands_behind_the_ok_of_compress_has_to_be_compressed() {
    for (inflated, alive) in [("* 4 EXISTS\r\n", true), ("pW\u{3}8\r\n", false)] {
        let mut link = Link::selected("IMAP4rev1 COMPRESS=DEFLATE", 3, Cut::Whole);
        let slot = link.run(imapkit_session::commands::Compress);
        link.sent();
        link.say("A3 OK active\r\n\u{3}\u{4}");
        slot.value();
        // The layer takes what is left and gives back what it means.
        link.input.clear();
        link.upgraded(Layer::Deflate);
        link.say(inflated);
        assert_eq!(link.session.error().is_none(), alive, "{:?}", link.session.error());
    }
}
