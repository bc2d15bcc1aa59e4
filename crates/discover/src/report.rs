//! What was found, and every step on the way to it: what `imapkit doctor` shows.
//!
//! Separate from the search so that it can be shown, stored and tested as a value. Texts in it come from the network in part; they are
//! short, on one line, and free of control characters.

use std::fmt;
use std::time::Duration;

use crate::email::Email;
use crate::providers::Provider;
use crate::server::{Protection, Server};

/// The longest text kept of what others say, in characters.
const MAX_TEXT: usize = 300;

/// Where knowledge of a server comes from, in the order in which it is looked for (C03).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Source {
    /// The built-in table, by the domain of the address; asks nobody.
    Provider,
    /// The built-in table, by the provider that takes the domain's mail (MX).
    ProviderByMx,
    /// The domain's own autoconfig document.
    Autoconfig,
    /// Mozilla's database, by domain.
    Ispdb,
    /// SRV records (RFC 6186).
    Srv,
    /// Mozilla's database, by the domain of the MX.
    IspdbByMx,
    /// The usual names under the domain, tried.
    Guess,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Provider => "provider table",
            Self::ProviderByMx => "provider by MX",
            Self::Autoconfig => "autoconfig",
            Self::Ispdb => "ISPDB",
            Self::Srv => "SRV",
            Self::IspdbByMx => "ISPDB by MX",
            Self::Guess => "guess",
        })
    }
}

/// What a question led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This.
    Found(String),
    /// The answer is that there is nothing.
    Nothing(String),
    /// No answer, or one that cannot be used.
    Failed(String),
    /// Not asked, and why.
    Skipped(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(text) => f.write_str(text),
            Self::Nothing(text) => write!(f, "nothing: {text}"),
            Self::Failed(text) => write!(f, "failed: {text}"),
            Self::Skipped(text) => write!(f, "skipped: {text}"),
        }
    }
}

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// On behalf of which source.
    pub source: Source,
    /// What was asked: a name, a URL, a host and port. The address in a URL is shown as `…`.
    pub question: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// `SRV _imaps._tcp.example.org: imap.example.org:993 (12 ms)`
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.source, self.question, self.outcome)?;
        if matches!(self.outcome, Outcome::Skipped(_)) || self.source == Source::Provider {
            return Ok(());
        }
        write!(f, " ({} ms)", self.took.as_millis())
    }
}

/// What was found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Discovery {
    /// For whom.
    pub email: Email,
    /// Which source it was.
    pub source: Source,
    /// The best server.
    pub server: Server,
    /// The others, best first: for when the best cannot be reached.
    pub others: Vec<Server>,
    /// The provider, where it is a known one: what to do there before a login works.
    pub provider: Option<&'static Provider>,
    /// What the source wants people to know, in its own words.
    pub notes: Vec<String>,
    /// Everything that was asked, in order.
    pub steps: Vec<Step>,
}

impl Discovery {
    /// How the best server is protected: what must not be gone below from now on (T037, [`crate::Options::at_least`]).
    pub fn protection(&self) -> Protection {
        self.server.protection
    }
}

/// One short line, without control or direction-changing characters (T031).
pub(crate) fn plain(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().take(MAX_TEXT).map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_others_are_one_short_plain_line() {
        assert_eq!(plain("a\r\n  b\u{1b}[31m\u{202e}c"), "a b\u{fffd}[31m\u{fffd}c");
        assert_eq!(plain(&"x".repeat(10_000)).len(), MAX_TEXT);
    }

    #[test]
    fn steps_read_well() {
        let step = |source, outcome| Step {
            source,
            question: "_imaps._tcp.example.org".into(),
            outcome,
            took: Duration::from_millis(12),
        };
        let found = step(Source::Srv, Outcome::Found("imap.example.org:993".into()));
        assert_eq!(found.to_string(), "SRV _imaps._tcp.example.org: imap.example.org:993 (12 ms)");
        let skipped = step(Source::Srv, Outcome::Skipped("switched off".into()));
        assert_eq!(skipped.to_string(), "SRV _imaps._tcp.example.org: skipped: switched off");
    }
}
