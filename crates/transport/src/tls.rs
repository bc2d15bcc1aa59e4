//! The TLS layer: one connection as a client, without I/O, by either of two libraries.
//!
//! Separate from them (`tls/modern.rs`, `tls/legacy.rs`) because what can be got wrong around a handshake is the same for both and
//! so exists once: who answers in clear text, when the handshake counts as done, what an end of the input means.
//!
//! ```text
//!   Sniffing ──first byte is a TLS record──▶ Handshaking ──Finished──▶ Open ──close_notify──▶ Closed
//!       └── it is not ──▶ error "answered in clear text" (T026, T039)
//! ```

#[cfg(feature = "legacy-tls")]
mod legacy;
mod modern;

use std::sync::Arc;

use bytes::{Buf, BytesMut};

use crate::config::{Backend, TlsConfig};
use crate::error::Error;
use crate::facts::{Agreed, Facts, TlsVersion};
use crate::protocol::{Protocol, SNIFF_LEN, is_record_type};
use crate::server_id::ServerId;
use crate::trust::Verifier;

#[cfg(feature = "legacy-tls")]
pub(crate) use legacy::{Context, load_providers};

/// One TLS connection as a client.
#[derive(Debug)]
pub(crate) struct Tls {
    engine: Engine,
    verifier: Arc<Verifier>,
    host: String,
    facts: Option<Box<Facts>>,
    /// The first bytes of a peer that does not speak TLS, until they tell what it is; `None` once TLS was seen.
    sniffed: Option<Vec<u8>>,
    closed: bool,
}

/// The library that does it.
#[derive(Debug)]
enum Engine {
    Modern(Box<modern::Modern>),
    #[cfg(feature = "legacy-tls")]
    Legacy(Box<legacy::Legacy>),
}

/// The same expression for whichever library it is.
macro_rules! either {
    ($engine:expr, $name:ident => $body:expr) => {
        match $engine {
            Engine::Modern($name) => $body,
            #[cfg(feature = "legacy-tls")]
            Engine::Legacy($name) => $body,
        }
    };
}

/// How much of the decrypted bytes a sink took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drained {
    /// All there were.
    All,
    /// Not all.
    Part,
    /// All, and the peer has sent `close_notify` behind them.
    Closed,
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
        let verifier = Arc::new(config.verifier(server));
        let engine = match config.backend() {
            Backend::Modern(base) => {
                Engine::Modern(Box::new(modern::Modern::new(base, Arc::clone(&verifier), server)?))
            }
            #[cfg(feature = "legacy-tls")]
            Backend::Legacy(context) => {
                Engine::Legacy(Box::new(legacy::Legacy::new(context, Arc::clone(&verifier), server)?))
            }
        };
        let host = server.to_string();
        Ok(Self { engine, verifier, host, facts: None, sniffed: Some(Vec::new()), closed: false })
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        either!(&self.engine, engine => engine.is_handshaking())
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
        if self.facts.as_ref()?.version < TlsVersion::V1_3 {
            return None;
        }
        either!(&self.engine, engine => engine.export())
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
            match either!(&mut self.engine, engine => engine.drain(&mut sink))? {
                Drained::All => {}
                Drained::Part => {
                    progress.more = true;
                    break;
                }
                Drained::Closed => self.closed = true,
            }
            if self.closed {
                // Nothing that follows close_notify is data (RFC 8446 §6.1).
                wire.clear();
                break;
            }
            if wire.is_empty() {
                break;
            }
            either!(&mut self.engine, engine => engine.feed(wire))?;
            if self.facts.is_none() && !self.is_handshaking() {
                self.facts = Some(Box::new(self.finish()?));
                progress.handshake_finished = true;
                progress.more = true;
                break;
            }
        }
        Ok(progress)
    }

    /// What the handshake came to. Without a verdict that lets the certificate pass there is no connection, whatever the library
    /// thinks.
    fn finish(&self) -> Result<Facts, Error> {
        let agreed: Option<Agreed> = either!(&self.engine, engine => engine.agreed());
        let accepted = self.verifier.verdict().filter(|verdict| verdict.accepted);
        let facts = agreed.zip(accepted).and_then(|(agreed, verdict)| Facts::new(agreed, self.host.clone(), verdict));
        facts.ok_or_else(|| Error::Tls(String::from("the server showed no certificate")))
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
            let used = either!(&mut self.engine, engine => engine.write(plain))?;
            plain.advance(used.min(plain.len()));
            self.pending_transmit(wire);
            if used == 0 {
                return Err(Error::Misuse("the TLS connection was closed for sending"));
            }
        }
        Ok(())
    }

    pub(crate) fn pending_transmit(&mut self, wire: &mut BytesMut) {
        either!(&mut self.engine, engine => engine.pending_transmit(wire));
    }

    pub(crate) fn close(&mut self, wire: &mut BytesMut) {
        either!(&mut self.engine, engine => engine.close());
        self.pending_transmit(wire);
    }

    /// Is the end of the socket's input an end of the data?
    pub(crate) fn handle_eof(&self) -> Result<(), Error> {
        match &self.sniffed {
            Some(seen) if !seen.is_empty() => Err(Error::PlainTextPeer(Protocol::of(seen))),
            _ if self.closed => Ok(()),
            _ => Err(Error::Truncated { handshake: self.is_handshaking() }),
        }
    }
}
