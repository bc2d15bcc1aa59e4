//! Time that moves only when a test says so.
//!
//! The protocol core takes time as a plain duration since some start, so a test can live through 29 minutes of IDLE in a
//! microsecond. This is the counter behind such tests; clones share it, so that a script player and the code under test
//! see the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A shared counter of virtual time, in whole nanoseconds, starting at zero.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    /// A clock that stands at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Time since the start.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::SeqCst))
    }

    /// Moves the clock forward and returns the new time. Stops at about 584 years.
    pub fn advance(&self, by: Duration) -> Duration {
        let now = self.now().saturating_add(by);
        self.0.store(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX), Ordering::SeqCst);
        self.now()
    }

    /// Moves the clock forward to `deadline`; a deadline in the past leaves it alone.
    pub fn advance_to(&self, deadline: Duration) -> Duration {
        self.advance(deadline.saturating_sub(self.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_time_and_it_never_goes_back() {
        let clock = Clock::new();
        let other = clock.clone();
        assert_eq!(clock.advance(Duration::from_secs(60)), Duration::from_secs(60));
        assert_eq!(other.now(), Duration::from_secs(60));
        assert_eq!(other.advance_to(Duration::from_secs(30)), Duration::from_secs(60));
        assert_eq!(clock.advance(Duration::MAX), Duration::from_nanos(u64::MAX));
    }
}
