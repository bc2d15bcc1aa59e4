//! Sets of UIDs or sequence numbers (RFC 9051 §9 `sequence-set`).
//!
//! Kept as ranges and never expanded: a server may name four thousand million messages in twelve bytes (H26). The form is
//! canonical, so equal sets are equal values: ranges ascend, do not overlap, do not touch. All algebra is linear.
//!
//! A set may end in an open part, `n:*` or a lone `*`. `*` is the last message, whatever its number, which this layer
//! cannot know: `contains` and the algebra read `n:*` as "n and all above" and a lone `*` as no number at all.
//! [`NumSet::resolve`] makes a set exact once the last number is known.

mod algebra;
mod split;
mod text;

use crate::{Number, SeqNum, Uid};
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ops::RangeInclusive;

/// A set of message sequence numbers.
pub type SeqSet = NumSet<SeqNum>;
/// A set of UIDs.
pub type UidSet = NumSet<Uid>;

/// A set of [`Uid`]s or [`SeqNum`]s, canonical and never expanded. The *type* of the set decides between FETCH and UID
/// FETCH.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NumSet<N> {
    /// Ascending, disjoint, not adjacent, never 0; all end before the number before the open part.
    ranges: Vec<(u32, u32)>,
    open: Open,
    number: PhantomData<N>,
}

/// The part of a set that ends in `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Open {
    /// None: the set is finite.
    No,
    /// `*`, the last message alone.
    Last,
    /// `n:*`, all from `n` on, and the last message even if its number is below `n`.
    From(u32),
}

impl Open {
    /// The open part of a union.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::From(a), Self::From(b)) => Self::From(a.min(b)),
            (Self::From(n), _) | (_, Self::From(n)) => Self::From(n),
            (Self::Last, _) | (_, Self::Last) => Self::Last,
            (Self::No, Self::No) => Self::No,
        }
    }
}

impl<N> NumSet<N> {
    /// The empty set.
    pub const fn new() -> Self {
        Self { ranges: Vec::new(), open: Open::No, number: PhantomData }
    }
}

impl<N> Default for NumSet<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<N: Number> NumSet<N> {
    /// All messages, `1:*`.
    pub const fn all() -> Self {
        Self { ranges: Vec::new(), open: Open::From(1), number: PhantomData }
    }

    /// The last message, `*`.
    pub const fn last() -> Self {
        Self { ranges: Vec::new(), open: Open::Last, number: PhantomData }
    }

    /// All from `first` on, `first:*`. The last message belongs to it even if its number is smaller.
    pub fn starting_at(first: N) -> Self {
        Self { ranges: Vec::new(), open: Open::From(first.to_u32()), number: PhantomData }
    }

    /// All from `a` to `b`, both included, in either order.
    pub fn from_range(a: N, b: N) -> Self {
        let mut set = Self::new();
        set.insert_range(a, b);
        set
    }

    /// Takes ranges that are most likely sorted already, as servers send them. Canonical input is taken over without a
    /// copy; anything else is put in order: swapped bounds turned, 0 left out, overlaps joined.
    pub fn from_sorted_ranges(mut ranges: Vec<(u32, u32)>) -> Self {
        algebra::normalise(&mut ranges);
        Self { ranges, open: Open::No, number: PhantomData }
    }

    /// Adds one number. Cheapest in ascending order.
    pub fn insert(&mut self, number: N) {
        self.push(number);
    }

    /// Adds one number; constant time, amortised, when it is not below the largest so far.
    pub fn push(&mut self, number: N) {
        self.insert_span(number.to_u32(), number.to_u32());
    }

    /// Adds all from `a` to `b`, both included, in either order.
    pub fn insert_range(&mut self, a: N, b: N) {
        let (a, b) = (a.to_u32(), b.to_u32());
        self.insert_span(a.min(b), a.max(b));
    }

    fn insert_span(&mut self, mut low: u32, mut high: u32) {
        if let Open::From(open) = self.open {
            if high >= open.saturating_sub(1) {
                let low = self.pull_down(low.min(open));
                self.open = Open::From(low);
                return;
            }
        }
        // The ranges from `first` up to `end` touch the new one and melt into it; at the end of the set that is one look.
        let first = match self.ranges.last() {
            None => 0,
            Some(&(_, last)) if last.saturating_add(1) < low => self.ranges.len(),
            Some(_) => self.ranges.partition_point(|&(_, b)| b.saturating_add(1) < low),
        };
        let touched = self.ranges.get(first..).unwrap_or_default();
        let count = touched.partition_point(|&(a, _)| a <= high.saturating_add(1));
        if let (Some(&(a, _)), Some(&(_, b))) = (touched.first(), count.checked_sub(1).and_then(|at| touched.get(at))) {
            low = low.min(a);
            high = high.max(b);
        }
        self.ranges.splice(first..first.saturating_add(count), [(low, high)]);
    }

    /// Cuts off the ranges that an open part from `open` on swallows; returns where the open part starts then.
    fn pull_down(&mut self, mut open: u32) -> u32 {
        while let Some(&(a, b)) = self.ranges.last() {
            if b < open.saturating_sub(1) {
                break;
            }
            open = open.min(a);
            self.ranges.pop();
        }
        open
    }

    /// Takes one number out. See [`NumSet::remove_range`] for sets with an open part.
    pub fn remove(&mut self, number: N) {
        self.remove_range(number, number);
    }

    /// Takes out all from `a` to `b`, both included, in either order.
    ///
    /// An open part `n:*` is split; what is left of it still names the last message, whatever its number.
    pub fn remove_range(&mut self, a: N, b: N) {
        let (low, high) = (a.to_u32().min(b.to_u32()), a.to_u32().max(b.to_u32()));
        let first = self.ranges.partition_point(|&(_, b)| b < low);
        let touched = self.ranges.get(first..).unwrap_or_default();
        let count = touched.partition_point(|&(a, _)| a <= high);
        let left = touched.first().map(|&(a, _)| (a, low.saturating_sub(1)));
        let last = count.checked_sub(1).and_then(|at| touched.get(at));
        let right = high.checked_add(1).zip(last.map(|&(_, b)| b));
        if count > 0 {
            let rest = left.into_iter().chain(right).filter(|(a, b)| a <= b);
            self.ranges.splice(first..first.saturating_add(count), rest);
        }
        if let Open::From(open) = self.open {
            if high >= open {
                if low > open {
                    self.ranges.push((open, low.saturating_sub(1)));
                }
                self.open = high.checked_add(1).map_or(Open::No, Open::From);
            }
        }
    }

    /// Whether the set names this number: as one of a range, or in an open part `n:*`. A lone `*` names none.
    pub fn contains(&self, number: N) -> bool {
        let number = number.to_u32();
        let at = self.ranges.partition_point(|&(_, b)| b < number);
        self.ranges.get(at).is_some_and(|&(a, _)| a <= number)
            || matches!(self.open, Open::From(open) if number >= open)
    }

    /// Whether the set names a number from `low` to `high`: as [`NumSet::contains`], in the same time.
    pub fn meets(&self, low: N, high: N) -> bool {
        let (low, high) = (low.to_u32(), high.to_u32());
        let at = self.ranges.partition_point(|&(_, b)| b < low);
        self.ranges.get(at).is_some_and(|&(a, _)| a <= high) || matches!(self.open, Open::From(open) if high >= open)
    }

    /// Whether the set names nothing, not even `*`.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.open == Open::No
    }

    /// How many numbers the finite part holds; an open part counts as nothing.
    pub fn len(&self) -> u64 {
        self.ranges.iter().fold(0, |sum, &(a, b)| sum.saturating_add(u64::from(b.saturating_sub(a))).saturating_add(1))
    }

    /// Whether the set ends in `*`.
    pub fn has_star(&self) -> bool {
        self.open != Open::No
    }

    /// The ranges of the finite part, ascending.
    pub fn ranges(&self) -> impl DoubleEndedIterator<Item = (N, N)> + ExactSizeIterator + Clone {
        self.ranges.iter().map(|&(a, b)| (N::from_u32_at_least_one(a), N::from_u32_at_least_one(b)))
    }

    /// The numbers of the finite part, ascending. Lazy; may be very long, see [`NumSet::len`].
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = N> + Clone {
        self.ranges.iter().flat_map(|&(a, b)| a..=b).map(N::from_u32_at_least_one)
    }

    /// The smallest number named, be it of a range or of `n:*`.
    pub fn first(&self) -> Option<N> {
        match (self.ranges.first(), self.open) {
            (Some(&(a, _)), _) | (None, Open::From(a)) => N::from_u32(a),
            (None, _) => None,
        }
    }

    /// The largest number of the finite part.
    pub fn last_number(&self) -> Option<N> {
        self.ranges.last().and_then(|&(_, b)| N::from_u32(b))
    }

    /// The largest number it is written with: 5 for `2,5:*`, none for `*`.
    pub fn largest_named(&self) -> Option<N> {
        match self.open {
            Open::From(a) => N::from_u32(a).max(self.last_number()),
            Open::No | Open::Last => self.last_number(),
        }
    }

    /// The same set with its open part made exact, given the number of the last message (`None`: the mailbox is empty).
    ///
    /// `5:*` with last message 3 is `3:5` by RFC 9051, that is 3, 4 and 5, of which only 3 exists; it resolves to 3.
    pub fn resolve(&self, last: Option<N>) -> Self {
        let mut set = Self { ranges: self.ranges.clone(), open: Open::No, number: PhantomData };
        let Some(last) = last.map(N::to_u32) else { return set };
        match self.open {
            Open::No => {}
            Open::Last => set.insert_span(last, last),
            Open::From(open) => set.insert_span(open.min(last), last),
        }
        set
    }

    /// All that either set names.
    pub fn union(&self, other: &Self) -> Self {
        let mut set = Self {
            ranges: algebra::union(&self.ranges, &other.ranges),
            open: self.open.or(other.open),
            number: PhantomData,
        };
        if let Open::From(open) = set.open {
            set.open = Open::From(set.pull_down(open));
        }
        set
    }

    /// All that both sets name; `*` only if both name it.
    pub fn intersection(&self, other: &Self) -> Self {
        let both = matches!((self.open, other.open), (Open::From(_), Open::From(_)));
        let last = self.has_star() && other.has_star() && !both;
        Self::from_spans(algebra::intersection(self.spans(), other.spans()), both, last)
    }

    /// All that this set names and the other does not. What is left of an open part still names the last message.
    pub fn difference(&self, other: &Self) -> Self {
        let open = matches!(self.open, Open::From(_));
        let last = self.open == Open::Last && !other.has_star();
        Self::from_spans(algebra::difference(self.spans(), other.spans()), open, last)
    }

    /// Whether no number is in both sets. Two sets that end in `*` always meet; a lone `*` may be any number, so it
    /// meets every set that is not empty.
    pub fn is_disjoint(&self, other: &Self) -> bool {
        let star_meets =
            (self.open == Open::Last && !other.is_empty()) || (other.open == Open::Last && !self.is_empty());
        !star_meets && algebra::intersection(self.spans(), other.spans()).next().is_none()
    }

    /// All ranges, the open part as one that ends at 2³²−1.
    fn spans(&self) -> impl Iterator<Item = (u32, u32)> {
        let open = match self.open {
            Open::From(open) => Some((open, u32::MAX)),
            Open::No | Open::Last => None,
        };
        self.ranges.iter().copied().chain(open)
    }

    /// The reverse of `spans`: a range up to 2³²−1 is the open part if `open` says so.
    fn from_spans(spans: impl Iterator<Item = (u32, u32)>, open: bool, last: bool) -> Self {
        let mut set = Self::new();
        set.ranges.extend(spans);
        if last {
            set.open = Open::Last;
        }
        if open {
            if let Some(&(start, u32::MAX)) = set.ranges.last() {
                set.ranges.pop();
                set.open = Open::From(start);
            }
        }
        set
    }
}

impl<N: Number> From<N> for NumSet<N> {
    fn from(number: N) -> Self {
        Self::from_range(number, number)
    }
}

impl<N: Number> From<RangeInclusive<N>> for NumSet<N> {
    /// The numbers of the range; an inverted range is empty, as in Rust.
    fn from(range: RangeInclusive<N>) -> Self {
        let (start, end) = range.into_inner();
        if start <= end { Self::from_range(start, end) } else { Self::new() }
    }
}

impl<N: Number> Extend<N> for NumSet<N> {
    /// Adds numbers in any order; sorts those that do not ascend.
    fn extend<I: IntoIterator<Item = N>>(&mut self, numbers: I) {
        let mut numbers = numbers.into_iter();
        let mut largest = self.last_number().map_or(0, N::to_u32);
        for number in numbers.by_ref() {
            let ascends = number.to_u32() >= largest;
            largest = number.to_u32();
            if !ascends {
                let mut rest = alloc::vec![(largest, largest)];
                rest.extend(numbers.map(|number| (number.to_u32(), number.to_u32())));
                *self = self.union(&Self::from_sorted_ranges(rest));
                return;
            }
            self.push(number);
        }
    }
}

impl<N: Number> FromIterator<N> for NumSet<N> {
    fn from_iter<I: IntoIterator<Item = N>>(numbers: I) -> Self {
        let mut set = Self::new();
        set.extend(numbers);
        set
    }
}

impl<'a, N: Number> Extend<&'a N> for NumSet<N> {
    fn extend<I: IntoIterator<Item = &'a N>>(&mut self, numbers: I) {
        self.extend(numbers.into_iter().copied());
    }
}

#[cfg(test)]
mod tests;
