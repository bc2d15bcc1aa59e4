//! `watch`: tells at once when messages arrive, go or change, through IDLE (or NOOP where the server has none). RFC 2177.
//!
//! ```text
//! connect -> EXAMINE -> what arrived since last time -> IDLE -> events ... -> connection lost -> wait -> connect ...
//! ```
//!
//! A connection that breaks is made again, with growing waits, and what arrived meanwhile is told: the next UID to expect is remembered. A
//! login that is refused is not tried again: that is how accounts get locked.

mod tell;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use imapkit::recovery::{Backoff, BackoffConfig, Trouble};
use imapkit::types::{Items, NumSet, Uid, UidSet};
use imapkit::{Config, Error, ErrorKind, Event, MailboxEvent, Selected};
use tokio::time::Instant;

use crate::args::high::Target;
use crate::connect::{self, Link};
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::output::text::{clean, duration};
use crate::place::Place;
use tell::Teller;

/// When to end, and what to run.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) exec: Option<String>,
    pub(super) count: Option<u64>,
    pub(super) time: Option<Duration>,
}

/// Why a watch ended.
enum End {
    /// Enough events.
    Counted,
    /// Time is up.
    Time,
    /// Ctrl-C.
    Pressed,
    /// The connection, or the selection, is over.
    Broken(Error),
}

/// What is remembered from one connection to the next.
#[derive(Debug, Default)]
struct Memory {
    /// The first UID not seen yet, and whose life of the mailbox it belongs to.
    next: Option<(u32, u32)>,
    exists: u32,
}

pub(super) async fn run(target: &Target, wanted: Wanted, output: &mut Output) -> Outcome {
    let (place, config) = connect::prepare(target, output).await?;
    let count = wanted.count;
    let deadline = wanted.time.map(|time| Instant::now() + time);
    let mut teller = Teller::new(wanted.exec, wanted.count);
    let mut watcher = Watcher { config, place, memory: Memory::default(), interrupt: Interrupt::listen(), deadline };
    let mut backoff = Backoff::new(BackoffConfig::default());
    let mut first = true;
    loop {
        let start = Instant::now();
        let end = watcher.session(&mut teller, output).await;
        let cause = match end {
            Ok(End::Time) if count.is_some() => return Ok(Exit::Partial),
            Ok(End::Counted | End::Time | End::Pressed) => return Ok(Exit::Done),
            Ok(End::Broken(error)) => {
                backoff.worked(start.elapsed());
                Teller::lost(&watcher.place, &error, output)?;
                Trouble::Network
            }
            // What does not work at the beginning, or will not work by itself, is told at once, with advice.
            Err(problem) => match cause(&problem).filter(|_| !first) {
                Some(cause) => {
                    output.warn(problem.what());
                    cause
                }
                None => return Err(problem),
            },
        };
        first = false;
        // Only refused credentials have no delay, and they have ended it above.
        let wait = backoff.failed(cause, random(), None).unwrap_or_default();
        output.note(&format!("connecting again in {}", duration(wait)));
        match watcher.wait(wait).await {
            None => {}
            Some(End::Time) if count.is_some() => return Ok(Exit::Partial),
            Some(_) => return Ok(Exit::Done),
        }
    }
}

/// What makes one connection after another.
struct Watcher {
    config: Config,
    place: Place,
    memory: Memory,
    interrupt: Interrupt,
    deadline: Option<Instant>,
}

impl Watcher {
    /// One connection, from greeting to its end.
    async fn session(&mut self, teller: &mut Teller, output: &mut Output) -> Outcome<End> {
        let link = connect::connect(&self.config, self.place.clone(), output).await?;
        let mailbox = link.open_mailbox(false).await?;
        let end = self.watch(&link, &mailbox, teller, output).await?;
        if !matches!(end, End::Broken(_)) {
            link.close().await;
        }
        Ok(end)
    }

    async fn watch(
        &mut self,
        link: &Link,
        mailbox: &Selected,
        teller: &mut Teller,
        output: &mut Output,
    ) -> Outcome<End> {
        let mut changes = mailbox.watch();
        let mut events = link.client.events();
        let validity = mailbox.info().uid_validity.map_or(0, imapkit::types::UidValidity::get);
        self.memory.exists = mailbox.info().exists;
        let before = self.memory.next.filter(|(of, _)| *of == validity);
        let next = match (before, mailbox.info().uid_next) {
            (Some((_, next)), _) | (None, Some(next)) => next,
            (None, None) => match last_uid(mailbox).await {
                Ok(last) => last.map_or(1, |last| last.get().saturating_add(1)),
                Err(error) => return Ok(End::Broken(error)),
            },
        };
        self.memory.next = Some((validity, next));
        Teller::watching(link, mailbox, before.is_some(), output)?;
        // What arrived while there was no connection.
        if before.is_some()
            && let Err(error) = self.arrived(mailbox, teller, output).await?
        {
            return Ok(End::Broken(error));
        }
        loop {
            if teller.is_done() {
                return Ok(End::Counted);
            }
            let deadline = self.deadline;
            let time_is_up = async move {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            let change = tokio::select! {
                change = changes.next() => change,
                Some(event) = events.next() => {
                    if let Event::Alert { text, .. } = event {
                        Teller::alert(mailbox, &text, output)?;
                    }
                    continue;
                }
                () = time_is_up => return Ok(End::Time),
                () = self.interrupt.pressed() => return Ok(End::Pressed),
            };
            let over = || link.client.error().unwrap_or_else(|| Error::new(ErrorKind::Closed, "the connection ended"));
            let change = match change {
                Some(Ok(change)) => change,
                Some(Err(error)) => return Ok(End::Broken(error)),
                None => return Ok(End::Broken(over())),
            };
            if let Err(error) = self.change(mailbox, change, teller, output).await? {
                return Ok(End::Broken(error));
            }
        }
    }

    /// One change. The inner result is the server's.
    async fn change(
        &mut self,
        mailbox: &Selected,
        change: MailboxEvent,
        teller: &mut Teller,
        output: &mut Output,
    ) -> Outcome<Result<(), Error>> {
        match change {
            MailboxEvent::Exists(exists) => {
                self.memory.exists = exists;
                return self.arrived(mailbox, teller, output).await;
            }
            MailboxEvent::Resync => return self.arrived(mailbox, teller, output).await,
            MailboxEvent::Expunged { seq, uid } => {
                self.memory.exists = self.memory.exists.saturating_sub(1);
                teller.gone(mailbox, self.memory.exists, uid, Some(seq), output).await?;
            }
            MailboxEvent::Vanished { earlier: false, uids } => {
                // No more can be gone than there were, whatever the server names.
                for uid in uids.iter().take(self.memory.exists as usize) {
                    self.memory.exists = self.memory.exists.saturating_sub(1);
                    teller.gone(mailbox, self.memory.exists, Some(uid), None, output).await?;
                }
            }
            MailboxEvent::Fetch(row) => teller.flags(mailbox, &row, output).await?,
            MailboxEvent::UidValidity(_) => output.note("the folder was made anew: its UIDs have changed"),
            _ => {}
        }
        Ok(Ok(()))
    }

    /// Tells of the messages from the next UID on. The server says how many there are, not which.
    async fn arrived(
        &mut self,
        mailbox: &Selected,
        teller: &mut Teller,
        output: &mut Output,
    ) -> Outcome<Result<(), Error>> {
        let Some((validity, next)) = self.memory.next else { return Ok(Ok(())) };
        let Some(first) = Uid::new(next) else { return Ok(Ok(())) };
        if self.memory.exists == 0 {
            return Ok(Ok(()));
        }
        let items = Items::new().flags().internal_date().size().envelope();
        let mut rows = mailbox.fetch(&UidSet::starting_at(first), items).stream();
        let mut seen = next;
        loop {
            match rows.try_next().await {
                // `n:*` always names the last message, which may be one that was told already.
                Ok(Some(row)) if row.uid().get() >= next => {
                    seen = seen.max(row.uid().get().saturating_add(1));
                    if !teller.is_done() {
                        teller.arrived(mailbox, self.memory.exists, row.row(), row.uid(), output).await?;
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => return Ok(Err(error)),
            }
        }
        self.memory.next = Some((validity, seen));
        Ok(Ok(()))
    }

    /// Waits before the next attempt; gives why not to, if so.
    async fn wait(&mut self, time: Duration) -> Option<End> {
        let until = Instant::now() + time;
        let deadline = self.deadline;
        tokio::select! {
            () = tokio::time::sleep_until(deadline.map_or(until, |deadline| deadline.min(until))) => {}
            () = self.interrupt.pressed() => return Some(End::Pressed),
        }
        deadline.is_some_and(|deadline| Instant::now() >= deadline).then_some(End::Time)
    }
}

/// The greatest UID there is, for servers that do not tell UIDNEXT (H27).
async fn last_uid(mailbox: &Selected) -> Result<Option<Uid>, Error> {
    if mailbox.info().exists == 0 {
        return Ok(None);
    }
    let mut rows = mailbox.fetch(&NumSet::last(), Items::new().uid()).stream();
    Ok(rows.try_next().await?.map(|row| row.uid()))
}

/// Why a connection could not be made again; `None` if that will not get better by waiting.
fn cause(problem: &Problem) -> Option<Trouble> {
    match (problem.kind(), problem.exit()) {
        ("throttled" | "daily-limit", _) => Some(Trouble::Throttle),
        ("unavailable" | "too-many-connections" | "bye", _) => Some(Trouble::Busy),
        (_, Exit::Network) => Some(Trouble::Network),
        _ => None,
    }
}

/// Enough to spread attempts; no secret hangs on it.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The mailbox's name for people.
fn name(mailbox: &Selected) -> String {
    clean(mailbox.mailbox().name())
}
