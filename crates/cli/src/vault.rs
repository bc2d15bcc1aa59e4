//! Where logins are kept: the system's keyring, a file, or whatever the user's own commands reach.
//!
//! ```text
//! login --> Vault --> keyring | file (0600, in the data folder) | store-set COMMAND
//! verbs <-- Vault <-- keyring | file                            | store-get COMMAND
//! ```
//!
//! Separate so that verbs neither know nor care where a secret lies. One entry an account, one line of JSON each; it travels through pipes
//! and D-Bus, never as an argument. Nothing falls back to a less safe place by itself.
//!
//! Invariant: who changes an entry holds its [`Lock`] from reading to writing, so that no refresh token is lost between two processes.

mod command;
mod file;
mod keyring;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use imapkit::types::Secret;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::config::Account;
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::files;

/// How long another process may take to refresh a token.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often a lock that is taken is tried.
const AGAIN: Duration = Duration::from_millis(50);

/// What is kept of a login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Login {
    /// A password, most often an app password.
    Password {
        #[serde(with = "text")]
        password: Secret,
    },
    /// What OAuth 2.0 gave.
    OAuth(Grant),
}

/// What OAuth 2.0 gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    #[serde(with = "text")]
    pub(crate) access_token: Secret,
    #[serde(with = "maybe", default)]
    pub(crate) refresh_token: Option<Secret>,
    /// When the access token ends, in seconds since 1970, where the provider told.
    pub(crate) expires: Option<i64>,
    /// The secret of the client, which refreshing needs too.
    #[serde(with = "maybe", default)]
    pub(crate) client_secret: Option<Secret>,
}

/// Which place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    /// The system's keyring: Secret Service, Keychain, Credential Manager
    #[default]
    Keyring,
    /// A file that only you can read, not encrypted
    File,
    /// Commands of yours: --store-get, --store-set, --store-remove
    Command,
}

impl Place {
    /// As the configuration names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
            Self::Command => "command",
        }
    }
}

/// The entry of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vault {
    account: String,
    store: Store,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Store {
    Keyring,
    File,
    Command(command::Commands),
}

impl Vault {
    /// The entry of an account that says where it is; `None` if it says nothing.
    pub(crate) fn of(account: &Account) -> Outcome<Option<Self>> {
        account.secret.map(|place| Self::new(&account.name, place, account)).transpose()
    }

    /// The entry called so.
    pub(crate) fn new(name: &str, place: Place, account: &Account) -> Outcome<Self> {
        let store = match place {
            Place::Keyring => Store::Keyring,
            Place::File => Store::File,
            Place::Command => Store::Command(command::Commands::new(account)?),
        };
        Ok(Self { account: name.to_owned(), store })
    }

    /// Whose.
    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    /// Which place.
    pub(crate) fn place(&self) -> Place {
        match self.store {
            Store::Keyring => Place::Keyring,
            Store::File => Place::File,
            Store::Command(_) => Place::Command,
        }
    }

    /// Where it is, for people.
    pub(crate) fn whereabouts(&self) -> String {
        match &self.store {
            Store::Keyring => "the system's keyring".to_owned(),
            Store::File => {
                file::path(&self.account).map_or_else(|_| "a file".into(), |path| path.display().to_string())
            }
            Store::Command(_) => "where your commands keep it".to_owned(),
        }
    }

    /// What is kept; `None` where nothing is. Blocks.
    pub(crate) fn load(&self) -> Outcome<Option<Login>> {
        let text = match &self.store {
            Store::Keyring => keyring::load(&self.account)?,
            Store::File => file::load(&self.account)?,
            Store::Command(commands) => commands.load(&self.account)?,
        };
        let Some(text) = text else { return Ok(None) };
        // What serde says would quote the text.
        let login = serde_json::from_str(text.trim()).map_err(|_| {
            trouble(format!("what is kept for {} in {} is not ours", self.account, self.whereabouts()))
                .next(format!("write it anew: imapkit login --account {}", self.account))
        })?;
        Ok(Some(login))
    }

    /// Keeps it in place of what was there. Blocks.
    pub(crate) fn save(&self, login: &Login) -> Outcome<()> {
        let text = serde_json::to_string(login).map(Zeroizing::new);
        let text = text.map_err(|_| trouble("the login cannot be written as JSON".into()))?;
        match &self.store {
            Store::Keyring => keyring::save(&self.account, &text),
            Store::File => file::save(&self.account, &text),
            Store::Command(commands) => commands.save(&self.account, &text),
        }
    }

    /// Removes it; whether there was anything. Blocks.
    pub(crate) fn remove(&self) -> Outcome<bool> {
        match &self.store {
            Store::Keyring => keyring::remove(&self.account),
            Store::File => file::remove(&self.account),
            Store::Command(commands) => commands.remove(&self.account),
        }
    }

    /// Keeps other processes from changing the entry until it is dropped. Blocks while one does.
    pub(crate) fn lock(&self) -> Outcome<Lock> {
        let folder = data_folder()?.join("locks");
        files::make_private_folder(&folder)?;
        let path = folder.join(files::component(&self.account));
        let file = files::open_private(&path)?;
        let until = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(std::fs::TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(AGAIN),
                Err(std::fs::TryLockError::WouldBlock) => {
                    let text = format!("another imapkit has been changing the login of {} for a minute", self.account);
                    return Err(trouble(text).next("end it, then try again"));
                }
                Err(std::fs::TryLockError::Error(error)) => return Err(Problem::file("lock", &path, &error)),
            }
        }
    }
}

/// Held while an entry is changed. The system lets go of it with the process, however that ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: std::fs::File,
}

/// The folder for what is neither configuration nor cache.
fn data_folder() -> Outcome<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || variable("HOME");
    let folder = variable("XDG_DATA_HOME").or_else(|| match std::env::consts::OS {
        "windows" => variable("LOCALAPPDATA"),
        "macos" => home().map(|home| home.join("Library/Application Support")),
        _ => home().map(|home| home.join(".local/share")),
    });
    let missing = || trouble("there is no data folder on this system".into()).next("set XDG_DATA_HOME to a folder");
    folder.map(|folder| folder.join("imapkit")).ok_or_else(missing)
}

fn trouble(what: String) -> Problem {
    Problem::new(Exit::Auth, "store", what)
}

/// A secret as text in the entry.
mod text {
    use super::{Deserialize, Secret};

    pub(super) fn serialize<S: serde::Serializer>(secret: &Secret, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
        String::deserialize(from).map(Secret::new)
    }
}

/// The same where there may be none.
mod maybe {
    use super::{Deserialize, Secret};

    #[expect(clippy::ref_option, reason = "serde hands over the field")]
    pub(super) fn serialize<S: serde::Serializer>(secret: &Option<Secret>, to: S) -> Result<S::Ok, S::Error> {
        match secret {
            Some(secret) => to.serialize_some(secret.expose()),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.map(Secret::new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_one_line_and_shows_nothing_when_printed() {
        let grant = Grant {
            access_token: Secret::new("canary-access"),
            refresh_token: Some(Secret::new("canary-refresh")),
            expires: Some(1_800_000_000),
            client_secret: None,
        };
        let login = Login::OAuth(grant);
        let text = serde_json::to_string(&login).unwrap();
        assert_eq!(
            text,
            r#"{"kind":"oauth","access_token":"canary-access","refresh_token":"canary-refresh","expires":1800000000,"client_secret":null}"#
        );
        assert_eq!(serde_json::from_str::<Login>(&text).unwrap(), login);
        assert!(!format!("{login:?}").contains("canary"));
    }
}
