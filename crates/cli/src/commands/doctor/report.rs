//! What a doctor's visit found out: the object of `doctor --json`, documented in `docs/json.md`.
//!
//! Plain values, filled by the probes, judged by `findings`, shown by `sheet`. It can be read back, which is how `redact` changes every
//! text in it. Fields are added within a version of the schema, never changed.

use serde::{Deserialize, Serialize};

pub(super) use super::account::{Limits, Login, Namespace, Quota};
pub(super) use super::link::{Attempt, Dns, StartTls, Tls};

/// Everything that was found out.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::commands) struct Report {
    /// When, RFC 3339.
    pub(super) time: String,
    /// Which imapkit.
    pub(super) version: String,
    pub(super) server: String,
    pub(super) port: u16,
    /// `tls`, `starttls`, `none`.
    pub(super) security: String,
    pub(super) user: Option<String>,
    /// How the server was found, where only an address was given.
    pub(super) discovery: Vec<Discovered>,
    /// What the provider wants done before a login works.
    pub(super) provider_advice: Vec<String>,
    pub(super) dns: Option<Dns>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) tls: Option<Tls>,
    pub(super) starttls: Option<StartTls>,
    pub(super) greeting: Option<String>,
    pub(super) capabilities: Capabilities,
    /// Ways to log in that the server offers.
    pub(super) mechanisms: Vec<String>,
    /// Which of them would be taken.
    pub(super) choice: Choice,
    pub(super) login: Option<Login>,
    pub(super) server_id: Vec<(String, String)>,
    pub(super) client_id: Vec<(String, String)>,
    pub(super) profile: Option<Profile>,
    /// The kind of server that the library makes allowances for, if it is one.
    pub(super) treated_as: Option<String>,
    pub(super) namespaces: Vec<Namespace>,
    /// As the server says.
    pub(super) special_use: Vec<(String, String)>,
    /// By their names, where the server does not say.
    pub(super) special_use_guessed: Vec<(String, String)>,
    pub(super) folders: Option<usize>,
    /// Temporary folders that a visit before this one could not remove.
    pub(super) leftovers: Vec<String>,
    pub(super) quota: Vec<Quota>,
    pub(super) limits: Limits,
    /// What was tried out.
    pub(super) checks: Vec<Check>,
    /// Whether a temporary folder was made to try things out.
    pub(super) write_test: bool,
    pub(super) timings: Vec<Timing>,
    /// How often something was sent and an answer awaited until everything was ready.
    pub(super) flights: Option<u32>,
    /// Texts the server wants people to see.
    pub(super) alerts: Vec<String>,
    /// What the server said against the rules.
    pub(super) oddities: Vec<Oddity>,
    /// What stopped the visit.
    pub(super) failure: Option<Failure>,
    /// The last lines before that.
    pub(super) last_lines: Vec<String>,
    pub(super) findings: Vec<Finding>,
    pub(super) verdict: Verdict,
}

/// A step on the way from an address to its server.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Discovered {
    /// Who was asked.
    pub(super) source: String,
    pub(super) question: String,
    pub(super) outcome: String,
    pub(super) ms: f64,
}

/// What the server offered, and when.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Capabilities {
    /// In clear text, before STARTTLS.
    pub(super) before_tls: Option<Vec<String>>,
    pub(super) before_login: Option<Vec<String>>,
    pub(super) after_login: Option<Vec<String>>,
}

/// The way to log in that would be taken, by what one has.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Choice {
    pub(super) password: Option<String>,
    pub(super) token: Option<String>,
}

/// What kind of server it is, and what is known of that kind.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Profile {
    pub(super) name: String,
    /// What gave it away.
    pub(super) known_by: String,
    /// What such servers do differently.
    pub(super) habits: Vec<String>,
}

/// Something that was tried out.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Check {
    /// A name for programs: `idle`, `uid-expunge`.
    pub(super) name: String,
    pub(super) result: Tried,
    /// What was seen.
    pub(super) text: String,
    pub(super) ms: f64,
}

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tried {
    /// As promised.
    Good,
    /// Not as promised.
    Bad,
    /// Not offered, so not tried.
    Absent,
}

/// How long a phase took.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Timing {
    pub(super) phase: String,
    pub(super) ms: f64,
}

/// A line against the rules.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Oddity {
    /// What is odd about it.
    pub(super) text: String,
    /// The line, other octets than printable ones escaped.
    pub(super) raw: String,
}

/// What stopped the visit.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) kind: String,
    pub(super) message: String,
    pub(super) server_text: Option<String>,
    pub(super) advice: Vec<String>,
}

/// Something worth knowing.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    pub(super) text: String,
    pub(super) advice: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// Good to know.
    Note,
    /// It works, but.
    Warning,
    /// It does not work.
    Error,
}

/// All in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::commands) enum Verdict {
    /// It works.
    #[default]
    Good,
    /// It works, with something to know.
    Warnings,
    /// It does not.
    Broken,
}

impl Report {
    /// It works, perhaps with warnings.
    pub(in crate::commands) fn works(&self) -> bool {
        self.verdict != Verdict::Broken
    }

    /// The two or three things one wants to know first.
    pub(in crate::commands) fn summary(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(agreed) = self.tls.as_ref().and_then(|tls| tls.agreed.as_ref()) {
            lines.push(format!("{}, {}", agreed.version, agreed.cipher_suite));
        }
        if let Some(after) = &self.capabilities.after_login {
            lines.push(format!("offers {}", after.join(" ")));
        }
        lines.extend(
            self.findings
                .iter()
                .filter(|finding| finding.severity > Severity::Note)
                .map(|finding| finding.text.clone()),
        );
        lines
    }
}

/// Milliseconds, to the microsecond: more than that no network has.
pub(super) fn ms(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_names_every_field() {
        let documented = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/json.md")).unwrap();
        let value = serde_json::to_value(Report::default()).unwrap();
        let section = documented.split("## `report`").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
        for field in value.as_object().unwrap().keys() {
            assert!(section.contains(&format!("`{field}`")), "{field}");
        }
    }
}
