//! Header fields in words: folded lines joined, encoded words and raw octets decoded.
//!
//! Apart from the text of messages because envelopes from the server need the same. RFC 5322 §2.2.3 (folding), RFC 2047 (encoded words),
//! RFC 2231 (parameters); raw 8-bit is UTF-8 or, failing that, what Windows programs meant (H46).

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use mail_parser::{HeaderName, MessageParser, MimeHeaders};

use crate::output::text::clean;

static SUBJECT: LazyLock<MessageParser> =
    LazyLock::new(|| MessageParser::new().header_text(HeaderName::Subject).default_header_ignore());
static PARAMETERS: LazyLock<MessageParser> =
    LazyLock::new(|| MessageParser::new().header_content_type(HeaderName::ContentDisposition).default_header_ignore());

/// Octets of a header as text, whatever they are.
pub(crate) fn octets(raw: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(raw).0,
    }
}

/// The value of a header field for people: one clean line.
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

/// The fields of a header, decoded, in order.
pub(crate) fn fields(header: &[u8]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    for line in header.split(|&octet| octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line.first() {
            None => break,
            Some(b' ' | b'\t') => {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(b' ');
                    value.extend_from_slice(line.trim_ascii());
                }
            }
            Some(_) => {
                // A line without a colon is no field; it is shown all the same.
                let colon = line.iter().position(|&octet| octet == b':');
                let (name, value) = colon.map_or((&line[..0], line), |at| (&line[..at], &line[at + 1..]));
                fields.push((clean(&octets(name)), value.trim_ascii().to_vec()));
            }
        }
    }
    fields.into_iter().map(|(name, value)| (name, decode(&value))).collect()
}

/// A file name as the server gave its parameters: continuations, charsets and encoded words decoded (RFC 2231, RFC 2047).
pub(crate) fn file_name<'a>(
    params: impl Iterator<Item = (Cow<'a, [u8]>, Option<Cow<'a, [u8]>>)>,
    key: &str,
) -> Option<String> {
    // Put together again as a Content-Disposition, whose parameter `filename` a parser for headers then decodes.
    let mut field = String::from("Content-Disposition: attachment");
    for (name, value) in params {
        let (name, value) = (octets(&name).to_ascii_lowercase(), value.as_deref().map(octets).unwrap_or_default());
        let Some(rest) = name.strip_prefix(key) else { continue };
        let known = rest.is_empty() || rest.starts_with('*');
        if !known || !rest.bytes().all(|octet| octet.is_ascii_digit() || octet == b'*') {
            continue;
        }
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        // An extended value has no quotes (RFC 2231 §4).
        let quote = if rest.ends_with('*') { "" } else { "\"" };
        let _ = write!(field, "; filename{rest}={quote}{value}{quote}");
    }
    field.push_str("\r\n\r\n");
    let message = PARAMETERS.parse_headers(field.as_bytes())?;
    let name = message.content_disposition()?.attribute("filename")?;
    let name = if name.contains("=?") { decode(name.as_bytes()) } else { clean(name) };
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_decoded_and_harmless() {
        for (raw, text) in [
            (&b"=?UTF-8?Q?J=C3=B6rg_M=C3=BCller?= <joerg@example.org>"[..], "Jörg Müller <joerg@example.org>"),
            (
                b"=?UTF-8?B?8J+OiSBHcsO8w59lIGF1cyBLw7ZsbiDigJM=?=\r\n =?UTF-8?Q?_und_viel_Gl=C3=BCck!?=",
                "🎉 Grüße aus Köln – und viel Glück!",
            ),
            (b"Pr\xfcfung", "Prüfung"),
            ("Ærlig".as_bytes(), "Ærlig"),
            (b"=?utf-8?Q?=1B]0;evil=07?=", "]0;evil"),
            (b"a\r\nBcc: x", "a  Bcc: x"),
            (b"=?broken", "=?broken"),
            (b"", ""),
        ] {
            assert_eq!(decode(raw), text);
        }
    }

    #[test]
    fn fields_are_unfolded_and_stop_at_the_body() {
        let header = b"Subject: one\r\n two\r\nX-Odd line\r\nTo:\tann\r\n\r\nFrom: body\r\n";
        let expected = [("Subject", "one two"), ("", "X-Odd line"), ("To", "ann")];
        assert_eq!(fields(header), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn file_names_of_all_ages() {
        let name = |params: &[(&'static str, &'static str)]| {
            let params = params
                .iter()
                .map(|(name, value)| (Cow::Borrowed(name.as_bytes()), Some(Cow::Borrowed(value.as_bytes()))));
            file_name(params, "filename")
        };
        assert_eq!(name(&[("filename", "plain.txt")]).as_deref(), Some("plain.txt"));
        assert_eq!(name(&[("filename*", "utf-8''na%C3%AFve.txt")]).as_deref(), Some("naïve.txt"));
        assert_eq!(name(&[("filename*0*", "utf-8''na%C3%AF"), ("filename*1", "ve.txt")]).as_deref(), Some("naïve.txt"));
        assert_eq!(name(&[("filename", "=?utf-8?Q?na=C3=AFve.txt?=")]).as_deref(), Some("naïve.txt"));
        assert_eq!(name(&[("filename", "a\"; filename=\"b")]).as_deref(), Some("a\"; filename=\"b"));
        assert_eq!(
            name(&[("filename", "../../etc/x")]).as_deref(),
            Some("../../etc/x"),
            "names are shown as they are; files.rs makes paths"
        );
        assert_eq!(name(&[("size", "3")]), None);
    }
}
