//! FETCH as a request, and its answer as an iterator of messages.
//!
//! Separate because a FETCH is more than one command: a set that does not fit a line goes out in several, two at a time, and comes back as
//! one sequence. The connection is read inside `next()` and `read()`, nowhere else. RFC 9051 §6.4.5; protocol.md M02, M26, M30, T105.
//!
//! Invariants: nothing is read from the server before it is asked for, save while another command is waited for (see `pipe.rs`); dropping
//! everything that belongs to a request gives the rest up and leaves the connection in step.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use imapkit_session::commands::{Collected, Fetch, FetchPart, FetchSink, Messages};
use imapkit_session::types::{Items, ModSeq};
use imapkit_session::wire::response::BodyStart;
use imapkit_session::{CommandId, Epoch, Error, ErrorKind, Row};

use crate::cancel::Patience;
use crate::driver::Driver;
use crate::engine::Engine;
use crate::message::{Message, Place};
use crate::pipe::{Arrived, Pipe};

/// Commands of one request under way at once.
const AT_ONCE: usize = 2;
/// Octets of content that are put together for a message that says only behind them which one it is.
const MAX_UNNAMED: usize = 16 << 20;

/// A FETCH that has not been sent. Iterate over it, or [`FetchRequest::collect`] it.
///
/// ```no_run
/// # use imapkit_blocking::{Selected, Error, types::{Items, UidSet}};
/// # fn run(inbox: &Selected, uids: &UidSet) -> Result<(), Box<dyn std::error::Error>> {
/// for message in inbox.fetch(uids, Items::new().envelope().body_peek()) {
///     let mut message = message?;
///     let mut file = std::fs::File::create(format!("{}.eml", message.uid()))?;
///     message.body()?.copy_to(&mut file)?;
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is fetched until the request is iterated over or collected"]
pub struct FetchRequest {
    driver: Arc<Driver>,
    timeout: Option<Duration>,
    plan: Plan,
}

/// What is to be sent.
#[derive(Debug)]
struct Plan {
    pieces: VecDeque<Messages>,
    items: Items,
    epoch: Epoch,
    changed_since: Option<(ModSeq, bool)>,
    sent: Vec<CommandId>,
}

/// Messages as the server sends them. Reading slowly slows the server down; dropping the iterator gives up the rest.
///
/// Other commands may be run on the connection in between; what comes for this iterator while they are waited for is kept, up to 16 MiB,
/// beyond which it fails with `Stalled`. The iterator ends after an error.
pub struct FetchIter {
    intake: Arc<Intake>,
    over: bool,
}

/// A request under way: what its iterator, messages and bodies share. When the last of them is gone the commands are given up.
pub(crate) struct Intake {
    driver: Arc<Driver>,
    pipe: Arc<Pipe>,
    patience: Patience,
    timeout: Option<Duration>,
    plan: Mutex<Plan>,
}

impl FetchRequest {
    pub(crate) fn new(
        driver: &Arc<Driver>,
        timeout: Option<Duration>,
        epoch: Epoch,
        pieces: VecDeque<Messages>,
        items: Items,
    ) -> Self {
        let plan = Plan { pieces, items, epoch, changed_since: None, sent: Vec::new() };
        Self { driver: Arc::clone(driver), timeout, plan }
    }

    /// Only messages changed after `mod_seq` (CONDSTORE).
    pub fn changed_since(mut self, mod_seq: ModSeq) -> Self {
        self.plan.changed_since = Some((mod_seq, false));
        self
    }

    /// Only messages changed after `mod_seq`; which are gone comes as [`crate::MailboxEvent::Vanished`] (QRESYNC).
    pub fn changed_or_vanished_since(mut self, mod_seq: ModSeq) -> Self {
        self.plan.changed_since = Some((mod_seq, true));
        self
    }

    /// Waits for all messages, content included, if that is at most `max_octets` of streamed content.
    ///
    /// # Errors
    /// `Limit` when there is more; otherwise what ended the command.
    pub fn collect(self, max_octets: usize) -> Result<Vec<Message>, Error> {
        let intake = Intake::start(self);
        let mut rows = Collected::new(max_octets);
        while let Some(part) = intake.read(Pipe::poll_part)? {
            rows.push(part?);
        }
        rows.into_rows()?.into_iter().map(|row| Ok(Message::whole(Row::new(row)?))).collect()
    }
}

impl IntoIterator for FetchRequest {
    type Item = Result<Message, Error>;
    type IntoIter = FetchIter;

    /// Queues the command and gives the messages as they come.
    fn into_iter(self) -> FetchIter {
        FetchIter { intake: Intake::start(self), over: false }
    }
}

impl Intake {
    fn start(request: FetchRequest) -> Arc<Self> {
        let FetchRequest { driver, timeout, plan } = request;
        let patience = driver.patience(None);
        let intake = Self { driver, pipe: Pipe::new(), patience, timeout, plan: Mutex::new(plan) };
        intake.driver.change(|engine| {
            engine.add_pipe(&intake.pipe);
            intake.submit(engine);
        });
        Arc::new(intake)
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues what may be sent next.
    fn submit(&self, engine: &mut Engine) {
        let mut plan = self.plan();
        loop {
            match self.pipe.running() {
                None => plan.pieces.clear(),
                Some(running) if running >= AT_ONCE => return,
                Some(_) => {}
            }
            let Some(messages) = plan.pieces.pop_front() else { return self.pipe.complete() };
            let mut command = Fetch::new(messages, plan.items.clone(), self.pipe.begin()).in_epoch(plan.epoch);
            if let Some((mod_seq, vanished)) = plan.changed_since {
                command = command.changed_since(mod_seq, vanished);
            }
            let pipe = Arc::clone(&self.pipe);
            plan.sent.push(engine.session.submit(command, move |result| pipe.end(result.map(drop))));
        }
    }

    /// Nobody reads message `serial` any more.
    pub(crate) fn pass_over(&self, serial: u64) {
        self.room(self.pipe.pass_over(serial));
    }

    fn room(&self, again: bool) {
        if again {
            self.driver.nudge();
        }
    }

    /// Takes what `poll` finds, waiting for it if need be.
    pub(crate) fn read<T>(&self, poll: impl Fn(&Pipe) -> (Poll<T>, bool)) -> Result<T, Error> {
        let (found, again) = poll(&self.pipe);
        self.room(again);
        if let Poll::Ready(found) = found {
            return Ok(found);
        }
        // Cancelled by what happened since the iterator was made, limited from now on.
        let patience = self.patience.until(self.driver.patience(self.timeout).deadline());
        self.driver.check(patience)?;
        self.driver.wait(patience, |engine, _| {
            self.submit(engine);
            match poll(&self.pipe).0 {
                Poll::Ready(found) => Some(found),
                Poll::Pending => None,
            }
        })
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.room(self.pipe.leave());
        let plan = self.plan.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.driver.change(|engine| plan.sent.iter().for_each(|id| engine.session.cancel(*id)));
    }
}

impl FetchIter {
    /// The next message, whether or not it makes sense; an error ends the iterator.
    fn advance(&self) -> Result<Option<Result<Message, Error>>, Error> {
        Ok(match self.intake.read(Pipe::poll_message)?.transpose()? {
            None => None,
            Some(Arrived::Row(row)) => Some(Row::new(row).map(Message::whole)),
            Some(Arrived::Open(_, start)) if start.row.uid.is_none() => Some(self.assemble(start)?),
            Some(Arrived::Open(serial, mut start)) => {
                let place = Place { intake: Arc::clone(&self.intake), serial };
                Some(Row::new(std::mem::take(&mut start.row)).map(|row| Message::coming(row, start, place)))
            }
        })
    }

    /// Puts a message together that does not say at its beginning which one it is.
    fn assemble(&self, start: Box<BodyStart>) -> Result<Result<Message, Error>, Error> {
        let mut rows = Collected::new(MAX_UNNAMED);
        rows.push(FetchPart::BodyStart(start));
        loop {
            let part = self.intake.read(Pipe::poll_part)?.transpose()?;
            let part = part.ok_or_else(|| Error::new(ErrorKind::Protocol, "the server's answer ended in a message"))?;
            let last = matches!(part, FetchPart::Row(_));
            rows.push(part);
            if last {
                let whole = rows.into_rows().and_then(|mut rows| Row::new(rows.pop().unwrap_or_default()));
                return Ok(whole.map(Message::whole));
            }
        }
    }
}

impl Iterator for FetchIter {
    type Item = Result<Message, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let next = self.advance();
        self.over = !matches!(next, Ok(Some(_)));
        next.transpose().map(|next| next.and_then(|message| message))
    }
}

impl Drop for FetchIter {
    fn drop(&mut self) {
        self.intake.room(self.intake.pipe.leave());
    }
}

impl fmt::Debug for FetchIter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchIter").field("intake", &self.intake).field("over", &self.over).finish()
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("plan", &*self.plan()).finish_non_exhaustive()
    }
}
