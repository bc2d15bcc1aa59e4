//! Why no server was found: one line, the reason as a value, and every step that led there.
//!
//! Separate because each of the reasons asks for something else of the user: another address, a bridge, a network, a server by name.

use std::fmt;

use crate::providers::Provider;
use crate::report::Step;

/// Nothing was found.
#[derive(Clone, Debug)]
pub struct Error {
    reason: Box<Reason>,
    steps: Vec<Step>,
}

/// Why.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// This is no mail address; the text says why.
    Address(String),
    /// The provider offers no IMAP to the outside.
    NoImap(&'static Provider),
    /// The domain says that it offers no IMAP (SRV target `.`, RFC 6186 §3.4), and nothing else was found.
    NotOffered(String),
    /// Nobody knows a server of this domain.
    Unknown(String),
    /// All that was found is less safe than what this account had before (T037).
    Lower(String),
    /// Time was up before all was asked; the domain.
    Timeout(String),
}

impl Error {
    pub(crate) fn new(reason: Reason) -> Self {
        Self { reason: Box::new(reason), steps: Vec::new() }
    }

    pub(crate) fn with(mut self, steps: Vec<Step>) -> Self {
        self.steps = steps;
        self
    }

    /// Why.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// Everything that was asked, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Another attempt may end otherwise: something did not answer.
    pub fn is_retryable(&self) -> bool {
        let silent = || self.steps.iter().any(|step| matches!(step.outcome, crate::report::Outcome::Failed(_)));
        match *self.reason {
            Reason::Timeout(_) => true,
            Reason::Unknown(_) | Reason::NotOffered(_) | Reason::Lower(_) => silent(),
            Reason::Address(_) | Reason::NoImap(_) => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.reason {
            Reason::Address(why) => write!(f, "not a mail address: {why}"),
            Reason::NoImap(provider) => write!(f, "{} has no IMAP for mail programs", provider.name),
            Reason::NotOffered(domain) => write!(f, "{domain} says that it offers no IMAP"),
            Reason::Unknown(domain) => write!(f, "no IMAP server of {domain} was found"),
            Reason::Lower(domain) => {
                write!(f, "all servers found for {domain} are less safe than what was used before, so none is used")
            }
            Reason::Timeout(domain) => write!(f, "time was up before a server of {domain} was found"),
        }
    }
}

impl std::error::Error for Error {}
