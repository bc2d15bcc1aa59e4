//! LSUB: which mailboxes are subscribed to. RFC 3501 §6.3.9; IMAP4rev2 has `LIST (SUBSCRIBED)` instead.
//!
//! Never to be sent on an IMAP4rev2 session: Exchange ends it with BAD. In its answer `\Noselect` means that only children are subscribed to.

use alloc::string::String;
use alloc::vec::Vec;

use imapkit_types::{ListEntry, ListKind, Mailbox};
use imapkit_wire::Encoder;

use super::list::ListGather;
use crate::command::{Claims, Command, Rules};

/// Asks which subscribed mailboxes match.
#[derive(Clone, Debug)]
pub struct Lsub {
    reference: Option<Mailbox>,
    pattern: String,
}

impl Lsub {
    /// Lists the subscribed mailboxes that match a pattern; wildcards as in [`super::List`].
    pub fn new(pattern: impl Into<String>) -> Self {
        Self { reference: None, pattern: pattern.into() }
    }

    /// The pattern goes on from this name, as the server understands that.
    #[must_use]
    pub fn below(mut self, reference: Mailbox) -> Self {
        self.reference = Some(reference);
        self
    }
}

impl Command for Lsub {
    type Output = Vec<ListEntry>;
    type Gather = ListGather;

    fn name(&self) -> &'static str {
        "LSUB"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("LSUB ");
        match &self.reference {
            Some(reference) => out.mailbox(reference),
            None => out.string(b""),
        };
        out.sp().list_pattern(&self.pattern);
    }

    fn rules(&self) -> Rules {
        Rules { claims: Claims::LIST, ..Rules::default() }
    }

    fn gather(self) -> ListGather {
        ListGather::new(ListKind::Lsub, false)
    }
}

#[cfg(test)]
mod tests {
    use super::super::list::entry;
    use super::super::{done, encoded};
    use super::*;
    use crate::command::{Gather, Offer};
    use imapkit_wire::Mode;

    #[test]
    fn bytes() {
        assert_eq!(encoded(&Lsub::new("*"), Mode::default()).unwrap(), "A1 LSUB \"\" *\r\n");
        let below = Lsub::new("%").below("a b/".parse().unwrap());
        assert_eq!(encoded(&below, Mode::default()).unwrap(), "A1 LSUB \"a b/\" %\r\n");
        assert!(encoded(&Lsub::new("x\r\nA9 LOGOUT"), Mode::default()).is_err(), "T068");
    }

    #[test]
    fn takes_lsub_and_leaves_list() {
        let mut gather = Lsub::new("*").gather();
        assert!(matches!(gather.offer(entry(ListKind::List, "a", &[])), Offer::NotMine(_)));
        assert!(matches!(gather.offer(entry(ListKind::Lsub, "b", &["\\Noselect"])), Offer::Taken));
        let entries = gather.finish(done()).unwrap();
        assert!(entries.len() == 1 && entries[0].is_subscribed());
    }
}
