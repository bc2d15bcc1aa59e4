//! TLS: every option alone and in the combinations that make sense, and what is told about certificates.

use std::net::SocketAddr;
use std::sync::Arc;

use imapkit_control::{AuthType, CertificateStatus, Control, ErrorCode, Options, State, TlsVersions};
use imapkit_testkit::certs::{Authority, Identity, Subject, Validity};
use imapkit_testkit::peer::{Peer, PeerConn};
use imapkit_testkit::script::Mismatch;

use super::support::{Log, authority, code, control, guard, mail, secure, server};

fn connect(control: &Control, options: Options) -> Result<(), imapkit_control::ControlError> {
    control.connect(None, None, None, None, None, Some(options))
}

#[test]
fn tls_from_the_beginning_and_what_was_agreed_on() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let (control, _file) = secure(&server);
    let log = Log::of(&control);
    assert!(control.secure() && !control.is_secure());
    control.connect(None, None, None, None, None, None).unwrap();
    assert!(control.secure() && control.is_secure());
    assert!(log.only("warning").is_empty());
    assert_eq!(
        (control.certificate_status(), control.secure_protocol()),
        (CertificateStatus::Valid, TlsVersions::Tls13)
    );
    assert!(control.cipher_strength() >= 128 && control.hash_strength() >= 256);
    for told in
        [control.secure_cipher(), control.secure_hash(), control.secure_key_exchange(), control.certificate_issuer()]
    {
        assert!(!told.is_empty());
    }
    assert_eq!(control.certificate_fingerprint().len(), 64);
    assert!(
        control.certificate_issued() < control.certificate_expires() && control.certificate_expires().ends_with('Z')
    );
    control.select_mailbox("INBOX").unwrap();
    assert_eq!(control.message_count(), 1);
    control.disconnect().unwrap();
    assert_eq!((control.certificate_status(), control.secure_cipher().as_str()), (CertificateStatus::None, ""));
    assert_eq!(control.secure_protocol(), TlsVersions::Default, "what is permitted, now that nothing is in use");
}

#[test]
fn starttls_is_required_where_it_is_asked_for() {
    let _guard = guard();
    let server = server([]);
    let (control, _file) = secure(&server);
    control.set_remote_port(server.plain_port().unwrap());
    connect(&control, Options::SecureExplicit).unwrap();
    assert!(control.is_secure());
    // A server that lacks it, and one that refuses it: no credential is sent.
    for (capabilities, answer) in [("AUTH=PLAIN", ""), ("STARTTLS AUTH=PLAIN", "NO not today")] {
        let (peer, control) = super::support::peer(move |conn| {
            conn.send(format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] ready\r\n"))?;
            if let Ok((tag, line)) = conn.expect_line() {
                assert_eq!(line, "STARTTLS");
                conn.send(format!("{tag} {}\r\n", if answer.is_empty() { "BAD what" } else { answer }))?;
                let _ = conn.expect_eof();
            }
            Ok(())
        });
        assert_eq!(code(connect(&control, Options::SecureExplicit)), ErrorCode::StartTlsUnavailable, "{capabilities}");
        assert!(!control.is_connected());
        let sent = String::from_utf8_lossy(&peer.join().unwrap().client_bytes()).into_owned();
        assert!(!sent.contains("secret"), "{sent}");
    }
}

#[test]
fn t010_bytes_behind_starttls_are_unsafe() {
    let _guard = guard();
    let (_peer, control) = super::support::peer(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")?;
        let tag = conn.expect("STARTTLS")?;
        conn.send(format!("{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"))?;
        let _ = conn.expect_eof();
        Ok(())
    });
    assert_eq!(code(connect(&control, Options::SecureExplicit | Options::TrustedSite)), ErrorCode::UnsafeServer);
}

#[test]
fn a_certificate_that_is_not_trusted_is_told_with_its_reason() {
    let _guard = guard();
    let server = server([]);
    let control = control(&server);
    control.set_remote_port(server.tls_port());
    let log = Log::of(&control);
    assert_eq!(code(connect(&control, Options::SecureImplicit)), ErrorCode::CertificateRejected);
    assert!(!control.is_connected());
    assert_eq!(control.certificate_status(), CertificateStatus::Untrusted);
    assert!(!control.certificate_issuer().is_empty() && !control.certificate_fingerprint().is_empty());
    // A trusted site is always permitted, and what is wrong is still told.
    connect(&control, Options::SecureImplicit | Options::TrustedSite).unwrap();
    assert_eq!(control.certificate_status(), CertificateStatus::Untrusted);
    assert_eq!(log.only("warning"), ["warning CERTIFICATE_REJECTED"]);
    // The next connect begins anew.
    control.disconnect().unwrap();
    control.set_remote_port(server.plain_port().unwrap());
    connect(&control, Options::TrustedSite).expect("it only affects TLS");
    assert_eq!((control.certificate_status(), control.is_secure()), (CertificateStatus::None, false));
}

/// A TLS server with this certificate that lets anybody in.
fn serve(identity: &Identity) -> Peer {
    Peer::setup().implicit_tls(identity.server_config()).serve_fn(let_in)
}

fn let_in(conn: &mut PeerConn) -> Result<(), Mismatch> {
    conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
    while let Ok((tag, line)) = conn.expect_line() {
        if line == "CAPABILITY" {
            conn.send("* CAPABILITY IMAP4rev1\r\n")?;
        }
        conn.send(format!("{tag} OK done\r\n"))?;
    }
    Ok(())
}

fn trusting(authority_file: &tempfile::NamedTempFile, at: SocketAddr) -> Control {
    let control = Control::new();
    control.set_certificate_authorities(authority_file.path());
    control.set_remote_port(at.port());
    control.set_user_name("me");
    control.set_password("secret");
    control
}

#[test]
fn certificate_status_tells_what_is_wrong() {
    let _guard = guard();
    let trusted = Authority::new("Trusted");
    let file = authority(&trusted.pem());
    let expired = trusted.issue(&Subject::new(&["localhost"]).validity(Validity::Expired));
    let not_yet = trusted.issue(&Subject::new(&["localhost"]).validity(Validity::NotYet));
    for (identity, status) in [
        (trusted.issue_for(&["localhost"]), CertificateStatus::Valid),
        (trusted.issue_for(&["other.example.org"]), CertificateStatus::NoMatch),
        (expired, CertificateStatus::Expired),
        (not_yet, CertificateStatus::Expired),
        (Authority::new("Somebody").issue_for(&["localhost"]), CertificateStatus::Untrusted),
        (Identity::self_signed(&Subject::new(&["localhost"])), CertificateStatus::Untrusted),
    ] {
        for options in [Options::SecureImplicit, Options::SecureImplicit | Options::TrustedSite] {
            let peer = serve(&identity);
            let control = trusting(&file, peer.addr());
            let outcome = control.connect(Some("localhost"), None, None, None, None, Some(options));
            if status == CertificateStatus::Valid || options.contains(Options::TrustedSite) {
                outcome.unwrap_or_else(|error| panic!("{status:?} {options:?}: {error}"));
            } else {
                assert_eq!(code(outcome), ErrorCode::CertificateRejected, "{status:?}");
            }
            assert_eq!(control.certificate_status(), status, "{options:?}");
        }
    }
}

#[test]
fn behind_a_tunnel_the_certificate_is_that_of_the_real_server() {
    let _guard = guard();
    let trusted = Authority::new("Trusted");
    let file = authority(&trusted.pem());
    let real = trusted.issue_for(&["imap.example.org"]);
    let near_end = |options: Options, host_name: &str| {
        let peer = serve(&real);
        let control = trusting(&file, peer.addr());
        control.set_host_name(host_name).unwrap();
        let outcome = control.connect(Some("127.0.0.1"), None, None, None, None, Some(options));
        outcome.map(|()| control.certificate_status())
    };
    let tunnel = Options::Tunnel | Options::SecureImplicit;
    assert_eq!(near_end(tunnel, "imap.example.org").unwrap(), CertificateStatus::Valid);
    assert_eq!(code(near_end(tunnel, "other.example.org")), ErrorCode::CertificateRejected);
    assert_eq!(
        code(near_end(Options::SecureImplicit, "imap.example.org")),
        ErrorCode::CertificateRejected,
        "no tunnel"
    );
    // By host_address, as well.
    let peer = serve(&real);
    let control = trusting(&file, peer.addr());
    control.set_host_name("imap.example.org").unwrap();
    control.set_host_address("127.0.0.1").unwrap();
    connect(&control, tunnel).unwrap();
}

#[test]
fn preauth_over_tls_counts_and_nobody_logs_in_again() {
    let _guard = guard();
    let trusted = Authority::new("Trusted");
    let file = authority(&trusted.pem());
    let peer = Peer::setup().implicit_tls(trusted.issue_for(&["localhost"]).server_config()).serve_fn(|conn| {
        conn.send("* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n")?;
        conn.expect_eof()
    });
    let control = trusting(&file, peer.addr());
    control.connect(Some("localhost"), None, None, None, None, Some(Options::SecureImplicit)).unwrap();
    assert_eq!(control.state(), State::Idle);
    drop(control);
    assert!(peer.join().unwrap().client_bytes().is_empty());
}

#[test]
fn a_client_certificate_is_shown_to_who_asks() {
    let _guard = guard();
    let (servers, clients) = (Authority::new("Servers"), Authority::new("Clients"));
    let file = authority(&servers.pem());
    let me = clients.issue_for(&["me"]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.pem"), format!("{}{}", me.pem(), me.key_pem())).unwrap();
    let demanding = servers.issue_for(&["localhost"]).server_config_demanding(&clients);
    let try_with = |set: &dyn Fn(&Control)| {
        let peer = Peer::setup().implicit_tls(Arc::clone(&demanding)).serve_fn(|conn| {
            conn.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=EXTERNAL] ready\r\n")?;
            let tag = conn.expect("AUTHENTICATE EXTERNAL bWU=")?;
            conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] welcome\r\n"))?;
            let _ = conn.expect_eof();
            Ok(())
        });
        let control = trusting(&file, peer.addr());
        control.set_auth_type(AuthType::External);
        set(&control);
        control.connect(Some("localhost"), None, None, None, None, Some(Options::SecureImplicit))
    };
    try_with(&|control| control.set_certificate_store(folder.path().join("mine.pem"))).unwrap();
    try_with(&|control| {
        control.set_certificate_store(folder.path());
        control.set_certificate_name("mine");
    })
    .unwrap();
    // PKCS#12, whose key has a password.
    let made = std::process::Command::new("openssl")
        .args(["pkcs12", "-export", "-in", "mine.pem", "-out", "locked.p12", "-passout", "pass:open sesame"])
        .current_dir(folder.path())
        .status();
    assert!(made.expect("openssl is there").success());
    let locked = |password: &'static str| {
        try_with(&|control| {
            control.set_certificate_store(folder.path().join("locked.p12"));
            control.set_certificate_password(password);
        })
        .err()
        .map(|error| error.code())
    };
    if cfg!(feature = "legacy-tls") {
        assert_eq!(locked("open sesame"), None);
        assert_eq!(locked("wrong"), Some(ErrorCode::InvalidArgument));
    } else {
        assert_eq!(locked("open sesame"), Some(ErrorCode::NotSupportedInBuild));
    }
    let nothing_shown = code(try_with(&|_| ()));
    assert!(matches!(nothing_shown, ErrorCode::TlsFailed | ErrorCode::ConnectionReset), "{nothing_shown}");
    assert_eq!(code(try_with(&|control| control.set_certificate_store("/no/such/file"))), ErrorCode::FileError);
    assert_eq!(code(try_with(&|control| control.set_certificate_store(folder.path()))), ErrorCode::InvalidArgument);
}

#[test]
fn starttls_can_come_later_before_login() {
    let _guard = guard();
    let server = server([]);
    let (control, _file) = secure(&server);
    control.set_options(Options::None).unwrap();
    control.set_user_name("");
    control.set_remote_port(server.plain_port().unwrap());
    let log = Log::of(&control);
    control.connect(None, None, None, None, None, None).unwrap();
    assert!(!control.is_secure());
    control.set_secure(true).unwrap();
    assert!(control.is_secure() && control.secure());
    assert_eq!(control.certificate_status(), CertificateStatus::Valid);
    control.set_secure(true).expect("it is already");
    assert_eq!(code(control.set_secure(false)), ErrorCode::InvalidArgument);
    control.login(Some("me"), None, None).unwrap();
    assert!(log.only("warning").is_empty());
    control.select_mailbox("INBOX").unwrap();
    control.disconnect().unwrap();
    // Once somebody is logged in it is too late, and nothing happens to the session.
    control.connect(None, None, Some("me"), None, None, None).unwrap();
    assert_eq!(code(control.set_secure(true)), ErrorCode::AlreadyAuthenticated);
    control.select_mailbox("INBOX").unwrap();
}

#[test]
fn a_server_without_starttls_is_told_and_goes_on_in_clear_text() {
    let _guard = guard();
    let (_peer, control) = super::support::peer(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        let tag = conn.expect("STARTTLS")?;
        conn.send(format!("{tag} BAD what\r\n"))?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] welcome\r\n"))?;
        conn.expect_eof()
    });
    control.set_user_name("");
    control.connect(None, None, None, None, None, None).unwrap();
    assert_eq!(code(control.set_secure(true)), ErrorCode::StartTlsUnavailable);
    assert_eq!((control.is_connected(), control.is_secure()), (true, false));
    control.login(Some("me"), None, None).unwrap();
}

#[test]
fn the_property_secure_before_a_connection_is_an_option() {
    let control = Control::new();
    assert!(!control.secure());
    control.set_secure(true).unwrap();
    assert!(control.secure());
    control.set_options(Options::SecureExplicit).unwrap();
    control.set_secure(false).unwrap();
    assert!(!control.secure());
    assert_eq!(control.options(), Options::None);
}

#[test]
fn versions_are_those_that_are_permitted() {
    let _guard = guard();
    let server = server([]);
    for (versions, used) in [(TlsVersions::Tls12, TlsVersions::Tls12), (TlsVersions::Tls13, TlsVersions::Tls13)] {
        let (control, _file) = secure(&server);
        control.set_secure_protocol(versions).unwrap();
        control.connect(None, None, None, None, None, None).unwrap();
        assert_eq!(control.secure_protocol(), used);
    }
    let (control, _file) = secure(&server);
    assert_eq!(code(control.set_secure_protocol(TlsVersions::from_value(1))), ErrorCode::InvalidArgument);
    control.set_secure_protocol(TlsVersions::Tls10).unwrap();
    assert_eq!(code(control.connect(None, None, None, None, None, None)), ErrorCode::InvalidArgument);
}

#[test]
fn tls_on_a_port_that_speaks_none() {
    let _guard = guard();
    let server = server([]);
    let control = control(&server);
    assert_eq!(code(connect(&control, Options::SecureImplicit | Options::TrustedSite)), ErrorCode::TlsFailed);
}
