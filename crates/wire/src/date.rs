//! INTERNALDATE and SAVEDATE: moments as servers write them.
//!
//! Separate from [`DateTime`], which writes the form and knows the calendar: here is what servers send in its place. RFC 9051 §9
//! `date-time`.
//!
//! Invariant: what is no moment is `None`; a date never costs the row it stands in (H63).

use imapkit_types::{Date, DateTime};

/// Reads the content of a quoted ` 1-Feb-2026 10:00:00 +0100`.
///
/// The day may have one digit with or without the space; months may be in any case. `None` for days that do not exist (Domino's
/// `00-Jan-0000`), months in other languages, and times without a zone, which could be any of 26 hours.
pub(crate) fn internal_date(text: &[u8]) -> Option<DateTime> {
    let (day, rest) = match text.trim_ascii() {
        [day, b'-', rest @ ..] => (digit(*day)?, rest),
        [tens, ones, b'-', rest @ ..] => (pair(*tens, *ones)?, rest),
        _ => return None,
    };
    #[rustfmt::skip]
    let [m1, m2, m3, b'-', y1, y2, y3, y4, b' ', h1, h2, b':', n1, n2, b':', s1, s2, b' ', sign, z1, z2, z3, z4] = *rest else {
        return None;
    };
    let year = u16::from(pair(y1, y2)?).checked_mul(100)?.checked_add(u16::from(pair(y3, y4)?))?;
    let date = Date::new(year, month([m1, m2, m3])?, day).ok()?;
    let east = i16::from(pair(z1, z2)?).checked_mul(60)?.checked_add(i16::from(pair(z3, z4)?))?;
    let offset = match sign {
        b'+' => east,
        b'-' => east.checked_neg()?,
        _ => return None,
    };
    DateTime::new(date, pair(h1, h2)?, pair(n1, n2)?, pair(s1, s2)?, offset).ok()
}

fn month(name: [u8; 3]) -> Option<u8> {
    Some(match &name.map(|octet| octet.to_ascii_lowercase()) {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
}

fn pair(tens: u8, ones: u8) -> Option<u8> {
    digit(tens)?.checked_mul(10)?.checked_add(digit(ones)?)
}

fn digit(octet: u8) -> Option<u8> {
    octet.checked_sub(b'0').filter(|digit| *digit <= 9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn reads_what_it_would_write() {
        for text in [
            " 1-Feb-2026 10:00:00 +0100",
            "17-Jul-1996 02:44:25 -0700",
            "29-Feb-2024 23:59:60 +0000",
            "31-Dec-1999 00:00:00 +1345",
        ] {
            assert_eq!(internal_date(text.as_bytes()).unwrap().to_string(), text);
        }
    }

    #[test]
    fn h63_days_and_months_as_servers_write_them() {
        let expected = internal_date(b" 1-Jan-2024 10:00:00 +0000").unwrap();
        for text in ["1-Jan-2024 10:00:00 +0000", "01-JAN-2024 10:00:00 +0000", "  1-jan-2024 10:00:00 -0000 "] {
            assert_eq!(internal_date(text.as_bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn h63_what_is_no_moment_is_none() {
        for text in [
            "00-Jan-0000 00:00:00 +0000",
            "27-JAG-2018 10:00:00 +0000",
            "27-Jan-2018 10:00:00",
            "27-Jan-2018 10:00:00 GMT",
            "30-Feb-2018 10:00:00 +0000",
            "27-Jan-2018 24:00:00 +0000",
            "27-Jan-18 10:00:00 +0000",
            "27-Jan-2018 10:00:00 0+100",
            "Sat, 27 Jan 2018 10:00:00 +0000",
            "",
        ] {
            assert_eq!(internal_date(text.as_bytes()), None, "{text}");
        }
    }
}
