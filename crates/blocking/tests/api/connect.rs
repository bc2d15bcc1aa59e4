//! Connecting every way there is, and every way it fails.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use imapkit_blocking::dial::{Phase, Route};
use imapkit_blocking::{Config, Connector, ErrorKind, State, connect, connect_stream};
use imapkit_testkit::certs::Authority;
use imapkit_testkit::peer::Peer;

use crate::support::{guard, mail, peer, plain, server, starttls, tls, to, trust};

#[test]
fn tls_starttls_and_clear_text_on_this_machine() {
    let _guard = guard();
    let server = server([mail("one", 300)]);
    for (config, secure) in [(tls(&server), true), (starttls(&server), true), (plain(&server), false)] {
        let client = connect(&config).unwrap();
        let info = client.opened();
        assert_eq!(info.tls.is_some(), secure);
        assert!(info.opened.authenticated && info.opened.mechanism.is_some());
        assert_eq!(info.peer.map(|peer| peer.ip()), Some(server.address()));
        assert!(info.phases.iter().any(|(phase, _)| *phase == Phase::Authenticate), "{:?}", info.phases);
        assert_eq!(client.select("INBOX").unwrap().info().exists, 1);
        let (received, sent) = client.traffic();
        assert!(received > 100 && sent > 50);
        client.logout().unwrap();
    }
}

#[test]
fn a_name_is_resolved_and_raced() {
    let _guard = guard();
    let server = server([]);
    let config = Config::tls("localhost").port(server.tls_port()).tls_config(trust(server.ca_pem()));
    let client = connect(&config).unwrap();
    assert_eq!(client.state(), State::NotAuthenticated);
    assert!(client.opened().phases.iter().any(|(phase, _)| *phase == Phase::Resolve));
    let opened = client.login(imapkit_blocking::sasl::Credentials::password("me", "secret")).unwrap();
    assert!(opened.authenticated);
    assert_eq!(client.state(), State::Authenticated);
}

#[test]
fn a_password_that_is_wrong_is_an_auth_error_and_shows_nowhere() {
    let _guard = guard();
    let server = server([]);
    let config = plain(&server).login("me", "canary-8861");
    let error = connect(&config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(!format!("{error} {error:?} {config:?}").contains("canary"));
}

#[test]
fn a_certificate_of_nobody_is_refused() {
    let _guard = guard();
    let server = server([]);
    let other = Authority::new("somebody else");
    let error = connect(&tls(&server).tls_config(trust(&other.pem()))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    let error = connect(&starttls(&server).tls_config(trust(&other.pem()))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
}

#[test]
fn t051_a_host_from_srv_is_asked_for_the_certificate_of_the_mail_domain() {
    let _guard = guard();
    let server = server([]);
    // The server's certificate is for `localhost`: here the mail domain, there the hoster.
    for to in [tls(&server), starttls(&server)] {
        connect(&to.clone().certificate_name("Localhost.")).unwrap();
        let error = connect(&to.certificate_name("example.org")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
        assert!(error.to_string().contains("example.org"), "{error}");
    }
    let hoster = |config: Config, port| {
        let config = config.port(port).host_address(server.address()).tls_config(trust(server.ca_pem()));
        (connect(&config.clone()).unwrap_err().kind(), connect(&config.certificate_name("localhost")).map(drop))
    };
    let (implicit, upgraded) = (Config::tls("mail.hoster.example"), Config::starttls("mail.hoster.example"));
    for (unconfirmed, by_domain) in
        [hoster(implicit, server.tls_port()), hoster(upgraded, server.plain_port().unwrap())]
    {
        assert_eq!(unconfirmed, ErrorKind::Tls);
        by_domain.unwrap();
    }
    assert_eq!(connect(&Config::tls("192.0.2.1").certificate_name("no name")).unwrap_err().kind(), ErrorKind::Misuse);
}

#[test]
fn t027_clear_text_does_not_leave_this_machine() {
    let _guard = guard();
    let error = connect(&Config::danger_plaintext("imap.example.org").login("me", "secret")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe);
}

#[test]
fn t010_what_stands_behind_the_answer_to_starttls_ends_the_connection() {
    let _guard = guard();
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")?;
        let tag = conn.expect("STARTTLS")?;
        conn.send(format!("{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"))?;
        conn.expect_eof()
    });
    let authority = Authority::new("ca");
    let config = Config::starttls("127.0.0.1").port(peer.port()).tls_config(trust(&authority.pem()));
    let error = connect(&config.login("me", "secret")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe, "{error}");
    peer.join().unwrap();
}

#[test]
fn t111_one_deadline_whose_error_names_the_phase() {
    let _guard = guard();
    let soon = Duration::from_millis(150);
    let expect = |config: Config, phase: Phase| {
        let begun = Instant::now();
        let error = connect(&config.connect_timeout(soon)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert!(error.to_string().contains(&format!("(phase {phase})")), "{error}");
        assert!(begun.elapsed() >= soon && begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    };
    // Accepts (the kernel does) and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    expect(Config::danger_plaintext("127.0.0.1").port(port), Phase::Greeting);
    let authority = Authority::new("ca");
    expect(Config::tls("127.0.0.1").port(port).tls_config(trust(&authority.pem())), Phase::Tls);
    let proxied = Config::tls("imap.example.org").tls_config(trust(&authority.pem()));
    expect(proxied.route(Route::parse(&format!("socks5://127.0.0.1:{port}")).unwrap()), Phase::Proxy);

    let slow = Peer::setup().serve_each(2, |conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")?;
        conn.expect_line()?;
        conn.expect_eof()
    });
    let starttls = Config::starttls("127.0.0.1").port(slow.port()).tls_config(trust(&authority.pem()));
    expect(starttls, Phase::StartTls);
    expect(to(&slow), Phase::Authenticate);
    slow.join_all().unwrap();
}

#[test]
fn a_port_nobody_listens_on_is_named() {
    let _guard = guard();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = connect(&Config::danger_plaintext("127.0.0.1").port(free)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("no address could be reached: 127.0.0.1"), "{error}");
}

#[test]
fn the_server_that_says_bye_is_quoted() {
    let _guard = guard();
    let peer = Peer::serve_fn(|conn| {
        conn.send("* BYE [UNAVAILABLE] back at noon\r\n")?;
        conn.close()?;
        conn.expect_eof()
    });
    let error = connect(&to(&peer)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Bye);
    assert!(error.to_string().contains("back at noon") && error.is_retryable(), "{error}");
    peer.join().unwrap();
}

#[test]
fn a_connect_is_cancelled_from_another_thread() {
    let _guard = guard();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = Config::danger_plaintext("127.0.0.1").port(silent.local_addr().unwrap().port());
    let connector = Connector::new(&config.connect_timeout(Duration::from_secs(50))).unwrap();
    let canceller = connector.canceller();
    let connecting = std::thread::spawn(move || connector.connect());
    let (_accepted, _) = silent.accept().unwrap();
    // The client is between its connect and the greeting, whenever that is.
    while !connecting.is_finished() {
        canceller.cancel();
        std::thread::yield_now();
    }
    let outcome = connecting.join().unwrap();
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Cancelled);
}

#[test]
fn a_proxy_leads_to_the_server_and_keeps_none_of_its_bytes() {
    let _guard = guard();
    let server = server([mail("one", 300)]);
    let to = (server.address(), server.plain_port().unwrap());
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let route = format!("http://127.0.0.1:{}", proxy.local_addr().unwrap().port());
    let proxying = std::thread::spawn(move || {
        let (mut client, _) = proxy.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            std::io::Read::read_exact(&mut client, &mut byte).unwrap();
            request.push(byte[0]);
        }
        let mut there = TcpStream::connect(to).unwrap();
        let mut greeting = [0; 5];
        std::io::Read::read_exact(&mut there, &mut greeting).unwrap();
        // The answer and the first bytes of the server in one segment (C24).
        client.write_all(&[b"HTTP/1.1 200 OK\r\n\r\n", &greeting[..]].concat()).unwrap();
        let (mut from, mut back) = (there.try_clone().unwrap(), client.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut back));
        let _ = std::io::copy(&mut client, &mut there);
        let _ = there.shutdown(std::net::Shutdown::Both);
        String::from_utf8(request).unwrap()
    });
    let config = Config::danger_plaintext("imap.example.org")
        .danger_plaintext_anywhere()
        .route(Route::parse(&route).unwrap())
        .login("me", "secret");
    let client = connect(&config).unwrap();
    assert!(client.opened().peer.is_none());
    assert_eq!(client.select("INBOX").unwrap().info().exists, 1);
    drop(client);
    assert!(proxying.join().unwrap().starts_with("CONNECT imap.example.org:143 HTTP/1.1\r\n"));
}

#[cfg(unix)]
#[test]
fn streams_local_sockets_and_commands_carry_imap_too() {
    use std::os::unix::net::{UnixListener, UnixStream};
    let _guard = guard();
    let greet = |mut stream: UnixStream| {
        stream.write_all(b"* PREAUTH [CAPABILITY IMAP4rev1] hello\r\n").unwrap();
        let mut line = String::new();
        let mut reader = std::io::BufReader::new(stream.try_clone().unwrap());
        while std::io::BufRead::read_line(&mut reader, &mut line).unwrap() > 0 {
            let tag = line.split(' ').next().unwrap().to_owned();
            stream.write_all(format!("{tag} OK done\r\n").as_bytes()).unwrap();
            line.clear();
        }
    };
    let (near, _far) = UnixStream::pair().unwrap();
    let elsewhere = Config::danger_plaintext("imap.example.org").login("me", "secret");
    assert_eq!(connect_stream(&elsewhere, near).unwrap_err().kind(), ErrorKind::Unsafe, "T027");
    let (near, far) = UnixStream::pair().unwrap();
    let serving = std::thread::spawn(move || greet(far));
    near.set_nonblocking(true).unwrap();
    let client = connect_stream(&Config::tunnel("localhost"), near).unwrap();
    assert_eq!(client.opened().opened.mechanism.as_deref(), Some("PREAUTH"));
    client.noop().unwrap();
    drop(client);
    serving.join().unwrap();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("imap");
    let listener = UnixListener::bind(&path).unwrap();
    let serving = std::thread::spawn(move || greet(listener.accept().unwrap().0));
    connect(&Config::unix(&path)).unwrap().noop().unwrap();
    serving.join().unwrap();

    let script = "echo '* PREAUTH [CAPABILITY IMAP4rev1] hello'; read tag noop; echo $tag OK done; cat >/dev/null";
    let command = format!("command:sh -c \"{script}\"");
    let client = connect(&Config::tunnel("localhost").route(Route::parse(&command).unwrap())).unwrap();
    client.noop().unwrap();
    drop(client);
    let broken = Route::parse("command:sh -c 'echo no such user >&2; exit 3'").unwrap();
    let error = connect(&Config::tunnel("localhost").route(broken)).unwrap_err();
    assert!(error.to_string().contains("no such user"), "{error}");
}

#[test]
fn a_trace_shows_all_but_secrets() {
    let _guard = guard();
    let (peer, config) = peer(Peer::setup(), "", |conn| {
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&lines);
    let client = connect(&config.trace(move |line| seen.lock().unwrap().push(line.text.to_string()))).unwrap();
    client.noop().unwrap();
    drop(client);
    peer.join().unwrap();
    let lines = lines.lock().unwrap().join("\n");
    assert!(lines.contains("LOGIN ***") && lines.contains("NOOP") && !lines.contains("secret"), "{lines}");
}
