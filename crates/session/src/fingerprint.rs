//! What a message that was being appended looks like, to find out whether it is there.
//!
//! When the answer to APPEND is lost nobody knows whether the message was stored, and sending it again may make two of it. So its marks are
//! kept: Message-ID, size, date, and the mailbox's UIDs from before. RFC 9051 §6.3.12; RFC 5322 §3.6.4 (Message-ID); protocol.md M31.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;

use imapkit_types::{DateTime, Envelope, Fetch, Items, Key, Uid};

use crate::error::Error;

/// The marks of a message.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fingerprint {
    /// Its Message-ID, angle brackets included.
    pub message_id: Option<Box<str>>,
    /// Its size in octets, as it was announced.
    pub size: u64,
    /// The date given with it.
    pub date: Option<DateTime>,
}

impl Fingerprint {
    /// The marks of a message whose text begins so; the header should be in it.
    pub fn new(beginning: &[u8], size: u64, date: Option<DateTime>) -> Self {
        Self { message_id: message_id(beginning).map(ToOwned::to_owned).map(Into::into), size, date }
    }

    /// What to search for where it is not known which messages are new.
    ///
    /// # Errors
    /// When the Message-ID cannot stand in a search.
    pub fn key(&self) -> Result<Key, Error> {
        let size = || Key::Larger(self.size.saturating_sub(1)).and(Key::Smaller(self.size.saturating_add(1)));
        Ok(match &self.message_id {
            Some(id) => Key::header("Message-ID", id)?,
            None => size(),
        })
    }

    /// What to fetch of messages that may be this one.
    pub fn items() -> Items {
        Items::new().size().envelope()
    }

    /// Whether a message is this one. `first` is the lowest UID it can have: `n:*` names the last message even if it is older (M07).
    pub fn is_of(&self, row: &Fetch, first: Option<Uid>) -> bool {
        let new = first.is_none_or(|first| row.uid.is_some_and(|uid| uid >= first));
        let told = row.envelope().and_then(Envelope::message_id);
        new && match (&self.message_id, told) {
            // Servers may count octets differently (Exchange estimates); the Message-ID is proof enough.
            (Some(mine), Some(theirs)) => theirs.trim_ascii() == mine.as_bytes(),
            _ => row.size == Some(self.size),
        }
    }
}

/// The name of the field, in lower case.
const NAME: &[u8] = b"message-id:";

/// The Message-ID of a header: the field may be folded, and its name is in any case.
fn message_id(text: &[u8]) -> Option<&str> {
    let mut rest = text;
    loop {
        let end = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |at| at.saturating_add(1));
        let (line, after) = rest.split_at_checked(end)?;
        if line.trim_ascii().is_empty() {
            return None;
        }
        if line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)) {
            let value = rest.get(NAME.len()..)?;
            // Up to the first line that is not folded.
            let mut end = 0_usize;
            for line in value.split_inclusive(|&byte| byte == b'\n') {
                if end > 0 && !line.starts_with(b" ") && !line.starts_with(b"\t") {
                    break;
                }
                end = end.saturating_add(line.len());
            }
            let value = value.get(..end)?;
            let from = value.iter().position(|&byte| byte == b'<')?;
            let to = value.iter().position(|&byte| byte == b'>')?;
            let id = core::str::from_utf8(value.get(from..=to)?).ok()?;
            return (id.len() > 2 && !id.contains(char::is_whitespace)).then_some(id);
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_id_is_found_in_any_spelling_and_only_in_the_header() {
        for (text, id) in [
            ("Subject: x\r\nMessage-ID: <a@b>\r\n\r\nhi", Some("<a@b>")),
            ("MESSAGE-ID:<a@b>\nSubject: x\n\nhi", Some("<a@b>")),
            ("Message-Id:\r\n\t<folded@example.org>\r\nTo: x\r\n\r\n", Some("<folded@example.org>")),
            ("Subject: x\r\n\r\nMessage-ID: <body@x>\r\n", None),
            ("X-Message-ID: <no@x>\r\n\r\n", None),
            ("Message-ID: none\r\nFrom: <ann@x>\r\n\r\n", None),
            ("Message-ID: <>\r\n\r\n", None),
            ("Message-ID: <a b@x>\r\n\r\n", None),
            ("Message-ID: <cut", None),
            ("Message-ID:", None),
            ("", None),
        ] {
            assert_eq!(message_id(text.as_bytes()), id, "{text:?}");
        }
    }

    #[test]
    fn m031_only_new_messages_with_the_same_marks_count() {
        let marked = Fingerprint::new(b"Message-ID: <a@b>\r\n\r\n", 10, None);
        let bare = Fingerprint::new(b"Subject: x\r\n\r\n", 10, None);
        let row = |uid, size| Fetch { uid: Uid::new(uid), size: Some(size), ..Fetch::default() };
        let first = Uid::new(7);
        for marks in [&marked, &bare] {
            assert!(
                marks.is_of(&row(7, 10), first) && !marks.is_of(&row(7, 11), first) && !marks.is_of(&row(6, 10), first)
            );
            assert!(marks.is_of(&row(6, 10), None));
        }
        assert!(matches!(marked.key().unwrap(), Key::Header { .. }) && matches!(bare.key().unwrap(), Key::And(_)));
    }
}
