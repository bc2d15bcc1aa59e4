//! What a good connection says and shows: names, certificates of our own, facts, and how it ends.

use std::sync::{Arc, Mutex};

use imapkit::ErrorKind;
use imapkit::dial::Route;
use imapkit_sasl::Method;
use imapkit_testkit::certs::{Authority, Identity};
use imapkit_testkit::peer::{Peer, PeerConn};
use imapkit_testkit::script::Mismatch;
use imapkit_transport::{CertificateStatus, Digest, Error as TlsError, ServerId};
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;

use crate::way::{Came, GOOD, HOST, Then, To, Way, expect_tls, log_in, ways};

fn logged_in(way: Way, server: Arc<ServerConfig>, mechanism: &'static str) -> Peer {
    way.setup(server).serve_fn(move |conn| {
        way.begin(conn)?;
        log_in(way, conn, mechanism)?;
        conn.drain()
    })
}

#[test]
fn what_was_agreed_on_is_known_and_the_certificate_checked() {
    for way in ways() {
        let peer = logged_in(way, GOOD.server_config(), "PLAIN");
        let Came { facts, opened, .. } = way.connect(&To::new(&peer)).unwrap();
        assert!(opened.authenticated);
        assert_eq!((facts.version.to_string().as_str(), facts.host.as_str()), ("TLS 1.3", HOST), "{way:?}");
        assert_eq!((facts.status, facts.weaknesses.len(), facts.chain.len()), (CertificateStatus::Valid, 0, 1));
        let said = peer.join().unwrap();
        assert!(!String::from_utf8_lossy(&said.clear_client_bytes()).contains("AUTHENTICATE"));
    }
}

#[test]
fn a_pinned_key_is_enough_and_a_trusted_site_is_told_on() {
    let own = Arc::new(Identity::self_signed(&imapkit_testkit::certs::Subject::new(&["elsewhere.example.org"])));
    for way in ways() {
        let peer = logged_in(way, own.server_config(), "PLAIN");
        let key = Digest(sha256(&own.public_key_der()));
        let pin = ServerId::new(HOST, peer.port()).unwrap();
        let came = way.connect(&To::new(&peer).tls(|tls| tls.pin(pin, key))).unwrap();
        assert!(came.facts.pinned && came.facts.problem.is_some(), "{way:?}");
        peer.join().unwrap();
        let peer = logged_in(way, own.server_config(), "PLAIN");
        let came = way.connect(&To::new(&peer).tls(|tls| tls.trusted_site(true))).unwrap();
        assert_eq!((came.facts.pinned, came.facts.status), (false, CertificateStatus::Untrusted), "{way:?}");
        peer.join().unwrap();
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

/// Notes the name that each client indicates.
#[derive(Debug)]
struct Noting {
    key: Arc<CertifiedKey>,
    names: Mutex<Vec<Option<String>>>,
}

impl ResolvesServerCert for Noting {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.names.lock().unwrap().push(hello.server_name().map(str::to_owned));
        Some(Arc::clone(&self.key))
    }
}

fn noting() -> (Arc<Noting>, Arc<ServerConfig>) {
    let key = rustls::crypto::ring::sign::any_supported_type(&GOOD.key_der()).unwrap();
    let key = Arc::new(CertifiedKey::new(vec![GOOD.der()], key));
    let noting = Arc::new(Noting { key, names: Mutex::default() });
    let resolver: Arc<dyn ResolvesServerCert> = Arc::<Noting>::clone(&noting);
    let config = builder().with_no_client_auth().with_cert_resolver(resolver);
    (noting, Arc::new(config))
}

fn builder() -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap()
}

/// T050: the name of the server whichever way leads to it, and never an address.
#[test]
fn the_server_is_named_in_the_hello_directly_and_through_proxies() {
    type Open = fn(&mut PeerConn) -> Result<(), Mismatch>;
    let direct: Open = |_| Ok(());
    let connect: Open = |conn| {
        while conn.expect_line()? != (String::new(), String::new()) {}
        conn.send("HTTP/1.1 200 fine\r\n\r\n")
    };
    let socks: Open = |conn| {
        conn.expect_bytes([5, 1, 0])?;
        conn.send([5, 0])?;
        conn.expect_bytes([5, 1, 0, 3, 16])?;
        conn.expect_bytes(HOST)?;
        conn.read_bytes(2)?;
        conn.send([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    };
    for way in ways() {
        for (scheme, open, host, name) in [
            ("", direct, HOST, Some(HOST)),
            ("", direct, "127.0.0.1", None),
            ("http", connect, HOST, Some(HOST)),
            ("socks5", socks, HOST, Some(HOST)),
        ] {
            let (noting, server) = noting();
            let peer = Peer::setup().tls(server).serve_fn(move |conn| {
                open(conn)?;
                if way.starttls {
                    way.begin(conn)?;
                } else {
                    conn.start_tls()?;
                }
                log_in(way, conn, "PLAIN")?;
                conn.drain()
            });
            let mut to = To { host, ..To::new(&peer) };
            if !scheme.is_empty() {
                to.route = Route::parse(&format!("{scheme}://127.0.0.1:{}", peer.port())).unwrap();
                to.port = 993;
            }
            way.connect(&to).unwrap_or_else(|error| panic!("{way:?} {scheme}: {error}"));
            peer.join().unwrap();
            assert_eq!(*noting.names.lock().unwrap(), [name.map(str::to_owned)], "{way:?} {scheme}");
        }
    }
}

/// T052: shown where it was asked for, and then EXTERNAL works.
#[test]
fn a_client_certificate_is_shown_on_request_and_logs_in() {
    let clients = Authority::new("clients");
    let own = clients.issue_for(&["me"]);
    let file = format!("{}{}", own.key_pem(), own.pem());
    for way in ways() {
        let with = |to: To| {
            let to = to.tls(|tls| tls.client_certificate_file(file.as_bytes(), None));
            To { proof: Some(Method::External), ..to }
        };
        let peer = logged_in(way, GOOD.server_config_demanding(&clients), "EXTERNAL");
        let came = way.connect(&with(To::new(&peer))).unwrap();
        assert_eq!(came.opened.mechanism.as_deref(), Some("EXTERNAL"), "{way:?}");
        peer.join().unwrap();

        // Not asked for, not shown: the server has no way to know it.
        let peer = logged_in(way, GOOD.server_config(), "PLAIN");
        assert!(way.connect(&To { proof: Some(Method::Plain), ..with(To::new(&peer)) }).is_ok());
        peer.join().unwrap();
    }
}

#[test]
fn without_a_client_certificate_the_server_decides() {
    let clients = Authority::new("clients");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = Arc::new(clients.roots());
    let optional = WebPkiClientVerifier::builder_with_provider(roots, provider).allow_unauthenticated().build();
    let optional = builder().with_client_cert_verifier(optional.unwrap());
    let optional = Arc::new(optional.with_single_cert(vec![GOOD.der()], GOOD.key_der()).unwrap());
    for way in ways() {
        let peer = logged_in(way, Arc::clone(&optional), "PLAIN");
        assert!(way.connect(&To::new(&peer)).unwrap().opened.authenticated);
        peer.join().unwrap();

        let peer = way.refused_peer(GOOD.server_config_demanding(&clients));
        let error = expect_tls(way, way.connect(&To::new(&peer)));
        assert_eq!(error, TlsError::Alert("certificate_required".to_owned()), "{way:?}");
        peer.join().unwrap();
    }
}

/// T049: FIN without `close_notify` is an end only where the protocol has ended.
#[test]
fn a_connection_that_is_cut_never_gives_a_short_body() {
    for way in ways() {
        for cut in [true, false] {
            let peer = way.setup(GOOD.server_config()).serve_fn(move |conn| {
                way.begin(conn)?;
                log_in(way, conn, "PLAIN")?;
                let tag = conn.expect("SELECT INBOX")?;
                conn.send(format!("* 1 EXISTS\r\n* OK [UIDVALIDITY 1] v\r\n{tag} OK [READ-WRITE] done\r\n"))?;
                let (_, fetch) = conn.expect_line()?;
                assert!(fetch.starts_with("UID FETCH 1:* "), "{fetch}");
                conn.send("* 1 FETCH (UID 1 BODY[] {100000}\r\nthe beginning of a longer text")?;
                if cut {
                    conn.cut()?;
                } else {
                    conn.close()?;
                }
                conn.drain()
            });
            let error = way.connect(&To { then: Then::Fetch, ..To::new(&peer) }).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Closed, "{way:?} cut {cut}: {error}");
            peer.join().unwrap();
        }
    }
}

#[test]
fn a_server_that_just_goes_after_logout_is_no_error() {
    for way in ways() {
        let peer = way.setup(GOOD.server_config()).serve_fn(move |conn| {
            way.begin(conn)?;
            log_in(way, conn, "PLAIN")?;
            let tag = conn.expect("LOGOUT")?;
            conn.send(format!("* BYE bye\r\n{tag} OK done\r\n"))?;
            conn.cut()?;
            conn.drain()
        });
        way.connect(&To { then: Then::Logout, ..To::new(&peer) }).unwrap_or_else(|error| panic!("{way:?}: {error}"));
        peer.join().unwrap();
    }
}
