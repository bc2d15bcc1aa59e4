//! An account that stays connected: [`Steady`] makes the connection again when it is lost, and selects the mailbox again.
//!
//! ```no_run
//! use imapkit::{Config, Steady, WatchEvent};
//!
//! # async fn run() -> Result<(), imapkit::Error> {
//! let account = Steady::start(&Config::tls("imap.example.org").login("me", "secret"));
//! account.select("INBOX").await?;
//! let mut watch = account.watch();
//! while let Ok(event) = watch.next().await {
//!     if let WatchEvent::Changed(change) = event {
//!         println!("{change:?}");
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! Separate from the client, which is one connection and says so when it is over. What is repeated by itself is only what changes nothing, or
//! what is known not to have happened; a write whose answer was lost ends as `Unknown`. RFC 9051 §5.4, §7.1.5; protocol.md §5.5, C56, M05,
//! M31–M33, T066, T110.
//!
//! Invariants: one attempt at a time; refused credentials are not offered again by themselves; every wait ends.

mod append;
mod keeper;
mod options;
mod standing;
mod watch;

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use imapkit_session::commands::Select;
use imapkit_session::recovery::{Backoff, BackoffConfig, asked_to_wait, is_lost};
use imapkit_session::types::Mailbox;
use imapkit_session::{Command, Error, ErrorKind};
use tokio::sync::{Mutex as AsyncMutex, broadcast, mpsc, watch as state};
use tokio::time::{Instant, sleep, timeout_at};

use crate::client::Client;
use crate::config::Config;
use crate::driver::Driver;
use crate::redial::{Redial, random};
use crate::selected::Selected;
use keeper::{Keeper, Request};
use standing::Wanted;

pub use append::{Lookup, Sought};
pub use options::SteadyOptions;
pub use standing::{Line, Standing, SteadyEvent, SteadyEvents};
pub use watch::{SteadyWatch, WatchEvent};

/// Events a listener may leave unread.
const EVENTS: usize = 256;

/// An account that stays connected. Cheap to clone; with the last handle (and the last watch) the connection is closed.
///
/// A task of the current tokio runtime connects, notices dead connections (also after the machine has slept), waits as the policy says
/// ([`crate::recovery`]) and connects again. Calls wait for it, at most as long as [`SteadyOptions::patience`].
#[derive(Clone, Debug)]
pub struct Steady {
    shared: Arc<Shared>,
    requests: mpsc::UnboundedSender<Request>,
    options: SteadyOptions,
}

/// What the keeper and the handles know together.
#[derive(Debug)]
pub(crate) struct Shared {
    standing: state::Sender<Standing>,
    events: broadcast::Sender<SteadyEvent>,
    wanted: Mutex<Option<Wanted>>,
    config: Mutex<Config>,
    /// Held while a mailbox is being selected.
    selecting: AsyncMutex<()>,
    generations: AtomicU64,
}

impl Steady {
    /// Begins to connect, with the usual options. To be called within a tokio runtime.
    pub fn start(config: &Config) -> Self {
        Self::start_with(config, SteadyOptions::default())
    }

    /// Begins to connect. To be called within a tokio runtime.
    pub fn start_with(config: &Config, options: SteadyOptions) -> Self {
        let redial = Redial::new(config.clone(), options.backoff);
        Self::keep(redial, None, options)
    }

    /// Connects, and stays connected from then on: for programs that want to know at once when the account cannot be reached at all.
    ///
    /// # Errors
    /// As [`crate::connect`], at the first attempt.
    pub async fn connect(config: &Config, options: SteadyOptions) -> Result<Self, Error> {
        let mut redial = Redial::new(config.clone(), options.backoff);
        let first = redial.attempt().await.map_err(|(error, _)| error)?;
        Ok(Self::keep(redial, Some(first), options))
    }

    fn keep(redial: Redial, first: Option<(Client, Driver)>, options: SteadyOptions) -> Self {
        let shared = Arc::new(Shared {
            standing: state::Sender::new(Standing::Connecting),
            events: broadcast::Sender::new(EVENTS),
            wanted: Mutex::new(None),
            config: Mutex::new(redial.config().clone()),
            selecting: AsyncMutex::new(()),
            generations: AtomicU64::new(1),
        });
        let (requests, received) = mpsc::unbounded_channel();
        let keeper = Keeper { shared: Arc::clone(&shared), redial, first, requests: received, probe: options.probe };
        tokio::spawn(keeper.run());
        Self { shared, requests, options }
    }

    /// How things stand.
    pub fn standing(&self) -> Standing {
        self.shared.standing.borrow().clone()
    }

    /// What happens to the connection, from now on.
    pub fn events(&self) -> SteadyEvents {
        SteadyEvents(self.shared.events.subscribe())
    }

    /// The connection, once there is one. What is done with it is done once: when it ends, its commands fail.
    ///
    /// # Errors
    /// `Timeout` when there is none within [`SteadyOptions::patience`], with the reason as its source; why there will be none by itself
    /// ([`Standing::Refused`]).
    pub async fn client(&self) -> Result<Client, Error> {
        Ok(self.line(self.deadline()).await?.client)
    }

    /// Opens a mailbox, and again on every connection to come. Handles of the one before are stale.
    ///
    /// # Errors
    /// As [`Steady::client`], and what the server answered; then the mailbox is not opened on other connections either.
    pub async fn select<M>(&self, name: M) -> Result<Selected, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.open(name.try_into()?, false).await
    }

    /// Opens a mailbox read-only, and again on every connection to come.
    ///
    /// # Errors
    /// As [`Steady::select`].
    pub async fn examine<M>(&self, name: M) -> Result<Selected, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        self.open(name.try_into()?, true).await
    }

    async fn open(&self, name: Mailbox, read_only: bool) -> Result<Selected, Error> {
        let wanted = Wanted { name: Arc::new(name), read_only, uid_validity: None };
        let deadline = self.deadline();
        let mut tries = self.options.repeats;
        loop {
            let line = self.line(deadline).await?;
            let selecting = self.shared.selecting.lock().await;
            match wanted.open(&line.client).await {
                Ok(selected) => {
                    self.shared.selected(&line.client, &wanted, &selected);
                    return Ok(selected);
                }
                Err(error) if is_lost(&error) && tries > 0 => {
                    drop(selecting);
                    tries -= 1;
                    self.gone(&line.client, deadline).await;
                }
                Err(error) => {
                    *self.shared.wanted() = None;
                    return Err(error);
                }
            }
        }
    }

    /// The mailbox that is selected on the connection there is now, once there is one.
    ///
    /// # Errors
    /// As [`Steady::client`]; `Misuse` when no mailbox was selected, or it could not be selected again.
    pub async fn selected(&self) -> Result<Selected, Error> {
        self.line(self.deadline()).await?.into_mailbox()
    }

    /// Runs a command on the connection there is, or on the next one: when the connection breaks under it, or the server asks to wait, it is
    /// run again, as long as it is certain that it was not carried out or that twice is as good as once.
    ///
    /// # Errors
    /// As [`Steady::client`] and [`Client::run`]. `Unknown` when the answer to a command was lost that may have changed something: its tag is
    /// [`Error::tag`], and it is not repeated (M31).
    pub async fn run<C: Command + Clone>(&self, command: C) -> Result<C::Output, Error> {
        self.read(|client| {
            let command = command.clone();
            async move { client.run(command).await }
        })
        .await
    }

    /// Does something that only reads, again from its beginning when the connection breaks under it or the server asks to wait: `work` must
    /// not mind being begun several times. It ends when it is dropped, at the latest.
    ///
    /// # Errors
    /// As [`Steady::client`], and the last error of `work`.
    pub async fn read<T, F, W>(&self, mut work: F) -> Result<T, Error>
    where
        F: FnMut(Client) -> W,
        W: Future<Output = Result<T, Error>>,
    {
        let mut backoff = Backoff::new(self.options.backoff);
        let mut tries = self.options.repeats;
        loop {
            let client = self.client().await?;
            let error = match work(client.clone()).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            if tries == 0 {
                return Err(error);
            }
            tries -= 1;
            if is_lost(&error) {
                self.gone(&client, self.deadline()).await;
            } else {
                let asked = asked_to_wait(&error);
                let wait = asked.and_then(|(trouble, wait)| backoff.failed(trouble, random(), wait));
                sleep(wait.ok_or(error)?).await;
            }
        }
    }

    /// What happens in the selected mailbox and to the connection, over all connections to come.
    pub fn watch(&self) -> SteadyWatch {
        SteadyWatch::new(self.clone())
    }

    /// The network has changed (another address, the cable is back): a wait for the network ends, and a connection is probed.
    pub fn network_changed(&self) {
        let _ = self.requests.send(Request::Network);
    }

    /// Connects by another configuration from now on, with fresh credentials for instance: also when the old ones were refused.
    pub fn replace(&self, config: &Config) {
        let _ = self.requests.send(Request::Replace(Box::new(config.clone())));
    }

    /// Says goodbye and ends it, for all handles.
    pub async fn logout(&self) {
        let mut standing = self.shared.standing.subscribe();
        if self.requests.send(Request::End).is_ok() {
            let _ = standing.wait_for(|standing| matches!(standing, Standing::Ended)).await;
        }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.options.patience
    }

    /// A connection that is not known to be over.
    async fn line(&self, deadline: Instant) -> Result<Line, Error> {
        let mut standing = self.shared.standing.subscribe();
        loop {
            let why = match &*standing.borrow_and_update() {
                Standing::Connected(line) if line.client.is_open() => return Ok(Line::clone(line)),
                Standing::Connected(line) => line.client.error(),
                Standing::Waiting { why, .. } => Some(why.clone()),
                Standing::Refused { why, .. } => return Err(why.clone()),
                Standing::Ended => return Err(Error::new(ErrorKind::Closed, "the account was logged out")),
                Standing::Connecting => None,
            };
            match timeout_at(deadline, standing.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(Error::new(ErrorKind::Closed, "the account's task has ended")),
                Err(_) => return Err(no_connection(self.options.patience, why)),
            }
        }
    }

    /// Waits until it is known that this connection is over: an error may be told before the keeper has seen the end.
    async fn gone(&self, client: &Client, deadline: Instant) {
        let mut standing = self.shared.standing.subscribe();
        let over = |standing: &Standing| !matches!(standing, Standing::Connected(line) if line.client.is_same(client));
        let _ = timeout_at(deadline, standing.wait_for(over)).await;
    }
}

impl Shared {
    pub(crate) fn stand(&self, standing: Standing) {
        self.standing.send_replace(standing);
    }

    pub(crate) fn tell(&self, event: SteadyEvent) {
        // Nobody listens: as good.
        let _ = self.events.send(event);
    }

    pub(crate) fn set_config(&self, config: &Config) {
        config.clone_into(&mut self.config.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn config(&self) -> Config {
        self.config.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn wanted(&self) -> MutexGuard<'_, Option<Wanted>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection is there: selects the mailbox on it, then shows it.
    pub(crate) async fn restore(&self, client: &Client) {
        let selecting = self.selecting.lock().await;
        let wanted = self.wanted().clone();
        let mut backoff = Backoff::new(BackoffConfig::default());
        let mailbox = loop {
            let Some(wanted) = &wanted else { break Ok(None) };
            let why = match wanted.open(client).await {
                Ok(selected) => break Ok(Some(selected)),
                // The keeper sees the end of the connection, and tries again on the next one.
                Err(error) if is_lost(&error) => return,
                Err(why) => why,
            };
            let asked = asked_to_wait(&why);
            match asked.and_then(|(trouble, wait)| backoff.failed(trouble, random(), wait)) {
                // In use, say, by the server's half of the connection that was lost.
                Some(wait) => sleep(wait).await,
                None => break Err(why),
            }
        };
        if let (Err(why), Some(wanted)) = (&mailbox, &wanted) {
            *self.wanted() = None;
            self.tell(SteadyEvent::MailboxLost { mailbox: Mailbox::clone(&wanted.name), why: why.clone() });
        }
        self.show(client, mailbox.clone());
        self.tell(SteadyEvent::Connected);
        if let (Some(wanted), Ok(Some(selected))) = (wanted, mailbox) {
            self.compare(&wanted, &selected);
        }
        drop(selecting);
    }

    /// Tells whether a mailbox that was selected again is what it was.
    fn compare(&self, wanted: &Wanted, selected: &Selected) {
        let (before, now) = (wanted.uid_validity, selected.info().uid_validity);
        let mailbox = selected.mailbox().clone();
        self.tell(if before == now {
            SteadyEvent::MailboxRestored(mailbox)
        } else {
            SteadyEvent::UidValidityChanged { mailbox, before, now }
        });
        *self.wanted() = Some(Wanted { uid_validity: now, ..wanted.clone() });
    }

    /// A mailbox was selected on this connection.
    fn selected(&self, client: &Client, wanted: &Wanted, selected: &Selected) {
        *self.wanted() = Some(Wanted { uid_validity: selected.info().uid_validity, ..wanted.clone() });
        let current = matches!(&*self.standing.borrow(), Standing::Connected(line) if line.client.is_same(client));
        if current {
            self.show(client, Ok(Some(selected.clone())));
        }
    }

    fn show(&self, client: &Client, mailbox: Result<Option<Selected>, Error>) {
        let generation = self.generations.fetch_add(1, Ordering::Relaxed);
        self.stand(Standing::Connected(Box::new(Line { client: client.clone(), mailbox, generation })));
    }
}

impl Wanted {
    async fn open(&self, client: &Client) -> Result<Selected, Error> {
        let name = Mailbox::clone(&self.name);
        let select = if self.read_only { Select::examine(name.clone()) } else { Select::new(name.clone()) };
        let info = client.run(select).await?;
        Ok(Selected::new(client.clone(), name, info))
    }
}

pub(crate) fn no_connection(patience: Duration, why: Option<Error>) -> Error {
    let text = format!("no connection within {patience:?}");
    match why {
        Some(why) => Error::with_source(ErrorKind::Timeout, format!("{text}: {why}"), why),
        None => Error::new(ErrorKind::Timeout, text),
    }
}
