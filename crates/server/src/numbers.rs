//! Sets of sequence numbers or UIDs, made cheap to ask.
//!
//! A client may send thousands of ranges in one command, overlapping and in any order; sorted and merged they answer in
//! logarithmic time. `*` is the largest number in use, and a range with `*` always holds it (RFC 3501 §9 `seq-range`).

use std::num::NonZeroU32;

use imap_types::{
    core::Vec1,
    extensions::uidplus::{UidElement, UidSet},
    sequence::{SeqOrUid, Sequence, SequenceSet},
};

/// Merged ranges in ascending order.
pub(crate) struct Numbers(Vec<(u32, u32)>);

impl Numbers {
    /// Resolves `*` to `largest` (0 where nothing is in use).
    pub(crate) fn new(set: &SequenceSet, largest: u32) -> Self {
        let value = |number: SeqOrUid| match number {
            SeqOrUid::Value(value) => value.get(),
            SeqOrUid::Asterisk => largest,
        };
        let mut ranges: Vec<(u32, u32)> = set
            .0
            .as_ref()
            .iter()
            .map(|sequence| match *sequence {
                Sequence::Single(one) => (value(one), value(one)),
                Sequence::Range(a, b) => (value(a).min(value(b)), value(a).max(value(b))),
            })
            .collect();
        ranges.sort_unstable();
        ranges.dedup_by(|next, merged| {
            let touches = next.0 <= merged.1.saturating_add(1);
            if touches {
                merged.1 = merged.1.max(next.1);
            }
            touches
        });
        Self(ranges)
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        let after = self.0.partition_point(|range| range.0 <= number);
        after.checked_sub(1).is_some_and(|at| number <= self.0[at].1)
    }

    /// The smallest and the largest number named.
    pub(crate) fn bounds(&self) -> (u32, u32) {
        (self.0.first().map_or(0, |range| range.0), self.0.last().map_or(0, |range| range.1))
    }
}

/// UIDs for COPYUID, runs folded into ranges; `None` if there are none.
pub(crate) fn uid_set(uids: &[NonZeroU32]) -> Option<UidSet> {
    let mut elements: Vec<UidElement> = Vec::new();
    for &uid in uids {
        let start = match elements.last() {
            Some(UidElement::Single(last)) if last.checked_add(1) == Some(uid) => Some(*last),
            Some(UidElement::Range(first, last)) if last.checked_add(1) == Some(uid) => Some(*first),
            _ => None,
        };
        match (start, elements.last_mut()) {
            (Some(start), Some(last)) => *last = UidElement::Range(start, uid),
            _ => elements.push(UidElement::Single(uid)),
        }
    }
    Vec1::try_from(elements).ok().map(UidSet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_merge_and_star_is_the_largest() {
        let numbers = |text: &str, largest| Numbers::new(&SequenceSet::try_from(text).unwrap(), largest);
        assert_eq!(numbers("5:3,4,6,9:*,1", 10).0, [(1, 1), (3, 6), (9, 10)]);
        assert_eq!(numbers("559:*", 7).0, [(7, 559)]);
        assert!(numbers("1:*", u32::MAX).contains(u32::MAX));
        let set = numbers("2:4,8", 9);
        assert_eq!((0..10).filter(|&n| set.contains(n)).collect::<Vec<_>>(), [2, 3, 4, 8]);
        assert_eq!(set.bounds(), (2, 8));
    }

    #[test]
    fn uid_sets_fold_runs() {
        let uids: Vec<_> = [3, 4, 5, 9, 7].into_iter().filter_map(NonZeroU32::new).collect();
        let set = uid_set(&uids).unwrap();
        assert_eq!(set.0.as_ref().len(), 3);
        assert!(uid_set(&[]).is_none());
    }
}
