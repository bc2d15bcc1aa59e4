//! How literals are sent: with or without waiting for the server, from what it announced and how much it is.
//!
//! Separate because the rule is policy, not grammar, and two places ask it. RFC 9051 §4.3 (`{n}`: wait for `+`), RFC 7888
//! (`{n+}`: do not wait), RFC 3516 (`~{n}`: octets, NUL included).
//!
//! Invariant: a literal that is not waited for cannot be taken back. A server that refuses it must read and discard it, or
//! close (M28), so messages are only sent that way when they are small.

use alloc::vec::Vec;

/// The largest literal that LITERAL- lets a client send without waiting, in octets (RFC 7888 §5).
const SMALL: u64 = 4096;

/// What the server announced about literals that are sent without waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LiteralSupport {
    /// Nothing: every literal waits for its `+`, an empty one too (M27).
    #[default]
    Sync,
    /// `LITERAL+`: any size.
    Plus,
    /// `LITERAL-`, which is part of IMAP4rev2: up to 4096 octets.
    Minus,
}

impl LiteralSupport {
    /// Whether an argument of a command, `len` octets long, may follow its header at once.
    pub const fn argument_at_once(self, len: u64) -> bool {
        match self {
            Self::Sync => false,
            Self::Plus => true,
            Self::Minus => len <= SMALL,
        }
    }

    /// Whether a message, `len` octets long, may follow its header at once: only when refusing it is cheap.
    pub const fn upload_at_once(self, len: u64) -> bool {
        len <= SMALL && self.argument_at_once(len)
    }
}

/// Writes `{len}`, `{len+}` or, for a literal8, `~{len}`, and the line break that belongs to it.
pub(crate) fn write_header(out: &mut Vec<u8>, len: u64, at_once: bool, literal8: bool) {
    if literal8 {
        out.push(b'~');
    }
    out.push(b'{');
    write_number(out, len);
    if at_once {
        out.push(b'+');
    }
    out.extend_from_slice(b"}\r\n");
}

/// Writes a number in decimal.
pub(crate) fn write_number(out: &mut Vec<u8>, mut number: u64) {
    let start = out.len();
    loop {
        let digit = u8::try_from(number % 10).unwrap_or_default();
        out.push(b'0'.saturating_add(digit));
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(len: u64, at_once: bool, literal8: bool) -> alloc::string::String {
        let mut out = Vec::new();
        write_header(&mut out, len, at_once, literal8);
        alloc::string::String::from_utf8(out).unwrap()
    }

    #[test]
    fn headers_are_spelled_as_the_rfcs_spell_them() {
        assert_eq!(header(0, false, false), "{0}\r\n");
        assert_eq!(header(310, true, false), "{310+}\r\n");
        assert_eq!(header(u64::MAX, false, true), "~{18446744073709551615}\r\n");
    }

    #[test]
    fn big_messages_always_wait() {
        use LiteralSupport::{Minus, Plus, Sync};
        assert!(!Sync.argument_at_once(0) && !Sync.upload_at_once(0), "M27: even an empty literal waits");
        assert!(Minus.argument_at_once(4096) && !Minus.argument_at_once(4097));
        assert!(Plus.argument_at_once(4097) && Plus.upload_at_once(4096));
        assert!(!Plus.upload_at_once(4097), "M28: a refusal would cost the whole upload");
    }
}
