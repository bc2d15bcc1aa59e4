//! Ways to connect, and the errors of those that fail: kind, phase, nothing sent. T027, T109, T111.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use imapkit::dial::{Phase, Route};
use imapkit::{Config, ErrorKind, Event};
use imapkit_testkit::canary::contains_secret;
use imapkit_testkit::peer::{Peer, PeerConn};

use crate::support::{over, peer, plain, server, soon, tls, trust};

#[tokio::test]
async fn tls_and_starttls() {
    let server = server([]);
    let client = soon(imapkit::connect(&tls(&server))).await.unwrap();
    let info = client.opened();
    assert!(info.opened.authenticated && info.tls.is_some() && info.peer.is_some());
    let phases: Vec<_> = info.phases.iter().map(|(phase, _)| *phase).collect();
    assert!(phases.contains(&Phase::Tls) && phases.contains(&Phase::Greeting), "{phases:?}");
    let config = Config::starttls("localhost")
        .port(server.plain_port().unwrap())
        .host_address(server.address())
        .tls_config(trust(&server))
        .login("me", "secret");
    let client = soon(imapkit::connect(&config)).await.unwrap();
    assert!(client.opened().tls.is_some() && client.opened().opened.authenticated);
    soon(client.noop()).await.unwrap();
}

#[tokio::test]
async fn names_are_resolved_and_raced() {
    let peer = peer(PeerConn::drain);
    let config = Config::danger_plaintext("localhost").port(peer.port()).login("me", "secret");
    let client = soon(imapkit::connect(&config)).await.unwrap();
    assert_eq!(client.opened().peer.map(|peer| peer.ip().is_loopback()), Some(true));
    drop(client);
    over(peer).await;
}

#[tokio::test]
async fn an_unknown_authority_is_refused_before_anything_is_said() {
    let server = server([]);
    let config = Config::tls("localhost").port(server.tls_port()).login("me", "secret");
    let config = config.tls_config(
        imapkit::transport::TlsConfig::builder()
            .authorities_pem(imapkit_testkit::certs::Authority::new("other").pem().as_bytes())
            .roots(imapkit::transport::Roots::Given)
            .build()
            .unwrap(),
    );
    let error = soon(imapkit::connect(&config)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
}

#[tokio::test]
async fn t027_clear_text_stays_on_this_machine() {
    for host in ["imap.example.org", "192.0.2.1", "localhost.example.org"] {
        let error = soon(imapkit::connect(&Config::danger_plaintext(host).login("me", "secret"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsafe, "{host}: {error}");
    }
    let elsewhere = Config::danger_plaintext("imap.example.org").login("me", "secret");
    let (stream, _far) = tokio::io::duplex(64);
    assert_eq!(
        soon(imapkit::connect_stream(&elsewhere, stream)).await.err().map(|error| error.kind()),
        Some(ErrorKind::Unsafe)
    );
    let elsewhere = Config::danger_plaintext("localhost").host_address("192.0.2.1".parse().unwrap());
    assert_eq!(soon(imapkit::connect(&elsewhere)).await.unwrap_err().kind(), ErrorKind::Unsafe);
    let bad = Config::tls("not a host");
    assert_eq!(soon(imapkit::connect(&bad)).await.unwrap_err().kind(), ErrorKind::Misuse);
}

#[tokio::test]
async fn t111_one_deadline_and_the_phase_that_used_it_up() {
    let stalls = [
        (Peer::serve_fn(PeerConn::drain), "greeting"),
        (
            Peer::serve_fn(|conn| {
                conn.send("* OK hello\r\n")?;
                conn.expect("CAPABILITY")?;
                conn.drain()
            }),
            "greeting",
        ),
        (
            Peer::serve_fn(|conn| {
                conn.send("* OK [CAPABILITY IMAP4rev1] hello\r\n")?;
                conn.expect("LOGIN me secret")?;
                conn.drain()
            }),
            "authenticate",
        ),
    ];
    for (peer, phase) in stalls {
        let config = plain(&peer).connect_timeout(Duration::from_millis(300));
        let error = soon(imapkit::connect(&config)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(error.to_string().contains(&format!("phase {phase}")), "{error}");
        over(peer).await;
    }
    let peer = Peer::serve_fn(PeerConn::drain);
    let config = Config::tls("127.0.0.1").port(peer.port()).connect_timeout(Duration::from_millis(300));
    let config = config.tls_config(trust(&server([])));
    let error = soon(imapkit::connect(&config)).await.unwrap_err();
    assert!(error.to_string().contains("phase tls"), "{error}");
    over(peer).await;
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n")?;
        conn.expect("STARTTLS")?;
        conn.drain()
    });
    let config = Config::starttls("127.0.0.1").port(peer.port()).connect_timeout(Duration::from_millis(300));
    let config = config.tls_config(trust(&server([])));
    let error = soon(imapkit::connect(&config)).await.unwrap_err();
    assert!(error.to_string().contains("phase starttls"), "{error}");
    over(peer).await;
}

#[tokio::test]
async fn nobody_listens() {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = soon(imapkit::connect(&Config::danger_plaintext("127.0.0.1").port(port))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("127.0.0.1") && error.is_retryable(), "{error}");
}

#[tokio::test]
async fn a_stream_of_the_callers_with_preauth() {
    let (ours, theirs) = tokio::io::duplex(4096);
    let server = tokio::spawn(async move {
        use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
        let mut theirs = BufReader::new(theirs);
        theirs.write_all(b"* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n").await.unwrap();
        let mut line = String::new();
        theirs.read_line(&mut line).await.unwrap();
        let tag = line.split(' ').next().unwrap().to_owned();
        assert!(line.ends_with(" CAPABILITY\r\n") || line.ends_with(" NOOP\r\n"), "{line}");
        theirs.write_all(format!("{tag} OK done\r\n").as_bytes()).await.unwrap();
        line.clear();
        assert_eq!(theirs.read_line(&mut line).await.unwrap(), 0, "closed without a word, but: {line}");
    });
    let (client, driver) =
        soon(imapkit::connect_stream(&Config::tunnel("localhost").identify([("", ""); 0]), ours)).await.unwrap();
    let driver = tokio::spawn(driver);
    assert_eq!(client.opened().opened.mechanism.as_deref(), Some("PREAUTH"));
    soon(client.noop()).await.unwrap();
    client.close();
    assert_eq!(soon(driver).await.unwrap().kind(), ErrorKind::Closed);
    soon(server).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_and_its_last_words() {
    const SCRIPT: &str = r#"
        printf '* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n'
        read tag rest; printf "$tag OK done\r\n"
        read tag rest; echo out of memory >&2; exit 3"#;
    let file = std::env::temp_dir().join(format!("imapkit-tunnel-{}.sh", std::process::id()));
    std::fs::write(&file, SCRIPT).unwrap();
    let route = Route::parse(&format!("command:sh {}", file.display())).unwrap();
    let config = Config::tunnel("localhost").route(route).identify([("", ""); 0]);
    let client = soon(imapkit::connect(&config)).await.unwrap();
    soon(client.noop()).await.unwrap();
    let error = soon(client.noop()).await.unwrap_err();
    assert!(error.to_string().contains("out of memory"), "{error}");
    std::fs::remove_file(&file).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_local_socket() {
    use tokio::io::AsyncWriteExt;
    let path = std::env::temp_dir().join(format!("imapkit-{}.sock", std::process::id()));
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n").await.unwrap();
        stream
    });
    let client = soon(imapkit::connect(&Config::unix(&path))).await.unwrap();
    assert_eq!(client.opened().opened.mechanism.as_deref(), Some("PREAUTH"));
    drop((client, server));
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn a_proxy_that_speaks_before_the_server_does() {
    let peer = Peer::serve_fn(|conn| {
        conn.expect_bytes("CONNECT 127.0.0.1:143 HTTP/1.1\r\n")?;
        while conn.expect_line()? != (String::new(), String::new()) {}
        // The greeting comes with the proxy's reply: it must not be lost (C24).
        conn.send("HTTP/1.1 200 fine\r\n\r\n* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"))?;
        conn.drain()
    });
    let route = Route::parse(&format!("http://127.0.0.1:{}", peer.port())).unwrap();
    let config = Config::danger_plaintext("127.0.0.1").danger_plaintext_anywhere().route(route).login("me", "secret");
    let client = soon(imapkit::connect(&config)).await.unwrap();
    assert!(client.opened().opened.authenticated);
    drop(client);
    over(peer).await;
}

#[tokio::test]
async fn t109_no_secret_in_trace_errors_and_debug() {
    const SECRET: &str = "canary-7f3a-hunter2";
    let lines = Arc::new(Mutex::new(String::new()));
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        let (tag, _) = conn.expect_line()?;
        conn.send(format!("{tag} NO [AUTHENTICATIONFAILED] wrong\r\n"))?;
        conn.drain()
    });
    let trace = Arc::clone(&lines);
    let config = Config::danger_plaintext("127.0.0.1")
        .port(peer.port())
        .login("me", SECRET)
        .trace(move |line| trace.lock().unwrap().push_str(&line.text));
    let error = soon(imapkit::connect(&config)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    let seen = format!("{error} {error:?} {config:?} {}", lines.lock().unwrap());
    assert!(seen.contains("LOGIN") && !contains_secret(&seen, SECRET), "{seen}");
    over(peer).await;
}

#[tokio::test]
async fn login_later_and_the_last_event() {
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"))?;
        conn.send("* BYE maintenance\r\n")?;
        conn.close()?;
        conn.drain()
    });
    let config = Config::danger_plaintext("127.0.0.1").port(peer.port());
    let client = soon(imapkit::connect(&config)).await.unwrap();
    assert!(!client.opened().opened.authenticated);
    assert_eq!(soon(client.select("INBOX")).await.unwrap_err().kind(), ErrorKind::Misuse);
    let mut events = client.events();
    let credentials = imapkit::sasl::Credentials::password("me", "secret");
    assert!(soon(client.login(credentials)).await.unwrap().authenticated);
    let mut last = None;
    while let Some(event) = soon(events.next()).await {
        last = Some(event);
    }
    let Some(Event::Closed(error)) = last else { panic!("{last:?}") };
    assert_eq!((error.kind(), client.error().map(|error| error.kind())), (ErrorKind::Bye, Some(ErrorKind::Bye)));
    over(peer).await;
}

#[tokio::test]
async fn what_is_said_while_connecting_is_kept() {
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1] hello\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send("* LIST (((\r\n")?;
        conn.send(format!("{tag} OK [ALERT] back up your mail\r\n"))?;
        let tag = conn.expect("CAPABILITY")?;
        conn.send(format!("* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"))?;
        conn.drain()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let heard = &client.opened().heard;
    let odd = heard.iter().any(|event| matches!(event, Event::Warning(odd) if odd.raw.starts_with(b"* LIST (((")));
    let alert = heard.iter().any(|event| matches!(event, Event::Alert { text, .. } if &**text == "back up your mail"));
    assert!(odd && alert, "{heard:?}");
    drop(client);
    over(peer).await;
}
