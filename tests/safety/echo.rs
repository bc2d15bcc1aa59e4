//! Servers that say our own words back: BAD with the whole line, NO with the password, a challenge with what we answered (T109).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imapkit_session::ErrorKind;
use imapkit_testkit::peer::PeerConn;

use crate::gate::{Gate, PROTECTED, greet};
use crate::visit::{CANARY, Link};

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
            assert_eq!(visit.error.as_ref().map(imapkit_session::Error::kind), Some(ErrorKind::Auth), "{visit:#?}");
        });
    }
}
