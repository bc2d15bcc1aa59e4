//! `cargo xtask corpus`: the golden files of `corpus/`.
//!
//! A golden test that disagrees with `case.expect` leaves `case.got` beside it and fails. This verb plays the tests and
//! lists what differs; with `--bless` each `.got` takes the place of its `.expect`. Read the diff before committing it:
//! blessing makes today's behaviour the truth.

use crate::cargo;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// The packages whose tests read the corpus.
const READERS: &[&str] = &["imapkit-wire", "imapkit-session"];

/// `Ok(true)` when nothing differs, or everything that did was blessed.
pub(crate) fn run(root: &Path, bless: bool) -> Result<bool> {
    let corpus = root.join("corpus");
    for old in find(&corpus, "got")? {
        fs::remove_file(old)?;
    }
    let mut tests = cargo(root);
    tests.args(["test", "--locked", "--no-fail-fast"]);
    for package in READERS {
        tests.args(["--package", package]);
    }
    let passed = tests.status()?.success();
    let differing = find(&corpus, "got")?;
    if !passed && differing.is_empty() {
        bail!("the tests fail for another reason than the corpus");
    }
    for got in &differing {
        let expect = got.with_extension("expect");
        println!(
            "{} {}",
            if bless { "blessed" } else { "differs" },
            expect.strip_prefix(root).unwrap_or(&expect).display()
        );
        if bless {
            fs::rename(got, expect)?;
        }
    }
    println!("corpus: {} of {} differ", differing.len(), find(&corpus, "expect")?.len());
    Ok(bless || differing.is_empty())
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
