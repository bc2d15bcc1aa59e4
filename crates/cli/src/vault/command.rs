//! Logins where the user's own commands keep them: `pass`, `gopass`, `op`, a vault of the company.
//!
//! Separate because other programs get a secret here: on their stdin, never in their arguments, which every process can read. The account is
//! named in `IMAPKIT_STORE_ACCOUNT`. What they print on stderr is for the user and goes there.

use std::io::{Read, Write};
use std::process::Stdio;

use zeroize::Zeroizing;

use super::trouble;
use crate::config::Account;
use crate::errors::{Outcome, Problem, plain};
use crate::secrets::shell;

/// Names the account to the commands.
const VARIABLE: &str = "IMAPKIT_STORE_ACCOUNT";
/// No entry is longer than this.
const MAX: u64 = 256 << 10;

/// The commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commands {
    get: String,
    set: String,
    remove: Option<String>,
}

impl Commands {
    pub(super) fn new(account: &Account) -> Outcome<Self> {
        let (Some(get), Some(set)) = (account.store_get.clone(), account.store_set.clone()) else {
            return Err(Problem::usage("the store `command` needs a command that reads and one that writes")
                .next("for example --store-get 'pass show imapkit/me' --store-set 'pass insert -m -f imapkit/me'"));
        };
        Ok(Self { get, set, remove: account.store_remove.clone() })
    }

    /// What the command prints. One that fails has nothing: `pass show` of no entry is no different from that.
    pub(super) fn load(&self, account: &str) -> Outcome<Option<Zeroizing<String>>> {
        let mut command = shell(&self.get);
        command.env(VARIABLE, account).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| failed("reads", &plain(&error)))?;
        let mut text = Zeroizing::new(String::new());
        let read = child.stdout.take().map(|out| out.take(MAX).read_to_string(&mut text));
        let status = child.wait().map_err(|error| failed("reads", &plain(&error)))?;
        match read {
            Some(Ok(_)) if status.success() && !text.trim().is_empty() => Ok(Some(text)),
            Some(Ok(_)) => Ok(None),
            _ => Err(failed("reads", "printed something that is not UTF-8")),
        }
    }

    pub(super) fn save(&self, account: &str, text: &str) -> Outcome<()> {
        let mut command = shell(&self.set);
        // stdout is ours, for data.
        command.env(VARIABLE, account).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().map_err(|error| failed("writes", &plain(&error)))?;
        let line = Zeroizing::new([text, "\n"].concat());
        let written = child.stdin.take().map(|mut pipe| pipe.write_all(line.as_bytes()));
        let status = child.wait().map_err(|error| failed("writes", &plain(&error)))?;
        match written {
            _ if !status.success() => Err(failed("writes", &format!("failed ({status})"))),
            Some(Ok(())) => Ok(()),
            _ => Err(failed("writes", "did not read what it was given")),
        }
    }

    pub(super) fn remove(&self, account: &str) -> Outcome<bool> {
        let Some(remove) = &self.remove else {
            return Err(
                failed("removes", "is not set").next("remove the entry yourself, or give --store-remove COMMAND")
            );
        };
        let mut command = shell(remove);
        command.env(VARIABLE, account).stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.status().map_err(|error| failed("removes", &plain(&error)))?;
        Ok(status.success())
    }
}

fn failed(what: &str, why: &str) -> Problem {
    trouble(format!("the command that {what} logins {why}"))
}
