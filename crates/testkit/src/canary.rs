//! Looks for a secret in everything a program said.
//!
//! A canary password is given to a client; afterwards its logs, errors, `Debug` texts and metrics are searched (bar T109).
//! A leak seldom shows the password as it is: SASL makes base64 of it, a URL percent-encodes it, `Debug` of bytes prints
//! numbers. Each of these forms is searched for, base64 at all three alignments, since a user name of any length may
//! stand before the password.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The shortest secret that can be searched for; shorter ones turn up by chance.
pub const MIN_SECRET: usize = 8;

/// How a secret was found written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Raw,
    /// In base64 or base64url, alone or inside something longer.
    Base64,
    /// In a URL, with any choice of characters encoded.
    Url,
    /// In hexadecimal digits of either case, with nothing or one character between the bytes.
    Hex,
    /// Escaped as in JSON or in the `Debug` text of a string.
    Escaped,
    /// As the numbers of its bytes: the `Debug` text of a byte slice.
    Numbers,
}

/// Whether a haystack holds a secret in one form.
type Check = fn(&[u8], &[u8]) -> bool;

/// Whether `haystack` holds `secret` in any form. See [`find_secret`].
pub fn contains_secret(haystack: impl AsRef<[u8]>, secret: &str) -> bool {
    find_secret(haystack, secret).is_some()
}

/// The form in which `haystack` holds `secret`, if it does.
///
/// # Panics
///
/// If `secret` is shorter than [`MIN_SECRET`] bytes.
pub fn find_secret(haystack: impl AsRef<[u8]>, secret: &str) -> Option<Form> {
    assert!(secret.len() >= MIN_SECRET, "a canary needs {MIN_SECRET} bytes");
    let (haystack, secret) = (haystack.as_ref(), secret.as_bytes());
    let checks: [(Form, Check); 6] = [
        (Form::Raw, contains),
        (Form::Base64, contains_base64),
        (Form::Url, |haystack, secret| contains(&url_decoded(haystack), secret)),
        (Form::Hex, contains_hex),
        (Form::Escaped, contains_escaped),
        (Form::Numbers, contains_numbers),
    ];
    checks.into_iter().find(|(_, found)| found(haystack, secret)).map(|(form, _)| form)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// Base64 turns three bytes into four characters. Whatever stands before the secret shifts it by 0, 1 or 2 bytes; for
/// each shift the characters that depend on the secret alone are the same everywhere.
fn contains_base64(haystack: &[u8], secret: &[u8]) -> bool {
    let standard: Vec<u8> = haystack
        .iter()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    (0..3).any(|shift| {
        let padded = [&vec![0; shift], secret].concat();
        let text = STANDARD_NO_PAD.encode(&padded);
        // The characters that the bytes before the secret touch, and the last one, which the byte behind it touches.
        let first = (shift * 8).div_ceil(6);
        let whole = padded.len() * 8 / 6;
        contains(&standard, &text.as_bytes()[first..whole])
    })
}

fn contains_hex(haystack: &[u8], secret: &[u8]) -> bool {
    let lower = haystack.to_ascii_lowercase();
    let digits: Vec<String> = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    ["", " ", ":", "\\x", ", 0x", ",0x"].iter().any(|gap| contains(&lower, digits.join(gap).as_bytes()))
}

/// Compares with the text that the backslash escapes stand for.
fn contains_escaped(haystack: &[u8], secret: &[u8]) -> bool {
    let mut plain = Vec::with_capacity(haystack.len());
    let mut rest = haystack;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if *byte == b'\\' {
            let size = unescape(tail, &mut plain);
            rest = tail.get(size..).unwrap_or_default();
        } else {
            plain.push(*byte);
        }
    }
    contains(&plain, secret)
}

/// Adds what the escape stands for, and says how many bytes it takes behind the backslash.
fn unescape(tail: &[u8], plain: &mut Vec<u8>) -> usize {
    let (character, size) = match tail {
        [b'x', a, b, ..] => {
            let byte = u8::try_from(u32::from(hex_char(&[*a, *b]))).unwrap_or(b'?');
            plain.push(byte);
            return 3;
        }
        [b'u', b'{', digits @ ..] => {
            let size = digits.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            (hex_char(&digits[..size]), size + 3)
        }
        [b'u', a, b, c, d, ..] => (hex_char(&[*a, *b, *c, *d]), 5),
        [byte @ (b'"' | b'\\' | b'\'' | b'/'), ..] => (char::from(*byte), 1),
        [b't', ..] => ('\t', 1),
        _ => ('\\', 0),
    };
    plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    size
}

fn hex_char(digits: &[u8]) -> char {
    let number = std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok());
    number.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn contains_numbers(haystack: &[u8], secret: &[u8]) -> bool {
    let numbers: Vec<String> = secret.iter().map(u8::to_string).collect();
    let dense: Vec<u8> = haystack.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    contains(&dense, numbers.join(",").as_bytes())
}

fn url_decoded(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [byte, tail @ ..] = rest {
        let digits = tail.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let number = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match (byte, number) {
            (b'%', Some(decoded)) => {
                plain.push(decoded);
                rest = &tail[2..];
            }
            (b'+', _) => {
                plain.push(b' ');
                rest = tail;
            }
            _ => {
                plain.push(*byte);
                rest = tail;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    const SECRET: &str = "k4nar!en \"vö/gel\"";

    #[test]
    fn plain_and_inside_other_text() {
        assert_eq!(find_secret(format!("LOGIN u {SECRET}\r\n"), SECRET), Some(Form::Raw));
        assert_eq!(find_secret("LOGIN u ***", SECRET), None);
        assert_eq!(find_secret("", SECRET), None);
    }

    #[test]
    fn base64_behind_user_names_of_any_length() {
        for user in ["", "u", "us", "use", "user@example.org"] {
            for tail in ["", "x", "xy", "\u{1}\u{1}"] {
                let plain = format!("\0{user}\0{SECRET}{tail}");
                assert_eq!(find_secret(STANDARD.encode(&plain), SECRET), Some(Form::Base64), "{plain:?}");
                assert_eq!(find_secret(URL_SAFE.encode(&plain), SECRET), Some(Form::Base64), "{plain:?}");
            }
        }
        assert_eq!(find_secret(STANDARD.encode("\0user\0another password"), SECRET), None);
    }

    #[test]
    fn urls() {
        assert_eq!(find_secret("imap://u:k4nar!en%20%22v%C3%B6%2Fgel%22@h/", SECRET), Some(Form::Url));
        assert_eq!(find_secret("p=k4nar%21en+%22v%c3%b6%2fgel%22", SECRET), Some(Form::Url));
        assert_eq!(find_secret("100% sure", SECRET), None);
    }

    #[test]
    fn hexadecimal() {
        let hex = |gap: &str| SECRET.bytes().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(gap);
        for gap in ["", " ", ":", ", 0x"] {
            assert_eq!(find_secret(format!("dump {}", hex(gap)), SECRET), Some(Form::Hex), "{gap:?}");
        }
    }

    #[test]
    fn json_and_debug_texts() {
        assert_eq!(find_secret(serde_json::to_string(SECRET).unwrap(), SECRET), Some(Form::Escaped));
        assert_eq!(find_secret(format!("{:?}", format!("LOGIN u {SECRET}")), SECRET), Some(Form::Escaped));
        assert_eq!(find_secret(SECRET.escape_unicode().to_string(), SECRET), Some(Form::Escaped));
        let utf16: String = SECRET.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect::<Vec<_>>().concat();
        assert_eq!(find_secret(utf16, SECRET), Some(Form::Escaped));
        assert_eq!(find_secret(format!("{:?}", SECRET.as_bytes()), SECRET), Some(Form::Numbers));
        assert_eq!(find_secret(format!("{:#?}", SECRET.as_bytes()), SECRET), Some(Form::Numbers));
        assert_eq!(find_secret(SECRET.as_bytes().escape_ascii().to_string(), SECRET), Some(Form::Escaped));
    }

    #[test]
    #[should_panic(expected = "a canary needs 8 bytes")]
    fn short_secrets_are_refused() {
        let _ = contains_secret("x", "short");
    }
}
