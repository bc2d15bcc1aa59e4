//! Ending calls from another thread.
//!
//! Apart from the driver because connecting is such a call too, and has no driver yet. protocol.md M29–M31: what a cancelled call has sent is
//! not taken back; its answer is thrown away when it comes. No RFC.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use imapkit_session::{Error, ErrorKind, Tick};

use crate::driver::Clock;
use crate::failure;
use crate::poll::{self, Waker};

/// Ends the calls in progress on one connection, from any thread. Cheap to clone; outlives the connection without harm.
///
/// Every call that waits when [`Canceller::cancel`] is called ends at once with `Cancelled`, and so do iterators and bodies that were begun
/// before, and watches, when they are read next: a watch is told once and goes on. Calls that begin later are not affected.
///
/// A command that was not sent is taken back. One that was sent runs on the server all the same, and its answer is thrown away: the
/// connection stays good for the next command, and the error is `Unknown` if the command changes something. Only a message in the middle of
/// an upload cannot be given up without closing the connection.
#[derive(Clone, Debug)]
pub struct Canceller(pub(crate) Arc<Cancel>);

impl Canceller {
    /// Ends the calls in progress. Does not wait for them.
    pub fn cancel(&self) {
        self.0.count.fetch_add(1, Ordering::SeqCst);
        self.0.waker.wake();
    }

    /// From here on calls belong together until the next time: each is ended by what was cancelled since, even if it had not begun by then.
    /// For programs whose own calls are made of several, and are to be cancelled at any moment. It ends nothing itself.
    pub fn begin(&self) {
        self.0.begun.store(self.0.count.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

/// What a [`Canceller`] and the calls it cancels share.
#[derive(Debug)]
pub(crate) struct Cancel {
    pub(crate) waker: Waker,
    count: AtomicU64,
    /// Cancellations before the calls that belong together; more than there can be when each is for itself.
    begun: AtomicU64,
}

/// How long a call waits: until a moment, or until it is cancelled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    deadline: Option<Tick>,
    /// Cancellations before this call.
    cancels: u64,
}

/// The cancellations that somebody who waits again and again has been told of: one that comes between two waits ends the second.
#[derive(Debug)]
pub(crate) struct Told(AtomicU64);

impl Patience {
    /// Ended by what came since that was told, too.
    pub(crate) fn since(self, told: &Told) -> Self {
        Self { cancels: told.0.load(Ordering::SeqCst), ..self }
    }

    /// Until then at most.
    pub(crate) fn until(self, deadline: Option<Tick>) -> Self {
        Self { deadline, ..self }
    }

    pub(crate) fn deadline(self) -> Option<Tick> {
        self.deadline
    }
}

impl Cancel {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { waker: Waker::new()?, count: AtomicU64::new(0), begun: AtomicU64::new(u64::MAX) })
    }

    /// The patience of a call that begins now.
    pub(crate) fn patience(&self, deadline: Option<Tick>) -> Patience {
        Patience { deadline, cancels: self.before() }
    }

    /// All of them so far are told.
    pub(crate) fn told(&self) -> Told {
        Told(AtomicU64::new(self.before()))
    }

    /// Cancellations that are no concern of what begins now.
    fn before(&self) -> u64 {
        let begun = self.begun.load(Ordering::SeqCst);
        self.count.load(Ordering::SeqCst).min(begun)
    }

    /// This one is told now.
    pub(crate) fn tell(&self, told: &Told) {
        told.0.store(self.count.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// Waits for nothing but the time, until this moment by `clock`.
    pub(crate) fn sleep(&self, patience: Patience, clock: Clock, until: Tick) -> Result<(), Error> {
        loop {
            let now = clock.now();
            if until <= now {
                return Ok(());
            }
            if let Some(over) = self.exhausted(patience, now) {
                return Err(over);
            }
            let end = patience.deadline().map_or(until, |deadline| deadline.min(until));
            let slept = poll::wait_writable(std::iter::empty(), &self.waker, now.until(end));
            slept.map_err(|error| failure::io("waiting", error))?;
        }
    }

    /// Why a call with this patience has to end now.
    pub(crate) fn exhausted(&self, patience: Patience, now: Tick) -> Option<Error> {
        if self.count.load(Ordering::SeqCst) != patience.cancels {
            return Some(Error::new(ErrorKind::Cancelled, "cancelled"));
        }
        patience.deadline.filter(|deadline| *deadline <= now)?;
        Some(Error::new(ErrorKind::Timeout, "the time given for this call is over"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m031_calls_that_belong_together_are_ended_by_what_came_between_them() {
        let cancel = Arc::new(Cancel::new().unwrap());
        let canceller = Canceller(Arc::clone(&cancel));
        let is_over = |patience| cancel.exhausted(patience, Tick::new(std::time::Duration::ZERO)).is_some();
        canceller.cancel();
        assert!(!is_over(cancel.patience(None)), "each for itself");
        canceller.begin();
        let first = cancel.patience(None);
        assert!(!is_over(first));
        canceller.cancel();
        assert!(is_over(first) && is_over(cancel.patience(None)));
        assert!(is_over(cancel.patience(None).since(&cancel.told())));
        canceller.begin();
        assert!(!is_over(cancel.patience(None)));
    }
}
