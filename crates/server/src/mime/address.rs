//! Address lists as ENVELOPE shows them: display name, route, local part, domain; groups as start and end markers.
//!
//! Encoded words stay encoded, quoting is removed, comments serve as a name where there is no other (`joe@example.org
//! (Joe)`). RFC 5322 §3.4, §4.4 (routes); RFC 3501 §7.4.2 `address`. Never fails: what is missing is named as such, as
//! other servers do.

use imap_types::{core::NString, envelope::Address};

use super::structure::nstring;

/// How many addresses of a field are shown, group markers included.
pub(super) const MAX_ADDRESSES: usize = 10_000;

enum Token {
    /// An atom, a domain literal, or a quoted string without its quotes.
    Word(Vec<u8>),
    Special(u8),
    Comment(Vec<u8>),
}

/// Reads an unfolded address list.
pub(super) fn parse(value: &[u8]) -> Vec<Address<'static>> {
    let mut reader = Reader::default();
    for token in tokens(value) {
        reader.take(token);
    }
    reader.finish_address();
    if reader.in_group {
        reader.addresses.push(marker(None));
    }
    reader.addresses
}

#[derive(Default)]
struct Reader {
    addresses: Vec<Address<'static>>,
    /// Words before `<`, or all of a bare address.
    words: Vec<Token>,
    /// Tokens between `<` and `>`; `Some` once the bracket was seen.
    bracket: Option<Vec<Token>>,
    bracket_open: bool,
    comment: Option<Vec<u8>>,
    in_group: bool,
}

impl Reader {
    fn take(&mut self, token: Token) {
        match token {
            Token::Comment(text) => self.comment = Some(text),
            Token::Special(b'>') if self.bracket_open => self.bracket_open = false,
            token if self.bracket_open => self.bracket.get_or_insert_with(Vec::new).push(token),
            Token::Special(b'<') => {
                self.bracket_open = true;
                self.bracket = Some(Vec::new());
            }
            Token::Special(b',') => self.finish_address(),
            Token::Special(b':') if !self.in_group => {
                let name = phrase(&std::mem::take(&mut self.words));
                self.addresses.push(marker(Some(name.unwrap_or_default())));
                (self.in_group, self.comment) = (true, None);
            }
            Token::Special(b';') if self.in_group => {
                self.finish_address();
                self.addresses.push(marker(None));
                self.in_group = false;
            }
            token => self.words.push(token),
        }
    }

    fn finish_address(&mut self) {
        self.bracket_open = false;
        let words = std::mem::take(&mut self.words);
        let comment = self.comment.take();
        let (name, spec) = match self.bracket.take() {
            Some(spec) => (phrase(&words), spec),
            None if words.is_empty() => return,
            None => (None, words),
        };
        let (route, spec) = split_route(spec);
        let (mailbox, host) = split_spec(&spec);
        self.addresses.push(Address {
            name: optional(name.or(comment)),
            adl: optional(route),
            mailbox: nstring(mailbox),
            host: nstring(host),
        });
    }
}

/// The start (`Some`) or end (`None`) of a group: RFC 3501 marks both by a NIL host.
fn marker(group: Option<Vec<u8>>) -> Address<'static> {
    Address { name: NString(None), adl: NString(None), mailbox: optional(group), host: NString(None) }
}

fn optional(text: Option<Vec<u8>>) -> NString<'static> {
    text.map_or(NString(None), nstring)
}

/// Words joined by single blanks, or `None` where there are none.
fn phrase(words: &[Token]) -> Option<Vec<u8>> {
    let words: Vec<&[u8]> = words
        .iter()
        .map(|token| match token {
            Token::Word(text) | Token::Comment(text) => text.as_slice(),
            Token::Special(byte) => std::slice::from_ref(byte),
        })
        .collect();
    (!words.is_empty()).then(|| words.join(&b' '))
}

fn joined(tokens: &[Token]) -> Vec<u8> {
    let mut text = Vec::new();
    for token in tokens {
        match token {
            Token::Word(word) | Token::Comment(word) => text.extend_from_slice(word),
            Token::Special(byte) => text.push(*byte),
        }
    }
    text
}

/// Splits `@a,@b:joe@example.org` into its route and the rest.
fn split_route(mut spec: Vec<Token>) -> (Option<Vec<u8>>, Vec<Token>) {
    if !matches!(spec.first(), Some(Token::Special(b'@'))) {
        return (None, spec);
    }
    match spec.iter().position(|token| matches!(token, Token::Special(b':'))) {
        Some(colon) => {
            let rest = spec.split_off(colon + 1);
            spec.truncate(colon);
            (Some(joined(&spec)), rest)
        }
        None => (None, spec),
    }
}

fn split_spec(spec: &[Token]) -> (Vec<u8>, Vec<u8>) {
    let at = spec.iter().rposition(|token| matches!(token, Token::Special(b'@')));
    let (local, domain) = match at {
        Some(at) => (joined(&spec[..at]), joined(&spec[at + 1..])),
        None => (joined(spec), Vec::new()),
    };
    let or = |text: Vec<u8>, missing: &[u8]| if text.is_empty() { missing.to_vec() } else { text };
    // A NIL host would read as a group marker, so a missing piece gets a name (the words Dovecot uses).
    (or(local, b"MISSING_MAILBOX"), or(domain, b"MISSING_DOMAIN"))
}

fn tokens(value: &[u8]) -> Vec<Token> {
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < value.len() {
        match value[at] {
            b' ' | b'\t' => at += 1,
            b'"' => tokens.push(Token::Word(delimited(value, &mut at, b'"', b'"'))),
            b'(' => tokens.push(Token::Comment(delimited(value, &mut at, b'(', b')'))),
            byte if is_special(byte) => {
                tokens.push(Token::Special(byte));
                at += 1;
            }
            _ => {
                let start = at;
                while at < value.len() && !is_special(value[at]) && !matches!(value[at], b' ' | b'\t' | b'"' | b'(') {
                    at += 1;
                }
                tokens.push(Token::Word(value[start..at].to_vec()));
            }
        }
    }
    tokens
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'<' | b'>' | b'@' | b',' | b';' | b':' | b')')
}

/// The content of a quoted string or of a (possibly nested) comment, without escapes; `at` moves behind it.
fn delimited(value: &[u8], at: &mut usize, open: u8, close: u8) -> Vec<u8> {
    let (mut text, mut depth) = (Vec::new(), 1_usize);
    *at += 1;
    while *at < value.len() {
        let byte = value[*at];
        *at += 1;
        if byte == b'\\' {
            text.extend(value.get(*at));
            *at += 1;
            continue;
        }
        if byte == close {
            depth -= 1;
            if depth == 0 {
                break;
            }
        } else if byte == open {
            depth += 1;
        }
        text.push(byte);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> Vec<[Option<String>; 4]> {
        let text =
            |field: NString<'static>| field.into_option().map(|text| String::from_utf8_lossy(&text).into_owned());
        parse(value.as_bytes())
            .into_iter()
            .map(|a| [text(a.name), text(a.adl), text(a.mailbox), text(a.host)])
            .collect()
    }

    fn some(texts: [&str; 4]) -> [Option<String>; 4] {
        texts.map(|text| (text != "-").then(|| text.to_owned()))
    }

    #[test]
    fn every_form_of_an_address() {
        let cases: [(&str, &[[&str; 4]]); 9] = [
            ("joe@example.org", &[["-", "-", "joe", "example.org"]]),
            ("Joe Q. Public <joe@example.org>", &[["Joe Q. Public", "-", "joe", "example.org"]]),
            (
                "\"Doe, \\\"J\\\"\" <j.d@example.org>, x@y",
                &[["Doe, \"J\"", "-", "j.d", "example.org"], ["-", "-", "x", "y"]],
            ),
            ("joe@example.org (Joe (the) one)", &[["Joe (the) one", "-", "joe", "example.org"]]),
            ("<@a.example,@b.example:joe@c.example>", &[["-", "@a.example,@b.example", "joe", "c.example"]]),
            ("=?UTF-8?Q?J=C3=B6?= <j@[127.0.0.1]>", &[["=?UTF-8?Q?J=C3=B6?=", "-", "j", "[127.0.0.1]"]]),
            ("undisclosed-recipients:;", &[["-", "-", "undisclosed-recipients", "-"], ["-"; 4]]),
            (
                "A Group: Ed <ed@x>,\tjoe@y;, z@z",
                &[
                    ["-", "-", "A Group", "-"],
                    ["Ed", "-", "ed", "x"],
                    ["-", "-", "joe", "y"],
                    ["-"; 4],
                    ["-", "-", "z", "z"],
                ],
            ),
            (
                "nobody <>, lone",
                &[["nobody", "-", "MISSING_MAILBOX", "MISSING_DOMAIN"], ["-", "-", "lone", "MISSING_DOMAIN"]],
            ),
        ];
        for (value, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|address| some(*address)).collect();
            assert_eq!(shown(value), expected, "{value}");
        }
    }

    #[test]
    fn broken_lists_end() {
        for value in ["", ",,,", "\"open", "(open", "<open", "a:b:c", ";", "a\\", "\"a\\", ">"] {
            let _ = shown(value);
        }
    }
}
