//! The layers of one connection: plain at first, then TLS, then DEFLATE on top.
//!
//! Apart from the layers themselves because the swaps are where clients have failed for fifteen years (CVE-2011-0411 to
//! CVE-2026-41319): bytes that arrived in clear must not be read as if they had come through the new layer. Here a layer
//! starts only if the caller shows an empty read buffer, and everything received later goes through it.
//!
//! ```text
//!   Plain ──start_tls──▶ handshaking ──▶ Tls ──start_deflate──▶ Tls + Deflate
//!     └──────start_deflate (tests, tunnels)──▶ Deflate          any error ──▶ poisoned, answers with it for ever
//! ```

use bytes::{Buf, BytesMut};

use crate::config::TlsConfig;
use crate::deflate::{Deflate, DeflateConfig};
use crate::error::Error;
use crate::facts::Facts;
use crate::server_id::ServerId;
use crate::tls::{Progress, Tls};

/// The byte layers of one connection.
#[derive(Debug, Default)]
pub struct Stack {
    tls: Option<Box<Tls>>,
    deflate: Option<Box<Deflate>>,
    /// Compressed bytes on their way into TLS; kept for its capacity.
    scratch: Vec<u8>,
    /// Read before compression began, and compressed.
    behind: BytesMut,
    failed: Option<Error>,
}

/// What one call of [`Stack::receive`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
#[non_exhaustive]
pub struct Received {
    /// Bytes appended to the plaintext buffer.
    pub plain: usize,
    /// The TLS handshake ended in this call; no plaintext was appended yet. [`Stack::facts`] has the outcome.
    pub handshake_finished: bool,
    /// The peer has closed its direction cleanly (`close_notify`); no plaintext will follow.
    pub closed: bool,
    /// Call again before reading more from the socket: there is plaintext left over.
    pub more: bool,
}

impl Stack {
    /// A plain connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// No layer is active: the caller may read from the socket straight into the plaintext buffer, and skip `receive`.
    pub fn is_plain(&self) -> bool {
        self.tls.is_none() && self.deflate.is_none()
    }

    /// A TLS handshake is under way; nothing may be sent.
    pub fn is_handshaking(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
    }

    /// What the handshake agreed on; `None` before its end, and on a connection without TLS.
    pub fn facts(&self) -> Option<&Facts> {
        self.tls.as_ref().and_then(|tls| tls.facts())
    }

    /// The `tls-exporter` channel binding (RFC 9266); `None` before the end of the handshake and below TLS 1.3.
    pub fn exporter(&self) -> Option<[u8; 32]> {
        self.tls.as_ref().and_then(|tls| tls.exporter())
    }

    /// Begins a TLS handshake as `server`'s client. The hello is in [`pending_transmit`](Self::pending_transmit).
    ///
    /// `unread` is the caller's read buffer, plaintext that nobody has consumed yet. It must be empty.
    ///
    /// # Errors
    /// [`Error::BytesBehind`] if `unread` is not empty (T010 to T013); [`Error::Misuse`] if a layer is active already;
    /// [`Error::Config`].
    pub fn start_tls(&mut self, config: &TlsConfig, server: &ServerId, unread: &[u8]) -> Result<(), Error> {
        self.check()?;
        if !self.is_plain() {
            return Err(Error::Misuse("TLS was started on a connection that has a layer already"));
        }
        self.refuse_unread(unread)?;
        self.tls = Some(Box::new(Tls::new(config, server)?));
        Ok(())
    }

    /// Compresses both directions from here on. `unread` is what was read behind the answer that starts compression: it is compressed
    /// already, and moves into the stack (M18). If there was any, call [`receive`](Self::receive) before reading from the socket.
    ///
    /// # Errors
    /// [`Error::Misuse`] during a handshake or if already compressed.
    pub fn start_deflate(&mut self, config: DeflateConfig, unread: &mut BytesMut) -> Result<(), Error> {
        self.check()?;
        if self.deflate.is_some() || self.is_handshaking() {
            return Err(Error::Misuse("compression was started twice, or during a handshake"));
        }
        self.deflate = Some(Box::new(Deflate::new(config)));
        self.behind = unread.split();
        Ok(())
    }

    /// Takes bytes off the front of `wire`, and appends at most `max_plain` (at least 1) bytes of plaintext to `plain`.
    ///
    /// All of `wire` is taken unless the bound was reached, the handshake ended or the peer closed; see [`Received::more`].
    /// Plaintext appended before an error was found is genuine.
    ///
    /// # Errors
    /// Every error is final. Write out [`pending_transmit`](Self::pending_transmit) all the same: it may hold an alert.
    pub fn receive(&mut self, wire: &mut BytesMut, plain: &mut BytesMut, max_plain: usize) -> Result<Received, Error> {
        self.check()?;
        let before = plain.len();
        if !self.behind.is_empty() {
            self.receive_behind(plain, max_plain).map_err(|error| self.poison(error))?;
            let plain = plain.len().saturating_sub(before);
            // The rest in the next call, which there is to be whenever anything may be left.
            return Ok(Received { plain, more: true, ..Received::default() });
        }
        let outcome = self.receive_layered(wire, plain, max_plain);
        let Progress { handshake_finished, more } = outcome.map_err(|error| self.poison(error))?;
        Ok(Received {
            plain: plain.len().saturating_sub(before),
            handshake_finished,
            closed: !more && self.tls.as_ref().is_some_and(|tls| tls.is_closed()),
            more,
        })
    }

    fn receive_layered(
        &mut self,
        wire: &mut BytesMut,
        plain: &mut BytesMut,
        max_plain: usize,
    ) -> Result<Progress, Error> {
        let limit = plain.len().saturating_add(max_plain);
        let Some(tls) = &mut self.tls else {
            match &mut self.deflate {
                None => append(wire, plain, max_plain),
                Some(deflate) => {
                    let used = deflate.inflater().inflate(wire, plain, max_plain)?;
                    wire.advance(used.min(wire.len()));
                }
            }
            let pending = self.deflate.as_mut().is_some_and(|deflate| deflate.inflater().is_pending());
            return Ok(Progress { handshake_finished: false, more: pending || !wire.is_empty() });
        };
        let Some(deflate) = &mut self.deflate else {
            return tls.receive(wire, |chunk| {
                let part = chunk.get(..limit.saturating_sub(plain.len())).unwrap_or(chunk);
                plain.extend_from_slice(part);
                Ok(part.len())
            });
        };
        let inflater = deflate.inflater();
        inflater.inflate(&[], plain, max_plain)?;
        let mut progress = tls.receive(wire, |chunk| {
            let room = limit.saturating_sub(plain.len());
            inflater.inflate(chunk, plain, room)
        })?;
        progress.more |= inflater.is_pending();
        Ok(progress)
    }

    /// What stood behind the answer that started compression, first.
    fn receive_behind(&mut self, plain: &mut BytesMut, max_plain: usize) -> Result<(), Error> {
        let Some(deflate) = &mut self.deflate else { return Ok(()) };
        let used = deflate.inflater().inflate(&self.behind, plain, max_plain)?;
        self.behind.advance(used.min(self.behind.len()));
        Ok(())
    }

    /// Sends all of `plain`: compressed and flushed, encrypted, appended to `wire`. Leaves `plain` empty.
    ///
    /// # Errors
    /// [`Error::Misuse`] during a handshake (nothing is taken then) or after [`close`](Self::close).
    pub fn send(&mut self, plain: &mut BytesMut, wire: &mut BytesMut) -> Result<(), Error> {
        self.check()?;
        if plain.is_empty() {
            return Ok(());
        }
        if self.is_handshaking() {
            return Err(Error::Misuse("nothing may be sent during a TLS handshake"));
        }
        if self.is_plain() {
            append(plain, wire, usize::MAX);
            return Ok(());
        }
        let outcome = self.send_layered(plain, wire);
        plain.clear();
        outcome.map_err(|error| self.poison(error))
    }

    fn send_layered(&mut self, plain: &[u8], wire: &mut BytesMut) -> Result<(), Error> {
        let Some(deflate) = &mut self.deflate else {
            return self.tls.as_mut().map_or(Ok(()), |tls| tls.send(plain, wire));
        };
        self.scratch.clear();
        deflate.deflate(plain, &mut self.scratch)?;
        if let Some(tls) = &mut self.tls {
            return tls.send(&self.scratch, wire);
        }
        wire.extend_from_slice(&self.scratch);
        Ok(())
    }

    /// Appends what the layers themselves have to say: handshake flights, alerts, key updates. Returns how many bytes.
    ///
    /// Call it after `start_tls` and after every `receive`, failed ones too.
    pub fn pending_transmit(&mut self, wire: &mut BytesMut) -> usize {
        let before = wire.len();
        if let Some(tls) = &mut self.tls {
            tls.pending_transmit(wire);
        }
        wire.len().saturating_sub(before)
    }

    /// Ends our direction: `close_notify` under TLS, nothing otherwise.
    pub fn close(&mut self, wire: &mut BytesMut) {
        if let Some(tls) = &mut self.tls {
            tls.close(wire);
        }
    }

    /// The socket's input has ended, and `receive` has taken all of it. Was that an end of the data?
    ///
    /// A plain connection cannot tell, and compression need not end with a final block: both are `Ok`; whether a response was
    /// cut short is for the session to say.
    ///
    /// # Errors
    /// [`Error::Truncated`] if TLS was not closed first (T049): many servers are that rude after LOGOUT, so the caller may let it
    /// pass there, and only there. [`Error::PlainTextPeer`] if the peer had begun to speak something else.
    pub fn handle_eof(&mut self) -> Result<(), Error> {
        self.check()?;
        let outcome = self.tls.as_ref().map_or(Ok(()), |tls| tls.handle_eof());
        outcome.map_err(|error| self.poison(error))
    }

    fn check(&self) -> Result<(), Error> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn poison(&mut self, error: Error) -> Error {
        self.failed.get_or_insert(error).clone()
    }

    fn refuse_unread(&mut self, unread: &[u8]) -> Result<(), Error> {
        match unread.len() {
            0 => Ok(()),
            count => Err(self.poison(Error::BytesBehind { count })),
        }
    }
}

/// Moves bytes without copying where the target is empty.
fn append(from: &mut BytesMut, to: &mut BytesMut, max: usize) {
    let part = from.split_to(from.len().min(max));
    if to.is_empty() {
        *to = part;
    } else {
        to.extend_from_slice(&part);
    }
}

#[cfg(test)]
mod tests;
