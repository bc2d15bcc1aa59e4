//! The collected responses of real servers: `corpus/responses/<server>/<case>.txt`.
//!
//! `corpus/README.md` describes the files. This module turns them back into the bytes a server sends and says what each
//! case is about. It does not judge: what a decoder makes of the bytes is compared with the `.expect` file by
//! [`crate::golden`].
//!
//! Invariants: each case names its provenance; no case is empty; the order is by server and name, so that test output
//! is stable.

use crate::escape;
use std::fs;
use std::path::{Path, PathBuf};

/// One case of the corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// File name without `.txt`.
    pub name: String,
    /// Name of the folder: a server or a theme such as `hazards`.
    pub server: String,
    /// Where the behaviour is specified or was reported.
    pub provenance: String,
    /// Ids (H.., M.., T..) of the hazards it covers.
    pub hazards: Vec<String>,
    /// What the right outcome is, when that is not plain; else empty.
    pub note: String,
    /// What the server sends.
    pub bytes: Vec<u8>,
    /// The file.
    pub path: PathBuf,
}

/// The folder `corpus` of this repository.
///
/// Right for tests that run from the source tree, which all do.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus")
}

/// All cases under `root/responses`, by server and name.
///
/// # Panics
///
/// If the folder cannot be read or a case is malformed; the text names file and line.
pub fn responses(root: &Path) -> Vec<Case> {
    let mut cases: Vec<Case> = files_below(&root.join("responses"), "txt").iter().map(|path| load(path)).collect();
    cases.sort_by(|a, b| (&a.server, &a.name).cmp(&(&b.server, &b.name)));
    cases
}

/// The files of all transcripts under `root/transcripts`, sorted.
///
/// # Panics
///
/// If the folder cannot be read.
pub fn transcripts(root: &Path) -> Vec<PathBuf> {
    files_below(&root.join("transcripts"), "imap")
}

/// Files with this extension one folder below `root`, sorted.
fn files_below(root: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = entries(root)
        .iter()
        .filter(|path| path.is_dir())
        .flat_map(|folder| entries(folder))
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listing = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    listing.map(|entry| entry.unwrap_or_else(|error| panic!("{}: {error}", folder.display())).path()).collect()
}

fn load(path: &Path) -> Case {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let mut case = parse(&text).unwrap_or_else(|problem| panic!("{}:{problem}", path.display()));
    case.name = name(path.file_stem());
    case.server = name(path.parent().and_then(Path::file_name));
    path.clone_into(&mut case.path);
    case
}

/// Reads the text of a case; an error begins with the line number.
fn parse(text: &str) -> Result<Case, String> {
    let mut case = Case {
        name: String::new(),
        server: String::new(),
        provenance: String::new(),
        hazards: Vec::new(),
        note: String::new(),
        bytes: Vec::new(),
        path: PathBuf::new(),
    };
    let mut in_head = true;
    for (index, line) in text.lines().enumerate() {
        in_head &= line.starts_with('#');
        if in_head {
            head_line(&mut case, line);
            continue;
        }
        let (bytes, open) = escape::decode_line(line).map_err(|problem| format!("{}: {problem}", index + 1))?;
        case.bytes.extend_from_slice(&bytes);
        if !open {
            case.bytes.extend_from_slice(b"\r\n");
        }
    }
    if case.provenance.is_empty() {
        return Err("1: the first comment must say where this comes from: # provenance: …".to_owned());
    }
    if case.bytes.is_empty() {
        return Err("1: there is no response in it".to_owned());
    }
    Ok(case)
}

fn head_line(case: &mut Case, line: &str) {
    let text = line.trim_start_matches('#').trim();
    let Some((key, value)) = text.split_once(':') else { return };
    match key {
        "provenance" => value.trim().clone_into(&mut case.provenance),
        "hazards" => case.hazards.extend(value.split_whitespace().map(str::to_owned)),
        "note" => value.trim().clone_into(&mut case.note),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn text_becomes_the_bytes_of_the_wire() {
        let case =
            parse("# provenance: RFC 9051\n# hazards: H03 H04\n# note: n\n\n* OK \\Seen \\xff\n* 1 E\\x").unwrap();
        assert_eq!(case.bytes, b"\r\n* OK \\Seen \xff\r\n* 1 E");
        assert_eq!((case.provenance.as_str(), case.note.as_str()), ("RFC 9051", "n"));
        assert_eq!(case.hazards, ["H03", "H04"]);
    }

    #[test]
    fn a_case_without_provenance_or_bytes_is_refused() {
        assert!(parse("* OK\n").unwrap_err().contains("provenance"));
        assert!(parse("# provenance: x\n").unwrap_err().contains("no response"));
        assert_eq!(
            parse("# provenance: x\n* OK \\xq\n").unwrap_err(),
            "2: \\x wants two hexadecimal digits, not \"q\""
        );
    }

    #[test]
    fn every_hazard_has_a_case() {
        let cases = responses(&root());
        let covered: BTreeSet<&str> = cases.iter().flat_map(|case| case.hazards.iter().map(String::as_str)).collect();
        let missing: Vec<String> =
            (1..=96).map(|id| format!("H{id:02}")).filter(|id| !covered.contains(id.as_str())).collect();
        assert_eq!(missing, Vec::<String>::new());
        assert!(cases.len() >= 300, "only {} cases", cases.len());
    }

    #[test]
    fn every_untagged_response_has_a_case() {
        let wire: Vec<u8> = responses(&root()).into_iter().flat_map(|case| case.bytes).collect();
        let wire = String::from_utf8_lossy(&wire).to_uppercase();
        let words = "CAPABILITY ENABLED LIST LSUB XLIST NAMESPACE STATUS FLAGS SEARCH ESEARCH SORT THREAD VANISHED UIDBATCHES \
                     ID QUOTA QUOTAROOT ACL LISTRIGHTS MYRIGHTS METADATA ANNOTATION LANGUAGE COMPARATOR GENURLAUTH URLFETCH \
                     JMAPACCESS OK NO BAD BYE PREAUTH";
        for word in words.split_whitespace() {
            assert!(wire.contains(&format!("* {word} ")), "no case of {word}");
        }
        for word in ["EXISTS", "RECENT", "EXPUNGE", "FETCH", "UIDFETCH", "CONVERTED"] {
            assert!(wire.contains(&format!(" {word}")), "no case of {word}");
        }
    }

    /// The hazards whose very point is a literal that does not end where it says.
    const BROKEN_LITERALS: [&str; 7] = ["H01", "H08", "H09", "H12", "H15", "T085", "T112"];

    #[test]
    fn literal_sizes_are_right_where_they_are_not_the_point() {
        for case in responses(&root()) {
            if !case.hazards.iter().any(|id| BROKEN_LITERALS.contains(&id.as_str())) {
                assert!(ends_at_a_line_end(&case.bytes), "{}: a literal runs over the end", case.path.display());
            }
        }
    }

    /// Walks from line to line and over literals; no bytes may be missing at the end.
    fn ends_at_a_line_end(mut bytes: &[u8]) -> bool {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let line = bytes[..end].trim_ascii_end();
            let size = line.strip_suffix(b"}").and_then(|line| {
                let digits = line.rsplit(|byte| *byte == b'{').next()?;
                std::str::from_utf8(digits).ok()?.trim_end_matches('+').parse::<usize>().ok()
            });
            let Some(rest) = bytes.get(end + 1 + size.unwrap_or(0)..) else { return false };
            bytes = rest;
        }
        bytes.is_empty()
    }

    #[test]
    fn nothing_that_editors_eat_stands_at_line_ends() {
        let root = root();
        let mut files = files_below(&root.join("responses"), "txt");
        files.extend(transcripts(&root));
        for path in files {
            let text = fs::read_to_string(&path).unwrap();
            let clean = |line: &str| !line.ends_with([' ', '\t', '\r']);
            assert!(text.lines().all(clean) && text.ends_with('\n'), "{}", path.display());
        }
    }
}
