//! SEARCH: every key, alone and combined.

use imapkit_server::{Mailbox, Message};

use crate::client::{self, Client};

const DAY: i64 = 86_400;

fn mailbox() -> Mailbox {
    let messages = [
        // 1: seen, ISO-8859-1 in an encoded word, 2025-01-06 in +0100 (still the 5th in UTC)
        Message::new(
            "From: \"Anna\" <anna@example.org>\r\nTo: team@example.org\r\nCc: =?UTF-8?Q?J=C3=B6rg?= <j@example.net>\r\n\
             Subject: =?ISO-8859-1?Q?Pr=FCfung?=\r\nDate: Mon, 6 Jan 2025 00:30:00 +0100\r\nX-Tag: Alpha\r\n\r\nplain body\r\n",
        )
        .flag("\\Seen")
        .date(1_736_119_800, 60),
        // 2: base64 text, Bcc, internal date later than the Date field
        Message::new(
            "From: bob@example.org\r\nBcc: hidden@example.org\r\nSubject: second\r\nDate: 7 Jan 2025 12:00 GMT\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nTcO8bGxlciBzZW5kZXQgR3LDvMOfZQ==\r\n",
        )
        .flag("\\Answered")
        .flag("\\Flagged")
        .flag("$Work")
        .date(1_736_119_800 + 10 * DAY, 60),
        // 3: no Date field, deleted draft
        Message::new(format!("Subject: third =?utf-8?q?x?=\r\nX-Tag:\r\n\r\n{}", "filler ".repeat(200)))
            .flag("\\Deleted")
            .flag("\\Draft")
            .date(1_736_119_800 + 20 * DAY, 60),
        // 4: a text within a forwarded message
        Message::new(
            "Subject: fourth\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
             Subject: Buried Treasure\r\n\r\nX marks the spot\r\n--b\r\nContent-Type: application/octet-stream\r\n\
             Content-Transfer-Encoding: base64\r\n\r\nc2VjcmV0\r\n--b--\r\n",
        )
        .date(1_736_119_800 + 30 * DAY, 60),
    ];
    messages.into_iter().fold(Mailbox::new("INBOX"), Mailbox::message)
}

fn opened() -> (imapkit_server::Server, Client) {
    let server = client::server(|user| user.mailbox(mailbox()));
    let client = client::in_inbox(&server);
    (server, client)
}

#[track_caller]
fn found(client: &mut Client, criteria: &str) -> String {
    let lines = client.run(format!("SEARCH {criteria}")).ok().lines();
    let [line] = &lines[..] else { panic!("{criteria}: {lines:?}") };
    line.strip_prefix("* SEARCH").unwrap().trim_start().to_owned()
}

#[test]
fn flags_sets_sizes_and_dates() {
    let (_server, mut client) = opened();
    for (criteria, expected) in [
        ("ALL", "1 2 3 4"),
        ("SEEN", "1"),
        ("UNSEEN", "2 3 4"),
        ("ANSWERED", "2"),
        ("UNANSWERED", "1 3 4"),
        ("FLAGGED", "2"),
        ("UNFLAGGED UNDELETED", "1 4"),
        ("DELETED", "3"),
        ("DRAFT", "3"),
        ("UNDRAFT", "1 2 4"),
        ("KEYWORD $work", "2"),
        ("UNKEYWORD $Work", "1 3 4"),
        ("RECENT", "1 2 3 4"),
        ("NEW", "2 3 4"),
        ("OLD", ""),
        ("2:3", "2 3"),
        ("*", "4"),
        ("UID 3:*,1", "1 3 4"),
        ("LARGER 1000", "3"),
        ("SMALLER 1000 NOT 4", "1 2"),
        ("ON 6-Jan-2025", "1"),
        ("BEFORE 16-Jan-2025", "1"),
        ("SINCE 16-Jan-2025", "2 3 4"),
        ("SENTON 6-Jan-2025", "1"),
        ("SENTBEFORE \"7-Jan-2025\"", "1"),
        ("SENTSINCE 6-Jan-2025", "1 2"),
        ("OLDER 1", "1 2 3 4"),
        ("YOUNGER 86400", ""),
        ("OR SEEN DRAFT", "1 3"),
        ("NOT (OR SEEN DRAFT) UNDELETED", "2 4"),
        ("(1 2) 2:4", ""),
    ] {
        assert_eq!(found(&mut client, criteria), expected, "{criteria}");
    }
}

#[test]
fn texts_are_compared_decoded() {
    let (_server, mut client) = opened();
    for (criteria, expected) in [
        ("FROM ANNA", "1"),
        ("FROM example.org", "1 2"),
        ("TO team", "1"),
        ("CC {5+}\r\nj\u{f6}RG", "1"),
        ("BCC hidden", "2"),
        ("CHARSET UTF-8 SUBJECT {8+}\r\npr\u{fc}fung", "1"),
        ("SUBJECT \"iso-8859-1\"", "1"),
        ("SUBJECT \"\"", "1 2 3 4"),
        ("HEADER X-Tag \"\"", "1 3"),
        ("HEADER x-tag alpha", "1"),
        ("HEADER X-None \"\"", ""),
        ("BODY \"plain BODY\"", "1"),
        ("BODY Subject", "4"),
        ("BODY {9+}\r\nGR\u{dc}\u{df}e s", ""),
        ("BODY {8+}\r\n gr\u{fc}\u{df}e", "2"),
        ("BODY filler", "3"),
        ("BODY \"marks the spot\"", "4"),
        ("BODY treasure", "4"),
        ("BODY secret", ""),
        ("BODY anna", ""),
        ("TEXT anna", "1"),
        ("TEXT \"third x\"", "3"),
        ("TEXT marks NOT TEXT filler", "4"),
    ] {
        assert_eq!(found(&mut client, criteria), expected, "{criteria}");
    }
}

#[test]
fn uid_search_and_errors() {
    let (_server, mut client) = opened();
    client.run("STORE 1 +FLAGS.SILENT (\\Deleted)").ok();
    client.run("UID EXPUNGE 1").ok();
    client.run("UID SEARCH 1:2").ok().says(&["* SEARCH 2 3"]);
    client.run("SEARCH UID 2:3").ok().says(&["* SEARCH 1 2"]);
    client.run("SEARCH CHARSET KOI8-R ALL").tagged("NO [BADCHARSET (US-ASCII UTF-8)]");
    client.run("SEARCH 9").tagged("BAD");
    client.run("SEARCH MODSEQ 5").tagged("BAD");
    client.run(b"SEARCH SUBJECT {1+}\r\n\xff").tagged("BAD");
    client.run("SEARCH").tagged("BAD");
    client.run("SEARCH RETURN (COUNT) ALL").tagged("BAD");
    client.run("SEARCH NOTHING").tagged("BAD");
}
