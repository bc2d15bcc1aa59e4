//! `cargo xtask corpus`: the golden files of `corpus/`.
//!
//! A golden test that disagrees with `case.expect` leaves `case.got` beside it and fails (`testkit::golden`). This verb plays
//! the tests and lists what differs; with `--bless` they write what they see to `.expect`. Read the diff before committing
//! it: blessing makes today's behaviour the truth.

use crate::cargo;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The packages whose tests read the corpus.
const READERS: &[&str] = &["imapkit-wire", "imapkit-session"];
/// Set to `1`, tests bless what they see.
const BLESS: &str = "IMAPKIT_BLESS";

/// `Ok(true)` when the tests pass, which while blessing they do unless something else is wrong.
pub(crate) fn run(root: &Path, bless: bool) -> Result<bool> {
    let mut tests = cargo(root);
    tests.args(["test", "--locked", "--no-fail-fast"]);
    for package in READERS {
        tests.args(["--package", package]);
    }
    if bless {
        tests.env(BLESS, "1");
    } else {
        tests.env_remove(BLESS);
    }
    let passed = tests.status()?.success();
    for got in find(&root.join("corpus"), "got")? {
        println!("differs: {}", got.strip_prefix(root).unwrap_or(&got).display());
    }
    if bless {
        println!("blessed; now read: git diff corpus");
    }
    Ok(passed)
}

/// Files below `folder` with that extension, in order.
fn find(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(find(&path, extension)?);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::find;
    use std::fs;

    #[test]
    fn files_are_found_in_every_folder_by_extension() {
        let root = std::env::temp_dir().join(format!("xtask-corpus-{}", std::process::id()));
        fs::create_dir_all(root.join("b")).unwrap();
        for name in ["z.got", "b/a.got", "a.expect"] {
            fs::write(root.join(name), "").unwrap();
        }
        let found = find(&root, "got").unwrap();
        assert_eq!(found, [root.join("b/a.got"), root.join("z.got")]);
        fs::remove_dir_all(root).unwrap();
    }
}
