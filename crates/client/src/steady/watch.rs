//! Watching a mailbox over all connections: what changes in it, and where the thread was lost.
//!
//! Separate from [`crate::Watch`], which ends with its connection. RFC 2177; protocol.md M05, M15.
//!
//! Invariant: between [`WatchEvent::Lost`] and the next [`WatchEvent::Opened`] anything may have happened to the mailbox; within one opening
//! nothing is missed unsaid.

use futures_core::Stream;
use imapkit_session::{Error, ErrorKind, MailboxEvent};
use tokio::sync::watch as state;
use tokio::time::Instant;

use crate::events::Watch;
use crate::selected::Selected;
use crate::steady::Steady;
use crate::steady::standing::{Line, Standing};

/// Watches the selected mailbox of a [`Steady`] account.
#[derive(Debug)]
pub struct SteadyWatch {
    account: Steady,
    standing: state::Receiver<Standing>,
    current: Option<Watch>,
    /// The selection that is, or was, watched.
    generation: u64,
    /// The connection was lost, and that has not been told.
    lost: Option<Error>,
    /// The wait there is has been told.
    told: bool,
}

/// What a watch tells.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WatchEvent {
    /// The mailbox is selected, for the first time or again, and watched from now on.
    Opened(Selected),
    /// A change.
    Changed(MailboxEvent),
    /// The connection is lost, or could not be made again.
    Lost {
        /// Why.
        why: Error,
        /// When the next attempt is made; `None` when that is over already.
        retry_at: Option<Instant>,
    },
}

impl SteadyWatch {
    pub(crate) fn new(account: Steady) -> Self {
        let standing = account.shared.standing.subscribe();
        Self { account, standing, current: None, generation: 0, lost: None, told: false }
    }

    /// What happens next. Waits as long as that takes; dropping the future loses nothing.
    ///
    /// # Errors
    /// `Misuse` when no mailbox is selected, or why it could not be selected again; when there will be no connection by itself, why ([`Standing::Refused`]); `Closed` after a logout.
    /// All are told again by the next call, unless things have changed.
    pub async fn next(&mut self) -> Result<WatchEvent, Error> {
        loop {
            if let Some(watch) = &mut self.current {
                match std::future::poll_fn(|cx| std::pin::Pin::new(&mut *watch).poll_next(cx)).await {
                    Some(Ok(change)) => return Ok(WatchEvent::Changed(change)),
                    Some(Err(error)) if error.kind() == ErrorKind::Stale => {
                        self.current = None;
                        // Another mailbox was selected, or this one was made anew under us.
                        self.again().await?;
                        continue;
                    }
                    ended => {
                        self.current = None;
                        self.lost = ended.and_then(Result::err);
                    }
                }
            }
            let standing = self.standing.borrow_and_update().clone();
            match standing {
                Standing::Connected(line) if line.generation > self.generation => match self.lost.take() {
                    // It was made again before we looked.
                    Some(why) => {
                        self.standing.mark_changed();
                        return Ok(WatchEvent::Lost { why, retry_at: None });
                    }
                    None => return self.open(*line),
                },
                Standing::Waiting { why, retry_at, .. } if !std::mem::replace(&mut self.told, true) => {
                    self.lost = None;
                    return Ok(WatchEvent::Lost { why, retry_at: Some(retry_at) });
                }
                Standing::Refused { why, .. } => return Err(why),
                Standing::Ended => return Err(Error::new(ErrorKind::Closed, "the account was logged out")),
                Standing::Connecting => self.told = false,
                Standing::Connected(_) | Standing::Waiting { .. } => {}
            }
            if self.standing.changed().await.is_err() {
                return Err(Error::new(ErrorKind::Closed, "the account's task has ended"));
            }
        }
    }

    fn open(&mut self, line: Line) -> Result<WatchEvent, Error> {
        let generation = line.generation;
        let mailbox = line.into_mailbox()?;
        self.generation = generation;
        self.told = false;
        self.current = Some(mailbox.watch());
        Ok(WatchEvent::Opened(mailbox))
    }

    /// The selection that was watched is over, the connection is not.
    async fn again(&mut self) -> Result<(), Error> {
        let newer = matches!(&*self.standing.borrow(), Standing::Connected(line) if line.generation > self.generation);
        let wanted = self.account.shared.wanted().clone();
        match wanted {
            Some(wanted) if !newer => self
                .account
                .open(imapkit_session::types::Mailbox::clone(&wanted.name), wanted.read_only)
                .await
                .map(drop),
            _ => Ok(()),
        }
    }
}
