//! Between a FETCH in the session and those who read its answer: rows and content in order, bounded, with one lock a batch.
//!
//! Separate because both ends meet only here: [`Sink`] is fed by the driver, [`Intake`] is read by streams, messages and bodies. No RFC;
//! architecture.md 4b, protocol.md M30, T105.
//!
//! ```text
//! Fetch --Sink::push--> [ Row | BodyStart Chunk* BodyEnd … Row ]* --Intake::poll_*--> FetchStream, Message, Body
//!            | held > HIGH: Flow::Full, the session stops reading            | held < LOW: a job resumes it
//! ```
//!
//! Invariants: a reader is woken only when it has found the queue empty, and once for all that one reading of the socket brings; what nobody
//! wants any more is taken and forgotten at once, so that the connection stays in step; the queue exceeds [`HIGH`] only while somebody
//! waits for another command, and then by [`HARD`] at most: without that, a program that runs a command for each row would wait for an
//! answer behind rows that only it can take away.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use imapkit_session::commands::{FetchPart, FetchSink, Flow};
use imapkit_session::types::Fetch;
use imapkit_session::wire::response::BodyStart;
use imapkit_session::{Error, ErrorKind};

use crate::link::{Fate, Link, Ticket};

/// Octets (and what rows roughly take) in the queue at which reading from the server stops.
const HIGH: usize = 512 << 10;
/// Octets in the queue below which it goes on.
const LOW: usize = HIGH / 2;
/// As [`HIGH`], while somebody waits for the answer to another command.
const HARD: usize = 64 << 20;
/// What a row takes beside its content, roughly.
const ROW: usize = 512;

/// The queue.
#[derive(Debug, Default)]
pub(crate) struct Pipe(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    parts: VecDeque<FetchPart>,
    held: usize,
    /// The sink has said `Full`.
    paused: bool,
    reader: Option<Waker>,
    /// Commands that may still push.
    running: usize,
    error: Option<Error>,
    front: Front,
    /// Which content of the open message.
    body: u32,
    /// Octets of that content are still to come.
    in_body: bool,
    messages: u64,
    /// The stream is gone: nothing is wanted behind the open message.
    left: bool,
}

/// What stands at the front of the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Front {
    /// A message, or nothing.
    #[default]
    Free,
    /// The content of this message: somebody reads it.
    Open(u64),
    /// The rest of a message nobody wants; its row has not arrived.
    Passing,
}

/// The session's end.
#[derive(Debug)]
pub(crate) struct Sink {
    pipe: Arc<Pipe>,
    fate: Arc<Fate>,
}

/// The readers' end. When the last of its holders is gone the commands are cancelled.
#[derive(Debug)]
pub(crate) struct Intake {
    pipe: Arc<Pipe>,
    link: Link,
    tickets: Mutex<Vec<Ticket>>,
}

/// What a stream finds next.
#[derive(Debug)]
pub(crate) enum Arrived {
    /// A row that is complete.
    Row(Fetch),
    /// The beginning of a row with large content; the number stands for the message.
    Open(u64, Box<BodyStart>),
}

/// What comes behind the content of an open message.
#[derive(Debug)]
pub(crate) enum Behind {
    /// More content.
    Body(u32, Box<BodyStart>),
    /// The row: the message is complete.
    Row(Fetch),
}

impl Sink {
    pub(crate) fn new(intake: &Intake) -> Self {
        Self { pipe: Arc::clone(&intake.pipe), fate: Arc::clone(intake.link.fate()) }
    }
}

impl FetchSink for Sink {
    fn push(&mut self, part: FetchPart) -> Flow {
        let mut state = self.pipe.lock();
        match state.front {
            Front::Passing => {
                if matches!(part, FetchPart::Row(_)) {
                    state.front = Front::Free;
                }
                return Flow::Ready;
            }
            Front::Free if state.left => return Flow::Ready,
            Front::Free | Front::Open(_) => {}
        }
        state.held = state.held.saturating_add(cost(&part));
        state.parts.push_back(part);
        let full = state.held >= HIGH && (state.held >= HARD || !self.fate.is_awaited());
        state.paused |= full;
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            self.fate.wake_later(reader);
        }
        if full { Flow::Full } else { Flow::Ready }
    }

    fn fail(&mut self, error: &Error) {
        self.pipe.fail(error);
    }
}

/// Roughly what a part takes.
fn cost(part: &FetchPart) -> usize {
    content(part) + if matches!(part, FetchPart::Row(_)) { ROW } else { 0 }
}

/// Octets of content in a part.
pub(crate) fn content(part: &FetchPart) -> usize {
    match part {
        FetchPart::BodyChunk(chunk) => chunk.len(),
        FetchPart::BodyStart(_) | FetchPart::BodyEnd => 0,
        FetchPart::Row(row) => row.bodies().iter().filter_map(|body| body.bytes()).map(Bytes::len).sum(),
    }
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, error: &Error) {
        let mut state = self.lock();
        state.error.get_or_insert_with(|| error.clone());
        state.wake();
    }
}

impl State {
    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    fn pop(&mut self) -> Option<FetchPart> {
        let part = self.parts.pop_front()?;
        self.held = self.held.saturating_sub(cost(&part));
        Some(part)
    }

    /// Nothing is there: an error, the end, or a wait.
    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<Option<Result<T, Error>>> {
        if let Some(error) = &self.error {
            return Poll::Ready(Some(Err(error.clone())));
        }
        if self.running == 0 {
            return Poll::Ready(None);
        }
        // Two tasks may read, one the stream and one a body; the one that is overtaken looks again.
        match &mut self.reader {
            Some(reader) if reader.will_wake(cx.waker()) => {}
            reader => {
                if let Some(other) = reader.replace(cx.waker().clone()) {
                    other.wake();
                }
            }
        }
        Poll::Pending
    }

    /// Goes past the open message, whether its row has arrived or not.
    fn pass_over(&mut self) {
        self.close();
        loop {
            match self.pop() {
                Some(FetchPart::Row(_)) => break,
                Some(_) => {}
                None => {
                    if self.running > 0 && self.error.is_none() {
                        self.front = Front::Passing;
                    }
                    break;
                }
            }
        }
        self.trim();
    }

    /// The open message is done with; whoever still reads it is to look again.
    fn close(&mut self) {
        self.front = Front::Free;
        self.in_body = false;
        self.wake();
    }

    /// Throws away what nobody will ask for.
    fn trim(&mut self) {
        if self.left {
            self.parts.clear();
            self.held = 0;
        }
    }

    /// A message with large content begins.
    fn begin(&mut self, start: Box<BodyStart>) -> Arrived {
        self.messages = self.messages.saturating_add(1);
        self.front = Front::Open(self.messages);
        self.body = 0;
        self.in_body = true;
        Arrived::Open(self.messages, start)
    }

    fn check(&self, serial: u64) -> Result<(), Error> {
        if self.front == Front::Open(serial) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Misuse, "the stream has gone on to the next message, so this content is gone"))
    }
}

impl Intake {
    pub(crate) fn new(link: Link) -> Self {
        Self { pipe: Arc::default(), link, tickets: Mutex::default() }
    }

    /// A command that feeds the pipe is to be submitted: by `submit`, whose argument is to be called with the command's end.
    pub(crate) fn start(&self, submit: impl FnOnce(&Link, Ender) -> Ticket) {
        let mut state = self.pipe.lock();
        state.running = state.running.saturating_add(1);
        drop(state);
        let ticket =
            submit(&self.link, Ender { pipe: Arc::clone(&self.pipe), fate: Arc::clone(self.link.fate()), done: false });
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner).push(ticket);
    }

    /// Commands that have not ended.
    pub(crate) fn running(&self) -> usize {
        self.pipe.lock().running
    }

    /// The next message; what is left of the one before is passed over. Rows behind it that are complete go to `ready`.
    pub(crate) fn poll_message(
        &self,
        cx: &Context<'_>,
        ready: &mut VecDeque<Fetch>,
    ) -> Poll<Option<Result<Arrived, Error>>> {
        let mut state = self.pipe.lock();
        if let Front::Open(_) = state.front {
            state.pass_over();
        }
        while matches!(state.parts.front(), Some(FetchPart::Row(_))) {
            if let Some(FetchPart::Row(row)) = state.pop() {
                ready.push_back(row);
            }
        }
        let found = match ready.pop_front() {
            Some(row) => Poll::Ready(Some(Ok(Arrived::Row(row)))),
            None => loop {
                match state.pop() {
                    Some(FetchPart::BodyStart(start)) => break Poll::Ready(Some(Ok(state.begin(start)))),
                    // Content without a beginning, or what is left of it.
                    Some(_) => {}
                    None => break state.wait(cx),
                }
            },
        };
        self.resume(state);
        found
    }

    /// Octets of content `body` of message `serial`; `None` at its end.
    pub(crate) fn poll_chunk(&self, cx: &Context<'_>, serial: u64, body: u32) -> Poll<Result<Option<Bytes>, Error>> {
        let mut state = self.pipe.lock();
        state.check(serial)?;
        if state.body != body || !state.in_body {
            return Poll::Ready(Ok(None));
        }
        let found = match state.pop() {
            Some(FetchPart::BodyChunk(chunk)) => Poll::Ready(Ok(Some(chunk))),
            Some(_) => {
                state.in_body = false;
                Poll::Ready(Ok(None))
            }
            None => state.wait(cx).map(cut_short),
        };
        self.resume(state);
        found
    }

    /// What comes behind the content of message `serial` that is being read; the rest of that is passed over.
    pub(crate) fn poll_behind(&self, cx: &Context<'_>, serial: u64) -> Poll<Result<Behind, Error>> {
        let mut state = self.pipe.lock();
        state.check(serial)?;
        let found = loop {
            match state.pop() {
                Some(FetchPart::BodyStart(start)) => {
                    state.body = state.body.saturating_add(1);
                    state.in_body = true;
                    break Poll::Ready(Ok(Behind::Body(state.body, start)));
                }
                Some(FetchPart::Row(row)) => {
                    state.close();
                    state.trim();
                    break Poll::Ready(Ok(Behind::Row(row)));
                }
                Some(FetchPart::BodyChunk(_) | FetchPart::BodyEnd) => {}
                None => break state.wait(cx).map(cut_short),
            }
        };
        self.resume(state);
        found
    }

    /// The next part whatever it is, for those who put messages together.
    pub(crate) fn poll_part(&self, cx: &Context<'_>) -> Poll<Option<Result<FetchPart, Error>>> {
        let mut state = self.pipe.lock();
        state.front = Front::Free;
        let found = match state.pop() {
            Some(part) => Poll::Ready(Some(Ok(part))),
            None => state.wait(cx),
        };
        self.resume(state);
        found
    }

    /// Nobody reads message `serial` any more.
    pub(crate) fn pass_over(&self, serial: u64) {
        let mut state = self.pipe.lock();
        if state.front == Front::Open(serial) {
            state.pass_over();
            self.resume(state);
        }
    }

    /// The stream is gone; a message of it may still be read.
    pub(crate) fn leave(&self) {
        let mut state = self.pipe.lock();
        state.left = true;
        if state.front == Front::Free {
            state.trim();
            self.resume(state);
        }
    }

    fn resume(&self, mut state: MutexGuard<'_, State>) {
        if state.paused && state.held < LOW {
            state.paused = false;
            drop(state);
            self.link.send(|engine| engine.session.resume());
        }
    }
}

/// The answer ended where it cannot.
fn cut_short<T>(end: Option<Result<T, Error>>) -> Result<T, Error> {
    end.unwrap_or_else(|| {
        Err(Error::new(ErrorKind::Protocol, "the server ended its answer in the middle of a message"))
    })
}

impl Drop for Intake {
    fn drop(&mut self) {
        if self.running() > 0 {
            let tickets = self.tickets.get_mut().unwrap_or_else(PoisonError::into_inner);
            for ticket in tickets.iter() {
                self.link.cancel(ticket);
            }
        }
    }
}

/// Tells the pipe that a command has ended; also when it is dropped with the driver.
#[derive(Debug)]
pub(crate) struct Ender {
    pipe: Arc<Pipe>,
    fate: Arc<Fate>,
    done: bool,
}

impl Ender {
    pub(crate) fn end(mut self, result: Result<(), Error>) {
        self.done = true;
        self.settle(result);
    }

    fn settle(&self, result: Result<(), Error>) {
        let mut state = self.pipe.lock();
        state.running = state.running.saturating_sub(1);
        if let Err(error) = result {
            state.error.get_or_insert(error);
        }
        state.wake();
    }
}

impl Drop for Ender {
    fn drop(&mut self) {
        if !self.done {
            self.settle(Err(self.fate.error()));
        }
    }
}

#[cfg(test)]
mod tests;
