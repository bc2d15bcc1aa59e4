//! The one escape of our text files: `\xNN` stands for the byte NN (two hexadecimal digits).
//!
//! Responses and transcripts are kept as text so that a diff shows them and git does not touch them. IMAP uses the
//! backslash itself (`\Seen`, `"\\"`), so any other escape would make the files differ from the wire. With this rule all
//! text is verbatim but for `\xNN`; the four characters `\x41`, should a server ever send them, are written `\x5cx41`.
//! A lone `\x` at the end of a line says that the line break is not part of the bytes.

use std::fmt::Write;

/// Bytes of one line of text.
///
/// Returns the bytes and whether the line ended in a lone `\x`, that is, whether its line break is to be left out.
/// Fails, with a text for people, on `\x` that is followed by something else than two hexadecimal digits.
pub fn decode_line(line: &str) -> Result<(Vec<u8>, bool), String> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("\\x") {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let after = &rest[at + 2..];
        if after.is_empty() {
            return Ok((bytes, true));
        }
        let digits = after.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(digits) = digits else {
            return Err(format!(
                "\\x wants two hexadecimal digits, not {:?}",
                after.chars().take(2).collect::<String>()
            ));
        };
        // Two hexadecimal digits always fit a byte.
        bytes.push(u8::from_str_radix(digits, 16).unwrap_or_default());
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok((bytes, false))
}

/// Bytes as text for people and for our files: printable ASCII and UTF-8 stay, the rest becomes `\xNN`.
///
/// CR and LF are escaped too; to show whole conversations use [`lines`].
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid().chars().peekable();
        while let Some(character) = rest.next() {
            // A backslash that would be read back as the start of an escape is itself escaped.
            let opens_escape = character == '\\' && rest.peek() == Some(&'x');
            if character.is_control() || opens_escape {
                push_hex(&mut text, character.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                text.push(character);
            }
        }
        push_hex(&mut text, chunk.invalid());
    }
    text
}

/// Bytes as lines for people: one line for each CRLF, with `prefix` before each; a missing CRLF at the end is shown by `\x`.
pub fn lines(prefix: &str, bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.windows(2).position(|pair| pair == b"\r\n");
        let (line, next) = end.map_or((rest, &[][..]), |end| (&rest[..end], &rest[end + 2..]));
        let open = if end.is_none() { "\\x" } else { "" };
        let _ = writeln!(text, "{prefix}{}{open}", encode(line));
        rest = next;
    }
    text
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(text, "\\x{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_backslash_x_is_an_escape() {
        assert_eq!(decode_line(r#"* LIST (\Seen) "\\" a"#), Ok((br#"* LIST (\Seen) "\\" a"#.to_vec(), false)));
        assert_eq!(decode_line(r"a\x00\xFFb"), Ok((b"a\x00\xffb".to_vec(), false)));
        assert_eq!(decode_line(r"\x5cx41"), Ok((br"\x41".to_vec(), false)));
        assert_eq!(decode_line(r"no line end\x"), Ok((b"no line end".to_vec(), true)));
        assert!(decode_line(r"\xg0").is_err());
        assert!(decode_line(r"\x4").is_err());
        assert!(decode_line("\\xé").is_err());
    }

    #[test]
    fn what_is_written_reads_back() {
        let samples: [&[u8]; 6] =
            [b"plain", b"\\Seen \\\\", b"\\x41", b"\\x\\x\\x", b"\xff\x00\r\n\x1b", "grün \\xé".as_bytes()];
        for sample in samples {
            assert_eq!(decode_line(&encode(sample)), Ok((sample.to_vec(), false)), "{}", encode(sample));
        }
    }

    #[test]
    fn lines_show_where_the_line_break_is_missing() {
        assert_eq!(lines("S: ", b"a\r\nb"), "S: a\nS: b\\x\n");
        assert_eq!(lines("S: ", b"\r\n"), "S: \n");
    }
}
