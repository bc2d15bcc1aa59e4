//! Raw: a command in the caller's words, for what this library has no verb for. RFC 9051 §2.2.1, §9 `command`.
//!
//! It runs alone and takes everything the server says meanwhile. Commands after which the bytes mean something else (STARTTLS, COMPRESS, IDLE,
//! AUTHENTICATE, LOGOUT) have methods of their own and are refused, and so is LOGIN, whose password would be traced (protocol.md 4.9,
//! T072). SELECT and its like change the session's state as they do by their own methods.

use alloc::string::String;
use alloc::vec::Vec;

use imapkit_types::Invalid;
use imapkit_wire::{Encoder, Mode, RawToken, StatusLine, Untagged};

use super::{Bounded, too_much};
use crate::command::{Claims, Command, Completion, Effect, Gather, Needs, Offer, Rules};
use crate::error::Error;

/// Responses of one answer.
const MAX_RESPONSES: usize = 1_000_000;
/// Octets of message content in one answer.
const MAX_CONTENT: usize = 64 << 20;

const WHAT: &str = "raw command";

/// A command in the caller's words.
#[derive(Clone, Debug)]
pub struct Raw {
    tokens: Vec<RawToken>,
    effect: Effect,
    writes: bool,
}

/// What the server said.
#[derive(Clone, Debug, PartialEq)]
pub struct RawAnswer {
    /// All untagged responses, in order. Large message content comes in pieces.
    pub untagged: Vec<Untagged>,
    /// The tagged OK.
    pub status: StatusLine,
}

/// Collects everything.
#[derive(Debug)]
pub struct RawGather {
    untagged: Bounded<Untagged>,
    /// Octets of content that may still come; `None` when there were more.
    content: Option<usize>,
}

impl Raw {
    /// A command of these tokens, the first of which is its name.
    ///
    /// # Errors
    /// When it is refused, see above, or is not one line of IMAP: line breaks and NUL outside literals, quotes that are not closed, text
    /// that reads as a literal (`{5}`).
    pub fn new(tokens: Vec<RawToken>) -> Result<Self, Invalid> {
        let mut trial = Encoder::new(Mode { utf8: true, max_line: usize::MAX, ..Mode::default() });
        trial.raw_tokens(&tokens);
        trial.finish()?;
        let effect = match verb(&tokens).to_ascii_uppercase().as_str() {
            "LOGIN" => return Err(Invalid::new(WHAT, "carries a password, which has a method of its own")),
            "SELECT" => Effect::Select { read_only: false },
            "EXAMINE" => Effect::Select { read_only: true },
            "CLOSE" | "UNSELECT" => Effect::Deselect,
            _ => Effect::None,
        };
        Ok(Self { tokens, effect, writes: true })
    }

    /// A command as somebody typed it: words parted by spaces. A word in quotes is a string, whatever it holds; a word in braces, `{…}`, is
    /// a literal of what stands between them; `\` keeps a quote, a backslash or a brace from ending them.
    ///
    /// # Errors
    /// As for [`Raw::new`], and when a quote or brace is not closed.
    pub fn parse(line: &str) -> Result<Self, Invalid> {
        Self::new(Self::split(line)?)
    }

    /// Says that it changes nothing on the server: when its answer is lost, nothing is left unknown.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.writes = false;
        self
    }

    /// The tokens of what somebody typed, for callers that put something of their own before or between them; see [`Raw::parse`].
    ///
    /// # Errors
    /// When a quote or brace is not closed. Everything else is for [`Raw::new`] to find.
    pub fn split(line: &str) -> Result<Vec<RawToken>, Invalid> {
        let mut tokens = Vec::new();
        let mut rest = line.trim();
        while !rest.is_empty() {
            let (token, after) = token(rest)?;
            tokens.push(token);
            rest = after.trim_start_matches(' ');
        }
        Ok(tokens)
    }
}

/// The name of the command.
fn verb(tokens: &[RawToken]) -> &str {
    match tokens.first() {
        Some(RawToken::Text(text)) => text.split(' ').next().unwrap_or_default(),
        _ => "",
    }
}

/// The first word of a line that does not start with a space, and what follows it.
fn token(line: &str) -> Result<(RawToken, &str), Invalid> {
    if let Some(inside) = line.strip_prefix('"') {
        let (text, after) = until('"', inside)?;
        if after.is_empty() || after.starts_with(' ') {
            return Ok((RawToken::String(text.into_bytes()), after));
        }
    }
    if let Some(inside) = line.strip_prefix('{') {
        let (text, after) = until('}', inside)?;
        return Ok((RawToken::Literal(text.into_bytes()), after));
    }
    // Protocol text: a space inside quotes does not end it, as in `(HEADER.FIELDS ("X Y"))`.
    let (mut quoted, mut escaped) = (false, false);
    let end = line.find(|c| {
        let ends = c == ' ' && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && quoted && !escaped;
        ends
    });
    let (text, after) = line.split_at_checked(end.unwrap_or(line.len())).unwrap_or((line, ""));
    Ok((RawToken::Text(text.into()), after))
}

/// The text up to `end`, backslashes taken out, and what follows it.
fn until(end: char, line: &str) -> Result<(String, &str), Invalid> {
    let mut text = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.extend(chars.next()),
            c if c == end => return Ok((text, chars.as_str())),
            c => text.push(c),
        }
    }
    Err(Invalid::new(
        WHAT,
        if end == '"' { "contains a quote that is not closed" } else { "contains a brace that is not closed" },
    ))
}

impl Command for Raw {
    type Output = RawAnswer;
    type Gather = RawGather;

    fn name(&self) -> &'static str {
        "raw command"
    }

    fn encode(&self, out: &mut Encoder) {
        out.raw_tokens(&self.tokens);
    }

    fn rules(&self) -> Rules {
        Rules {
            state: Needs::Any,
            claims: Claims::ALL,
            exclusive: true,
            writes: self.writes,
            effect: self.effect,
            ..Rules::default()
        }
    }

    fn gather(self) -> RawGather {
        RawGather { untagged: Bounded::new("max_responses", MAX_RESPONSES), content: Some(MAX_CONTENT) }
    }
}

impl Gather for RawGather {
    type Output = RawAnswer;

    fn offer(&mut self, response: Untagged) -> Offer {
        if let Untagged::BodyChunk(chunk) = &response {
            self.content = self.content.and_then(|left| left.checked_sub(chunk.len()));
            if self.content.is_none() {
                return Offer::Taken;
            }
        }
        self.untagged.push(response);
        Offer::Taken
    }

    fn finish(self, ok: Completion) -> Result<RawAnswer, Error> {
        if self.content.is_none() {
            return Err(too_much("max_content", MAX_CONTENT));
        }
        Ok(RawAnswer { untagged: self.untagged.finish()?, status: ok.status })
    }

    /// Nobody else was offered what this command has taken, so nobody else can tell.
    fn leftovers(&mut self) -> Vec<Untagged> {
        let mut told = self.untagged.take();
        told.retain(|data| !matches!(data, Untagged::BodyStart(_) | Untagged::BodyChunk(_) | Untagged::BodyEnd));
        told
    }
}

#[cfg(test)]
mod tests {
    use super::super::{done, encoded};
    use super::*;
    use alloc::vec;
    use bytes::Bytes;
    use imapkit_wire::LiteralSupport;

    fn line(typed: &str) -> Result<String, Invalid> {
        let plus = Mode { literal: LiteralSupport::Plus, ..Mode::default() };
        encoded(&Raw::parse(typed)?, plus).map(|bytes| bytes.trim_end().into())
    }

    #[test]
    fn a_typed_line_is_the_line_sent() {
        for (typed, sent) in [
            ("noop", "A1 noop"),
            ("  UID  FETCH 1:* (FLAGS  UID) ", "A1 UID FETCH 1:* (FLAGS UID)"),
            ("GETQUOTAROOT \"my box\"", "A1 GETQUOTAROOT \"my box\""),
            (r#"X "a\"b\\c" """#, r#"A1 X "a\"b\\c" """#),
            (r#"FETCH 1 BODY[HEADER.FIELDS ("X Y")]"#, r#"A1 FETCH 1 BODY[HEADER.FIELDS ("X Y")]"#),
            ("X {two words} y", "A1 X {9+}\r\ntwo words y"),
            (r"X {a\}b}", "A1 X {3+}\r\na}b"),
            ("X \"Grüße\"", "A1 X {7+}\r\nGrüße"),
            ("SETQUOTA \"\" (STORAGE 512)", "A1 SETQUOTA \"\" (STORAGE 512)"),
        ] {
            assert_eq!(line(typed).unwrap(), sent, "{typed}");
        }
    }

    #[test]
    fn t072_what_could_become_another_command_is_refused() {
        for typed in [
            "",
            "+ x",
            "* OK",
            "\"NOOP\"",
            "{NOOP}",
            "starttls",
            "AUTHENTICATE PLAIN",
            "IDLE",
            "COMPRESS DEFLATE",
            "Logout",
            "login me secret",
            "LOGIN",
            "X \"open",
            "X {open",
            "X (\"a b",
            "X a\r\nA9 LOGOUT",
            "X a\0b",
            "X y{3}",
            "X y{3+}",
            "X y~{3}",
        ] {
            assert!(Raw::parse(typed).is_err(), "{typed:?}");
        }
        for tokens in [vec![], vec![RawToken::Text("NOOP\r\n".into())], vec![RawToken::Text("LOGIN me secret".into())]]
        {
            assert!(Raw::new(tokens).is_err());
        }
    }

    #[test]
    fn what_changes_the_state_says_so() {
        let effect = |typed| Raw::parse(typed).unwrap().rules().effect;
        assert_eq!(effect("Select INBOX"), Effect::Select { read_only: false });
        assert_eq!(effect("EXAMINE INBOX"), Effect::Select { read_only: true });
        assert_eq!(
            (effect("close"), effect("UNSELECT"), effect("NOOP")),
            (Effect::Deselect, Effect::Deselect, Effect::None)
        );
    }

    #[test]
    fn what_a_refused_command_was_told_is_left_over_but_for_content() {
        let mut gather = Raw::parse("FETCH 1 BODY[]").unwrap().gather();
        gather.offer(Untagged::Exists(3));
        gather.offer(Untagged::BodyChunk(Bytes::from_static(b"x")));
        assert_eq!(gather.leftovers(), [Untagged::Exists(3)]);
        assert_eq!(gather.leftovers(), []);
    }

    #[test]
    fn everything_is_taken_and_content_has_a_limit() {
        let mut gather = Raw::parse("FETCH 1 BODY[]").unwrap().gather();
        let chunk = Bytes::from(vec![b'x'; MAX_CONTENT / 2]);
        for response in [Untagged::Exists(7), Untagged::BodyChunk(chunk.clone()), Untagged::BodyChunk(chunk.clone())] {
            assert!(matches!(gather.offer(response), Offer::Taken));
        }
        let answer = gather.finish(done()).unwrap();
        assert_eq!((answer.untagged.len(), &answer.untagged[0]), (3, &Untagged::Exists(7)));
        let mut gather = Raw::parse("FETCH 1 BODY[]").unwrap().gather();
        for chunk in [chunk.clone(), chunk, Bytes::from_static(b"x")] {
            gather.offer(Untagged::BodyChunk(chunk));
        }
        assert_eq!(gather.finish(done()).unwrap_err().kind(), crate::ErrorKind::Limit);
    }
}
