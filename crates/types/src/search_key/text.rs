//! The text of a search key: validated once, then written by the codec as a quoted string or a literal.

use crate::Invalid;
use crate::invalid::check_text;
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::ops::Deref;
use core::str::FromStr;

/// Text to search for: anything without line breaks and NUL. Reads like a `str`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SearchText(Box<str>);

impl SearchText {
    /// Takes a text; fails if it contains a line break or NUL (T069).
    pub fn new(text: &str) -> Result<Self, Invalid> {
        check_text("search text", text)?;
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for SearchText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for SearchText {
    type Error = Invalid;

    fn try_from(text: &str) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

impl TryFrom<String> for SearchText {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(&text)
    }
}

impl FromStr for SearchText {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

impl fmt::Display for SearchText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
