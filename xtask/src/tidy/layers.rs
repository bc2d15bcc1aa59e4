//! Rules about crates as a whole: who may use whom, `no_std`, `unsafe`, the oldest compiler.

use super::Finding;
use super::tree::{Package, Tree};

/// Who may use whom (ARCHITECTURE.md, "Layers"). A crate that is not in the table has no place in the picture yet.
const ARROWS: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("wire", &["types"]),
    ("session", &["wire", "types"]),
    ("sasl", &["session"]),
    ("transport", &[]),
    ("dial", &[]),
    ("client", &["session", "transport", "dial", "sasl"]),
    ("blocking", &["session", "transport", "dial", "sasl"]),
    ("sync", &["session", "types", "client"]),
    ("discover", &["client"]),
    ("control", &["blocking", "types"]),
    ("cli", &["client", "discover", "sync", "server"]),
    ("ffi", &["control"]),
    ("py", &["control", "blocking", "session"]),
    ("testkit", &[]),
    ("server", &[]),
];

const NO_STD: &[&str] = &["types", "wire", "session"];
/// The two that speak to other languages; everything else forbids `unsafe`.
const MAY_BE_UNSAFE: &[&str] = &["ffi", "py"];
/// Not libraries: they follow current stable.
const APPLICATIONS: &[&str] = &["cli", "ffi", "py"];
/// What a library promises to build with.
pub(crate) const OLDEST_RUST: &str = "1.85";
/// Libraries whose dependencies ask for more; ADR 13 says why.
const NEWER_RUST: &[(&str, &str)] = &[("control", "1.88"), ("discover", "1.88"), ("server", "1.88")];

/// Crates use only what lies below them in the picture. Tests may use anything.
pub(crate) fn arrows(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, package) in tree.crates() {
        let at = format!("crates/{name}/Cargo.toml");
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            findings.push(Finding::new(
                &at,
                0,
                "this crate has no place in the layers: add it to ARROWS and ARCHITECTURE.md",
            ));
            continue;
        };
        for link in package.links.iter().filter(|link| !link.dev) {
            let used = tree.crates().find(|(_, other)| other.id == link.to).map(|(used, _)| used);
            if let Some(used) = used.filter(|used| !allowed.contains(used)) {
                findings.push(Finding::new(
                    &at,
                    0,
                    format!("{name} may not depend on {used} (it may on: {allowed:?})"),
                ));
            }
        }
    }
    findings
}

/// The protocol crates state `#![no_std]`, so that the compiler proves there is no socket and no clock in them.
pub(crate) fn no_std(tree: &Tree) -> Vec<Finding> {
    let names = tree.crates().filter(|(name, _)| NO_STD.contains(name));
    names.filter_map(|(name, _)| lacks(tree, name, "lib.rs", "#![no_std]")).collect()
}

/// Every crate but the foreign faces forbids `unsafe`.
pub(crate) fn no_unsafe(tree: &Tree) -> Vec<Finding> {
    let names = tree.crates().filter(|(name, _)| !MAY_BE_UNSAFE.contains(name));
    let roots = names.flat_map(|(name, _)| ["lib.rs", "main.rs"].map(|root| (name, root)));
    roots.filter_map(|(name, root)| lacks(tree, name, root, "#![forbid(unsafe_code)]")).collect()
}

fn lacks(tree: &Tree, name: &str, root: &str, attribute: &str) -> Option<Finding> {
    let path = format!("crates/{name}/src/{root}");
    let text = tree.files.get(&path)?;
    (!text.lines().any(|line| line.trim() == attribute)).then(|| Finding::new(&path, 0, format!("lacks {attribute}")))
}

/// Libraries promise an old compiler, and nothing they need asks for a newer one.
pub(crate) fn rust_version(tree: &Tree) -> Vec<Finding> {
    let libraries: Vec<(&str, &Package)> = tree.crates().filter(|(name, _)| !APPLICATIONS.contains(name)).collect();
    let mut findings = Vec::new();
    for (name, package) in &libraries {
        let promised = NEWER_RUST.iter().find(|(known, _)| known == name).map_or(OLDEST_RUST, |(_, version)| version);
        if package.rust_version.as_deref() != Some(promised) {
            let text = format!("this library states rust-version {promised}, not {:?}", package.rust_version);
            findings.push(Finding::new(&format!("crates/{name}/Cargo.toml"), 0, text));
        }
        let needed = tree.reach(&[*package]);
        for package in needed.iter().filter_map(|id| tree.package(id)).filter(|p| p.folder.is_none()) {
            let wants = package.rust_version.as_deref().unwrap_or("0");
            if minor(wants) > minor(promised) {
                let text =
                    format!("{} {} needs Rust {wants}, {name} promises {promised}", package.name, package.version);
                findings.push(Finding::new("Cargo.lock", 0, text));
            }
        }
    }
    findings
}

/// `1.85` and `1.85.2` → (1, 85).
fn minor(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}
