//! OAuth 2.0: how a person gives this program leave to read their mail, and how that leave is renewed.
//!
//! ```text
//! login --browser--> code, PKCE --+                     +--> kept (vault) --keeper--> access token, refreshed when it is about to end
//!       --device---> code, polled-+--> Grant, verified --+                            or once after the server refused it
//! ```
//!
//! Separate from `login`, which decides, and from `vault`, which keeps. The crate `oauth2` makes the requests, `http` sends them.
//! RFC 6749 (the protocol), 7636 (PKCE), 8252 (native programs), 8628 (devices), 7009 (revocation).

pub(crate) mod browser;
pub(crate) mod device;
mod http;
pub(crate) mod keeper;
pub(crate) mod provider;
mod trouble;

use imapkit::types::Secret;
use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{AuthType, ClientId, ClientSecret, RefreshToken, TokenResponse};

use crate::args::way::Way;
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::vault::Grant;
use provider::Provider;

/// A program that is known to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) provider: Provider,
    pub(crate) id: String,
    pub(crate) secret: Option<Secret>,
    /// How mail gets through, and so requests.
    pub(crate) way: Way,
}

impl Client {
    /// As the crate wants it.
    fn basic(&self) -> BasicClient {
        let client = BasicClient::new(ClientId::new(self.id.clone()));
        // RFC 6749 §2.3.1 has every server know the header; Google and Microsoft document the body.
        let by = if self.provider.is_preset() { AuthType::RequestBody } else { AuthType::BasicAuth };
        let client = client.set_auth_type(by);
        match &self.secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose().to_owned())),
            None => client,
        }
    }

    /// What an answer gave; what it left out stays as it was.
    fn grant(&self, answer: &BasicTokenResponse, old: Option<&Grant>) -> Grant {
        let refresh = answer.refresh_token().map(|token| Secret::new(token.secret().as_str()));
        let lifetime = answer.expires_in().map(|lifetime| i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX));
        Grant {
            access_token: Secret::new(answer.access_token().secret().as_str()),
            refresh_token: refresh.or_else(|| old?.refresh_token.clone()),
            expires: lifetime.map(|lifetime| now().saturating_add(lifetime)),
            client_secret: self.secret.clone(),
        }
    }

    /// Gets a fresh access token. Blocks.
    fn refresh(&self, old: &Grant) -> Outcome<Grant> {
        let token = old.refresh_token.as_ref().ok_or_else(|| {
            let text = format!("the token has ended, and {} gave nothing to renew it with", self.provider.name);
            Problem::new(Exit::Auth, "oauth", text)
        })?;
        let secret = RefreshToken::new(token.expose().to_owned());
        let client = self.basic().set_token_uri(self.provider.token()?);
        let answer = client.exchange_refresh_token(&secret).request(&|request| http::call(request, &self.way));
        let secrets = [Some(token), self.secret.as_ref()];
        answer
            .map(|answer| self.grant(&answer, Some(old)))
            .map_err(|error| trouble::explain(&self.provider, &error, &secrets))
    }

    /// Has the provider forget a grant; `None` where it has no way to do so. Blocks.
    pub(crate) fn revoke(&self, grant: &Grant) -> Option<Outcome<()>> {
        let url = self.provider.revocation()?;
        Some(url.and_then(|url| {
            let (what, hint) = match &grant.refresh_token {
                Some(token) => (token, "refresh_token"),
                None => (&grant.access_token, "access_token"),
            };
            http::revoke(&url, what, hint, self).map_err(|why| {
                let text = format!("{} did not revoke the login: {why}", self.provider.name);
                Problem::new(Exit::Partial, "oauth", text)
            })
        }))
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}
