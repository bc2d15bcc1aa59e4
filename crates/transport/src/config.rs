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
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};

use crate::certificate::Digest;
use crate::error::Error;
use crate::facts::TlsVersion;
use crate::identity::{Identity, certificates};
use crate::server_id::ServerId;
#[cfg(feature = "legacy-tls")]
use crate::tls::Context;
#[cfg(feature = "legacy-tls")]
use crate::trust::WeakJudge;
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
    backend: Backend,
    trust: Arc<Trust>,
}

/// The library that does it, and what it needs to know.
#[derive(Debug, Clone)]
pub(crate) enum Backend {
    /// rustls; the verifier is still to be put in.
    Modern(Arc<ClientConfig>),
    #[cfg(feature = "legacy-tls")]
    Legacy(Arc<Context>),
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
            fallback: false,
            versions: None,
            alpn: Vec::new(),
            at: None,
        }
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.backend
    }

    /// Who judges one connection, and keeps the verdict.
    pub(crate) fn verifier(&self, server: &ServerId) -> Verifier {
        Verifier::new(Arc::clone(&self.trust), server)
    }
}

/// Collects TLS settings; [`build`](Self::build) checks them all.
#[derive(Clone)]
pub struct TlsConfigBuilder {
    roots: Roots,
    authorities: Vec<Vec<u8>>,
    client: Option<Result<Identity, Error>>,
    pins: Vec<(ServerId, Digest)>,
    trusted_site: bool,
    fallback: bool,
    versions: Option<(TlsVersion, TlsVersion)>,
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
        self.client = Some(Identity::from_pem(chain, key, None));
        self
    }

    /// Shows the certificate in this file when a server asks for one (T052): PEM with certificate and key, which may be encrypted,
    /// or PKCS#12 (`.p12`, `.pfx`); the bytes tell which. Nothing else is shown, and no other server sees it. The password is used
    /// here and not kept. What is wrong with the file is told by [`build`](Self::build): [`Error::Password`] if that is it. What is
    /// encrypted needs the feature `legacy-tls` and is [`Error::NotSupported`] without.
    pub fn client_certificate_file(mut self, bytes: &[u8], password: Option<&str>) -> Self {
        self.client = Some(Identity::read(bytes, password));
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

    /// Also permits what is old and weak, for a server that knows nothing better: TLS 1.0 and 1.1, RC4, 3DES, CBC, MD5, SHA-1, key
    /// exchange without forward secrecy, 1024-bit keys. A server that can do better is spoken to better. Whether TLS is used, and
    /// whether a certificate is checked, does not change; [`Facts::weaknesses`](crate::Facts::weaknesses) tells what the server made
    /// of it. Uses OpenSSL: without the feature `legacy-tls`, [`build`](Self::build) fails with [`Error::NotSupported`].
    pub fn secure_fallback(mut self, permitted: bool) -> Self {
        self.fallback = permitted;
        self
    }

    /// Offers these versions only. By default TLS 1.2 and 1.3, with the fallback 1.0 to 1.3.
    pub fn versions(mut self, min: TlsVersion, max: TlsVersion) -> Self {
        self.versions = Some((min, max));
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
    /// [`Error::Config`] that says what cannot be used; [`Error::NotSupported`] for what this build was made without.
    pub fn build(self) -> Result<TlsConfig, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut anchors = Vec::new();
        for pem in &self.authorities {
            anchors.extend(certificates(pem, "the authorities file")?);
        }
        let chain = match chain_verifier(self.roots, &anchors, &provider) {
            // A trusted site needs no roots, and a bare container has none.
            Err(_) if self.trusted_site => None,
            outcome => outcome?,
        };
        let clock: Arc<dyn TimeProvider> = match self.at {
            Some(at) => Arc::new(Fixed(UnixTime::since_unix_epoch(at))),
            None => Arc::new(DefaultTimeProvider),
        };
        let identity = self.client.clone().transpose()?;
        let algorithms = provider.signature_verification_algorithms;
        let backend = if self.fallback {
            self.legacy(identity.as_ref(), clock)?
        } else {
            self.modern(identity, clock, provider)?
        };
        let trust = Trust {
            chain,
            algorithms,
            #[cfg(feature = "legacy-tls")]
            weak: self.fallback.then(|| WeakJudge { anchors: anchors.clone(), platform: is_platform(self.roots) }),
            anchors,
            pins: self.pins,
            trusted_site: self.trusted_site,
        };
        Ok(TlsConfig { backend, trust: Arc::new(trust) })
    }

    fn modern(
        &self,
        identity: Option<Identity>,
        clock: Arc<dyn TimeProvider>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Backend, Error> {
        let versions = supported(self.versions.unwrap_or((TlsVersion::V1_2, TlsVersion::V1_3)))?;
        let nobody = Verifier::refusing(provider.signature_verification_algorithms)?;
        let wants_client = ClientConfig::builder_with_details(provider, clock)
            .with_protocol_versions(&versions)
            .map_err(config_error)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(nobody));
        let mut base = match identity {
            Some(Identity { chain, key }) => {
                wants_client.with_client_auth_cert(chain, key.clone_key()).map_err(config_error)?
            }
            None => wants_client.with_no_client_auth(),
        };
        base.alpn_protocols.clone_from(&self.alpn);
        base.resumption = Resumption::disabled();
        Ok(Backend::Modern(Arc::new(base)))
    }

    #[cfg(feature = "legacy-tls")]
    fn legacy(&self, identity: Option<&Identity>, clock: Arc<dyn TimeProvider>) -> Result<Backend, Error> {
        let versions = self.versions.unwrap_or((TlsVersion::V1_0, TlsVersion::V1_3));
        Ok(Backend::Legacy(Arc::new(Context::new(versions, &self.alpn, identity, clock)?)))
    }

    #[cfg(not(feature = "legacy-tls"))]
    #[allow(clippy::unused_self, clippy::needless_pass_by_value, reason = "shaped like the other")]
    fn legacy(&self, _: Option<&Identity>, _: Arc<dyn TimeProvider>) -> Result<Backend, Error> {
        Err(Error::NotSupported("secure_fallback"))
    }
}

fn supported((min, max): (TlsVersion, TlsVersion)) -> Result<Vec<&'static SupportedProtocolVersion>, Error> {
    let known = [(TlsVersion::V1_3, &version::TLS13), (TlsVersion::V1_2, &version::TLS12)];
    let chosen: Vec<_> = known.iter().filter(|(at, _)| (min..=max).contains(at)).map(|(_, version)| *version).collect();
    if min > max {
        return Err(Error::Config(format!("no TLS version lies between {min} and {max}")));
    }
    if min < TlsVersion::V1_2 {
        return Err(Error::Config(format!("{min} needs secure_fallback")));
    }
    Ok(chosen)
}

#[cfg(feature = "legacy-tls")]
fn is_platform(roots: Roots) -> bool {
    #[cfg(feature = "roots-platform")]
    return roots == Roots::Platform;
    #[cfg(not(feature = "roots-platform"))]
    return false;
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
