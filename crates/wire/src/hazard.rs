//! The oddities of servers that decoding tolerates, each under its id of the hazard catalogue (H01–H96). No RFC allows them.
//!
//! Separate because a tolerance that nobody counts is a silent guess: whatever a decoder lets pass it notes here, with
//! [`Cursor::note`](crate::cursor::Cursor::note), and [`Repairs`] tells how often, [`Warning`] what the first one looked like.
//!
//! Invariants: noting costs one `or`; memory is bounded by the number of hazards, not by what a server sends.

use alloc::boxed::Box;
use core::fmt;

/// Declares the hazards: constant, number in the catalogue, what was tolerated.
macro_rules! hazards {
    ($($NAME:ident = $number:literal, $id:literal, $what:literal;)+) => {
        $(#[doc = $what] pub(crate) const $NAME: Hazard = Hazard { number: $number, id: $id, what: $what };)+
        const ALL: &[Hazard] = &[$($NAME),+];
    };
}

hazards! {
    BARE_LF = 10, "H10", "a line ends with LF instead of CRLF";
    STRAY_LINE_END = 16, "H16", "a line end after a literal that was announced too short";
    BARE_CODE = 18, "H18", "a status line without its status word or tag";
    FETCH_LEFTOVER = 19, "H19", "data after the end of a FETCH row";
    NO_CODE_END = 22, "H22", "a response code without its closing bracket";
    NOT_A_CODE = 23, "H23", "brackets that hold no response code";
    COPYUID = 25, "H25", "a COPYUID code that names no messages";
    ZERO = 27, "H27", "0 where a number above 0 is required";
    STATUS = 28, "H28", "an odd STATUS response";
    TAGGED_BYE = 31, "H31", "BYE with a tag";
    CONTINUATION = 32, "H32", "a continuation request without its space";
    CAPABILITY = 37, "H37", "an odd capability list";
    TRAILING_SPACE = 39, "H39", "a space at the end of a line";
    NIL = 44, "H44", "NIL where a value is required";
    STRING_OR_ATOM = 45, "H45", "a string where an atom is required, or the reverse";
    UNESCAPED_QUOTE = 47, "H47", "an unescaped quote in a quoted string";
    ODD_ATOM = 50, "H50", "an atom with characters that atoms cannot have";
    ODD_FLAGS = 51, "H51", "an odd flag in a flag list";
    NESTED_FLAGS = 52, "H52", "a list inside a flag list";
    EMPTY_FLAG = 53, "H53", "a flag without a name";
    NEGATIVE = 55, "H55", "a negative number";
    DECIMAL = 56, "H56", "a number with a fraction or an exponent";
    MOD_SEQ = 58, "H58", "a mod-sequence above 63 bits";
    SPACING = 61, "H61", "extra or missing spaces";
    SET = 62, "H62", "an odd sequence set";
    DATE = 63, "H63", "a date that is none";
    ADDRESS = 67, "H67", "an odd entry in an address list";
    ENVELOPE_FIELDS = 68, "H68", "an envelope with missing fields";
    ADDRESS_FIELDS = 69, "H69", "an address without exactly four strings";
    ENVELOPE_NESTED = 70, "H70", "an envelope in extra parentheses";
    CHILDLESS = 71, "H71", "a multipart without parts";
    NIL_PART = 72, "H72", "a body part without a media type";
    NO_SUBTYPE = 73, "H73", "a body part without a subtype";
    BASIC_MULTIPART = 74, "H74", "a multipart described as a single part";
    DISPOSITION = 75, "H75", "an odd content disposition";
    BODY_FIELDS = 76, "H76", "body fields in another order";
    EMPTY_LIST = 77, "H77", "an empty list where NIL or a string is required";
    LANGUAGE_NIL = 78, "H78", "NIL in a list of languages";
    NIL_FIELD = 79, "H79", "NIL for an encoding or a parameter";
    BARE_MESSAGE = 81, "H81", "a nested message without its structure";
    DEPTH = 82, "H82", "nesting beyond the limit, cut off";
    ORIGIN = 84, "H84", "an odd partial suffix";
    NO_VALUE = 85, "H85", "an item without a value";
    REPEATED_ITEM = 87, "H87", "an item twice in one row";
    SEQ_ZERO = 88, "H88", "message number 0";
    SEARCH = 90, "H90", "an odd SEARCH response";
    ESEARCH = 91, "H91", "an odd ESEARCH response";
    QUOTA = 93, "H93", "an odd QUOTA response";
    UTF7 = 95, "H95", "a mailbox name in malformed modified UTF-7";
    LIST = 96, "H96", "an odd LIST response";
}

/// One kind of tolerated oddity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hazard {
    number: u8,
    id: &'static str,
    what: &'static str,
}

/// The hazards met while decoding one response.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Noted(u128);

impl Noted {
    #[inline]
    pub(crate) fn insert(&mut self, hazard: Hazard) {
        self.0 |= 1_u128.wrapping_shl(u32::from(hazard.number));
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    fn contains(self, hazard: Hazard) -> bool {
        self.0 & 1_u128.wrapping_shl(u32::from(hazard.number)) != 0
    }
}

/// How many responses of a connection had to be read with which tolerance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repairs {
    /// In the order of [`ALL`]; empty until the first repair.
    counts: alloc::vec::Vec<u64>,
    /// Hazards whose first occurrence has not been told yet.
    untold: alloc::collections::VecDeque<Warning>,
}

/// The first time a server was odd in one particular way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Id in the hazard catalogue, `"H47"`.
    pub hazard: &'static str,
    /// What was tolerated, for people.
    pub what: &'static str,
    /// The beginning of the response, escaped, strings blanked out.
    pub snippet: Box<str>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.what, self.hazard, self.snippet)
    }
}

impl Repairs {
    /// Responses that were odd in the way named by its catalogue id, `"H47"`.
    pub fn count(&self, hazard: &str) -> u64 {
        self.iter().find(|(id, _)| *id == hazard).map_or(0, |(_, count)| count)
    }

    /// Every kind of oddity met so far, with the number of responses that had it.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        ALL.iter().zip(&self.counts).filter(|(_, count)| **count > 0).map(|(hazard, count)| (hazard.id, *count))
    }

    /// True when everything so far was as the RFCs want it.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Counts what was noted for one response. `snippet` is called for the first occurrence of each kind only.
    pub(crate) fn record(&mut self, noted: Noted, mut snippet: impl FnMut() -> Box<str>) {
        self.counts.resize(ALL.len(), 0);
        for (hazard, count) in ALL.iter().zip(&mut self.counts) {
            if noted.contains(*hazard) {
                if *count == 0 {
                    self.untold.push_back(Warning { hazard: hazard.id, what: hazard.what, snippet: snippet() });
                }
                *count = count.saturating_add(1);
            }
        }
    }

    pub(crate) fn take_warning(&mut self) -> Option<Warning> {
        self.untold.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_numbers_agree_and_are_unique() {
        for (n, hazard) in ALL.iter().enumerate() {
            assert_eq!(hazard.id, alloc::format!("H{:02}", hazard.number));
            assert!(ALL[n + 1..].iter().all(|other| other.number > hazard.number), "{} is out of order", hazard.id);
        }
    }

    #[test]
    fn the_first_of_each_kind_is_told_once_and_all_are_counted() {
        let mut repairs = Repairs::default();
        let mut noted = Noted::default();
        noted.insert(UNESCAPED_QUOTE);
        noted.insert(NEGATIVE);
        for _ in 0..1000 {
            repairs.record(noted, || "x".into());
        }
        assert_eq!(repairs.iter().collect::<alloc::vec::Vec<_>>(), [("H47", 1000), ("H55", 1000)]);
        assert_eq!((repairs.count("H47"), repairs.count("H10")), (1000, 0));
        assert_eq!(repairs.take_warning().unwrap().hazard, "H47");
        assert_eq!(repairs.take_warning().unwrap().hazard, "H55");
        assert_eq!(repairs.take_warning(), None);
    }
}
