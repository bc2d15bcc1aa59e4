//! A rustls server in memory, and certificates made on the spot: what the unit tests of this crate talk to.
//!
//! Key generation is slow in debug builds, so tests share one key per role.

#[cfg(feature = "legacy-tls")]
pub(crate) mod old;

use core::cell::Cell;
use std::io::{Read, Write};
use std::sync::{Arc, LazyLock};

use bytes::BytesMut;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, SanType};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ServerConnection, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

use crate::{Error, Roots, ServerId, Stack, TlsConfig, TlsConfigBuilder};

/// 2026-06-01, inside the validity of everything made here unless a test says otherwise.
pub(crate) const NOW: u64 = 1_780_272_000;

pub(crate) static CA_KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate().unwrap());
pub(crate) static LEAF_KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate().unwrap());

/// Certificates and key of a server.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: Arc<Vec<u8>>,
}

impl Identity {
    fn new(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        Self { chain: vec![certificate.der().clone()], key: Arc::new(key.serialize_der()) }
    }

    pub(crate) fn from_pem(pem: &[u8]) -> Self {
        let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().unwrap();
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem).unwrap();
        Self { chain, key: Arc::new(key.secret_pkcs8_der().to_vec()) }
    }

    /// Past rustls' own check that chain and key are usable and fit: servers elsewhere do not make it.
    fn unchecked(&self) -> SingleCertAndKey {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.to_vec()));
        let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
        CertifiedKey::new(self.chain.clone(), key).into()
    }
}

/// A leaf with these subjectAltNames, valid from 2026-01-01 to 2027-01-01.
pub(crate) fn leaf(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.subject_alt_names = names
        .iter()
        .map(|name| match name.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName((*name).try_into().unwrap()),
        })
        .collect();
    params.distinguished_name.push(DnType::CommonName, "leaf");
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    params
}

fn authority(name: &str) -> rcgen::Certificate {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params.self_signed(&CA_KEY).unwrap()
}

/// The authority that `config` trusts, PEM.
pub(crate) fn authority_pem() -> String {
    authority("Test Authority").pem()
}

/// Signed by the authority that `config` trusts.
pub(crate) fn trusted(params: CertificateParams) -> Identity {
    Identity::new(&params.signed_by(&*LEAF_KEY, &authority("Test Authority"), &CA_KEY).unwrap(), &LEAF_KEY)
}

/// Signed by another authority.
pub(crate) fn untrusted(params: CertificateParams) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut other = CertificateParams::default();
    other.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    other.distinguished_name.push(DnType::CommonName, "Other Authority");
    let other = other.self_signed(&key).unwrap();
    Identity::new(&params.signed_by(&*LEAF_KEY, &other, &key).unwrap(), &LEAF_KEY)
}

pub(crate) fn self_signed(params: CertificateParams) -> Identity {
    Identity::new(&params.self_signed(&LEAF_KEY).unwrap(), &LEAF_KEY)
}

/// Whether the fallback is permitted: each is another TLS library, and all that is not about old TLS holds for both.
pub(crate) const BACKENDS: &[bool] = if cfg!(feature = "legacy-tls") { &[false, true] } else { &[false] };

thread_local! {
    static FALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Runs a test for each of the libraries: [`config`] is for this one.
pub(crate) fn each(test: impl Fn()) {
    for fallback in BACKENDS {
        FALLBACK.set(*fallback);
        test();
    }
    FALLBACK.set(false);
}

pub(crate) fn is_fallback() -> bool {
    FALLBACK.get()
}

/// Trusts the test authority and nothing else, at [`NOW`].
pub(crate) fn config() -> TlsConfigBuilder {
    TlsConfig::builder()
        .roots(Roots::Given)
        .secure_fallback(is_fallback())
        .authorities_pem(authority_pem().as_bytes())
        .validation_time(core::time::Duration::from_secs(NOW))
}

pub(crate) fn server(identity: &Identity, versions: &[&'static SupportedProtocolVersion]) -> ServerConnection {
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(identity.unchecked()));
    ServerConnection::new(Arc::new(config)).unwrap()
}

/// A server that asks for a certificate of the test authority.
pub(crate) fn server_asking_client(identity: &Identity) -> ServerConnection {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority("Test Authority").der().clone()).unwrap();
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_cert_resolver(Arc::new(identity.unchecked()));
    ServerConnection::new(Arc::new(config)).unwrap()
}

/// A stack and a server joined by two byte queues.
pub(crate) struct Pair {
    pub(crate) stack: Stack,
    pub(crate) server: ServerConnection,
    pub(crate) to_client: Vec<u8>,
    pub(crate) plain: BytesMut,
    wire: BytesMut,
    /// Bytes handed over at a time.
    pub(crate) step: usize,
    /// Plaintext taken at a time.
    pub(crate) max: usize,
}

impl Pair {
    /// After the handshake, or the client's error.
    pub(crate) fn connect(
        config: &TlsConfig,
        host: &str,
        server: ServerConnection,
        step: usize,
    ) -> Result<Self, Error> {
        let mut stack = Stack::new();
        stack.start_tls(config, &ServerId::new(host, 993)?, &[])?;
        let mut pair = Self {
            stack,
            server,
            to_client: Vec::new(),
            plain: BytesMut::new(),
            wire: BytesMut::new(),
            step,
            max: 4096,
        };
        while pair.stack.is_handshaking() {
            pair.flush_client();
            pair.pump()?;
        }
        pair.flush_client();
        pair.pump()?;
        assert!(!pair.server.is_handshaking(), "the server never finished");
        Ok(pair)
    }

    /// Moves what the client has to say into the server.
    pub(crate) fn flush_client(&mut self) {
        let mut out = BytesMut::new();
        self.stack.pending_transmit(&mut out);
        self.feed_server(&out);
    }

    pub(crate) fn feed_server(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            self.server.read_tls(&mut bytes).unwrap();
            self.server.process_new_packets().ok();
        }
    }

    /// Moves what the server has to say into the client, `step` bytes at a time.
    pub(crate) fn pump(&mut self) -> Result<(), Error> {
        while self.server.wants_write() {
            self.server.write_tls(&mut self.to_client).unwrap();
        }
        let bytes = core::mem::take(&mut self.to_client);
        for piece in bytes.chunks(self.step) {
            self.wire.extend_from_slice(piece);
            loop {
                let got = self.stack.receive(&mut self.wire, &mut self.plain, self.max)?;
                assert!(got.plain <= self.max);
                if got.closed || !got.more {
                    break;
                }
            }
            assert!(self.wire.is_empty());
        }
        Ok(())
    }

    pub(crate) fn server_says(&mut self, text: &[u8]) -> Result<(), Error> {
        for part in text.chunks(8192) {
            self.server.writer().write_all(part).unwrap();
            self.pump()?;
        }
        Ok(())
    }

    pub(crate) fn client_says(&mut self, text: &[u8]) -> Vec<u8> {
        let (mut plain, mut wire) = (BytesMut::from(text), BytesMut::new());
        self.stack.send(&mut plain, &mut wire).unwrap();
        assert!(plain.is_empty());
        let mut heard = Vec::new();
        for piece in wire.chunks(4096) {
            self.feed_server(piece);
            let mut part = vec![0; 1 << 16];
            while let Ok(len @ 1..) = self.server.reader().read(&mut part) {
                heard.extend_from_slice(&part[..len]);
            }
        }
        heard
    }
}
