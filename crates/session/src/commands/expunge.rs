//! EXPUNGE and UID EXPUNGE: removes messages marked `\Deleted`. RFC 9051 §6.4.3, §6.4.9; RFC 4315; RFC 7162 §3.2.10 (VANISHED).
//!
//! Plain EXPUNGE removes all that are marked, also those another program has marked; UID EXPUNGE only those named. The session's picture of
//! the mailbox and its events follow every EXPUNGE, whoever caused it; what is gathered here is what went while the command ran.

use alloc::vec;
use alloc::vec::Vec;

use imapkit_types::{Capability, Code, ModSeq, SeqNum, Uid, UidSet};
use imapkit_wire::{Encoder, Untagged};

use super::{Bounded, Messages};
use crate::command::{Claims, Command, Completion, Gather, Needs, Offer, Rules};
use crate::error::Error;
use crate::state::Epoch;

/// Removals of one answer.
const MAX_EXPUNGED: usize = 16_000_000;

/// Removes all messages that are marked as deleted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expunge {
    epoch: Option<Epoch>,
}

/// Removes those of some messages that are marked as deleted.
#[derive(Clone, Debug)]
pub struct UidExpunge {
    uids: UidSet,
    epoch: Option<Epoch>,
}

/// What was removed while the command ran, by whomever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expunged {
    /// Sequence numbers in the order they came, each as it was at its time: `5 5 5` are three neighbours (M01).
    pub seqs: Vec<SeqNum>,
    /// UIDs, from servers that tell them instead (QRESYNC, UIDONLY). May name messages that never were.
    pub uids: UidSet,
    /// The mailbox's highest MODSEQ afterwards, if the server tells it (CONDSTORE).
    pub highest_mod_seq: Option<ModSeq>,
}

/// Notes what goes.
#[derive(Debug)]
pub struct ExpungeGather {
    /// Of which messages; `None`: all that are marked.
    of: Option<Messages>,
    seqs: Bounded<SeqNum>,
    uids: Bounded<(u32, u32)>,
}

impl Expunge {
    /// Removes all that are marked.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only while this selection lasts.
    #[must_use]
    pub fn in_epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = Some(epoch);
        self
    }
}

impl UidExpunge {
    /// Removes those of `uids` that are marked. Needs UIDPLUS.
    pub fn new(uids: UidSet) -> Self {
        Self { uids, epoch: None }
    }

    /// Only while this selection lasts.
    #[must_use]
    pub fn in_epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = Some(epoch);
        self
    }
}

impl Command for Expunge {
    type Output = Expunged;
    type Gather = ExpungeGather;

    fn name(&self) -> &'static str {
        "EXPUNGE"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("EXPUNGE");
    }

    fn rules(&self) -> Rules {
        rules(self.epoch)
    }

    fn gather(self) -> ExpungeGather {
        ExpungeGather::new(None)
    }
}

impl Command for UidExpunge {
    type Output = Expunged;
    type Gather = ExpungeGather;

    fn name(&self) -> &'static str {
        "UID EXPUNGE"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("UID EXPUNGE ").uid_set(&self.uids);
    }

    fn rules(&self) -> Rules {
        Rules { capabilities: vec![Capability::UidPlus], ..rules(self.epoch) }
    }

    fn gather(self) -> ExpungeGather {
        ExpungeGather::new(Some(self.uids.into()))
    }
}

fn rules(epoch: Option<Epoch>) -> Rules {
    Rules { state: Needs::ReadWrite, claims: Claims::EXPUNGE, epoch, writes: true, ..Rules::default() }
}

impl ExpungeGather {
    fn new(of: Option<Messages>) -> Self {
        Self { of, seqs: Bounded::new("max_expunged", MAX_EXPUNGED), uids: Bounded::new("max_expunged", MAX_EXPUNGED) }
    }
}

impl Gather for ExpungeGather {
    type Output = Expunged;

    fn offer(&mut self, response: Untagged) -> Offer {
        match response {
            // Number 0 is no message (M04).
            Untagged::Expunge(seq) => _ = SeqNum::new(seq).and_then(|seq| self.seqs.push(seq)),
            Untagged::Vanished { earlier: false, uids } => {
                for (first, last) in uids.ranges() {
                    self.uids.push((first.get(), last.get()));
                }
            }
            other => return Offer::NotMine(other),
        }
        Offer::Taken
    }

    fn go_on(&mut self, lowest: Uid, out: &mut Encoder) -> bool {
        let Some(rest) = self.of.as_ref().and_then(|of| of.below(lowest)) else { return false };
        out.verb("UID EXPUNGE ");
        rest.encode(out);
        self.of = Some(rest);
        true
    }

    fn is_done_from(&self, lowest: Uid) -> bool {
        self.of.as_ref().map_or(lowest <= Uid::MIN, |of| of.is_done_from(lowest))
    }

    fn finish(self, ok: Completion) -> Result<Expunged, Error> {
        let highest_mod_seq = match ok.status.code {
            Some(Code::HighestModSeq(mod_seq)) => Some(mod_seq),
            _ => None,
        };
        let uids = UidSet::from_sorted_ranges(self.uids.finish()?);
        Ok(Expunged { seqs: self.seqs.finish()?, uids, highest_mod_seq })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{done, done_with, encoded};
    use super::*;
    use imapkit_wire::Mode;

    fn uids(set: &str) -> UidSet {
        set.parse().unwrap()
    }

    #[test]
    fn bytes() {
        assert_eq!(encoded(&Expunge::new(), Mode::default()).unwrap(), "A1 EXPUNGE\r\n");
        assert_eq!(
            encoded(&UidExpunge::new(uids("3000:3002")), Mode::default()).unwrap(),
            "A1 UID EXPUNGE 3000:3002\r\n"
        );
        assert!(encoded(&UidExpunge::new(UidSet::new()), Mode::default()).is_err());
    }

    #[test]
    fn needs_a_mailbox_that_can_be_changed_and_uidplus() {
        assert_eq!(Expunge::new().rules().state, Needs::ReadWrite);
        assert_eq!(UidExpunge::new(uids("1")).rules().capabilities, [Capability::UidPlus]);
        let epoch = Epoch::default();
        assert_eq!(UidExpunge::new(uids("1")).in_epoch(epoch).rules().epoch, Some(epoch));
    }

    #[test]
    fn m001_numbers_stay_in_the_order_they_came() {
        let mut gather = Expunge::new().gather();
        for seq in [3, 3, 5, 8, 0] {
            assert!(matches!(gather.offer(Untagged::Expunge(seq)), Offer::Taken));
        }
        let expunged = gather.finish(done()).unwrap();
        assert_eq!(expunged.seqs, [3, 3, 5, 8].map(|seq| SeqNum::new(seq).unwrap()));
        assert_eq!((expunged.uids, expunged.highest_mod_seq), (UidSet::new(), None));
    }

    #[test]
    fn m024_only_vanished_now_counts() {
        let mut gather = UidExpunge::new(uids("405:410")).gather();
        for uids in ["405,407", "410,425"].map(uids) {
            assert!(matches!(gather.offer(Untagged::Vanished { earlier: false, uids }), Offer::Taken));
        }
        let earlier = Untagged::Vanished { earlier: true, uids: uids("1") };
        assert!(matches!(gather.offer(earlier), Offer::NotMine(_)));
        let expunged = gather.finish(done_with(Some(Code::HighestModSeq(ModSeq::new(20_010_715))))).unwrap();
        assert_eq!((expunged.uids, expunged.highest_mod_seq), (uids("405,407,410,425"), Some(ModSeq::new(20_010_715))));
    }
}
