//! A report that may be shown to anybody: names, hosts, addresses, ids and keys have become numbers. `--redact`.
//!
//! The same thing gets the same number wherever it stands, so what is said about it stays true. The report is taken apart as JSON and put
//! together again, so no text can be forgotten: what is not known to be harmless by its field is searched for what looks like a host, an
//! address, a mail address or an id. It is better to mask too much. No RFC; documentation addresses are those of RFC 5737 and RFC 3849.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::report::Report;

/// Fields whose texts are ours, or name no one.
const HARMLESS: &[&str] = &[
    "time",
    "version",
    "security",
    "cipher_suite",
    "key_exchange",
    "key",
    "signature",
    "not_before",
    "not_after",
    "kind",
    "mechanism",
    "why",
    "phase",
    "name",
    "known_by",
    "habits",
    "of",
    "resource",
    "password",
    "token",
    "mechanisms",
    "client_id",
    "severity",
    "verdict",
    "result",
    "before_tls",
    "before_login",
    "after_login",
    "after_tls",
    "source",
    "treated_as",
    "weaknesses",
    "treated_as",
    "weaknesses",
];
/// Fields that are nothing but a fingerprint.
const DIGESTS: &[&str] = &["fingerprint_sha256", "key_sha256", "key_sha256_base64"];
/// What a server may say about itself in ID.
const OPEN_ID: &[&str] = &["name", "version", "vendor", "os", "os-version", "support-url", "date", "environment"];
/// Authorities everybody knows.
const PUBLIC: &[&str] = &[
    "Let's Encrypt",
    "ISRG",
    "DigiCert",
    "Sectigo",
    "Google Trust Services",
    "GlobalSign",
    "Amazon",
    "Entrust",
    "GoDaddy",
    "ZeroSSL",
    "Buypass",
    "Actalis",
    "Certum",
    "Asseco",
    "SwissSign",
    "T-Systems",
    "Telekom Security",
    "D-Trust",
    "Microsoft",
    "Apple",
    "HARICA",
    "USERTRUST",
    "COMODO",
    "QuoVadis",
    "SSL.com",
];
/// Names of folders that say nothing about anybody.
const COMMON: &[&str] = &[
    "INBOX",
    "Sent",
    "Drafts",
    "Trash",
    "Junk",
    "Spam",
    "Archive",
    "Archives",
    "Sent Items",
    "Sent Messages",
    "Deleted Items",
    "Deleted Messages",
    "Notes",
    "All Mail",
    "",
];
/// Letters and digits mixed, this long, with so many digits: an id.
const ID: (usize, usize) = (12, 4);

/// The numbers given so far.
#[derive(Debug, Default)]
pub(super) struct Masks {
    given: HashMap<(&'static str, String), usize>,
    counts: HashMap<&'static str, usize>,
    /// The account, as it is written in texts.
    user: Option<String>,
}

/// The report, masked.
pub(super) fn redacted(report: &Report) -> Report {
    let mut masks = Masks::of(report);
    let mut value = serde_json::to_value(report).unwrap_or_default();
    masks.walk("", &mut value);
    // It was made from a report: whatever cannot be read back is not shown at all.
    serde_json::from_value(value).unwrap_or_default()
}

impl Masks {
    /// Numbers for the server and the user of this report.
    pub(super) fn of(report: &Report) -> Self {
        let mut masks = Self { user: report.user.clone().filter(|user| user.len() > 2), ..Self::default() };
        masks.host(&report.server);
        masks
    }

    /// The lines of a transcript.
    pub(super) fn lines(mut self, text: &str) -> String {
        text.lines()
            .map(|line| if line.starts_with('#') { format!("{line}\n") } else { format!("{}\n", self.line(line)) })
            .collect()
    }

    fn walk(&mut self, field: &str, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.field(field, text),
            Value::Array(items) if matches!(field, "server_id" | "special_use" | "special_use_guessed") => {
                for pair in items {
                    self.pair(field, pair);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(field, item)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    // `name` of a check is ours, `user` and the like are not; only the own field counts.
                    self.walk(name, value);
                }
            }
            _ => {}
        }
    }

    fn pair(&mut self, field: &str, pair: &mut Value) {
        let Some([name, value]) = pair.as_array_mut().map(Vec::as_mut_slice) else { return };
        let (Some(key), Some(text)) = (name.as_str(), value.as_str()) else { return };
        let masked = match field {
            "server_id" if OPEN_ID.contains(&key.to_ascii_lowercase().as_str()) => text.to_owned(),
            "server_id" => "…".to_owned(),
            _ => self.folder(text),
        };
        *value = masked.into();
    }

    fn field(&mut self, field: &str, text: &str) -> String {
        match field {
            _ if HARMLESS.contains(&field) => text.to_owned(),
            _ if DIGESTS.contains(&field) => self.number("sha256", text),
            "user" => "user-1".to_owned(),
            "issuer" if PUBLIC.iter().any(|known| text.contains(known)) => text.to_owned(),
            "subject" | "issuer" => self.number("subject", text),
            "prefix" if text.contains("INBOX") || text.len() < 2 || text.starts_with('#') => text.to_owned(),
            "prefix" | "leftovers" => self.folder(text),
            "last_lines" => self.line(text),
            _ => self.words(text),
        }
    }

    fn number(&mut self, what: &'static str, text: &str) -> String {
        let count = self.counts.entry(what).or_default();
        let number = *self.given.entry((what, text.to_lowercase())).or_insert_with(|| {
            *count += 1;
            *count
        });
        format!("{what}-{number}")
    }

    fn folder(&mut self, name: &str) -> String {
        let name = name.trim_end_matches(['/', '.']);
        let last = name.rsplit(['/', '.']).next().unwrap_or(name);
        if COMMON.iter().any(|common| common.eq_ignore_ascii_case(last)) {
            last.to_owned()
        } else {
            self.number("folder", name)
        }
    }

    fn host(&mut self, name: &str) -> String {
        match name.parse::<IpAddr>() {
            Ok(address) => self.address(address),
            Err(_) => format!("{}.example", self.number("host", name)),
        }
    }

    fn address(&mut self, address: IpAddr) -> String {
        if address.is_loopback() || address.is_unspecified() {
            return address.to_string();
        }
        let family = if address.is_ipv4() { "address4" } else { "address6" };
        let number = self.number(family, &address.to_string());
        let number: u16 = number.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        match address {
            IpAddr::V4(_) => Ipv4Addr::new(192, 0, 2, number.to_be_bytes()[1]).to_string(),
            IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number).to_string(),
        }
    }

    /// A line of a conversation: names of folders stand behind the delimiter.
    fn line(&mut self, line: &str) -> String {
        for verb in ["S: * LIST (", "S: * LSUB ("] {
            if let Some((attributes, rest)) = line.strip_prefix(verb).and_then(|rest| rest.split_once(") "))
                && let Some((delimiter, name)) = rest.split_once(' ')
            {
                let bare = name.trim_matches(['"', '\\']);
                let masked = self.folder(bare);
                let masked = if name == bare { masked.replace(' ', "-") } else { name.replace(bare, &masked) };
                return format!("{verb}{attributes}) {delimiter} {masked}");
            }
        }
        if line.starts_with("S: * ID ") {
            return "S: * ID NIL".to_owned();
        }
        self.words(line)
    }

    /// A text in which anything may stand.
    fn words(&mut self, text: &str) -> String {
        let text = match &self.user {
            Some(user) => text.replace(user.as_str(), "user-1"),
            None => text.to_owned(),
        };
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(start) = rest.find(is_part) {
            out.push_str(&rest[..start]);
            rest = &rest[start..];
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            out.push_str(&self.word(word));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn word(&mut self, word: &str) -> String {
        let bare = word.trim_matches(['.', ':', '-']);
        let start = word.find(bare).unwrap_or(0);
        let (head, tail) = (&word[..start], &word[start + bare.len()..]);
        if let Ok(address) = word.parse::<IpAddr>() {
            return self.address(address);
        }
        let masked = if let Some((_, domain)) = bare.split_once('@') {
            let host = self.host(domain);
            format!("{}@{host}", self.number("user", bare))
        } else if let Ok(address) = bare.parse::<IpAddr>() {
            self.address(address)
        } else if let Some((address, port)) =
            bare.rsplit_once(':').and_then(|(host, port)| Some((host.parse::<Ipv4Addr>().ok()?, port)))
        {
            format!("{}:{port}", self.address(address.into()))
        } else if let Some((host, port)) =
            bare.rsplit_once(':').filter(|(host, port)| is_host(host) && port.bytes().all(|b| b.is_ascii_digit()))
        {
            format!("{}:{port}", self.host(host))
        } else if is_host(bare) || self.given.contains_key(&("host", bare.to_lowercase())) {
            self.host(bare)
        } else if is_id(bare) {
            self.number("id", bare)
        } else {
            return word.to_owned();
        };
        format!("{head}{masked}{tail}")
    }
}

/// Can be part of a host, an address or an id.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | ':' | '+')
}

/// Labels with dots between them, the last of letters: `imap.example.org`. Ours are left alone.
fn is_host(word: &str) -> bool {
    let labels: Vec<&str> = word.split('.').collect();
    let fine = |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let last = labels.last().copied().unwrap_or_default();
    labels.len() > 1
        && labels.iter().all(fine)
        && last.len() > 1
        && last.chars().all(char::is_alphabetic)
        && !word.ends_with(".example")
}

fn is_id(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().any(char::is_alphabetic);
    word.len() >= ID.0 && digits >= ID.1 && letters && !word.starts_with("TLS_")
}

#[cfg(test)]
mod tests {
    use super::super::link::{Attempt, Certificate, Dns, Tls};
    use super::super::report::{Failure, Finding, Namespace, Severity};
    use super::*;

    /// What must not be seen.
    const PRIVATE: &[&str] =
        &["acme", "ann", "198.51.100", "2a01:4f8", "mb123456789", "0123456789abcdef", "Secret Plans"];

    fn private() -> Report {
        let leaf = Certificate {
            subject: "CN=imap.acme.org,O=Acme".into(),
            issuer: "CN=R11,O=Let's Encrypt".into(),
            names: vec!["imap.acme.org".into(), "*.acme.org".into()],
            fingerprint_sha256: "0123456789abcdef".into(),
            ..Certificate::default()
        };
        let text = "certificate of imap.acme.org for ann@acme.org at 198.51.100.7:993 and 2a01:4f8::1, session mb123456789abc.";
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
                "S: * LIST (\\\\HasNoChildren) \\\"/\\\" \\\"Secret Plans\\\"".into(),
                "S: * ID (\\\"x\\\" \\\"acme\\\")".into(),
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
        for open in [
            "Dovecot",
            "2.3.19.1",
            "Let's Encrypt",
            "Gimap ready for requests from 192.0.2.",
            "host-1.example",
            "\"Sent\"",
        ] {
            assert!(text.contains(open), "{open}: {text}");
        }
        assert_eq!(masked.server, "host-1.example");
        assert!(
            masked.findings[0].text.starts_with("certificate of host-1.example for user-1 at 192.0.2.1:993"),
            "{text}"
        );
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
    fn words_of_our_own_stay() {
        let text = "TLS_AES_256_GCM_SHA384, sha256WithRSAEncryption, RFC 8314, port 143, 0.4 ms, use imaps:// on 993";
        assert_eq!(Masks::default().words(text), text);
    }
}
