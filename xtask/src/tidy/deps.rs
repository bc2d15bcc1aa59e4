//! Rules about what we depend on, read from `deny.toml` so that cargo-deny and we cannot disagree.
//!
//! Two of its lists are enforced here without the tool: `bans.deny` (a crate, or a range of its versions as in
//! `rustls:<0.23.18`; `wrappers` may still use it) and `bans.skip` (duplicates we have to live with).

use super::Finding;
use super::tree::{Package, Tree};
use std::collections::BTreeMap;
use toml::{Table, Value};

const CONFIG: &str = "deny.toml";
const LOCK: &str = "Cargo.lock";

/// An entry of `bans.deny` or `bans.skip`.
struct Entry<'a> {
    name: &'a str,
    /// As `<1.2.3`; `None` means every version.
    below: Option<&'a str>,
    wrappers: Vec<&'a str>,
    reason: &'a str,
}

/// Nothing in the graph is banned or older than an advisory allows.
pub(crate) fn banned(tree: &Tree) -> Vec<Finding> {
    let Some(config) = config(tree) else { return unreadable() };
    let mut findings = Vec::new();
    for entry in entries(&config, "deny") {
        for package in tree.packages.iter().filter(|p| p.name == entry.name) {
            let hit = entry.below.is_none_or(|limit| number(&package.version) < number(limit));
            let users = tree.packages.iter().filter(|p| p.links.iter().any(|link| link.to == package.id));
            let excused =
                !entry.wrappers.is_empty() && users.map(|p| p.name.as_str()).all(|u| entry.wrappers.contains(&u));
            if hit && !excused {
                let text = format!("{} {} is not to be used: {}", package.name, package.version, entry.reason);
                findings.push(Finding::new(LOCK, 0, text));
            }
        }
    }
    findings
}

/// The libraries pull in no crate in two versions, except those we cannot help.
pub(crate) fn duplicates(tree: &Tree) -> Vec<Finding> {
    let Some(config) = config(tree) else { return unreadable() };
    let skipped: Vec<&str> = entries(&config, "skip").iter().map(|entry| entry.name).collect();
    let fronts: Vec<&Package> =
        tree.crates().filter(|(name, _)| ["client", "blocking"].contains(name)).map(|c| c.1).collect();
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in tree.reach(&fronts).iter().filter_map(|id| tree.package(id)) {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    let twice = versions.iter().filter(|(name, list)| list.len() > 1 && !skipped.contains(*name));
    let text = |name: &str, list: &[&str]| {
        format!("{name} in versions {}: unify, or list it in {CONFIG} bans.skip", list.join(", "))
    };
    twice.map(|(name, list)| Finding::new(LOCK, 0, text(name, list))).collect()
}

fn config(tree: &Tree) -> Option<Table> {
    tree.files.get(CONFIG)?.parse().ok()
}

fn unreadable() -> Vec<Finding> {
    vec![Finding::new(CONFIG, 0, "is missing or is not TOML")]
}

fn entries<'a>(config: &'a Table, list: &str) -> Vec<Entry<'a>> {
    let list = config.get("bans").and_then(|bans| bans.get(list)).and_then(Value::as_array);
    list.map(|list| list.iter().filter_map(entry).collect()).unwrap_or_default()
}

fn entry(value: &Value) -> Option<Entry<'_>> {
    let spec = value.as_str().or_else(|| value.get("crate")?.as_str())?;
    let (name, below) = spec.split_once(":<").map_or((spec, None), |(name, limit)| (name, Some(limit)));
    let wrappers = value.get("wrappers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let reason = value.get("reason").and_then(Value::as_str).unwrap_or("see deny.toml");
    Some(Entry { name, below, wrappers: wrappers.iter().filter_map(Value::as_str).collect(), reason })
}

/// `1.2.3-alpha.4` → (1, 2, 3). A pre-release counts as its release: good enough for floors.
fn number(version: &str) -> (u64, u64, u64) {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let mut parts = core.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}
