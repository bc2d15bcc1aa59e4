//! Numbers: `number = 1*DIGIT`, and what servers send in its place.
//!
//! Separate from the other tokens because half of it is tolerance: NIL (H44), quotes (H45), signs (H55), fractions and exponents (H56).
//! RFC 9051 §9 `number`, `number64`.
//!
//! Invariant: a number is exact or it is not there; nothing wraps.

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;

impl Cursor<'_> {
    /// Digits, up to 64 bits; leading zeros are allowed (H60), signs are not.
    #[inline]
    pub(crate) fn number(&mut self) -> Parsed<u64> {
        let start = self.pos();
        let mut value: u64 = 0;
        while let Some(digit) = self.peek().map(|octet| octet.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.bump();
        }
        match self.pos().wrapping_sub(start) {
            0 => Err(Expected("a number")),
            // Nineteen digits cannot overflow.
            1..=19 => Ok(value),
            _ => self.long_number(start),
        }
    }

    #[cold]
    fn long_number(&self, start: usize) -> Parsed<u64> {
        let digits = core::str::from_utf8(self.since(start)).ok();
        digits.and_then(|digits| digits.parse().ok()).ok_or(Expected("a number of at most 64 bits"))
    }

    /// Digits, up to 32 bits.
    #[inline]
    pub(crate) fn number32(&mut self) -> Parsed<u32> {
        let start = self.pos();
        let value = self.number()?;
        u32::try_from(value).map_err(|_| {
            self.set_pos(start);
            Expected("a number of at most 32 bits")
        })
    }

    /// A count or size as servers write it: digits; `None` for NIL (H44), a negative number (H55), and a number that is not exact (H56).
    /// Also in quotes (H45).
    #[inline]
    pub(crate) fn count(&mut self) -> Parsed<Option<u64>> {
        if !self.peek().is_some_and(|octet| octet.is_ascii_digit()) {
            return self.odd_count();
        }
        let start = self.pos();
        match self.number() {
            Ok(value) if !matches!(self.peek(), Some(b'.' | b'e' | b'E')) => Ok(Some(value)),
            _ => {
                self.set_pos(start);
                self.decimal()
            }
        }
    }

    #[cold]
    fn odd_count(&mut self) -> Parsed<Option<u64>> {
        match self.peek() {
            Some(b'-') => {
                self.note(hazard::NEGATIVE);
                self.bump();
                self.decimal().map(|_| None)
            }
            Some(b'"') => {
                self.note(hazard::STRING_OR_ATOM);
                self.bump();
                let value = if self.peek() == Some(b'"') { None } else { self.count_in_quotes()? };
                self.expect(b'"', "a quote after the number")?;
                Ok(value)
            }
            _ if self.nil() => {
                self.note(hazard::NIL);
                Ok(None)
            }
            _ => Err(Expected("a number")),
        }
    }

    fn count_in_quotes(&mut self) -> Parsed<Option<u64>> {
        match self.peek() {
            Some(b'-') => self.odd_count(),
            _ => self.decimal(),
        }
    }

    /// mail.ru prints sizes like `9.3736e+06` (H56): the integer if it is one, else nothing.
    fn decimal(&mut self) -> Parsed<Option<u64>> {
        let mut mantissa: Option<u128> = Some(0);
        let mut scale: i32 = 0;
        let mut digits: usize = 0;
        let mut fraction = false;
        while let Some(octet) = self.peek() {
            if octet == b'.' && !fraction {
                fraction = true;
            } else if octet.is_ascii_digit() {
                let digit = u128::from(octet.wrapping_sub(b'0'));
                mantissa = mantissa.and_then(|m| m.checked_mul(10)).and_then(|m| m.checked_add(digit));
                scale = scale.saturating_sub(i32::from(fraction));
                digits = digits.saturating_add(1);
            } else {
                break;
            }
            self.bump();
        }
        if digits == 0 {
            return Err(Expected("a number"));
        }
        let exponent = if matches!(self.peek(), Some(b'e' | b'E')) { self.exponent()? } else { 0 };
        if fraction || exponent != 0 {
            self.note(hazard::DECIMAL);
        }
        Ok(mantissa.and_then(|m| exact(m, scale.saturating_add(exponent))))
    }

    fn exponent(&mut self) -> Parsed<i32> {
        self.bump();
        let negative = self.peek() == Some(b'-');
        if negative || self.peek() == Some(b'+') {
            self.bump();
        }
        let value = i32::try_from(self.number()?).unwrap_or(i32::MAX);
        Ok(if negative { value.saturating_neg() } else { value })
    }
}

/// `mantissa` × 10^`scale` if that is an integer of 64 bits.
fn exact(mantissa: u128, scale: i32) -> Option<u64> {
    if mantissa == 0 {
        return Some(0);
    }
    let power = 10_u128.checked_pow(scale.unsigned_abs())?;
    let value = if scale >= 0 {
        mantissa.checked_mul(power)?
    } else if mantissa.checked_rem(power)? == 0 {
        mantissa.checked_div(power)?
    } else {
        return None;
    };
    u64::try_from(value).ok()
}
