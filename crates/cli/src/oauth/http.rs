//! One request to a provider: no redirect, no proxy, no cookies, an answer of limited size, one deadline.
//!
//! Separate because the HTTP client (ureq) is another project's and blocks, and because requests carry secrets: nothing here formats one. A
//! redirect could carry them elsewhere, so none is followed. RFC 6749 §3.2, RFC 7009.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use imapkit::types::Secret;
use oauth2::{HttpRequest, HttpResponse};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, http};

use super::Client;

/// For everything: name, connection, request, answer.
const TIMEOUT: Duration = Duration::from_secs(20);
/// No answer is longer.
const MAX: u64 = 256 << 10;

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// Sends it. Blocks.
pub(super) fn call(request: HttpRequest) -> Result<HttpResponse, Failure> {
    static AGENT: OnceLock<Agent> = OnceLock::new();
    let response = AGENT.get_or_init(agent).run(request).map_err(|error| failure(&error))?;
    let (head, mut body) = response.into_parts();
    if head.status.is_redirection() {
        return Err(Failure("it sent us elsewhere, and secrets do not follow".to_owned()));
    }
    let body = body.with_config().limit(MAX).read_to_vec().map_err(|error| failure(&error))?;
    let mut response = HttpResponse::new(body);
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    Ok(response)
}

/// Sends it on a thread that may block.
pub(super) async fn send(request: HttpRequest) -> Result<HttpResponse, Failure> {
    let work = tokio::task::spawn_blocking(move || call(request));
    work.await.unwrap_or_else(|_| Err(Failure("the request was cut off".to_owned())))
}

/// Revokes a token (RFC 7009 §2.1); `Err` says why not.
pub(super) fn revoke(url: &str, token: &Secret, hint: &str, client: &Client) -> Result<(), String> {
    let mut form = vec![("token", token.expose()), ("token_type_hint", hint), ("client_id", client.id.as_str())];
    if let Some(secret) = &client.secret {
        form.push(("client_secret", secret.expose()));
    }
    let body = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
    let request = http::Request::post(url).header("content-type", "application/x-www-form-urlencoded");
    let request = request.body(body.into_bytes()).map_err(|_| "its address is no URL".to_owned())?;
    match call(request) {
        Ok(response) if response.status().is_success() => Ok(()),
        Ok(response) => Err(format!("it answered {}", response.status().as_u16())),
        Err(failure) => Err(failure.to_string()),
    }
}

/// A value of a form.
pub(super) fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn agent() -> Agent {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = RootCerts::PlatformVerifier;
    let tls = TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider).build();
    // `http://` is kept to this machine by `Provider`.
    let config = Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_response_header_size(16 << 10)
        .max_idle_connections(0)
        .timeout_global(Some(TIMEOUT))
        .user_agent(concat!("imapkit/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls);
    config.build().new_agent()
}

fn failure(error: &ureq::Error) -> Failure {
    Failure(match error {
        ureq::Error::HostNotFound => "its name does not resolve".to_owned(),
        ureq::Error::BodyExceedsLimit(limit) => format!("its answer has more than {limit} bytes"),
        ureq::Error::Timeout(_) => format!("it did not answer within {} s", TIMEOUT.as_secs()),
        ureq::Error::Io(error) => crate::errors::plain(error),
        error => crate::output::text::clean(&error.to_string()),
    })
}
