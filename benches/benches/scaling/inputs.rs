//! The inputs: each thing a server can send much of, and each thing a caller can.

use std::fmt::Write as _;

use bytes::BytesMut;
use imapkit_types::{Uid, UidSet};
use imapkit_wire::{Encoder, Framer, Limits, Mode, utf7};

use crate::sessions;

/// What is measured.
pub(crate) enum Work {
    /// A stream that arrives in pieces of `read` octets, framed and decoded.
    Stream { octets: Vec<u8>, read: usize },
    /// Anything else.
    Other(Box<dyn FnMut() -> usize>),
}

/// A kind of input.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) n: usize,
    pub(crate) input: fn(usize) -> Work,
}

const READ: usize = 16 * 1024;
/// Added to numbers, so that all have as many digits.
const MANY: usize = 10_000_000;

const fn case(name: &'static str, what: &'static str, n: usize, input: fn(usize) -> Work) -> Case {
    Case { name, what, n, input }
}

pub(crate) const CASES: &[Case] = &[
    case("rows", "FETCH rows of FLAGS and UID", 4_000, |n| {
        stream(lines(n, |i| format!("* {i} FETCH (UID {i} FLAGS (\\Seen))")))
    }),
    case("search", "numbers in one SEARCH line", 50_000, |n| {
        stream(listed("* SEARCH", n, |i| format!(" {}", MANY + 3 * i)))
    }),
    case("search-octets", "the same, an octet at a time", 20_000, |n| {
        octetwise(listed("* SEARCH", n, |i| format!(" {}", MANY + 3 * i)))
    }),
    case("esearch", "ranges in one ESEARCH line", 20_000, |n| stream(set_line("* ESEARCH (TAG \"a\") UID ALL ", n))),
    case("vanished", "ranges in one VANISHED line", 20_000, |n| stream(set_line("* VANISHED (EARLIER) ", n))),
    case("copyuid", "ranges in one COPYUID code", 10_000, |n| {
        let set = set(n);
        stream(format!("a1 OK [COPYUID 1 {set} {set}] copied\r\n").into_bytes())
    }),
    case("thread", "messages in one chain of a THREAD line", 20_000, |n| {
        stream(format!("* THREAD ({})\r\n", words(n, |i| format!("{}", MANY + i))).into_bytes())
    }),
    case("thread-nested", "nested branches of a THREAD line", 5_000, |n| {
        stream(format!("* THREAD {}{}\r\n", words(n, |i| format!("({}", MANY + i)), ")".repeat(n)).into_bytes())
    }),
    case("keywords", "keywords in one FLAGS list", 5_000, |n| {
        stream(format!("* 1 FETCH (UID 1 FLAGS ({}))\r\n", words(n, |i| format!("k{i}"))).into_bytes())
    }),
    case("keyword-sets", "rows, each with keywords of its own", 2_000, |n| {
        stream(lines(n, |i| format!("* {i} FETCH (FLAGS (a{i} b{i} c{i}) UID {i})")))
    }),
    case("capabilities", "names in one CAPABILITY line", 5_000, |n| {
        stream(listed("* CAPABILITY", n, |i| format!(" X{i}")))
    }),
    case("literals", "literals of one octet in a row", 4_000, |n| stream(tiny_literals(n))),
    case("literals-octets", "the same, an octet at a time", 4_000, |n| octetwise(tiny_literals(n))),
    case("empty-literals", "literals of no octets in a list of names", 4_000, |n| {
        stream(lines(n, |_| "* LIST () \"/\" {0}\r\n".into()))
    }),
    case("text-braces", "octets of a status line full of what looks like literals", 50_000, |n| {
        stream(format!("* OK [X-CODE {} {{3}}\r\n", "{3} [".repeat(n / 5)).into_bytes())
    }),
    case("parentheses", "nested lists in an unknown response", 1_000_000, |n| {
        stream(format!("* X-DATA {}{}\r\n", "(".repeat(n), ")".repeat(n)).into_bytes())
    }),
    case("unbalanced", "opening parentheses in a row", 50_000, |n| {
        stream(format!("* 1 FETCH (UID 1 X-DATA {}\r\n", "(".repeat(n)).into_bytes())
    }),
    case("structure-deep", "nested multiparts in a BODYSTRUCTURE", 4_000, |n| {
        let part = r#"("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1)"#;
        stream(
            format!("* 1 FETCH (BODYSTRUCTURE {}{part}{} UID 1)\r\n", "(".repeat(n), " \"MIXED\")".repeat(n))
                .into_bytes(),
        )
    }),
    case("structure-wide", "parts in a BODYSTRUCTURE", 3_000, |n| {
        let part = r#"("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 1 1 NIL NIL NIL NIL)"#;
        stream(format!("* 1 FETCH (BODYSTRUCTURE ({} \"MIXED\") UID 1)\r\n", part.repeat(n)).into_bytes())
    }),
    case("parameters", "parameters of one part", 5_000, |n| {
        let list = words(n, |i| format!("\"p{i}\" \"v\""));
        stream(
            format!("* 1 FETCH (BODYSTRUCTURE (\"TEXT\" \"PLAIN\" ({list}) NIL NIL \"7BIT\" 1 1) UID 1)\r\n")
                .into_bytes(),
        )
    }),
    case("addresses", "addresses in one ENVELOPE", 5_000, |n| stream(envelope("s", n))),
    case("quotes", "unescaped quotes in a subject", 20_000, |n| stream(envelope(&"a \"b\" c ".repeat(n / 8), 1))),
    case("backslashes", "backslashes in a subject", 20_000, |n| stream(envelope(&"\\\\".repeat(n / 2), 1))),
    case("open-string", "octets of a string that never ends", 50_000, |n| {
        stream(format!("* 1 FETCH (UID 1 ENVELOPE (\"{}\r\n", "a\" ".repeat(n / 3)).into_bytes())
    }),
    case("items", "items of one row", 5_000, |n| {
        stream(format!("* 1 FETCH ({})\r\n", words(n, |i| format!("UID {i}"))).into_bytes())
    }),
    case("unknown-items", "items that nobody knows, of one row", 5_000, |n| {
        stream(format!("* 1 FETCH ({})\r\n", words(n, |i| format!("X-I{i} (a {i} \"b\")"))).into_bytes())
    }),
    case("broken-items", "items of one row that cannot be read", 3_000, |n| {
        stream(format!("* 1 FETCH ({} UID 1)\r\n", words(n, |_| "ENVELOPE (1 2)".into())).into_bytes())
    }),
    case("sections", "bodies of one row", 3_000, |n| {
        stream(format!("* 1 FETCH ({})\r\n", words(n, |i| format!("BODY[{}] \"x\"", i + 1))).into_bytes())
    }),
    case("mailbox-names", "octets of a name in modified UTF-7", 20_000, |n| {
        stream(format!("* LIST () \"/\" \"{}\"\r\n", "&AOQ-a".repeat(n / 6)).into_bytes())
    }),
    case("list-rows", "LIST lines with special uses", 3_000, |n| {
        stream(lines(n, |i| format!("* LIST (\\HasNoChildren \\Sent) \"/\" \"f{i}\"")))
    }),
    case("empty-lines", "empty lines between responses", 20_000, |n| {
        let one = "\r\n".repeat(20) + "* 1 EXISTS\r\n";
        stream(one.repeat(n / 20).into_bytes())
    }),
    case("garbage", "lines that are not IMAP", 10_000, |n| stream(lines(n, |i| format!("\u{fffd}{i} ((\" {{")))),
    case("line-octets", "octets of one line, one at a time", 50_000, |n| {
        octetwise(format!("* OK {}\r\n", "x".repeat(n)).into_bytes())
    }),
    case("body", "octets of a body that is handed out", 2_000_000, |n| stream(body(n))),
    case("body-octets", "the same, an octet at a time", 100_000, |n| octetwise(body(n))),
    case("oversize", "octets of a response over the limit", 500_000, oversize),
    case("uid-set", "numbers given to a UID set one by one, then written", 20_000, uid_set),
    case("mailbox-out", "octets of a mailbox name to write", 20_000, |n| {
        let name = "ä&b ".repeat(n / 4);
        Work::Other(Box::new(move || utf7::encode(&name).len()))
    }),
    case("expunges", "EXPUNGE lines told to a session", 10_000, |n| {
        sessions::told(n, lines(n, |i| format!("* {} EXPUNGE", (n - i) / 2 + 1)))
    }),
    case("exists", "EXISTS lines told to a session", 10_000, |n| {
        sessions::told(0, lines(n, |i| format!("* {i} EXISTS")))
    }),
    case("unasked-rows", "rows nobody asked for, told to a session", 10_000, |n| {
        sessions::told(n, lines(n, |i| format!("* {i} FETCH (FLAGS (\\Seen) UID {i})")))
    }),
    case("gone", "ranges of VANISHED told to a session", 10_000, |n| {
        sessions::told(10 * n, format!("* VANISHED {}\r\n", set(n)).into_bytes())
    }),
    case("noise", "status lines told to a session", 10_000, |n| {
        sessions::told(0, "* OK still here\r\n".repeat(n).into_bytes())
    }),
    case("fetched", "rows of a FETCH of a session", 10_000, |n| {
        sessions::fetched(n, lines(n, |i| format!("* {i} FETCH (UID {i} FLAGS (\\Seen))")))
    }),
    case("pipelined", "commands submitted at once", 2_000, sessions::pipelined),
];

fn stream(octets: Vec<u8>) -> Work {
    Work::Stream { octets, read: READ }
}

fn octetwise(octets: Vec<u8>) -> Work {
    Work::Stream { octets, read: 1 }
}

fn lines(n: usize, line: impl Fn(usize) -> String) -> Vec<u8> {
    (1..=n).map(|i| line(i) + "\r\n").collect::<String>().into_bytes()
}

fn listed(head: &str, n: usize, word: impl Fn(usize) -> String) -> Vec<u8> {
    (1..=n).fold(head.to_owned(), |line, i| line + &word(i)).into_bytes().into_iter().chain(*b"\r\n").collect()
}

fn words(n: usize, word: impl Fn(usize) -> String) -> String {
    (1..=n).map(word).collect::<Vec<_>>().join(" ")
}

fn set(n: usize) -> String {
    (0..n).map(|i| format!("{}:{}", MANY + 10 * i, MANY + 10 * i + 4)).collect::<Vec<_>>().join(",")
}

fn set_line(head: &str, n: usize) -> Vec<u8> {
    format!("{head}{}\r\n", set(n)).into_bytes()
}

fn tiny_literals(n: usize) -> Vec<u8> {
    format!("* 1 FETCH ({})\r\n", words(n, |i| format!("BODY[{i}] {{1}}\r\nx"))).into_bytes()
}

fn envelope(subject: &str, addresses: usize) -> Vec<u8> {
    let address = r#"("Ada" NIL "ada" "example.org")"#.repeat(addresses);
    let lists = "NIL ".repeat(5);
    format!("* 1 FETCH (ENVELOPE (NIL \"{subject}\" ({address}) {lists}NIL \"<1@example.org>\") UID 1)\r\n")
        .into_bytes()
}

fn body(n: usize) -> Vec<u8> {
    format!("* 1 FETCH (UID 1 BODY[] {{{n}}}\r\n{})\r\n", "x".repeat(n)).into_bytes()
}

/// A response that exceeds `max_response`, which is skipped.
fn oversize(n: usize) -> Work {
    let mut octets = String::from("* LIST () \"/\" ");
    while octets.len() < n {
        let _ = write!(octets, "\"{}\" {{3}}\r\nabc ", "x".repeat(200));
    }
    octets.push_str("\r\n");
    Work::Other(Box::new(move || {
        let mut framer = Framer::new(Limits { max_response: 1000, ..Limits::default() });
        let mut input = BytesMut::new();
        let mut seen = 0;
        for piece in octets.as_bytes().chunks(READ) {
            input.extend_from_slice(piece);
            while let Some(piece) = framer.next(&mut input).expect("it can be skipped") {
                drop(piece);
                seen += 1;
            }
        }
        assert_eq!(seen, 1, "one response that is too large");
        seen
    }))
}

fn uid_set(n: usize) -> Work {
    Work::Other(Box::new(move || {
        let numbers = (1..=n).filter_map(|i| u32::try_from(2 * i).ok()).filter_map(Uid::new);
        let set: UidSet = numbers.collect();
        let mut encoder = Encoder::new(Mode { max_line: usize::MAX, ..Mode::default() });
        encoder.uid_set(&set);
        encoder.finish().expect("no line is too long").bytes.len()
    }))
}
