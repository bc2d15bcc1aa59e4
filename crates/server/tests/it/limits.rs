//! Limits and nonsense: what is too long, too large, too slow or no IMAP at all.

use std::time::Duration;

use imapkit_server::{Capability, Limits, Mailbox, Server};

use crate::client::{self, Client};

fn limited(limits: Limits) -> Server {
    Server::start(client::config(|user| user).limits(limits)).unwrap()
}

fn small() -> Server {
    limited(Limits { command: 200, message: 1000, ..Limits::default() })
}

#[test]
fn a_message_too_large_is_refused_before_it_is_sent() {
    let server = small();
    let mut client = client::client(&server);
    client.run("APPEND INBOX {1001}").tagged("NO [TOOBIG] Message exceeds the message limit");
    client.run("NOOP").ok();
    client.run(format!("APPEND INBOX {{1000+}}\r\n{}", "m".repeat(1000))).ok();
}

#[test]
fn a_message_too_large_that_comes_unasked_is_skipped() {
    let server = small();
    let mut client = client::client(&server);
    // The literal looks like commands and must not be taken for them.
    let literal = "x LOGOUT\r\n".repeat(200);
    client.run(format!("APPEND INBOX {{{}+}}\r\n{literal}", literal.len())).tagged("NO [TOOBIG]").says(&[]);
    client.run("STATUS INBOX (MESSAGES)").ok().says(&["* STATUS INBOX (MESSAGES 0)"]);
}

#[test]
fn literals_of_other_commands_count_as_command() {
    let server = small();
    let mut client = client::client(&server);
    client.run("STATUS {201}").tagged("BAD Literal exceeds the command limit");
    client.run(format!("STATUS {{201+}}\r\n{}", "x".repeat(201))).tagged("BAD Literal exceeds the command limit");
    client.run("STATUS {4294967295}").tagged("BAD");
    client.run("NOOP").ok();
    let mut client = Client::plain(&server);
    client.run("LOGIN {201}").tagged("BAD");
    // Before login nothing large is read at all.
    client.send("x LOGIN {201+}\r\n");
    assert_eq!(client.line(), "* BYE Literal exceeds the command limit");
    assert!(client.is_closed());
    let mut client = Client::plain(&server);
    client.send("x APPEND INBOX {900+}\r\n");
    assert_eq!(client.line(), "* BYE Literal exceeds the command limit");
}

#[test]
fn endless_lines_end_the_connection() {
    let server = small();
    for mut client in [client::client(&server), Client::plain(&server)] {
        client.send("x".repeat(300));
        assert_eq!(client.line(), "* BYE Command exceeds the command limit");
        assert!(client.is_closed());
    }
    let mut client = client::client(&server);
    client.send(format!("a STATUS {{100+}}\r\n{} {}\r\n", "x".repeat(100), "y".repeat(100)));
    assert_eq!(client.line(), "* BYE Command exceeds the command limit");
    let mut client = client::client(&server);
    client.start("IDLE");
    client.line();
    client.send("DONE {5}\r\n");
    assert_eq!(client.line(), "* BYE A literal has no place here");
}

#[test]
fn without_literal_plus_literals_must_wait() {
    let server = Server::start(client::config(|user| user).hide(Capability::LiteralPlus)).unwrap();
    let mut client = client::client(&server);
    client.run("STATUS {5+}\r\nINBOX (MESSAGES)").tagged("BAD LITERAL+ is not offered");
    let tag = client.start("STATUS {5}");
    assert!(client.line().starts_with("+ "));
    client.send("INBOX (MESSAGES)\r\n");
    client.finish(&tag).ok();
}

#[test]
fn nonsense_is_bad_and_no_more() {
    let server = client::server(|user| user);
    let mut client = Client::plain(&server);
    for (line, answer) in [
        ("x", "* BAD"),
        ("", "* BAD"),
        ("x ", "x BAD"),
        ("x NONSENSE", "x BAD"),
        ("x NOOP extra", "x BAD"),
        ("x FETCH 1", "x BAD"),
        ("* NOOP", "* BAD"),
        ("x LOGIN \"unterminated", "x BAD"),
        ("x UID NOOP", "x BAD"),
        ("GET / HTTP/1.1", "GET BAD"),
        ("\u{7f}\u{80}\u{ff}", "* BAD"),
        ("x LOGIN u {1}x", "x BAD"),
    ] {
        client.send(format!("{line}\r\n"));
        let response = client.line();
        assert!(response.starts_with(answer), "{line:?}: {response}");
    }
    // A bare LF ends a line, but no command.
    client.send("x NOOP\n");
    assert!(client.line().contains(" BAD "));
    client.run("LOGIN u p").ok();
    client.run("COMPRESS DEFLATE").tagged("BAD");
    client.run("GETQUOTAROOT INBOX").tagged("BAD");
}

#[test]
fn the_idle_limit_ends_a_silent_connection() {
    let server = limited(Limits { idle: Duration::from_secs(2), ..Limits::default() });
    let mut client = client::client(&server);
    // Together longer than the limit, but never silent for as long.
    for _ in 0..6 {
        std::thread::sleep(Duration::from_millis(400));
        client.run("NOOP").ok();
    }
    assert_eq!(client.line(), "* BYE Idle for too long");
    assert!(client.is_closed());
}

/// Commands with a few bytes changed are answered, whatever they have become; none ends the connection unsaid.
#[test]
fn damaged_commands_are_answered() {
    let commands = [
        "LIST \"\" (%*)",
        "STATUS INBOX (MESSAGES UIDNEXT SIZE)",
        "UID FETCH 1:*,3 (FLAGS BODY.PEEK[1.2.HEADER.FIELDS (To From)]<0.10> ENVELOPE BODYSTRUCTURE)",
        "SEARCH OR (SEEN 1:3) NOT HEADER From \"x\" SINCE 1-Jan-2025 UID 4,5",
        "STORE 1:2 -FLAGS.SILENT (\\Seen $a b)",
        "UID COPY 1:4294967295 \"Entw&APw-rfe\"",
        "RENAME \"a/&-b\" INBOX/c",
        "CREATE \"&U,BTFw-/&ZeVnLIqe-\"",
        "SELECT INBOX (CONDSTORE)",
        "UID EXPUNGE *:1",
    ];
    let inbox = (0..5).fold(Mailbox::new("INBOX"), |mailbox, _| mailbox.message("To: a\r\n\r\nb"));
    let server = client::server(|user| user.mailbox(inbox));
    let mut client = client::in_inbox(&server);
    let mut state = 7_u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap() % below
    };
    for round in 0..3000 {
        let mut command = format!("c{round} {}", commands[random(commands.len())]).into_bytes();
        for _ in 0..=random(3) {
            let at = random(command.len());
            match random(3) {
                0 => command[at] = b" ()[]<>:,*%&\"\\/0149aZ\x00\xff"[random(23)],
                1 => drop(command.remove(at)),
                _ => command.insert(at, command[random(command.len())]),
            }
        }
        client.send([&command[..], b"\r\n"].concat());
        let answer = client.run("NOOP").ok();
        assert!(!answer.untagged.is_empty(), "{:?}", String::from_utf8_lossy(&command));
    }
}
