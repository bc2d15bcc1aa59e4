//! Real servers to talk to.
//!
//! `tests/servers/servers.sh` raises Dovecot and Cyrus and writes a JSON file that says where they are; the variable
//! `IMAPKIT_LIVE` names that file. Without it the tests that need a real server pass with a loud line, so that
//! `cargo test` works offline; in CI (variable `CI`) they fail, since there nothing may be skipped.

use serde::Deserialize;
use std::env;
use std::fmt;
use std::fs;
use std::path::PathBuf;

/// Names the JSON file.
pub const VARIABLE: &str = "IMAPKIT_LIVE";

/// A server that runs somewhere near.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LiveServer {
    /// Short name, such as `dovecot24`; also the first of its features.
    pub name: String,
    /// Name to connect to and to check the certificate against.
    pub host: String,
    /// Port with STARTTLS.
    pub plain_port: u16,
    /// Port with TLS from the first byte.
    pub tls_port: u16,
    /// PEM file with the authority that issued the certificate.
    pub ca_file: PathBuf,
    /// Accounts, all with the same rights.
    pub users: Vec<LiveUser>,
    /// Capabilities in lower case, `+` and `-` at the end spelled out: `literal-plus`.
    pub features: Vec<String>,
}

impl LiveServer {
    /// Whether the server has this feature, in lower case: `condstore`, `auth=scram-sha-256`.
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|known| known == feature)
    }
}

/// An account on a live server.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct LiveUser {
    /// Login name.
    pub name: String,
    /// Password.
    pub password: String,
    /// OAuth 2.0 access token, where the server takes one.
    #[serde(default)]
    pub token: Option<String>,
}

/// Shows no password: test output ends up in public logs.
impl fmt::Debug for LiveUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveUser").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The servers to test against; none if `IMAPKIT_LIVE` is unset, which is said aloud on standard error.
///
/// # Panics
///
/// If the variable is unset while `CI` is set, or if the file cannot be read.
pub fn servers() -> Vec<LiveServer> {
    let ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
    match env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        Some(path) => {
            let path = PathBuf::from(path);
            let text =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{VARIABLE}={}: {error}", path.display()));
            parse(&text).unwrap_or_else(|problem| panic!("{VARIABLE}={}: {problem}", path.display()))
        }
        None if ci => panic!("{VARIABLE} is not set, and in CI no test may be skipped"),
        None => {
            skip_aloud(&format!("{VARIABLE} is not set; `cargo xtask live up` raises real servers"));
            Vec::new()
        }
    }
}

/// Proxies and commands that lead to the live servers, from `proxies.json` beside their file.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct LiveWays {
    /// A name for 127.0.0.1 that only the proxies know.
    pub name_behind: String,
    /// The password of those that have one.
    pub password: String,
    /// All of them.
    pub proxies: Vec<LiveProxy>,
    /// Tunnel commands whose server greets with PREAUTH; `{user}` and `{host}` are to be filled in.
    pub commands: Vec<String>,
}

/// A proxy that runs somewhere near.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct LiveProxy {
    /// The program.
    pub name: String,
    /// How to use it, credentials included.
    pub url: String,
}

/// The ways to the live servers; `None` if there are no servers, which is said aloud.
///
/// # Panics
///
/// As [`servers`], and when there are servers but no ways to them.
pub fn ways() -> Option<LiveWays> {
    servers().first()?;
    let path = PathBuf::from(env::var_os(VARIABLE)?).with_file_name("proxies.json");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo xtask live up proxies` raises them", path.display());
    });
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// Says that a test skips, where it may: in CI it may not.
///
/// # Panics
///
/// In CI.
pub fn skip(reason: &str) {
    let ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(!ci, "in CI no test may be skipped: {reason}");
    skip_aloud(reason);
}

/// The live servers that have all of `features`; says aloud if there are servers but none of them has.
///
/// # Panics
///
/// As [`servers`].
pub fn servers_with(features: &[&str]) -> Vec<LiveServer> {
    let all = servers();
    let any = !all.is_empty();
    let fit: Vec<LiveServer> = all.into_iter().filter(|server| features.iter().all(|want| server.has(want))).collect();
    if any && fit.is_empty() {
        skip_aloud(&format!("no live server has all of {features:?}"));
    }
    fit
}

#[allow(clippy::print_stderr, reason = "a skipped test must be seen")]
fn skip_aloud(reason: &str) {
    eprintln!("\n*** SKIPPED: {reason} ***\n");
}

fn parse(text: &str) -> Result<Vec<LiveServer>, String> {
    let servers: Vec<LiveServer> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if servers.is_empty() {
        return Err("there is no server in it".to_owned());
    }
    if let Some(server) = servers.iter().find(|server| server.users.is_empty()) {
        return Err(format!("{} has no users", server.name));
    }
    Ok(servers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"[{"name": "dovecot23", "host": "localhost", "plain_port": 20143, "tls_port": 20993,
        "ca_file": "/x/ca.crt", "users": [{"name": "user1", "password": "pass", "token": "t"},
        {"name": "user2", "password": "geheim"}], "features": ["dovecot23", "acl", "literal-plus"], "later": 1}]"#;

    #[test]
    fn the_file_is_read() {
        let servers = parse(JSON).unwrap();
        let server = &servers[0];
        assert_eq!((server.name.as_str(), server.plain_port, server.tls_port), ("dovecot23", 20143, 20993));
        assert_eq!(server.users[0].token.as_deref(), Some("t"));
        assert_eq!(server.users[1].token, None);
        assert!(server.has("literal-plus") && !server.has("literal"));
        assert!(!format!("{servers:?}").contains("geheim"));
    }

    #[test]
    fn a_file_that_would_test_nothing_is_refused() {
        assert!(parse("[]").unwrap_err().contains("no server"));
        assert!(parse("{}").is_err());
        let no_users = JSON.replace(r#"[{"name": "user1", "password": "pass", "token": "t"},"#, "[],\"x\": [");
        assert!(parse(&no_users).unwrap_err().contains("no users"), "{no_users}");
    }
}
