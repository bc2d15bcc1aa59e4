//! Cutting a set into pieces that fit a command line and a server's message limit.
//!
//! Lines beyond about 8000 octets are refused by servers (RFC 7162 §4), 1000 by old ones, and RFC 9738 servers handle only
//! so many messages per command. The pieces are made one at a time: cutting up `1:4294967295` costs nothing until it is
//! read.

use super::{NumSet, Open};
use crate::Number;
use core::iter;

/// No piece can be smaller than one range: `4294967294:4294967295`.
const WIDEST_RANGE: usize = 21;

impl<N: Number> NumSet<N> {
    /// Cuts the set into ascending pieces whose text has at most `max_octets` (21 at least) and that name at most
    /// `max_numbers` messages (1 at least). An open part names nobody knows how many, so under a limit it travels alone.
    pub fn split_to_fit(&self, max_octets: usize, max_numbers: Option<u32>) -> impl Iterator<Item = Self> {
        let max_octets = max_octets.max(WIDEST_RANGE);
        let max_numbers = max_numbers.map(|max| max.max(1));
        let mut ranges = self.ranges.iter().copied();
        let mut open = self.open;
        // What is left of a range that did not fit whole.
        let mut rest = None;
        iter::from_fn(move || {
            let mut piece = Self::new();
            let (mut octets, mut room) = (0_usize, max_numbers);
            while let Some((low, high)) = rest.take().or_else(|| ranges.next()) {
                let end = room.map_or(high, |room| high.min(low.saturating_add(room.saturating_sub(1))));
                let width = octets.saturating_add(width(low, end));
                if width > max_octets || room == Some(0) {
                    rest = Some((low, high));
                    return Some(piece);
                }
                piece.ranges.push((low, end));
                octets = width.saturating_add(1);
                room = room.map(|room| room.saturating_sub(1).saturating_sub(end.saturating_sub(low)));
                if end < high {
                    rest = Some((end.saturating_add(1), high));
                }
            }
            let open_width = match open {
                Open::No => 0,
                Open::Last => 1,
                Open::From(n) => digits(n).saturating_add(2),
            };
            if piece.ranges.is_empty() || (max_numbers.is_none() && octets.saturating_add(open_width) <= max_octets) {
                piece.open = core::mem::replace(&mut open, Open::No);
            }
            (!piece.is_empty()).then_some(piece)
        })
    }
}

/// How many octets a range takes as text.
fn width(low: u32, high: u32) -> usize {
    if low == high { digits(low) } else { digits(low).saturating_add(digits(high)).saturating_add(1) }
}

fn digits(number: u32) -> usize {
    number.checked_ilog10().and_then(|log| usize::try_from(log).ok()).unwrap_or(0).saturating_add(1)
}
