//! Rules that tie code to the protocol: RFC numbers, the table of `docs/rfc.md`, the same verbs on every front end.

use super::Finding;
use super::text::code_only;
use super::tree::Tree;
use std::collections::BTreeSet;

const TABLE: &str = "docs/rfc.md";
const COMMANDS: &str = "crates/session/src/commands/";
const VERBS: [&str; 2] = ["crates/client/src/verbs.rs", "crates/blocking/src/verbs.rs"];

/// Files of the protocol layers say which RFC they serve, or that they serve none.
pub(crate) fn rfc_heads(tree: &Tree) -> Vec<Finding> {
    let files = ["crates/wire/src/", "crates/session/src/"].into_iter().flat_map(|folder| tree.under(folder, ".rs"));
    let silent = files.filter(|(path, text)| !path.ends_with("/tests.rs") && !names_rfc(text));
    silent.map(|(path, _)| Finding::new(path, 1, "the head names no RFC; say \"no RFC\" where none applies")).collect()
}

fn names_rfc(text: &str) -> bool {
    let head = text.lines().take_while(|line| line.starts_with("//!"));
    let numbered = |line: &str| line.split("RFC ").skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let mut lines = head.map(|line| line.replace("RFCs ", "RFC "));
    lines.any(|line| numbered(&line) || line.to_ascii_lowercase().contains("no rfc"))
}

/// Every command has a line in the table and tests beside it.
pub(crate) fn commands(tree: &Tree) -> Vec<Finding> {
    let table = tree.files.get(TABLE).map_or("", String::as_str);
    let mut findings = Vec::new();
    // `commands/fetch/tests.rs` belongs to `commands/fetch.rs`.
    for (path, text) in tree.under(COMMANDS, ".rs").filter(|(path, _)| !path[COMMANDS.len()..].contains('/')) {
        if !table.contains(&format!("`{path}`")) {
            findings.push(Finding::new(path, 0, format!("has no line in {TABLE}")));
        }
        if !code_only(text).contains("#[cfg(test)]") {
            findings.push(Finding::new(path, 0, "has no tests beside it"));
        }
    }
    findings
}

/// A line of the table that says "built" names files that exist.
pub(crate) fn rfc_table(tree: &Tree) -> Vec<Finding> {
    let table = tree.files.get(TABLE).map_or("", String::as_str);
    let mut findings = Vec::new();
    for (number, line) in table.lines().enumerate().filter(|(_, line)| line.trim_end().ends_with("| built |")) {
        for path in line.split('`').skip(1).step_by(2).filter(|quoted| quoted.contains('/')) {
            if !tree.files.contains_key(path) {
                findings.push(Finding::new(TABLE, number + 1, format!("says built, but {path} does not exist")));
            }
        }
    }
    findings
}

/// The two front ends offer the same verbs.
pub(crate) fn verbs(tree: &Tree) -> Vec<Finding> {
    let [client, blocking] = VERBS.map(|path| tree.files.get(path).map(|text| public_functions(text)));
    let none = BTreeSet::new();
    let (ours, theirs) = (client.as_ref().unwrap_or(&none), blocking.as_ref().unwrap_or(&none));
    let lacking = |path: &str, has: &BTreeSet<String>, wants: &BTreeSet<String>| {
        wants
            .difference(has)
            .map(|name| Finding::new(path, 0, format!("lacks {name}(), which its twin has")))
            .collect::<Vec<_>>()
    };
    let mut findings = [lacking(VERBS[0], ours, theirs), lacking(VERBS[1], theirs, ours)].concat();
    if client.is_some() != blocking.is_some() {
        findings.push(Finding::new(VERBS[usize::from(client.is_some())], 0, "does not exist, but its twin does"));
    }
    findings
}

fn public_functions(text: &str) -> BTreeSet<String> {
    let code = code_only(text);
    let lines = code.lines().map(str::trim_start);
    let functions =
        lines.filter_map(|line| line.strip_prefix("pub async fn ").or_else(|| line.strip_prefix("pub fn ")));
    functions
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned())
        .collect()
}
