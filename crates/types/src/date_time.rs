//! Dates: the day of a search, the moment a message arrived, the Date header (RFC 9051 §9 `date`, `date-time`).
//!
//! Kept as the local fields and the offset the server gave, since an archive should write back what it read; comparison
//! is by instant. Only the Gregorian calendar, years 0 to 9999, no clock: "now" is the caller's. Reading is here only for
//! what people type and for the Date header ([`DateTime::parse_rfc5322`]); INTERNALDATE is read by the codec.

mod calendar;
mod rfc5322;

use crate::Invalid;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The number, 1 to 12, of a month given by its first three letters in any case.
fn month_number(name: &[u8]) -> Option<u8> {
    let at = MONTHS.iter().position(|month| month.as_bytes().eq_ignore_ascii_case(name))?;
    u8::try_from(at).ok()?.checked_add(1)
}

fn month_name(number: u8) -> &'static str {
    MONTHS.get(usize::from(number).saturating_sub(1)).copied().unwrap_or("Jan")
}

/// A day of the calendar, without a time zone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// A day that exists: year 0 to 9999, month from 1, day from 1.
    pub const fn new(year: u16, month: u8, day: u8) -> Result<Self, Invalid> {
        if year > 9999 {
            return Err(Invalid::new("date", "has a year beyond 9999"));
        }
        if day == 0 || day > calendar::days_in_month(year, month) {
            return Err(Invalid::new("date", "names a day that does not exist"));
        }
        Ok(Self { year, month, day })
    }

    /// The year, 0 to 9999.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The day after so many days since 1970-01-01; `None` outside the years 0 to 9999.
    pub fn from_unix_days(days: i64) -> Option<Self> {
        let (year, month, day) = calendar::civil_from_days(days)?;
        Self::new(year, month, day).ok()
    }

    /// Days since 1970-01-01, negative before.
    pub const fn unix_days(self) -> i64 {
        calendar::days_from_civil(self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = Invalid;

    /// Reads `1-Feb-2026`, the form of IMAP, or `2026-02-01`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let broken = Invalid::new("date", "is neither like 1-Feb-2026 nor like 2026-02-01");
        let mut fields = text.split('-');
        let (Some(a), Some(b), Some(c), None) = (fields.next(), fields.next(), fields.next(), fields.next()) else {
            return Err(broken);
        };
        let (year, month, day) = match month_number(b.as_bytes()) {
            Some(month) => (c, Some(month), a),
            None => (a, digits(b, 2..=2).and_then(|month| u8::try_from(month).ok()), c),
        };
        match (digits(year, 4..=4), month, digits(day, 1..=2).and_then(|day| u8::try_from(day).ok())) {
            (Some(year), Some(month), Some(day)) => Self::new(year, month, day),
            _ => Err(broken),
        }
    }
}

/// A number of as many decimal digits as `lengths` allows, nothing else.
fn digits(text: &str, lengths: core::ops::RangeInclusive<usize>) -> Option<u16> {
    let plain = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Date {
    /// Writes `1-Feb-2026`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:04}", self.day, month_name(self.month), self.year)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Date({self})")
    }
}

/// A moment, in the time zone it was given in. Two are equal when they are the same instant.
#[derive(Clone, Copy)]
pub struct DateTime {
    date: Date,
    hour: u8,
    minute: u8,
    second: u8,
    offset_minutes: i16,
}

impl DateTime {
    /// A moment by its local fields and the offset of its zone east of UTC, in minutes (less than 100 hours, as four
    /// digits can say). Second 60 is allowed: leap seconds are on record.
    pub const fn new(date: Date, hour: u8, minute: u8, second: u8, offset_minutes: i16) -> Result<Self, Invalid> {
        if hour > 23 || minute > 59 || second > 60 {
            return Err(Invalid::new("date-time", "names a time that does not exist"));
        }
        if offset_minutes.unsigned_abs() >= 6000 {
            return Err(Invalid::new("date-time", "has a zone offset beyond 99 hours"));
        }
        Ok(Self { date, hour, minute, second, offset_minutes })
    }

    /// A moment by its seconds since 1970-01-01 00:00 UTC, shown at an offset east of UTC; `None` if its local year is
    /// outside 0 to 9999 or the offset is beyond 99 hours.
    pub fn from_unix(seconds: i64, offset_minutes: i16) -> Option<Self> {
        let local = seconds.checked_add(i64::from(offset_minutes).checked_mul(60)?)?;
        let date = Date::from_unix_days(local.div_euclid(calendar::DAY))?;
        let (hour, minute, second) = calendar::clock(local.rem_euclid(calendar::DAY));
        Self::new(date, hour, minute, second, offset_minutes).ok()
    }

    /// Seconds since 1970-01-01 00:00 UTC, negative before.
    pub const fn unix_seconds(self) -> i64 {
        calendar::seconds(self.date.unix_days(), self.hour, self.minute, self.second, self.offset_minutes)
    }

    /// The local day.
    pub const fn date(self) -> Date {
        self.date
    }

    /// The local hour, 0 to 23.
    pub const fn hour(self) -> u8 {
        self.hour
    }

    /// The minute, 0 to 59.
    pub const fn minute(self) -> u8 {
        self.minute
    }

    /// The second, 0 to 60.
    pub const fn second(self) -> u8 {
        self.second
    }

    /// The zone's offset east of UTC, in minutes.
    pub const fn offset_minutes(self) -> i16 {
        self.offset_minutes
    }

    /// Sign, hours and minutes of the zone.
    fn zone(self) -> (char, u16, u16) {
        let minutes = self.offset_minutes.unsigned_abs();
        (if self.offset_minutes < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
    }

    /// Writes `2026-02-01T10:00:00+01:00` (RFC 3339).
    pub fn to_rfc3339(self) -> alloc::string::String {
        let Self { date: Date { year, month, day }, hour, minute, second, .. } = self;
        let (sign, zone_hours, zone_minutes) = self.zone();
        alloc::format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{zone_hours:02}:{zone_minutes:02}"
        )
    }

    /// Reads the value of a Date header (RFC 5322 §3.3, §4.3), with the tolerance that real mail needs: the weekday is
    /// optional, zones may be old names or absent (then UTC), years may have two digits, comments may stand anywhere.
    /// `None` if no moment can be made out.
    pub fn parse_rfc5322(value: &[u8]) -> Option<Self> {
        rfc5322::parse(value)
    }
}

impl FromStr for DateTime {
    type Err = Invalid;

    /// Reads RFC 3339, `2026-02-01T10:00:00+01:00`; a space or `t` may stand for `T`, `Z` for the zone. Fractions of a
    /// second are dropped.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        rfc3339(text).unwrap_or(Err(Invalid::new("date-time", "is not like 2026-02-01T10:00:00+01:00")))
    }
}

/// `None` if the shape is wrong, an error if the fields are.
fn rfc3339(text: &str) -> Option<Result<DateTime, Invalid>> {
    let small = |text: &str| digits(text, 2..=2).and_then(|number| u8::try_from(number).ok());
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, mut zone) = rest.split_at_checked(8)?;
    let mut fields = clock.split(':').map(small);
    let (hour, minute, second) = (fields.next()??, fields.next()??, fields.next()??);
    if let Some(fraction) = zone.strip_prefix('.') {
        zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    let offset = if zone.eq_ignore_ascii_case("z") {
        0
    } else {
        let negative = zone.starts_with('-');
        let (hours, minutes) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
        let minutes = i16::from(small(hours)?).checked_mul(60)?.checked_add(i16::from(small(minutes)?))?;
        if negative { minutes.checked_neg()? } else { minutes }
    };
    let date = if date.as_bytes().get(4) == Some(&b'-') { date.parse() } else { return None };
    Some(date.and_then(|date| DateTime::new(date, hour, minute, second, offset)))
}

impl fmt::Display for DateTime {
    /// Writes the form of INTERNALDATE without its quotes: ` 1-Feb-2026 10:00:00 +0100`, the day always two wide.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date: Date { year, month, day }, hour, minute, second, .. } = *self;
        let (sign, zone_hours, zone_minutes) = self.zone();
        write!(f, "{day:2}-{}-{year:04} {hour:02}:{minute:02}:{second:02} ", month_name(month))?;
        write!(f, "{sign}{zone_hours:02}{zone_minutes:02}")
    }
}

impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DateTime({})", self.to_rfc3339())
    }
}

impl PartialEq for DateTime {
    fn eq(&self, other: &Self) -> bool {
        self.unix_seconds() == other.unix_seconds()
    }
}

impl Eq for DateTime {}

impl Hash for DateTime {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.unix_seconds().hash(state);
    }
}

impl PartialOrd for DateTime {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DateTime {
    fn cmp(&self, other: &Self) -> Ordering {
        self.unix_seconds().cmp(&other.unix_seconds())
    }
}

#[cfg(test)]
mod tests;
