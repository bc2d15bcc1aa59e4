//! `cargo xtask miri`: the code of the C interface, which alone may be unsafe, under Miri.
//!
//! Separate from `cargo xtask test`, because Miri needs a nightly compiler with the components `miri` and `rust-src`. It runs what it can:
//! handles, memory and arguments; not sockets. What goes over a connection is looked at by valgrind, in the tests of `imapkit-ffi`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

pub(crate) fn run(root: &Path) -> Result<bool> {
    let mut miri = Command::new("rustup");
    miri.args(["run", "nightly", "cargo", "miri", "test", "--locked", "-p", "imapkit-ffi", "--lib"]).current_dir(root);
    // Those of the compiler this tool was started by.
    miri.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").env("MIRIFLAGS", "-Zmiri-disable-isolation");
    Ok(miri.status().context("rustup is needed for the nightly compiler")?.success())
}
