//! From connecting to being logged in: greeting, TLS, STARTTLS, LOGIN, AUTHENTICATE, LOGOUT, and the start and stop of
//! a server.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use imapkit_server::{Capability, Config, Mailbox, Message, Server, User};

use crate::client::{self, Client};

fn capabilities(client: &mut Client) -> Vec<String> {
    let lines = client.run("CAPABILITY").ok().lines();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    line.strip_prefix("* CAPABILITY ").unwrap().split(' ').map(str::to_owned).collect()
}

fn has(offered: &[String], token: &str) -> bool {
    offered.iter().any(|have| have == token)
}

/// One line, byte by byte, so that nothing behind it is swallowed.
fn read_line(stream: &mut impl Read) -> String {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while !line.ends_with(b"\r\n") {
        stream.read_exact(&mut byte).unwrap();
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}

#[test]
fn passwords_wait_for_tls() {
    let server = Server::start(Config::default()).unwrap();
    let mut client = Client::plain(&server);
    let offered = capabilities(&mut client);
    assert!(has(&offered, "STARTTLS") && has(&offered, "LOGINDISABLED"), "{offered:?}");
    assert!(!offered.iter().any(|token| token.starts_with("AUTH=")), "{offered:?}");
    client.run("LOGIN demo demo").tagged("NO [PRIVACYREQUIRED]");
    client.run("AUTHENTICATE PLAIN AGRlbW8AZGVtbw==").tagged("NO [PRIVACYREQUIRED]");
    client.run("LOGOUT").ok().says(&["* BYE Logging out"]);
    assert!(client.is_closed());
}

#[test]
fn starttls_then_login() {
    let server = Server::start(Config::default()).unwrap();
    let mut stream = client::connect_plain(&server);
    read_line(&mut stream);
    // The second command is said in the clear and must not be answered in private.
    stream.write_all(b"s STARTTLS\r\nx CAPABILITY\r\n").unwrap();
    assert!(read_line(&mut stream).starts_with("s OK"));
    let mut client = Client::new(client::tls(&server, stream, "localhost"));
    let offered = capabilities(&mut client);
    assert!(has(&offered, "AUTH=PLAIN") && !has(&offered, "STARTTLS"), "{offered:?}");
    client.run("STARTTLS").tagged("BAD");
    client.run("LOGIN demo demo").tagged("OK [CAPABILITY ");
    assert!(has(&capabilities(&mut client), "IDLE"));
    client.run("STARTTLS").tagged("BAD");
    client.run("LOGIN demo demo").tagged("BAD Already");
}

#[test]
fn tls_from_the_start_under_every_name() {
    let server = Server::start(Config::empty().user(User::new("u", "p"))).unwrap();
    for name in ["localhost", "127.0.0.1", "::1"] {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.tls_port())).unwrap();
        let mut client = Client::new(client::tls(&server, stream, name));
        assert!(client.line().starts_with("* OK [CAPABILITY "), "{name}");
        client.run("LOGIN u p").ok();
        client.run("LOGOUT").ok();
    }
}

#[test]
fn another_authority_is_not_trusted() {
    let (server, other) = (client::server(|user| user), client::server(|user| user));
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.tls_port())).unwrap();
    let error = client::tls(&other, stream, "localhost").read(&mut [0]).unwrap_err();
    assert!(error.to_string().contains("invalid peer certificate"), "{error}");
}

#[test]
fn login_takes_every_form_of_string() {
    let server = client::server(|user| user);
    for command in ["LOGIN \"u\" \"p\"", "login {1+}\r\nu {1+}\r\np", "LOGIN u {1+}\r\np"] {
        Client::plain(&server).run(command).tagged("OK [CAPABILITY ");
    }
    let mut client = Client::plain(&server);
    let tag = client.start("LOGIN {1}");
    assert!(client.line().starts_with("+ "));
    client.send("u {1}\r\n");
    assert!(client.line().starts_with("+ "));
    client.send("p\r\n");
    client.finish(&tag).ok();
}

#[test]
fn wrong_passwords_are_refused_and_forgotten() {
    let server = client::server(|user| user);
    let mut client = Client::plain(&server);
    for command in ["LOGIN u wrong", "LOGIN nobody p", "LOGIN u \"\"", "LOGIN {2+}\r\n\u{e9} p"] {
        client.run(command).tagged("NO [AUTHENTICATIONFAILED]");
    }
    client.run("LIST \"\" *").tagged("BAD");
    client.run("IDLE").tagged("BAD");
    client.run("LOGIN u p").ok();
}

#[test]
fn authenticate_plain_and_login() {
    let server = client::server(|user| user);
    let plain = STANDARD.encode("\0u\0p");
    Client::plain(&server).run(format!("AUTHENTICATE PLAIN {plain}")).tagged("OK [CAPABILITY ");

    let mut client = Client::plain(&server);
    let tag = client.start("AUTHENTICATE plain");
    assert_eq!(client.line(), "+ ");
    client.send(format!("{plain}\r\n"));
    client.finish(&tag).ok();

    let mut client = Client::plain(&server);
    let tag = client.start("AUTHENTICATE LOGIN");
    assert_eq!(client.line(), format!("+ {}", STANDARD.encode("Username:")));
    client.send(format!("{}\r\n", STANDARD.encode("u")));
    assert_eq!(client.line(), format!("+ {}", STANDARD.encode("Password:")));
    client.send(format!("{}\r\n", STANDARD.encode("p")));
    client.finish(&tag).ok();
}

#[test]
fn authenticate_can_fail_and_be_given_up() {
    let server = client::server(|user| user);
    let mut client = Client::plain(&server);
    for (message, expected) in [
        ("\0u\0wrong", "NO [AUTHENTICATIONFAILED]"),
        ("other\0u\0p", "NO [AUTHENTICATIONFAILED]"),
        ("no zeros", "NO [AUTHENTICATIONFAILED]"),
    ] {
        client.run(format!("AUTHENTICATE PLAIN {}", STANDARD.encode(message))).tagged(expected);
    }
    client.run("AUTHENTICATE PLAIN =").tagged("NO [AUTHENTICATIONFAILED]");
    client.run("AUTHENTICATE SCRAM-SHA-256").tagged("NO");
    for answer in ["*\r\n", "not base64!\r\n"] {
        let tag = client.start("AUTHENTICATE PLAIN");
        assert_eq!(client.line(), "+ ");
        client.send(answer);
        client.finish(&tag).tagged("BAD");
    }
    let tag = client.start("AUTHENTICATE LOGIN");
    client.line();
    client.send("\r\n");
    client.line();
    client.send("\r\n");
    client.finish(&tag).tagged("NO [AUTHENTICATIONFAILED]");
    client.run(format!("AUTHENTICATE PLAIN {}", STANDARD.encode("u\0u\0p"))).ok();
}

#[test]
fn what_is_hidden_is_neither_offered_nor_honoured() {
    let all = [
        (Capability::Enable, "ENABLE", "ENABLE X"),
        (Capability::Id, "ID", "ID NIL"),
        (Capability::Idle, "IDLE", "IDLE"),
        (Capability::Move, "MOVE", "MOVE 1 Sent"),
        (Capability::Namespace, "NAMESPACE", "NAMESPACE"),
        (Capability::StatusSize, "STATUS=SIZE", "STATUS INBOX (SIZE)"),
        (Capability::UidPlus, "UIDPLUS", "UID EXPUNGE 1"),
        (Capability::Unselect, "UNSELECT", "UNSELECT"),
        (Capability::LiteralPlus, "LITERAL+", "STATUS {5+}\r\nINBOX (MESSAGES)"),
        (Capability::Within, "WITHIN", "SEARCH YOUNGER 5"),
    ];
    let user = |user: User| user.mailbox(Mailbox::new("INBOX").message("A: b\r\n\r\n")).mailbox(Mailbox::new("Sent"));
    let offering = client::server(user);
    for (capability, token, command) in all {
        let hiding = Server::start(client::config(user).hide(capability)).unwrap();
        let mut client = client::in_inbox(&hiding);
        assert!(!has(&capabilities(&mut client), token), "{token}");
        client.run(command).tagged("BAD");
        client.run("NOOP").ok();
        let mut client = client::in_inbox(&offering);
        assert!(has(&capabilities(&mut client), token), "{token}");
        if capability != Capability::Idle {
            client.run(command).ok();
        }
    }
}

#[test]
fn hidden_ways_to_log_in() {
    let server = Server::start(
        client::config(|user| user).hide(Capability::SaslIr).hide(Capability::AuthLogin).hide(Capability::StartTls),
    )
    .unwrap();
    let mut client = Client::plain(&server);
    let offered = capabilities(&mut client);
    assert_eq!(offered, ["IMAP4REV1", "LITERAL+", "ID", "ENABLE", "AUTH=PLAIN"]);
    client.run("STARTTLS").tagged("BAD");
    client.run("AUTHENTICATE LOGIN").tagged("NO");
    client.run(format!("AUTHENTICATE PLAIN {}", STANDARD.encode("\0u\0p"))).tagged("BAD");
    client.run("LOGIN u p").ok();
}

#[test]
fn id_namespace_and_enable() {
    let server = client::server(|user| user);
    let mut client = Client::plain(&server);
    let lines = client.run("ID (\"name\" \"test\")").ok().lines();
    assert!(lines[0].starts_with("* ID (\"name\" \"imapkit-server\" \"version\" "), "{lines:?}");
    client.run("LOGIN u p").ok();
    client.run("NAMESPACE").ok().says(&["* NAMESPACE ((\"\" \"/\")) NIL NIL"]);
    client.run("ENABLE CONDSTORE").ok().says(&["* ENABLED"]);
}

#[test]
fn stop_says_goodbye_and_frees_the_ports() {
    let server = client::server(|user| user);
    let (plain, tls) = (server.plain_port().unwrap(), server.tls_port());
    let mut idle = client::in_inbox(&server);
    let tag = idle.start("IDLE");
    assert!(idle.line().starts_with("+ "));
    let mut quiet = Client::plain(&server);
    // A peer that never starts its handshake must not hold up the stop.
    let _silent = TcpStream::connect((Ipv4Addr::LOCALHOST, tls)).unwrap();
    server.stop();
    for client in [&mut idle, &mut quiet] {
        assert_eq!(client.line(), "* BYE Server is stopping");
        assert!(client.is_closed());
    }
    assert!(!tag.is_empty());
    for port in [plain, tls] {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap_err();
    }
}

#[test]
fn what_cannot_be_served_is_named() {
    let refuse = |config: Config| Server::start(config).unwrap_err();
    let user = || User::new("u", "p");
    for (config, word) in [
        (Config::empty().address([192, 0, 2, 1].into()), "loopback"),
        (Config::empty().user(user()).user(user()), "twice"),
        (Config::empty().user(user().mailbox(Mailbox::new("a//b"))), "a//b"),
        (Config::empty().user(user().mailbox(Mailbox::new("INBOX").message(""))), "empty"),
        (Config::empty().user(user().mailbox(Mailbox::new("INBOX").message("a\0b"))), "NUL"),
        (Config::empty().user(user().mailbox(Mailbox::new("x").message(Message::new("a").flag("\\Recent")))), "Recent"),
        (Config::empty().user(user().mailbox(Mailbox::new("x").message(Message::new("a").date(i64::MAX, 0)))), "range"),
    ] {
        let error = refuse(config);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let config = Config::empty().plain_port(taken.local_addr().unwrap().port());
    assert_eq!(refuse(config).kind(), ErrorKind::AddrInUse);
}

#[test]
fn tls_only() {
    let server = Server::start(Config::default().without_plain_port()).unwrap();
    assert_eq!(server.plain_port(), None);
    assert_eq!(
        server.users().iter().map(|user| (user.name(), user.password())).collect::<Vec<_>>(),
        [("demo", "demo")]
    );
    assert!(server.address().is_loopback());
    assert!(!format!("{:?}", User::new("u", "canary")).contains("canary"));
}
