//! Each judgement by a report that deserves it.

use super::super::link::{Attempt, StartTls};
use super::super::report::{Capabilities, Check, Failure, Oddity, Quota};
use super::*;

#[expect(clippy::unnecessary_wraps, reason = "as the report holds them")]
fn words(text: &str) -> Option<Vec<String>> {
    Some(text.split(' ').map(str::to_owned).collect())
}

fn good() -> Report {
    let all = words("IMAP4rev1 IDLE UIDPLUS MOVE SPECIAL-USE CONDSTORE QRESYNC LITERAL+ SASL-IR");
    Report {
        security: "tls".into(),
        user: Some("ann".into()),
        greeting: Some("hi".into()),
        capabilities: Capabilities { before_tls: None, before_login: all.clone(), after_login: all },
        ..Report::default()
    }
}

fn judged(mut report: Report) -> (Verdict, String) {
    judge(&mut report);
    (
        report.verdict,
        report
            .findings
            .iter()
            .fold(String::new(), |text, finding| format!("{text}{:?}: {}\n", finding.severity, finding.text)),
    )
}

#[test]
fn a_good_server_gets_no_finding() {
    assert_eq!(judged(good()), (Verdict::Good, String::new()));
}

#[test]
fn what_is_missed_is_said_only_after_login() {
    let mut report = good();
    report.capabilities.after_login = words("IMAP4rev1 LITERAL- SASL-IR QRESYNC MOVE SPECIAL-USE UIDPLUS");
    let (verdict, text) = judged(report);
    assert_eq!(verdict, Verdict::Warnings);
    assert!(
        text.starts_with("Warning: no IDLE") && !text.contains("no LITERAL+") && !text.contains("no CONDSTORE"),
        "{text}"
    );
    let mut report = good();
    report.capabilities = Capabilities { before_login: words("IMAP4rev1"), ..Capabilities::default() };
    assert_eq!(judged(report), (Verdict::Good, "Note: no SASL-IR: login costs a round trip more\n".into()));
    let mut report = good();
    report.capabilities.after_login = words("IMAP4rev2 CONDSTORE QRESYNC LITERAL-");
    assert!(!judged(report).1.contains("no "), "IMAP4rev2 brings the others");
}

#[test]
fn certificates_are_renewed_in_time() {
    let mut report = good();
    report.tls =
        Some(Tls { certificate: Some(Certificate { days_left: 3, ..Certificate::default() }), ..Tls::default() });
    assert_eq!(judged(report).1, "Warning: the certificate ends in 3 days\n");
}

#[test]
fn one_dead_address_is_a_warning_and_none_alive_a_failure() {
    let dead = |address: &str| Attempt { address: address.into(), ms: 0.0, error: Some("connection refused".into()) };
    let mut report = good();
    report.attempts = vec![dead("[::1]:993"), Attempt { error: None, ..dead("127.0.0.1:993") }];
    assert_eq!(judged(report).0, Verdict::Warnings);
    let mut report = good();
    report.attempts = vec![dead("[::1]:993")];
    report.failure =
        Some(Failure { kind: "network".into(), message: "no connection".into(), server_text: None, advice: vec![] });
    assert_eq!(judged(report), (Verdict::Broken, "Error: no connection\n".into()));
}

#[test]
fn clear_text_and_full_mailboxes_are_warned_of() {
    let mut report = good();
    report.security = "starttls".into();
    report.capabilities.before_tls = words("IMAP4rev1 STARTTLS");
    report.quota = vec![Quota { resource: "STORAGE".into(), usage: 950, limit: 1000 }];
    let (verdict, text) = judged(report);
    assert_eq!(verdict, Verdict::Warnings);
    assert!(
        text.contains("takes passwords before TLS")
            && text.contains("95 % of the STORAGE quota is used: 972.8 kB of 1.0 MB"),
        "{text}"
    );
}

#[test]
fn what_does_not_keep_its_word_is_a_warning() {
    let mut report = good();
    let check = |name: &str, result| Check { name: name.into(), result, text: "so it is".into(), ms: 1.0 };
    report.checks =
        vec![check("esearch", Tried::Good), check("idle-push", Tried::Bad), check("qresync", Tried::Absent)];
    report.leftovers = vec!["imapkit-doctor-1".into()];
    report.oddities = vec![Oddity { text: "unknown".into(), raw: "* HUH".into() }];
    let (verdict, text) = judged(report);
    assert_eq!(verdict, Verdict::Warnings);
    let wanted = "Warning: IDLE with new mail: so it is\nWarning: the folder imapkit-doctor-1 is left from a visit that was cut off, unless one is under way\n\
        Warning: the server broke the rules: unknown; it said: * HUH\n";
    assert_eq!(text, wanted);
}

#[test]
fn old_certificates_and_lone_ones_are_told() {
    let mut report = good();
    let old = Certificate {
        key: "RSA".into(),
        key_bits: Some(1024),
        signature: "sha1WithRSAEncryption".into(),
        subject: "CN=a".into(),
        days_left: 99,
        ..Certificate::default()
    };
    let root = Certificate {
        subject: "CN=r".into(),
        issuer: "CN=r".into(),
        key: "RSA".into(),
        key_bits: Some(4096),
        ..old.clone()
    };
    report.tls = Some(Tls { chain: vec![old.clone(), root], ..Tls::default() });
    assert_eq!(
        judged(report).1,
        "Warning: the certificate of CN=a is weak: RSA key of 1024 bits, signed by sha1WithRSAEncryption\n"
    );
    let mut report = good();
    let fine =
        Certificate { key: "ECDSA P-256".into(), key_bits: Some(256), signature: "ecdsa-with-SHA256".into(), ..old };
    let problem = Some("the certificate of h is issued by an unknown authority (CN=x)".into());
    report.tls = Some(Tls { chain: vec![fine], problem, refused: true, ..Tls::default() });
    assert!(judged(report).1.contains("the certificate in between is missing"));
}

#[test]
fn what_port_143_does_is_told() {
    let mut report = good();
    report.starttls = Some(StartTls {
        port: 143,
        open: true,
        works: true,
        before_tls: words("IMAP4rev1 STARTTLS"),
        after_tls: words("IMAP4rev1 STARTTLS"),
        same_certificate: Some(false),
        ..StartTls::default()
    });
    let text = judged(report).1;
    for part in ["port 143 takes passwords before TLS", "offers STARTTLS within TLS", "another certificate than port"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let mut report = good();
    report.starttls = Some(StartTls { port: 143, error: Some("connection refused".into()), ..StartTls::default() });
    assert_eq!(judged(report), (Verdict::Good, String::new()), "a closed port is fine");
}
