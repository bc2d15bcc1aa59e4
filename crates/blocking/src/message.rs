//! One message of a FETCH: what the server told about it, and its content, here already or still coming.
//!
//! Separate from the iterator so that it can be handed on while the iterator goes on elsewhere. What a row tells is `session`'s. RFC 9051
//! §7.5.2; protocol.md M30.
//!
//! Invariant: a message whose content is still coming holds the place in the stream; going on to the next message, or dropping both the
//! message and its [`Body`], passes over what is left.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use imapkit_session::types::Fetch;
use imapkit_session::wire::response::BodyStart;
use imapkit_session::{Error, Row};

use crate::body::Body;
use crate::fetch_iter::Intake;
use crate::pipe::{Behind, Pipe};

/// What the server told about one message; reads like a [`Row`]. Its content is read as a [`Body`].
pub struct Message {
    row: Row,
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
    /// A row that is complete.
    pub(crate) fn whole(row: Row) -> Self {
        Self { row, coming: None }
    }

    /// A row whose content is still coming.
    pub(crate) fn coming(row: Row, start: Box<BodyStart>, place: Place) -> Self {
        Self { row, coming: Some(Coming { place: Arc::new(place), body: 0, next: Some(start) }) }
    }

    /// The content that was asked for, inline or streamed. With several sections asked for, the next of them.
    ///
    /// # Errors
    /// When the server sent none, when it was larger than a limit, or when it has been given out already; what ends the stream.
    pub fn body(&mut self) -> Result<Body, Error> {
        self.next_body()?.ok_or_else(|| self.row.missing("content"))
    }

    /// The next content in the order in which the server sends it; `None` when there is no more. What is left of the one before is passed
    /// over.
    ///
    /// # Errors
    /// `Limit` for content that was too large to be kept, and what ends the stream.
    pub fn next_body(&mut self) -> Result<Option<Body>, Error> {
        loop {
            if let Some(inlined) = self.row.next_inlined()? {
                return Ok(Some(Body::inline(inlined)));
            }
            if let Some(coming) = &mut self.coming {
                if let Some(start) = coming.next.take() {
                    return Ok(Some(Body::streamed(*start, Arc::clone(&coming.place), coming.body)));
                }
            }
            if !self.advance()? {
                return Ok(self.row.next_inlined()?.map(Body::inline));
            }
        }
    }

    /// Waits for the end of the row, passing over content that was not read, and gives all of it. Streamed content shows there as
    /// [`imapkit_session::types::Content::Streamed`].
    ///
    /// # Errors
    /// What ends the stream.
    pub fn finish(mut self) -> Result<Fetch, Error> {
        while self.advance()? {}
        Ok(self.row.into_row())
    }

    /// Goes on behind the content that is coming. False at the end of the row.
    fn advance(&mut self) -> Result<bool, Error> {
        let Some(coming) = &mut self.coming else { return Ok(false) };
        let place = &coming.place;
        let behind = place.intake.read(|pipe: &Pipe| pipe.poll_behind(place.serial))??;
        match behind {
            Behind::Body(number, mut start) => {
                coming.body = number;
                self.row.update(std::mem::take(&mut start.row));
                coming.next = Some(start);
                Ok(true)
            }
            Behind::Row(row) => {
                self.row.update(row);
                self.coming = None;
                Ok(false)
            }
        }
    }
}

impl Deref for Message {
    type Target = Row;

    fn deref(&self) -> &Row {
        &self.row
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("row", &self.row).field("coming", &self.coming.is_some()).finish()
    }
}
