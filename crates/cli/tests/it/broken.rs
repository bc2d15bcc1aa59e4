//! `doctor` where things do not work: each fault is named, as much as can be seen is shown, and no secret is said. T039, T040–T047, T111.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use imapkit_testkit::certs::{Authority, Identity, Subject, Validity};
use imapkit_testkit::peer::Peer;

use crate::bench::{Bench, Ran, bare, ran, scripted, serve};

const GREETING: &str = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready";

fn doctor(place: &str, more: &[&str]) -> Ran {
    let mut command = bare(&["doctor", place]);
    command.args(more).env("IMAPKIT_PASSWORD", "hunter2");
    let ran = ran(command);
    assert!(!ran.text().contains("hunter2") && !ran.err.contains("hunter2"), "{ran:?}");
    ran
}

fn says(ran: &Ran, parts: &[&str]) {
    // Lines are broken to fit: compare without breaks.
    let text = ran.text().split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(text.contains(part), "{part}: {ran:?}");
    }
}

#[test]
fn what_does_not_work_is_1_and_as_much_as_can_be_known_is_told() {
    let bench = Bench::new();
    let mut command = bench.command(&["doctor", &bench.place("")]);
    command.env("IMAPKIT_PASSWORD", "wrong");
    let password = ran(command).exits(1);
    says(&password, &["TLS 1.3", "refused the password for demo"]);
    let closed = doctor("ann@127.0.0.1:1", &[]).exits(1);
    says(&closed, &["connection refused", "nothing listens there"]);
    let unknown = doctor("ann@no-such-host.invalid", &["--no-discover"]).exits(1);
    says(&unknown, &["no-such-host.invalid", "looked up provider table", "guess"]);
    says(&doctor("ann@imap.no-such-host.invalid", &[]).exits(1), &["does not resolve"]);
}

#[test]
fn t039_other_protocols_are_named() {
    for (greeting, name) in
        [("220 mail.example.org ESMTP ready", "SMTP"), ("+OK POP3 ready", "POP3"), ("SSH-2.0-OpenSSH_9.9", "SSH")]
    {
        let place = scripted(greeting, |_| String::new());
        let port = place.rsplit(':').next().unwrap().to_owned();
        for place in
            [place.clone(), format!("imap+starttls://ann@127.0.0.1:{port}"), format!("imaps://ann@127.0.0.1:{port}")]
        {
            let ran = doctor(&place, &[]).exits(1);
            says(&ran, &[&format!("port {port} of 127.0.0.1 speaks {name}, not IMAP"), "993 (imaps://)"]);
        }
    }
}

/// Says nothing before it has heard a line or a TLS hello, as web servers do.
fn web_server() -> u16 {
    let peer = Peer::setup().patience(std::time::Duration::from_mins(1)).serve_each(12, |conn| {
        conn.read_bytes(5)?;
        conn.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")?;
        conn.close()
    });
    peer.port()
}

#[test]
fn t039_a_web_server_waits_to_be_spoken_to_and_is_named_all_the_same() {
    let port = web_server();
    for scheme in ["imap+starttls", "imaps"] {
        let ran = doctor(&format!("{scheme}://ann@127.0.0.1:{port}"), &[]).exits(1);
        says(&ran, &[&format!("port {port} of 127.0.0.1 speaks HTTP, not IMAP")]);
    }
}

#[test]
fn t039_imap_the_other_way_round_is_named_with_the_url_to_use() {
    let bench = Bench::new();
    let (tls, plain) = (bench.server.tls_port(), bench.server.plain_port().unwrap());
    let ran = bench.run(&["doctor", &format!("imap+starttls://demo@localhost:{tls}")]).exits(1);
    says(&ran, &["speaks TLS from the first octet", &format!("use imaps://localhost:{tls}")]);
    let ran = bench.run(&["doctor", &format!("imaps://demo@localhost:{plain}")]).exits(1);
    says(&ran, &["speaks IMAP in clear text at first", &format!("use imap+starttls://localhost:{plain}")]);
}

#[test]
fn nobody_greets_and_nobody_answers() {
    let silent = Peer::setup().serve_each(12, imapkit_testkit::peer::PeerConn::drain);
    let ran = doctor(&format!("imap+insecure://ann@127.0.0.1:{}", silent.port()), &["--timeout", "1"]).exits(1);
    says(&ran, &["greeting", "the network or the server is too slow"]);
    // A listener whose queue is full takes no more: packets fall into a black hole.
    let hole = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = hole.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, std::time::Duration::from_millis(300)) {
        waiting.push(stream);
        assert!(waiting.len() < 10_000, "this system's queues have no end");
    }
    let ran = doctor(&format!("ann@127.0.0.1:{}", address.port()), &["--timeout", "1"]).exits(1);
    says(&ran, &["no answer within 1.0 s", "a firewall, this machine's network, or a server that is down"]);
}

/// A server with this certificate that notes all it hears.
fn with_certificate(identity: &Identity) -> (u16, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&heard);
    let port = serve(Peer::setup().implicit_tls(identity.server_config()), GREETING, move |command| {
        notes.lock().unwrap().push(command.to_owned());
        match command {
            "LOGOUT" => "* BYE\r\n# OK\r\n!".to_owned(),
            _ => "# BAD what\r\n".to_owned(),
        }
    });
    (port, heard)
}

#[test]
fn t040_to_t046_bad_certificates_are_described_and_nothing_is_said_to_them() {
    let ours = Authority::new("ours");
    let subject = Subject::new(&["localhost"]);
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, ours.pem()).unwrap();
    for (identity, problem, advice) in [
        (ours.issue(&subject.clone().validity(Validity::Expired)), "expired on 2001-01-01", "has to renew it"),
        (ours.issue(&Subject::new(&["imap.example.org"])), "it names imap.example.org", "connect to that name"),
        (Authority::new("theirs").issue(&subject), "issued by an unknown authority (CN=theirs)", "--ca-file PEM"),
        (Identity::self_signed(&subject), "is self-signed and not trusted", "--pin "),
    ] {
        let (port, heard) = with_certificate(&identity);
        let ran = doctor(&format!("ann@localhost:{port}"), &["--ca-file", ca.to_str().unwrap()]).exits(1);
        says(
            &ran,
            &[
                problem,
                advice,
                "not valid",
                "TLS 1.3",
                "accepts any certificate and says nothing of the account",
                "not tried: the certificate was refused",
                "greeting ready",
                "AUTH=PLAIN",
            ],
        );
        let heard = heard.lock().unwrap();
        assert!(heard.iter().all(|command| command == "LOGOUT"), "{heard:?}");
    }
}

#[test]
fn t052_a_server_whose_certificate_is_refused_sees_no_client_certificate() {
    let clients = Authority::new("clients");
    let demanding = Identity::self_signed(&Subject::new(&["localhost"])).server_config_demanding(&clients);
    let port = serve(Peer::setup().implicit_tls(demanding), GREETING, |_| "* BYE\r\n# OK\r\n!".to_owned());
    let me = clients.issue_for(&["ann"]);
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine.pem");
    std::fs::write(&mine, format!("{}{}", me.pem(), me.key_pem())).unwrap();
    let ran = doctor(&format!("ann@localhost:{port}"), &["--client-cert", mine.to_str().unwrap()]).exits(1);
    says(&ran, &["is self-signed and not trusted", "nothing was sent"]);
    assert!(!ran.text().contains("greeting"), "who shows no certificate is not greeted: {ran:?}");
}

#[test]
fn a_server_without_starttls_is_unsafe_and_told_so() {
    let place = scripted("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready", |_| "# BAD no\r\n".to_owned());
    let place = place.replace("imap+insecure", "imap+starttls");
    says(&doctor(&place, &[]).exits(1), &["offers no STARTTLS", "nothing was sent"]);
}

#[test]
fn the_way_to_log_in_that_is_told_is_the_one_that_is_taken() {
    let place =
        scripted("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=SCRAM-SHA-256 SASL-IR] ready", |command| match command {
            "LOGOUT" => "* BYE\r\n# OK\r\n!".to_owned(),
            _ => "# NO no\r\n".to_owned(),
        });
    says(&doctor(&place, &[]).exits(1), &["with a password SCRAM-SHA-256"]);
    says(&doctor(&place, &["--auth", "PLAIN"]).exits(1), &["with a password PLAIN: told in clear text"]);
}

#[test]
fn a_refused_login_has_its_cause() {
    let answer = |command: &str| match command {
        "LOGOUT" => "* BYE\r\n# OK\r\n!".to_owned(),
        _ => "# NO [ALERT] Application-specific password required\r\n".to_owned(),
    };
    let ran = doctor(&scripted(GREETING, answer), &[]).exits(1);
    says(&ran, &["wants an app password", "make an app password", "failed (app-password)", "greeting ready"]);
}

#[test]
fn a_server_that_dies_in_the_middle_is_shown_with_its_last_lines() {
    let answer = |command: &str| match command.split(' ').next() {
        Some("AUTHENTICATE") => "# OK [CAPABILITY IMAP4rev1 NAMESPACE] in\r\n".to_owned(),
        Some("NAMESPACE") => "* NAMESPACE NIL NIL NIL\r\n# OK\r\n".to_owned(),
        Some("LIST") => "* LIST () \"/\" INBOX\r\n!".to_owned(),
        Some("LOGOUT") => "* BYE\r\n# OK\r\n!".to_owned(),
        _ => "# BAD what\r\n".to_owned(),
    };
    let ran = doctor(&scripted(GREETING, answer), &[]).exits(1);
    says(
        &ran,
        &["PLAIN as ann", "broke while looking at the account", "The last lines", "AUTHENTICATE ***", "S: * LIST ()"],
    );
}

#[test]
fn a_server_that_leaves_during_the_trials_is_not_called_good() {
    let answer = |command: &str| match command.split(' ').next() {
        Some("AUTHENTICATE") => "# OK [CAPABILITY IMAP4rev1] in\r\n".to_owned(),
        Some("LIST") => "* LIST () \"/\" INBOX\r\n# OK\r\n".to_owned(),
        Some("NOOP") => "* BYE going down\r\n!".to_owned(),
        _ => "# OK\r\n".to_owned(),
    };
    let ran = doctor(&scripted(GREETING, answer), &[]).exits(1);
    says(&ran, &["ended the connection while trying what the server offers", "going down"]);
}

#[test]
fn odd_lines_and_alerts_are_shown_as_they_came_and_cost_nothing() {
    let answer = |command: &str| match command.split(' ').next() {
        Some("AUTHENTICATE") => "* LIST (((\r\n# OK [ALERT] Back up your mail\r\n".to_owned(),
        Some("CAPABILITY") => "* CAPABILITY IMAP4rev1\r\n# OK\r\n".to_owned(),
        Some("LIST") => "* LIST () \"/\" INBOX\r\n* HUH \u{1b}[2J what\r\n* 12 GARBAGE )(\r\n# OK\r\n".to_owned(),
        Some("EXAMINE") => "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] \r\n# OK [READ-ONLY]\r\n".to_owned(),
        Some("STATUS") => "* STATUS INBOX (UIDVALIDITY 7 MESSAGES 0)\r\n# OK\r\n".to_owned(),
        Some("LOGOUT") => "* BYE\r\n# OK\r\n!".to_owned(),
        _ => "# OK\r\n".to_owned(),
    };
    let ran = doctor(&scripted(GREETING, answer), &[]).exits(2);
    says(
        &ran,
        &[
            "Against the rules",
            "* LIST (((",
            "* HUH \\x1b[2J what",
            "* 12 GARBAGE )(",
            "the server broke the rules",
            "alert Back up your mail",
        ],
    );
    assert!(!ran.text().contains('\u{1b}'));
}

#[test]
fn t010_what_stands_behind_the_ok_to_starttls_is_found_out_without_a_login() {
    let answer = |command: &str| match command {
        "STARTTLS" => "# OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=INJECTED\r\n".to_owned(),
        _ => "# BAD no\r\n".to_owned(),
    };
    let place = scripted("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready", answer);
    let port = place.rsplit(':').next().unwrap();
    let bench = Bench::new();
    let ran = bench.run(&["doctor", &bench.place(""), "--starttls-port", port]).exits(2);
    says(&ran, &[&format!("warning: STARTTLS on port {port} does not work"), "PLAIN as demo"]);
    assert!(!ran.text().contains("INJECTED"), "{ran:?}");
}

#[test]
fn what_is_offered_before_tls_is_asked_for_where_the_greeting_does_not_tell() {
    let identity = Identity::self_signed(&Subject::new(&["localhost"]));
    let peer = Peer::setup().tls(identity.server_config()).patience(std::time::Duration::from_mins(1));
    let peer = peer.serve_each(12, |conn| {
        conn.send("* OK ready\r\n")?;
        let mut starttls = " STARTTLS";
        loop {
            let (tag, command) = conn.expect_line()?;
            conn.send(match command.as_str() {
                "CAPABILITY" => format!("* CAPABILITY IMAP4rev1 AUTH=PLAIN{starttls}\r\n{tag} OK\r\n"),
                "STARTTLS" => format!("{tag} OK\r\n"),
                "LOGOUT" => format!("* BYE\r\n{tag} OK\r\n"),
                _ => format!("{tag} BAD what\r\n"),
            })?;
            match command.as_str() {
                "STARTTLS" => conn.start_tls()?,
                "LOGOUT" => return conn.close(),
                _ => continue,
            }
            starttls = "";
        }
    });
    let place = format!("imap+starttls://localhost:{}", peer.port());
    let ran = doctor(&place, &["--trusted-site"]).exits(2);
    says(&ran, &["the server takes passwords before TLS"]);
    let objects = doctor(&place, &["--trusted-site", "--json"]).objects();
    assert_eq!(objects[0]["capabilities"]["before_tls"], serde_json::json!(["IMAP4rev1", "AUTH=PLAIN", "STARTTLS"]));
}

#[cfg(unix)]
#[test]
fn a_local_socket_is_no_clear_text_and_has_no_addresses() {
    use std::os::unix::net::UnixListener;
    let place = scripted(GREETING, |command| match command.split(' ').next() {
        Some("AUTHENTICATE") => "# OK [CAPABILITY IMAP4rev1] in\r\n".to_owned(),
        Some("CAPABILITY") => "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n# OK\r\n".to_owned(),
        Some("LIST") => "* LIST () \"/\" INBOX\r\n# OK\r\n".to_owned(),
        Some("EXAMINE") => "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] \r\n# OK [READ-ONLY]\r\n".to_owned(),
        Some("LOGOUT") => "* BYE\r\n# OK\r\n!".to_owned(),
        _ => "# OK\r\n".to_owned(),
    });
    let port: u16 = place.rsplit(':').next().unwrap().parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("imap");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            let far = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (mut out, mut back) = (far.try_clone().unwrap(), near.try_clone().unwrap());
            let (mut near, mut far) = (near, far);
            std::thread::spawn(move || std::io::copy(&mut near, &mut out));
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut far, &mut back);
                let _ = back.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    let way = format!("unix:{}", path.display());
    let ran = doctor("imap+insecure://ann@localhost", &["--proxy", &way]).exits(2);
    says(
        &ran,
        &["by a local socket or a command", "PLAIN as ann: the best offered for a password; nobody else can listen"],
    );
    says(&ran, &["with a password PLAIN: the best offered for a password; nobody else can listen"]);
    assert!(!ran.text().contains("within TLS"), "{ran:?}");
    // Without a name the server has to know who we are.
    let unknown = doctor("imap+insecure://localhost", &["--proxy", &way]).exits(1);
    says(&unknown, &["does not know who we are", "--user NAME"]);
    assert!(!ran.text().contains("nothing is encrypted") && !ran.text().contains("addresses"), "{ran:?}");
}
