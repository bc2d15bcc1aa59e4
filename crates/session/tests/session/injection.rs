//! Whatever a caller passes, the server reads one command, and in it what was passed: T068–T074, T078.
//!
//! Every command that takes text is built from hostile words and sent by a real session. What it sends is read back by [`read`], a reader of
//! RFC 9051 §9 that shares nothing with the encoder: it splits bytes into lines and literals as a server does. A command is either refused
//! before a byte is sent, or read back as one command, under the line limit, with the words in it.

use imapkit_session::commands::{
    Append, AppendMessage, Collected, Content, Copy, Create, Delete, Enable, Fetch, Id, List, ListReturn, Lsub, Move,
    Raw, Rename, Search, Select, Status, Store, StoreHow, Subscribe, UidExpunge, Unsubscribe,
};
use imapkit_session::types::{
    Capabilities, Capability, DateTime, Flag, Flags, Invalid, Items, Key, Keyword, Mailbox, ReturnOptions, Secret,
    Section, SpecialUse, StatusItems, UidSet,
};
use imapkit_session::wire::RawToken;
use imapkit_session::{Command, Credential, Error, Event, Login, Opening, Protection, Security};
use proptest::prelude::*;

use crate::link::{Cut, Link, Taken, opening};

/// What a server reads in one command.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    /// Anything between spaces and parentheses that is no string.
    Word(Vec<u8>),
    Quoted(Vec<u8>),
    Literal(Vec<u8>),
    Open,
    Close,
}

/// One command as a server reads it.
#[derive(Debug)]
struct Read {
    tag: Vec<u8>,
    tokens: Vec<Token>,
    /// Octets of it that are no literal's content.
    line: usize,
}

/// Reads one command from the start of `bytes`, and how long it is; or what no server would take.
fn read(bytes: &[u8]) -> Result<(Read, usize), String> {
    let space = bytes.iter().position(|&octet| octet == b' ').ok_or("no space behind a tag")?;
    let tag = bytes[..space].to_vec();
    if tag.is_empty() || !tag.iter().all(u8::is_ascii_alphanumeric) {
        return Err(format!("a tag like {}", tag.escape_ascii()));
    }
    let (mut tokens, mut at, mut contents) = (Vec::new(), space + 1, 0);
    loop {
        match *bytes.get(at).ok_or("no CRLF at the end")? {
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => {
                return Ok((Read { tag, tokens, line: at + 2 - contents }, at + 2));
            }
            b' ' => at += 1,
            octet @ (b'(' | b')') => {
                tokens.push(if octet == b'(' { Token::Open } else { Token::Close });
                at += 1;
            }
            b'"' => {
                let (text, end) = quoted(bytes, at + 1)?;
                tokens.push(Token::Quoted(text));
                at = end;
            }
            _ => {
                if let Some((header, content)) = literal(&bytes[at..])? {
                    at += header + content.len();
                    contents += content.len();
                    tokens.push(Token::Literal(content));
                    continue;
                }
                let end = bytes[at..].iter().position(|octet| b" ()\"\r\n".contains(octet));
                let word = &bytes[at..at + end.ok_or("a word without an end")?];
                if word.is_empty() || !word.iter().all(|octet| (0x21..0x7f).contains(octet)) {
                    return Err(format!("at {at}: no word: {}", bytes[at..].escape_ascii()));
                }
                tokens.push(Token::Word(word.to_vec()));
                at += word.len();
            }
        }
    }
}

/// A quoted string from behind its first quote; its text, and where it ends.
fn quoted(bytes: &[u8], mut at: usize) -> Result<(Vec<u8>, usize), String> {
    let mut text = Vec::new();
    loop {
        match *bytes.get(at).ok_or("an open quote")? {
            b'"' => return Ok((text, at + 1)),
            b'\\' => {
                let escaped = *bytes.get(at + 1).ok_or("an open quote")?;
                if !matches!(escaped, b'"' | b'\\') {
                    return Err(format!("\\{} is no escape", char::from(escaped)));
                }
                text.push(escaped);
                at += 2;
            }
            b'\r' | b'\n' | 0 => return Err(format!("a line break or NUL in a quoted string at {at}")),
            octet => {
                text.push(octet);
                at += 1;
            }
        }
    }
}

/// `{n}CRLF`, `{n+}CRLF` or either behind `~`: the length of the announcement, and the octets behind it.
fn literal(bytes: &[u8]) -> Result<Option<(usize, Vec<u8>)>, String> {
    let binary = bytes.starts_with(b"~");
    let head = usize::from(binary);
    if bytes.get(head) != Some(&b'{') {
        return Ok(None);
    }
    let digits: Vec<u8> = bytes[head + 1..].iter().copied().take_while(u8::is_ascii_digit).collect();
    let mut at = head + 1 + digits.len();
    at += usize::from(bytes.get(at) == Some(&b'+'));
    if digits.is_empty() || bytes.get(at..at + 3) != Some(b"}\r\n") {
        return Ok(None);
    }
    let len: usize = String::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).ok_or("a huge literal")?;
    let content = bytes.get(at + 3..at + 3 + len).ok_or("a literal cut short")?.to_vec();
    if !binary && content.contains(&0) {
        return Err("NUL in a literal".into());
    }
    Ok(Some((at + 3, content)))
}

#[test]
fn the_reader_reads_as_servers_do() {
    let (command, len) = read(b"a1 LOGIN {2}\r\nme \"x\\\"y\"\r\na2 NOOP\r\n").unwrap();
    assert_eq!((command.tag, len, command.line), (b"a1".to_vec(), 25, 23));
    let me = Token::Literal(b"me".to_vec());
    assert_eq!(command.tokens, [Token::Word(b"LOGIN".to_vec()), me, Token::Quoted(b"x\"y".to_vec())]);
    assert!(read(b"a1 STORE 1 ~{1+}\r\n\0\r\n").is_ok());
    for wrong in [
        &b"a1 LOGIN \"x\r\ny\"\r\n"[..],
        b"a1 LOGIN {1}\r\n\0\r\n",
        b"a1 LOGIN \xc3\xbc\r\n",
        b"a1 X \"a\\b\"\r\n",
        b"a1 X {9}\r\nabc\r\n",
        b"a1 X\n",
        b"\r\n",
    ] {
        assert!(read(wrong).is_err(), "{}", wrong.escape_ascii());
    }
    assert_eq!(read(b"a1 CREATE x\r\na9 DELETE INBOX\r\n").unwrap().1, 13, "two commands are two");
}

/// What came of a try: the words that have to be in the command, if all of it was sayable.
struct Tried {
    outcome: Option<Result<(), Error>>,
    words: Vec<Vec<u8>>,
}

/// Words, and numbers made of one: what the commands are built from.
struct Parts<'a> {
    words: &'a [String; 3],
    number: u32,
}

impl Parts<'_> {
    fn word(&self, at: usize) -> &str {
        &self.words[at]
    }

    fn mailbox(&self, at: usize) -> Result<Mailbox, Invalid> {
        let word = self.word(at);
        // A name may come from a caller, or from a server that spelled it as it liked.
        match self.number % 3 {
            0 => Mailbox::new(word),
            1 => Ok(Mailbox::from_wire(word, Some(word.as_bytes()))),
            _ => Ok(Mailbox::from_wire(word, None)),
        }
    }

    fn uids(&self) -> UidSet {
        let text = format!("{}:{},{}", self.number.max(1), self.number.saturating_add(7), self.number / 2 + 1);
        text.parse().expect("a set")
    }

    fn flags(&self) -> Flags {
        let mut flags = Flags::new();
        for word in self.words {
            flags.extend(Flag::parse(word));
            flags.insert(Flag::Keyword(Keyword::from_server(word.as_bytes())));
        }
        flags
    }

    fn key(&self) -> Result<Key, Invalid> {
        let [a, b, c] = self.words;
        let nested = Key::subject(a)?.or(Key::header("X-Mailer", b)?).and(Key::from(c)?);
        Ok(match self.number % 6 {
            0 => nested,
            1 => Key::Not(Box::new(nested)),
            2 => Key::header(a, b)?.and(Key::body(c)?),
            3 => Key::Keyword(Keyword::new(a)?).and(Key::text(b)?),
            4 => Key::GmRaw(imapkit_session::types::SearchText::new(a)?),
            _ => Key::all_of([Key::to(a)?, Key::cc(b)?, Key::bcc(c)?, Key::Uid(self.uids())]),
        })
    }
}

/// How many commands [`attempt`] knows.
const COMMANDS: u8 = 32;

/// Builds a command and submits it; `Err` when a type refuses the words.
#[allow(clippy::too_many_lines, clippy::many_single_char_names, reason = "a table of commands")]
fn attempt(link: &mut Link, which: u8, parts: &Parts<'_>) -> Result<Tried, Invalid> {
    let [a, b, c] = parts.words;
    let bytes = |words: &[&String]| words.iter().map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
    let (name, other) = (|| parts.mailbox(0), || parts.mailbox(1));
    let wanted = |mailboxes: &[&Mailbox]| {
        // How other names are spelled is for the tests of UTF-7; these are spelled as they are.
        let printable = |text: &str| text.bytes().all(|octet| (b' '..=b'~').contains(&octet) && octet != b'&');
        let plain = |text: &str| printable(text) && !text.eq_ignore_ascii_case("inbox");
        mailboxes
            .iter()
            .map(|mailbox| mailbox.name())
            .filter(|name| plain(name))
            .map(|name| name.as_bytes().to_vec())
            .collect::<Vec<_>>()
    };
    macro_rules! on {
        ($($mailbox:ident),+ => $command:expr) => {{
            let words = wanted(&[$(&$mailbox),+]);
            send(link, $command, words)
        }};
    }
    let uids = parts.uids();
    Ok(match which {
        0 => {
            let m = name()?;
            on!(m => Select::new(m))
        }
        1 => {
            let m = name()?;
            on!(m => Select::examine(m).condstore())
        }
        2 => {
            let m = name()?;
            on!(m => Status::new(m, StatusItems::new().messages().uid_next()))
        }
        3 => {
            let m = name()?;
            on!(m => List::new("*").below(m))
        }
        4 => {
            let m = name()?;
            on!(m => List::new("%").below(m).as_xlist())
        }
        5 => {
            let m = name()?;
            on!(m => Lsub::new("*").below(m))
        }
        6 => {
            let m = name()?;
            on!(m => Create::new(m))
        }
        7 => {
            let m = name()?;
            on!(m => Create::new(m).special_use(SpecialUse::Sent))
        }
        8 => {
            let m = name()?;
            on!(m => Delete::new(m))
        }
        9 => {
            let (m, n) = (name()?, other()?);
            on!(m, n => Rename::new(m, n))
        }
        10 => {
            let m = name()?;
            on!(m => Subscribe::new(m))
        }
        11 => {
            let m = name()?;
            on!(m => Unsubscribe::new(m))
        }
        12 => {
            let m = name()?;
            on!(m => Copy::new(uids, m))
        }
        13 => {
            let m = name()?;
            on!(m => Move::new(uids, m))
        }
        14 | 15 => {
            let m = name()?;
            let mut words = wanted(&[&m]);
            words.push(b.as_bytes().to_vec());
            let flags = if which == 14 { Flags::new() } else { parts.flags() };
            let date = DateTime::from_unix(i64::from(parts.number), 120);
            let content = Content::Inline(b.clone().into_bytes().into());
            send(link, Append::new(m, vec![AppendMessage { flags, date, content }]), words)
        }
        16 => send(link, List::new(a.clone()).or(b.clone()).returning(ListReturn::Children), vec![]),
        17 => send(link, Lsub::new(a.clone()), vec![]),
        18..=20 => {
            let key = parts.key()?;
            let words: Vec<Vec<u8>> = match parts.number % 6 {
                2 | 3 => bytes(&[b]),
                4 => bytes(&[a]),
                _ => bytes(&[a, b, c]),
            };
            match which {
                18 => send(link, Search::uid(key), words),
                19 => send(link, Search::seq(key), words),
                _ => send(link, Search::uid(key).returning(ReturnOptions::new().all().count()), words),
            }
        }
        21 => send(link, Store::new(uids, StoreHow::Add, parts.flags()), vec![]),
        22 => send(link, Store::new(uids, StoreHow::Replace, Flag::parse(a)?).silent(), vec![]),
        23 => {
            let sections = [Section::header_fields([a.as_str(), b])?, Section::header_fields_not([c.as_str()])?];
            let items = sections.into_iter().fold(Items::new(), Items::section_peek);
            send(link, Fetch::new(uids, items, Collected::new(0)), vec![])
        }
        24 => send(link, UidExpunge::new(uids), vec![]),
        25 => send(link, Id::new(vec![(a.clone(), b.clone()), ("os".into(), c.clone())]), bytes(&[a, b, c])),
        26 => send(link, Enable::new([Capability::parse(a), Capability::Other(b.as_str().into())]), vec![]),
        27 => send(link, Raw::parse(&format!("{a} {b}"))?, vec![]),
        28 => send(link, Raw::parse(&format!("XCHECK {a} {b}"))?, vec![]),
        29 => {
            let tokens = vec![
                RawToken::Text("XCHECK".into()),
                RawToken::Text(a.clone()),
                RawToken::String(b.clone().into_bytes()),
            ];
            send(link, Raw::new(tokens)?, bytes(&[b]))
        }
        30 => {
            let literal = RawToken::Literal(c.clone().into_bytes());
            send(link, Raw::new(vec![RawToken::Text(a.clone()), literal, RawToken::Text(b.clone())])?, bytes(&[c]))
        }
        _ => {
            let set: UidSet = a.parse()?;
            send(link, Store::new(set, StoreHow::Remove, Flag::Seen), vec![])
        }
    })
}

/// Submits a command and lets the server be ready for each of its literals.
fn send<C: Command>(link: &mut Link, command: C, words: Vec<Vec<u8>>) -> Tried {
    let slot = link.run(command);
    feed(link);
    Tried { outcome: Taken::take(&slot).map(|result| result.map(drop)), words }
}

/// Says `+` for as long as a literal waits for it.
fn feed(link: &mut Link) {
    while !link.sent().is_empty() {
        if link.session.error().is_some() || !link.wire.ends_with(b"}\r\n") || link.wire.ends_with(b"+}\r\n") {
            return;
        }
        link.say("+ go on\r\n");
    }
}

/// What was sent since `before` is nothing, or one whole command with these words.
fn check(link: &Link, before: usize, tried: &Tried, what: &str) -> Result<(), TestCaseError> {
    let sent = &link.wire[before..];
    let shown = format!("{what}: {}", sent.escape_ascii());
    if sent.is_empty() {
        let refused = matches!(&tried.outcome, Some(Err(_)));
        prop_assert!(refused, "{shown}: nothing was sent, and nobody was told why");
        return Ok(());
    }
    let (command, len) = read(sent).map_err(|problem| TestCaseError::fail(format!("{problem}: {shown}")))?;
    prop_assert_eq!(len, sent.len(), "more than one command: {}", shown);
    prop_assert!(command.line <= 8192, "{} octets in a line: {shown}", command.line);
    prop_assert!(matches!(command.tokens.first(), Some(Token::Word(_))), "{shown}");
    for word in &tried.words {
        let there = command.tokens.iter().any(|token| match token {
            Token::Word(text) | Token::Quoted(text) | Token::Literal(text) => text == word,
            Token::Open | Token::Close => false,
        });
        prop_assert!(there, "{} is not in {shown}", word.escape_ascii());
    }
    Ok(())
}

/// What injections are made of.
fn word() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\"",
        "\\",
        " ",
        "(",
        ")",
        "[",
        "]",
        "{3}",
        "{5+}\r\n",
        "~{3}",
        "{0}",
        "}",
        "%",
        "*",
        "A9 DELETE INBOX",
        "a",
        "x",
        "INBOX",
        "NIL",
        "\\Seen",
        "$Work",
        "&",
        "&-",
        "+",
        "-",
        ":",
        ",",
        "1:*",
        "\u{7f}",
        "\u{1}",
        "ü",
        "漢字",
        "\u{2028}",
        "STARTTLS",
        "IDLE",
        "BODY[TEXT]",
        "<0.5>",
        "@",
        "/",
        ".",
        "=",
    ]);
    let long = prop_oneof![20 => Just(0_usize), 1 => Just(1100), 1 => Just(9000)];
    (prop::collection::vec(pieces, 0..5), long).prop_map(|(pieces, long)| pieces.concat() + &"y".repeat(long))
}

const SERVERS: [&str; 3] = [
    "IMAP4rev1 ID ENABLE MOVE UIDPLUS ESEARCH CONDSTORE LIST-EXTENDED SPECIAL-USE CREATE-SPECIAL-USE X-GM-EXT-1",
    "IMAP4rev1 ID ENABLE MOVE UIDPLUS ESEARCH CONDSTORE LIST-EXTENDED SPECIAL-USE CREATE-SPECIAL-USE X-GM-EXT-1 LITERAL+ BINARY",
    "IMAP4rev2 ID LITERAL- CONDSTORE XLIST CREATE-SPECIAL-USE",
];

/// Logs in with what it was given.
struct Given(String, String);

impl Login for Given {
    fn choose(&mut self, _: &Capabilities, _: Protection) -> Result<Credential, Error> {
        Ok(Credential::Login { user: self.0.clone(), password: Secret::from(self.1.as_str()) })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn t068_t074_t078_every_command_is_one_command_whatever_is_in_it(
        words in prop::array::uniform3(word()),
        number in any::<u32>(),
        server in prop::sample::select(SERVERS.to_vec()),
    ) {
        for which in 0..COMMANDS {
            let mut link = Link::selected(server, 5, Cut::Whole);
            let before = link.wire.len();
            let parts = Parts { words: &words, number };
            if let Ok(tried) = attempt(&mut link, which, &parts) {
                check(&link, before, &tried, &format!("command {which} of {words:?}"))?;
            }
        }
    }

    #[test]
    fn t065_t078_a_login_is_one_command_whatever_the_password(user in word(), password in word()) {
        let login: Box<dyn Login> = Box::new(Given(user.clone(), password.clone()));
        let mut link = Link::new(Opening { login: Some(login), ..opening(Security::Tls) }, Cut::Whole);
        link.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
        feed(&mut link);
        let refused = link.events.iter().find_map(|event| match event {
            Event::Closed(error) if link.wire.is_empty() => Some(Err(error.clone())),
            _ => None,
        });
        let tried = Tried { outcome: refused, words: vec![user.into_bytes(), password.into_bytes()] };
        check(&link, 0, &tried, "LOGIN")?;
    }
}
