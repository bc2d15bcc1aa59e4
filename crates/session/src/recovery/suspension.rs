//! Noticing that the machine has slept: the connection may be dead then although nothing has failed yet.
//!
//! The monotonic clock of most systems stands still while a machine is suspended and the wall clock does not; a process that was stopped finds
//! both ahead of the time at which it meant to look again. Either way the far end may have given up long ago, so the connection is to be
//! probed. No RFC; protocol.md M32.

use core::time::Duration;

use crate::config::Tick;

/// How often to look.
const PERIOD: Duration = Duration::from_secs(15);
/// More than clocks are set by at a time.
const JUMP: Duration = Duration::from_secs(10);

/// Compares two clocks from time to time.
#[derive(Clone, Debug, Default)]
pub struct Suspension {
    last: Option<(Tick, Duration)>,
}

impl Suspension {
    /// When to call [`Suspension::look`] next.
    pub fn due(&self) -> Option<Tick> {
        self.last.map(|(tick, _)| tick.after(PERIOD))
    }

    /// True when the machine or the process has slept since the last look. `wall` is the time since any fixed start, by the clock that goes
    /// on while the machine sleeps.
    pub fn look(&mut self, now: Tick, wall: Duration) -> bool {
        let Some((tick, before)) = self.last.replace((now, wall)) else { return false };
        let awake = tick.until(now);
        let gone = wall.saturating_sub(before);
        gone > awake.saturating_add(JUMP) || awake > PERIOD.saturating_add(JUMP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(steps: &[(u64, u64)]) -> bool {
        let mut suspension = Suspension::default();
        let mut slept = false;
        for &(now, wall) in steps {
            slept = suspension.look(Tick::new(Duration::from_secs(now)), Duration::from_secs(wall));
        }
        slept
    }

    #[test]
    fn m032_sleep_is_noticed_and_a_clock_that_is_set_is_not_sleep() {
        assert!(!looks(&[(0, 1000)]), "the first look knows nothing");
        assert!(!looks(&[(0, 1000), (15, 1015)]));
        assert!(looks(&[(0, 1000), (15, 4615)]), "suspended for an hour");
        assert!(looks(&[(0, 1000), (3615, 4615)]), "stopped for an hour");
        assert!(!looks(&[(0, 1000), (15, 1018)]), "set by three seconds");
        assert!(!looks(&[(0, 1000), (15, 10)]), "set back");
        assert!(!looks(&[(0, 1000), (15, 4615), (30, 4630)]), "once for each sleep");
        let mut suspension = Suspension::default();
        suspension.look(Tick::default(), Duration::ZERO);
        assert_eq!(suspension.due(), Some(Tick::new(PERIOD)));
    }
}
