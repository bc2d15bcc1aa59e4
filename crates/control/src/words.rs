//! Header fields and file names in words: folded lines joined, encoded words and parameters decoded.
//!
//! Separate because the structure of a message and its header need the same. RFC 5322 §2.2.3 (folding), RFC 2047 (encoded words), RFC 2231
//! (parameters); raw 8-bit is UTF-8 or, failing that, what Windows programs meant (H46).
//!
//! Invariant: what comes out is one line without control characters.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use imapkit_blocking::session::printable;
use mail_parser::{HeaderName, MessageParser, MimeHeaders};

/// Octets of a file name: systems take 255, and `attachment` or a number may be added.
const MAX_NAME: usize = 200;
/// What is longer behind the last dot is no ending.
const MAX_ENDING: usize = 32;

static SUBJECT: LazyLock<MessageParser> =
    LazyLock::new(|| MessageParser::new().header_text(HeaderName::Subject).default_header_ignore());
static PARAMETERS: LazyLock<MessageParser> =
    LazyLock::new(|| MessageParser::new().header_content_type(HeaderName::ContentDisposition).default_header_ignore());

/// Octets as text, whatever they are.
fn octets(raw: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(raw).0,
    }
}

fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// Octets as one clean line, nothing decoded.
pub(crate) fn plain(raw: &[u8]) -> String {
    printable(octets(raw).as_bytes())
}

/// The value of a header field.
pub(crate) fn decode(raw: &[u8]) -> String {
    let text = octets(raw);
    // One line, so that a value cannot end the field and begin another.
    let line: String = text.chars().map(|c| if matches!(c, '\r' | '\n' | '\t' | '\0') { ' ' } else { c }).collect();
    if !line.contains("=?") {
        return clean(line.trim());
    }
    let field = format!("Subject: {}\r\n\r\n", line.trim());
    let message = SUBJECT.parse_headers(field.as_bytes());
    clean(message.as_ref().and_then(|message| message.subject()).unwrap_or(&line))
}

/// The value of the first field of that name, unfolded; `None` when there is none.
pub(crate) fn field(header: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut found: Option<Vec<u8>> = None;
    for line in header.split(|&octet| octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.first(), &mut found) {
            (Some(b' ' | b'\t'), Some(value)) => {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
            (_, Some(_)) | (None, _) => break,
            (Some(b' ' | b'\t'), None) => {}
            (Some(_), None) => {
                let colon = line.iter().position(|&octet| octet == b':').unwrap_or(line.len());
                let (key, value) = line.split_at(colon);
                if key.trim_ascii().eq_ignore_ascii_case(name.as_bytes()) {
                    found = Some(value.get(1..).unwrap_or_default().trim_ascii().to_vec());
                }
            }
        }
    }
    found
}

/// A file name as the server gave its parameters: continuations, charsets and encoded words decoded (RFC 2231, RFC 2047).
pub(crate) fn file_name<'a>(
    params: impl Iterator<Item = (Cow<'a, [u8]>, Option<Cow<'a, [u8]>>)>,
    key: &str,
) -> Option<String> {
    // Put together again as a Content-Disposition, whose parameter `filename` a parser for headers then decodes.
    let mut disposition = String::from("Content-Disposition: attachment");
    for (name, value) in params {
        let (name, value) = (octets(&name).to_ascii_lowercase(), value.as_deref().map(octets).unwrap_or_default());
        let Some(rest) = name.strip_prefix(key) else { continue };
        let known = rest.is_empty() || rest.starts_with('*');
        if !known || !rest.bytes().all(|octet| octet.is_ascii_digit() || octet == b'*') {
            continue;
        }
        let value = clean(&value).replace('\\', "\\\\").replace('"', "\\\"");
        // An extended value has no quotes (RFC 2231 §4).
        let quote = if rest.ends_with('*') { "" } else { "\"" };
        let _ = write!(disposition, "; filename{rest}={quote}{value}{quote}");
    }
    disposition.push_str("\r\n\r\n");
    let message = PARAMETERS.parse_headers(disposition.as_bytes())?;
    let name = message.content_disposition()?.attribute("filename")?;
    let name = if name.contains("=?") { decode(name.as_bytes()) } else { clean(name) };
    (!name.is_empty()).then_some(name)
}

/// A name that can be given to a file: no folders, no hidden files, nothing a system reads in its own way, at most
/// [`MAX_NAME`] octets with its ending kept.
pub(crate) fn safe_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let odd =
        |c: char| c.is_control() || matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\u{202a}'..='\u{202e}');
    let safe: String = last.chars().map(|c| if odd(c) { '_' } else { c }).collect();
    let safe = shortened(safe.trim().trim_start_matches('.').trim_end_matches(['.', ' ']));
    let stem = safe.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let device = matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || (stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.ends_with(|c: char| c.is_ascii_digit()));
    if safe.is_empty() || device { format!("attachment{safe}") } else { safe }
}

/// The beginning and the ending of a name that is too long.
fn shortened(name: &str) -> String {
    if name.len() <= MAX_NAME {
        return name.to_owned();
    }
    let ending = name.rfind('.').and_then(|dot| name.get(dot..)).filter(|ending| ending.len() <= MAX_ENDING);
    let ending = ending.unwrap_or_default();
    let room = MAX_NAME.saturating_sub(ending.len());
    let end = name.char_indices().map(|(at, c)| at.saturating_add(c.len_utf8())).take_while(|&end| end <= room).last();
    let stem = name.get(..end.unwrap_or_default()).unwrap_or_default();
    format!("{}{ending}", stem.trim_end_matches(['.', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_decoded_and_harmless() {
        for (raw, text) in [
            (&b"=?UTF-8?Q?J=C3=B6rg?= <joerg@example.org>"[..], "Jörg <joerg@example.org>"),
            (b"Pr\xfcfung", "Prüfung"),
            (b"=?utf-8?Q?=1B]0;evil=07?=", "]0;evil"),
            (b"a\r\nBcc: x", "a  Bcc: x"),
            (b"=?broken", "=?broken"),
        ] {
            assert_eq!(decode(raw), text);
        }
    }

    #[test]
    fn a_field_is_found_by_its_name_and_unfolded() {
        let header = b"Received: a\r\n b\r\nsubject : one\r\n\ttwo\r\nSubject: other\r\n\r\nX: body\r\n";
        assert_eq!(field(header, "Subject").unwrap(), b"one two");
        assert_eq!(field(header, "received").unwrap(), b"a b");
        assert_eq!(field(header, "X"), None);
        assert_eq!(field(b"", "X"), None);
    }

    #[test]
    fn file_names_become_names_of_files() {
        for (name, safe) in [
            ("plain.txt", "plain.txt"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\evil.exe", "evil.exe"),
            (".bashrc", "bashrc"),
            ("a\0b<c>.txt", "a_b_c_.txt"),
            ("", "attachment"),
            ("...", "attachment"),
            ("con.txt", "attachmentcon.txt"),
            ("LPT1", "attachmentLPT1"),
            ("Grüße.pdf", "Grüße.pdf"),
        ] {
            assert_eq!(safe_file_name(name), safe, "{name:?}");
        }
        assert_eq!(safe_file_name(&"x".repeat(1000)).len(), MAX_NAME);
        let long = safe_file_name(&format!("{}.tar.pdf", "漢".repeat(100)));
        assert!(long.len() <= MAX_NAME && long.starts_with("漢漢") && long.ends_with("漢.pdf"), "{long}");
        let no_ending = safe_file_name(&format!("a.{}", "b".repeat(1000)));
        assert_eq!(no_ending.len(), MAX_NAME);
    }
}
