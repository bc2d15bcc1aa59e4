//! Messages on their way into a mailbox.
//!
//! Separate because APPEND is the one command whose argument may be larger than memory: the caller's future reads it and hands it to the
//! driver piece by piece, so the reader needs neither `'static` nor `Send` beyond its future's, and a slow or broken one harms nobody else.
//! RFC 9051 §6.3.12, RFC 3502 (MULTIAPPEND), RFC 7889 (APPENDLIMIT); protocol.md M27–M29, M31.
//!
//! Invariants: at most [`AHEAD`] pieces of 64 KiB wait for the server; a literal that was announced is sent in full or the connection closes.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use imapkit_session::commands::{Append, AppendMessage, AppendUid, Content};
use imapkit_session::types::{Capabilities, Capability, DateTime, Flags, Mailbox};
use imapkit_session::{Error, ErrorKind, Fingerprint};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;

use crate::client::Client;
use crate::link::Ticket;
use crate::reply::{Promise, Reply};

/// Messages of at most so many octets go with the command and need no consent of the server (LITERAL-).
const SMALL: u64 = 4096;
/// Octets read at a time.
const PIECE: usize = 64 << 10;
/// Pieces read ahead of what the driver has taken.
const AHEAD: usize = 2;

/// A message to put into a mailbox: RFC 5322 text with CRLF line ends.
///
/// ```
/// use imapkit::NewMessage;
/// use imapkit::types::Flag;
///
/// let text = "From: me@example.org\r\nSubject: note\r\n\r\nto self\r\n";
/// let message = NewMessage::new(text).flags(Flag::Seen);
/// assert_eq!(message.len(), 48);
/// ```
#[must_use]
pub struct NewMessage<'a> {
    flags: Flags,
    date: Option<DateTime>,
    source: Source<'a>,
}

enum Source<'a> {
    Octets(Bytes),
    Reader(Pin<Box<dyn AsyncRead + Send + 'a>>, u64),
}

impl<'a> NewMessage<'a> {
    /// A message in memory.
    pub fn new(octets: impl Into<Bytes>) -> Self {
        Self { flags: Flags::new(), date: None, source: Source::Octets(octets.into()) }
    }

    /// A message of `len` octets that is read while it is sent. IMAP wants to know the size first; a reader that ends before closes the
    /// connection, what is behind is not read.
    pub fn from_reader(reader: impl AsyncRead + Send + 'a, len: u64) -> Self {
        Self { flags: Flags::new(), date: None, source: Source::Reader(Box::pin(reader), len) }
    }

    /// The flags it is to have.
    pub fn flags(mut self, flags: impl Into<Flags>) -> Self {
        self.flags = flags.into();
        self
    }

    /// When it was received; the server's clock if not said.
    pub fn date(mut self, date: DateTime) -> Self {
        self.date = Some(date);
        self
    }

    /// The same message once more, if it is in memory.
    pub(crate) fn copy(&self) -> Option<NewMessage<'static>> {
        match &self.source {
            Source::Octets(octets) => {
                Some(NewMessage { flags: self.flags.clone(), date: self.date, source: Source::Octets(octets.clone()) })
            }
            Source::Reader(..) => None,
        }
    }

    /// Its size in octets.
    pub fn len(&self) -> u64 {
        match &self.source {
            Source::Octets(octets) => octets.len() as u64,
            Source::Reader(_, len) => *len,
        }
    }

    /// The marks by which it can be found again when the answer to APPEND is lost. Of a reader only the size and the date are known.
    pub fn fingerprint(&self) -> Fingerprint {
        let beginning: &[u8] = match &self.source {
            Source::Octets(octets) => octets,
            Source::Reader(..) => b"",
        };
        Fingerprint::new(beginning, self.len(), self.date)
    }

    /// True when there is nothing in it; servers refuse that.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What goes into the command, and what is uploaded behind it.
    async fn split(self) -> Result<(AppendMessage, Option<Source<'a>>), Error> {
        let Self { flags, date, source } = self;
        let (content, rest) = match source {
            Source::Octets(octets) if octets.len() as u64 <= SMALL => (Content::Inline(octets), None),
            Source::Reader(mut reader, len) if len <= SMALL => {
                (Content::Inline(read(&mut reader, &mut { len }, usize::MAX).await?), None)
            }
            Source::Octets(octets) => (Content::Upload(octets.len() as u64), Some(Source::Octets(octets))),
            Source::Reader(reader, len) => (Content::Upload(len), Some(Source::Reader(reader, len))),
        };
        Ok((AppendMessage { flags, date, content }, rest))
    }
}

impl fmt::Debug for NewMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flags, date, source: _ } = self;
        f.debug_struct("NewMessage").field("flags", flags).field("date", date).field("len", &self.len()).finish()
    }
}

/// Reads the next octets of a message of which `left` are still to come: `want` of them, or all that are left.
async fn read(reader: &mut Pin<Box<dyn AsyncRead + Send + '_>>, left: &mut u64, want: usize) -> Result<Bytes, Error> {
    let want = want.min(usize::try_from(*left).unwrap_or(usize::MAX));
    let mut piece = BytesMut::with_capacity(want);
    while piece.len() < want {
        let room = (want - piece.len()) as u64;
        let count = reader.as_mut().take(room).read_buf(&mut piece).await.map_err(unreadable)?;
        if count == 0 {
            let missing = *left - piece.len() as u64;
            return Err(unreadable(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("{missing} octets fewer than its length"),
            )));
        }
    }
    *left -= piece.len() as u64;
    Ok(piece.freeze())
}

fn unreadable(error: io::Error) -> Error {
    Error::with_source(ErrorKind::Cancelled, format!("reading the message to append: {error}"), error)
        .in_command("APPEND")
}

/// One APPEND.
pub(crate) async fn append(
    client: &Client,
    mailbox: Mailbox,
    messages: Vec<NewMessage<'_>>,
) -> Result<Option<AppendUid>, Error> {
    let largest = messages.iter().map(NewMessage::len).max().unwrap_or(0);
    let (mut parts, mut sources) = (Vec::new(), Vec::new());
    for message in messages {
        let (part, source) = message.split().await?;
        parts.push(part);
        sources.extend(source);
    }
    let (pieces, queue) = mpsc::channel(AHEAD);
    let reply = submit(client, Append::new(mailbox, parts), largest, queue);
    let mut pump = pin!(async {
        for source in sources {
            pump(source, &pieces).await?;
        }
        Ok(())
    });
    let mut reply = pin!(reply);
    let mut pumping = true;
    // The channel stays open until the answer is there: when it closes before, the driver knows that the caller has gone.
    std::future::poll_fn(|cx| {
        if let Poll::Ready(answer) = reply.as_mut().poll(cx) {
            return Poll::Ready(answer);
        }
        if pumping {
            match pump.as_mut().poll(cx) {
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                outcome => pumping = outcome.is_pending(),
            }
        }
        Poll::Pending
    })
    .await
}

/// Submits an APPEND unless the server takes no message as large as that.
fn submit(client: &Client, command: Append, largest: u64, pieces: mpsc::Receiver<Bytes>) -> Reply<Option<AppendUid>> {
    let (promise, slot) = Promise::new(client.link.fate());
    let ticket = Ticket::default();
    let cell = ticket.clone();
    client.link.send(move |engine| {
        let limit = engine.session.capabilities().offered().and_then(Capabilities::append_limit);
        match limit.filter(|limit| largest > *limit) {
            Some(limit) => {
                let text = format!("a message of {largest} octets exceeds the server's APPENDLIMIT of {limit}");
                promise.complete(Err(Error::new(ErrorKind::Limit, text).in_command("APPEND")));
            }
            None => cell.fill(engine.submit_with(command, pieces, move |result| promise.complete(result))),
        }
    });
    Reply::new(slot, client.link.clone(), ticket)
}

/// Hands one message to the driver. Ends well when the driver does not want it any more; the reply says why.
async fn pump(source: Source<'_>, pieces: &mpsc::Sender<Bytes>) -> Result<(), Error> {
    match source {
        Source::Octets(octets) => drop(pieces.send(octets).await),
        Source::Reader(mut reader, mut left) => {
            while left > 0 {
                let piece = read(&mut reader, &mut left, PIECE).await?;
                if pieces.send(piece).await.is_err() {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// One APPEND for all, or one for each.
pub(crate) async fn append_all(
    client: &Client,
    mailbox: Mailbox,
    messages: Vec<NewMessage<'_>>,
) -> Result<Vec<AppendUid>, Error> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    if messages.len() == 1 || client.capabilities().await?.has(&Capability::MultiAppend) {
        return Ok(append(client, mailbox, messages).await?.into_iter().collect());
    }
    let mut uids = Vec::new();
    for message in messages {
        uids.extend(append(client, mailbox.clone(), vec![message]).await?);
    }
    Ok(uids)
}
