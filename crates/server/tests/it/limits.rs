//! Limits and nonsense: what is too long, too large, too slow or no IMAP at all.

use std::time::Duration;

use imapkit_server::{Capability, Limits, Server};

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
    let server = limited(Limits { idle: Duration::from_millis(300), ..Limits::default() });
    let mut client = client::client(&server);
    for _ in 0..4 {
        std::thread::sleep(Duration::from_millis(100));
        client.run("NOOP").ok();
    }
    assert_eq!(client.line(), "* BYE Idle for too long");
    assert!(client.is_closed());
}
