//! Waiting for changes of the mailbox: on the caller's thread until something happens, or on the worker thread while the program does
//! something else.
//!
//! Separate because monitoring goes on beside other calls: the library ends IDLE for them and begins it again afterwards. RFC 2177 (IDLE),
//! RFC 9051 §6.3.13; where a server has no IDLE it is asked every minute (M17).
//!
//! Invariant: an update is told once, and its number is right at the time: expunges before it are taken into account, in the server's order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use imapkit_blocking::{Error, ErrorKind, MailboxEvent, Watch};

use crate::code::ErrorCode;
use crate::constants::{IdleOption, State, UpdateType};
use crate::control::{Control, Inner, Result};
use crate::error::ControlError;

/// How long to wait when nobody says: as good as for ever.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);
/// What came together is told together.
const TOGETHER: Duration = Duration::ZERO;
/// More messages at once than a program wants to hear of one by one: a single update says to look at the mailbox again.
const MAX_UPDATES: u32 = 1000;

/// A change of the mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update {
    /// What sort of change.
    pub kind: UpdateType,
    /// The number of the message; 0 when it is about the whole mailbox.
    pub number: u32,
}

impl Control {
    /// Waits for changes of the selected mailbox. `timeout` is in seconds; without one there is no end but [`Control::cancel`].
    ///
    /// With [`IdleOption::Wait`] the call returns when something has changed, with the first of the changes; all of them are told by
    /// `on_update`. `None` means that the time is over, which is told by `on_timeout`.
    ///
    /// With [`IdleOption::NoWait`] it returns `None` at once, and changes are told by `on_update` on the control's worker thread: until
    /// [`Control::cancel`], the end of the time, another mailbox, or the end of the connection. Other calls can be made meanwhile.
    ///
    /// # Errors
    /// [`ErrorCode::NoMailboxSelected`]; [`ErrorCode::InProgress`] when the mailbox is being monitored already.
    pub fn idle(&self, option: IdleOption, timeout: Option<u32>) -> Result<Option<Update>> {
        let until =
            timeout.filter(|seconds| *seconds > 0).map_or(FOREVER, |seconds| Duration::from_secs(seconds.into()));
        let waits = option == IdleOption::Wait && self.inner.settings().blocking;
        self.inner.call("idle", |inner| {
            let selected = inner.selected()?;
            let monitored = inner.with_selection(|selection| Arc::clone(&selection.monitored))?;
            if monitored.swap(true, Ordering::SeqCst) {
                return Err(ControlError::new(ErrorCode::InProgress, "the mailbox is being monitored already"));
            }
            let (exists, connection) = (selected.exists().unwrap_or(0), inner.connection().unwrap_or(0));
            let mark = Mark(monitored);
            let (watch, until) = (selected.watch()?, Instant::now() + until);
            let mut monitor = Monitor { watch, mark, connection, exists, until };
            if waits {
                inner.enter(State::Monitoring);
                let first = monitor.next(inner)?;
                if first.is_none() {
                    // What it returns is not looked at: it is over.
                    drop(inner.events.timeout());
                }
                return Ok(first);
            }
            let inner = Arc::clone(&self.inner);
            self.on_worker(move || inner.monitor(monitor))?;
            Ok(None)
        })
    }
}

/// Says that a selection is being monitored, for as long as it lives.
struct Mark(Arc<AtomicBool>);

impl Drop for Mark {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// One stretch of watching.
struct Monitor {
    // Before the mark: nobody may watch again while this one still does.
    watch: Watch,
    mark: Mark,
    /// Which connection it is.
    connection: u64,
    exists: u32,
    until: Instant,
}

impl Monitor {
    /// The first of the next changes, all of them told; `None` when the time is over.
    fn next(&mut self, inner: &Inner) -> Result<Option<Update>> {
        let mut first = None;
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            let wait = if first.is_some() { TOGETHER } else { left };
            match self.watch.next_within(wait)? {
                Some(event) => {
                    first = first.or(self.tell(inner, &event)?);
                }
                None => return Ok(first),
            }
        }
    }

    /// Tells one change, which may be several updates; gives the first.
    fn tell(&mut self, inner: &Inner, event: &MailboxEvent) -> Result<Option<Update>> {
        let mailbox = Update { kind: UpdateType::Mailbox, number: 0 };
        let updates: Vec<Update> = match event {
            MailboxEvent::Exists(now) => {
                let (from, to) = (std::mem::replace(&mut self.exists, *now).saturating_add(1), *now);
                match to.saturating_sub(from).saturating_add(1) {
                    0 => Vec::new(),
                    _ if to < from => Vec::new(),
                    many if many > MAX_UPDATES => vec![mailbox],
                    _ => (from..=to).map(|number| Update { kind: UpdateType::Message, number }).collect(),
                }
            }
            MailboxEvent::Expunged { seq, .. } => {
                self.exists = self.exists.saturating_sub(1);
                vec![Update { kind: UpdateType::Expunge, number: seq.get() }]
            }
            MailboxEvent::Fetch(row) => {
                vec![Update { number: row.seq.map_or(0, imapkit_blocking::types::SeqNum::get), ..mailbox }]
            }
            // Which flags there are: Dovecot tells it before a message with a new one, and nothing has changed for anybody.
            MailboxEvent::Flags(_) => Vec::new(),
            _ => vec![mailbox],
        };
        for update in &updates {
            inner.events.update(update.kind, update.number)?;
        }
        Ok(updates.first().copied())
    }
}

impl Inner {
    /// Watches until something ends it, which is told by the events that are for it.
    fn monitor(&self, mut monitor: Monitor) {
        let over = loop {
            match monitor.next(self) {
                Ok(Some(_)) => {}
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        let Monitor { watch, mark, connection, .. } = monitor;
        drop(watch);
        // Another mailbox, or our own disconnect, is what the program wanted.
        let wanted = |error: &ControlError| {
            let stale = error.cause().map(Error::kind) == Some(ErrorKind::Stale);
            stale || self.connection() != Some(connection)
        };
        let wanted = over.as_ref().is_some_and(wanted);
        // First, since who is told may watch again at once.
        drop(mark);
        match over {
            None => drop(self.events.timeout()),
            Some(error) if !wanted => self.tell(&error),
            Some(_) => {}
        }
    }
}
