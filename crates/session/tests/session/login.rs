//! From greeting to ready: which capabilities count, what goes out in which flight.

use imapkit_session::types::Capability;
use imapkit_session::{ErrorKind, Event, Opening, Security, State};

use crate::link::{CANARY, Cut, Link, Taken, at_every_cut, opening};

#[test]
fn c055_greeting_to_ready_in_two_flights() {
    at_every_cut(|cut| {
        let identify = Some(vec![("name".to_owned(), "test".to_owned())]);
        let enable = vec![Capability::CondStore];
        let mut link = Link::new(Opening { identify, enable, namespace: true, ..opening(Security::Tls) }, cut);
        link.say("* OK [CAPABILITY IMAP4rev1 SASL-IR] hi\r\n");
        assert_eq!(link.sent(), format!("A1 LOGIN me {CANARY}\r\n"));
        link.say("A1 OK [CAPABILITY IMAP4rev1 ID NAMESPACE ENABLE CONDSTORE] in\r\n");
        assert_eq!(link.sent(), "A2 ID (\"name\" \"test\")\r\nA3 NAMESPACE\r\nA4 ENABLE CONDSTORE\r\n");
        link.say("* ID (\"name\" \"Server\")\r\nA2 OK x\r\n* NAMESPACE ((\"\" \"/\")) NIL NIL\r\nA3 OK x\r\n");
        link.say("* ENABLED CONDSTORE\r\nA4 OK x\r\n");
        let Some(Event::Ready(opened)) = link.events.last() else { panic!("{:?}", link.events) };
        assert_eq!(opened.server_id.as_ref().unwrap().get("name"), Some("Server"));
        assert_eq!(opened.namespaces.as_ref().unwrap().personal.len(), 1);
        assert!(link.session.capabilities().is_enabled(&Capability::CondStore));
    });
}

#[test]
fn h038_capabilities_before_the_tagged_ok_are_those_after_login() {
    at_every_cut(|cut| {
        let mut link = Link::new(opening(Security::Tls), cut);
        link.say("* OK [CAPABILITY IMAP4rev1 OLD] hi\r\n");
        link.sent();
        link.say("* CAPABILITY IMAP4rev1 MOVE\r\nA1 OK in\r\n");
        assert_eq!(link.sent(), "", "they are not asked for again");
        assert!(link.session.capabilities().has(&Capability::Move));
    });
}

#[test]
fn t067_capabilities_from_before_login_do_not_count_after() {
    at_every_cut(|cut| {
        let mut link = Link::new(opening(Security::Tls), cut);
        link.say("* OK [CAPABILITY IMAP4rev1 IDLE] hi\r\n");
        link.sent();
        link.say("A1 OK in\r\n");
        assert_eq!(link.sent(), "A2 CAPABILITY\r\n");
        assert!(!link.session.capabilities().has(&Capability::Idle));
        link.say("* CAPABILITY IMAP4rev1 MOVE\r\nA2 OK x\r\n");
        assert!(
            link.session.capabilities().has(&Capability::Move) && !link.session.capabilities().has(&Capability::Idle)
        );
    });
}

#[test]
fn a_tunnel_does_not_believe_the_greeting() {
    let mut link = Link::new(Opening { distrust_greeting: true, ..opening(Security::Tls) }, Cut::Whole);
    link.say("* OK [CAPABILITY IMAP4rev1 IDLE] hi\r\n");
    assert_eq!(link.sent(), "A1 CAPABILITY\r\n");
    link.say("* CAPABILITY IMAP4rev1\r\nA1 OK x\r\n");
    link.sent();
    link.say("A2 OK [CAPABILITY IMAP4rev1 IDLE] in\r\n");
    assert_eq!(link.sent(), "A3 CAPABILITY\r\n");
}

#[test]
fn a_refused_login_says_so_by_name() {
    for (answer, retry) in [
        ("A1 NO [AUTHENTICATIONFAILED] wrong\r\n", false),
        ("A1 NO [UNAVAILABLE] later\r\n", true),
        ("A1 NO Login incorrect\r\n", false),
        ("A1 BAD what\r\n", false),
    ] {
        let mut link = Link::new(opening(Security::Tls), Cut::Whole);
        link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
        link.sent();
        link.say(answer);
        let Some(Event::Closed(error)) = link.events.last() else { panic!("{:?}", link.events) };
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Auth, retry), "{error}");
        assert_eq!(link.sent(), "", "one attempt (T066)");
    }
}

#[test]
fn without_a_login_it_stops_before_it() {
    let mut link = Link::new(Opening { login: None, ..opening(Security::Tls) }, Cut::Whole);
    link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
    assert!(matches!(link.events.last(), Some(Event::Ready(opened)) if !opened.authenticated));
    assert_eq!((link.session.state(), link.sent().as_str()), (State::NotAuthenticated, ""));
    link.session.login(Box::new(crate::link::Password)).unwrap();
    assert_eq!(link.sent(), format!("A1 LOGIN me {CANARY}\r\n"));
    link.say("A1 OK [CAPABILITY IMAP4rev1] in\r\n");
    assert!(matches!(link.events.last(), Some(Event::Ready(opened)) if opened.authenticated));
}

#[test]
fn t109_the_trace_has_no_secret() {
    let config = imapkit_session::Config { trace: true, opening: opening(Security::Tls), ..Default::default() };
    let mut link = Link::with(config, Cut::Whole);
    link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
    link.sent();
    link.say("A1 NO no\r\n");
    let lines: Vec<_> = std::iter::from_fn(|| link.session.poll_trace()).collect();
    assert!(lines.iter().any(|line| line.sent && line.text.contains("LOGIN ***")), "{lines:?}");
    let all = format!("{lines:?} {:?}", link.events);
    assert!(!imapkit_testkit::canary::contains_secret(all.as_bytes(), CANARY), "{all}");
}

#[test]
fn logout_is_done_when_the_server_just_closes() {
    let mut link = Link::ready("IMAP4rev1", Cut::Whole);
    let slot = link.run(imapkit_session::commands::Logout);
    assert_eq!(link.sent(), "A2 LOGOUT\r\n");
    link.say("* BYE bye\r\n");
    link.session.handle_eof(link.tick(), None);
    slot.value();
}

#[test]
fn m023_a_bye_during_the_opening_ends_it_with_its_reason() {
    at_every_cut(|cut| {
        for (stage, answer, kind) in [
            (0, "A1 OK done", ErrorKind::Bye),
            (1, "A2 OK in", ErrorKind::Bye),
            (1, "A2 NO in", ErrorKind::Bye),
            (1, "A2 NO [AUTHENTICATIONFAILED] wrong", ErrorKind::Auth),
            (2, "A3 OK done", ErrorKind::Bye),
        ] {
            let mut link = Link::new(opening(Security::Tls), cut);
            link.say("* OK hi\r\n");
            assert_eq!(link.sent(), "A1 CAPABILITY\r\n");
            if stage > 0 {
                link.say("* CAPABILITY IMAP4rev1\r\nA1 OK done\r\n");
                assert_eq!(link.sent(), format!("A2 LOGIN me {CANARY}\r\n"));
            }
            if stage > 1 {
                link.say("A2 OK in\r\n");
                assert_eq!(link.sent(), "A3 CAPABILITY\r\n");
            }
            link.say(&format!("* BYE [UNAVAILABLE] going down\r\n{answer}\r\n"));
            assert_eq!(link.sent(), "", "{answer}");
            let Some(Event::Closed(error)) = link.events.last() else { panic!("{answer}: {:?}", link.events) };
            assert_eq!(error.kind(), kind, "{answer}: {error}");
            assert_eq!(error.is_retryable(), kind == ErrorKind::Bye, "{answer}: {error}");
        }
    });
}

#[test]
fn t061_t066_a_refused_login_may_be_tried_once_more() {
    at_every_cut(|cut| {
        let mut link = Link::new(Opening { login_again: true, ..opening(Security::Tls) }, cut);
        link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
        link.sent();
        link.say("* CAPABILITY IMAP4rev1 OLD\r\nA1 NO [AUTHENTICATIONFAILED] wrong\r\n");
        let Some(Event::LoginRefused(error)) = link.events.last() else { panic!("{:?}", link.events) };
        assert_eq!(error.kind(), ErrorKind::Auth);
        assert_eq!((link.session.state(), link.sent().as_str()), (State::NotAuthenticated, ""));
        link.session.login(Box::new(crate::link::Password)).unwrap();
        assert_eq!(link.sent(), format!("A2 LOGIN me {CANARY}\r\n"));
        link.say("A2 OK in\r\n");
        assert_eq!(link.sent(), "A3 CAPABILITY\r\n", "what was told during the refused login does not count");
    });
}

#[test]
fn t066_the_second_refusal_ends_it() {
    let mut link = Link::new(Opening { login_again: true, ..opening(Security::Tls) }, Cut::Whole);
    link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
    link.sent();
    link.say("A1 NO wrong\r\n");
    link.session.login(Box::new(crate::link::Password)).unwrap();
    link.sent();
    link.say("A2 NO wrong\r\n");
    assert!(matches!(link.events.last(), Some(Event::Closed(error)) if error.kind() == ErrorKind::Auth));
    assert!(link.session.login(Box::new(crate::link::Password)).is_err());
    assert_eq!(link.sent(), "");
}

#[test]
fn t061_only_a_refusal_leaves_the_connection_open() {
    for answer in ["A1 BAD what\r\n", "* BYE go\r\n"] {
        let mut link = Link::new(Opening { login_again: true, ..opening(Security::Tls) }, Cut::Whole);
        link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
        link.sent();
        link.say(answer);
        link.session.handle_eof(link.tick(), None);
        link.events.extend(std::iter::from_fn(|| link.session.poll_event()));
        assert!(matches!(link.events.last(), Some(Event::Closed(_))), "{answer}: {:?}", link.events);
    }
}
