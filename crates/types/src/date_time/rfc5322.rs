//! The Date header, tolerantly (RFC 5322 §3.3 and the obsolete forms of §4.3).
//!
//! Separate because it is the one tolerant reader of this crate: envelopes carry the sender's date text verbatim, and sorting
//! mail by it needs a moment. Fields are told apart by their looks, not their place, so `Sun Feb  1 10:00:00 2026` and
//! `1-Feb-26 10:00 EST` work too. One pass over the bytes; nested comments are counted, not recursed into.

use super::{Date, DateTime, month_number};
use alloc::vec::Vec;

/// The fields found so far.
#[derive(Default)]
struct Found {
    day: Option<u8>,
    month: Option<u8>,
    year: Option<u16>,
    clock: Option<(u8, u8, u8)>,
    offset: Option<i16>,
}

pub(super) fn parse(value: &[u8]) -> Option<DateTime> {
    let mut found = Found::default();
    let clean = without_comments(value);
    let mut rest = clean.as_slice();
    while let Some(word) = next_word(&mut rest) {
        found.take(word);
    }
    let date = Date::new(found.year?, found.month?, found.day?).ok()?;
    let (hour, minute, second) = found.clock?;
    DateTime::new(date, hour, minute, second, found.offset.unwrap_or(0)).ok()
}

/// The value with one space for each comment or separator, and none around the colons of a time.
fn without_comments(value: &[u8]) -> Vec<u8> {
    let mut clean = Vec::with_capacity(value.len());
    let (mut depth, mut escaped) = (0_usize, false);
    for &byte in value {
        let in_comment = depth > 0;
        match byte {
            _ if escaped => {}
            b'(' => depth = depth.saturating_add(1),
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = in_comment && !escaped && byte == b'\\';
        match byte {
            _ if in_comment => {}
            b'(' | b')' | b',' | b' ' | b'\t' | b'\r' | b'\n' => {
                if clean.last() != Some(&b':') {
                    clean.push(b' ');
                }
            }
            b':' => {
                let end = clean.iter().rposition(|&kept| kept != b' ').map_or(0, |at| at.saturating_add(1));
                clean.truncate(end);
                clean.push(b':');
            }
            _ => clean.push(byte),
        }
    }
    clean
}

/// Cuts off the next word. Spaces separate words; a sign begins a new one.
fn next_word<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let start = rest.iter().position(|&byte| byte != b' ')?;
    let word = rest.get(start..)?;
    let len = word.iter().skip(1).position(|byte| b" -+".contains(byte)).map_or(word.len(), |at| at.saturating_add(1));
    let (word, tail) = word.split_at_checked(len)?;
    *rest = tail;
    Some(word)
}

impl Found {
    /// Takes a word for the field it looks like; what looks like nothing, such as a weekday, is left out.
    fn take(&mut self, word: &[u8]) {
        let (sign, body) = match word.split_first() {
            Some((&sign @ (b'+' | b'-'), body)) => (Some(sign), body),
            _ => (None, word),
        };
        if body.contains(&b':') {
            self.clock = self.clock.or_else(|| clock(body));
        } else if body.first().is_some_and(u8::is_ascii_digit) {
            match sign {
                // Before the time, a hyphen joins day, month and year.
                Some(sign) if self.clock.is_some() => self.offset = numeric_zone(sign, body).or(self.offset),
                _ if self.day.is_none() && body.len() <= 2 => self.day = small(body),
                _ if self.year.is_none() => self.year = year(body),
                _ => {}
            }
        } else if let (None, Some(month)) = (self.month, body.get(..3).and_then(month_number)) {
            self.month = Some(month);
        } else if self.clock.is_some() && self.offset.is_none() {
            self.offset = named_zone(body);
        }
    }
}

/// A number of one or two digits.
fn small(digits: &[u8]) -> Option<u8> {
    u8::try_from(number(digits, 2)?).ok()
}

/// A number of at most `longest` digits, four at most.
fn number(digits: &[u8], longest: usize) -> Option<u16> {
    if digits.is_empty() || digits.len() > longest || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    core::str::from_utf8(digits).ok()?.parse().ok()
}

/// A year; two and three digits as RFC 5322 §4.3 reads them.
fn year(digits: &[u8]) -> Option<u16> {
    let year = number(digits, 4)?;
    match (digits.len(), year) {
        (2, 0..=49) => year.checked_add(2000),
        (2 | 3, _) => year.checked_add(1900),
        (4, _) => Some(year),
        _ => None,
    }
}

/// `10:00`, `10:00:00`, `9:5:00.5`.
fn clock(text: &[u8]) -> Option<(u8, u8, u8)> {
    let whole = text.split(|&byte| byte == b'.').next()?;
    let mut fields = whole.split(|&byte| byte == b':').map(small);
    Some((fields.next()??, fields.next()??, fields.next().unwrap_or(Some(0))?))
}

/// `+0100` in minutes east of UTC; nonsense is `None`.
fn numeric_zone(sign: u8, digits: &[u8]) -> Option<i16> {
    let value = i16::try_from(number(digits, 4)?).ok()?;
    let minutes = (value / 100).checked_mul(60)?.checked_add(value % 100)?;
    if digits.len() != 4 || minutes >= 6000 {
        return None;
    }
    if sign == b'-' { minutes.checked_neg() } else { Some(minutes) }
}

/// The zone names of RFC 822; any other says nothing reliable and counts as UTC (RFC 5322 §4.3).
fn named_zone(name: &[u8]) -> Option<i16> {
    const ZONES: [(&[u8], i16); 11] = [
        (b"GMT", 0),
        (b"UTC", 0),
        (b"UT", 0),
        (b"EDT", -240),
        (b"EST", -300),
        (b"CDT", -300),
        (b"CST", -360),
        (b"MDT", -360),
        (b"MST", -420),
        (b"PDT", -420),
        (b"PST", -480),
    ];
    ZONES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, minutes)| minutes)
}
