//! Messages on their way into a mailbox.
//!
//! Separate because APPEND is the one command whose argument may be larger than memory: the caller's reader is read between two looks at the
//! connection, while nothing is locked, so what the server says meanwhile is read as well and neither waits for the other (ADR 11). RFC 9051
//! §6.3.12, RFC 3502 (MULTIAPPEND), RFC 7889 (APPENDLIMIT); protocol.md M27–M29, M31.
//!
//! Invariants: at most two pieces of 64 KiB are in memory; a literal that was announced is sent in full or the connection closes.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read};

use bytes::{Bytes, BytesMut};
use imapkit_session::commands::{Append, AppendMessage, AppendUid, Content};
use imapkit_session::types::{Capabilities, Capability, DateTime, Flags, Mailbox};
use imapkit_session::{Error, ErrorKind};

use crate::cancel::Patience;
use crate::client::Client;
use crate::reply::Reply;

/// Messages of at most so many octets go with the command and need no consent of the server (LITERAL-).
const SMALL: u64 = 4096;

/// A message to put into a mailbox: RFC 5322 text with CRLF line ends.
///
/// ```
/// use imapkit_blocking::NewMessage;
/// use imapkit_blocking::types::Flag;
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
    Reader(Box<dyn Read + 'a>, u64),
}

impl<'a> NewMessage<'a> {
    /// A message in memory.
    pub fn new(octets: impl Into<Bytes>) -> Self {
        Self { flags: Flags::new(), date: None, source: Source::Octets(octets.into()) }
    }

    /// A message of `len` octets that is read while it is sent, on this thread. IMAP wants to know the size first; a reader that ends before
    /// closes the connection, what is behind is not read. While the reader waits, so does everybody on this connection.
    pub fn from_reader(reader: impl Read + 'a, len: u64) -> Self {
        Self { flags: Flags::new(), date: None, source: Source::Reader(Box::new(reader), len) }
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

    /// Its size in octets.
    pub fn len(&self) -> u64 {
        match &self.source {
            Source::Octets(octets) => octets.len() as u64,
            Source::Reader(_, len) => *len,
        }
    }

    /// True when there is nothing in it; servers refuse that.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What goes into the command, and what is uploaded behind it.
    fn split(self) -> Result<(AppendMessage, Option<Source<'a>>), Error> {
        let len = self.len();
        let Self { flags, date, mut source } = self;
        if len > SMALL {
            return Ok((AppendMessage { flags, date, content: Content::Upload(len) }, Some(source)));
        }
        let mut whole = BytesMut::new();
        while (whole.len() as u64) < len {
            whole.extend_from_slice(&source.next(usize::try_from(len).unwrap_or(usize::MAX) - whole.len())?);
        }
        Ok((AppendMessage { flags, date, content: Content::Inline(whole.freeze()) }, None))
    }
}

impl Source<'_> {
    /// The next octets, at most so many, which is not 0.
    fn next(&mut self, most: usize) -> Result<Bytes, Error> {
        match self {
            Self::Octets(octets) => Ok(octets.split_to(most.min(octets.len()))),
            Self::Reader(reader, left) => {
                let mut piece = BytesMut::zeroed(most.min(usize::try_from(*left).unwrap_or(usize::MAX)));
                let count = loop {
                    match reader.read(&mut piece) {
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        outcome => break outcome.map_err(unreadable)?,
                    }
                };
                if count == 0 {
                    let text = format!("{left} octets fewer than its length");
                    return Err(unreadable(io::Error::new(io::ErrorKind::UnexpectedEof, text)));
                }
                piece.truncate(count);
                *left -= piece.len() as u64;
                Ok(piece.freeze())
            }
        }
    }

    fn is_used_up(&self) -> bool {
        match self {
            Self::Octets(octets) => octets.is_empty(),
            Self::Reader(_, left) => *left == 0,
        }
    }
}

impl fmt::Debug for NewMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flags, date, source: _ } = self;
        f.debug_struct("NewMessage").field("flags", flags).field("date", date).field("len", &self.len()).finish()
    }
}

fn unreadable(error: io::Error) -> Error {
    let text = format!("reading the message to append: {error}");
    Error::with_source(ErrorKind::Cancelled, text, error).in_command("APPEND")
}

/// One APPEND.
pub(crate) fn append(
    client: &Client,
    mailbox: Mailbox,
    messages: Vec<NewMessage<'_>>,
) -> Result<Option<AppendUid>, Error> {
    let largest = messages.iter().map(NewMessage::len).max().unwrap_or(0);
    let (mut parts, mut sources) = (Vec::new(), VecDeque::new());
    for message in messages {
        let (part, source) = message.split()?;
        parts.push(part);
        sources.extend(source);
    }
    check_limit(client, largest)?;
    let patience = client.patience();
    let reply = Reply::submit_upload(&client.driver, Append::new(mailbox, parts));
    let outcome = feed(client, patience, &reply, &mut sources);
    client.driver.change(|engine| engine.remove_uploader(reply.id()));
    // If a literal was left in the middle, that closes the connection.
    client.driver.flush();
    outcome?;
    reply.wait_with(patience)
}

/// Supplies the literals until the answer is there. An error is the reader's; everything else is the answer's to tell.
fn feed<T: Send + 'static>(
    client: &Client,
    patience: Patience,
    reply: &Reply<T>,
    sources: &mut VecDeque<Source<'_>>,
) -> Result<(), Error> {
    let (driver, id) = (&client.driver, reply.id());
    loop {
        let wanted = driver.wait(patience, |engine, _| match engine.upload_wanted(id) {
            Some(most) => Some(Some(most)),
            None if reply.is_answered() => Some(None),
            None => None,
        });
        let (Ok(Some(most)), Ok(()), Some(source)) = (wanted, driver.check(patience), sources.front_mut()) else {
            return Ok(());
        };
        let piece = source.next(most);
        if source.is_used_up() {
            sources.pop_front();
        }
        driver.change(|engine| match piece {
            Ok(piece) => engine.session.push_upload(id, piece),
            Err(error) => {
                engine.session.fail_upload(id, &error);
                Err(error)
            }
        })?;
    }
}

/// Refuses what the server would refuse, before anything is sent (RFC 7889).
fn check_limit(client: &Client, largest: u64) -> Result<(), Error> {
    let engine = client.driver.lock();
    match engine.session.capabilities().offered().and_then(Capabilities::append_limit) {
        Some(limit) if largest > limit => {
            let text = format!("a message of {largest} octets exceeds the server's APPENDLIMIT of {limit}");
            Err(Error::new(ErrorKind::Limit, text).in_command("APPEND"))
        }
        _ => Ok(()),
    }
}

/// One APPEND for all, or one for each.
pub(crate) fn append_all(
    client: &Client,
    mailbox: &Mailbox,
    messages: Vec<NewMessage<'_>>,
) -> Result<Vec<AppendUid>, Error> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    if messages.len() == 1 || client.capabilities().has(&Capability::MultiAppend) {
        return Ok(append(client, mailbox.clone(), messages)?.into_iter().collect());
    }
    let mut uids = Vec::new();
    for message in messages {
        uids.extend(append(client, mailbox.clone(), vec![message])?);
    }
    Ok(uids)
}
