//! When an access token is wanted, and why the one before was not enough.
//!
//! Access tokens live for an hour or so; programs that stay longer keep where tokens come from instead of a token. Both front ends ask it at
//! each connect, and once more when the server refuses what they got; whether a refusal is of that kind is decided here, once for both.
//! RFC 7628 §3.2.2, RFC 6750 §3.1, RFC 5530; protocol.md C47, T061, T066.

use imapkit_session::recovery::Cause;
use imapkit_session::types::Code;
use imapkit_session::wire::StatusKind;
use imapkit_session::{Error, TokenRefusal};

/// Why an access token is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenRequest {
    /// A connection is about to be opened: a token that has been kept will do, if it is not about to expire.
    First,
    /// The server refused the token it was given a moment ago, whatever its date says: that one must not be given again.
    Refused(TokenRefusal),
}

impl TokenRequest {
    /// The request that follows from a failed login, if the server refused the token itself. What it calls temporary, its own trouble, or a
    /// matter of the mailbox is no reason for another token, and neither is a connection that broke.
    pub fn after(error: &Error) -> Option<Self> {
        let refused = match error.reply() {
            Some(reply) if reply.status == StatusKind::No => match reply.code {
                // Then the text says it, as Exchange's "Server Unavailable. 15" does (T110).
                None => matches!(Cause::of(error), None | Some(Cause::Credentials | Cause::TokenExpired)),
                Some(Code::AuthenticationFailed | Code::AuthorizationFailed | Code::Expired) => true,
                Some(_) => false,
            },
            // Explained, but cut off before the NO.
            _ => error.token_refusal().is_some(),
        };
        refused.then(|| Self::Refused(error.token_refusal().cloned().unwrap_or_default()))
    }
}
