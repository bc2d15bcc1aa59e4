//! URLs as RFC 5092 and people write them, and those that try to smuggle.

use super::*;

fn parse(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn the_scheme_alone_decides_security() {
    let cases = [
        ("imaps://h", Security::Tls, 993),
        ("IMAPS://h", Security::Tls, 993),
        ("imap://h", Security::StartTls, 143),
        ("imap+starttls://h", Security::StartTls, 143),
        ("imap+insecure://localhost", Security::Insecure, 143),
        ("imap://h:993", Security::StartTls, 993),
        ("imaps://h:143", Security::Tls, 143),
    ];
    for (text, security, port) in cases {
        assert_eq!((parse(text).security, parse(text).port), (security, port), "{text}");
    }
}

#[test]
fn every_part_is_read() {
    let url = parse(
        "imaps://ann%40example.org;AUTH=SCRAM-SHA-256@[2001:db8::1]:1993/Lists/R%C3%BCst%20;UIDVALIDITY=7/;UID=20/;SECTION=1.2/;PARTIAL=0.1024",
    );
    assert_eq!(url.user.as_deref(), Some("ann@example.org"));
    assert_eq!(url.auth.as_deref(), Some("SCRAM-SHA-256"));
    assert_eq!((url.host.to_string().as_str(), url.port), ("2001:db8::1", 1993));
    assert_eq!(url.mailbox.as_deref(), Some("Lists/Rüst "));
    assert_eq!((url.uid_validity, url.uid), (Some(7), Some(20)));
    assert_eq!((url.section.as_deref(), url.partial), (Some("1.2"), Some((0, Some(1024)))));

    let short = parse("imaps://user@host/INBOX;UID=7");
    assert_eq!((short.user.as_deref(), short.mailbox.as_deref(), short.uid), (Some("user"), Some("INBOX"), Some(7)));
    let any = parse("imap://;AUTH=*@host/");
    assert_eq!((any.user, any.auth.as_deref(), any.mailbox), (None, Some("*"), None));
    let search = parse("imaps://host/INBOX?SUBJECT%20hello");
    assert_eq!((search.mailbox.as_deref(), search.search.as_deref()), (Some("INBOX"), Some("SUBJECT hello")));
    // RFC 5092 §8: a mailbox name may hold an encoded semicolon or percent sign; decoded once.
    assert_eq!(parse("imaps://h/a%3Bb%2525").mailbox.as_deref(), Some("a;b%25"));
    // The last `@` ends the user, as people forget to encode the first.
    assert_eq!(parse("imaps://ann@example.org@h").user.as_deref(), Some("ann@example.org"));
}

#[test]
fn t075_line_breaks_and_zero_bytes_are_refused_in_every_part() {
    for bad in ["%0d%0aA9%20LOGOUT", "%0D", "%0A", "%00", "a%00b", "\r", "\n", "\0"] {
        for text in [
            format!("imap://h/{bad}"),
            format!("imap://{bad}@h/"),
            format!("imap://u;AUTH={bad}@h/"),
            format!("imap://h/a;UID=1/;SECTION={bad}"),
            format!("imap://h/a?{bad}"),
        ] {
            assert!(matches!(Url::parse(&text), Err(AddressError::Control { .. })), "{text:?}");
        }
        assert!(Url::parse(&format!("imap://h{bad}/")).is_err());
        assert!(Url::parse(&format!("imap://h:{bad}/")).is_err());
    }
    // Encoded twice is text, not a line break.
    assert_eq!(parse("imap://h/%250d").mailbox.as_deref(), Some("%0d"));
}

#[test]
fn percent_signs_are_strict() {
    for bad in ["%", "%2", "%zz", "a%", "%e", "%ff", "%c3", "%+1", "%2é"] {
        let text = format!("imap://h/{bad}");
        assert_eq!(Url::parse(&text), Err(AddressError::Percent { part: "mailbox" }), "{text}");
    }
}

#[test]
fn the_rest_is_refused() {
    for text in [
        "",
        "host",
        "imaps:host",
        "http://host",
        "imaps://",
        "imaps:///INBOX",
        "imaps://user:pass@host/",
        "imaps://user;X=1@host/",
        "imaps://user;AUTH=@host/",
        "imaps://host/INBOX;UID=0",
        "imaps://host/INBOX;UID=-1",
        "imaps://host/INBOX;UID=4294967296",
        "imaps://host/INBOX;UID=1;UID=2",
        "imaps://host/INBOX;UIDVALIDITY=x",
        "imaps://host/INBOX;PARTIAL=1.0",
        "imaps://host/INBOX;URLAUTH=x",
        "imaps://host/INBOX#x",
        "imaps://-oProxyCommand=x/",
    ] {
        assert!(Url::parse(text).is_err(), "{text}");
    }
}

#[test]
fn debug_and_errors_never_show_the_user() {
    let shown = format!("{:?}", parse("imaps://canary;AUTH=PLAIN@h/INBOX"));
    assert!(shown.contains("***") && !shown.contains("canary"), "{shown}");
    for text in [
        "imaps://canary:canary@h/",
        "imaps://canary%00@h/",
        "imaps://canary@h:x/",
        "imaps://canary;canary@h",
        "imaps://ann:canary",
        "imaps://ann:canary/99@h",
        "imaps://ann:can:canary",
        "imaps://ann@h:canary",
    ] {
        let error = Url::parse(text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
}
