//! What to ask of messages: the items of a FETCH command.
//!
//! RFC 9051 §6.4.5, RFC 3516 (BINARY), 7162 (MODSEQ), 8474 (OBJECTID), 8514 (SAVEDATE), 8970 (PREVIEW), and Gmail's X-GM-EXT-1.
//! Macros (ALL, FAST, FULL) are not offered: Gmail refuses them (quirk 25). `RFC822` is not offered either: iCloud answers it with
//! OK and no data, so a whole message is `BODY[]`.

use crate::{Part, Partial, Section};
use alloc::vec::Vec;

/// One item to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchItem {
    /// `UID`. Asked for by itself in every UID FETCH.
    Uid,
    /// `FLAGS`.
    Flags,
    /// `INTERNALDATE`: when the server received the message.
    InternalDate,
    /// `RFC822.SIZE`: octets of the whole message. Exchange estimates it; never allocate by it.
    Size,
    /// `ENVELOPE`.
    Envelope,
    /// `BODYSTRUCTURE`: the MIME tree with all extension fields.
    BodyStructure,
    /// `MODSEQ`; needs CONDSTORE.
    ModSeq,
    /// `EMAILID`; needs OBJECTID.
    EmailId,
    /// `THREADID`; needs OBJECTID.
    ThreadId,
    /// `SAVEDATE`: when the message came to this mailbox; needs SAVEDATE.
    SaveDate,
    /// `PREVIEW`, or `PREVIEW (LAZY)`: only if the server has it at hand; needs PREVIEW.
    Preview {
        /// Do not make the server compute it.
        lazy: bool,
    },
    /// `BODY[section]<partial>`, or `BODY.PEEK[…]`, which leaves `\Seen` alone.
    Body {
        /// Which part of the message.
        section: Section,
        /// Which octets of it; all when absent.
        partial: Option<Partial>,
        /// Do not set `\Seen`.
        peek: bool,
    },
    /// `BINARY[part]<partial>`: decoded by the server; needs BINARY.
    Binary {
        /// Which part.
        part: Part,
        /// Which octets of the decoded content.
        partial: Option<Partial>,
        /// Do not set `\Seen`.
        peek: bool,
    },
    /// `BINARY.SIZE[part]`: decoded size; needs BINARY.
    BinarySize(Part),
    /// `X-GM-MSGID`; needs X-GM-EXT-1.
    GmMsgId,
    /// `X-GM-THRID`; needs X-GM-EXT-1.
    GmThreadId,
    /// `X-GM-LABELS`; needs X-GM-EXT-1.
    GmLabels,
}

/// A list of items, built by naming them: `Items::new().flags().envelope().body_peek()`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Items(Vec<FetchItem>);

impl Items {
    /// Asks for nothing yet. A FETCH by UID always returns the UID.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an item; asking twice is asking once.
    #[must_use]
    pub fn item(mut self, item: FetchItem) -> Self {
        if !self.0.contains(&item) {
            self.0.push(item);
        }
        self
    }

    /// `UID`.
    #[must_use]
    pub fn uid(self) -> Self {
        self.item(FetchItem::Uid)
    }

    /// `FLAGS`.
    #[must_use]
    pub fn flags(self) -> Self {
        self.item(FetchItem::Flags)
    }

    /// `INTERNALDATE`.
    #[must_use]
    pub fn internal_date(self) -> Self {
        self.item(FetchItem::InternalDate)
    }

    /// `RFC822.SIZE`.
    #[must_use]
    pub fn size(self) -> Self {
        self.item(FetchItem::Size)
    }

    /// `ENVELOPE`.
    #[must_use]
    pub fn envelope(self) -> Self {
        self.item(FetchItem::Envelope)
    }

    /// `BODYSTRUCTURE`.
    #[must_use]
    pub fn body_structure(self) -> Self {
        self.item(FetchItem::BodyStructure)
    }

    /// `MODSEQ`.
    #[must_use]
    pub fn mod_seq(self) -> Self {
        self.item(FetchItem::ModSeq)
    }

    /// The whole message, leaving `\Seen` alone: `BODY.PEEK[]`.
    #[must_use]
    pub fn body_peek(self) -> Self {
        self.section_peek(Section::whole())
    }

    /// The whole message, marking it `\Seen`: `BODY[]`.
    #[must_use]
    pub fn body(self) -> Self {
        self.item(FetchItem::Body { section: Section::whole(), partial: None, peek: false })
    }

    /// A section, leaving `\Seen` alone: `BODY.PEEK[section]`.
    #[must_use]
    pub fn section_peek(self, section: Section) -> Self {
        self.item(FetchItem::Body { section, partial: None, peek: true })
    }

    /// Some octets of a section, leaving `\Seen` alone: `BODY.PEEK[section]<origin.length>`.
    #[must_use]
    pub fn partial_peek(self, section: Section, partial: Partial) -> Self {
        self.item(FetchItem::Body { section, partial: Some(partial), peek: true })
    }

    /// The whole header, leaving `\Seen` alone: `BODY.PEEK[HEADER]`.
    #[must_use]
    pub fn header_peek(self) -> Self {
        self.section_peek(Section::header())
    }

    /// The items in the order they were named.
    pub fn iter(&self) -> core::slice::Iter<'_, FetchItem> {
        self.0.iter()
    }

    /// True when nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<FetchItem> for Items {
    fn from_iter<I: IntoIterator<Item = FetchItem>>(items: I) -> Self {
        items.into_iter().fold(Self::new(), Self::item)
    }
}

impl<'a> IntoIterator for &'a Items {
    type Item = &'a FetchItem;
    type IntoIter = core::slice::Iter<'a, FetchItem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_twice_is_asking_once() {
        let items = Items::new().flags().envelope().flags().body_peek();
        assert_eq!(items.iter().count(), 3);
        assert_ne!(Items::new().body(), Items::new().body_peek());
    }
}
