//! `cargo xtask tidy`: the house rules that neither rustc nor clippy can hold.
//!
//! A rule is a function from a [`Tree`] (files, packages, lock file, all in memory) to findings, so that each has a test
//! that shows it failing (`tests.rs` breaks a small good tree once for every rule in [`RULES`]).

mod deps;
mod layers;
mod protocol;
mod safety;
#[cfg(test)]
mod tests;
mod text;
mod tree;

use anyhow::Result;
use std::fmt;
use std::path::Path;
use tree::Tree;

pub(crate) use layers::OLDEST_RUST;

/// One thing a rule objects to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Path in the repository, or a package.
    at: String,
    /// Line number from 1; 0 when the whole file or package is meant.
    line: usize,
    text: String,
    /// Said, but does not fail the run.
    warning: bool,
}

impl Finding {
    fn new(at: &str, line: usize, text: impl Into<String>) -> Self {
        Self { at: at.to_owned(), line, text: text.into(), warning: false }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.at)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}{}", if self.warning { "warning: " } else { "" }, self.text)
    }
}

type Rule = fn(&Tree) -> Vec<Finding>;

/// Every rule by the name it is reported under.
const RULES: &[(&str, Rule)] = &[
    ("arrows", layers::arrows),
    ("no-std", layers::no_std),
    ("no-unsafe", layers::no_unsafe),
    ("rust-version", layers::rust_version),
    ("head", text::heads),
    ("length", text::lengths),
    ("notes", text::notes),
    ("ignored-tests", text::ignored_tests),
    ("places", text::places),
    ("let-chains", text::let_chains),
    ("rfc-heads", protocol::rfc_heads),
    ("commands", protocol::commands),
    ("rfc-table", protocol::rfc_table),
    ("verbs", protocol::verbs),
    ("safety", safety::gates),
    ("banned", deps::banned),
    ("duplicates", deps::duplicates),
];

/// `Ok(true)` when the tree keeps every rule.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let tree = Tree::load(root)?;
    let mut failures = 0_usize;
    for (name, rule) in RULES {
        let mut findings = rule(&tree);
        findings.sort();
        for finding in findings {
            println!("[{name}] {finding}");
            failures += usize::from(!finding.warning);
        }
    }
    println!("tidy: {} rules, {} files, {failures} broken", RULES.len(), tree.files.len());
    Ok(failures == 0)
}
