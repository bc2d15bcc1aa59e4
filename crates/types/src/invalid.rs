//! The one error of this crate: a value the caller gave breaks a rule of the protocol.
//!
//! It is found before a byte is sent. It names the kind of value, the rule and the place, never the value itself, since
//! that may be a secret or may carry control characters into a log.

use core::error::Error;
use core::fmt;

/// A value was refused: what it was meant to be, why it is not, and at which byte.
///
/// Displays as one line, for example `mailbox name: contains a line break at byte 7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Invalid {
    what: &'static str,
    why: &'static str,
    at: Option<usize>,
}

impl Invalid {
    /// Refuses a `what` ("mailbox name") because of `why` ("contains a line break").
    pub const fn new(what: &'static str, why: &'static str) -> Self {
        Self { what, why, at: None }
    }

    /// Adds the offset of the first offending byte, counted from 0.
    pub const fn at(self, offset: usize) -> Self {
        Self { what: self.what, why: self.why, at: Some(offset) }
    }

    /// The kind of value that was refused.
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// The rule it breaks.
    pub const fn why(&self) -> &'static str {
        self.why
    }

    /// The offset of the first offending byte, when one can be named.
    pub const fn offset(&self) -> Option<usize> {
        self.at
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)?;
        match self.at {
            Some(at) => write!(f, " at byte {at}"),
            None => Ok(()),
        }
    }
}

impl Error for Invalid {}

/// Refuses the characters that no IMAP string from a caller may hold: NUL always, and line breaks, which would have to
/// travel as a literal and only ever come from an injection (T068, T069).
pub(crate) fn check_text(what: &'static str, text: &str) -> Result<(), Invalid> {
    match text.bytes().position(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        None => Ok(()),
        Some(at) => {
            let nul = text.as_bytes().get(at) == Some(&0);
            Err(Invalid::new(what, if nul { "contains NUL" } else { "contains a line break" }).at(at))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn says_what_why_and_where() {
        let error = check_text("mailbox name", "archive\r\nA9 LOGOUT").unwrap_err();
        assert_eq!(error.to_string(), "mailbox name: contains a line break at byte 7");
        assert_eq!(check_text("value", "a\0").unwrap_err().to_string(), "value: contains NUL at byte 1");
        assert_eq!(Invalid::new("tag", "is empty").to_string(), "tag: is empty");
        assert_eq!(check_text("value", "tab\t, escape \x1b and ümlaut pass"), Ok(()));
    }
}
