//! What a doctor's visit found out: the object of `doctor --json`, documented in `docs/json.md`.

use serde::Serialize;

/// Everything that was found out.
#[derive(Debug, Default, Serialize)]
pub(in crate::commands) struct Report {
    pub(super) server: String,
    pub(super) port: u16,
    /// `tls`, `starttls`, `none`.
    pub(super) security: &'static str,
    pub(super) user: Option<String>,
    pub(super) dns: Option<Dns>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) tls: Option<Tls>,
    pub(super) greeting: Option<String>,
    pub(super) capabilities: Capabilities,
    /// Ways to log in that the server offers.
    pub(super) mechanisms: Vec<String>,
    pub(super) login: Option<Login>,
    pub(super) server_id: Vec<(String, String)>,
    pub(super) namespaces: Vec<Namespace>,
    pub(super) special_use: Vec<(String, String)>,
    pub(super) folders: Option<usize>,
    pub(super) quota: Vec<Quota>,
    pub(super) timings: Vec<Timing>,
    /// How often something was sent and an answer awaited until everything was ready.
    pub(super) flights: Option<u32>,
    /// Texts the server wants people to see.
    pub(super) alerts: Vec<String>,
    /// What stopped the visit.
    pub(super) failure: Option<Failure>,
    pub(super) findings: Vec<Finding>,
    pub(super) verdict: Verdict,
}

/// Which addresses the name has.
#[derive(Debug, Default, Serialize)]
pub(super) struct Dns {
    pub(super) addresses: Vec<String>,
    pub(super) ms: f64,
}

/// An address, tried.
#[derive(Debug, Serialize)]
pub(super) struct Attempt {
    pub(super) address: String,
    pub(super) ms: f64,
    pub(super) error: Option<String>,
}

/// What TLS agreed on, and with whom.
#[derive(Debug, Default, Serialize)]
pub(super) struct Tls {
    /// Absent where the certificate was refused.
    pub(super) agreed: Option<Agreed>,
    /// Accepted for its pinned key.
    pub(super) pinned: bool,
    /// What is wrong with the certificate, also where it was accepted.
    pub(super) problem: Option<String>,
    pub(super) certificate: Option<Certificate>,
}

/// What both sides use.
#[derive(Debug, Default, Serialize)]
pub(super) struct Agreed {
    pub(super) version: String,
    pub(super) cipher_suite: String,
    pub(super) key_exchange: String,
    /// How many certificates the server sent.
    pub(super) chain_length: usize,
}

/// The server's own certificate.
#[derive(Debug, Default, Serialize)]
pub(super) struct Certificate {
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) names: Vec<String>,
    /// RFC 3339.
    pub(super) not_before: String,
    pub(super) not_after: String,
    #[serde(skip)]
    pub(super) ends: i64,
    pub(super) fingerprint_sha256: String,
    /// What `--pin` takes.
    pub(super) key_sha256: String,
}

/// What the server offered, and when.
#[derive(Debug, Default, Serialize)]
pub(super) struct Capabilities {
    /// In clear text, before STARTTLS.
    pub(super) before_tls: Option<Vec<String>>,
    pub(super) before_login: Option<Vec<String>>,
    pub(super) after_login: Option<Vec<String>>,
}

/// How the login went.
#[derive(Debug, Serialize)]
pub(super) struct Login {
    pub(super) mechanism: String,
    pub(super) why: String,
}

/// Where mailboxes are.
#[derive(Debug, Serialize)]
pub(super) struct Namespace {
    /// `personal`, `others`, `shared`.
    pub(super) of: &'static str,
    pub(super) prefix: String,
    pub(super) delimiter: Option<char>,
}

/// How full the account is.
#[derive(Debug, Serialize)]
pub(super) struct Quota {
    pub(super) resource: String,
    pub(super) usage: u64,
    pub(super) limit: u64,
}

/// How long a phase took.
#[derive(Debug, Serialize)]
pub(super) struct Timing {
    pub(super) phase: String,
    pub(super) ms: f64,
}

/// What stopped the visit.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    pub(super) kind: &'static str,
    pub(super) message: String,
    pub(super) server_text: Option<String>,
    pub(super) advice: Vec<String>,
}

/// Something worth knowing.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    pub(super) text: String,
    pub(super) advice: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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
