//! The texts of a message as SEARCH compares them: decoded and in lower case, made only when asked for.
//!
//! Decoding is `mail-parser`'s: encoded words, quoted-printable and base64, and charsets. Header texts also hold the
//! undecoded form, so that a search for a literal `=?utf-8?` finds it.

use std::cell::OnceCell;

use mail_parser::{HeaderValue, Message, MessageParser, PartType, parsers::MessageStream};

use crate::mime::{Mime, header};

/// The texts of one message.
pub(super) struct Texts<'a> {
    mime: &'a Mime,
    headers: OnceCell<String>,
    body: OnceCell<String>,
}

impl<'a> Texts<'a> {
    pub(super) fn new(mime: &'a Mime) -> Self {
        Self { mime, headers: OnceCell::new(), body: OnceCell::new() }
    }

    /// The day in the Date field, as written there.
    pub(super) fn sent(&self) -> Option<chrono::NaiveDate> {
        header::date(self.mime.header()).map(|date| date.date_naive())
    }

    /// Whether a field of that name has a text that passes.
    pub(super) fn header(&self, name: &[u8], passes: impl Fn(&str) -> bool) -> bool {
        header::fields(self.mime.header()).any(|field| field.is(name) && passes(&field_text(field.value)))
    }

    /// All fields of the message's header.
    pub(super) fn headers(&self) -> &str {
        self.headers.get_or_init(|| {
            let line = |field: header::Field<'_>| {
                format!("{}: {}\n", String::from_utf8_lossy(field.name).to_lowercase(), field_text(field.value))
            };
            header::fields(self.mime.header()).map(line).collect()
        })
    }

    /// All texts of the body, with the headers of messages within it.
    pub(super) fn body(&self) -> &str {
        self.body.get_or_init(|| {
            let mut text = String::new();
            if let Some(message) = MessageParser::default().parse(self.mime.bytes()) {
                collect(&message, &mut text);
            }
            text.to_lowercase()
        })
    }
}

fn field_text(value: &[u8]) -> String {
    let raw = header::unfold(value);
    // The parser wants the line end that a field has in a message.
    let line = [raw.as_slice(), b"\r\n"].concat();
    let decoded = match MessageStream::new(&line).parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        _ => String::new(),
    };
    format!("{decoded}\n{}", String::from_utf8_lossy(&raw)).to_lowercase()
}

fn collect(message: &Message<'_>, text: &mut String) {
    for part in &message.parts {
        match &part.body {
            PartType::Text(body) | PartType::Html(body) => {
                text.push_str(body);
                text.push('\n');
            }
            PartType::Message(inner) => {
                for (name, value) in inner.headers_raw() {
                    text.push_str(name);
                    text.push_str(": ");
                    text.push_str(&field_text(value.as_bytes()));
                }
                collect(inner, text);
            }
            PartType::Binary(_) | PartType::InlineBinary(_) | PartType::Multipart(_) => {}
        }
    }
}
