//! What a finished handshake agreed on, as plain values for properties, logs and policies.
//!
//! Made once, when the handshake ends, and only there: to hold a [`Facts`] is to hold the proof that TLS is up (protocol.md
//! calls for such a type, the net-imap lesson of "STARTTLS said OK but there is no TLS").

use core::fmt;

use rustls::client::ClientConnection;
use rustls::{CipherSuite, ProtocolVersion};

use crate::certificate::{Certificate, end_point};
use crate::error::{CertificateError, CertificateStatus};
use crate::trust::Verdict;

/// A TLS protocol version. Older ones are out (RFC 8996, RFC 8997).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2, RFC 5246.
    V1_2,
    /// TLS 1.3, RFC 8446.
    V1_3,
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_2 => "TLS 1.2",
            Self::V1_3 => "TLS 1.3",
        })
    }
}

/// What was negotiated, and with whom.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Facts {
    /// The name the certificate was checked against.
    pub host: String,
    /// The protocol version in use.
    pub version: TlsVersion,
    /// The cipher suite by its IANA name, `TLS_AES_256_GCM_SHA384`.
    pub suite: &'static str,
    /// The cipher alone: `AES-256-GCM`.
    pub cipher: &'static str,
    /// Its key length in bits.
    pub cipher_bits: u16,
    /// The hash of the suite: `SHA-384`.
    pub hash: &'static str,
    /// Its length in bits.
    pub hash_bits: u16,
    /// The key-exchange group: `X25519`.
    pub key_exchange: &'static str,
    /// The application protocol chosen (ALPN), if any was offered and taken.
    pub alpn: Option<Vec<u8>>,
    /// The certificates the server sent, DER, its own first.
    pub chain: Vec<Vec<u8>>,
    /// The server's own certificate, where it could be read.
    pub certificate: Option<Certificate>,
    /// What the certificate is worth, whatever was done about it.
    pub status: CertificateStatus,
    /// What is wrong with a certificate that a pin or a trusted site let pass.
    pub problem: Option<CertificateError>,
    /// The server was accepted for its pinned key.
    pub pinned: bool,
    /// The `tls-server-end-point` channel binding (RFC 5929), where it is defined for this certificate.
    pub end_point: Option<Vec<u8>>,
}

impl Facts {
    /// Reads a connection whose handshake has just ended; `None` if it has not.
    pub(crate) fn of(conn: &ClientConnection, host: String, verdict: Option<&Verdict>) -> Option<Self> {
        let version = match conn.protocol_version()? {
            ProtocolVersion::TLSv1_2 => TlsVersion::V1_2,
            ProtocolVersion::TLSv1_3 => TlsVersion::V1_3,
            _ => return None,
        };
        let suite = conn.negotiated_cipher_suite()?;
        let (name, cipher, cipher_bits, hash, hash_bits) = describe(suite.suite());
        let leaf = conn.peer_certificates()?.first()?;
        let problem = verdict.and_then(|verdict| verdict.problem.as_deref());
        Some(Self {
            host,
            version,
            suite: name,
            cipher,
            cipher_bits,
            hash,
            hash_bits,
            key_exchange: conn
                .negotiated_key_exchange_group()
                .and_then(|group| group.name().as_str())
                .unwrap_or("unknown"),
            alpn: conn.alpn_protocol().map(<[u8]>::to_vec),
            chain: conn.peer_certificates()?.iter().map(|der| der.to_vec()).collect(),
            certificate: Certificate::read(leaf),
            status: problem.map_or(CertificateStatus::Valid, |error| error.problem.status()),
            problem: problem.cloned(),
            pinned: verdict.is_some_and(|verdict| verdict.pinned),
            end_point: end_point(leaf),
        })
    }
}

type Suite = (&'static str, &'static str, u16, &'static str, u16);

/// The suites that rustls can negotiate; it has no accessor for the parts of a name.
fn describe(suite: CipherSuite) -> Suite {
    const AES_128: (&str, u16) = ("AES-128-GCM", 128);
    const AES_256: (&str, u16) = ("AES-256-GCM", 256);
    const CHACHA: (&str, u16) = ("ChaCha20-Poly1305", 256);
    const SHA_256: (&str, u16) = ("SHA-256", 256);
    const SHA_384: (&str, u16) = ("SHA-384", 384);
    let (name, cipher, hash) = match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => ("TLS_AES_128_GCM_SHA256", AES_128, SHA_256),
        CipherSuite::TLS13_AES_256_GCM_SHA384 => ("TLS_AES_256_GCM_SHA384", AES_256, SHA_384),
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => ("TLS_CHACHA20_POLY1305_SHA256", CHACHA, SHA_256),
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => {
            ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", AES_128, SHA_256)
        }
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => {
            ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", AES_128, SHA_256)
        }
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => {
            ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", AES_256, SHA_384)
        }
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => {
            ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", AES_256, SHA_384)
        }
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => {
            ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", CHACHA, SHA_256)
        }
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => {
            ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", CHACHA, SHA_256)
        }
        other => (other.as_str().unwrap_or("unknown"), ("unknown", 0), ("unknown", 0)),
    };
    (name, cipher.0, cipher.1, hash.0, hash.1)
}
