//! One request to a provider: no redirect, no cookies, an answer of limited size, one deadline, through the proxy that mail goes through.
//!
//! Separate because the HTTP client (ureq) is another project's and blocks, and because requests carry secrets: nothing here formats one. A
//! redirect could carry them elsewhere, so none is followed. Who names a proxy does not want to be seen going around it; a command or a local
//! socket leads to the mail server only and has no say here. RFC 6749 §3.2, RFC 7009.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use imapkit::dial::{Host, ProxyKind, Route};
use imapkit::types::Secret;
use oauth2::{HttpRequest, HttpResponse};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Proxy, ProxyProtocol, http};

use super::Client;
use crate::args::way::Way;

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
pub(super) fn call(request: HttpRequest, way: &Way) -> Result<HttpResponse, Failure> {
    static AGENT: OnceLock<Agent> = OnceLock::new();
    let agent = AGENT.get_or_init(agent);
    let proxy = proxy(request.uri(), way)?;
    let failure = |error| failure(&error, proxy.as_ref());
    let request = agent.configure_request(request).proxy(proxy.clone()).build();
    let (head, mut body) = agent.run(request).map_err(failure)?.into_parts();
    if head.status.is_redirection() {
        return Err(Failure("it sent us elsewhere, and secrets do not follow".to_owned()));
    }
    let body = body.with_config().limit(MAX).read_to_vec().map_err(failure)?;
    let mut response = HttpResponse::new(body);
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    Ok(response)
}

/// Sends it on a thread that may block.
pub(super) async fn send(request: HttpRequest, way: Way) -> Result<HttpResponse, Failure> {
    let work = tokio::task::spawn_blocking(move || call(request, &way));
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
    match call(request, &client.way) {
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
        .proxy(None) // of the environment
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

/// The proxy for a request to this address.
fn proxy(url: &http::Uri, way: &Way) -> Result<Option<Proxy>, Failure> {
    // `http://` is this machine.
    let (Some("https"), Some(host)) = (url.scheme_str(), url.host()) else { return Ok(None) };
    let unusable = |error: &dyn fmt::Display| Failure(format!("the proxy for it cannot be used: {error}"));
    let route = if way.environment {
        let host = Host::parse(host.trim_matches(['[', ']'])).map_err(|error| unusable(&error))?;
        Route::from_environment(&host, url.port_u16().unwrap_or(443), variable).map_err(|error| unusable(&error))?
    } else {
        way.route.clone()
    };
    let Route::Proxy(wanted) = route else { return Ok(None) };
    let kind = match wanted.kind {
        ProxyKind::Socks4 => ProxyProtocol::Socks4,
        ProxyKind::Socks4a => ProxyProtocol::Socks4A,
        // Names are the proxy's to resolve (C21).
        ProxyKind::Socks5 => ProxyProtocol::Socks5h,
        ProxyKind::Http => ProxyProtocol::Http,
        ProxyKind::Https => ProxyProtocol::Https,
        other => return Err(unusable(&format_args!("{other:?} is not spoken here"))),
    };
    let mut proxy = Proxy::builder(kind).host(&wanted.host.to_string()).port(wanted.port);
    if let Some(credentials) = &wanted.credentials {
        let (user, password) = credentials.expose();
        proxy = proxy.username(user).password(password);
    }
    proxy.build().map(Some).map_err(|error| unusable(&error))
}

/// What the environment says about requests of the web: `HTTPS_PROXY` before `ALL_PROXY`, as in other programs.
fn variable(name: &str) -> Option<String> {
    let web = match name {
        "all_proxy" => std::env::var("https_proxy").ok(),
        "ALL_PROXY" => std::env::var("HTTPS_PROXY").ok(),
        _ => None,
    };
    web.filter(|value| !value.trim().is_empty()).or_else(|| std::env::var(name).ok())
}

fn failure(error: &ureq::Error, proxy: Option<&Proxy>) -> Failure {
    let text = match error {
        ureq::Error::HostNotFound if proxy.is_some_and(|proxy| !proxy.resolve_target()) => {
            "the proxy's name does not resolve".to_owned()
        }
        ureq::Error::HostNotFound => "its name does not resolve".to_owned(),
        ureq::Error::BodyExceedsLimit(limit) => format!("its answer has more than {limit} bytes"),
        ureq::Error::Timeout(_) => format!("it did not answer within {} s", TIMEOUT.as_secs()),
        ureq::Error::ConnectProxyFailed(why) => format!("the proxy refused: {}", crate::output::text::clean(why)),
        ureq::Error::Io(error) => crate::errors::plain(error),
        error => crate::output::text::clean(&error.to_string()),
    };
    Failure(match proxy {
        Some(proxy) => format!("{text} (by way of the proxy {} port {})", proxy.host(), proxy.port()),
        None => text,
    })
}
