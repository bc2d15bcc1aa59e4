//! What holds for every reader; and how the tests of each call it.

use super::*;
use crate::cursor::Context;
use crate::cursor::tests::Source;
use crate::hazard::Noted;
use imapkit_types::{Frame, Mailbox};
use proptest::prelude::*;

/// Reads one data response, written without its `* ` and its line end.
pub(in crate::response) fn read(line: impl AsRef<[u8]>) -> Parsed<Untagged> {
    read_noted(line).map(|(read, _)| read)
}

fn read_noted(line: impl AsRef<[u8]>) -> Parsed<(Untagged, Noted)> {
    let source = Source::new(line);
    let mut cursor = source.cursor();
    let name = cursor.atom().unwrap();
    let read = super::read(&cursor.bytes_of(name), &mut cursor).expect("a response we know")?;
    assert!(cursor.at_end());
    Ok((read, cursor.noted()))
}

pub(in crate::response) fn mailbox(name: &str) -> Mailbox {
    Mailbox::new(name).unwrap()
}

#[test]
fn h29_names_are_found_in_any_case() {
    for (name, _) in READERS {
        let mut source = Source::new("");
        assert!(super::read(name.to_ascii_lowercase().as_bytes(), &mut source.cursor()).is_some());
        source = Source::new(" (");
        let _ = super::read(name.as_bytes(), &mut source.cursor());
    }
    assert!(super::read(b"NOOP", &mut Source::new("").cursor()).is_none());
}

#[test]
fn h39_a_space_at_the_end_of_a_line_is_noted_and_ignored() {
    for line in
        ["STATUS Sent (UIDNEXT 107) ", "SEARCH 2 3 ", "ID (\"a\" \"b\") ", "CAPABILITY X ", "FLAGS () ", "SEARCH "]
    {
        let (with, noted) = read_noted(line).unwrap();
        assert_eq!(Ok(with), read(line.trim_end()));
        let mut expected = Noted::default();
        expected.insert(hazard::TRAILING_SPACE);
        assert!(noted == expected, "{line}");
    }
}

#[test]
fn h47_unescaped_quotes_are_read_in_a_second_pass() {
    let (found, noted) = read_noted("LIST () \"/\" \"the\"old\"mail\"").unwrap();
    let Untagged::List(entry) = found else { panic!() };
    assert_eq!(entry.mailbox, mailbox("the\"old\"mail"));
    assert!(!noted.is_empty());
    assert!(read("LIST () \"/\" \"open").is_err());
}

#[test]
fn what_follows_a_response_is_an_error() {
    assert_eq!(read("FLAGS () x"), Err(Expected("the end of the response")));
    assert_eq!(read("SEARCH 1 x"), Err(Expected("the end of the response")));
    assert_eq!(read("MYRIGHTS a lr b"), Err(Expected("the end of the response")));
}

#[test]
fn limits_hold_in_every_list() {
    let mut context = Context::default();
    context.limits.max_elements = 100;
    for (name, head, entry, tail) in [
        ("SEARCH", "", "1 ", ""),
        ("VANISHED", "1", ",3", ""),
        ("FLAGS", "(", "a ", ")"),
        ("THREAD", "(", "1 ", ")"),
        ("QUOTAROOT", "x", " a", ""),
        ("QUOTA", "x (", "a 1 1 ", ")"),
        ("ACL", "x", " a r", ""),
        ("ID", "(", "a b ", ")"),
        ("LIST", "(", "a ", ") NIL x"),
        ("NAMESPACE", "(", "(a NIL)", ") NIL NIL"),
        ("STATUS", "x (", "A 1 ", ")"),
        ("ESEARCH", "", "A 1 ", ""),
        ("METADATA", "x (", "a b ", ")"),
        ("LANGUAGE", "(", "a ", ")"),
        ("URLFETCH", "", "a b ", ""),
    ] {
        for (n, fits) in [(10, true), (200, false)] {
            let frame = Frame::new(alloc::format!(" {head}{}{tail}", entry.repeat(n)).into());
            let read = super::read(name.as_bytes(), &mut Cursor::new(&frame, &[], &context)).unwrap();
            assert_eq!(read.is_ok(), fits, "{n} in {name}: {read:?}");
        }
    }
}

proptest! {
    /// T097: whatever the octets, a value or an error, and the cursor inside the response.
    #[test]
    fn t097_nothing_panics(
        reader in 0..READERS.len(),
        parts in proptest::collection::vec(prop_oneof![
            prop::sample::select(&[
                " ", "(", ")", "\"", "\\", "[", "]", "{3}\r\n", "{0}\r\n", "~{1}\r\n", "NIL", "1:5", ",", "*", "abc", "/", "\t", "0",
                "TAG", "MODSEQ", "ALL", "UID", "PARTIAL", "ADDTO", "EARLIER", "OLDNAME", "MESSAGES", "4294967296", "-1", "1e9", "&",
            ][..]).prop_map(|text| text.as_bytes().to_vec()),
            proptest::collection::vec(any::<u8>(), 0..4),
        ], 0..30),
    ) {
        let source = Source::new([b" ".to_vec(), parts.concat()].concat());
        let mut cursor = source.cursor();
        let read = super::read(READERS[reader].0.as_bytes(), &mut cursor).unwrap();
        prop_assert!(read.is_err() || cursor.at_end());
        let mut cursor = source.cursor();
        let line = crate::response::status::line(&mut cursor, crate::StatusKind::Ok);
        prop_assert!(cursor.at_end() && source.cursor().rest().ends_with(&line.text));
    }
}
