//! GETQUOTA: how much of a limit is used, by the name of its root. RFC 9208 §4.1.1.

use imapkit_types::{Capability, Quota};
use imapkit_wire::{Encoder, Untagged};

use crate::command::{Claims, Command, Completion, Gather, Offer, Rules};
use crate::error::{Error, ErrorKind};

/// Asks for the quota of one root.
#[derive(Clone, Debug)]
pub struct GetQuota {
    root: alloc::string::String,
}

/// Takes the answer.
#[derive(Debug)]
pub struct QuotaGather {
    root: alloc::string::String,
    answer: Option<Quota>,
}

impl GetQuota {
    /// Asks for the quota of the root of that name, as [`super::GetQuotaRoot`] tells it; often empty.
    pub fn new(root: impl Into<alloc::string::String>) -> Self {
        Self { root: root.into() }
    }
}

impl Command for GetQuota {
    type Output = Quota;
    type Gather = QuotaGather;

    fn name(&self) -> &'static str {
        "GETQUOTA"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("GETQUOTA ").string(self.root.as_bytes());
    }

    fn rules(&self) -> Rules {
        Rules { capabilities: alloc::vec![Capability::Quota], claims: Claims::QUOTA, ..Rules::default() }
    }

    fn gather(self) -> QuotaGather {
        QuotaGather { root: self.root, answer: None }
    }
}

impl Gather for QuotaGather {
    type Output = Quota;

    fn offer(&mut self, response: Untagged) -> Offer {
        match response {
            Untagged::Quota(quota) if *quota.root == *self.root => {
                self.answer = Some(quota);
                Offer::Taken
            }
            other => Offer::NotMine(other),
        }
    }

    fn finish(self, _: Completion) -> Result<Quota, Error> {
        self.answer.ok_or_else(|| {
            Error::new(ErrorKind::Protocol, "the server said OK without the quota").in_command("GETQUOTA")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{done, encoded};
    use super::*;
    use imapkit_wire::Mode;

    #[test]
    fn bytes() {
        let bytes = |root: &str| encoded(&GetQuota::new(root), Mode::default()).unwrap();
        assert_eq!(bytes(""), "A1 GETQUOTA \"\"\r\n");
        assert_eq!(bytes("#user/alice"), "A1 GETQUOTA \"#user/alice\"\r\n");
        assert_eq!(GetQuota::new("").rules().capabilities, [Capability::Quota]);
    }

    #[test]
    fn the_answer_is_that_of_the_root() {
        let quota = |root: &str| Quota { root: root.into(), resources: alloc::vec::Vec::new() };
        let mut gather = GetQuota::new("a").gather();
        assert!(matches!(gather.offer(Untagged::Quota(quota("b"))), Offer::NotMine(_)));
        assert!(matches!(gather.offer(Untagged::Quota(quota("a"))), Offer::Taken));
        assert_eq!(gather.finish(done()).unwrap(), quota("a"));
        assert!(GetQuota::new("a").gather().finish(done()).is_err());
    }
}
