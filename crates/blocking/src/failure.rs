//! What goes wrong below the session, in the words of the one error type.
//!
//! Separate so that every layer's errors get their kind in one place: who is to blame and whether to try again follows from it. No RFC.

use std::fmt;
use std::io;

use imapkit_dial::Host;
use imapkit_session::{Error, ErrorKind};
use imapkit_transport as transport;

/// The network failed while `doing`.
pub(crate) fn io(doing: &str, error: io::Error) -> Error {
    Error::with_source(ErrorKind::Io, format!("{doing}: {error}"), error)
}

/// Why a host's name did not lead to an address. The source of such errors, for programs that tell them from others of the network.
#[derive(Debug)]
pub struct ResolveError {
    host: String,
    error: Option<io::Error>,
}

impl ResolveError {
    /// The resolver's error; `None` when the name exists and has no address.
    pub fn io(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => write!(f, "resolving {}: {error}", self.host),
            None => write!(f, "resolving {}: the name has no address", self.host),
        }
    }
}

impl std::error::Error for ResolveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let error: &(dyn std::error::Error + 'static) = self.error.as_ref()?;
        Some(error)
    }
}

/// A name was not resolved.
pub(crate) fn resolve(host: &Host, error: Option<io::Error>) -> Error {
    let failed = ResolveError { host: host.to_string(), error };
    Error::with_source(ErrorKind::Io, failed.to_string(), failed)
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

/// An error as readers and writers of bytes tell it; ours is its source.
pub(crate) fn as_io(error: Error) -> io::Error {
    let kind = match error.kind() {
        ErrorKind::Timeout => io::ErrorKind::TimedOut,
        ErrorKind::Closed | ErrorKind::Bye => io::ErrorKind::UnexpectedEof,
        ErrorKind::Misuse => io::ErrorKind::InvalidInput,
        ErrorKind::Protocol => io::ErrorKind::InvalidData,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}
