//! Quota: how much may be stored, and how much is (RFC 9208, and RFC 2087 before it).

use crate::Mailbox;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The resources of one quota root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The name of the root; often empty.
    pub root: Box<str>,
    /// What is limited.
    pub resources: Vec<QuotaResource>,
}

/// The use and the limit of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaResource {
    /// `STORAGE` (units of 1024 octets), `MESSAGE`, `MAILBOX`, `ANNOTATION-STORAGE` or another, as the server spelled it.
    pub name: Box<str>,
    /// How much is used.
    pub usage: u64,
    /// How much may be used.
    pub limit: u64,
}

/// Which quota roots a mailbox counts against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaRoot {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// The names of its roots; may be none.
    pub roots: Vec<Box<str>>,
}

impl Quota {
    /// The resource of this name, in any case.
    pub fn resource(&self, name: &str) -> Option<&QuotaResource> {
        self.resources.iter().find(|resource| resource.name.eq_ignore_ascii_case(name))
    }
}

impl QuotaResource {
    /// Whether the use has reached the limit.
    pub fn is_exhausted(&self) -> bool {
        self.usage >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_resources_in_any_case() {
        let storage = QuotaResource { name: "Storage".into(), usage: 10, limit: 512 };
        let quota = Quota { root: "".into(), resources: [storage].into() };
        assert_eq!(quota.resource("STORAGE").map(|found| (found.limit, found.is_exhausted())), Some((512, false)));
        assert_eq!(quota.resource("MESSAGE"), None);
    }
}
