//! DEFLATE both ways, for COMPRESS (RFC 4978, RFC 1951: raw, no zlib header).
//!
//! Apart from the stack so that the two directions and the bomb guard can be tested byte by byte.
//!
//! Invariants: one call inflates no more than the caller's bound; a stream that keeps expanding beyond `max_ratio` is an error
//! (T094); corrupt input is an error (T095); a stream that stops without a final block is a normal end.
//!
//! Compression together with encryption leaks lengths (CRIME): an attacker who can put text beside a secret and watch sizes
//! learns about the secret. That is why COMPRESS is opt-in and starts only after authentication.

use bytes::{Buf, BytesMut};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::error::Error;

/// The bomb guard looks at spans of this many inflated bytes.
const RATIO_SPAN: u64 = 16 << 20;
/// Inflated bytes per step; also what a step zeroes before it is filled.
const STEP: usize = 16 << 10;

/// Settings of the DEFLATE layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeflateConfig {
    /// Effort for what we send, 0 to 9. Default 6.
    pub level: u32,
    /// Inflated bytes allowed per received byte, over spans of 16 MiB. Default 200; DEFLATE itself cannot exceed 1032.
    pub max_ratio: u32,
}

impl Default for DeflateConfig {
    fn default() -> Self {
        Self { level: 6, max_ratio: 200 }
    }
}

/// Both directions of the layer.
#[derive(Debug)]
pub(crate) struct Deflate {
    inflater: Inflater,
    deflater: Compress,
}

impl Deflate {
    pub(crate) fn new(config: DeflateConfig) -> Self {
        let inflater = Inflater {
            raw: Decompress::new(false),
            max_ratio: config.max_ratio,
            pending: false,
            ended: false,
            span_in: 0,
            span_out: 0,
        };
        Self { inflater, deflater: Compress::new(Compression::new(config.level.min(9)), false) }
    }

    pub(crate) fn inflater(&mut self) -> &mut Inflater {
        &mut self.inflater
    }

    /// Compresses all of `plain` and ends it with a sync flush, so that the peer can read every byte of it now.
    pub(crate) fn deflate(&mut self, mut plain: &[u8], wire: &mut Vec<u8>) -> Result<(), Error> {
        loop {
            // Room for the worst case (stored blocks) plus the empty block of the flush; more rounds if that was not enough.
            wire.reserve(plain.len().saturating_add(plain.len() / 8).saturating_add(64));
            let before = self.deflater.total_in();
            self.deflater
                .compress_vec(plain, wire, FlushCompress::Sync)
                .map_err(|_| Error::Misuse("the compressor is in no state to go on"))?;
            let used = self.deflater.total_in().saturating_sub(before);
            plain.advance(usize::try_from(used).unwrap_or(usize::MAX).min(plain.len()));
            // zlib: a flush is complete once output space is left over.
            if plain.is_empty() && wire.len() < wire.capacity() {
                return Ok(());
            }
        }
    }
}

/// The receiving direction.
#[derive(Debug)]
pub(crate) struct Inflater {
    raw: Decompress,
    max_ratio: u32,
    /// The last step filled its room: more may come without new input.
    pending: bool,
    /// A final block was seen.
    ended: bool,
    span_in: u64,
    span_out: u64,
}

impl Inflater {
    /// More output may come without new input.
    pub(crate) fn is_pending(&self) -> bool {
        self.pending
    }

    /// Inflates from `wire` until it or `room` is used up; appends to `plain` and returns how much of `wire` was taken.
    pub(crate) fn inflate(&mut self, wire: &[u8], plain: &mut BytesMut, mut room: usize) -> Result<usize, Error> {
        let mut rest = wire;
        while room > 0 && (self.pending || !rest.is_empty()) {
            if self.ended {
                return Err(Error::Inflate("bytes behind the final block"));
            }
            let step = room.min(STEP);
            let (used, made) = self.step(rest, plain, step)?;
            rest.advance(used);
            room = room.saturating_sub(made);
            self.pending = made == step && !self.ended;
            if used == 0 && made == 0 && !rest.is_empty() {
                return Err(Error::Inflate("no progress"));
            }
        }
        Ok(wire.len().saturating_sub(rest.len()))
    }

    fn step(&mut self, rest: &[u8], plain: &mut BytesMut, step: usize) -> Result<(usize, usize), Error> {
        let (total_in, total_out) = (self.raw.total_in(), self.raw.total_out());
        let start = plain.len();
        plain.resize(start.saturating_add(step), 0);
        let into = plain.get_mut(start..).unwrap_or_default();
        let status = self.raw.decompress(rest, into, FlushDecompress::Sync);
        let used = self.raw.total_in().saturating_sub(total_in);
        let made = self.raw.total_out().saturating_sub(total_out);
        let (used_len, made_len) = (usize::try_from(used).unwrap_or(rest.len()), usize::try_from(made).unwrap_or(step));
        plain.truncate(start.saturating_add(made_len));
        match status {
            Ok(Status::StreamEnd) => self.ended = true,
            Ok(Status::Ok | Status::BufError) => {}
            Err(_) => return Err(Error::Inflate("invalid block")),
        }
        self.guard(used, made)?;
        Ok((used_len, made_len))
    }

    /// A mail of zeros may expand a thousandfold for a while; a peer that does so for a whole span is refused.
    fn guard(&mut self, used: u64, made: u64) -> Result<(), Error> {
        self.span_in = self.span_in.saturating_add(used);
        self.span_out = self.span_out.saturating_add(made);
        if self.span_out < RATIO_SPAN {
            return Ok(());
        }
        let allowed = self.span_in.max(1).saturating_mul(u64::from(self.max_ratio));
        if self.span_out > allowed {
            return Err(Error::InflateRatio { limit: self.max_ratio });
        }
        (self.span_in, self.span_out) = (0, 0);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
