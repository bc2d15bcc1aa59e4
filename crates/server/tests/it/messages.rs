//! Changing messages: APPEND, STORE, COPY, MOVE, EXPUNGE, CLOSE.

use imapkit_server::{Capability, Mailbox, Message, Server};

use crate::client::{self, Client};

fn three() -> Server {
    let message = |mailbox: Mailbox, n| mailbox.message(format!("N: {n}\r\n\r\n").as_str());
    client::server(|user| user.mailbox((1..=3).fold(Mailbox::new("INBOX"), message)).mailbox(Mailbox::new("Other")))
}

fn validity(client: &mut Client, mailbox: &str) -> String {
    let lines = client.run(format!("STATUS {mailbox} (UIDVALIDITY)")).ok().lines();
    lines[0].rsplit_once(' ').unwrap().1.trim_end_matches(')').to_owned()
}

#[test]
fn append_with_all_and_with_nothing() {
    let server = three();
    let mut client = client::in_inbox(&server);
    let validity = validity(&mut client, "INBOX");
    let message = "Subject: new\r\n\r\nb\u{f6}dy";
    let command = format!(
        "APPEND INBOX (\\Seen $Forwarded \\seen) \" 7-Jan-2025 08:09:10 +0130\" {{{}+}}\r\n{message}",
        message.len()
    );
    let answer = client.run(command).tagged(&format!("OK [APPENDUID {validity} 4]"));
    let flags = "(\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded";
    answer.says(&[
        &format!("* FLAGS {flags})"),
        &format!("* OK [PERMANENTFLAGS {flags} \\*)] Flags that are kept"),
        "* 4 EXISTS",
        "* 4 RECENT",
    ]);
    client.run("FETCH 4 (FLAGS INTERNALDATE BODY.PEEK[])").ok().says(&[&format!(
        "* 4 FETCH (FLAGS (\\Seen $Forwarded \\Recent) INTERNALDATE \"07-Jan-2025 08:09:10 +0130\" BODY[] {{{}}}\r\n{message})",
        message.len()
    )]);
    client.run("APPEND Other {3+}\r\na b").tagged("OK [APPENDUID ");
    assert_eq!(server.messages("u", "Other").unwrap().len(), 1);
}

#[test]
fn append_can_be_refused() {
    let server = three();
    let mut client = client::client(&server);
    // A synchronizing literal gets its go-ahead before the mailbox is looked for.
    let tag = client.start("APPEND nothing {3}");
    assert!(client.line().starts_with("+ "));
    client.send("a b\r\n");
    client.finish(&tag).tagged("NO [TRYCREATE]");
    client.run("APPEND \"a//b\" {3+}\r\na b").tagged("NO Not");
    client.run("APPEND Other {0+}\r\n").tagged("NO");
    client.run("APPEND Other (\\Recent) {3+}\r\na b").tagged("BAD");
    client.run("APPEND Other {3+}\r\na\0b").tagged("BAD");
    client.run("APPEND Other ~{3+}\r\na b").tagged("BAD");
    assert!(server.messages("u", "Other").unwrap().is_empty());
    client.run("NOOP").ok();
}

#[test]
fn store_in_every_form() {
    let server = three();
    let mut client = client::in_inbox(&server);
    for (command, expected) in [
        ("STORE 1 FLAGS (\\Seen \\Flagged)", vec!["* 1 FETCH (FLAGS (\\Seen \\Flagged \\Recent))"]),
        ("STORE 1 +FLAGS \\Answered", vec!["* 1 FETCH (FLAGS (\\Seen \\Flagged \\Answered \\Recent))"]),
        ("STORE 1 -FLAGS (\\Seen \\Draft)", vec!["* 1 FETCH (FLAGS (\\Flagged \\Answered \\Recent))"]),
        ("STORE 1 FLAGS.SILENT ()", vec![]),
        ("STORE 1 +FLAGS.SILENT (\\Draft)", vec![]),
        ("STORE 1 -FLAGS.SILENT (\\Seen)", vec![]),
        ("UID STORE 1 +FLAGS (\\Seen)", vec!["* 1 FETCH (UID 1 FLAGS (\\Draft \\Seen \\Recent))"]),
        ("UID STORE 99 +FLAGS (\\Seen)", vec![]),
    ] {
        client.run(command).ok().says(&expected);
    }
    client.run("STORE 1 +FLAGS (\\Recent)").tagged("BAD");
    client.run("STORE 1 +FLAGS (\\Nonsense)").tagged("BAD");
    client.run(format!("STORE 1 +FLAGS ({})", "k".repeat(129))).tagged("BAD");
    client.run("STORE 4 +FLAGS (\\Seen)").tagged("BAD");
    client.run("STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Seen)").tagged("BAD");
    let lines = client.run("STORE 1:2 +FLAGS ($New $new)").ok().lines();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(server.messages("u", "INBOX").unwrap()[1].1.flags(), ["$New"]);
}

#[test]
fn copy_keeps_flags_and_date() {
    let server = client::server(|user| {
        let message = |n| Message::new(format!("N: {n}\r\n\r\n")).flag("\\Seen").flag("$a").date(1_700_000_000, 60);
        user.mailbox((1..=3).map(message).fold(Mailbox::new("INBOX"), Mailbox::message)).mailbox(Mailbox::new("Other"))
    });
    let mut client = client::in_inbox(&server);
    let validity = validity(&mut client, "Other");
    client.run("COPY 1:2 Other").tagged(&format!("OK [COPYUID {validity} 1:2 1:2]"));
    client.run("UID COPY 3,1 Other").tagged(&format!("OK [COPYUID {validity} 1,3 3:4]"));
    client.run("UID COPY 77 Other").tagged("OK COPY completed");
    client.run("COPY 1 nothing").tagged("NO [TRYCREATE]");
    client.run("COPY 9 Other").tagged("BAD");
    let (inbox, other) = (server.messages("u", "INBOX").unwrap(), server.messages("u", "Other").unwrap());
    assert_eq!(inbox.len(), 3);
    assert_eq!([0, 1, 0, 2].map(|at| &inbox[at].1), [0, 1, 2, 3].map(|at| &other[at].1));
    // Into the same mailbox: the copies are announced.
    let answer = client.run("COPY 2 INBOX").tagged("OK [COPYUID");
    answer.says(&["* 4 EXISTS", "* 4 RECENT"]);
}

#[test]
fn move_tells_copyuid_before_expunge() {
    let server = three();
    let mut client = client::in_inbox(&server);
    let validity = validity(&mut client, "Other");
    client.run("MOVE 1,3 Other").tagged("OK MOVE completed").says(&[
        &format!("* OK [COPYUID {validity} 1,3 1:2] Moved"),
        "* 3 EXPUNGE",
        "* 1 EXPUNGE",
    ]);
    client.run("UID MOVE 1:9 Other").ok().says(&[&format!("* OK [COPYUID {validity} 2 3] Moved"), "* 1 EXPUNGE"]);
    client.run("UID MOVE 1:9 Other").ok().says(&[]);
    client.run("UID MOVE 1 nothing").tagged("NO [TRYCREATE]");
    assert_eq!(server.messages("u", "Other").unwrap().len(), 3);
}

#[test]
fn without_uidplus_there_are_no_uids() {
    let config = client::config(|user| user.mailbox(Mailbox::new("INBOX").message("A: b\r\n\r\n")));
    let server = Server::start(config.hide(Capability::UidPlus)).unwrap();
    let mut client = client::in_inbox(&server);
    client.run("COPY 1 INBOX").tagged("OK COPY completed");
    client.run("APPEND INBOX {3+}\r\na b").tagged("OK APPEND completed");
    client.run("MOVE 1 INBOX").tagged("OK MOVE completed").says(&["* 1 EXPUNGE", "* 3 EXISTS", "* 3 RECENT"]);
}

#[test]
fn expunge_in_every_form() {
    let server = three();
    let mut client = client::in_inbox(&server);
    client.run("STORE 1:3 +FLAGS.SILENT (\\Deleted)").ok();
    client.run("UID EXPUNGE 2").ok().says(&["* 2 EXPUNGE"]);
    client.run("UID EXPUNGE 2").ok().says(&[]);
    client.run("STORE 2 -FLAGS.SILENT (\\Deleted)").ok();
    client.run("EXPUNGE").ok().says(&["* 1 EXPUNGE"]);
    client.run("EXPUNGE").ok().says(&[]);
    client.run("FETCH 1 UID").ok().says(&["* 1 FETCH (UID 3)"]);
    client.run("STORE 1 +FLAGS.SILENT (\\Deleted)").ok();
    client.run("UNSELECT").ok().says(&[]);
    assert_eq!(server.messages("u", "INBOX").unwrap().len(), 1);
    client.run("EXAMINE INBOX").ok();
    client.run("CLOSE").ok().says(&[]);
    assert_eq!(server.messages("u", "INBOX").unwrap().len(), 1);
    client.run("SELECT INBOX").ok();
    client.run("CHECK").ok().says(&[]);
    client.run("CLOSE").ok().says(&[]);
    assert!(server.messages("u", "INBOX").unwrap().is_empty());
    client.run("SELECT INBOX").ok();
    client.run("STATUS INBOX (UIDNEXT)").ok().says(&["* STATUS INBOX (UIDNEXT 4)"]);
}
