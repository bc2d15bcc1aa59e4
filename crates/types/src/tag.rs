//! The tag of a command (RFC 9051 §2.2.1).
//!
//! Separate from the queue that numbers commands because completions, ESEARCH and INPROGRESS all name tags. Tags are made
//! by the session only and hold nothing but ASCII letters and digits, so a server's echo compares exactly (H30).

use crate::Invalid;
use core::fmt;

/// How many bytes a tag may have; with the length byte a tag fills three machine words and is `Copy`.
const MAX_LEN: usize = 23;

/// Names one command; the server's completion carries the same tag.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    // Bytes past `len` are zero, so the derived comparisons are those of the text.
    bytes: [u8; MAX_LEN],
    len: u8,
}

impl Tag {
    /// Makes a tag of 1 to 23 ASCII letters and digits.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "tag";
        if text.is_empty() {
            return Err(Invalid::new(WHAT, "is empty"));
        }
        if let Some(at) = text.bytes().position(|byte| !byte.is_ascii_alphanumeric()) {
            return Err(Invalid::new(WHAT, "contains something other than ASCII letters and digits").at(at));
        }
        let mut bytes = [0; MAX_LEN];
        let (Some(room), Ok(len)) = (bytes.get_mut(..text.len()), u8::try_from(text.len())) else {
            return Err(Invalid::new(WHAT, "is longer than 23 bytes").at(MAX_LEN));
        };
        room.copy_from_slice(text.as_bytes());
        Ok(Self { bytes, len })
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The tag as bytes, to compare with what a server sent.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({})", self.as_str())
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl core::str::FromStr for Tag {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn holds_letters_and_digits_only() {
        let tag = Tag::new("A0001").unwrap();
        assert_eq!((tag.as_str(), tag.as_bytes()), ("A0001", &b"A0001"[..]));
        assert_ne!(tag, Tag::new("a0001").unwrap());
        assert_ne!(tag, Tag::new("A00010").unwrap());
        assert!(Tag::new("12345678901234567890123").is_ok());
        assert_eq!(Tag::new("123456789012345678901234").unwrap_err().offset(), Some(23));
        assert_eq!(Tag::new("A1 OK").unwrap_err().offset(), Some(2));
        for bad in ["", "+", "*", "A\r\n", "Ä", "A+"] {
            assert!(Tag::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn is_three_words_and_displays_itself() {
        assert_eq!(size_of::<Tag>(), 24);
        assert_eq!(Tag::new("B7").unwrap().to_string(), "B7");
        assert_eq!(alloc::format!("{:?}", Tag::new("B7").unwrap()), "Tag(B7)");
    }
}
