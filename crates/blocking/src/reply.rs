//! The answer to one command, to be waited for when it is needed.
//!
//! Separate because every verb ends here, and because what happens to a command nobody waits for any more is decided in one place (M29–M31,
//! T105): one not sent yet is taken back, one that was sent is answered by the server all the same and its answer thrown away. No RFC.
//!
//! Invariant: an answer is given once; giving up never disturbs the next command.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use imapkit_session::{Command, CommandId, Error, ErrorKind, Session};

use crate::cancel::Patience;
use crate::driver::Driver;
use crate::engine::Engine;

/// The answer to a command that has been submitted.
///
/// Several commands submitted one after another go out in one write when the first answer is waited for, as far as the rules of pipelining
/// allow. Dropping a reply gives its command up, see [`Canceller`](crate::Canceller) for what that means.
#[must_use = "dropping the reply gives the command up"]
pub struct Reply<T> {
    slot: Arc<Slot<T>>,
    driver: Arc<Driver>,
    id: CommandId,
    name: &'static str,
    /// Its effect cannot be taken back or repeated.
    writes: bool,
    timeout: Option<Duration>,
    done: bool,
}

/// What the session calls with the answer.
type Answered<T> = Box<dyn FnOnce(Result<T, Error>) + Send>;

/// Where the session leaves the answer.
struct Slot<T>(Mutex<Option<Result<T, Error>>>);

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, Option<Result<T, Error>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + 'static> Reply<T> {
    /// Submits a command. `timeout` is for waiting.
    pub(crate) fn submit<C: Command<Output = T>>(driver: &Arc<Driver>, command: C, timeout: Option<Duration>) -> Self {
        Self::submit_then(driver, command, timeout, Session::submit, |_, _| {})
    }

    /// Submits a command that goes out as soon as somebody is logged in, while the connection is still being opened.
    pub(crate) fn submit_when_ready<C: Command<Output = T>>(driver: &Arc<Driver>, command: C) -> Self {
        Self::submit_then(driver, command, None, Session::submit_when_ready, |_, _| {})
    }

    /// Submits a command whose literals the caller supplies.
    pub(crate) fn submit_upload<C: Command<Output = T>>(driver: &Arc<Driver>, command: C) -> Self {
        Self::submit_then(driver, command, None, Session::submit, Engine::add_uploader)
    }

    fn submit_then<C: Command<Output = T>>(
        driver: &Arc<Driver>,
        command: C,
        timeout: Option<Duration>,
        submit: fn(&mut Session, C, Answered<T>) -> CommandId,
        then: impl FnOnce(&mut Engine, CommandId),
    ) -> Self {
        let slot = Arc::new(Slot(Mutex::new(None)));
        let (name, writes) = (command.name(), command.rules().writes);
        let answered = Arc::clone(&slot);
        let reply: Answered<T> = Box::new(move |result| *answered.lock() = Some(result));
        let id = driver.change(|engine| {
            let id = submit(&mut engine.session, command, reply);
            then(engine, id);
            id
        });
        Self { slot, driver: Arc::clone(driver), id, name, writes, timeout, done: false }
    }

    /// Waits for the answer, as long as the client's timeout says, if it has one.
    ///
    /// # Errors
    /// What the server answered if not OK; what was wrong with the command, found before a byte was sent; why the connection ended;
    /// `Timeout`, `Cancelled`, or `Unknown` for a command that may have changed something.
    pub fn wait(self) -> Result<T, Error> {
        let patience = self.driver.patience(self.timeout);
        self.wait_with(patience)
    }

    /// Waits for the answer, at most so long.
    ///
    /// # Errors
    /// As [`Reply::wait`].
    pub fn wait_timeout(self, timeout: Duration) -> Result<T, Error> {
        let patience = self.driver.patience(Some(timeout));
        self.wait_with(patience)
    }

    pub(crate) fn wait_with(mut self, patience: Patience) -> Result<T, Error> {
        let answer = self.driver.wait(patience, |_, _| self.slot.lock().take());
        self.done = true;
        match answer {
            Ok(answer) => answer,
            Err(over) => self.give_up(&over),
        }
    }

    /// Which command it is, for uploads.
    pub(crate) fn id(&self) -> CommandId {
        self.id
    }

    /// The answer is there.
    pub(crate) fn is_answered(&self) -> bool {
        self.slot.lock().is_some()
    }

    /// Nobody waits any more.
    fn give_up(&mut self, over: &Error) -> Result<T, Error> {
        self.done = true;
        self.driver.change(|engine| engine.session.cancel(self.id));
        let unsent = match self.slot.lock().take() {
            // It came at the last moment, or it failed for a reason of its own.
            Some(Ok(answer)) => return Ok(answer),
            Some(Err(error)) if error.kind() != ErrorKind::Cancelled => return Err(error),
            Some(Err(_)) => true,
            None => false,
        };
        if self.writes && !unsent {
            let text = format!("it is not known whether the server did it: {over}");
            return Err(Error::with_source(ErrorKind::Unknown, text, over.clone()).in_command(self.name));
        }
        Err(over.in_command(self.name))
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        if !self.done && self.slot.lock().is_none() {
            self.driver.change(|engine| engine.session.cancel(self.id));
        }
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("command", &self.name).finish_non_exhaustive()
    }
}
