//! COPYUID: which copy came from which message (RFC 4315 §3).
//!
//! Separate because its two sets are not sets but lists: the n-th number of one belongs to the n-th of the other, so their
//! order must be kept, unlike in [`UidSet`](crate::UidSet). Servers send sets of different lengths and enormous ranges
//! (H25, H26): nothing is paired unless the lengths agree, and nothing is expanded.

use crate::{Uid, UidSet, UidValidity};
use alloc::vec::Vec;

/// Where COPY or MOVE put its messages. Ranges are kept in the server's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyUid {
    /// The epoch of the UIDs in the destination.
    pub uid_validity: UidValidity,
    /// The UIDs of the messages copied.
    pub source: Vec<(u32, u32)>,
    /// The UIDs of the copies.
    pub destination: Vec<(u32, u32)>,
}

impl CopyUid {
    /// Each source UID with the UID of its copy, in the server's order; `None` if the two lists do not match.
    ///
    /// Lazy, but only as short as the server says: stop when you have found what you asked for.
    pub fn pairs(&self) -> Option<impl Iterator<Item = (Uid, Uid)> + Clone> {
        let matching = count(&self.source)? == count(&self.destination)?;
        matching.then(|| uids(&self.source).zip(uids(&self.destination)))
    }

    /// The UID of the copy of one message; `None` if the server did not say. Cost is one look per range.
    pub fn copy_of(&self, source: Uid) -> Option<Uid> {
        if count(&self.source)? != count(&self.destination)? {
            return None;
        }
        let mut before = 0_u64;
        for &range in &self.source {
            let (low, high) = ordered(range);
            if (low..=high).contains(&source.get()) {
                return nth(&self.destination, before.checked_add(u64::from(source.get().checked_sub(low)?))?);
            }
            before = before.checked_add(length(range))?;
        }
        None
    }

    /// The UIDs of the messages copied, as a set.
    pub fn source_set(&self) -> UidSet {
        UidSet::from_sorted_ranges(self.source.clone())
    }

    /// The UIDs of the copies, as a set.
    pub fn destination_set(&self) -> UidSet {
        UidSet::from_sorted_ranges(self.destination.clone())
    }
}

/// A range with its bounds in order: `5:3` means the same as `3:5` (RFC 9051 §9).
fn ordered((a, b): (u32, u32)) -> (u32, u32) {
    (a.min(b), a.max(b))
}

fn length(range: (u32, u32)) -> u64 {
    let (low, high) = ordered(range);
    u64::from(high.saturating_sub(low)).saturating_add(1)
}

/// How many numbers there are; `None` if one is 0, which no UID is.
fn count(ranges: &[(u32, u32)]) -> Option<u64> {
    ranges.iter().try_fold(
        0_u64,
        |sum, &range| {
            if ordered(range).0 == 0 { None } else { sum.checked_add(length(range)) }
        },
    )
}

fn uids(ranges: &[(u32, u32)]) -> impl Iterator<Item = Uid> + Clone {
    ranges.iter().copied().map(ordered).flat_map(|(low, high)| low..=high).filter_map(Uid::new)
}

fn nth(ranges: &[(u32, u32)], mut index: u64) -> Option<Uid> {
    for &range in ranges {
        if let Ok(offset) = u32::try_from(index) {
            if index < length(range) {
                return Uid::new(ordered(range).0.checked_add(offset)?);
            }
        }
        index = index.checked_sub(length(range))?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy_uid(source: &[(u32, u32)], destination: &[(u32, u32)]) -> CopyUid {
        CopyUid { uid_validity: UidValidity::new(1), source: source.into(), destination: destination.into() }
    }

    fn numbers(copied: &CopyUid) -> Option<Vec<(u32, u32)>> {
        Some(copied.pairs()?.map(|(a, b)| (a.get(), b.get())).collect())
    }

    #[test]
    fn pairs_keep_the_servers_order() {
        let copied = copy_uid(&[(304, 304), (319, 320)], &[(3956, 3958)]);
        assert_eq!(numbers(&copied), Some([(304, 3956), (319, 3957), (320, 3958)].into()));
        let unsorted = copy_uid(&[(9, 9), (4, 5)], &[(21, 20), (30, 30)]);
        assert_eq!(numbers(&unsorted), Some([(9, 20), (4, 21), (5, 30)].into()));
        for (source, copy) in unsorted.pairs().unwrap() {
            assert_eq!(unsorted.copy_of(source), Some(copy));
        }
        assert_eq!(unsorted.copy_of(Uid::new(6).unwrap()), None);
    }

    #[test]
    fn h026_lists_that_do_not_match_pair_nothing() {
        for copied in [copy_uid(&[(1, u32::MAX)], &[(5, 5)]), copy_uid(&[(1, 2)], &[(0, 1)]), copy_uid(&[], &[(1, 1)])]
        {
            assert_eq!(numbers(&copied), None);
            assert_eq!(copied.copy_of(Uid::MIN), None);
        }
    }

    #[test]
    fn h026_enormous_ranges_cost_nothing() {
        let bomb = copy_uid(&[(1, u32::MAX)], &[(1, u32::MAX)]);
        assert_eq!(bomb.copy_of(Uid::MAX), Some(Uid::MAX));
        assert_eq!(bomb.pairs().unwrap().take(2).count(), 2);
        assert_eq!(bomb.source_set().len(), u64::from(u32::MAX));
    }
}
