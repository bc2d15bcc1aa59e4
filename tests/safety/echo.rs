//! Servers that say our own words back: BAD with the whole line, NO with the password, a challenge with what we answered (T109).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imapkit_sasl::Credentials;
use imapkit_session::{Error, ErrorKind};
use imapkit_testkit::peer::PeerConn;

use crate::gate::{Gate, PROTECTED, greet};
use crate::visit::{CANARY, Link, Plan};

const EVERYWHERE: [Link; 3] = [Link::Plain, PROTECTED[0], PROTECTED[1]];

#[test]
fn t109_a_server_that_echoes_a_login_makes_no_leak() {
    for answer in [
        "BAD Error in IMAP command received by server: LOGIN me @",
        "NO [AUTHENTICATIONFAILED] wrong password \"@\" for me",
        "NO [X-LOGIN @] no",
        "OK [X-LOGIN @] welcome @",
    ] {
        let conversation = move |conn: &mut PeerConn, link| {
            greet(conn, link, "IDLE")?;
            let tag = conn.expect(&format!("LOGIN me {CANARY}"))?;
            conn.send(format!("* NO you said {CANARY}\r\n* OK [ALERT] your password is {CANARY}\r\n"))?;
            conn.send(format!("{tag} {}\r\n", answer.replace('@', CANARY)))?;
            if !answer.starts_with("OK") {
                return conn.expect_eof();
            }
            let tag = conn.expect("CAPABILITY")?;
            conn.send(format!("* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"))
        };
        Gate::over(&EVERYWHERE).hold(conversation, |visit, _| {
            assert_eq!(visit.opened.is_some(), answer.starts_with("OK"), "{visit:#?}");
        });
    }
}

#[test]
fn t109_a_server_that_echoes_a_mechanism_makes_no_leak() {
    let plain = STANDARD.encode(format!("\0me\0{CANARY}"));
    for answer in ["BAD what is @", "NO [AUTHENTICATIONFAILED] not @"] {
        let plain = plain.clone();
        let conversation = move |conn: &mut PeerConn, link| {
            greet(conn, link, "SASL-IR LOGINDISABLED AUTH=PLAIN")?;
            let tag = conn.expect(&format!("AUTHENTICATE PLAIN {plain}"))?;
            conn.send(format!("* NO you said {plain}\r\n* NO that is {CANARY}\r\n"))?;
            conn.send(format!("{tag} {}\r\n", answer.replace('@', &plain)))?;
            conn.expect_eof()
        };
        Gate::over(&EVERYWHERE).hold(conversation, |visit, _| {
            assert_eq!(visit.error.as_ref().map(Error::kind), Some(ErrorKind::Auth), "{visit:#?}");
        });
    }
}

#[test]
fn t109_a_server_that_echoes_a_token_makes_no_leak() {
    let said = format!("user=me\u{1}auth=Bearer {CANARY}\u{1}\u{1}");
    for echo in [CANARY.to_owned(), STANDARD.encode(CANARY), STANDARD.encode(&said)] {
        let said = STANDARD.encode(&said);
        let conversation = move |conn: &mut PeerConn, link| {
            greet(conn, link, "SASL-IR AUTH=XOAUTH2")?;
            let tag = conn.expect(&format!("AUTHENTICATE XOAUTH2 {said}"))?;
            let why = format!(r#"{{"status":"not {echo}","scope":"for {echo} and {echo}"}}"#);
            conn.send(format!("+ {}\r\n", STANDARD.encode(why)))?;
            conn.expect_bytes("\r\n")?;
            conn.send(format!("{tag} NO [AUTHENTICATIONFAILED] not {echo}\r\n"))?;
            conn.expect_eof()
        };
        let by_token = |plan: &mut Plan| plan.credentials = Credentials::token("me", CANARY);
        Gate::over(&PROTECTED).with(by_token).hold(conversation, |visit, _| {
            let refusal = visit.error.as_ref().and_then(Error::token_refusal);
            assert_eq!(refusal.and_then(|refusal| refusal.status.as_deref()), Some("not ***"), "{visit:#?}");
        });
    }
}
