//! Connecting: a test for each sentence of its description, on real sockets.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use imapkit_control::{AuthType, Control, ErrorCode, Options, State};
use imapkit_testkit::peer::{Peer, PeerConn};

use super::support::{Log, code, connected, control, folder, guard, log_in, mail, peer, server};

fn plain(control: &Control) -> Result<(), imapkit_control::ControlError> {
    control.connect(None, None, None, None, None, None)
}

#[test]
fn one_call_does_everything_and_returns_0() {
    let _guard = guard();
    let server = server([mail("one", 200)]);
    let control = control(&server);
    let log = Log::of(&control);
    assert_eq!((control.state(), control.is_connected()), (State::Disconnected, false));
    plain(&control).unwrap();
    assert_eq!((control.state(), control.is_connected(), control.last_error()), (State::Idle, true, 0));
    assert_eq!(control.local_address(), "127.0.0.1");
    assert!(!control.is_secure() && control.is_writable());
    assert_eq!(log.only("connect"), ["connect"]);
    assert_eq!(log.only("warning"), ["warning SECURE_CONNECTION_REQUIRED"], "clear text is told first");
    control.disconnect().unwrap();
    assert_eq!((control.state(), control.is_connected()), (State::Disconnected, false));
    assert!(log.only("disconnect").is_empty(), "our own goodbye is no news");
}

#[test]
fn arguments_come_before_properties_and_change_none() {
    let _guard = guard();
    let server = server([]);
    let control = Control::new();
    control.set_host_name("192.0.2.1").unwrap();
    control.set_user_name("nobody");
    control.set_password("wrong");
    let port = server.plain_port();
    control.connect(Some("127.0.0.1"), port, Some("me"), Some("secret"), Some(10), Some(Options::None)).unwrap();
    assert_eq!(
        (control.host_name(), control.remote_port(), control.user_name()),
        ("192.0.2.1".into(), 0, "nobody".into())
    );
    assert_eq!((control.password(), control.timeout(), control.options()), ("wrong".into(), 20, Options::None));
}

#[test]
fn the_address_is_dialled_before_the_name() {
    let _guard = guard();
    let server = server([]);
    let control = control(&server);
    control.set_host_name("no-such-host.invalid").unwrap();
    plain(&control).expect("the name is not resolved");
    control.disconnect().unwrap();
    control.set_host_address("").unwrap();
    let unknown = code(control.connect(None, None, None, None, Some(20), None));
    assert!(matches!(unknown, ErrorCode::HostUnknown | ErrorCode::ResolverFailed), "{unknown}");
}

#[test]
fn without_a_host_nothing_is_tried() {
    let control = Control::new();
    let log = Log::of(&control);
    assert_eq!(code(plain(&control)), ErrorCode::InvalidArgument);
    assert_eq!(control.last_error(), ErrorCode::InvalidArgument.value());
    assert!(control.last_error_string().contains("host_name"), "{}", control.last_error_string());
    assert_eq!(log.take(), ["error INVALID_ARGUMENT"]);
}

#[test]
fn nobody_there_is_refused() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let control = Control::new();
    let outcome = control.connect(Some("127.0.0.1"), Some(port), None, None, None, None);
    assert_eq!(code(outcome), ErrorCode::ConnectionRefused);
    assert_eq!(control.last_error(), 0x8004_0000 + 10061);
    assert_eq!(control.state(), State::Disconnected);
}

#[test]
fn without_a_user_it_stops_before_login_which_can_come_later() {
    let _guard = guard();
    let server = server([]);
    let control = control(&server);
    control.set_user_name("");
    let log = Log::of(&control);
    plain(&control).unwrap();
    assert_eq!(control.state(), State::Connected);
    assert!(log.only("warning").is_empty(), "nothing secret was sent yet");
    assert!(control.capability().unwrap().to_ascii_lowercase().contains("imap4rev1"));
    assert_eq!(code(control.select_mailbox("INBOX")), ErrorCode::NotAuthenticated);
    assert_eq!(code(control.login(None, None, None)), ErrorCode::InvalidArgument, "still no user");
    control.login(Some("me"), Some("secret"), Some(AuthType::Plain)).unwrap();
    assert_eq!(control.state(), State::Idle);
    assert_eq!(log.only("warning").len(), 1);
    assert_eq!(code(control.login(Some("me"), None, None)), ErrorCode::AlreadyAuthenticated);
    control.select_mailbox("INBOX").unwrap();
}

#[test]
fn connecting_while_connected_leaves_the_session_as_it_is() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = connected(&server);
    control.select_mailbox("INBOX").unwrap();
    assert_eq!(code(plain(&control)), ErrorCode::AlreadyConnected);
    assert_eq!((control.mailbox_name(), control.message_count()), ("INBOX".into(), 1));
    control.check_mailbox().unwrap();
}

#[test]
fn a_wrong_password_closes_everything_again() {
    let _guard = guard();
    let server = server([]);
    let control = control(&server);
    let log = Log::of(&control);
    let refused = control.connect(None, None, None, Some("wrong"), None, None).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::LoginRejected);
    assert!(!refused.text().contains("wrong"), "{refused}");
    assert!(!control.is_connected());
    assert_eq!(log.only("error"), ["error LOGIN_REJECTED"]);
    assert!(log.only("disconnect").is_empty() && log.only("connect").is_empty());
    plain(&control).expect("and it can be tried again");
}

#[test]
fn a_login_that_is_put_off_is_no_matter_of_the_password() {
    let _guard = guard();
    for answer in ["NO [ALERT] Too many simultaneous connections. (Failure)", "NO [UNAVAILABLE] Temporary failure"] {
        let (_peer, control) = peer(move |conn| {
            conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
            let tag = conn.expect("LOGIN me secret")?;
            conn.send(format!("{tag} {answer}\r\n"))
        });
        assert_eq!(code(plain(&control)), ErrorCode::Throttled, "{answer}");
    }
}

#[test]
fn every_way_to_log_in_that_the_server_offers_works() {
    let _guard = guard();
    let server = server([]);
    for auth_type in [AuthType::Login, AuthType::Plain, AuthType::Auto] {
        let control = control(&server);
        control.set_auth_type(auth_type);
        plain(&control).unwrap_or_else(|error| panic!("{auth_type:?}: {error}"));
    }
    for auth_type in
        [AuthType::CramMd5, AuthType::ScramSha1, AuthType::ScramSha256, AuthType::External, AuthType::Anonymous]
    {
        let control = control(&server);
        control.set_auth_type(auth_type);
        assert_eq!(code(plain(&control)), ErrorCode::MechanismUnavailable, "{auth_type:?}");
    }
}

#[test]
fn a_token_is_sent_as_a_token() {
    let _guard = guard();
    for (auth_type, mechanism) in [(AuthType::XOAuth2, "XOAUTH2"), (AuthType::OAuthBearer, "OAUTHBEARER")] {
        let (peer, control) = peer(move |conn| {
            conn.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER] ready\r\n")?;
            let (tag, line) = conn.expect_line()?;
            assert!(line.starts_with(&format!("AUTHENTICATE {mechanism} ")), "{line}");
            conn.send(format!("{tag} NO [AUTHENTICATIONFAILED] expired\r\n"))
        });
        control.set_bearer_token("ya29.token");
        control.set_auth_type(auth_type);
        assert_eq!((control.bearer_token(), control.password()), ("ya29.token".into(), "ya29.token".into()));
        assert_eq!(code(plain(&control)), ErrorCode::TokenRejected);
        peer.join().unwrap();
    }
}

#[test]
fn t028_a_password_does_not_go_where_login_is_disabled() {
    let _guard = guard();
    for auth_type in [AuthType::Login, AuthType::Plain, AuthType::Auto] {
        let (peer, control) = peer(|conn| {
            conn.send("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED AUTH=PLAIN] ready\r\n")?;
            conn.expect_eof()
        });
        control.set_auth_type(auth_type);
        assert_eq!(code(plain(&control)), ErrorCode::SecureConnectionRequired, "{auth_type:?}");
        let sent = peer.join().unwrap();
        assert!(sent.client_bytes().is_empty(), "{:?}", String::from_utf8_lossy(&sent.client_bytes()));
    }
}

#[test]
fn t028_a_mechanism_that_fails_is_no_matter_of_tls() {
    let _guard = guard();
    let (_peer, control) = peer(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=CRAM-MD5] ready\r\n")?;
        let tag = conn.expect("AUTHENTICATE CRAM-MD5")?;
        conn.send(format!("{tag} OK too soon\r\n"))?;
        conn.expect_eof()
    });
    control.set_auth_type(AuthType::CramMd5);
    assert_eq!(code(plain(&control)), ErrorCode::MechanismUnavailable);
}

#[test]
fn a_program_can_stop_its_password_from_going_out() {
    let _guard = guard();
    let (peer, control) = peer(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        conn.expect_eof()
    });
    control.on_security_warning(|_, _| 1);
    assert_eq!(code(plain(&control)), ErrorCode::Cancelled);
    assert!(peer.join().unwrap().client_bytes().is_empty());
    assert!(!control.is_connected());
}

#[test]
fn preauth_counts_as_authenticated_but_not_in_clear_text() {
    let _guard = guard();
    let greet = |conn: &mut PeerConn| {
        conn.send("* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n")?;
        let _ = conn.expect_line();
        Ok(())
    };
    let (_peer, control) = peer(greet);
    assert_eq!(code(plain(&control)), ErrorCode::UnsafeServer);
    let (_peer, control) = peer(|conn| {
        conn.send("* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n")?;
        let tag = conn.expect("CAPABILITY")?;
        conn.send(format!("* CAPABILITY IMAP4rev1 X-ASKED\r\n{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, Some(Options::Tunnel)).unwrap();
    assert_eq!(control.state(), State::Idle);
    assert!(control.capability().unwrap().contains("X-ASKED"), "capabilities were asked for, not believed");
}

#[cfg(unix)]
#[test]
fn preauth_through_a_socket_needs_tunnel_as_well() {
    use std::io::{BufRead as _, BufReader, Write as _};

    let _guard = guard();
    let (_folder, path) = folder();
    let listener = std::os::unix::net::UnixListener::bind(path("imap")).unwrap();
    let serving = std::thread::spawn(move || {
        for connection in listener.incoming().take(2) {
            let mut connection = connection.unwrap();
            connection.write_all(b"* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n").unwrap();
            let lines = BufReader::new(connection.try_clone().unwrap()).lines();
            for line in lines.map_while(Result::ok) {
                let tag = line.split(' ').next().unwrap();
                let _ = write!(connection, "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n");
            }
        }
    });
    let control = Control::new();
    control.set_proxy(&format!("unix:{}", path("imap").display())).unwrap();
    assert_eq!(code(plain(&control)), ErrorCode::UnsafeServer);
    control.set_options(Options::Tunnel).unwrap();
    plain(&control).unwrap();
    assert_eq!(control.state(), State::Idle);
    drop(control);
    serving.join().unwrap();
}

#[test]
fn a_tunnel_asks_for_capabilities_after_each_change() {
    let _guard = guard();
    let (peer, control) = peer(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 X-LIE] ready\r\n")?;
        let tag = conn.expect("CAPABILITY")?;
        conn.send(format!("* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"))?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1 X-LIE] welcome\r\n"))?;
        let tag = conn.expect("CAPABILITY")?;
        conn.send(format!("* CAPABILITY IMAP4rev1 X-TRUE\r\n{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, Some(Options::Tunnel)).unwrap();
    assert_eq!(control.capability().unwrap(), "IMAP4rev1 X-TRUE");
    drop(control);
    peer.join().unwrap();
}

#[test]
fn identify_says_who_we_are_where_the_server_wants_to_know() {
    let _guard = guard();
    let (peer, control) = peer(|conn| {
        log_in(conn, "ID")?;
        let (tag, line) = conn.expect_line()?;
        assert!(line.starts_with("ID (\"name\" \"imapkit\" \"version\" "), "{line}");
        assert!(line.contains("\"vendor\"") && line.contains("\"support-url\""), "{line}");
        conn.send(format!("{tag} BAD never heard of it\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, Some(Options::Identify)).expect("a refusal is no error");
    drop(control);
    peer.join().unwrap();
    // Without the option, or without the capability, nothing is said.
    for (capabilities, options) in [("ID", Options::None), ("", Options::Identify)] {
        let (peer, control) = self::peer(move |conn| {
            log_in(conn, capabilities)?;
            conn.expect_eof()
        });
        control.connect(None, None, None, None, None, Some(options)).unwrap();
        drop(control);
        peer.join().unwrap();
    }
}

#[test]
fn coremail_is_told_before_login_too() {
    let _guard = guard();
    let (peer, control) = peer(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 ID] Coremail System IMap Server Ready(163com)\r\n")?;
        let (tag, line) = conn.expect_line()?;
        assert!(line.starts_with("ID ("), "{line}");
        conn.send(format!("* ID NIL\r\n{tag} OK done\r\n"))?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1 ID] welcome\r\n"))?;
        let (tag, line) = conn.expect_line()?;
        assert!(line.starts_with("ID ("), "{line}");
        conn.send(format!("* ID NIL\r\n{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, Some(Options::Identify)).unwrap();
    drop(control);
    peer.join().unwrap();
}

#[test]
fn t111_one_deadline_and_its_phase_is_named() {
    let _guard = guard();
    let silent = Peer::serve_fn(PeerConn::expect_eof);
    let talkative = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        let _ = conn.expect_line()?;
        conn.expect_eof()
    });
    let slow_tls = Peer::serve_fn(|conn| {
        let _ = conn.expect_line();
        Ok(())
    });
    for (peer, options, phase) in [
        (&silent, Options::None, "greeting"),
        (&talkative, Options::None, "authenticate"),
        (&slow_tls, Options::SecureImplicit | Options::TrustedSite, "tls"),
    ] {
        let control = Control::new();
        let log = Log::of(&control);
        let began = Instant::now();
        let outcome =
            control.connect(Some("127.0.0.1"), Some(peer.port()), Some("me"), Some("x"), Some(1), Some(options));
        let error = outcome.unwrap_err();
        assert_eq!(error.code(), ErrorCode::TimedOut, "{error}");
        assert!(error.text().contains(&format!("phase {phase}")), "{phase}: {error}");
        assert!(began.elapsed() >= Duration::from_millis(900));
        assert!(!control.is_connected());
        assert_eq!(log.only("timeout"), ["timeout"]);
    }
}

#[test]
fn secure_fallback_is_told_when_it_is_not_built_in() {
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let control = Control::new();
    let options = Some(Options::SecureFallback);
    let outcome = code(control.connect(Some("127.0.0.1"), Some(nobody.port()), None, None, None, options));
    // Another crate of the same build may have switched the feature on.
    assert!(matches!(outcome, ErrorCode::NotSupportedInBuild | ErrorCode::ConnectionRefused), "{outcome}");
    assert!(!cfg!(feature = "legacy-tls") || outcome == ErrorCode::ConnectionRefused);
}

#[test]
fn without_blocking_0_means_started_and_an_event_tells_the_end() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = control(&server);
    control.set_blocking(false);
    let log = Log::of(&control);
    plain(&control).unwrap();
    log.wait_for("connect");
    assert!(!control.is_blocked());
    assert_eq!(control.state(), State::Idle);
    control.select_mailbox("INBOX").unwrap();
    assert_eq!(control.message_count(), 1);
    control.disconnect().unwrap();
    control.set_password("wrong");
    plain(&control).unwrap();
    log.wait_for("error LOGIN_REJECTED");
    assert_eq!(control.last_error(), ErrorCode::LoginRejected.value());
}

#[test]
fn who_is_told_the_end_of_a_connect_can_make_the_next_call() {
    let _guard = guard();
    let server = server([]);
    for succeeds in [true, false] {
        let control = control(&server);
        control.set_blocking(false);
        control.set_password(if succeeds { "secret" } else { "wrong" });
        let (told, hear) = channel();
        let (done, wait) = channel::<()>();
        // The callback runs until the call it has caused is over.
        if succeeds {
            control.on_connect(move || {
                told.send(()).unwrap();
                i32::from(wait.recv().is_err())
            });
        } else {
            control.on_error(move |_, _| {
                told.send(()).unwrap();
                i32::from(wait.recv().is_err())
            });
        }
        plain(&control).unwrap();
        hear.recv().unwrap();
        let next = if succeeds { control.select_mailbox("INBOX") } else { control.initialize() };
        done.send(()).unwrap();
        next.unwrap();
    }
}

#[test]
fn on_connect_can_refuse_the_connection_without_blocking_too() {
    let _guard = guard();
    let server = server([]);
    let control = control(&server);
    control.set_blocking(false);
    let log = Log::of(&control);
    control.on_connect(|| 5);
    plain(&control).unwrap();
    log.wait_for("error CANCELLED");
    assert!(!control.is_connected());
}

#[test]
fn without_blocking_mistakes_are_told_at_once() {
    let control = Control::new();
    control.set_blocking(false);
    assert_eq!(code(plain(&control)), ErrorCode::InvalidArgument);
    assert!(!control.is_blocked());
}

#[test]
fn on_connect_can_refuse_the_connection() {
    let _guard = guard();
    let server = server([]);
    let control = control(&server);
    control.on_connect(|| 5);
    assert_eq!(code(plain(&control)), ErrorCode::Cancelled);
    assert!(!control.is_connected());
}

#[test]
fn identify_goes_for_a_login_that_comes_later_too() {
    let _guard = guard();
    for given in [true, false] {
        let (peer, control) = peer(|conn| {
            conn.send("* OK [CAPABILITY IMAP4rev1 ID] Coremail ready\r\n")?;
            let mut seen = Vec::new();
            while let Ok((tag, line)) = conn.expect_line() {
                seen.push(line.split(' ').next().unwrap_or_default().to_owned());
                let done = if line.starts_with("LOGIN") { "OK [CAPABILITY IMAP4rev1 ID] in" } else { "OK done" };
                conn.send(format!("{tag} {done}\r\n"))?;
            }
            assert!(seen.starts_with(&["ID".to_owned(), "LOGIN".to_owned()]), "{seen:?}");
            Ok(())
        });
        control.set_user_name("");
        if !given {
            control.set_options(Options::Identify).unwrap();
        }
        control.connect(None, None, None, None, None, given.then_some(Options::Identify)).unwrap();
        control.login(Some("me"), Some("secret"), None).unwrap();
        drop(control);
        peer.join().unwrap();
    }
}

#[test]
fn time_for_an_id_that_is_not_answered_is_time_of_the_login() {
    let _guard = guard();
    let (_peer, control) = peer(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 ID] Coremail ready\r\n")?;
        let (_, line) = conn.expect_line()?;
        assert!(line.starts_with("ID "), "{line}");
        conn.expect_eof()
    });
    let outcome = control.connect(None, None, None, None, Some(1), Some(Options::Identify));
    assert_eq!(code(outcome), ErrorCode::TimedOut, "and no password goes out");
}
