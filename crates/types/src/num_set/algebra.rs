//! Linear algebra on sorted ranges: the arithmetic behind [`NumSet`](super::NumSet), with no notion of `*`.
//!
//! Every input and output is canonical: ascending, disjoint, not adjacent, without 0.

use alloc::vec::Vec;
use core::iter::{self, Peekable};

type Range = (u32, u32);

/// Puts ranges in canonical form; one look when they already are.
pub(super) fn normalise(ranges: &mut Vec<Range>) {
    let canonical = ranges.iter().all(|&(a, b)| 0 < a && a <= b)
        && ranges.iter().zip(ranges.iter().skip(1)).all(|(&(_, before), &(after, _))| before.saturating_add(1) < after);
    if canonical {
        return;
    }
    ranges.retain(|&range| range != (0, 0));
    for range in ranges.iter_mut() {
        *range = (range.0.min(range.1).max(1), range.0.max(range.1));
    }
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let touch = next.0 <= kept.1.saturating_add(1);
        if touch {
            kept.1 = kept.1.max(next.1);
        }
        touch
    });
}

/// All numbers of either.
pub(super) fn union(a: &[Range], b: &[Range]) -> Vec<Range> {
    let mut joined: Vec<Range> = Vec::with_capacity(a.len().max(b.len()));
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    while let Some(next) = lower_of(&mut a, &mut b) {
        match joined.last_mut() {
            Some(last) if next.0 <= last.1.saturating_add(1) => last.1 = last.1.max(next.1),
            _ => joined.push(next),
        }
    }
    joined
}

/// Merges two sorted sequences.
fn lower_of(
    a: &mut Peekable<impl Iterator<Item = Range>>,
    b: &mut Peekable<impl Iterator<Item = Range>>,
) -> Option<Range> {
    match (a.peek(), b.peek()) {
        (Some(x), Some(y)) if y < x => b.next(),
        (Some(_), _) => a.next(),
        (None, _) => b.next(),
    }
}

/// All numbers of both.
pub(super) fn intersection(
    a: impl Iterator<Item = Range>,
    b: impl Iterator<Item = Range>,
) -> impl Iterator<Item = Range> {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    iter::from_fn(move || {
        loop {
            let (&(a_low, a_high), &(b_low, b_high)) = (a.peek()?, b.peek()?);
            // Whichever ends first can meet nothing further on.
            if a_high <= b_high {
                a.next();
            } else {
                b.next();
            }
            let (low, high) = (a_low.max(b_low), a_high.min(b_high));
            if low <= high {
                return Some((low, high));
            }
        }
    })
}

/// All numbers of `a` that are not in `b`.
pub(super) fn difference(
    mut a: impl Iterator<Item = Range>,
    b: impl Iterator<Item = Range>,
) -> impl Iterator<Item = Range> {
    let mut b = b.peekable();
    // What is left of the range of `a` at hand.
    let mut rest = a.next();
    iter::from_fn(move || {
        loop {
            let (low, high) = rest?;
            while b.next_if(|&(_, b_high)| b_high < low).is_some() {}
            match b.peek() {
                Some(&(b_low, b_high)) if b_low <= high => {
                    rest = match b_high.checked_add(1) {
                        Some(after) if after <= high => Some((after, high)),
                        _ => a.next(),
                    };
                    if low < b_low {
                        return Some((low, b_low.saturating_sub(1)));
                    }
                }
                _ => {
                    rest = a.next();
                    return Some((low, high));
                }
            }
        }
    })
}
