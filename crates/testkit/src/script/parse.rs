//! Reads the text of a transcript.
//!
//! The format is one thing per line, told apart by its first word, so this is a loop over lines and no grammar. Each
//! error names file and line, because transcripts are written by hand.

use super::{Control, Expect, Pattern, Script, ScriptError, Step, Turn, TurnKind};
use crate::escape;
use std::time::Duration;

/// Stands for any run of bytes without a line break in a `C:` line.
const ANYTHING: &str = "…";

pub(super) fn script(name: &str, text: &str) -> Result<Script, ScriptError> {
    let mut reader = Reader::default();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let number = index + 1;
        let fail = |problem: String| ScriptError { name: name.to_owned(), line: number, problem };
        if line == "S{" || line == "C{" {
            let block = read_block(&mut lines).map_err(fail)?;
            reader.block(number, line == "S{", block);
        } else {
            reader.line(number, line).map_err(fail)?;
        }
    }
    let missing = |problem: &str| ScriptError { name: name.to_owned(), line: 1, problem: problem.to_owned() };
    if reader.provenance.is_empty() {
        return Err(missing("the first comment must say where this comes from: # provenance: …"));
    }
    if reader.steps.is_empty() || reader.turns.is_empty() {
        return Err(missing("a transcript needs at least one `do` line and one line of exchange"));
    }
    let Reader { provenance, hazards, steps, turns, .. } = reader;
    Ok(Script { name: name.to_owned(), provenance, hazards, steps, turns })
}

#[derive(Default)]
struct Reader {
    provenance: String,
    hazards: Vec<String>,
    steps: Vec<Step>,
    turns: Vec<Turn>,
    /// Number of exchange lines when the last `do` was read: tells whether the next `do` joins its flight.
    turns_at_step: usize,
    flight: usize,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(' ').map_or((line, ""), |(word, rest)| (word, rest.trim()));
        match word {
            "" => {}
            _ if word.starts_with('#') => self.comment(line),
            _ if word.starts_with(['S', 'C']) && line.contains(':') => self.exchange(number, line)?,
            "do" => self.step(number, rest)?,
            "expect" => {
                let expect = expectation(rest)?;
                self.steps.last_mut().ok_or("`expect` before the first `do`")?.expects.push(expect);
            }
            "~" => self.turn(number, TurnKind::Advance(duration(rest)?)),
            _ => self.turn(number, TurnKind::Control(control(line.trim())?)),
        }
        Ok(())
    }

    fn comment(&mut self, line: &str) {
        let text = line.trim_start_matches('#').trim();
        if let Some(provenance) = text.strip_prefix("provenance:") {
            provenance.trim().clone_into(&mut self.provenance);
        } else if let Some(hazards) = text.strip_prefix("hazards:") {
            self.hazards.extend(hazards.split_whitespace().map(str::to_owned));
        }
    }

    fn step(&mut self, line: usize, rest: &str) -> Result<(), String> {
        let mut words = words(rest)?.into_iter();
        let verb = words.next().ok_or("`do` what?")?;
        if self.turns.len() > self.turns_at_step {
            self.flight += 1;
        }
        self.turns_at_step = self.turns.len();
        self.steps.push(Step { line, verb, args: words.collect(), expects: Vec::new(), flight: self.flight });
        Ok(())
    }

    /// `S: …`, `S-: …`, `S/3: …`, `S*100: …`, `C: …`, `C-: …`.
    fn exchange(&mut self, number: usize, line: &str) -> Result<(), String> {
        let (head, text) = line.split_once(':').ok_or("no colon")?;
        let text = text.strip_prefix(' ').unwrap_or(text);
        let head = Head::parse(head)?;
        let kind = if head.server {
            let (mut bytes, open) = escape::decode_line(text)?;
            if !(head.open || open) {
                bytes.extend_from_slice(b"\r\n");
            }
            TurnKind::Send { bytes: bytes.repeat(head.times), cut: head.cut, tagged: true }
        } else {
            TurnKind::Receive(pattern(text, head.open)?)
        };
        self.turn(number, kind);
        Ok(())
    }

    fn block(&mut self, number: usize, server: bool, bytes: Vec<u8>) {
        let kind = if server {
            TurnKind::Send { bytes, cut: None, tagged: false }
        } else {
            TurnKind::Receive(Pattern { tag: None, parts: vec![bytes] })
        };
        self.turn(number, kind);
    }

    fn turn(&mut self, line: usize, kind: TurnKind) {
        self.turns.push(Turn { line, kind });
    }
}

/// The part before the colon of an exchange line.
struct Head {
    server: bool,
    open: bool,
    cut: Option<usize>,
    times: usize,
}

impl Head {
    fn parse(text: &str) -> Result<Self, String> {
        let mut head = Self { server: text.starts_with('S'), open: false, cut: None, times: 1 };
        let mut rest = &text[1..];
        while let Some(modifier) = rest.chars().next() {
            let digits = rest[modifier.len_utf8()..].split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            let number = digits.parse::<usize>();
            match (modifier, number, head.server) {
                ('-', Err(_), _) => head.open = true,
                ('/', Ok(size @ 1..), true) => head.cut = Some(size),
                ('*', Ok(times @ 1..), true) => head.times = times,
                _ => return Err(format!("what is {text:?}? known are S: S-: S/3: S*9: C: C-:")),
            }
            rest = &rest[modifier.len_utf8() + digits.len()..];
        }
        Ok(head)
    }
}

/// The lines of a block up to `}`, each with CRLF; no tags and no `…` in it, but escapes.
fn read_block<'a>(lines: &mut impl Iterator<Item = (usize, &'a str)>) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for (_, line) in lines {
        if line == "}" {
            return Ok(bytes);
        }
        let (text, open) = escape::decode_line(line)?;
        bytes.extend_from_slice(&text);
        if !open {
            bytes.extend_from_slice(b"\r\n");
        }
    }
    Err("the block has no closing }".to_owned())
}

fn pattern(text: &str, open: bool) -> Result<Pattern, String> {
    let (tag, text) = match text.split_once(' ') {
        Some((word, _)) if is_script_tag(word.as_bytes()) => (Some(word.to_owned()), &text[word.len()..]),
        _ => (None, text),
    };
    let mut parts = Vec::new();
    let mut open = open;
    for part in text.split(ANYTHING) {
        let (bytes, joined) = escape::decode_line(part)?;
        open |= joined;
        parts.push(bytes);
    }
    if open && parts.len() > 1 {
        return Err(format!("{ANYTHING} needs a line that ends in CRLF"));
    }
    if let (false, Some(last)) = (open, parts.last_mut()) {
        last.extend_from_slice(b"\r\n");
    }
    Ok(Pattern { tag, parts })
}

/// Script tags are `A1`, `A2` and so on.
pub(super) fn is_script_tag(word: &[u8]) -> bool {
    matches!(word, [b'A', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}

fn expectation(text: &str) -> Result<Expect, String> {
    let (word, rest) = text.split_once(' ').map_or((text, ""), |(word, rest)| (word, rest.trim()));
    match (word, rest) {
        ("ok", "") => Ok(Expect::Ok),
        ("no", "") => Ok(Expect::No),
        ("bad", "") => Ok(Expect::Bad),
        ("error", kind) if !kind.is_empty() => Ok(Expect::Error(kind.to_owned())),
        ("value", text) => Ok(Expect::Value(text.to_owned())),
        ("event", text) if !text.is_empty() => Ok(Expect::Event(text.to_owned())),
        _ => Err(format!("expect {text:?}? known are ok, no, bad, error KIND, value TEXT, event TEXT")),
    }
}

fn control(text: &str) -> Result<Control, String> {
    Ok(match text {
        "tls" => Control::Tls,
        "tls refused" => Control::TlsRefused,
        "deflate" => Control::Deflate,
        "close" => Control::Close,
        "cut" => Control::Cut,
        "reset" => Control::Reset,
        "stall" => Control::Stall,
        "eof" => Control::Eof,
        "accept" => Control::Accept,
        _ => return Err(format!("no such line: {text:?}")),
    })
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: u64 = digits.parse().map_err(|_| format!("{text:?} is no duration; write 100ms, 30s, 29m or 2h"))?;
    match &text[digits.len()..] {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        "h" => Ok(Duration::from_secs(number.saturating_mul(3600))),
        unit => Err(format!("unknown unit {unit:?}; write ms, s, m or h")),
    }
}

/// Words split at spaces; double quotes hold a word together, also in `key="two words"`.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    if quoted {
        return Err("a double quote is not closed".to_owned());
    }
    words.extend(word);
    words.iter().map(|word| argument(word)).collect()
}

fn argument(word: &str) -> Result<String, String> {
    let (bytes, _) = escape::decode_line(word)?;
    String::from_utf8(bytes).map_err(|_| format!("{word:?} is not UTF-8"))
}
