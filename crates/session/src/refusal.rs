//! Why a server refused an access token, as far as it says so.
//!
//! Before its NO the server explains itself in a challenge of JSON. The mechanism reads that and the error keeps it, as data: whoever gets
//! tokens decides by it whether a fresh one will do, and which scope to ask for. RFC 7628 §3.2.2, §3.2.3; T061.

use alloc::boxed::Box;
use core::fmt;

use crate::error::printable;

/// Why an access token was refused. Both texts are the server's, made safe to show (T031).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenRefusal {
    /// A code of RFC 6750 §3.1 as `invalid_token`, or of HTTP as `401`.
    pub status: Option<Box<str>>,
    /// The scope that a token has to have here.
    pub scope: Option<Box<str>>,
}

impl TokenRefusal {
    /// What the server told.
    pub fn new(status: Option<&str>, scope: Option<&str>) -> Self {
        let safe = |text: &str| printable(text.as_bytes()).into_boxed_str();
        Self { status: status.map(safe), scope: scope.map(safe) }
    }
}

impl fmt::Display for TokenRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server refused the token")?;
        match (&self.status, &self.scope) {
            (Some(status), Some(scope)) => write!(f, ": status {status}, scope {scope}"),
            (Some(status), None) => write!(f, ": status {status}"),
            (None, Some(scope)) => write!(f, ": scope {scope}"),
            (None, None) => Ok(()),
        }
    }
}
