//! Rows as servers send them, good and odd; hazards by id.

use super::*;
use crate::decoder::tests::{decode_all, row};
use crate::limits::Limits;
use crate::response::{Response, Untagged};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use imapkit_types::{BodySection, Content, Part, Section};

/// UID, flags and damaged items: what must survive every oddity.
#[track_caller]
fn survives(text: &str, expected: &str, hazards: &[&str]) -> Fetch {
    let (fetch, found) = row(text);
    let damage: String =
        fetch.damage().iter().map(|d| format!(" {}!{}", d.item, d.raw.escape_ascii()).replace("\\\"", "\"")).collect();
    let uid = fetch.uid.map_or(0, Uid::get);
    let flags = fetch.flags.as_ref().map_or_else(|| "-".into(), ToString::to_string);
    assert_eq!(format!("{uid} {flags}{damage}"), expected, "{text}");
    assert_eq!(found, hazards, "{text}");
    fetch
}

/// Shows a body of a row: section, origin, content.
fn body(fetch: &Fetch, n: usize) -> String {
    let body = &fetch.bodies()[n];
    let section = match &body.section {
        BodySection::Body(section) => format!("BODY[{section}]"),
        BodySection::Binary(part) => format!("BINARY[{part}]"),
    };
    let origin = body.origin.map(|origin| format!("<{origin}>")).unwrap_or_default();
    let content = match &body.content {
        Content::Inline(octets) => format!("\"{}\"", octets.escape_ascii()),
        other => format!("{other:?}"),
    };
    format!("{section}{origin} {content}")
}

#[test]
fn a_row_of_scalars_has_no_tail() {
    let text = "* 12 FETCH (FLAGS (\\Seen $Forwarded) UID 4827313 MODSEQ (624140003) RFC822.SIZE 44827 \
                INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")\r\n";
    let fetch = survives(text, "4827313 (\\Seen $Forwarded)", &[]);
    assert_eq!(fetch.mod_seq.map(ModSeq::get), Some(624_140_003));
    assert_eq!(fetch.size, Some(44827));
    assert_eq!(fetch.internal_date.unwrap().to_string(), "17-Jul-1996 02:44:25 -0700");
    assert!(fetch.more.is_none());
    assert_eq!(row(text.to_lowercase().replace("jul", "Jul").replace("\\seen", "\\Seen")).0, row(text).0, "H29");
}

#[test]
fn items_of_extensions() {
    let (fetch, hazards) = row(
        "* 1 FETCH (EMAILID (M6d99ac3275bb4e) THREADID (T64b478a75b7ea9) SAVEDATE \"17-Jul-1996 02:44:25 -0700\" \
         PREVIEW \"Hi \\\"you\\\"\" X-GM-MSGID 1278455344230334865 X-GM-THRID 1266894439832287888 \
         X-GM-LABELS (\\Inbox \"\\\\Sent\" Important \"Muy Importante\" &AOk- +x) BINARY.SIZE[1.2] 77 BINARY[2] ~{2}\r\n\0\n)\r\n",
    );
    assert!(hazards.is_empty(), "{hazards:?}");
    assert_eq!(body(&fetch, 0), "BINARY[2] \"\\x00\\n\"");
    let more = *fetch.more.unwrap();
    assert_eq!(more.email_id.as_deref(), Some("M6d99ac3275bb4e"));
    assert_eq!(more.thread_id, Some(Some("T64b478a75b7ea9".into())));
    assert!(more.save_date.flatten().is_some());
    assert_eq!(more.preview, Some(Some("Hi \"you\"".into())));
    assert_eq!((more.gm_msg_id, more.gm_thread_id), (Some(1_278_455_344_230_334_865), Some(1_266_894_439_832_287_888)));
    let labels: Vec<_> = more.gm_labels.unwrap().iter().map(|l| l.escape_ascii().to_string()).collect();
    assert_eq!(labels, ["\\\\Inbox", "\\\\Sent", "Important", "Muy Importante", "&AOk-", "+x"]);
    assert_eq!(more.binary_sizes, [("1.2".parse().unwrap(), 77)]);
}

#[test]
fn h044_nil_for_items_of_extensions() {
    for (thread, expected) in [("NIL", Some(None)), ("(NIL)", Some(None)), ("(T1)", Some(Some("T1".into())))] {
        let (fetch, _) = row(format!("* 1 FETCH (THREADID {thread} SAVEDATE NIL PREVIEW NIL X-GM-LABELS NIL)\r\n"));
        let more = *fetch.more.unwrap();
        assert_eq!(more.thread_id, expected, "{thread}");
        assert_eq!((more.save_date, more.preview, more.gm_labels), (Some(None), Some(None), Some(Vec::new())));
    }
    let (fetch, _) = row("* 1 FETCH (PREVIEW (FUZZY \"a\") OBJECTID (EMAILID E1 X (a b) THREADID (T1)))\r\n");
    assert_eq!(fetch.more.as_ref().unwrap().preview, Some(Some("a".into())));
    assert_eq!(fetch.damage()[0].item.as_ref(), "OBJECTID", "a list where an id belongs");
    let (fetch, _) = row("* 1 FETCH (OBJECTID (EMAILID E1 THREADID (T1)))\r\n");
    let more = *fetch.more.unwrap();
    assert_eq!((more.email_id, more.thread_id), (Some("E1".into()), Some(Some("T1".into()))));
}

#[test]
fn sections_are_read_by_structure() {
    for (section, shown) in [
        ("BODY[]", "BODY[]"),
        ("body[header.fields (FROM \"To\")]", "BODY[HEADER.FIELDS (FROM To)]"),
        ("BODY[1.2.HEADER.FIELDS.NOT ( {2}\r\ncc )]<0>", "BODY[1.2.HEADER.FIELDS.NOT (cc)]<0>"),
        ("BODY[TEXT]<0.10>", "BODY[TEXT]<0>"),
        ("BODY[4.1.MIME]", "BODY[4.1.MIME]"),
        ("BODY[3.]", "BODY[3]"),
        ("RFC822", "BODY[]"),
        ("RFC822.HEADER", "BODY[HEADER]"),
        ("rfc822.text", "BODY[TEXT]"),
        ("BINARY[1]<5>", "BINARY[1]<5>"),
    ] {
        let (fetch, _) = row(format!("* 1 FETCH ({section} \"x\" UID 7)\r\n"));
        assert_eq!(body(&fetch, 0), format!("{shown} \"x\""));
        assert_eq!(fetch.uid, Uid::new(7));
    }
    for odd in
        ["BODY[FOO]", "BODY[HEADER.FIELDS ()]", "BODY[HEADER.FIELDS (a:b)]", "BINARY[HEADER]", "BODY[0]", "BODY[MIME]"]
    {
        survives(&format!("* 1 FETCH ({odd} \"x\" UID 7)\r\n"), &format!("7 - {odd}!\"x\""), &[]);
    }
    assert!(
        row("* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] \"x\")\r\n")
            .0
            .body(&Section::header_fields(["subject"]).unwrap())
            .is_some()
    );
    let depth = "1.".repeat(500);
    let (fetch, _) = row(format!("* 1 FETCH (BODY[{depth}1] \"x\" UID 7)\r\n"));
    assert_eq!((fetch.damage().len(), fetch.uid), (1, Uid::new(7)));
}

#[test]
fn h003_h085_h089_content_of_every_form() {
    for (value, shown) in [
        (" {0}\r\n", "\"\""),
        (" \"\"", "\"\""),
        (" NIL", "Nil"),
        ("", "Nil"),
        (" \"Subject: x\rDate: \\\"y\\\"\"", "\"Subject: x\\rDate: \\\"y\\\"\""),
        ("{3}\r\nabc", "\"abc\""),
        ("  ~{3}\r\na\0c", "\"a\\x00c\""),
    ] {
        let (fetch, _) = row(format!("* 1 FETCH (UID 3 BODY[1]{value} FLAGS (\\Seen))\r\n"));
        assert_eq!(body(&fetch, 0), format!("BODY[1] {shown}"));
        assert!(fetch.uid == Uid::new(3) && fetch.flags.unwrap().seen(), "{value}");
    }
    let fetch = survives("* 1 FETCH (UID 3016 BODY[2.MIME] {4}\r\nabcd BODY[2])\r\n", "3016 -", &["H85"]);
    assert_eq!((body(&fetch, 0), body(&fetch, 1)), ("BODY[2.MIME] \"abcd\"".into(), "BODY[2] Nil".into()));
}

#[test]
fn h016_a_literal_that_is_too_short() {
    let fetch = survives("* 1 FETCH (BODY[] {5}\r\nhello\r\n UID 3)\r\n", "3 -", &["H16"]);
    assert_eq!(body(&fetch, 0), "BODY[] \"hello\"");
}

#[test]
fn h019_leftovers_are_kept_and_cost_nothing() {
    survives("* 1 FETCH (UID 1 FLAGS ()) x (y)\r\n", "1 () !x (y)", &["H19"]);
    survives("* 1 FETCH (UID 1 FLAGS ()) \r\n", "1 ()", &["H39"]);
    survives("* 1 FETCH (UID 1 FLAGS ()\r\n", "1 () !", &[]);
    survives("* 1 FETCH (UID 1 FLAGS (\\Seen\r\n", "1 - FLAGS!(\\\\Seen", &[]);
    survives("* 1 FETCH ()\r\n", "0 -", &[]);
    survives("* 1 FETCH (UID 1 \"odd\" FLAGS ())\r\n", "1 () !\"odd\"", &[]);
}

#[test]
fn h045_h050_to_h054_flags_of_every_form() {
    for (list, expected, hazards) in [
        ("()", "()", &[][..]),
        ("(\\Seen \\Answered)", "(\\Seen \\Answered)", &[]),
        ("(\\SEEN \\*)", "(\\Seen \\*)", &[]),
        ("(OIB-Seen-[Gmail]/All a\"b)", "(OIB-Seen-[Gmail]/All a\"b)", &[]),
        ("(\"\\\\Seen\" Seen)", "(\\Seen Seen)", &["H45"]),
        ("($Forwarded )", "($Forwarded)", &[]),
        ("( \\Seen  x )", "(\\Seen x)", &["H61"]),
        ("(\\Seen (\\Deleted junk FLAGS) $l)", "(\\Seen $l)", &["H52"]),
        ("(\\Seen \\)", "(\\Seen)", &["H53"]),
        ("(+ TAG $MDNSent)", "($MDNSent + TAG)", &[]),
        ("NIL", "-", &["H44"]),
    ] {
        survives(&format!("* 1 FETCH (FLAGS {list} UID 3)\r\n"), &format!("3 {expected}"), hazards);
    }
    let (fetch, _) = row(b"* 1 FETCH (FLAGS (\xc3\xa9))\r\n");
    assert!(fetch.flags.unwrap().contains_name(b"\xc3\xa9"));
    survives("* 1 FETCH (FLAGS()UID 3)\r\n", "3 ()", &["H61"]);
}

#[test]
fn lists_with_unusual_keywords_are_shared_and_forgotten() {
    let rows: Vec<_> = (0..200).map(|n| format!("* 1 FETCH (FLAGS (\\Seen k{}))\r\n", n % 100)).collect();
    let text = rows.concat();
    let (responses, _) = decode_all(&Limits::default(), text);
    for (n, response) in responses.iter().enumerate() {
        let Response::Untagged(Untagged::Fetch(fetch)) = response else { panic!("{response:?}") };
        assert_eq!(fetch.flags.as_ref().unwrap().to_string(), format!("(\\Seen k{})", n % 100));
    }
    let mut keywords = Keywords::default();
    let source = crate::cursor::tests::Source::new("(a)");
    for n in 0..1000 {
        let source = crate::cursor::tests::Source::new(format!("(k{n})"));
        keywords.flags(&mut source.cursor()).unwrap();
    }
    keywords.flags(&mut source.cursor()).unwrap();
    assert!(keywords.is_bounded());
}

#[test]
fn h055_to_h058_numbers_of_every_form() {
    let numbers = |text: &str| {
        let (fetch, hazards) = row(format!("* 1 FETCH ({text} UID 3)\r\n"));
        assert_eq!(fetch.uid, Uid::new(3), "{text}");
        (fetch.size, fetch.mod_seq.map(ModSeq::get), hazards)
    };
    assert_eq!(numbers("RFC822.SIZE 5000000000"), (Some(5_000_000_000), None, Vec::new()));
    assert_eq!(numbers("RFC822.SIZE 9.3736e+06"), (Some(9_373_600), None, ["H56"].into()));
    assert_eq!(numbers("RFC822.SIZE -1"), (None, None, ["H55"].into()));
    assert_eq!(numbers("RFC822.SIZE NIL"), (None, None, ["H44"].into()));
    assert_eq!(numbers("MODSEQ (9223372036854775807)"), (None, Some(i64::MAX.unsigned_abs()), Vec::new()));
    assert_eq!(numbers("MODSEQ (18446744073709551615)"), (None, Some(u64::MAX), ["H58"].into()));
    assert_eq!(numbers("MODSEQ (-1)"), (None, None, ["H55"].into()));
    assert_eq!(numbers("MODSEQ 5"), (None, Some(5), Vec::new()));
    survives("* 1 FETCH (UID 4294967296 FLAGS ())\r\n", "0 () UID!4294967296", &[]);
    survives("* 1 FETCH (UID 0 FLAGS ())\r\n", "0 ()", &["H27"]);
    survives("* 1 FETCH (UID +5 FLAGS ())\r\n", "0 () UID!+5", &[]);
}

#[test]
fn h063_what_is_no_date_is_kept_as_octets() {
    for date in ["\"00-Jan-0000 00:00:00 +0000\"", "\"27-JAG-2018 10:00:00 +0000\"", "\"1-Jan-2024 10:00:00\"", "\"\""]
    {
        survives(&format!("* 1 FETCH (INTERNALDATE {date} UID 3)\r\n"), &format!("3 - INTERNALDATE!{date}"), &["H63"]);
    }
    assert!(survives("* 1 FETCH (INTERNALDATE NIL UID 3)\r\n", "3 -", &[]).internal_date.is_none());
}

#[test]
fn h086_unknown_items_are_kept_whatever_their_shape() {
    let text = "* 1 FETCH (UID 1 XAOL.SPAM.REASON \"x y\" X-MSG-EXT (a (b {2}\r\n)) \")\") NIL) DECO[a b]<1> {1}\r\n) Z 5 A! b EMPTY)\r\n";
    let fetch = survives(text, "1 -", &[]);
    survives("* 1 FETCH (UID, 7 FLAGS, ())\r\n", "7 ()", &["H61"]);
    survives("* 1 FETCH (\"UID\" 7 \"flags\" ())\r\n", "7 ()", &["H45"]);
    let unknown: Vec<_> =
        fetch.more.unwrap().unknown.iter().map(|(n, v)| format!("{n}={}", v.escape_ascii())).collect();
    assert_eq!(
        unknown,
        [
            "XAOL.SPAM.REASON=\\\"x y\\\"",
            "X-MSG-EXT=(a (b {2}\\r\\n)) \\\")\\\") NIL)",
            "DECO[a b]<1>={1}\\r\\n)",
            "Z=5",
            "A!=b",
            "EMPTY="
        ]
    );
}

#[test]
fn h087_of_an_item_that_comes_twice_the_last_counts() {
    survives("* 1 FETCH (UID 3 FLAGS (\\Seen) FLAGS () UID 4)\r\n", "4 ()", &["H87"]);
}

#[test]
fn h047_a_broken_string_costs_its_item_only() {
    let fetch = survives("* 1 FETCH (UID 3 BODY[HEADER] \"Subject: \"foo\" bar\" FLAGS ())\r\n", "3 ()", &["H47"]);
    assert_eq!(body(&fetch, 0), "BODY[HEADER] \"Subject: \\\"foo\\\" bar\"");
    let fetch = survives("* 1 FETCH (UID 3 PREVIEW \"C:\\\" FLAGS ())\r\n", "3 ()", &["H47"]);
    assert_eq!(fetch.more.unwrap().preview, Some(Some("C:\\".into())));
    // Nobody can tell where this one ends: what follows it must not be believed.
    survives("* 1 FETCH (UID 3 X \"a UID 4 FLAGS (\\Seen))\r\n", "3 - X!\"a UID 4 FLAGS (\\\\Seen))", &[]);
}

#[test]
fn a_subject_that_looks_like_items_is_a_subject() {
    let text =
        "* 1 FETCH (ENVELOPE (NIL \"a\"b) UID 666 FLAGS ($x) (\" c\" NIL NIL NIL NIL NIL NIL NIL NIL) UID 3)\r\n";
    let (fetch, _) = row(text);
    assert_eq!((fetch.uid, &fetch.flags), (Uid::new(3), &None));
    assert_eq!(
        fetch.envelope().unwrap().subject().unwrap().escape_ascii().to_string(),
        "a\\\"b) UID 666 FLAGS ($x) (\\\" c"
    );
}

#[test]
fn h070_items_in_extra_parentheses() {
    let (fetch, hazards) = row(
        "* 1 FETCH (UID 1 (ENVELOPE (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL)) BODYSTRUCTURE (\"A\" \"B\" NIL NIL NIL \"7BIT\" 3))\r\n",
    );
    assert_eq!(hazards, ["H70"]);
    assert_eq!(fetch.envelope().unwrap().subject().as_deref(), Some(&b"s"[..]));
    assert!(fetch.body_structure().unwrap().root().is("a", "b") && fetch.damage().is_empty());
}

#[test]
fn what_framing_left_out_costs_its_item_only() {
    let limits = Limits { max_inline_literal: 8, ..Limits::default() };
    let text =
        "* 1 FETCH (UID 3 BODY[1] {9}\r\n123456789 PREVIEW {9}\r\n123456789 X (a {9}\r\n123456789) FLAGS ())\r\n";
    let (responses, _) = decode_all(&limits, text);
    let Response::Untagged(Untagged::Fetch(fetch)) = &responses[0] else { panic!("{responses:?}") };
    assert_eq!(body(fetch, 0), "BODY[1] TooLarge(9)");
    assert_eq!(fetch.damage()[0].reason.as_ref(), "expected a literal within max_inline_literal at octet 39");
    assert_eq!((fetch.uid, fetch.flags.is_some(), fetch.damage().len()), (Uid::new(3), true, 1));
    assert_eq!(fetch.more.as_ref().unwrap().unknown.len(), 1);
}

#[test]
fn rows_whose_content_is_handed_out() {
    let limits = Limits { stream_above: 4, ..Limits::default() };
    let text = "* 7 FETCH (UID 9 BODY[HEADER] {2}\r\nab BODY[]<3> {5}\r\n12345 FLAGS (\\Seen) BINARY[1] ~{4}\r\n1234 MODSEQ (5))\r\n";
    let (responses, _) = decode_all(&limits, text);
    let shown: Vec<String> = responses
        .into_iter()
        .map(|response| match response {
            Response::Untagged(Untagged::BodyStart(start)) => {
                let bodies: Vec<_> = (0..start.row.bodies().len()).map(|n| body(&start.row, n)).collect();
                let uid = start.row.uid.map_or(0, Uid::get);
                format!(
                    "start {uid} {:?} {bodies:?} {:?} {:?} {}",
                    start.row.flags, start.section, start.origin, start.len
                )
            }
            Response::Untagged(Untagged::Fetch(row)) => {
                let bodies: Vec<_> = (0..row.bodies().len()).map(|n| body(&row, n)).collect();
                format!("row {:?} {:?} {:?} {bodies:?}", row.seq, row.flags, row.mod_seq)
            }
            Response::Untagged(other) => format!("{other:?}"),
            other => panic!("{other:?}"),
        })
        .collect();
    let whole = BodySection::Body(Section::whole());
    let binary = BodySection::Binary(Part::new([core::num::NonZeroU32::MIN]));
    assert_eq!(
        shown,
        [
            format!("start 9 None {:?} {whole:?} Some(3) 5", ["BODY[HEADER] \"ab\""]),
            "BodyChunk(b\"12345\")".into(),
            "BodyEnd".into(),
            format!("start 9 Some((\\Seen)) {:?} {binary:?} None 4", ["BODY[HEADER] \"ab\"", "BODY[]<3> Streamed(5)"]),
            "BodyChunk(b\"1234\")".into(),
            "BodyEnd".into(),
            format!(
                "row Some(SeqNum(7)) Some((\\Seen)) Some(ModSeq(5)) {:?}",
                ["BODY[HEADER] \"ab\"", "BODY[]<3> Streamed(5)", "BINARY[1] Streamed(4)"]
            ),
        ]
    );
}

#[test]
fn content_is_handed_out_even_behind_what_cannot_be_read() {
    let limits = Limits { stream_above: 4, ..Limits::default() };
    for (head, section) in [
        ("* 7 FETCH (X \"a\"b UID 3 BODY[HEADER.FIELDS (BODY)]", "HEADER.FIELDS (BODY)"),
        ("* 99999999999 FETCH (UID 3 RFC822.HEADER", "HEADER"),
        ("* 7 FETCH (\"odd BODY[1.2]\" BODY[1.3]<4>", "1.3"),
    ] {
        let (responses, _) = decode_all(&limits, format!("{head} {{4}}\r\nabcd UID 5)\r\n"));
        let Response::Untagged(Untagged::BodyStart(start)) = &responses[0] else { panic!("{responses:?}") };
        let BodySection::Body(found) = &start.section else { panic!("{start:?}") };
        assert_eq!(found.to_string(), section);
        let Response::Untagged(Untagged::Fetch(row)) = &responses[3] else { panic!("{responses:?}") };
        assert_eq!((row.uid, row.bodies().len()), (Uid::new(5), 1), "{head}: {row:?}");
    }
}

#[test]
fn a_row_whose_rest_is_too_large_is_still_delivered() {
    let limits = Limits { stream_above: 4, max_response: 100, ..Limits::default() };
    let (responses, _) =
        decode_all(&limits, format!("* 7 FETCH (UID 3 BODY[] {{4}}\r\nabcd X \"{}\")\r\n", "x".repeat(200)));
    let Response::Untagged(Untagged::Fetch(row)) = &responses[3] else { panic!("{responses:?}") };
    assert_eq!((row.uid, row.damage().len()), (Uid::new(3), 1));
}

#[test]
fn t087_items_and_repairs_of_a_row_are_bounded() {
    let (fetch, _) = row("* 1 FETCH (".to_string() + &"X ".repeat(50_000) + ")\r\n");
    assert!(fetch.more.as_ref().unwrap().unknown.len() <= 10_000);
    assert_eq!(fetch.damage().len(), 1);
    let (fetch, _) = row("* 1 FETCH (UID 3 ".to_string() + &"X \"a\"b ".repeat(5_000) + ")\r\n");
    assert_eq!(fetch.uid, Uid::new(3));
    assert!(fetch.damage().len() <= 17);
}
