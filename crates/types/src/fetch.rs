//! One row of FETCH data: what the server told about one message.
//!
//! RFC 9051 §7.5.2, RFC 9586 (UIDFETCH), 3516, 7162, 8474, 8514, 8970, X-GM-EXT-1. Every item may be missing and every item may come
//! unasked (H86), so all accessors give an `Option`.
//!
//! A row of scalars (UID, FLAGS, MODSEQ, size, date) allocates nothing; everything else stands in one boxed tail that such rows do not
//! have. Invariant: an item that could not be read costs that item only; it is listed in [`Fetch::damage`] with its octets.

use crate::{BodyStructure, DateTime, Envelope, Flags, ModSeq, Part, Section, SeqNum, Uid};
use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;

/// What the server told about one message in one response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fetch {
    /// Sequence number; absent in UIDFETCH responses.
    pub seq: Option<SeqNum>,
    /// `UID`.
    pub uid: Option<Uid>,
    /// `FLAGS`.
    pub flags: Option<Flags>,
    /// `MODSEQ`.
    pub mod_seq: Option<ModSeq>,
    /// `RFC822.SIZE`, octets.
    pub size: Option<u64>,
    /// `INTERNALDATE`; `None` also for dates that are no dates (H63).
    pub internal_date: Option<DateTime>,
    /// Everything else; absent in rows that have nothing else.
    pub more: Option<Box<FetchMore>>,
}

/// The items of a row that are not scalars.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FetchMore {
    /// `ENVELOPE`.
    pub envelope: Option<Envelope>,
    /// `BODYSTRUCTURE`, or `BODY` without a section.
    pub body_structure: Option<BodyStructure>,
    /// `BODY[…]`, `BINARY[…]`, `RFC822`, `RFC822.HEADER`, `RFC822.TEXT`, in the order they came.
    pub bodies: Vec<Body>,
    /// `BINARY.SIZE[part]`.
    pub binary_sizes: Vec<(Part, u64)>,
    /// `EMAILID`.
    pub email_id: Option<Box<str>>,
    /// `THREADID`; `Some(None)` when the server says that it knows none.
    pub thread_id: Option<Option<Box<str>>>,
    /// `SAVEDATE`; `Some(None)` when the server says that it knows none.
    pub save_date: Option<Option<DateTime>>,
    /// `PREVIEW` (and the older `SNIPPET`); `Some(None)` when there is none yet.
    pub preview: Option<Option<Box<str>>>,
    /// `X-GM-MSGID`.
    pub gm_msg_id: Option<u64>,
    /// `X-GM-THRID`.
    pub gm_thread_id: Option<u64>,
    /// `X-GM-LABELS`, as sent: modified UTF-7 or UTF-8.
    pub gm_labels: Option<Vec<Box<[u8]>>>,
    /// Items this library does not know: name and value, as sent.
    pub unknown: Vec<(Box<str>, Bytes)>,
    /// Items it knows but could not read.
    pub damage: Vec<Damage>,
}

/// An item that could not be read. The rest of the row is as good as ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Name of the item, `ENVELOPE` for instance.
    pub item: Box<str>,
    /// What was expected, and where.
    pub reason: Box<str>,
    /// The octets of the value, as far as it could be delimited.
    pub raw: Bytes,
}

/// A part of a message's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// What it is part of the message: as the server repeated it, which may differ in case from what was asked (H83).
    pub section: BodySection,
    /// First octet of a partial answer (`BODY[]<origin>`).
    pub origin: Option<u64>,
    /// The content, or where it went.
    pub content: Content,
}

/// Which item a [`Body`] answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodySection {
    /// `BODY[section]`; also for the old names: `RFC822` is `BODY[]`, `RFC822.HEADER` is `BODY[HEADER]`, `RFC822.TEXT` is `BODY[TEXT]`.
    Body(Section),
    /// `BINARY[part]`.
    Binary(Part),
}

/// The content of a [`Body`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// `NIL`, or no value at all (Yandex, H85).
    Nil,
    /// The octets, sharing the buffer of the response.
    Inline(Bytes),
    /// It was large and went to the caller as it came in; this many octets.
    Streamed(u64),
    /// It was larger than the limit and was skipped; this many octets.
    TooLarge(u64),
}

impl Fetch {
    /// The envelope, if the server sent one.
    pub fn envelope(&self) -> Option<&Envelope> {
        self.more.as_ref()?.envelope.as_ref()
    }

    /// The MIME structure, if the server sent one.
    pub fn body_structure(&self) -> Option<&BodyStructure> {
        self.more.as_ref()?.body_structure.as_ref()
    }

    /// The parts of the message's content in this row.
    pub fn bodies(&self) -> &[Body] {
        self.more.as_ref().map(|more| more.bodies.as_slice()).unwrap_or_default()
    }

    /// The content of `section`, by structure and not by spelling (H83).
    pub fn body(&self, section: &Section) -> Option<&Body> {
        self.bodies().iter().find(|body| matches!(&body.section, BodySection::Body(found) if found.same_as(section)))
    }

    /// Items that could not be read.
    pub fn damage(&self) -> &[Damage] {
        self.more.as_ref().map(|more| more.damage.as_slice()).unwrap_or_default()
    }

    /// The tail, made when first needed. For decoders.
    pub fn more_mut(&mut self) -> &mut FetchMore {
        self.more.get_or_insert_default()
    }
}

impl Body {
    /// The octets, when they are here. `None` for NIL and for content that was streamed or skipped.
    pub fn bytes(&self) -> Option<&Bytes> {
        match &self.content {
            Content::Inline(bytes) => Some(bytes),
            Content::Nil | Content::Streamed(_) | Content::TooLarge(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_flags_row_is_small_and_has_no_tail() {
        assert!(size_of::<Fetch>() <= 112, "{}", size_of::<Fetch>());
        assert!(Fetch::default().more.is_none());
    }

    #[test]
    fn a_body_is_found_by_structure() {
        let mut row = Fetch::default();
        let section = Section::header_fields(["From"]).unwrap();
        row.more_mut().bodies = vec![Body { section: BodySection::Body(section), origin: None, content: Content::Nil }];
        assert!(row.body(&Section::header_fields(["FROM"]).unwrap()).is_some());
        assert!(row.body(&Section::header()).is_none());
    }
}
