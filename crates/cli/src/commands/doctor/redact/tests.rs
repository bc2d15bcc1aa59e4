//! Reports, lines and words with names in them, and without.

use super::super::link::{Attempt, Certificate, Dns, Tls};
use super::super::report::{Failure, Finding, Namespace, Severity};
use super::*;

/// What must not be seen.
const PRIVATE: &[&str] = &["acme", "ann", "198.51.100", "2a01:4f8", "mb123456789", "0123456789abcdef", "Secret Plans"];

fn private() -> Report {
    let leaf = Certificate {
        subject: "CN=imap.acme.org,O=Acme".into(),
        issuer: "CN=R11,O=Let's Encrypt".into(),
        names: vec!["imap.acme.org".into(), "*.acme.org".into()],
        fingerprint_sha256: "0123456789abcdef".into(),
        ..Certificate::default()
    };
    let text =
        "certificate of imap.acme.org for ann@acme.org at 198.51.100.7:993 and 2a01:4f8::1, session mb123456789abc.";
    Report {
        server: "imap.acme.org".into(),
        user: Some("ann@acme.org".into()),
        dns: Some(Dns { addresses: vec!["198.51.100.7".into(), "2a01:4f8::1".into()], ms: 1.0 }),
        attempts: vec![Attempt { address: "[2a01:4f8::1]:993".into(), ms: 0.5, error: None }],
        tls: Some(Tls { certificate: Some(leaf.clone()), chain: vec![leaf], ..Tls::default() }),
        greeting: Some("Gimap ready for requests from 198.51.100.9 mb123456789abcd".into()),
        server_id: vec![
            ("name".into(), "Dovecot".into()),
            ("version".into(), "2.3.19.1".into()),
            ("remote-host".into(), "198.51.100.9".into()),
        ],
        special_use: vec![("archive".into(), "Secret Plans".into()), ("sent".into(), "Sent".into())],
        namespaces: vec![Namespace { of: "shared".into(), prefix: "Secret Plans/".into(), delimiter: Some('/') }],
        findings: vec![Finding { severity: Severity::Note, text: text.into(), advice: Some(text.into()) }],
        failure: Some(Failure {
            kind: "auth".into(),
            message: text.into(),
            server_text: Some(text.into()),
            advice: vec![text.into()],
        }),
        last_lines: vec![
            "S: * LIST (\\HasNoChildren) \"/\" \"Secret Plans\"".into(),
            "S: * ID (\"x\" \"acme\")".into(),
        ],
        ..Report::default()
    }
}

#[test]
fn nothing_private_is_left_and_the_rest_is() {
    let masked = redacted(&private());
    let text = serde_json::to_string(&masked).unwrap();
    for private in PRIVATE {
        assert!(!text.contains(private), "{private}: {text}");
    }
    for open in
        ["Dovecot", "2.3.19.1", "Let's Encrypt", "Gimap ready for requests from 192.0.2.", "host-1.example", "\"Sent\""]
    {
        assert!(text.contains(open), "{open}: {text}");
    }
    assert_eq!(masked.server, "host-1.example");
    assert!(masked.findings[0].text.starts_with("certificate of host-1.example for user-1 at 192.0.2.1:993"), "{text}");
    assert_eq!(masked.tls.unwrap().certificate.unwrap().names[0], "host-1.example");
}

#[test]
fn a_transcript_stays_one() {
    let text = "# provenance: x\nS: * OK imap.acme.org ready\nC: A1 LOGIN …\nS: * LIST (\\HasNoChildren) \"/\" \"Secret Plans\"\nS: A1 OK in\n";
    let masked = Masks::of(&private()).lines(text);
    let wanted = "# provenance: x\nS: * OK host-1.example ready\nC: A1 LOGIN …\nS: * LIST (\\HasNoChildren) \"/\" \"folder-1\"\nS: A1 OK in\n";
    assert_eq!(masked, wanted);
}

#[test]
fn t109_lines_of_every_kind_name_nobody_and_stay_what_they_are() {
    let mut masks = Masks::of(&private());
    for (line, wanted) in [
        ("S: * OK Acme Mail ready, Ann", "S: * OK owner-1 Mail ready, user-1"),
        ("S: A1 OK Logged in as ann", "S: A1 OK Logged in as user-1"),
        ("S: * LIST () NIL Plans", "S: * LIST () NIL folder-1"),
        ("S: * LIST () \".\" INBOX.ann.x", "S: * LIST () \".\" folder-2"),
        ("S: * LIST (\\Sent) \"/\" \"Sent Items\"", "S: * LIST (\\Sent) \"/\" \"Sent Items\""),
        ("S: * LIST () \"/\" \"a \\\"b\\\" c\"", "S: * LIST () \"/\" \"folder-3\""),
        ("S: * STATUS \"Plans\" (MESSAGES 3)", "S: * STATUS \"folder-1\" (MESSAGES 3)"),
        ("S: * STATUS Plans (MESSAGES 3)", "S: * STATUS folder-1 (MESSAGES 3)"),
        (
            "S: * NAMESPACE ((\"INBOX.\" \".\")) ((\"user.ann.\" \".\")) NIL",
            "S: * NAMESPACE ((\"INBOX.\" \".\")) ((\"folder-4\" \".\")) NIL",
        ),
        ("S: * QUOTAROOT INBOX \"user.ann\"", "S: * QUOTAROOT INBOX \"folder-4\""),
        ("S: * QUOTA user.ann (STORAGE 1 2)", "S: * QUOTA folder-4 (STORAGE 1 2)"),
        (
            "S: * CAPABILITY IMAP4rev1 IMAPSIEVE=sieve://sieve.acme.org",
            "S: * CAPABILITY IMAP4rev1 IMAPSIEVE=sieve://host-2.example",
        ),
    ] {
        assert_eq!(masks.line(line), wanted, "{line}");
    }
}

#[test]
fn words_of_our_own_stay() {
    let text = "TLS_AES_256_GCM_SHA384, sha256WithRSAEncryption, RFC 8314, port 143, 0.4 ms, use imaps:// on 993";
    assert_eq!(Masks::default().words(text), text);
}
