//! `watch`: tells at once when messages arrive, go or change, through IDLE (or NOOP where the server has none). RFC 2177.
//!
//! ```text
//! connect -> EXAMINE -> what arrived since last time -> IDLE -> events ... -> connection lost -> (the library connects again) ...
//! ```
//!
//! The library keeps the account connected: it waits as the policy says, notices when the machine has slept, and offers refused credentials
//! no more than once. What arrived meanwhile is told: the next UID to expect is remembered.

mod tell;

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use imapkit::types::{Items, NumSet, Uid, UidSet};
use imapkit::{Error, Event, Events, MailboxEvent, Selected, Steady, SteadyOptions, SteadyWatch, WatchEvent};
use tokio::time::Instant;

use crate::args::high::Target;
use crate::connect::{self, same_life};
use crate::errors::Outcome;
use crate::errors::library::explain;
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
    let (count, deadline) = (wanted.count, wanted.time.map(|time| Instant::now() + time));
    let mut teller = Teller::new(wanted.exec, wanted.count);
    // What does not work at the beginning is told at once, with advice.
    let account = Steady::connect(&config, SteadyOptions::default()).await;
    let account = account.map_err(|error| explain(&error, &place, "connecting"))?;
    let folder = place.mailbox_or_inbox();
    let doing = format!("opening the folder {}", clean(folder));
    let opened = account.examine(folder).await.map_err(|error| explain(&error, &place, &doing))?;
    same_life(&place, &opened)?;
    let mut watcher = Watcher { place, memory: Memory::default(), interrupt: Interrupt::listen(), deadline };
    let end = watcher.run(account.watch(), &mut teller, output).await?;
    account.logout().await;
    match end {
        End::Time if count.is_some() => Ok(Exit::Partial),
        End::Counted | End::Time | End::Pressed => Ok(Exit::Done),
    }
}

/// What goes through one connection after another.
struct Watcher {
    place: Place,
    memory: Memory,
    interrupt: Interrupt,
    deadline: Option<Instant>,
}

impl Watcher {
    async fn run(&mut self, mut watch: SteadyWatch, teller: &mut Teller, output: &mut Output) -> Outcome<End> {
        let mut current: Option<(Selected, Events)> = None;
        loop {
            if teller.is_done() {
                return Ok(End::Counted);
            }
            let event = tokio::select! {
                event = watch.next() => event,
                Some(event) = said(&mut current) => {
                    if let (Event::Alert { text, .. }, Some((mailbox, _))) = (event, &current) {
                        Teller::alert(mailbox, &text, output)?;
                    }
                    continue;
                }
                () = until(self.deadline) => return Ok(End::Time),
                () = self.interrupt.pressed() => return Ok(End::Pressed),
            };
            let outcome = match event.map_err(|error| explain(&error, &self.place, "watching"))? {
                WatchEvent::Opened(mailbox) => {
                    let outcome = self.opened(&mailbox, teller, output).await?;
                    let events = mailbox.client().events();
                    current = Some((mailbox, events));
                    outcome
                }
                WatchEvent::Changed(change) => match &current {
                    Some((mailbox, _)) => self.change(mailbox, change, teller, output).await?,
                    None => Ok(()),
                },
                WatchEvent::Lost { why, retry_at } => {
                    current = None;
                    Teller::lost(&self.place, &why, output)?;
                    if let Some(retry_at) = retry_at {
                        let wait = retry_at.saturating_duration_since(Instant::now());
                        output.note(&format!("connecting again in {}", duration(wait)));
                    }
                    Ok(())
                }
                _ => Ok(()),
            };
            // A connection that has ended is told by the watch, and what was missed by the next one.
            if let (Err(error), Some((mailbox, _))) = (&outcome, &current)
                && mailbox.client().is_open()
            {
                output.warn(explain(error, &self.place, "looking at what has changed").what());
            }
        }
    }

    /// The folder is open, for the first time or again.
    async fn opened(
        &mut self,
        mailbox: &Selected,
        teller: &mut Teller,
        output: &mut Output,
    ) -> Outcome<Result<(), Error>> {
        let validity = mailbox.info().uid_validity.map_or(0, imapkit::types::UidValidity::get);
        self.memory.exists = mailbox.info().exists;
        let known = self.memory.next;
        let before = known.filter(|(of, _)| *of == validity);
        if known.is_some() && before.is_none() {
            output.note("the folder was made anew: its UIDs have changed");
        }
        let next = match (before, mailbox.info().uid_next) {
            (Some((_, next)), _) | (None, Some(next)) => next,
            (None, None) => match last_uid(mailbox).await {
                Ok(last) => last.map_or(1, |last| last.get().saturating_add(1)),
                Err(error) => return Ok(Err(error)),
            },
        };
        self.memory.next = Some((validity, next));
        Teller::watching(&self.place, mailbox, known.is_some(), output)?;
        // What arrived while there was no connection, or between opening the folder and watching it.
        match mailbox.exists().await {
            Ok(exists) if before.is_some() || exists > self.memory.exists => {
                self.memory.exists = exists;
                self.arrived(mailbox, teller, output).await
            }
            outcome => Ok(outcome.map(drop)),
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
}

/// What the server says unasked; nothing while there is no connection.
async fn said(current: &mut Option<(Selected, Events)>) -> Option<Event> {
    match current {
        Some((_, events)) => events.next().await,
        None => None,
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
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

/// The mailbox's name for people.
fn name(mailbox: &Selected) -> String {
    clean(mailbox.mailbox().name())
}
