//! Conversations written down as text, and the player that plays the server's side of one.
//!
//! A transcript (`corpus/transcripts/<area>/<case>.imap`) says what the client under test is told to do, what bytes it
//! must then send, what the server answers and what must come out. The same file is played to every front end, so the
//! player does no input or output and knows no clock: [`Player`] takes client bytes and says what the server does next.
//! `corpus/README.md` describes the format for people who write transcripts.
//!
//! Invariants: client bytes match exactly (no trimming, no case folding) except for the tag and for `…`; a script is
//! finished only when each line was played and no client byte is left over.

mod parse;
mod player;

pub use player::{Act, Player};

use std::fmt;
use std::path::Path;
use std::time::Duration;

/// Time that a peer on a real socket really waits for.
pub const LONGEST_REAL_WAIT: Duration = Duration::from_secs(1);

/// One transcript: who says it happens, what to do, and the exchange.
#[derive(Debug, Clone)]
pub struct Script {
    name: String,
    provenance: String,
    hazards: Vec<String>,
    steps: Vec<Step>,
    turns: Vec<Turn>,
}

impl Script {
    /// Reads the transcript in the file `path`.
    pub fn load(path: &Path) -> Result<Self, ScriptError> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&name, &text),
            Err(error) => Err(ScriptError { name, line: 0, problem: format!("cannot be read: {error}") }),
        }
    }

    /// Reads a transcript from `text`; `name` stands in error messages.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScriptError> {
        parse::script(name, text)
    }

    /// The name given to [`parse`](Self::parse), for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the conversation comes from: an RFC section, a bug report, a capture.
    pub fn provenance(&self) -> &str {
        &self.provenance
    }

    /// The ids (H.., M.., T..) of the hazards that the transcript covers.
    pub fn hazards(&self) -> &[String] {
        &self.hazards
    }

    /// All steps in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The steps grouped by flight: those of one group are submitted together, before any of them is awaited.
    pub fn flights(&self) -> impl Iterator<Item = &[Step]> {
        self.steps.chunk_by(|a, b| a.flight == b.flight)
    }

    /// Whether the server speaks TLS from the first byte (the exchange begins with `tls`).
    pub fn is_implicit_tls(&self) -> bool {
        matches!(self.turns.first().map(|turn| &turn.kind), Some(TurnKind::Control(Control::Tls | Control::TlsRefused)))
    }

    /// Whether the exchange needs TLS at all, now or after STARTTLS.
    pub fn uses_tls(&self) -> bool {
        self.turns.iter().any(|turn| matches!(turn.kind, TurnKind::Control(Control::Tls | Control::TlsRefused)))
    }

    /// The same conversation over TLS from the first byte, for those that know nothing of TLS.
    pub fn over_implicit_tls(&self) -> Option<Self> {
        let again = self.turns.iter().any(|turn| matches!(turn.kind, TurnKind::Control(Control::Accept)));
        if again || self.uses_tls() {
            return None;
        }
        let mut script = self.clone();
        let connect = script.steps.first_mut().filter(|step| step.verb == "connect" && step.named("tls").is_none())?;
        connect.args.push("tls=implicit".to_owned());
        script.turns.insert(0, Turn { line: 0, kind: TurnKind::Control(Control::Tls) });
        script.name.push_str(" (over TLS)");
        Some(script)
    }

    /// Whether a TLS handshake has to fail, which takes a socket and a certificate.
    pub fn refuses_tls(&self) -> bool {
        self.turns.iter().any(|turn| matches!(turn.kind, TurnKind::Control(Control::TlsRefused)))
    }

    /// Whether more time passes (`~ 29m`) than anybody wants to wait for: then only a player in virtual time can play it.
    pub fn needs_virtual_time(&self) -> bool {
        self.turns.iter().any(|turn| matches!(turn.kind, TurnKind::Advance(time) if time > LONGEST_REAL_WAIT))
    }
}

/// Something the client under test is told to do: `do fetch 1:* flags,envelope`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Line in the file, from 1.
    pub line: usize,
    /// First word, such as `connect` or `fetch`.
    pub verb: String,
    /// The other words; a word in double quotes may hold spaces or be empty.
    pub args: Vec<String>,
    /// What must come of it. Without any the runner demands success.
    pub expects: Vec<Expect>,
    /// Steps of the same flight are submitted together: no line of the exchange stands between them.
    pub flight: usize,
}

impl Step {
    /// The value of the argument `key=value`.
    pub fn named(&self, key: &str) -> Option<&str> {
        self.args.iter().find_map(|arg| arg.strip_prefix(key)?.strip_prefix('='))
    }

    /// The argument at `index`, counting all arguments from 0.
    pub fn arg(&self, index: usize) -> Option<&str> {
        self.args.get(index).map(String::as_str)
    }
}

/// What must come of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// The command completed with OK.
    Ok,
    /// The server refused it with NO.
    No,
    /// The server rejected it with BAD.
    Bad,
    /// It failed with an error of this kind, by the name the front end gives it.
    Error(String),
    /// A line of the outcome, written as `corpus/README.md` says, is this text.
    Value(String),
    /// There was an event that is written like this.
    Event(String),
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::No => f.write_str("no"),
            Self::Bad => f.write_str("bad"),
            Self::Error(kind) => write!(f, "error {kind}"),
            Self::Value(text) => write!(f, "value {text}"),
            Self::Event(text) => write!(f, "event {text}"),
        }
    }
}

/// What a server does besides talking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// `tls`: a TLS handshake starts here and must succeed. Client bytes that came too early are a mismatch.
    Tls,
    /// `tls refused`: a TLS handshake starts here and the client must break it off.
    TlsRefused,
    /// `deflate`: all bytes from here on are compressed (RFC 4978).
    Deflate,
    /// `close`: the server closes in good order, with TLS `close_notify`.
    Close,
    /// `cut`: the server closes the TCP connection without `close_notify`.
    Cut,
    /// `reset`: the server resets the TCP connection.
    Reset,
    /// `stall`: the server says nothing, reads everything and waits until the client gives up.
    Stall,
    /// `eof`: the client must close without another byte.
    Eof,
    /// `accept`: the client must connect again; the exchange goes on there, in the clear.
    Accept,
}

/// One line of the exchange.
#[derive(Debug, Clone)]
struct Turn {
    line: usize,
    kind: TurnKind,
}

#[derive(Debug, Clone)]
enum TurnKind {
    /// Server bytes. `cut` asks for writes of that many bytes; `tagged` says that script tags in it are to be mapped.
    Send {
        bytes: Vec<u8>,
        cut: Option<usize>,
        tagged: bool,
    },
    /// Client bytes that must come.
    Receive(Pattern),
    Advance(Duration),
    Control(Control),
}

/// Client bytes to match. `tag` is the script's tag when the bytes begin with one; `parts` are the exact bytes between
/// the places where `…` allows anything but a line break.
#[derive(Debug, Clone)]
struct Pattern {
    tag: Option<String>,
    parts: Vec<Vec<u8>>,
}

/// A transcript that cannot be read. Displays as `file:line: problem`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptError {
    name: String,
    line: usize,
    problem: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.name, self.line, self.problem)
    }
}

impl std::error::Error for ScriptError {}

/// The conversation did not go as written: what was expected where, and what came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// `file:line` of the script, or what a Rust-written conversation was doing.
    pub place: String,
    /// What should have come, as readable text.
    pub expected: String,
    /// What came, as readable text.
    pub got: String,
    /// The conversation up to here; empty when the player ran without a socket.
    pub so_far: String,
}

impl Mismatch {
    /// A mismatch at `place`; both texts are for people (see [`crate::escape::encode`]).
    pub fn new(place: impl Into<String>, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self { place: place.into(), expected: expected.into(), got: got.into(), so_far: String::new() }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: the client left the script", self.place)?;
        writeln!(f, "  expected: {}", self.expected)?;
        write!(f, "  got:      {}", self.got)?;
        let same = self.expected.chars().zip(self.got.chars()).take_while(|(a, b)| a == b).count();
        if same > 0 {
            write!(f, "\n            {}^ differs here", " ".repeat(same))?;
        }
        if !self.so_far.is_empty() {
            write!(f, "\nthe conversation so far:\n{}", self.so_far.trim_end())?;
        }
        Ok(())
    }
}

impl std::error::Error for Mismatch {}

#[cfg(test)]
mod tests;
