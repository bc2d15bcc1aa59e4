//! When to try again: exponential with full jitter, one counter per kind of trouble.
//!
//! Apart from reconnecting itself so that the numbers can be tested without waiting; randomness is an argument. The counters are separate
//! because a dead network says nothing about a busy server, and the other way round (protocol.md §5.5). Credentials that were refused are
//! never tried again by themselves: that is how accounts get locked. RFC 5530 names the answers that count as busy.

use core::time::Duration;

/// Why the last attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trouble {
    /// No route, no name, reset, timed out.
    Network,
    /// The server is there, but not able: UNAVAILABLE, BYE in the greeting.
    Busy,
    /// The server asks for less: THROTTLED, LIMIT, OVERQUOTA.
    Throttle,
    /// The server refuses who we are.
    Credentials,
}

impl Trouble {
    /// "The network is up again" ends a wait for the network at once; a wait the server asked for stays.
    pub fn ends_with_network_change(self) -> bool {
        self == Self::Network
    }
}

/// Delays. Default: base 2 s, doubled each time up to 5 min, forgotten after 60 s of health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackoffConfig {
    /// Bound of the first delay.
    pub base: Duration,
    /// Bound of every delay, the server's own wishes included.
    pub cap: Duration,
    /// How long a session must have worked for its troubles to be forgotten.
    pub healthy_after: Duration,
}

impl Default for BackoffConfig {
    fn default() -> Self {
        Self { base: Duration::from_secs(2), cap: Duration::from_secs(300), healthy_after: Duration::from_secs(60) }
    }
}

/// The state of one account's reconnecting.
#[derive(Debug, Clone)]
pub struct Backoff {
    config: BackoffConfig,
    network: u32,
    busy: u32,
    throttle: u32,
}

impl Backoff {
    /// No trouble so far.
    pub fn new(config: BackoffConfig) -> Self {
        Self { config, network: 0, busy: 0, throttle: 0 }
    }

    /// Counts a failure and says how long to wait before the next attempt; `None`: do not try again until the user acts.
    ///
    /// `random` is 64 uniformly random bits. `asked` is a wait that the server named; it wins where it is longer, up to the cap.
    pub fn failed(&mut self, cause: Trouble, random: u64, asked: Option<Duration>) -> Option<Duration> {
        let BackoffConfig { base, cap, .. } = self.config;
        let count = self.counter(cause)?;
        let bound = base.saturating_mul(1u32.checked_shl(*count).unwrap_or(u32::MAX)).min(cap);
        *count = count.saturating_add(1);
        Some(jitter(bound, random).max(asked.unwrap_or_default().min(cap)))
    }

    /// A session has ended that worked for this long.
    pub fn worked(&mut self, time: Duration) {
        if time >= self.config.healthy_after {
            *self = Self::new(self.config);
        }
    }

    /// How often in a row this has happened; always 0 for credentials, which are not counted.
    pub fn count(&self, cause: Trouble) -> u32 {
        self.clone().counter(cause).map_or(0, |count| *count)
    }

    fn counter(&mut self, cause: Trouble) -> Option<&mut u32> {
        match cause {
            Trouble::Network => Some(&mut self.network),
            Trouble::Busy => Some(&mut self.busy),
            Trouble::Throttle => Some(&mut self.throttle),
            Trouble::Credentials => None,
        }
    }
}

/// Uniform from zero to `bound`: "full jitter" spreads the clients that a failing server threw out together.
fn jitter(bound: Duration, random: u64) -> Duration {
    let nanos = bound.as_nanos().saturating_mul(u128::from(random)) >> 64;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn backoff() -> Backoff {
        Backoff::new(BackoffConfig::default())
    }

    #[test]
    fn bounds_double_up_to_the_cap() {
        let mut backoff = backoff();
        for bound in [2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            let delay = backoff.failed(Trouble::Network, u64::MAX, None).unwrap();
            assert_eq!(delay + Duration::from_nanos(1), bound * S, "just below the bound");
        }
        for _ in 0..200 {
            assert!(backoff.failed(Trouble::Network, u64::MAX, None).unwrap() <= 300 * S);
        }
    }

    #[test]
    fn jitter_is_full() {
        assert_eq!(backoff().failed(Trouble::Busy, 0, None), Some(Duration::ZERO));
        assert_eq!(backoff().failed(Trouble::Busy, 1 << 63, None), Some(S));
        assert_eq!(jitter(300 * S, u64::MAX / 4).as_secs(), 74);
    }

    #[test]
    fn causes_are_counted_apart() {
        let mut backoff = backoff();
        for _ in 0..5 {
            backoff.failed(Trouble::Network, 0, None);
        }
        backoff.failed(Trouble::Throttle, 0, None);
        let counts = [Trouble::Network, Trouble::Busy, Trouble::Throttle, Trouble::Credentials]
            .map(|cause| backoff.count(cause));
        assert_eq!(counts, [5, 0, 1, 0]);
        assert_eq!(backoff.failed(Trouble::Busy, 1 << 63, None), Some(S));
    }

    #[test]
    fn refused_credentials_are_not_tried_again() {
        assert_eq!(backoff().failed(Trouble::Credentials, 0, Some(S)), None);
    }

    #[test]
    fn the_servers_wish_counts_where_it_is_longer() {
        assert_eq!(backoff().failed(Trouble::Throttle, u64::MAX / 2, Some(30 * S)), Some(30 * S));
        assert_eq!(backoff().failed(Trouble::Throttle, 1 << 63, Some(S / 2)), Some(S));
        assert_eq!(backoff().failed(Trouble::Throttle, 0, Some(86_400 * S)), Some(300 * S));
    }

    #[test]
    fn only_a_healthy_session_makes_it_forget() {
        let mut backoff = backoff();
        backoff.failed(Trouble::Busy, 0, None);
        backoff.worked(59 * S);
        assert_eq!(backoff.count(Trouble::Busy), 1);
        backoff.worked(60 * S);
        assert_eq!(backoff.count(Trouble::Busy), 0);
    }

    #[test]
    fn only_network_waits_end_early() {
        let ends = [Trouble::Network, Trouble::Busy, Trouble::Throttle, Trouble::Credentials]
            .map(Trouble::ends_with_network_change);
        assert_eq!(ends, [true, false, false, false]);
    }
}
