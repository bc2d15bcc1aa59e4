//! Each case is framed whole and at every cut; both must give the same pieces.

use super::*;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use core::fmt::Write as _;
use imapkit_testkit::chop;
use std::string::ToString as _;

/// Limits small enough for tests: literals above 8 octets are not kept, content of 6 and more streams.
fn small() -> Limits {
    Limits {
        stream_above: 6,
        max_inline_literal: 8,
        max_response: 200,
        max_skip: 1000,
        max_filler: 20,
        ..Limits::default()
    }
}

/// What comes out when the pieces arrive one after the other, chunks joined, one line for each piece.
fn frame_pieces(limits: &Limits, pieces: &[&[u8]]) -> Vec<String> {
    let mut framer = Framer::new(limits.clone());
    let mut input = BytesMut::new();
    let mut out: Vec<String> = Vec::new();
    let mut chunk = Vec::new();
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            let line = match framer.next(&mut input) {
                Ok(None) => break,
                Ok(Some(Piece::Chunk(octets))) => {
                    assert!(!octets.is_empty());
                    chunk.extend_from_slice(&octets);
                    continue;
                }
                Ok(Some(Piece::BodyEnd)) => format!("body {}", mem::take(&mut chunk).escape_ascii()),
                Ok(Some(Piece::Response(frame))) => format!("response {}", show(&frame)),
                Ok(Some(Piece::Head { frame, literal })) => format!("head {} +{literal}", show(&frame)),
                Ok(Some(Piece::Segment { frame, literal })) => format!("segment {} +{literal:?}", show(&frame)),
                Ok(Some(Piece::Oversize { limit, start, len })) => {
                    format!("{} {len} octets {}", limit.name, escape(start.get(..20).unwrap_or(&start)))
                }
                Err(error) => {
                    out.push(format!("error {error}"));
                    return out;
                }
            };
            out.push(line);
        }
    }
    out.push(match framer.position(&input) {
        Where::BetweenResponses => return out,
        Where::InLine { start } => format!("in line {start}"),
        Where::InLiteral { left } => format!("in literal, {left} left"),
    });
    out
}

/// Escapes all but quotes.
fn escape(octets: &[u8]) -> String {
    octets.escape_ascii().to_string().replace("\\\"", "\"")
}

fn show(frame: &RawFrame) -> String {
    let mut text = escape(frame.frame.as_bytes());
    for elided in &frame.elided {
        _ = write!(text, " elided {}@{}", elided.len, elided.at);
    }
    text
}

#[track_caller]
fn frames_with(limits: &Limits, input: impl AsRef<[u8]>, expected: &[&str]) {
    chop::for_each_cut(input.as_ref(), |pieces| {
        assert_eq!(
            frame_pieces(limits, pieces),
            expected,
            "cut {:?}",
            pieces.iter().map(|p| p.len()).collect::<Vec<_>>()
        );
    });
}

#[track_caller]
fn frames(input: impl AsRef<[u8]>, expected: &[&str]) {
    frames_with(&small(), input, expected);
}

/// The input is one response, without any literal or with literals that are kept.
#[track_caller]
fn whole(input: &str) {
    frames_with(&Limits::default(), input, &[&format!("response {}", escape(input.as_bytes()))]);
}

#[test]
fn lines_are_responses() {
    frames("* OK hi\r\nA1 OK\r\n+\r\n", &["response * OK hi\\r\\n", "response A1 OK\\r\\n", "response +\\r\\n"]);
    frames("* OK hi\r\nA1 O", &["response * OK hi\\r\\n", "in line A1 O"]);
    frames("", &[]);
}

#[test]
fn h001_t084_braces_in_text_are_text() {
    for text in [
        "* OK see ticket {42}\r\n",
        "* NO {1}\r\n",
        "* BYE [ALERT] {1}\r\n",
        "* PREAUTH x {1}\r\n",
        "* bad {3}\r\n",
        "A1 OK [X] {7}\r\n",
        "A1 OK {7}\r\n",
        "A1 NO [UIDNEXT {7}\r\n",
        "A1 NO [REFERRAL imap://x {7}\r\n",
        "A1 NO [XFOO a{7}\r\n",
        "A1 NO [XFOO (a \"b {7}\r\n",
        "+ go {5}\r\n",
        "+OK go {5}\r\n",
        "+ OK [X {5}\r\n",
        "Server Unavailable {15}\r\n",
        "* [COPYUID 55 31 {6}\r\n",
        "* OK {99999999999999999999}\r\n",
        "* OK {3} \r\n",
        "{3}\r\n",
        "* LIST () \"/\" name{3}\r\n",
        "* LIST () \"/\" \"an {3}\r\n",
    ] {
        whole(text);
    }
}

#[test]
fn h002_a_literal_inside_an_open_code() {
    whole("A1 NO [BADCHARSET ({5}\r\nUTF-8)] x {3}\r\n");
    whole("* OK [XFOO \"]\" {2}\r\n]\r ({3}\r\nabc)] {9}\r\n");
    frames(
        "* NO [NEWNAME {3}\r\na\r\n {2}\r\nb]] x\r\n",
        &["response * NO [NEWNAME {3}\\r\\na\\r\\n {2}\\r\\nb]] x\\r\\n"],
    );
}

#[test]
fn h003_to_h007_t082_literals_of_every_form_stay_in_their_response() {
    for text in [
        "* 1 FETCH (BODY[1] {0}\r\n UID 7)\r\n",
        "* LIST () {1}\r\n/ {5}\r\nInbox\r\n",
        "* LIST () {1}\r\n/{5}\r\nInbox\r\n",
        "* 1 FETCH (BODY[] {012}\r\nFoo: bar\r\n\r\n)\r\n",
        "* LIST () \"/\" {3+}\r\nabc\r\n",
        "* 1 FETCH (BINARY[1] ~{4}\r\n\0\x01\x02\x03)\r\n",
        "* XFOO a (b \"c\" {2}\r\nhi)\r\n",
        "*  3 FETCH (RFC822.HEADER  {5}\r\n1\r\n3\n BODY[TEXT]{2}\r\nhi)\r\n",
        "* 1 FETCH (BODY[] {14}\r\n\r\nA1 OK done\r\n)\r\n",
        "* LIST ({1}\r\na) \"/\" x\r\n",
        "* 1 FETCH (X {0}\r\n{0}\r\n{1}\r\n)~{0}\r\n)\r\n",
    ] {
        whole(text);
    }
}

#[test]
fn h008_h012_t079_impossible_literals_end_the_connection() {
    let size = |text: &str| format!("error literal of impossible size: {text}");
    for marker in
        ["{99999999999999999999}", "{18446744073709551616}", "{9223372036854775808}", "{-1}", "{00000000000000000001}"]
    {
        let line = format!("* 1 FETCH (BODY[] {marker}");
        frames(format!("{line}\r\nx"), &[&size(&line)]);
    }
    frames("* 1 FETCH (BODY[] {3} \r\nabc)\r\n", &["error unreadable start of a literal: * 1 FETCH (BODY[] {3} "]);
    frames("* LIST () {3}\r\r\nabc)\r\n", &["error unreadable start of a literal: * LIST () {3}\\r"]);
    frames(
        "* 1 FETCH (BODY[] {9223372036854775807}\r\nx",
        &[
            "head * 1 FETCH (BODY[] {9223372036854775807}\\r\\n +9223372036854775807",
            "in literal, 9223372036854775806 left",
        ],
    );
}

#[test]
fn h010_h011_bare_lf_ends_a_line_and_bare_cr_does_not() {
    frames("* OK ready\n* OK a\rb\r\n", &["response * OK ready\\n", "response * OK a\\rb\\r\\n"]);
    frames("* 1 FETCH (BODY[] {3}\na\nb)\n", &["response * 1 FETCH (BODY[] {3}\\na\\nb)\\n"]);
}

#[test]
fn h013_h014_filler_is_skipped_up_to_a_limit() {
    frames("\0\0A1 OK done\r\n\r\n\n\0\r\n* 1 EXISTS\r\n", &["response A1 OK done\\r\\n", "response * 1 EXISTS\\r\\n"]);
    frames("\r\n".repeat(11), &["error limit max_filler of 20 exceeded"]);
    frames("\0".repeat(21), &["error limit max_filler of 20 exceeded"]);
    frames("\r\n* OK x\r\n".repeat(15), &["response * OK x\\r\\n"; 15]);
}

#[test]
fn h016_a_line_end_left_behind_by_a_short_literal_does_not_end_the_row() {
    whole("* 1 FETCH (BODY[] {5}\r\nhello\r\n UID 3)\r\n");
    whole("* 1 FETCH (BODY[] {6}\r\nhello\r\n UID 3)\r\n");
    frames(
        "* 1 FETCH (BODY[] {6}\r\n123456\r\n UID 3)\r\n",
        &["head * 1 FETCH (BODY[] {6}\\r\\n +6", "body 123456", "segment \\r\\n UID 3)\\r\\n +None"],
    );
    // Once for each literal, or a peer could hold a row open for ever.
    frames(
        "* 1 FETCH (BODY[] {1}\r\na\r\n\r\n* OK\r\n",
        &["response * 1 FETCH (BODY[] {1}\\r\\na\\r\\n\\r\\n", "response * OK\\r\\n"],
    );
    // A LIST may end with a literal.
    frames("* LIST () NIL {1}\r\na\r\n* OK\r\n", &["response * LIST () NIL {1}\\r\\na\\r\\n", "response * OK\\r\\n"]);
}

#[test]
fn h047_broken_quoting_does_not_hide_a_literal() {
    for envelope in ["\"a\"b\"", "\"<\"1@h\">\"", "\"a\\\" \"b\"", "\"odd\" \"qq.com\\\"", "\"He said \"hi\" to me\""] {
        let head = format!("* 1 FETCH (ENVELOPE ({envelope}) BODY[] {{6}}\r\n");
        let expected = format!("head {} +6", escape(head.as_bytes()));
        frames(head + "a\r\nA1 )\r\n", &[&expected, "body a\\r\\nA1 ", "segment )\\r\\n +None"]);
    }
}

#[test]
fn h049_a_line_end_inside_a_string_ends_the_response() {
    frames(
        "* 1 FETCH (X \"a {3}\r\nb\" UID 3)\r\n",
        &["response * 1 FETCH (X \"a {3}\\r\\n", "response b\" UID 3)\\r\\n"],
    );
}

#[test]
fn content_of_messages_streams_wherever_it_stands_in_a_row() {
    frames(
        "* 7 FETCH (UID 9 BODY[HEADER.FIELDS (A B)] {2}\r\n\r\n BODY[]<0> {7}\r\n1\r\n)\r\n* FLAGS (a) BINARY[1.2] ~{6}\r\nabcdef UID 5)\r\n* OK\r\n",
        &[
            "head * 7 FETCH (UID 9 BODY[HEADER.FIELDS (A B)] {2}\\r\\n\\r\\n BODY[]<0> {7}\\r\\n +7",
            "body 1\\r\\n)\\r\\n*",
            "segment  FLAGS (a) BINARY[1.2] ~{6}\\r\\n +Some(6)",
            "body abcdef",
            "segment  UID 5)\\r\\n +None",
            "response * OK\\r\\n",
        ],
    );
    for item in
        ["RFC822", "rfc822.text", "RFC822.HEADER ", "BODY[1.MIME]<5>", "BODY[HEADER.FIELDS (\"a b)\" C)]", "BODY[]"]
    {
        let input = format!("* 1 UIDFETCH (FLAGS (x [y) {item} {{6}}\r\n123456)\r\n");
        let first = frame_pieces(&small(), &[input.as_bytes()]).swap_remove(0);
        assert!(first.starts_with("head"), "{item}: {first}");
    }
    for item in ["ENVELOPE (BODY[]", "X", "BODYSTRUCTURE", "BINARY.SIZE[1]", "PREVIEW", "(RFC822", "BODY[] NIL X"] {
        let input = format!("* 1 FETCH ({item} {{6}}\r\n123456)\r\n");
        let first = frame_pieces(&small(), &[input.as_bytes()]).swap_remove(0);
        assert!(first.starts_with("response"), "{item}: {first}");
    }
}

#[test]
fn h009_t081_t083_what_is_too_large_to_keep_is_skipped_and_never_read() {
    frames(
        "* 1 FETCH (PREVIEW {20}\r\nA1 OK done\r\n* BYE\r\n1 UID 7 X {10}\r\n)\r\nA2 OK\r\n BODY[] {1}\r\nx)\r\n* OK\r\n",
        &[
            "response * 1 FETCH (PREVIEW {20}\\r\\n UID 7 X {10}\\r\\n BODY[] {1}\\r\\nx)\\r\\n elided 20@25 elided 10@40",
            "response * OK\\r\\n",
        ],
    );
    frames("* XFOO {1001}\r\n", &["error limit max_skip of 1000 exceeded"]);
    frames("* XFOO {600}\r\n".to_string() + &"x".repeat(600) + "{600}\r\n", &["error limit max_skip of 1000 exceeded"]);
    frames("* XFOO {9}\r\n1234", &["in literal, 5 left"]);
}

#[test]
fn an_elided_literal_in_the_rest_of_a_streamed_row() {
    frames(
        "* 1 FETCH (BODY[] {6}\r\n123456 X {10}\r\n0123456789 UID 3)\r\n",
        &["head * 1 FETCH (BODY[] {6}\\r\\n +6", "body 123456", "segment  X {10}\\r\\n UID 3)\\r\\n elided 10@9 +None"],
    );
}

#[test]
fn content_streams_behind_an_elided_literal_too() {
    frames(
        "* 1 FETCH (X {10}\r\n0123456789 Y ({1}\r\n() BODY[] {6}\r\n123456 UID 3)\r\n",
        &[
            "head * 1 FETCH (X {10}\\r\\n Y ({1}\\r\\n() BODY[] {6}\\r\\n elided 10@19 +6",
            "body 123456",
            "segment  UID 3)\\r\\n +None",
        ],
    );
}

#[test]
fn t085_responses_above_the_limit_are_skipped_in_step() {
    let long = "x".repeat(300);
    frames(
        format!("A1 OK {long}\r\n* OK\r\n"),
        &["max_response 308 octets A1 OK xxxxxxxxxxxxxx", "response * OK\\r\\n"],
    );
    frames(
        format!("* 1 FETCH (A \"{long}\" B {{40}}\r\n{:40} C {{5}}\r\n\r\nA1 )\r\n* OK\r\n", "\r\nA1 OK"),
        &["max_response 380 octets * 1 FETCH (A \"xxxxxx", "response * OK\\r\\n"],
    );
    // Many literals that would be kept one by one.
    frames(
        "* 1 FETCH (".to_string() + &"{8}\r\n\r\nA1 OK ".repeat(20) + ")\r\n* OK\r\n",
        &["max_response 274 octets * 1 FETCH ({8}\\r\\n\\r\\nA1", "response * OK\\r\\n"],
    );
    frames("x".repeat(2000), &["error limit max_skip of 1000 exceeded"]);
    frames(format!("* XFOO {long} {{900}}\r\n"), &["error limit max_skip of 1000 exceeded"]);
    let error = format!("error literal of impossible size: …{} {{-1}}", "x".repeat(31));
    frames(format!("* XFOO {long} {{-1}}\r\n"), &[&error]);
}

#[test]
fn the_rest_of_a_row_above_the_limit_is_skipped_too() {
    frames(
        format!("* 1 FETCH (BODY[] {{6}}\r\n123456 X \"{}\" {{3}}\r\n\r\n \r\n)\r\n* OK\r\n", "x".repeat(300)),
        &[
            "head * 1 FETCH (BODY[] {6}\\r\\n +6",
            "body 123456",
            "max_response 319 octets  X \"xxxxxxxxxxxxxxxx",
            "response * OK\\r\\n",
        ],
    );
}

#[test]
fn bodies_are_handed_out_without_a_copy() {
    let mut framer = Framer::new(Limits::default());
    let mut input = BytesMut::from(&b"* 1 FETCH (BODY[] {100000}\r\n"[..]);
    input.extend_from_slice(&vec![b'x'; 50_000]);
    let place = input[28..].as_ptr();
    assert!(matches!(framer.next(&mut input), Ok(Some(Piece::Head { literal: 100_000, .. }))));
    let Ok(Some(Piece::Chunk(chunk))) = framer.next(&mut input) else { panic!("a chunk") };
    assert_eq!((chunk.len(), chunk.as_ptr()), (50_000, place));
    assert_eq!(framer.position(&input), Where::InLiteral { left: 50_000 });
}

#[test]
fn t080_an_announced_size_allocates_nothing() {
    let mut framer = Framer::new(Limits {
        stream_above: usize::MAX,
        max_inline_literal: usize::MAX,
        max_response: usize::MAX,
        ..Limits::default()
    });
    let mut input = BytesMut::from(&b"* 1 FETCH (BODY[] {4294967295}\r\n"[..]);
    let capacity = input.capacity();
    assert_eq!(framer.next(&mut input), Ok(None));
    assert_eq!(input.capacity(), capacity);
    assert_eq!(framer.position(&input), Where::InLiteral { left: 4_294_967_295 });
}

#[test]
fn before_login_little_is_taken_in() {
    let limits = Limits::before_login();
    let long = "x".repeat(70_000);
    let found = frame_pieces(&limits, &[format!("* OK {long}").as_bytes()]);
    assert_eq!(found, ["error limit max_skip of 65536 exceeded"]);
    let found = frame_pieces(&limits, &[b"* 1 FETCH (BODY[] {100000}\r\n"]);
    assert_eq!(found, ["error limit max_skip of 65536 exceeded"]);
}

/// T087: what is fed octet by octet is searched once, so twice the input takes twice the steps: counted, not timed.
#[test]
fn t087_lines_fed_octet_by_octet_are_searched_once() {
    let mut framer = Framer::new(Limits::default());
    let mut input = BytesMut::new();
    let line = format!("* OK {}\r\n", "x".repeat(1 << 20));
    for octet in line.as_bytes() {
        let before = framer.searched;
        assert_eq!(before, input.len());
        input.extend_from_slice(&[*octet]);
        if let Some(Piece::Response(frame)) = framer.next(&mut input).unwrap() {
            assert_eq!(frame.frame.len(), line.len());
            return;
        }
    }
    panic!("the line ends");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 400, ..Default::default() })]

    /// T097: what comes out does not depend on the cut, whatever comes in.
    #[test]
    fn t097_framing_does_not_depend_on_the_cut(tokens in proptest::collection::vec(0_usize..TOKENS.len(), 0..40)) {
        let input = tokens.iter().map(|n| TOKENS[*n]).collect::<String>();
        let whole = frame_pieces(&small(), &[input.as_bytes()]);
        chop::for_each_cut(input.as_bytes(), |pieces| assert_eq!(frame_pieces(&small(), pieces), whole, "{input:?}"));
    }
}

/// What streams are made of, so that random ones get far.
const TOKENS: [&str; 32] = [
    "* ",
    "1 ",
    "FETCH (",
    "BODY[] ",
    "OK ",
    "A1 ",
    "\r\n",
    "\n",
    "\r",
    "{0}\r\n",
    "{3}\r\n",
    "{7}\r\n",
    "{12}\r\n",
    "~{1}\r\n",
    "{5}",
    "{99}\r\n",
    "\"",
    "\\",
    "(",
    ")",
    "[",
    "]",
    " ",
    "abc",
    "12345678901234567890",
    "\0",
    "[XFOO (",
    "LIST ",
    "\r\n* ",
    "{3} \r\n",
    "RFC822 {6}\r\n",
    "+",
];

/// Items of a row: what stands before a literal, its size, what stands behind it, and whether it is content that streams.
const ITEMS: [(&str, usize, &str, bool); 12] = [
    ("UID 7 X (", 0, ")", false),
    ("FLAGS (\\Seen a[b c]) X (", 3, ")", false),
    ("X \"(\\\"\\\\\" Y", 8, "", false),
    ("X (a \"b)\" (", 3, "))", false),
    ("X (", 7, ")", false),
    ("X (", 12, ")", false),
    ("X", 20, "", false),
    ("BODY[]", 2, "", false),
    ("BODY[1.HEADER.FIELDS (A \"B)\")]<0>", 6, "", true),
    ("BINARY[1]", 9, "", true),
    ("RFC822", 30, "", true),
    ("BODYSTRUCTURE (BODY[]", 15, ")", false),
];

proptest::proptest! {
    /// Whatever stands around it, content streams and nothing else does; and the row ends where it ends.
    #[test]
    fn content_streams_and_nothing_else(items in proptest::collection::vec(0_usize..ITEMS.len(), 0..12)) {
        let mut input = String::from("* 1 FETCH (");
        let mut bodies = Vec::new();
        for (before, size, behind, streams) in items.iter().map(|n| ITEMS[*n]) {
            let content: String = ")\r\n(A1 OK \"".chars().cycle().take(size).collect();
            _ = write!(input, "{before} {{{size}}}\r\n{content}{behind} ");
            bodies.extend(streams.then(|| format!("body {}", content.as_bytes().escape_ascii())));
        }
        let limits = Limits { max_response: 1000, ..small() };
        let found = frame_pieces(&limits, &[(input + ")\r\n* OK\r\n").as_bytes()]);
        let streamed: Vec<_> = found.iter().filter(|piece| piece.starts_with("body")).cloned().collect();
        assert_eq!(streamed, bodies, "{found:?}");
        assert_eq!(found.len(), 2 + 2 * bodies.len(), "{found:?}");
        assert_eq!(found.last().unwrap(), "response * OK\\r\\n");
    }
}
