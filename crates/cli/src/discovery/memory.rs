//! Servers that were found before and logged in to, by domain: a file in the cache folder, nothing of which is a secret.
//!
//! ```toml
//! [servers."example.org"]
//! host = "imap.example.org"      # and: port, security, certificate, user, by, seen
//! ```
//!
//! Separate because it must never be in the way: a file that cannot be read is an empty one. It holds domains, not addresses. What it says
//! about security outlives the rest: an account that was reached by TLS is not reached by STARTTLS later on (T037, RFC 8314 §5.2).
//!
//! Invariant: only what a login has proved right gets in here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use imapkit::dial::{Host, Security};
use imapkit_discover::{Email, Identity, Protection, Server};
use serde::{Deserialize, Serialize};

use crate::errors::Outcome;
use crate::files;
use crate::place::{Found, Place};

/// After this the search is made again.
const FRESH_DAYS: i64 = 30;
const DAY: i64 = 86_400;
/// More domains than this nobody has; the oldest go.
const MAX_DOMAINS: usize = 200;

/// All of them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Memory {
    #[serde(default)]
    servers: BTreeMap<String, Known>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    host: String,
    port: u16,
    security: Level,
    /// Whose certificate, where it is not the host's.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    user: Pattern,
    /// Which source it was.
    pub(super) by: String,
    /// When it last let somebody in, in seconds since 1970.
    seen: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Tls,
    StartTls,
}

/// The login name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Pattern {
    Address,
    Local,
}

impl Memory {
    /// What the file says; nothing where there is none.
    pub(super) fn load() -> Self {
        let text = path().and_then(|path| files::read(&path).ok()).unwrap_or_default();
        Self::parse(&String::from_utf8_lossy(&text))
    }

    fn parse(text: &str) -> Self {
        toml::from_str(text).unwrap_or_default()
    }

    pub(super) fn get(&self, domain: &str) -> Option<&Known> {
        self.servers.get(domain)
    }

    /// Keeps a server that let somebody in. Login names that follow no rule are not kept, and so the server is not either.
    pub(super) fn put(mut self, found: &Found, host: &Host, place: &Place) -> Outcome<()> {
        let security = match place.security {
            Security::Tls => Level::Tls,
            Security::StartTls => Level::StartTls,
            Security::Insecure => return Ok(()),
        };
        let user = match &place.user {
            Some(user) if *user == found.email => Pattern::Address,
            Some(user)
                if found.email.strip_suffix(&found.domain).and_then(|text| text.strip_suffix('@')) == Some(user) =>
            {
                Pattern::Local
            }
            _ => return Ok(()),
        };
        let seen = now();
        let (certificate, by) = (found.certificate.clone(), found.by.clone());
        let known = Known { host: host.to_string(), port: place.port, security, certificate, user, by, seen };
        let old = self.servers.get(&found.domain);
        // Written once a day at most.
        if old.is_some_and(|old| Known { seen, ..old.clone() } == known && old.seen > seen - DAY) {
            return Ok(());
        }
        self.servers.insert(found.domain.clone(), known);
        while self.servers.len() > MAX_DOMAINS {
            let oldest = self.servers.iter().min_by_key(|(_, known)| known.seen).map(|(domain, _)| domain.clone());
            oldest.map(|domain| self.servers.remove(&domain));
        }
        self.save()
    }

    fn save(&self) -> Outcome<()> {
        let (Some(path), Ok(text)) = (path(), toml::to_string(self)) else { return Ok(()) };
        files::make_folder(files::above(&path))?;
        files::write(&path, text.as_bytes())
    }
}

impl Known {
    /// The search need not be made again.
    pub(super) fn is_fresh(&self) -> bool {
        let age = now() - self.seen;
        (0..FRESH_DAYS * DAY).contains(&age)
    }

    /// The day it was last logged in to.
    pub(super) fn day(&self) -> String {
        let time = time::OffsetDateTime::from_unix_timestamp(self.seen);
        time.map_or_else(|_| "an earlier day".to_owned(), |time| time.date().to_string())
    }

    /// How safe it was.
    pub(super) fn protection(&self) -> Protection {
        match self.security {
            Level::Tls => Protection::Tls,
            Level::StartTls => Protection::StartTls,
        }
    }

    /// The server, for this address.
    pub(super) fn server(&self, email: &Email) -> Option<Server> {
        let user = match self.user {
            Pattern::Address => email.to_string(),
            Pattern::Local => email.local().to_owned(),
        };
        let mut server = Server::new(Host::parse(&self.host).ok()?, self.protection(), user);
        server.port = self.port;
        if let Some(name) = &self.certificate {
            server.identity = Identity::Domain(name.clone());
        }
        Some(server)
    }
}

fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

fn path() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || variable("HOME");
    let folder = variable("XDG_CACHE_HOME").or_else(|| match std::env::consts::OS {
        "windows" => variable("LOCALAPPDATA"),
        "macos" => home().map(|home| home.join("Library/Caches")),
        _ => home().map(|home| home.join(".cache")),
    })?;
    Some(folder.join("imapkit/servers.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(seen: i64) -> Memory {
        Memory::parse(&format!(
            "[servers.\"example.org\"]\nhost = \"mail.hoster.net\"\nport = 993\nsecurity = \"tls\"\n\
             certificate = \"example.org\"\nuser = \"local\"\nby = \"SRV\"\nseen = {seen}\n"
        ))
    }

    #[test]
    fn a_server_is_remembered_with_all_that_makes_it_safe() {
        let email = Email::parse("ann@example.org").unwrap();
        let memory = memory(now());
        let known = memory.get("example.org").unwrap();
        assert!(known.is_fresh());
        let server = known.server(&email).unwrap();
        assert_eq!(server.to_string(), "mail.hoster.net:993 (TLS), certificate for example.org");
        assert_eq!(server.user, "ann");
        let written = toml::to_string(&memory).unwrap();
        assert_eq!(Memory::parse(&written).get("example.org"), Some(known));
        assert!(!written.contains("ann"));
    }

    #[test]
    fn t037_what_is_stale_still_says_how_safe_it_was() {
        for seen in [0, now() - 31 * DAY, now() + 2 * DAY] {
            let memory = memory(seen);
            let known = memory.get("example.org").unwrap();
            assert!(!known.is_fresh(), "{seen}");
            assert_eq!(known.protection(), Protection::Tls);
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_empty_one() {
        for text in ["", "not toml [", "[servers.\"x\"]\nhost = 3\n", "servers = 1"] {
            assert!(Memory::parse(text).get("x").is_none(), "{text}");
        }
    }
}
