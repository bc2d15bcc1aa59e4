//! Mailbox names, what LIST says about them, and how two names compare (RFC 9051 §5.1, §7.3.1; RFC 6154).
//!
//! The identity of a mailbox is the bytes its server uses, not the text we show (H95): malformed modified UTF-7 cannot be
//! re-made from text, so such a name carries the exact bytes along and is sent back unchanged. Names compare byte for
//! byte; only the whole name INBOX ignores case. A name never contains CR, LF or NUL when it came from the caller (T068).

mod attribute;
mod list_entry;

pub use attribute::{Attribute, SpecialUse};
pub use list_entry::{ListEntry, ListKind};

use crate::Invalid;
use crate::invalid::check_text;
use alloc::string::String;
use alloc::sync::Arc;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;

const INBOX: &str = "INBOX";

/// The name of a mailbox. Cheap to clone.
#[derive(Clone)]
pub struct Mailbox {
    text: Arc<str>,
    /// The server's bytes, when encoding `text` would not give them back.
    raw: Option<Arc<[u8]>>,
}

impl Mailbox {
    /// Takes a name as people write it, in Unicode; fails if it contains a line break or NUL.
    pub fn new(name: &str) -> Result<Self, Invalid> {
        check_text("mailbox name", name)?;
        Ok(Self { text: name.into(), raw: None })
    }

    /// The one mailbox that every user has.
    pub fn inbox() -> Self {
        Self { text: INBOX.into(), raw: None }
    }

    /// Takes a name as the codec read it: the decoded text and, when encoding that text would give other bytes, the
    /// server's exact bytes, which are then the identity of the mailbox (H95).
    pub fn from_wire(text: &str, raw: Option<&[u8]>) -> Self {
        Self { text: text.into(), raw: raw.map(Arc::from) }
    }

    /// The name for people, in Unicode. May contain anything but is never to be sent when [`Mailbox::raw`] is there.
    pub fn name(&self) -> &str {
        &self.text
    }

    /// The server's exact bytes, when the text alone cannot make them.
    pub fn raw(&self) -> Option<&[u8]> {
        self.raw.as_deref()
    }

    /// Whether this is INBOX, in any case.
    pub fn is_inbox(&self) -> bool {
        self.raw.is_none() && self.text.eq_ignore_ascii_case(INBOX)
    }

    /// The levels of the hierarchy, from the top. The delimiter comes from LIST or NAMESPACE.
    pub fn segments(&self, delimiter: char) -> impl DoubleEndedIterator<Item = &str> + Clone {
        self.text.split(delimiter)
    }

    /// The mailbox one level up, if there is one. A trailing delimiter does not count as a level (H96).
    pub fn parent(&self, delimiter: char) -> Option<Self> {
        let text = self.text.strip_suffix(delimiter).unwrap_or(&self.text);
        let (parent, _) = text.rsplit_once(delimiter)?;
        Some(Self { text: parent.into(), raw: self.raw_parent(delimiter) })
    }

    /// The server's bytes up to the last delimiter, if there is anything special about them.
    fn raw_parent(&self, delimiter: char) -> Option<Arc<[u8]>> {
        let byte = u8::try_from(delimiter).ok().filter(u8::is_ascii)?;
        let raw = self.raw.as_deref()?;
        let raw = raw.strip_suffix(&[byte]).unwrap_or(raw);
        let parent = raw.get(..raw.iter().rposition(|&b| b == byte)?)?;
        // Plain ASCII is the same in every encoding a server may use.
        let plain = parent.iter().all(|&b| matches!(b, b' '..=b'~') && b != b'&');
        (!plain).then(|| parent.into())
    }

    /// What comparison looks at: the name with INBOX in one spelling, then the server's bytes.
    fn key(&self) -> (&str, Option<&[u8]>) {
        (if self.is_inbox() { INBOX } else { &self.text }, self.raw.as_deref())
    }
}

impl PartialEq for Mailbox {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Mailbox {}

impl Hash for Mailbox {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl PartialOrd for Mailbox {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Mailbox {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl FromStr for Mailbox {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        Self::new(name)
    }
}

impl TryFrom<&str> for Mailbox {
    type Error = Invalid;

    fn try_from(name: &str) -> Result<Self, Invalid> {
        Self::new(name)
    }
}

impl TryFrom<String> for Mailbox {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        Self::new(&name)
    }
}

impl TryFrom<&String> for Mailbox {
    type Error = Invalid;

    fn try_from(name: &String) -> Result<Self, Invalid> {
        Self::new(name)
    }
}

impl From<&Self> for Mailbox {
    fn from(mailbox: &Self) -> Self {
        mailbox.clone()
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox({:?}", &*self.text)?;
        match &self.raw {
            Some(raw) => write!(f, ", raw \"{}\")", raw.escape_ascii()),
            None => f.write_str(")"),
        }
    }
}

#[cfg(test)]
mod tests;
