//! Days and fields of the proleptic Gregorian calendar, both ways, for years 0 to 9999.
//!
//! Separate because this is arithmetic and nothing else. The method is Howard Hinnant's `days_from_civil`: count years
//! from March, so that the leap day is the last of its year.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "years are at most 9999 and days are checked first, so every value is far inside i64; const fn rules out From"
)]

/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;
/// Days in the 400 years after which the calendar repeats.
const ERA: i64 = 146_097;

/// How many days a month has; 0 if there is no such month.
pub(super) const fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Days since 1970-01-01 of a date that exists.
pub(super) const fn days_from_civil(year: u16, month: u8, day: u8) -> i64 {
    let (year, month, day) = (year as i64, month as i64, day as i64);
    let (march_year, march_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = march_year.div_euclid(400);
    let year_of_era = march_year.rem_euclid(400);
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    era * ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - EPOCH
}

/// Year, month and day so many days after 1970-01-01; `None` outside the years 0 to 9999.
pub(super) fn civil_from_days(days: i64) -> Option<(u16, u8, u8)> {
    if !(days_from_civil(0, 1, 1)..=days_from_civil(9999, 12, 31)).contains(&days) {
        return None;
    }
    let days = days + EPOCH;
    let (era, day_of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let (month, carry) = if march_month < 10 { (march_month + 3, 0) } else { (march_month - 9, 1) };
    let year = era * 400 + year_of_era + carry;
    Some((u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?))
}

/// Seconds since 1970-01-01 00:00 UTC of a local time at an offset east of UTC.
pub(super) const fn seconds(days: i64, hour: u8, minute: u8, second: u8, offset_minutes: i16) -> i64 {
    days * DAY + hour as i64 * 3600 + minute as i64 * 60 + second as i64 - offset_minutes as i64 * 60
}

/// Hour, minute and second of a second of the day.
pub(super) fn clock(second_of_day: i64) -> (u8, u8, u8) {
    let field = |value: i64| u8::try_from(value).unwrap_or(0);
    (field(second_of_day / 3600), field(second_of_day / 60 % 60), field(second_of_day % 60))
}
