//! MOVE and UID MOVE: puts messages into another mailbox. RFC 9051 §6.4.8, RFC 6851.
//!
//! The server tells the new UIDs in an untagged OK and then expunges the messages here. Where MOVE is missing, [`MovePlan`] says what to do
//! instead.

use alloc::vec;

use imapkit_types::{Capability, CopyUid, Mailbox, Uid};
use imapkit_wire::Encoder;

use super::Messages;
use super::copy::CopyGather;
use crate::capabilities::CapabilityBook;
use crate::command::{Claims, Command, Needs, Rules};
use crate::state::Epoch;

/// Moves messages.
#[derive(Clone, Debug)]
pub struct Move {
    messages: Messages,
    to: Mailbox,
    epoch: Option<Epoch>,
}

/// How to move messages on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MovePlan {
    /// By [`Move`].
    Move,
    /// By [`super::Copy`]; when that is done [`super::Store`] of `\Deleted`; when that is done [`super::UidExpunge`] of the same UIDs. Each
    /// must have succeeded before the next is sent. If the second or third fails, the messages are in both mailboxes.
    CopyThenUidExpunge,
    /// Not at all: without UIDPLUS nothing can be removed but everything that is marked `\Deleted`, which may not be the user's wish.
    Impossible,
}

impl MovePlan {
    /// How to move messages on a server with these capabilities.
    pub fn of(book: &CapabilityBook) -> Self {
        if book.has(&Capability::Move) {
            Self::Move
        } else if book.has(&Capability::UidPlus) {
            Self::CopyThenUidExpunge
        } else {
            Self::Impossible
        }
    }
}

impl Move {
    /// Moves `messages` into the mailbox `to`. When that does not exist the server says NO with the code TRYCREATE.
    pub fn new(messages: impl Into<Messages>, to: Mailbox) -> Self {
        Self { messages: messages.into(), to, epoch: None }
    }

    pub(super) fn messages(&self) -> &Messages {
        &self.messages
    }

    /// The same for those of the messages with UIDs below `lowest`, if that leaves some but not all.
    pub(super) fn below(&self, lowest: Uid) -> Option<Self> {
        Some(Self { messages: self.messages.below(lowest)?, ..self.clone() })
    }

    /// Only while this selection lasts.
    #[must_use]
    pub fn in_epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = Some(epoch);
        self
    }
}

impl Command for Move {
    /// `None` when the server does not say where each message went (H25).
    type Output = Option<CopyUid>;
    type Gather = CopyGather;

    fn name(&self) -> &'static str {
        if self.messages.is_uid() { "UID MOVE" } else { "MOVE" }
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb(self.name()).sp();
        self.messages.encode(out);
        out.sp().mailbox(&self.to);
    }

    fn rules(&self) -> Rules {
        Rules {
            state: Needs::ReadWrite,
            capabilities: vec![Capability::Move],
            claims: Claims::COPYUID.and(Claims::EXPUNGE),
            uses_seq: !self.messages.is_uid(),
            highest_seq: self.messages.highest_seq(),
            epoch: self.epoch,
            writes: true,
            ..Rules::default()
        }
    }

    fn gather(self) -> CopyGather {
        CopyGather::moving(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{done, encoded, status_line};
    use super::*;
    use crate::command::{Gather, Offer};
    use alloc::vec::Vec;
    use imapkit_types::{Capabilities, Code, SeqSet, UidSet, UidValidity};
    use imapkit_wire::{Mode, Untagged};

    #[test]
    fn bytes() {
        let uids: UidSet = "42:69".parse().unwrap();
        let by_uid = Move::new(uids, "foo".parse().unwrap());
        assert_eq!(encoded(&by_uid, Mode::default()).unwrap(), "A1 UID MOVE 42:69 foo\r\n");
        assert_eq!(by_uid.rules().capabilities, [Capability::Move]);
        let by_seq = Move::new(SeqSet::last(), "x\u{e9}".parse().unwrap());
        assert_eq!(encoded(&by_seq, Mode::default()).unwrap(), "A1 MOVE * x&AOk-\r\n");
        assert!(by_seq.rules().uses_seq);
    }

    #[test]
    fn the_code_comes_before_the_expunges_which_are_everybodys() {
        let mut gather = Move::new(UidSet::all(), Mailbox::inbox()).gather();
        let uid_validity = UidValidity::new(432_432);
        let copied = CopyUid { uid_validity, source: [(42, 69)].into(), destination: [(1202, 1229)].into() };
        let line = Untagged::Status(status_line(Some(Code::CopyUid(Some(copied.clone())))));
        assert!(matches!(gather.offer(line), Offer::Taken));
        assert!(matches!(gather.offer(Untagged::Expunge(22)), Offer::NotMine(_)));
        assert_eq!(gather.finish(done()).unwrap(), Some(copied));
    }

    #[test]
    fn a_server_without_move_and_uidplus_moves_nothing() {
        let plans: Vec<_> = ["IMAP4rev1 MOVE", "IMAP4rev1 UIDPLUS", "IMAP4rev1", "IMAP4rev2"]
            .map(|offered| {
                let mut book = CapabilityBook::default();
                book.offer(Capabilities::from_tokens(offered.split(' ')));
                MovePlan::of(&book)
            })
            .into();
        assert_eq!(plans, [MovePlan::Move, MovePlan::CopyThenUidExpunge, MovePlan::Impossible, MovePlan::Move]);
    }
}
