//! ENVELOPE: the header fields a message list shows, parsed by the server.
//!
//! RFC 9051 §2.3.5 and §7.5.2 `envelope`. Strings are spans into the frame; accessors give octets, since servers pass through
//! whatever stood in the header: encoded words (RFC 2047), raw 8-bit (H46), or nothing. Decoding for display is the client's.
//!
//! Invariant: a damaged envelope still has every field that could be read; [`Envelope::is_damaged`] says so.

use crate::{Frame, Span, frame::to_usize};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::fmt;

/// The envelope of one message. Owns (a share of) the response it came in.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    frame: Frame,
    parts: EnvelopeParts,
}

/// What a decoder found; see [`Envelope::new`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvelopeParts {
    /// `Date`, as it stands in the header.
    pub date: Span,
    /// `Subject`, not decoded.
    pub subject: Span,
    /// `In-Reply-To`.
    pub in_reply_to: Span,
    /// `Message-ID`.
    pub message_id: Span,
    /// The six address lists after one another: from, sender, reply-to, to, cc, bcc.
    pub addresses: Box<[AddressParts]>,
    /// Where each of the six lists ends in `addresses`.
    pub ends: [u32; 6],
    /// Something had to be skipped or guessed.
    pub damaged: bool,
}

/// The four strings of an address; RFC 9051 §9 `address`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressParts {
    /// Display name.
    pub name: Span,
    /// Source route: obsolete.
    pub route: Span,
    /// Local part; a group's name when `host` is NIL.
    pub mailbox: Span,
    /// Domain.
    pub host: Span,
}

type Text<'a> = Option<Cow<'a, [u8]>>;

impl Envelope {
    /// Puts together what a decoder read from `frame`.
    pub fn new(frame: Frame, parts: EnvelopeParts) -> Self {
        Self { frame, parts }
    }

    /// The `Date` field as the sender wrote it; `None` when the server sent NIL.
    pub fn date(&self) -> Text<'_> {
        self.frame.get(self.parts.date)
    }

    /// The `Subject` field, encoded words and all; `None` when there is none.
    pub fn subject(&self) -> Text<'_> {
        self.frame.get(self.parts.subject)
    }

    /// The `In-Reply-To` field.
    pub fn in_reply_to(&self) -> Text<'_> {
        self.frame.get(self.parts.in_reply_to)
    }

    /// The `Message-ID` field.
    pub fn message_id(&self) -> Text<'_> {
        self.frame.get(self.parts.message_id)
    }

    /// The authors.
    pub fn from(&self) -> Addresses<'_> {
        self.list(0)
    }

    /// Who sent it; the server repeats `from` when the field is absent.
    pub fn sender(&self) -> Addresses<'_> {
        self.list(1)
    }

    /// Where answers go; the server repeats `from` when the field is absent.
    pub fn reply_to(&self) -> Addresses<'_> {
        self.list(2)
    }

    /// The addressees.
    pub fn to(&self) -> Addresses<'_> {
        self.list(3)
    }

    /// Copies.
    pub fn cc(&self) -> Addresses<'_> {
        self.list(4)
    }

    /// Blind copies: on messages one has sent.
    pub fn bcc(&self) -> Addresses<'_> {
        self.list(5)
    }

    /// True when the server's text was odd enough that something had to be skipped or guessed.
    pub fn is_damaged(&self) -> bool {
        self.parts.damaged
    }

    fn list(&self, n: usize) -> Addresses<'_> {
        let end = |n: usize| self.parts.ends.get(n).copied().map(to_usize);
        let start = n.checked_sub(1).and_then(end).unwrap_or(0);
        let rest = self.parts.addresses.get(start..end(n).unwrap_or(start)).unwrap_or_default();
        Addresses { frame: &self.frame, rest }
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("date", &Show(self.date()))
            .field("subject", &Show(self.subject()))
            .field("from", &self.from())
            .field("sender", &self.sender())
            .field("reply_to", &self.reply_to())
            .field("to", &self.to())
            .field("cc", &self.cc())
            .field("bcc", &self.bcc())
            .field("in_reply_to", &Show(self.in_reply_to()))
            .field("message_id", &Show(self.message_id()))
            .field("damaged", &self.is_damaged())
            .finish()
    }
}

/// The addresses of one field, in order. An iterator; cheap to clone.
#[derive(Clone)]
pub struct Addresses<'a> {
    frame: &'a Frame,
    rest: &'a [AddressParts],
}

impl<'a> Iterator for Addresses<'a> {
    type Item = Address<'a>;

    fn next(&mut self) -> Option<Address<'a>> {
        let (&parts, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(Address { frame: self.frame, parts })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.rest.len(), Some(self.rest.len()))
    }
}

impl ExactSizeIterator for Addresses<'_> {}

impl fmt::Debug for Addresses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// What an entry of an address list is; RFC 9051 §7.5.2 tells groups by NIL (H64).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// A mailbox with local part and domain.
    Mailbox,
    /// Begins a group; its name is [`Address::mailbox`].
    GroupStart,
    /// Ends a group.
    GroupEnd,
    /// Neither: a name or a domain without a local part (Exchange, H66). Shown, not written to.
    Invalid,
}

/// One entry of an address list.
#[derive(Clone, Copy)]
pub struct Address<'a> {
    frame: &'a Frame,
    parts: AddressParts,
}

impl<'a> Address<'a> {
    /// What this entry is.
    pub fn kind(&self) -> AddressKind {
        match (self.parts.mailbox.is_nil(), self.parts.host.is_nil()) {
            (false, false) => AddressKind::Mailbox,
            (false, true) => AddressKind::GroupStart,
            (true, true) if self.parts.name.is_nil() => AddressKind::GroupEnd,
            (true, _) => AddressKind::Invalid,
        }
    }

    /// Display name, not decoded.
    pub fn name(&self) -> Text<'a> {
        self.frame.get(self.parts.name)
    }

    /// Source route: obsolete, kept because nothing is dropped.
    pub fn route(&self) -> Text<'a> {
        self.frame.get(self.parts.route)
    }

    /// Local part of the address, or the name of the group that starts here.
    pub fn mailbox(&self) -> Text<'a> {
        self.frame.get(self.parts.mailbox)
    }

    /// Domain.
    pub fn host(&self) -> Text<'a> {
        self.frame.get(self.parts.host)
    }
}

impl fmt::Debug for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?} <{:?}@{:?}>", self.kind(), Show(self.name()), Show(self.mailbox()), Show(self.host()))?;
        if self.parts.route.is_nil() { Ok(()) } else { write!(f, " route {:?}", Show(self.route())) }
    }
}

/// Octets for Debug: text with escapes, NIL for none.
pub(crate) struct Show<'a>(pub(crate) Text<'a>);

impl fmt::Debug for Show<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("NIL"),
            Some(octets) => write!(f, "\"{}\"", octets.escape_ascii()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn lists_are_told_apart_by_their_ends() {
        let frame = Frame::new(Bytes::from_static(b"ann example.org Friends"));
        let ann = AddressParts { mailbox: Span::new(0, 3), host: Span::new(4, 11), ..Default::default() };
        let group = AddressParts { mailbox: Span::new(16, 7), ..Default::default() };
        let parts = EnvelopeParts {
            addresses: Box::from([ann, group, ann, AddressParts::default()]),
            ends: [1, 1, 1, 4, 4, 4],
            ..Default::default()
        };
        let envelope = Envelope::new(frame, parts);
        assert_eq!(envelope.from().len(), 1);
        assert_eq!(envelope.sender().len(), 0);
        let kinds: alloc::vec::Vec<_> = envelope.to().map(|a| a.kind()).collect();
        assert_eq!(kinds, [AddressKind::GroupStart, AddressKind::Mailbox, AddressKind::GroupEnd]);
        assert_eq!(envelope.subject(), None);
    }

    #[test]
    fn ends_that_do_not_fit_give_an_empty_list() {
        let envelope =
            Envelope::new(Frame::default(), EnvelopeParts { ends: [9, 3, 0, 9, 9, 9], ..Default::default() });
        assert_eq!(envelope.from().len() + envelope.sender().len() + envelope.bcc().len(), 0);
    }
}
