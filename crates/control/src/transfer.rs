//! How much was copied, how fast, and the events about it.
//!
//! Separate because messages are received and sent in five places and progress has to be counted the same way in all of them: against the size
//! the server announced, or that of the message that is sent.
//!
//! Invariant: percentages rise, from 0 to 100, and none is told twice.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::code::ErrorCode;
use crate::control::Inner;
use crate::error::ControlError;

/// The figures of the last transfer, for properties.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    bytes: AtomicU64,
    nanos: AtomicU64,
}

impl Figures {
    fn set(&self, bytes: u64, time: Duration) {
        self.bytes.store(bytes, Ordering::Relaxed);
        self.nanos.store(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn time(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::Relaxed))
    }

    /// Bytes a second.
    pub(crate) fn rate(&self) -> u64 {
        rate(self.bytes(), self.time())
    }
}

fn rate(bytes: u64, time: Duration) -> u64 {
    let nanos = time.as_nanos().max(1);
    u64::try_from(u128::from(bytes) * 1_000_000_000 / nanos).unwrap_or(u64::MAX)
}

/// One transfer under way.
#[derive(Debug)]
pub(crate) struct Transfer {
    /// 0 for a message that is created.
    number: u32,
    size: u64,
    copied: u64,
    percent: Option<u32>,
    began: Instant,
}

/// Which way the octets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    In,
    Out,
}

impl Transfer {
    /// Begins, which is 0 percent.
    pub(crate) fn begin(inner: &Inner, number: u32, size: u64) -> Result<Self, ControlError> {
        let mut transfer = Self { number, size, copied: 0, percent: None, began: Instant::now() };
        inner.figures.set(0, Duration::ZERO);
        transfer.tell(inner, if size == 0 { 100 } else { 0 })?;
        inner.check_cancelled()?;
        Ok(transfer)
    }

    /// So many octets more.
    pub(crate) fn add(&mut self, inner: &Inner, octets: usize, way: Way) -> Result<(), ControlError> {
        self.copied = self.copied.saturating_add(u64::try_from(octets).unwrap_or(u64::MAX));
        inner.figures.set(self.copied, self.began.elapsed());
        inner.check_cancelled()?;
        match way {
            Way::In => inner.events.read()?,
            Way::Out => inner.events.write()?,
        }
        self.tell(inner, percent(self.copied, self.size))?;
        // A callback may have wanted it.
        inner.check_cancelled()
    }

    /// Octets so far.
    pub(crate) fn copied(&self) -> u64 {
        self.copied
    }

    fn tell(&mut self, inner: &Inner, percent: u32) -> Result<(), ControlError> {
        if self.percent.is_some_and(|told| percent <= told) || !inner.events.wants_progress() {
            return Ok(());
        }
        self.percent = Some(percent);
        inner.events.progress(self.number, self.size, self.copied, percent)
    }
}

/// Rounded down, so that 100 is the whole; servers that send more than they announced do not get beyond it.
fn percent(copied: u64, size: u64) -> u32 {
    if copied >= size {
        return 100;
    }
    u32::try_from(u128::from(copied) * 100 / u128::from(size)).unwrap_or(100)
}

impl Inner {
    /// Fails when the call under way has been cancelled.
    pub(crate) fn check_cancelled(&self) -> Result<(), ControlError> {
        if self.is_cancelled() { Err(ControlError::new(ErrorCode::Cancelled, "cancelled")) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_true() {
        for (copied, size, expected) in
            [(0, 4, 0), (1, 3, 33), (2, 3, 66), (3, 3, 100), (4, 3, 100), (0, 0, 100), (u64::MAX - 1, u64::MAX, 99)]
        {
            assert_eq!(percent(copied, size), expected, "{copied} of {size}");
        }
    }

    #[test]
    fn rates_do_not_divide_by_nothing() {
        assert_eq!(rate(1000, Duration::from_millis(500)), 2000);
        assert_eq!(rate(0, Duration::ZERO), 0);
        assert_eq!(rate(u64::MAX, Duration::ZERO), u64::MAX);
    }
}
