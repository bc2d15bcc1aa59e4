//! A part of a section: `<origin.length>` (RFC 9051 §6.4.5).
//!
//! Separate from [`Section`](crate::Section) because a reply names only the origin and BINARY uses it too. The length is
//! never 0: the grammar asks for a non-zero number, and servers answer 0 in several ways.

use crate::Invalid;
use core::fmt;

/// Asks for `length` octets starting at octet `origin`; the server may answer with fewer at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partial {
    origin: u64,
    length: u64,
}

impl Partial {
    /// Makes a partial range; fails if `length` is 0 or a number needs more than 63 bits.
    pub const fn new(origin: u64, length: u64) -> Result<Self, Invalid> {
        const LIMIT: u64 = i64::MAX.unsigned_abs();
        if length == 0 {
            return Err(Invalid::new("partial", "has length 0"));
        }
        if origin > LIMIT || length > LIMIT {
            return Err(Invalid::new("partial", "exceeds 63 bits"));
        }
        Ok(Self { origin, length })
    }

    /// The first octet wanted, counted from 0.
    pub const fn origin(self) -> u64 {
        self.origin
    }

    /// How many octets are wanted at most.
    pub const fn length(self) -> u64 {
        self.length
    }
}

impl fmt::Display for Partial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}.{}>", self.origin, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn writes_origin_and_length() {
        assert_eq!(Partial::new(0, 100).unwrap().to_string(), "<0.100>");
        assert!(Partial::new(5, 0).is_err());
        assert!(Partial::new(u64::MAX, 1).is_err());
        assert!(Partial::new(0, i64::MAX.unsigned_abs()).is_ok());
    }
}
