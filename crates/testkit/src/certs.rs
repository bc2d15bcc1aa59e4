//! Certificates made on the spot: a private authority and leaf certificates, good ones and each kind of bad one.
//!
//! Tests of server identity (RFC 9525, RFC 7817; bars T040–T046) need certificates that are wrong in exactly one way.
//! Nothing is read from disk and no date is "now": good certificates are valid from 1975 to 4096, expired ones ended in
//! 2001, so a test means the same in ten years.
//!
//! The functions here panic if the key or certificate cannot be made, which only a broken build does.

#![allow(clippy::missing_panics_doc, reason = "said once for all of them above")]

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::sync::Arc;

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Validity {
    /// 1975 to 4096.
    #[default]
    Now,
    /// 2000 to 2001.
    Expired,
    /// 4000 to 4096.
    NotYet,
}

/// What a certificate should say.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    names: Vec<String>,
    common_name: Option<String>,
    validity: Validity,
}

impl Subject {
    /// A certificate for these names; what looks like an IP address becomes an iPAddress entry, anything else a dNSName,
    /// also `*.example.org`. No names at all makes a certificate without subjectAltName.
    pub fn new(names: &[&str]) -> Self {
        Self { names: names.iter().map(|name| (*name).to_owned()).collect(), ..Self::default() }
    }

    /// Puts a name into the subject's CN, where no client may look for it (RFC 9525, bar T045).
    pub fn common_name(mut self, name: &str) -> Self {
        self.common_name = Some(name.to_owned());
        self
    }

    /// Changes the dates.
    pub fn validity(mut self, validity: Validity) -> Self {
        self.validity = validity;
        self
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::new(self.names.clone()).expect("the names are ASCII");
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, self.common_name.as_deref().unwrap_or("imapkit test"));
        let (from, to) = match self.validity {
            Validity::Now => (1975, 4096),
            Validity::Expired => (2000, 2001),
            Validity::NotYet => (4000, 4096),
        };
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params
    }
}

/// A private certificate authority.
pub struct Authority {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    /// A new authority with its own key; two of them do not trust each other, whatever their names.
    pub fn new(name: &str) -> Self {
        let key = new_key();
        let mut params = Subject::new(&[]).common_name(name).params();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.extended_key_usages.clear();
        let certificate = params.self_signed(&key).expect("an authority can sign itself");
        Self { certificate, key }
    }

    /// Issues a certificate with a new key.
    pub fn issue(&self, subject: &Subject) -> Identity {
        let key = new_key();
        let certificate =
            subject.params().signed_by(&key, &self.certificate, &self.key).expect("an authority can sign");
        Identity { certificate, key }
    }

    /// The usual case: a good certificate for these names.
    pub fn issue_for(&self, names: &[&str]) -> Identity {
        self.issue(&Subject::new(names))
    }

    /// The authority's certificate, DER.
    pub fn der(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    /// The authority's certificate, PEM: what a CA file holds.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// Roots that trust this authority and nobody else.
    pub fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.der()).expect("our own certificate is well formed");
        roots
    }
}

/// A leaf certificate and its private key.
pub struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Identity {
    /// A certificate that vouches for itself (bar T040).
    pub fn self_signed(subject: &Subject) -> Self {
        let key = new_key();
        let certificate = subject.params().self_signed(&key).expect("a certificate can sign itself");
        Self { certificate, key }
    }

    /// The certificate, DER.
    pub fn der(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    /// The certificate, PEM.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// The private key, DER (PKCS #8).
    pub fn key_der(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }

    /// The private key, PEM (PKCS #8).
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// DER of the `SubjectPublicKeyInfo`: what an SPKI pin is the SHA-256 of.
    pub fn public_key_der(&self) -> Vec<u8> {
        self.key.public_key_der()
    }

    /// A TLS server (1.2 and 1.3) with this certificate that asks the client for none.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        let config = builder().with_no_client_auth().with_single_cert(vec![self.der()], self.key_der());
        Arc::new(config.expect("key and certificate belong together"))
    }

    /// A TLS server that demands a client certificate issued by `clients` (bar T052).
    pub fn server_config_demanding(&self, clients: &Authority) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(clients.roots()), provider);
        let verifier = verifier.build().expect("the authority is well formed");
        let config = builder().with_client_cert_verifier(verifier).with_single_cert(vec![self.der()], self.key_der());
        Arc::new(config.expect("key and certificate belong together"))
    }
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("the system gives randomness")
}

fn builder() -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    builder.expect("the provider knows TLS 1.2 and 1.3")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::{CertificateError, Error};
    use std::time::Duration;

    /// What a correct verifier that trusts `authority` says about `identity` at a fixed date in 2026.
    fn verdict(authority: &Authority, identity: &Identity, host: &str) -> Result<(), CertificateError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(authority.roots()), provider).build().unwrap();
        let host = ServerName::try_from(host.to_owned()).unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1_780_000_000));
        match verifier.verify_server_cert(&identity.der(), &[], &host, &[], now) {
            Ok(_) => Ok(()),
            Err(Error::InvalidCertificate(error)) => Err(error),
            Err(error) => panic!("not about the certificate: {error}"),
        }
    }

    #[test]
    fn each_certificate_is_wrong_in_its_own_way_only() {
        let ca = Authority::new("test ca");
        let good = ca.issue_for(&["imap.example.org", "127.0.0.1"]);
        assert_eq!(verdict(&ca, &good, "imap.example.org"), Ok(()));
        assert_eq!(verdict(&ca, &good, "127.0.0.1"), Ok(()));
        assert!(matches!(
            verdict(&ca, &good, "mail.example.org"),
            Err(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })
        ));

        let subject = Subject::new(&["imap.example.org"]);
        let expired = ca.issue(&subject.clone().validity(Validity::Expired));
        assert!(matches!(
            verdict(&ca, &expired, "imap.example.org"),
            Err(CertificateError::Expired | CertificateError::ExpiredContext { .. })
        ));
        let early = ca.issue(&subject.clone().validity(Validity::NotYet));
        assert!(matches!(
            verdict(&ca, &early, "imap.example.org"),
            Err(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. })
        ));
        assert_eq!(
            verdict(&ca, &Identity::self_signed(&subject), "imap.example.org"),
            Err(CertificateError::UnknownIssuer)
        );
        let other = Authority::new("test ca");
        assert!(verdict(&other, &good, "imap.example.org").is_err());
        let cn_only = ca.issue(&Subject::new(&[]).common_name("imap.example.org"));
        assert!(verdict(&ca, &cn_only, "imap.example.org").is_err());
    }

    #[test]
    fn wildcards_cover_one_label() {
        let ca = Authority::new("test ca");
        let wild = ca.issue_for(&["*.example.org"]);
        assert_eq!(verdict(&ca, &wild, "a.example.org"), Ok(()));
        assert!(verdict(&ca, &wild, "a.b.example.org").is_err());
    }

    #[test]
    fn pem_and_configs_are_usable() {
        let ca = Authority::new("test ca");
        let identity = ca.issue_for(&["localhost"]);
        assert!(ca.pem().starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(identity.pem().starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(identity.key_pem().starts_with("-----BEGIN PRIVATE KEY-----"));
        assert!(!identity.public_key_der().is_empty());
        let _: [Arc<ServerConfig>; 2] = [identity.server_config(), identity.server_config_demanding(&ca)];
    }
}
