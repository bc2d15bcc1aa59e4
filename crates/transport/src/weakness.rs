//! What about a connection is weaker than a build without the fallback would accept, by name.
//!
//! Separate because it is said in three places: in the refusal of such a certificate, in the [`Facts`](crate::Facts) of a
//! connection that was permitted all the same, and, from there, in the warnings of front ends. RFC 8996 (TLS 1.0 and 1.1),
//! RFC 7465 (RC4), RFC 9155 (MD5 and SHA-1 signatures), RFC 9325 §4 (suites without forward secrecy, 2048-bit keys).

use core::fmt;

use rustls::pki_types::CertificateDer;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::asn1::{ObjectIdentifier, UintRef};
use x509_cert::der::{Decode, Reader, SliceReader};

use crate::facts::TlsVersion;
use crate::suite::Suite;

/// RSA and Diffie-Hellman keys below this are weak.
pub(crate) const MIN_BITS: usize = 2048;

/// Something weaker than is allowed without [`secure_fallback`](crate::TlsConfigBuilder::secure_fallback).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Weakness {
    /// TLS 1.0 or 1.1.
    Version(TlsVersion),
    /// A cipher that is broken (RC4, 3DES) or needs care that old code lacks (CBC).
    Cipher(&'static str),
    /// MD5 or SHA-1 as the hash of the suite.
    Hash(&'static str),
    /// The key exchange gives no forward secrecy: who steals the server's key can read what was recorded.
    KeyExchange(&'static str),
    /// A Diffie-Hellman group of so many bits.
    Group(usize),
    /// A certificate of the chain is signed with a hash that can be forged.
    Signature(&'static str),
    /// A certificate of the chain has an RSA key of so many bits.
    Key(usize),
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => version.fmt(f),
            Self::Cipher(name) => write!(f, "the cipher {name}"),
            Self::Hash(name) => write!(f, "the hash {name}"),
            Self::KeyExchange(name) => write!(f, "key exchange by {name}"),
            Self::Group(bits) => write!(f, "a Diffie-Hellman group of {bits} bits"),
            Self::Signature(hash) => write!(f, "a certificate signed with {hash}"),
            Self::Key(bits) => write!(f, "an RSA key of {bits} bits"),
        }
    }
}

/// What is weak about a version and a suite.
pub(crate) fn of_connection(version: TlsVersion, suite: &Suite) -> Vec<Weakness> {
    let mut found = Vec::new();
    if version < TlsVersion::V1_2 {
        found.push(Weakness::Version(version));
    }
    if !suite.aead {
        found.push(Weakness::Cipher(suite.cipher));
    }
    if matches!(suite.hash, "MD5" | "SHA-1") {
        found.push(Weakness::Hash(suite.hash));
    }
    if let Some(exchange @ "RSA") = suite.key_exchange {
        found.push(Weakness::KeyExchange(exchange));
    }
    found
}

/// What is weak about the certificates a server showed, its own first.
pub(crate) fn of_chain(chain: &[CertificateDer<'_>]) -> Vec<Weakness> {
    let mut found = Vec::new();
    for der in chain {
        let Ok(certificate) = CertificateInner::<Raw>::from_der(der) else { continue };
        let body = certificate.tbs_certificate();
        // Nobody relies on the signature of a certificate that vouches for itself.
        let hash = forgeable_hash(certificate.signature_algorithm().oid).filter(|_| body.subject() != body.issuer());
        found.extend(hash.map(Weakness::Signature));
        let key = body.subject_public_key_info();
        let bits = rsa_bits(key.algorithm.oid, key.subject_public_key.as_bytes().unwrap_or_default());
        found.extend(bits.filter(|bits| *bits < MIN_BITS).map(Weakness::Key));
    }
    found.dedup();
    found
}

/// RFC 3279 §2.2, RFC 8017 §A.2.4, and what the OIW called sha1WithRSASignature.
fn forgeable_hash(algorithm: ObjectIdentifier) -> Option<&'static str> {
    const KNOWN: [(ObjectIdentifier, &str); 7] = [
        (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.2"), "MD2"),
        (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.3"), "MD4"),
        (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"), "MD5"),
        (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"), "SHA-1"),
        (ObjectIdentifier::new_unwrap("1.3.14.3.2.29"), "SHA-1"),
        (ObjectIdentifier::new_unwrap("1.2.840.10040.4.3"), "SHA-1"),
        (ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"), "SHA-1"),
    ];
    KNOWN.iter().find(|(oid, _)| *oid == algorithm).map(|(_, hash)| *hash)
}

/// RFC 8017 §A.1.1: `SEQUENCE { modulus INTEGER, publicExponent INTEGER }`.
fn rsa_bits(algorithm: ObjectIdentifier, key: &[u8]) -> Option<usize> {
    const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
    if algorithm != RSA {
        return None;
    }
    let read = |reader: &mut SliceReader<'_>| -> Result<usize, x509_cert::der::Error> {
        reader.sequence(|reader| {
            let modulus = UintRef::decode(reader)?;
            let _exponent = UintRef::decode(reader)?;
            let top = modulus.as_bytes().first().map_or(8, |byte| byte.leading_zeros());
            let bits = modulus.as_bytes().len().saturating_mul(8);
            Ok(bits.saturating_sub(usize::try_from(top).unwrap_or(0)))
        })
    };
    read(&mut SliceReader::new(key).ok()?).ok()
}
