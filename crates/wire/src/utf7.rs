//! Mailbox names in modified UTF-7 (RFC 3501 §5.1.3, RFC 9051 §A.1) and what servers send in its place.
//!
//! Separate because both directions are needed and neither is grammar. A name that our encoder would spell differently, be it broken
//! modified UTF-7, raw 8-bit, or a needless shift, keeps the server's octets: they are its identity and are sent back unchanged (H95).
//!
//! Invariant: [`mailbox`] followed by [`Encoder::mailbox`](crate::Encoder::mailbox) in the same mode gives the octets that came in.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use imapkit_types::Mailbox;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// The mailbox that a server named; `utf8` when UTF-8 names were switched on (UTF8=ACCEPT or IMAP4rev2).
pub fn mailbox(wire: &[u8], utf8: bool) -> Mailbox {
    let as_sent = core::str::from_utf8(wire).ok();
    let plain = |text: &str| utf8 || text.bytes().all(|octet| is_plain(octet) && octet != b'&');
    if let Some(text) = as_sent.filter(|text| plain(text)) {
        return Mailbox::from_wire(text, None);
    }
    match decode(wire).filter(|_| !utf8) {
        Some(text) => Mailbox::from_wire(&text, (encode(&text) != wire).then_some(wire)),
        // Cannot be decoded: shown as it is.
        None => Mailbox::from_wire(&String::from_utf8_lossy(wire), Some(wire)),
    }
}

/// Text to modified UTF-7. Every text can be encoded.
pub fn encode(text: &str) -> Cow<'_, [u8]> {
    if text.bytes().all(|octet| is_plain(octet) && octet != b'&') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(text.len().saturating_add(8));
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = |plain: bool| rest.find(|c: char| u8::try_from(c).is_ok_and(is_plain) != plain).unwrap_or(rest.len());
        if u8::try_from(first).is_ok_and(is_plain) {
            let (plain, after) = rest.split_at(run(true));
            for octet in plain.bytes() {
                out.push(octet);
                if octet == b'&' {
                    out.push(b'-');
                }
            }
            rest = after;
        } else {
            let (shifted, after) = rest.split_at(run(false));
            encode_shifted(shifted, &mut out);
            rest = after;
        }
    }
    Cow::Owned(out)
}

/// One run of characters that need it: `&`, UTF-16 in base64 without padding, `-`.
fn encode_shifted(text: &str, out: &mut Vec<u8>) {
    out.push(b'&');
    let mut bits = Bits::default();
    for unit in text.encode_utf16() {
        bits.push(u32::from(unit), 16);
        while let Some(sextet) = bits.take(6) {
            out.push(symbol(sextet));
        }
    }
    if bits.count > 0 {
        bits.push(0, 6_u32.saturating_sub(bits.count));
        out.extend(bits.take(6).map(symbol));
    }
    out.push(b'-');
}

/// Modified UTF-7 to text, also when it shifts more often than it needs to; `None` if it is anything else.
pub fn decode(wire: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(wire.len());
    let mut rest = wire;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'&' => {
                let end = memchr::memchr(b'-', rest)?;
                let (shifted, after) = rest.split_at(end);
                rest = after.get(1..).unwrap_or_default();
                if shifted.is_empty() {
                    text.push('&');
                } else {
                    decode_shifted(shifted, &mut text)?;
                }
            }
            _ if is_plain(first) => text.push(char::from(first)),
            _ => return None,
        }
    }
    Some(text)
}

fn decode_shifted(symbols: &[u8], text: &mut String) -> Option<()> {
    let mut bits = Bits::default();
    let mut units = Vec::with_capacity(symbols.len() / 2);
    for symbol in symbols {
        bits.push(u32::from(sextet(*symbol)?), 6);
        units.extend(bits.take(16).and_then(|unit| u16::try_from(unit).ok()));
    }
    // What is left must be padding: fewer bits than a symbol, all zero.
    if bits.count >= 6 || bits.value != 0 {
        return None;
    }
    for c in char::decode_utf16(units) {
        text.push(c.ok()?);
    }
    Some(())
}

/// The characters that stand for themselves; `&` does too, but is written `&-`.
fn is_plain(octet: u8) -> bool {
    matches!(octet, b' '..=b'~')
}

fn symbol(sextet: u32) -> u8 {
    usize::try_from(sextet).ok().and_then(|at| ALPHABET.get(at)).copied().unwrap_or(b'A')
}

fn sextet(symbol: u8) -> Option<u8> {
    match symbol {
        b'A'..=b'Z' => symbol.checked_sub(b'A'),
        b'a'..=b'z' => symbol.checked_sub(b'a')?.checked_add(26),
        b'0'..=b'9' => symbol.checked_sub(b'0')?.checked_add(52),
        b'+' => Some(62),
        b',' => Some(63),
        _ => None,
    }
}

/// A queue of bits: never more than 22 in it.
#[derive(Default)]
struct Bits {
    value: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        self.value = self.value.checked_shl(count).unwrap_or_default() | value;
        self.count = self.count.saturating_add(count);
    }

    /// The oldest `count` bits, if there are as many.
    fn take(&mut self, count: u32) -> Option<u32> {
        self.count = self.count.checked_sub(count)?;
        let taken = self.value.checked_shr(self.count)?;
        self.value ^= taken.checked_shl(self.count)?;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_rfc() {
        for (text, wire) in [
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("A&B", "A&-B"),
            ("☺!", "&Jjo-!"),
            ("日本語&", "&ZeVnLIqe-&-"),
            ("😀", "&2D3eAA-"),
            ("\t\u{7f}", "&AAkAfw-"),
            ("", ""),
        ] {
            assert_eq!(encode(text), wire.as_bytes(), "{text}");
            assert_eq!(decode(wire.as_bytes()).as_deref(), Some(text), "{wire}");
            let read = mailbox(wire.as_bytes(), false);
            assert_eq!((read.name(), read.raw()), (text, None));
        }
    }

    #[test]
    fn h95_what_we_would_spell_differently_keeps_its_octets() {
        for (wire, shown) in [
            (&b"&Jjo!"[..], "&Jjo!"),
            (b"&U,BTFw-&ZeVnLIqe-", "台北日本語"),
            (b"A&B", "A&B"),
            (b"&AGE-", "a"),
            (b"&2D0-", "&2D0-"),
            (b"&Jjp-", "&Jjp-"),
            (b"&JjoA-", "&JjoA-"),
            (b"&A-", "&A-"),
            ("Entwürfe".as_bytes(), "Entwürfe"),
            (b"Entw\xfcrfe", "Entw\u{fffd}rfe"),
            (b"a\tb", "a\tb"),
        ] {
            let read = mailbox(wire, false);
            assert_eq!((read.name(), read.raw()), (shown, Some(wire)), "{}", wire.escape_ascii());
        }
    }

    #[test]
    fn h95_utf8_names_are_not_decoded() {
        let read = mailbox("A&-B ü".as_bytes(), true);
        assert_eq!((read.name(), read.raw()), ("A&-B ü", None));
        let read = mailbox(b"A&-B \xfc", true);
        assert_eq!((read.name(), read.raw()), ("A&-B \u{fffd}", Some(&b"A&-B \xfc"[..])));
    }

    proptest! {
        #[test]
        fn every_text_survives(text in any::<String>()) {
            let wire = encode(&text);
            prop_assert!(wire.iter().all(|octet| is_plain(*octet)));
            prop_assert_eq!(decode(&wire), Some(text.clone()));
            let read = mailbox(&wire, false);
            prop_assert_eq!((read.name(), read.raw()), (text.as_str(), None));
        }

        #[test]
        fn every_name_is_sent_back_as_it_came(wire in proptest::collection::vec(prop_oneof![Just(b'&'), Just(b'-'), any::<u8>()], 0..40)) {
            let read = mailbox(&wire, false);
            let sent = read.raw().map_or_else(|| encode(read.name()).into_owned(), Vec::from);
            prop_assert_eq!(sent, wire);
        }
    }
}
