//! A small good tree, and for every rule the ways to break it: a rule that cannot fail guards nothing.

use super::tree::{Link, Package, Tree};
use super::{Finding, RULES, safety};
use std::collections::BTreeMap;

fn package(folder: Option<&str>, name: &str, version: &str, links: &[&str]) -> Package {
    let links = links.iter().map(|to| Link { to: (*to).to_owned(), dev: false }).collect();
    let folder = folder.map(str::to_owned);
    Package {
        id: format!("{name}@{version}"),
        name: name.into(),
        version: version.into(),
        folder,
        rust_version: Some("1.85".into()),
        links,
    }
}

/// Two layers, a front end, a command with its line, one outside crate.
fn good() -> Tree {
    let files = [
        ("crates/types/src/lib.rs", "//! Words.\n#![no_std]\n#![forbid(unsafe_code)]\n"),
        ("crates/wire/src/lib.rs", "//! Bytes. RFC 9051.\n#![no_std]\n#![forbid(unsafe_code)]\n"),
        ("crates/session/src/lib.rs", "//! Time. No RFC.\n#![no_std]\n#![forbid(unsafe_code)]\n"),
        ("crates/session/src/commands/noop.rs", "//! RFC 9051 §6.1.2.\n#[cfg(test)]\nmod tests {}\n"),
        ("crates/client/src/verbs.rs", "//! Verbs.\n    pub async fn noop(&self) {}\n"),
        ("crates/blocking/src/verbs.rs", "//! Verbs.\n    pub fn noop(&self) {}\n"),
        ("docs/rfc.md", "| RFC 9051 §6.1.2 | NOOP | `crates/session/src/commands/noop.rs` | beside | built |\n"),
        (
            "deny.toml",
            "[bans]\ndeny = [{ crate = \"old:<2.0.0\", reason = \"RUSTSEC-1\" }, { crate = \"chrono\", wrappers = [\"old\"] }]\n",
        ),
    ];
    let mut files: BTreeMap<String, String> = files.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    let rows = safety::rows()
        .into_iter()
        .map(|row| format!("| {row} ★ | it holds | `tests/t.rs::it_holds`, `corpus/t.imap` |\n"));
    files.insert("docs/safety.md".into(), rows.collect());
    files.insert("tests/t.rs".into(), "//! Tests.\n#[test]\nfn it_holds() {}\n".into());
    files.insert("corpus/t.imap".into(), format!("# hazards: {}\n", Vec::from_iter(safety::rows()).join(" ")));
    let types = "imapkit-types@0.1.0";
    let wire = "imapkit-wire@0.1.0";
    Tree {
        files,
        packages: vec![
            package(Some("crates/types"), "imapkit-types", "0.1.0", &["old@2.1.0"]),
            package(Some("crates/wire"), "imapkit-wire", "0.1.0", &[types]),
            package(Some("crates/session"), "imapkit-session", "0.1.0", &[types, wire]),
            package(Some("crates/client"), "imapkit", "0.1.0", &["imapkit-session@0.1.0"]),
            package(None, "old", "2.1.0", &["chrono@0.4.0"]),
            package(None, "chrono", "0.4.0", &[]),
        ],
    }
}

fn findings(rule: &str, tree: &Tree) -> Vec<Finding> {
    let (_, rule) = RULES.iter().find(|(name, _)| *name == rule).expect("a rule of that name");
    rule(tree)
}

/// Ways to break a tree: the rule that must object, and the damage.
type Damage = (&'static str, fn(&mut Tree));

fn write(tree: &mut Tree, path: &str, text: &str) {
    tree.files.insert(path.to_owned(), text.to_owned());
}

fn edit(tree: &mut Tree, path: &str, from: &str, to: &str) {
    let text = tree.files.get_mut(path).expect("a file of the good tree");
    assert!(text.contains(from), "{path} holds no {from}");
    *text = text.replacen(from, to, 1);
}

const DAMAGE: &[Damage] = &[
    ("arrows", |t| t.packages[0].links.push(Link { to: "imapkit-wire@0.1.0".into(), dev: false })),
    ("arrows", |t| t.packages.push(package(Some("crates/novel"), "imapkit-novel", "0.1.0", &[]))),
    ("no-std", |t| write(t, "crates/wire/src/lib.rs", "//! Bytes. RFC 9051.\n// #![no_std]\n")),
    ("no-unsafe", |t| write(t, "crates/types/src/lib.rs", "//! Words.\n#![no_std]\n")),
    ("no-unsafe", |t| write(t, "crates/client/src/main.rs", "//! A program.\n")),
    ("rust-version", |t| t.packages[1].rust_version = None),
    ("rust-version", |t| t.packages[4].rust_version = Some("1.86.0".into())),
    ("head", |t| write(t, "xtask/src/x.rs", "use a;\n")),
    ("length", |t| write(t, "tests/x.rs", &"//! x\n".repeat(701))),
    ("length", |t| write(t, "ARCHITECTURE.md", &"x\n".repeat(151))),
    ("length", |t| write(t, "docs/adr/0001-x.md", &"x\n".repeat(61))),
    ("notes", |t| write(t, "tests/x.sh", concat!("# TO", "DO: later\n"))),
    ("notes", |t| write(t, "crates/types/src/x.rs", concat!("//! FIX", "ME\n"))),
    ("ignored-tests", |t| write(t, "crates/types/src/x.rs", "//! x\n#[ignore = \"slow\"]\nfn f() {}\n")),
    ("places", |t| write(t, "docs/x.md", concat!("see `/wo", "rk/main`\n"))),
    ("places", |t| write(t, "docs/x.md", concat!("see ../sha", "red/x\n"))),
    ("let-chains", |t| write(t, "crates/wire/src/x.rs", "//! RFC 1.\nfn f() { if let Some(b'{') = a && b { } }\n")),
    ("let-chains", |t| write(t, "crates/wire/src/x.rs", "//! RFC 1.\nfn f() { if a && let Some(b) = c { } }\n")),
    ("rfc-heads", |t| write(t, "crates/wire/src/x.rs", "//! Things.\nfn rfc() {} // RFC 9051\n")),
    ("commands", |t| write(t, "crates/session/src/commands/idle.rs", "//! RFC 2177.\n#[cfg(test)]\nmod tests {}\n")),
    ("commands", |t| write(t, "crates/session/src/commands/noop.rs", "//! RFC 9051.\n// #[cfg(test)]\n")),
    ("rfc-table", |t| drop(t.files.remove("crates/session/src/commands/noop.rs"))),
    ("verbs", |t| write(t, "crates/client/src/verbs.rs", "//! Verbs.\npub async fn noop() {}\npub async fn id() {}\n")),
    ("verbs", |t| drop(t.files.remove("crates/blocking/src/verbs.rs"))),
    ("safety", |t| drop(t.files.remove("docs/safety.md"))),
    ("safety", |t| edit(t, "docs/safety.md", "| T054 ", "| T154 ")),
    ("safety", |t| edit(t, "docs/safety.md", "`tests/t.rs::it_holds`, `corpus/t.imap`", "")),
    ("safety", |t| edit(t, "tests/t.rs", "fn it_holds()", "fn it_held()")),
    ("safety", |t| edit(t, "corpus/t.imap", " T109", "")),
    ("safety", |t| drop(t.files.remove("corpus/t.imap"))),
    ("banned", |t| t.packages[4].version = "1.9.9".into()),
    ("banned", |t| t.packages[1].links.push(Link { to: "chrono@0.4.0".into(), dev: false })),
    ("banned", |t| drop(t.files.remove("deny.toml"))),
    ("duplicates", |t| {
        t.packages.push(package(None, "old", "3.0.0", &[]));
        t.packages[1].links.push(Link { to: "old@3.0.0".into(), dev: false });
    }),
];

#[test]
fn the_good_tree_keeps_every_rule() {
    for (name, rule) in RULES {
        assert_eq!(rule(&good()), [], "{name}");
    }
}

#[test]
fn every_rule_can_fail() {
    for (name, _) in RULES {
        assert!(DAMAGE.iter().any(|(rule, _)| rule == name), "no damage for {name}");
    }
    for (number, (rule, damage)) in DAMAGE.iter().enumerate() {
        let mut tree = good();
        damage(&mut tree);
        assert!(findings(rule, &tree).iter().any(|f| !f.warning), "{rule} misses damage {number}");
    }
}

#[test]
fn long_files_are_warned_about_before_they_fail() {
    let mut tree = good();
    write(&mut tree, "tests/x.rs", &"//! x\n".repeat(501));
    let found = findings("length", &tree);
    assert!(found.len() == 1 && found[0].warning, "{found:?}");
}

#[test]
fn test_only_arrows_are_free() {
    let mut tree = good();
    tree.packages[0].links.push(Link { to: "imapkit-wire@0.1.0".into(), dev: true });
    assert_eq!(findings("arrows", &tree), []);
}

#[test]
fn a_flag_of_that_name_is_not_a_note() {
    let mut tree = good();
    write(&mut tree, "crates/types/src/x.rs", concat!("//! x\nconst F: &str = \"TO", "DO\";\n"));
    assert_eq!(findings("notes", &tree), []);
}

#[test]
fn absent_verbs_and_applications_pass() {
    let mut tree = good();
    tree.files.retain(|path, _| !path.ends_with("verbs.rs"));
    assert_eq!(findings("verbs", &tree), []);
    write(&mut tree, "crates/cli/src/x.rs", "//! x\nfn f() { if let Some(a) = b && c { } }\n");
    assert_eq!(findings("let-chains", &tree), []);
}

#[test]
fn findings_read_as_compilers_do() {
    assert_eq!(Finding::new("a.rs", 3, "is odd").to_string(), "a.rs:3: is odd");
    let warning = Finding { warning: true, ..Finding::new("a.rs", 0, "is long") };
    assert_eq!(warning.to_string(), "a.rs: warning: is long");
}
