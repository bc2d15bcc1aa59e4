//! The TLS layer: rustls without its I/O.
//!
//! ADR: the buffered `ClientConnection`, not `UnbufferedClientConnection`. rustls 0.23 has no keying-material exporter on the
//! unbuffered kind, so `tls-exporter` channel binding (SCRAM-PLUS) would be impossible. It is faster (it skips one copy, though
//! it, too, moves each record into a `Vec` of its own): 300 MB decrypted in memory, median of 15 runs on 2 cores, AES-256-GCM:
//! `StreamOwned` 2.6 GB/s, this layer 2.4, unbuffered 2.8. Decrypted records are read in place (`fill_buf`) and copied once,
//! into the caller's buffer; from a socket this layer takes a record in one read where `StreamOwned` takes five.
//!
//! rustls has no renegotiation and no compression; 0-RTT and tickets are off (`config.rs`).
//!
//! ```text
//!   Sniffing ──first byte is a TLS record──▶ Handshaking ──Finished──▶ Open ──close_notify──▶ Closed
//!       └── it is not ──▶ error "answered in clear text" (T026, T039)
//! ```

use std::io::{self, BufRead, Write};
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use rustls::client::ClientConnection;
use rustls::{AlertDescription, InvalidMessage, PeerIncompatible};

use crate::certificate::printable;
use crate::config::TlsConfig;
use crate::error::Error;
use crate::facts::Facts;
use crate::protocol::{Protocol, SNIFF_LEN, is_record_type};
use crate::server_id::ServerId;
use crate::trust::Verifier;

/// One TLS connection as a client.
#[derive(Debug)]
pub(crate) struct Tls {
    conn: ClientConnection,
    verifier: Arc<Verifier>,
    host: String,
    facts: Option<Box<Facts>>,
    /// The first bytes of a peer that does not speak TLS, until they tell what it is; `None` once TLS was seen.
    sniffed: Option<Vec<u8>>,
    closed: bool,
}

/// What one call of [`Tls::receive`] came to.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) handshake_finished: bool,
    /// The sink took less than there was.
    pub(crate) more: bool,
}

impl Tls {
    pub(crate) fn new(config: &TlsConfig, server: &ServerId) -> Result<Self, Error> {
        let (config, verifier) = config.for_server(server);
        let conn =
            ClientConnection::new(config, server.name().clone()).map_err(|error| Error::Config(error.to_string()))?;
        Ok(Self { conn, verifier, host: server.to_string(), facts: None, sniffed: Some(Vec::new()), closed: false })
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.conn.is_handshaking()
    }

    pub(crate) fn facts(&self) -> Option<&Facts> {
        self.facts.as_deref()
    }

    /// The peer has sent `close_notify` and all before it was read.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// RFC 9266 §3: label `EXPORTER-Channel-Binding`, no context, 32 bytes; only where the exporter is bound to the handshake,
    /// which for TLS 1.2 (no extended master secret) it may not be.
    pub(crate) fn exporter(&self) -> Option<[u8; 32]> {
        if self.conn.protocol_version() != Some(rustls::ProtocolVersion::TLSv1_3) {
            return None;
        }
        self.conn.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok()
    }

    /// Decrypts from `wire`; `sink` takes what it wants of each piece of plaintext and returns how much that was.
    pub(crate) fn receive(
        &mut self,
        wire: &mut BytesMut,
        mut sink: impl FnMut(&[u8]) -> Result<usize, Error>,
    ) -> Result<Progress, Error> {
        let mut progress = Progress::default();
        self.sniff(wire)?;
        loop {
            if !self.drain(&mut sink)? {
                progress.more = true;
                break;
            }
            if self.closed {
                // Nothing that follows close_notify is data (RFC 8446 §6.1).
                wire.clear();
                break;
            }
            if wire.is_empty() {
                break;
            }
            self.feed(wire)?;
            if self.facts.is_none() && !self.conn.is_handshaking() {
                let facts = Facts::of(&self.conn, self.host.clone(), self.verifier.verdict());
                let facts = facts.ok_or_else(|| Error::Tls(String::from("the server showed no certificate")))?;
                self.facts = Some(Box::new(facts));
                progress.handshake_finished = true;
                progress.more = true;
                break;
            }
        }
        Ok(progress)
    }

    /// Hands decrypted bytes to the sink; false if it did not take all.
    fn drain(&mut self, sink: &mut impl FnMut(&[u8]) -> Result<usize, Error>) -> Result<bool, Error> {
        let mut reader = self.conn.reader();
        loop {
            let (len, used) = match reader.fill_buf() {
                Ok([]) => {
                    self.closed = true;
                    return Ok(true);
                }
                Ok(chunk) => (chunk.len(), sink(chunk)?),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(Error::Tls(error.to_string())),
            };
            reader.consume(used);
            if used < len {
                return Ok(false);
            }
        }
    }

    fn feed(&mut self, wire: &mut BytesMut) -> Result<(), Error> {
        let mut rest: &[u8] = wire;
        let used = self.conn.read_tls(&mut rest).map_err(|error| Error::Tls(error.to_string()))?;
        wire.advance(used.min(wire.len()));
        if used == 0 {
            return Err(Error::Tls(String::from("a message is longer than it may be")));
        }
        self.conn.process_new_packets().map(drop).map_err(|error| self.explain(&error))
    }

    /// Lets bytes pass once the first is a TLS record's; collects the others until they show who is there.
    fn sniff(&mut self, wire: &mut BytesMut) -> Result<(), Error> {
        let Some(seen) = &mut self.sniffed else { return Ok(()) };
        let Some(first) = seen.first().or_else(|| wire.first()) else { return Ok(()) };
        if is_record_type(*first) {
            self.sniffed = None;
            return Ok(());
        }
        let taken = wire.split_to(wire.len().min(SNIFF_LEN.saturating_sub(seen.len())));
        seen.extend_from_slice(&taken);
        if seen.len() >= SNIFF_LEN || seen.contains(&b'\n') {
            return Err(Error::PlainTextPeer(Protocol::of(seen)));
        }
        Ok(())
    }

    pub(crate) fn send(&mut self, mut plain: &[u8], wire: &mut BytesMut) -> Result<(), Error> {
        while !plain.is_empty() {
            let used = self.conn.writer().write(plain).map_err(|error| Error::Tls(error.to_string()))?;
            plain.advance(used);
            self.pending_transmit(wire);
            if used == 0 {
                return Err(Error::Misuse("the TLS connection was closed for sending"));
            }
        }
        Ok(())
    }

    pub(crate) fn pending_transmit(&mut self, wire: &mut BytesMut) {
        while self.conn.wants_write() {
            // Appending to memory cannot fail; the check only keeps the loop finite whatever rustls does.
            if !self.conn.write_tls(&mut Append(wire)).is_ok_and(|written| written > 0) {
                break;
            }
        }
    }

    pub(crate) fn close(&mut self, wire: &mut BytesMut) {
        self.conn.send_close_notify();
        self.pending_transmit(wire);
    }

    /// Is the end of the socket's input an end of the data?
    pub(crate) fn handle_eof(&self) -> Result<(), Error> {
        match &self.sniffed {
            Some(seen) if !seen.is_empty() => Err(Error::PlainTextPeer(Protocol::of(seen))),
            _ if self.closed => Ok(()),
            _ => Err(Error::Truncated { handshake: self.conn.is_handshaking() }),
        }
    }

    fn explain(&self, error: &rustls::Error) -> Error {
        match error {
            rustls::Error::InvalidCertificate(_) => {
                // An accepted certificate's key has yet to sign the handshake; that it did not is no fault of the certificate.
                let refused = self.verifier.verdict().filter(|verdict| !verdict.accepted);
                let problem = refused.and_then(|verdict| verdict.problem.clone());
                problem.map_or_else(|| Error::Tls(printable(&error.to_string())), Error::Certificate)
            }
            rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
            | rustls::Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
                | PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls12NotOfferedOrEnabled,
            )
            | rustls::Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion) => Error::ProtocolVersion,
            rustls::Error::AlertReceived(alert) => Error::Alert(alert_name(*alert)),
            other => Error::Tls(printable(&other.to_string())),
        }
    }
}

/// `HandshakeFailure` → `handshake_failure`, as RFC 8446 §6 spells it.
fn alert_name(alert: AlertDescription) -> String {
    let Some(camel) = alert.as_str() else { return format!("number {}", u8::from(alert)) };
    let mut name = String::with_capacity(camel.len().saturating_add(4));
    for c in camel.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// Lets rustls write records straight into the caller's buffer.
struct Append<'a>(&'a mut BytesMut);

impl Write for Append<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn write_vectored(&mut self, pieces: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let total = pieces.iter().map(|piece| piece.len()).fold(0, usize::saturating_add);
        self.0.reserve(total);
        for piece in pieces {
            self.0.extend_from_slice(piece);
        }
        Ok(total)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
