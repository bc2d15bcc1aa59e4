//! How many connections an account may have: what was allowed, and what the server has taught us since.
//!
//! Separate from the pool because both front ends keep to it, and so that it can be tested without a network. Providers count connections of
//! all programs together and go on counting dead ones for a while, so the default is far below their limits. No RFC; protocol.md §5.5,
//! T110.
//!
//! Invariants: never less than one; never more than was configured; grows back by one connection an hour without a refusal.

use core::time::Duration;

use crate::config::Tick;

/// What is known of the server's limit fades: after so long one connection more is tried.
const RELAX: Duration = Duration::from_secs(3600);

/// How many connections there may be.
#[derive(Clone, Debug)]
pub struct Budget {
    most: u32,
    now: u32,
    refused: Option<Tick>,
}

impl Default for Budget {
    /// Five, a third of what Gmail allows.
    fn default() -> Self {
        Self::new(5)
    }
}

impl Budget {
    /// So many at most; at least one.
    pub fn new(most: u32) -> Self {
        let most = most.max(1);
        Self { most, now: most, refused: None }
    }

    /// How many there may be now.
    pub fn allowed(&self) -> u32 {
        self.now
    }

    /// The server has refused another connection while `open` of ours worked. `told` is the number it says it allows, over all programs:
    /// one of them is left to others.
    pub fn refused(&mut self, now: Tick, open: u32, told: Option<u32>) {
        let learned = told.map_or(open, |told| told.saturating_sub(1));
        self.now = self.now.min(learned).max(1);
        self.refused = Some(now);
    }

    /// Time has passed.
    pub fn relax(&mut self, now: Tick) {
        while let Some(since) = self.refused {
            let due = since.after(RELAX);
            if due > now {
                return;
            }
            self.now = self.now.saturating_add(1).min(self.most);
            self.refused = (self.now < self.most).then_some(due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: u64) -> Tick {
        Tick::new(Duration::from_secs(3600).saturating_mul(u32::try_from(hours).unwrap()))
    }

    #[test]
    fn t110_refusals_lower_it_and_time_raises_it_again() {
        let mut budget = Budget::default();
        assert_eq!(budget.allowed(), 5);
        budget.refused(at(0), 3, None);
        assert_eq!(budget.allowed(), 3);
        budget.relax(at(0));
        assert_eq!(budget.allowed(), 3);
        budget.relax(at(1));
        assert_eq!(budget.allowed(), 4);
        budget.relax(at(9));
        assert_eq!(budget.allowed(), 5);
    }

    #[test]
    fn the_number_the_server_names_counts_less_one_and_never_below_one() {
        let mut budget = Budget::new(20);
        budget.refused(at(0), 9, Some(10));
        assert_eq!(budget.allowed(), 9);
        budget.refused(at(0), 0, None);
        assert_eq!(budget.allowed(), 1);
        assert_eq!(Budget::new(0).allowed(), 1);
        let mut small = Budget::new(2);
        small.refused(at(0), 2, Some(100));
        assert_eq!(small.allowed(), 2, "a limit beyond ours changes nothing");
    }
}
