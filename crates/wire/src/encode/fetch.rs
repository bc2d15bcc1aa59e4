//! Writes what a FETCH or STATUS asks for: items, sections, parts.
//!
//! Separate because it is vocabulary, not spelling. RFC 9051 §6.4.5, §6.3.11 and the extensions named at [`FetchItem`].
//!
//! Invariants: items always stand in parentheses and never are an empty list, which servers answer with BAD (protocol.md §2, commands
//! we must not emit); macros (ALL, FAST, FULL) are never sent: Gmail refuses them (quirk 25).

use super::Encoder;
use imapkit_types::{FetchItem, Invalid, Items, Part, Partial, Section, StatusItems};

impl Encoder {
    /// `(FLAGS BODY.PEEK[])`. With `uid`, UID is asked for by name: the servers that forget it in a UID FETCH then remember (H88).
    pub fn fetch_items(&mut self, items: &Items, uid: bool) -> &mut Self {
        if items.is_empty() && !uid {
            return self.fail(Invalid::new("items", "are an empty list"));
        }
        let first = uid.then_some(&FetchItem::Uid);
        let rest = items.iter().filter(|item| !uid || **item != FetchItem::Uid);
        self.list(first.into_iter().chain(rest), Self::fetch_item)
    }

    /// One item of a FETCH.
    pub fn fetch_item(&mut self, item: &FetchItem) -> &mut Self {
        match item {
            FetchItem::Uid => self.put(b"UID"),
            FetchItem::Flags => self.put(b"FLAGS"),
            FetchItem::InternalDate => self.put(b"INTERNALDATE"),
            FetchItem::Size => self.put(b"RFC822.SIZE"),
            FetchItem::Envelope => self.put(b"ENVELOPE"),
            FetchItem::BodyStructure => self.put(b"BODYSTRUCTURE"),
            FetchItem::ModSeq => self.put(b"MODSEQ"),
            FetchItem::EmailId => self.put(b"EMAILID"),
            FetchItem::ThreadId => self.put(b"THREADID"),
            FetchItem::SaveDate => self.put(b"SAVEDATE"),
            FetchItem::Preview { lazy: false } => self.put(b"PREVIEW"),
            FetchItem::Preview { lazy: true } => self.put(b"PREVIEW (LAZY)"),
            FetchItem::Body { section, partial, peek } => {
                self.put(if *peek { b"BODY.PEEK" } else { b"BODY" }).section(section).optional_partial(*partial)
            }
            FetchItem::Binary { part, partial, peek } => {
                self.put(if *peek { b"BINARY.PEEK" } else { b"BINARY" }).part(part).optional_partial(*partial)
            }
            FetchItem::BinarySize(part) => self.put(b"BINARY.SIZE").part(part),
            FetchItem::GmMsgId => self.put(b"X-GM-MSGID"),
            FetchItem::GmThreadId => self.put(b"X-GM-THRID"),
            FetchItem::GmLabels => self.put(b"X-GM-LABELS"),
            _ => self.fail(Invalid::new("item", "is not known to this encoder")),
        }
    }

    /// `[1.2.HEADER.FIELDS (SUBJECT)]`, brackets included. Field names were checked when the section was made (T073).
    pub fn section(&mut self, section: &Section) -> &mut Self {
        self.put(b"[").display(section).put(b"]")
    }

    /// `<0.100>`
    pub fn partial(&mut self, partial: Partial) -> &mut Self {
        self.display(partial)
    }

    fn part(&mut self, part: &Part) -> &mut Self {
        self.put(b"[").display(part).put(b"]")
    }

    fn optional_partial(&mut self, partial: Option<Partial>) -> &mut Self {
        match partial {
            Some(partial) => self.partial(partial),
            None => self,
        }
    }

    /// `(MESSAGES UIDNEXT)`
    pub fn status_items(&mut self, items: StatusItems) -> &mut Self {
        if items.is_empty() {
            return self.fail(Invalid::new("status items", "are an empty list"));
        }
        self.open().display(items).close()
    }
}
