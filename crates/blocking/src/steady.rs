//! An account that stays connected, on the caller's thread: [`Steady`] makes the connection again when a call finds that it is lost.
//!
//! ```no_run
//! use imapkit_blocking::{Config, Steady, types::Key};
//! use std::time::Duration;
//!
//! # fn run() -> Result<(), imapkit_blocking::Error> {
//! let mut account = Steady::new(&Config::tls("imap.example.org").login("me", "secret"))?;
//! let inbox = account.select("INBOX")?;
//! println!("{} unseen", inbox.search(Key::Unseen)?.len());
//! let inbox = account.selected()?; // an hour later: probed, connected again and selected again as needed
//! # Ok(()) }
//! ```
//!
//! Separate from the client, which is one connection and says so when it is over. There is no thread: what is lost is made again by the next
//! call, which waits as the policy says ([`crate::recovery`], the same as the tokio client's). RFC 9051 §5.4, §7.1.5; protocol.md §5.5, C56,
//! M05, M31–M33, T066, T110.
//!
//! Invariants: refused credentials are not offered again by themselves; every wait ends with the patience, or is cancelled; nothing is repeated
//! that may have happened.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use imapkit_session::commands::Select;
use imapkit_session::recovery::{
    Backoff, BackoffConfig, Cause, Circuit, Next, Recovery, Suspension, Trouble, asked_to_wait, is_lost,
};
use imapkit_session::types::{Mailbox, UidValidity};
use imapkit_session::{Command, Error, ErrorKind, Tick};

use crate::cancel::{Cancel, Canceller};
use crate::client::Client;
use crate::config::Config;
use crate::connect::Connector;
use crate::driver::Clock;
use crate::failure;
use crate::selected::Selected;

/// A connection that nobody has used for so long is probed before it is used again.
const RESTED: Duration = Duration::from_secs(60);
/// How long it may take to answer then.
const PROBE: Duration = Duration::from_secs(10);
/// How often a read is repeated whose connection broke under it.
const REPEATS: u32 = 3;
/// Events that nobody takes.
const MAX_EVENTS: usize = 64;

/// An account that stays connected. One thread uses it at a time; [`Steady::canceller`] ends its calls from others.
pub struct Steady {
    config: Config,
    recovery: Recovery,
    backoff: BackoffConfig,
    patience: Duration,
    clock: Clock,
    cancel: Arc<Cancel>,
    suspension: Suspension,
    client: Option<Client>,
    used: Tick,
    /// The network has changed since.
    suspect: bool,
    mailbox: Option<Kept>,
    why: Option<Error>,
    events: VecDeque<SteadyEvent>,
}

/// The mailbox that is to be selected, and its handle on the connection there is.
struct Kept {
    name: Mailbox,
    read_only: bool,
    uid_validity: Option<UidValidity>,
    selected: Option<Selected>,
}

/// How things stand.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Standing {
    /// There is a connection, as far as is known.
    Connected,
    /// There is none; the next call makes one.
    Disconnected,
    /// There is none; the next call waits before it makes one.
    Waiting {
        /// What sort of trouble it is.
        trouble: Trouble,
        /// How long it would wait now.
        left: Duration,
        /// Why there is none.
        why: Error,
    },
    /// There is none, and no attempt is made until [`Steady::replace`].
    Refused {
        /// What is behind it, if that is known.
        cause: Option<Cause>,
        /// Why there is none.
        why: Error,
    },
}

/// What has happened to the connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SteadyEvent {
    /// There is a connection (again).
    Connected,
    /// The connection has ended.
    Lost(Error),
    /// An attempt has failed.
    Failed(Error),
    /// The mailbox is selected again, and its UIDs mean what they meant.
    MailboxRestored,
    /// The mailbox is selected again, but was made anew meanwhile: UIDs from before mean nothing (M05).
    UidValidityChanged {
        /// What it was.
        before: Option<UidValidity>,
        /// What it is.
        now: Option<UidValidity>,
    },
    /// The mailbox cannot be selected any more.
    MailboxLost(Error),
}

impl Steady {
    /// An account with the usual waits; connects at the first call.
    ///
    /// # Errors
    /// `Io` when the process has too many files open.
    pub fn new(config: &Config) -> Result<Self, Error> {
        Self::with(config, BackoffConfig::default(), Duration::from_secs(300))
    }

    /// An account with these waits between attempts, whose calls wait for a connection at most as long as `patience`.
    ///
    /// # Errors
    /// `Io` when the process has too many files open.
    pub fn with(config: &Config, backoff: BackoffConfig, patience: Duration) -> Result<Self, Error> {
        let cancel = Cancel::new().map_err(|error| failure::io("preparing to connect", error))?;
        Ok(Self {
            config: config.clone(),
            recovery: Recovery::new(backoff),
            backoff,
            patience,
            clock: Clock::start(),
            cancel: Arc::new(cancel),
            suspension: Suspension::default(),
            client: None,
            used: Tick::default(),
            suspect: false,
            mailbox: None,
            why: None,
            events: VecDeque::new(),
        })
    }

    /// Ends calls in progress, also while they wait or connect, from other threads.
    pub fn canceller(&self) -> Canceller {
        Canceller(Arc::clone(&self.cancel))
    }

    /// How things stand. Does not wait.
    pub fn standing(&self) -> Standing {
        if self.client.as_ref().is_some_and(Client::is_open) {
            return Standing::Connected;
        }
        let why = || self.why.clone().unwrap_or_else(|| Error::new(ErrorKind::Closed, "not connected yet"));
        match self.recovery.circuit() {
            Circuit::Waiting { until, trouble } => {
                Standing::Waiting { trouble: *trouble, left: self.clock.now().until(*until), why: why() }
            }
            Circuit::Open { cause } => Standing::Refused { cause: *cause, why: why() },
            _ => Standing::Disconnected,
        }
    }

    /// What has happened and has not been told, oldest first; the latest 64.
    pub fn poll_event(&mut self) -> Option<SteadyEvent> {
        self.events.pop_front()
    }

    /// The connection: the one there is, probed if it has not been used for a minute or the machine has slept, or a new one, with the mailbox
    /// selected. What is done with it is done once: when it ends, its commands fail.
    ///
    /// # Errors
    /// `Timeout` when there is none within the patience, with the reason as its source; why there will be none by itself
    /// ([`Standing::Refused`]); `Cancelled`.
    pub fn client(&mut self) -> Result<Client, Error> {
        let deadline = self.clock.now().after(self.patience);
        loop {
            if let Some(client) = self.alive() {
                return Ok(client);
            }
            self.wait(deadline)?;
            let now = self.clock.now();
            let left = now.until(deadline).min(self.config.connect_timeout);
            let config = self.config.clone().connect_timeout(left.max(Duration::from_millis(1)));
            match Connector::sharing(&config, &self.cancel).connect() {
                Ok(client) => {
                    self.recovery.connected(self.clock.now());
                    self.client = Some(client.clone());
                    self.used = self.clock.now();
                    match self.restore(&client, deadline) {
                        Ok(()) => return Ok(client),
                        // Seen, and counted, at the next turn.
                        Err(error) if is_lost(&error) => client.close(),
                        Err(error) => return Err(error),
                    }
                }
                Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
                Err(error) => {
                    self.failed(&error);
                    self.tell(SteadyEvent::Failed(error));
                }
            }
        }
    }

    /// Opens a mailbox, and again on every connection to come. Handles of the one before are stale.
    ///
    /// # Errors
    /// As [`Steady::client`], and what the server answered; then the mailbox is not opened on other connections either.
    pub fn select<M>(&mut self, name: M) -> Result<Selected, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.open(name.try_into()?, false)
    }

    /// Opens a mailbox read-only, and again on every connection to come.
    ///
    /// # Errors
    /// As [`Steady::select`].
    pub fn examine<M>(&mut self, name: M) -> Result<Selected, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.open(name.try_into()?, true)
    }

    fn open(&mut self, name: Mailbox, read_only: bool) -> Result<Selected, Error> {
        self.mailbox = None;
        let opened = self.read(|client| select(client, &name, read_only))?;
        let uid_validity = opened.info().uid_validity;
        self.mailbox = Some(Kept { name, read_only, uid_validity, selected: Some(opened.clone()) });
        Ok(opened)
    }

    /// The mailbox that is selected on the connection there is, or on the next one.
    ///
    /// # Errors
    /// As [`Steady::client`]; `Misuse` when no mailbox was selected, or it could not be selected again.
    pub fn selected(&mut self) -> Result<Selected, Error> {
        let client = self.client()?;
        let none = || Error::new(ErrorKind::Misuse, "no mailbox is selected");
        let kept = self.mailbox.as_mut().ok_or_else(none)?;
        match &kept.selected {
            Some(selected) if selected.exists().is_ok() => Ok(selected.clone()),
            // Its UIDs have changed under us, or something else was selected on this connection.
            _ => {
                let (name, read_only) = (kept.name.clone(), kept.read_only);
                let selected = select(&client, &name, read_only)?;
                self.note(&selected);
                Ok(selected)
            }
        }
    }

    /// Runs a command on the connection there is, or on the next one: again when the connection breaks under it or the server asks to wait, as
    /// long as it is certain that it was not carried out or that twice is as good as once.
    ///
    /// # Errors
    /// As [`Steady::client`] and [`Client::run`]. `Unknown` when the answer to a command was lost that may have changed something: its tag is
    /// [`Error::tag`], and it is not repeated (M31).
    pub fn run<C: Command + Clone>(&mut self, command: &C) -> Result<C::Output, Error> {
        self.read(|client| client.run(command.clone()))
    }

    /// Does something that only reads, again from its beginning when the connection breaks under it or the server asks to wait.
    ///
    /// # Errors
    /// As [`Steady::client`], and the last error of `work`.
    pub fn read<T>(&mut self, mut work: impl FnMut(&Client) -> Result<T, Error>) -> Result<T, Error> {
        let mut backoff = Backoff::new(self.backoff);
        let mut left = REPEATS;
        loop {
            let client = self.client()?;
            let error = match work(&client) {
                Ok(done) => {
                    self.used = self.clock.now();
                    return Ok(done);
                }
                Err(error) => error,
            };
            if left == 0 {
                return Err(error);
            }
            left -= 1;
            if is_lost(&error) && !client.is_open() {
                continue;
            }
            let wait = asked_to_wait(&error).and_then(|(trouble, wait)| backoff.failed(trouble, random(), wait));
            let until = self.clock.now().after(wait.ok_or(error)?);
            self.cancel.sleep(self.cancel.patience(None), self.clock, until)?;
        }
    }

    /// The network has changed (another address, the cable is back): a wait for the network ends, and the connection is probed at the next call.
    pub fn network_changed(&mut self) {
        self.recovery.network_changed(self.clock.now());
        self.suspect = true;
    }

    /// Connects by another configuration from now on, with fresh credentials for instance: also when the old ones were refused. A connection
    /// that works stays.
    pub fn replace(&mut self, config: &Config) {
        self.config = config.clone();
        if self.client.is_none() {
            self.recovery.changed();
        }
    }

    /// Says goodbye. The next call connects again.
    ///
    /// # Errors
    /// As [`Client::logout`].
    pub fn logout(&mut self) -> Result<(), Error> {
        self.mailbox = None;
        self.client.take().map_or(Ok(()), |client| client.logout())
    }

    /// The connection there is, if it is still alive.
    fn alive(&mut self) -> Option<Client> {
        let client = self.client.clone()?;
        let now = self.clock.now();
        let doubtful = self.suspension.look(now, wall()) | std::mem::take(&mut self.suspect);
        client.look();
        if client.is_open() && (doubtful || self.used.until(now) >= RESTED) {
            // Why it is over is asked below.
            let _ = client.probe(PROBE);
        }
        if client.is_open() {
            self.used = self.clock.now();
            return Some(client);
        }
        let why = client.error().unwrap_or_else(|| Error::new(ErrorKind::Closed, "the connection ended"));
        self.client = None;
        if let Some(kept) = &mut self.mailbox {
            kept.selected = None;
        }
        self.failed(&why);
        self.tell(SteadyEvent::Lost(why));
        None
    }

    /// Waits until an attempt may be made.
    fn wait(&self, deadline: Tick) -> Result<(), Error> {
        let now = self.clock.now();
        let until = match self.recovery.next(now) {
            Next::At(until) => until,
            Next::Never => {
                return Err(self.why.clone().unwrap_or_else(|| Error::new(ErrorKind::Bug, "refused without a reason")));
            }
        };
        let slept = self.cancel.sleep(self.cancel.patience(Some(deadline)), self.clock, until);
        slept.map_err(|over| match (over.kind(), &self.why) {
            (ErrorKind::Timeout, Some(why)) => {
                let text = format!("no connection within {:?}: {why}", self.patience);
                Error::with_source(ErrorKind::Timeout, text, why.clone())
            }
            _ => over,
        })
    }

    fn failed(&mut self, why: &Error) {
        self.why = Some(why.clone());
        self.recovery.failed(self.clock.now(), why, random());
    }

    /// Selects the mailbox on a new connection.
    fn restore(&mut self, client: &Client, deadline: Tick) -> Result<(), Error> {
        self.tell(SteadyEvent::Connected);
        let Some(kept) = &self.mailbox else { return Ok(()) };
        let (name, read_only) = (kept.name.clone(), kept.read_only);
        let mut backoff = Backoff::new(self.backoff);
        loop {
            let why = match select(client, &name, read_only) {
                Ok(selected) => {
                    self.note(&selected);
                    return Ok(());
                }
                Err(error) if is_lost(&error) || error.kind() == ErrorKind::Cancelled => return Err(error),
                Err(why) => why,
            };
            let asked = asked_to_wait(&why);
            let Some(wait) = asked.and_then(|(trouble, wait)| backoff.failed(trouble, random(), wait)) else {
                self.mailbox = None;
                self.tell(SteadyEvent::MailboxLost(why));
                return Ok(());
            };
            // In use, say, by the server's half of the connection that was lost.
            let slept =
                self.cancel.sleep(self.cancel.patience(Some(deadline)), self.clock, self.clock.now().after(wait));
            slept.map_err(|over| if over.kind() == ErrorKind::Timeout { why } else { over })?;
        }
    }

    /// The mailbox is selected again: is it what it was?
    fn note(&mut self, selected: &Selected) {
        let now = selected.info().uid_validity;
        let Some(kept) = &mut self.mailbox else { return };
        let before = std::mem::replace(&mut kept.uid_validity, now);
        kept.selected = Some(selected.clone());
        self.tell(if before == now {
            SteadyEvent::MailboxRestored
        } else {
            SteadyEvent::UidValidityChanged { before, now }
        });
    }

    fn tell(&mut self, event: SteadyEvent) {
        if self.events.len() == MAX_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

fn select(client: &Client, name: &Mailbox, read_only: bool) -> Result<Selected, Error> {
    let select = if read_only { Select::examine(name.clone()) } else { Select::new(name.clone()) };
    let info = client.run(select)?;
    Ok(Selected::new(client.clone(), name.clone(), info))
}

/// Time by the clock that goes on while the machine sleeps.
fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Enough to spread attempts; without a source of randomness half of the bound.
fn random() -> u64 {
    getrandom::u64().unwrap_or(u64::MAX / 2)
}

impl fmt::Debug for Steady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steady")
            .field("config", &self.config)
            .field("standing", &self.standing())
            .finish_non_exhaustive()
    }
}
