//! Several connections to one account, within a budget that the server has a say in.
//!
//! ```no_run
//! use imapkit::{Config, Pool};
//!
//! # async fn run() -> Result<(), imapkit::Error> {
//! let pool = Pool::new(&Config::tls("imap.example.org").login("me", "secret"));
//! let lease = pool.mailbox("Archive").await?; // one that has it open already, if there is one
//! let inbox = lease.mailbox().expect("it is open");
//! println!("{} messages", inbox.exists().await?);
//! # Ok(()) } // dropping the lease gives the connection back
//! ```
//!
//! Separate from [`crate::Steady`], which is one connection for what has to be heard all the time. Providers count connections over all
//! programs of an account and lock out who has too many, so the budget is small and shrinks with every refusal. RFC 9051 §5.4, RFC 5530
//! (LIMIT); protocol.md §5.5, M30, M33, T106, T110.
//!
//! Invariants: never more connections than the budget; one is being made at a time; whoever waits longest is served first; a connection that
//! is poisoned, saying goodbye, in the middle of an answer or in IDLE is not handed out again.

mod lease;
mod options;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use imapkit_session::recovery::{Budget, Circuit, Next, Trouble};
use imapkit_session::types::Mailbox;
use imapkit_session::{Error, ErrorKind, Tick};
use tokio::sync::{Mutex as AsyncMutex, Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::client::Client;
use crate::config::Config;
use crate::redial::Redial;
use crate::selected::Selected;
use crate::steady::no_connection;

pub use lease::Lease;
pub use options::PoolOptions;

/// How long a connection that was handed back may take to come to the end of what its user gave up (M30).
const DRAIN: Duration = Duration::from_secs(2);

/// Connections to one account. Cheap to clone; when the last handle and the last lease are gone all are closed.
#[derive(Clone, Debug)]
pub struct Pool {
    inner: Arc<Inner>,
}

/// How a pool stands.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PoolStatus {
    /// Connections there are.
    pub open: u32,
    /// Those of them that nobody uses.
    pub idle: u32,
    /// How many there may be, as far as the server has taught us.
    pub allowed: u32,
    /// Why the last attempt to make another came to nothing, until one succeeds.
    pub why: Option<Error>,
}

#[derive(Debug)]
struct Inner {
    options: PoolOptions,
    redial: AsyncMutex<Redial>,
    state: Mutex<State>,
    /// One for each connection there may be; waiting for one is fair.
    permits: Arc<Semaphore>,
    /// A connection has been handed back.
    rested: Notify,
    start: Instant,
}

#[derive(Debug)]
struct State {
    idle: Vec<Resting>,
    budget: Budget,
    /// Permits there are.
    issued: u32,
    /// Connections there are.
    open: u32,
    why: Option<Error>,
}

/// A connection that nobody uses.
#[derive(Debug)]
struct Resting {
    client: Client,
    mailbox: Option<Selected>,
    since: Instant,
}

/// Why a connection was not made.
enum Failed {
    /// The server allows no more than there are: one of them has to be waited for.
    Full,
    /// It will not work by waiting.
    Never(Error),
    /// A connection was handed back meanwhile.
    Rested,
}

impl Pool {
    /// A pool with the usual options; connects when the first connection is asked for.
    pub fn new(config: &Config) -> Self {
        Self::with(config, PoolOptions::default())
    }

    /// A pool; connects when the first connection is asked for.
    pub fn with(config: &Config, options: PoolOptions) -> Self {
        let budget = Budget::new(options.connections);
        let issued = budget.allowed();
        let redial = Redial::new(config.clone(), options.backoff);
        let state = State { idle: Vec::new(), budget, issued, open: 0, why: None };
        let inner = Inner {
            options,
            redial: AsyncMutex::new(redial),
            state: Mutex::new(state),
            permits: Arc::new(Semaphore::new(usize::try_from(issued).unwrap_or(usize::MAX >> 3))),
            rested: Notify::new(),
            start: Instant::now(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// A connection, whatever is selected on it. Waits until one is free, at most as long as [`PoolOptions::patience`].
    ///
    /// # Errors
    /// `Timeout` when none was free, or could be made, in that time; why none can be made by waiting. Dropping the future leaves the queue.
    pub async fn client(&self) -> Result<Lease, Error> {
        self.lease(None).await
    }

    /// A connection with this mailbox selected, for reading and writing: one that has it selected already if there is one.
    ///
    /// # Errors
    /// As [`Pool::client`], and what the server answered to SELECT.
    pub async fn mailbox<M>(&self, name: M) -> Result<Lease, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let name: Mailbox = name.try_into()?;
        let mut lease = self.lease(Some(&name)).await?;
        lease.open_named(name).await?;
        Ok(lease)
    }

    /// How it stands.
    pub fn status(&self) -> PoolStatus {
        let state = self.inner.state();
        PoolStatus {
            open: state.open,
            idle: u32::try_from(state.idle.len()).unwrap_or(u32::MAX),
            allowed: state.budget.allowed(),
            why: state.why.clone(),
        }
    }

    /// Makes new connections by another configuration, with fresh credentials for instance: also when the old ones were refused.
    pub async fn replace(&self, config: &Config) {
        self.inner.redial.lock().await.replace(config.clone());
    }

    /// Says goodbye on the connections that nobody uses.
    pub async fn close_idle(&self) {
        let idle = {
            let mut state = self.inner.state();
            let idle = std::mem::take(&mut state.idle);
            // Counted off at once: this future may be dropped.
            state.open = state.open.saturating_sub(u32::try_from(idle.len()).unwrap_or(u32::MAX));
            idle
        };
        for resting in idle {
            let _ = resting.client.logout().await;
        }
    }

    async fn lease(&self, mailbox: Option<&Mailbox>) -> Result<Lease, Error> {
        let patience = self.inner.options.patience;
        let deadline = Instant::now() + patience;
        let inner = &self.inner;
        let late = || no_connection(patience, inner.state().why.clone());
        loop {
            inner.relax();
            let permit = timeout_at(deadline, Arc::clone(&inner.permits).acquire_owned()).await;
            let Ok(Ok(permit)) = permit else { return Err(late()) };
            let permit = Permit { permit: Some(permit), inner: Arc::clone(inner) };
            loop {
                if let Some((client, mailbox)) = inner.wake(mailbox).await {
                    return Ok(Lease::new(permit, client, mailbox));
                }
                match timeout_at(deadline, inner.dial()).await {
                    Ok(Ok(client)) => return Ok(Lease::new(permit, client, None)),
                    Ok(Err(Failed::Rested)) => {}
                    Ok(Err(Failed::Full)) => break,
                    Ok(Err(Failed::Never(error))) => return Err(error),
                    Err(_) => return Err(late()),
                }
            }
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Tick {
        Tick::new(self.start.elapsed())
    }

    fn is_full(&self) -> bool {
        let state = self.state();
        state.open >= state.budget.allowed()
    }

    /// What is known of the server's limit fades with time.
    fn relax(&self) {
        let now = self.now();
        let mut state = self.state();
        state.budget.relax(now);
        let more = state.budget.allowed().saturating_sub(state.issued);
        state.issued += more;
        drop(state);
        self.permits.add_permits(usize::try_from(more).unwrap_or_default());
    }

    /// A connection that rests and can be used, the one with this mailbox first.
    async fn wake(&self, mailbox: Option<&Mailbox>) -> Option<(Client, Option<Selected>)> {
        loop {
            let resting = self.state().pick(mailbox)?;
            let guard = Leaving { inner: self, client: Some(resting.client.clone()) };
            if resting.is_usable(&self.options).await {
                let mailbox = match resting.mailbox {
                    Some(selected) if selected.exists().await.is_ok() => Some(selected),
                    _ => None,
                };
                guard.keep();
                return Some((resting.client, mailbox));
            }
        }
    }

    /// Makes a connection, when the policy allows it.
    async fn dial(&self) -> Result<Client, Failed> {
        let mut redial = tokio::select! {
            biased;
            redial = self.redial.lock() => redial,
            () = self.rested.notified() => return Err(Failed::Rested),
        };
        loop {
            if self.is_full() {
                return Err(Failed::Full);
            }
            let due = redial.due().map_err(Failed::Never)?;
            if due > Instant::now() {
                tokio::select! {
                    biased;
                    () = sleep_until(due) => {}
                    () = self.rested.notified() => return Err(Failed::Rested),
                }
            }
            let (error, setback) = match redial.attempt().await {
                Ok((client, driver)) => {
                    tokio::spawn(driver);
                    let mut state = self.state();
                    state.open += 1;
                    state.why = None;
                    return Ok(client);
                }
                Err(failed) => failed,
            };
            let mut state = self.state();
            state.why = Some(error.clone());
            if setback.trouble == Some(Trouble::Throttle) {
                let (now, open) = (self.now(), state.open);
                state.budget.refused(now, open, setback.wish.connections);
                state.shrink();
                if state.open > 0 {
                    return Err(Failed::Full);
                }
            }
            if setback.next == Next::Never {
                return Err(Failed::Never(error));
            }
        }
    }

    /// A connection comes back.
    fn rest(&self, client: Client, mailbox: Option<Selected>) {
        let mut state = self.state();
        if state.open > state.budget.allowed() {
            state.open -= 1;
            client.close();
        } else {
            state.idle.push(Resting { client, mailbox, since: Instant::now() });
        }
        drop(state);
        self.rested.notify_one();
    }

    /// A connection is over or not to be used again.
    fn leave(&self, client: &Client) {
        self.state().open -= 1;
        if let (Some(why), Ok(mut redial)) = (client.error(), self.redial.try_lock()) {
            // That all of them broke at once is one failure.
            if *redial.circuit() == Circuit::Closed && why.kind() != ErrorKind::Cancelled {
                redial.failed(&why);
            }
        }
        client.close();
    }
}

impl State {
    fn pick(&mut self, mailbox: Option<&Mailbox>) -> Option<Resting> {
        let has = |resting: &Resting| resting.mailbox.as_ref().map(Selected::mailbox) == mailbox;
        let free = |resting: &Resting| resting.mailbox.is_none();
        let at = self.idle.iter().position(has).or_else(|| self.idle.iter().position(free));
        // Otherwise the one that has rested longest loses its mailbox.
        (!self.idle.is_empty()).then(|| self.idle.remove(at.unwrap_or(0)))
    }

    /// Closes what is beyond the budget, as far as nobody uses it.
    fn shrink(&mut self) {
        while self.open > self.budget.allowed() && !self.idle.is_empty() {
            self.idle.remove(0).client.close();
            self.open -= 1;
        }
    }
}

impl Resting {
    /// Open, in step, and nobody listens on it (T106).
    async fn is_usable(&self, options: &PoolOptions) -> bool {
        let clean = || async { self.client.link.ask(|engine| Ok(engine.is_clean())).await.unwrap_or(false) };
        if !clean().await {
            // What was given up may still be coming. IDLE of somebody who listens on is not waited for.
            let _ = timeout(DRAIN, self.client.noop()).await;
            if !clean().await {
                return false;
            }
        }
        self.since.elapsed() < options.rest || self.client.probe(options.probe).await.is_ok()
    }
}

/// The right to one connection.
#[derive(Debug)]
struct Permit {
    permit: Option<OwnedSemaphorePermit>,
    inner: Arc<Inner>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let mut state = self.inner.state();
        if state.issued > state.budget.allowed() {
            state.issued -= 1;
            permit.forget();
        }
    }
}

/// Sees to it that a connection which is being looked at is counted out when that comes to nothing, or is dropped.
struct Leaving<'a> {
    inner: &'a Inner,
    client: Option<Client>,
}

impl Leaving<'_> {
    fn keep(mut self) {
        self.client = None;
    }
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            self.inner.leave(&client);
        }
    }
}
