//! A certificate authority that lives as long as the server, and the server's own certificate.
//!
//! Made anew at each start, so no key is ever stored. The server certificate names `localhost`, `127.0.0.1` and `::1`;
//! a client trusts it by trusting the authority's certificate ([`Server::ca_pem`](crate::Server::ca_pem)).

use std::{io, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// A TLS server side, and the certificate a client has to trust, in PEM.
pub(crate) struct Identity {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) ca_pem: String,
}

impl Identity {
    pub(crate) fn new() -> io::Result<Self> {
        let failed = |error: rcgen::Error| io::Error::other(format!("cannot make a certificate: {error}"));
        let ca_key = KeyPair::generate().map_err(failed)?;
        let ca = authority().map_err(failed)?.self_signed(&ca_key).map_err(failed)?;
        let key = KeyPair::generate().map_err(failed)?;
        let leaf = leaf().map_err(failed)?.signed_by(&key, &ca, &ca_key).map_err(failed)?;
        let private_key = PrivateKeyDer::try_from(key.serialize_der()).map_err(io::Error::other)?;
        // The provider is named, so that the choice of no other crate in the process matters.
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], private_key)
            .map_err(io::Error::other)?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem: ca.pem() })
    }
}

fn authority() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "imapkit-server test authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Ok(params)
}

fn leaf() -> Result<CertificateParams, rcgen::Error> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}
