//! The bytes of a connection between the socket and the session: four buffers and the stack of layers between them. No I/O.
//!
//! Apart from the driver so that it can be tested in memory, and because how buffers are kept decides how fast bodies are: what is read is
//! never copied on its way to the session unless TLS or DEFLATE has to change it. RFC 8446 and 4978 are the stack's.
//!
//! ```text
//!   socket ──space/filled──▶ wire_in ──decode──▶ plain_in ──▶ session
//!   socket ◀──unsent/sent─── wire_out ◀──encode── plain_out ◀── session          no layer: wire_in and plain_in are one
//! ```
//!
//! Invariants: `plain_in` grows by at most [`PIECE`] at a time; nothing of one layer is read as if it were of the next (the stack sees to it).

use bytes::{Buf, BytesMut};
use imapkit_session::Error;
use imapkit_transport::{DeflateConfig, Facts, ServerId, Stack, TlsConfig};

use crate::failure;

/// Octets read, decrypted and handed over at a time. Frames share the memory they were read into, so one kept frame keeps so much alive.
pub(crate) const PIECE: usize = 64 << 10;
/// Room below which a fresh piece of memory is better than a short read.
const TOO_SMALL: usize = 4 << 10;

#[derive(Debug, Default)]
pub(crate) struct Layers {
    stack: Stack,
    /// Memory not read into yet, all of it initialised; `filled` cuts pieces off its front.
    spare: BytesMut,
    wire_in: BytesMut,
    pub(crate) plain_in: BytesMut,
    pub(crate) plain_out: BytesMut,
    wire_out: BytesMut,
    /// Plaintext is left inside the stack.
    more: bool,
    received: u64,
    transmitted: u64,
}

/// What one [`Layers::decode`] came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// The TLS handshake is complete.
    pub(crate) handshake_finished: bool,
    /// The peer has ended TLS: nothing will follow.
    pub(crate) closed: bool,
}

impl Layers {
    /// Where the socket is to be read into.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        if self.spare.len() < TOO_SMALL {
            self.spare = BytesMut::zeroed(PIECE);
        }
        &mut self.spare
    }

    /// So many octets of [`Layers::space`] were read.
    pub(crate) fn filled(&mut self, count: usize) {
        let read = self.spare.split_to(count.min(self.spare.len()));
        self.received = self.received.saturating_add(read.len() as u64);
        // No copy when the piece before came from the same memory, or was used up.
        if self.stack.is_plain() { self.plain_in.unsplit(read) } else { self.wire_in.unsplit(read) }
    }

    /// Something was received that is not decoded yet.
    pub(crate) fn has_undecoded(&self) -> bool {
        self.more || !self.wire_in.is_empty()
    }

    /// Turns received octets into at most [`PIECE`] octets of plaintext.
    pub(crate) fn decode(&mut self) -> Result<Decoded, Error> {
        if self.stack.is_plain() {
            return Ok(Decoded::default());
        }
        let received = self.stack.receive(&mut self.wire_in, &mut self.plain_in, PIECE);
        // Also after an error: what is left to say is why (an alert).
        self.stack.pending_transmit(&mut self.wire_out);
        let received = received.map_err(failure::transport)?;
        self.more = received.more;
        Ok(Decoded { handshake_finished: received.handshake_finished, closed: received.closed })
    }

    /// Turns what the session sends into what the socket sends.
    pub(crate) fn encode(&mut self) -> Result<(), Error> {
        if self.plain_out.is_empty() || self.stack.is_handshaking() {
            return Ok(());
        }
        self.stack.send(&mut self.plain_out, &mut self.wire_out).map_err(failure::transport)
    }

    /// What the socket is to send.
    pub(crate) fn unsent(&self) -> &[u8] {
        &self.wire_out
    }

    /// So many octets of [`Layers::unsent`] were sent.
    pub(crate) fn sent(&mut self, count: usize) {
        self.wire_out.advance(count.min(self.wire_out.len()));
        self.transmitted = self.transmitted.saturating_add(count as u64);
    }

    /// Begins a TLS handshake.
    pub(crate) fn start_tls(&mut self, config: &TlsConfig, server: &ServerId) -> Result<(), Error> {
        self.stack.start_tls(config, server, &self.plain_in).map_err(failure::transport)?;
        self.stack.pending_transmit(&mut self.wire_out);
        Ok(())
    }

    /// Begins to compress. What stands in `plain_in` is compressed already, and goes back for it.
    pub(crate) fn start_deflate(&mut self) -> Result<(), Error> {
        self.more |= !self.plain_in.is_empty();
        self.stack.start_deflate(DeflateConfig::default(), &mut self.plain_in).map_err(failure::transport)
    }

    /// The socket's input has ended; whether it was cut short.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        self.stack.handle_eof().map_err(failure::transport)
    }

    /// Says goodbye, where a layer has a word for it.
    pub(crate) fn close(&mut self) {
        self.stack.close(&mut self.wire_out);
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.stack.is_handshaking()
    }

    /// What the handshake agreed on.
    pub(crate) fn facts(&self) -> Option<&Facts> {
        self.stack.facts()
    }

    /// The `tls-exporter` channel binding.
    pub(crate) fn exporter(&self) -> Option<[u8; 32]> {
        self.stack.exporter()
    }

    /// Octets received and sent on the socket.
    pub(crate) fn traffic(&self) -> (u64, u64) {
        (self.received, self.transmitted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imapkit_session::ErrorKind;

    fn receive(layers: &mut Layers, octets: &[u8]) {
        layers.space()[..octets.len()].copy_from_slice(octets);
        layers.filled(octets.len());
    }

    #[test]
    fn what_is_read_in_pieces_is_joined_without_a_copy() {
        let mut layers = Layers::default();
        receive(&mut layers, b"* 1 EX");
        let first = layers.plain_in.as_ptr();
        receive(&mut layers, b"ISTS\r\n");
        assert_eq!(&layers.plain_in[..], b"* 1 EXISTS\r\n");
        assert_eq!(layers.plain_in.as_ptr(), first);
        let taken = layers.plain_in.split_to(12);
        receive(&mut layers, b"* OK");
        assert_eq!(layers.plain_in.as_ptr(), taken.as_ptr().wrapping_add(12), "the same memory is read into on and on");
        assert_eq!(layers.traffic(), (16, 0));
    }

    #[test]
    fn a_full_piece_of_memory_is_followed_by_another() {
        let mut layers = Layers::default();
        let big = vec![7; PIECE - TOO_SMALL + 1];
        receive(&mut layers, &big);
        assert_eq!(layers.space().len(), PIECE);
        receive(&mut layers, b"x");
        assert_eq!(layers.plain_in.len(), big.len() + 1);
    }

    #[test]
    fn compressed_bytes_are_bounded_and_come_in_order() {
        let (mut near, mut far) = (Layers::default(), Layers::default());
        near.start_deflate().unwrap();
        far.start_deflate().unwrap();
        let text = b"* LIST () \"/\" INBOX\r\n".repeat(10_000);
        near.plain_out.extend_from_slice(&text);
        near.encode().unwrap();
        let mut seen = Vec::new();
        while !near.unsent().is_empty() {
            let piece: Vec<u8> = near.unsent().iter().copied().take(100).collect();
            near.sent(piece.len());
            receive(&mut far, &piece);
            while far.has_undecoded() {
                far.decode().unwrap();
                assert!(far.plain_in.len() <= PIECE);
                seen.extend_from_slice(&far.plain_in.split());
            }
        }
        assert_eq!(seen, text);
    }

    #[test]
    fn t010_bytes_behind_starttls_are_refused() {
        let mut layers = Layers::default();
        receive(&mut layers, b"* OK injected\r\n");
        let config = TlsConfig::builder().trusted_site(true).build().unwrap();
        let error = layers.start_tls(&config, &ServerId::new("localhost", 143).unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsafe);
    }
}
