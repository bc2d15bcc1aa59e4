//! Which family of addresses answered last, so that the next race begins with it (C15).
//!
//! Apart from the race, which lives for one connect, while this lives as long as the configuration: on a network whose IPv6 leads
//! nowhere only the first connect pays for finding that out. Kept for one host and ten minutes, since networks change. RFC 8305 §4.

use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use crate::address::Host;
use crate::race::Family;

/// How long it is believed.
const LIFETIME: Duration = Duration::from_secs(600);

/// The family that won the last race to a host.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Option<(Host, Family, Duration)>>);

impl Memory {
    /// This family has answered for `host` at this tick.
    pub fn remember(&self, host: &Host, family: Family, now: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((host.clone(), family, now));
    }

    /// The family that answered for `host` within the last ten minutes.
    pub fn recall(&self, host: &Host, now: Duration) -> Option<Family> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, family, then) = kept.as_ref()?;
        (known == host && now.saturating_sub(*then) < LIFETIME).then_some(*family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c015_the_last_family_is_known_for_ten_minutes_and_for_that_host() {
        let (memory, start) = (Memory::default(), Duration::from_secs(77));
        let (host, other) = (Host::parse("imap.example.org").unwrap(), Host::parse("imap.example.net").unwrap());
        assert_eq!(memory.recall(&host, start), None);
        memory.remember(&host, Family::V4, start);
        assert_eq!(memory.recall(&host, start + LIFETIME / 2), Some(Family::V4));
        assert_eq!(memory.recall(&host, start + LIFETIME), None);
        assert_eq!(memory.recall(&other, start), None);
        memory.remember(&host, Family::V6, start + LIFETIME);
        assert_eq!(memory.recall(&host, start + LIFETIME), Some(Family::V6));
    }
}
