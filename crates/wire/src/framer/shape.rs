//! The two questions of grammar that framing has to ask.
//!
//! *Is `{n}` at the end of this line a literal?* In data it is; in the text of a status response it is what somebody wrote (H01, T084),
//! unless it stands inside a response code that is still open (H02). *Is that literal the content of a message*, so that it may be handed out
//! as it comes in? Only the value of a `BODY[…]`, `BINARY[…]` or `RFC822…` item of a FETCH row is. RFC 9051 §7, §7.5.2, §9 `literal`.
//!
//! Invariant: a line is looked at only when it ends like a literal, and walked only when that literal is so large that its place matters; each
//! of that once (twice when its quoting is broken).

use imapkit_types::Code;
use memchr::memchr;

use super::{Elided, without_line_end};
use crate::error::{FrameError, snippet};

/// What a line ends with that looks like the announcement of a literal.
pub(super) struct Marker {
    /// Offset of `{`.
    pub(super) start: usize,
    /// Offset behind `}`; what follows is blank.
    end: usize,
}

impl Marker {
    /// Looks for `{n}` or `{n+}` (H06) at the end of a line, blanks behind it aside. Reads no more than that.
    pub(super) fn at_end_of(line: &[u8]) -> Option<Self> {
        let trimmed = line.trim_ascii_end();
        let size = without_plus(trimmed.strip_suffix(b"}")?);
        let digits = size.iter().rev().take_while(|octet| octet.is_ascii_digit()).count();
        let before = size.get(..size.len().checked_sub(digits)?)?;
        let before = before.strip_suffix(b"-").unwrap_or(before).strip_suffix(b"{")?;
        (digits > 0).then_some(Self { start: before.len(), end: trimmed.len() })
    }

    /// The octets announced.
    ///
    /// # Errors
    /// When they can be neither counted nor believed (H08, H12, T079): the connection has to be given up.
    pub(super) fn size(&self, line: &[u8]) -> Result<u64, FrameError> {
        if self.end < line.len() {
            return Err(FrameError::LiteralMarker(snippet(line, self.start)));
        }
        let marker = line.get(self.start..self.end).unwrap_or_default();
        let digits =
            marker.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")).map(without_plus).unwrap_or_default();
        // Sizes have 63 bits (RFC 9051 §9 `number64`): i64 refuses more, and `u64::try_from` refuses `-1`.
        let digits = core::str::from_utf8(digits).ok().filter(|digits| digits.len() < 20);
        let size = digits.and_then(|digits| digits.parse::<i64>().ok()).and_then(|size| u64::try_from(size).ok());
        size.ok_or_else(|| FrameError::LiteralSize(snippet(line, self.start)))
    }
}

/// What stands before a marker.
fn before(line: &[u8], marker: usize) -> &[u8] {
    let before = line.get(..marker).unwrap_or_default();
    before.strip_suffix(b"~").unwrap_or(before)
}

/// The line that begins at an offset, without its end, and the offset behind it.
fn next_line(frame: &[u8], start: usize) -> Option<(&[u8], usize)> {
    let rest = frame.get(start..)?;
    let len = memchr(b'\n', rest)?.saturating_add(1);
    Some((without_line_end(rest.get(..len)?), start.saturating_add(len)))
}

/// Whether the end of a line lies outside of quoted strings, by the strict rule or, should that deny it, by the tolerant one (H47). Taking
/// content for protocol is the worse mistake, so one is enough.
fn ends_outside_string(line: &[u8]) -> bool {
    // Where no backslash is escaped, the number of quotes that are not tells. A loop without branches, for the sake of rows full of literals.
    let first = u8::from(line.first() == Some(&b'"'));
    let (odd, pairs) = line.iter().zip(line.iter().skip(1)).fold((first, 0_u8), |(odd, pairs), (before, octet)| {
        let escaped = u8::from(*before == b'\\');
        (odd ^ (u8::from(*octet == b'"') & (escaped ^ 1)), pairs | (u8::from(*octet == b'\\') & escaped))
    });
    let walk = Walk { depth: 0, in_section: false, token: 0 };
    odd | pairs == 0 || walk.over(line, Quoting::Strict).or_else(|| walk.over(line, Quoting::Tolerant)).is_some()
}

fn without_plus(size: &[u8]) -> &[u8] {
    size.strip_suffix(b"+").unwrap_or(size)
}

/// What is known of a response that has a literal, or looks as if it had.
#[derive(Debug)]
pub(super) struct Shape {
    kind: Kind,
    /// How far the frame has been walked, what literal was announced there, and what was open.
    walked: usize,
    literal: usize,
    depth: usize,
    in_section: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// For people, to the end of the line.
    Text,
    /// Text that begins with a response code that may hold strings.
    Code,
    /// Data.
    Data,
    /// A FETCH row.
    Fetch,
}

impl Shape {
    /// The shape of a response, by its first line.
    pub(super) fn of(line: &[u8]) -> Self {
        Self { kind: kind_of(line), walked: 0, literal: 0, depth: 0, in_section: false }
    }

    pub(super) fn is_fetch(&self) -> bool {
        self.kind == Kind::Fetch
    }

    pub(super) fn is_data(&self) -> bool {
        matches!(self.kind, Kind::Data | Kind::Fetch)
    }

    /// Whether the response goes on with a literal announced at offset `marker`, the end of `line`; if not, the marker is text. To be called
    /// for each line that has a marker, in order.
    pub(super) fn continues_at(&mut self, line: &[u8], marker: usize) -> bool {
        let before = before(line, marker);
        match self.kind {
            Kind::Text => false,
            Kind::Code => self.code_continues(before),
            // An unquoted name may end in `{5}`. A literal begins a token, though servers forget the space before it (H61).
            Kind::Data => {
                before.last().is_none_or(|octet| b" \t([])\">".contains(octet)) && ends_outside_string(before)
            }
            Kind::Fetch => ends_outside_string(before),
        }
    }

    /// Whether the literal announced at the end of `frame` is the content of a message: whether the item before it is one, and stands in the
    /// list of items itself. Walks the frame, from where it stopped last time.
    pub(super) fn is_content(&mut self, frame: &[u8], elided: &[Elided]) -> bool {
        if self.kind != Kind::Fetch {
            return false;
        }
        let mut item: &[u8] = &[];
        while let Some((line, end)) = next_line(frame, self.next_walk(elided)) {
            let Some(marker) = Marker::at_end_of(line) else {
                return false;
            };
            let before = before(line, marker.start);
            let start = Walk { depth: self.depth, in_section: self.in_section, token: 0 };
            let walk = start.over(before, Quoting::Strict).or_else(|| start.over(before, Quoting::Tolerant));
            let Some(walk) = walk else {
                return false;
            };
            item = before.get(walk.token..).unwrap_or_default();
            (self.depth, self.in_section) = (walk.depth, walk.in_section);
            self.walked = end;
            self.literal = marker.size(line).ok().and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX);
        }
        self.depth == 1 && has_content(item)
    }

    /// Where the walk goes on: behind the literal that was announced last, unless that has been left out of the frame since.
    fn next_walk(&self, elided: &[Elided]) -> usize {
        let is_elided = elided.binary_search_by_key(&self.walked, |elided| elided.at).is_ok();
        self.walked.saturating_add(if is_elided { 0 } else { self.literal })
    }

    /// The frame ends here, inside the list of items; the next one begins behind a literal.
    pub(super) fn restart(&mut self) {
        self.walked = 0;
        self.literal = 0;
    }

    /// H02: a string inside a code that is still open.
    fn code_continues(&mut self, before: &[u8]) -> bool {
        let code =
            if self.depth == 0 { before.splitn(2, |octet| *octet == b'[').nth(1).unwrap_or_default() } else { before };
        let mut depth = self.depth.max(1);
        let mut in_string = false;
        for octet in code {
            match octet {
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'[' | b'(' => depth = depth.saturating_add(1),
                b']' | b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        let continues = depth > 0 && !in_string && before.last().is_none_or(|octet| b" (".contains(octet));
        self.depth = depth;
        if !continues {
            self.kind = Kind::Text;
        }
        continues
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// RFC 9051 §4.3.
    Strict,
    /// A quote begins a string only at the beginning of a token, and ends one only at the end of a token; a backslash is a character.
    Tolerant,
}

/// Position in a walk over a line.
#[derive(Clone, Copy)]
struct Walk {
    depth: usize,
    in_section: bool,
    /// Where the last token outside of nested lists begins.
    token: usize,
}

impl Walk {
    /// To the end of the line; `None` when that is inside a string.
    fn over(mut self, line: &[u8], quoting: Quoting) -> Option<Self> {
        let mut octets = line.iter().copied().enumerate();
        let mut previous = b' ';
        while let Some((at, octet)) = octets.next() {
            match octet {
                b'"' if quoting == Quoting::Strict || matches!(previous, b' ' | b'(' | b'[') => {
                    self.begin_token(at, previous);
                    skip_string(line, &mut octets, quoting)?;
                }
                b'(' | b')' | b' ' | b'\t' if self.in_section => {}
                b'(' => self.depth = self.depth.saturating_add(1),
                b')' => self.depth = self.depth.saturating_sub(1),
                b' ' | b'\t' => {}
                b']' => self.in_section = false,
                _ => {
                    self.begin_token(at, previous);
                    // Sections stand in the names of items only; elsewhere a bracket is part of a keyword or label.
                    self.in_section = self.in_section || (octet == b'[' && self.depth == 1);
                }
            }
            previous = octet;
        }
        Some(self)
    }

    fn begin_token(&mut self, at: usize, previous: u8) {
        if self.depth <= 1 && !self.in_section && matches!(previous, b' ' | b'\t' | b'(' | b')') {
            self.token = at;
        }
    }
}

/// Passes a string whose opening quote has been passed.
fn skip_string(line: &[u8], octets: &mut impl Iterator<Item = (usize, u8)>, quoting: Quoting) -> Option<()> {
    while let Some((at, octet)) = octets.next() {
        match octet {
            b'\\' if quoting == Quoting::Strict => {
                octets.next();
            }
            b'"' if quoting == Quoting::Strict => return Some(()),
            b'"' if matches!(line.get(at.saturating_add(1)), None | Some(b' ' | b')' | b']')) => return Some(()),
            _ => {}
        }
    }
    None
}

/// Whether an item of a FETCH row has the content of a message as its value.
fn has_content(item: &[u8]) -> bool {
    let item = item.trim_ascii_end();
    let begins = |name: &[u8]| item.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    let is = |name: &[u8]| item.eq_ignore_ascii_case(name);
    begins(b"BODY[") || begins(b"BINARY[") || is(b"RFC822") || is(b"RFC822.TEXT") || is(b"RFC822.HEADER")
}

fn kind_of(line: &[u8]) -> Kind {
    let (first, rest) = word(line);
    let (second, rest) = word(rest);
    if first != b"*" {
        // A continuation, a tagged status, or nothing we know.
        return if first.starts_with(b"+") { Kind::Text } else { status_kind(second, rest) };
    }
    if !second.is_empty() && second.iter().all(u8::is_ascii_digit) {
        let (name, _) = word(rest);
        let is_row = name.eq_ignore_ascii_case(b"FETCH") || name.eq_ignore_ascii_case(b"UIDFETCH");
        return if is_row { Kind::Fetch } else { Kind::Data };
    }
    // `* [COPYUID …` without a status word (H18) is a status too.
    if is_status(second) || second.starts_with(b"[") { status_kind(second, rest) } else { Kind::Data }
}

fn status_kind(status: &[u8], rest: &[u8]) -> Kind {
    let code = rest.trim_ascii_start().strip_prefix(b"[").filter(|_| is_status(status));
    let name = code.map(|code| word(code).0).unwrap_or_default();
    let may_hold_strings = !name.is_empty() && !has_no_strings(name);
    if may_hold_strings { Kind::Code } else { Kind::Text }
}

fn is_status(word: &[u8]) -> bool {
    [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"].iter().any(|status| word.eq_ignore_ascii_case(status))
}

/// Codes whose data, by their grammar, holds no string: an open brace behind them is text.
fn has_no_strings(name: &[u8]) -> bool {
    #[rustfmt::skip]
    const DATA: [&str; 16] = [
        "CAPABILITY", "PERMANENTFLAGS", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "HIGHESTMODSEQ", "APPENDUID", "COPYUID", "MODIFIED",
        "MESSAGELIMIT", "REFERRAL", "WEBALERT", "BADURL", "MAILBOXID", "INPROGRESS", "ANNOTATIONS",
    ];
    let known = |code: &&str| code.as_bytes().eq_ignore_ascii_case(name);
    DATA.iter().any(known) || core::str::from_utf8(name).is_ok_and(|name| Code::plain(name).is_some())
}

/// The first word of a line, and what follows it. A parenthesis ends a word.
fn word(line: &[u8]) -> (&[u8], &[u8]) {
    let line = line.trim_ascii_start();
    let end = line.iter().position(|octet| matches!(octet, b' ' | b'\t' | b'(')).unwrap_or(line.len());
    line.split_at_checked(end).unwrap_or((line, &[]))
}
