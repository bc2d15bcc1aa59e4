//! Finds where responses end.
//!
//! A response is lines joined by literals, so a newline alone proves nothing. The framer counts octets. It asks two questions of grammar,
//! "is this `{n}` a literal or text?" and "is this literal the content of a message?" (both in [`shape`]); all else is the decoder's, which
//! may assume a whole response. Content of messages is handed out as it comes in and never copied. RFC 9051 §2.2, §4.3; RFC 7888; 3516.
//!
//! ```text
//!   Line --{n} small--> Line      Line --{n} content, large--> Streaming --n octets--> Line
//!   Line --{n} too large to keep--> Eliding --n octets--> Line      Line --response too large--> Dropping --its end--> Line
//! ```
//!
//! Invariants: no octet is searched twice, however the input is cut, and the cut makes no difference to what comes out (pieces of
//! [`Piece::Chunk`] aside); never holds more than `max_response`; what is skipped is skipped in step; octets of a literal are never taken for
//! protocol (T081, T083).

mod dropping;
mod shape;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::{Buf as _, Bytes, BytesMut};
use core::fmt;
use core::mem;
use core::ops::ControlFlow;
use imapkit_types::Frame;
use memchr::memchr;

use crate::error::{FrameError, snippet};
use crate::limits::{Limit, Limits};
use dropping::Dropping;
use shape::{Marker, Shape};

/// Cuts a stream of octets into responses.
///
/// Never blocks and does no I/O: call [`Framer::next`] with what has been read until it gives nothing more, read more, call again.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    state: State,
    /// Where in the input the current line begins: 0, unless literals stand before it in the same response.
    line: usize,
    /// Up to where the input has been searched for the end of that line. Beyond the input while a literal is incomplete.
    searched: usize,
    /// What kind of response this is; known from its first literal on.
    shape: Option<Shape>,
    /// The line follows a literal.
    resumed: bool,
    /// Content of this response has been streamed: what comes now is its rest.
    streamed: bool,
    /// The beginning of the response, when something was left out of its middle.
    held: BytesMut,
    elided: Vec<Elided>,
    /// Octets left out of this response.
    skipped: u64,
    /// Octets since the last response that belong to none.
    filler: usize,
}

#[derive(Debug)]
enum State {
    Line,
    Streaming { left: u64 },
    Eliding { left: u64 },
    Dropping(Dropping),
}

/// What the framer found next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A whole response.
    Response(RawFrame),
    /// The beginning of a FETCH row, up to and with the announcement of a large body.
    Head {
        /// The row so far.
        frame: RawFrame,
        /// Octets of the body, which follow as [`Piece::Chunk`]s.
        literal: u64,
    },
    /// Octets of the body announced last.
    Chunk(Bytes),
    /// The body is complete.
    BodyEnd,
    /// More of the row after a large body: to its end, or up to the next large body.
    Segment {
        /// The row from where it was left.
        frame: RawFrame,
        /// Octets of the next large body; `None` at the end of the row.
        literal: Option<u64>,
    },
    /// A response was too large, or the rest of one after a large body, and has been skipped.
    Oversize {
        /// The limit it exceeded.
        limit: Limit,
        /// Its first octets, 512 at most: enough to see its tag.
        start: Bytes,
        /// Octets it had.
        len: u64,
    },
}

/// One response, and what is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawFrame {
    /// The response.
    pub frame: Frame,
    /// Literals that were too large to keep, in order.
    pub elided: Vec<Elided>,
}

impl From<Frame> for RawFrame {
    fn from(frame: Frame) -> Self {
        Self { frame, elided: Vec::new() }
    }
}

/// A literal that was too large to keep: its announcement stands in the frame, its octets do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elided {
    /// Offset in the frame, just behind the announcement.
    pub at: usize,
    /// Octets it had.
    pub len: u64,
}

/// Where in the stream the framer stands: what to say when the connection ends here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Where {
    /// Nothing has been lost.
    BetweenResponses,
    /// A response has begun.
    InLine {
        /// Its beginning as far as known, escaped, strings blanked out.
        start: Box<str>,
    },
    /// A literal is incomplete: perhaps the server announced too much (H15).
    InLiteral {
        /// Octets that are missing.
        left: u64,
    },
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BetweenResponses => f.write_str("between two responses"),
            Self::InLine { start } => write!(f, "in the middle of a response that begins {start:?}"),
            Self::InLiteral { left } => write!(f, "in a literal of which {left} octets are missing"),
        }
    }
}

/// `Continue`: look again; `Break`: give this to the caller, `None` for "read more".
type Step = ControlFlow<Option<Piece>>;
const AGAIN: Step = ControlFlow::Continue(());
const MORE: Step = ControlFlow::Break(None);

/// How a line ends.
enum Ending {
    Response,
    /// No response has begun.
    Nothing,
    /// The response goes on, though nothing was announced (H16).
    Stray,
    Literal(u64),
}

impl Framer {
    /// At the beginning of a stream.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Line,
            line: 0,
            searched: 0,
            shape: None,
            resumed: false,
            streamed: false,
            held: BytesMut::new(),
            elided: Vec::new(),
            skipped: 0,
            filler: 0,
        }
    }

    /// Changes the limits: after login, for instance. Counts from the next line end.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Takes the next piece out of `input`; `None` when more has to be read first.
    ///
    /// What stays in `input` belongs to a response that is not complete. The caller appends to it and takes nothing away.
    ///
    /// # Errors
    /// When nobody can know where the next response begins, or it would take too much to find out. Nothing can be read from this
    /// connection any more.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Option<Piece>, FrameError> {
        loop {
            let step = match self.state {
                State::Line => self.read_line(input)?,
                State::Streaming { left } => self.stream(input, left),
                State::Eliding { left } => self.elide(input, left),
                State::Dropping(_) => self.drop_on(input)?,
            };
            if let ControlFlow::Break(piece) = step {
                return Ok(piece);
            }
        }
    }

    /// Where the stream stands, given what [`Framer::next`] left in `input`.
    pub fn position(&self, input: &[u8]) -> Where {
        match &self.state {
            State::Streaming { left } | State::Eliding { left } => Where::InLiteral { left: *left },
            State::Dropping(Dropping { literal, .. }) if *literal > 0 => Where::InLiteral { left: *literal },
            State::Dropping(dropping) => Where::InLine { start: snippet(&dropping.start, 0) },
            State::Line => match self.searched.checked_sub(input.len()).filter(|missing| *missing > 0) {
                Some(missing) => Where::InLiteral { left: wide(missing) },
                None if input.is_empty() && self.held.is_empty() && !self.streamed => Where::BetweenResponses,
                None if self.held.is_empty() => Where::InLine { start: snippet(input, 0) },
                None => Where::InLine { start: snippet(&self.held, 0) },
            },
        }
    }

    fn read_line(&mut self, input: &mut BytesMut) -> Result<Step, FrameError> {
        while self.searched == 0 && self.is_between() && input.first() == Some(&0) {
            self.skip_filler(input, 1)?;
        }
        let Some(unsearched) = input.get(self.searched..) else {
            return Ok(MORE);
        };
        let Some(end) = memchr(b'\n', unsearched).map(|at| after(self.searched, at)) else {
            self.searched = input.len();
            let step = if self.fits(input.len()) { MORE } else { self.start_dropping(input, self.line, 0) };
            return Ok(step);
        };
        if !self.fits(end) {
            self.searched = end.saturating_sub(1);
            return Ok(self.start_dropping(input, self.line, 0));
        }
        let line = input.get(self.line..end).unwrap_or_default();
        match self.ending(line)? {
            Ending::Response => Ok(ControlFlow::Break(Some(self.finish(input, end)))),
            Ending::Nothing => self.skip_filler(input, end).map(|()| AGAIN),
            Ending::Stray => {
                self.resume_at(end);
                self.resumed = false;
                Ok(AGAIN)
            }
            Ending::Literal(size) => self.start_literal(input, end, size),
        }
    }

    /// Drops what may stand between responses: empty lines (H14) and NULs (H13).
    fn skip_filler(&mut self, input: &mut BytesMut, len: usize) -> Result<(), FrameError> {
        input.advance(len);
        self.resume_at(0);
        self.filler = self.filler.saturating_add(len);
        let max = self.limits.max_filler;
        if self.filler > max { Err(FrameError::Limit(Limit::new("max_filler", max))) } else { Ok(()) }
    }

    /// Whether a line that ends a frame of `len` octets (with what is held) may be kept.
    #[inline]
    fn fits(&self, len: usize) -> bool {
        self.held.len().saturating_add(len) <= self.limits.max_response
    }

    /// No literal of this response has been taken out of the input.
    #[inline]
    fn is_between(&self) -> bool {
        self.held.is_empty() && !self.streamed
    }

    /// Reads what a complete line ends with.
    #[inline]
    fn ending(&mut self, line: &[u8]) -> Result<Ending, FrameError> {
        let line = without_line_end(line);
        match line.last() {
            Some(b'}' | b' ' | b'\t' | b'\r') => self.literal_ending(line),
            None if self.is_stray() => Ok(Ending::Stray),
            None if self.is_between() && self.line == 0 => Ok(Ending::Nothing),
            _ => Ok(Ending::Response),
        }
    }

    /// An empty line directly after a literal inside a FETCH row: the literal was announced too short (H16).
    fn is_stray(&self) -> bool {
        self.resumed && self.shape.as_ref().is_some_and(Shape::is_fetch)
    }

    fn literal_ending(&mut self, line: &[u8]) -> Result<Ending, FrameError> {
        let Some(marker) = Marker::at_end_of(line) else {
            return Ok(Ending::Response);
        };
        let shape = self.shape.get_or_insert_with(|| Shape::of(line));
        let continues = shape.continues_at(line, marker.start);
        Ok(if continues { Ending::Literal(marker.size(line)?) } else { Ending::Response })
    }

    fn start_literal(&mut self, input: &mut BytesMut, end: usize, size: u64) -> Result<Step, FrameError> {
        self.resumed = true;
        let end = self.gather(input, end);
        if size >= wide(self.limits.stream_above) && self.is_content(input, end) {
            self.state = State::Streaming { left: size };
            let frame = self.take_frame(input, end);
            let piece = if mem::replace(&mut self.streamed, true) {
                Piece::Segment { frame, literal: Some(size) }
            } else {
                Piece::Head { frame, literal: size }
            };
            return Ok(ControlFlow::Break(Some(piece)));
        }
        match usize::try_from(size).ok().filter(|size| *size <= self.limits.max_inline_literal) {
            Some(size) if self.fits(end.saturating_add(size)) => self.resume_at(end.saturating_add(size)),
            Some(_) => return Ok(self.start_dropping(input, end, size)),
            None => {
                self.skipped = self.skipped.saturating_add(size);
                self.check_skip(self.skipped)?;
                self.held.extend_from_slice(&input.split_to(end));
                self.elided.push(Elided { at: self.held.len(), len: size });
                self.resume_at(0);
                self.state = State::Eliding { left: size };
            }
        }
        Ok(AGAIN)
    }

    /// Moves what is complete to what is held, if something is. Returns the offset in the input that was `end`.
    fn gather(&mut self, input: &mut BytesMut, end: usize) -> usize {
        if self.held.is_empty() {
            return end;
        }
        self.held.extend_from_slice(&input.split_to(end));
        0
    }

    fn is_content(&mut self, input: &[u8], end: usize) -> bool {
        let frame = if self.held.is_empty() { input.get(..end).unwrap_or_default() } else { &self.held };
        self.shape.as_mut().is_some_and(|shape| shape.is_content(frame, &self.elided))
    }

    fn stream(&mut self, input: &mut BytesMut, left: u64) -> Step {
        if left == 0 {
            self.state = State::Line;
            return ControlFlow::Break(Some(Piece::BodyEnd));
        }
        if input.is_empty() {
            return MORE;
        }
        let chunk = input.split_to(at_most(left, input.len())).freeze();
        self.state = State::Streaming { left: left.saturating_sub(wide(chunk.len())) };
        ControlFlow::Break(Some(Piece::Chunk(chunk)))
    }

    fn elide(&mut self, input: &mut BytesMut, left: u64) -> Step {
        let skip = at_most(left, input.len());
        input.advance(skip);
        let left = left.saturating_sub(wide(skip));
        self.state = if left == 0 { State::Line } else { State::Eliding { left } };
        if left == 0 { AGAIN } else { MORE }
    }

    fn check_skip(&self, skipped: u64) -> Result<(), FrameError> {
        let max = self.limits.max_skip;
        if skipped > max { Err(FrameError::Limit(Limit { name: "max_skip", value: max })) } else { Ok(()) }
    }

    #[inline]
    fn finish(&mut self, input: &mut BytesMut, end: usize) -> Piece {
        let frame = self.take_frame(input, end);
        let streamed = self.streamed;
        self.reset();
        if streamed { Piece::Segment { frame, literal: None } } else { Piece::Response(frame) }
    }

    #[inline]
    fn take_frame(&mut self, input: &mut BytesMut, end: usize) -> RawFrame {
        self.resume_at(0);
        if let Some(shape) = &mut self.shape {
            shape.restart();
        }
        let tail = input.split_to(end);
        if self.held.is_empty() {
            return RawFrame::from(Frame::new(tail.freeze()));
        }
        self.held.extend_from_slice(&tail);
        let frame = Frame::new(mem::take(&mut self.held).freeze());
        RawFrame { frame, elided: mem::take(&mut self.elided) }
    }

    #[inline]
    fn resume_at(&mut self, offset: usize) {
        self.line = offset;
        self.searched = offset;
    }

    #[inline]
    fn reset(&mut self) {
        self.resume_at(0);
        self.shape = None;
        self.resumed = false;
        self.streamed = false;
        self.skipped = 0;
        self.filler = 0;
    }
}

/// The offset behind the octet at `start + at`; both lie in one buffer, so nothing overflows.
#[inline]
fn after(start: usize, at: usize) -> usize {
    start.saturating_add(at).saturating_add(1)
}

#[inline]
fn without_line_end(line: &[u8]) -> &[u8] {
    match line {
        [content @ .., b'\r', b'\n'] | [content @ .., b'\n'] => content,
        _ => line,
    }
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn at_most(left: u64, available: usize) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(available)
}
