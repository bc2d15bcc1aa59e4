//! One message of a FETCH: what the server told about it, and its content, inline or on its way.
//!
//! Separate from the stream so that it can be handed on while the stream goes on elsewhere. RFC 9051 §7.5.2; protocol.md H86 (every item
//! may be missing), M30.
//!
//! Invariant: a message whose content is still coming holds the place in the stream; going on to the next message, or dropping both the
//! message and its [`Body`], passes over what is left.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use imapkit_session::types::{BodyStructure, Content, DateTime, Envelope, Fetch, Flags, ModSeq, SeqNum, Uid};
use imapkit_session::wire::response::BodyStart;
use imapkit_session::{Error, ErrorKind};

use crate::body::Body;
use crate::pipe::{Behind, Intake};

/// What the server told about one message.
pub struct Message {
    uid: Uid,
    row: Fetch,
    /// Content of the row that has been given out.
    given: usize,
    coming: Option<Coming>,
}

/// Content that is on its way.
struct Coming {
    place: Arc<Place>,
    body: u32,
    /// The content that comes next; `None` once given out.
    next: Option<Box<BodyStart>>,
}

/// A message's place in its stream.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) intake: Arc<Intake>,
    pub(crate) serial: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.intake.pass_over(self.serial);
    }
}

impl Message {
    /// A row that is complete. `None` when it does not say whose it is.
    pub(crate) fn whole(row: Fetch) -> Option<Self> {
        Some(Self { uid: row.uid?, row, given: 0, coming: None })
    }

    /// A row whose content is still coming.
    pub(crate) fn coming(uid: Uid, mut start: Box<BodyStart>, place: Place) -> Self {
        let row = std::mem::take(&mut start.row);
        Self { uid, row, given: 0, coming: Some(Coming { place: Arc::new(place), body: 0, next: Some(start) }) }
    }

    /// Which message it is.
    pub fn uid(&self) -> Uid {
        self.uid
    }

    /// Its sequence number when the row was sent.
    pub fn seq(&self) -> Option<SeqNum> {
        self.row.seq
    }

    /// Its flags.
    ///
    /// # Errors
    /// When they were not asked for, or the server left them out.
    pub fn flags(&self) -> Result<&Flags, Error> {
        self.row.flags.as_ref().ok_or_else(|| self.missing("FLAGS"))
    }

    /// Its envelope.
    ///
    /// # Errors
    /// When it was not asked for, or the server left it out.
    pub fn envelope(&self) -> Result<&Envelope, Error> {
        self.row.envelope().ok_or_else(|| self.missing("ENVELOPE"))
    }

    /// Its MIME structure.
    ///
    /// # Errors
    /// When it was not asked for, or the server left it out.
    pub fn body_structure(&self) -> Result<&BodyStructure, Error> {
        self.row.body_structure().ok_or_else(|| self.missing("BODYSTRUCTURE"))
    }

    /// The subject of the envelope as the sender wrote it, encoded words and all; octets that are no UTF-8 are replaced.
    pub fn subject(&self) -> Option<String> {
        self.text(Envelope::subject)
    }

    /// The Message-ID of the envelope.
    pub fn message_id(&self) -> Option<String> {
        self.text(Envelope::message_id)
    }

    fn text(&self, field: impl for<'a> Fn(&'a Envelope) -> Option<Cow<'a, [u8]>>) -> Option<String> {
        let octets = field(self.row.envelope()?)?;
        Some(String::from_utf8_lossy(&octets).into_owned())
    }

    /// Its size in octets.
    pub fn size(&self) -> Option<u64> {
        self.row.size
    }

    /// When the server received it.
    pub fn internal_date(&self) -> Option<DateTime> {
        self.row.internal_date
    }

    /// Its MODSEQ.
    pub fn mod_seq(&self) -> Option<ModSeq> {
        self.row.mod_seq
    }

    /// Everything the server told, as far as it has arrived: what stands behind content that is still coming is not in it, see
    /// [`Message::finish`].
    pub fn row(&self) -> &Fetch {
        &self.row
    }

    /// The content that was asked for, inline or streamed. With several sections asked for, the first of them; [`Message::next_body`] gives
    /// the others.
    ///
    /// # Errors
    /// When the server sent none, when it was larger than a limit, or when it has been given out already.
    pub fn body(&mut self) -> Result<Body, Error> {
        match self.arrived() {
            Some(body) => body,
            None if self.given > 0 || self.coming.is_some() => {
                Err(Error::new(ErrorKind::Misuse, "the content of this message has been given out already"))
            }
            None => Err(self.missing("content")),
        }
    }

    /// The next content in the order in which the server sends it; `None` when there is no more. What is left of the one before is passed
    /// over.
    ///
    /// # Errors
    /// As [`Message::body`], and what ends the stream. Dropping the future loses nothing.
    pub async fn next_body(&mut self) -> Result<Option<Body>, Error> {
        if let Some(body) = self.arrived() {
            return body.map(Some);
        }
        if self.advance().await? { self.arrived().transpose() } else { Ok(None) }
    }

    /// Waits for the end of the row, passing over content that was not read, and gives all of it. Streamed content shows there as
    /// [`Content::Streamed`].
    ///
    /// # Errors
    /// What ends the stream.
    pub async fn finish(mut self) -> Result<Fetch, Error> {
        while self.advance().await? {}
        Ok(self.row)
    }

    /// The next content that is here, or has begun.
    fn arrived(&mut self) -> Option<Result<Body, Error>> {
        while let Some(body) = self.row.bodies().get(self.given) {
            self.given += 1;
            match &body.content {
                Content::Inline(octets) => {
                    return Some(Ok(Body::inline(body.section.clone(), body.origin, octets.clone())));
                }
                Content::Nil => return Some(Ok(Body::inline(body.section.clone(), body.origin, bytes::Bytes::new()))),
                Content::TooLarge(len) => return Some(Err(too_large(*len))),
                // Given out while it came.
                Content::Streamed(_) => {}
            }
        }
        let coming = self.coming.as_mut()?;
        let start = coming.next.take()?;
        Some(Ok(Body::streamed(*start, Arc::clone(&coming.place), coming.body)))
    }

    /// Goes on behind the content that is coming. False at the end of the row.
    async fn advance(&mut self) -> Result<bool, Error> {
        let Some(coming) = &mut self.coming else { return Ok(false) };
        let place = Arc::clone(&coming.place);
        let behind = std::future::poll_fn(|cx| place.intake.poll_behind(cx, place.serial)).await?;
        match behind {
            Behind::Body(number, mut start) => {
                coming.body = number;
                self.row = std::mem::take(&mut start.row);
                coming.next = Some(start);
                Ok(true)
            }
            Behind::Row(row) => {
                self.row = row;
                self.coming = None;
                Ok(false)
            }
        }
    }

    fn missing(&self, item: &str) -> Error {
        let damage = self.row.damage().iter().find(|damage| &*damage.item == item);
        let why = damage.map_or_else(|| String::from("the server did not send it"), |damage| damage.reason.to_string());
        Error::new(ErrorKind::Protocol, format!("no {item} of message {}: {why}", self.uid))
    }
}

fn too_large(len: u64) -> Error {
    Error::new(
        ErrorKind::Limit,
        format!("content of {len} octets was skipped: it exceeds the limit max_inline_literal"),
    )
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("uid", &self.uid).field("row", &self.row).finish_non_exhaustive()
    }
}
