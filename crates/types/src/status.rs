//! What STATUS can be asked and what it answers (RFC 9051 §6.3.11, §7.3.2; RFC 7162, 7889, 8438, 8474, 9208).
//!
//! Separate because LIST (RFC 5819) and NOTIFY carry the same data. Every answer is optional: servers leave items out and
//! even send an empty list (H28).

use crate::{ModSeq, UidValidity};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// One thing STATUS can tell about a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StatusItem {
    /// How many messages there are.
    Messages,
    /// How many are `\Recent` (not in IMAP4rev2).
    Recent,
    /// A lower bound of the next UID.
    UidNext,
    /// The epoch of the UIDs.
    UidValidity,
    /// How many lack `\Seen`.
    Unseen,
    /// The octets of all messages (`STATUS=SIZE` or IMAP4rev2).
    Size,
    /// How many have `\Deleted` (`QUOTA` or IMAP4rev2).
    Deleted,
    /// The octets an expunge would free (`QUOTA=RES-STORAGE`).
    DeletedStorage,
    /// The highest mod-sequence (`CONDSTORE`).
    HighestModSeq,
    /// The largest message APPEND takes (`APPENDLIMIT`).
    AppendLimit,
    /// The permanent id of the mailbox (`OBJECTID`).
    MailboxId,
}

impl StatusItem {
    /// All of them, in the order they are asked.
    pub const ALL: [Self; 11] = [
        Self::Messages,
        Self::Recent,
        Self::UidNext,
        Self::UidValidity,
        Self::Unseen,
        Self::Size,
        Self::Deleted,
        Self::DeletedStorage,
        Self::HighestModSeq,
        Self::AppendLimit,
        Self::MailboxId,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "MESSAGES",
            Self::Recent => "RECENT",
            Self::UidNext => "UIDNEXT",
            Self::UidValidity => "UIDVALIDITY",
            Self::Unseen => "UNSEEN",
            Self::Size => "SIZE",
            Self::Deleted => "DELETED",
            Self::DeletedStorage => "DELETED-STORAGE",
            Self::HighestModSeq => "HIGHESTMODSEQ",
            Self::AppendLimit => "APPENDLIMIT",
            Self::MailboxId => "MAILBOXID",
        }
    }

    /// Recognises a word, ignoring ASCII case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|item| item.as_str().eq_ignore_ascii_case(word))
    }

    const fn bit(self) -> u16 {
        match self {
            Self::Messages => 1,
            Self::Recent => 1 << 1,
            Self::UidNext => 1 << 2,
            Self::UidValidity => 1 << 3,
            Self::Unseen => 1 << 4,
            Self::Size => 1 << 5,
            Self::Deleted => 1 << 6,
            Self::DeletedStorage => 1 << 7,
            Self::HighestModSeq => 1 << 8,
            Self::AppendLimit => 1 << 9,
            Self::MailboxId => 1 << 10,
        }
    }
}

impl fmt::Display for StatusItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What to ask of STATUS: `StatusItems::new().messages().unseen()`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct StatusItems(u16);

macro_rules! builders {
    ($($(#[$doc:meta])* $name:ident = $Item:ident,)+) => {
        $($(#[$doc])* pub const fn $name(self) -> Self { self.with(StatusItem::$Item) })+
    };
}

impl StatusItems {
    /// Asks for nothing yet.
    pub const fn new() -> Self {
        Self(0)
    }

    /// Asks for this item too.
    pub const fn with(self, item: StatusItem) -> Self {
        Self(self.0 | item.bit())
    }

    /// Does not ask for this item.
    pub const fn without(self, item: StatusItem) -> Self {
        Self(self.0 & !item.bit())
    }

    builders! {
        /// Asks how many messages there are.
        messages = Messages,
        /// Asks how many are recent.
        recent = Recent,
        /// Asks for the next UID.
        uid_next = UidNext,
        /// Asks for the epoch of the UIDs.
        uid_validity = UidValidity,
        /// Asks how many lack `\Seen`.
        unseen = Unseen,
        /// Asks for the octets of all messages.
        size = Size,
        /// Asks how many have `\Deleted`.
        deleted = Deleted,
        /// Asks for the octets an expunge would free.
        deleted_storage = DeletedStorage,
        /// Asks for the highest mod-sequence.
        highest_mod_seq = HighestModSeq,
        /// Asks for the largest message APPEND takes.
        append_limit = AppendLimit,
        /// Asks for the permanent id of the mailbox.
        mailbox_id = MailboxId,
    }

    /// Whether this item is asked for.
    pub const fn contains(self, item: StatusItem) -> bool {
        self.0 & item.bit() != 0
    }

    /// Whether nothing is asked for.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The items, always in the same order.
    pub fn iter(self) -> impl Iterator<Item = StatusItem> + Clone {
        StatusItem::ALL.into_iter().filter(move |&item| self.contains(item))
    }
}

impl FromIterator<StatusItem> for StatusItems {
    fn from_iter<I: IntoIterator<Item = StatusItem>>(items: I) -> Self {
        items.into_iter().fold(Self::new(), Self::with)
    }
}

impl fmt::Display for StatusItems {
    /// Writes `MESSAGES UNSEEN`, without parentheses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut space = "";
        for item in self.iter() {
            write!(f, "{space}{item}")?;
            space = " ";
        }
        Ok(())
    }
}

impl fmt::Debug for StatusItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusItems({self})")
    }
}

/// What STATUS answered; `None` is what the server did not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// How many messages there are.
    pub messages: Option<u32>,
    /// How many are `\Recent`.
    pub recent: Option<u32>,
    /// A lower bound of the next UID; 0 from the server is `None` (H27).
    pub uid_next: Option<u32>,
    /// The epoch of the UIDs.
    pub uid_validity: Option<UidValidity>,
    /// How many lack `\Seen`.
    pub unseen: Option<u32>,
    /// The octets of all messages.
    pub size: Option<u64>,
    /// How many have `\Deleted`.
    pub deleted: Option<u32>,
    /// The octets an expunge would free.
    pub deleted_storage: Option<u64>,
    /// The highest mod-sequence; 0 means that the mailbox has none.
    pub highest_mod_seq: Option<ModSeq>,
    /// The largest message APPEND takes, in octets; `Some(None)` is the server's NIL, "no limit".
    pub append_limit: Option<Option<u64>>,
    /// The permanent id of the mailbox.
    pub mailbox_id: Option<Box<str>>,
    /// Items we do not know: name and raw value.
    pub other: Vec<(Box<str>, Box<[u8]>)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn items_are_a_set_in_fixed_order() {
        let items = StatusItems::new().unseen().messages().unseen();
        assert_eq!(items.to_string(), "MESSAGES UNSEEN");
        assert_eq!(items, [StatusItem::Messages, StatusItem::Unseen].into_iter().collect());
        assert!(items.contains(StatusItem::Unseen) && !items.contains(StatusItem::Size));
        assert!(items.without(StatusItem::Unseen).without(StatusItem::Messages).is_empty());
    }

    #[test]
    fn every_item_has_its_own_bit_and_word() {
        let all: StatusItems = StatusItem::ALL.into_iter().collect();
        assert_eq!(all.iter().count(), StatusItem::ALL.len());
        for item in StatusItem::ALL {
            assert_eq!(StatusItem::parse(&item.as_str().to_ascii_lowercase()), Some(item));
        }
        assert_eq!(StatusItem::parse("X-GUID"), None);
    }
}
