//! What can go wrong while reading, as values. No RFC: IMAP has no word for it.
//!
//! Two kinds, because they mean different things to a connection: a [`DecodeError`] costs one response (or one item of it), a
//! [`FrameError`] means that nobody knows any more where responses begin, so the connection is over.
//!
//! Invariant: no text of a mail and no secret appears in an error: snippets blank out the content of strings.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt::{self, Write as _};

use crate::limits::Limit;

/// What a parser wanted to see at the position its cursor stands at. Two words, so results travel in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected(pub(crate) &'static str);

/// The result of a parser inside this crate. On `Err` the cursor stands where the trouble is.
pub(crate) type Parsed<T> = Result<T, Expected>;

/// A response, or an item of one, that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What should have stood there, `"a number"`; or the limit that was exceeded.
    pub expected: &'static str,
    /// Offset in the frame.
    pub at: usize,
    /// The frame around that offset: at most 64 octets, escaped, the content of strings blanked out.
    pub snippet: Box<str>,
}

impl DecodeError {
    pub(crate) fn new(expected: &'static str, at: usize, frame: &[u8]) -> Self {
        Self { expected, at, snippet: snippet(frame, at) }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at octet {} of {}", self.expected, self.at, self.snippet)
    }
}

impl core::error::Error for DecodeError {}

/// Framing is lost: the connection cannot be used any more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameError {
    /// A literal with a negative size, or one that no file could have (H08, T079). The line that announces it.
    LiteralSize(Box<str>),
    /// Something stands between the size of a literal and its line end, so that its first octet is unknown (H12). The line.
    LiteralMarker(Box<str>),
    /// A response was too large even to be skipped, or there was too much between two of them.
    Limit(Limit),
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LiteralSize(line) => write!(f, "literal of impossible size: {line}"),
            Self::LiteralMarker(line) => write!(f, "unreadable start of a literal: {line}"),
            Self::Limit(limit) => fmt::Display::fmt(limit, f),
        }
    }
}

impl core::error::Error for FrameError {}

const SNIPPET: usize = 64;

/// At most 64 octets around `at`, made printable, with `…` for the content of strings and for what is left out.
///
/// Reads the frame from its beginning, since only that tells what is a string: not for loops.
pub(crate) fn snippet(bytes: &[u8], at: usize) -> Box<str> {
    let start = at.saturating_sub(SNIPPET / 2).min(bytes.len());
    let end = start.saturating_add(SNIPPET).min(bytes.len());
    let mut text = String::with_capacity(SNIPPET);
    let mut pos = 0;
    if start > 0 {
        text.push('…');
    }
    while let Some(rest) = bytes.get(pos..end).filter(|rest| !rest.is_empty()) {
        let (shown, blank) = structure(rest);
        if pos >= start {
            let _ = if shown == b"\"" { text.write_char('"') } else { write!(text, "{}", shown.escape_ascii()) };
            text.push_str(if blank > 0 { "…" } else { "" });
        }
        pos = pos.saturating_add(shown.len()).saturating_add(blank);
    }
    if pos < bytes.len() {
        text.push('…');
    }
    text.into_boxed_str()
}

/// The next piece of structure, and how many octets of string content follow it.
fn structure(bytes: &[u8]) -> (&[u8], usize) {
    let (first, rest) = bytes.split_at_checked(1).unwrap_or((bytes, &[]));
    match first {
        b"\"" => (first, quoted_content(rest)),
        b"{" => literal_content(bytes).unwrap_or((first, 0)),
        _ => (first, 0),
    }
}

/// Octets of a quoted string, the closing quote included.
fn quoted_content(rest: &[u8]) -> usize {
    let mut escaped = false;
    let end = rest.iter().position(|&octet| {
        let closes = octet == b'"' && !escaped;
        escaped = octet == b'\\' && !escaped;
        closes
    });
    end.map_or(rest.len(), |end| end.saturating_add(1))
}

/// The marker of a literal and the octets that follow it.
fn literal_content(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let end = bytes.iter().position(|&octet| octet == b'\n')?.saturating_add(1);
    let marker = bytes.get(..end)?;
    let digits = marker.get(1..)?.trim_ascii_end().strip_suffix(b"}")?;
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    let len = core::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((marker, len))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn a_snippet_is_short_printable_and_blanks_out_strings() {
        let frame = b"* 1 FETCH (ENVELOPE (\"a \\\"secret\\\" subject\" NIL x\x1b)\r\n";
        let error = DecodeError::new("a list", 44, frame);
        assert_eq!(error.to_string(), r#"expected a list at octet 44 of …NVELOPE ("… NIL x\x1b)\r\n"#);
        assert_eq!(&*snippet(b"BODY[] {6}\r\nsecret UID 7", 20), r"BODY[] {6}\r\n… UID 7");
        let long = [b'x'; 1000];
        assert_eq!(snippet(&long, 500).chars().count(), SNIPPET + 2);
        assert_eq!(&*snippet(b"", 7), "");
    }
}
