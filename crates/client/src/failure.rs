//! What goes wrong below the session, in the words of the one error type.
//!
//! Separate so that every layer's errors get their kind in one place: who is to blame and whether to try again follows from it. No RFC;
//! architecture.md §7.

use std::io;

use imapkit_session::{Error, ErrorKind};
use imapkit_transport as transport;

/// The network failed while `doing`.
pub(crate) fn io(doing: &str, error: io::Error) -> Error {
    Error::with_source(ErrorKind::Io, format!("{doing}: {error}"), error)
}

/// A byte layer failed.
pub(crate) fn transport(error: transport::Error) -> Error {
    let kind = match error.kind() {
        // A peer that just goes away: the network's fault until shown otherwise.
        transport::ErrorKind::Truncated => ErrorKind::Closed,
        transport::ErrorKind::BytesBehind => ErrorKind::Unsafe,
        transport::ErrorKind::Inflate | transport::ErrorKind::InflateRatio => ErrorKind::Protocol,
        transport::ErrorKind::Config | transport::ErrorKind::Password | transport::ErrorKind::NotSupported => {
            ErrorKind::Misuse
        }
        transport::ErrorKind::Misuse => ErrorKind::Bug,
        _ => ErrorKind::Tls,
    };
    Error::with_source(kind, error.to_string(), error)
}

/// The caller's mistake, told by an error of another crate.
pub(crate) fn misuse(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::with_source(ErrorKind::Misuse, error.to_string(), error)
}
