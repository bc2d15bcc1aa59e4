//! Names of public keys and signatures, and how long keys are.
//!
//! Separate from reading certificates because it is a table. Nothing is decided here: a weak signature is refused by whoever judges
//! the chain. RFC 3279, RFC 4055, RFC 5480, RFC 8410, RFC 5758.

use x509_cert::der::asn1::{ObjectIdentifier, UintRef};
use x509_cert::der::{Decode as _, Reader as _, SliceReader};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// Signatures by their identifiers.
const SIGNATURES: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.10040.4.3", "dsa-with-SHA1"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
];
/// Curves by their identifiers.
const CURVES: &[(&str, &str, u32)] = &[
    ("1.2.840.10045.3.1.7", "ECDSA P-256", 256),
    ("1.3.132.0.34", "ECDSA P-384", 384),
    ("1.3.132.0.35", "ECDSA P-521", 521),
];
/// Keys that need no parameters.
const KEYS: &[(&str, &str, Option<u32>)] = &[
    (RSA, "RSA", None),
    ("1.2.840.113549.1.1.10", "RSA", None),
    ("1.2.840.10040.4.1", "DSA", None),
    ("1.3.101.112", "Ed25519", Some(256)),
    ("1.3.101.113", "Ed448", Some(456)),
];
const RSA: &str = "1.2.840.113549.1.1.1";

/// How a certificate is signed.
pub(super) fn signature(oid: ObjectIdentifier) -> String {
    let text = oid.to_string();
    SIGNATURES.iter().find(|(known, _)| *known == text).map_or(text, |(_, name)| String::from(*name))
}

/// What kind of key it is.
pub(super) fn key_kind(key: &SubjectPublicKeyInfoOwned) -> String {
    if let Some((_, name, _)) = curve(key) {
        return String::from(*name);
    }
    let text = key.algorithm.oid.to_string();
    KEYS.iter().find(|(known, ..)| *known == text).map_or(text, |(_, name, _)| String::from(*name))
}

/// How long it is.
pub(super) fn key_bits(key: &SubjectPublicKeyInfoOwned) -> Option<u32> {
    if let Some((.., bits)) = curve(key) {
        return Some(*bits);
    }
    let text = key.algorithm.oid.to_string();
    match KEYS.iter().find(|(known, ..)| *known == text)? {
        (_, "RSA", _) => modulus_bits(key.subject_public_key.as_bytes()?),
        (.., bits) => *bits,
    }
}

fn curve(key: &SubjectPublicKeyInfoOwned) -> Option<&'static (&'static str, &'static str, u32)> {
    let named: ObjectIdentifier = key.algorithm.parameters.as_ref()?.decode_as().ok()?;
    let text = named.to_string();
    CURVES.iter().find(|(known, ..)| *known == text)
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }`
fn modulus_bits(der: &[u8]) -> Option<u32> {
    let mut reader = SliceReader::new(der).ok()?;
    let modulus = reader.sequence(|inner| {
        let modulus = UintRef::decode(inner)?;
        UintRef::decode(inner)?;
        Ok::<_, x509_cert::der::Error>(modulus)
    });
    let bytes = modulus.ok()?.as_bytes();
    let unused = bytes.first()?.leading_zeros();
    u32::try_from(bytes.len()).ok()?.checked_mul(8)?.checked_sub(unused)
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    use crate::Certificate;

    /// Made by `openssl req -x509 -newkey …`, one for each kind of key.
    const PEMS: &str = include_str!("keys.pem");

    #[test]
    fn keys_and_signatures_have_names_and_lengths() {
        let read = |der: &CertificateDer<'_>| {
            let read = Certificate::read(der).unwrap();
            (read.key_kind, read.key_bits.unwrap(), read.signature)
        };
        let all: Vec<_> = CertificateDer::pem_slice_iter(PEMS.as_bytes()).map(|der| read(&der.unwrap())).collect();
        let wanted = [
            ("RSA", 2048, "sha256WithRSAEncryption"),
            ("RSA", 1024, "sha1WithRSAEncryption"),
            ("ECDSA P-256", 256, "ecdsa-with-SHA256"),
            ("ECDSA P-384", 384, "ecdsa-with-SHA384"),
            ("Ed25519", 256, "Ed25519"),
        ];
        let wanted: Vec<_> = wanted.iter().map(|(kind, bits, name)| ((*kind).into(), *bits, (*name).into())).collect();
        assert_eq!(all, wanted);
    }
}
