//! A report as headed lists of labels and texts: what the terminal and the page both show, in the same order and words.
//!
//! Separate from both so that neither can leave out what the other one tells. Texts are free of control characters; how they are broken
//! into lines, coloured or escaped is for whoever shows them.

use std::fmt::Write as _;

use super::account::why;
use super::findings::what;
use super::link::{Certificate, Tls};
use super::report::{Check, Report, Tried};
use crate::output::text::{count, plural, size};

/// Less than this is nothing.
const NOTHING: f64 = 0.05;
/// Names of a certificate that are shown.
const NAMES: usize = 6;
/// New capabilities that are named once more.
const GAINED: usize = 8;

/// A heading with what belongs under it.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
}

/// A label with its text; an empty label goes on with the one before.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) label: String,
    pub(super) text: String,
    pub(super) mark: Mark,
}

/// How a row is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A fact.
    Plain,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Something to paste or to read letter by letter.
    Code,
}

/// The first line: where it was.
pub(super) fn title(report: &Report) -> String {
    let security = match report.security.as_str() {
        "tls" => "TLS from the start",
        "starttls" => "STARTTLS",
        "tunnel" => "by a local socket or a command",
        _ => "clear text",
    };
    format!("{}, port {}, {security}", report.server, report.port)
}

/// Everything, in order; a heading with nothing under it is left out.
pub(super) fn sections(report: &Report) -> Vec<Section> {
    let all = [
        ("The way there", way(report)),
        ("TLS", report.tls.as_ref().map(tls).unwrap_or_default()),
        ("The server", server(report)),
        ("Login", login(report)),
        ("STARTTLS", starttls(report)),
        ("The account", account(report)),
        ("Tried out", report.checks.iter().map(check).collect()),
        (
            "Against the rules",
            report.oddities.iter().flat_map(|odd| [row("line", &odd.text), code("", &odd.raw)]).collect(),
        ),
        ("The last lines", report.last_lines.iter().map(|line| row("", line)).collect()),
    ];
    let full = all.into_iter().filter(|(_, rows)| !rows.is_empty());
    full.map(|(title, rows)| Section { title: title.to_owned(), rows }).collect()
}

fn row(label: &str, text: &str) -> Row {
    Row { label: label.to_owned(), text: text.to_owned(), mark: Mark::Plain }
}

fn code(label: &str, text: &str) -> Row {
    Row { mark: Mark::Code, ..row(label, text) }
}

fn marked(label: &str, text: &str, good: bool) -> Row {
    Row { mark: if good { Mark::Good } else { Mark::Bad }, ..row(label, text) }
}

fn way(report: &Report) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, step) in report.discovery.iter().enumerate() {
        let text = format!("{}, {}: {} ({})", step.source, step.question, step.outcome, milliseconds(step.ms));
        rows.push(row(if at == 0 { "looked up" } else { "" }, &text));
    }
    if let Some(dns) = &report.dns {
        let addresses = match dns.addresses.len() {
            1 => "1 address".to_owned(),
            many => format!("{many} addresses"),
        };
        rows.push(row("DNS", &format!("{addresses} in {}", milliseconds(dns.ms))));
    }
    for (at, attempt) in report.attempts.iter().enumerate() {
        let result = attempt.error.clone().unwrap_or_else(|| milliseconds(attempt.ms));
        rows.push(marked(
            if at == 0 { "addresses" } else { "" },
            &format!("{}  {result}", attempt.address),
            attempt.error.is_none(),
        ));
    }
    let passed = report.timings.iter().filter(|timing| timing.ms >= NOTHING);
    let times: Vec<String> = passed.map(|timing| format!("{} {}", timing.phase, milliseconds(timing.ms))).collect();
    if !times.is_empty() {
        let flights = report.flights.filter(|&flights| flights > 0);
        let flights = flights.map(|flights| format!("; {}", plural(flights.into(), "round trip"))).unwrap_or_default();
        rows.push(row("time", &format!("{}{flights}", times.join(" · "))));
    }
    rows
}

fn tls(tls: &Tls) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(agreed) = &tls.agreed {
        let text = format!(
            "{}, {} ({} bits), {}",
            agreed.version, agreed.cipher_suite, agreed.cipher_bits, agreed.key_exchange
        );
        rows.push(row("agreed on", &text));
    }
    if let Some(problem) = &tls.problem {
        rows.push(marked("wrong", problem, false));
    }
    if !tls.weaknesses.is_empty() {
        rows.push(marked("weak", &tls.weaknesses.join(", "), false));
    }
    if tls.refused && tls.agreed.is_some() {
        rows.push(row(
            "",
            "what follows was seen on a connection that accepts any certificate and says nothing of the account",
        ));
    }
    let chain = if tls.chain.is_empty() { tls.certificate.as_slice() } else { &tls.chain };
    for (at, one) in chain.iter().enumerate() {
        certificate(at, one, tls, &mut rows);
    }
    rows
}

fn certificate(at: usize, one: &Certificate, tls: &Tls, rows: &mut Vec<Row>) {
    let name = if one.subject.is_empty() { one.names.join(", ") } else { one.subject.clone() };
    let left = match one.days_left {
        days @ 0.. => format!("{} left", plural(days.unsigned_abs(), "day")),
        days => format!("ended {} ago", plural(days.unsigned_abs(), "day")),
    };
    let (from, until) = (day(&one.not_before), day(&one.not_after));
    let bits = one.key_bits.filter(|_| one.key == "RSA").map(|bits| format!(" {bits} bits")).unwrap_or_default();
    if at == 0 {
        let state = if tls.problem.is_some() { "not valid" } else { "valid" };
        rows.push(marked("certificate", &format!("{name}: {state}"), tls.problem.is_none()));
        rows.push(row("", &format!("for {}", shortened(&one.names))));
    } else {
        rows.push(row(&format!("issuer {at}"), &name));
    }
    rows.push(row("", &format!("{from} to {until}, {left}")));
    rows.push(row("", &format!("issued by {}", one.issuer)));
    rows.push(row("", &format!("{}{bits} key, signed by {}", one.key, one.signature)));
    rows.push(code("", &format!("sha256 {}", one.fingerprint_sha256)));
    if at == 0 {
        rows.push(code("", &format!("--pin {}", one.key_sha256)));
        rows.push(code("", &format!("pin-sha256 {}", one.key_sha256_base64)));
    } else {
        rows.push(code("", &format!("key sha256 {}", one.key_sha256)));
    }
}

fn server(report: &Report) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(greeting) = &report.greeting {
        rows.push(row("greeting", if greeting.is_empty() { "(empty)" } else { greeting }));
    }
    if let Some(profile) = &report.profile {
        let treated =
            report.treated_as.as_ref().map(|name| format!("; imapkit treats it as {name}")).unwrap_or_default();
        rows.push(row("kind", &format!("{} ({}){treated}", profile.name, profile.known_by)));
        rows.extend(profile.habits.iter().map(|habit| row("", habit)));
    }
    let pairs = |fields: &[(String, String)]| {
        fields.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
    };
    if !report.client_id.is_empty() {
        let theirs = if report.server_id.is_empty() { "nothing".to_owned() } else { pairs(&report.server_id) };
        rows.push(row("ID", &format!("we said {}; it said {theirs}", pairs(&report.client_id))));
    }
    let capabilities = &report.capabilities;
    for (label, words) in [("before TLS", &capabilities.before_tls), ("before login", &capabilities.before_login)] {
        if let Some(words) = words {
            rows.push(row(label, &words.join(" ")));
        }
    }
    if let (Some(before), Some(after)) = (&capabilities.before_tls, &capabilities.before_login) {
        rows.push(row("TLS brings", &change(before, after)));
    }
    if let Some(after) = &capabilities.after_login {
        rows.push(row("after login", &after.join(" ")));
        rows.push(row("login brings", &change(capabilities.before_login.as_deref().unwrap_or_default(), after)));
    }
    rows
}

/// What has come and what has gone. Long lists stand in full beside it.
fn change(before: &[String], after: &[String]) -> String {
    let gained: Vec<&str> = after.iter().filter(|word| !before.contains(word)).map(String::as_str).collect();
    let gone = before.iter().filter(|word| !after.contains(word)).map(|word| match word.split_once('=') {
        Some(("AUTH", _)) => "AUTH=…",
        _ => word.as_str(),
    });
    let mut lost: Vec<&str> = gone.collect();
    lost.sort_unstable();
    lost.dedup();
    let mut text = match gained.len() {
        0 => "nothing new".to_owned(),
        few if few <= GAINED => format!("also {}", gained.join(" ")),
        many => format!("{many} more"),
    };
    if !lost.is_empty() {
        let _ = write!(text, "; no more {}", lost.join(" "));
    }
    text
}

fn login(report: &Report) -> Vec<Row> {
    let mut rows = Vec::new();
    if !report.mechanisms.is_empty() {
        rows.push(row("offered", &report.mechanisms.join(", ")));
        let choice = |name: &Option<String>| {
            name.as_deref().map_or_else(
                || "none that is acceptable".to_owned(),
                |name| format!("{name}: {}", why(name, &report.security)),
            )
        };
        rows.push(row("with a password", &choice(&report.choice.password)));
        rows.push(row("with a token", &choice(&report.choice.token)));
    }
    if let Some(login) = &report.login {
        let who = report.user.as_deref().map(|user| format!(" as {user}")).unwrap_or_default();
        rows.push(marked("login", &format!("{}{who}: {}", login.mechanism, login.why), true));
    } else if report.user.is_some() && report.tls.as_ref().is_some_and(|tls| tls.refused) {
        rows.push(marked("login", "not tried: the certificate was refused", false));
    } else if let Some(failure) = report.failure.as_ref().filter(|_| report.user.is_some() && report.greeting.is_some())
    {
        rows.push(marked("login", &format!("failed ({}): {}", failure.kind, failure.message), false));
    }
    rows.extend(report.alerts.iter().map(|alert| row("alert", alert)));
    rows
}

fn starttls(report: &Report) -> Vec<Row> {
    let Some(seen) = &report.starttls else { return Vec::new() };
    let label = format!("port {}", seen.port);
    if !seen.open {
        return vec![row(
            &label,
            &format!(
                "closed ({}): good, where all programs use TLS from the start",
                seen.error.as_deref().unwrap_or("no answer")
            ),
        )];
    }
    let mut rows = vec![match &seen.error {
        _ if seen.works => marked(&label, "works: nothing stood behind the server's OK, and TLS came about", true),
        error => marked(&label, error.as_deref().unwrap_or("does not work"), false),
    }];
    if let Some(before) = &seen.before_tls {
        rows.push(row("before TLS", &before.join(" ")));
    }
    if let Some(after) = &seen.after_tls {
        rows.push(row("within TLS", &after.join(" ")));
        rows.push(row("TLS brings", &change(seen.before_tls.as_deref().unwrap_or_default(), after)));
    }
    rows
}

fn account(report: &Report) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, space) in report.namespaces.iter().enumerate() {
        let delimiter = space.delimiter.map_or_else(|| "none".to_owned(), |delimiter| format!("\"{delimiter}\""));
        rows.push(row(
            if at == 0 { "namespaces" } else { "" },
            &format!("{} \"{}\", levels by {delimiter}", space.of, space.prefix),
        ));
    }
    if let Some(folders) = report.folders {
        rows.push(row("folders", &count(folders as u64)));
    }
    let uses = |pairs: &[(String, String)]| {
        pairs.iter().map(|(used_for, name)| format!("{used_for}: {name}")).collect::<Vec<_>>().join(" · ")
    };
    if !report.special_use.is_empty() {
        rows.push(row("special use", &format!("{} (the server says so)", uses(&report.special_use))));
    }
    if !report.special_use_guessed.is_empty() {
        rows.push(row("guessed use", &format!("{} (by their names)", uses(&report.special_use_guessed))));
    }
    for quota in &report.quota {
        let storage = quota.resource.eq_ignore_ascii_case("storage");
        let amount = |number: u64| if storage { size(number.saturating_mul(1024)) } else { count(number) };
        rows.push(row("quota", &format!("{}: {} of {}", quota.resource, amount(quota.usage), amount(quota.limit))));
    }
    if report.folders.is_some() {
        let limits = &report.limits;
        let mut texts = Vec::new();
        texts.push(limits.append.map_or_else(
            || "no limit is told for messages".to_owned(),
            |bytes| format!("messages up to {}", size(bytes)),
        ));
        texts.extend(limits.messages.map(|number| format!("{} a command", plural(number, "message"))));
        texts.extend(limits.saved.map(|number| format!("{} saved by a search", plural(number, "message"))));
        texts.push(format!("lines up to {} are sent", size(limits.line as u64)));
        rows.push(row("limits", &texts.join(" · ")));
    }
    rows
}

fn check(check: &Check) -> Row {
    let (word, mark) = match check.result {
        Tried::Good => ("yes", Mark::Good),
        Tried::Bad => ("NO", Mark::Bad),
        Tried::Absent => ("-", Mark::Plain),
    };
    Row { label: what(&check.name).to_owned(), text: format!("{word:<3} {}", check.text), mark }
}

fn day(date: &str) -> &str {
    date.get(..10).unwrap_or(date)
}

fn shortened(names: &[String]) -> String {
    match names.len() {
        0 => "no name".to_owned(),
        all if all <= NAMES => names.join(", "),
        all => format!("{} and {} more", names[..NAMES].join(", "), all - NAMES),
    }
}

/// `0.4 ms`, `12 ms`, `1.2 s`.
pub(super) fn milliseconds(ms: f64) -> String {
    if ms < 10.0 {
        format!("{ms:.1} ms")
    } else if ms < 1000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1000.0)
    }
}
