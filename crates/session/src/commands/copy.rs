//! COPY and UID COPY: puts copies of messages into another mailbox. RFC 9051 §6.4.7, RFC 4315 (COPYUID).
//!
//! All are copied or none. Repeating it makes second copies, so a lost answer leaves the outcome unknown (M31).

use imapkit_types::{Code, CopyUid, Mailbox, Uid};
use imapkit_wire::{Encoder, StatusKind, Untagged};

use super::Messages;
use super::r#move::Move;
use crate::command::{Claims, Command, Completion, Gather, Needs, Offer, Rules};
use crate::error::Error;
use crate::pieces::join_copies;
use crate::state::Epoch;

/// Copies messages.
#[derive(Clone, Debug)]
pub struct Copy {
    messages: Messages,
    to: Mailbox,
    epoch: Option<Epoch>,
}

/// Waits for the COPYUID code: with the tagged OK for COPY, in an untagged one before that for MOVE.
#[derive(Debug, Default)]
pub struct CopyGather {
    copied: Option<CopyUid>,
    messages: Option<Messages>,
    /// A MOVE that goes on where the server has left off, and what it has moved so far.
    moving: Option<Move>,
    before: Option<CopyUid>,
}

impl CopyGather {
    pub(super) fn moving(command: Move) -> Self {
        Self { messages: Some(command.messages().clone()), moving: Some(command), ..Self::default() }
    }
}

impl Copy {
    /// Copies `messages` into the mailbox `to`. When that does not exist the server says NO with the code TRYCREATE.
    pub fn new(messages: impl Into<Messages>, to: Mailbox) -> Self {
        Self { messages: messages.into(), to, epoch: None }
    }

    /// Only while this selection lasts.
    #[must_use]
    pub fn in_epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = Some(epoch);
        self
    }
}

impl Command for Copy {
    /// `None` when the server does not say which copy is which (no UIDPLUS, or a garbled code: outlook.com, H25).
    type Output = Option<CopyUid>;
    type Gather = CopyGather;

    fn name(&self) -> &'static str {
        if self.messages.is_uid() { "UID COPY" } else { "COPY" }
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb(self.name()).sp();
        self.messages.encode(out);
        out.sp().mailbox(&self.to);
    }

    fn rules(&self) -> Rules {
        Rules {
            state: Needs::Selected,
            claims: Claims::COPYUID,
            uses_seq: !self.messages.is_uid(),
            highest_seq: self.messages.highest_seq(),
            epoch: self.epoch,
            writes: true,
            ..Rules::default()
        }
    }

    fn gather(self) -> CopyGather {
        CopyGather { messages: Some(self.messages), ..CopyGather::default() }
    }
}

impl Gather for CopyGather {
    type Output = Option<CopyUid>;

    fn offer(&mut self, response: Untagged) -> Offer {
        match response {
            Untagged::Status(status) if status.kind == StatusKind::Ok => match status.code {
                Some(Code::CopyUid(copied)) => {
                    self.copied = copied.or_else(|| self.copied.take());
                    Offer::Taken
                }
                code => Offer::NotMine(Untagged::Status(imapkit_wire::StatusLine { code, ..status })),
            },
            other => Offer::NotMine(other),
        }
    }

    fn go_on(&mut self, lowest: Uid, out: &mut Encoder) -> bool {
        let Some(rest) = self.moving.as_ref().and_then(|command| command.below(lowest)) else { return false };
        rest.encode(out);
        join_copies(&mut self.before, self.copied.take());
        self.messages = Some(rest.messages().clone());
        self.moving = Some(rest);
        true
    }

    fn is_done_from(&self, lowest: Uid) -> bool {
        self.messages.as_ref().is_none_or(|messages| messages.is_done_from(lowest))
    }

    fn finish(mut self, ok: Completion) -> Result<Self::Output, Error> {
        let copied = match ok.status.code {
            Some(Code::CopyUid(Some(copied))) => Some(copied),
            _ => self.copied,
        };
        join_copies(&mut self.before, copied);
        Ok(self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{done, done_with, encoded, status_line};
    use super::*;
    use imapkit_types::{SeqSet, UidSet, UidValidity};
    use imapkit_wire::Mode;

    fn uids(set: &str) -> UidSet {
        set.parse().unwrap()
    }

    #[test]
    fn bytes() {
        let copy = Copy::new(uids("304,319:320"), "Meeting Notes".parse().unwrap());
        assert_eq!(encoded(&copy, Mode::default()).unwrap(), "A1 UID COPY 304,319:320 \"Meeting Notes\"\r\n");
        assert!(!copy.rules().uses_seq && copy.rules().writes);
        let by_seq = Copy::new("2:4".parse::<SeqSet>().unwrap(), "MEETING".parse().unwrap());
        assert_eq!(encoded(&by_seq, Mode::default()).unwrap(), "A1 COPY 2:4 MEETING\r\n");
        assert!(by_seq.rules().uses_seq && !by_seq.rules().holds_expunge);
    }

    #[test]
    fn the_code_comes_with_the_tagged_ok() {
        let copied = CopyUid {
            uid_validity: UidValidity::new(38505),
            source: [(304, 304), (319, 320)].into(),
            destination: [(3956, 3958)].into(),
        };
        let copy = Copy::new(uids("304,319:320"), Mailbox::inbox());
        let answer = done_with(Some(Code::CopyUid(Some(copied.clone()))));
        assert_eq!(copy.clone().gather().finish(answer).unwrap(), Some(copied.clone()));
        assert_eq!(copy.clone().gather().finish(done()).unwrap(), None);
        let mut early = copy.gather();
        let untagged = Untagged::Status(status_line(Some(Code::CopyUid(Some(copied.clone())))));
        assert!(matches!(early.offer(untagged), Offer::Taken));
        assert_eq!(early.finish(done_with(Some(Code::CopyUid(None)))).unwrap(), Some(copied), "H25");
    }

    #[test]
    fn other_codes_are_not_ours() {
        let mut gather = Copy::new(uids("1"), Mailbox::inbox()).gather();
        let alert = Untagged::Status(status_line(Some(Code::Alert)));
        assert!(matches!(gather.offer(alert.clone()), Offer::NotMine(back) if back == alert));
    }
}
