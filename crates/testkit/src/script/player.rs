//! Plays the server's side of a script without a socket.
//!
//! The player answers one question, "what does the server do next?". Whoever has the connection (a TCP peer, a test with
//! the sans-IO session in virtual time) does it and brings the client's bytes back with [`Player::feed`].
//!
//! Scripts are written with the tags `A1`, `A2`, …; clients make up tags of their own (random ones, bar T011). The first
//! client line that should carry `A1` binds the name, from then on `A1` stands for that tag in both directions. A tag
//! that is not bound yet goes out as written: that is how a script plays a server that guesses.

use super::parse::is_script_tag;
use super::{Control, Mismatch, Pattern, Script, TurnKind};
use crate::escape;
use std::collections::BTreeMap;
use std::time::Duration;

/// A client tag longer than this is taken for a missing tag.
const MAX_TAG: usize = 64;

/// What the server does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Send these byte strings, one write each.
    Send(Vec<Vec<u8>>),
    /// Wait for more bytes of the client, then feed them.
    Await,
    /// Let time pass.
    Advance(Duration),
    /// Change or end the connection.
    Control(Control),
    /// The script is over. The client may close; another byte from it is a mismatch.
    Done,
}

/// The server of one script, in the middle of the conversation.
#[derive(Debug, Clone)]
pub struct Player<'a> {
    script: &'a Script,
    /// Index of the next line to play.
    at: usize,
    /// Script tag to client tag.
    tags: BTreeMap<String, Vec<u8>>,
    /// The tag of the current line is bound and consumed already.
    tag_taken: bool,
    /// Client bytes that no line has matched yet.
    pending: Vec<u8>,
}

impl<'a> Player<'a> {
    /// A player at the start of `script`.
    pub fn new(script: &'a Script) -> Self {
        Self { script, at: 0, tags: BTreeMap::new(), tag_taken: false, pending: Vec::new() }
    }

    /// Takes bytes that the client sent.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// What the server does next. Consecutive server lines come in one write, unless the script cuts them.
    pub fn next_act(&mut self) -> Result<Act, Mismatch> {
        let mut writes: Vec<Vec<u8>> = Vec::new();
        let mut glue = false;
        while let Some(turn) = self.script.turns.get(self.at) {
            match &turn.kind {
                TurnKind::Send { bytes, cut, tagged } => {
                    let bytes = if *tagged { self.with_client_tags(bytes) } else { bytes.clone() };
                    match (cut, writes.last_mut()) {
                        (None, Some(last)) if glue => last.extend_from_slice(&bytes),
                        (None, _) => writes.push(bytes),
                        (Some(size), _) => writes.extend(bytes.chunks(*size).map(<[u8]>::to_vec)),
                    }
                    glue = cut.is_none();
                }
                _ if !writes.is_empty() => break,
                TurnKind::Receive(pattern) => {
                    if !self.receive(pattern)? {
                        return Ok(Act::Await);
                    }
                }
                TurnKind::Advance(time) => {
                    self.at += 1;
                    return Ok(Act::Advance(*time));
                }
                TurnKind::Control(control) => {
                    self.nothing_pending_before(*control)?;
                    self.at += 1;
                    self.forget_connection(*control);
                    return Ok(Act::Control(*control));
                }
            }
            self.at += 1;
        }
        if !writes.is_empty() {
            return Ok(Act::Send(writes));
        }
        if !self.pending.is_empty() {
            return Err(self.mismatch("nothing, the script is over", escape::encode(&self.pending)));
        }
        Ok(Act::Done)
    }

    /// Says whether the client may stop here: all lines played, no byte left over.
    pub fn finish(&self) -> Result<(), Mismatch> {
        match self.script.turns.get(self.at) {
            None if self.pending.is_empty() => Ok(()),
            None => Err(self.mismatch("nothing, the script is over", escape::encode(&self.pending))),
            Some(turn) => Err(self.mismatch(describe(&turn.kind), self.what_came("the client stopped"))),
        }
    }

    /// The mismatch for a client that sent nothing useful at this place, for the given reason (closed, silent).
    pub fn gave_up(&self, reason: &str) -> Mismatch {
        let expected = self.script.turns.get(self.at).map_or_else(|| "the end".to_owned(), |turn| describe(&turn.kind));
        self.mismatch(expected, self.what_came(reason))
    }

    /// Where the player stands, as `file:line`.
    pub fn place(&self) -> String {
        let line = self.script.turns.get(self.at).or_else(|| self.script.turns.last()).map_or(0, |turn| turn.line);
        format!("{}:{line}", self.script.name)
    }

    /// Matches the pending bytes with the client line at hand. `false`: more bytes are needed to tell.
    fn receive(&mut self, pattern: &Pattern) -> Result<bool, Mismatch> {
        if !self.receive_tag(pattern)? {
            return Ok(false);
        }
        let taken = match pattern.parts.as_slice() {
            [exact] => {
                let common = exact.len().min(self.pending.len());
                if exact[..common] != self.pending[..common] {
                    return Err(self.line_mismatch(pattern));
                }
                (common == exact.len()).then_some(common)
            }
            parts => match find(&self.pending, b"\r\n") {
                None => None,
                Some(end) if matches_around(&self.pending[..end + 2], parts) => Some(end + 2),
                Some(_) => return Err(self.line_mismatch(pattern)),
            },
        };
        let Some(taken) = taken else { return Ok(false) };
        self.pending.drain(..taken);
        self.tag_taken = false;
        Ok(true)
    }

    fn receive_tag(&mut self, pattern: &Pattern) -> Result<bool, Mismatch> {
        let Some(name) = pattern.tag.as_ref().filter(|_| !self.tag_taken) else { return Ok(true) };
        let end = self.pending.iter().take(MAX_TAG).position(|byte| matches!(byte, b' ' | b'\r'));
        let Some(end) = end else {
            return if self.pending.len() < MAX_TAG { Ok(false) } else { Err(self.line_mismatch(pattern)) };
        };
        let tag = &self.pending[..end];
        let known = self.tags.get(name);
        let taken_by_other = self.tags.iter().any(|(other, bound)| other != name && bound.as_slice() == tag);
        if tag.is_empty() || taken_by_other || known.is_some_and(|bound| bound.as_slice() != tag) {
            return Err(self.line_mismatch(pattern));
        }
        self.tags.insert(name.clone(), tag.to_vec());
        self.pending.drain(..end);
        self.tag_taken = true;
        Ok(true)
    }

    /// Puts the client's own tag where the script says `A1` at the start of a line or `"A1"` behind `TAG `.
    fn with_client_tags(&self, line: &[u8]) -> Vec<u8> {
        let word = line.split(|byte| matches!(byte, b' ' | b'\r')).next().unwrap_or_default();
        if let Some(tag) = self.client_tag(word) {
            return [tag, &line[word.len()..]].concat();
        }
        let Some(quote) = find(line, b"TAG \"").map(|at| at + 5) else { return line.to_vec() };
        let name = line[quote..].split(|byte| *byte == b'"').next().unwrap_or_default();
        match self.client_tag(name) {
            Some(tag) => [&line[..quote], tag, &line[quote + name.len()..]].concat(),
            None => line.to_vec(),
        }
    }

    fn client_tag(&self, word: &[u8]) -> Option<&[u8]> {
        if !is_script_tag(word) {
            return None;
        }
        self.tags.get(std::str::from_utf8(word).ok()?).map(Vec::as_slice)
    }

    /// Bytes that came too early must not be carried over into TLS or DEFLATE, nor lie behind a close.
    fn nothing_pending_before(&self, control: Control) -> Result<(), Mismatch> {
        let matters = !matches!(control, Control::Stall | Control::Cut | Control::Reset | Control::Close);
        if matters && !self.pending.is_empty() {
            return Err(self.mismatch(format!("no byte before {control:?}"), escape::encode(&self.pending)));
        }
        Ok(())
    }

    fn forget_connection(&mut self, control: Control) {
        if matches!(control, Control::Accept | Control::Stall | Control::Close | Control::Cut | Control::Reset) {
            self.pending.clear();
        }
    }

    fn line_mismatch(&self, pattern: &Pattern) -> Mismatch {
        let shown = find(&self.pending, b"\r\n").map_or(self.pending.len(), |end| end + 2);
        let wanted = if self.tag_taken { Pattern { tag: None, parts: pattern.parts.clone() } } else { pattern.clone() };
        self.mismatch(describe_pattern(&wanted), escape::encode(&self.pending[..shown]))
    }

    fn what_came(&self, reason: &str) -> String {
        if self.pending.is_empty() {
            reason.to_owned()
        } else {
            format!("{} and then {reason}", escape::encode(&self.pending))
        }
    }

    fn mismatch(&self, expected: impl Into<String>, got: impl Into<String>) -> Mismatch {
        Mismatch::new(self.place(), expected, got)
    }
}

/// Whether `line` is the parts in order with anything between them.
fn matches_around(line: &[u8], parts: &[Vec<u8>]) -> bool {
    let [first, middle @ .., last] = parts else { return false };
    let Some(mut rest) = line.strip_prefix(first.as_slice()).and_then(|rest| rest.strip_suffix(last.as_slice())) else {
        return false;
    };
    for part in middle {
        let Some(at) = find(rest, part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn describe(kind: &TurnKind) -> String {
    match kind {
        TurnKind::Receive(pattern) => describe_pattern(pattern),
        TurnKind::Send { bytes, .. } => format!("to be sent {}", escape::encode(bytes)),
        TurnKind::Advance(time) => format!("{time:?} to pass"),
        TurnKind::Control(control) => format!("{control:?}"),
    }
}

fn describe_pattern(pattern: &Pattern) -> String {
    let text: Vec<String> = pattern.parts.iter().map(|part| escape::encode(part)).collect();
    format!("{}{}", pattern.tag.as_deref().unwrap_or_default(), text.join("…"))
}
