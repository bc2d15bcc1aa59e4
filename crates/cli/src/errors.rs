//! What went wrong, told to people: what happened, where, whose fault, what to do next.
//!
//! Separate because the library's errors are one line without advice. A [`Problem`] has the words and the exit code; every verb ends in
//! one or in [`Exit`]. Texts of servers are quoted as theirs, free of control characters (T031), and explained by the
//! library's causes. Text style: STYLE.md, "Words for people".
//!
//! Invariant: no secret gets in here, since none is in the library's errors and none is formatted by us.

pub(crate) mod library;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::exit::Exit;
use crate::output::text::clean;

/// Why a verb stopped.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    exit: Exit,
    kind: &'static str,
    what: String,
    said: Option<String>,
    code: Option<String>,
    next: Vec<String>,
}

/// What verbs return.
pub(crate) type Outcome<T = Exit> = Result<T, Problem>;

impl Problem {
    /// A problem by its name for programs (see `docs/json.md`), with its first line.
    pub(crate) fn new(exit: Exit, kind: &'static str, what: impl Into<String>) -> Self {
        Self(Box::new(Inner { exit, kind, what: what.into(), said: None, code: None, next: Vec::new() }))
    }

    /// The command line cannot be understood.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", what)
    }

    /// Going on would not be safe.
    pub(crate) fn guard(what: impl Into<String>) -> Self {
        Self::new(Exit::Guard, "guard", what)
    }

    /// Nobody reads our output any more. That is how `| head` ends, and no failure.
    pub(crate) fn broken_pipe() -> Self {
        Self::new(Exit::Done, "broken-pipe", String::new())
    }

    /// A file or directory gave trouble.
    pub(crate) fn file(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(
            Exit::Failed,
            "file",
            format!("cannot {doing} {}: {}", clean(&path.display().to_string()), plain(error)),
        )
    }

    /// Adds a line about what to do next.
    pub(crate) fn next(mut self, line: impl Into<String>) -> Self {
        self.0.next.push(line.into());
        self
    }

    /// Adds what the server said.
    pub(crate) fn said(mut self, text: &str) -> Self {
        let text = clean(text);
        self.0.said = (!text.is_empty()).then_some(text);
        self
    }

    /// Adds the server's response code.
    pub(crate) fn code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// How the run ends.
    pub(crate) fn exit(&self) -> Exit {
        self.0.exit
    }

    /// Nothing to tell anybody.
    pub(crate) fn is_silent(&self) -> bool {
        self.0.exit == Exit::Done
    }

    /// The name for programs.
    pub(crate) fn kind(&self) -> &'static str {
        self.0.kind
    }

    /// The first line.
    pub(crate) fn what(&self) -> &str {
        &self.0.what
    }

    /// What the server said.
    pub(crate) fn server_text(&self) -> Option<&str> {
        self.0.said.as_deref()
    }

    /// The server's response code.
    pub(crate) fn server_code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What to do next.
    pub(crate) fn advice(&self) -> &[String] {
        &self.0.next
    }
}

/// All of it, without the word `error:`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.write_str(&inner.what)?;
        match (&inner.said, &inner.code) {
            (Some(said), Some(code)) => write!(f, "\n  the server said: {said} [{code}]")?,
            (Some(said), None) => write!(f, "\n  the server said: {said}")?,
            (None, Some(code)) => write!(f, "\n  the server said: [{code}]")?,
            (None, None) => {}
        }
        inner.next.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// A problem may be behind an error of the library, which asks us for tokens.
impl std::error::Error for Problem {}

impl From<std::io::Error> for Problem {
    /// For what we write to stdout and stderr; files have [`Problem::file`], which names them.
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::broken_pipe(),
            _ => Self::new(Exit::Failed, "output", format!("cannot write the output: {}", plain(&error))),
        }
    }
}

/// The system's words without `(os error 2)`, which tells people nothing.
pub(crate) fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split_once(" (os error").map_or(text.as_str(), |(text, _)| text);
    let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(text);
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if !text.starts_with("I/O") => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}
