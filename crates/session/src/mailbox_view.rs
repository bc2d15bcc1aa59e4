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

    /// `* VANISHED`: removes the messages of the set; it is walked by its ranges, never expanded (M24, T090). The rest of it are messages whose
    /// UIDs were not told, as far as there are such: EXISTS goes down by them, but where they were nobody knows. False when what was known of
    /// the numbers does not hold any more for that reason.
    pub(crate) fn vanish(&mut self, uids: &UidSet) -> bool {
        let knew = self.uids.told > 0;
        let removed = u64::try_from(self.uids.remove_all(uids)).unwrap_or(u64::MAX);
        let rest = usize::try_from(uids.len().saturating_sub(removed)).unwrap_or(usize::MAX);
        let unseen = self.uids.len.saturating_sub(self.uids.told);
        if rest == 0 || unseen == 0 {
            return true;
        }
        let len = self.uids.len.saturating_sub(rest.min(unseen));
        self.uids = UidMap { len, ..UidMap::default() };
        !knew
    }
}

fn index(seq: SeqNum) -> usize {
    usize::try_from(seq.get()).unwrap_or(usize::MAX).saturating_sub(1)
}

const BLOCK: usize = 1024;

/// Sequence index → UID. Positions past the last block are "not seen yet".
#[derive(Debug, Default)]
struct UidMap {
    blocks: Vec<Block>,
    len: usize,
    /// Positions that lie in blocks.
    covered: usize,
    /// Positions whose UID is known.
    told: usize,
    /// Block last used, and the index of its first element.
    near: (usize, usize),
}

#[derive(Debug, Default)]
struct Block {
    uids: Vec<u32>,
    /// No UID in it is below or above these, if there is one.
    low: u32,
    high: u32,
}

impl Block {
    /// The UID that was at this place.
    fn set(&mut self, offset: usize, uid: u32) -> Option<u32> {
        let slot = self.uids.get_mut(offset)?;
        self.low = if self.high == 0 { uid } else { self.low.min(uid) };
        self.high = self.high.max(uid);
        Some(core::mem::replace(slot, uid))
    }

    fn may_hold(&self, uids: &UidSet) -> bool {
        Uid::new(self.low).zip(Uid::new(self.high)).is_some_and(|(low, high)| uids.meets(low, high))
    }
}

impl UidMap {
    fn clear(&mut self) {
        *self = Self::default();
    }

    /// Block and offset of a position that lies in a block; from the block at hand, up or down.
    fn locate(&self, at: usize) -> Option<(usize, usize)> {
        if at >= self.covered {
            return None;
        }
        let (mut block, mut first) = self.near;
        loop {
            match at.checked_sub(first) {
                None => {
                    block = block.checked_sub(1)?;
                    first = first.checked_sub(self.blocks.get(block)?.uids.len())?;
                }
                Some(offset) => {
                    let len = self.blocks.get(block)?.uids.len();
                    if offset < len {
                        return Some((block, offset));
                    }
                    block = block.saturating_add(1);
                    first = first.saturating_add(len);
                }
            }
        }
    }

    fn get(&self, at: usize) -> Option<u32> {
        let (block, offset) = self.locate(at)?;
        self.blocks.get(block)?.uids.get(offset).copied()
    }

    fn set(&mut self, at: usize, uid: u32) -> bool {
        if at >= self.len {
            return false;
        }
        self.grow(at);
        let Some((block, offset)) = self.locate(at) else { return false };
        self.near = (block, at.saturating_sub(offset));
        let before = self.blocks.get_mut(block).and_then(|block| block.set(offset, uid));
        if before == Some(0) {
            self.told = self.told.saturating_add(1);
        }
        true
    }

    /// Makes blocks up to position `at`, which is below `len`.
    fn grow(&mut self, at: usize) {
        let mut missing = at.saturating_add(1).saturating_sub(self.covered);
        self.covered = self.covered.saturating_add(missing);
        while missing > 0 {
            if self.blocks.last().is_none_or(|last| last.uids.len() >= BLOCK) {
                let uids = Vec::with_capacity(BLOCK.min(self.len));
                self.blocks.push(Block { uids, ..Block::default() });
            }
            let Some(Block { uids: last, .. }) = self.blocks.last_mut() else { return };
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
        let Some((index, offset)) = self.locate(at) else { return Some(0) };
        let block = self.blocks.get_mut(index)?;
        let uid = block.uids.remove(offset);
        self.covered = self.covered.saturating_sub(1);
        self.told = self.told.saturating_sub(usize::from(uid != 0));
        self.near = (index, at.saturating_sub(offset));
        if block.uids.is_empty() {
            self.blocks.remove(index);
            self.near = (0, 0);
        }
        Some(uid)
    }

    /// Takes the messages of a set out, looking only where it says that some may be. How many there were.
    fn remove_all(&mut self, gone: &UidSet) -> usize {
        let mut removed = 0_usize;
        for block in self.blocks.iter_mut().filter(|block| block.may_hold(gone)) {
            let before = block.uids.len();
            block.uids.retain(|&uid| Uid::new(uid).is_none_or(|uid| !gone.contains(uid)));
            removed = removed.saturating_add(before.saturating_sub(block.uids.len()));
        }
        if removed > 0 {
            self.blocks.retain(|block| !block.uids.is_empty());
            self.near = (0, 0);
        }
        self.len = self.len.saturating_sub(removed);
        self.covered = self.covered.saturating_sub(removed);
        self.told = self.told.saturating_sub(removed);
        removed
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

    #[test]
    fn m024_a_message_whose_uid_was_not_told_vanishes_too() {
        let mut view = MailboxView::default();
        view.set_exists(4);
        assert!(view.vanish(&"9".parse().unwrap()), "no number was known, so none is wrong");
        assert_eq!(view.exists(), 3);
        view.learn(seq(3), uid(30));
        assert!(!view.vanish(&"10".parse().unwrap()));
        assert_eq!((view.exists(), view.uid(seq(3)), view.uid(seq(2))), (2, None, None));
        assert!(view.vanish(&"1:4294967295".parse().unwrap()));
        assert_eq!(view.exists(), 0);
    }

    #[test]
    fn m024_what_is_not_here_takes_nothing_away() {
        let mut view = view(10..=20);
        assert!(view.vanish(&"5,30:40".parse().unwrap()));
        assert_eq!(view.exists(), 11);
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

        #[test]
        fn what_vanishes_is_gone_and_the_rest_closes_up(
            all in proptest::collection::btree_set(1_u32..20_000, 1..5000),
            gone in proptest::collection::vec((1_u32..20_000, 0_u32..300), 1..9),
            last in 1_u32..20_000,
        ) {
            let mut model: Vec<u32> = all.into_iter().collect();
            let mut view = MailboxView::default();
            view.set_exists(u32::try_from(model.len()).unwrap());
            for (n, id) in model.iter().enumerate() {
                view.learn(seq(u32::try_from(n).unwrap() + 1), uid(*id));
            }
            for (first, more) in gone.into_iter().chain([(last, u32::MAX - last)]) {
                let mut set = UidSet::new();
                set.insert_range(uid(first), uid(first + more));
                prop_assert!(view.vanish(&set));
                model.retain(|id| !(first..=first + more).contains(id));
                prop_assert_eq!(view.exists() as usize, model.len());
                for n in [0, model.len() / 2, model.len().saturating_sub(1)] {
                    let told = view.uid(seq(u32::try_from(n).unwrap() + 1));
                    prop_assert_eq!(told, model.get(n).copied().and_then(Uid::new));
                }
            }
        }
    }
}
