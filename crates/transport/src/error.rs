//! What can go wrong between two byte streams, by name.
//!
//! One enum for the layer, apart from the code that raises it, so that front ends match on [`ErrorKind`] and people read the
//! `Display`: one lower-case line that says what the peer showed and what was expected. Text from a certificate is hostile
//! input; it is stripped of control characters and cut before it gets here (T031).
//!
//! Every error is final: the [`Stack`](crate::Stack) that returned it returns it again.

use core::fmt;

use crate::certificate::{Certificate, Digest, utc};
use crate::protocol::Protocol;
use crate::weakness::Weakness;

/// Why a byte layer failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The server's certificate was refused.
    Certificate(Box<CertificateError>),
    /// The peer speaks no TLS version or suite that the configuration allows (T048).
    ProtocolVersion {
        /// The alert by which it said so, unless that was `protocol_version`.
        told: Option<String>,
        /// Old versions and suites were permitted already (`secure_fallback`).
        fallback: bool,
    },
    /// The peer answered a TLS hello with clear text: wrong port, or a server that says OK to STARTTLS and does not mean it
    /// (T026, T039).
    PlainTextPeer(Protocol),
    /// The peer ended the connection with a fatal TLS alert; its RFC 8446 name.
    Alert(String),
    /// The byte stream ended without TLS `close_notify`; what was read may be cut short (T049).
    Truncated {
        /// It ended before the handshake was complete.
        handshake: bool,
    },
    /// Bytes stood behind the reply that starts a layer; they may be an attacker's (T010).
    BytesBehind {
        /// How many.
        count: usize,
    },
    /// The peer broke the TLS protocol, or the handshake failed for the reason given.
    Tls(String),
    /// The compressed stream is corrupt.
    Inflate(&'static str),
    /// The compressed stream expands beyond `max_ratio` for a sustained time (T094).
    InflateRatio {
        /// The limit that was passed: bytes out per byte in.
        limit: u32,
    },
    /// The configuration cannot be used: no roots, a PEM text that does not parse, a host that is no name.
    Config(String),
    /// The client certificate's file is encrypted.
    Password {
        /// A password was given, and it is the wrong one.
        wrong: bool,
    },
    /// The configuration asks for what this build was made without (the feature `legacy-tls`).
    NotSupported(&'static str),
    /// The caller called out of order; nothing was sent.
    Misuse(&'static str),
}

/// The name of an [`Error`], for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A certificate's end date has passed.
    Expired,
    /// A certificate's start date lies ahead.
    NotYetValid,
    /// The certificate names other hosts.
    WrongHost,
    /// The chain does not end at a trusted root.
    UnknownIssuer,
    /// The certificate is its own issuer, and not trusted.
    SelfSigned,
    /// The issuer has revoked the certificate.
    Revoked,
    /// The key is not the pinned one.
    PinMismatch,
    /// A signature or a key of the certificate's chain is too weak.
    WeakCertificate,
    /// The certificate cannot be used for another reason.
    BadCertificate,
    /// No common TLS version.
    ProtocolVersion,
    /// The peer does not speak TLS here.
    PlainTextPeer,
    /// The peer sent a fatal alert.
    Alert,
    /// The stream ended without `close_notify`.
    Truncated,
    /// Bytes behind the reply that starts a layer.
    BytesBehind,
    /// The peer broke the TLS protocol.
    Tls,
    /// The compressed stream is corrupt.
    Inflate,
    /// The compressed stream is a bomb.
    InflateRatio,
    /// The configuration cannot be used.
    Config,
    /// A password is needed, or wrong.
    Password,
    /// The configuration asks for what this build was made without.
    NotSupported,
    /// The caller called out of order.
    Misuse,
}

impl Error {
    /// The name of this error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Certificate(error) => error.problem.kind(),
            Self::ProtocolVersion { .. } => ErrorKind::ProtocolVersion,
            Self::PlainTextPeer(_) => ErrorKind::PlainTextPeer,
            Self::Alert(_) => ErrorKind::Alert,
            Self::Truncated { .. } => ErrorKind::Truncated,
            Self::BytesBehind { .. } => ErrorKind::BytesBehind,
            Self::Tls(_) => ErrorKind::Tls,
            Self::Inflate(_) => ErrorKind::Inflate,
            Self::InflateRatio { .. } => ErrorKind::InflateRatio,
            Self::Config(_) => ErrorKind::Config,
            Self::Password { .. } => ErrorKind::Password,
            Self::NotSupported(_) => ErrorKind::NotSupported,
            Self::Misuse(_) => ErrorKind::Misuse,
        }
    }

    /// What is wrong with the certificate, if that is the error.
    pub fn certificate(&self) -> Option<&CertificateError> {
        match self {
            Self::Certificate(error) => Some(error),
            _ => None,
        }
    }

    /// Would [`secure_fallback`](crate::TlsConfigBuilder::secure_fallback), which was off, perhaps have let this server pass?
    pub fn needs_fallback(&self) -> bool {
        match self {
            Self::ProtocolVersion { fallback, .. } => !fallback,
            Self::Certificate(error) => matches!(error.problem, CertificateProblem::Weak(_)),
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(error) => error.fmt(f),
            Self::ProtocolVersion { told, fallback } => {
                f.write_str("the server offers no TLS version or cipher suite that is allowed here")?;
                if let Some(alert) = told {
                    write!(f, " (alert {alert})")?;
                }
                if *fallback { Ok(()) } else { f.write_str("; secure_fallback permits old ones") }
            }
            Self::PlainTextPeer(Protocol::Unknown) => f.write_str("the server does not speak TLS on this port"),
            Self::PlainTextPeer(protocol) => {
                write!(f, "the server does not speak TLS on this port, it answered in clear-text {protocol}")
            }
            Self::Alert(name) => write!(f, "the server ended the TLS connection with the alert {name}"),
            Self::Truncated { handshake: true } => f.write_str("the connection ended during the TLS handshake"),
            Self::Truncated { handshake: false } => f.write_str("the connection ended without a TLS close_notify"),
            Self::BytesBehind { count } => {
                write!(f, "the server sent {count} bytes behind the reply that changes the layer")
            }
            Self::Tls(reason) => write!(f, "TLS failed: {reason}"),
            Self::Inflate(reason) => write!(f, "the compressed stream is corrupt: {reason}"),
            Self::InflateRatio { limit } => {
                write!(f, "the compressed stream expands more than {limit} times (limit max_ratio)")
            }
            Self::Config(reason) => write!(f, "TLS configuration: {reason}"),
            Self::Password { wrong: true } => f.write_str("the password of the client certificate is wrong"),
            Self::Password { wrong: false } => {
                f.write_str("the client certificate is encrypted and needs its password")
            }
            Self::NotSupported(what) => {
                write!(f, "TLS configuration: not supported in this build, which lacks legacy-tls: {what}")
            }
            Self::Misuse(reason) => f.write_str(reason),
        }
    }
}

impl core::error::Error for Error {}

/// A refused (or, for a trusted site, a passed but faulty) server certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateError {
    /// The name that was asked for.
    pub host: String,
    /// What is wrong.
    pub problem: CertificateProblem,
    /// The certificate itself, where it could be read.
    pub leaf: Option<Box<Certificate>>,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// Its end date (seconds since 1970, UTC) has passed.
    Expired {
        /// The end date.
        not_after: u64,
    },
    /// Its start date (seconds since 1970, UTC) lies ahead.
    NotYetValid {
        /// The start date.
        not_before: u64,
    },
    /// It is for other hosts: the DNS names and addresses of its subjectAltName. The common name never counts (RFC 9525 §6.3).
    WrongHost {
        /// The names found.
        found: Vec<String>,
    },
    /// Its issuer is not trusted.
    UnknownIssuer {
        /// The issuer's distinguished name.
        issuer: String,
    },
    /// It is signed by its own key.
    SelfSigned,
    /// Its issuer has revoked it.
    Revoked,
    /// Its key is not the pinned one (T047).
    PinMismatch {
        /// SHA-256 of the keys that were pinned for this host and port.
        expected: Vec<Digest>,
        /// SHA-256 of the key the server has.
        found: Digest,
    },
    /// A signature or a key in its chain is too weak.
    Weak(Weakness),
    /// Anything else: bad encoding, wrong purpose, wrong signature.
    Invalid(String),
}

impl CertificateProblem {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Expired { .. } => ErrorKind::Expired,
            Self::NotYetValid { .. } => ErrorKind::NotYetValid,
            Self::WrongHost { .. } => ErrorKind::WrongHost,
            Self::UnknownIssuer { .. } => ErrorKind::UnknownIssuer,
            Self::SelfSigned => ErrorKind::SelfSigned,
            Self::Revoked => ErrorKind::Revoked,
            Self::PinMismatch { .. } => ErrorKind::PinMismatch,
            Self::Weak(_) => ErrorKind::WeakCertificate,
            Self::Invalid(_) => ErrorKind::BadCertificate,
        }
    }

    /// The number that the component's `certificate_status` shows.
    pub fn status(&self) -> CertificateStatus {
        match self {
            Self::Expired { .. } | Self::NotYetValid { .. } => CertificateStatus::Expired,
            Self::WrongHost { .. } => CertificateStatus::NoMatch,
            Self::UnknownIssuer { .. } | Self::SelfSigned | Self::PinMismatch { .. } => CertificateStatus::Untrusted,
            Self::Revoked => CertificateStatus::Revoked,
            Self::Weak(_) | Self::Invalid(_) => CertificateStatus::Invalid,
        }
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match &self.problem {
            CertificateProblem::Expired { not_after } => {
                write!(f, "the certificate of {host} expired on {}", utc(*not_after))
            }
            CertificateProblem::NotYetValid { not_before } => {
                write!(f, "the certificate of {host} is not valid before {}", utc(*not_before))
            }
            CertificateProblem::WrongHost { found } => {
                write!(f, "the certificate is not for {host}, it names ")?;
                write_names(f, found)
            }
            CertificateProblem::UnknownIssuer { issuer } => {
                write!(f, "the certificate of {host} is issued by an unknown authority ({issuer})")
            }
            CertificateProblem::SelfSigned => write!(f, "the certificate of {host} is self-signed and not trusted"),
            CertificateProblem::Revoked => write!(f, "the certificate of {host} is revoked"),
            CertificateProblem::PinMismatch { expected, found } => {
                write!(f, "the key of {host} has changed: sha256 {found}, pinned ")?;
                expected.iter().enumerate().try_for_each(|(at, pin)| match at {
                    0 => pin.fmt(f),
                    _ => write!(f, " or {pin}"),
                })
            }
            CertificateProblem::Weak(weakness) => {
                write!(f, "the certificate of {host} is too weak ({weakness}); secure_fallback permits it")
            }
            CertificateProblem::Invalid(reason) => write!(f, "the certificate of {host} is not acceptable: {reason}"),
        }
    }
}

impl core::error::Error for CertificateError {}

/// Shared hosting puts hundreds of names into one certificate; the first few tell the story.
fn write_names(f: &mut fmt::Formatter<'_>, names: &[String]) -> fmt::Result {
    const SHOWN: usize = 8;
    if names.is_empty() {
        return f.write_str("no host");
    }
    for (at, name) in names.iter().take(SHOWN).enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        write!(f, "{comma}{name}")?;
    }
    match names.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

/// What the peer's certificate is worth, as the component's `certificate_status` property counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CertificateStatus {
    /// No certificate: the connection is not secure.
    None = 0,
    /// Valid for this host.
    Valid = 1,
    /// For another host.
    NoMatch = 2,
    /// Expired, or not valid yet.
    Expired = 3,
    /// Revoked by its issuer.
    Revoked = 4,
    /// Self-signed or from an unknown authority.
    Untrusted = 5,
    /// Unusable for another reason.
    Invalid = 6,
}
