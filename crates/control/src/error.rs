//! The error of a failed call: a number for programs, a text for people, and the error of the library it was made from.
//!
//! Separate from the numbers because here is decided which one it is, from the kind of an error, the server's response code and what lies
//! beneath: the socket's error, the TLS alert, the certificate. RFC 5530 (response codes).
//!
//! Invariant: no text holds a secret; a text says what happened, and what to do where that is known.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use imapkit_blocking::dial::{ProxyError, RaceError};
use imapkit_blocking::recovery::Cause;
use imapkit_blocking::transport::{self, CertificateError};
use imapkit_blocking::types::Code;
use imapkit_blocking::{Error, ErrorKind, ResolveError};

use crate::code::ErrorCode;

/// Why a call failed.
#[derive(Clone, Debug)]
pub struct ControlError {
    code: ErrorCode,
    text: String,
    cause: Option<Error>,
}

impl ControlError {
    /// An error of the control's own.
    pub(crate) fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), cause: None }
    }

    /// The caller's mistake.
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArgument, text)
    }

    /// A file could not be read or written.
    pub(crate) fn file(path: &std::path::Path, doing: &str, error: &io::Error) -> Self {
        Self::new(ErrorCode::FileError, format!("{doing} {}: {error}", path.display()))
    }

    /// The number.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The number as other languages see it, the same bits as [`ErrorCode::value`].
    pub fn value(&self) -> u32 {
        self.code.value()
    }

    /// What happened: one lower-case line without a secret.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The error of the library, for those who want to know whose fault it is or whether to try again.
    pub fn cause(&self) -> Option<&Error> {
        self.cause.as_ref()
    }

    /// Whether time or somebody has ended the call; also where that left a change undecided.
    pub(crate) fn ended_by(&self) -> Option<ErrorKind> {
        match self.code {
            ErrorCode::Cancelled => Some(ErrorKind::Cancelled),
            ErrorCode::TimedOut => Some(ErrorKind::Timeout),
            ErrorCode::OutcomeUnknown => self.cause.as_ref().and_then(beneath::<Error>).map(Error::kind),
            _ => None,
        }
    }

    /// The server has ended the connection, or the way to it.
    pub(crate) fn is_loss(&self) -> bool {
        let kind = self.cause.as_ref().map(Error::kind);
        matches!(kind, Some(ErrorKind::Io | ErrorKind::Closed | ErrorKind::Bye))
    }

    /// The same error with another number.
    #[must_use]
    pub(crate) fn with_code(mut self, code: ErrorCode) -> Self {
        self.code = code;
        self
    }

    /// What is wrong with the server's certificate, if that is the error.
    pub(crate) fn certificate(&self) -> Option<&CertificateError> {
        self.cause.as_ref().and_then(beneath::<transport::Error>)?.certificate()
    }
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for ControlError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_ref()?.source()
    }
}

impl From<Error> for ControlError {
    fn from(error: Error) -> Self {
        Self { code: code_of(&error), text: text_of(&error), cause: Some(error) }
    }
}

impl From<imapkit_blocking::types::Invalid> for ControlError {
    fn from(invalid: imapkit_blocking::types::Invalid) -> Self {
        Self::from(Error::from(invalid))
    }
}

/// The content of a message is read as bytes; the library's error is inside.
impl From<io::Error> for ControlError {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(inner) => Self::from(inner.clone()),
            None => Self::new(socket_code(&error), error.to_string()),
        }
    }
}

impl ErrorCode {
    /// The kind of error of the library that becomes this number, or would.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::Cancelled => ErrorKind::Cancelled,
            Self::TimedOut => ErrorKind::Timeout,
            Self::AccessDenied
            | Self::TooManyFiles
            | Self::AddressNotAvailable
            | Self::NetworkDown
            | Self::NetworkUnreachable
            | Self::ConnectionAborted
            | Self::ConnectionRefused
            | Self::HostUnreachable
            | Self::HostUnknown
            | Self::ResolverFailed
            | Self::HostWithoutAddress
            | Self::FileError
            | Self::ProxyFailed => ErrorKind::Io,
            Self::ConnectionReset | Self::NotConnected => ErrorKind::Closed,
            Self::TlsFailed | Self::CertificateRejected => ErrorKind::Tls,
            Self::SecureConnectionRequired | Self::MechanismUnavailable | Self::LoginRejected | Self::TokenRejected => {
                ErrorKind::Auth
            }
            Self::StartTlsUnavailable | Self::UnsafeServer => ErrorKind::Unsafe,
            Self::CommandFailed
            | Self::MailboxNotFound
            | Self::MailboxExists
            | Self::QuotaExceeded
            | Self::Throttled
            | Self::CharsetRejected
            | Self::PermissionDenied => ErrorKind::No,
            Self::CommandRefused | Self::SearchRejected => ErrorKind::Bad,
            Self::UnexpectedReply => ErrorKind::Protocol,
            Self::ServerClosed => ErrorKind::Bye,
            Self::LimitExceeded | Self::OutOfMemory => ErrorKind::Limit,
            Self::NotSupportedByServer | Self::NotSupportedInBuild => ErrorKind::Unsupported,
            Self::OutcomeUnknown => ErrorKind::Unknown,
            Self::MailboxChanged => ErrorKind::Stale,
            Self::InternalError => ErrorKind::Bug,
            Self::InvalidArgument
            | Self::InProgress
            | Self::AlreadyConnected
            | Self::AlreadyAuthenticated
            | Self::NotAuthenticated
            | Self::NoMailboxSelected
            | Self::MailboxReadOnly
            | Self::MessageNotFound
            | Self::PartNotFound
            | Self::MessageNotOpen => ErrorKind::Misuse,
        }
    }
}

/// Which number an error of the library is.
pub(crate) fn code_of(error: &Error) -> ErrorCode {
    match error.kind() {
        ErrorKind::Io => network_code(error),
        ErrorKind::Tls => match beneath::<transport::Error>(error) {
            Some(cause) if cause.certificate().is_some() => ErrorCode::CertificateRejected,
            _ => ErrorCode::TlsFailed,
        },
        ErrorKind::Timeout => ErrorCode::TimedOut,
        ErrorKind::Closed => ErrorCode::ConnectionReset,
        ErrorKind::No => reply_code(error, ErrorCode::CommandFailed),
        ErrorKind::Bad => reply_code(error, ErrorCode::CommandRefused),
        ErrorKind::Bye => ErrorCode::ServerClosed,
        // A login that the server puts off says nothing about the password.
        ErrorKind::Auth if Cause::of(error).is_some_and(Cause::is_temporary) => ErrorCode::Throttled,
        ErrorKind::Auth if error.reply().is_some() => reply_code(error, ErrorCode::LoginRejected),
        ErrorKind::Auth => ErrorCode::MechanismUnavailable,
        ErrorKind::Unsafe if beneath::<Error>(error).is_some() => ErrorCode::StartTlsUnavailable,
        ErrorKind::Unsafe => ErrorCode::UnsafeServer,
        ErrorKind::Unsupported => ErrorCode::NotSupportedByServer,
        ErrorKind::Limit | ErrorKind::Stalled => ErrorCode::LimitExceeded,
        ErrorKind::Stale => ErrorCode::MailboxChanged,
        ErrorKind::Misuse => ErrorCode::InvalidArgument,
        ErrorKind::Cancelled => ErrorCode::Cancelled,
        ErrorKind::Unknown => ErrorCode::OutcomeUnknown,
        ErrorKind::Bug => ErrorCode::InternalError,
        // Protocol, and kinds that are not known yet.
        _ => ErrorCode::UnexpectedReply,
    }
}

/// What the server's response code makes of a refusal.
fn reply_code(error: &Error, otherwise: ErrorCode) -> ErrorCode {
    match error.code() {
        Some(Code::Nonexistent | Code::TryCreate) => ErrorCode::MailboxNotFound,
        Some(Code::AlreadyExists) => ErrorCode::MailboxExists,
        Some(Code::OverQuota) => ErrorCode::QuotaExceeded,
        Some(Code::Throttled | Code::Unavailable | Code::InUse) => ErrorCode::Throttled,
        Some(Code::Limit | Code::TooBig | Code::MessageLimit { .. }) => ErrorCode::LimitExceeded,
        Some(Code::BadCharset(_)) => ErrorCode::CharsetRejected,
        Some(Code::ReadOnly) => ErrorCode::MailboxReadOnly,
        Some(Code::NoPerm) => ErrorCode::PermissionDenied,
        Some(Code::Cannot | Code::UnknownCte) => ErrorCode::NotSupportedByServer,
        Some(Code::PrivacyRequired) => ErrorCode::SecureConnectionRequired,
        _ => otherwise,
    }
}

fn network_code(error: &Error) -> ErrorCode {
    if let Some(resolve) = beneath::<ResolveError>(error) {
        return resolve_code(resolve.io());
    }
    if beneath::<ProxyError>(error).is_some() {
        return ErrorCode::ProxyFailed;
    }
    if let Some(race) = beneath::<RaceError<io::Error>>(error) {
        return race.connect.last().map_or(ErrorCode::HostWithoutAddress, |(_, error)| socket_code(error));
    }
    beneath::<io::Error>(error).map_or(ErrorCode::ConnectionReset, socket_code)
}

/// The resolver tells what happened in words only; those of the usual systems are known.
fn resolve_code(error: Option<&io::Error>) -> ErrorCode {
    let Some(error) = error else { return ErrorCode::HostWithoutAddress };
    let words = error.to_string().to_ascii_lowercase();
    if words.contains("temporary failure") || words.contains("try again") {
        return ErrorCode::ResolverFailed;
    }
    if words.contains("no address associated") { ErrorCode::HostWithoutAddress } else { ErrorCode::HostUnknown }
}

/// The Winsock number of what a socket said.
fn socket_code(error: &io::Error) -> ErrorCode {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ErrorCode::ConnectionRefused,
        io::ErrorKind::TimedOut => ErrorCode::TimedOut,
        io::ErrorKind::HostUnreachable => ErrorCode::HostUnreachable,
        io::ErrorKind::NetworkUnreachable => ErrorCode::NetworkUnreachable,
        io::ErrorKind::NetworkDown => ErrorCode::NetworkDown,
        io::ErrorKind::AddrNotAvailable => ErrorCode::AddressNotAvailable,
        io::ErrorKind::ConnectionAborted => ErrorCode::ConnectionAborted,
        io::ErrorKind::PermissionDenied => ErrorCode::AccessDenied,
        io::ErrorKind::OutOfMemory => ErrorCode::OutOfMemory,
        io::ErrorKind::NotFound => ErrorCode::FileError,
        _ if error.raw_os_error() == Some(EMFILE) => ErrorCode::TooManyFiles,
        _ => ErrorCode::ConnectionReset,
    }
}

/// "Too many open files", on all systems that have the number.
const EMFILE: i32 = 24;

/// The error of that type in the chain of causes.
fn beneath<E: StdError + 'static>(error: &Error) -> Option<&E> {
    let mut cause = StdError::source(error);
    while let Some(inner) = cause {
        if let Some(found) = inner.downcast_ref() {
            return Some(found);
        }
        cause = inner.source();
    }
    None
}

/// The library's words, and what to do where that is known.
fn text_of(error: &Error) -> String {
    let hint = match (error.kind(), error.code()) {
        (_, Some(Code::WebAlert(_))) => "; log in once with a browser",
        (ErrorKind::No, Some(Code::TryCreate)) => "; create the mailbox first",
        (ErrorKind::Unknown, _) => "; look before doing it again",
        _ => "",
    };
    format!("{error}{hint}")
}

#[cfg(test)]
mod tests;
