//! Hostile names, and what becomes of them.

use super::*;

const HOSTILE: &[&str] = &[
    "../../etc/passwd",
    "..",
    ".",
    "",
    " ",
    "/etc/passwd",
    "C:\\boot.ini",
    "\\\\host\\share",
    "a/b",
    "CON",
    "con.txt",
    "Com1.eml",
    "LPT¹",
    "NUL ",
    "-rf",
    "~root",
    ".hidden",
    "trailing.",
    "trailing ",
    "a\0b",
    "a\nb",
    "\u{1b}[2J",
    "a:b",
    "a*?\"<>|b",
    "gpj.\u{202e}exe",
    "%2e%2e",
    "\u{200b}",
    "\t",
];

fn is_one_component(name: &str) -> bool {
    let path = Path::new(name);
    let one =
        path.components().count() == 1 && matches!(path.components().next(), Some(std::path::Component::Normal(_)));
    one && !name.starts_with(['.', '-', '~', ' '])
        && !name.ends_with(['.', ' '])
        && name.len() <= MAX_NAME
        && !name.chars().any(|c| c.is_control() || "/\\:*?\"<>|".contains(c))
        && !is_device(name)
}

#[test]
fn t077_whatever_a_name_is_it_leads_nowhere() {
    let long =
        ["ü".repeat(500), "a/".repeat(300), format!("{}.pdf", "x".repeat(300)), ".".repeat(300), "%".repeat(300)];
    for name in HOSTILE.iter().copied().chain(long.iter().map(String::as_str)) {
        assert!(is_one_component(&component(name)), "{name:?} -> {:?}", component(name));
        assert!(is_one_component(&readable(name)), "{name:?} -> {:?}", readable(name));
    }
}

#[test]
fn different_mailboxes_get_different_folders() {
    let mut all: Vec<String> = HOSTILE.iter().map(|name| component(name)).collect();
    all.extend([
        component(&"x".repeat(300)),
        component(&"x".repeat(301)),
        component("a%3Ab"),
        component("%3A"),
        component("a_b"),
    ]);
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[test]
fn ordinary_names_stay_as_they_are() {
    for name in ["INBOX", "Entwürfe & Ideen", "2025", "会議", "a.b-c_d"] {
        assert_eq!((component(name).as_str(), readable(name).as_str()), (name, name));
    }
    assert_eq!(component("../x"), "%2E.%2Fx");
    assert_eq!(readable("../../etc/passwd"), "_.._etc_passwd");
    assert_eq!(readable("invoice\u{202e}fdp.exe"), "invoicefdp.exe");
}

#[test]
fn a_long_name_keeps_its_extension() {
    let name = readable(&format!("{}.pdf", "ü".repeat(300)));
    assert!(name.ends_with("ü.pdf") && name.len() <= MAX_NAME);
    assert_eq!(numbered("a.tar.gz", 2), "a.tar (2).gz");
    assert_eq!(numbered("noext", 3), "noext (3)");
}

#[test]
fn mailboxes_become_folders_level_by_level() {
    let at = |name: &str, delimiter| mailbox_folder(Path::new("out"), name, delimiter);
    assert_eq!(at("Lists/Rust", Some('/')), Path::new("out/Lists/Rust"));
    assert_eq!(at("Lists.Rust", Some('.')), Path::new("out/Lists/Rust"));
    assert_eq!(at("Lists/Rust", Some('.')), Path::new("out/Lists%2FRust"));
    assert_eq!(at("../../x", Some('/')), Path::new("out/%2E%2E/%2E%2E/x"));
    assert_eq!(at("a//b", Some('/')), Path::new("out/a/%/b"));
    assert_eq!(at("x", None), Path::new("out/x"));
}

#[test]
fn a_part_file_is_there_completely_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut part = PartFile::new(folder.path().join("a.eml"), folder.path()).unwrap();
    part.write(b"hello").unwrap();
    assert_eq!(size_of(&folder.path().join("a.eml")), None);
    drop(part);
    assert!(names_in(folder.path()).unwrap().is_empty());
    let mut part = PartFile::new(folder.path().join("a.eml"), folder.path()).unwrap();
    part.write(b"hello").unwrap();
    let path = part.finish(Some(1_000_000_000)).unwrap();
    assert_eq!((size_of(&path), names_in(folder.path()).unwrap()), (Some(5), vec!["a.eml".to_owned()]));
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    assert_eq!(modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(), 1_000_000_000);
}
