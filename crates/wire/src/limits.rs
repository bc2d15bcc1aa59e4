//! How much of a server's output is taken in: every bound that framing and decoding have, in one place.
//!
//! Separate so that a reader finds all of them at once, and so that each has one name: the field's, which errors repeat.
//! RFC 9051 sets no limits for clients; the numbers follow what servers really send (protocol.md 4.7).
//!
//! Invariant: no allocation follows a number that a server *announces*; only octets that have arrived cost memory.

use core::fmt;

/// Bounds on what a server may make us hold, skip or build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of one response without its streamed and elided literals. A larger one is skipped in step and reported.
    /// 64 MiB: a SEARCH that names seven million messages.
    pub max_response: usize,
    /// Octets of one literal that is kept inside its response. A larger one is skipped, and costs its item. 1 MiB.
    pub max_inline_literal: usize,
    /// Message content of at least this many octets is handed out as it comes in. 64 KiB.
    pub stream_above: usize,
    /// Octets of one response that are skipped because of the limits above, before the connection is given up. 1 GiB.
    pub max_skip: u64,
    /// Nested parentheses in a body structure or a thread; what is deeper is cut off. 100.
    pub max_depth: usize,
    /// Parts of one body structure; what comes after is cut off. 10,000.
    pub max_nodes: usize,
    /// Numbers, ranges or entries of one response. 16 million.
    pub max_elements: usize,
    /// Octets between two responses that belong to none: empty lines and NULs. 4096.
    pub max_filler: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_response: 64 << 20,
            max_inline_literal: 1 << 20,
            stream_above: 64 << 10,
            max_skip: 1 << 30,
            max_depth: 100,
            max_nodes: 10_000,
            max_elements: 16_000_000,
            max_filler: 4096,
        }
    }
}

impl Limits {
    /// For a server that has not proved who it is: 64 KiB for a response, nothing skipped, nothing streamed.
    pub fn before_login() -> Self {
        Self {
            max_response: 64 << 10,
            max_inline_literal: 8 << 10,
            stream_above: usize::MAX,
            max_skip: 64 << 10,
            max_elements: 10_000,
            ..Self::default()
        }
    }
}

/// A limit that was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The field of [`Limits`].
    pub name: &'static str,
    /// Its value, in octets or as a count.
    pub value: u64,
}

impl Limit {
    pub(crate) fn new(name: &'static str, value: usize) -> Self {
        Self { name, value: u64::try_from(value).unwrap_or(u64::MAX) }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limit {} of {} exceeded", self.name, self.value)
    }
}
