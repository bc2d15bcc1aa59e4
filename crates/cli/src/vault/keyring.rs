//! Logins in the system's keyring: Secret Service by D-Bus on Linux, Keychain on macOS, Credential Manager on Windows.
//!
//! Separate because the crate `keyring` is another project's and blocks: on Linux it runs its D-Bus connection on a runtime of its own, which
//! must not be started from within ours, so each call has a thread. Entries are found by service `imapkit` and the account's name.

use keyring::{Entry, Error};
use zeroize::Zeroizing;

use super::trouble;
use crate::errors::{Outcome, Problem};
use crate::output::text::clean;

/// What our entries are called.
const SERVICE: &str = "imapkit";

pub(super) fn load(account: &str) -> Outcome<Option<Zeroizing<String>>> {
    match apart(account, Entry::get_password) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(explain(&error)),
    }
}

pub(super) fn save(account: &str, text: &str) -> Outcome<()> {
    apart(account, |entry| entry.set_password(text)).map_err(|error| explain(&error))
}

pub(super) fn remove(account: &str) -> Outcome<bool> {
    match apart(account, Entry::delete_credential) {
        Ok(()) => Ok(true),
        Err(Error::NoEntry) => Ok(false),
        Err(error) => Err(explain(&error)),
    }
}

fn apart<T: Send>(account: &str, work: impl FnOnce(&Entry) -> Result<T, Error> + Send) -> Result<T, Error> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| work(&Entry::new(SERVICE, account)?));
        thread.join().unwrap_or_else(|_| Err(Error::Invalid("the keyring".into(), "its library panicked".into())))
    })
}

/// The library's words are shown, except where they hold what was kept.
fn explain(error: &Error) -> Problem {
    let text = match error {
        Error::BadEncoding(_) => "the entry is not text".to_owned(),
        Error::TooLong(_, most) => format!("it takes no more than {most} characters"),
        Error::PlatformFailure(why) | Error::NoStorageAccess(why) => clean(&why.to_string()),
        error => clean(&error.to_string()),
    };
    trouble(format!("the system's keyring cannot be used: {text}"))
        .next("unlock it, or start one (gnome-keyring, KWallet, KeePassXC)")
        .next("or keep logins elsewhere: --store file (not encrypted), --store command")
}
