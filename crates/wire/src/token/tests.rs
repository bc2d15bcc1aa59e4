//! Tokens as servers write them, good and odd.
#![allow(clippy::redundant_closure_for_method_calls, reason = "methods of `Cursor` are not general over its lifetime")]

use super::*;
use crate::cursor::tests::Source;

fn read<T>(text: impl AsRef<[u8]>, reader: impl Fn(&mut Cursor<'_>) -> Parsed<T>) -> (Parsed<T>, usize, bool) {
    let source = Source::new(text);
    let mut cursor = source.cursor();
    let result = reader(&mut cursor);
    (result, cursor.rest().len(), !cursor.noted().is_empty())
}

/// The string a reader finds and what it leaves; `None` for NIL.
fn string(
    text: &str,
    reader: impl Fn(&mut Cursor<'_>) -> Parsed<Span>,
) -> Option<(Option<alloc::vec::Vec<u8>>, alloc::string::String)> {
    let source = Source::new(text);
    let mut cursor = source.cursor();
    let span = reader(&mut cursor).ok()?;
    let found = source.cursor().frame().get(span).map(alloc::borrow::Cow::into_owned);
    Some((found, alloc::string::String::from_utf8_lossy(cursor.rest()).into_owned()))
}

#[track_caller]
fn is(text: &str, reader: impl Fn(&mut Cursor<'_>) -> Parsed<Span>, expected: Option<&str>, rest: &str) {
    let expected = expected.map(|text| text.as_bytes().to_vec());
    assert_eq!(string(text, reader), Some((expected, rest.into())), "{text}");
}

#[test]
fn numbers_are_decimal_digits_with_leading_zeros() {
    assert_eq!(read("007 x", |c| c.number()).0, Ok(7));
    assert_eq!(read("18446744073709551615", |c| c.number()).0, Ok(u64::MAX));
    assert_eq!(read("4294967295)", |c| c.number32()), (Ok(u32::MAX), 1, false));
    for bad in ["", "+5", "-5", "x", "18446744073709551616", "2222222222222222222222222C"] {
        assert!(read(bad, |c| c.number()).0.is_err(), "{bad}");
    }
    assert!(read("4294967296", |c| c.number32()).0.is_err());
}

#[test]
fn h055_h056_counts_may_be_negative_decimal_nil_or_quoted() {
    for (text, expected) in [
        ("12", Some(12)),
        ("\"12\"", Some(12)),
        ("-1", None),
        ("\"-1\"", None),
        ("NIL", None),
        ("\"\"", None),
        ("9.3736e+06", Some(9_373_600)),
        ("9.37361e+2", None),
        ("12.0", Some(12)),
        ("12.5", None),
        ("1e3", Some(1000)),
        ("1e99", None),
        ("0e99", Some(0)),
        ("100E-2", Some(1)),
        ("99999999999999999999999999999999999999999999", None),
        ("1e-99999999999", None),
    ] {
        let (found, left, _) = read(text, |c| c.count());
        assert_eq!((found, left), (Ok(expected), 0), "{text}");
    }
    assert!(read("x", |c| c.count()).0.is_err());
    assert!(read("1ex", |c| c.count()).0.is_err());
    assert!(read("NILS", |c| c.count()).0.is_err());
}

#[test]
fn quoted_strings_of_any_length_end_at_their_quote() {
    for len in 0..40 {
        let content = "x".repeat(len);
        is(&alloc::format!("\"{content}\" y"), |c| c.quoted(), Some(&content), " y");
        let escaped = alloc::format!("\"{content}\\\"\\\\z\" y");
        is(&escaped, |c| c.quoted(), Some(&alloc::format!("{content}\"\\z")), " y");
        assert!(read(alloc::format!("\"{content}"), |c| c.quoted()).0.is_err());
        assert!(read(alloc::format!("\"{content}\\"), |c| c.quoted()).0.is_err());
    }
}

#[test]
fn h048_any_escaped_octet_is_kept() {
    is(r#""a\n\x""#, |c| c.quoted(), Some("anx"), "");
}

#[test]
fn h046_octets_above_127_and_controls_are_kept() {
    let (span, left, noted) = read(b"\"G\xf6r\x01\x80\xff\r\" ", |c| c.quoted());
    assert_eq!((span, left, noted), (Ok(Span::new(1, 7)), 1, false));
}

#[test]
fn h049_a_string_does_not_run_over_a_line_end() {
    assert!(read("\"a\r\nb\" c", |c| c.quoted()).0.is_err());
    assert!(read("\"aaaaaaaaaaaaaaaaaaa\\\nb\" c", |c| c.quoted()).0.is_err());
}

#[test]
fn h047_the_tolerant_rule_closes_before_a_delimiter_only() {
    for (text, expected, rest) in [
        (r#""<"392889836@h">" NIL"#, r#"<"392889836@h">"#, " NIL"),
        (r#""""")"#, r#""""#, ")"),
        (r#""MOUNDARY="_006_"")"#, r#"MOUNDARY="_006_""#, ")"),
        (r#""a\"b"]"#, "a\"b", "]"),
        (r#""x""#, "x", ""),
    ] {
        let source = Source::new(text);
        let mut cursor = source.cursor().tolerant();
        let span = cursor.quoted().unwrap();
        assert_eq!(cursor.frame().get(span).unwrap(), expected.as_bytes(), "{text}");
        assert_eq!(cursor.rest(), rest.as_bytes(), "{text}");
    }
}

#[test]
fn h003_to_h007_literals_of_every_form() {
    is("{0}\r\n UID", |c| c.literal(), Some(""), " UID");
    is("{012}\r\nFoo: bar\r\n\r\n)", |c| c.literal(), Some("Foo: bar\r\n\r\n"), ")");
    is("{3+}\r\nabcd", |c| c.literal(), Some("abc"), "d");
    is("~{4}\r\n\0\x01\x02\x03)", |c| c.literal(), Some("\0\x01\x02\x03"), ")");
    is("{3}\nabc ", |c| c.literal(), Some("abc"), " ");
    for bad in
        ["{3}abc", "{}\r\nabc", "{3\r\nabc", "{4}\r\nabc", "{-1}\r\nabc", "~3}\r\nabc", "{99999999999999999999}\r\nx"]
    {
        let (found, left, _) = read(bad, |c| c.literal());
        assert!(found.is_err() && left == bad.len(), "{bad:?}");
    }
}

#[test]
fn h042_nil_empty_string_empty_literal_and_atom_differ() {
    is("NIL)", |c| c.nstring(), None, ")");
    is("nil", |c| c.nstring(), None, "");
    is("\"\" ", |c| c.nstring(), Some(""), " ");
    is("\"NIL\"", |c| c.nstring(), Some("NIL"), "");
    is("{0}\r\n)", |c| c.nstring(), Some(""), ")");
    is("() x", |c| c.nstring(), None, " x");
    is("NILS)", |c| c.nstring(), Some("NILS"), ")");
    is("TEXT ", |c| c.nstring(), Some("TEXT"), " ");
    assert!(read("(a)", |c| c.nstring()).0.is_err());
    assert!(read(")", |c| c.nstring()).0.is_err());
}

#[test]
fn h043_h050_an_astring_may_be_nil_or_hold_brackets() {
    is("NIL x", |c| c.astring(), Some("NIL"), " x");
    is("OIB-Seen-[Gmail]/All)", |c| c.astring(), Some("OIB-Seen-[Gmail]/All"), ")");
    is("{3}\r\na b)", |c| c.astring(), Some("a b"), ")");
    is("{3}x", |c| c.astring(), Some("{3}x"), "");
    is("BADCHARSET]", |c| c.atom(), Some("BADCHARSET"), "]");
}

#[test]
fn a_word_is_passed_only_when_it_ends() {
    let source = Source::new("nil)");
    assert!(source.cursor().nil());
    for not in ["NILx", "NI", ""] {
        assert!(!Source::new(not).cursor().nil(), "{not}");
    }
}
