//! Access control lists: who may do what with a mailbox (RFC 4314, and RFC 2086 before it).
//!
//! A right is one character. Servers still in use speak the older document, whose `c` and `d` bundle rights that RFC 4314
//! gives letters of their own; both are kept as sent and [`Rights::modern`] spells them out.

use crate::{Invalid, Mailbox};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

/// A set of rights. Small and `Copy`; keeps any printable ASCII character a server uses.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Rights(u128);

impl Rights {
    /// No right.
    pub const NONE: Self = Self(0);
    /// `l`: see the mailbox in LIST, subscribe to it.
    pub const LOOKUP: Self = Self::one(b'l');
    /// `r`: select the mailbox and read in it.
    pub const READ: Self = Self::one(b'r');
    /// `s`: keep `\Seen` between sessions.
    pub const SEEN: Self = Self::one(b's');
    /// `w`: change flags other than `\Seen` and `\Deleted`.
    pub const WRITE: Self = Self::one(b'w');
    /// `i`: add messages.
    pub const INSERT: Self = Self::one(b'i');
    /// `p`: send mail to the mailbox's address.
    pub const POST: Self = Self::one(b'p');
    /// `k`: create mailboxes below.
    pub const CREATE: Self = Self::one(b'k');
    /// `x`: delete or rename the mailbox.
    pub const DELETE_MAILBOX: Self = Self::one(b'x');
    /// `t`: change `\Deleted`.
    pub const DELETE_MESSAGES: Self = Self::one(b't');
    /// `e`: expunge.
    pub const EXPUNGE: Self = Self::one(b'e');
    /// `a`: change the rights.
    pub const ADMINISTER: Self = Self::one(b'a');

    /// The set of one printable ASCII character; others are no rights.
    const fn one(right: u8) -> Self {
        if right.is_ascii_graphic() { Self(1 << right.saturating_sub(b'!')) } else { Self::NONE }
    }

    /// The rights of a text like `lrswi`; fails on anything but lower-case letters and digits, the only characters
    /// RFC 4314 lets a client send.
    pub fn new(letters: &str) -> Result<Self, Invalid> {
        match letters.bytes().position(|right| !right.is_ascii_lowercase() && !right.is_ascii_digit()) {
            None => Ok(Self::from_server(letters.as_bytes())),
            Some(at) => {
                Err(Invalid::new("rights", "contain something other than lower-case letters and digits").at(at))
            }
        }
    }

    /// The rights a server sent; what is not printable ASCII is no right.
    pub fn from_server(letters: &[u8]) -> Self {
        letters.iter().fold(Self::NONE, |rights, &right| rights.union(Self::one(right)))
    }

    /// Whether all of the other rights are in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The rights of either.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The rights of both.
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The rights of this set that are not in the other.
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is no right.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set in the letters of RFC 4314. A server of RFC 2086 sends only `c` for creating and `d` for deleting messages
    /// and expunging; a newer one sends those beside the letters that count, and then they add nothing (RFC 4314 §2.1.1).
    pub const fn modern(self) -> Self {
        let (create, delete) = (Self::one(b'c'), Self::one(b'd'));
        let newer = Self::CREATE.union(Self::DELETE_MAILBOX).union(Self::DELETE_MESSAGES).union(Self::EXPUNGE);
        let mut modern = self.difference(create).difference(delete);
        if self.intersection(newer).is_empty() {
            if self.contains(create) {
                modern = modern.union(Self::CREATE);
            }
            if self.contains(delete) {
                modern = modern.union(Self::DELETE_MESSAGES).union(Self::EXPUNGE);
            }
        }
        modern
    }

    /// The rights as characters, in the order of ASCII.
    pub fn iter(self) -> impl Iterator<Item = char> + Clone {
        (b'!'..=b'~').filter(move |&right| self.contains(Self::one(right))).map(char::from)
    }
}

impl FromStr for Rights {
    type Err = Invalid;

    fn from_str(letters: &str) -> Result<Self, Invalid> {
        Self::new(letters)
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|right| fmt::Write::write_char(f, right))
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rights({self})")
    }
}

/// Who may do what with a mailbox. An identifier that starts with `-` takes rights away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acl {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// Identifier (a user, a group, `anyone`) and rights.
    pub entries: Vec<(Box<str>, Rights)>,
}

/// Which rights can be given to an identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRights {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// Whom the rights can be given to.
    pub identifier: Box<str>,
    /// Rights the identifier always has.
    pub required: Rights,
    /// Rights that can be given; those of one set only together.
    pub optional: Vec<Rights>,
}

/// What the user may do with a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MyRights {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// The rights.
    pub rights: Rights,
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn is_a_set_of_letters() {
        let rights = Rights::new("swrl").unwrap();
        assert_eq!(rights.to_string(), "lrsw");
        assert!(rights.contains(Rights::READ.union(Rights::SEEN)) && !rights.contains(Rights::ADMINISTER));
        assert_eq!(rights.difference(Rights::SEEN), Rights::new("lrw").unwrap());
        assert_eq!(rights.intersection(Rights::new("ra0").unwrap()), Rights::READ);
        assert!(Rights::new("").unwrap().is_empty());
        for bad in ["L", "l r", "l)\r\n", "é", "+l"] {
            assert!(Rights::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn servers_may_use_any_character() {
        assert_eq!(Rights::from_server(b"~!Z\xff l").to_string(), "!Zl~");
    }

    #[test]
    fn spells_out_the_old_letters() {
        let modern = |letters: &str| Rights::new(letters).unwrap().modern().to_string();
        assert_eq!(modern("lrswipcda"), "aeiklprstw");
        assert_eq!(modern("lrkxtecd"), "eklrtx");
        assert_eq!(modern("lrted"), "elrt");
    }
}
