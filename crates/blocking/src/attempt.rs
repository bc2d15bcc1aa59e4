//! One connect under way: its deadline with the phase that uses it up, and the caller's wish to stop.
//!
//! Separate because resolving, racing, proxies and the opening all run under the same one (C25, T111). The arithmetic is `dial`'s.

use std::sync::Arc;
use std::time::Duration;

use imapkit_dial::{Deadline, Phase};
use imapkit_session::{Error, ErrorKind, Tick};

use crate::cancel::{Cancel, Patience};
use crate::driver::Clock;

#[derive(Debug)]
pub(crate) struct Attempt {
    clock: Clock,
    deadline: Deadline,
    cancel: Arc<Cancel>,
    patience: Patience,
}

impl Attempt {
    /// Begins now.
    pub(crate) fn new(timeout: Duration, cancel: Arc<Cancel>) -> Self {
        let clock = Clock::start();
        let deadline = Deadline::new(Duration::ZERO, timeout);
        let patience = cancel.patience(None);
        Self { clock, deadline, cancel, patience }
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    pub(crate) fn cancel(&self) -> &Arc<Cancel> {
        &self.cancel
    }

    pub(crate) fn now(&self) -> Tick {
        self.clock.now()
    }

    /// The patience of calls that are part of this. [`Attempt::left`] has better words for its end.
    pub(crate) fn patience(&self) -> Patience {
        self.patience.until(Some(Tick::new(self.deadline.end())))
    }

    /// Goes on to another phase.
    pub(crate) fn enter(&mut self, phase: Phase) {
        if phase != self.deadline.phase() {
            self.deadline.enter(phase, self.now().since_start());
        }
    }

    /// The time that is left.
    ///
    /// # Errors
    /// `Timeout` with the phase when there is none, `Cancelled` when the caller has given up.
    pub(crate) fn left(&self) -> Result<Duration, Error> {
        let now = self.now();
        if let Some(error) = self.cancel.exhausted(self.patience, now) {
            return Err(error);
        }
        self.deadline
            .remaining(now.since_start())
            .map_err(|expired| Error::with_source(ErrorKind::Timeout, expired.to_string(), expired))
    }

    /// How long each phase took that was entered; ends the last one.
    pub(crate) fn spent(&mut self) -> Vec<(Phase, Duration)> {
        self.deadline.enter(self.deadline.phase(), self.now().since_start());
        self.deadline.spent().filter(|(_, spent)| !spent.is_zero()).collect()
    }
}
