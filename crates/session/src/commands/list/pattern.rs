//! Does a mailbox name match a pattern of LIST? RFC 9051 §6.3.9.
//!
//! Asked because IMAP4rev2 servers send LIST responses unasked whenever a mailbox is made, renamed or removed (§7.3.1), also while a LIST is
//! in flight: only what matches its pattern can be its answer. ASCII case is ignored, as INBOX may come in any.

use alloc::vec;
use alloc::vec::Vec;

/// True when `name` matches: `*` stands for anything, `%` for anything within one level. Takes the time of one times the other, whatever
/// the server calls a mailbox.
pub(super) fn matches(pattern: &str, name: &str, delimiter: Option<char>) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    // How much of the pattern may stand for what has been read of the name.
    let mut done = vec![false; pattern.len().saturating_add(1)];
    let mut next = done.clone();
    if let Some(start) = done.first_mut() {
        *start = true;
    }
    skip_wildcards(&pattern, &mut done);
    for found in name.chars() {
        next.fill(false);
        for (at, wanted) in pattern.iter().enumerate().filter(|(at, _)| done.get(*at) == Some(&true)) {
            let stays = *wanted == '*' || (*wanted == '%' && Some(found) != delimiter);
            let goes_on = !matches!(wanted, '*' | '%') && wanted.eq_ignore_ascii_case(&found);
            if stays || goes_on {
                if let Some(place) = next.get_mut(at.saturating_add(usize::from(goes_on))) {
                    *place = true;
                }
            }
        }
        skip_wildcards(&pattern, &mut next);
        core::mem::swap(&mut done, &mut next);
    }
    done.last() == Some(&true)
}

/// A wildcard may stand for nothing.
fn skip_wildcards(pattern: &[char], done: &mut [bool]) {
    for (at, wanted) in pattern.iter().enumerate() {
        if matches!(wanted, '*' | '%') && done.get(at) == Some(&true) {
            if let Some(behind) = done.get_mut(at.saturating_add(1)) {
                *behind = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use proptest::prelude::*;

    #[test]
    fn rfc_9051_6_3_9() {
        for (pattern, name, fits) in [
            ("*", "a/b/c", true),
            ("%", "a", true),
            ("%", "a/b", false),
            ("~/Mail/%", "~/Mail/foo", true),
            ("~/Mail/%", "~/Mail/foo/bar", false),
            ("%/%", "a/b", true),
            ("a*c", "a/b/c", true),
            ("a*c", "a/b", false),
            ("*%", "a/b", true),
            ("%a%b", "xaab", true),
            ("*a%b*d", "x/a1/a2b/d", true),
            ("inbox", "INBOX", true),
            ("Räume/*", "Räume/ä", true),
            ("a", "ab", false),
            ("ab", "a", false),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, name, Some('/')), fits, "{pattern} {name}");
        }
        assert!(matches("%", "a/b", None), "without levels there is one");
    }

    /// The definition, by recursion.
    fn model(pattern: &[char], name: &[char]) -> bool {
        match (pattern, name) {
            ([], []) => true,
            ([wild @ ('*' | '%'), rest @ ..], _) => {
                let takes = |c: &char| *wild == '*' || *c != '/';
                model(rest, name) || name.split_first().is_some_and(|(c, more)| takes(c) && model(pattern, more))
            }
            ([a, rest @ ..], [b, more @ ..]) => a == b && model(rest, more),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn it_is_what_the_definition_says(pattern in "[ab/*%]{0,8}", name in "[ab/]{0,10}") {
            let chars = |text: &String| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(matches(&pattern, &name, Some('/')), model(&chars(&pattern), &chars(&name)));
        }
    }
}
