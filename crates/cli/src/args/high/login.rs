//! What `login` is to do.
//!
//! Separate because an account comes out of it, where other verbs put one in: what is typed goes before what the account says already, and
//! is written into it once the login works.

use std::path::PathBuf;
use std::time::Duration;

use imapkit::types::Secret;
use toml_edit::Value;

use super::{Target, find, low};
use crate::config::write::Changes;
use crate::config::{self, Account, Endpoints};
use crate::errors::{Outcome, Problem};
use crate::files;
use crate::secrets::{Source, from_command};
use crate::vault::Vault;

/// The variable that may hold the client's secret.
const SECRET_VARIABLE: &str = "IMAPKIT_CLIENT_SECRET";
/// Longest wait for somebody in a browser, unless said.
const WAIT: Duration = Duration::from_mins(5);

/// What `login` is to do.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) target: Target,
    /// The account as it will be, but for who gives tokens.
    pub(crate) account: Account,
    pub(crate) way: Way,
    pub(crate) vault: Vault,
    pub(crate) verify: bool,
    /// What is to be written into the configuration.
    pub(crate) changes: Changes,
}

/// How to log in.
#[derive(Debug)]
pub(crate) enum Way {
    Password(Source),
    OAuth {
        provider: Option<String>,
        /// What the user says about it.
        endpoints: Endpoints,
        client_id: Option<String>,
        client_secret: Option<ClientSecret>,
        device: bool,
        open: bool,
        wait: Option<Duration>,
    },
}

/// Where the client's secret comes from.
#[derive(Debug)]
pub(crate) enum ClientSecret {
    File(PathBuf),
    Command(String),
    Environment,
}

impl ClientSecret {
    /// Asks. Blocks.
    pub(crate) fn read(&self) -> Outcome<Secret> {
        match self {
            Self::File(path) => {
                let text = zeroize::Zeroizing::new(files::read(path)?);
                let line = String::from_utf8_lossy(&text).lines().next().unwrap_or_default().trim().to_owned();
                Ok(Secret::new(line))
            }
            Self::Command(command) => from_command("client secret", command),
            Self::Environment => Ok(Secret::new(std::env::var(SECRET_VARIABLE).unwrap_or_default())),
        }
    }
}

impl Way {
    /// How long to wait for a browser.
    pub(crate) fn patience(wait: Option<Duration>) -> Duration {
        wait.unwrap_or(WAIT)
    }
}

impl Login {
    pub(super) fn new(mut verb: low::Login) -> Outcome<Self> {
        let known = match &verb.connection.account {
            Some(name) => Some(config::account(name)?),
            None => None,
        };
        let place = find(known.as_ref(), verb.place.as_deref())?;
        let at = verb.place.as_deref().filter(|_| known.is_none()).map(|typed| without_folder(typed).to_owned());
        let name = known.as_ref().map(|account| account.name.clone()).or_else(|| verb.name.take());
        let name = name.or_else(|| at.clone()).unwrap_or_default();
        // The name is one that exists already when somebody logs in again.
        let mut account = match known {
            Some(account) => account,
            None => config::accounts()?.into_iter().find(|account| account.name == name).unwrap_or_default(),
        };
        account.name.clone_from(&name);
        if let Some(at) = &at {
            account.r#where.clone_from(at);
        }
        let changes = changes(&verb, at.as_deref())?;
        let store = verb.store.or(account.secret).unwrap_or_default();
        account.secret = Some(store);
        for (kept, typed) in [
            (&mut account.store_get, &verb.store_get),
            (&mut account.store_set, &verb.store_set),
            (&mut account.store_remove, &verb.store_remove),
        ] {
            *kept = typed.clone().or_else(|| kept.take());
        }
        let vault = Vault::new(&name, store, &account)?;
        let way = way(&verb, &account);
        // What is kept is what is to be replaced: it has no say.
        let bare = Account { secret: None, token_command: None, ..account.clone() };
        let target = Target { tokens: None, ..Target::at(verb.connection, place, bare)? };
        Ok(Self { target, account, way, vault, verify: !verb.no_verify, changes })
    }
}

fn way(verb: &low::Login, account: &Account) -> Way {
    if verb.by_password {
        let password = verb.connection.password_command.as_deref();
        return Way::Password(Source::choose(password, account.password_command.as_deref()));
    }
    let kept = account.endpoints.clone().unwrap_or_default();
    let endpoints = Endpoints {
        auth_url: verb.auth_url.clone().or(kept.auth_url),
        token_url: verb.token_url.clone().or(kept.token_url),
        device_url: verb.device_url.clone().or(kept.device_url),
        revoke_url: verb.revoke_url.clone().or(kept.revoke_url),
        scope: if verb.scope.is_empty() { kept.scope } else { verb.scope.clone() },
    };
    let named = verb.provider.clone().or_else(|| account.provider.clone());
    // One's own provider is called like the account unless it has a name.
    let own = endpoints.token_url.is_some().then(|| account.name.clone());
    Way::OAuth {
        provider: named.or(own),
        endpoints,
        client_id: verb.client_id.clone().or_else(|| account.client_id.clone()),
        client_secret: client_secret(verb),
        device: verb.device,
        open: !verb.no_browser,
        wait: verb.wait.map(Duration::from_secs),
    }
}

fn client_secret(verb: &low::Login) -> Option<ClientSecret> {
    match (&verb.client_secret_file, &verb.client_secret_command) {
        (Some(path), _) => Some(ClientSecret::File(path.clone())),
        (None, Some(command)) => Some(ClientSecret::Command(command.clone())),
        (None, None) => std::env::var_os(SECRET_VARIABLE).map(|_| ClientSecret::Environment),
    }
}

/// What of the command line becomes part of the account.
fn changes(verb: &low::Login, at: Option<&str>) -> Outcome<Changes> {
    let flags = &verb.connection;
    let mut changes: Changes = Vec::new();
    let mut put = |key, value: Option<Value>| changes.extend(value.map(|value| (key, Some(value))));
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    put("where", at.map(Value::from));
    put("user", text(&flags.user));
    for (key, file) in
        [("ca-file", &flags.ca_file), ("client-cert", &flags.client_cert), ("proxy-ca-file", &flags.proxy_ca_file)]
    {
        let Some(file) = file else { continue };
        // The account is used from other folders, too.
        let file = std::path::absolute(file).map_err(|error| Problem::file("find", file, &error))?;
        put(key, Some(file.to_string_lossy().into_owned().into()));
    }
    if !flags.pin.is_empty() {
        put("pin", Some(Value::Array(flags.pin.iter().map(String::as_str).collect())));
    }
    put("auth", text(&flags.auth));
    put("proxy", text(&flags.proxy));
    put("timeout", flags.timeout.and_then(|seconds| i64::try_from(seconds).ok()).map(Value::from));
    put("discover", flags.no_discover.then(|| false.into()));
    for (key, on) in [
        ("secure-fallback", flags.secure_fallback),
        ("tunnel", flags.tunnel),
        ("prefer-ipv6", flags.prefer_ipv6),
        ("compress", flags.compress),
    ] {
        put(key, on.then(|| true.into()));
    }
    put("store-get", text(&verb.store_get));
    put("store-set", text(&verb.store_set));
    put("store-remove", text(&verb.store_remove));
    put("secret", verb.store.map(|store| store.name().into()));
    Ok(changes)
}

/// The place without a folder: the account is for all of them.
fn without_folder(typed: &str) -> &str {
    let typed = typed.trim();
    let start = typed.find("://").map_or(0, |at| at + 3);
    typed[start..].find('/').map_or(typed, |at| &typed[..start + at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_for_all_folders() {
        assert_eq!(without_folder("ann@example.org/INBOX"), "ann@example.org");
        assert_eq!(without_folder("imaps://ann@h:1/INBOX;UID=7"), "imaps://ann@h:1");
        assert_eq!(without_folder(" ann@example.org"), "ann@example.org");
    }
}
