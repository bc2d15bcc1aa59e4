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
    "habits",
    "of",
    "resource",
    "password",
    "token",
    "client_id",
    "severity",
    "verdict",
    "result",
    "source",
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
/// Responses that name mailboxes, quota roots and prefixes as strings.
const NAMING: &[&str] = &["LIST", "LSUB", "XLIST", "STATUS", "NAMESPACE", "QUOTA", "QUOTAROOT", "ACL", "METADATA"];
/// Labels of hosts that say nothing about anybody.
const PLAIN_LABELS: &[&str] =
    &["imap", "mail", "mx", "www", "smtp", "webmail", "email", "localhost", "localdomain", "test", "co"];
/// Letters and digits mixed, this long, with so many digits: an id.
const ID: (usize, usize) = (12, 4);

/// The numbers given so far.
#[derive(Debug, Default)]
pub(super) struct Masks {
    given: HashMap<(&'static str, String), usize>,
    counts: HashMap<&'static str, usize>,
    /// The account, as it is written in texts.
    user: Option<String>,
    /// The same without its domain: servers greet with it, and call folders and quota roots by it.
    local: Option<String>,
    /// The names in the domains of the server and the account, lower case: a server greets as `Acme Mail`.
    owners: Vec<String>,
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
        let user = report.user.as_deref().unwrap_or_default();
        let (local, domain) = user.rsplit_once('@').unwrap_or((user, ""));
        let owners = [owner(&report.server), owner(domain)];
        let mut masks = Self {
            user: Some(user.to_owned()).filter(|user| user.len() > 2),
            local: Some(local.to_lowercase()).filter(|local| local.len() > 1),
            owners: owners.into_iter().flatten().collect(),
            ..Self::default()
        };
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
            // Looks like an address, and is none.
            "server_id" if key.to_ascii_lowercase().ends_with("version") => text.to_owned(),
            "server_id" if OPEN_ID.contains(&key.to_ascii_lowercase().as_str()) => self.words(text),
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
            "prefix" => self.prefix(text),
            "leftovers" => self.folder(text),
            "last_lines" | "raw" => self.line(text),
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

    /// Where mailboxes of a kind begin: `INBOX.` and `#news.` are the same everywhere, what comes behind them is not.
    fn prefix(&mut self, prefix: &str) -> String {
        let bare = prefix.trim_end_matches(['/', '.']);
        let common = bare.eq_ignore_ascii_case("INBOX") || (bare.starts_with('#') && !bare.contains(['/', '.']));
        if bare.is_empty() || common { prefix.to_owned() } else { self.folder(prefix) }
    }

    /// A line of a conversation. What names folders is masked string by string, so that it stays what it was: a transcript is played again.
    fn line(&mut self, line: &str) -> String {
        if let Some((who, text)) = line.split_once(": ")
            && matches!(who, "S" | "C")
        {
            return format!("{who}: {}", self.said(text));
        }
        self.said(line)
    }

    /// What one side said.
    fn said(&mut self, text: &str) -> String {
        let mut words = text.split(' ');
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if first == "*" && second == "ID" {
            return "* ID NIL".to_owned();
        }
        let second = second.to_ascii_uppercase();
        if first == "*" && NAMING.contains(&second.as_str()) {
            return self.strings(text);
        }
        self.words(text)
    }

    /// A response whose strings are names, quoted or as the last atom of a LIST.
    fn strings(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('"') {
            let end = closing(after);
            let (quoted, tail) = (after.get(..end).unwrap_or(after), after.get(end + 1..).unwrap_or_default());
            out.push_str(&self.atoms(before));
            let shown = if quoted.trim_start_matches('\\').chars().count() < 2 || is_protocol(quoted) {
                quoted.to_owned()
            } else {
                self.prefix(quoted)
            };
            out.extend(["\"", &shown, "\""]);
            rest = tail;
        }
        out.push_str(&self.atoms(rest));
        out
    }

    /// What stands between strings: words of the protocol, in capitals or behind a backslash, and names.
    fn atoms(&mut self, text: &str) -> String {
        let apart = |c: char| matches!(c, ' ' | '(' | ')');
        let mut out = String::with_capacity(text.len());
        let mut depth = 0_usize;
        for piece in text.split_inclusive(apart) {
            let atom = piece.trim_end_matches(apart);
            let tail = &piece[atom.len()..];
            let ours = atom.is_empty() || depth > 0 || is_protocol(atom);
            out.push_str(&if ours { self.words(atom) } else { self.folder(atom) });
            out.push_str(tail);
            match tail {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        out
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
            return self.pieces(word);
        };
        format!("{head}{masked}{tail}")
    }

    /// A word that is no host, address or id, but may have the name of the user or of the domain in it.
    fn pieces(&self, word: &str) -> String {
        let is = |text: &str, name: &Option<String>| name.as_ref().is_some_and(|name| *name == text.to_lowercase());
        // Ours already.
        if word.strip_prefix("user-").is_some_and(|number| number.bytes().all(|octet| octet.is_ascii_digit())) {
            return word.to_owned();
        }
        if is(word, &self.local) {
            return "user-1".to_owned();
        }
        let apart = |c: char| !c.is_alphanumeric();
        word.split_inclusive(apart)
            .map(|piece| {
                let bare = piece.trim_end_matches(apart);
                let tail = &piece[bare.len()..];
                if is(bare, &self.local) {
                    format!("user-1{tail}")
                } else if self.owners.contains(&bare.to_lowercase()) {
                    format!("owner-1{tail}")
                } else {
                    piece.to_owned()
                }
            })
            .collect()
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

/// The label of a domain that tells whose it is: `acme` of `imap.acme.org`. None of a provider that everybody knows.
fn owner(domain: &str) -> Option<String> {
    let domain = domain.to_lowercase();
    if domain.parse::<IpAddr>().is_ok() || known(&domain) {
        return None;
    }
    let (labels, _) = domain.rsplit_once('.')?;
    let telling = |label: &&str| label.len() > 2 && !PLAIN_LABELS.contains(label);
    labels.rsplit('.').find(telling).map(str::to_owned)
}

/// A domain of the table of providers, or a host within one.
fn known(domain: &str) -> bool {
    let within = domain.match_indices('.').filter_map(|(dot, _)| domain.get(dot + 1..));
    std::iter::once(domain).chain(within).any(|domain| imapkit_discover::provider(domain).is_some())
}

/// Where a quoted string ends.
fn closing(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().position(|octet| {
        let closes = octet == b'"' && !escaped;
        escaped = octet == b'\\' && !escaped;
        closes
    });
    end.unwrap_or(text.len())
}

/// Said the same by every server.
fn is_protocol(atom: &str) -> bool {
    atom == "*"
        || atom.starts_with(['\\', '{'])
        || NAMING.iter().any(|word| word.eq_ignore_ascii_case(atom))
        || matches!(atom.to_ascii_uppercase().as_str(), "NIL" | "INBOX" | "CHILDINFO" | "SUBSCRIBED" | "OLDNAME")
        || atom.bytes().all(|octet| octet.is_ascii_digit())
}

fn is_id(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().any(char::is_alphabetic);
    word.len() >= ID.0 && digits >= ID.1 && letters && !word.starts_with("TLS_")
}

#[cfg(test)]
mod tests;
