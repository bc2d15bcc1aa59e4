//! The tokens of responses: numbers, atoms, quoted strings, literals, NIL.
//!
//! Separate from the cursor because here is the grammar, and here is the time: nearly all octets of a FETCH row pass through
//! [`Cursor::quoted`], which looks at many at once. RFC 9051 §4, §9.
//!
//! ```text
//! number  = 1*DIGIT                      quoted  = DQUOTE *QUOTED-CHAR DQUOTE
//! atom    = 1*ATOM-CHAR                  literal = ["~"] "{" number ["+"] "}" CRLF *CHAR8
//! string  = quoted / literal             nstring = string / nil          astring = 1*ASTRING-CHAR / string
//! ```
//!
//! Readers are wider than the grammar where servers are: atoms stand for strings and strings for atoms (H45), NIL for anything (H44).

mod number;

use imapkit_types::Span;
use memchr::memchr3;

use crate::cursor::{Cursor, Quoting};
use crate::error::{Expected, Parsed};
use crate::hazard;

/// Octets that end an atom: space, controls that end lines, parentheses, quote, bracket.
const ENDS_ATOM: u8 = 1;
/// Octets that end a word: space, line ends, parentheses.
const ENDS_WORD: u8 = 2;
/// Octets that end the name of an item: all that end an atom, what begins a section or a partial, and a comma.
const ENDS_NAME: u8 = 4;

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut n: u8 = 0;
    loop {
        let ends_word = matches!(n, b' ' | b'\t' | b'\r' | b'\n' | b'(' | b')');
        let ends_atom = ends_word || matches!(n, b'"' | b']' | b'{');
        let ends_name = ends_atom || n < b' ' || matches!(n, b'[' | b'<' | b',');
        // `n` indexes a table of 256.
        #[allow(
            clippy::indexing_slicing,
            clippy::as_conversions,
            clippy::arithmetic_side_effects,
            reason = "in a constant: checked by the compiler"
        )]
        {
            table[n as usize] = ends_word as u8 * ENDS_WORD + ends_atom as u8 * ENDS_ATOM + ends_name as u8 * ENDS_NAME;
        }
        if n == u8::MAX {
            return table;
        }
        n = n.wrapping_add(1);
    }
}

static CLASSES: [u8; 256] = classes();

#[inline]
fn is(octet: u8, class: u8) -> bool {
    CLASSES.get(usize::from(octet)).is_some_and(|found| found & class != 0)
}

/// A string, the absence of one, or one that was too large to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// The string; [`Span::NIL`] for NIL.
    Here(Span),
    /// A literal of that many octets which framing left out.
    Elided(u64),
}

/// What an elided literal reads as where a string is needed.
const TOO_LARGE: Expected = Expected("a literal within max_inline_literal");

impl<'a> Cursor<'a> {
    /// Passes `word` if it is next in any case and ends there: `NIL` is not next in `NILS`.
    #[inline]
    pub(crate) fn eat_word(&mut self, word: &[u8]) -> bool {
        let rest = self.rest();
        let found = rest.get(..word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))
            && rest.get(word.len()).is_none_or(|&octet| is(octet, ENDS_ATOM));
        if found {
            self.advance(word.len());
        }
        found
    }

    /// Passes `NIL`.
    #[inline]
    pub(crate) fn nil(&mut self) -> bool {
        match self.rest() {
            [b'N', b'I', b'L', b' ' | b')', ..] => {
                self.advance(3);
                true
            }
            [b'N' | b'n', ..] => self.eat_word(b"NIL"),
            _ => false,
        }
    }

    /// An atom, wider than the RFC's: it ends before a space, a parenthesis, a quote, a brace or `]` (H50).
    #[inline]
    pub(crate) fn atom(&mut self) -> Parsed<Span> {
        self.run(ENDS_ATOM, "an atom")
    }

    /// A word, wider still: it ends before a space or a parenthesis only. For flags and labels, which may hold `]` and `"` (H50).
    #[inline]
    pub(crate) fn word(&mut self) -> Parsed<Span> {
        self.run(ENDS_WORD, "a word")
    }

    /// The name of an item or response: an atom that ends before `[`, `<` and `,` too. Empty when there is none.
    #[inline]
    pub(crate) fn name(&mut self) -> &'a [u8] {
        let start = self.pos();
        while self.peek().is_some_and(|octet| !is(octet, ENDS_NAME)) {
            self.bump();
        }
        self.since(start)
    }

    #[inline]
    fn run(&mut self, class: u8, what: &'static str) -> Parsed<Span> {
        let start = self.pos();
        while self.peek().is_some_and(|octet| !is(octet, class)) {
            self.bump();
        }
        if self.pos() == start { Err(Expected(what)) } else { Ok(self.span_since(start)) }
    }

    /// A quoted string; the span is its content.
    #[inline]
    pub(crate) fn quoted(&mut self) -> Parsed<Span> {
        self.expect(b'"', "a quoted string")?;
        self.quoted_content()
    }

    /// What follows the opening quote.
    #[inline]
    fn quoted_content(&mut self) -> Parsed<Span> {
        let start = self.pos();
        self.find_special();
        if self.peek() == Some(b'"') && self.quoting() == Quoting::Strict {
            let span = self.span_since(start);
            self.bump();
            return Ok(span);
        }
        self.odd_content(start)
    }

    /// A quoted string with escapes, or one that is not read by the strict rule.
    fn odd_content(&mut self, start: usize) -> Parsed<Span> {
        let escapes = self.quoting() != Quoting::Unescaped;
        let mut escaped = false;
        loop {
            self.find_special();
            match self.peek() {
                Some(b'\\') if escapes && self.peek_second().is_some_and(|octet| octet != b'\n') => {
                    escaped = true;
                    self.advance(2);
                }
                Some(b'"') if self.quoting() == Quoting::Strict || self.closes() => {
                    let len = self.pos().wrapping_sub(start);
                    self.bump();
                    return Ok(if escaped { Span::escaped(start, len) } else { Span::new(start, len) });
                }
                // In a strict string, a backslash before the end of the line only.
                Some(b'"' | b'\\') => {
                    self.note(hazard::UNESCAPED_QUOTE);
                    self.bump();
                }
                _ => return Err(Expected("the quote that ends a string")),
            }
        }
    }

    /// Whether the quote at the cursor ends a string that is not read by the strict rule (H47).
    fn closes(&self) -> bool {
        match self.rest() {
            [_, b' ', after @ ..] => self.quoting() == Quoting::Delimited || may_follow_string(after),
            // Domino: ("CHARSET" "("3D"Windows-1252"")"). No string begins directly behind a list.
            [_, b')', b'"', ..] => self.quoting() == Quoting::Delimited,
            [_] | [_, b')' | b']' | b'\r' | b'\n', ..] => true,
            _ => false,
        }
    }

    /// Moves to the next quote, backslash or LF.
    #[inline]
    fn find_special(&mut self) {
        let rest = self.rest();
        self.advance(memchr3(b'"', b'\\', b'\n', rest).unwrap_or(rest.len()));
    }

    /// A literal, which must be here.
    pub(crate) fn literal(&mut self) -> Parsed<Span> {
        let start = self.pos();
        match self.literal_content()? {
            Content::Here(span) => Ok(span),
            Content::Elided(_) => {
                self.set_pos(start);
                Err(TOO_LARGE)
            }
        }
    }

    /// A literal, or the place of one that framing left out. Size padding (H05), `+` (H06) and `~` (H07) are accepted everywhere.
    pub(crate) fn literal_content(&mut self) -> Parsed<Content> {
        let start = self.pos();
        let content = self.marker().and_then(|size| match self.elided() {
            Some(elided) => Some(Content::Elided(elided.len)),
            None => self.take(size).map(Content::Here),
        });
        content.ok_or_else(|| {
            self.set_pos(start);
            Expected("a literal")
        })
    }

    fn take(&mut self, len: u64) -> Option<Span> {
        let len = usize::try_from(len).ok().filter(|len| *len <= self.rest().len())?;
        let span = Span::new(self.pos(), len);
        self.advance(len);
        Some(span)
    }

    /// `{n}` or `{n+}`, perhaps behind `~`, and the line end.
    fn marker(&mut self) -> Option<u64> {
        self.eat(b'~');
        if !self.eat(b'{') {
            return None;
        }
        let size = self.number().ok()?;
        self.eat(b'+');
        if !self.eat(b'}') {
            return None;
        }
        self.eat(b'\r');
        self.eat(b'\n').then_some(size)
    }

    /// A quoted string or a literal.
    #[inline]
    pub(crate) fn string(&mut self) -> Parsed<Span> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{' | b'~') => self.literal(),
            _ => Err(Expected("a string")),
        }
    }

    /// A string or NIL. An atom counts as a string (H45), `()` as NIL (H77).
    #[inline]
    pub(crate) fn nstring(&mut self) -> Parsed<Span> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'N' | b'n') if self.eat_word(b"NIL") => Ok(Span::NIL),
            _ => self.odd_nstring(),
        }
    }

    fn odd_nstring(&mut self) -> Parsed<Span> {
        match self.peek() {
            Some(b'{' | b'~') => self.literal(),
            Some(b'(') if self.rest().starts_with(b"()") => {
                self.note(hazard::EMPTY_LIST);
                self.advance(2);
                Ok(Span::NIL)
            }
            _ => {
                let atom = self.atom().map_err(|_| Expected("a string or NIL"))?;
                self.note(hazard::STRING_OR_ATOM);
                Ok(atom)
            }
        }
    }

    /// A string or NIL in a list of such, and the spaces before it. It must end where a token ends: else a quote in its text was not escaped, and
    /// ended it too early (H47).
    ///
    /// Nearly all of a FETCH row is this, so what nearly all of them are comes first: one space, then a string without escapes or NIL.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "one of ten octets of time: a call would cost more than what it does")]
    pub(crate) fn field(&mut self) -> Parsed<Span> {
        let at = if self.peek() == Some(b' ') { self.pos().wrapping_add(1) } else { self.pos() };
        match self.bytes().get(at..) {
            Some([b'"', content @ ..]) if self.quoting() == Quoting::Strict => {
                if let Some(len) = plain_content(content) {
                    let start = at.wrapping_add(1);
                    self.set_pos(start.wrapping_add(len).wrapping_add(1));
                    return Ok(Span::new(start, len));
                }
            }
            Some([b'N', b'I', b'L', b' ' | b')', ..]) => {
                self.set_pos(at.wrapping_add(3));
                return Ok(Span::NIL);
            }
            _ => {}
        }
        self.any_field()
    }

    #[inline(never)]
    fn any_field(&mut self) -> Parsed<Span> {
        self.skip_spaces();
        let span = self.nstring()?;
        let next_begins = self.is_lenient() && self.peek() == Some(b'"');
        if self.ends_token() || next_begins { Ok(span) } else { Err(Expected("a space")) }
    }

    /// A string or an atom; NIL is the atom `NIL` (H43).
    #[inline]
    pub(crate) fn astring(&mut self) -> Parsed<Span> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{' | b'~') if self.clone().literal_content().is_ok() => self.literal(),
            _ => self.word().map_err(|_| Expected("a string or an atom")),
        }
    }

    /// True when the octet before the cursor may be the last of a token: what follows separates.
    #[inline]
    pub(crate) fn ends_token(&self) -> bool {
        self.peek().is_none_or(|octet| is(octet, ENDS_WORD))
    }

    /// Passes one token inside a value that nobody understands; `(` and `)` are not tokens.
    pub(crate) fn skip_token(&mut self) -> Parsed<()> {
        match self.peek() {
            Some(b'"') => self.quoted().map(drop),
            Some(b'{' | b'~') if self.literal_content().is_ok() => Ok(()),
            _ => self.word().map(drop).map_err(|_| Expected("a value")),
        }
    }

    /// The string of a span when it is the same as `word` in any case.
    pub(crate) fn span_is(&self, span: Span, word: &[u8]) -> bool {
        self.frame().raw(span).is_some_and(|found| found.eq_ignore_ascii_case(word))
    }
}

/// The length of a string without escapes that a space or parenthesis follows; `content` begins behind its opening quote.
#[inline]
fn plain_content(content: &[u8]) -> Option<usize> {
    let len = memchr3(b'"', b'\\', b'\n', content)?;
    matches!(content.get(len..), Some([b'"', b' ' | b')', ..])).then_some(len)
}

/// Whether a token that may stand behind a string in a FETCH row begins here.
fn may_follow_string(bytes: &[u8]) -> bool {
    match bytes {
        []
        | [b'"' | b'(' | b')' | b'{' | b'~' | b'0'..=b'9', ..]
        | [b'N' | b'n', b'I' | b'i', b'L' | b'l', b' ' | b')', ..] => true,
        // The name of an item: `UID 7`, `FLAGS (…)`, `BODY[…]`.
        [b'A'..=b'Z', b'A'..=b'Z', ..] => {
            let end = bytes.iter().find(|octet| !matches!(octet, b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-'));
            matches!(end, Some(b' ' | b'[' | b'('))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
