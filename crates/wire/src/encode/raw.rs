//! The escape hatch: commands this library does not know, as tokens from the caller.
//!
//! Separate because here the text is not ours, so it is judged octet by octet (no RFC; protocol.md 4.9, T072): one line, quotes closed,
//! nothing that reads as a literal's header, and no command after which the bytes mean something else.
//!
//! Invariant: whatever the tokens say, the server sees one command with the literals we announced.

use super::Encoder;
use imapkit_types::Invalid;

/// One token of a command from the caller. Tokens are parted by single spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawToken {
    /// Protocol text as it stands, spaces, parentheses and quoted strings included: `SETQUOTA`, `(STORAGE 512)`.
    Text(alloc::string::String),
    /// A string: quoted or a literal, whichever it must be.
    String(alloc::vec::Vec<u8>),
    /// A literal, whatever it holds; not NUL.
    Literal(alloc::vec::Vec<u8>),
}

/// Commands that turn the connection into something else; they have methods of their own.
const REFUSED: [&str; 6] = ["AUTHENTICATE", "COMPRESS", "IDLE", "LOGOUT", "STARTTLS", "UNAUTHENTICATE"];

impl Encoder {
    /// A command in the caller's words. The first token is its name.
    pub fn raw_tokens(&mut self, tokens: &[RawToken]) -> &mut Self {
        match tokens.first() {
            Some(RawToken::Text(name)) => {
                if let Err(error) = check_name(name) {
                    return self.fail(error);
                }
            }
            _ => return self.fail(Invalid::new(WHAT, "does not start with a name")),
        }
        for (n, token) in tokens.iter().enumerate() {
            if n > 0 {
                self.sp();
            }
            match token {
                RawToken::Text(text) => match check_text(text, self.mode.utf8) {
                    Ok(()) => self.put(text.as_bytes()),
                    Err(error) => self.fail(error),
                },
                RawToken::String(octets) => self.string(octets),
                RawToken::Literal(octets) => self.literal(octets),
            };
        }
        self
    }
}

const WHAT: &str = "raw command";

/// A command is a letter, then letters, digits and the like: neither `+` nor `*`, and none of the refused.
fn check_name(text: &str) -> Result<(), Invalid> {
    let name = text.split(' ').next().unwrap_or_default();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic())
        || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
    {
        return Err(Invalid::new(WHAT, "does not start with a name"));
    }
    if REFUSED.iter().any(|refused| name.eq_ignore_ascii_case(refused)) {
        return Err(Invalid::new(WHAT, "changes the connection, which has a method of its own"));
    }
    Ok(())
}

/// One line in which every quote is closed and nothing reads as a literal.
fn check_text(text: &str, utf8: bool) -> Result<(), Invalid> {
    let fault = |why, at| Err(Invalid::new(WHAT, why).at(at));
    let (mut quoted, mut escaped, mut brace) = (false, false, None);
    for (at, octet) in text.bytes().enumerate() {
        match octet {
            b'\r' | b'\n' | 0 => return fault("contains a line break or NUL", at),
            0x80.. if !utf8 => return fault("is not ASCII, which this server does not accept", at),
            0x80.. if !quoted => return fault("is not ASCII outside a quoted string", at),
            ..=0x1f | 0x7f if !quoted => return fault("contains a control character outside a quoted string", at),
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => brace = Some(at),
            b'}' if !quoted => {
                if let Some(open) = brace {
                    return fault("contains what reads as a literal", open);
                }
            }
            b'0'..=b'9' | b'+' | b'-' => {}
            _ => brace = None,
        }
    }
    if quoted { fault("contains a quote that is not closed", text.len()) } else { Ok(()) }
}
