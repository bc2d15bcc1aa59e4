//! The task that keeps an account connected.
//!
//! ```text
//! Connecting --ok--> restore the mailbox --> Connected --ends--> Waiting --retry_at--> Connecting
//!     |                                                             ^
//!     `--failed: waiting helps -------------------------------------'      otherwise Refused, until a configuration is brought
//! ```
//!
//! Separate from the handles, which only look at what it has come to. It ends with the last of them. No RFC; protocol.md §5.5, C56, M05, M32.
//!
//! Invariants: one attempt at a time; a change of state is told after it is true; a machine that slept is noticed within 15 s of its waking.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use imapkit_session::recovery::{Next, Setback, Suspension};
use imapkit_session::{Error, ErrorKind, Tick};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::client::Client;
use crate::config::Config;
use crate::driver::Driver;
use crate::redial::Redial;
use crate::steady::Shared;
use crate::steady::standing::{Standing, SteadyEvent};

/// What a handle asks of the keeper.
#[derive(Debug)]
pub(crate) enum Request {
    /// The network has changed.
    Network,
    /// Another configuration.
    Replace(Box<Config>),
    /// Say goodbye.
    End,
}

pub(crate) struct Keeper {
    pub(crate) shared: Arc<Shared>,
    pub(crate) redial: Redial,
    /// A connection that is there already.
    pub(crate) first: Option<(Client, Driver)>,
    pub(crate) requests: UnboundedReceiver<Request>,
    pub(crate) probe: Duration,
}

/// Why the keeper leaves off.
struct Over;

impl Keeper {
    pub(crate) async fn run(mut self) {
        let Err(Over) = self.keep().await;
        self.shared.stand(Standing::Ended);
    }

    async fn keep(&mut self) -> Result<std::convert::Infallible, Over> {
        loop {
            let Some((client, driver)) = self.connection().await? else { continue };
            let driver = tokio::spawn(driver);
            let why = self.guard(&client, driver).await?;
            let setback = self.redial.failed(&why);
            self.setback(&why, setback);
            let retry_at = self.retry_at(setback);
            self.shared.tell(SteadyEvent::Lost { why, retry_at });
        }
    }

    /// One attempt, when it may be made; `None` when it came to nothing.
    async fn connection(&mut self) -> Result<Option<(Client, Driver)>, Over> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        self.wait().await?;
        self.shared.stand(Standing::Connecting);
        let attempt = tokio::select! {
            biased;
            request = replaced(&mut self.requests) => {
                self.take(request)?;
                return Ok(None);
            }
            outcome = self.redial.attempt() => outcome,
        };
        if let Err((why, setback)) = &attempt {
            self.setback(why, *setback);
            let (why, retry_at) = (why.clone(), self.retry_at(*setback));
            self.shared.tell(SteadyEvent::Failed { why, cause: setback.cause, retry_at });
        }
        Ok(attempt.ok())
    }

    /// Waits until an attempt may be made.
    async fn wait(&mut self) -> Result<(), Over> {
        loop {
            let Ok(due) = self.redial.due() else {
                let request = self.requests.recv().await;
                self.take(request)?;
                continue;
            };
            tokio::select! {
                biased;
                () = sleep_until(due) => return Ok(()),
                request = self.requests.recv() => self.take(request)?,
            }
        }
    }

    fn take(&mut self, request: Option<Request>) -> Result<(), Over> {
        match request {
            Some(Request::Network) => self.redial.network_changed(),
            Some(Request::Replace(config)) => {
                self.shared.set_config(&config);
                self.redial.replace(*config);
            }
            Some(Request::End) | None => return Err(Over),
        }
        Ok(())
    }

    /// Looks after one connection until it ends; gives why it did.
    async fn guard(&mut self, client: &Client, mut driver: JoinHandle<Error>) -> Result<Error, Over> {
        let ended = |outcome: Result<Error, _>| {
            outcome.unwrap_or_else(|_| Error::new(ErrorKind::Bug, "the driver was stopped"))
        };
        self.shared.set_config(self.redial.config());
        let shared = Arc::clone(&self.shared);
        let mut restoring = std::pin::pin!(shared.restore(client));
        let mut restored = false;
        let mut suspension = Suspension::default();
        let start = Instant::now();
        loop {
            let slept = suspension.look(Tick::new(start.elapsed()), wall());
            if slept {
                // If the server is not there any more the driver ends, which is seen below.
                let _ = client.probe(self.probe).await;
            }
            let due = suspension.due().map_or_else(|| start, |due| start + due.since_start());
            tokio::select! {
                biased;
                outcome = &mut driver => return Ok(ended(outcome)),
                () = &mut restoring, if !restored => restored = true,
                request = self.requests.recv() => match request {
                    Some(Request::Network) => drop(client.probe(self.probe).await),
                    // The next connection is made by it; this one stays as long as it does.
                    Some(Request::Replace(config)) => {
                        self.shared.set_config(&config);
                        self.redial.set(*config);
                    }
                    Some(Request::End) => {
                        let _ = client.logout().await;
                        return Err(Over);
                    }
                    // The last handle has gone, and with it whoever would wait for a goodbye.
                    None => return Err(Over),
                },
                () = sleep_until(due) => {}
            }
        }
    }

    fn retry_at(&self, setback: Setback) -> Option<Instant> {
        match setback.next {
            Next::At(tick) => Some(self.redial.instant(tick)),
            Next::Never => None,
        }
    }

    fn setback(&self, why: &Error, setback: Setback) {
        let why = why.clone();
        self.shared.stand(match (setback.trouble, self.retry_at(setback)) {
            (Some(trouble), Some(retry_at)) => Standing::Waiting { why, trouble, retry_at },
            _ => Standing::Refused { why, cause: setback.cause },
        });
    }
}

/// The next request that makes an attempt under way pointless.
async fn replaced(requests: &mut UnboundedReceiver<Request>) -> Option<Request> {
    loop {
        match requests.recv().await {
            // It is connecting already.
            Some(Request::Network) => {}
            other => return other,
        }
    }
}

/// Time by the clock that goes on while the machine sleeps.
fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
