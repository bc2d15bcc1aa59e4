//! Content of a message: here already, or coming in while it is read. The same calls either way.
//!
//! Separate because it is all that most programs touch of a large message. Octets are those of the section as stored: transfer encodings
//! are not decoded. RFC 9051 §6.4.5 (BODY[…]), RFC 3516 (BINARY).
//!
//! Invariants: chunks are parts of the read buffer, not copies; a reader that is slow slows the server down, nothing piles up; one that is
//! dropped lets the stream go on.

use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use imapkit_session::types::BodySection;
use imapkit_session::wire::response::BodyStart;
use imapkit_session::{Error, ErrorKind, Inlined};

use crate::failure;
use crate::message::Place;

/// Content of a message. Reading waits for the server; errors of [`Read`] hold an [`Error`].
///
/// [`Body::copy_to`] and [`Body::chunk`] copy nothing in between; [`Read`] copies once, into the caller's buffer.
pub struct Body {
    section: BodySection,
    origin: Option<u64>,
    len: u64,
    /// Octets of the chunk at hand that were not read yet.
    chunk: Bytes,
    /// Where the rest is; `None`: there is none.
    rest: Option<(Arc<Place>, u32)>,
}

impl Body {
    pub(crate) fn inline(inlined: Inlined) -> Self {
        let Inlined { section, origin, octets } = inlined;
        Self { section, origin, len: octets.len() as u64, chunk: octets, rest: None }
    }

    pub(crate) fn streamed(start: BodyStart, place: Arc<Place>, body: u32) -> Self {
        let BodyStart { section, origin, len, row: _ } = start;
        Self { section, origin, len, chunk: Bytes::new(), rest: Some((place, body)) }
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

    /// True while octets are still to come from the server; false when all are in memory.
    pub fn is_streamed(&self) -> bool {
        self.rest.is_some()
    }

    /// The next octets, as they lie in the read buffer; `None` at the end.
    ///
    /// # Errors
    /// What ended the stream; `Misuse` when the iterator has gone on to the next message.
    pub fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        self.fill()?;
        let chunk = std::mem::take(&mut self.chunk);
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    /// Writes all that is left to `target`; how much that was.
    ///
    /// # Errors
    /// Those of the stream, with an [`Error`] inside, and those of `target`.
    pub fn copy_to(&mut self, target: &mut (impl Write + ?Sized)) -> io::Result<u64> {
        let mut written = 0;
        while let Some(chunk) = self.chunk().map_err(failure::as_io)? {
            target.write_all(&chunk)?;
            written += chunk.len() as u64;
        }
        Ok(written)
    }

    /// All octets, if there are at most `limit`.
    ///
    /// # Errors
    /// `Limit` when there are more, before any is read; otherwise as [`Body::chunk`].
    pub fn bytes(mut self, limit: usize) -> Result<Bytes, Error> {
        if self.len > limit as u64 {
            let text = format!("content of {} octets exceeds the limit of {limit} the caller gave", self.len);
            return Err(Error::new(ErrorKind::Limit, text));
        }
        let first = self.chunk()?.unwrap_or_default();
        let Some(second) = self.chunk()? else { return Ok(first) };
        let mut whole = BytesMut::with_capacity(usize::try_from(self.len).unwrap_or(limit));
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = self.chunk()? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// Waits for octets, unless there are some or there will be none.
    fn fill(&mut self) -> Result<(), Error> {
        while self.chunk.is_empty() {
            let Some((place, body)) = &self.rest else { return Ok(()) };
            match place.intake.read(|pipe| pipe.poll_chunk(place.serial, *body))?? {
                Some(chunk) => self.chunk = chunk,
                None => self.rest = None,
            }
        }
        Ok(())
    }
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.fill().map_err(failure::as_io)?;
        Ok(&self.chunk)
    }

    fn consume(&mut self, count: usize) {
        self.chunk.advance(count.min(self.chunk.len()));
    }
}

impl Read for Body {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        let chunk = self.fill_buf()?;
        let count = chunk.len().min(into.len());
        into[..count].copy_from_slice(&chunk[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { section, origin, len, .. } = self;
        f.debug_struct("Body")
            .field("section", section)
            .field("origin", origin)
            .field("len", len)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imapkit_session::types::Section;

    fn inline(octets: &'static [u8]) -> Body {
        let section = BodySection::Body(Section::whole());
        Body::inline(Inlined { section, origin: None, octets: Bytes::from_static(octets) })
    }

    #[test]
    fn content_that_is_here_reads_like_any_other() {
        let mut body = inline(b"From: me\r\n\r\nhello\r\n");
        assert!(!body.is_streamed() && body.len() == 19);
        let mut line = String::new();
        body.read_line(&mut line).unwrap();
        assert_eq!(line, "From: me\r\n");
        let mut rest = Vec::new();
        assert_eq!(body.copy_to(&mut rest).unwrap(), 9);
        assert_eq!(rest, b"\r\nhello\r\n");
        assert!(body.chunk().unwrap().is_none());
    }

    #[test]
    fn a_limit_is_checked_before_anything_is_read() {
        assert_eq!(inline(b"12345").bytes(4).unwrap_err().kind(), ErrorKind::Limit);
        assert_eq!(inline(b"12345").bytes(5).unwrap(), "12345");
        assert_eq!(inline(b"").bytes(0).unwrap(), "");
    }
}
