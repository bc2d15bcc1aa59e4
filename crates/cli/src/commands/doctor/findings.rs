//! What a report means: a list of findings, each with what to do.
//!
//! A pure function of the report and the date, so every judgement has its test. Sources: protocol.md §5, server-quirks.md; RFC 8314 (TLS),
//! RFC 8996 (old TLS), RFC 2177, 4315, 5258, 7162.

use super::report::{Finding, Report, Severity, Verdict};
use crate::output::text::{clean, size};

const DAY: i64 = 86_400;
/// Certificates that end sooner than this are worth a warning: most are renewed 30 days before.
const SOON: i64 = 14 * DAY;
/// Slower than this, people notice.
const SLOW_DNS: f64 = 1000.0;
const SLOW_GREETING: f64 = 5000.0;

/// Fills in findings and verdict. `now` is seconds since 1970.
pub(super) fn judge(report: &mut Report, now: i64) {
    let mut findings = Vec::new();
    addresses(report, &mut findings);
    tls(report, now, &mut findings);
    capabilities(report, &mut findings);
    account(report, &mut findings);
    if let Some(failure) = &report.failure {
        let advice = (!failure.advice.is_empty()).then(|| failure.advice.join("\n"));
        let said = failure.server_text.as_ref().map(|said| format!("; the server said: {said}")).unwrap_or_default();
        findings.push(Finding { severity: Severity::Error, text: format!("{}{said}", failure.message), advice });
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    report.verdict = match findings.first().map(|finding| finding.severity) {
        Some(Severity::Error) => Verdict::Broken,
        Some(Severity::Warning) => Verdict::Warnings,
        Some(Severity::Note) | None => Verdict::Good,
    };
    report.findings = findings;
}

fn note(findings: &mut Vec<Finding>, text: impl Into<String>) {
    findings.push(Finding { severity: Severity::Note, text: text.into(), advice: None });
}

fn warn(findings: &mut Vec<Finding>, text: impl Into<String>, advice: &str) {
    findings.push(Finding { severity: Severity::Warning, text: text.into(), advice: Some(advice.to_owned()) });
}

fn addresses(report: &Report, findings: &mut Vec<Finding>) {
    let works = report.attempts.iter().any(|attempt| attempt.error.is_none());
    for attempt in report.attempts.iter().filter(|_| works) {
        if let Some(error) = &attempt.error {
            let text = format!("{} does not answer: {error}", attempt.address);
            warn(
                findings,
                text,
                "programs that try it first wait for nothing; its operator, or this machine's network, is at fault",
            );
        }
    }
    if report.dns.as_ref().is_some_and(|dns| dns.ms > SLOW_DNS) {
        warn(findings, "the name takes more than a second to resolve", "check this machine's DNS servers");
    }
    let greeting = report.timings.iter().find(|timing| timing.phase == "greeting");
    if greeting.is_some_and(|timing| timing.ms > SLOW_GREETING) {
        warn(
            findings,
            "the server greets after more than 5 s",
            "it may look up this machine's address first: its operator can tell",
        );
    }
}

fn tls(report: &Report, now: i64, findings: &mut Vec<Finding>) {
    if report.security == "none" && report.greeting.is_some() {
        warn(
            findings,
            "nothing is encrypted: everybody on the way can read the mail and the password",
            "use imaps:// or imap+starttls://",
        );
    }
    if report.security == "starttls" && report.greeting.is_some() {
        note(
            findings,
            "STARTTLS begins in clear text; imaps:// on port 993, where there is one, begins safely (RFC 8314)",
        );
    }
    let before_tls = report.capabilities.before_tls.as_deref();
    if before_tls.is_some_and(|words| !has(words, "LOGINDISABLED")) {
        let text = "the server takes passwords before TLS: a program that forgets STARTTLS sends them in clear text";
        warn(findings, text, "its operator can forbid it (LOGINDISABLED)");
    }
    let Some(tls) = &report.tls else { return };
    if let (Some(problem), Some(_)) = (&tls.problem, &tls.agreed) {
        let how = if tls.pinned { "its key is pinned" } else { "--trusted-site accepts anything" };
        warn(
            findings,
            format!("{problem}; accepted all the same, since {how}"),
            "a certificate that is valid needs no exception",
        );
    }
    if tls.agreed.as_ref().is_some_and(|agreed| agreed.version == "TLS 1.2") {
        note(findings, "the server speaks TLS 1.2, not 1.3: safe, but a round trip slower");
    }
    let left = tls.certificate.as_ref().map(|certificate| certificate.ends - now);
    if let Some(left) = left.filter(|left| (0..SOON).contains(left)) {
        let days = left / DAY;
        let text = format!("the certificate ends in {days} day{}", if days == 1 { "" } else { "s" });
        warn(findings, text, "the server's operator has to renew it");
    }
}

/// Extensions whose absence people feel, and how.
const MISSED: &[(&str, Severity, &str)] = &[
    ("IDLE", Severity::Warning, "no IDLE: new mail is seen by asking now and then, not at once"),
    ("UIDPLUS", Severity::Note, "no UIDPLUS: what UID a message gets when it is put or copied has to be searched for"),
    ("MOVE", Severity::Note, "no MOVE: messages are copied, marked and removed instead"),
    (
        "SPECIAL-USE",
        Severity::Note,
        "no SPECIAL-USE: which folder is for sent mail or drafts has to be guessed by name",
    ),
    ("CONDSTORE", Severity::Note, "no CONDSTORE: changes of flags are found by asking for all of them"),
    ("QRESYNC", Severity::Note, "no QRESYNC: which messages are gone is found by asking for all of them"),
    ("LITERAL+", Severity::Note, "no LITERAL+: putting a message costs a round trip more"),
    ("SASL-IR", Severity::Note, "no SASL-IR: login costs a round trip more"),
];

fn capabilities(report: &Report, findings: &mut Vec<Finding>) {
    let Some(words) = report.capabilities.after_login.as_ref().or(report.capabilities.before_login.as_ref()) else {
        return;
    };
    let logged_in = report.capabilities.after_login.is_some();
    let rev2 = has(words, "IMAP4rev2");
    for (word, severity, text) in MISSED {
        let brought = rev2 && !matches!(*word, "CONDSTORE" | "QRESYNC" | "LITERAL+");
        let instead =
            (*word == "LITERAL+" && has(words, "LITERAL-")) || (*word == "CONDSTORE" && has(words, "QRESYNC"));
        // Before login servers tell little; what is missing then says nothing, except what belongs there.
        let words = if *word == "SASL-IR" { report.capabilities.before_login.as_ref().unwrap_or(words) } else { words };
        let tells = logged_in || *word == "SASL-IR";
        if tells && !has(words, word) && !brought && !instead {
            findings.push(Finding { severity: *severity, text: (*text).to_owned(), advice: None });
        }
    }
    if let (Some(before), Some(after)) = (&report.capabilities.before_login, &report.capabilities.after_login) {
        let lost: Vec<&str> =
            before.iter().filter(|word| !has(after, word) && !word.starts_with("AUTH=")).map(String::as_str).collect();
        let expected = ["STARTTLS", "LOGINDISABLED", "SASL-IR", "LOGIN-REFERRALS"];
        let odd: Vec<&str> = lost.into_iter().filter(|word| !expected.contains(word)).collect();
        if !odd.is_empty() {
            note(findings, format!("offered before login and not after: {}", odd.join(" ")));
        }
    }
    let weak: Vec<&str> = report
        .mechanisms
        .iter()
        .map(String::as_str)
        .filter(|name| ["CRAM-MD5", "DIGEST-MD5", "NTLM", "KERBEROS_V4"].contains(name))
        .collect();
    if !weak.is_empty() {
        note(findings, format!("{} is offered and not used: it is broken", weak.join(", ")));
    }
}

fn account(report: &Report, findings: &mut Vec<Finding>) {
    for alert in &report.alerts {
        warn(
            findings,
            format!("the server wants you to know: {}", clean(alert)),
            "this is the server's text, not ours",
        );
    }
    for quota in report.quota.iter().filter(|quota| quota.limit > 0) {
        let percent = quota.usage.saturating_mul(100) / quota.limit;
        let storage = quota.resource.eq_ignore_ascii_case("storage");
        let amount =
            |number: u64| if storage { size(number.saturating_mul(1024)) } else { crate::output::text::count(number) };
        let text = format!(
            "{percent} % of the {} quota is used: {} of {}",
            clean(&quota.resource),
            amount(quota.usage),
            amount(quota.limit)
        );
        if percent >= 90 {
            warn(findings, text, "delete messages or get more room before mail is refused");
        }
    }
    if report.user.is_none() && report.failure.is_none() {
        note(findings, "nobody was logged in: what the server does after login was not looked at");
    }
}

fn has(words: &[String], word: &str) -> bool {
    words.iter().any(|offered| offered.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::super::report::{Attempt, Capabilities, Certificate, Failure, Quota, Tls};
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "as the report holds them")]
    fn words(text: &str) -> Option<Vec<String>> {
        Some(text.split(' ').map(str::to_owned).collect())
    }

    fn good() -> Report {
        let all = words("IMAP4rev1 IDLE UIDPLUS MOVE SPECIAL-USE CONDSTORE QRESYNC LITERAL+ SASL-IR");
        Report {
            security: "tls",
            user: Some("ann".into()),
            greeting: Some("hi".into()),
            capabilities: Capabilities { before_tls: None, before_login: all.clone(), after_login: all },
            ..Report::default()
        }
    }

    fn judged(mut report: Report) -> (Verdict, String) {
        judge(&mut report, 1_000_000);
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
        report.tls = Some(Tls {
            certificate: Some(Certificate { ends: 1_000_000 + 3 * DAY + 5, ..Certificate::default() }),
            ..Tls::default()
        });
        assert_eq!(judged(report).1, "Warning: the certificate ends in 3 days\n");
    }

    #[test]
    fn one_dead_address_is_a_warning_and_none_alive_a_failure() {
        let dead =
            |address: &str| Attempt { address: address.into(), ms: 0.0, error: Some("connection refused".into()) };
        let mut report = good();
        report.attempts = vec![dead("[::1]:993"), Attempt { error: None, ..dead("127.0.0.1:993") }];
        assert_eq!(judged(report).0, Verdict::Warnings);
        let mut report = good();
        report.attempts = vec![dead("[::1]:993")];
        report.failure =
            Some(Failure { kind: "network", message: "no connection".into(), server_text: None, advice: vec![] });
        assert_eq!(judged(report), (Verdict::Broken, "Error: no connection\n".into()));
    }

    #[test]
    fn clear_text_and_full_mailboxes_are_warned_of() {
        let mut report = good();
        report.security = "starttls";
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
}
