//! GET over HTTPS, one hop: no redirect, no proxy from the environment (C27), no compression, every wait within one timeout.
//!
//! Separate because the HTTP client is another project's (ureq), and blocks. Certificates are checked by the system's verifier, as for
//! IMAP; HTTP without TLS cannot be asked for. RFC 9110, RFC 9112.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::http::header::LOCATION;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use crate::network::{Failure, Page};

/// A host that does not even accept is not waited for as long as one that answers slowly.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

type Place = Arc<dyn Fn(&str) -> Option<SocketAddr> + Send + Sync>;

/// An HTTPS client, made when it is first needed.
#[derive(Default)]
pub(super) struct Https {
    authorities: Option<Vec<u8>>,
    place: Option<Place>,
    agent: OnceLock<Agent>,
}

impl Https {
    /// The same, trusting these authorities (PEM) and no others.
    pub(super) fn trusting(&self, pem: &[u8]) -> Self {
        Self { authorities: Some(pem.to_vec()), place: self.place.clone(), agent: OnceLock::new() }
    }

    /// The same, connecting elsewhere.
    pub(super) fn connecting_to(&self, place: impl Fn(&str) -> Option<SocketAddr> + Send + Sync + 'static) -> Self {
        Self { authorities: self.authorities.clone(), place: Some(Arc::new(place)), agent: OnceLock::new() }
    }

    /// One request. Blocks, for `timeout` at most.
    pub(super) fn get(&self, url: &str, limit: usize, timeout: Duration) -> Result<Page, Failure> {
        let agent = self.agent.get_or_init(|| self.agent());
        let request = agent.get(url).config().timeout_global(Some(timeout));
        let request = request.timeout_resolve(Some(CONNECT_TIMEOUT)).timeout_connect(Some(CONNECT_TIMEOUT)).build();
        let mut response = request.call().map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
        // Only what may be a document is worth reading.
        let body = if status == 200 {
            let reader = response.body_mut().with_config().limit(u64::try_from(limit).unwrap_or(u64::MAX));
            reader.read_to_vec().map_err(|error| failure(&error))?
        } else {
            Vec::new()
        };
        Ok(Page { status, location, body })
    }

    fn agent(&self) -> Agent {
        let roots = match &self.authorities {
            None => RootCerts::PlatformVerifier,
            Some(pem) => {
                let certificates = parse_pem(pem).filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                });
                RootCerts::new_with_certs(&certificates.collect::<Vec<Certificate<'static>>>())
            }
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider).build();
        let config = Config::builder()
            .https_only(true)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_response_header_size(16 << 10)
            .max_idle_connections(0)
            .user_agent(concat!("imapkit/", env!("CARGO_PKG_VERSION")))
            .accept("text/xml, application/xml;q=0.9, */*;q=0.1")
            .tls_config(tls)
            .build();
        Agent::with_parts(
            config,
            DefaultConnector::new(),
            Elsewhere { place: self.place.clone(), system: DefaultResolver::default() },
        )
    }
}

/// Resolves as told, or as the system does.
struct Elsewhere {
    place: Option<Place>,
    system: DefaultResolver,
}

impl Resolver for Elsewhere {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        match self.place.as_ref().and_then(|place| place(uri.host()?)) {
            Some(address) => {
                let mut addresses = self.empty();
                addresses.push(address);
                Ok(addresses)
            }
            None => self.system.resolve(uri, config, timeout),
        }
    }
}

impl std::fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Elsewhere")
    }
}

fn failure(error: &Error) -> Failure {
    let text = error.to_string();
    match error {
        Error::HostNotFound => Failure::Nothing("the name does not resolve".into()),
        Error::BodyExceedsLimit(limit) => Failure::Failed(format!("the document has more than {limit} bytes")),
        _ => super::failure(text.strip_prefix("io: ").unwrap_or(&text)),
    }
}
