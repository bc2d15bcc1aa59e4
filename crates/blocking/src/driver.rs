//! The only loop: whoever waits for something moves everybody's bytes until it is there.
//!
//! There is no thread behind a connection. A call that waits takes the wheel: it writes what is queued, reads what has come, and sleeps in
//! poll(2) for either, for the session's next deadline or its own. While one thread sleeps the lock is free, so others submit commands
//! and write them at once; they wait on a condition until their answer is there or the wheel is. While a call waits it always reads too,
//! so that a server that writes and a client that uploads cannot wait for each other (ADR 11).
//!
//! ```text
//!   wait(ready): ready? ──no──▶ flush ─▶ read ─▶ session ─▶ timers ──nothing moved──▶ nobody polls: poll(2)   ──┐
//!                  ▲                              `──something moved──┐         `────▶ somebody does: condition ──┤
//!                  `───────────────────────────────────────────────────┴───────────────────────────────────────────'
//! ```
//!
//! RFC 9051 §2.1; protocol.md M29, M31, M32, T104, T112. Invariants: the lock is never held while anything waits, nor while code of the caller's
//! runs that may; every wait ends (its own deadline, the session's timers, or a limit on how long the peer may take no octet).

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use imapkit_session::{Error, Tick};

use crate::cancel::{Cancel, Patience};
use crate::client::closed_by_caller;
use crate::engine::Engine;
use crate::failure;
use crate::poll;
use crate::socket::Socket;

/// No sleep is longer, whoever asks for it.
const LONGEST: Duration = Duration::from_secs(3600);

/// One connection: what all its handles share.
pub(crate) struct Driver {
    engine: Mutex<Engine>,
    turn: Condvar,
    socket: Socket,
    cancel: Arc<Cancel>,
    clock: Clock,
}

/// Time since a start of our own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> Tick {
        Tick::new(self.0.elapsed())
    }
}

impl Driver {
    pub(crate) fn new(engine: Engine, socket: Socket, cancel: Arc<Cancel>, clock: Clock) -> Self {
        Self { engine: Mutex::new(engine), turn: Condvar::new(), socket, cancel, clock }
    }

    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    pub(crate) fn cancel(&self) -> &Arc<Cancel> {
        &self.cancel
    }

    /// The patience of a call that begins now and may take so long.
    pub(crate) fn patience(&self, timeout: Option<Duration>) -> Patience {
        self.cancel.patience(timeout.map(|timeout| self.clock.now().after(timeout)))
    }

    /// Fails when the patience has ended: for those who find what they wait for again and again.
    pub(crate) fn check(&self, patience: Patience) -> Result<(), Error> {
        self.cancel.exhausted(patience, self.clock.now()).map_or(Ok(()), Err)
    }

    /// The state, for what takes no time.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Engine> {
        // A panic in a caller's `Command` leaves the session as it was before or after a response; both are sound.
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, of the session for instance, which first hears what has come since the last call.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Engine) -> T) -> T {
        let mut engine = self.lock();
        engine.catch_up(&self.socket, self.clock.now());
        let changed = change(&mut engine);
        if engine.polling {
            // What is to be waited for may be different now.
            self.cancel.waker.wake();
        }
        changed
    }

    /// Sends what can be sent without waiting.
    pub(crate) fn flush(&self) {
        self.lock().flush(&self.socket, self.clock.now());
    }

    /// Has the thread that waits for the server look again at what there is to wait for.
    pub(crate) fn nudge(&self) {
        self.cancel.waker.wake();
    }

    /// Ends the connection now.
    pub(crate) fn close(&self) {
        let now = self.clock.now();
        let mut engine = self.lock();
        engine.fail(now, closed_by_caller());
        engine.flush(&self.socket, now);
        engine.tell();
        self.nudge();
    }

    /// Moves bytes until `ready` finds what it looks for.
    ///
    /// # Errors
    /// `Cancelled` or `Timeout` when the patience ends. That the connection is over is for `ready` to find.
    pub(crate) fn wait<T>(
        &self,
        patience: Patience,
        mut ready: impl FnMut(&mut Engine, Tick) -> Option<T>,
    ) -> Result<T, Error> {
        let mut engine = self.lock();
        loop {
            let now = self.clock.now();
            // First, since another thread may have brought it.
            let found = ready(&mut engine, now);
            let over = if found.is_none() { self.cancel.exhausted(patience, now) } else { None };
            let leaving = found.is_some() || over.is_some();
            let worked = !leaving && engine.step(&self.socket, now);
            if worked && engine.polling {
                // What moved may be what that thread waits for.
                self.nudge();
            }
            if engine.followers > 0 && (worked || leaving) {
                self.turn.notify_all();
            }
            match (found, over) {
                (Some(found), _) => return Ok(found),
                (None, Some(error)) => return Err(error),
                (None, None) if worked => {}
                (None, None) => engine = self.sleep(engine, patience, now),
            }
        }
    }

    /// Sleeps until there may be something to do.
    fn sleep<'a>(
        &'a self,
        mut engine: MutexGuard<'a, Engine>,
        patience: Patience,
        now: Tick,
    ) -> MutexGuard<'a, Engine> {
        if engine.flush(&self.socket, now) {
            return engine;
        }
        let until = engine.due().into_iter().chain(patience.deadline()).min();
        let timeout = until.map_or(LONGEST, |until| now.until(until).min(LONGEST)).min(self.socket.look_after());
        if engine.polling {
            engine.followers += 1;
            let (mut engine, _) = self.turn.wait_timeout(engine, timeout).unwrap_or_else(PoisonError::into_inner);
            engine.followers -= 1;
            return engine;
        }
        engine.polling = true;
        let interest = engine.interest();
        drop(engine);
        let outcome = poll::wait_for_ends(self.socket.ends(), interest, &self.cancel.waker, timeout);
        let mut engine = self.lock();
        engine.polling = false;
        if engine.followers > 0 {
            // One of them polls next; all of them look whether they were cancelled.
            self.turn.notify_all();
        }
        match outcome {
            Ok(ready) => engine.readable |= ready.read,
            Err(error) => engine.fail(self.clock.now(), failure::io("waiting for the server", error)),
        }
        engine
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let now = self.clock.now();
        let engine = self.engine.get_mut().unwrap_or_else(PoisonError::into_inner);
        engine.fail(now, closed_by_caller());
        engine.flush(&self.socket, now);
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock().session.state();
        f.debug_struct("Driver").field("socket", &self.socket).field("state", &state).finish_non_exhaustive()
    }
}
