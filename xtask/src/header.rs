//! `cargo xtask header`: imapkit.h, made from the source of `crates/ffi` and committed; a stale one fails the tests.
//!
//! Separate files are given in the order in which a reader of the header wants them.

use anyhow::{Result, anyhow};
use std::fs;
use std::path::Path;

const CRATE: &str = "crates/ffi";
pub(crate) const HEADER: &str = "crates/ffi/include/imapkit.h";
const FILES: [&str; 15] = [
    "constants",
    "handle",
    "memory",
    "session",
    "connection",
    "secure",
    "results",
    "mailbox",
    "mailbox_info",
    "search",
    "message",
    "message_info",
    "read",
    "create",
    "events",
];

/// Writes the header, or with `check` says whether it is what it would be.
pub(crate) fn run(root: &Path, check: bool) -> Result<bool> {
    let config = cbindgen::Config::from_file(root.join(CRATE).join("cbindgen.toml")).map_err(|error| anyhow!(error))?;
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in FILES {
        builder = builder.with_src(root.join(CRATE).join("src").join(file).with_extension("rs"));
    }
    let mut text = Vec::new();
    builder.generate()?.write(&mut text);
    let path = root.join(HEADER);
    if !check {
        fs::write(path, text)?;
        return Ok(true);
    }
    let fresh = fs::read(&path).is_ok_and(|there| there == text);
    if !fresh {
        println!("{HEADER} is not what the source says: run `cargo xtask header`");
    }
    Ok(fresh)
}
