//! Several clients at once: who is told what, and when (RFC 3501 §5.2, §7.3, §7.4.1; RFC 2177; RFC 2180).

use std::thread;

use imapkit_server::{Mailbox, Message, Server};

use crate::client::{self, Client};

fn three() -> Server {
    let message = |mailbox: Mailbox, n| mailbox.message(format!("N: {n}\r\n\r\nbody {n}").as_str());
    client::server(|user| user.mailbox((1..=3).fold(Mailbox::new("INBOX"), message)).mailbox(Mailbox::new("Other")))
}

fn idling(server: &Server) -> (Client, String) {
    let mut client = client::in_inbox(server);
    let tag = client.start("IDLE");
    assert!(client.line().starts_with("+ "));
    (client, tag)
}

#[test]
fn changes_reach_an_idle_client_at_once() {
    let server = three();
    let (mut idle, tag) = idling(&server);
    let mut other = client::in_inbox(&server);
    let uid = server.deliver("u", "INBOX", "N: 4\r\n\r\n").unwrap();
    assert_eq!(uid, 4);
    assert_eq!([idle.line(), idle.line()], ["* 4 EXISTS", "* 4 RECENT"]);
    other.run("STORE 2 +FLAGS (\\Seen)").ok();
    assert_eq!(idle.line(), "* 2 FETCH (FLAGS (\\Seen \\Recent))");
    other.run("STORE 1,3 +FLAGS.SILENT (\\Deleted)").ok();
    assert_eq!(idle.line(), "* 1 FETCH (FLAGS (\\Deleted \\Recent))");
    assert_eq!(idle.line(), "* 3 FETCH (FLAGS (\\Deleted \\Recent))");
    other.run("EXPUNGE").ok();
    assert_eq!([idle.line(), idle.line()], ["* 3 EXPUNGE", "* 1 EXPUNGE"]);
    other.run("APPEND INBOX {3+}\r\na b").ok();
    assert_eq!([idle.line(), idle.line()], ["* 3 EXISTS", "* 2 RECENT"]);
    idle.send("DONE\r\n");
    idle.finish(&tag).ok().says(&[]);
    idle.run("FETCH 1:* UID").ok().says(&["* 1 FETCH (UID 2)", "* 2 FETCH (UID 4)", "* 3 FETCH (UID 5)"]);
}

#[test]
fn idle_ends_with_done_only() {
    let server = three();
    let (mut client, tag) = idling(&server);
    client.send("NOOP\r\n");
    client.finish(&tag).tagged("BAD");
    let tag = client.start("IDLE\r\nDONE");
    assert!(client.line().starts_with("+ "));
    client.finish(&tag).ok();
    // Without a mailbox there is nothing to hear of, but it is allowed.
    let mut client = client::client(&server);
    let tag = client.start("IDLE");
    client.line();
    client.send("done\r\n");
    client.finish(&tag).ok();
}

#[test]
fn expunge_waits_for_a_command_that_allows_it() {
    let server = three();
    let (mut reader, mut other) = (client::in_inbox(&server), client::in_inbox(&server));
    other.run("STORE 2 +FLAGS.SILENT (\\Deleted)").ok();
    other.run("EXPUNGE").ok();
    // Not during FETCH, STORE and SEARCH: the numbers stay, and so does the message.
    reader
        .run("FETCH 2:3 (UID BODY.PEEK[TEXT])")
        .ok()
        .says(&["* 2 FETCH (UID 2 BODY[TEXT] {6}\r\nbody 2)", "* 3 FETCH (UID 3 BODY[TEXT] {6}\r\nbody 3)"]);
    reader.run("SEARCH UID 2:3").ok().says(&["* SEARCH 2 3"]);
    reader.run("STORE 2 +FLAGS (\\Seen)").tagged("NO [EXPUNGEISSUED]").says(&[]);
    reader.run("STORE 3 +FLAGS (\\Seen)").ok().says(&["* 3 FETCH (FLAGS (\\Seen \\Recent))"]);
    // New mail may be told, and counts what the client still sees.
    server.deliver("u", "INBOX", "N: 4\r\n\r\n").unwrap();
    reader.run("FETCH 1 UID").ok().says(&["* 1 FETCH (UID 1)", "* 4 EXISTS", "* 4 RECENT"]);
    // UID commands may (RFC 3501 §7.4.1).
    reader.run("UID FETCH 3 UID").ok().says(&["* 3 FETCH (UID 3)", "* 2 EXPUNGE"]);
    reader.run("FETCH 2 UID").ok().says(&["* 2 FETCH (UID 3)"]);
    other.run("NOOP").ok().says(&["* 2 FETCH (FLAGS (\\Seen))", "* 3 EXISTS", "* 0 RECENT"]);
}

#[test]
fn copies_of_expunged_messages_are_left_out() {
    let server = three();
    let (mut reader, mut other) = (client::in_inbox(&server), client::in_inbox(&server));
    other.run("STORE 2 +FLAGS.SILENT (\\Deleted)").ok();
    other.run("EXPUNGE").ok();
    let answer = reader.run("COPY 1:3 Other").ok();
    assert!(answer.tagged.contains(" 1,3 1:2]"), "{}", answer.tagged);
    assert_eq!(answer.lines(), ["* 2 EXPUNGE"]);
}

#[test]
fn silence_does_not_hide_what_others_did() {
    let server = three();
    let (mut a, mut b) = (client::in_inbox(&server), client::in_inbox(&server));
    b.run("STORE 1 +FLAGS (\\Flagged)").ok();
    a.run("STORE 1:2 +FLAGS.SILENT (\\Seen)").ok().says(&["* 1 FETCH (FLAGS (\\Flagged \\Seen \\Recent))"]);
    b.run("NOOP").ok().says(&["* 1 FETCH (FLAGS (\\Flagged \\Seen))", "* 2 FETCH (FLAGS (\\Seen))"]);
    a.run("NOOP").ok().says(&[]);
    // What a FETCH has shown is not told again.
    b.run("STORE 3 +FLAGS (\\Draft)").ok();
    a.run("FETCH 3 FLAGS").ok().says(&["* 3 FETCH (FLAGS (\\Draft \\Recent))"]);
    a.run("NOOP").ok().says(&[]);
    // Setting what is set is no change.
    b.run("STORE 3 +FLAGS.SILENT (\\Draft)").ok();
    a.run("NOOP").ok().says(&[]);
}

#[test]
fn new_keywords_are_announced_to_all() {
    let server = three();
    let (mut a, mut b) = (client::in_inbox(&server), client::in_inbox(&server));
    b.run("STORE 1 +FLAGS.SILENT ($New)").ok();
    let lines = a.run("NOOP").ok().lines();
    assert_eq!(lines[0], "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $New)");
    assert!(lines[1].starts_with("* OK [PERMANENTFLAGS ("), "{lines:?}");
    assert_eq!(lines[2..], ["* 1 FETCH (FLAGS ($New \\Recent))"]);
}

#[test]
fn recent_goes_to_one_session() {
    let server = three();
    let mut first = client::in_inbox(&server);
    let mut second = client::client(&server);
    assert!(second.run("SELECT INBOX").ok().lines().contains(&"* 0 RECENT".to_owned()));
    first.run("SEARCH RECENT").ok().says(&["* SEARCH 1 2 3"]);
    second.run("SEARCH RECENT").ok().says(&["* SEARCH"]);
    second.run("SEARCH OLD").ok().says(&["* SEARCH 1 2 3"]);
}

#[test]
fn a_deleted_mailbox_stays_with_who_has_it_open() {
    let server = client::server(|user| user.mailbox(Mailbox::new("x").message("A: b\r\n\r\n")));
    let (mut reader, mut other) = (client::client(&server), client::client(&server));
    reader.run("SELECT x").ok();
    other.run("DELETE x").ok();
    reader.run("FETCH 1 RFC822.SIZE").ok().says(&["* 1 FETCH (RFC822.SIZE 8)"]);
    reader.run("SELECT x").tagged("NO [NONEXISTENT]");
}

#[test]
fn pipelined_commands_are_answered_in_order() {
    let server = three();
    let mut client = client::client(&server);
    client.send(
        "a SELECT INBOX\r\nb UID FETCH 1 UID\r\nc APPEND INBOX {3+}\r\na b\r\nd nonsense\r\n\
         e UID STORE 1 +FLAGS (\\Seen)\r\nf IDLE\r\nDONE\r\ng LOGOUT\r\n",
    );
    let mut tags = Vec::new();
    loop {
        let line = client.line();
        if line.is_empty() {
            break;
        }
        if !line.starts_with(['*', '+']) {
            tags.push(line.split(' ').take(2).collect::<Vec<_>>().join(" "));
        }
    }
    assert_eq!(tags, ["a OK", "b OK", "c OK", "d BAD", "e OK", "f OK", "g OK"]);
}

#[test]
fn users_do_not_see_each_other() {
    let config = client::config(|user| user.mailbox(Mailbox::new("mine"))).user(imapkit_server::User::new("v", "q"));
    let server = Server::start(config).unwrap();
    let mut client = Client::plain(&server);
    client.run("LOGIN v q").ok();
    client.run("LIST \"\" *").ok().says(&["* LIST (\\HasNoChildren) \"/\" INBOX"]);
}

/// A client that asks for much and reads nothing costs the others nothing, and does not keep the server from stopping.
#[test]
fn a_stalled_client_holds_up_nobody() {
    let large = vec![b'x'; 2 << 20];
    let server = client::server(|user| {
        (0..8).fold(user, |user, _| user.mailbox(Mailbox::new("INBOX").message(Message::new(large.clone()))))
    });
    let mut stalled = client::in_inbox(&server);
    stalled.start("FETCH 1:* BODY.PEEK[]");
    let (mut idle, _) = idling(&server);
    let mut client = client::in_inbox(&server);
    client.run("FETCH 1:8 RFC822.SIZE").ok();
    server.deliver("u", "INBOX", "A: b\r\n\r\n").unwrap();
    assert_eq!(idle.line(), "* 9 EXISTS");
    // Gone without a word, too.
    drop(idle);
    client.run("NOOP").ok();
    server.stop();
}

#[test]
fn many_clients_at_once() {
    let server = three();
    thread::scope(|scope| {
        for n in 0..20 {
            let server = &server;
            scope.spawn(move || {
                let mut client = client::in_inbox(server);
                for round in 0..20 {
                    client.run(format!("APPEND INBOX ($c{n}) {{9+}}\r\nN: {n:02}{round:02}\r\n")).ok();
                    client.run("UID SEARCH ALL").ok();
                    client.run("UID FETCH 1:* FLAGS").ok();
                }
            });
        }
    });
    let messages = server.messages("u", "INBOX").unwrap();
    assert_eq!(messages.len(), 3 + 20 * 20);
    assert!(messages.windows(2).all(|pair| pair[0].0 < pair[1].0));
}
