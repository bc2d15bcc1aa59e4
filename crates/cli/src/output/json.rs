//! What `--json` says: the shapes of the objects, as `docs/json.md` promises them.
//!
//! In one place so that a change of the schema is a change of this file. Every object has `v` (the schema's version) and `type`; fields are
//! only ever added within a version, and a field that is not known is `null` or absent, never a made-up value. RFC 3339 for times.

#![expect(clippy::struct_field_names, reason = "fields have the names of the schema")]

use std::fmt::Write as _;

use serde::Serialize;

use super::text::is_tricky;
use crate::errors::Problem;

/// The schema's version.
pub(crate) const VERSION: u8 = 1;

/// An object with its version and type.
#[derive(Debug, Serialize)]
pub(crate) struct Object<T> {
    v: u8,
    r#type: &'static str,
    #[serde(flatten)]
    data: T,
}

impl<T: Serialize> Object<T> {
    /// An object of that type.
    pub(crate) fn new(kind: &'static str, data: T) -> Self {
        Self { v: VERSION, r#type: kind, data }
    }
}

/// The object on its line. What could command a terminal is escaped: JSON itself only asks that of the first 32 characters.
pub(crate) fn line<T: Serialize>(object: &Object<T>) -> String {
    // Plain data: nothing in it can fail to be written as JSON.
    let plain = serde_json::to_string(object).unwrap_or_default();
    let mut line = String::with_capacity(plain.len() + 1);
    let mut units = [0; 2];
    for c in plain.chars() {
        if is_tricky(c) {
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        } else {
            line.push(c);
        }
    }
    line.push('\n');
    line
}

/// `error`: why a verb stopped. The last object, if there is one.
#[derive(Debug, Serialize)]
pub(crate) struct Trouble<'a> {
    kind: &'static str,
    message: &'a str,
    server_text: Option<&'a str>,
    server_code: Option<&'a str>,
    advice: &'a [String],
    exit: u8,
}

impl<'a> Trouble<'a> {
    /// Of this problem.
    pub(crate) fn of(problem: &'a Problem) -> Self {
        Self {
            kind: problem.kind(),
            message: problem.what(),
            server_text: problem.server_text(),
            server_code: problem.server_code(),
            advice: problem.advice(),
            exit: problem.exit().number(),
        }
    }
}

/// `account`: a line of `accounts`, and what `login` made.
#[derive(Debug, Serialize)]
pub(crate) struct Account<'a> {
    pub(crate) name: &'a str,
    pub(crate) r#where: &'a str,
    pub(crate) user: Option<&'a str>,
    pub(crate) kind: &'static str,
    pub(crate) store: Option<&'static str>,
    pub(crate) provider: Option<&'a str>,
    pub(crate) expires: Option<String>,
    pub(crate) logged_in: Option<bool>,
}

/// `token`: what `token` prints.
#[derive(Serialize)]
pub(crate) struct Token<'a> {
    pub(crate) account: &'a str,
    pub(crate) access_token: &'a str,
    pub(crate) expires: Option<String>,
}

/// `logged-out`: what `logout` did.
#[derive(Debug, Serialize)]
pub(crate) struct LoggedOut<'a> {
    pub(crate) account: &'a str,
    pub(crate) removed: bool,
    pub(crate) revoked: Option<bool>,
}

/// A time, from the seconds since 1970.
pub(crate) fn unix(seconds: i64) -> Option<String> {
    let time = time::OffsetDateTime::from_unix_timestamp(seconds).ok()?;
    time.format(&time::format_description::well_known::Rfc3339).ok()
}

/// `mailbox`: a line of `ls`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Mailbox {
    pub(crate) name: String,
    pub(crate) delimiter: Option<char>,
    pub(crate) selectable: bool,
    pub(crate) subscribed: Option<bool>,
    pub(crate) special_use: Option<String>,
    pub(crate) attributes: Vec<String>,
    pub(crate) messages: Option<u32>,
    pub(crate) unseen: Option<u32>,
    pub(crate) size: Option<u64>,
    pub(crate) uid_validity: Option<u32>,
    pub(crate) uid_next: Option<u32>,
}

/// `message`: a message as `search`, `show --json`, `fetch --format jsonl` and `watch` tell of it. What was not asked for is absent.
#[derive(Debug, Default, Serialize)]
#[serde(default)]
pub(crate) struct Message {
    pub(crate) mailbox: String,
    pub(crate) uid_validity: u32,
    pub(crate) uid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flags: Option<Vec<String>>,
    /// INTERNALDATE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) envelope: Option<Envelope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) structure: Option<Part>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) headers: Option<Vec<(String, String)>>,
    /// The text for people, from `show`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text_truncated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attachments: Option<Vec<Attachment>>,
    /// The whole message, base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
}

/// The header fields a list shows, decoded.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Envelope {
    /// The Date field as the sender wrote it.
    pub(crate) date: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) from: Vec<Address>,
    pub(crate) sender: Vec<Address>,
    pub(crate) reply_to: Vec<Address>,
    pub(crate) to: Vec<Address>,
    pub(crate) cc: Vec<Address>,
    pub(crate) bcc: Vec<Address>,
    pub(crate) in_reply_to: Option<String>,
    pub(crate) message_id: Option<String>,
}

/// An address; members of a group carry its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Address {
    pub(crate) name: Option<String>,
    pub(crate) address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
}

/// A part of the MIME tree.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Part {
    /// The number for `BODY[…]`; empty for the outermost multipart.
    pub(crate) part: String,
    pub(crate) media_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) charset: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disposition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file_name: Option<String>,
    /// In its transfer encoding.
    pub(crate) size: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<Self>,
}

/// An attachment of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Attachment {
    pub(crate) part: String,
    /// As the sender wrote it, decoded, or a forwarded message's subject: not a path.
    pub(crate) name: Option<String>,
    pub(crate) media_type: String,
    /// In its transfer encoding.
    pub(crate) size: u64,
}

/// `saved`: a message, or an attachment of one, is in a file.
#[derive(Debug, Serialize)]
pub(crate) struct Saved {
    pub(crate) uid: u32,
    pub(crate) file: String,
    pub(crate) bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) part: Option<String>,
}

/// `appended`: a message was put into a mailbox.
#[derive(Debug, Serialize)]
pub(crate) struct Appended {
    pub(crate) mailbox: String,
    pub(crate) source: String,
    pub(crate) bytes: u64,
    /// `null` when the server does not tell.
    pub(crate) uid_validity: Option<u32>,
    pub(crate) uid: Option<u32>,
    pub(crate) dry_run: bool,
}

/// `failed`: what was left out.
#[derive(Debug, Serialize)]
pub(crate) struct Failed {
    /// A set of UIDs: `7`, `3:5,9`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uids: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    pub(crate) message: String,
}

/// `summary`: what `fetch` and `put` did. The last object.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Summary {
    pub(crate) done: u64,
    pub(crate) skipped: u64,
    pub(crate) failed: u64,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
}

/// `event`: something happened in a watched mailbox.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Event {
    pub(crate) time: String,
    /// `watching`, `new`, `gone`, `flags`, `lost`, `alert`.
    pub(crate) event: &'static str,
    pub(crate) mailbox: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exists: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seq: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<Message>,
}

/// `step`: a step of `demo`.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    pub(crate) step: u8,
    pub(crate) name: &'static str,
    pub(crate) facts: Vec<String>,
    pub(crate) seconds: f64,
}

/// `server`: how to reach the server that `demo --keep` leaves running.
#[derive(Debug, Serialize)]
pub(crate) struct Reach {
    pub(crate) tls_port: u16,
    pub(crate) plain_port: Option<u16>,
    pub(crate) user: &'static str,
    pub(crate) password: &'static str,
    pub(crate) ca_file: String,
}

/// `progress`: how far long work is; on stderr, with `--progress json`.
#[derive(Debug, Serialize)]
pub(crate) struct ProgressLine {
    pub(crate) done: u64,
    pub(crate) total: u64,
    pub(crate) bytes: u64,
    pub(crate) total_bytes: u64,
    pub(crate) seconds: f64,
}

/// Base64 (RFC 4648 §4), for octets in JSON.
pub(crate) fn base64(octets: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(octets.len().div_ceil(3) * 4);
    for group in octets.chunks(3) {
        let bits = group.iter().enumerate().fold(0_u32, |bits, (at, &octet)| bits | u32::from(octet) << (16 - 8 * at));
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= group.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_rfc_4648() {
        for (text, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")]
        {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xff, 0xef, 0xbe]), "/+++");
    }

    #[test]
    fn the_documentation_knows_every_type_and_every_kind_of_error() {
        let documented = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/json.md")).unwrap();
        for kind in [
            "mailbox",
            "message",
            "saved",
            "appended",
            "failed",
            "summary",
            "event",
            "report",
            "step",
            "server",
            "progress",
            "error",
            "account",
            "token",
            "logged-out",
        ] {
            assert!(documented.contains(&format!("\n## `{kind}`")), "{kind}");
        }
        for kind in imapkit::recovery::Cause::all().map(imapkit::recovery::Cause::name) {
            assert!(documented.contains(&format!("`{kind}`")), "{kind}");
        }
        assert!(documented.contains(&format!("the version of this schema: `{VERSION}`")));
    }

    #[test]
    fn every_object_has_its_version_and_type() {
        let object = Object::new("failed", Failed { uids: Some("3:5,7".into()), source: None, message: "gone".into() });
        assert_eq!(line(&object), "{\"v\":1,\"type\":\"failed\",\"uids\":\"3:5,7\",\"message\":\"gone\"}\n");
    }

    #[test]
    fn t031_json_commands_no_terminal_and_loses_nothing() {
        let text = "a\u{1b}\u{9b}2J\u{202e}b\u{7f}\u{2028}é";
        let line = line(&Object::new("failed", Failed { uids: None, source: None, message: text.into() }));
        assert!(!line.trim_end().chars().any(is_tricky), "{line:?}");
        let back: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(back["message"], text);
    }
}
