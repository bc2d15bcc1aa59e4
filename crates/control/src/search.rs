//! Looking for messages, by criteria as IMAP writes them or as typed keys.
//!
//! Separate because criteria are the caller's text: they are cut into words and sent by the same encoder as everything else, so that nothing
//! in them can become another command (T072). RFC 9051 §6.4.4, RFC 4731 (ESEARCH), RFC 5530 (BADCHARSET).

use imapkit_blocking::session::Rules;
use imapkit_blocking::session::commands::Raw;
use imapkit_blocking::types::Key;
use imapkit_blocking::wire::{Encoder, RawToken, Untagged};
use imapkit_blocking::{Command, Error, ErrorKind, Selected};

use crate::code::ErrorCode;
use crate::control::{Control, Inner, Result};
use crate::error::ControlError;
use crate::message::By;

/// Messages may have come, and servers may say the same twice.
const SLACK: u64 = 10_000;

impl Control {
    /// The numbers of the messages that match, ascending. `criteria` is written as in RFC 9051 §6.4.4: `UNSEEN FROM "bob"`, `OR SUBJECT "a b"
    /// LARGER 100000`, `SINCE 1-Jan-2024 NOT DELETED`; all of them have to match. Text may be Unicode. `charset` is needed for servers that
    /// know no UTF-8, and for nothing else; the text is then sent in that charset.
    ///
    /// # Errors
    /// [`ErrorCode::SearchRejected`], [`ErrorCode::CharsetRejected`], [`ErrorCode::NoMailboxSelected`].
    pub fn search_mailbox(&self, criteria: &str, charset: Option<&str>) -> Result<Vec<u32>> {
        self.inner.call("search_mailbox", |inner| inner.search(criteria, charset, By::Seq))
    }

    /// The UIDs of the messages that match, see [`Control::search_mailbox`].
    pub fn search_mailbox_uid(&self, criteria: &str, charset: Option<&str>) -> Result<Vec<u32>> {
        self.inner.call("search_mailbox_uid", |inner| inner.search(criteria, charset, By::Uid))
    }

    /// The numbers of the messages that match typed criteria.
    ///
    /// # Errors
    /// As [`Control::search_mailbox`].
    pub fn search_keys(&self, key: Key) -> Result<Vec<u32>> {
        self.inner.call("search_keys", |inner| {
            let selected = inner.selected()?;
            let found = selected.search_seq(key).map_err(judge)?;
            check(&selected, found.len())?;
            Ok(found.iter().map(imapkit_blocking::types::SeqNum::get).collect())
        })
    }

    /// The UIDs of the messages that match typed criteria.
    ///
    /// # Errors
    /// As [`Control::search_mailbox`].
    pub fn search_keys_uid(&self, key: Key) -> Result<Vec<u32>> {
        self.inner.call("search_keys_uid", |inner| {
            let selected = inner.selected()?;
            let found = selected.search(key).map_err(judge)?;
            check(&selected, found.len())?;
            Ok(found.iter().map(imapkit_blocking::types::Uid::get).collect())
        })
    }
}

impl Inner {
    fn search(&self, criteria: &str, charset: Option<&str>, by: By) -> Result<Vec<u32>> {
        let selected = self.selected()?;
        let command = command(criteria, charset, by)?;
        let answer = selected.client().run(Search(command)).map_err(judge)?;
        let mut found = Vec::new();
        check(&selected, answer.untagged.iter().map(count).fold(0, u64::saturating_add))?;
        for data in answer.untagged {
            match data {
                Untagged::Search(numbers, _) => found.extend(numbers),
                Untagged::Esearch(result) => {
                    let ranges = result.all.into_iter().flatten();
                    found.extend(ranges.flat_map(|(a, b)| a.min(b)..=a.max(b)));
                    found.extend(result.min.into_iter().chain(result.max));
                }
                _ => {}
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}

/// A search in the caller's words, under its own name.
struct Search(Raw);

impl Command for Search {
    type Output = <Raw as Command>::Output;
    type Gather = <Raw as Command>::Gather;

    fn name(&self) -> &'static str {
        "SEARCH"
    }

    fn encode(&self, out: &mut Encoder) {
        self.0.encode(out);
    }

    fn rules(&self) -> Rules {
        self.0.rules()
    }

    fn gather(self) -> Self::Gather {
        self.0.gather()
    }
}

/// How many numbers there are in an answer.
fn count(data: &Untagged) -> u64 {
    let length = |(a, b): &(u32, u32)| u64::from(a.abs_diff(*b)).saturating_add(1);
    match data {
        Untagged::Search(numbers, _) => numbers.len() as u64,
        Untagged::Esearch(result) => result.all.iter().flatten().map(length).sum(),
        _ => 0,
    }
}

/// Ranges are a few octets on the way and gigabytes in a list: nothing has more matches than there are messages (H26).
fn check(selected: &Selected, found: u64) -> Result<()> {
    let most = u64::from(selected.exists()?).saturating_add(SLACK);
    if found <= most {
        return Ok(());
    }
    let text = format!("the server tells of {found} matches, more than the limit of {most} by the messages there are");
    Err(ControlError::new(ErrorCode::LimitExceeded, text))
}

/// The command for these criteria.
fn command(criteria: &str, charset: Option<&str>, by: By) -> Result<Raw> {
    let criteria = criteria.trim();
    if criteria.is_empty() {
        return Err(ControlError::new(ErrorCode::SearchRejected, "there are no search criteria; ALL finds everything"));
    }
    let wrong = |invalid: imapkit_blocking::types::Invalid| {
        ControlError::new(ErrorCode::SearchRejected, format!("the search criteria cannot be sent: {invalid}"))
    };
    // Checked as a line of its own, then put behind the verb.
    let mut words = Raw::split(criteria).map_err(wrong)?;
    let named = charset.filter(|charset| !charset.is_empty());
    let charset = match named {
        None if criteria.is_ascii() => None,
        None => Some("UTF-8"),
        Some(name) => {
            convert(&mut words, name)?;
            Some(name)
        }
    };
    let verb = if by == By::Uid { "UID SEARCH" } else { "SEARCH" };
    let verb = charset.map_or_else(|| verb.to_owned(), |charset| format!("{verb} CHARSET {charset}"));
    words.insert(0, RawToken::Text(verb));
    Raw::new(words).map(Raw::read_only).map_err(wrong)
}

/// Turns strings into the charset's octets.
fn convert(words: &mut [RawToken], name: &str) -> Result<()> {
    let unknown =
        |why: &str| ControlError::new(ErrorCode::CharsetRejected, format!("charset `{}` {why}", name.escape_debug()));
    if !name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_.:+".contains(&octet)) {
        return Err(unknown("is no name of a charset"));
    }
    let encoding = encoding_rs::Encoding::for_label(name.as_bytes()).ok_or_else(|| unknown("is not known"))?;
    for word in words {
        let (RawToken::String(octets) | RawToken::Literal(octets)) = word else { continue };
        let text = String::from_utf8_lossy(octets);
        let (converted, _, lossy) = encoding.encode(&text);
        if lossy {
            return Err(unknown("cannot write all of the criteria"));
        }
        *octets = converted.into_owned();
    }
    Ok(())
}

/// A search that is not understood is the criteria's fault.
fn judge(error: Error) -> ControlError {
    let kind = error.kind();
    let error = ControlError::from(error);
    match error.code() {
        ErrorCode::CommandRefused | ErrorCode::CommandFailed => error.with_code(ErrorCode::SearchRejected),
        ErrorCode::InvalidArgument if kind == ErrorKind::Misuse => error.with_code(ErrorCode::SearchRejected),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(criteria: &str, charset: Option<&str>) -> ErrorCode {
        command(criteria, charset, By::Seq).unwrap_err().code()
    }

    #[test]
    fn t072_criteria_are_one_command() {
        assert_eq!(rejected("ALL\r\nA9 DELETE INBOX", None), ErrorCode::SearchRejected);
        assert_eq!(rejected("SUBJECT x{3}", None), ErrorCode::SearchRejected);
        assert_eq!(rejected("SUBJECT \"open", None), ErrorCode::SearchRejected);
        assert_eq!(rejected(" ", None), ErrorCode::SearchRejected);
        assert!(command("OR SUBJECT \"a b\" (UNSEEN LARGER 7)", None, By::Uid).is_ok());
    }

    #[test]
    fn charsets_are_known_and_sufficient() {
        assert_eq!(rejected("SUBJECT \"x\"", Some("KLINGON")), ErrorCode::CharsetRejected);
        assert_eq!(rejected("SUBJECT \"x\"", Some("UTF-8 ALL")), ErrorCode::CharsetRejected);
        assert_eq!(rejected("SUBJECT \"Grüße €\"", Some("US-ASCII\r\n")), ErrorCode::CharsetRejected);
        assert_eq!(rejected("SUBJECT \"日本\"", Some("ISO-8859-1")), ErrorCode::CharsetRejected);
        let mut words = Raw::split("SUBJECT \"Grüße\"").unwrap();
        convert(&mut words, "iso-8859-1").unwrap();
        assert!(matches!(&words[1], RawToken::String(octets) if octets == b"Gr\xfc\xdfe"));
    }
}
