//! A checked reader over one response.
//!
//! The framer guarantees that a response is whole, so a cursor never asks for more: a parser sees its token or knows that it is not there.
//! What tokens look like is in [`token`](crate::token); this file holds position, bounds and the tolerant walk over values that nobody
//! understands. RFC 9051 §9, §4.
//!
//! Invariants: no read outside the frame, no recursion, every octet is passed once (rewinding by a caller aside); on `Err` the cursor stands
//! where the trouble is, so [`Cursor::error`] can say so. The final line end is not part of what the cursor sees: its end is the end.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use bytes::Bytes;
use imapkit_types::{Frame, Span};

use crate::error::{DecodeError, Expected, Parsed};
use crate::framer::Elided;
use crate::hazard::{self, Hazard, Noted};
use crate::limits::Limits;

/// What parsers need to know besides the octets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    pub(crate) limits: Limits,
    /// `UTF8=ACCEPT` or IMAP4rev2 is enabled: mailbox names are UTF-8.
    pub(crate) utf8: bool,
}

/// How quoted strings are read. What the strict rule makes no sense of is read again by the others: framing has found the end of the
/// response already, so nothing else is at stake (H47).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// RFC 9051 §4.3: a quote ends the string, unless it is escaped.
    Strict,
    /// A quote ends the string only before a space, a closing parenthesis or bracket, or the end of the line.
    Delimited,
    /// A quote ends the string only before what may follow a string in a FETCH row: another string, NIL, a list, a number, a name in
    /// capitals, a closing parenthesis, or the end of the line. So `"Re: "hello" everybody"` is one string.
    Followed,
    /// The same, and a backslash is an octet like others (QQ: `"qq.com\"`).
    Unescaped,
}

/// Position in a response.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    frame: &'a Frame,
    /// The frame up to where this cursor may read. Offsets are those of the frame.
    bytes: &'a [u8],
    pos: usize,
    elided: &'a [Elided],
    context: &'a Context,
    quoting: Quoting,
    /// Make the best of lists with too many or too few entries.
    lenient: bool,
    /// The frame ends with the announcement of a literal whose octets are handed out by themselves.
    streams: bool,
    noted: Noted,
}

impl<'a> Cursor<'a> {
    /// At the first octet of a response.
    pub(crate) fn new(frame: &'a Frame, elided: &'a [Elided], context: &'a Context) -> Self {
        let bytes = frame.as_bytes();
        let (bytes, bare) = match bytes {
            [line @ .., b'\r', b'\n'] => (line, false),
            [line @ .., b'\n'] => (line, true),
            _ => (bytes, false),
        };
        let mut cursor = Self {
            frame,
            bytes,
            pos: 0,
            elided,
            context,
            quoting: Quoting::Strict,
            lenient: false,
            streams: false,
            noted: Noted::default(),
        };
        if bare {
            cursor.note(hazard::BARE_LF);
        }
        cursor
    }

    /// A cursor over `start..end` of the same frame, for reading something a second time.
    pub(crate) fn window(&self, start: usize, end: usize) -> Self {
        let bytes = self.bytes.get(..end).unwrap_or(self.bytes);
        Self { bytes, pos: start.min(bytes.len()), noted: Noted::default(), ..*self }
    }

    /// The same, reading quoted strings as [`Quoting::Delimited`]. Only for octets that made no sense by the strict rule.
    #[must_use]
    pub(crate) fn tolerant(self) -> Self {
        self.reading(Quoting::Delimited, false)
    }

    /// The same, reading quoted strings, and lists of the wrong length, as said.
    #[must_use]
    pub(crate) fn reading(self, quoting: Quoting, lenient: bool) -> Self {
        Self { quoting, lenient, ..self }
    }

    /// How quoted strings end.
    #[inline]
    pub(crate) fn quoting(&self) -> Quoting {
        self.quoting
    }

    /// Whether to make the best of lists with too many or too few entries.
    #[inline]
    pub(crate) fn is_lenient(&self) -> bool {
        self.lenient
    }

    /// For the beginning of a response whose last literal is handed out by itself.
    #[must_use]
    pub(crate) fn streaming(self, streams: bool) -> Self {
        Self { streams, ..self }
    }

    /// True when what is left is the announcement of that literal.
    pub(crate) fn at_streamed_literal(&self) -> bool {
        // `~{9223372036854775807+}`
        const LONGEST: usize = 23;
        let rest = self.rest();
        let is_marker = rest.starts_with(b"{") || rest.starts_with(b"~{");
        self.streams && rest.len() <= LONGEST && is_marker && !rest.contains(&b'\n')
    }

    /// Limits of this connection.
    pub(crate) fn limits(&self) -> &'a Limits {
        &self.context.limits
    }

    /// True when mailbox names are UTF-8.
    pub(crate) fn utf8(&self) -> bool {
        self.context.utf8
    }

    /// The response this cursor reads.
    pub(crate) fn frame(&self) -> &'a Frame {
        self.frame
    }

    /// Records that something odd was let pass.
    #[inline]
    pub(crate) fn note(&mut self, hazard: Hazard) {
        self.noted.insert(hazard);
    }

    /// What was let pass so far.
    #[inline]
    pub(crate) fn noted(&self) -> Noted {
        self.noted
    }

    /// Takes over what another cursor of the same response let pass.
    pub(crate) fn merge_noted(&mut self, other: &Self) {
        self.noted.merge(other.noted);
    }

    /// The error for people: what was expected where the cursor stands.
    #[cold]
    pub(crate) fn error(&self, expected: Expected) -> DecodeError {
        DecodeError::new(expected.0, self.pos, self.frame.as_bytes())
    }

    /// Offset of the next octet in the frame.
    #[inline]
    pub(crate) fn pos(&self) -> usize {
        self.pos
    }

    /// Back to (or on to) an offset that [`Cursor::pos`] gave.
    #[inline]
    pub(crate) fn set_pos(&mut self, pos: usize) {
        self.pos = pos.min(self.bytes.len());
    }

    /// What has not been read.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.pos..).unwrap_or_default()
    }

    /// Everything this cursor may read, by frame offset.
    #[inline]
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The next octet, without passing it; `None` at the end.
    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    /// The octet after the next.
    #[inline]
    pub(crate) fn peek_second(&self) -> Option<u8> {
        self.bytes.get(self.pos.wrapping_add(1)).copied()
    }

    /// True when nothing is left.
    #[inline]
    pub(crate) fn at_end(&self) -> bool {
        self.pos >= self.bytes.len()
    }

    /// Passes `n` octets that are known to be there.
    #[inline]
    pub(crate) fn advance(&mut self, n: usize) {
        // No overflow: both are below the length of an allocation, which is at most `isize::MAX`.
        self.pos = self.pos.wrapping_add(n).min(self.bytes.len());
    }

    /// Passes one octet known to be there.
    #[inline]
    pub(crate) fn bump(&mut self) {
        self.pos = self.pos.wrapping_add(1);
    }

    /// Passes `octet` if it is next.
    #[inline]
    pub(crate) fn eat(&mut self, octet: u8) -> bool {
        let found = self.peek() == Some(octet);
        if found {
            self.bump();
        }
        found
    }

    /// Passes `octet`, which must be next.
    #[inline]
    pub(crate) fn expect(&mut self, octet: u8, what: &'static str) -> Parsed<()> {
        if self.eat(octet) { Ok(()) } else { Err(Expected(what)) }
    }

    /// Passes any number of spaces and tabs (H61), and line ends that a miscounted literal left behind (H16).
    #[inline]
    pub(crate) fn skip_spaces(&mut self) {
        // The usual case by itself, so that it is inlined: one space, then a token.
        if self.peek() == Some(b' ') {
            self.bump();
        }
        if self.peek().is_some_and(|octet| octet <= b' ') {
            self.skip_more_spaces();
        }
    }

    #[cold]
    fn skip_more_spaces(&mut self) {
        let mut stray = false;
        while let Some(octet) = self.peek() {
            match octet {
                b'\r' | b'\n' => {
                    self.note(hazard::STRAY_LINE_END);
                    stray = true;
                }
                b' ' | b'\t' if stray => {}
                b' ' | b'\t' => self.note(hazard::SPACING),
                _ => return,
            }
            self.bump();
        }
    }

    /// Passes `(` and the spaces around it.
    #[inline]
    pub(crate) fn open(&mut self) -> Parsed<()> {
        self.skip_spaces();
        self.expect(b'(', "an opening parenthesis")
    }

    /// True after passing the `)` that ends a list; false when another entry is next. The way to read a list:
    ///
    /// ```text
    /// cursor.open()?;
    /// while !cursor.close()? { …one entry, which must pass at least one octet… }
    /// ```
    #[inline]
    pub(crate) fn close(&mut self) -> Parsed<bool> {
        self.skip_spaces();
        match self.peek() {
            Some(b')') => {
                self.bump();
                Ok(true)
            }
            Some(_) => Ok(false),
            None => Err(Expected("a closing parenthesis")),
        }
    }

    /// Passes one value of any shape: a string, a literal, an atom, or a balanced list of such (H41, H80). Any depth: it counts, it does
    /// not recurse. Literals that framing left out count as values.
    pub(crate) fn skip_value(&mut self) -> Parsed<()> {
        self.skip_spaces();
        self.skip_until_closed(0)
    }

    /// Passes the rest of the list the cursor is in, and its `)`.
    pub(crate) fn skip_to_close(&mut self) -> Parsed<()> {
        self.skip_until_closed(1)
    }

    fn skip_until_closed(&mut self, mut depth: usize) -> Parsed<()> {
        loop {
            match self.peek() {
                Some(b'(') => {
                    depth = depth.saturating_add(1);
                    self.bump();
                }
                Some(b')') if depth > 0 => {
                    depth = depth.saturating_sub(1);
                    self.bump();
                }
                Some(b')') => return Err(Expected("a value")),
                Some(_) => self.skip_token()?,
                None => return Err(Expected(if depth == 0 { "a value" } else { "a closing parenthesis" })),
            }
            if depth == 0 {
                return Ok(());
            }
            self.skip_spaces();
        }
    }

    /// The literal that framing left out at the current offset (which is behind its marker).
    pub(crate) fn elided(&self) -> Option<&'a Elided> {
        let found = self.elided.binary_search_by_key(&self.pos, |elided| elided.at).ok()?;
        self.elided.get(found)
    }

    /// The octets between an offset and the current position.
    #[inline]
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.pos).unwrap_or_default()
    }

    /// The same as a span.
    #[inline]
    pub(crate) fn span_since(&self, start: usize) -> Span {
        Span::new(start, self.pos.saturating_sub(start))
    }

    /// The same as a shared buffer, without a copy.
    pub(crate) fn share_since(&self, start: usize) -> Bytes {
        self.frame.bytes(self.span_since(start)).unwrap_or_default()
    }

    /// The string a span names, escapes undone; empty for NIL.
    pub(crate) fn bytes_of(&self, span: Span) -> Cow<'a, [u8]> {
        self.frame.get(span).unwrap_or_default()
    }

    /// The string a span names as owned octets; empty for NIL.
    pub(crate) fn boxed(&self, span: Span) -> Box<[u8]> {
        self.bytes_of(span).into()
    }

    /// The string a span names as text; what is not UTF-8 is replaced.
    pub(crate) fn text(&self, span: Span) -> Box<str> {
        match self.bytes_of(span) {
            Cow::Borrowed(octets) => String::from_utf8_lossy(octets).into(),
            Cow::Owned(octets) => String::from_utf8_lossy(&octets).into(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A frame and its context that outlive the cursor of a test.
    pub(crate) struct Source(Frame, Context);

    impl Source {
        pub(crate) fn new(text: impl AsRef<[u8]>) -> Self {
            Self(Frame::new(Bytes::copy_from_slice(text.as_ref())), Context::default())
        }

        pub(crate) fn cursor(&self) -> Cursor<'_> {
            Cursor::new(&self.0, &[], &self.1)
        }
    }

    #[test]
    fn h041_h080_any_value_is_passed_whole() {
        for value in [
            "atom",
            "NIL",
            "12",
            "\"a ) \\\" (\"",
            "()",
            "( a (b \"c\") ( ) )",
            "{5}\r\n)(\"\r\n",
            "~{2}\r\n((",
            "(a {3}\r\n)))b)",
            "a{b}c",
            "\\Seen",
        ] {
            let source = Source::new(alloc::format!("{value} rest\r\n"));
            let mut cursor = source.cursor();
            cursor.skip_value().unwrap();
            assert_eq!(cursor.rest(), b" rest", "{value}");
        }
    }

    #[test]
    fn t086_a_million_parentheses_are_passed_without_recursion() {
        let source = Source::new("(".repeat(1_000_000) + &")".repeat(1_000_000) + "\r\n");
        let mut cursor = source.cursor();
        cursor.skip_value().unwrap();
        assert!(cursor.at_end());
        let open = Source::new("(".repeat(1_000_000));
        assert_eq!(open.cursor().skip_value(), Err(Expected("a closing parenthesis")));
    }

    #[test]
    fn a_list_ends_at_its_parenthesis_and_not_at_the_end_of_the_frame() {
        let source = Source::new("( a b )");
        let mut cursor = source.cursor();
        cursor.open().unwrap();
        let mut entries = 0;
        while !cursor.close().unwrap() {
            cursor.skip_value().unwrap();
            entries += 1;
        }
        assert!(entries == 2 && cursor.at_end());
        assert!(cursor.close().is_err());
    }

    #[test]
    fn the_line_end_is_not_seen_and_a_bare_one_is_noted() {
        assert_eq!(Source::new("ab\r\n").cursor().rest(), b"ab");
        assert!(Source::new("ab\r\n").cursor().noted().is_empty());
        assert_eq!(Source::new("ab\n").cursor().rest(), b"ab");
        assert!(!Source::new("ab\n").cursor().noted().is_empty());
    }

    #[test]
    fn a_window_keeps_the_offsets_of_the_frame() {
        let source = Source::new("0123456789");
        let cursor = source.cursor().window(3, 6);
        assert_eq!((cursor.pos(), cursor.rest()), (3, &b"345"[..]));
        assert_eq!(source.cursor().window(50, 60).rest(), b"");
    }
}
