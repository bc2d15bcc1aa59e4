//! The configuration file: accounts by name, so that a place need not be typed again and again.
//!
//! ```toml
//! [accounts.work]
//! where = "imaps://ann%40example.org@imap.example.org"
//! password-command = "pass show mail/work"
//! ca-file = "/etc/ssl/example.pem"    # and: pin, client-cert, secure-fallback, user, auth, timeout, trace, proxy,
//!                                     # proxy-ca-file, tunnel, prefer-ipv6, compress, token-command
//! secret = "keyring"                  # by `imapkit login`: where the login is kept (store-get, store-set, store-remove: the commands)
//! provider = "google"                 # and: client-id; an own one is called like its table:
//! [providers.own]
//! token-url = "https://login.example.org/token"    # and: auth-url, device-url, revoke-url, scope
//! ```
//!
//! Separate because it is the only file people write by hand; `write` changes it without disturbing them. Flags win over it. A key that is not known is an error: a misspelt
//! `pin` must not be silently nothing. A password does not belong into it.

pub(crate) mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::errors::{Outcome, Problem};
use crate::files;
use crate::place::Place;
use crate::vault;

/// An account of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(clippy::struct_excessive_bools, reason = "independent switches")]
pub(crate) struct Account {
    /// What it is called.
    #[serde(skip)]
    pub(crate) name: String,
    /// The endpoints of its provider, where that is a table of the file.
    #[serde(skip)]
    pub(crate) endpoints: Option<Endpoints>,
    /// The place, as on the command line.
    pub(crate) r#where: String,
    pub(crate) user: Option<String>,
    pub(crate) password_command: Option<String>,
    pub(crate) ca_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) pin: Vec<String>,
    pub(crate) client_cert: Option<PathBuf>,
    pub(crate) client_cert_password_command: Option<String>,
    #[serde(default)]
    pub(crate) secure_fallback: bool,
    pub(crate) auth: Option<String>,
    pub(crate) timeout: Option<u64>,
    /// Whether others may be asked where the server of an address is; they may.
    pub(crate) discover: Option<bool>,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) proxy: Option<String>,
    pub(crate) proxy_ca_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) tunnel: bool,
    #[serde(default)]
    pub(crate) prefer_ipv6: bool,
    #[serde(default)]
    pub(crate) compress: bool,
    pub(crate) token_command: Option<String>,
    /// Where its login is kept.
    pub(crate) secret: Option<vault::Place>,
    pub(crate) store_get: Option<String>,
    pub(crate) store_set: Option<String>,
    pub(crate) store_remove: Option<String>,
    /// Who gives tokens.
    pub(crate) provider: Option<String>,
    pub(crate) client_id: Option<String>,
}

/// The endpoints of somebody who gives tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Endpoints {
    pub(crate) auth_url: Option<String>,
    pub(crate) token_url: Option<String>,
    pub(crate) device_url: Option<String>,
    pub(crate) revoke_url: Option<String>,
    #[serde(default)]
    pub(crate) scope: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    accounts: BTreeMap<String, Account>,
    #[serde(default)]
    providers: BTreeMap<String, Endpoints>,
}

/// The account of this name.
pub(crate) fn account(name: &str) -> Outcome<Account> {
    let path = path_or_problem()?;
    let text = files::read(&path).map_err(|problem| {
        problem
            .next("an account looks like this:")
            .next(format!("  [accounts.{name}]"))
            .next("  where = \"imaps://ann@imap.example.org\"")
    })?;
    find(&String::from_utf8_lossy(&text), name, &path)
}

/// All accounts, by name; none where there is no file.
pub(crate) fn accounts() -> Outcome<Vec<Account>> {
    let Some(path) = path() else { return Ok(Vec::new()) };
    let Some(text) = files::read_if_there(&path)? else { return Ok(Vec::new()) };
    Ok(parse(&String::from_utf8_lossy(&text), &path)?.into_values().collect())
}

/// The account that `login` made for this place, so that it need not be named.
pub(crate) fn account_at(place: &Place) -> Outcome<Option<Account>> {
    if place.user.is_none() {
        return Ok(None);
    }
    let same = |account: &Account| {
        let Ok(mut known) = Place::parse(&account.r#where) else { return false };
        known.user = account.user.clone().or(known.user);
        known.server == place.server
            && known.port == place.port
            && known.security == place.security
            && known.user == place.user
    };
    Ok(accounts()?.into_iter().find(|account| account.secret.is_some() && same(account)))
}

fn parse(text: &str, path: &Path) -> Outcome<BTreeMap<String, Account>> {
    let file: File = toml::from_str(text).map_err(|error| {
        // Only the message: the quoted line might hold what does not belong there.
        Problem::usage(format!("{}: {}", path.display(), error.message()))
    })?;
    let mut accounts = file.accounts;
    for (name, account) in &mut accounts {
        account.name.clone_from(name);
        account.endpoints = account.provider.as_ref().and_then(|provider| file.providers.get(provider).cloned());
    }
    Ok(accounts)
}

fn find(text: &str, name: &str, path: &Path) -> Outcome<Account> {
    let accounts = parse(text, path)?;
    let names: Vec<&str> = accounts.keys().map(String::as_str).collect();
    let known = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
    let missing = || Problem::usage(format!("{} has no account {name:?}: {known}", path.display()));
    accounts.get(name).cloned().ok_or_else(missing)
}

fn path_or_problem() -> Outcome<PathBuf> {
    let missing =
        || Problem::usage("there is no configuration folder on this system").next("set IMAPKIT_CONFIG to a file");
    path().ok_or_else(missing)
}

fn path() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(file) = variable("IMAPKIT_CONFIG") {
        return Some(file);
    }
    let home = || variable("HOME");
    let folder = variable("XDG_CONFIG_HOME").or_else(|| match std::env::consts::OS {
        "windows" => variable("APPDATA"),
        "macos" => home().map(|home| home.join("Library/Application Support")),
        _ => home().map(|home| home.join(".config")),
    })?;
    Some(folder.join("imapkit/config.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[accounts.work]\nwhere = \"ann@imap.example.org\"\npassword-command = \"pass work\"\n";

    #[test]
    fn an_account_is_found_by_name() {
        let account = find(FILE, "work", Path::new("c.toml")).unwrap();
        assert_eq!(account.r#where, "ann@imap.example.org");
        assert_eq!(account.password_command.as_deref(), Some("pass work"));
        let problem = find(FILE, "home", Path::new("c.toml")).unwrap_err();
        assert_eq!(problem.to_string(), "c.toml has no account \"home\": it has work");
    }

    #[test]
    fn a_misspelt_key_is_an_error_that_quotes_no_value() {
        let problem = find(&format!("{FILE}password = \"hunter2\"\n"), "work", Path::new("c.toml")).unwrap_err();
        assert!(problem.to_string().contains("password") && !problem.to_string().contains("hunter2"), "{problem}");
    }
}
