//! The one error type of the library: what happened, whose fault it is, whether the connection lives, whether to retry.
//!
//! It is eight bytes and shared: a connection that dies fails every waiting command with the same error. Its text is one lower-case
//! line without a secret; the command line adds what to do. RFC 5530 and protocol.md 1.5 classify the response codes.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;

use imapkit_types::{Code, CodeClass, Invalid, Tag};
use imapkit_wire::{StatusKind, StatusLine};

use crate::refusal::TokenRefusal;

/// Why something did not work.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    /// Of the command that failed, when its answer was lost.
    tag: Option<Tag>,
    /// The command that failed, `UID FETCH` for instance.
    command: Option<&'static str>,
    text: Box<str>,
    reply: Option<Reply>,
    /// Why the server refused an access token, if it is that and the server said so.
    refusal: Option<TokenRefusal>,
    source: Option<Arc<dyn core::error::Error + Send + Sync>>,
}

/// What the server answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// NO, BAD or BYE.
    pub status: StatusKind,
    /// The response code, typed.
    pub code: Option<Code>,
    /// The server's text, control characters removed.
    pub text: Box<str>,
}

/// What sort of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The network failed: resolve, connect, read, write.
    Io,
    /// TLS failed, or the certificate was refused.
    Tls,
    /// A deadline passed; the text names the phase.
    Timeout,
    /// The connection ended in the middle of something.
    Closed,
    /// The server answered NO.
    No,
    /// The server answered BAD.
    Bad,
    /// The server said BYE.
    Bye,
    /// The server did not accept who we are, or offers no way to say it.
    Auth,
    /// The server acted unsafely before TLS; no credential was sent.
    Unsafe,
    /// The server broke the grammar or the rules.
    Protocol,
    /// The server does not offer what is needed.
    Unsupported,
    /// Something was larger than a limit; the text names it.
    Limit,
    /// The reader of a stream stopped reading for too long.
    Stalled,
    /// The mailbox is not selected any more, or its UIDs have changed.
    Stale,
    /// The caller's mistake, found before a byte was sent.
    Misuse,
    /// The caller gave up.
    Cancelled,
    /// It is not known whether the server did it: the answer was lost.
    Unknown,
    /// A mistake in this library.
    Bug,
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The program that called.
    Caller,
    /// The server.
    Server,
    /// The way between.
    Network,
    /// This library.
    Us,
}

impl Error {
    /// An error of some kind with its text: one lower-case line, no trailing dot, no secret.
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self::build(kind, None, text.into(), None, None)
    }

    /// An error that another one explains.
    pub fn with_source(
        kind: ErrorKind,
        text: impl Into<String>,
        source: impl core::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::build(kind, None, text.into(), None, Some(Arc::new(source)))
    }

    /// The server's refusal of a command.
    pub(crate) fn refused(command: &'static str, status: &StatusLine) -> Self {
        let reply = Reply::from(status);
        let kind = match (status.kind, reply.code.as_ref().map(Code::class)) {
            (StatusKind::Bye, _) => ErrorKind::Bye,
            (_, Some(CodeClass::Credentials)) => ErrorKind::Auth,
            (StatusKind::No, _) => ErrorKind::No,
            _ => ErrorKind::Bad,
        };
        let text = if reply.text.is_empty() { String::from("no reason given") } else { reply.text.to_string() };
        Self::build(kind, Some(command), text, Some(reply), None)
    }

    /// A refusal of who logs in that the server tells within the mechanism, as `e=invalid-proof` in SCRAM (RFC 5802 §7), ahead of its answer.
    pub fn refused_within(text: &str) -> Self {
        let text = bytes::Bytes::copy_from_slice(text.as_bytes());
        let status = StatusLine { kind: StatusKind::No, code: Some(Code::AuthenticationFailed), text };
        Self::refused("AUTHENTICATE", &status)
    }

    fn build(
        kind: ErrorKind,
        command: Option<&'static str>,
        text: String,
        reply: Option<Reply>,
        source: Option<Arc<dyn core::error::Error + Send + Sync>>,
    ) -> Self {
        Self(Arc::new(Inner { kind, tag: None, command, text: text.into_boxed_str(), reply, refusal: None, source }))
    }

    /// The same error, with a change.
    fn changed(&self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Inner::clone(&self.0);
        change(&mut inner);
        Self(Arc::new(inner))
    }

    /// The same error, of another kind.
    #[must_use]
    pub fn with_kind(&self, kind: ErrorKind) -> Self {
        self.changed(|inner| inner.kind = kind)
    }

    /// The same refusal with a code that says more than its own, if that is none or `[ALERT]`.
    #[must_use]
    pub(crate) fn behind(&self, code: &Code) -> Self {
        self.changed(|inner| match &mut inner.reply {
            Some(reply) if matches!(reply.code, None | Some(Code::Alert)) => reply.code = Some(code.clone()),
            _ => {}
        })
    }

    /// The same error, said of `command`.
    #[must_use]
    pub fn in_command(&self, command: &'static str) -> Self {
        self.changed(|inner| inner.command = Some(command))
    }

    /// The same error, said of the command with this tag.
    #[must_use]
    pub(crate) fn tagged(&self, tag: Tag) -> Self {
        self.changed(|inner| inner.tag = Some(tag))
    }

    /// The same error with what the server told about the token before.
    #[must_use]
    pub(crate) fn refused_token(&self, refusal: &TokenRefusal) -> Self {
        self.changed(|inner| {
            inner.text = alloc::format!("{} ({refusal})", inner.text).into_boxed_str();
            inner.refusal = Some(refusal.clone());
        })
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The command that failed.
    pub fn command(&self) -> Option<&'static str> {
        self.0.command
    }

    /// The tag of the command whose answer was lost (`Unknown`): server logs know it by that.
    pub fn tag(&self) -> Option<&Tag> {
        self.0.tag.as_ref()
    }

    /// What the server answered, if it is the server that refused.
    pub fn reply(&self) -> Option<&Reply> {
        self.0.reply.as_ref()
    }

    /// The response code of the server's answer: data, not text.
    pub fn code(&self) -> Option<&Code> {
        self.0.reply.as_ref()?.code.as_ref()
    }

    /// The server's own words, safe to show.
    pub fn server_text(&self) -> Option<&str> {
        self.0.reply.as_ref().map(|reply| &*reply.text)
    }

    /// Why the server refused the access token, if that is what happened and the server explained it (RFC 7628 §3.2.2).
    pub fn token_refusal(&self) -> Option<&TokenRefusal> {
        self.0.refusal.as_ref()
    }

    /// Whose fault it is.
    pub fn blame(&self) -> Blame {
        match self.0.kind {
            // A login that the server puts off says nothing about who logs in.
            ErrorKind::Auth if self.is_retryable() => Blame::Server,
            ErrorKind::Io | ErrorKind::Timeout | ErrorKind::Closed | ErrorKind::Unknown => Blame::Network,
            ErrorKind::Tls
            | ErrorKind::No
            | ErrorKind::Bad
            | ErrorKind::Bye
            | ErrorKind::Unsafe
            | ErrorKind::Protocol
            | ErrorKind::Unsupported => Blame::Server,
            ErrorKind::Auth
            | ErrorKind::Limit
            | ErrorKind::Stalled
            | ErrorKind::Stale
            | ErrorKind::Misuse
            | ErrorKind::Cancelled => Blame::Caller,
            ErrorKind::Bug => Blame::Us,
        }
    }

    /// True when the connection can still be used after this error.
    pub fn connection_alive(&self) -> bool {
        match self.0.kind {
            ErrorKind::No
            | ErrorKind::Bad
            | ErrorKind::Unsupported
            | ErrorKind::Stalled
            | ErrorKind::Stale
            | ErrorKind::Misuse
            | ErrorKind::Limit => true,
            ErrorKind::Auth => self.0.reply.is_some(),
            _ => false,
        }
    }

    /// True when trying the same again later may work: network trouble, and answers the server itself calls temporary.
    pub fn is_retryable(&self) -> bool {
        match self.code().map(Code::class) {
            Some(CodeClass::RetryLater) => true,
            Some(_) => false,
            None => matches!(self.0.kind, ErrorKind::Io | ErrorKind::Timeout | ErrorKind::Closed | ErrorKind::Bye),
        }
    }
}

impl From<&StatusLine> for Reply {
    fn from(status: &StatusLine) -> Self {
        Self { status: status.kind, code: status.code.clone(), text: printable(&status.text).into_boxed_str() }
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::with_source(ErrorKind::Misuse, invalid.to_string(), invalid)
    }
}

/// So that a [`imapkit_types::Mailbox`] may stand where anything that becomes one may stand.
impl From<core::convert::Infallible> for Error {
    fn from(never: core::convert::Infallible) -> Self {
        match never {}
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        match (&inner.reply, inner.command) {
            (Some(reply), Some(command)) => {
                let word = match reply.status {
                    StatusKind::No => "refused",
                    StatusKind::Bye => "ended by the server",
                    _ => "not understood by the server",
                };
                write!(f, "{command} {word}: {}", inner.text)?;
                match &reply.code {
                    Some(code) => write!(f, " [{}]", code.name()),
                    None => Ok(()),
                }
            }
            (None, Some(command)) => write!(f, "{command}: {}", inner.text),
            (_, None) => f.write_str(&inner.text),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("text", &format_args!("{self}"))
            .field("code", &self.code())
            .finish_non_exhaustive()
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        let source: &(dyn core::error::Error + 'static) = self.0.source.as_deref()?;
        Some(source)
    }
}

/// The longest server text that is shown; T031.
const MAX_SHOWN: usize = 512;

/// Server text made safe to show: no control characters, nothing that is invisible or turns the direction of text, at most 512 characters
/// (T031, H35, H36).
pub fn printable(text: &[u8]) -> String {
    let tricky = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    String::from_utf8_lossy(text).chars().filter(|&c| !tricky(c)).take(MAX_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn no(code: Option<Code>, text: &'static str) -> StatusLine {
        StatusLine { kind: StatusKind::No, code, text: Bytes::from_static(text.as_bytes()) }
    }

    #[test]
    fn a_refusal_says_command_reason_and_code() {
        let error = Error::refused("APPEND", &no(Some(Code::OverQuota), "mailbox full"));
        assert_eq!(error.to_string(), "APPEND refused: mailbox full [OVERQUOTA]");
        assert_eq!((error.kind(), error.blame()), (ErrorKind::No, Blame::Server));
        assert!(error.connection_alive() && !error.is_retryable());
        assert!(Error::refused("NOOP", &no(Some(Code::Unavailable), "")).is_retryable());
        assert_eq!(Error::refused("LOGIN", &no(Some(Code::AuthenticationFailed), "")).kind(), ErrorKind::Auth);
    }

    #[test]
    fn t031_server_text_is_stripped_and_cut() {
        let shown = printable("\u{1b}[2Jhi\u{202e}\0 there".as_bytes());
        assert_eq!(shown, "[2Jhi there");
        let link = printable(b"\x1b]8;;http://evil.example.org\x1b\\click\x1b]8;;\x07");
        assert_eq!(link, "]8;;http://evil.example.org\\click]8;;", "no terminal takes this for a link");
        assert_eq!(printable("a\u{200b}b\u{2028}c\u{feff}d\u{e0041}e\u{61c}f".as_bytes()), "abcdef");
        assert_eq!(printable(&alloc::vec![b'x'; 60_000]).len(), MAX_SHOWN);
    }

    #[test]
    fn an_error_is_a_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
