//! The selected mailbox as the session sees it: how many messages, and which UID each sequence number has.
//!
//! RFC 9051 §2.3.1, §7.4.1, §7.5.1; RFC 7162 §3.2.10 (VANISHED). EXPUNGE moves every higher number down by one, in the order the responses
//! arrive (M01), so the map is kept in receive order and the public API is by UID. Numbers that break the rules change nothing and ask
//! for a resync (M03, M04, T101).
//!
//! The map is a list of blocks: inserting and removing touch one block, and walking up the numbers, as every FETCH does, finds the next
//! one in the block at hand. UIDs ascend with sequence numbers; a zero is "not seen yet".

use alloc::vec::Vec;

use imapkit_types::{SeqNum, Uid, UidSet, UidValidity};

use crate::state::Epoch;

/// The selected mailbox.
#[derive(Debug, Default)]
pub struct MailboxView {
    /// Which selection this is.
    pub(crate) epoch: Epoch,
    /// UIDVALIDITY, once the server has said it.
    pub(crate) uid_validity: Option<UidValidity>,
    pub(crate) read_only: bool,
    uids: UidMap,
}

impl MailboxView {
    pub(crate) fn new(epoch: Epoch) -> Self {
        Self { epoch, ..Self::default() }
    }

    /// Which selection this is; handles carry it.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Number of messages now.
    pub fn exists(&self) -> u32 {
        u32::try_from(self.uids.len).unwrap_or(u32::MAX)
    }

    /// UIDVALIDITY, once the server has said it.
    pub fn uid_validity(&self) -> Option<UidValidity> {
        self.uid_validity
    }

    /// True when messages cannot be changed.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The UID of a message by its number now, if a response has told it.
    pub fn uid(&self, seq: SeqNum) -> Option<Uid> {
        self.uids.get(index(seq)).and_then(Uid::new)
    }

    /// `* n EXISTS`. False when the number went down, which only EXPUNGE may do (M03); then nothing known about the numbers holds.
    pub(crate) fn set_exists(&mut self, exists: u32) -> bool {
        let exists = usize::try_from(exists).unwrap_or(usize::MAX);
        let grew = exists >= self.uids.len;
        if !grew {
            self.uids.clear();
        }
        self.uids.len = exists;
        grew
    }

    /// A response told a message's number and UID together. False when the number is above EXISTS; EXISTS never grows by it (H88).
    pub(crate) fn learn(&mut self, seq: SeqNum, uid: Uid) -> bool {
        self.uids.set(index(seq), uid.get())
    }

    /// `* n EXPUNGE`: the UID that is gone, if known. `Err` when there is no such message (M04).
    pub(crate) fn expunge(&mut self, seq: u32) -> Result<(SeqNum, Option<Uid>), ()> {
        let seq = SeqNum::new(seq).ok_or(())?;
        let uid = self.uids.remove(index(seq)).ok_or(())?;
        Ok((seq, Uid::new(uid)))
    }

    /// `* VANISHED`: removes those of the set that are known to be here. The numbers of the others are not known, so EXISTS has to come
    /// from the server; a set is walked by its ranges, never expanded (M24, T090).
    pub(crate) fn vanish(&mut self, uids: &UidSet) {
        self.uids.retain_not(uids);
    }
}

fn index(seq: SeqNum) -> usize {
    usize::try_from(seq.get()).unwrap_or(usize::MAX).saturating_sub(1)
}

const BLOCK: usize = 1024;

/// Sequence index → UID. Positions past the last block are "not seen yet".
#[derive(Debug, Default)]
struct UidMap {
    blocks: Vec<Vec<u32>>,
    len: usize,
    /// Block last used, and the index of its first element.
    near: (usize, usize),
}

impl UidMap {
    fn clear(&mut self) {
        *self = Self::default();
    }

    /// Block and offset of a position that lies in a block.
    fn locate(&self, at: usize) -> Option<(usize, usize)> {
        let (mut block, mut first) = if self.near.1 <= at { self.near } else { (0, 0) };
        loop {
            let len = self.blocks.get(block)?.len();
            let offset = at.checked_sub(first)?;
            if offset < len {
                return Some((block, offset));
            }
            block = block.saturating_add(1);
            first = first.saturating_add(len);
        }
    }

    fn get(&self, at: usize) -> Option<u32> {
        let (block, offset) = self.locate(at)?;
        self.blocks.get(block)?.get(offset).copied()
    }

    fn set(&mut self, at: usize, uid: u32) -> bool {
        if at >= self.len {
            return false;
        }
        self.grow(at);
        let Some((block, offset)) = self.locate(at) else { return false };
        self.near = (block, at.saturating_sub(offset));
        if let Some(slot) = self.blocks.get_mut(block).and_then(|block| block.get_mut(offset)) {
            *slot = uid;
        }
        true
    }

    /// Makes blocks up to position `at`, which is below `len`.
    fn grow(&mut self, at: usize) {
        let full = self.blocks.len().saturating_sub(1);
        let start = if self.near.0 <= full { self.near } else { (0, 0) };
        let known: usize = self.blocks.iter().skip(start.0).map(Vec::len).fold(start.1, usize::saturating_add);
        let mut missing = at.saturating_add(1).saturating_sub(known);
        while missing > 0 {
            if self.blocks.last().is_none_or(|last| last.len() >= BLOCK) {
                self.blocks.push(Vec::with_capacity(BLOCK.min(self.len)));
            }
            let Some(last) = self.blocks.last_mut() else { return };
            let room = BLOCK.saturating_sub(last.len()).min(missing);
            last.resize(last.len().saturating_add(room), 0);
            missing = missing.saturating_sub(room);
        }
    }

    /// Takes a position out; `None` when there is no such position.
    fn remove(&mut self, at: usize) -> Option<u32> {
        if at >= self.len {
            return None;
        }
        self.len = self.len.saturating_sub(1);
        let Some((block, offset)) = self.locate(at) else { return Some(0) };
        let uid = self.blocks.get_mut(block).map(|block| block.remove(offset));
        self.near = (block, at.saturating_sub(offset));
        if self.blocks.get(block).is_some_and(Vec::is_empty) {
            self.blocks.remove(block);
            self.near = (0, 0);
        }
        uid
    }

    fn retain_not(&mut self, gone: &UidSet) {
        let mut removed = 0_usize;
        for block in &mut self.blocks {
            let before = block.len();
            block.retain(|&uid| Uid::new(uid).is_none_or(|uid| !gone.contains(uid)));
            removed = removed.saturating_add(before.saturating_sub(block.len()));
        }
        self.blocks.retain(|block| !block.is_empty());
        self.near = (0, 0);
        self.len = self.len.saturating_sub(removed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seq(n: u32) -> SeqNum {
        SeqNum::new(n).unwrap()
    }
    fn uid(n: u32) -> Uid {
        Uid::new(n).unwrap()
    }
    fn view(uids: core::ops::RangeInclusive<u32>) -> MailboxView {
        let mut view = MailboxView::default();
        view.set_exists(*uids.end() - *uids.start() + 1);
        for (n, id) in uids.enumerate() {
            assert!(view.learn(seq(u32::try_from(n).unwrap() + 1), uid(id)));
        }
        view
    }

    #[test]
    fn m001_both_orders_of_expunge_give_the_same_map() {
        let (mut low, mut high) = (view(101..=110), view(101..=110));
        for _ in 0..5 {
            low.expunge(5).unwrap();
        }
        for n in (5..=9).rev() {
            high.expunge(n).unwrap();
        }
        for n in 1..=5 {
            assert_eq!(low.uid(seq(n)), high.uid(seq(n)));
        }
        assert_eq!((low.exists(), low.uid(seq(5))), (5, Some(uid(110))));
    }

    #[test]
    fn t101_numbers_that_break_the_rules_change_nothing() {
        let mut view = view(1..=3);
        assert!(view.expunge(0).is_err() && view.expunge(4).is_err() && view.expunge(u32::MAX).is_err());
        assert!(!view.learn(seq(9), uid(9)));
        assert_eq!(view.exists(), 3);
        assert!(!view.set_exists(1), "EXISTS went down");
        assert_eq!((view.exists(), view.uid(seq(1))), (1, None));
    }

    #[test]
    fn t090_a_huge_vanished_set_is_not_expanded() {
        let mut view = view(10..=20);
        view.vanish(&"1:12,15,19:4294967295".parse().unwrap());
        assert_eq!(view.exists(), 5);
        assert_eq!(view.uid(seq(1)), Some(uid(13)));
    }

    proptest! {
        #[test]
        fn the_map_behaves_like_a_vec(ops in proptest::collection::vec((0_u8..4, 0_usize..3000, 1_u32..u32::MAX), 1..300)) {
            let mut model: Vec<u32> = Vec::new();
            let mut view = MailboxView::default();
            for (op, at, id) in ops {
                match op {
                    0 => { model.resize(model.len() + at, 0); view.set_exists(u32::try_from(model.len()).unwrap()); }
                    1 | 2 if at < model.len() => { model[at] = id; view.learn(seq(u32::try_from(at).unwrap() + 1), uid(id)); }
                    3 if at < model.len() => {
                        let gone = model.remove(at);
                        prop_assert_eq!(view.expunge(u32::try_from(at).unwrap() + 1).unwrap().1, Uid::new(gone));
                    }
                    _ => prop_assert!(view.expunge(u32::try_from(model.len()).unwrap() + 1).is_err()),
                }
                prop_assert_eq!(view.exists() as usize, model.len());
            }
            for (n, id) in model.iter().enumerate() {
                prop_assert_eq!(view.uid(seq(u32::try_from(n).unwrap() + 1)), Uid::new(*id));
            }
        }
    }
}
