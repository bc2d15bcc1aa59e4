//! Annotations of mailboxes and of the server (RFC 5464).

use crate::{Invalid, Mailbox};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

/// What METADATA said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The mailbox annotated; `None` is the server itself.
    pub mailbox: Option<Mailbox>,
    /// Name and value of each entry; `None` is NIL, there is no such entry.
    #[allow(clippy::type_complexity, reason = "a plain list of pairs reads best written out")]
    pub entries: Vec<(Box<str>, Option<Box<[u8]>>)>,
    /// Whether the response named entries without values: they changed, ask again (RFC 5464 §4.4.2).
    pub names_only: bool,
}

impl Metadata {
    /// The value of the entry of this name, in any case.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let (_, value) = self.entries.iter().find(|(entry, _)| entry.eq_ignore_ascii_case(name))?;
        value.as_deref()
    }
}

/// The name of an entry, such as `/private/comment`; compares without case.
#[derive(Clone, Debug)]
pub struct EntryName(Box<str>);

impl EntryName {
    /// Takes a name that RFC 5464 §3.2 allows: printable ASCII without `*` and `%`, slash-separated components of which
    /// none is empty, the first being `private` or `shared`.
    pub fn new(name: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "metadata entry name";
        if let Some(at) = name.bytes().position(|byte| !matches!(byte, b' '..=b'~') || byte == b'*' || byte == b'%') {
            return Err(Invalid::new(WHAT, "contains something other than printable ASCII, or a wildcard").at(at));
        }
        let mut components = name.split('/');
        let scope = (components.next(), components.next());
        let (Some(""), Some(scope)) = scope else {
            return Err(Invalid::new(WHAT, "does not start with a slash").at(0));
        };
        if !scope.eq_ignore_ascii_case("private") && !scope.eq_ignore_ascii_case("shared") {
            return Err(Invalid::new(WHAT, "is neither below /private nor below /shared").at(0));
        }
        if components.clone().next().is_none() || components.any(str::is_empty) {
            return Err(Invalid::new(WHAT, "has an empty component"));
        }
        Ok(Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for EntryName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for EntryName {}

impl FromStr for EntryName {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        Self::new(name)
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_names_are_checked() {
        assert_eq!(EntryName::new("/Private/Comment"), EntryName::new("/private/comment"));
        for bad in
            ["", "/", "private/a", "/private", "/private/", "/shared//a", "/other/a", "/shared/*", "/shared/a\r\n"]
        {
            assert!(EntryName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn nil_and_empty_differ() {
        let metadata = Metadata {
            mailbox: None,
            entries: [("/shared/comment".into(), Some([].into())), ("/shared/admin".into(), None)].into(),
            names_only: false,
        };
        assert_eq!(metadata.get("/SHARED/comment"), Some(&b""[..]));
        assert_eq!(metadata.get("/shared/admin"), None);
    }
}
