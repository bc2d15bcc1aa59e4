//! Does a mailbox name match a pattern of LIST? RFC 9051 §6.3.9.
//!
//! Asked because IMAP4rev2 servers send LIST responses unasked whenever a mailbox is made, renamed or removed (§7.3.1), also while a LIST is
//! in flight: only what matches its pattern can be its answer. ASCII case is ignored, as INBOX may come in any.

use core::str::Chars;

/// What follows a wildcard, and the text from where on that is tried.
type Tried<'a> = (Chars<'a>, Chars<'a>);

/// True when `name` matches: `*` stands for anything, `%` for anything within one level.
pub(super) fn matches(pattern: &str, name: &str, delimiter: Option<char>) -> bool {
    let (mut pattern, mut name) = (pattern.chars(), name.chars());
    // Of the last `%` and the last `*`.
    let mut level: Option<Tried<'_>> = None;
    let mut any: Option<Tried<'_>> = None;
    loop {
        match pattern.next() {
            Some('*') => {
                any = Some((pattern.clone(), name.clone()));
                level = None;
                continue;
            }
            Some('%') => {
                level = Some((pattern.clone(), name.clone()));
                continue;
            }
            wanted => match (wanted, name.next()) {
                (None, None) => return true,
                (Some(wanted), Some(found)) if wanted.eq_ignore_ascii_case(&found) => continue,
                _ => {}
            },
        }
        // It does not fit here: the last `%` takes one character more, or else the last `*`.
        if let Some((behind, text)) = &mut level {
            if text.next().is_some_and(|taken| Some(taken) != delimiter) {
                (pattern, name) = (behind.clone(), text.clone());
                continue;
            }
        }
        level = None;
        let Some((behind, text)) = &mut any else { return false };
        if text.next().is_none() {
            return false;
        }
        (pattern, name) = (behind.clone(), text.clone());
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
            let chars = |text: &String| text.chars().collect::<alloc::vec::Vec<_>>();
            prop_assert_eq!(matches(&pattern, &name, Some('/')), model(&chars(&pattern), &chars(&name)));
        }
    }
}
