//! Reads a leaf certificate for people: subject, issuer, dates, names, fingerprints.
//!
//! Trust is decided elsewhere (`trust.rs`, by webpki or the platform); this module only describes, leniently, so that a refused
//! or an exempted certificate can still be shown. All text is hostile: control characters are replaced, length is capped.
//! RFC 5280 §4.1; RFC 4514 (names as text); RFC 5929 §4.1 (`tls-server-end-point`). Keys and signatures are named in
//! `certificate/algorithm.rs`.

mod algorithm;

use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;
use core::time::Duration;

use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{DateTime, Decode, Encode};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// Longest distinguished name kept, in characters.
const MAX_NAME: usize = 512;
/// Most subjectAltName entries kept.
const MAX_NAMES: usize = 1024;

/// What a certificate says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// Subject as RFC 4514 text (`CN=imap.example.org,O=Example`); may be empty.
    pub subject: String,
    /// Issuer as RFC 4514 text.
    pub issuer: String,
    /// Start of validity, seconds since 1970-01-01 UTC.
    pub not_before: u64,
    /// End of validity, seconds since 1970-01-01 UTC.
    pub not_after: u64,
    /// DNS names and IP addresses of the subjectAltName, in its order.
    pub names: Vec<String>,
    /// SHA-256 of the whole certificate (DER).
    pub fingerprint: Digest,
    /// SHA-256 of the subjectPublicKeyInfo (DER): what pins are made of.
    pub key: Digest,
    /// Subject and issuer are the same name.
    pub self_issued: bool,
    /// What kind of key it is: `RSA`, `ECDSA P-256`, `Ed25519`; the dotted identifier of others.
    pub key_kind: String,
    /// Its length in bits, where that can be told.
    pub key_bits: Option<u32>,
    /// How its issuer signed it, by the name of RFC 5280's family: `sha256WithRSAEncryption`, `ecdsa-with-SHA384`; the dotted
    /// identifier of others.
    pub signature: String,
}

impl Certificate {
    /// Reads one certificate (DER), such as those of [`Facts::chain`](crate::Facts::chain); `None` where it is beyond reading.
    pub fn read(der: &[u8]) -> Option<Self> {
        let parsed = CertificateInner::<Raw>::from_der(der).ok()?;
        let body = parsed.tbs_certificate();
        let names = match body.get_extension::<SubjectAltName>() {
            Ok(Some((_, SubjectAltName(names)))) => names.iter().take(MAX_NAMES).filter_map(host_name).collect(),
            _ => Vec::new(),
        };
        Some(Self {
            subject: printable(&body.subject().to_string()),
            issuer: printable(&body.issuer().to_string()),
            not_before: body.validity().not_before.to_unix_duration().as_secs(),
            not_after: body.validity().not_after.to_unix_duration().as_secs(),
            names,
            fingerprint: Digest::of(der),
            key: Digest::of(&body.subject_public_key_info().to_der().ok()?),
            self_issued: body.subject() == body.issuer(),
            key_kind: algorithm::key_kind(body.subject_public_key_info()),
            key_bits: algorithm::key_bits(body.subject_public_key_info()),
            signature: algorithm::signature(parsed.signature_algorithm().oid),
        })
    }
}

fn host_name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(printable(name.as_str())),
        GeneralName::IpAddress(octets) => {
            let octets = octets.as_bytes();
            let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

/// One line, bounded, no control or direction-changing characters: certificate text ends up on terminals (T031).
pub(crate) fn printable(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().take(MAX_NAME).map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// `2026-01-31T12:00:00Z`
pub(crate) fn utc(seconds: u64) -> String {
    match DateTime::from_unix_duration(Duration::from_secs(seconds)) {
        Ok(time) => time.to_string(),
        Err(_) => format!("{seconds} seconds after 1970"),
    }
}

/// The public key of a certificate, with its algorithm; `None` where the DER is beyond reading.
pub(crate) fn public_key(der: &CertificateDer<'_>) -> Option<SubjectPublicKeyInfoDer<'static>> {
    let parsed = CertificateInner::<Raw>::from_der(der).ok()?;
    Some(parsed.tbs_certificate().subject_public_key_info().to_der().ok()?.into())
}

/// The `tls-server-end-point` channel binding: the certificate hashed with the hash of its own signature, SHA-256 in place of
/// MD5 and SHA-1 (RFC 5929 §4.1). `None` where that hash is undefined or not plain to see (`EdDSA`, RSASSA-PSS).
pub(crate) fn end_point(der: &CertificateDer<'_>) -> Option<Vec<u8>> {
    const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1");
    const ECDSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3");
    const ECDSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");
    let rsa = |last| RSA.push_arc(last).ok();
    let ecdsa = |last| ECDSA.push_arc(last).ok();

    let parsed = CertificateInner::<Raw>::from_der(der).ok()?;
    let algorithm = Some(parsed.signature_algorithm().oid);
    if algorithm == Some(ECDSA_SHA1) || [rsa(4), rsa(5), rsa(11), ecdsa(2)].contains(&algorithm) {
        Some(Sha256::digest(der).to_vec())
    } else if [rsa(12), ecdsa(3)].contains(&algorithm) {
        Some(Sha384::digest(der).to_vec())
    } else if [rsa(13), ecdsa(4)].contains(&algorithm) {
        Some(Sha512::digest(der).to_vec())
    } else {
        None
    }
}

/// A SHA-256 value. Shown as 64 lower-case hex digits; parsed from the same, in any case, with or without colons.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The SHA-256 of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl FromStr for Digest {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || crate::Error::Config(String::from("a SHA-256 pin is 64 hex digits"));
        let mut digits = text.chars().filter(|c| *c != ':').map(|c| c.to_digit(16));
        let mut digit = || digits.next().flatten().and_then(|digit| u8::try_from(digit).ok());
        let mut bytes = [0; 32];
        for byte in &mut bytes {
            let (high, low) = digit().zip(digit()).ok_or_else(wrong)?;
            *byte = (high << 4) | low;
        }
        if digits.next().is_some() { Err(wrong()) } else { Ok(Self(bytes)) }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_round_trip_and_refuse_the_rest() {
        let digest = Digest::of(b"abc");
        let text = digest.to_string();
        assert_eq!(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(text.to_uppercase().parse::<Digest>().unwrap(), digest);
        let pairs: Vec<&str> = (0..32).map(|at| &text[at * 2..at * 2 + 2]).collect();
        assert_eq!(pairs.join(":").parse::<Digest>().unwrap(), digest);
        for wrong in ["", "ba78", "zz", &format!("{text}0"), &text[1..], &format!("{text}é")] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn dates_are_utc() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(1_709_210_096), "2024-02-29T12:34:56Z");
        assert_eq!(utc(u64::MAX), "18446744073709551615 seconds after 1970");
    }

    #[test]
    fn hostile_text_is_made_plain() {
        assert_eq!(printable("a\r\nb\u{1b}[31m\u{202e}c"), "a\u{fffd}\u{fffd}b\u{fffd}[31m\u{fffd}c");
        assert_eq!(printable(&"x".repeat(10_000)).len(), MAX_NAME);
    }
}
