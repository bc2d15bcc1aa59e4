//! Connecting again and again to one account: the configuration and the policy of waiting.
//!
//! Separate because an account that stays connected ([`crate::Steady`]) and a pool of connections ([`crate::Pool`]) do this alike; each has
//! one of these, so that never more than one attempt is under way. When to try is `session`'s ([`Recovery`]). No RFC; protocol.md §5.5,
//! C56, T066.
//!
//! Invariants: no attempt before the policy allows it; every attempt resolves the name again (C15), and asks the source of tokens, if there
//! is one, for a token.

use std::fmt;
use std::time::Duration;

use imapkit_session::recovery::{BackoffConfig, Circuit, Next, Recovery, Setback};
use imapkit_session::{Error, ErrorKind, Tick};
use tokio::time::Instant;

use crate::client::Client;
use crate::config::Config;
use crate::connect::connect_with;
use crate::driver::Driver;

/// Quiet connections are spoken on this often, well below the thirty minutes after which a server may log out.
const KEEP_ALIVE: Duration = Duration::from_secs(9 * 60);

/// Makes one connection after another.
pub(crate) struct Redial {
    config: Config,
    recovery: Recovery,
    start: Instant,
    /// Why there is no connection.
    why: Option<Error>,
}

impl Redial {
    pub(crate) fn new(config: Config, backoff: BackoffConfig) -> Self {
        let recovery = Recovery::new(backoff);
        let mut redial = Self { config: config.clone(), recovery, start: Instant::now(), why: None };
        redial.set(config);
        redial
    }

    /// The next attempt is made by this.
    pub(crate) fn set(&mut self, mut config: Config) {
        config.timers.keep_alive.get_or_insert(KEEP_ALIVE);
        self.config = config;
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn now(&self) -> Tick {
        Tick::new(self.start.elapsed())
    }

    pub(crate) fn instant(&self, tick: Tick) -> Instant {
        self.start + tick.since_start()
    }

    pub(crate) fn circuit(&self) -> &Circuit {
        self.recovery.circuit()
    }

    /// When the next attempt may be made.
    ///
    /// # Errors
    /// Why none will be made until somebody changes something.
    pub(crate) fn due(&self) -> Result<Instant, Error> {
        match self.recovery.next(self.now()) {
            Next::At(tick) => Ok(self.instant(tick)),
            Next::Never => Err(self.why.clone().unwrap_or_else(|| Error::new(ErrorKind::Bug, "no reason"))),
        }
    }

    /// One attempt. Dropping the future counts as none.
    pub(crate) async fn attempt(&mut self) -> Result<(Client, Driver), (Error, Setback)> {
        match connect_with(&self.config).await {
            Ok(open) => {
                self.recovery.connected(self.now());
                self.why = None;
                Ok(open)
            }
            Err(error) => {
                let setback = self.failed(&error);
                Err((error, setback))
            }
        }
    }

    /// An attempt has failed or the connection has ended.
    pub(crate) fn failed(&mut self, why: &Error) -> Setback {
        self.why = Some(why.clone());
        self.recovery.failed(self.now(), why, random())
    }

    /// Waits for the network need not be waited for.
    pub(crate) fn network_changed(&mut self) {
        self.recovery.network_changed(self.now());
    }

    /// Somebody has brought another configuration: everything may be tried again.
    pub(crate) fn replace(&mut self, config: Config) {
        self.set(config);
        self.recovery.changed();
    }
}

/// Enough to spread attempts; without a source of randomness half of the bound.
pub(crate) fn random() -> u64 {
    getrandom::u64().unwrap_or(u64::MAX / 2)
}

impl fmt::Debug for Redial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redial").field("config", &self.config).field("recovery", &self.recovery).finish_non_exhaustive()
    }
}
