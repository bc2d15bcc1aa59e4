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

use crate::clock::Clock;
use crate::config::{Config, TokenFuture, TokenSource, Who};

pub(crate) struct Tokens<'a> {
    source: Option<&'a TokenSource>,
    token: Option<Secret>,
    renewed: bool,
}

impl<'a> Tokens<'a> {
    /// Asks for the first, if this configuration logs in with tokens.
    pub(crate) async fn first(config: &'a Config, clock: &mut Clock) -> Result<Self, Error> {
        let Who::Tokens(source) = &config.login else { return Ok(Self { source: None, token: None, renewed: false }) };
        clock.enter(Phase::Token);
        let token = clock.within((source.ask)(TokenRequest::First)).await??;
        Ok(Self { source: Some(source), token: Some(token), renewed: false })
    }

    pub(crate) fn token(&self) -> Option<&Secret> {
        self.token.as_ref()
    }

    /// After a login that failed: a fresh token to come, if that is worth it. [`Tokens::take`] it.
    pub(crate) fn renew(&mut self, error: &Error) -> Option<TokenFuture> {
        let source = self.source.filter(|_| !self.renewed)?;
        let request = TokenRequest::after(error)?;
        self.renewed = true;
        Some((source.ask)(request))
    }

    pub(crate) fn take(&mut self, fresh: Secret) {
        self.token = Some(fresh);
    }

    /// The connection ended before the server said anything about the fresh token: some close after each refusal.
    pub(crate) fn is_untried(&self, error: &Error) -> bool {
        let ended = matches!(error.kind(), ErrorKind::Closed | ErrorKind::Io | ErrorKind::Bye);
        let answered = error.reply().is_some_and(|reply| reply.status != StatusKind::Bye);
        self.renewed && ended && !answered && error.token_refusal().is_none()
    }
}
