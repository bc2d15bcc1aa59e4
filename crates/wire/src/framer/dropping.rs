//! Skipping a response that is too large to keep, in step. No RFC asks for it; the limits of protocol.md 4.7 do.
//!
//! Separate from framing proper because here nothing is kept and so little is known: a line is judged by its last octets alone, and what looks
//! like a literal is one, since taking content for protocol is the worse mistake (H09, T081, T085).
//!
//! Invariant: holds no more than the 64 octets in which a literal is announced, and skips no more than `max_skip`.

use bytes::{Buf as _, Bytes, BytesMut};
use core::mem;
use core::ops::ControlFlow;
use memchr::memchr;

use super::shape::{Marker, Shape};
use super::{AGAIN, Framer, MORE, Piece, State, Step, after, at_most, wide, without_line_end};
use crate::error::FrameError;
use crate::limits::Limit;

/// A response that is too large to keep and is skipped to its end.
#[derive(Debug)]
pub(super) struct Dropping {
    pub(super) limit: Limit,
    /// Its first octets.
    pub(super) start: Bytes,
    /// Octets passed.
    pub(super) len: u64,
    /// Octets left of a literal inside it.
    pub(super) literal: u64,
}

impl Framer {
    /// Begins to skip a response that is too large: `passed` octets of the input are read, a literal of `literal` octets follows them.
    pub(super) fn start_dropping(&mut self, input: &mut BytesMut, passed: usize, literal: u64) -> Step {
        const SHOWN: usize = 512;
        let start = if self.held.is_empty() { input.as_ref() } else { self.held.as_ref() };
        let start = Bytes::copy_from_slice(start.get(..SHOWN).unwrap_or(start));
        self.shape.get_or_insert_with(|| Shape::of(&start));
        let len = wide(self.held.len()).saturating_add(wide(passed)).saturating_add(self.skipped);
        input.advance(passed.min(input.len()));
        self.line = 0;
        self.searched = self.searched.saturating_sub(passed);
        self.held.clear();
        self.elided.clear();
        let limit = Limit::new("max_response", self.limits.max_response);
        self.state = State::Dropping(Dropping { limit, start, len, literal });
        AGAIN
    }

    /// Skips more of such a response. Its lines are judged by their last octets alone: what looks like a literal is one, since taking
    /// content for protocol is the worse mistake.
    pub(super) fn drop_on(&mut self, input: &mut BytesMut) -> Result<Step, FrameError> {
        const KEPT: usize = 64;
        let State::Dropping(dropping) = &mut self.state else {
            return Ok(AGAIN);
        };
        if dropping.literal > 0 {
            let skip = at_most(dropping.literal, input.len());
            input.advance(skip);
            dropping.literal = dropping.literal.saturating_sub(wide(skip));
            dropping.len = dropping.len.saturating_add(wide(skip));
            return Ok(if dropping.literal > 0 { MORE } else { AGAIN });
        }
        let unsearched = input.get(self.searched..).unwrap_or_default();
        let Some(end) = memchr(b'\n', unsearched).map(|at| after(self.searched, at)) else {
            let skip = input.len().saturating_sub(KEPT);
            dropping.len = dropping.len.saturating_add(wide(skip));
            let len = dropping.len;
            input.advance(skip);
            self.searched = input.len();
            return self.check_skip(len).map(|()| MORE);
        };
        let line = input.get(end.saturating_sub(KEPT)..end).or_else(|| input.get(..end)).unwrap_or_default();
        let line = without_line_end(line);
        let marker = Marker::at_end_of(line).filter(|_| self.shape.as_ref().is_some_and(Shape::is_data));
        let stray = line.is_empty() && self.is_stray();
        let literal = marker.map(|marker| marker.size(line)).transpose()?;
        self.drop_line(input, end, literal, stray)
    }

    fn drop_line(
        &mut self,
        input: &mut BytesMut,
        end: usize,
        literal: Option<u64>,
        stray: bool,
    ) -> Result<Step, FrameError> {
        input.advance(end);
        self.resume_at(0);
        self.resumed = literal.is_some();
        let State::Dropping(dropping) = &mut self.state else {
            return Ok(AGAIN);
        };
        dropping.len = dropping.len.saturating_add(wide(end));
        dropping.literal = literal.unwrap_or(0);
        let total = dropping.len.saturating_add(dropping.literal);
        self.check_skip(total)?;
        if literal.is_some() || stray {
            return Ok(AGAIN);
        }
        let state = mem::replace(&mut self.state, State::Line);
        self.reset();
        Ok(match state {
            State::Dropping(Dropping { limit, start, len, .. }) => {
                ControlFlow::Break(Some(Piece::Oversize { limit, start, len }))
            }
            _ => AGAIN,
        })
    }
}
