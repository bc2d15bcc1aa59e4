//! A report as a Prometheus text file: `--prom`, for the node exporter's textfile collector.
//!
//! One sample a fact, labels for the rest; what is not known has no sample, since 0 would be a claim. Names and units follow the
//! conventions of Prometheus: seconds, ratios, `_timestamp_seconds`. No RFC; the format is version 0.0.4 of the text exposition.

use std::fmt::Write as _;

use super::report::{Report, Severity, Tried, Verdict};

/// The file.
pub(super) fn text(report: &Report) -> String {
    let port = report.port.to_string();
    let mut file = File { text: String::new(), server: vec![("server", &report.server), ("port", &port)] };
    file.gauge(
        "up",
        "1 if the server works, perhaps with warnings",
        [(vec![], bit(report.verdict != Verdict::Broken))],
    );
    file.gauge(
        "login_success",
        "1 if the login succeeded",
        report.user.iter().map(|_| (vec![], bit(report.login.is_some()))),
    );
    let addresses = report
        .attempts
        .iter()
        .map(|attempt| (vec![("address", attempt.address.as_str())], bit(attempt.error.is_none())));
    file.gauge("address_up", "1 if the address answers", addresses);
    file.gauge(
        "dns_seconds",
        "how long the name took to resolve",
        report.dns.iter().map(|dns| (vec![], seconds(dns.ms))),
    );
    let phases = report.timings.iter().map(|timing| (vec![("phase", timing.phase.as_str())], seconds(timing.ms)));
    file.gauge("phase_seconds", "how long a phase of connecting took", phases);
    file.gauge(
        "round_trips",
        "round trips from the greeting until everything was ready",
        report.flights.iter().map(|&flights| (vec![], f64::from(flights))),
    );
    if let Some(tls) = &report.tls {
        let leaf = tls.certificate.iter();
        #[expect(clippy::cast_precision_loss, reason = "dates of certificates are far below 2^52")]
        let ends = leaf.map(|leaf| (vec![], leaf.ends as f64));
        file.gauge("certificate_expiry_timestamp_seconds", "when the server's certificate ends", ends);
        file.gauge(
            "certificate_valid",
            "1 if the certificate is valid for this server",
            [(vec![], bit(tls.problem.is_none()))],
        );
        let agreed = tls.agreed.iter();
        let info = agreed.map(|agreed| {
            (
                vec![
                    ("version", agreed.version.as_str()),
                    ("cipher_suite", agreed.cipher_suite.as_str()),
                    ("key_exchange", agreed.key_exchange.as_str()),
                ],
                1.0,
            )
        });
        file.gauge("tls_info", "what TLS agreed on", info);
    }
    let starttls = report.starttls.iter().filter(|seen| seen.open);
    file.gauge("starttls_works", "1 if STARTTLS works on its own port", starttls.map(|seen| (vec![], bit(seen.works))));
    let tried = report.checks.iter().filter(|check| check.result != Tried::Absent);
    let checks = tried.map(|check| (vec![("check", check.name.as_str())], bit(check.result == Tried::Good)));
    file.gauge("check_success", "1 if what was tried works as promised", checks);
    let took = report.checks.iter().filter(|check| check.result != Tried::Absent);
    file.gauge(
        "check_seconds",
        "how long that took",
        took.map(|check| (vec![("check", check.name.as_str())], seconds(check.ms))),
    );
    #[expect(clippy::cast_precision_loss, reason = "a ratio needs no more")]
    let used = report
        .quota
        .iter()
        .filter(|quota| quota.limit > 0)
        .map(|quota| (vec![("resource", quota.resource.as_str())], quota.usage as f64 / quota.limit as f64));
    file.gauge("quota_used_ratio", "how full the account is", used);
    let severities = [("error", Severity::Error), ("warning", Severity::Warning), ("note", Severity::Note)];
    let found = severities.map(|(name, severity)| {
        let count = report.findings.iter().filter(|finding| finding.severity == severity).count();
        (vec![("severity", name)], u32::try_from(count).map_or(f64::MAX, f64::from))
    });
    file.gauge("findings", "how many findings there are", found);
    file.text
}

type Labels<'a> = Vec<(&'static str, &'a str)>;

struct File<'a> {
    text: String,
    server: Labels<'a>,
}

impl<'a> File<'a> {
    fn gauge(&mut self, name: &str, help: &str, samples: impl IntoIterator<Item = (Labels<'a>, f64)>) {
        let mut seen: Vec<Labels<'a>> = Vec::new();
        for (labels, value) in samples {
            // The same sample twice makes the whole file invalid.
            if seen.contains(&labels) {
                continue;
            }
            if seen.is_empty() {
                let _ = writeln!(self.text, "# HELP imapkit_{name} {help}\n# TYPE imapkit_{name} gauge");
            }
            let all: Vec<String> =
                self.server.iter().chain(&labels).map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
            let _ = writeln!(self.text, "imapkit_{name}{{{}}} {value}", all.join(","));
            seen.push(labels);
        }
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn bit(good: bool) -> f64 {
    f64::from(u8::from(good))
}

fn seconds(ms: f64) -> f64 {
    // To the microsecond, as it was measured.
    (ms * 1000.0).round() / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use super::super::link::{Attempt, Certificate, Tls};
    use super::super::report::{Quota, Timing};
    use super::*;

    #[test]
    fn a_sample_a_fact_and_nothing_for_what_is_not_known() {
        let report = Report {
            server: "a\"b".into(),
            port: 993,
            attempts: vec![Attempt { address: "[::1]:993".into(), ms: 1.0, error: Some("no".into()) }],
            tls: Some(Tls {
                certificate: Some(Certificate { ends: 4_000_000_000, ..Certificate::default() }),
                ..Tls::default()
            }),
            timings: vec![Timing { phase: "tls".into(), ms: 12.3456 }],
            quota: vec![
                Quota { resource: "STORAGE".into(), usage: 1, limit: 4 },
                Quota { resource: "STORAGE".into(), usage: 2, limit: 4 },
            ],
            verdict: Verdict::Broken,
            ..Report::default()
        };
        let text = text(&report);
        for line in [
            "# TYPE imapkit_up gauge",
            "imapkit_up{server=\"a\\\"b\",port=\"993\"} 0",
            "imapkit_address_up{server=\"a\\\"b\",port=\"993\",address=\"[::1]:993\"} 0",
            "imapkit_phase_seconds{server=\"a\\\"b\",port=\"993\",phase=\"tls\"} 0.012346",
            "imapkit_certificate_expiry_timestamp_seconds{server=\"a\\\"b\",port=\"993\"} 4000000000",
            "imapkit_quota_used_ratio{server=\"a\\\"b\",port=\"993\",resource=\"STORAGE\"} 0.25",
            "imapkit_findings{server=\"a\\\"b\",port=\"993\",severity=\"error\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}:\n{text}");
        }
        assert!(!text.contains("login_success") && !text.contains("check_") && !text.contains("0.5"));
    }
}
