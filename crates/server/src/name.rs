//! Mailbox names: modified UTF-7, what CREATE may name, and LIST patterns.
//!
//! Names are kept as they travel: printable ASCII in modified UTF-7, levels separated by `/`, INBOX in upper case.
//! Users of this crate write them in plain Unicode. RFC 3501 §5.1, §5.1.3, §6.3.8.

use base64::{Engine, alphabet, engine::GeneralPurpose, engine::general_purpose::NO_PAD};
use imap_types::mailbox::Mailbox;

/// Separates the levels of a name.
pub(crate) const DELIMITER: char = '/';
/// The longest mailbox name, in encoded bytes.
pub(crate) const MAX_NAME: usize = 1000;

const UTF7: GeneralPurpose = GeneralPurpose::new(&alphabet::IMAP_MUTF7, NO_PAD);

/// A Unicode name in modified UTF-7.
pub(crate) fn encode(name: &str) -> String {
    let (mut encoded, mut run) = (String::new(), Vec::new());
    let flush = |run: &mut Vec<u8>, encoded: &mut String| {
        if !run.is_empty() {
            encoded.push('&');
            encoded.push_str(&UTF7.encode(&*run));
            encoded.push('-');
            run.clear();
        }
    };
    for character in name.chars() {
        if matches!(character, ' '..='~') {
            flush(&mut run, &mut encoded);
            encoded.push(character);
            if character == '&' {
                encoded.push('-');
            }
        } else {
            run.extend(character.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    flush(&mut run, &mut encoded);
    canonical(encoded)
}

/// The Unicode form of a modified UTF-7 name, or `None` if it is not well-formed.
pub(crate) fn decode(name: &str) -> Option<String> {
    let mut decoded = String::new();
    let mut rest = name;
    while let Some(ampersand) = rest.find('&') {
        decoded.push_str(&rest[..ampersand]);
        let (run, after) = rest[ampersand + 1..].split_once('-')?;
        if run.is_empty() {
            decoded.push('&');
        } else {
            let bytes = UTF7.decode(run).ok()?;
            let units: Vec<u16> =
                bytes.chunks(2).map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?))).collect::<Option<_>>()?;
            decoded.push_str(&String::from_utf16(&units).ok()?);
        }
        rest = after;
    }
    decoded.push_str(rest);
    Some(decoded)
}

/// INBOX is one mailbox however it is spelt, also as the first level of a longer name.
fn canonical(name: String) -> String {
    match name.get(..5) {
        Some(head) if head.eq_ignore_ascii_case("INBOX") && (name.len() == 5 || name[5..].starts_with(DELIMITER)) => {
            format!("INBOX{}", &name[5..])
        }
        _ => name,
    }
}

/// A name from the wire, or `None` where no mailbox can bear it: CREATE refuses it, all else finds nothing.
pub(crate) fn from_wire(mailbox: &Mailbox<'_>) -> Option<String> {
    let Mailbox::Other(other) = mailbox else { return Some("INBOX".to_owned()) };
    let name = canonical(String::from_utf8(other.inner().as_ref().to_vec()).ok()?);
    is_valid(&name).then_some(name)
}

/// Whether a mailbox may bear this encoded name: one spelling per name, no empty level, no wildcards.
pub(crate) fn is_valid(name: &str) -> bool {
    let printable = name.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'%' | b'*'));
    let levels = name.split(DELIMITER).all(|level| !level.is_empty());
    printable && levels && name.len() <= MAX_NAME && decode(name).is_some_and(|decoded| encode(&decoded) == name)
}

/// A name for a response.
pub(crate) fn to_wire(name: &str) -> Mailbox<'static> {
    // Valid names are printable ASCII, which is always a string.
    Mailbox::try_from(name.to_owned()).unwrap_or(Mailbox::Inbox)
}

/// The names above this one, outermost first: `a/b/c` has `a` and `a/b`.
pub(crate) fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices(DELIMITER).map(|(at, _)| &name[..at])
}

/// A LIST pattern: `*` matches anything, `%` anything but the delimiter.
pub(crate) struct Pattern(Vec<u8>);

impl Pattern {
    /// Joins reference and pattern; `None` if the result is longer than any name can need.
    pub(crate) fn new(reference: &[u8], pattern: &[u8]) -> Option<Self> {
        let mut joined = [reference, pattern].concat();
        // A run of wildcards says no more than its strongest member; without runs matching stays cheap.
        joined.dedup_by(|next, previous| {
            let run = matches!((*previous, *next), (b'*' | b'%', b'*' | b'%'));
            if run && *next == b'*' {
                *previous = b'*';
            }
            run
        });
        (joined.len() <= 2 * MAX_NAME).then_some(Self(joined))
    }

    /// Whether a name matches; INBOX in any case.
    pub(crate) fn matches(&self, name: &str) -> bool {
        self.matches_exactly(name.as_bytes())
            || (name == "INBOX" && Self(self.0.to_ascii_uppercase()).matches_exactly(b"INBOX"))
    }

    /// Steps through the name with the set of pattern positions reached so far: no backtracking, whatever the pattern.
    fn matches_exactly(&self, name: &[u8]) -> bool {
        let mut reached = vec![false; self.0.len() + 1];
        reached[0] = true;
        self.skip_wildcards(&mut reached);
        for &byte in name {
            let mut next = vec![false; reached.len()];
            for (at, _) in reached.iter().enumerate().filter(|(_, reached)| **reached) {
                match self.0.get(at) {
                    Some(b'*') => next[at] = true,
                    Some(b'%') => next[at] = byte != b'/',
                    Some(&expected) if expected == byte => next[at + 1] = true,
                    _ => {}
                }
            }
            self.skip_wildcards(&mut next);
            reached = next;
        }
        reached.last() == Some(&true)
    }

    fn skip_wildcards(&self, reached: &mut [bool]) {
        for (at, byte) in self.0.iter().enumerate() {
            if reached[at] && matches!(byte, b'*' | b'%') {
                reached[at + 1] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf7_both_ways() {
        let cases = [
            ("Entwürfe & Ideen", "Entw&APw-rfe &- Ideen"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("😀", "&2D3eAA-"),
            ("plain", "plain"),
        ];
        for (name, encoded) in cases {
            assert_eq!(encode(name), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(name));
            assert!(is_valid(encoded), "{encoded}");
        }
        for bad in ["a&b", "&AG-", "&AGE-", "a//b", "/a", "a/", "a*", "ü", "", "&2D0-", "&APw-&APw-"] {
            assert!(!is_valid(bad), "{bad}");
        }
        assert_eq!(encode("inbox/Work"), "INBOX/Work");
        assert_eq!(encode("inboxes"), "inboxes");
    }

    #[test]
    fn patterns() {
        let matches = |pattern: &str, name: &str| Pattern::new(b"", pattern.as_bytes()).unwrap().matches(name);
        for (pattern, name, expected) in [
            ("*", "a/b", true),
            ("%", "a", true),
            ("%", "a/b", false),
            ("%/%", "a/b", true),
            ("a%", "a/b", false),
            ("a*b", "a/x/b", true),
            ("%*", "a/b", true),
            ("inbox", "INBOX", true),
            ("In%", "INBOX", true),
            ("archive", "Archive", false),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        assert!(Pattern::new(b"Lists/", b"R%").unwrap().matches("Lists/Rust"));
        assert!(!Pattern::new(b"", "*a".repeat(900).as_bytes()).unwrap().matches(&"a".repeat(800)));
        assert!(Pattern::new(b"", "a".repeat(3000).as_bytes()).is_none());
        assert_eq!(parents("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
    }
}
