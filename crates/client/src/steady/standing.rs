//! How things stand with an account, now ([`Standing`]) and as it changes ([`SteadyEvent`]).
//!
//! Separate because the keeper writes it, and calls, watches and applications read it. No RFC; protocol.md §5.5 (circuit state visible),
//! M05.

use std::sync::Arc;

use imapkit_session::recovery::{Cause, Trouble};
use imapkit_session::types::{Mailbox, UidValidity};
use imapkit_session::{Error, ErrorKind};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::Instant;

use crate::client::Client;
use crate::selected::Selected;

/// How things stand.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Standing {
    /// An attempt is under way.
    Connecting,
    /// There is a connection.
    Connected(Box<Line>),
    /// There is none, and the next attempt comes by itself.
    Waiting {
        /// Why there is none.
        why: Error,
        /// What sort of trouble it is.
        trouble: Trouble,
        /// When the next attempt is made.
        retry_at: Instant,
    },
    /// There is none, and no attempt comes by itself: credentials were refused, or something is wrong that waiting does not mend.
    Refused {
        /// Why there is none.
        why: Error,
        /// What is behind it, if that is known.
        cause: Option<Cause>,
    },
    /// Somebody has logged out.
    Ended,
}

/// A connection as it stands.
#[derive(Clone, Debug)]
pub struct Line {
    /// The connection.
    pub client: Client,
    /// The mailbox that is selected on it, or why the one that was to be is not.
    pub mailbox: Result<Option<Selected>, Error>,
    /// Counts connections and selections.
    pub(crate) generation: u64,
}

impl Line {
    /// The mailbox.
    pub(crate) fn into_mailbox(self) -> Result<Selected, Error> {
        self.mailbox?.ok_or_else(|| Error::new(ErrorKind::Misuse, "no mailbox is selected"))
    }
}

/// What happens to an account's connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SteadyEvent {
    /// There is a connection (again).
    Connected,
    /// The connection has ended.
    Lost {
        /// Why.
        why: Error,
        /// When the next attempt is made; `None` when none comes by itself.
        retry_at: Option<Instant>,
    },
    /// An attempt has failed.
    Failed {
        /// Why.
        why: Error,
        /// What is behind it, if that is known.
        cause: Option<Cause>,
        /// When the next attempt is made; `None` when none comes by itself.
        retry_at: Option<Instant>,
    },
    /// The mailbox is selected again, and its UIDs mean what they meant.
    MailboxRestored(Mailbox),
    /// The mailbox is selected again, but was made anew meanwhile: UIDs from before mean nothing (M05).
    UidValidityChanged {
        /// Which.
        mailbox: Mailbox,
        /// What it was.
        before: Option<UidValidity>,
        /// What it is.
        now: Option<UidValidity>,
    },
    /// The mailbox cannot be selected any more.
    MailboxLost {
        /// Which.
        mailbox: Mailbox,
        /// Why.
        why: Error,
    },
    /// The listener did not keep up, and so many events are lost.
    Missed(u64),
}

/// What happens to an account's connection, from the call of [`crate::Steady::events`] on.
#[derive(Debug)]
pub struct SteadyEvents(pub(crate) broadcast::Receiver<SteadyEvent>);

impl SteadyEvents {
    /// The next event; `None` at the end. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<SteadyEvent> {
        match self.0.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(count)) => Some(SteadyEvent::Missed(count)),
            Err(RecvError::Closed) => None,
        }
    }
}

/// The mailbox that is to be selected.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) name: Arc<Mailbox>,
    pub(crate) read_only: bool,
    pub(crate) uid_validity: Option<UidValidity>,
}
