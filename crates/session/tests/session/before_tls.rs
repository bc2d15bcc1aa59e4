//! What a server, or somebody on the way, may try before TLS: T001–T036 of the test table, as far as they need no socket.

use std::time::Duration;

use imapkit_session::types::Code;
use imapkit_session::{ErrorKind, Event, Layer, Opening, Security, State};

use crate::link::{CANARY, Cut, Link, at_every_cut, opening};

fn starttls(cut: Cut) -> Link {
    Link::new(opening(Security::StartTls), cut)
}

#[test]
fn t001_no_starttls_offered() {
    at_every_cut(|cut| {
        let mut link = starttls(cut);
        link.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n");
        link.closed_as(ErrorKind::Unsafe);
        assert_eq!(link.sent(), "");
    });
}

#[test]
fn t001_t002_t003_starttls_refused() {
    for answer in ["A1 BAD what\r\n", "A1 NO not now\r\n", "A1 BYE no\r\n", "* BYE no\r\n"] {
        at_every_cut(|cut| {
            let mut link = starttls(cut);
            link.say("* OK hi\r\n");
            assert_eq!(link.sent(), "A1 STARTTLS\r\n", "nothing is pipelined behind it");
            link.say(answer);
            link.advance(Duration::from_secs(3));
            link.closed();
            assert!(!link.wants_tls());
        });
    }
}

#[test]
fn t004_starttls_answered_with_plus() {
    at_every_cut(|cut| {
        let mut link = starttls(cut);
        link.say("* OK hi\r\n");
        link.sent();
        link.say("+ go ahead\r\n");
        link.closed_as(ErrorKind::Protocol);
        assert!(!link.wants_tls());
    });
}

#[test]
fn t005_a_server_that_never_answers_is_left() {
    let mut link = starttls(Cut::Whole);
    link.say("* OK hi\r\n");
    link.sent();
    link.advance(Duration::from_secs(61));
    link.closed_as(ErrorKind::Timeout);
}

#[test]
fn t006_t007_t008_preauth_in_clear_text() {
    for greeting in [
        "* PREAUTH hi\r\n",
        "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN LOGINDISABLED] hi\r\n",
        "* PREAUTH hi\r\n* CAPABILITY IMAP4rev1\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\n",
    ] {
        for security in [Security::StartTls, Security::DangerClear] {
            at_every_cut(|cut| {
                let mut link = Link::new(opening(security), cut);
                link.say(greeting);
                link.closed_as(ErrorKind::Unsafe);
                assert_eq!(link.sent(), "");
            });
        }
    }
}

#[test]
fn t009_t029_capabilities_from_clear_text_are_forgotten() {
    for before in ["* CAPABILITY IMAP4rev1 AUTH=X\r\nA1 OK go\r\n", "A1 OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] go\r\n"] {
        at_every_cut(|cut| {
            let mut link = starttls(cut);
            link.say("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hi\r\n");
            link.sent();
            link.say(before);
            assert!(link.wants_tls() && link.sent().is_empty());
            link.upgraded(Layer::Tls);
            assert_eq!(link.sent(), "A2 CAPABILITY\r\n");
            assert!(link.session.capabilities().offered().is_none());
            link.say("* CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256\r\nA2 OK done\r\n");
            assert!(!link.session.capabilities().offered().unwrap().has_auth("PLAIN"));
        });
    }
}

#[test]
fn t010_t012_t013_bytes_behind_the_ok() {
    for behind in ["* CAPABILITY AUTH=PLAIN\r\n", "* OK [ALERT] call +1 555\r\n", "* BYE phish\r\n", "\r\n", "x"] {
        at_every_cut(|cut| {
            let mut link = starttls(cut);
            link.say("* OK hi\r\n");
            link.sent();
            link.say(&format!("A1 OK go\r\n{behind}"));
            link.closed_as(ErrorKind::Unsafe);
            assert!(!link.events.iter().any(|event| matches!(event, Event::Alert { .. } | Event::Bye(_))));
            assert!(link.session.capabilities().offered().is_none());
        });
    }
}

#[test]
fn t011_t019_answers_to_commands_never_sent() {
    for tag in ["1", "A1", "A0001", "a001", "AAAAAAAAAAAAA1"] {
        at_every_cut(|cut| {
            let mut link = starttls(cut);
            link.say_bytes(format!("* OK hi\r\n{tag} OK done\r\n").as_bytes());
            link.closed_as(ErrorKind::Unsafe);
            assert!(!link.wants_tls());
        });
    }
}

#[test]
fn t014_t015_mailbox_data_before_login_is_not_believed() {
    let data = "* LIST () \"/\" Phish\r\n* LSUB () \"/\" Phish\r\n* STATUS INBOX (MESSAGES 3)\r\n* SEARCH 1 2\r\n* FLAGS (\\Seen)\r\n\
                * 3 EXISTS\r\n* 1 RECENT\r\n* 1 EXPUNGE\r\n* 1 FETCH (FLAGS (\\Seen))\r\n";
    at_every_cut(|cut| {
        let mut link = starttls(cut);
        link.say(&format!("* OK hi\r\n{data}"));
        assert_eq!(link.sent(), "A1 STARTTLS\r\n");
        link.say(&format!("{data}A1 OK go\r\n"));
        assert!(link.wants_tls());
        assert!(link.events.iter().all(|event| matches!(event, Event::Upgrade(_))), "{:?}", link.events);
        assert!(link.session.mailbox().is_none());
    });
}

#[test]
fn t017_t018_what_is_not_a_greeting() {
    for first in [
        "hello\r\n* OK IMAP4rev1\r\n",
        "XYZ OK hi\r\n",
        "* NO go away\r\n",
        "* BAD go away\r\n",
        "* 1 EXISTS\r\n",
        "+ hi\r\n",
        "HTTP/1.1 400 Bad Request\r\n",
        "220 smtp ESMTP\r\n",
    ] {
        at_every_cut(|cut| {
            let mut link = starttls(cut);
            link.say_bytes(first.as_bytes());
            link.closed_as(ErrorKind::Protocol);
            assert_eq!(link.sent(), "");
        });
    }
}

#[test]
fn t022_t030_codes_in_clear_text_are_not_shown() {
    at_every_cut(|cut| {
        let mut link = starttls(cut);
        link.say("* OK hi\r\n* OK [REFERRAL imaps://evil/] x\r\n* OK [ALERT] call us\r\n");
        assert!(link.events.is_empty(), "{:?}", link.events);
        link.sent();
        link.say("A1 OK go\r\n");
        link.upgraded(Layer::Tls);
        link.sent();
        link.say("* CAPABILITY IMAP4rev1\r\nA2 OK done\r\n");
        link.sent();
        link.say("A3 OK [CAPABILITY IMAP4rev1] in\r\n* OK [ALERT] disk full\r\n* OK [ALERT] disk full\r\n");
        let alerts: Vec<_> = link.events.iter().filter(|event| matches!(event, Event::Alert { .. })).collect();
        assert!(matches!(alerts[..], [Event::Alert { text, .. }] if &**text == "disk full"), "{alerts:?}");
    });
}

#[test]
fn t030_what_is_for_people_is_told_within_tls_before_login() {
    at_every_cut(|cut| {
        let mut link = Link::new(opening(Security::Tls), cut);
        link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n* OK [ALERT] closing at noon\r\n");
        link.sent();
        link.say("* NO [WEBALERT https://example.org/in?x=1] Web login required.\r\n");
        let told: Vec<_> = link.events.iter().collect();
        assert!(
            matches!(told[..], [Event::Alert { text, .. }, Event::Notice(reply)]
                if &**text == "closing at noon" && matches!(&reply.code, Some(Code::WebAlert(url)) if url.contains("/in?x"))),
            "{told:?}"
        );
        link.say("A1 NO [ALERT] Please log in via your web browser\r\n");
        let error = link.session.error().expect("it is over");
        assert_eq!(error.kind(), ErrorKind::Auth);
        assert!(matches!(error.code(), Some(Code::WebAlert(_))), "the page is known from the error: {error:?}");
        assert_eq!(error.server_text(), Some("Please log in via your web browser"));
    });
}

#[test]
fn t025_a_flood_before_login_is_cut_off() {
    let mut link = starttls(Cut::Whole);
    link.say("* OK hi\r\n");
    link.say(&"* OK still here\r\n".repeat(101));
    link.closed_as(ErrorKind::Limit);
    let mut link = starttls(Cut::Whole);
    link.say(&format!("* OK {}\r\n", "x".repeat(100_000)));
    assert!(matches!(link.closed().kind(), ErrorKind::Limit | ErrorKind::Protocol), "{}", link.closed());
}

#[test]
fn t028_logindisabled_is_obeyed() {
    at_every_cut(|cut| {
        let mut link = Link::new(opening(Security::Tls), cut);
        link.say("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=ODD] hi\r\n");
        link.closed_as(ErrorKind::Auth);
        assert!(link.closed().to_string().contains("ODD"), "{}", link.closed());
    });
}

#[test]
fn t032_bye_greeting_gives_its_reason() {
    at_every_cut(|cut| {
        let mut link = starttls(cut);
        link.say("* BYE [UNAVAILABLE] too many from your IP\r\n");
        link.closed_as(ErrorKind::Bye);
        let error = link.closed();
        assert!(error.is_retryable() && error.to_string().contains("too many from your IP"), "{error}");
    });
}

#[test]
fn t032_no_tls_behind_a_bye() {
    at_every_cut(|cut| {
        let mut link = starttls(cut);
        link.say("* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n");
        link.sent();
        link.say("* BYE [UNAVAILABLE] later\r\nA1 OK begin\r\n");
        link.closed_as(ErrorKind::Bye);
        assert!(!link.wants_tls());
    });
}

#[test]
fn t034_capabilities_in_any_case() {
    at_every_cut(|cut| {
        let mut link = starttls(cut);
        link.say("* ok [capability imap4REV1 StartTLS] hi\r\n");
        assert_eq!(link.sent(), "A1 STARTTLS\r\n");
    });
}

#[test]
fn t035_t036_preauth_where_the_link_is_trusted() {
    let mut trusted = Link::new(opening(Security::Trusted), Cut::Whole);
    trusted.say("* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n");
    assert_eq!(trusted.session.state(), State::Authenticated);
    assert!(matches!(trusted.events.last(), Some(Event::Ready(opened)) if opened.authenticated));

    let mut refused = Link::new(opening(Security::Tls), Cut::Whole);
    refused.say("* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n");
    refused.closed_as(ErrorKind::Unsafe);

    let mut allowed = Link::new(Opening { allow_preauth: true, ..opening(Security::Tls) }, Cut::Whole);
    allowed.say("* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n");
    assert_eq!(allowed.session.state(), State::Authenticated);
}

#[test]
fn t039_tls_where_a_greeting_should_be() {
    let mut link = starttls(Cut::Whole);
    link.say_bytes(b"\x15\x03\x01\x00\x02\x02\x0a");
    link.closed_as(ErrorKind::Protocol);
    assert!(link.closed().to_string().contains("implicit TLS"));
}

#[test]
fn no_greeting_is_a_timeout_with_its_phase() {
    let mut link = Link::new(opening(Security::Tls), Cut::Whole);
    link.advance(Duration::from_secs(61));
    link.closed_as(ErrorKind::Timeout);
    assert!(link.closed().to_string().contains("greeting"));
}

#[test]
fn clear_text_only_by_the_callers_word() {
    let mut link = Link::new(opening(Security::DangerClear), Cut::Whole);
    link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
    assert_eq!(link.sent(), format!("A1 LOGIN me {CANARY}\r\n"));
}
