//! Writes commands: the only place where bytes to a server are made.
//!
//! Every command is typed tokens, so CR, LF and NUL can stand in a literal or nowhere (protocol.md 4.9). Strict in what is sent: one
//! space between tokens, ascending sets, quoted strings where they are legal, literals where they are not. The error is sticky: the
//! first value that breaks a rule is remembered, the rest is not written, and [`Encoder::finish`] gives it back, before a byte is sent.
//!
//! RFC 9051 §9 · 7888 (non-synchronizing literals) · 3516 (literal8) · 9755 (UTF-8) · 7162 §4 (line length) · 4959 (initial response).
//!
//! ```text
//! tag verb sp mailbox ... finish --> Encoded { bytes, steps }
//! A1 LOGIN {3}CRLF  joe CRLF     --> Bytes(15), AwaitContinue, Bytes(20)
//! A2 APPEND x {9999}CRLF  CRLF   --> Bytes(20), AwaitContinue, Upload(9999), Bytes(22)
//! ```
//!
//! Invariants: the steps cover all bytes in order and end with [`Step::Bytes`]; text outside literals is one line.

mod fetch;
mod raw;
mod search;
#[cfg(test)]
mod tests;

pub use raw::RawToken;

use crate::literal::{LiteralSupport, write_header, write_number};
use crate::utf7;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use imapkit_types::{Date, DateTime, Flag, Flags, Invalid, Mailbox, NumSet, SeqSet, Tag, UidSet};

/// Longer strings travel as literals: old servers accept quoted strings and lines of about 1000 octets (RFC 2683 §3.2.1.5).
const MAX_QUOTED: usize = 1000;

/// What the server of this connection understands, as far as spelling goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// Which literals need not wait.
    pub literal: LiteralSupport,
    /// UTF-8 in quoted strings and mailbox names: after `ENABLE UTF8=ACCEPT` or `ENABLE IMAP4rev2`.
    pub utf8: bool,
    /// SEARCH names its charset: always but after `ENABLE UTF8=ACCEPT`, where it may not (RFC 9755 §3). Under IMAP4rev2 UTF-8 is the default,
    /// and Cyrus 3.12 finds nothing unless it is named all the same.
    pub names_charset: bool,
    /// `~{n}` literals with any octet: BINARY.
    pub binary: bool,
    /// Most octets of one command, literals and SASL responses not counted.
    pub max_line: usize,
}

impl Default for Mode {
    /// What every IMAP4rev1 server understands; 8192 octets a line (RFC 7162 §4).
    fn default() -> Self {
        Self { literal: LiteralSupport::Sync, utf8: false, names_charset: true, binary: false, max_line: 8192 }
    }
}

/// One thing to do to send a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send the bytes from where the last such step ended up to this offset.
    Bytes(usize),
    /// Wait for `+`. A tagged NO or BAD may come instead: then nothing more of this command is sent (M27).
    AwaitContinue,
    /// Send this many octets that the caller holds. Not NUL, unless it was written as binary.
    Upload {
        /// Octets, exactly.
        len: u64,
        /// The server was asked: an [`Step::AwaitContinue`] stands before this step.
        sync: bool,
    },
}

/// A command ready to be sent. May hold a password: its `Debug` shows no bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded {
    /// All of it but the uploads.
    pub bytes: Vec<u8>,
    /// In which order to send it.
    pub steps: Vec<Step>,
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoded({} octets, {:?})", self.bytes.len(), self.steps)
    }
}

/// Writes one command, token by token. Spaces are tokens too.
#[derive(Debug)]
pub struct Encoder {
    mode: Mode,
    out: Encoded,
    /// Octets that do not count as line: literals and SASL responses.
    uncounted: usize,
    error: Option<Invalid>,
}

impl Encoder {
    /// Starts a command.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            out: Encoded { bytes: Vec::with_capacity(64), steps: Vec::with_capacity(1) },
            uncounted: 0,
            error: None,
        }
    }

    /// How this connection spells.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Ends the line.
    ///
    /// # Errors
    /// The first value that broke a rule, or a line longer than [`Mode::max_line`].
    pub fn finish(mut self) -> Result<Encoded, Invalid> {
        self.put(b"\r\n");
        let line = self.out.bytes.len().saturating_sub(self.uncounted);
        if line > self.mode.max_line {
            self.fail(Invalid::new("command", "is longer than the server accepts"));
        }
        self.step_bytes();
        self.error.map_or(Ok(self.out), Err)
    }

    /// The tag. The space after it is a token of its own.
    pub fn tag(&mut self, tag: Tag) -> &mut Self {
        self.put(tag.as_bytes())
    }

    /// Text of the protocol itself: `UID FETCH`, `RETURN (`, `CHANGEDSINCE`.
    pub fn verb(&mut self, text: &'static str) -> &mut Self {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.put(text.as_bytes())
        } else {
            self.fail(Invalid::new("protocol text", "is not printable ASCII"))
        }
    }

    /// One space.
    pub fn sp(&mut self) -> &mut Self {
        self.put(b" ")
    }

    /// `(`
    pub fn open(&mut self) -> &mut Self {
        self.put(b"(")
    }

    /// `)`
    pub fn close(&mut self) -> &mut Self {
        self.put(b")")
    }

    /// A word from the caller that must be an atom: a mechanism, a capability, an algorithm.
    pub fn atom(&mut self, text: &str) -> &mut Self {
        self.checked("atom", text.as_bytes(), is_atom_char)
    }

    /// A number in decimal, 63 bits at most: RFC 9051 §9 `number64`.
    pub fn number(&mut self, number: u64) -> &mut Self {
        if number > i64::MAX.unsigned_abs() {
            return self.fail(Invalid::new("number", "exceeds 63 bits"));
        }
        if self.error.is_none() {
            write_number(&mut self.out.bytes, number);
        }
        self
    }

    /// A string: quoted if it may be, a literal if it must be. NUL is refused.
    pub fn string(&mut self, octets: &[u8]) -> &mut Self {
        if !self.is_quotable(octets) {
            return self.literal(octets);
        }
        self.put(b"\"");
        for run in octets.split_inclusive(|octet| matches!(octet, b'"' | b'\\')) {
            match run.split_last() {
                Some((special @ (b'"' | b'\\'), plain)) => self.put(plain).put(&[b'\\', *special]),
                _ => self.put(run),
            };
        }
        self.put(b"\"")
    }

    /// A string that is one line by nature, such as a field of ID: line breaks are refused as well (T072).
    pub fn text(&mut self, text: &str) -> &mut Self {
        match text.bytes().position(|byte| matches!(byte, b'\r' | b'\n')) {
            Some(at) => self.fail(Invalid::new("string", "contains a line break").at(at)),
            None => self.string(text.as_bytes()),
        }
    }

    /// A string, bare if it is an atom. The atom NIL is quoted: some servers take it for the absent string (H43).
    pub fn astring(&mut self, octets: &[u8]) -> &mut Self {
        self.bare_or_string(octets, |octet| is_atom_char(octet) || octet == b']')
    }

    /// A string, or `NIL` for none.
    pub fn nstring(&mut self, octets: Option<&[u8]>) -> &mut Self {
        match octets {
            Some(octets) => self.string(octets),
            None => self.put(b"NIL"),
        }
    }

    /// The name of a mailbox: as the server spelled it if it did so oddly (H95), else in UTF-8 or modified UTF-7, as the mode says.
    pub fn mailbox(&mut self, mailbox: &Mailbox) -> &mut Self {
        match mailbox.raw() {
            _ if mailbox.is_inbox() => self.put(b"INBOX"),
            Some(raw) => self.astring(raw),
            None if self.mode.utf8 => self.astring(mailbox.name().as_bytes()),
            None => self.astring(&utf7::encode(mailbox.name())),
        }
    }

    /// A pattern of LIST: `%` and `*` are wildcards, everything else is spelled as in a mailbox name.
    pub fn list_pattern(&mut self, pattern: &str) -> &mut Self {
        if let Some(at) = pattern.bytes().position(|octet| matches!(octet, b'\r' | b'\n' | 0)) {
            return self.fail(Invalid::new("mailbox pattern", "contains a line break or NUL").at(at));
        }
        let spelled = if self.mode.utf8 { pattern.as_bytes().into() } else { utf7::encode(pattern) };
        self.bare_or_string(&spelled, |octet| is_atom_char(octet) || matches!(octet, b']' | b'%' | b'*'))
    }

    /// A flag. `\Recent` and `\*` are the server's to set, and are refused.
    pub fn flag(&mut self, flag: &Flag) -> &mut Self {
        if matches!(flag, Flag::Recent | Flag::Any) {
            return self.fail(Invalid::new("flag", "cannot be set by a client"));
        }
        self.flag_name(flag.as_bytes())
    }

    /// An atom, or a backslash and an atom. Gmail's keywords hold `]` (H21): what a server named itself it can be told again.
    fn flag_name(&mut self, octets: &[u8]) -> &mut Self {
        let name = octets.strip_prefix(b"\\").unwrap_or(octets);
        if name.len() < octets.len() {
            self.put(b"\\");
        }
        self.checked("flag", name, |octet| is_atom_char(octet) || octet == b']')
    }

    /// `(\Seen $Forwarded)`; `()` for no flags.
    pub fn flags(&mut self, flags: &Flags) -> &mut Self {
        self.list(flags.iter(), |out, flag| out.flag(&flag))
    }

    /// A set of sequence numbers. The empty set cannot be said in IMAP and is refused.
    pub fn seq_set(&mut self, set: &SeqSet) -> &mut Self {
        self.num_set(set.is_empty(), set)
    }

    /// A set of UIDs; like [`Encoder::seq_set`].
    pub fn uid_set(&mut self, set: &UidSet) -> &mut Self {
        self.num_set(set.is_empty(), set)
    }

    fn num_set<N>(&mut self, empty: bool, set: &NumSet<N>) -> &mut Self {
        if empty { self.fail(Invalid::new("sequence set", "is empty")) } else { self.display(set) }
    }

    /// `1-Feb-2026`
    pub fn date(&mut self, date: &Date) -> &mut Self {
        self.display(date)
    }

    /// `" 1-Feb-2026 10:00:00 +0100"`, quotes included.
    pub fn date_time(&mut self, date_time: &DateTime) -> &mut Self {
        self.put(b"\"").display(date_time).put(b"\"")
    }

    /// A list in parentheses, its elements parted by spaces.
    pub fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> &mut Self,
    ) -> &mut Self {
        self.open();
        for (n, item) in items.into_iter().enumerate() {
            if n > 0 {
                self.sp();
            }
            write(self, item);
        }
        self.close()
    }

    /// A literal: any octets but NUL. Waits for the server if it has to.
    pub fn literal(&mut self, octets: &[u8]) -> &mut Self {
        match memchr::memchr(0, octets) {
            Some(at) => self.fail(Invalid::new("string", "contains NUL").at(at)),
            None => self.put_literal(octets, false),
        }
    }

    /// A literal8, `~{n}`: any octets. Refused unless the server has BINARY or takes UTF-8.
    pub fn literal8(&mut self, octets: &[u8]) -> &mut Self {
        if self.may_send_literal8() { self.put_literal(octets, true) } else { self.fail(NO_LITERAL8) }
    }

    /// A literal whose octets the caller holds and sends when [`Step::Upload`] comes. `binary` makes it a literal8.
    ///
    /// The caller must send `len` octets exactly, without NUL unless `binary`. Only small uploads go without waiting (M28).
    pub fn upload(&mut self, len: u64, binary: bool) -> &mut Self {
        if len > i64::MAX.unsigned_abs() {
            return self.fail(Invalid::new("message", "exceeds 63 bits"));
        }
        if binary && !self.may_send_literal8() {
            return self.fail(NO_LITERAL8);
        }
        let sync = !self.mode.literal.upload_at_once(len);
        self.put_header(len, sync, binary);
        self.step_bytes();
        self.out.steps.push(Step::Upload { len, sync });
        self
    }

    /// A SASL response in base64, to be followed by [`Encoder::finish`]: a line of its own; an empty one is an empty line.
    pub fn base64_line(&mut self, response: &[u8]) -> &mut Self {
        let start = self.out.bytes.len();
        for group in response.chunks(3) {
            let octet = |n: usize| group.get(n).copied().map_or(0, u32::from);
            let bits = (octet(0) << 16) | (octet(1) << 8) | octet(2);
            let symbols =
                [18, 12, 6, 0].map(|shift| BASE64.get(usize::try_from((bits >> shift) & 63).unwrap_or_default()));
            for (n, symbol) in symbols.into_iter().enumerate() {
                self.put(&[if n <= group.len() { symbol.copied().unwrap_or(b'=') } else { b'=' }]);
            }
        }
        self.uncounted = self.uncounted.saturating_add(self.out.bytes.len().saturating_sub(start));
        self
    }

    /// The initial response of AUTHENTICATE: like [`Encoder::base64_line`], but an empty one is `=` (RFC 4959 §3).
    pub fn initial_response(&mut self, response: &[u8]) -> &mut Self {
        if response.is_empty() { self.put(b"=") } else { self.base64_line(response) }
    }

    fn bare_or_string(&mut self, octets: &[u8], bare: impl Fn(u8) -> bool) -> &mut Self {
        let short = (1..=MAX_QUOTED).contains(&octets.len());
        if short && octets.iter().all(|&octet| bare(octet)) && !octets.eq_ignore_ascii_case(b"NIL") {
            self.put(octets)
        } else {
            self.string(octets)
        }
    }

    // The choke point: nothing below is public, and all of the above ends here.

    fn put(&mut self, octets: &[u8]) -> &mut Self {
        if self.error.is_none() {
            self.out.bytes.extend_from_slice(octets);
        }
        self
    }

    /// Text of a type that has validated it: numbers and names of months.
    fn display(&mut self, value: impl fmt::Display) -> &mut Self {
        struct Line<'a>(&'a mut Encoder);
        impl Write for Line<'_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.put(text.as_bytes());
                Ok(())
            }
        }
        if write!(Line(self), "{value}").is_err() {
            return self.fail(Invalid::new("value", "cannot be written"));
        }
        self
    }

    fn fail(&mut self, error: Invalid) -> &mut Self {
        self.error.get_or_insert(error);
        self
    }

    /// One or more octets that all pass `allowed`.
    fn checked(&mut self, what: &'static str, octets: &[u8], allowed: impl Fn(u8) -> bool) -> &mut Self {
        match octets.iter().position(|&octet| !allowed(octet)) {
            Some(at) => self.fail(Invalid::new(what, "contains a character that is not allowed there").at(at)),
            None if octets.is_empty() => self.fail(Invalid::new(what, "is empty")),
            None => self.put(octets),
        }
    }

    /// RFC 9051 §9 `quoted`: one line without NUL; beyond ASCII only in UTF-8 mode.
    fn is_quotable(&self, octets: &[u8]) -> bool {
        let line = !octets.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0));
        line && octets.len() <= MAX_QUOTED
            && (octets.is_ascii() || (self.mode.utf8 && core::str::from_utf8(octets).is_ok()))
    }

    fn may_send_literal8(&self) -> bool {
        self.mode.binary || self.mode.utf8
    }

    fn put_literal(&mut self, octets: &[u8], literal8: bool) -> &mut Self {
        let len = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        self.put_header(len, !self.mode.literal.argument_at_once(len), literal8);
        self.uncounted = self.uncounted.saturating_add(octets.len());
        self.put(octets)
    }

    fn put_header(&mut self, len: u64, sync: bool, literal8: bool) {
        if self.error.is_some() {
            return;
        }
        write_header(&mut self.out.bytes, len, !sync, literal8);
        if sync {
            self.step_bytes();
            self.out.steps.push(Step::AwaitContinue);
        }
    }

    /// What was written since the last step goes out before the next one.
    fn step_bytes(&mut self) {
        let end = self.out.bytes.len();
        let sent = self.out.steps.iter().rev().find_map(|step| match step {
            Step::Bytes(end) => Some(*end),
            _ => None,
        });
        if sent.unwrap_or_default() < end {
            self.out.steps.push(Step::Bytes(end));
        }
    }
}

const NO_LITERAL8: Invalid = Invalid::new("message", "is binary, which this server does not accept");

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 9051 §9 `ATOM-CHAR`: printable ASCII without the characters that mean something.
fn is_atom_char(octet: u8) -> bool {
    matches!(octet, b'!'..=b'~') && !matches!(octet, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']')
}
