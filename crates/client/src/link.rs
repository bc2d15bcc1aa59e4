//! The way from the handles to the driver: jobs in, answers out.
//!
//! Separate because every handle (client, selected mailbox, stream, body, reply) holds one and nothing else of the connection. A job is a
//! closure over the [`Engine`], so the queue knows no verbs. No RFC.
//!
//! Invariants: sending never waits and never blocks; jobs run in the order in which they were sent; a job that cannot run any more is
//! dropped, and the promise in it breaks. The driver ends when the last link is gone.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Waker;

use imapkit_session::{Command, CommandId, Error, ErrorKind};
use tokio::sync::mpsc::UnboundedSender;

use crate::engine::Engine;
use crate::reply::{Promise, Reply};

/// Something to do between two readings of the socket.
pub(crate) type Job = Box<dyn FnOnce(&mut Engine) + Send>;

/// A handle to the driver.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    jobs: UnboundedSender<Job>,
    fate: Arc<Fate>,
}

/// What the driver and all handles know together.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    /// Why the connection is over, once it is.
    end: OnceLock<Error>,
    /// Promises not kept yet.
    awaited: AtomicUsize,
    /// Readers for whom something has come in since the driver last looked.
    readers: Mutex<Vec<Waker>>,
}

/// Names a submitted command, also before the driver has seen it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ticket(Arc<OnceLock<CommandId>>);

impl Link {
    pub(crate) fn new(jobs: UnboundedSender<Job>, fate: Arc<Fate>) -> Self {
        Self { jobs, fate }
    }

    pub(crate) fn fate(&self) -> &Arc<Fate> {
        &self.fate
    }

    /// Has the driver do something. When it is gone the job is dropped.
    pub(crate) fn send(&self, job: impl FnOnce(&mut Engine) + Send + 'static) {
        let _ = self.jobs.send(Box::new(job));
    }

    /// Has the driver submit a command; `reply` is called by the session and must not block.
    pub(crate) fn submit<C: Command>(
        &self,
        command: C,
        reply: impl FnOnce(Result<C::Output, Error>) + Send + 'static,
    ) -> Ticket {
        let ticket = Ticket::default();
        let cell = ticket.clone();
        self.send(move |engine| cell.fill(engine.submit(command, reply)));
        ticket
    }

    /// Submits a command whose answer goes to one future.
    pub(crate) fn run<C: Command>(&self, command: C) -> Reply<C::Output> {
        let (promise, slot) = Promise::new(&self.fate);
        let ticket = self.submit(command, move |result| promise.complete(result));
        Reply::new(slot, self.clone(), ticket)
    }

    /// Asks the driver for something the session knows.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Reply<T> {
        let (promise, slot) = Promise::new(&self.fate);
        self.send(move |engine| promise.complete(look(engine)));
        Reply::new(slot, self.clone(), Ticket::default())
    }

    /// Nobody wants that command's answer any more.
    pub(crate) fn cancel(&self, ticket: &Ticket) {
        let ticket = ticket.clone();
        self.send(move |engine| {
            if let Some(&id) = ticket.0.get() {
                engine.session.cancel(id);
            }
        });
    }
}

impl Ticket {
    /// The command has got its number.
    pub(crate) fn fill(&self, id: CommandId) {
        let _ = self.0.set(id);
    }
}

impl Fate {
    /// Notes why the connection is over; the first reason stands.
    pub(crate) fn seal(&self, error: Error) {
        let _ = self.end.set(error);
    }

    /// Why the connection is over, once it is.
    pub(crate) fn end(&self) -> Option<&Error> {
        self.end.get()
    }

    /// The error for those who come too late, or whose driver is gone.
    pub(crate) fn error(&self) -> Error {
        self.end().cloned().unwrap_or_else(|| Error::new(ErrorKind::Closed, "the connection's driver is gone"))
    }

    /// Somebody waits for the answer to a command.
    pub(crate) fn is_awaited(&self) -> bool {
        self.awaited.load(Ordering::Relaxed) > 0
    }

    /// Has the driver wake a reader once it has taken in all that was read: then there is more to be had for one waking.
    pub(crate) fn wake_later(&self, reader: Waker) {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
    }

    /// Wakes those.
    pub(crate) fn wake_readers(&self) {
        let readers = std::mem::take(&mut *self.readers.lock().unwrap_or_else(PoisonError::into_inner));
        readers.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn promised(&self) {
        self.awaited.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn settled(&self) {
        self.awaited.fetch_sub(1, Ordering::Relaxed);
    }
}
