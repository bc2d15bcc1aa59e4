//! The handle of a connection: runs commands, listens, ends it.
//!
//! Separate from the verbs, which are sugar over [`Client::run`]. A handle is cheap to clone and may be used from several tasks at once;
//! all of them share one connection and its pipeline. RFC 9051 §5.5.
//!
//! Invariants: submitting never waits; commands are sent in the order in which they were submitted; no method blocks the thread.

use std::sync::Arc;
use std::time::Duration;

use imapkit_session::commands::Noop;
use imapkit_session::{CapabilityBook, Command, Error, ErrorKind, Login, Opened};

use crate::connect::ConnectionInfo;
use crate::events::Events;
use crate::link::{Link, Ticket};
use crate::reply::{Promise, Reply};

/// A connection to an IMAP server. When the last handle (clients, selected mailboxes, streams, replies) is gone the connection is closed.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) link: Link,
    info: Arc<ConnectionInfo>,
    pub(crate) bounds: Bounds,
}

/// What one command may be at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Octets of a line, half of which a set of messages may take.
    pub(crate) line: usize,
    /// Messages it may name, if the server says so (MESSAGELIMIT).
    pub(crate) messages: Option<u32>,
}

impl Client {
    pub(crate) fn new(link: Link, info: Arc<ConnectionInfo>, bounds: Bounds) -> Self {
        Self { link, info, bounds }
    }

    /// Sends a command and waits for its answer.
    ///
    /// # Errors
    /// What the server answered if not OK; what was wrong with the command, found before a byte was sent; why the connection ended.
    /// Dropping the future gives the answer up, see [`Reply`].
    pub async fn run<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        self.submit(command).await
    }

    /// Queues a command at once and returns its answer to come. Several submitted one after another go out in one write, as far as the rules
    /// of pipelining allow.
    pub fn submit<C: Command>(&self, command: C) -> Reply<C::Output> {
        self.link.run(command)
    }

    /// What the server offers and what is switched on, as of now.
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn capabilities(&self) -> Result<CapabilityBook, Error> {
        self.link.ask(|engine| Ok(engine.session.capabilities().clone())).await
    }

    /// What was found out while connecting: greeting, server id, namespaces, TLS, address, times.
    pub fn opened(&self) -> &ConnectionInfo {
        &self.info
    }

    /// Everything the server says unasked, from now on.
    pub fn events(&self) -> Events {
        Events::new(&self.link)
    }

    /// Logs in on a connection that was opened without credentials.
    ///
    /// # Errors
    /// When somebody is logged in already, or the server refuses; then the connection is closed.
    pub async fn login(&self, login: impl Login + 'static) -> Result<Opened, Error> {
        let (promise, slot) = Promise::new(self.link.fate());
        self.link.send(move |engine| engine.login(Box::new(login), promise));
        Reply::new(slot, self.link.clone(), Ticket::default()).await
    }

    /// Finds out whether the server is still there, after the machine has slept for instance: NOOP, and an answer within `timeout`. Without
    /// one the connection is closed, so that nobody waits for it any longer (M32). Dropping the future closes nothing.
    ///
    /// # Errors
    /// `Timeout`, or why the connection is over.
    pub async fn probe(&self, timeout: Duration) -> Result<(), Error> {
        let answer = tokio::time::timeout(timeout, self.submit(Noop)).await;
        answer.unwrap_or_else(|_| {
            let error =
                Error::new(ErrorKind::Timeout, format!("no answer to NOOP within {timeout:?}: the connection is dead"));
            let why = error.clone();
            self.link.send(move |engine| engine.close(why));
            Err(error)
        })
    }

    /// Closes the connection at once, without a word. Commands under way fail, those that change something with `Unknown`.
    pub fn close(&self) {
        self.link.send(|engine| engine.close(closed_by_caller()));
    }

    /// Both are handles of the same connection.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.link.fate(), other.link.fate())
    }

    /// Why the connection is over, once it is.
    pub fn error(&self) -> Option<Error> {
        self.link.fate().end().cloned()
    }

    /// False once the connection is over.
    pub fn is_open(&self) -> bool {
        self.link.fate().end().is_none()
    }
}

/// The caller's wish, as the reason why a connection is over.
pub(crate) fn closed_by_caller() -> Error {
    Error::new(ErrorKind::Closed, "closed by the application")
}
