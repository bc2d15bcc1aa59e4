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
}

/// What a [`Canceller`] and the calls it cancels share.
#[derive(Debug)]
pub(crate) struct Cancel {
    pub(crate) waker: Waker,
    count: AtomicU64,
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
        Ok(Self { waker: Waker::new()?, count: AtomicU64::new(0) })
    }

    /// The patience of a call that begins now.
    pub(crate) fn patience(&self, deadline: Option<Tick>) -> Patience {
        Patience { deadline, cancels: self.count.load(Ordering::SeqCst) }
    }

    /// All of them so far are told.
    pub(crate) fn told(&self) -> Told {
        Told(AtomicU64::new(self.count.load(Ordering::SeqCst)))
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
