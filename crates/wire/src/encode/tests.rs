//! The encoder against a reader of commands that shares no code with it, and against the exact bytes.

use super::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use imapkit_types::{FetchItem, Items, Keyword, Part, Partial, ReturnOptions, Section, StatusItems, Uid};
use proptest::prelude::*;

const SYNC: Mode =
    Mode { literal: LiteralSupport::Sync, utf8: false, names_charset: true, binary: false, max_line: 8192 };
const PLUS: Mode = Mode { literal: LiteralSupport::Plus, ..SYNC };
const MINUS: Mode = Mode { literal: LiteralSupport::Minus, ..SYNC };
const UTF8: Mode = Mode { utf8: true, ..SYNC };
const BINARY: Mode = Mode { binary: true, ..SYNC };

fn encode(mode: Mode, write: impl FnOnce(&mut Encoder)) -> Result<Encoded, Invalid> {
    let mut encoder = Encoder::new(mode);
    write(&mut encoder);
    encoder.finish()
}

#[track_caller]
fn check(mode: Mode, write: impl FnOnce(&mut Encoder), line: &str) {
    let encoded = encode(mode, write).unwrap();
    assert_eq!(String::from_utf8(encoded.bytes.clone()).unwrap(), format!("{line}\r\n"));
    read(&encoded);
}

#[track_caller]
fn refused(mode: Mode, write: impl FnOnce(&mut Encoder)) -> String {
    encode(mode, write).unwrap_err().to_string()
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Bare(Vec<u8>),
    Quoted(Vec<u8>),
    Literal(Vec<u8>),
    Open,
    Close,
}

/// Reads one command as a strict server would; panics at anything that is not exactly one, or that would not wait for its `+`.
fn read(encoded: &Encoded) -> Vec<Token> {
    let bytes = &encoded.bytes[..];
    let (mut tokens, mut waits, mut at) = (vec![], vec![], 0);
    while &bytes[at..] != b"\r\n" {
        if at > 0 && bytes[at] == b' ' {
            at += 1;
            assert!(!b" )\r".contains(&bytes[at]), "a space too many at {at}");
        }
        match bytes[at] {
            b'(' => tokens.push(Token::Open),
            b')' => tokens.push(Token::Close),
            b'"' => {
                let mut content = vec![];
                at += 1;
                while bytes[at] != b'"' {
                    at += usize::from(bytes[at] == b'\\');
                    assert!(!b"\r\n\0".contains(&bytes[at]));
                    content.push(bytes[at]);
                    at += 1;
                }
                tokens.push(Token::Quoted(content));
            }
            b'{' => {
                let size = &bytes[at + 1..][..bytes[at + 1..].iter().position(|b| *b == b'}').unwrap()];
                let (digits, at_once) = size.strip_suffix(b"+").map_or((size, false), |digits| (digits, true));
                let len: usize = core::str::from_utf8(digits).unwrap().parse().unwrap();
                at += size.len() + 2;
                assert_eq!(&bytes[at..][..2], b"\r\n");
                at += 2;
                if !at_once {
                    waits.push(at);
                }
                tokens.push(Token::Literal(bytes[at..][..len].to_vec()));
                at += len;
                continue;
            }
            _ => {
                let end = bytes[at..].iter().position(|b| b" ()\r\n\"{".contains(b)).unwrap();
                assert!(end > 0 && bytes[at..][..end].iter().all(|b| (0x21..0x7f).contains(b)), "bad atom at {at}");
                tokens.push(Token::Bare(bytes[at..][..end].to_vec()));
                at += end;
                continue;
            }
        }
        at += 1;
    }
    let steps = waits.iter().flat_map(|at| [Step::Bytes(*at), Step::AwaitContinue]).chain([Step::Bytes(bytes.len())]);
    assert_eq!(encoded.steps, steps.collect::<Vec<_>>());
    tokens
}

fn tag() -> Tag {
    Tag::new("A1").unwrap()
}

#[test]
fn commands_are_spelled_as_in_the_rfc() {
    let inbox = Mailbox::new("inbox").unwrap();
    let drafts = Mailbox::new("Entwürfe & mehr").unwrap();
    check(SYNC, |e| _ = e.tag(tag()).sp().verb("SELECT").sp().mailbox(&inbox), "A1 SELECT INBOX");
    check(SYNC, |e| _ = e.verb("SELECT").sp().mailbox(&drafts), "SELECT \"Entw&APw-rfe &- mehr\"");
    check(UTF8, |e| _ = e.verb("SELECT").sp().mailbox(&drafts), "SELECT \"Entwürfe & mehr\"");
    check(SYNC, |e| _ = e.verb("LIST").sp().string(b"").sp().list_pattern("Ü/%"), "LIST \"\" &ANw-/%");
    check(SYNC, |e| _ = e.list_pattern("*").sp().list_pattern("a b*").sp().list_pattern(""), "* \"a b*\" \"\"");
    check(SYNC, |e| _ = e.verb("LOGIN").sp().string(b"joe").sp().string(br#"a"b\c"#), r#"LOGIN "joe" "a\"b\\c""#);
    check(
        SYNC,
        |e| _ = e.astring(b"a]b").sp().astring(b"").sp().astring(b"nil").sp().nstring(None),
        r#"a]b "" "nil" NIL"#,
    );
    let items = StatusItems::new().uid_next().messages();
    check(
        SYNC,
        |e| _ = e.verb("STATUS").sp().mailbox(&inbox).sp().status_items(items),
        "STATUS INBOX (MESSAGES UIDNEXT)",
    );
    let flags = Flags::from([Flag::Seen, Flag::parse("$Forwarded").unwrap()]);
    check(SYNC, |e| _ = e.verb("STORE 1 FLAGS").sp().flags(&flags), "STORE 1 FLAGS (\\Seen $Forwarded)");
    check(SYNC, |e| _ = e.flags(&Flags::new()), "()");
    let set: UidSet = "9,1:3,20:*".parse().unwrap();
    check(SYNC, |e| _ = e.verb("UID FETCH").sp().uid_set(&set), "UID FETCH 1:3,9,20:*");
    check(SYNC, |e| _ = e.number(0).sp().number(i64::MAX.unsigned_abs()), "0 9223372036854775807");
    let date = Date::new(2026, 2, 1).unwrap();
    check(SYNC, |e| _ = e.verb("SINCE").sp().date(&date), "SINCE 1-Feb-2026");
    let moment = DateTime::new(date, 10, 0, 0, 60).unwrap();
    check(SYNC, |e| _ = e.date_time(&moment), "\" 1-Feb-2026 10:00:00 +0100\"");
}

#[test]
fn a_search_says_what_to_return() {
    let options = ReturnOptions::new().count().min();
    check(SYNC, |e| _ = e.verb("SEARCH RETURN").sp().return_options(options), "SEARCH RETURN (MIN COUNT)");
    assert!(encode(SYNC, |e| _ = e.return_options(ReturnOptions::new())).is_err(), "servers break on RETURN ()");
}

#[test]
fn fetch_asks_for_items_in_parentheses() {
    let part: Part = "1.2".parse().unwrap();
    let some = Partial::new(0, 100).unwrap();
    let items = Items::new()
        .flags()
        .partial_peek(Section::text().of(part.clone()), some)
        .section_peek(Section::mime(part.clone()));
    check(SYNC, |e| _ = e.fetch_items(&items, false), "(FLAGS BODY.PEEK[1.2.TEXT]<0.100> BODY.PEEK[1.2.MIME])");
    check(SYNC, |e| _ = e.fetch_items(&Items::new().flags().uid(), true), "(UID FLAGS)");
    check(SYNC, |e| _ = e.fetch_items(&Items::new(), true), "(UID)");
    let binary = Items::new()
        .item(FetchItem::Binary { part: part.clone(), partial: None, peek: true })
        .item(FetchItem::BinarySize(part));
    check(SYNC, |e| _ = e.fetch_items(&binary, false), "(BINARY.PEEK[1.2] BINARY.SIZE[1.2])");
    check(
        SYNC,
        |e| _ = e.fetch_items(&Items::new().item(FetchItem::Preview { lazy: true }), false),
        "(PREVIEW (LAZY))",
    );
    assert_eq!(refused(SYNC, |e| _ = e.fetch_items(&Items::new(), false)), "items: are an empty list");
}

#[test]
fn t068_a_mailbox_name_is_one_argument() {
    let odd = Mailbox::from_wire("x", Some(b"x\r\nA9 DELETE INBOX"));
    let encoded = encode(SYNC, |e| _ = e.verb("SELECT").sp().mailbox(&odd)).unwrap();
    assert_eq!(read(&encoded), [Token::Bare(b"SELECT".to_vec()), Token::Literal(b"x\r\nA9 DELETE INBOX".to_vec())]);
    assert_eq!(
        refused(SYNC, |e| _ = e.mailbox(&Mailbox::from_wire("x", Some(b"x\0")))),
        "string: contains NUL at byte 1"
    );
    assert!(Mailbox::new("x\r\nA9 DELETE INBOX").is_err());
    assert!(encode(UTF8, |e| _ = e.list_pattern("%\r\nA9 LOGOUT")).is_err());
    assert!(encode(SYNC, |e| _ = e.list_pattern("a\0")).is_err());
}

#[test]
fn h95_a_mailbox_is_called_what_its_server_calls_it() {
    for wire in [&b"&Jjo!"[..], b"A&B", b"&AGE-", b"Entw\xfcrfe", b"a\tb"] {
        let encoded = encode(PLUS, |e| _ = e.mailbox(&utf7::mailbox(wire, false))).unwrap();
        let tokens = read(&encoded);
        let ([Token::Bare(sent) | Token::Quoted(sent) | Token::Literal(sent)], 1) = (&tokens[..], tokens.len()) else {
            panic!("{tokens:?}");
        };
        assert_eq!(sent, wire);
    }
}

#[test]
fn t070_a_flag_is_an_atom() {
    for bad in [&b"Foo) \r\nA9 EXPUNGE"[..], b"a b", b"", b"\\", b"\\Seen)", b"\xc3\xa9", b"a\0", b"{3}", b"\\\\a"] {
        let flag = Flag::Keyword(Keyword::from_server(bad));
        assert!(encode(SYNC, |e| _ = e.flag(&flag)).is_err(), "{}", bad.escape_ascii());
    }
    for good in ["OIB-Seen-[Gmail]/All", "\\Foo", "$Label1", "+1"] {
        check(SYNC, |e| _ = e.flag(&Flag::Keyword(Keyword::from_server(good.as_bytes()))), good);
    }
    assert!(encode(SYNC, |e| _ = e.flag(&Flag::Recent)).is_err());
    assert!(encode(SYNC, |e| _ = e.flag(&Flag::Any)).is_err());
}

#[test]
fn t071_a_set_is_numbers() {
    assert_eq!(refused(SYNC, |e| _ = e.uid_set(&UidSet::new())), "sequence set: is empty");
    check(SYNC, |e| _ = e.seq_set(&SeqSet::from_iter([5, 3, 4].map(|n| n.try_into().unwrap()))), "3:5");
    let long: UidSet = (1..100_000).step_by(2).filter_map(Uid::new).collect();
    assert_eq!(refused(SYNC, |e| _ = e.uid_set(&long)), "command: is longer than the server accepts");
    for piece in long.split_to_fit(8000, None) {
        encode(SYNC, |e| _ = e.verb("UID FETCH").sp().uid_set(&piece)).unwrap();
    }
}

#[test]
fn t072_text_of_the_caller_stays_one_line() {
    assert_eq!(refused(PLUS, |e| _ = e.text("a\r\nA9 LOGOUT")), "string: contains a line break at byte 1");
    assert_eq!(refused(PLUS, |e| _ = e.text("a\0")), "string: contains NUL at byte 1");
    for bad in ["", "a b", "a\r\n", "{3}", "(", "ü", "a\"", "a]"] {
        assert!(encode(PLUS, |e| _ = e.atom(bad)).is_err(), "{bad}");
    }
    assert!(encode(PLUS, |e| _ = e.verb("A\r\nB")).is_err());
}

fn raw(tokens: &[&str]) -> Result<Encoded, Invalid> {
    let tokens: Vec<_> = tokens.iter().map(|text| RawToken::Text((*text).to_string())).collect();
    encode(PLUS, |e| _ = e.raw_tokens(&tokens))
}

#[test]
fn t072_raw_commands_cannot_break_out() {
    assert_eq!(raw(&["SETQUOTA", "\"\" (STORAGE 512)"]).unwrap().bytes, b"SETQUOTA \"\" (STORAGE 512)\r\n");
    assert!(raw(&["X-FOO", "\"{3}\" {a}"]).is_ok());
    for bad in
        ["{3}", "{3+}", "~{3}", "{3-}", "(a {3}", "a\r\nb", "a\nb", "a\0", "a\u{1}", "\u{7f}", "\"open", "\"a\\\"", "ü"]
    {
        assert!(raw(&["X", bad]).is_err(), "{bad:?}");
    }
    for name in [
        "",
        "+",
        "*",
        "A1 STARTTLS\r\n",
        "starttls",
        "STARTTLS now",
        "IDLE",
        "LOGOUT",
        "authenticate PLAIN",
        "COMPRESS DEFLATE",
        "1X",
        " X",
    ] {
        assert!(raw(&[name]).is_err(), "{name:?}");
    }
    let tokens = [RawToken::Text("X".into()), RawToken::String(b"a\nb".to_vec()), RawToken::Literal(b"\"".to_vec())];
    assert_eq!(encode(PLUS, |e| _ = e.raw_tokens(&tokens)).unwrap().bytes, b"X {3+}\r\na\nb {1+}\r\n\"\r\n");
    assert!(encode(PLUS, |e| _ = e.raw_tokens(&tokens[1..])).is_err());
    assert!(encode(PLUS, |e| _ = e.raw_tokens(&[])).is_err());
}

#[test]
fn t073_header_names_are_quoted_when_they_are_odd() {
    let section = Section::header_fields(["From", "X-(odd)"]).unwrap();
    check(SYNC, |e| _ = e.verb("BODY").section(&section), "BODY[HEADER.FIELDS (From \"X-(odd)\")]");
    for bad in ["a b", "a\r\n", "a:", "ü", ""] {
        assert!(Section::header_fields([bad]).is_err(), "{bad:?}");
    }
}

#[test]
fn t074_messages_are_counted_not_read() {
    assert_eq!(refused(PLUS, |e| _ = e.literal(b"a\0b")), "string: contains NUL at byte 1");
    assert!(encode(PLUS, |e| _ = e.literal8(b"a\0b")).is_err(), "literal8 needs BINARY");
    assert_eq!(encode(BINARY, |e| _ = e.literal8(b"a\0\rb")).unwrap().bytes, b"~{4}\r\na\0\rb\r\n");
    let encoded = encode(Mode { literal: LiteralSupport::Plus, ..BINARY }, |e| _ = e.literal8(b"\n")).unwrap();
    assert_eq!(encoded.bytes, b"~{1+}\r\n\n\r\n");
    assert!(encode(SYNC, |e| _ = e.upload(u64::MAX, false)).is_err());
    assert!(encode(SYNC, |e| _ = e.upload(1, true)).is_err());
}

#[test]
fn m27_m28_uploads_wait_unless_they_are_small() {
    let steps = |mode, len| {
        let encoded = encode(mode, |e| _ = e.verb("APPEND x").sp().upload(len, false)).unwrap();
        (String::from_utf8(encoded.bytes).unwrap(), encoded.steps)
    };
    let waiting =
        |end| vec![Step::Bytes(end), Step::AwaitContinue, Step::Upload { len: 9999, sync: true }, Step::Bytes(end + 2)];
    for mode in [SYNC, PLUS, MINUS] {
        assert_eq!(steps(mode, 9999), ("APPEND x {9999}\r\n\r\n".into(), waiting(17)));
    }
    for mode in [PLUS, MINUS] {
        let at_once = vec![Step::Bytes(17), Step::Upload { len: 310, sync: false }, Step::Bytes(19)];
        assert_eq!(steps(mode, 310), ("APPEND x {310+}\r\n\r\n".into(), at_once));
    }
    let (_, empty) = steps(SYNC, 0);
    assert_eq!(empty[1..3], [Step::AwaitContinue, Step::Upload { len: 0, sync: true }], "an empty literal waits too");
}

#[test]
fn two_messages_in_one_append() {
    let encoded = encode(PLUS, |e| _ = e.verb("APPEND x").sp().upload(5000, false).sp().upload(7, false)).unwrap();
    assert_eq!(encoded.bytes, b"APPEND x {5000}\r\n {7+}\r\n\r\n");
    let [
        Step::Bytes(17),
        Step::AwaitContinue,
        Step::Upload { .. },
        Step::Bytes(24),
        Step::Upload { .. },
        Step::Bytes(26),
    ] = encoded.steps[..]
    else {
        panic!("{:?}", encoded.steps);
    };
}

#[test]
fn literals_that_are_too_long_for_literal_minus_wait() {
    let big = vec![b'\n'; 4097];
    assert_eq!(encode(MINUS, |e| _ = e.string(&big)).unwrap().steps.len(), 3);
    assert_eq!(encode(MINUS, |e| _ = e.string(&big[1..])).unwrap().steps.len(), 1);
    assert_eq!(encode(PLUS, |e| _ = e.string(&big)).unwrap().steps.len(), 1);
    let long = vec![b'a'; 1001];
    assert!(
        encode(PLUS, |e| _ = e.astring(&long)).unwrap().bytes.starts_with(b"{1001+}"),
        "too long for a quoted string"
    );
}

#[test]
fn eight_bit_text_is_quoted_only_where_utf8_is_spoken() {
    check(UTF8, |e| _ = e.string("ü".as_bytes()), "\"ü\"");
    assert_eq!(encode(SYNC, |e| _ = e.string("ü".as_bytes())).unwrap().bytes, "{2}\r\nü\r\n".as_bytes());
    assert_eq!(encode(UTF8, |e| _ = e.string(b"\xfc")).unwrap().bytes, b"{1}\r\n\xfc\r\n");
}

#[test]
fn the_first_error_is_the_one_reported() {
    let error = refused(SYNC, |e| _ = e.text("a\n").atom("").string(b"\0").literal(b"x").upload(5, true));
    assert_eq!(error, "string: contains a line break at byte 1");
}

#[test]
fn lines_are_limited_and_literals_do_not_count() {
    let short = Mode { max_line: 20, ..PLUS };
    assert!(encode(short, |e| _ = e.verb("123456789012345678")).is_ok());
    assert!(encode(short, |e| _ = e.verb("1234567890123456789")).is_err());
    assert!(encode(short, |e| _ = e.literal(&[b'x'; 100])).is_ok());
    assert!(encode(short, |e| _ = e.base64_line(&[0; 100])).is_ok());
}

#[test]
fn base64_as_in_rfc_4648() {
    for (text, line) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ] {
        check(SYNC, |e| _ = e.base64_line(text.as_bytes()), line);
    }
    check(SYNC, |e| _ = e.base64_line(&[0xfb, 0xff]), "+/8=");
    check(SYNC, |e| _ = e.verb("AUTHENTICATE EXTERNAL").sp().initial_response(b""), "AUTHENTICATE EXTERNAL =");
}

#[test]
fn an_encoded_command_does_not_show_its_bytes() {
    let encoded = encode(SYNC, |e| _ = e.verb("LOGIN joe").sp().string(b"hunter2")).unwrap();
    assert!(!format!("{encoded:?}").contains("hunter2"));
}

#[derive(Clone, Debug)]
enum Arg {
    String(Vec<u8>),
    Astring(Vec<u8>),
    Mailbox(String),
    Wire(Vec<u8>),
    Keywords(Vec<String>),
    Numbers(Vec<u32>),
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(prop_oneof![1..=255_u8, prop::sample::select(&b"\r\n\"\\{}()+9 ~&-"[..])], 0..30),
        proptest::collection::vec(32..127_u8, 990..1010),
        proptest::collection::vec(1..=255_u8, 4090..4100),
    ]
}

fn arg() -> impl Strategy<Value = Arg> {
    prop_oneof![
        octets().prop_map(Arg::String),
        octets().prop_map(Arg::Astring),
        any::<String>().prop_map(Arg::Mailbox),
        octets().prop_map(Arg::Wire),
        proptest::collection::vec("[!$&'+,./0-9:;<=>?@A-Z\\[^_`a-z|}~-]{1,9}", 0..5).prop_map(Arg::Keywords),
        proptest::collection::vec(1..=u32::MAX, 1..9).prop_map(Arg::Numbers),
    ]
}

fn mode() -> impl Strategy<Value = Mode> {
    use LiteralSupport::{Minus, Plus, Sync};
    let max_line = 8192 * 8;
    (prop::sample::select(vec![Sync, Plus, Minus]), any::<bool>()).prop_map(move |(literal, utf8)| Mode {
        literal,
        utf8,
        binary: false,
        max_line,
        ..Mode::default()
    })
}

proptest! {
    /// T078: whatever the arguments, a server reads one command with these arguments.
    #[test]
    fn t078_what_is_encoded_is_what_is_read(mode in mode(), args in proptest::collection::vec(arg(), 0..6)) {
        let names: Vec<_> = args.iter().map(|arg| if let Arg::Mailbox(name) = arg { Mailbox::new(name).ok() } else { None }).collect();
        prop_assume!(args.iter().zip(&names).all(|(arg, name)| !matches!(arg, Arg::Mailbox(_)) || name.is_some()));
        let mut encoder = Encoder::new(mode);
        encoder.tag(tag()).sp().verb("X");
        let mut expected = vec![];
        for (arg, name) in args.iter().zip(names) {
            encoder.sp();
            match arg {
                Arg::String(octets) => {
                    encoder.string(octets);
                    expected.push(octets.clone());
                }
                Arg::Astring(octets) => {
                    encoder.astring(octets);
                    expected.push(octets.clone());
                }
                Arg::Mailbox(text) => {
                    let name = name.unwrap();
                    encoder.mailbox(&name);
                    let plain = if name.is_inbox() { "INBOX" } else { text };
                    expected.push(if mode.utf8 { plain.as_bytes().to_vec() } else { utf7::encode(plain).into_owned() });
                }
                Arg::Wire(wire) => {
                    let name = utf7::mailbox(wire, mode.utf8);
                    encoder.mailbox(&name);
                    expected.push(if name.is_inbox() { b"INBOX".to_vec() } else { wire.clone() });
                }
                Arg::Keywords(names) => {
                    let flags: Flags = names.iter().map(|name| Flag::Keyword(Keyword::new(name).unwrap())).collect();
                    encoder.flags(&flags);
                    expected.push(b"(".to_vec());
                    expected.extend(flags.iter().map(|flag| flag.as_bytes().to_vec()));
                    expected.push(b")".to_vec());
                }
                Arg::Numbers(numbers) => {
                    let set: UidSet = numbers.iter().copied().filter_map(Uid::new).collect();
                    encoder.uid_set(&set);
                    expected.push(set.to_string().into_bytes());
                }
            }
        }
        let encoded = encoder.finish().unwrap();
        let tokens: Vec<Vec<u8>> = read(&encoded).into_iter().skip(2).map(|token| match token {
            Token::Bare(octets) | Token::Quoted(octets) | Token::Literal(octets) => octets,
            Token::Open => b"(".to_vec(),
            Token::Close => b")".to_vec(),
        }).collect();
        prop_assert_eq!(tokens, expected);
    }
}
