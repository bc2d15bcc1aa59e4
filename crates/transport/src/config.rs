//! What to trust and what to offer: a [`TlsConfig`] is built once per account and shared by its connections.
//!
//! Apart from `trust.rs` because this is where files and options turn into decisions, and where they can be refused before a
//! packet is sent. Defaults: platform roots, TLS 1.2 and 1.3, no ALPN, no client certificate, no pins.
//!
//! ADR: no session resumption. TLS 1.3 saves no flight by it without 0-RTT (which IMAP must not use: a replayed LOGIN), mail
//! connections live long, and without tickets every connection judges the certificate anew.

use core::time::Duration;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};

use crate::certificate::Digest;
use crate::error::Error;
use crate::facts::TlsVersion;
use crate::server_id::ServerId;
use crate::trust::{Trust, Verifier};

/// Where trusted authorities come from. Authorities given as PEM are trusted besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Roots {
    /// What the operating system trusts, by its own verifier where it has one (Windows, Apple, Android).
    #[cfg(feature = "roots-platform")]
    Platform,
    /// Mozilla's roots, compiled in.
    #[cfg(feature = "roots-webpki")]
    WebPki,
    /// None but those given as PEM.
    Given,
}

impl Default for Roots {
    fn default() -> Self {
        #[cfg(feature = "roots-platform")]
        return Self::Platform;
        #[cfg(all(not(feature = "roots-platform"), feature = "roots-webpki"))]
        return Self::WebPki;
        #[cfg(not(any(feature = "roots-platform", feature = "roots-webpki")))]
        return Self::Given;
    }
}

/// TLS settings of an account; cheap to clone.
#[derive(Debug, Clone)]
pub struct TlsConfig {
    base: Arc<ClientConfig>,
    trust: Arc<Trust>,
}

impl TlsConfig {
    /// The defaults, to be changed.
    pub fn builder() -> TlsConfigBuilder {
        TlsConfigBuilder {
            roots: Roots::default(),
            authorities: Vec::new(),
            client: None,
            pins: Vec::new(),
            trusted_site: false,
            versions: (TlsVersion::V1_2, TlsVersion::V1_3),
            alpn: Vec::new(),
            at: None,
        }
    }

    /// The rustls configuration of one connection, and the verifier that will keep its verdict.
    pub(crate) fn for_server(&self, server: &ServerId) -> (Arc<ClientConfig>, Arc<Verifier>) {
        let verifier = Arc::new(Verifier::new(Arc::clone(&self.trust), server));
        let judge: Arc<dyn ServerCertVerifier> = verifier.clone();
        let mut config = ClientConfig::clone(&self.base);
        config.dangerous().set_certificate_verifier(judge);
        (Arc::new(config), verifier)
    }
}

/// Collects TLS settings; [`build`](Self::build) checks them all.
#[derive(Clone)]
pub struct TlsConfigBuilder {
    roots: Roots,
    authorities: Vec<Vec<u8>>,
    client: Option<(Vec<u8>, Vec<u8>)>,
    pins: Vec<(ServerId, Digest)>,
    trusted_site: bool,
    versions: (TlsVersion, TlsVersion),
    alpn: Vec<Vec<u8>>,
    at: Option<Duration>,
}

impl TlsConfigBuilder {
    /// Where trusted authorities come from.
    pub fn roots(mut self, roots: Roots) -> Self {
        self.roots = roots;
        self
    }

    /// Trusts these certificates (PEM, one or more) as authorities too. A server that shows one of them as its own certificate
    /// is trusted as well, if name and dates fit.
    pub fn authorities_pem(mut self, pem: &[u8]) -> Self {
        self.authorities.push(pem.to_vec());
        self
    }

    /// Shows this certificate (PEM chain, own certificate first) when a server asks for one (T052). The key is PKCS#8, PKCS#1 or
    /// SEC 1 PEM, not encrypted; it may stand in the same file.
    pub fn client_certificate_pem(mut self, chain: &[u8], key: &[u8]) -> Self {
        self.client = Some((chain.to_vec(), key.to_vec()));
        self
    }

    /// Accepts this server for its key and for nothing else: the SHA-256 of its subjectPublicKeyInfo. May be called again for
    /// the same server, to announce a change of keys. Chain, names and dates then only show in the [`Facts`](crate::Facts);
    /// any other key is refused.
    pub fn pin(mut self, server: ServerId, key: Digest) -> Self {
        self.pins.push((server, key));
        self
    }

    /// Accepts any certificate. The [`Facts`](crate::Facts) tell what is wrong with it.
    pub fn trusted_site(mut self, trusted: bool) -> Self {
        self.trusted_site = trusted;
        self
    }

    /// Offers these versions only.
    pub fn versions(mut self, min: TlsVersion, max: TlsVersion) -> Self {
        self.versions = (min, max);
        self
    }

    /// Offers an application protocol (ALPN). A server that picks none is accepted all the same.
    pub fn alpn(mut self, protocol: &[u8]) -> Self {
        self.alpn.push(protocol.to_vec());
        self
    }

    /// Judges certificates as of this time since 1970-01-01 UTC, not as of the system's clock.
    pub fn validation_time(mut self, since_1970: Duration) -> Self {
        self.at = Some(since_1970);
        self
    }

    /// Checks and loads everything. Reads the system's roots, where they are asked for: a few milliseconds.
    ///
    /// # Errors
    /// [`Error::Config`] that says what cannot be used.
    pub fn build(self) -> Result<TlsConfig, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = versions(self.versions)?;
        let mut anchors = Vec::new();
        for pem in &self.authorities {
            anchors.extend(certificates(pem, "the authorities file")?);
        }
        let chain = match chain_verifier(self.roots, &anchors, &provider) {
            // A trusted site needs no roots, and a bare container has none.
            Err(_) if self.trusted_site => None,
            outcome => outcome?,
        };
        let trust = Arc::new(Trust {
            chain,
            algorithms: provider.signature_verification_algorithms,
            anchors,
            pins: self.pins,
            trusted_site: self.trusted_site,
        });
        let clock: Arc<dyn TimeProvider> = match self.at {
            Some(at) => Arc::new(Fixed(UnixTime::since_unix_epoch(at))),
            None => Arc::new(DefaultTimeProvider),
        };
        // Stands in until a connection brings its own verifier; with no roots and no pins it refuses everything.
        let refusing = Trust {
            chain: None,
            algorithms: trust.algorithms,
            anchors: Vec::new(),
            pins: Vec::new(),
            trusted_site: false,
        };
        let nobody = ServerId::new("invalid", 0)?;
        let wants_client = ClientConfig::builder_with_details(provider, clock)
            .with_protocol_versions(&versions)
            .map_err(config_error)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier::new(Arc::new(refusing), &nobody)));
        let mut base = match &self.client {
            Some((chain, key)) => {
                let chain = certificates(chain, "the client certificate")?;
                wants_client.with_client_auth_cert(chain, private_key(key)?).map_err(config_error)?
            }
            None => wants_client.with_no_client_auth(),
        };
        base.alpn_protocols = self.alpn;
        base.resumption = Resumption::disabled();
        Ok(TlsConfig { base: Arc::new(base), trust })
    }
}

fn versions((min, max): (TlsVersion, TlsVersion)) -> Result<Vec<&'static SupportedProtocolVersion>, Error> {
    let known = [(TlsVersion::V1_3, &version::TLS13), (TlsVersion::V1_2, &version::TLS12)];
    let chosen: Vec<_> = known.iter().filter(|(at, _)| (min..=max).contains(at)).map(|(_, version)| *version).collect();
    if chosen.is_empty() {
        return Err(Error::Config(format!("no TLS version lies between {min} and {max}")));
    }
    Ok(chosen)
}

fn chain_verifier(
    roots: Roots,
    anchors: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ServerCertVerifier>>, Error> {
    match roots {
        #[cfg(feature = "roots-platform")]
        Roots::Platform => {
            let anchors = anchors.iter().cloned();
            let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(anchors, Arc::clone(provider));
            Ok(Some(Arc::new(verifier.map_err(config_error)?)))
        }
        #[cfg(feature = "roots-webpki")]
        Roots::WebPki => webpki_verifier(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(), anchors, provider),
        Roots::Given => webpki_verifier(RootCertStore::empty(), anchors, provider),
    }
}

fn webpki_verifier(
    mut store: RootCertStore,
    anchors: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ServerCertVerifier>>, Error> {
    for anchor in anchors {
        store.add(anchor.clone()).map_err(config_error)?;
    }
    if store.is_empty() {
        return Ok(None);
    }
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider));
    let verifier = builder.build().map_err(|error| Error::Config(error.to_string()))?;
    Ok(Some(verifier))
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(Error::Config(format!("{what} holds no PEM certificate"))),
        Ok(found) => Ok(found),
        Err(error) => Err(Error::Config(format!("{what} is not valid PEM: {error}"))),
    }
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, Error> {
    const ENCRYPTED: &[u8] = b"ENCRYPTED";
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| {
        Error::Config(match error {
            pem::Error::NoItemsFound if pem.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED) => {
                String::from("the client certificate's key is encrypted; decrypt it first")
            }
            pem::Error::NoItemsFound => String::from("the client certificate has no PEM private key"),
            error => format!("the client certificate's key is not valid PEM: {error}"),
        })
    })
}

#[allow(clippy::needless_pass_by_value, reason = "shaped for map_err")]
fn config_error(error: rustls::Error) -> Error {
    Error::Config(error.to_string())
}

#[derive(Debug)]
struct Fixed(UnixTime);

impl TimeProvider for Fixed {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}
