//! A report for people: labels on the left, facts on the right, findings at the end.

use super::report::{Report, Severity, Verdict};
use crate::output::paint::Paint;
use crate::output::text::{count, plural, size, wrap};
use std::fmt::Write as _;

/// Columns of the labels.
const LABEL: usize = 13;
/// Less than this is nothing.
const NOTHING: f64 = 0.05;

/// The lines.
pub(super) fn lines(report: &Report, paint: Paint, width: usize) -> Vec<String> {
    let mut page = Page { lines: Vec::new(), paint, width };
    let security = match report.security {
        "tls" => "TLS from the start",
        "starttls" => "STARTTLS",
        _ => "clear text",
    };
    page.lines.push(format!("{}, port {}, {security}", paint.bold(&report.server), report.port));
    network(report, &mut page);
    protocol(report, &mut page);
    account(report, &mut page);
    page.lines.push(String::new());
    findings(report, &mut page);
    page.lines
}

struct Page {
    lines: Vec<String>,
    paint: Paint,
    width: usize,
}

impl Page {
    fn fact(&mut self, label: &str, text: &str) {
        let indent = " ".repeat(LABEL + 2);
        let text = wrap(text, self.width.saturating_sub(LABEL + 2).max(30), &indent);
        self.lines.push(format!("  {}{text}", self.paint.dim(&format!("{label:<LABEL$}"))));
    }
}

fn network(report: &Report, page: &mut Page) {
    for (at, attempt) in report.attempts.iter().enumerate() {
        let label = if at == 0 { "addresses" } else { "" };
        let result = attempt.error.clone().unwrap_or_else(|| milliseconds(attempt.ms));
        page.fact(label, &format!("{}  {result}", attempt.address));
    }
    if let Some(tls) = &report.tls {
        if let Some(agreed) = &tls.agreed {
            page.fact("TLS", &format!("{}, {}, {}", agreed.version, agreed.cipher_suite, agreed.key_exchange));
        }
        if let Some(certificate) = &tls.certificate {
            let name =
                if certificate.subject.is_empty() { certificate.names.join(", ") } else { certificate.subject.clone() };
            let state = if tls.problem.is_some() { "not valid" } else { "valid" };
            let until = certificate.not_after.get(..10).unwrap_or_default();
            page.fact("certificate", &format!("{name}: {state}, until {until}"));
            page.fact("", &format!("for {}", shortened(&certificate.names)));
            page.fact("", &format!("issued by {}", certificate.issuer));
            page.fact("", &format!("key sha256 {}", certificate.key_sha256));
        }
    }
}

fn protocol(report: &Report, page: &mut Page) {
    if let Some(greeting) = &report.greeting {
        page.fact("greeting", if greeting.is_empty() { "(empty)" } else { greeting });
    }
    let capabilities = &report.capabilities;
    for (label, words) in [("before TLS", &capabilities.before_tls), ("before login", &capabilities.before_login)] {
        if let Some(words) = words {
            page.fact(label, &words.join(" "));
        }
    }
    if !report.mechanisms.is_empty() {
        page.fact("can login by", &report.mechanisms.join(", "));
    }
    if let Some(login) = &report.login {
        page.fact(
            "login",
            &format!("{} as {}: {}", login.mechanism, report.user.as_deref().unwrap_or_default(), login.why),
        );
    }
    if let Some(after) = &capabilities.after_login {
        let before = capabilities.before_login.as_deref().unwrap_or_default();
        let gained: Vec<&str> = after.iter().filter(|word| !before.contains(word)).map(String::as_str).collect();
        let lost: Vec<&str> = before.iter().filter(|word| !after.contains(word)).map(String::as_str).collect();
        let mut text = if gained.is_empty() { "nothing new".to_owned() } else { format!("also {}", gained.join(" ")) };
        if !lost.is_empty() {
            let _ = write!(text, "; no more {}", lost.join(" "));
        }
        page.fact("after login", &text);
    }
}

fn account(report: &Report, page: &mut Page) {
    if !report.server_id.is_empty() {
        let fields: Vec<String> = report.server_id.iter().map(|(name, value)| format!("{name} {value}")).collect();
        page.fact("server", &fields.join(", "));
    }
    if !report.namespaces.is_empty() {
        let one = |space: &super::report::Namespace| {
            let delimiter = space.delimiter.map_or_else(|| "none".to_owned(), |delimiter| format!("\"{delimiter}\""));
            format!("{} \"{}\", levels by {delimiter}", space.of, space.prefix)
        };
        page.fact("namespaces", &report.namespaces.iter().map(one).collect::<Vec<_>>().join("; "));
    }
    if let Some(folders) = report.folders {
        page.fact("folders", &count(folders as u64));
    }
    if !report.special_use.is_empty() {
        let uses: Vec<String> =
            report.special_use.iter().map(|(used_for, name)| format!("{used_for}: {name}")).collect();
        page.fact("special use", &uses.join(" · "));
    }
    for quota in &report.quota {
        let storage = quota.resource.eq_ignore_ascii_case("storage");
        let amount = |number: u64| if storage { size(number.saturating_mul(1024)) } else { count(number) };
        page.fact("quota", &format!("{}: {} of {}", quota.resource, amount(quota.usage), amount(quota.limit)));
    }
    if !report.timings.is_empty() {
        let passed = report.timings.iter().filter(|timing| timing.ms >= NOTHING);
        let times: Vec<String> = passed.map(|timing| format!("{} {}", timing.phase, milliseconds(timing.ms))).collect();
        let flights = report.flights.filter(|&flights| flights > 0);
        let flights = flights.map(|flights| format!("; {}", plural(flights.into(), "round trip"))).unwrap_or_default();
        page.fact("time", &format!("{}{flights}", times.join(" · ")));
    }
}

fn findings(report: &Report, page: &mut Page) {
    let paint = page.paint;
    let columns = page.width.saturating_sub(4).max(30);
    for finding in &report.findings {
        let word = match finding.severity {
            Severity::Error => paint.red("error:"),
            Severity::Warning => paint.yellow("warning:"),
            Severity::Note => paint.dim("note:"),
        };
        page.lines.push(format!("{word} {}", wrap(&finding.text, columns, "  ")));
        for line in finding.advice.iter().flat_map(|advice| advice.lines()) {
            page.lines.push(format!("  {}", wrap(line, columns, "  ")));
        }
    }
    page.lines.push(match report.verdict {
        Verdict::Good => paint.green("good: it works"),
        Verdict::Warnings => paint.yellow("it works, with warnings"),
        Verdict::Broken => paint.red("broken: it does not work"),
    });
}

fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 6;
    match names.len() {
        0 => "no name".to_owned(),
        all if all <= SHOWN => names.join(", "),
        all => format!("{} and {} more", names[..SHOWN].join(", "), all - SHOWN),
    }
}

fn milliseconds(ms: f64) -> String {
    if ms < 10.0 {
        format!("{ms:.1} ms")
    } else if ms < 1000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1000.0)
    }
}
