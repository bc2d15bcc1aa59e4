//! Happy Eyeballs: which address to try next, and when.
//!
//! A pure state machine over ticks: answers and outcomes go in (`handle_*`), what to do next comes out ([`Race::poll`]). The
//! front ends resolve and connect; the order, the delays and the end are the same for both. RFC 8305 (version 2), C10 to C16.
//!
//! Rules: AAAA first starts at once, A first waits 50 ms for AAAA (§3); families take turns (§4); the next attempt starts
//! 250 ms after the last one, or at once when an attempt fails (§5); an answer that comes late joins the race (§3).
//!
//! ```text
//!   answers ──▶ [v6 queue] [v4 queue] ──turn by turn, 250 ms apart──▶ in flight ──▶ Won, or all failed: Failed
//! ```
//!
//! Invariants: no address is tried twice; at most [`MAX_ADDRESSES`] are tried; `poll` with the same input gives the same step,
//! except that each `Start` comes out once.

use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::VecDeque;

/// Hostile DNS can answer with thousands of addresses; nobody has use for more than this many.
pub(crate) const MAX_ADDRESSES: usize = 32;

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4, A records.
    V4,
    /// IPv6, AAAA records.
    V6,
}

impl Family {
    /// The family of an address.
    pub fn of(address: &SocketAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    fn other(self) -> Self {
        match self {
            Self::V4 => Self::V6,
            Self::V6 => Self::V4,
        }
    }
}

/// Which family begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Preference {
    /// The one the system's resolver puts first (RFC 6724); IPv6 where A and AAAA are asked for one by one.
    #[default]
    System,
    /// The one that won last time (C15).
    Last(Family),
    /// IPv6, and its second address too comes before the first IPv4 address (First Address Family Count 2).
    Ipv6,
}

/// How to race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RaceConfig {
    /// Which family begins.
    pub preference: Preference,
    /// How long the other family's answer is waited for. Default 50 ms.
    pub resolution_delay: Duration,
    /// Time between attempts, held between 10 ms and 2 s. Default 250 ms.
    pub attempt_delay: Duration,
}

impl Default for RaceConfig {
    fn default() -> Self {
        Self {
            preference: Preference::System,
            resolution_delay: Duration::from_millis(50),
            attempt_delay: Duration::from_millis(250),
        }
    }
}

impl RaceConfig {
    /// The defaults with this preference. Whoever asks for IPv6 in as many words waits longer for its addresses: 250 ms.
    pub fn new(preference: Preference) -> Self {
        let default = Self::default();
        let delay = if preference == Preference::Ipv6 { default.attempt_delay } else { default.resolution_delay };
        Self { preference, resolution_delay: delay, ..default }
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Begin a connection to this address, then poll again.
    Start(SocketAddr),
    /// Nothing until this tick, or until there is an answer or outcome to report; `None`: no tick either.
    Wait(Option<Duration>),
    /// This address has it; close the other attempts.
    Won(SocketAddr),
    /// Nothing left to try: see [`Race::into_error`].
    Failed,
}

/// Everything that went wrong, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaceError<E> {
    /// Name queries that failed.
    pub resolve: Vec<E>,
    /// Attempts that failed.
    pub connect: Vec<(SocketAddr, E)>,
}

/// One race. `E` is the front end's error.
#[derive(Debug)]
pub struct Race<E> {
    config: RaceConfig,
    first: Option<Family>,
    v4: Queue,
    v6: Queue,
    seen: Vec<SocketAddr>,
    in_flight: Vec<SocketAddr>,
    /// The family of the attempt started last.
    last: Option<Family>,
    /// How many attempts the first family has had before the other's first.
    head_start: usize,
    /// No attempt before this tick.
    next_at: Option<Duration>,
    won: Option<SocketAddr>,
    errors: RaceError<E>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<SocketAddr>,
    answered: bool,
}

impl<E> Race<E> {
    /// A race in which every answer is still outstanding.
    pub fn new(config: RaceConfig) -> Self {
        let first = match config.preference {
            Preference::System => None,
            Preference::Last(family) => Some(family),
            Preference::Ipv6 => Some(Family::V6),
        };
        Self {
            config,
            first,
            v4: Queue::default(),
            v6: Queue::default(),
            seen: Vec::new(),
            in_flight: Vec::new(),
            last: None,
            head_start: 0,
            next_at: None,
            won: None,
            errors: RaceError { resolve: Vec::new(), connect: Vec::new() },
        }
    }

    /// A resolver that asks for both families at once has answered, in its order of preference. Also for address literals.
    pub fn handle_resolved(&mut self, addresses: impl IntoIterator<Item = SocketAddr>) {
        let mut addresses = addresses.into_iter().peekable();
        if let (None, Some(address)) = (self.first, addresses.peek()) {
            self.first = Some(Family::of(address));
        }
        addresses.for_each(|address| self.add(address));
        self.v4.answered = true;
        self.v6.answered = true;
    }

    /// One query has been answered; an empty answer is an answer.
    pub fn handle_answer(&mut self, family: Family, addresses: impl IntoIterator<Item = SocketAddr>, now: Duration) {
        addresses.into_iter().for_each(|address| self.add(address));
        self.queue(family).answered = true;
        let first = *self.first.get_or_insert(Family::V6);
        if self.last.is_none() {
            let waits = !self.queue(first).answered;
            self.next_at = waits.then(|| now.saturating_add(self.config.resolution_delay));
        }
    }

    /// A query has failed; `None` if it was one for both families.
    pub fn handle_resolve_failure(&mut self, family: Option<Family>, error: E, now: Duration) {
        self.errors.resolve.push(error);
        match family {
            Some(family) => self.handle_answer(family, [], now),
            None => self.handle_resolved([]),
        }
    }

    /// An attempt has failed; the next may start at once.
    pub fn handle_failure(&mut self, address: SocketAddr, error: E, now: Duration) {
        self.in_flight.retain(|flying| *flying != address);
        self.errors.connect.push((address, error));
        self.next_at = self.next_at.map(|at| at.min(now));
    }

    /// An attempt has succeeded; only the first one counts.
    pub fn handle_success(&mut self, address: SocketAddr) {
        self.in_flight.retain(|flying| *flying != address);
        self.won.get_or_insert(address);
    }

    /// What to do now. Poll again after each `Start`, at the tick of a `Wait`, and after each `handle_*`.
    pub fn poll(&mut self, now: Duration) -> Step {
        if let Some(winner) = self.won {
            return Step::Won(winner);
        }
        let Some(family) = self.next_family() else {
            let answered = self.v4.answered && self.v6.answered;
            return if answered && self.in_flight.is_empty() { Step::Failed } else { Step::Wait(None) };
        };
        if let Some(at) = self.next_at.filter(|at| *at > now) {
            return Step::Wait(Some(at));
        }
        match self.queue(family).waiting.pop_front() {
            Some(address) => {
                self.started(address, family, now);
                Step::Start(address)
            }
            None => Step::Wait(None),
        }
    }

    /// What went wrong; complete once `poll` has said `Failed`, and worth telling when a deadline ends the race.
    pub fn into_error(self) -> RaceError<E> {
        self.errors
    }

    fn add(&mut self, address: SocketAddr) {
        if self.seen.len() < MAX_ADDRESSES && !self.seen.contains(&address) {
            self.seen.push(address);
            self.queue(Family::of(&address)).waiting.push_back(address);
        }
    }

    fn started(&mut self, address: SocketAddr, family: Family, now: Duration) {
        const FLOOR: Duration = Duration::from_millis(10);
        const CEILING: Duration = Duration::from_secs(2);
        if self.first == Some(family) {
            self.head_start = self.head_start.saturating_add(1);
        }
        self.in_flight.push(address);
        self.last = Some(family);
        self.next_at = Some(now.saturating_add(self.config.attempt_delay.clamp(FLOOR, CEILING)));
    }

    /// The family whose turn it is, among those with an address left.
    fn next_family(&self) -> Option<Family> {
        let first = self.first.unwrap_or(Family::V6);
        let count = if self.config.preference == Preference::Ipv6 { 2 } else { 1 };
        let turn = match self.last {
            Some(last) if self.head_start >= count => last.other(),
            _ => first,
        };
        [turn, turn.other()].into_iter().find(|family| !self.peek(*family).waiting.is_empty())
    }

    fn peek(&self, family: Family) -> &Queue {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    fn queue(&mut self, family: Family) -> &mut Queue {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }
}

impl<E: fmt::Display> fmt::Display for RaceError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.connect.is_empty() {
            f.write_str("the name has no address")?;
            return self.resolve.iter().try_for_each(|error| write!(f, ": {error}"));
        }
        f.write_str("no address could be reached")?;
        for (at, (address, error)) in self.connect.iter().enumerate() {
            let sign = if at == 0 { ": " } else { "; " };
            write!(f, "{sign}{}: {error}", Shown(address.ip()))?;
        }
        Ok(())
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for RaceError<E> {}

/// IPv6 in brackets, so that the colon behind it is not taken for its own.
struct Shown(IpAddr);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(address) => write!(f, "[{address}]"),
        }
    }
}

#[cfg(test)]
mod tests;
