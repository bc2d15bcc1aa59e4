//! GETQUOTAROOT: which limits count for a mailbox, and how much of them is used. RFC 9208 §4.1.2.
//!
//! The server tells the roots and, of its own accord, the quota of each; a root may be named by the empty text.

use alloc::vec::Vec;

use imapkit_types::{Capability, Mailbox, Quota, QuotaRoot};
use imapkit_wire::{Encoder, Untagged};

use super::Bounded;
use crate::command::{Claims, Command, Completion, Gather, Offer, Rules};
use crate::error::Error;

/// Quota roots of one answer.
pub(super) const MAX_QUOTAS: usize = 1000;

/// Asks for the limits of a mailbox.
#[derive(Clone, Debug)]
pub struct GetQuotaRoot {
    mailbox: Mailbox,
}

/// The limits of a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxQuota {
    /// The names of its quota roots; none means no limit.
    pub roots: Vec<alloc::boxed::Box<str>>,
    /// The quota of each, as far as the server told it.
    pub quotas: Vec<Quota>,
}

/// Takes the answer.
#[derive(Debug)]
pub struct QuotaRootGather {
    mailbox: Mailbox,
    roots: Vec<alloc::boxed::Box<str>>,
    quotas: Bounded<Quota>,
}

impl GetQuotaRoot {
    /// Asks for the limits of `mailbox`.
    pub fn new(mailbox: Mailbox) -> Self {
        Self { mailbox }
    }
}

impl Command for GetQuotaRoot {
    type Output = MailboxQuota;
    type Gather = QuotaRootGather;

    fn name(&self) -> &'static str {
        "GETQUOTAROOT"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("GETQUOTAROOT ").mailbox(&self.mailbox);
    }

    fn rules(&self) -> Rules {
        Rules { capabilities: alloc::vec![Capability::Quota], claims: Claims::QUOTA, ..Rules::default() }
    }

    fn gather(self) -> QuotaRootGather {
        QuotaRootGather { mailbox: self.mailbox, roots: Vec::new(), quotas: Bounded::new("max_quotas", MAX_QUOTAS) }
    }
}

impl Gather for QuotaRootGather {
    type Output = MailboxQuota;

    fn offer(&mut self, response: Untagged) -> Offer {
        match response {
            Untagged::QuotaRoot(QuotaRoot { mailbox, roots }) if mailbox == self.mailbox => self.roots = roots,
            Untagged::Quota(quota) => {
                self.quotas.push(quota);
            }
            other => return Offer::NotMine(other),
        }
        Offer::Taken
    }

    fn finish(self, _: Completion) -> Result<MailboxQuota, Error> {
        Ok(MailboxQuota { roots: self.roots, quotas: self.quotas.finish()? })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{done, encoded};
    use super::*;
    use imapkit_types::QuotaResource;
    use imapkit_wire::Mode;

    #[test]
    fn bytes() {
        let bytes = |name: &str| encoded(&GetQuotaRoot::new(name.parse().unwrap()), Mode::default()).unwrap();
        assert_eq!(bytes("INBOX"), "A1 GETQUOTAROOT INBOX\r\n");
        assert_eq!(bytes("Grüße und mehr"), "A1 GETQUOTAROOT \"Gr&APwA3w-e und mehr\"\r\n");
        assert_eq!(GetQuotaRoot::new(Mailbox::inbox()).rules().capabilities, [Capability::Quota]);
    }

    #[test]
    fn the_answer_is_the_roots_and_their_quotas() {
        // RFC 9208 §4.1.2.
        let mut gather = GetQuotaRoot::new(Mailbox::inbox()).gather();
        let root = QuotaRoot { mailbox: "INBOX".parse().unwrap(), roots: alloc::vec!["".into()] };
        let resources = alloc::vec![QuotaResource { name: "STORAGE".into(), usage: 10, limit: 512 }];
        let quota = Quota { root: "".into(), resources };
        for response in [Untagged::QuotaRoot(root), Untagged::Quota(quota.clone())] {
            assert!(matches!(gather.offer(response), Offer::Taken));
        }
        let other = QuotaRoot { mailbox: "Other".parse().unwrap(), roots: Vec::new() };
        assert!(matches!(gather.offer(Untagged::QuotaRoot(other)), Offer::NotMine(_)));
        let answer = gather.finish(done()).unwrap();
        assert_eq!((answer.roots.len(), answer.quotas), (1, alloc::vec![quota]));
    }
}
