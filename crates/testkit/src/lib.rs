//! Tools for testing IMAP code by its bytes.
//!
//! This crate knows nothing of the crates it helps to test: it serves bytes, compares bytes and cuts bytes. That keeps it
//! an outside referee. A test that uses it says what stands on the wire, so a bug shared by our encoder and our decoder
//! cannot hide.
//!
//! * [`script`]: conversations written down as text (`corpus/transcripts`), and the [`script::Player`] that plays one
//!   without a socket. [`peer`] plays it over TCP, TLS, STARTTLS and DEFLATE, or runs a conversation written in Rust.
//! * [`corpus`]: the collected responses of real servers (`corpus/responses`); [`golden`] compares what we made of them.
//! * [`chop`]: every way that matters to cut bytes in pieces. A decoder must not see the difference.
//! * [`certs`]: certificate authorities and good, expired, misnamed and self-signed certificates.
//! * [`relay`] and [`distance`]: ways to a server that break, and ways that take time.
//! * [`clock`], [`canary`], [`live`], [`jwt`]: virtual time, the search for leaked secrets, real servers to talk to, and tokens for them.
//!
//! Test code may panic, so some helpers here do; each one says so.

#![forbid(unsafe_code)]

pub mod canary;
pub mod certs;
pub mod chop;
pub mod clock;
pub mod corpus;
pub mod distance;
#[cfg(unix)]
pub mod dovecot;
pub mod escape;
pub mod golden;
pub mod jwt;
pub mod live;
pub mod peer;
pub mod relay;
pub mod script;
