//! The demo account: that every sample can be fetched in every way, and that the promised kinds are there.

use std::net::{Ipv4Addr, TcpStream};

use imapkit_server::{Config, Server};

use crate::client::{self, Client};

fn demo(server: &Server) -> Client {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.tls_port())).unwrap();
    let mut client = Client::new(client::tls(server, stream, "localhost"));
    client.line();
    client.run("LOGIN demo demo").ok();
    client
}

const MAILBOXES: [(&str, &str); 9] = [
    ("INBOX", "INBOX"),
    ("Drafts", "Drafts"),
    ("Sent", "Sent"),
    ("Trash", "Trash"),
    ("Junk", "Junk"),
    ("Archive", "Archive"),
    ("Archive/2025", "Archive/2025"),
    ("Lists/Rust", "Lists/Rust"),
    ("Entwürfe & Ideen", "\"Entw&APw-rfe &- Ideen\""),
];

#[test]
fn every_sample_can_be_read_in_every_way() {
    let server = Server::start(Config::default()).unwrap();
    let mut client = demo(&server);
    for (name, wire) in MAILBOXES {
        let messages = server.messages("demo", name).unwrap();
        assert!(!messages.is_empty(), "{name}");
        client.run(format!("SELECT {wire}")).ok();
        let answer = client.run("FETCH 1:* (BODY.PEEK[])").ok();
        let bodies = answer.literals();
        assert_eq!(bodies.len(), messages.len());
        for (body, (_, message)) in bodies.iter().zip(&messages) {
            assert_eq!(message.bytes(), body, "{name}");
        }
        let headers = client.run("FETCH 1:* (BODY.PEEK[HEADER])").ok().literals();
        let texts = client.run("FETCH 1:* (BODY.PEEK[TEXT])").ok().literals();
        for ((header, text), body) in headers.iter().zip(&texts).zip(&bodies) {
            assert_eq!([header.as_slice(), text].concat(), *body);
        }
        let lines =
            client.run("UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE)").ok().lines();
        assert_eq!(lines.len(), messages.len());
        client.run("UID SEARCH TEXT example BODY e").ok();
    }
}

#[test]
fn the_promised_kinds_are_there() {
    let server = Server::start(Config::default()).unwrap();
    let mut client = demo(&server);
    client.run("SELECT INBOX").ok();
    let mut count = |criteria: &str| client.run(format!("SEARCH {criteria}")).ok().lines()[0].split(' ').count() - 2;
    for (criteria, expected) in [
        ("SUBJECT {17+}\r\nGr\u{f6}\u{df}e aus K\u{f6}ln", 0),
        ("SUBJECT {17+}\r\nGr\u{fc}\u{df}e aus K\u{f6}ln", 1),
        ("SUBJECT {21+}\r\n\u{4f1a}\u{8b70}\u{306e}\u{304a}\u{77e5}\u{3089}\u{305b}", 1),
        ("SUBJECT {17+}\r\nbl\u{e5}b\u{e6}rsyltet\u{f8}y", 1),
        ("BODY {12+}\r\n\u{660e}\u{65e5}\u{306e}\u{4f1a}", 1),
        ("SUBJECT {20+}\r\nR\u{e9}servation confirm", 1),
        ("HEADER Content-Type multipart/signed", 1),
        ("HEADER Content-Type delivery-status", 1),
        ("BODY BEGIN:VCALENDAR", 1),
        ("KEYWORD $Forwarded", 2),
        ("KEYWORD $Label1", 2),
        ("FLAGGED", 3),
        ("DELETED", 1),
        ("HEADER Date \"\" NOT SENTSINCE 1-Jan-1990", 0),
        ("NOT HEADER Date \"\"", 1),
    ] {
        assert_eq!(count(criteria), expected, "{criteria}");
    }
}

#[test]
fn forwarded_twice() {
    let server = Server::start(Config::default()).unwrap();
    let mut client = demo(&server);
    client.run("SELECT INBOX").ok();
    let found = client.run("SEARCH SUBJECT \"Fwd: Fwd:\"").ok().lines();
    let number = found[0].strip_prefix("* SEARCH ").unwrap();
    for (section, expected) in [
        ("2.HEADER.FIELDS (SUBJECT)", "Subject: Fwd: The very first message\r\n\r\n"),
        ("2.2.HEADER.FIELDS (SUBJECT)", "Subject: The very first message\r\n\r\n"),
        ("2.2.1", "The text of the innermost message."),
        (
            "2.2.2.MIME",
            "Content-Type: image/png; name=logo.png\r\nContent-Transfer-Encoding: base64\r\n\
            Content-Disposition: attachment; filename=logo.png\r\n\r\n",
        ),
    ] {
        let literals = client.run(format!("FETCH {number} BODY.PEEK[{section}]")).ok().literals();
        assert_eq!(literals, [expected.as_bytes()], "{section}");
    }
}

#[test]
fn odd_dates_and_old_addresses() {
    let server = Server::start(Config::default()).unwrap();
    let mut client = demo(&server);
    client.run("EXAMINE Archive").ok();
    client.run("FETCH 1 (INTERNALDATE ENVELOPE)").ok().says(&[
        "* 1 FETCH (INTERNALDATE \"03-Aug-1998 09:14:00 +0000\" \
        ENVELOPE (\"3 Aug 98 09:14 GMT\" \"greetings from last century\" \
        ((\"Old Timer\" \"@relay.example.net\" \"old.timer\" \"host.example.net\")) \
        ((\"Old Timer\" \"@relay.example.net\" \"old.timer\" \"host.example.net\")) \
        ((\"Old Timer\" \"@relay.example.net\" \"old.timer\" \"host.example.net\")) \
        ((NIL \"@relay.example.org,@hub.example.org\" \"demo\" \"example.org\")) NIL NIL NIL \
        \"<\\\"old style\\\"@host.example.net>\"))",
    ]);
    client.run("EXAMINE Drafts").ok();
    client.run("FETCH 1 INTERNALDATE").ok().says(&["* 1 FETCH (INTERNALDATE \"09-Feb-2025 22:00:00 +0100\")"]);
}

#[test]
fn large_samples_come_whole_and_the_same_at_every_start() {
    let fetch = || {
        let server = Server::start(Config::default()).unwrap();
        let mut client = demo(&server);
        client.run("EXAMINE Archive/2025").ok();
        client.run("FETCH 1:2 BODY.PEEK[]").ok().literals()
    };
    let first = fetch();
    let sizes: Vec<_> = first.iter().map(Vec::len).collect();
    assert!((280_000..340_000).contains(&sizes[0]) && (3_000_000..3_300_000).contains(&sizes[1]), "{sizes:?}");
    assert_eq!(first, fetch());
}
