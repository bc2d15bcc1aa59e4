//! One line of a LIST reply (RFC 9051 §7.3.1, RFC 5258, RFC 5819), and the older LSUB and XLIST.

use super::{Attribute, Mailbox, SpecialUse};
use crate::Status;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Which command's reply a [`ListEntry`] is: the older two use the same grammar but other meanings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// `* LIST`
    #[default]
    List,
    /// `* LSUB`: subscribed names; `\Noselect` means "has subscribed children".
    Lsub,
    /// `* XLIST`: the pre-standard special-use listing.
    Xlist,
}

/// A mailbox as LIST, LSUB or XLIST describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListEntry {
    /// The reply it came in.
    pub kind: ListKind,
    /// The attributes, in the server's order.
    pub attributes: Vec<Attribute>,
    /// What separates levels of the hierarchy; `None` means that names are flat.
    pub delimiter: Option<char>,
    /// The name.
    pub mailbox: Mailbox,
    /// CHILDINFO: why a parent is listed whose children match, for example `SUBSCRIBED` (RFC 5258 §3.5).
    pub child_info: Vec<Box<str>>,
    /// OLDNAME: the name the client used or that was renamed (RFC 9051 §6.3.9.7).
    pub old_name: Option<Mailbox>,
    /// The STATUS reply that belongs to this entry, when LIST was asked to return one (RFC 5819).
    pub status: Option<Status>,
    /// Extended data items we do not know: label and raw value.
    pub extended: Vec<(Box<str>, Box<[u8]>)>,
}

impl ListEntry {
    /// An entry with a name and nothing else; the fields are for the codec to fill.
    pub fn new(kind: ListKind, mailbox: Mailbox) -> Self {
        Self {
            kind,
            attributes: Vec::new(),
            delimiter: None,
            mailbox,
            child_info: Vec::new(),
            old_name: None,
            status: None,
            extended: Vec::new(),
        }
    }

    /// Whether the attributes allow SELECT. Some servers list mailboxes that refuse it all the same.
    pub fn is_selectable(&self) -> bool {
        !self.has(&Attribute::NoSelect) && !self.has(&Attribute::NonExistent)
    }

    /// What the mailbox is for, if the server says so.
    pub fn special_use(&self) -> Option<SpecialUse> {
        self.attributes.iter().find_map(Attribute::special_use)
    }

    /// Whether there are mailboxes below this one; `None` if the server does not say.
    pub fn has_children(&self) -> Option<bool> {
        if self.has(&Attribute::HasChildren) {
            Some(true)
        } else if self.has(&Attribute::HasNoChildren) || self.has(&Attribute::NoInferiors) {
            Some(false)
        } else {
            None
        }
    }

    /// Whether the user subscribed to it, as far as this reply tells: an LSUB line always says so.
    pub fn is_subscribed(&self) -> bool {
        self.kind == ListKind::Lsub || self.has(&Attribute::Subscribed)
    }

    /// Whether this attribute is there.
    pub fn has(&self, attribute: &Attribute) -> bool {
        self.attributes.contains(attribute)
    }
}
