//! Sans-IO byte layers: TLS and DEFLATE, swapped at a byte boundary; knows no IMAP.
//!
//! A [`Stack`] stands between a socket and the session. It owns no socket, thread or timer: the caller moves bytes between the
//! wire and two buffers of its own, so a tokio driver and a `poll(2)` driver share STARTTLS, COMPRESS and shutdown.
//!
//! ```text
//!   socket ─▶ wire ─▶ [ TLS ] ─▶ [ inflate ] ─▶ plain ─▶ session        Stack::receive
//!   socket ◀─ wire ◀─ [ TLS ] ◀─ [ deflate ] ◀─ plain ◀─ session        Stack::send, pending_transmit, close
//! ```
//!
//! Order for a driver: after every `receive`, also on error, write out `pending_transmit` (handshake flights, alerts, key
//! updates). Ask `is_handshaking` before `send`. At the end of the socket's input ask `handle_eof`.
//!
//! RFC 8446, RFC 5246 (TLS); RFC 9525, RFC 7817 (identity); RFC 9266, RFC 5929 (channel binding); RFC 4978 (COMPRESS).
//!
//! Invariants: plaintext is appended only up to the caller's bound; an error poisons the stack for good; a layer starts only
//! with no unread byte behind it; certificate facts are computed also where a pin or a trusted site let the peer pass.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]
#![warn(clippy::std_instead_of_core, clippy::alloc_instead_of_core)]

#[cfg(not(feature = "tls-ring"))]
compile_error!("imapkit-transport needs a crypto provider: enable the feature `tls-ring`");

mod certificate;
mod config;
mod deflate;
mod error;
mod facts;
mod identity;
mod protocol;
mod server_id;
mod stack;
mod suite;
#[cfg(test)]
mod testing;
mod tls;
mod trust;
mod weakness;

pub use certificate::{Certificate, Digest};
pub use config::{Roots, TlsConfig, TlsConfigBuilder};
pub use deflate::DeflateConfig;
pub use error::{CertificateError, CertificateProblem, CertificateStatus, Error, ErrorKind};
pub use facts::{Facts, TlsVersion};
pub use protocol::Protocol;
pub use server_id::ServerId;
pub use stack::{Received, Stack};
pub use weakness::Weakness;
