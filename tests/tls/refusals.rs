//! What has to be refused before a word of the account is said.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use imapkit::ErrorKind;
use imapkit_testkit::certs::{Authority, Identity, Subject, Validity};
use imapkit_testkit::peer::Peer;
use imapkit_transport::{Digest, ErrorKind as TlsErrorKind, Protocol, ServerId};
use rustls::{ServerConfig, ServerConnection};

use crate::way::{AUTHORITY, GOOD, HOST, To, Way, ask_for_starttls, expect_tls, tls_error, ways};

/// Connects to a peer with this certificate, which is to be refused; nothing but STARTTLS was said to it.
fn refused(way: Way, server: Arc<ServerConfig>, change: impl Fn(To) -> To) -> imapkit_transport::Error {
    let peer = way.refused_peer(server);
    let error = expect_tls(way, way.connect(&change(To::new(&peer))));
    let said = String::from_utf8_lossy(&peer.join().unwrap().client_bytes()).into_owned();
    assert!(said.is_empty() || said.trim_end().ends_with("STARTTLS"), "{way:?} said {said:?}");
    error
}

/// T040 to T045.
#[test]
fn every_fault_of_a_certificate_ends_every_way_to_connect() {
    let subject = Subject::new(&[HOST]);
    let other = Authority::new("tls suite");
    let cases: [(Identity, TlsErrorKind); 7] = [
        (Identity::self_signed(&subject), TlsErrorKind::SelfSigned),
        (AUTHORITY.issue_for(&["mail.example.org", "*.imap.example.org"]), TlsErrorKind::WrongHost),
        (AUTHORITY.issue_for(&["127.0.0.1"]), TlsErrorKind::WrongHost),
        (AUTHORITY.issue(&Subject::new(&[]).common_name(HOST)), TlsErrorKind::WrongHost),
        (AUTHORITY.issue(&subject.clone().validity(Validity::Expired)), TlsErrorKind::Expired),
        (AUTHORITY.issue(&subject.clone().validity(Validity::NotYet)), TlsErrorKind::NotYetValid),
        (other.issue(&subject), TlsErrorKind::UnknownIssuer),
    ];
    for way in ways() {
        for (identity, kind) in &cases {
            let error = refused(way, identity.server_config(), |to| to);
            // An authority of the same name but another key: that shows as a signature that does not fit.
            let forged = error.kind() == TlsErrorKind::BadCertificate && *kind == TlsErrorKind::UnknownIssuer;
            assert!(error.kind() == *kind || forged, "{way:?} {kind:?}: {error}");
        }
    }
}

/// T047: for this host and port, whatever else is trusted.
#[test]
fn a_changed_key_ends_every_way_to_connect() {
    for way in ways() {
        for trusted in [false, true] {
            let error = refused(way, GOOD.server_config(), |to| {
                let server = ServerId::new(HOST, to.port).unwrap();
                to.tls(|tls| tls.pin(server, Digest([7; 32])).trusted_site(trusted))
            });
            assert_eq!(error.kind(), TlsErrorKind::PinMismatch, "{way:?}: {error}");
            assert!(error.to_string().contains(&"07".repeat(32)), "both keys are shown: {error}");
        }
    }
}

/// T010, T012, T013
#[test]
fn bytes_behind_the_answer_to_starttls_end_the_connection_before_a_hello() {
    for way in ways().filter(|way| way.starttls) {
        for behind in ["* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", "* OK [ALERT] call us\r\n", "* BYE\r\n", "x"] {
            let peer = way.setup(GOOD.server_config()).serve_fn(move |conn| {
                ask_for_starttls(conn, behind)?;
                conn.expect_eof()
            });
            let error = way.connect(&To::new(&peer)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsafe, "{way:?} {behind:?}: {error}");
            assert!(!error.to_string().contains("call us"));
            peer.join().unwrap();
        }
    }
}

/// T026, T039: OK to STARTTLS, or a connection to 993, and then no TLS.
#[test]
fn clear_text_in_place_of_tls_ends_the_connection_and_is_named() {
    let alert = [21, 3, 1, 0, 2, 2, 70];
    let cases: [(&[u8], TlsErrorKind); 3] = [
        (b"* OK IMAP4rev1 ready\r\n", TlsErrorKind::PlainTextPeer),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", TlsErrorKind::PlainTextPeer),
        (&alert, TlsErrorKind::ProtocolVersion),
    ];
    for way in ways() {
        for (answer, kind) in cases {
            let answer = answer.to_vec();
            let peer = Peer::serve_fn(move |conn| {
                if way.starttls {
                    ask_for_starttls(conn, "")?;
                }
                // The hello has come, so it is no byte behind the OK.
                conn.read_bytes(5)?;
                conn.send(answer)?;
                conn.drain()
            });
            let error = expect_tls(way, way.connect(&To::new(&peer)));
            assert_eq!(error.kind(), kind, "{way:?}: {error}");
            if let imapkit_transport::Error::PlainTextPeer(protocol) = error {
                assert!(matches!(protocol, Protocol::Imap | Protocol::Http));
            }
            peer.join().unwrap();
        }
    }
}

/// T053: the deadline of the connect, and the phase.
#[test]
fn a_handshake_that_stalls_after_the_servers_hello_runs_into_the_deadline() {
    for way in ways() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || stall(&listener, way));
        let to = To { timeout: Duration::from_millis(400), ..To::at(port) };
        let error = way.connect(&to).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{way:?}: {error}");
        assert!(error.to_string().contains("phase tls"), "{way:?}: {error}");
        server.join().unwrap();
    }
}

/// Answers a hello by the first half of the server's flight, and waits for the client to give up.
fn stall(listener: &TcpListener, way: Way) {
    let (mut socket, _) = listener.accept().unwrap();
    if way.starttls {
        socket.write_all(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n").unwrap();
        let line = read_line(&mut socket);
        let tag = line.split(' ').next().unwrap();
        socket.write_all(format!("{tag} OK go\r\n").as_bytes()).unwrap();
    }
    let mut tls = ServerConnection::new(GOOD.server_config()).unwrap();
    while !tls.wants_write() {
        tls.read_tls(&mut socket).unwrap();
        tls.process_new_packets().unwrap();
    }
    let mut flight = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut flight).unwrap();
    }
    socket.write_all(&flight[..flight.len() / 2]).unwrap();
    let _ = socket.read_to_end(&mut flight);
}

fn read_line(socket: &mut TcpStream) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}

/// The configuration's own methods, and what this build cannot do: told before anything is resolved.
#[test]
fn what_cannot_be_used_is_found_out_before_a_packet_is_sent() {
    let nowhere = "nowhere.invalid";
    let blocking = |change: fn(imapkit_blocking::Config) -> imapkit_blocking::Config| {
        imapkit_blocking::connect(&change(imapkit_blocking::Config::tls(nowhere).login("me", "secret"))).unwrap_err()
    };
    for error in [
        blocking(|config| config.ca_file("/no/such/file")),
        blocking(|config| config.client_certificate_file("/no/such/file", None)),
    ] {
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(error.to_string().contains("/no/such/file"), "{error}");
    }
    let outcome = blocking(|config| config.secure_fallback(true).trusted_site(true));
    if cfg!(feature = "legacy-tls") {
        assert_eq!(outcome.kind(), ErrorKind::Io, "the name is looked up: {outcome}");
    } else {
        assert_eq!(outcome.kind(), ErrorKind::Misuse);
        assert_eq!(tls_error(&outcome).kind(), TlsErrorKind::NotSupported);
    }
}
