//! FETCH as a request, and its answer as a stream of messages.
//!
//! Separate because a FETCH is more than one command: a set that does not fit a line goes out in several, two at a time, and comes back as
//! one stream. RFC 9051 §6.4.5; protocol.md M02, M26, M30, T105.
//!
//! Invariants: the stream holds no more than the pipe's limit however slowly it is read; dropping it leaves the connection in step.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use imapkit_session::commands::{Collected, Fetch, FetchPart, FetchSink, Messages};
use imapkit_session::types::{self, Items, ModSeq};
use imapkit_session::{Epoch, Error, ErrorKind};

use crate::link::Link;
use crate::message::{Message, Place};
use crate::pipe::{self, Arrived, Intake, Sink};

/// Commands of one stream under way at once.
const AT_ONCE: usize = 2;
/// Octets of content that are put together for a message that says only behind them which one it is.
const MAX_UNNAMED: usize = 16 << 20;

/// A FETCH that has not been sent: [`FetchRequest::stream`] or [`FetchRequest::collect`] sends it.
#[derive(Debug)]
#[must_use = "nothing is fetched until the request is streamed or collected"]
pub struct FetchRequest {
    link: Link,
    epoch: Epoch,
    pieces: VecDeque<Messages>,
    items: Items,
    changed_since: Option<(ModSeq, bool)>,
}

/// Messages as the server sends them. Reading slowly slows the server down; dropping the stream gives up the rest.
///
/// While it is behind by more than 512 KiB nothing is read from the server, unless somebody waits for another command: then up to 64 MiB
/// are kept here.
pub struct FetchStream {
    intake: Arc<Intake>,
    request: FetchRequest,
    ready: VecDeque<types::Fetch>,
    unnamed: Option<Collected>,
    over: bool,
}

impl FetchRequest {
    pub(crate) fn new(link: Link, epoch: Epoch, pieces: VecDeque<Messages>, items: Items) -> Self {
        Self { link, epoch, pieces, items, changed_since: None }
    }

    /// Only messages changed after `mod_seq` (CONDSTORE).
    pub fn changed_since(mut self, mod_seq: ModSeq) -> Self {
        self.changed_since = Some((mod_seq, false));
        self
    }

    /// Only messages changed after `mod_seq`; which are gone comes as [`crate::MailboxEvent::Vanished`] (QRESYNC).
    pub fn changed_or_vanished_since(mut self, mod_seq: ModSeq) -> Self {
        self.changed_since = Some((mod_seq, true));
        self
    }

    /// Sends the command and gives the messages as they come.
    pub fn stream(self) -> FetchStream {
        let intake = Arc::new(Intake::new(self.link.clone()));
        let mut stream = FetchStream { intake, request: self, ready: VecDeque::new(), unnamed: None, over: false };
        stream.submit();
        stream
    }

    /// Sends the command and waits for all messages, if their content is at most `max_octets` in all.
    ///
    /// # Errors
    /// `Limit` when there is more; otherwise what ended the command.
    pub async fn collect(self, max_octets: usize) -> Result<Vec<Message>, Error> {
        let mut stream = self.stream();
        let mut rows = Collected::new(max_octets);
        let mut left = max_octets;
        while let Some(part) = std::future::poll_fn(|cx| stream.poll_part(cx)).await? {
            left = left.checked_sub(pipe::content(&part)).ok_or_else(|| too_much(max_octets))?;
            rows.push(part);
        }
        rows.into_rows()?.into_iter().map(named).collect()
    }
}

fn too_much(max_octets: usize) -> Error {
    let text = format!("the content of the messages exceeds the limit of {max_octets} octets the caller gave");
    Error::new(ErrorKind::Limit, text)
}

impl FetchStream {
    /// Sends what may be sent next.
    fn submit(&mut self) {
        while self.intake.running() < AT_ONCE {
            let Some(messages) = self.request.pieces.pop_front() else { return };
            let FetchRequest { epoch, items, changed_since, .. } = &self.request;
            let mut command = Fetch::new(messages, items.clone(), Sink::new(&self.intake)).in_epoch(*epoch);
            if let Some((mod_seq, vanished)) = changed_since {
                command = command.changed_since(*mod_seq, *vanished);
            }
            self.intake.start(|link, ender| link.submit(command, move |result| ender.end(result.map(drop))));
        }
    }

    fn poll_part(&mut self, cx: &Context<'_>) -> Poll<Result<Option<FetchPart>, Error>> {
        loop {
            match ready!(self.intake.poll_part(cx)) {
                Some(part) => return Poll::Ready(part.map(Some)),
                None if self.request.pieces.is_empty() => return Poll::Ready(Ok(None)),
                None => self.submit(),
            }
        }
    }

    fn next(&mut self, cx: &Context<'_>) -> Poll<Option<Result<Message, Error>>> {
        loop {
            if self.unnamed.is_some() {
                return self.assemble(cx).map(Some);
            }
            if let Some(row) = self.ready.pop_front() {
                return Poll::Ready(Some(named(row)));
            }
            if !self.request.pieces.is_empty() {
                self.submit();
            }
            match ready!(self.intake.poll_message(cx, &mut self.ready)) {
                Some(Ok(Arrived::Row(row))) => return Poll::Ready(Some(named(row))),
                Some(Ok(Arrived::Open(serial, start))) => match start.row.uid {
                    Some(uid) => {
                        let place = Place { intake: Arc::clone(&self.intake), serial };
                        return Poll::Ready(Some(Ok(Message::coming(uid, start, place))));
                    }
                    None => self.unnamed = Some(Collected::new(MAX_UNNAMED)),
                },
                Some(Err(error)) => {
                    self.over = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None if self.request.pieces.is_empty() => return Poll::Ready(None),
                None => self.submit(),
            }
        }
    }

    /// Puts a message together that does not say at its beginning which one it is.
    fn assemble(&mut self, cx: &Context<'_>) -> Poll<Result<Message, Error>> {
        loop {
            let Some(part) = ready!(self.intake.poll_part(cx)).transpose()? else {
                return Poll::Ready(Err(Error::new(ErrorKind::Protocol, "the server's answer ended in a message")));
            };
            let Some(rows) = &mut self.unnamed else {
                return Poll::Ready(Err(Error::new(ErrorKind::Bug, "no message")));
            };
            let last = matches!(part, FetchPart::Row(_));
            rows.push(part);
            if last {
                let rows = self.unnamed.take().map_or_else(|| Ok(Vec::new()), Collected::into_rows);
                return Poll::Ready(rows.and_then(|rows| named(rows.into_iter().next().unwrap_or_default())));
            }
        }
    }
}

/// A row that says whose it is.
fn named(row: types::Fetch) -> Result<Message, Error> {
    let seq = row.seq;
    Message::whole(row).ok_or_else(|| {
        let which = seq.map_or_else(String::new, |seq| format!(" {seq}"));
        Error::new(ErrorKind::Protocol, format!("the server sent a row{which} without saying which message it is"))
    })
}

impl Stream for FetchStream {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.over {
            return Poll::Ready(None);
        }
        let next = ready!(this.next(cx));
        this.over |= next.is_none();
        Poll::Ready(next)
    }
}

impl Drop for FetchStream {
    fn drop(&mut self) {
        self.intake.leave();
    }
}

impl fmt::Debug for FetchStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchStream").field("request", &self.request).field("over", &self.over).finish_non_exhaustive()
    }
}
