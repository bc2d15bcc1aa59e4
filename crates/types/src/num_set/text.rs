//! Number sets as text: the canonical form that is sent, and what people type (RFC 9051 §9 `sequence-set`).
//!
//! Reading is strict, since this text comes from the caller and must not smuggle anything into a command (T071). What
//! servers send is read by the codec, which is tolerant (H62).

use super::{NumSet, Open, algebra};
use crate::number::parse_u32;
use crate::{Invalid, Number};
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

const WHAT: &str = "sequence set";

/// One bound of a range: a number, or `None` for `*`.
fn bound(text: &str, at: usize) -> Result<Option<u32>, Invalid> {
    if text == "*" {
        return Ok(None);
    }
    match parse_u32(WHAT, text, at)? {
        0 => Err(Invalid::new(WHAT, "contains 0").at(at)),
        number => Ok(Some(number)),
    }
}

impl<N: Number> FromStr for NumSet<N> {
    type Err = Invalid;

    /// Reads `1:5,9,20:*`, in any order. An empty text is refused: IMAP has no way to say the empty set.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::new(WHAT, "is empty"));
        }
        let (mut ranges, mut open, mut at) = (Vec::new(), Open::No, 0_usize);
        for element in text.split(',') {
            let (first, second) = element.split_once(':').unwrap_or((element, element));
            let second_at = at.saturating_add(element.len()).saturating_sub(second.len());
            match (bound(first, at)?, bound(second, second_at)?) {
                (Some(a), Some(b)) => ranges.push((a, b)),
                (Some(n), None) | (None, Some(n)) => open = open.or(Open::From(n)),
                (None, None) => open = open.or(Open::Last),
            }
            at = at.saturating_add(element.len()).saturating_add(1);
        }
        algebra::normalise(&mut ranges);
        let mut set = Self { ranges, open, number: PhantomData };
        if let Open::From(open) = open {
            set.open = Open::From(set.pull_down(open));
        }
        Ok(set)
    }
}

impl<N> fmt::Display for NumSet<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for &(a, b) in &self.ranges {
            if a == b {
                write!(f, "{comma}{a}")?;
            } else {
                write!(f, "{comma}{a}:{b}")?;
            }
            comma = ",";
        }
        match self.open {
            Open::No => Ok(()),
            Open::Last => write!(f, "{comma}*"),
            Open::From(n) => write!(f, "{comma}{n}:*"),
        }
    }
}

impl<N: Number> fmt::Debug for NumSet<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} set {{{self}}}", N::NAME)
    }
}
