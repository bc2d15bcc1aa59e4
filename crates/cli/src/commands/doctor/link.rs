//! The way to the server: addresses, TLS and certificates, what port 143 does. The first part of a report.
//!
//! Separate from [`super::look`], which talks IMAP: here are the values of the report, and what fills them from names, sockets and the
//! facts of a handshake. RFC 8305 (addresses), RFC 5280, RFC 7469 §2.4 (what a pin is made of).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use imapkit::transport::{self, Digest, Facts};
use serde::{Deserialize, Serialize};
use tokio::net::{TcpStream, lookup_host};

use super::report::ms;
use crate::errors::{Outcome, Problem, plain};
use crate::exit::Exit;
use crate::output::json::base64;
use crate::output::text::{clean, duration};

/// Which addresses the name has.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Dns {
    pub(super) addresses: Vec<String>,
    pub(super) ms: f64,
}

/// An address, tried.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Attempt {
    pub(super) address: String,
    pub(super) ms: f64,
    pub(super) error: Option<String>,
}

/// What TLS agreed on, and with whom.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Tls {
    /// Absent where there was no handshake to see.
    pub(super) agreed: Option<Agreed>,
    /// Accepted for its pinned key.
    pub(super) pinned: bool,
    /// The certificate was refused; what follows was seen on a connection that accepted any and said nothing of the account.
    pub(super) refused: bool,
    /// What is wrong with the certificate, also where it was accepted.
    pub(super) problem: Option<String>,
    /// What is old in it and was let pass.
    pub(super) weaknesses: Vec<String>,
    /// The server's own.
    pub(super) certificate: Option<Certificate>,
    /// All that the server sent, its own first.
    pub(super) chain: Vec<Certificate>,
}

/// What both sides use.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Agreed {
    pub(super) version: String,
    pub(super) cipher_suite: String,
    pub(super) cipher_bits: u16,
    pub(super) key_exchange: String,
    /// How many certificates the server sent.
    pub(super) chain_length: usize,
}

/// A certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Certificate {
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) names: Vec<String>,
    /// RFC 3339.
    pub(super) not_before: String,
    pub(super) not_after: String,
    /// The same, in seconds since 1970.
    pub(super) ends: i64,
    /// Whole days until then, less than 0 afterwards.
    pub(super) days_left: i64,
    pub(super) key: String,
    pub(super) key_bits: Option<u32>,
    pub(super) signature: String,
    pub(super) fingerprint_sha256: String,
    /// What `--pin` takes.
    pub(super) key_sha256: String,
    /// The same as other programs write it: base64.
    pub(super) key_sha256_base64: String,
}

/// What the port for STARTTLS does, seen on a connection of its own.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct StartTls {
    pub(super) port: u16,
    /// Something listens there.
    pub(super) open: bool,
    /// TLS came about.
    pub(super) works: bool,
    /// Why not.
    pub(super) error: Option<String>,
    pub(super) before_tls: Option<Vec<String>>,
    pub(super) after_tls: Option<Vec<String>>,
    /// It has the same certificate as the port that was visited.
    pub(super) same_certificate: Option<bool>,
}

const DAY: i64 = 86_400;

/// Resolves a name.
pub(super) async fn resolve(host: &str, port: u16, patience: Duration) -> Outcome<(Dns, Vec<SocketAddr>)> {
    let start = Instant::now();
    let wrong = |why: &str| {
        Problem::new(Exit::Network, "no-host", format!("the name {host} does not resolve: {why}"))
            .next("check the name, and this machine's network")
    };
    let found = tokio::time::timeout(patience, lookup_host((host, port))).await;
    let found = found.map_err(|_| wrong(&format!("no answer within {}", duration(patience))))?;
    let mut addresses: Vec<_> = found.map_err(|error| wrong(&plain(&error)))?.collect();
    addresses.dedup();
    let shown = addresses.iter().map(|address| address.ip().to_string()).collect();
    Ok((Dns { addresses: shown, ms: ms(start.elapsed()) }, addresses))
}

/// Knocks at every address, all at once.
pub(super) async fn knock(addresses: &[SocketAddr], patience: Duration) -> Vec<Attempt> {
    let attempts = addresses.iter().map(|&address| async move {
        let start = Instant::now();
        let error = match tokio::time::timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(plain(&error)),
            Err(_) => Some(format!("no answer within {}", duration(patience))),
        };
        Attempt { address: address.to_string(), ms: ms(start.elapsed()), error }
    });
    join_all(attempts).await
}

/// What a handshake agreed on.
pub(super) fn tls(facts: &Facts, now: i64) -> Tls {
    let read = |der: &Vec<u8>| transport::Certificate::read(der).map(|read| certificate(&read, now));
    Tls {
        agreed: Some(Agreed {
            version: facts.version.to_string(),
            cipher_suite: facts.suite.to_owned(),
            cipher_bits: facts.cipher_bits,
            key_exchange: facts.key_exchange.to_owned(),
            chain_length: facts.chain.len(),
        }),
        pinned: facts.pinned,
        refused: false,
        problem: facts.problem.as_ref().map(ToString::to_string),
        weaknesses: facts.weaknesses.iter().map(ToString::to_string).collect(),
        certificate: facts.certificate.as_ref().map(|leaf| certificate(leaf, now)),
        chain: facts.chain.iter().filter_map(read).collect(),
    }
}

/// A certificate in the words of the report.
pub(super) fn certificate(read: &transport::Certificate, now: i64) -> Certificate {
    let ends = i64::try_from(read.not_after).unwrap_or(i64::MAX);
    Certificate {
        subject: clean(&read.subject),
        issuer: clean(&read.issuer),
        names: read.names.iter().map(|name| clean(name)).collect(),
        not_before: utc(read.not_before),
        not_after: utc(read.not_after),
        ends,
        days_left: ends.saturating_sub(now).div_euclid(DAY),
        key: clean(&read.key_kind),
        key_bits: read.key_bits,
        signature: clean(&read.signature),
        fingerprint_sha256: read.fingerprint.to_string(),
        key_sha256: read.key.to_string(),
        key_sha256_base64: pin(read.key),
    }
}

fn pin(key: Digest) -> String {
    base64(&key.0)
}

fn utc(seconds: u64) -> String {
    let date = i64::try_from(seconds).ok().and_then(|seconds| imapkit::types::DateTime::from_unix(seconds, 0));
    date.map_or_else(|| "a date beyond reckoning".to_owned(), imapkit::types::DateTime::to_rfc3339)
}
