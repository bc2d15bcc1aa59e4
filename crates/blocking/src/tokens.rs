//! The access token of one connect: got before it, got anew once if the server refuses it.
//!
//! Separate from connecting, which only has to know whether another login is worth it. RFC 7628 §3.2.3; protocol.md C47, T061, T066.
//!
//! Invariant: the source is asked twice at most, and no token is tried again once the server has refused it.

use imapkit_dial::Phase;
use imapkit_sasl::TokenRequest;
use imapkit_session::types::Secret;
use imapkit_session::wire::StatusKind;
use imapkit_session::{Error, ErrorKind};

use crate::attempt::Attempt;
use crate::config::{Config, TokenSource, Who};

pub(crate) struct Tokens<'a> {
    source: Option<&'a TokenSource>,
    token: Option<Secret>,
    renewed: bool,
}

impl<'a> Tokens<'a> {
    /// Asks for the first, if this configuration logs in with tokens.
    pub(crate) fn first(config: &'a Config, attempt: &mut Attempt) -> Result<Self, Error> {
        let source = match &config.login {
            Who::Tokens(source) => Some(source),
            _ => None,
        };
        let mut tokens = Self { source, token: None, renewed: false };
        if let Some(source) = source {
            tokens.token = Some(ask(source, TokenRequest::First, attempt)?);
        }
        Ok(tokens)
    }

    pub(crate) fn token(&self) -> Option<&Secret> {
        self.token.as_ref()
    }

    /// After a login that failed: true when there is a fresh token to try.
    ///
    /// # Errors
    /// What the source says when it has none.
    pub(crate) fn renew(&mut self, error: &Error, attempt: &mut Attempt) -> Result<bool, Error> {
        let Some(source) = self.source.filter(|_| !self.renewed) else { return Ok(false) };
        let Some(request) = TokenRequest::after(error) else { return Ok(false) };
        self.renewed = true;
        self.token = Some(ask(source, request, attempt)?);
        Ok(true)
    }

    /// The connection ended before the server said anything about the fresh token: some close after each refusal.
    pub(crate) fn is_untried(&self, error: &Error) -> bool {
        let ended = matches!(error.kind(), ErrorKind::Closed | ErrorKind::Io | ErrorKind::Bye);
        let answered = error.reply().is_some_and(|reply| reply.status != StatusKind::Bye);
        self.renewed && ended && !answered && error.token_refusal().is_none()
    }
}

/// It cannot be interrupted; that time is up, or the caller has given up, is noticed once it returns.
fn ask(source: &TokenSource, request: TokenRequest, attempt: &mut Attempt) -> Result<Secret, Error> {
    attempt.enter(Phase::Token);
    let token = (source.ask)(request);
    attempt.left()?;
    token
}
