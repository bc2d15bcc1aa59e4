//! TLS by rustls, without its I/O: 1.2 and 1.3, what every connection uses unless the fallback is permitted.
//!
//! ADR: the buffered `ClientConnection`, not `UnbufferedClientConnection`. rustls 0.23 has no keying-material exporter on the
//! unbuffered kind, so `tls-exporter` channel binding (SCRAM-PLUS) would be impossible. It is faster (it skips one copy, though
//! it, too, moves each record into a `Vec` of its own): 300 MB decrypted in memory, median of 15 runs on 2 cores, AES-256-GCM:
//! `StreamOwned` 2.6 GB/s, this layer 2.4, unbuffered 2.8. Decrypted records are read in place (`fill_buf`) and copied once,
//! into the caller's buffer; from a socket this layer takes a record in one read where `StreamOwned` takes five.
//!
//! rustls has no renegotiation and no compression; 0-RTT and tickets are off (`config.rs`).

use std::io::{self, BufRead, Write};
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use rustls::client::ClientConnection;
use rustls::client::danger::ServerCertVerifier;
use rustls::{
    AlertDescription, CertificateError as Reason, ClientConfig, InvalidMessage, PeerIncompatible, ProtocolVersion,
};

use super::Drained;
use crate::certificate::printable;
use crate::error::Error;
use crate::facts::{Agreed, TlsVersion};
use crate::server_id::ServerId;
use crate::suite::Suite;
use crate::trust::Verifier;

/// A rustls connection and the one who judges its certificate.
#[derive(Debug)]
pub(super) struct Modern {
    conn: ClientConnection,
    verifier: Arc<Verifier>,
}

impl Modern {
    pub(super) fn new(base: &ClientConfig, verifier: Arc<Verifier>, server: &ServerId) -> Result<Self, Error> {
        let mut config = base.clone();
        let judge: Arc<dyn ServerCertVerifier> = Arc::<Verifier>::clone(&verifier);
        config.dangerous().set_certificate_verifier(judge);
        let conn = ClientConnection::new(Arc::new(config), server.name().clone())
            .map_err(|error| Error::Config(error.to_string()))?;
        Ok(Self { conn, verifier })
    }

    fn explain(&self, error: &rustls::Error) -> Error {
        let too_old = |told: Option<String>| Error::ProtocolVersion { told, fallback: false };
        match error {
            rustls::Error::InvalidCertificate(reason) => self.explain_certificate(error, reason),
            rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
            | rustls::Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
                | PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls12NotOfferedOrEnabled,
            )
            | rustls::Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion) => too_old(None),
            // What a server answers to a hello that names no suite it knows (RFC 5246 §7.2.2, RFC 8446 §6.2).
            rustls::Error::AlertReceived(
                alert @ (AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity),
            ) if self.verifier.verdict().is_none() => too_old(Some(alert_name(*alert))),
            rustls::Error::AlertReceived(alert) => Error::Alert(alert_name(*alert)),
            other => Error::Tls(printable(&other.to_string())),
        }
    }

    fn explain_certificate(&self, error: &rustls::Error, reason: &Reason) -> Error {
        let refused = self.verifier.verdict().filter(|verdict| !verdict.accepted);
        let problem = refused.and_then(|verdict| verdict.problem.clone());
        // An accepted certificate's key has yet to sign the handshake; that it did not is no fault of the certificate, unless
        // its key is one that ring does not take.
        let weak = || self.verifier.weak_key().filter(|_| matches!(reason, Reason::BadSignature));
        problem.or_else(weak).map_or_else(|| Error::Tls(printable(&error.to_string())), Error::Certificate)
    }
}

impl Modern {
    pub(super) fn is_handshaking(&self) -> bool {
        self.conn.is_handshaking()
    }

    pub(super) fn agreed(&self) -> Option<Agreed> {
        let version = match self.conn.protocol_version()? {
            ProtocolVersion::TLSv1_2 => TlsVersion::V1_2,
            ProtocolVersion::TLSv1_3 => TlsVersion::V1_3,
            _ => return None,
        };
        let group = self.conn.negotiated_key_exchange_group().and_then(|group| group.name().as_str());
        Some(Agreed {
            version,
            suite: Suite::of(iana_name(self.conn.negotiated_cipher_suite()?.suite().as_str()?)),
            key_exchange: group.unwrap_or("unknown"),
            alpn: self.conn.alpn_protocol().map(<[u8]>::to_vec),
            chain: self.conn.peer_certificates()?.iter().map(|der| der.clone().into_owned()).collect(),
            weak_group: None,
        })
    }

    pub(super) fn export(&self) -> Option<[u8; 32]> {
        self.conn.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok()
    }

    pub(super) fn drain(&mut self, sink: &mut impl FnMut(&[u8]) -> Result<usize, Error>) -> Result<Drained, Error> {
        let mut reader = self.conn.reader();
        loop {
            let (len, used) = match reader.fill_buf() {
                Ok([]) => return Ok(Drained::Closed),
                Ok(chunk) => (chunk.len(), sink(chunk)?),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Drained::All),
                Err(error) => return Err(Error::Tls(error.to_string())),
            };
            reader.consume(used);
            if used < len {
                return Ok(Drained::Part);
            }
        }
    }

    pub(super) fn feed(&mut self, wire: &mut BytesMut) -> Result<(), Error> {
        let mut rest: &[u8] = wire;
        let used = self.conn.read_tls(&mut rest).map_err(|error| Error::Tls(error.to_string()))?;
        wire.advance(used.min(wire.len()));
        if used == 0 {
            return Err(Error::Tls(String::from("a message is longer than it may be")));
        }
        self.conn.process_new_packets().map(drop).map_err(|error| self.explain(&error))
    }

    pub(super) fn write(&mut self, plain: &[u8]) -> Result<usize, Error> {
        self.conn.writer().write(plain).map_err(|error| Error::Tls(error.to_string()))
    }

    pub(super) fn pending_transmit(&mut self, wire: &mut BytesMut) {
        while self.conn.wants_write() {
            // Appending to memory cannot fail; the check only keeps the loop finite whatever rustls does.
            if !self.conn.write_tls(&mut Append(wire)).is_ok_and(|written| written > 0) {
                break;
            }
        }
    }

    pub(super) fn close(&mut self) {
        self.conn.send_close_notify();
    }
}

/// rustls writes `TLS13_` where IANA writes `TLS_`.
fn iana_name(name: &'static str) -> &'static str {
    match name {
        "TLS13_AES_128_GCM_SHA256" => "TLS_AES_128_GCM_SHA256",
        "TLS13_AES_256_GCM_SHA384" => "TLS_AES_256_GCM_SHA384",
        "TLS13_CHACHA20_POLY1305_SHA256" => "TLS_CHACHA20_POLY1305_SHA256",
        other => other,
    }
}

/// `HandshakeFailure` → `handshake_failure`, as RFC 8446 §6 spells it.
pub(super) fn alert_name(alert: AlertDescription) -> String {
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
