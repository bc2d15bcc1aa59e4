//! Compares what the code makes of something with what it made of it when a person last looked.
//!
//! The known outcome lies beside the input, in a file with the extension `.expect`. On a difference the new outcome is
//! left beside it as `.got`. With `IMAPKIT_BLESS=1` in the environment the outcome is written to `.expect` instead, to be
//! reviewed as a diff. Blessing is refused where `CI` is set: there nobody looks.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Set to `1` to write the outcomes that tests see as the expected ones.
pub const BLESS: &str = "IMAPKIT_BLESS";

/// What came out is not what was expected.
#[derive(Debug)]
pub struct Difference {
    expect: PathBuf,
    problem: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.expect.display(), self.problem)
    }
}

impl std::error::Error for Difference {}

/// Compares `actual` with the `.expect` file beside `input`, or blesses it.
///
/// A missing `.expect` file is a difference too. Line ends count as LF on every system, and both texts are compared with
/// one line end at their end.
pub fn check(input: &Path, actual: &str) -> Result<(), Difference> {
    let bless = env::var_os(BLESS).is_some_and(|value| value == "1");
    let ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
    compare(input, actual, bless, ci)
}

fn compare(input: &Path, actual: &str, bless: bool, ci: bool) -> Result<(), Difference> {
    let expect = input.with_extension("expect");
    let got = input.with_extension("got");
    let fail = |problem: String| Difference { expect: expect.clone(), problem };
    let actual = normal(actual);
    if bless && ci {
        return Err(fail(format!("{BLESS} is set in CI, where nobody looks at the outcome")));
    }
    let known = fs::read_to_string(&expect).ok().map(|text| normal(&text));
    if known.as_ref() == Some(&actual) {
        // A `.got` of an earlier failure would only mislead.
        let _ = fs::remove_file(&got);
        return Ok(());
    }
    let target = if bless { &expect } else { &got };
    fs::write(target, &actual).map_err(|error| fail(format!("{} cannot be written: {error}", target.display())))?;
    match known {
        _ if bless => {
            let _ = fs::remove_file(&got);
            Ok(())
        }
        None => Err(fail(format!("does not exist; see {} and bless it with {BLESS}=1", got.display()))),
        Some(known) => {
            Err(fail(format!("{}\nthe whole of it is in {}", first_difference(&known, &actual), got.display())))
        }
    }
}

fn normal(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n");
    text.truncate(text.trim_end_matches('\n').len());
    text.push('\n');
    text
}

fn first_difference(known: &str, actual: &str) -> String {
    let same = known.lines().zip(actual.lines()).take_while(|(a, b)| a == b).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    format!("line {} differs\n  expected: {}\n  got:      {}", same + 1, line(known), line(actual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_leaves_what_was_got_and_success_clears_it() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("case.txt");
        let got = folder.path().join("case.got");
        fs::write(input.with_extension("expect"), "a\r\nb\r\n").unwrap();
        let text = compare(&input, "a\nc", false, false).unwrap_err().to_string();
        assert!(text.contains("line 2 differs\n  expected: b\n  got:      c"), "{text}");
        assert_eq!(fs::read_to_string(&got).unwrap(), "a\nc\n");
        compare(&input, "a\nb", false, false).unwrap();
        assert!(!got.exists());
        assert!(compare(&input, "a\nb\nc", false, false).unwrap_err().to_string().contains("expected: (the end)"));
    }

    #[test]
    fn a_missing_file_is_a_difference_until_it_is_blessed() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("case.txt");
        assert!(compare(&input, "x", false, false).unwrap_err().to_string().contains("does not exist"));
        compare(&input, "x", true, false).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("case.expect")).unwrap(), "x\n");
        assert!(!folder.path().join("case.got").exists());
        compare(&input, "x\n", false, true).unwrap();
    }

    #[test]
    fn nothing_is_blessed_in_ci() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("case.txt");
        assert!(compare(&input, "x", true, true).unwrap_err().to_string().contains("in CI"));
        assert!(!folder.path().join("case.expect").exists());
    }
}
