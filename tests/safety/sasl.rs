//! Whole logins over real links: what a server may do in the middle of one. T054–T058, T061–T064, T066.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imapkit_sasl::{Accept, Credentials, Method, Policy};
use imapkit_session::ErrorKind;
use imapkit_testkit::peer::{Peer, PeerConn};
use imapkit_testkit::script::Mismatch;

use crate::gate::{Gate, PROTECTED, Said, greet};
use crate::visit::{CANARY, Link, Plan};

/// The client's first message of SCRAM, and the nonce in it.
fn first(conn: &mut PeerConn, mechanism: &str) -> Result<(String, String), Mismatch> {
    let (tag, rest) = conn.expect_line()?;
    let message = rest.strip_prefix(&format!("AUTHENTICATE {mechanism} ")).unwrap_or_else(|| panic!("{rest}"));
    let message = String::from_utf8(STANDARD.decode(message).expect("base64")).expect("UTF-8");
    let nonce = message.rsplit_once(",r=").expect("a nonce").1.to_owned();
    Ok((tag, nonce))
}

fn challenge(conn: &mut PeerConn, octets: impl AsRef<[u8]>) -> Said {
    conn.send(format!("+ {}\r\n", STANDARD.encode(octets)))
}

/// A whole answer of the client.
fn response(conn: &mut PeerConn) -> Result<Vec<u8>, Mismatch> {
    let (line, _) = conn.expect_line()?;
    Ok(STANDARD.decode(line).expect("base64"))
}

/// SCRAM up to the client's proof; the tag.
fn proved(conn: &mut PeerConn, link: Link, others: &str) -> Result<String, Mismatch> {
    greet(conn, link, &format!("SASL-IR AUTH=SCRAM-SHA-256 {others}"))?;
    let (tag, nonce) = first(conn, "SCRAM-SHA-256")?;
    challenge(conn, format!("r={nonce}server,s=QSXCR+Q6sek8bf92,i=4096"))?;
    let proof = String::from_utf8(response(conn)?).expect("UTF-8");
    // `n,,` where there is no TLS to bind to, `y,,` where there is and the server does not offer to (T060).
    let flag = if link == Link::Plain { "c=biws,r=" } else { "c=eSws,r=" };
    assert!(proof.starts_with(flag) && proof.contains(",p="), "{proof}");
    Ok(tag)
}

#[test]
fn t054_a_wrong_signature_and_then_ok_is_no_login() {
    let conversation = |conn: &mut PeerConn, link| {
        let tag = proved(conn, link, "")?;
        challenge(conn, format!("v={}", STANDARD.encode([0; 32])))?;
        conn.expect_bytes("*\r\n")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"))?;
        conn.expect_eof()
    };
    Gate::over(&PROTECTED).refuse(&[ErrorKind::Auth], conversation, |_| {});
}

#[test]
fn t055_ok_without_a_signature_is_no_login() {
    let conversation = |conn: &mut PeerConn, link| {
        let tag = proved(conn, link, "")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"))?;
        conn.expect_eof()
    };
    Gate::over(&PROTECTED).refuse(&[ErrorKind::Auth], conversation, |error| {
        assert!(error.to_string().contains("without proving"), "{error}");
    });
}

#[test]
fn t056_t057_a_first_message_that_breaks_the_rules_gets_no_proof() {
    for message in [
        "r=somebody-else,s=QSXCR+Q6sek8bf92,i=4096",
        "r=@,s=QSXCR+Q6sek8bf92,i=4096",
        "r=@x,s=QSXCR+Q6sek8bf92,i=2147483647",
        "r=@x,s=QSXCR+Q6sek8bf92,i=99999999999",
        "r=@x,s=QSXCR+Q6sek8bf92,i=1",
        "r=@x,s=QSXCR+Q6sek8bf92,i=0",
        "r=@x,s=QSXCR+Q6sek8bf92,i=-5",
        "r=@x,s=,i=4096",
        "",
    ] {
        let conversation = move |conn: &mut PeerConn, link| {
            greet(conn, link, "SASL-IR AUTH=SCRAM-SHA-1 AUTH=PLAIN")?;
            let (tag, nonce) = first(conn, "SCRAM-SHA-1")?;
            challenge(conn, message.replace('@', &nonce))?;
            conn.expect_bytes("*\r\n")?;
            conn.send(format!("{tag} BAD cancelled\r\n"))?;
            conn.expect_eof()
        };
        Gate::over(&PROTECTED).whole().refuse(&[ErrorKind::Auth, ErrorKind::Limit], conversation, |_| {});
    }
}

/// While a password is hashed 200,000 times, other tasks of the same thread go on.
#[test]
fn t057_hashing_holds_up_no_other_task() {
    let (ticks, at_challenge) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (counter, mark) = (Arc::clone(&ticks), Arc::clone(&at_challenge));
    let peer = Peer::setup().patience(Duration::from_mins(1)).serve_fn(move |conn| {
        greet(conn, Link::Plain, "SASL-IR AUTH=SCRAM-SHA-256")?;
        let (tag, nonce) = first(conn, "SCRAM-SHA-256")?;
        mark.store(counter.load(Ordering::Relaxed), Ordering::Relaxed);
        challenge(conn, format!("r={nonce}server,s=QSXCR+Q6sek8bf92,i=200000"))?;
        response(conn)?;
        mark.store(counter.load(Ordering::Relaxed) - mark.load(Ordering::Relaxed), Ordering::Relaxed);
        conn.send(format!("{tag} NO [AUTHENTICATIONFAILED] no\r\n"))?;
        conn.expect_eof()
    });
    let config = imapkit::Config::danger_plaintext("127.0.0.1").port(peer.port()).login("me", CANARY);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let error = runtime.block_on(async {
        let beat = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(1)).await;
                ticks.fetch_add(1, Ordering::Relaxed);
            }
        });
        let error = imapkit::connect(&config.connect_timeout(Duration::from_mins(1))).await.expect_err("it is refused");
        beat.abort();
        error
    });
    assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
    peer.join().unwrap_or_else(|mismatch| panic!("{mismatch}"));
    let meanwhile = at_challenge.load(Ordering::Relaxed);
    assert!(meanwhile >= 5, "another task ran {meanwhile} times only");
}

#[test]
fn t058_t066_a_refused_login_is_not_tried_again_by_another_way() {
    for answer in ["NO [AUTHENTICATIONFAILED] wrong", "NO wrong", "BAD what", "NO [UNAVAILABLE] later"] {
        let conversation = move |conn: &mut PeerConn, link| {
            let tag = proved(conn, link, "AUTH=PLAIN AUTH=LOGIN AUTH=SCRAM-SHA-1")?;
            conn.send(format!("{tag} {answer}\r\n"))?;
            conn.expect_eof()
        };
        Gate::over(&PROTECTED).refuse(&[ErrorKind::Auth], conversation, |error| {
            assert_eq!(error.is_retryable(), answer.contains("UNAVAILABLE"), "{error}");
        });
    }
}

/// Logs in by a token.
fn by_token(plan: &mut Plan) {
    plan.credentials = Credentials::token("me", CANARY);
}

#[test]
fn t061_a_refused_token_is_explained_and_not_sent_twice() {
    let json = r#"{"status":"401","schemes":"bearer","scope":"https://mail.example.org/"}"#;
    for (mechanism, dummy) in [("OAUTHBEARER", "AQ==\r\n"), ("XOAUTH2", "\r\n")] {
        let conversation = move |conn: &mut PeerConn, link| {
            greet(conn, link, &format!("SASL-IR AUTH={mechanism}"))?;
            let (tag, rest) = conn.expect_line()?;
            assert!(rest.starts_with(&format!("AUTHENTICATE {mechanism} ")), "{rest}");
            challenge(conn, json)?;
            conn.expect_bytes(dummy)?;
            conn.send(format!("{tag} NO [AUTHENTICATIONFAILED] Invalid credentials\r\n"))?;
            conn.expect_eof()
        };
        Gate::over(&PROTECTED).with(by_token).hold(conversation, |visit, _| {
            let error = visit.error.as_ref().unwrap_or_else(|| panic!("it connected"));
            assert_eq!(error.kind(), ErrorKind::Auth);
            assert!(error.to_string().contains("status 401"), "{error}");
        });
    }
}

#[test]
fn t062_a_challenge_of_a_megabyte_is_not_waited_for() {
    let huge = STANDARD.encode(vec![b'x'; 1 << 20]);
    let conversation = move |conn: &mut PeerConn, link| {
        greet(conn, link, "SASL-IR AUTH=XOAUTH2")?;
        conn.expect_line()?;
        let _ = conn.send(format!("+ {huge}\r\n"));
        conn.drain()
    };
    Gate::over(&PROTECTED).whole().with(by_token).hold(conversation, |visit, _| {
        let kind = visit.error.as_ref().map(imapkit_session::Error::kind);
        assert!(matches!(kind, Some(ErrorKind::Limit | ErrorKind::Protocol)), "{visit:#?}");
    });
}

#[test]
fn t063_a_server_that_asks_without_end_is_cancelled_once_and_left() {
    let asked = Arc::new(Mutex::new(0));
    for method in [Method::Plain, Method::Login, Method::CramMd5, Method::ScramSha256] {
        let count = Arc::clone(&asked);
        let name = method.name();
        let conversation = move |conn: &mut PeerConn, link| {
            greet(conn, link, &format!("LOGINDISABLED AUTH={name}"))?;
            conn.expect(&format!("AUTHENTICATE {name}"))?;
            *count.lock().expect("nobody panics") = 0;
            loop {
                *count.lock().expect("nobody panics") += 1;
                if conn.send("+ bW9yZQ==\r\n").is_err() || conn.expect_line().is_err() {
                    return Ok(());
                }
            }
        };
        let gate = Gate::over(&PROTECTED).whole().with(match method {
            Method::Plain => |plan| pin(plan, Method::Plain),
            Method::Login => |plan| pin(plan, Method::Login),
            Method::CramMd5 => |plan| pin(plan, Method::CramMd5),
            _ => |plan| pin(plan, Method::ScramSha256),
        });
        gate.hold(conversation, |visit, transcript| {
            assert_eq!(visit.error.as_ref().map(imapkit_session::Error::kind), Some(ErrorKind::Auth), "{visit:#?}");
            let sent = String::from_utf8_lossy(&transcript.client_bytes()).into_owned();
            assert_eq!(sent.matches("\r\n*\r\n").count(), 1, "{sent}");
            assert!(*asked.lock().expect("nobody panics") <= 9);
        });
    }
}

fn pin(plan: &mut Plan, method: Method) {
    let policy = Policy { accept: Accept::Only(method), ..Policy::default() };
    plan.credentials = Credentials::password("me", CANARY).policy(policy);
}
