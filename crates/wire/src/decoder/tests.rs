//! Responses of every kind, framed and decoded whole; the readers' own tests go deeper.

use super::*;
use crate::framer::Framer;
use alloc::format;
use alloc::vec::Vec;
use bytes::BytesMut;

/// What a decoder makes of a stream of octets, and the decoder.
pub(crate) fn decode_all(limits: &Limits, input: impl AsRef<[u8]>) -> (Vec<Response>, Decoder) {
    let mut framer = Framer::new(limits.clone());
    let mut decoder = Decoder::new(limits.clone());
    let mut input = BytesMut::from(input.as_ref());
    let mut responses = Vec::new();
    while let Some(piece) = framer.next(&mut input).expect("the test's octets can be framed") {
        responses.push(decoder.piece(piece));
    }
    assert!(input.is_empty(), "not read: {}", input.escape_ascii());
    (responses, decoder)
}

/// The value of one response.
#[track_caller]
pub(crate) fn decode(input: impl AsRef<[u8]>) -> Response {
    let (mut responses, _) = decode_all(&Limits::default(), input);
    assert_eq!(responses.len(), 1, "{responses:?}");
    responses.swap_remove(0)
}

/// The value of one row, and the ids of the hazards met in it.
#[track_caller]
pub(crate) fn row(input: impl AsRef<[u8]>) -> (Fetch, Vec<&'static str>) {
    let (mut responses, decoder) = decode_all(&Limits::default(), input);
    assert_eq!(responses.len(), 1, "{responses:?}");
    let Response::Untagged(Untagged::Fetch(fetch)) = responses.swap_remove(0) else { panic!("{responses:?}") };
    (fetch, decoder.repairs().iter().map(|(hazard, _)| hazard).collect())
}

#[test]
fn counts_and_rows() {
    assert_eq!(decode("* 23 EXISTS\r\n"), Response::Untagged(Untagged::Exists(23)));
    assert_eq!(decode("* 007 exists \r\n"), Response::Untagged(Untagged::Exists(7)));
    assert_eq!(decode("*  1688 RECENT\r\n"), Response::Untagged(Untagged::Recent(1688)));
    assert_eq!(decode("* 0 EXPUNGE\n"), Response::Untagged(Untagged::Expunge(0)));
    let (fetch, _) = row("* 12 FETCH (UID 7)\r\n");
    assert_eq!((fetch.seq.map(SeqNum::get), fetch.uid.map(Uid::get)), (Some(12), Some(7)));
    let (fetch, _) = row("* 12 UIDFETCH (FLAGS ())\r\n");
    assert_eq!((fetch.seq, fetch.uid.map(Uid::get)), (None, Some(12)));
    let (fetch, hazards) = row("* 0 FETCH (FLAGS ())\r\n");
    assert_eq!((fetch.seq, hazards), (None, alloc::vec!["H88"]));
}

#[test]
fn h041_unknown_responses_are_kept() {
    for (text, name, number) in [
        ("* xfoo a (b \"c\" {2}\r\nhi)\r\n", "XFOO", None),
        ("* 99 NOOP\r\n", "NOOP", Some(99)),
        ("* NOOP\r\n", "NOOP", None),
    ] {
        let Response::Untagged(Untagged::Unknown(unknown)) = decode(text) else { panic!("{text}") };
        assert_eq!((&*unknown.name, unknown.number, unknown.frame.as_bytes()), (name, number, text.as_bytes()));
    }
}

#[test]
fn what_cannot_be_read_is_garbled_and_nothing_else_is_lost() {
    for (text, expected, tag) in [
        ("* 2222222222222222222222222C\r\n", "a number of at most 64 bits", None),
        ("* 4294967296 EXISTS\r\n", "a number of at most 32 bits", None),
        ("* 3 EXISTS x\r\n", "the end of the response", None),
        ("* 3\r\n", "the name of a response", None),
        ("*\r\n", "the name of a response", None),
        ("* +5 EXISTS\r\n", "the name of a response", None),
        ("* 3 FETCH\r\n", "an opening parenthesis", None),
        (" FLAGS () RFC822.SIZE 2)\r\n", "a tag", None),
        ("A1 what\r\n", "OK, NO or BAD", Some("A1")),
        ("A1\r\n", "OK, NO or BAD", Some("A1")),
        ("220 smtp ESMTP\r\n", "OK, NO or BAD", Some("220")),
        ("a.b OK hi\r\n", "a tag", None),
        ("\x15\x03\x01\x00\x02\x02\x0a", "OK, NO or BAD", None),
    ] {
        let Response::Garbled(garbled) = decode(text) else { panic!("{text:?} is read") };
        assert_eq!(garbled.error.expected, expected, "{text:?}");
        assert_eq!(garbled.tag.as_ref().map(Tag::as_str), tag, "{text:?}");
        assert_eq!(garbled.frame.as_bytes(), text.as_bytes());
    }
}

#[test]
fn h032_continuations_of_every_form() {
    for (text, expected, odd) in [
        ("+ idling\r\n", "idling", false),
        ("+ \r\n", "", false),
        ("+\r\n", "", true),
        ("+OK go\r\n", "OK go", true),
        ("+  x\r\n", " x", false),
        ("+ [X] y\r\n", "[X] y", false),
        ("A1 + idling\r\n", "idling", true),
    ] {
        let (responses, decoder) = decode_all(&Limits::default(), text);
        assert_eq!(responses, [Response::Continue(Bytes::from_static(expected.as_bytes()))], "{text:?}");
        assert_eq!(decoder.repairs().count("H32") == 1, odd, "{text:?}");
    }
}

#[test]
fn h018_h031_status_lines_without_word_tag_or_star() {
    let status = |text: &str| match decode(text) {
        Response::Untagged(Untagged::Status(line)) => format!("{:?} {:?} {:?}", line.kind, line.code, line.text),
        Response::Tagged(tagged) => format!("{} {:?} {:?}", tagged.tag, tagged.status.kind, tagged.status.text),
        other => format!("{other:?}"),
    };
    assert_eq!(status("Server Unavailable. 15\r\n"), "Bad None b\"Server Unavailable. 15\"");
    assert!(status("[COPYUID 55 31 6]\r\n").starts_with("Ok Some(CopyUid(Some("));
    assert!(status("* [COPYUID 55 31 6]\r\n").starts_with("Ok Some(CopyUid(Some("));
    assert_eq!(status("A1 BYE bye\r\n"), "A1 Bye b\"bye\"");
    assert_eq!(status("a1 ok done\r\n"), "a1 Ok b\"done\"");
    assert_eq!(status("A1 OK\r\n"), "A1 Ok b\"\"");
    assert_eq!(status("* OK x {42}\r\n"), "Ok None b\"x {42}\"");
}

#[test]
fn what_was_too_large_is_garbled_with_its_tag() {
    let limits = Limits { max_response: 100, ..Limits::default() };
    let (responses, _) = decode_all(&limits, format!("A1 OK {}\r\n* 1 EXISTS\r\n", "x".repeat(200)));
    let Response::Garbled(garbled) = &responses[0] else { panic!("{responses:?}") };
    assert_eq!((garbled.tag.as_ref().map(Tag::as_str), garbled.error.expected), (Some("A1"), "max_response"));
    assert_eq!(responses[1], Response::Untagged(Untagged::Exists(1)));
}

#[test]
fn oddities_are_counted_and_told_once() {
    let (_, mut decoder) = decode_all(&Limits::default(), "* 1 EXISTS\n* 2 EXISTS\n* 3 EXISTS\r\n");
    assert_eq!(decoder.repairs().count("H10"), 2);
    let warning = decoder.take_warning().unwrap();
    assert_eq!((warning.hazard, &*warning.snippet), ("H10", "* 1 EXISTS\\n"));
    assert_eq!(decoder.take_warning(), None);
}
