//! The rule that keeps `docs/safety.md` true: every row of the security table that concerns it, with tests that exist.
//!
//! Separate from the other tables because a row here is a promise to ship by: one that loses its test is a gate that stands open.

use super::Finding;
use super::tree::Tree;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

const TABLE: &str = "docs/safety.md";

/// The rows the table has to have.
const ROWS: [RangeInclusive<u16>; 2] = [1..=78, 103..=112];

/// Rows are there, and what they name is.
pub(crate) fn gates(tree: &Tree) -> Vec<Finding> {
    let table = tree.files.get(TABLE).map_or("", String::as_str);
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (number, line) in table.lines().enumerate().filter(|(_, line)| line.starts_with("| T")) {
        let mut object = |text: String| findings.push(Finding::new(TABLE, number + 1, text));
        let row = &line[2..line.len().min(6)];
        seen.insert(row.to_owned());
        let tests = line.rsplit("| ").next().unwrap_or_default();
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            object(format!("{row} stands without a test"));
        }
        names.into_iter().filter_map(|name| missing(tree, row, name)).for_each(&mut object);
    }
    findings.extend(rows().difference(&seen).map(|row| Finding::new(TABLE, 0, format!("{row} has no line"))));
    findings
}

/// The ids of the rows the table has to have.
pub(super) fn rows() -> BTreeSet<String> {
    ROWS.into_iter().flatten().map(|row| format!("T{row:03}")).collect()
}

/// What is wrong with a test that a row names: `path::function`, or the path of a transcript.
fn missing(tree: &Tree, row: &str, name: &str) -> Option<String> {
    let (path, function) = name.split_once("::").map_or((name, None), |(path, function)| (path, Some(function)));
    let Some(text) = tree.files.get(path) else { return Some(format!("{row}: there is no {path}")) };
    match function {
        Some(function) if text.contains(&format!("fn {function}(")) => None,
        Some(function) => Some(format!("{row}: {path} has no test {function}")),
        None => {
            let hazards = text.lines().filter_map(|line| line.strip_prefix("# hazards:"));
            let named = hazards.flat_map(str::split_whitespace).any(|hazard| hazard == row);
            (!named).then(|| format!("{row}: {path} does not name it"))
        }
    }
}
