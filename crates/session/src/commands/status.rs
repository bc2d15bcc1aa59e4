//! STATUS: facts about a mailbox without selecting it. RFC 9051 §6.3.11; RFC 7162, 7889, 8438, 8474, 9208 (items).
//!
//! Not for the mailbox that is selected: what the server tells about that one comes by itself, and some servers answer from a stale cache.

use alloc::vec::Vec;

use imapkit_types::{Capability, Mailbox, Status as Facts, StatusItem, StatusItems};
use imapkit_wire::{Encoder, Untagged};

use crate::command::{Claims, Command, Completion, Gather, Offer, Rules};
use crate::error::Error;

/// Asks for facts about a mailbox.
#[derive(Clone, Debug)]
pub struct Status {
    mailbox: Mailbox,
    items: StatusItems,
}

/// Takes the answer.
#[derive(Debug)]
pub struct StatusGather {
    mailbox: Mailbox,
    answer: Facts,
}

impl Status {
    /// Asks for `items` of `mailbox`; at least one.
    pub fn new(mailbox: Mailbox, items: StatusItems) -> Self {
        Self { mailbox, items }
    }
}

impl Command for Status {
    /// Every item may be missing: a server that answers with an empty list, or not at all, did not say (163.com, H28).
    type Output = Facts;
    type Gather = StatusGather;

    fn name(&self) -> &'static str {
        "STATUS"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("STATUS ").mailbox(&self.mailbox).sp().status_items(self.items);
    }

    fn rules(&self) -> Rules {
        let capabilities: Vec<_> = self.items.iter().filter_map(needed).collect();
        Rules { capabilities, claims: Claims::STATUS, mailbox: Some(self.mailbox.clone()), ..Rules::default() }
    }

    fn gather(self) -> StatusGather {
        StatusGather { mailbox: self.mailbox, answer: Facts::default() }
    }
}

/// The capability an item needs. DELETED is allowed by either of two, which rules cannot say: the server decides.
fn needed(item: StatusItem) -> Option<Capability> {
    Some(match item {
        StatusItem::Size => Capability::StatusSize,
        StatusItem::HighestModSeq => Capability::CondStore,
        StatusItem::AppendLimit => Capability::AppendLimit,
        StatusItem::MailboxId => Capability::ObjectId,
        StatusItem::DeletedStorage => Capability::parse("QUOTA=RES-STORAGE"),
        _ => return None,
    })
}

impl Gather for StatusGather {
    type Output = Facts;

    fn offer(&mut self, response: Untagged) -> Offer {
        match response {
            Untagged::MailboxStatus(name, status) if name == self.mailbox => {
                self.answer = *status;
                Offer::Taken
            }
            other => Offer::NotMine(other),
        }
    }

    fn finish(self, _: Completion) -> Result<Facts, Error> {
        Ok(self.answer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{done, encoded};
    use super::*;
    use alloc::boxed::Box;
    use imapkit_wire::Mode;

    fn command() -> Status {
        Status::new("Blue Dot".parse().unwrap(), StatusItems::new().messages().highest_mod_seq())
    }

    #[test]
    fn bytes() {
        assert_eq!(
            encoded(&command(), Mode::default()).unwrap(),
            "A1 STATUS \"Blue Dot\" (MESSAGES HIGHESTMODSEQ)\r\n"
        );
        assert_eq!(command().rules().capabilities, [Capability::CondStore]);
        assert!(encoded(&Status::new(Mailbox::inbox(), StatusItems::new()), Mode::default()).is_err());
    }

    #[test]
    fn h028_the_answer_is_that_of_the_mailbox_even_when_empty() {
        let mut gather = command().gather();
        let answer = |name: &str| Untagged::MailboxStatus(name.parse().unwrap(), Box::default());
        assert!(matches!(gather.offer(answer("blue dot")), Offer::NotMine(_)), "names know case");
        assert!(matches!(gather.offer(answer("Blue Dot")), Offer::Taken));
        assert_eq!(gather.finish(done()).unwrap(), Facts::default());
        let mut told = Facts::default();
        told.messages = Some(231);
        let mut gather = command().gather();
        gather.offer(Untagged::MailboxStatus("Blue Dot".parse().unwrap(), Box::new(told.clone())));
        assert_eq!(gather.finish(done()).unwrap(), told);
    }
}
