//! Undoes a Content-Transfer-Encoding while it streams by.
//!
//! Separate from mail-parser's decoders because attachments are saved without ever being in memory: octets come in pieces of any size and
//! leave as soon as they are complete. RFC 2045 §6.7 (quoted-printable) and §6.8 (base64); lenient as §6.8 asks: what does not belong is
//! skipped.
//!
//! Invariant: at most one quantum (four characters, or `=` and what follows on its line's end) is held back.

/// A decoder, fed in pieces.
#[derive(Debug)]
pub(crate) enum Decoder {
    /// 7bit, 8bit, binary, and what is not known.
    Identity,
    /// Six bits a character.
    Base64 { bits: u32, count: u8, done: bool },
    /// `=` and what has come behind it.
    QuotedPrintable { held: Vec<u8> },
}

impl Decoder {
    /// For this Content-Transfer-Encoding.
    pub(crate) fn new(encoding: Option<&[u8]>) -> Self {
        match encoding.map(<[u8]>::to_ascii_lowercase).as_deref() {
            Some(b"base64") => Self::Base64 { bits: 0, count: 0, done: false },
            Some(b"quoted-printable") => Self::QuotedPrintable { held: Vec::new() },
            _ => Self::Identity,
        }
    }

    /// Decodes a piece; what is complete is added to `out`.
    pub(crate) fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Identity => out.extend_from_slice(piece),
            Self::Base64 { bits, count, done } => {
                for &octet in piece {
                    if *done {
                        return;
                    }
                    match sextet(octet) {
                        Some(value) => {
                            *bits = (*bits << 6) | u32::from(value);
                            *count += 1;
                            if *count == 4 {
                                out.extend_from_slice(&bits.to_be_bytes()[1..]);
                                (*bits, *count) = (0, 0);
                            }
                        }
                        None if octet == b'=' => {
                            tail(*bits, *count, out);
                            (*bits, *count, *done) = (0, 0, true);
                        }
                        None => {}
                    }
                }
            }
            Self::QuotedPrintable { held } => piece.iter().for_each(|&octet| quoted(held, octet, out)),
        }
    }

    /// The end: what is still held back, as well as it can be read.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Identity => {}
            Self::Base64 { bits, count, .. } => {
                tail(*bits, *count, out);
                *count = 0;
            }
            // `=` at the very end is a soft line break; anything else was meant literally.
            Self::QuotedPrintable { held } => {
                if held.trim_ascii() != b"=" {
                    out.append(held);
                }
                held.clear();
            }
        }
    }
}

fn sextet(octet: u8) -> Option<u8> {
    Some(match octet {
        b'A'..=b'Z' => octet - b'A',
        b'a'..=b'z' => octet - b'a' + 26,
        b'0'..=b'9' => octet - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// The octets of a last quantum that is not full.
fn tail(bits: u32, count: u8, out: &mut Vec<u8>) {
    match count {
        2 => out.push((bits >> 4).to_be_bytes()[3]),
        3 => out.extend_from_slice(&(bits >> 2).to_be_bytes()[2..]),
        _ => {}
    }
}

/// `held` is empty, or `=` and up to one hex digit, or `=` and white space, or a CR.
fn quoted(held: &mut Vec<u8>, octet: u8, out: &mut Vec<u8>) {
    match (held.as_slice(), octet) {
        ([], b'=') => held.push(octet),
        ([], _) => out.push(octet),
        // A soft line break, with white space before its end as some gateways leave it (RFC 2045 §6.7, rule 3).
        ([b'=', ..], b'\n') if held[1..].trim_ascii().is_empty() => held.clear(),
        ([b'=', rest @ ..], b' ' | b'\t' | b'\r') if rest.trim_ascii().is_empty() && held.len() < 80 => {
            held.push(octet);
        }
        ([b'='], _) if octet.is_ascii_hexdigit() => held.push(octet),
        ([b'=', high], _) if high.is_ascii_hexdigit() && octet.is_ascii_hexdigit() => {
            out.push(hex(*high) << 4 | hex(octet));
            held.clear();
        }
        // Not an escape after all: as it stands.
        _ => {
            out.append(held);
            quoted(held, octet, out);
        }
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit.to_ascii_uppercase() - b'A' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes in pieces of every size and checks that it makes no difference.
    fn decode(encoding: &str, text: &[u8]) -> String {
        let mut results: Vec<Vec<u8>> = (1..=text.len().max(1))
            .map(|size| {
                let mut decoder = Decoder::new(Some(encoding.as_bytes()));
                let mut out = Vec::new();
                text.chunks(size).for_each(|piece| decoder.push(piece, &mut out));
                decoder.finish(&mut out);
                out
            })
            .collect();
        results.dedup();
        assert_eq!(results.len(), 1, "{results:?}");
        String::from_utf8_lossy(&results[0]).into_owned()
    }

    #[test]
    fn base64_of_rfc_4648_and_of_careless_senders() {
        for (text, plain) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYmE", "fooba"),
            ("Zm\r\n 9v!Yg==junk", "foob"),
        ] {
            assert_eq!(decode("BASE64", text.as_bytes()), plain, "{text}");
        }
    }

    #[test]
    fn quoted_printable_with_soft_breaks_and_mistakes() {
        for (text, plain) in [
            ("na=C3=AFve=\r\n!", "naïve!"),
            ("a= \t\r\nb", "ab"),
            ("a=\nb", "ab"),
            ("1=2 =Z =", "1=2 =Z "),
            ("==41=", "=A"),
            ("end=4", "end=4"),
        ] {
            assert_eq!(decode("quoted-printable", text.as_bytes()), plain, "{text}");
        }
    }

    #[test]
    fn what_is_not_known_passes() {
        assert_eq!(decode("x-uuencode", b"begin 644"), "begin 644");
        assert_eq!(decode("8bit", b"=41"), "=41");
    }
}
