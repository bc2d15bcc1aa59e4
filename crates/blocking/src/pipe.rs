//! Between a FETCH in the session and those who read its answer: rows and content in order.
//!
//! Apart from the iterators because both ends meet only here: [`Sink`] is fed while some thread moves bytes, the rest is called by readers.
//! No RFC; architecture of streamed bodies (ADR 6), protocol.md M30, T105.
//!
//! ```text
//! Fetch --Sink::push--> [ Row | BodyStart Chunk* BodyEnd … Row ]* --poll_*--> FetchIter, Message, Body
//! ```
//!
//! Nothing is read from the server but by a thread that waits for something, so a reader alone never lets the queue grow beyond what one
//! read brings. Only when others wait for other answers, it does, up to [`MAX_HELD`]; then the session stops reading until the reader has caught
//! up. A thread that waits for another answer while its own stream is full waits for itself, so that stream fails instead.
//!
//! Invariants: what nobody wants any more is taken and forgotten at once, so that the connection stays in step; an error comes after all
//! that came before it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::thread::ThreadId;

use bytes::Bytes;
use imapkit_session::commands::{FetchPart, FetchSink, Flow};
use imapkit_session::types::Fetch;
use imapkit_session::wire::response::BodyStart;
use imapkit_session::{Error, ErrorKind};

/// Octets (and what rows roughly take) that are kept for a reader who is behind.
const MAX_HELD: usize = 16 << 20;
/// What a row takes beside its content, roughly.
const ROW: usize = 512;

#[derive(Debug, Default)]
pub(crate) struct Pipe(Mutex<State>);

#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each named where it is set")]
struct State {
    parts: VecDeque<FetchPart>,
    held: usize,
    /// The sink has said `Full`.
    full: bool,
    /// Who read last.
    reader: Option<ThreadId>,
    /// Commands that may still push.
    running: usize,
    /// Commands are still to be submitted.
    unfinished: bool,
    error: Option<Error>,
    /// The message whose content is being read: its number.
    open: Option<u64>,
    /// Which content of the open message.
    body: u32,
    messages: u64,
    /// Octets of the content being read are still to come.
    in_body: bool,
    /// The rest of a message is not wanted; its row has not arrived.
    passing: bool,
    /// The iterator is gone: nothing is wanted behind the open message.
    left: bool,
}

/// The session's end.
#[derive(Debug)]
pub(crate) struct Sink(Arc<Pipe>);

/// What an iterator finds next.
#[derive(Debug)]
pub(crate) enum Arrived {
    /// A row that is complete.
    Row(Fetch),
    /// The beginning of a row with large content; the number stands for the message.
    Open(u64, Box<BodyStart>),
}

/// What comes behind a content of an open message.
#[derive(Debug)]
pub(crate) enum Behind {
    /// More content; the number stands for it.
    Body(u32, Box<BodyStart>),
    /// The row: the message is complete.
    Row(Fetch),
}

impl FetchSink for Sink {
    fn push(&mut self, part: FetchPart) -> Flow {
        let mut state = self.0.lock();
        if state.passing {
            state.passing = !matches!(part, FetchPart::Row(_));
            return Flow::Ready;
        }
        if (state.left && state.open.is_none()) || state.error.is_some() {
            return Flow::Ready;
        }
        state.held += cost(&part);
        state.parts.push_back(part);
        state.full |= state.held >= MAX_HELD;
        if state.full { Flow::Full } else { Flow::Ready }
    }

    fn fail(&mut self, error: &Error) {
        self.0.lock().fail(error);
    }
}

fn cost(part: &FetchPart) -> usize {
    match part {
        FetchPart::BodyChunk(chunk) => chunk.len(),
        FetchPart::BodyStart(_) | FetchPart::BodyEnd => 0,
        FetchPart::Row(row) => {
            row.bodies().iter().filter_map(|body| body.bytes()).fold(ROW, |sum, bytes| sum + bytes.len())
        }
    }
}

impl State {
    /// Takes the next part. Only rows and chunks weigh, so only they can make room.
    fn pop(&mut self) -> Option<FetchPart> {
        let part = self.parts.pop_front()?;
        self.held -= cost(&part);
        Some(part)
    }

    fn fail(&mut self, error: &Error) {
        self.error.get_or_insert_with(|| error.clone());
        self.full = false;
    }

    /// Nothing is there: an error, the end, or a wait.
    fn nothing<T>(&self) -> Poll<Option<Result<T, Error>>> {
        match &self.error {
            Some(error) => Poll::Ready(Some(Err(error.clone()))),
            None if self.running == 0 && !self.unfinished => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    /// Goes past the open message, whether its row has arrived or not.
    fn pass_over(&mut self) {
        self.in_body = false;
        while let Some(part) = self.pop() {
            if matches!(part, FetchPart::Row(_)) {
                return self.close();
            }
        }
        self.passing = self.error.is_none() && (self.running > 0 || self.unfinished);
        self.close();
    }

    /// The open message is done with.
    fn close(&mut self) {
        self.open = None;
        if self.left {
            self.parts.clear();
            self.held = 0;
        }
    }

    fn has_room_again(&mut self) -> bool {
        let again = self.full && self.held < MAX_HELD / 2;
        self.full &= !again;
        again
    }

    fn check(&self, serial: u64) -> Result<(), Error> {
        if self.open == Some(serial) {
            return Ok(());
        }
        Err(gone("iterator has gone on to the next message"))
    }
}

fn gone(what: &str) -> Error {
    Error::new(ErrorKind::Misuse, format!("the {what}, so this content is gone"))
}

/// The answer ended where it cannot.
fn cut_short<T>(end: Option<Result<T, Error>>) -> Result<T, Error> {
    end.unwrap_or_else(|| {
        Err(Error::new(ErrorKind::Protocol, "the server ended its answer in the middle of a message"))
    })
}

impl Pipe {
    /// A pipe for commands that are still to be submitted.
    pub(crate) fn new() -> Arc<Self> {
        let pipe = Self::default();
        pipe.lock().unfinished = true;
        Arc::new(pipe)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A command is about to be submitted; its sink.
    pub(crate) fn begin(self: &Arc<Self>) -> Sink {
        self.lock().running += 1;
        Sink(Arc::clone(self))
    }

    /// A command has ended.
    pub(crate) fn end(&self, result: Result<(), Error>) {
        let mut state = self.lock();
        state.running = state.running.saturating_sub(1);
        if let Err(error) = result {
            state.fail(&error);
        }
    }

    /// No command will be submitted any more.
    pub(crate) fn complete(&self) {
        self.lock().unfinished = false;
    }

    /// Commands under way, unless something has failed or nobody reads.
    pub(crate) fn running(&self) -> Option<usize> {
        let state = self.lock();
        (state.error.is_none() && !state.left).then_some(state.running)
    }

    /// The next message; what is left of the one before is passed over. The flag says that the pipe was full and has room again.
    pub(crate) fn poll_message(&self) -> (Poll<Option<Result<Arrived, Error>>>, bool) {
        self.reading(|state| {
            if state.open.is_some() {
                state.pass_over();
            }
            loop {
                match state.pop() {
                    Some(FetchPart::Row(row)) => return Poll::Ready(Some(Ok(Arrived::Row(row)))),
                    Some(FetchPart::BodyStart(start)) => {
                        state.messages += 1;
                        state.open = Some(state.messages);
                        state.body = 0;
                        state.in_body = true;
                        return Poll::Ready(Some(Ok(Arrived::Open(state.messages, start))));
                    }
                    // What is left of a content nobody reads.
                    Some(_) => {}
                    None => return state.nothing(),
                }
            }
        })
    }

    /// Octets of content `body` of message `serial`; `None` at its end.
    pub(crate) fn poll_chunk(&self, serial: u64, body: u32) -> (Poll<Result<Option<Bytes>, Error>>, bool) {
        self.reading(|state| {
            state.check(serial)?;
            if state.body != body {
                return Poll::Ready(Err(gone("message has gone on to its next content")));
            }
            if !state.in_body {
                return Poll::Ready(Ok(None));
            }
            match state.pop() {
                Some(FetchPart::BodyChunk(chunk)) => Poll::Ready(Ok(Some(chunk))),
                Some(_) => {
                    state.in_body = false;
                    Poll::Ready(Ok(None))
                }
                None => state.nothing().map(cut_short),
            }
        })
    }

    /// What comes behind the content being read of message `serial`; the rest of that is passed over.
    pub(crate) fn poll_behind(&self, serial: u64) -> (Poll<Result<Behind, Error>>, bool) {
        self.reading(|state| {
            state.check(serial)?;
            loop {
                match state.pop() {
                    Some(FetchPart::BodyStart(start)) => {
                        state.body += 1;
                        state.in_body = true;
                        return Poll::Ready(Ok(Behind::Body(state.body, start)));
                    }
                    Some(FetchPart::Row(row)) => {
                        state.close();
                        return Poll::Ready(Ok(Behind::Row(row)));
                    }
                    Some(_) => {}
                    None => return state.nothing().map(cut_short),
                }
            }
        })
    }

    /// The next part whatever it is, for those who put messages together.
    pub(crate) fn poll_part(&self) -> (Poll<Option<Result<FetchPart, Error>>>, bool) {
        self.reading(|state| {
            state.open = None;
            match state.pop() {
                Some(part) => Poll::Ready(Some(Ok(part))),
                None => state.nothing(),
            }
        })
    }

    fn reading<T>(&self, read: impl FnOnce(&mut State) -> Poll<T>) -> (Poll<T>, bool) {
        let mut state = self.lock();
        state.reader = Some(std::thread::current().id());
        let found = read(&mut state);
        (found, state.has_room_again())
    }

    /// Nobody reads message `serial` any more. True when the pipe was full and has room again.
    pub(crate) fn pass_over(&self, serial: u64) -> bool {
        let mut state = self.lock();
        if state.open == Some(serial) {
            state.pass_over();
        }
        state.has_room_again()
    }

    /// The iterator is gone; a message of it may still be read. True when the pipe was full and has room again.
    pub(crate) fn leave(&self) -> bool {
        let mut state = self.lock();
        state.left = true;
        if state.open.is_none() {
            state.close();
        }
        state.has_room_again()
    }

    /// True when the pipe is full and somebody else will empty it; if that is up to thread `me`, it will not, so the stream fails here.
    pub(crate) fn is_full_after_giving_up(&self, me: ThreadId) -> bool {
        let mut state = self.lock();
        if state.full && state.reader.is_none_or(|reader| reader == me) {
            let text = format!("{MAX_HELD} octets of it came while its reader was waiting for another command");
            state.fail(&Error::new(ErrorKind::Stalled, text));
        }
        state.full
    }
}

#[cfg(test)]
mod tests;
