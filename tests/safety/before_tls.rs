//! What a server, or somebody on the way, may try before TLS is up, and right behind it: T010–T013, T020–T027, T030–T033, T039.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use imapkit_session::ErrorKind;
use imapkit_testkit::peer::PeerConn;

use crate::gate::{Gate, PROTECTED, Said, greet, log_in};
use crate::visit::{CANARY, CLIENTS, Link, Plan};

const STARTTLS: [Link; 1] = [Link::StartTls];
const TLS: [Link; 1] = [Link::Tls];

/// Up to the OK of STARTTLS, and the first bytes of the client's hello.
fn hello(conn: &mut PeerConn) -> Said {
    conn.send("* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready\r\n")?;
    let tag = conn.expect("STARTTLS")?;
    conn.send(format!("{tag} OK go\r\n"))?;
    let head = conn.read_bytes(3)?;
    assert_eq!(head[..2], [0x16, 3], "a handshake record");
    Ok(())
}

/// Says something to a client that may close before it has heard all of it.
fn to_whom_it_concerns(conn: &mut PeerConn, bytes: impl AsRef<[u8]>) -> Said {
    let _ = conn.send(bytes);
    conn.drain()
}

#[test]
fn t010_t012_t013_plain_text_that_comes_later_than_the_ok_is_no_answer_to_a_hello() {
    for text in [
        "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n",
        "* OK [ALERT] call +1 555 0100\r\n",
        "* BYE phish\r\n",
        "A2 OK [CAPABILITY IMAP4rev1] logged in\r\n",
    ] {
        let conversation = move |conn: &mut PeerConn, _| {
            hello(conn)?;
            to_whom_it_concerns(conn, text)
        };
        Gate::over(&STARTTLS).refuse(&[ErrorKind::Tls], conversation, |error| {
            assert!(!error.to_string().contains("555") && !error.to_string().contains("phish"), "{error}");
        });
    }
}

#[test]
fn t026_a_handshake_that_fails_ends_the_connection() {
    let cases: [&[u8]; 5] = [
        b"* OK let us go on in clear text\r\n",
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"\x16\x03\x03\x00\x04\x02\x00\x00\x00",
        b"\x17\x03\x03\x00\x05hello",
        b"",
    ];
    for bytes in cases {
        let conversation = move |conn: &mut PeerConn, _| {
            hello(conn)?;
            if bytes.is_empty() {
                conn.close()?;
            }
            to_whom_it_concerns(conn, bytes)
        };
        Gate::over(&STARTTLS).refuse(&[ErrorKind::Tls, ErrorKind::Closed], conversation, |_| {});
    }
}

#[test]
fn t026_a_handshake_that_never_ends_is_given_up_by_name() {
    let conversation = |conn: &mut PeerConn, link| match link {
        Link::StartTls => hello(conn).and_then(|()| conn.drain()),
        _ => conn.drain(),
    };
    let gate = Gate::over(&PROTECTED).raw().whole().with(|plan| plan.timeout = Duration::from_secs(1));
    gate.refuse(&[ErrorKind::Timeout], conversation, |error| {
        assert!(error.to_string().contains("TLS"), "the phase is named: {error}");
    });
}

#[test]
fn t011_tags_that_are_guessed_answer_nothing() {
    let conversation = |conn: &mut PeerConn, _| {
        let guess = |n| format!("A{n} OK x\r\na{n:03} OK x\r\nA{n:04} OK x\r\n{n} OK x\r\n");
        let guesses = (1..60).map(guess).collect::<Vec<_>>().concat();
        conn.send(format!("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n{guesses}"))?;
        conn.drain()
    };
    Gate::over(&STARTTLS).whole().refuse(&[ErrorKind::Unsafe], conversation, |_| {});
}

/// Sends `piece` until the client has gone, or 64 MB have been taken; how much that was.
fn flood(conn: &mut PeerConn, piece: &str, taken: &AtomicU64) -> Said {
    let piece = piece.repeat((64 << 10) / piece.len());
    taken.store(0, Ordering::Relaxed);
    while taken.load(Ordering::Relaxed) < 64 << 20 && conn.send(&piece).is_ok() {
        taken.fetch_add(piece.len() as u64, Ordering::Relaxed);
    }
    conn.drain()
}

#[test]
fn t025_floods_before_login_end_at_limits_with_names() {
    for (head, piece) in [
        ("", "* OK still here\r\n"),
        ("", "* 1 EXISTS\r\n"),
        ("", "* CAPABILITY IMAP4rev1\r\n"),
        ("* OK ", "x"),
        ("* LIST () \"/\" {4000000000}\r\n", "x"),
        ("* LIST () \"/\" \"", "x"),
        ("", "("),
    ] {
        let taken = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&taken);
        let conversation = move |conn: &mut PeerConn, link| {
            match link {
                Link::StartTls => {
                    conn.send("* OK ready\r\n")?;
                    conn.expect("STARTTLS")?;
                }
                _ => greet(conn, link, "LOGINDISABLED")?,
            }
            conn.send(head)?;
            flood(conn, piece, &count)
        };
        Gate::over(&STARTTLS).whole().refuse(&[ErrorKind::Limit, ErrorKind::Protocol], conversation, |error| {
            let taken = taken.load(Ordering::Relaxed);
            assert!(taken < 16 << 20, "{head}{piece}: {taken} octets were taken");
            assert!(
                error.to_string().contains("limit") || error.to_string().contains("max_"),
                "{head}{piece}: {error}"
            );
        });
    }
}

#[test]
fn t025_a_greeting_without_end_is_cut_off() {
    for head in ["* OK ", "", "* PREAUTH ", "HTTP"] {
        let taken = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&taken);
        let conversation = move |conn: &mut PeerConn, _| {
            conn.send(head)?;
            flood(conn, "x", &count)
        };
        Gate::over(&PROTECTED).whole().refuse(&[ErrorKind::Limit, ErrorKind::Protocol], conversation, |error| {
            assert!(taken.load(Ordering::Relaxed) < 16 << 20 && error.to_string().len() < 800, "{error}");
        });
    }
}

/// A port that nobody may connect to.
struct Evil(TcpListener);

impl Evil {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener can be asked");
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().expect("a bound listener has an address").port()
    }

    #[track_caller]
    fn was_left_alone(&self) {
        let visitor = self.0.accept().err().map(|error| error.kind());
        assert_eq!(visitor, Some(std::io::ErrorKind::WouldBlock), "somebody followed the server's URL");
    }
}

#[test]
fn t020_t021_t022_t023_no_url_of_a_server_is_followed() {
    let evil = Evil::new();
    let url = format!("imap://;AUTH=*@127.0.0.1:{}/", evil.port());
    for answer in ["NO", "BAD", "OK", "BYE"] {
        let url = url.clone();
        let conversation = move |conn: &mut PeerConn, link| {
            let (sieve, referral) = (url.replace("imap:", "sieve:"), format!("[REFERRAL {url}]"));
            if link == Link::StartTls {
                conn.send(format!("* OK {referral} ready\r\n* OK {referral} go there\r\n"))?;
                let tag = conn.expect("STARTTLS")?;
                conn.send(format!("* OK {referral} go there\r\n{tag} OK {referral} go\r\n"))?;
                conn.start_tls()?;
                let tag = conn.expect("CAPABILITY")?;
                conn.send(format!("* CAPABILITY IMAP4rev1 IMAPSIEVE={sieve}\r\n{tag} OK {referral} done\r\n"))?;
            } else {
                conn.send(format!("* OK [CAPABILITY IMAP4rev1 IMAPSIEVE={sieve}] ready\r\n"))?;
            }
            let tag = conn.expect(&format!("LOGIN me {CANARY}"))?;
            if answer == "BYE" {
                conn.send(format!("* BYE {referral} go there\r\n"))?;
                return conn.drain();
            }
            conn.send(format!("{tag} {answer} {referral} go there\r\n"))?;
            if answer != "OK" {
                return conn.expect_eof();
            }
            let tag = conn.expect("CAPABILITY")?;
            conn.send(format!("* CAPABILITY IMAP4rev1\r\n{tag} OK {referral} done\r\n* NO {referral} gone\r\n"))
        };
        Gate::over(&PROTECTED).hold(conversation, |visit, _| {
            evil.was_left_alone();
            assert_eq!(visit.opened.is_some(), answer == "OK", "{visit:#?}");
            let kind = visit.why().map(imapkit_session::Error::kind);
            let expected = match answer {
                "OK" => ErrorKind::Closed,
                "BYE" => ErrorKind::Bye,
                _ => ErrorKind::Auth,
            };
            assert_eq!(kind, Some(expected), "{visit:#?}");
        });
    }
    evil.was_left_alone();
}

#[test]
fn t027_clear_text_elsewhere_is_refused_before_anything_is_looked_up() {
    let evil = Evil::new();
    for client in CLIENTS {
        // Were it looked up, the error would be that there is no such host; a proxy would be asked.
        for (host, route) in [
            ("no-such-host.invalid", None),
            ("imap.example.org", Some(format!("socks5://127.0.0.1:{}", evil.port()))),
            ("localhost", Some(format!("http://127.0.0.1:{}", evil.port()))),
            ("192.0.2.1", None),
            ("localhost.example.org", None),
        ] {
            let visit = Plan { host, route, ..Plan::new(client, Link::Plain, evil.port()) }.visit();
            let error = visit.error.as_ref().unwrap_or_else(|| panic!("{host}: it connected"));
            assert_eq!(error.kind(), ErrorKind::Unsafe, "{host}: {error}");
            assert!(visit.leaks().is_empty(), "{visit:?}");
        }
    }
    evil.was_left_alone();
}

#[test]
fn t030_t033_alerts_are_heard_from_within_tls_only_and_once() {
    let conversation = |conn: &mut PeerConn, link| {
        if link == Link::StartTls {
            conn.send("* OK [ALERT] call +1 555 0100\r\n")?;
            let tag = conn.expect("STARTTLS")?;
            conn.send(format!("* OK [ALERT] call +1 555 0100\r\n{tag} OK [ALERT] call +1 555 0100\r\n"))?;
            conn.start_tls()?;
            let tag = conn.expect("CAPABILITY")?;
            conn.send(format!("* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"))?;
        } else {
            conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        }
        let tag = conn.expect(&format!("LOGIN me {CANARY}"))?;
        conn.send(format!("{tag} OK [ALERT] mailbox nearly full\r\n"))?;
        let tag = conn.expect("CAPABILITY")?;
        conn.send(format!("* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"))?;
        // Not cut: it is the number that counts.
        conn.send_in_pieces("* OK [ALERT] mailbox full\r\n".repeat(100_000).as_bytes(), 1 << 16)
    };
    Gate::over(&PROTECTED).whole().hold(conversation, |visit, _| {
        let alerts = visit.alerts();
        let texts: Vec<&str> = alerts.iter().map(|(text, _)| *text).collect();
        assert_eq!(texts, ["mailbox nearly full", "mailbox full"]);
        assert!(alerts[1].1 > 1, "it says how often: {alerts:?}");
    });
}

#[test]
fn t031_no_text_of_a_server_commands_a_terminal() {
    let spoof =
        "\u{1b}[2J\u{1b}]8;;http://evil.example.org\u{7}click\u{1b}]8;;\u{7}\u{202e}\u{200b}\u{2066}\0".repeat(60);
    let conversation =
        move |conn: &mut PeerConn, _| to_whom_it_concerns(conn, format!("* BYE [BADCHARSET (x)] {spoof}\r\n"));
    Gate::over(&PROTECTED).refuse(&[ErrorKind::Bye], conversation, |error| {
        let text = error.to_string();
        let tricky = |c: char| c.is_control() || "\u{202e}\u{200b}\u{2066}".contains(c);
        assert!(!text.contains(tricky) && text.chars().count() < 600 && text.contains("click"), "{text:?}");
        assert!(error.server_text().is_some_and(|text| text.chars().count() <= 512));
    });
}

#[test]
fn t032_a_server_that_is_busy_says_so_and_may_be_asked_again() {
    let conversation =
        |conn: &mut PeerConn, _| to_whom_it_concerns(conn, "* BYE [UNAVAILABLE] too many from your address\r\n");
    Gate::over(&PROTECTED).refuse(&[ErrorKind::Bye], conversation, |error| {
        assert!(error.is_retryable() && error.to_string().contains("too many from your address"), "{error}");
        assert_eq!(error.code(), Some(&imapkit_session::types::Code::Unavailable));
    });
}

#[test]
fn t039_the_protocol_that_answers_is_named_at_once() {
    let banners = [
        ("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "HTTP"),
        ("220 mail.example.org ESMTP ready\r\n", "SMTP"),
        ("+OK POP3 ready\r\n", "POP3"),
        ("SSH-2.0-OpenSSH_9.9\r\n", "SSH"),
    ];
    for (banner, name) in banners {
        let conversation = move |conn: &mut PeerConn, link| {
            if link == Link::Tls {
                conn.read_bytes(3)?;
            }
            to_whom_it_concerns(conn, banner)
        };
        Gate::over(&PROTECTED).raw().refuse(&[ErrorKind::Protocol, ErrorKind::Tls], conversation, |error| {
            assert!(error.to_string().contains(name), "{name}: {error}");
        });
    }
    // A TLS server on the port for STARTTLS, tired of waiting for a hello; an IMAP server on the port for TLS.
    let conversation = |conn: &mut PeerConn, _| {
        conn.send(b"\x15\x03\x01\x00\x02\x02\x28")?;
        conn.drain()
    };
    Gate::over(&STARTTLS).raw().whole().refuse(&[ErrorKind::Protocol], conversation, |error| {
        assert!(error.to_string().contains("TLS"), "{error}");
    });
    let conversation =
        |conn: &mut PeerConn, _| to_whom_it_concerns(conn, "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n");
    Gate::over(&TLS).raw().refuse(&[ErrorKind::Tls], conversation, |error| {
        assert!(error.to_string().contains("IMAP"), "{error}");
    });
}

#[test]
fn a_login_that_goes_well_shows_no_password_either() {
    Gate::over(&[Link::Plain, Link::StartTls, Link::Tls]).hold(log_in, |visit, _| {
        assert!(visit.opened.as_ref().is_some_and(|opened| opened.authenticated), "{visit:#?}");
    });
}
