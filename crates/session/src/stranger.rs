//! Somebody else at the port: what the error of an opening holds when no IMAP server greets.
//!
//! A type of its own, so that front ends can tell a wrong port from a server that breaks the protocol, and give advice on the
//! port. RFC 9051 §7.1.1; H17, T039; server-quirks §2.2.

use core::fmt;

/// No IMAP server: the source of an error of kind [`ErrorKind::Protocol`](crate::ErrorKind::Protocol) that an opening ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotImap {
    /// What is spoken there instead, as `HTTP`, where that can be told.
    pub protocol: Option<&'static str>,
}

impl NotImap {
    /// Told by the first line.
    pub(crate) fn by(line: &[u8]) -> Self {
        let starts = |prefix: &[u8]| line.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let protocol = if starts(b"HTTP/") {
            Some("HTTP")
        } else if starts(b"220 ") || starts(b"220-") || starts(b"554 ") {
            Some("SMTP")
        } else if starts(b"+OK") || starts(b"+ OK") || starts(b"-ERR") {
            Some("POP3")
        } else if starts(b"SSH-") {
            Some("SSH")
        } else {
            None
        };
        Self { protocol }
    }
}

impl fmt::Display for NotImap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol {
            Some(protocol) => write!(f, "this port speaks {protocol}"),
            None => f.write_str("the first line is not an IMAP greeting"),
        }
    }
}

impl core::error::Error for NotImap {}
