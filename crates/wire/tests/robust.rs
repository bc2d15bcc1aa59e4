//! Octets that no server should send: nothing panics, nothing depends on how they are cut, nothing takes more than linear time.
//!
//! Bars T085–T097. What comes out matters less here than that something comes out, and soon.

use bytes::BytesMut;
use imapkit_testkit::chop::{self, Rng};
use imapkit_testkit::corpus;
use imapkit_wire::{Decoder, Framer, Limits, Response, Untagged};
use std::time::{Duration, Instant};

/// Everything that comes out, as text, with the octets of bodies in one piece however they came; then the error, if any.
fn decode(limits: &Limits, pieces: &[&[u8]]) -> String {
    use std::fmt::Write as _;
    let (mut framer, mut decoder) = (Framer::new(limits.clone()), Decoder::new(limits.clone()));
    let (mut input, mut body, mut text) = (BytesMut::new(), Vec::new(), String::new());
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            match framer.next(&mut input) {
                Ok(None) => break,
                Ok(Some(piece)) => match decoder.piece(piece) {
                    Response::Untagged(Untagged::BodyChunk(chunk)) => body.extend_from_slice(&chunk),
                    Response::Untagged(Untagged::BodyEnd) => _ = writeln!(text, "{:?}", std::mem::take(&mut body)),
                    response => _ = writeln!(text, "{response:?}"),
                },
                Err(error) => return text + &error.to_string(),
            }
        }
    }
    text
}

/// Limits that octets of a small test can reach.
fn tight() -> Limits {
    Limits {
        max_response: 600,
        max_inline_literal: 40,
        stream_above: 12,
        max_skip: 2000,
        max_depth: 5,
        max_nodes: 6,
        max_elements: 8,
        max_filler: 30,
    }
}

#[test]
fn t097_damaged_responses_of_real_servers_do_no_harm_however_they_are_cut() {
    let cases = corpus::responses(&corpus::root());
    let mut rng = Rng::new(97);
    for round in 0..6 {
        for case in &cases {
            let mut octets = case.bytes.clone();
            for _ in 0..=rng.below(4) {
                damage(&mut octets, &cases[rng.below(cases.len())].bytes, &mut rng);
            }
            for limits in [Limits::default(), tight()] {
                let whole = decode(&limits, &[&octets]);
                let cut = chop::random(&octets, round);
                assert_eq!(decode(&limits, &cut), whole, "{}: {}", case.path.display(), octets.escape_ascii());
                let single = chop::pieces(&octets, 1);
                assert_eq!(decode(&limits, &single), whole, "{}: {}", case.path.display(), octets.escape_ascii());
            }
        }
    }
}

/// Changes, removes, repeats or swaps in some octets.
fn damage(octets: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    const SIGNS: &[u8] = b"\"\\(){}[]<> \r\n\0+~*NIL09";
    let at = rng.below(octets.len());
    let end = at + rng.below(octets.len() - at).min(30);
    match rng.below(6) {
        0 if !octets.is_empty() => octets[at] = SIGNS[rng.below(SIGNS.len())],
        1 => drop(octets.drain(at..end)),
        2 => octets.insert(at, SIGNS[rng.below(SIGNS.len())]),
        3 => {
            let again = octets[at..end].to_vec();
            octets.splice(at..at, again);
        }
        4 => {
            let from = rng.below(other.len());
            let taken = other[from..].iter().take(40).copied();
            octets.splice(at..end, taken);
        }
        _ => octets.truncate(end),
    }
}

/// Inputs made of `n` small pieces, each of which invites to read something twice.
fn bombs(n: usize) -> Vec<(&'static str, Vec<u8>)> {
    let fetch = |value: &str| format!("* 1 FETCH (UID 7 {value} FLAGS ())\r\n");
    let each = |piece: &str| piece.repeat(n);
    let texts = [
        ("parentheses", fetch(&format!("BODYSTRUCTURE {}{}", each("("), each(")")))),
        ("open parentheses", fetch(&format!("X {}", each("(")))),
        (
            "nested multiparts",
            fetch(&format!("BODYSTRUCTURE {}(\"a\" \"b\" NIL NIL NIL NIL 1){}", each("("), each(" \"m\")"))),
        ),
        (
            "nested messages",
            fetch(&format!(
                "BODYSTRUCTURE {}",
                each("(\"message\" \"rfc822\" NIL NIL NIL NIL 1 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ")
            )),
        ),
        ("parts", fetch(&format!("BODYSTRUCTURE ({} \"m\")", each("(\"a\" \"b\" NIL NIL NIL NIL 1)")))),
        ("parameters", fetch(&format!("BODYSTRUCTURE (\"a\" \"b\" ({}) NIL NIL NIL 1)", each("\"n\" \"v\" ")))),
        (
            "extensions",
            fetch(&format!("BODYSTRUCTURE (\"a\" \"b\" NIL NIL NIL NIL 1 NIL NIL NIL NIL {})", each("(1) "))),
        ),
        (
            "groups",
            fetch(&format!(
                "ENVELOPE (NIL NIL ({}) NIL NIL NIL NIL NIL NIL NIL)",
                each("(NIL NIL \"g\" NIL)(NIL NIL NIL NIL)")
            )),
        ),
        ("nested lists of addresses", fetch(&format!("ENVELOPE (NIL NIL {}", each("(")))),
        ("quotes", fetch(&format!("ENVELOPE (NIL \"{}\" NIL NIL NIL NIL NIL NIL NIL NIL)", each("\"a")))),
        ("quotes and spaces", fetch(&format!("ENVELOPE (NIL \"{}\" NIL)", each("\" ")))),
        ("escapes", fetch(&format!("X \"{}\"", each("\\\"")))),
        ("open strings", fetch(&each("X \"a "))),
        ("items", fetch(&each("X y "))),
        ("items to repair", fetch(&each("X \"a\"b "))),
        ("sections", fetch(&each("BODY[ "))),
        ("section numbers", fetch(&format!("BODY[{}] NIL", each("1.")))),
        ("header fields", fetch(&format!("BODY[HEADER.FIELDS ({})] NIL", each("a ")))),
        ("flags", fetch(&format!("FLAGS ({})", each("a ")))),
        ("nested flags", fetch(&format!("FLAGS ({})", each("(a) ")))),
        ("labels", fetch(&format!("X-GM-LABELS ({})", each("a ")))),
        ("literals", format!("* LIST ({}) NIL x\r\n", each("{1}\r\na "))),
        ("literals in a row", fetch(&each("X {1}\r\na "))),
        ("literals behind quotes", fetch(&each("X \"a\"b {1}\r\na "))),
        ("digits", format!("* {} EXISTS\r\n", each("1"))),
        ("digits of a size", format!("* LIST () {{{}}}\r\n", each("1"))),
        ("exponents", fetch(&format!("RFC822.SIZE 1e{}", each("1")))),
        ("lines", each("* OK x\r\n")),
        ("one line", format!("* OK {}\r\n", each("x"))),
        ("garbled lines", each("* \"\r\n")),
        ("numbers", format!("* SEARCH {}\r\n", each("1 "))),
        ("sets", format!("* VANISHED {}\r\n", each("1,"))),
        ("threads", format!("* THREAD {}\r\n", each("(1)"))),
        ("nested threads", format!("* THREAD {}1{}\r\n", each("("), each(")"))),
        ("capabilities", format!("* CAPABILITY {}\r\n", each("A "))),
        ("pairs", format!("* ID ({})\r\n", each("\"a\" NIL "))),
        ("brackets", format!("* OK {}\r\n", each("[A "))),
        ("referrals", format!("* OK [REFERRAL {}\r\n", each("[]"))),
        ("continuations", each("+\r\n")),
        ("namespaces", format!("* NAMESPACE ({}) NIL NIL\r\n", each("(\"a\" NIL)"))),
        ("list extensions", format!("* LIST () NIL x ({})\r\n", each("\"a\" (b) "))),
    ];
    texts.into_iter().map(|(name, text)| (name, text.into_bytes())).collect()
}

/// Drops everything at once: what is counted is the time.
fn consume(octets: &[u8]) -> Duration {
    let limits = Limits::default();
    let (mut framer, mut decoder) = (Framer::new(limits.clone()), Decoder::new(limits));
    let mut input = BytesMut::from(octets);
    let start = Instant::now();
    while let Ok(Some(piece)) = framer.next(&mut input) {
        drop(decoder.piece(piece));
    }
    start.elapsed()
}

/// T087: eight times the input may take 24 times as long at most, since the machine may be busy; what is quadratic takes 64 times. The
/// inputs are small, so that most runs fit between two interruptions, and whoever fails may try again.
#[test]
fn t087_time_is_linear() {
    const SMALL: usize = 250;
    const TIMES: usize = 8;
    for ((name, small), (_, large)) in bombs(SMALL).iter().zip(&bombs(SMALL * TIMES)) {
        let fastest = |octets: &[u8]| (0..5).map(|_| consume(octets)).min().unwrap_or_default();
        // Below this, times are mostly noise.
        let floor = Duration::from_micros(50);
        let linear = (0..20).any(|_| fastest(large) <= fastest(small).max(floor) * 24);
        assert!(linear, "{name}: {:?} and then {:?}", fastest(small), fastest(large));
    }
}

/// T086: no recursion, in reading as in dropping what was read.
#[test]
fn t086_a_small_stack_is_enough() {
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(|| {
        for (_, octets) in bombs(20_000) {
            consume(&octets);
        }
        // Showing what was read must not recurse either.
        for (name, octets) in bombs(1_000) {
            assert!(!decode(&Limits::default(), &[&octets]).is_empty(), "{name}");
        }
    });
    thread.expect("a thread").join().expect("no overflow");
}

/// T092: what a server can make us hold is bounded by what it sends, and by the limits.
#[test]
fn t092_rows_with_bombs_keep_uid_and_flags() {
    for (name, octets) in bombs(5_000) {
        let text = decode(&Limits::default(), &[&octets]);
        if octets.starts_with(b"* 1 FETCH") {
            assert!(text.contains("uid: Some(Uid(7))"), "{name}: {}", &text[..text.len().min(300)]);
        }
    }
}
