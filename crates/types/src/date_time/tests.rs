//! Dates: the calendar, IMAP's format, and the Date headers people send.

use super::*;
use alloc::string::{String, ToString};
use proptest::prelude::*;

fn rfc5322(value: &str) -> Option<String> {
    DateTime::parse_rfc5322(value.as_bytes()).map(DateTime::to_rfc3339)
}

#[test]
fn days_that_do_not_exist_are_refused() {
    for (year, month, day) in
        [(2026, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0), (10_000, 1, 1)]
    {
        assert!(Date::new(year, month, day).is_err(), "{year}-{month}-{day}");
    }
    assert!(Date::new(2000, 2, 29).is_ok() && Date::new(0, 2, 29).is_ok());
}

#[test]
fn reads_both_forms_of_a_day() {
    for text in ["1-Feb-2026", "01-FEB-2026", "2026-02-01"] {
        assert_eq!(text.parse::<Date>().unwrap().to_string(), "1-Feb-2026");
    }
    for bad in
        ["", "1-Feb-26", "2026-2-1", "1-Feb-2026-", "1-Feb-2026 ", "+1-Feb-2026", "31-Feb-2026", "1-Foo-2026", "a-b-c"]
    {
        assert!(bad.parse::<Date>().is_err(), "{bad:?}");
    }
}

#[test]
fn writes_internaldate() {
    let date = Date::new(2026, 2, 1).unwrap();
    assert_eq!(DateTime::new(date, 10, 0, 0, 60).unwrap().to_string(), " 1-Feb-2026 10:00:00 +0100");
    assert_eq!(DateTime::new(date, 23, 59, 60, -570).unwrap().to_string(), " 1-Feb-2026 23:59:60 -0930");
    for (hour, minute, second, offset) in
        [(24, 0, 0, 0), (0, 60, 0, 0), (0, 0, 61, 0), (0, 0, 0, 6000), (0, 0, 0, i16::MIN)]
    {
        assert!(DateTime::new(date, hour, minute, second, offset).is_err());
    }
    assert!(size_of::<DateTime>() <= 16);
}

#[test]
fn moments_compare_by_instant() {
    let a: DateTime = "2026-02-01T10:00:00+01:00".parse().unwrap();
    let b: DateTime = "2026-02-01 09:00:00.75z".parse().unwrap();
    assert_eq!(a, b);
    assert_eq!(a.unix_seconds(), 1_769_936_400);
    assert_eq!(b.to_rfc3339(), "2026-02-01T09:00:00+00:00");
    assert!(a < "2026-02-01T09:00:01Z".parse().unwrap());
    for bad in [
        "",
        "2026-02-01",
        "2026-02-01T09:00:00",
        "2026-02-01T9:00:00Z",
        "2026-02-01T09:00:00+1:00",
        "2026-02-01T09:00:00é",
        "2026-02-01T25:00:00Z",
        "01-Feb-2026T09:00:00Z",
        "1-Feb-2026T09:00:00Z",
        "2026-02-30T09:00:00Z",
    ] {
        assert!(bad.parse::<DateTime>().is_err(), "{bad:?}");
    }
}

#[test]
fn known_instants() {
    for (seconds, text) in [
        (0, "1970-01-01T00:00:00+00:00"),
        (-1, "1969-12-31T23:59:59+00:00"),
        (951_782_400, "2000-02-29T00:00:00+00:00"),
        (253_402_300_799, "9999-12-31T23:59:59+00:00"),
        (-62_167_219_200, "0000-01-01T00:00:00+00:00"),
    ] {
        assert_eq!(DateTime::from_unix(seconds, 0).unwrap().to_rfc3339(), text);
    }
    for seconds in [253_402_300_800, -62_167_219_201, i64::MAX, i64::MIN] {
        assert!(DateTime::from_unix(seconds, 0).is_none());
    }
    assert!(DateTime::from_unix(0, i16::MAX).is_none());
}

#[test]
fn reads_the_date_header_of_real_mail() {
    for (value, wanted) in [
        ("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"),
        ("Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"),
        ("Thu, 13 Feb 1969 23:32 -0330", "1969-02-13T23:32:00-03:30"),
        ("21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06+00:00"),
        ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T09:55:06-06:00"),
        (
            "Thu,\r\n\t13\r\n\t Feb\r\n\t  1969\r\n\t23:32\r\n\t\t\t-0330 (Newfoundland Time)",
            "1969-02-13T23:32:00-03:30",
        ),
        ("Wed, 4 Feb 04 18:00:00 PST", "2004-02-04T18:00:00-08:00"),
        ("4 Feb 104 18:00:00 edt", "2004-02-04T18:00:00-04:00"),
        ("Sun Feb  1 10:00:00 2026", "2026-02-01T10:00:00+00:00"),
        ("1-Feb-2026 10:00:00 +0100", "2026-02-01T10:00:00+01:00"),
        ("1-Feb-26 10:00 EST", "2026-02-01T10:00:00-05:00"),
        ("Sunday, 1 February 2026 10:00:00 +0100 (CET)", "2026-02-01T10:00:00+01:00"),
        ("Sun, 1 Feb 2026 10:00:00 GMT+0100", "2026-02-01T10:00:00+01:00"),
        ("Sun, 1 Feb 2026 10:00:00-0500", "2026-02-01T10:00:00-05:00"),
        ("Sun, 1 Feb 2026 10:00:00.123 +0000", "2026-02-01T10:00:00+00:00"),
        ("(a (nested \\) comment)) 1 Feb 2026 (x)10:00:00(y)+0100", "2026-02-01T10:00:00+01:00"),
        ("Mon, 2 Mar 2026 10:00:00 MEZ", "2026-03-02T10:00:00+00:00"),
        ("1 Feb 2026 10:00:00 +9999", "2026-02-01T10:00:00+00:00"),
    ] {
        assert_eq!(rfc5322(value).unwrap_or_default(), wanted, "{value}");
    }
}

#[test]
fn what_is_no_date_is_none() {
    for value in [
        "",
        " ",
        "yesterday",
        "1 Feb 2026",
        "10:00:00",
        "32 Jan 2026 10:00:00 +0000",
        "1 Feb 2026 24:00:00",
        "0 Jan 0000 0:0:0",
        "(1 Feb 2026 10:00:00",
        "1 Feb 20261 10:00:00",
        "1 Feb 2026 1x:00:00",
    ] {
        assert_eq!(rfc5322(value), None, "{value}");
    }
}

proptest! {
    #[test]
    fn days_go_round(days in -719_528_i64..=2_932_896) {
        let date = Date::from_unix_days(days).unwrap();
        prop_assert_eq!(date.unix_days(), days);
        prop_assert_eq!(date.to_string().parse::<Date>(), Ok(date));
        if let Some(next) = Date::from_unix_days(days + 1) {
            prop_assert!(date < next);
        }
    }

    #[test]
    fn moments_go_round(seconds in -62_000_000_000_i64..=253_000_000_000, offset in -5999_i16..=5999) {
        let moment = DateTime::from_unix(seconds, offset).unwrap();
        prop_assert_eq!((moment.unix_seconds(), moment.offset_minutes()), (seconds, offset));
        let read: DateTime = moment.to_rfc3339().parse().unwrap();
        prop_assert_eq!((read, read.offset_minutes()), (moment, offset));
        // What INTERNALDATE writes is also a date the header reader understands.
        let header = DateTime::parse_rfc5322(moment.to_string().as_bytes()).unwrap();
        prop_assert_eq!((header, header.offset_minutes()), (moment, offset));
    }

    #[test]
    fn the_header_reader_never_panics(value in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = DateTime::parse_rfc5322(&value);
    }

    #[test]
    fn nor_on_what_looks_like_dates(value in "[0-9:+(), \\\\-]{0,20}(Feb|GMT|Jan)?[0-9:+() -]{0,20}") {
        let _ = DateTime::parse_rfc5322(value.as_bytes());
    }
}
