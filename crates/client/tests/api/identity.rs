//! Whose certificate is asked for when the host was found through DNS: T051, T041, T042, T050; RFC 7817 §3, RFC 9525 §6.1.

use imapkit::transport::{Roots, TlsConfig};
use imapkit::{Config, Error, ErrorKind};
use imapkit_testkit::certs::Authority;
use imapkit_testkit::peer::{Peer, PeerConn};

use crate::support::{over, soon};

const DOMAIN: &str = "example.org";
const HOSTER: &str = "mail.hoster.example";

/// Connects to `mail.hoster.example` whose certificate is for `certificate`, asking for `wanted`; nobody logs in.
async fn connect(authority: &Authority, certificate: &str, wanted: Option<&str>, implicit: bool) -> Result<(), Error> {
    let server = authority.issue_for(&[certificate]).server_config();
    let greet = |conn: &mut PeerConn, capabilities: &str| conn.send(format!("* OK [CAPABILITY {capabilities}] hi\r\n"));
    let peer = if implicit {
        Peer::setup().implicit_tls(server).serve_fn(move |conn| {
            greet(conn, "IMAP4rev1")?;
            conn.drain()
        })
    } else {
        Peer::setup().tls(server).serve_fn(move |conn| {
            greet(conn, "IMAP4rev1 STARTTLS")?;
            let tag = conn.expect("STARTTLS")?;
            conn.send(format!("{tag} OK go\r\n"))?;
            conn.start_tls()?;
            let tag = conn.expect("CAPABILITY")?;
            conn.send(format!("* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n"))?;
            conn.drain()
        })
    };
    let config = if implicit { Config::tls(HOSTER) } else { Config::starttls(HOSTER) };
    let trust = TlsConfig::builder().roots(Roots::Given).authorities_pem(authority.pem().as_bytes()).build().unwrap();
    let config = config.port(peer.port()).host_address("127.0.0.1".parse().unwrap()).tls_config(trust);
    let config = match wanted {
        Some(name) => config.certificate_name(name),
        None => config,
    };
    let outcome = soon(imapkit::connect(&config)).await.map(drop);
    if outcome.is_ok() {
        over(peer).await;
    }
    outcome
}

#[tokio::test]
async fn t051_a_host_from_srv_is_asked_for_the_certificate_of_the_mail_domain() {
    let authority = Authority::new("ca");
    for implicit in [true, false] {
        connect(&authority, DOMAIN, Some(DOMAIN), implicit).await.unwrap();
        // The hoster's own name counts only when the user confirmed it, which is: no other name asked for.
        let error = connect(&authority, HOSTER, Some(DOMAIN), implicit).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
        assert!(error.to_string().contains(DOMAIN) && error.to_string().contains(HOSTER), "{error}");
        connect(&authority, HOSTER, None, implicit).await.unwrap();
        let error = connect(&authority, DOMAIN, None, implicit).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    }
}

#[tokio::test]
async fn a_name_in_other_letters_is_the_same_and_one_that_is_none_is_refused_before_a_packet() {
    let authority = Authority::new("ca");
    connect(&authority, "xn--bcher-kva.example", Some("B\u{fc}cher.example."), true).await.unwrap();
    let config = Config::tls("192.0.2.1").certificate_name("no name");
    assert_eq!(soon(imapkit::connect(&config)).await.unwrap_err().kind(), ErrorKind::Misuse);
}
