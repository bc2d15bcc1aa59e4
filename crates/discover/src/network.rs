//! The network as discovery sees it: four questions.
//!
//! One trait, so that the order and the rules (`find`, `fetch`, `guess`) are tested without a network and in virtual time, and so that the
//! ways of drafts to come (mailmaint-autoconfig, PACC) are another answer and not another search (C05). [`crate::Internet`] is the real
//! one; programs with a resolver or an HTTP client of their own write another.
//!
//! Implementations keep to the time they are given or are dropped: dropping a future ends the question.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::server::Server;

/// A question under way.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is nothing: NXDOMAIN, no records.
    Nothing(String),
    /// It did not work.
    Failed(String),
}

/// An SRV record (RFC 2782).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Srv {
    /// Lower is better.
    pub priority: u16,
    /// The share among records of one priority.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host, without a trailing dot; empty for `.`, which means that the service is not offered.
    pub target: String,
}

/// An MX record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mx {
    /// Lower is better.
    pub preference: u16,
    /// The host, without a trailing dot; empty for `.` (RFC 7505: no mail here).
    pub exchange: String,
}

/// An answer over HTTPS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// The header `Location`.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Who answers the questions.
pub trait Network: Send + Sync {
    /// The SRV records of a name without a trailing dot.
    fn srv<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<Srv>>;

    /// The MX records of a domain without a trailing dot.
    fn mx<'a>(&'a self, domain: &'a str) -> Answer<'a, Vec<Mx>>;

    /// GET of an `https` URL whose certificate is checked. Follows no redirect, fails on a body of more than `limit` bytes, takes no longer
    /// than `timeout`.
    fn get<'a>(&'a self, url: &'a str, limit: usize, timeout: Duration) -> Answer<'a, Page>;

    /// Connects until the server has greeted within TLS and shown the right certificate, says goodbye. Nobody logs in.
    fn greet<'a>(&'a self, server: &'a Server, timeout: Duration) -> Answer<'a, ()>;
}
