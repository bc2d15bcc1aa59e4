//! Mailboxes as such: LIST, LSUB, CREATE, DELETE, RENAME, SUBSCRIBE, STATUS, SELECT.

use imapkit_server::{Capability, Config, Mailbox, Message, Server, SpecialUse};

use crate::client;

fn listed(client: &mut client::Client, command: &str) -> Vec<String> {
    let lines = client.run(command).ok().lines();
    let name = |line: &String| line.rsplit_once("\"/\" ").unwrap().1.to_owned();
    lines.iter().map(name).collect()
}

#[test]
fn list_shows_the_tree() {
    let server = client::server(|user| {
        user.mailbox(Mailbox::new("Archive").special_use(SpecialUse::Archive))
            .mailbox(Mailbox::new("Archive/2025"))
            .mailbox(Mailbox::new("Lists/Rust"))
            .mailbox(Mailbox::new("Entwürfe & Ideen"))
    });
    let mut client = client::client(&server);
    client.run("LIST \"\" *").ok().says(&[
        "* LIST (\\HasChildren \\Archive) \"/\" Archive",
        "* LIST (\\HasNoChildren) \"/\" Archive/2025",
        "* LIST (\\HasNoChildren) \"/\" \"Entw&APw-rfe &- Ideen\"",
        "* LIST (\\HasNoChildren) \"/\" INBOX",
        "* LIST (\\Noselect \\HasChildren) \"/\" Lists",
        "* LIST (\\HasNoChildren) \"/\" Lists/Rust",
    ]);
    client.run("LIST \"\" \"\"").ok().says(&["* LIST (\\Noselect) \"/\" \"\""]);
    assert_eq!(listed(&mut client, "LIST \"\" %"), ["Archive", "\"Entw&APw-rfe &- Ideen\"", "INBOX", "Lists"]);
    assert_eq!(listed(&mut client, "LIST \"\" %/%"), ["Archive/2025", "Lists/Rust"]);
    assert_eq!(listed(&mut client, "LIST Lists/ \"%\""), ["Lists/Rust"]);
    assert_eq!(listed(&mut client, "LIST \"\" inbox"), ["INBOX"]);
    assert_eq!(listed(&mut client, "LIST \"\" {7+}\r\nArch*25"), ["Archive/2025"]);
    client.run("LIST \"\" nothing").ok().says(&[]);
    client.run(format!("LIST \"\" {}", "a".repeat(3000))).tagged("NO [LIMIT]");
    // The grammar of `imap-codec` has no LIST-EXTENDED.
    client.run("LIST \"\" % RETURN (CHILDREN)").tagged("BAD");
}

#[test]
fn attributes_go_with_their_capabilities() {
    let user = |user: imapkit_server::User| user.mailbox(Mailbox::new("Old").special_use(SpecialUse::Archive));
    let config = client::config(user).hide(Capability::Children).hide(Capability::SpecialUse);
    let server = Server::start(config).unwrap();
    let mut client = client::client(&server);
    client.run("LIST \"\" Old").ok().says(&["* LIST () \"/\" Old"]);
}

#[test]
fn create_and_delete() {
    let server = client::server(|user| user);
    let mut client = client::client(&server);
    client.run("CREATE a/b/c").ok();
    client.run("CREATE a/").ok();
    client.run("CREATE a").tagged("NO [ALREADYEXISTS]");
    client.run("CREATE inbox").tagged("NO [ALREADYEXISTS]");
    for bad in ["\"\"", "\"x//y\"", "\"x*\"", "\"a&b\"", "&AGE-", "{2+}\r\n\u{e9}", "\"a%b\""] {
        client.run(format!("CREATE {bad}")).tagged("NO [CANNOT]");
    }
    client.run(format!("CREATE {}", "n".repeat(1001))).tagged("NO [CANNOT]");
    assert_eq!(listed(&mut client, "LIST \"\" *"), ["INBOX", "a", "a/b", "a/b/c"]);
    client.run("DELETE a/b").tagged("NO [HASCHILDREN]");
    // A mailbox with others below it stays as a level (RFC 3501 §6.3.4).
    client.run("DELETE a").ok();
    client.run("LIST \"\" a").ok().says(&["* LIST (\\Noselect \\HasChildren) \"/\" a"]);
    client.run("SELECT a").tagged("NO [NONEXISTENT]");
    client.run("DELETE a/b/c").ok();
    assert_eq!(listed(&mut client, "LIST \"\" *"), ["INBOX"]);
    client.run("DELETE a").tagged("NO [NONEXISTENT]");
    client.run("DELETE Inbox").tagged("NO [CANNOT]");
}

#[test]
fn a_name_used_again_has_another_uidvalidity() {
    let server = client::server(|user| user.mailbox(Mailbox::new("x")));
    let mut client = client::client(&server);
    let first = client.run("STATUS x (UIDVALIDITY)").ok().lines();
    client.run("DELETE x").ok();
    client.run("CREATE x").ok();
    assert_ne!(client.run("STATUS x (UIDVALIDITY)").ok().lines(), first);
}

#[test]
fn rename_takes_children_along() {
    let server = client::server(|user| {
        user.mailbox(Mailbox::new("a").message("S: 1\r\n\r\n")).mailbox(Mailbox::new("a/b")).mailbox(Mailbox::new("ab"))
    });
    let mut client = client::client(&server);
    let validity = client.run("STATUS a (UIDVALIDITY MESSAGES)").ok().lines()[0].replace("STATUS a ", "STATUS z/y ");
    client.run("RENAME a ab").tagged("NO [ALREADYEXISTS]");
    client.run("RENAME a a/b/c").tagged("NO [ALREADYEXISTS]");
    client.run("RENAME none x").tagged("NO [NONEXISTENT]");
    client.run("RENAME a INBOX").tagged("NO [ALREADYEXISTS]");
    client.run("RENAME a \"x//y\"").tagged("NO [CANNOT]");
    client.run(format!("RENAME a {}", "n".repeat(999))).tagged("NO [LIMIT]");
    client.run("RENAME a z/y").ok();
    assert_eq!(listed(&mut client, "LIST \"\" *"), ["INBOX", "ab", "z", "z/y", "z/y/b"]);
    client.run("STATUS z/y (UIDVALIDITY MESSAGES)").ok().says(&[&validity]);
}

#[test]
fn rename_of_inbox_moves_its_messages() {
    let server = client::server(|user| {
        user.mailbox(Mailbox::new("INBOX").message(Message::new("S: 1\r\n\r\n").flag("\\Flagged")))
            .mailbox(Mailbox::new("INBOX/child"))
    });
    let mut client = client::client(&server);
    client.run("RENAME INBOX old").ok();
    assert_eq!(listed(&mut client, "LIST \"\" *"), ["INBOX", "INBOX/child", "old"]);
    client.run("STATUS INBOX (MESSAGES)").ok().says(&["* STATUS INBOX (MESSAGES 0)"]);
    client.run("SELECT old").ok();
    client.run("FETCH 1 FLAGS").ok().says(&["* 1 FETCH (FLAGS (\\Flagged \\Recent))"]);
}

#[test]
fn subscriptions() {
    let server = client::server(|user| {
        user.mailbox(Mailbox::new("a/b")).mailbox(Mailbox::new("Spam").special_use(SpecialUse::Junk).unsubscribed())
    });
    let mut client = client::client(&server);
    client.run("LSUB \"\" *").ok().says(&["* LSUB () \"/\" INBOX", "* LSUB () \"/\" a/b"]);
    client.run("LSUB \"\" %").ok().says(&["* LSUB () \"/\" INBOX", "* LSUB (\\Noselect) \"/\" a"]);
    client.run("SUBSCRIBE Spam").ok();
    client.run("SUBSCRIBE not/there/yet").ok();
    client.run("UNSUBSCRIBE a/b").ok();
    client.run("UNSUBSCRIBE a/b").ok();
    client.run("SUBSCRIBE \"&broken\"").tagged("NO");
    assert_eq!(listed(&mut client, "LSUB \"\" *"), ["INBOX", "Spam", "not/there/yet"]);
    // A subscription outlives its mailbox (RFC 3501 §6.3.6).
    client.run("DELETE Spam").ok();
    assert_eq!(listed(&mut client, "LSUB \"\" S*"), ["Spam"]);
}

#[test]
fn status_counts() {
    let message =
        |flags: &[&str], text: &str| flags.iter().fold(Message::new(text), |message, flag| message.flag(*flag));
    let server = client::server(|user| {
        user.mailbox(
            Mailbox::new("Entwürfe")
                .message(message(&["\\Seen"], "A: b\r\n\r\n12"))
                .message(message(&[], "A: b\r\n\r\n"))
                .message(message(&["\\Deleted"], "A: b\r\n\r\n3")),
        )
    });
    let mut client = client::client(&server);
    client
        .run("STATUS Entw&APw-rfe (UNSEEN MESSAGES SIZE RECENT UIDNEXT)")
        .ok()
        .says(&["* STATUS Entw&APw-rfe (UNSEEN 2 MESSAGES 3 SIZE 27 RECENT 3 UIDNEXT 4)"]);
    client.run("STATUS Entw&APw-rfe (HIGHESTMODSEQ)").tagged("BAD");
    client.run("STATUS Entw&APw-rfe ()").tagged("BAD");
    client.run("STATUS nothing (MESSAGES)").tagged("NO [NONEXISTENT]");
    // Selecting takes the recent messages; examining does not.
    client.run("EXAMINE Entw&APw-rfe").ok();
    client.run("STATUS Entw&APw-rfe (RECENT)").ok().says(&["* STATUS Entw&APw-rfe (RECENT 3)"]);
    client.run("SELECT Entw&APw-rfe").ok();
    client.run("STATUS Entw&APw-rfe (RECENT)").ok().says(&["* STATUS Entw&APw-rfe (RECENT 0)"]);
}

#[test]
fn select_says_all_it_must() {
    let server = client::server(|user| {
        let seen = Message::new("A: b\r\n\r\n").flag("\\Seen").flag("$Label1");
        user.mailbox(Mailbox::new("x").message(seen).message("A: b\r\n\r\n"))
    });
    let mut client = client::client(&server);
    let answer = client.run("SELECT x").tagged("OK [READ-WRITE]");
    let lines = answer.lines();
    assert_eq!(lines[0], "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Label1)");
    assert_eq!(
        lines[1],
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Label1 \\*)] Flags that are kept"
    );
    assert_eq!(lines[2..5], ["* 2 EXISTS", "* 2 RECENT", "* OK [UNSEEN 2] First unseen"]);
    assert!(lines[5].starts_with("* OK [UIDVALIDITY "), "{lines:?}");
    assert_eq!(lines[6..], ["* OK [UIDNEXT 3] Predicted next UID"]);

    let answer = client.run("EXAMINE x").tagged("OK [READ-ONLY]");
    assert!(answer.lines().contains(&"* OK [PERMANENTFLAGS ()] Flags that are kept".to_owned()));
    client.run("STORE 1 +FLAGS (\\Seen)").tagged("NO");
    client.run("EXPUNGE").tagged("NO");
    client.run("MOVE 1 INBOX").tagged("NO");
    client.run("SELECT x (CONDSTORE)").tagged("BAD");
}

#[test]
fn after_a_failed_select_nothing_is_selected() {
    let server = client::server(|user| user.mailbox(Mailbox::new("INBOX").message("A: b\r\n\r\n")));
    let mut client = client::in_inbox(&server);
    client.run("FETCH 1 UID").ok();
    client.run("SELECT nothing").tagged("NO [NONEXISTENT]");
    for command in ["FETCH 1 UID", "CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "SEARCH ALL", "COPY 1 INBOX"] {
        client.run(command).tagged("BAD No mailbox is selected");
    }
}

#[test]
fn the_api_speaks_unicode() {
    let server = Server::start(Config::default()).unwrap();
    let uid = server.deliver("demo", "Entwürfe & Ideen", "Subject: x\r\n\r\ny\r\n").unwrap();
    let messages = server.messages("demo", "Entwürfe & Ideen").unwrap();
    assert_eq!(messages.last().map(|(uid, _)| *uid), Some(uid));
    for (user, mailbox) in [("nobody", "INBOX"), ("demo", "nothing")] {
        let error = server.deliver(user, mailbox, "x").unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}");
    }
    let error = server.deliver("demo", "INBOX", "").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}
