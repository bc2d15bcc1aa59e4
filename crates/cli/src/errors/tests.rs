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
