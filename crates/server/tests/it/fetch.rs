//! FETCH: every item and section, compared byte for byte with what was stored.

use imapkit_server::{Mailbox, Message};

use crate::client::{self, Client};

const INNER: &str = "From: in@example.net\r\nSubject: inner\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n\
    --i\r\n\r\ninner text\r\n--i\r\nContent-Type: image/png\r\nContent-ID: <c@x>\r\n\r\nPNG\r\n--i--\r\n";

fn nested() -> String {
    format!(
        "From: a@example.org\r\nTo: b@example.org\r\nSubject: outer\r\n folded\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"o\"\r\n\r\n\
         preamble\r\n--o\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n\r\n\
         --o\r\nContent-Type: message/rfc822\r\nContent-Description: fwd\r\n\r\n{INNER}\r\n\
         --o\r\nContent-Type: message/rfc822\r\n\r\nSubject: plain\r\n\r\njust text\r\n\r\n--o--\r\nepilogue\r\n"
    )
}

fn with(message: impl Into<Message>) -> (imapkit_server::Server, Client) {
    let server = client::server(|user| user.mailbox(Mailbox::new("INBOX").message(message)));
    let client = client::in_inbox(&server);
    (server, client)
}

#[track_caller]
fn section(client: &mut Client, section: &str) -> Option<String> {
    let answer = client.run(format!("FETCH 1 BODY.PEEK[{section}]")).ok();
    match &answer.literals()[..] {
        [literal] => Some(String::from_utf8(literal.clone()).unwrap()),
        [] => {
            assert_eq!(answer.lines(), [format!("* 1 FETCH (BODY[{section}] NIL)")]);
            None
        }
        more => panic!("{more:?}"),
    }
}

#[test]
fn sections_of_nested_messages() {
    let whole = nested();
    let (_server, mut client) = with(whole.as_str());
    let header_end = whole.find("\r\n\r\n").unwrap() + 4;
    let inner_header = INNER.find("\r\n\r\n").unwrap() + 4;
    let cases: [(&str, Option<&str>); 27] = [
        ("", Some(&whole)),
        ("HEADER", Some(&whole[..header_end])),
        ("TEXT", Some(&whole[header_end..])),
        ("1", Some("hello\r\n")),
        ("1.MIME", Some("Content-Type: text/plain; charset=utf-8\r\n\r\n")),
        ("1.HEADER", None),
        ("1.TEXT", None),
        ("1.1", None),
        ("2", Some(INNER)),
        ("2.MIME", Some("Content-Type: message/rfc822\r\nContent-Description: fwd\r\n\r\n")),
        ("2.HEADER", Some(&INNER[..inner_header])),
        ("2.TEXT", Some(&INNER[inner_header..])),
        ("2.HEADER.FIELDS (subject)", Some("Subject: inner\r\n\r\n")),
        ("2.1", Some("inner text")),
        ("2.1.MIME", Some("\r\n")),
        ("2.2", Some("PNG")),
        ("2.2.MIME", Some("Content-Type: image/png\r\nContent-ID: <c@x>\r\n\r\n")),
        ("2.3", None),
        ("3", Some("Subject: plain\r\n\r\njust text\r\n")),
        ("3.HEADER", Some("Subject: plain\r\n\r\n")),
        ("3.1", Some("just text\r\n")),
        ("3.1.1", None),
        ("3.2", None),
        ("4", None),
        ("HEADER.FIELDS (SUBJECT x-none to)", Some("To: b@example.org\r\nSubject: outer\r\n folded\r\n\r\n")),
        ("HEADER.FIELDS (X-None)", Some("\r\n")),
        (
            "HEADER.FIELDS.NOT (Subject Content-Type)",
            Some("From: a@example.org\r\nTo: b@example.org\r\nMIME-Version: 1.0\r\n\r\n"),
        ),
    ];
    for (name, expected) in cases {
        assert_eq!(section(&mut client, name).as_deref(), expected, "{name}");
    }
}

#[test]
fn sections_of_a_plain_message() {
    let (_server, mut client) = with("Subject: x\r\n\r\nbody\r\n");
    for (name, expected) in [
        ("1", Some("body\r\n")),
        ("TEXT", Some("body\r\n")),
        ("1.MIME", Some("Subject: x\r\n\r\n")),
        ("1.1", None),
        ("2", None),
        ("1.HEADER", None),
    ] {
        assert_eq!(section(&mut client, name).as_deref(), expected, "{name}");
    }
    // A message that is itself a message/rfc822 has that as its part 1.
    let (_server, mut client) = with("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ntext");
    for (name, expected) in [
        ("1", Some("Subject: in\r\n\r\ntext")),
        ("1.HEADER", Some("Subject: in\r\n\r\n")),
        ("1.TEXT", Some("text")),
        ("1.1", Some("text")),
    ] {
        assert_eq!(section(&mut client, name).as_deref(), expected, "{name}");
    }
}

#[test]
fn broken_and_odd_messages_have_sections_too() {
    for (message, name, expected) in [
        ("no header at all", "HEADER", Some("no header at all")),
        ("no header at all", "TEXT", Some("")),
        ("\r\nonly body", "HEADER", Some("\r\n")),
        ("\r\nonly body", "1", Some("only body")),
        ("A: b\n\nbare\nlf\n", "TEXT", Some("bare\nlf\n")),
        ("Content-Type: multipart/mixed\r\n\r\nno boundary", "1", Some("")),
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ncut", "1", Some("cut")),
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b--\r\n", "1", Some("")),
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--bb\r\n--b \t\r\nA: b\r\n\r\nx\r\n--b--", "1", Some("x")),
    ] {
        let (_server, mut client) = with(message);
        assert_eq!(section(&mut client, name).as_deref(), expected, "{message:?} {name}");
        client.run("FETCH 1 (BODYSTRUCTURE BODY ENVELOPE)").ok();
    }
}

#[test]
fn partials() {
    let (_server, mut client) = with("Subject: x\r\n\r\n0123456789");
    for (partial, origin, expected) in
        [("<0.4>", 0, "0123"), ("<4.100>", 4, "456789"), ("<10.1>", 10, ""), ("<4294967295.4294967295>", u32::MAX, "")]
    {
        let answer = client.run(format!("FETCH 1 BODY.PEEK[TEXT]{partial}")).ok();
        let line = format!("* 1 FETCH (BODY[TEXT]<{origin}> {{{}}}\r\n{expected})", expected.len());
        assert_eq!(answer.lines(), [line], "{partial}");
    }
    let answer = client.run("FETCH 1 BODY.PEEK[HEADER.FIELDS (Subject)]<0.7>").ok();
    assert_eq!(answer.lines(), ["* 1 FETCH (BODY[HEADER.FIELDS (Subject)]<0> {7}\r\nSubject)"]);
    client.run("FETCH 1 BODY[]<0.0>").tagged("BAD");
}

#[test]
fn structure_of_nested_messages() {
    let (_server, mut client) = with(nested());
    let inner_envelope = "(NIL \"inner\" ((NIL NIL \"in\" \"example.net\")) ((NIL NIL \"in\" \"example.net\")) \
        ((NIL NIL \"in\" \"example.net\")) NIL NIL NIL NIL NIL)";
    let body = format!(
        "((\"TEXT\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 7 1)\
         (\"MESSAGE\" \"RFC822\" NIL NIL \"fwd\" \"7bit\" {} {inner_envelope} \
         ((\"TEXT\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 10 0)\
         (\"image\" \"png\" NIL \"<c@x>\" NIL \"7bit\" 3) \"mixed\") 13)\
         (\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7bit\" 29 (NIL \"plain\" NIL NIL NIL NIL NIL NIL NIL NIL) \
         (\"TEXT\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 11 1) 3) \"mixed\")",
        INNER.len()
    );
    client.run("FETCH 1 BODY").ok().says(&[&format!("* 1 FETCH (BODY {body})")]);
    let lines = client.run("FETCH 1 BODYSTRUCTURE").ok().lines();
    assert!(lines[0].ends_with("\"mixed\" (\"boundary\" \"o\") NIL NIL NIL))"), "{lines:?}");
}

#[test]
fn structure_of_an_attachment() {
    let (_server, mut client) = with(
        "Content-Type: Application/PDF; name=\"a \\\"b\\\".pdf\"\r\nContent-Transfer-Encoding: BASE64\r\n\
         Content-MD5: abc==\r\nContent-ID: <id@x>\r\nContent-Description: an invoice\r\n\
         Content-Disposition: attachment; filename=a.pdf; size=3\r\nContent-Language: en, de\r\n\
         Content-Location: http://example.org/a\r\n\r\nQUJD",
    );
    client.run("FETCH 1 BODYSTRUCTURE").ok().says(&["* 1 FETCH (BODYSTRUCTURE (\"Application\" \"PDF\" \
        (\"name\" \"a \\\"b\\\".pdf\") \"<id@x>\" \"an invoice\" \"BASE64\" 4 \"abc==\" \
        (\"attachment\" (\"filename\" \"a.pdf\" \"size\" \"3\")) (\"en\" \"de\") \"http://example.org/a\"))"]);
}

#[test]
fn nesting_has_an_end() {
    let mut message = String::from("deep\r\n");
    for level in 0..60 {
        message = format!(
            "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n{message}\r\n--b{level}--\r\n"
        );
    }
    let (_server, mut client) = with(message);
    let lines = client.run("FETCH 1 BODYSTRUCTURE").ok().lines();
    assert_eq!(lines[0].matches("\"mixed\"").count(), 32, "{lines:?}");
    assert!(lines[0].contains("(\"application\" \"octet-stream\""), "{lines:?}");
    client.run(format!("FETCH 1 BODY[{}1]", "1.".repeat(70))).ok();
}

#[test]
fn envelope_is_raw() {
    let (_server, mut client) = with(
        "Date: Mon, 6 Jan 2025 10:00:00 +0100 (CET)\r\nSubject: =?UTF-8?Q?=C3=BC?=\r\n  twice folded\r\n\
         From: \"Doe, J\" <j@example.org>\r\nSender: s@example.org\r\nTo: G: a@x, B <b@y>;\r\nTo: c@z\r\n\
         Cc:\r\nIn-Reply-To: <1@x>\r\nMessage-Id: <2@x>\r\n\r\n",
    );
    let doe = "((\"Doe, J\" NIL \"j\" \"example.org\"))";
    client.run("FETCH 1 ENVELOPE").ok().says(&[&format!(
        "* 1 FETCH (ENVELOPE (\"Mon, 6 Jan 2025 10:00:00 +0100 (CET)\" \"=?UTF-8?Q?=C3=BC?=  twice folded\" {doe} \
         ((NIL NIL \"s\" \"example.org\")) {doe} ((NIL NIL \"G\" NIL)(NIL NIL \"a\" \"x\")(\"B\" NIL \"b\" \"y\")\
         (NIL NIL NIL NIL)(NIL NIL \"c\" \"z\")) NIL NIL \"<1@x>\" \"<2@x>\"))"
    )]);
}

#[test]
fn eight_bit_headers_come_as_literals() {
    let (_server, mut client) = with(b"Subject: \xdcber\r\n\r\n".to_vec());
    let answer = client.run("FETCH 1 ENVELOPE").ok();
    assert_eq!(answer.literals(), [b"\xdcber".to_vec()]);
}

#[test]
fn reading_sets_seen_and_says_so_once() {
    let (server, mut client) = with("Subject: x\r\n\r\nbody");
    client.run("FETCH 1 (BODY.PEEK[] RFC822.HEADER RFC822.SIZE FLAGS)").ok().says(&[
        "* 1 FETCH (BODY[] {18}\r\nSubject: x\r\n\r\nbody RFC822.HEADER {14}\r\nSubject: x\r\n\r\n RFC822.SIZE 18 \
         FLAGS (\\Recent))",
    ]);
    let seen = "* 1 FETCH (RFC822.TEXT {4}\r\nbody FLAGS (\\Seen \\Recent))";
    client.run("FETCH 1 RFC822.TEXT").ok().says(&[seen]);
    client.run("FETCH 1 RFC822.TEXT").ok().says(&["* 1 FETCH (RFC822.TEXT {4}\r\nbody)"]);
    assert_eq!(server.messages("u", "INBOX").unwrap()[0].1.flags(), ["\\Seen"]);
    for item in ["RFC822", "BODY[TEXT]"] {
        client.run("STORE 1 -FLAGS.SILENT (\\Seen)").ok().says(&[]);
        let lines = client.run(format!("UID FETCH 1 ({item})")).ok().lines();
        assert!(lines[0].ends_with(" FLAGS (\\Seen \\Recent))"), "{lines:?}");
    }
    client.run("STORE 1 -FLAGS.SILENT (\\Seen)").ok();
    client.run("EXAMINE INBOX").ok();
    client.run("FETCH 1 BODY[TEXT]").ok().says(&["* 1 FETCH (BODY[TEXT] {4}\r\nbody)"]);
}

#[test]
fn macros_and_dates() {
    let (_server, mut client) = with(Message::new("A: b\r\n\r\n").date(1_736_154_000, -330).flag("$x"));
    let fast = "FLAGS ($x \\Recent) INTERNALDATE \"06-Jan-2025 03:30:00 -0530\" RFC822.SIZE 8";
    client.run("FETCH 1 FAST").ok().says(&[&format!("* 1 FETCH ({fast})")]);
    let envelope = "ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";
    client.run("FETCH 1 all").ok().says(&[&format!("* 1 FETCH ({fast} {envelope})")]);
    let body = "BODY (\"TEXT\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)";
    client.run("FETCH 1 FULL").ok().says(&[&format!("* 1 FETCH ({fast} {envelope} {body})")]);
}

#[test]
fn the_date_field_is_the_internal_date_of_a_delivery() {
    let (_server, mut client) = with("Date: Wed, 5 Feb 2025 07:45:00 +0100\r\n\r\n");
    client.run("FETCH 1 INTERNALDATE").ok().says(&["* 1 FETCH (INTERNALDATE \"05-Feb-2025 07:45:00 +0100\")"]);
}

#[test]
fn sets_of_numbers() {
    let message = |mailbox: Mailbox, _| mailbox.message("A: b\r\n\r\n");
    let server = client::server(|user| user.mailbox((0..5).fold(Mailbox::new("INBOX"), message)));
    let mut client = client::in_inbox(&server);
    client.run("STORE 2 +FLAGS.SILENT (\\Deleted)").ok();
    client.run("EXPUNGE").ok().says(&["* 2 EXPUNGE"]);
    // Now 1, 2, 3, 4 are the UIDs 1, 3, 4, 5.
    for (command, expected) in [
        ("FETCH 4:3,1 UID", vec!["* 1 FETCH (UID 1)", "* 3 FETCH (UID 4)", "* 4 FETCH (UID 5)"]),
        ("FETCH * UID", vec!["* 4 FETCH (UID 5)"]),
        ("UID FETCH 2:3 UID", vec!["* 2 FETCH (UID 3)"]),
        ("UID FETCH 900:* (FLAGS)", vec!["* 4 FETCH (UID 5 FLAGS (\\Recent))"]),
        ("UID FETCH 2 FLAGS", vec![]),
        (
            "UID FETCH 1:4294967295 UID",
            vec!["* 1 FETCH (UID 1)", "* 2 FETCH (UID 3)", "* 3 FETCH (UID 4)", "* 4 FETCH (UID 5)"],
        ),
    ] {
        client.run(command).ok().says(&expected);
    }
    for command in ["FETCH 5 UID", "FETCH 1:5 UID", "FETCH 0 UID", "FETCH 1 ()", "FETCH 1 BINARY[1]", "FETCH 1 MODSEQ"]
    {
        client.run(command).tagged("BAD");
    }
    client.run("FETCH 1 FLAGS (CHANGEDSINCE 1)").tagged("BAD");
    client.run("STORE 1:* +FLAGS.SILENT (\\Deleted)").ok();
    client.run("EXPUNGE").ok().says(&["* 4 EXPUNGE", "* 3 EXPUNGE", "* 2 EXPUNGE", "* 1 EXPUNGE"]);
    client.run("FETCH * UID").tagged("BAD");
    client.run("UID FETCH 1:* UID").ok().says(&[]);
}
