//! A FETCH row as an application reads it: whose it is, what was asked for or why it is not there, one content after another.
//!
//! Here and not in the front ends because their messages differ only in how content that is still coming is waited for. RFC 9051 §7.5.2;
//! protocol.md H86 (every item may be missing), H88 (so may the UID).

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};

use bytes::Bytes;
use imapkit_types::{BodySection, BodyStructure, Content, DateTime, Envelope, Fetch, Flags, ModSeq, SeqNum, Uid};

use crate::error::{Error, ErrorKind};

/// What the server told about one message.
#[derive(Clone, Debug)]
pub struct Row {
    uid: Uid,
    fetch: Fetch,
    /// Content of the row that has been given out.
    given: usize,
}

/// Content that came with its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inlined {
    /// Which part of the message it is.
    pub section: BodySection,
    /// Its first octet, when only a part of the section was asked for.
    pub origin: Option<u64>,
    /// The octets; none for NIL.
    pub octets: Bytes,
}

impl Row {
    /// A row, complete or its beginning.
    ///
    /// # Errors
    /// `Protocol` when it does not say whose it is.
    pub fn new(row: Fetch) -> Result<Self, Error> {
        let Some(uid) = row.uid else {
            let which = row.seq.map_or_else(String::new, |seq| format!(" {seq}"));
            let text = format!("the server sent a row{which} without saying which message it is");
            return Err(Error::new(ErrorKind::Protocol, text).in_command("FETCH"));
        };
        Ok(Self { uid, fetch: row, given: 0 })
    }

    /// More of the same row has arrived. What was given out before is not given out again.
    pub fn update(&mut self, row: Fetch) {
        self.fetch = row;
    }

    /// Which message it is.
    pub fn uid(&self) -> Uid {
        self.uid
    }

    /// Its sequence number when the row was sent.
    pub fn seq(&self) -> Option<SeqNum> {
        self.fetch.seq
    }

    /// Its flags.
    ///
    /// # Errors
    /// `Protocol` when they are not there: not asked for, left out or unreadable.
    pub fn flags(&self) -> Result<&Flags, Error> {
        self.fetch.flags.as_ref().ok_or_else(|| self.missing("FLAGS"))
    }

    /// Its envelope.
    ///
    /// # Errors
    /// `Protocol` when it is not there: not asked for, left out or unreadable.
    pub fn envelope(&self) -> Result<&Envelope, Error> {
        self.fetch.envelope().ok_or_else(|| self.missing("ENVELOPE"))
    }

    /// Its MIME structure.
    ///
    /// # Errors
    /// `Protocol` when it is not there: not asked for, left out or unreadable.
    pub fn body_structure(&self) -> Result<&BodyStructure, Error> {
        self.fetch.body_structure().ok_or_else(|| self.missing("BODYSTRUCTURE"))
    }

    /// The subject of the envelope as the sender wrote it, encoded words and all; octets that are no UTF-8 are replaced.
    pub fn subject(&self) -> Option<String> {
        shown(self.fetch.envelope()?.subject())
    }

    /// The Message-ID of the envelope.
    pub fn message_id(&self) -> Option<String> {
        shown(self.fetch.envelope()?.message_id())
    }

    /// Its size in octets.
    pub fn size(&self) -> Option<u64> {
        self.fetch.size
    }

    /// When the server received it.
    pub fn internal_date(&self) -> Option<DateTime> {
        self.fetch.internal_date
    }

    /// Its MODSEQ.
    pub fn mod_seq(&self) -> Option<ModSeq> {
        self.fetch.mod_seq
    }

    /// Everything the server told, as far as it has arrived: what stands behind content that is still coming is not in it.
    pub fn row(&self) -> &Fetch {
        &self.fetch
    }

    /// Everything the server told, to keep.
    pub fn into_row(self) -> Fetch {
        self.fetch
    }

    /// The next content that came with the row, in the server's order; content that was streamed is passed over.
    ///
    /// # Errors
    /// `Limit` when it was too large to be kept.
    pub fn next_inlined(&mut self) -> Result<Option<Inlined>, Error> {
        while let Some(body) = self.fetch.bodies().get(self.given) {
            self.given = self.given.saturating_add(1);
            let octets = match &body.content {
                Content::Inline(octets) => octets.clone(),
                Content::Nil => Bytes::new(),
                Content::Streamed(_) => continue,
                Content::TooLarge(len) => {
                    let text = format!("content of {len} octets was skipped: it exceeds the limit max_inline_literal");
                    return Err(Error::new(ErrorKind::Limit, text).in_command("FETCH"));
                }
            };
            return Ok(Some(Inlined { section: body.section.clone(), origin: body.origin, octets }));
        }
        Ok(None)
    }

    /// The error for an item that is not there.
    pub fn missing(&self, item: &str) -> Error {
        let damage = self.fetch.damage().iter().find(|damage| &*damage.item == item);
        let why = damage.map_or_else(|| "the server did not send it".to_string(), |damage| damage.reason.to_string());
        Error::new(ErrorKind::Protocol, format!("no {item} of message {}: {why}", self.uid)).in_command("FETCH")
    }
}

fn shown(text: Option<Cow<'_, [u8]>>) -> Option<String> {
    text.map(|octets| String::from_utf8_lossy(&octets).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use imapkit_types::{Body, Section};

    fn body(content: Content) -> Body {
        Body { section: BodySection::Body(Section::whole()), origin: None, content }
    }

    fn fetch(bodies: alloc::vec::Vec<Body>) -> Fetch {
        let mut fetch = Fetch { uid: Uid::new(7), ..Fetch::default() };
        fetch.more_mut().bodies = bodies;
        fetch
    }

    #[test]
    fn h086_what_is_missing_is_named() {
        let row = Row::new(fetch(alloc::vec![])).unwrap();
        assert_eq!(row.flags().unwrap_err().to_string(), "FETCH: no FLAGS of message 7: the server did not send it");
        assert!(row.subject().is_none() && row.envelope().is_err() && row.body_structure().is_err());
    }

    #[test]
    fn h088_a_row_without_a_uid_is_nobodys() {
        let nobodys = Fetch { seq: SeqNum::new(3), ..Fetch::default() };
        assert!(Row::new(nobodys).unwrap_err().to_string().contains("a row 3 without"));
    }

    #[test]
    fn contents_come_in_order_also_when_the_row_grows() {
        let inline = |octets: &'static [u8]| body(Content::Inline(Bytes::from_static(octets)));
        let mut row = Row::new(fetch(alloc::vec![inline(b"a")])).unwrap();
        assert_eq!(row.next_inlined().unwrap().unwrap().octets, "a");
        assert!(row.next_inlined().unwrap().is_none());
        let grown =
            alloc::vec![inline(b"a"), body(Content::Streamed(9)), body(Content::Nil), body(Content::TooLarge(99))];
        row.update(fetch(grown));
        assert_eq!(row.next_inlined().unwrap().unwrap().octets, "");
        assert_eq!(row.next_inlined().unwrap_err().kind(), ErrorKind::Limit);
        assert!(row.next_inlined().unwrap().is_none());
    }
}
