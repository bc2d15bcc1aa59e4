//! What people type, and where it leads.

use super::*;

fn place(text: &str) -> Place {
    Place::parse(text).unwrap()
}

fn hosts(text: &str) -> Vec<String> {
    match place(text).server {
        Server::Host(host) => vec![host.to_string()],
        Server::Of(email) => vec![format!("of {email}")],
    }
}

#[test]
fn a_mail_address_is_to_be_looked_for_and_logs_in_whole() {
    assert_eq!(hosts("ann@example.org"), ["of ann@example.org"]);
    assert_eq!(hosts("ann@B\u{fc}cher.example/Sent"), ["of ann@xn--bcher-kva.example"]);
    assert_eq!(place("ann@example.org").server_text(), "example.org");
    assert_eq!(place("ann@example.org").user.unwrap(), "ann@example.org");
    assert_eq!(place("ann@example.org/Lists/Rust").mailbox.unwrap(), "Lists/Rust");
}

#[test]
fn a_named_server_is_taken_as_it_is() {
    for (text, host, port, user) in [
        ("ann@imap.example.org", "imap.example.org", 993, Some("ann")),
        ("ann@example.org:1993", "example.org", 1993, Some("ann")),
        ("ann@example.org@mx.example.net", "mx.example.net", 993, Some("ann@example.org")),
        ("ann@127.0.0.1:1993", "127.0.0.1", 1993, Some("ann")),
        ("demo@localhost", "localhost", 993, Some("demo")),
        ("imap.example.org", "imap.example.org", 993, None),
        ("[::1]:1993", "::1", 1993, None),
        ("mailhost:993", "mailhost", 993, None),
    ] {
        assert_eq!(hosts(text), [host], "{text}");
        assert_eq!((place(text).port, place(text).user.as_deref()), (port, user), "{text}");
        assert_eq!(place(text).security, Security::Tls);
    }
}

#[test]
fn urls_say_everything() {
    let all = place("imap+starttls://ann%40example.org;AUTH=PLAIN@imap.example.org/Lists%2FRust;UIDVALIDITY=3/;UID=7");
    assert_eq!((all.security, all.port, all.uid, all.uid_validity), (Security::StartTls, 143, Some(7), Some(3)));
    assert_eq!(all.user.as_deref(), Some("ann@example.org"));
    assert_eq!((all.mailbox.as_deref(), all.auth.as_deref()), (Some("Lists/Rust"), Some("PLAIN")));
    assert_eq!(place("imap+insecure://localhost").security, Security::Insecure);
    assert_eq!(place("imaps://ann;AUTH=*@imap.example.org").auth, None);
}

#[test]
fn a_lone_word_is_no_place() {
    for text in ["INBOX", "", "ann@", "ann@exa mple.org", "imaps://", "http://example.org"] {
        let problem = Place::parse(text).unwrap_err();
        assert_eq!(problem.exit(), crate::exit::Exit::Usage, "{text}");
        assert!(problem.to_string().contains("for example ann@example.org"), "{text}");
    }
}

#[test]
fn t109_a_password_in_a_place_is_refused_and_not_shown() {
    for text in [
        "imaps://ann:hunter2@imap.example.org/",
        "imaps://ann:hunter2/99@localhost",
        "imaps://ann:hunter2",
        "imaps://ann:a:hunter2",
        "imaps://ann@example.org:hunter2",
        "imaps://ann:hunter2@",
        "ann:hunter2@imap.example.org",
        "ann:hunter2@example.org",
        "ann@example.org:hunter2@imap.example.org",
        "ann:hunter2/99@imap.example.org",
        "ann:hunter2",
    ] {
        let problem = Place::parse(text).unwrap_err();
        assert_eq!(problem.exit(), crate::exit::Exit::Usage, "{text}");
        assert!(!format!("{problem} {problem:?}").contains("hunter2"), "{problem:?}");
        assert!(problem.to_string().contains("a password does not belong there"), "{problem}");
    }
    assert!(Place::parse("imap.example.org:99999").unwrap_err().to_string().contains("`99999` is not a port"));
}

#[test]
fn places_are_shown_short() {
    assert_eq!(place("ann@imap.example.org").to_string(), "ann at imap.example.org");
    assert_eq!(place("imaps://[::1]:1993").to_string(), "[::1]:1993");
    assert_eq!(place("imap+starttls://h.example").server_text(), "h.example");
}
