//! Content of a message: here already, or coming in while it is read. The same calls either way.
//!
//! Separate because it is all that most programs touch of a large message. Octets are those of the section as stored: transfer encodings
//! are not decoded. RFC 9051 §6.4.5 (BODY[…]), RFC 3516 (BINARY).
//!
//! Invariants: chunks are parts of the read buffer, not copies; a reader that is slow slows the server down, nothing piles up; one that is
//! dropped lets the stream go on; after an error every further read fails.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use imapkit_session::types::BodySection;
use imapkit_session::wire::response::BodyStart;
use imapkit_session::{Error, ErrorKind};
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use crate::message::Place;

/// Content of a message.
pub struct Body {
    section: BodySection,
    origin: Option<u64>,
    len: u64,
    source: Source,
}

/// Where the octets are.
enum Source {
    Here(Bytes),
    Coming { place: Arc<Place>, body: u32 },
    Over,
}

impl Body {
    pub(crate) fn inline(section: BodySection, origin: Option<u64>, octets: Bytes) -> Self {
        Self { section, origin, len: octets.len() as u64, source: Source::Here(octets) }
    }

    pub(crate) fn streamed(start: BodyStart, place: Arc<Place>, body: u32) -> Self {
        Self { section: start.section, origin: start.origin, len: start.len, source: Source::Coming { place, body } }
    }

    /// Which part of the message it is.
    pub fn section(&self) -> &BodySection {
        &self.section
    }

    /// Its first octet, when only a part of the section was asked for.
    pub fn origin(&self) -> Option<u64> {
        self.origin
    }

    /// Octets in all.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True when there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// True when it is coming in while it is read; false when it is in memory already.
    pub fn is_streamed(&self) -> bool {
        !matches!(self.source, Source::Here(_))
    }

    /// The next octets, as they lie in the read buffer; `None` at the end.
    ///
    /// # Errors
    /// What ended the stream; `Stalled` when nothing was read for too long. Dropping the future loses nothing.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// All octets, if there are at most `limit`.
    ///
    /// # Errors
    /// `Limit` when there are more, before any is read; otherwise as [`Body::chunk`].
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes, Error> {
        if self.len > limit as u64 {
            let text = format!("content of {} octets exceeds the limit of {limit} the caller gave", self.len);
            return Err(Error::new(ErrorKind::Limit, text));
        }
        let Some(first) = self.chunk().await? else { return Ok(Bytes::new()) };
        let mut whole = BytesMut::new();
        let mut next = self.chunk().await?;
        if next.is_none() {
            return Ok(first);
        }
        whole.reserve(usize::try_from(self.len).unwrap_or(limit));
        whole.extend_from_slice(&first);
        while let Some(chunk) = next {
            whole.extend_from_slice(&chunk);
            next = self.chunk().await?;
        }
        Ok(whole.freeze())
    }

    /// The octets as [`AsyncRead`] and [`AsyncBufRead`]; `tokio::io::copy_buf` copies nothing in between.
    pub fn reader(self) -> BodyReader {
        BodyReader { body: self, chunk: Bytes::new() }
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        match &mut self.source {
            Source::Here(octets) => {
                let octets = std::mem::take(octets);
                self.source = Source::Over;
                Poll::Ready(Ok((!octets.is_empty()).then_some(octets)))
            }
            Source::Coming { place, body } => {
                let outcome = ready!(place.intake.poll_chunk(cx, place.serial, *body));
                if matches!(outcome, Ok(None)) {
                    self.source = Source::Over;
                }
                Poll::Ready(outcome)
            }
            Source::Over => Poll::Ready(Ok(None)),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { section, origin, len, source: _ } = self;
        f.debug_struct("Body")
            .field("section", section)
            .field("origin", origin)
            .field("len", len)
            .finish_non_exhaustive()
    }
}

/// Reads content. Errors are [`io::Error`]s that hold an [`Error`].
#[derive(Debug)]
pub struct BodyReader {
    body: Body,
    chunk: Bytes,
}

impl AsyncBufRead for BodyReader {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        if this.chunk.is_empty() {
            let next = ready!(this.body.poll_chunk(cx)).map_err(io::Error::other)?;
            this.chunk = next.unwrap_or_default();
        }
        Poll::Ready(Ok(&this.chunk))
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        let count = count.min(self.chunk.len());
        self.chunk.advance(count);
    }
}

impl AsyncRead for BodyReader {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let chunk = ready!(self.as_mut().poll_fill_buf(cx))?;
        let count = chunk.len().min(buf.remaining());
        buf.put_slice(&chunk[..count]);
        self.consume(count);
        Poll::Ready(Ok(()))
    }
}
