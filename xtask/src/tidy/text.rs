//! Rules about the text of files: heads, lengths, leftovers, syntax newer than we promise.

use super::Finding;
use super::tree::Tree;
use std::borrow::Cow;
use std::path::Path;

/// Rust files longer than this ask to be split …
const LONG: usize = 500;
/// … and longer than this, must be.
const TOO_LONG: usize = 700;
/// Documents that stay readable in one sitting.
const PAPERS: &[(&str, usize)] = &[("ARCHITECTURE.md", 150), ("STYLE.md", 200), ("docs/adr/", 60)];
/// Crates that follow current stable, so newer syntax is theirs to use.
const NEWEST_RUST: &[&str] = &["crates/cli/", "crates/ffi/", "crates/py/", "xtask/", "tests/", "benches/", "fuzz/"];

/// Every Rust file opens with what it is and why it is separate.
pub(crate) fn heads(tree: &Tree) -> Vec<Finding> {
    let bare = tree.under("", ".rs").filter(|(_, text)| !text.starts_with("//!"));
    bare.map(|(path, _)| Finding::new(path, 1, "the file must open with a `//!` head")).collect()
}

/// Files that have outgrown a reader.
pub(crate) fn lengths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in &tree.files {
        let count = text.lines().count();
        let paper = PAPERS.iter().find(|(name, _)| path.starts_with(name)).map(|(_, most)| *most);
        let rust = is_rust(path);
        let most = if rust { Some(TOO_LONG) } else { paper };
        if let Some(most) = most.filter(|most| count > *most) {
            findings.push(Finding::new(path, 0, format!("{count} lines, at most {most}")));
        } else if rust && count > LONG {
            let text = format!("{count} lines: split it by responsibility before it reaches {TOO_LONG}");
            findings.push(Finding { warning: true, ..Finding::new(path, 0, text) });
        }
    }
    findings
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

/// No notes to ourselves in the tree: an open question is an issue, a decision is an ADR.
pub(crate) fn notes(tree: &Tree) -> Vec<Finding> {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
    let objection = |line: &str| {
        let mark = marks.iter().find(|mark| has_word(line, mark))?;
        Some(format!("{mark}: make it an issue or an ADR"))
    };
    // In Rust a literal may well hold such a word: it is a popular keyword for mail.
    each_line(tree, |path, text| if is_rust(path) { blank(text, false).into() } else { text.into() }, objection)
}

/// No test is switched off: it either holds or goes.
pub(crate) fn ignored_tests(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.under("", ".rs") {
        for (number, line) in code_only(text).lines().enumerate() {
            if line.contains("#[ignore") {
                findings.push(Finding::new(path, number + 1, "a test is switched off"));
            }
        }
    }
    findings
}

/// Nothing names the place where it was written.
pub(crate) fn places(tree: &Tree) -> Vec<Finding> {
    let marks = [concat!("/wo", "rk/"), concat!("../sha", "red"), concat!("/ro", "ot/")];
    // `docs/work/` is a path of ours; an absolute one is not.
    let inner = |c: char| c.is_alphanumeric() || "_-.*}".contains(c);
    let objection = |line: &str| {
        let mark = marks.iter().find(|mark| line.match_indices(*mark).any(|(at, _)| !line[..at].ends_with(inner)))?;
        Some(format!("names a place outside the repository ({mark})"))
    };
    each_line(tree, |_, text| text.into(), objection)
}

/// Libraries keep to Rust 1.85, which has no let-chains.
pub(crate) fn let_chains(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in
        tree.under("crates/", ".rs").filter(|(path, _)| !NEWEST_RUST.iter().any(|n| path.starts_with(n)))
    {
        let code = code_only(text);
        let lets = ["if let ", "while let "].iter().flat_map(|word| code.match_indices(word));
        let chained = lets.filter(|(at, word)| condition_has_and(&code[at + word.len()..])).map(|(at, _)| at);
        let late = code.match_indices("&& let ").map(|(at, _)| at);
        let mut lines: Vec<usize> = chained.chain(late).map(|at| code[..at].matches('\n').count() + 1).collect();
        lines.sort_unstable();
        lines.dedup();
        findings.extend(
            lines.into_iter().map(|line| Finding::new(path, line, "let-chains need a newer Rust than we promise")),
        );
    }
    findings
}

/// After `if let`: does `&&` stand outside brackets between the `=` and the block?
fn condition_has_and(code: &str) -> bool {
    let mut depth = 0_usize;
    let mut in_value = false;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'{' if in_value && depth == 0 => return false,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'=' if depth == 0 => in_value = true,
            b'&' if in_value && depth == 0 && code[at..].starts_with("&& ") => return true,
            _ => {}
        }
    }
    false
}

/// Lines of the files people write: not the corpus (other people's bytes), the lock file or the licences.
fn each_line(
    tree: &Tree,
    view: impl for<'t> Fn(&str, &'t str) -> Cow<'t, str>,
    objection: impl Fn(&str) -> Option<String>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in &tree.files {
        if path.starts_with("corpus/") || path == "Cargo.lock" || path.starts_with("LICENSE") {
            continue;
        }
        let numbered = view(path, text);
        let objections = numbered.lines().enumerate().filter_map(|(number, line)| Some((number + 1, objection(line)?)));
        findings.extend(objections.map(|(number, text)| Finding::new(path, number, text)));
    }
    findings
}

fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(part) && !line[at + word.len()..].starts_with(part))
}

/// Rust source without comments and literals; every line stays where it was.
pub(crate) fn code_only(source: &str) -> String {
    blank(source, true)
}

/// Rust source with literals, and if wanted comments, replaced by spaces.
fn blank(source: &str, comments: bool) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = skipped(rest, out.chars().next_back());
        if length == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else if rest.starts_with('/') && !comments {
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        } else {
            out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    out
}

/// Length of the comment or literal at the start of `rest`; 0 when code stands there.
fn skipped(rest: &str, before: Option<char>) -> usize {
    let until = |from: usize, end: &str| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return until(2, "*/");
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    if rest.starts_with('r') && (!in_word || before == Some('b')) {
        let hashes = rest[1..].len() - rest[1..].trim_start_matches('#').len();
        if rest[1 + hashes..].starts_with('"') {
            return until(2 + hashes, &format!("\"{}", "#".repeat(hashes)));
        }
    }
    // A lifetime has no second quote right behind its first character.
    let mut chars = rest.chars();
    match (chars.next(), chars.next(), chars.next()) {
        (Some('\''), Some('\\'), _) => quoted(rest, '\''),
        (Some('\''), Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 0,
    }
}

/// Length of a literal that opens with `mark` and may hold escapes.
fn quoted(rest: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == mark => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::{code_only, condition_has_and, has_word};

    #[test]
    fn literals_and_comments_are_blanked_and_lines_kept() {
        let source = "a /* b\nc */ \"d\\\"e\" r#\"f\"g\"# '{' b'\\'' &'static str // h\nbr\"i\" j";
        let code = code_only(source);
        assert_eq!(code.lines().count(), source.lines().count());
        assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["a", "b", "&'static", "str", "b", "j"]);
    }

    #[test]
    fn chains_are_told_from_conditions_in_brackets() {
        assert!(condition_has_and("Some(x) = a && b {"));
        assert!(condition_has_and("A { x } = a\n    && b {"));
        assert!(!condition_has_and("Some(x) = (a && b).then(c) {"));
        assert!(!condition_has_and("Some(&&x) = a { b && c }"));
        assert!(!condition_has_and("Some(x) = a.find(|y| { y && z }) {"));
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("// X: y", "X"));
        assert!(!has_word("XY", "X") && !has_word("_X", "X"));
    }
}
