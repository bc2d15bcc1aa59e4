//! What a report means: a list of findings, each with what to do.
//!
//! A pure function of the report, so every judgement has its test. Sources: protocol.md §5, server-quirks.md; RFC 8314 (TLS),
//! RFC 8996 (old TLS), RFC 2177, 4315, 5258, 7162.

use super::link::{Certificate, Tls};
use super::report::{Finding, Report, Severity, Tried, Verdict};
use crate::output::text::{clean, cut, size};

/// Certificates that end within so many days are worth a warning: most are renewed 30 days before.
const SOON: i64 = 14;
/// RSA keys shorter than this are not accepted any more.
const RSA_BITS: u32 = 2048;
/// Odd lines that are told one by one.
const MAX_ODD: usize = 5;
/// Slower than this, people notice.
const SLOW_DNS: f64 = 1000.0;
const SLOW_GREETING: f64 = 5000.0;

/// Fills in findings and verdict.
pub(super) fn judge(report: &mut Report) {
    let mut findings = Vec::new();
    addresses(report, &mut findings);
    tls(report, &mut findings);
    starttls(report, &mut findings);
    capabilities(report, &mut findings);
    account(report, &mut findings);
    trials(report, &mut findings);
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
    for advice in &report.provider_advice {
        note(findings, format!("at this provider: {advice}"));
    }
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

fn tls(report: &Report, findings: &mut Vec<Finding>) {
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
    if let (Some(problem), Some(_), false) = (&tls.problem, &tls.agreed, tls.refused) {
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
    if !tls.weaknesses.is_empty() {
        let text = format!("the connection is weakly protected: {}", tls.weaknesses.join(", "));
        warn(
            findings,
            text,
            "whoever sits in the way may be able to read or change everything; its operator has to renew the server",
        );
    }
    certificates(tls, findings);
}

fn certificates(tls: &Tls, findings: &mut Vec<Finding>) {
    let left = tls.certificate.as_ref().map(|certificate| certificate.days_left);
    if let Some(days) = left.filter(|days| (0..SOON).contains(days)) {
        let text = format!("the certificate ends in {days} day{}", if days == 1 { "" } else { "s" });
        warn(findings, text, "the server's operator has to renew it");
    }
    let weak = |certificate: &&Certificate| {
        let short = certificate.key == "RSA" && certificate.key_bits.is_some_and(|bits| bits < RSA_BITS);
        // A root is trusted for what it is, not for its signature on itself.
        let old = ["md5", "sha1", "SHA1"].iter().any(|hash| certificate.signature.contains(hash));
        short || (old && certificate.subject != certificate.issuer)
    };
    for certificate in tls.chain.iter().filter(weak) {
        let bits = certificate.key_bits.map(|bits| format!(" of {bits} bits")).unwrap_or_default();
        let text = format!(
            "the certificate of {} is weak: {} key{bits}, signed by {}",
            certificate.subject, certificate.key, certificate.signature
        );
        warn(
            findings,
            text,
            "the server's operator has to get one with SHA-256 and an RSA key of 2048 bits or an ECDSA key",
        );
    }
    let alone =
        tls.chain.len() == 1 && tls.problem.as_ref().is_some_and(|problem| problem.contains("unknown authority"));
    if alone {
        note(
            findings,
            "the server sends its own certificate only: if its authority is a known one, the certificate in between is missing",
        );
    }
}

/// What the look at port 143 shows.
fn starttls(report: &Report, findings: &mut Vec<Finding>) {
    let Some(seen) = report.starttls.as_ref().filter(|seen| seen.open) else { return };
    let port = seen.port;
    if let Some(error) = seen.error.as_ref().filter(|_| !seen.works) {
        let text = format!("STARTTLS on port {port} does not work: {error}");
        warn(
            findings,
            text,
            "programs set to STARTTLS cannot connect; the server's operator has to repair it, or close the port",
        );
    }
    if seen.before_tls.as_deref().is_some_and(|words| !has(words, "LOGINDISABLED")) {
        let text =
            format!("port {port} takes passwords before TLS: a program that forgets STARTTLS sends them in clear text");
        warn(findings, text, "its operator can forbid it (LOGINDISABLED)");
    }
    if seen.after_tls.as_deref().is_some_and(|words| has(words, "STARTTLS")) {
        note(findings, format!("port {port} offers STARTTLS within TLS once more, against RFC 9051"));
    }
    if seen.same_certificate == Some(false) {
        note(findings, format!("port {port} shows another certificate than port {}", report.port));
    }
}

/// What was tried and did not go as promised.
fn trials(report: &Report, findings: &mut Vec<Finding>) {
    for check in report.checks.iter().filter(|check| check.result == Tried::Bad) {
        let text = format!("{}: {}", what(&check.name), check.text);
        let advice = match check.name.as_str() {
            "create" => "nothing was changed; the account may be one that cannot have folders",
            "remove" => "the account is as it was, but for that folder",
            "keywords" => "labels of mail programs stay on this machine only",
            "idle" | "idle-push" => "asking now and then works: imapkit watch --disable-extension IDLE",
            _ => {
                "programs that believe the offer may go wrong: --disable-extension leaves it alone, and its operator should know"
            }
        };
        warn(findings, text, advice);
    }
    for name in &report.leftovers {
        let text = format!("the folder {name} is left from a visit that was cut off, unless one is under way");
        warn(findings, text, "remove it with any mail program");
    }
    for oddity in report.oddities.iter().take(MAX_ODD) {
        let text = format!("the server broke the rules: {}; it said: {}", oddity.text, cut(&oddity.raw, 200));
        warn(findings, text, "imapkit goes on; other programs may not, and its operator should know");
    }
    if report.oddities.len() > MAX_ODD {
        note(findings, format!("{} more lines were against the rules", report.oddities.len() - MAX_ODD));
    }
}

/// What a trial is about.
pub(super) fn what(name: &str) -> &str {
    match name {
        "round-trip" => "round trip",
        "enable-qresync" => "switching QRESYNC on",
        "uidvalidity" => "UIDVALIDITY",
        "condstore" => "CONDSTORE",
        "esearch" => "ESEARCH",
        "idle" => "IDLE",
        "compress" => "COMPRESS",
        "inbox" => "opening INBOX",
        "create" => "making a folder",
        "append" => "putting a message",
        "idle-push" => "IDLE with new mail",
        "appenduid" => "APPENDUID",
        "keywords" => "keywords",
        "content" => "content",
        "store-modseq" => "MODSEQ",
        "copyuid" => "COPYUID",
        "uid-expunge" => "UID EXPUNGE",
        "uidvalidity-stable" => "UIDVALIDITY, twice",
        "qresync" => "QRESYNC",
        "remove" => "removing the folder",
        "trials" => "the trials",
        other => other,
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
    match weak.as_slice() {
        [] => {}
        [one] => note(findings, format!("{one} is offered and not used: it is broken")),
        many => note(findings, format!("{} are offered and not used: they are broken", many.join(", "))),
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
mod tests;
