//! The libraries, built with the oldest compiler they promise. What packages state about themselves (`tidy` reads that) is not always true.

use crate::{cargo, live};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;

/// What cargo answers when something does not compile.
const DOES_NOT_BUILD: i32 = 101;

/// Builds every crate of ours that states `oldest` with it. An error says that the compiler cannot be had here: it is installed on Debian,
/// as root.
pub(crate) fn run(root: &Path, oldest: &str) -> Result<bool> {
    let metadata = cargo(root).args(["metadata", "--format-version", "1", "--no-deps", "--locked"]).output()?;
    let metadata: Value = serde_json::from_slice(&metadata.stdout).context("cargo metadata")?;
    let packages = libraries(&metadata, oldest);
    let mut arguments = vec!["check", "--locked", "--offline", "--lib"];
    arguments.extend(packages.iter().flat_map(|name| ["-p", name]));
    match live::script(root, "oldest-rust").args(arguments).status().context("tests/servers/servers.sh")?.code() {
        Some(0) => Ok(true),
        Some(DOES_NOT_BUILD) => Ok(false),
        _ => bail!("no Rust {oldest} here: it comes from Debian 13"),
    }
}

fn libraries<'a>(metadata: &'a Value, oldest: &str) -> Vec<&'a str> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter(|package| package["rust_version"] == oldest)
        .filter_map(|package| package["name"].as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::libraries;
    use serde_json::json;

    #[test]
    fn those_that_promise_it() {
        let metadata = json!({ "packages": [
            { "name": "a", "rust_version": "1.85" },
            { "name": "b", "rust_version": "1.95" },
            { "name": "c", "rust_version": null },
        ] });
        assert_eq!(libraries(&metadata, "1.85"), ["a"]);
    }
}
