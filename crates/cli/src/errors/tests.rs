//! What is said of what goes wrong. Refusals by a server are tested against one, in `tests/`.

use std::io;

use imapkit::{Error, ErrorKind};

use super::library::explain;
use super::*;
use crate::place::Place;

fn said(error: &Error) -> String {
    explain(error, &Place::parse("imaps://ann@imap.example.org").unwrap(), "testing").to_string()
}

#[test]
fn known_texts_have_known_causes() {
    for (text, kind) in [
        ("Your account is not enabled for IMAP use. Please visit your Gmail settings page", "imap-disabled"),
        ("[ALERT] Application-specific password required: https://support.google.com/…", "app-password"),
        ("Please using authorized code to login", "app-password"),
        ("Too many simultaneous connections. (Failure)", "too-many-connections"),
        ("Account exceeded command or bandwidth limits. (Failure)", "daily-limit"),
        ("[ALERT] Please log in via your web browser: https://support.google.com/…", "security-check"),
        ("User is authenticated but not connected.", "not-connected"),
        ("SELECT Unsafe Login. Please contact kefu@188.com for help", "unsafe-login"),
        ("Request is throttled. Suggested Backoff Time: 92415 milliseconds", "throttled"),
        ("AccessTokenExpired", "token-expired"),
        ("Server Unavailable. 15", "unavailable"),
        ("Command Argument Error. 12", "too-long"),
        ("Invalid credentials (Failure)", "credentials"),
        ("Unknown Mailbox: Nix", "no-mailbox"),
    ] {
        assert_eq!(causes::of_text(text).map(|cause| cause.kind), Some(kind), "{text}");
    }
    assert!(causes::of_text("completed").is_none());
}

#[test]
fn every_kind_of_error_says_what_where_and_what_next_on_one_screen() {
    use ErrorKind as Kind;
    for (kind, exit) in [
        (Kind::Io, Exit::Network),
        (Kind::Tls, Exit::Network),
        (Kind::Timeout, Exit::Network),
        (Kind::Closed, Exit::Network),
        (Kind::Unknown, Exit::Network),
        (Kind::Auth, Exit::Auth),
        (Kind::Unsafe, Exit::Guard),
        (Kind::Misuse, Exit::Usage),
        (Kind::Protocol, Exit::Failed),
        (Kind::Unsupported, Exit::Failed),
        (Kind::Limit, Exit::Failed),
        (Kind::Bug, Exit::Failed),
    ] {
        let problem =
            explain(&Error::new(kind, "it went wrong"), &Place::parse("ann@imap.example.org").unwrap(), "testing");
        let text = problem.to_string();
        assert_eq!(problem.exit(), exit, "{kind:?}");
        assert!(text.contains("it went wrong"), "{text}");
        assert!(text.lines().count() < 8 && !text.ends_with('.') && !text.contains('!'), "{text}");
    }
}

#[test]
fn a_name_that_does_not_resolve_is_told_from_a_server_that_refuses() {
    let none = io::Error::other("failed to lookup address information: Name or service not known");
    let error = Error::with_source(ErrorKind::Io, format!("resolving imap.example.org: {none}"), none);
    assert!(
        said(&error).starts_with("there is no server imap.example.org: its name does not resolve"),
        "{}",
        said(&error)
    );
    let refused = Error::new(ErrorKind::Io, "connecting to imap.example.org: Connection refused (os error 111)");
    assert!(said(&refused).contains("nothing listens there"), "{}", said(&refused));
}

#[test]
fn t031_what_the_server_said_is_quoted_and_harmless() {
    let problem = Problem::new(Exit::Failed, "x", "it refused").said("no\u{1b}[2J\r\nway").code("LIMIT").next("wait");
    assert_eq!(problem.to_string(), "it refused\n  the server said: no[2J  way [LIMIT]\n  wait");
}

#[test]
fn the_system_says_it_without_its_numbers() {
    assert_eq!(plain(&io::Error::from_raw_os_error(2)), "no such file or directory");
    let gone: Problem = io::Error::from(io::ErrorKind::BrokenPipe).into();
    assert!(gone.is_silent() && gone.exit() == Exit::Done);
}
