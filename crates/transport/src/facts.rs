//! What a finished handshake agreed on, as plain values for properties, logs and policies.
//!
//! Made once, when the handshake ends, and only there: to hold a [`Facts`] is to hold the proof that TLS is up (protocol.md
//! calls for such a type, the net-imap lesson of "STARTTLS said OK but there is no TLS").

use core::fmt;

use rustls::pki_types::CertificateDer;

use crate::certificate::{Certificate, end_point};
use crate::error::{CertificateError, CertificateStatus};
use crate::suite::Suite;
use crate::trust::Verdict;
use crate::weakness::{self, Weakness};

/// A TLS protocol version. SSL is out altogether (RFC 7568).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.0, RFC 2246: only with the fallback (RFC 8996).
    V1_0,
    /// TLS 1.1, RFC 4346: only with the fallback (RFC 8996).
    V1_1,
    /// TLS 1.2, RFC 5246.
    V1_2,
    /// TLS 1.3, RFC 8446.
    V1_3,
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_0 => "TLS 1.0",
            Self::V1_1 => "TLS 1.1",
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
    /// The hash of the suite: `SHA-384`; with old ciphers that of their MAC, `SHA-1`.
    pub hash: &'static str,
    /// Its length in bits.
    pub hash_bits: u16,
    /// The key-exchange group, `X25519`, or the way where it has no name: `DHE`, `RSA`.
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
    /// What only [`secure_fallback`](crate::TlsConfigBuilder::secure_fallback) permits, and this server made use of; a pin or a
    /// trusted site also lets weak certificates pass. Front ends warn of each.
    pub weaknesses: Vec<Weakness>,
}

/// What a TLS library says of a finished handshake.
#[derive(Debug)]
pub(crate) struct Agreed {
    pub(crate) version: TlsVersion,
    pub(crate) suite: Suite,
    pub(crate) key_exchange: &'static str,
    pub(crate) alpn: Option<Vec<u8>>,
    /// As the server sent it, its own certificate first.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    /// Bits of a Diffie-Hellman group that is too small.
    pub(crate) weak_group: Option<usize>,
}

impl Facts {
    /// Puts together what was agreed and what became of the certificate; `None` if there was none.
    pub(crate) fn new(agreed: Agreed, host: String, verdict: &Verdict) -> Option<Self> {
        let Agreed { version, suite, key_exchange, alpn, chain, weak_group } = agreed;
        let leaf = chain.first()?;
        let mut weaknesses = weakness::of_connection(version, &suite);
        weaknesses.extend(weak_group.map(Weakness::Group));
        weaknesses.extend(weakness::of_chain(&chain));
        let problem = verdict.problem.as_deref();
        Some(Self {
            host,
            version,
            suite: suite.name,
            cipher: suite.cipher,
            cipher_bits: suite.cipher_bits,
            hash: suite.hash,
            hash_bits: suite.hash_bits,
            key_exchange,
            alpn,
            certificate: Certificate::read(leaf),
            status: problem.map_or(CertificateStatus::Valid, |error| error.problem.status()),
            problem: problem.cloned(),
            pinned: verdict.pinned,
            end_point: end_point(leaf),
            weaknesses,
            chain: chain.iter().map(|der| der.to_vec()).collect(),
        })
    }
}
