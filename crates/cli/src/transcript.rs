//! A record of a conversation that can be played again: testkit's transcripts, `corpus/README.md`.
//!
//! ```text
//! do connect …  ->  tls  ->  S: * OK hello  ->  C: A1 LOGIN …  ->  S: A1 OK in  ->  do raw "…"  ->  C: …
//! ```
//!
//! Made from the lines of the library's trace, so there is no secret in it: what was left out there stands as `…`, which the player takes
//! for anything. Contents of literals are replaced by as many `x`. Tags become `A1`, `A2`, …. A login by SCRAM can be read but not played:
//! its answers depend on numbers of chance.
//!
//! Invariant: a `do` line stands before the first line of its command, and behind all of the one before.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use imapkit::TraceLine;
use imapkit::dial::Security;

/// Lines kept; a conversation that is longer ends with a comment that says so.
const MAX: usize = 20_000;
/// What the trace puts in place of a secret.
const SECRET: &str = "***";
/// Mechanisms whose whole exchange the player can check.
const PLAYABLE: &[&str] = &["PLAIN", "LOGIN"];

/// Writes down one connection. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Recorder(Arc<Mutex<Tape>>);

#[derive(Debug)]
struct Tape {
    security: Security,
    lines: Vec<String>,
    /// The client's tags, `A1` for the first.
    tags: Vec<String>,
    /// The command under way, for what follows its OK.
    verb: String,
    /// The rest of a command that waits for a `+`.
    held: VecDeque<String>,
    /// Where the next `do` belongs, if not at the end: before the `DONE` it causes.
    done_at: Option<usize>,
    login: Option<String>,
    identifies: bool,
    opened: bool,
    cut: bool,
}

impl Recorder {
    /// Nothing said yet on a link of this kind.
    pub(crate) fn new(security: Security) -> Self {
        Self(Arc::new(Mutex::new(Tape {
            security,
            lines: Vec::new(),
            tags: Vec::new(),
            verb: String::new(),
            held: VecDeque::new(),
            done_at: None,
            login: None,
            identifies: false,
            opened: false,
            cut: false,
        })))
    }

    /// A line of the trace.
    pub(crate) fn hear(&self, line: &TraceLine) {
        let mut tape = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tape.lines.len() >= MAX {
            tape.cut = true;
        } else if line.sent {
            tape.sent(&line.text);
        } else {
            tape.received(&line.text);
        }
    }

    /// Opening is over: what is sent from now on was asked for. `mechanism` is how the login went.
    pub(crate) fn opened(&self, mechanism: Option<&str>) {
        let mut tape = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tape.opened = true;
        tape.login = mechanism.map(str::to_owned);
    }

    /// The transcript; `provenance` says where it comes from.
    pub(crate) fn text(&self, provenance: &str) -> String {
        let tape = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text =
            format!("# provenance: {provenance}\n# note: secrets are left out, contents of literals replaced\n");
        if let Some(name) = tape.login.as_deref().filter(|name| !PLAYABLE.contains(name)) {
            let _ = writeln!(text, "# note: a login by {name} cannot be played again: record one with --auth PLAIN");
        }
        if tape.cut {
            let _ = writeln!(text, "# note: cut after {MAX} lines");
        }
        text.push_str("do connect");
        if let Some(name) = &tape.login {
            let _ = write!(text, " user=user pass=secret mech={name}");
        }
        if tape.identifies {
            text.push_str(" id=on");
        }
        text.push_str(match tape.security {
            Security::Tls => " tls=implicit\ntls\n",
            Security::StartTls => " tls=starttls\n",
            Security::Insecure => "\n",
        });
        for line in &tape.lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

impl Tape {
    fn sent(&mut self, text: &str) {
        if text == "DONE" {
            self.done_at = Some(self.lines.len());
            self.lines.push("C: DONE".to_owned());
            return;
        }
        if matches!(text, SECRET | "*") {
            self.lines.push(if text == "*" { "C: *".to_owned() } else { "C: …".to_owned() });
            return;
        }
        let (tag, command) = text.split_once(' ').unwrap_or((text, ""));
        self.tags.push(tag.to_owned());
        let tag = format!("A{}", self.tags.len());
        self.verb = command.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        if self.opened {
            let at = self.done_at.take().unwrap_or(self.lines.len());
            let action = action(&self.verb, command);
            self.lines.insert(at, format!("do {action}"));
        }
        if self.verb == "ID" {
            self.identifies = true;
            // Which version of this program it was is nobody's business when it is played.
            self.lines.push(format!("C: {tag} ID …"));
            return;
        }
        let mut pieces = pieces(command).into_iter();
        let Some(first) = pieces.next() else { return };
        self.lines.push(format!("C: {tag} {}", client(&first.text)));
        let mut waits = first.literal.is_some_and(|literal| literal.waits);
        for piece in pieces {
            let line = format!("C: …{}", client(&piece.text));
            if waits || !self.held.is_empty() {
                self.held.push_back(line);
            } else {
                self.lines.push(line);
            }
            waits = piece.literal.is_some_and(|literal| literal.waits);
        }
    }

    fn received(&mut self, text: &str) {
        if text == "+ ***" {
            // Empty, or it could not be played.
            self.lines.push("S: +\\x20".to_owned());
            return;
        }
        let text = self.with_our_tags(text);
        for piece in pieces(&text) {
            self.lines.push(format!("S: {}", unescaped(&piece.text)));
            if let Some(literal) = piece.literal.filter(|literal| literal.octets > 0) {
                self.lines.push(format!("S*{}-: x", literal.octets));
            }
        }
        if text.starts_with('+') {
            self.lines.extend(self.held.pop_front());
        }
        let tag = format!("A{} OK", self.tags.len());
        match self.verb.as_str() {
            "STARTTLS" if text.starts_with(&tag) => self.layer("tls"),
            "COMPRESS" if text.starts_with(&tag) => self.layer("deflate"),
            _ => {}
        }
    }

    fn layer(&mut self, word: &str) {
        self.lines.push(word.to_owned());
        self.verb.clear();
    }

    /// The client's tags at the beginning of a line, and behind TAG, as the script writes them.
    fn with_our_tags(&self, text: &str) -> String {
        let number = |word: &str| self.tags.iter().rposition(|tag| tag == word).map(|at| format!("A{}", at + 1));
        let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
        let text = number(first).map_or_else(|| text.to_owned(), |tag| format!("{tag} {rest}"));
        let Some((before, behind)) = text.split_once("(TAG \\\"") else { return text };
        let Some((tag, after)) = behind.split_once("\\\"") else { return text };
        number(tag).map_or_else(|| text.clone(), |tag| format!("{before}(TAG \\\"{tag}\\\"{after}"))
    }
}

/// How a script tells a front end to do this.
fn action(verb: &str, command: &str) -> String {
    match (verb, command) {
        ("NOOP" | "LOGOUT" | "IDLE" | "COMPRESS", _) => verb.to_ascii_lowercase(),
        (_, "EXAMINE INBOX") => "examine INBOX".to_owned(),
        _ => format!("raw \"{}\"", unescaped(command).replace('"', "\\x22")),
    }
}

/// A stretch of a line, and the literal behind it.
struct Piece {
    text: String,
    literal: Option<Literal>,
}

#[derive(Clone, Copy)]
struct Literal {
    octets: u64,
    /// The client has to wait for a `+` before it sends it.
    waits: bool,
}

/// Cuts a line of the trace at its literals: `{5}<5 octets>`.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, literal, after)) = next_literal(rest) {
        pieces.push(Piece { text: before.to_owned(), literal: Some(literal) });
        rest = after;
    }
    pieces.push(Piece { text: rest.to_owned(), literal: None });
    pieces
}

/// The text up to and with the announcement, the literal, and what follows it.
fn next_literal(text: &str) -> Option<(&str, Literal, &str)> {
    let mut from = 0;
    loop {
        let open = from + text.get(from..)?.find("}<")?;
        let (before, behind) = text.split_at(open + 1);
        let announced = before.rfind('{').and_then(|at| before.get(at + 1..open));
        let octets = announced.and_then(|word| word.trim_end_matches('+').parse::<u64>().ok());
        if let (Some(octets), Some(announced)) = (octets, announced)
            && let Some(after) = behind.strip_prefix(&format!("<{octets} octets>"))
        {
            return Some((before, Literal { octets, waits: !announced.ends_with('+') }, after));
        }
        from = open + 2;
    }
}

/// A client line: what the trace left out may be anything.
fn client(text: &str) -> String {
    unescaped(text).replace(SECRET, "…")
}

/// The trace's escapes (Rust's) as those of transcripts: `\xNN` and nothing else.
pub(crate) fn unescaped(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let (octet, used) = match (first, after) {
            (b'\\', [b'x', high, low, ..]) => (hex(*high) << 4 | hex(*low), 4),
            (b'\\', [b'n', ..]) => (b'\n', 2),
            (b'\\', [b'r', ..]) => (b'\r', 2),
            (b'\\', [b't', ..]) => (b'\t', 2),
            (b'\\', [other, ..]) => (*other, 2),
            (first, _) => (*first, 1),
        };
        octets.push(octet);
        rest = rest.get(used..).unwrap_or_default();
    }
    let mut out = String::with_capacity(octets.len());
    for (at, octet) in octets.iter().enumerate() {
        let opens_escape = *octet == b'\\' && octets.get(at + 1) == Some(&b'x');
        let ends_in_space = *octet == b' ' && at + 1 == octets.len();
        if (*octet == b' ' || octet.is_ascii_graphic()) && !opens_escape && !ends_in_space {
            out.push(char::from(*octet));
        } else {
            let _ = write!(out, "\\x{octet:02x}");
        }
    }
    out
}

fn hex(digit: u8) -> u8 {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(security: Security, opened_after: usize, mechanism: Option<&str>, lines: &[&str]) -> String {
        let recorder = Recorder::new(security);
        for (at, line) in lines.iter().enumerate() {
            if at == opened_after {
                recorder.opened(mechanism);
            }
            let (side, text) = line.split_at(2);
            recorder.hear(&TraceLine { sent: side == "C ", text: text.into() });
        }
        let text = recorder.text("a test");
        text.lines().skip(2).fold(String::new(), |text, line| text + line + "\n")
    }

    #[test]
    fn tags_secrets_and_layers() {
        let lines = [
            "S * OK [CAPABILITY IMAP4rev1 STARTTLS] hi",
            "C q1 STARTTLS",
            "S q1 OK begin",
            "C q2 LOGIN ***",
            "S q2 OK in",
            "C q3 ID (\\\"name\\\" \\\"imapkit\\\")",
            "S * ID NIL",
            "S q3 OK done",
            "C q4 UID SEARCH RETURN (COUNT) ALL",
            "S * ESEARCH (TAG \\\"q4\\\") UID COUNT 7",
            "S q4 OK done",
            "C q5 COMPRESS DEFLATE",
            "S q5 OK deflate",
            "C q6 LOGOUT",
        ];
        let wanted = "do connect user=user pass=secret mech=PLAIN id=on tls=starttls\n\
            S: * OK [CAPABILITY IMAP4rev1 STARTTLS] hi\nC: A1 STARTTLS\nS: A1 OK begin\ntls\nC: A2 LOGIN …\nS: A2 OK in\n\
            C: A3 ID …\nS: * ID NIL\nS: A3 OK done\ndo raw \"UID SEARCH RETURN (COUNT) ALL\"\nC: A4 UID SEARCH RETURN (COUNT) ALL\n\
            S: * ESEARCH (TAG \"A4\") UID COUNT 7\nS: A4 OK done\ndo compress\nC: A5 COMPRESS DEFLATE\nS: A5 OK deflate\ndeflate\n\
            do logout\nC: A6 LOGOUT\n";
        assert_eq!(recorded(Security::StartTls, 8, Some("PLAIN"), &lines), wanted);
    }

    #[test]
    fn literals_are_replaced_and_what_waits_for_a_plus_waits() {
        let lines = [
            "S * OK hi",
            "C q1 LIST {1}<1 octets> {3}<3 octets>",
            "S + go on",
            "S + go on",
            "S * LIST () \\\"/\\\" {5}<5 octets>",
            "S * LIST () NIL a\\\\x41\\xff",
            "S q1 OK done ",
        ];
        let wanted = "do connect\nS: * OK hi\ndo raw \"LIST {1}<1 octets> {3}<3 octets>\"\nC: A1 LIST {1}\nS: + go on\n\
            C: … {3}\nS: + go on\nC: …\nS: * LIST () \"/\" {5}\nS*5-: x\nS: \nS: * LIST () NIL a\\x5cx41\\xff\nS: A1 OK done\\x20\n";
        assert_eq!(recorded(Security::Insecure, 1, None, &lines), wanted);
    }

    #[test]
    fn what_ends_idle_is_told_before_done() {
        let lines = ["S * OK hi", "C q1 IDLE", "S + idling", "C DONE", "S q1 OK done", "C q2 NOOP", "S q2 OK done"];
        let wanted = "do connect tls=implicit\ntls\nS: * OK hi\ndo idle\nC: A1 IDLE\nS: + idling\ndo noop\nC: DONE\n\
            S: A1 OK done\nC: A2 NOOP\nS: A2 OK done\n";
        assert_eq!(recorded(Security::Tls, 1, None, &lines), wanted);
    }
}
