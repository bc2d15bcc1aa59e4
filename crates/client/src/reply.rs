//! The answer to one command, as a future.
//!
//! Separate because every verb ends here, and because what happens when a future is dropped is decided in one place (M29, M30, T105):
//! a command not sent yet is taken back, one that was sent is answered by the server all the same and its answer thrown away. No RFC.
//!
//! ```text
//! Client::submit --> Reply (caller)  <--wake--  Slot  <--complete--  Promise (inside the session)
//! ```
//!
//! Invariant: a promise is kept or broken, never forgotten: dropping one, with the driver or with its queue, fails the reply.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use imapkit_session::{Error, ErrorKind};

use crate::link::{Fate, Link, Ticket};

/// The answer to a command that has been submitted. The command is under way whether this is polled or not; dropping it cancels.
///
/// Cancelling takes a command back that was not sent yet. One that was sent runs on the server all the same, and its answer is thrown away;
/// the connection stays good for the next command.
#[must_use = "dropping the reply cancels the command"]
pub struct Reply<T> {
    slot: Arc<Slot<T>>,
    link: Link,
    ticket: Ticket,
}

/// The driver's end of a reply.
pub(crate) struct Promise<T> {
    slot: Arc<Slot<T>>,
    fate: Arc<Fate>,
}

/// Where the two ends meet.
pub(crate) struct Slot<T>(Mutex<State<T>>);

enum State<T> {
    Waiting(Option<Waker>),
    Answered(Result<T, Error>),
    Taken,
}

impl<T> Promise<T> {
    pub(crate) fn new(fate: &Arc<Fate>) -> (Self, Arc<Slot<T>>) {
        fate.promised();
        let slot = Arc::new(Slot(Mutex::new(State::Waiting(None))));
        (Self { slot: Arc::clone(&slot), fate: Arc::clone(fate) }, slot)
    }

    /// Keeps the promise.
    pub(crate) fn complete(self, result: Result<T, Error>) {
        self.slot.complete(result);
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.fate.settled();
        if matches!(*self.slot.lock(), State::Waiting(_)) {
            self.slot.complete(Err(self.fate.error()));
        }
    }
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn complete(&self, result: Result<T, Error>) {
        let before = std::mem::replace(&mut *self.lock(), State::Answered(result));
        if let State::Waiting(Some(waker)) = before {
            waker.wake();
        }
    }
}

impl<T> Reply<T> {
    pub(crate) fn new(slot: Arc<Slot<T>>, link: Link, ticket: Ticket) -> Self {
        Self { slot, link, ticket }
    }
}

impl<T> Future for Reply<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.slot.lock();
        match &mut *state {
            State::Waiting(Some(waker)) => waker.clone_from(cx.waker()),
            State::Waiting(none) => *none = Some(cx.waker().clone()),
            State::Answered(_) | State::Taken => {
                return match std::mem::replace(&mut *state, State::Taken) {
                    State::Answered(result) => Poll::Ready(result),
                    _ => Poll::Ready(Err(Error::new(ErrorKind::Misuse, "a reply was polled after its answer"))),
                };
            }
        }
        Poll::Pending
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        if matches!(*self.slot.lock(), State::Waiting(_)) {
            self.link.cancel(&self.ticket);
        }
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("command", &self.ticket).finish_non_exhaustive()
    }
}
