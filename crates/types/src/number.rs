//! The four numbers of IMAP: UID, message sequence number, UIDVALIDITY and MODSEQ (RFC 9051 §2.3.1, RFC 7162 §3).
//!
//! Four types, because mixing them up is the classic IMAP bug: a sequence number is a position that any expunge moves, a
//! UID names a message for as long as the mailbox keeps its UIDVALIDITY. UIDs and sequence numbers are never 0; the two
//! numbers that servers do send as 0 (H27, H55) say what that means instead of failing.

use crate::Invalid;
use core::fmt;
use core::hash::Hash;
use core::num::NonZeroU32;
use core::str::FromStr;

/// [`Uid`] or [`SeqNum`]: what a [`NumSet`](crate::NumSet) may hold. Sealed.
pub trait Number:
    Copy + Ord + Hash + fmt::Debug + fmt::Display + Send + Sync + Unpin + sealed::Sealed + 'static
{
    /// What people call it, for error texts.
    const NAME: &'static str;

    /// The number, or `None` for 0.
    fn from_u32(number: u32) -> Option<Self>;

    /// The number, with 1 in place of 0.
    fn from_u32_at_least_one(number: u32) -> Self;

    /// The plain number, never 0.
    fn to_u32(self) -> u32;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! number {
    ($(#[$doc:meta])* $Name:ident, $name:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $Name(NonZeroU32);

        impl $Name {
            /// The smallest, 1.
            pub const MIN: Self = Self(NonZeroU32::MIN);
            /// The largest, 2³²−1.
            pub const MAX: Self = Self(NonZeroU32::MAX);

            /// The number, or `None` for 0.
            pub const fn new(number: u32) -> Option<Self> {
                match NonZeroU32::new(number) {
                    Some(number) => Some(Self(number)),
                    None => None,
                }
            }

            /// The plain number, never 0.
            pub const fn get(self) -> u32 {
                self.0.get()
            }
        }

        impl sealed::Sealed for $Name {}

        impl Number for $Name {
            const NAME: &'static str = $name;

            fn from_u32(number: u32) -> Option<Self> {
                Self::new(number)
            }

            fn from_u32_at_least_one(number: u32) -> Self {
                Self::new(number).unwrap_or(Self::MIN)
            }

            fn to_u32(self) -> u32 {
                self.get()
            }
        }

        impl From<NonZeroU32> for $Name {
            fn from(number: NonZeroU32) -> Self {
                Self(number)
            }
        }

        impl TryFrom<u32> for $Name {
            type Error = Invalid;

            fn try_from(number: u32) -> Result<Self, Invalid> {
                Self::new(number).ok_or(Invalid::new($name, "is 0"))
            }
        }

        impl From<$Name> for u32 {
            fn from(number: $Name) -> Self {
                number.get()
            }
        }

        impl FromStr for $Name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                parse_u32($name, text, 0).and_then(Self::try_from)
            }
        }

        impl fmt::Debug for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($Name), self.0)
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number! {
    /// Names a message in a mailbox for as long as the mailbox keeps its [`UidValidity`].
    Uid, "UID"
}

number! {
    /// The position of a message in the selected mailbox at this moment; every expunge before it moves it.
    SeqNum, "sequence number"
}

/// Reads decimal digits only: no sign, no space. `at` is where `text` starts, for the error.
pub(crate) fn parse_u32(what: &'static str, text: &str, at: usize) -> Result<u32, Invalid> {
    if text.is_empty() {
        return Err(Invalid::new(what, "lacks a number").at(at));
    }
    if let Some(bad) = text.bytes().position(|byte| !byte.is_ascii_digit()) {
        return Err(Invalid::new(what, "contains something other than a number").at(at.saturating_add(bad)));
    }
    text.parse().map_err(|_| Invalid::new(what, "exceeds 4294967295").at(at))
}

/// The epoch of a mailbox's UIDs: when it changes, every remembered [`Uid`] is void (RFC 9051 §2.3.1.1).
///
/// Servers without persistent UIDs send 0 or nothing (H27); see [`UidValidity::is_persistent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UidValidity(u32);

impl UidValidity {
    /// Takes the number as the server sent it, 0 included.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The plain number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether UIDs may be remembered beyond this session. 0 promises nothing.
    pub const fn is_persistent(self) -> bool {
        self.0 != 0
    }
}

impl fmt::Display for UidValidity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A modification sequence: grows with every change to a message's metadata (RFC 7162 §3).
///
/// RFC 4551 servers used all 64 bits, so any `u64` is accepted from a server (H58), but only values below 2⁶³ may be
/// sent; see [`ModSeq::is_sendable`]. 0 means "no mod-sequences here".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModSeq(u64);

impl ModSeq {
    /// Takes the number as it is.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The plain number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether the value fits the 63 bits that RFC 7162 lets a client send.
    pub const fn is_sendable(self) -> bool {
        self.0 <= i64::MAX.unsigned_abs()
    }
}

impl fmt::Display for ModSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn uids_are_never_zero() {
        assert_eq!(Uid::new(0), None);
        assert_eq!(Uid::new(7).map(Uid::get), Some(7));
        assert_eq!(Uid::MAX.get(), u32::MAX);
        assert_eq!("42".parse::<Uid>(), Ok(Uid::new(42).unwrap()));
        for bad in ["", "0", "+5", "-1", " 1", "4294967296", "1\r\nA9 LOGOUT"] {
            assert!(bad.parse::<SeqNum>().is_err(), "{bad:?}");
        }
        assert_eq!("0".parse::<Uid>().unwrap_err().to_string(), "UID: is 0");
    }

    #[test]
    fn options_cost_nothing() {
        assert_eq!(size_of::<Option<Uid>>(), 4);
    }

    #[test]
    fn zero_and_huge_values_from_servers_are_kept() {
        assert!(!UidValidity::new(0).is_persistent());
        assert!(UidValidity::new(1).is_persistent());
        assert!(ModSeq::new(9_223_372_036_854_775_807).is_sendable());
        assert!(!ModSeq::new(9_223_372_036_854_775_808).is_sendable());
    }
}
