//! What SEARCH and SORT are asked to return, and the ESEARCH answer (RFC 4731, 5182, 5267, 6203, 7377, 9394; RFC 9051 §7.3.4).
//!
//! Separate from the keys: they say which messages, this says what about them. Sets in answers stay lists of ranges in the
//! server's order, since SORT answers are ordered and no list may be expanded.

use crate::{Invalid, Mailbox, ModSeq, NumSet, Number, UidValidity};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU32;

/// What to return: `ReturnOptions::new().min().count()`. Empty means a plain SEARCH; `RETURN ()` is never sent, since
/// servers break on it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ReturnOptions {
    bits: u8,
    partial: Option<PartialRange>,
}

const MIN: u8 = 1;
const MAX: u8 = 1 << 1;
const ALL: u8 = 1 << 2;
const COUNT: u8 = 1 << 3;
const SAVE: u8 = 1 << 4;
const RELEVANCY: u8 = 1 << 5;
/// Bit and word, in the order they are sent.
const WORDS: [(u8, &str); 6] =
    [(MIN, "MIN"), (MAX, "MAX"), (ALL, "ALL"), (COUNT, "COUNT"), (SAVE, "SAVE"), (RELEVANCY, "RELEVANCY")];

impl ReturnOptions {
    /// Asks for nothing yet.
    pub const fn new() -> Self {
        Self { bits: 0, partial: None }
    }

    const fn with(self, bit: u8) -> Self {
        Self { bits: self.bits | bit, partial: self.partial }
    }

    /// The lowest number found.
    pub const fn min(self) -> Self {
        self.with(MIN)
    }

    /// The highest number found.
    pub const fn max(self) -> Self {
        self.with(MAX)
    }

    /// All numbers found.
    pub const fn all(self) -> Self {
        self.with(ALL)
    }

    /// How many were found.
    pub const fn count(self) -> Self {
        self.with(COUNT)
    }

    /// Keep the result on the server, for [`Key::Saved`](crate::Key::Saved) (RFC 5182).
    pub const fn save(self) -> Self {
        self.with(SAVE)
    }

    /// How well each message matches (RFC 6203).
    pub const fn relevancy(self) -> Self {
        self.with(RELEVANCY)
    }

    /// Only a window of the result (RFC 9394).
    pub const fn partial(self, range: PartialRange) -> Self {
        Self { bits: self.bits, partial: Some(range) }
    }

    /// Whether nothing is asked for.
    pub const fn is_empty(self) -> bool {
        self.bits == 0 && self.partial.is_none()
    }

    /// Whether the lowest number is asked for.
    pub const fn has_min(self) -> bool {
        self.bits & MIN != 0
    }

    /// Whether the highest number is asked for.
    pub const fn has_max(self) -> bool {
        self.bits & MAX != 0
    }

    /// Whether all numbers are asked for.
    pub const fn has_all(self) -> bool {
        self.bits & ALL != 0
    }

    /// Whether the count is asked for.
    pub const fn has_count(self) -> bool {
        self.bits & COUNT != 0
    }

    /// Whether the result is to be kept.
    pub const fn has_save(self) -> bool {
        self.bits & SAVE != 0
    }

    /// Whether relevancy is asked for.
    pub const fn has_relevancy(self) -> bool {
        self.bits & RELEVANCY != 0
    }

    /// The window asked for.
    pub const fn partial_range(self) -> Option<PartialRange> {
        self.partial
    }
}

impl fmt::Display for ReturnOptions {
    /// Writes `MIN COUNT PARTIAL 1:500`, without parentheses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut space = "";
        for (bit, word) in WORDS {
            if self.bits & bit != 0 {
                write!(f, "{space}{word}")?;
                space = " ";
            }
        }
        match self.partial {
            Some(range) => write!(f, "{space}PARTIAL {range}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ReturnOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReturnOptions({self})")
    }
}

/// A window of a result: the `first` to the `last` message found, counted from 1 at either end (RFC 9394).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PartialRange {
    first: NonZeroU32,
    last: NonZeroU32,
    from_end: bool,
}

impl PartialRange {
    /// A window counted from the oldest message, `1:500`; fails if a bound is 0.
    pub const fn new(first: u32, last: u32) -> Result<Self, Invalid> {
        Self::checked(first, last, false)
    }

    /// A window counted from the newest message, `-1:-500`; fails if a bound is 0.
    pub const fn from_end(first: u32, last: u32) -> Result<Self, Invalid> {
        Self::checked(first, last, true)
    }

    const fn checked(first: u32, last: u32, from_end: bool) -> Result<Self, Invalid> {
        match (NonZeroU32::new(first), NonZeroU32::new(last)) {
            (Some(first), Some(last)) => Ok(Self { first, last, from_end }),
            _ => Err(Invalid::new("partial range", "contains 0")),
        }
    }

    /// The bound named first, from 1.
    pub const fn first(self) -> u32 {
        self.first.get()
    }

    /// The bound named last, from 1.
    pub const fn last(self) -> u32 {
        self.last.get()
    }

    /// Whether counting starts at the newest message.
    pub const fn is_from_end(self) -> bool {
        self.from_end
    }
}

impl fmt::Display for PartialRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.from_end { "-" } else { "" };
        write!(f, "{sign}{}:{sign}{}", self.first, self.last)
    }
}

/// What ESEARCH answered; `None` is what the server did not say. Numbers are UIDs if `uid` says so, else sequence numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Esearch {
    /// The command that asked, as the server spelled its tag. An answer with another tag is not ours (H91).
    pub tag: Option<Box<str>>,
    /// Whether the numbers are UIDs.
    pub uid: bool,
    /// The lowest number found; 0 from broken servers is `None`.
    pub min: Option<u32>,
    /// The highest number found; 0 from broken servers is `None`.
    pub max: Option<u32>,
    /// All numbers found; for SORT in sorted order.
    pub all: Option<Vec<(u32, u32)>>,
    /// How many were found.
    pub count: Option<u64>,
    /// The highest mod-sequence of the messages found (RFC 7162).
    pub mod_seq: Option<ModSeq>,
    /// The window as the server repeats it, and the numbers in it; NIL is empty (RFC 9394).
    #[allow(clippy::type_complexity, reason = "a plain list of pairs reads best written out")]
    pub partial: Option<(Box<str>, Vec<(u32, u32)>)>,
    /// The mailbox searched, when several were (RFC 7377).
    pub mailbox: Option<Mailbox>,
    /// The epoch of that mailbox's UIDs.
    pub uid_validity: Option<UidValidity>,
    /// Messages that came to match: position in the result (0 if unsorted) and numbers (RFC 5267).
    pub add_to: Vec<(u32, Vec<(u32, u32)>)>,
    /// Messages that match no more: position and numbers (RFC 5267).
    pub remove_from: Vec<(u32, Vec<(u32, u32)>)>,
    /// Return data we do not know: name and raw value.
    pub other: Vec<(Box<str>, Box<[u8]>)>,
}

impl Esearch {
    /// All numbers found, as a set; empty if the server named none. The caller knows whether they are UIDs.
    pub fn all_set<N: Number>(&self) -> NumSet<N> {
        NumSet::from_sorted_ranges(self.all.clone().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UidSet;
    use alloc::string::ToString;

    #[test]
    fn options_are_written_in_fixed_order() {
        let options = ReturnOptions::new().count().min().save();
        assert_eq!(options.to_string(), "MIN COUNT SAVE");
        assert!(options.has_save() && !options.has_all() && ReturnOptions::new().is_empty());
        let window = PartialRange::from_end(1, 100).unwrap();
        assert_eq!(ReturnOptions::new().all().partial(window).to_string(), "ALL PARTIAL -1:-100");
        assert_eq!(PartialRange::new(1, 500).unwrap().to_string(), "1:500");
        assert!(PartialRange::new(0, 5).is_err());
    }

    #[test]
    fn an_answer_becomes_a_set() {
        let answer = Esearch { all: Some([(9, 9), (2, 4)].into()), ..Esearch::default() };
        assert_eq!(answer.all_set::<crate::Uid>(), "2:4,9".parse::<UidSet>().unwrap());
        assert!(Esearch::default().all_set::<crate::SeqNum>().is_empty());
    }
}
