//! One deadline over everything between a name and a session, with the phase that used it up (C25, T111).
//!
//! Separate because resolving, connecting, proxies and the opening all run under the same one. The arithmetic is `dial`'s.

use std::future::Future;
use std::time::Duration;

use imapkit_dial::{Deadline, Phase};
use imapkit_session::{Error, ErrorKind};
use tokio::time::{Instant, timeout_at};

/// A running connect.
pub(crate) struct Clock {
    start: Instant,
    deadline: Deadline,
}

impl Clock {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { start: Instant::now(), deadline: Deadline::new(Duration::ZERO, timeout) }
    }

    /// When it began.
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// Goes on to another phase.
    pub(crate) fn enter(&mut self, phase: Phase) {
        if phase != self.deadline.phase() {
            self.deadline.enter(phase, self.start.elapsed());
        }
    }

    /// When time is up.
    pub(crate) fn end(&self) -> Instant {
        self.start + self.deadline.end()
    }

    /// Waits for `work`, but not beyond the end.
    pub(crate) async fn within<F: Future>(&self, work: F) -> Result<F::Output, Error> {
        timeout_at(self.end(), work).await.map_err(|_| self.expired())
    }

    /// The error that says in which phase time was up.
    pub(crate) fn expired(&self) -> Error {
        match self.deadline.remaining(self.deadline.end()) {
            Err(expired) => Error::with_source(ErrorKind::Timeout, expired.to_string(), expired),
            Ok(_) => Error::new(ErrorKind::Timeout, "timed out"),
        }
    }

    /// How long each phase took that was entered; ends the last one.
    pub(crate) fn spent(&mut self) -> Vec<(Phase, Duration)> {
        self.deadline.enter(self.deadline.phase(), self.start.elapsed());
        self.deadline.spent().filter(|(_, spent)| !spent.is_zero()).collect()
    }
}
