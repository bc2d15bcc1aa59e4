//! What went over the wire, both ways, as the test wants to look at it afterwards.
//!
//! Bytes are recorded as the peer's conversation sees them, after TLS and DEFLATE were taken off, together with whether
//! TLS was there: "was the password sent" and "could anybody read it" are two questions (bars T001–T016, T109). A TLS
//! handshake that the script asked for leaves no trace here; one that came unasked shows as the client bytes it is.

use crate::escape;
use std::fmt;

/// Who sent something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client under test.
    Client,
    /// The scripted peer.
    Server,
}

/// Consecutive bytes of one side, after decryption and decompression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Who sent them.
    pub from: Side,
    /// Whether they went through TLS.
    pub encrypted: bool,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The record of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript {
    exchanges: Vec<Exchange>,
}

impl Transcript {
    /// All exchanges in order.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// Everything the client sent, decrypted.
    pub fn client_bytes(&self) -> Vec<u8> {
        self.gather(|exchange| exchange.from == Side::Client)
    }

    /// Everything the client sent outside TLS: what a listener on the path sees.
    pub fn clear_client_bytes(&self) -> Vec<u8> {
        self.gather(|exchange| exchange.from == Side::Client && !exchange.encrypted)
    }

    /// Everything the peer sent, before encryption.
    pub fn server_bytes(&self) -> Vec<u8> {
        self.gather(|exchange| exchange.from == Side::Server)
    }

    /// Adds bytes; those of the same side join the last exchange.
    pub(super) fn record(&mut self, from: Side, encrypted: bool, bytes: &[u8]) {
        match self.exchanges.last_mut() {
            Some(last) if last.from == from && last.encrypted == encrypted => last.bytes.extend_from_slice(bytes),
            _ => self.exchanges.push(Exchange { from, encrypted, bytes: bytes.to_vec() }),
        }
    }

    fn gather(&self, wanted: impl Fn(&Exchange) -> bool) -> Vec<u8> {
        self.exchanges.iter().filter(|exchange| wanted(exchange)).flat_map(|exchange| exchange.bytes.clone()).collect()
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for exchange in &self.exchanges {
            let side = if exchange.from == Side::Client { "C" } else { "S" };
            let lock = if exchange.encrypted { "+tls: " } else { ": " };
            f.write_str(&escape::lines(&format!("  {side}{lock}"), &exchange.bytes))?;
        }
        Ok(())
    }
}
