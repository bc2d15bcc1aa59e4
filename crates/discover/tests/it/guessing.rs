//! The usual names, tried on real sockets: T038, C17. What runs in virtual time beside the code runs here against TLS.

use std::thread::sleep;
use std::time::{Duration, Instant};

use imapkit_discover::{Email, Internet, Options, Protection, Server, Source, find};
use imapkit_testkit::certs::Authority;
use imapkit_testkit::peer::Peer;

use crate::support::{soon, told, trust};

/// A network in which `imap.example.org` has these two ports, and no other name exists.
fn network(authority: &Authority, implicit: u16, clear: u16) -> Internet {
    let trust = trust(authority);
    Internet::new().greet_by(move |server: &Server| {
        let port = match (server.host.to_string().as_str(), server.protection) {
            ("imap.example.org", Protection::Tls) => implicit,
            ("imap.example.org", Protection::StartTls) => clear,
            _ => 1,
        };
        server.config().port(port).host_address("127.0.0.1".parse().unwrap()).tls_config(trust.clone())
    })
}

fn only_guesses() -> Options {
    let mut options = Options::default();
    options.skip = [Source::ProviderByMx, Source::IspdbByMx, Source::Autoconfig, Source::Ispdb, Source::Srv].into();
    options
}

const CLEAR: &str = "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] no TLS here\r\n";

#[tokio::test]
async fn t038_143_in_clear_text_never_wins_and_993_is_waited_for() {
    let authority = Authority::new("imap");
    let tls = authority.issue_for(&["imap.example.org"]).server_config();
    let slow = Peer::setup().implicit_tls(tls).patience(Duration::from_secs(20)).serve_fn(|conn| {
        sleep(Duration::from_millis(1500));
        conn.send("* OK [CAPABILITY IMAP4rev1] slow\r\n")?;
        conn.drain()
    });
    let fast = Peer::serve_fn(|conn| {
        conn.send(CLEAR)?;
        conn.drain()
    });
    let begun = Instant::now();
    let email = Email::parse("ann@example.org").unwrap();
    let found = soon(find(&email, &only_guesses(), &network(&authority, slow.port(), fast.port()))).await.unwrap();
    assert_eq!((found.source, found.server.to_string().as_str()), (Source::Guess, "imap.example.org:993 (TLS)"));
    assert!(begun.elapsed() >= Duration::from_millis(1400));
    let said = fast.join().unwrap();
    assert!(!String::from_utf8_lossy(&said.client_bytes()).contains("ann"), "{:?}", said.client_bytes());
    assert!(told(&found.steps).contains("imap.example.org:143 (STARTTLS): failed"), "{}", told(&found.steps));
}

#[tokio::test]
async fn starttls_wins_where_993_is_closed_and_a_wrong_certificate_never() {
    let authority = Authority::new("imap");
    let email = Email::parse("ann@example.org").unwrap();
    for (name, works) in [("imap.example.org", true), ("other.example.org", false)] {
        let tls = authority.issue_for(&[name]).server_config();
        let peer = Peer::setup().tls(tls).serve_fn(move |conn| {
            conn.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n")?;
            let tag = conn.expect("STARTTLS")?;
            conn.send(format!("{tag} OK go\r\n"))?;
            if !works {
                return conn.start_tls_refused();
            }
            conn.start_tls()?;
            let tag = conn.expect("CAPABILITY")?;
            conn.send(format!("* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n"))?;
            conn.drain()
        });
        let outcome = soon(find(&email, &only_guesses(), &network(&authority, 1, peer.port()))).await;
        match outcome {
            Ok(found) => {
                assert_eq!((works, found.server.to_string().as_str()), (true, "imap.example.org:143 (STARTTLS)"));
            }
            Err(error) => {
                assert!(!works, "{error}\n{}", told(error.steps()));
                assert!(told(error.steps()).contains("certificate"), "{}", told(error.steps()));
            }
        }
    }
}
