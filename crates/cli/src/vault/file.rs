//! Logins in files: one an account, readable by its owner alone, replaced whole or not at all. Not encrypted; `login` says so.
//!
//! Separate because it is the only store that works everywhere and the only one that anybody with the disk can read. No RFC.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::data_folder;
use crate::errors::Outcome;
use crate::files;

pub(super) fn path(account: &str) -> Outcome<PathBuf> {
    Ok(data_folder()?.join("logins").join(files::component(account)))
}

pub(super) fn load(account: &str) -> Outcome<Option<Zeroizing<String>>> {
    let Some(bytes) = files::read_if_there(&path(account)?)? else { return Ok(None) };
    let bytes = Zeroizing::new(bytes);
    Ok(Some(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())))
}

pub(super) fn save(account: &str, text: &str) -> Outcome<()> {
    let path = path(account)?;
    files::make_private_folder(files::above(&path))?;
    // The temporary file that gets this name is made for its owner alone (mode 0600).
    files::write(&path, format!("{text}\n").as_bytes())
}

pub(super) fn remove(account: &str) -> Outcome<bool> {
    files::remove(&path(account)?)
}
