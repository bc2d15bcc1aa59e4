//! Namespaces: where a user's, other users' and shared mailboxes live (RFC 2342, RFC 9051 §6.3.10).

use crate::Mailbox;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The three lists of NAMESPACE; NIL is an empty list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces {
    /// The user's own.
    pub personal: Vec<Namespace>,
    /// Those of other users.
    pub others: Vec<Namespace>,
    /// Those that are shared.
    pub shared: Vec<Namespace>,
}

/// One namespace: a prefix of mailbox names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// What the names in it begin with, delimiter included; often empty. A prefix, not a mailbox one can select, but
    /// encoded like a mailbox name and with the same identity (H95).
    pub prefix: Mailbox,
    /// What separates levels of the hierarchy; `None` means that names are flat (H94).
    pub delimiter: Option<char>,
    /// Extension parameters: name and values.
    #[allow(clippy::type_complexity, reason = "a plain list of pairs reads best written out")]
    pub extensions: Vec<(Box<str>, Vec<Box<[u8]>>)>,
}

impl Namespaces {
    /// All namespaces: personal, then others', then shared.
    pub fn iter(&self) -> impl Iterator<Item = &Namespace> + Clone {
        self.personal.iter().chain(&self.others).chain(&self.shared)
    }
}
