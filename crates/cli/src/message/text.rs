//! The text of a message, from its octets.
//!
//! Separate from the structure because it needs the content. RFC 2045 (charset and encoding, undone by mail-parser), RFC 2046 §5.1.4
//! (alternatives: the text one). No limit is set here; the caller decides how much it fetches.

use mail_parser::{MessageParser, PartType};

use super::html;
use crate::output::text::clean_block;

/// Every text a person is meant to read, one after another, safe to show. `None` if the message has none.
pub(crate) fn of_message(raw: &[u8]) -> Option<String> {
    let message = MessageParser::default().parse(raw)?;
    let texts: Vec<String> = message
        .text_body
        .iter()
        .filter_map(|&id| message.part(id))
        .filter_map(|part| match &part.body {
            PartType::Text(text) => Some(text.to_string()),
            PartType::Html(page) => Some(html::to_text(page)),
            _ => None,
        })
        .map(|text| clean_block(text.trim_end()))
        .filter(|text| !text.trim().is_empty())
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charset_and_encoding_are_undone() {
        let raw = b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nPr=FCfung\r\n";
        assert_eq!(of_message(raw).as_deref(), Some("Prüfung"));
    }

    #[test]
    fn html_alone_becomes_text_and_an_alternative_is_not_shown_twice() {
        let html = b"Content-Type: text/html\r\n\r\n<p>Hi <b>there</b></p>\r\n";
        assert_eq!(of_message(html).as_deref(), Some("Hi there"));
        let both = b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>rich\r\n--b--\r\n";
        assert_eq!(of_message(both).as_deref(), Some("plain"));
    }

    #[test]
    fn t031_text_cannot_command_the_terminal() {
        assert_eq!(of_message(b"Subject: x\r\n\r\na\x1b[2Jb\r\n").as_deref(), Some("a[2Jb"));
        assert_eq!(of_message(b"Subject: x\r\n\r\n\r\n"), None);
    }
}
