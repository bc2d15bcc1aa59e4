//! Reads the client's certificate and key from a file's bytes: PEM, also with an encrypted key, or PKCS#12.
//!
//! Separate because files come in more ways than one and say little when they cannot be read: here each way to fail gets its
//! words. Which kind it is shows in the bytes, not in the name. RFC 7468 (PEM), RFC 5958 (PKCS#8), RFC 7292 (PKCS#12).
//!
//! Everything encrypted is decrypted by OpenSSL, because old files use what no kept Rust crate does (40-bit RC2), and is
//! therefore not supported without the feature `legacy-tls` (ADR 14). A password is used here and kept nowhere.

use core::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Error;

/// What a client shows when it is asked who it is.
#[derive(Clone)]
pub(crate) struct Identity {
    /// Its own certificate first.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: Arc<PrivateKeyDer<'static>>,
}

/// The key does not show.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificates", &self.chain.len()).finish_non_exhaustive()
    }
}

impl Identity {
    /// From a file of any of the kinds.
    ///
    /// # Errors
    /// [`Error::Config`]; [`Error::Password`]; [`Error::NotSupported`] for what this build cannot decrypt.
    pub(crate) fn read(bytes: &[u8], password: Option<&str>) -> Result<Self, Error> {
        match bytes {
            _ if contains(bytes, b"-----BEGIN ") => Self::from_pem(bytes, bytes, password),
            [0x30, ..] => decrypt::pkcs12(bytes, password),
            _ => Err(config("is neither PEM nor PKCS#12")),
        }
    }

    /// From PEM; the key may be in the same text.
    ///
    /// # Errors
    /// As [`Identity::read`].
    pub(crate) fn from_pem(chain: &[u8], key: &[u8], password: Option<&str>) -> Result<Self, Error> {
        let chain = certificates(&certificates_only(chain), "the client certificate")?;
        Ok(Self { chain, key: Arc::new(private_key(key, password)?) })
    }
}

/// The certificates of a PEM text; `what` begins the error.
pub(crate) fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(Error::Config(format!("{what} holds no PEM certificate"))),
        Ok(found) => Ok(found),
        Err(error) => Err(Error::Config(format!("{what} is not valid PEM: {error}"))),
    }
}

/// The text without its keys: those of old have header lines, which the reader of certificates does not take.
fn certificates_only(pem: &[u8]) -> Vec<u8> {
    let (mut kept, mut inside) = (Vec::new(), false);
    for line in pem.split_inclusive(|byte| *byte == b'\n') {
        inside |= line.starts_with(b"-----BEGIN CERTIFICATE");
        if inside {
            kept.extend_from_slice(line);
        }
        inside &= !line.starts_with(b"-----END ");
    }
    kept
}

fn private_key(pem: &[u8], password: Option<&str>) -> Result<PrivateKeyDer<'static>, Error> {
    // `ENCRYPTED PRIVATE KEY` (PKCS#8) or `Proc-Type: 4,ENCRYPTED` (RFC 1421, what OpenSSL wrote before).
    if contains(pem, b"ENCRYPTED") {
        return decrypt::pem_key(pem, password);
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        pem::Error::NoItemsFound => config("has no PEM private key"),
        error => Error::Config(format!("the client certificate's key is not valid PEM: {error}")),
    })
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

fn config(what: &str) -> Error {
    Error::Config(format!("the client certificate {what}"))
}

#[cfg(feature = "legacy-tls")]
mod decrypt {
    use std::sync::Arc;

    use openssl::error::ErrorStack;
    use openssl::pkcs12::Pkcs12;
    use openssl::pkey::{PKey, Private};
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

    use super::{Identity, config};
    use crate::error::Error;
    use crate::tls::load_providers;

    pub(super) fn pem_key(pem: &[u8], password: Option<&str>) -> Result<PrivateKeyDer<'static>, Error> {
        load_providers()?;
        let password = password.ok_or(Error::Password { wrong: false })?;
        let key = PKey::private_key_from_pem_passphrase(pem, password.as_bytes());
        // A damaged key looks the same: what comes out of the decryption is no key.
        pkcs8(&key.map_err(|_| Error::Password { wrong: true })?)
    }

    pub(super) fn pkcs12(bytes: &[u8], password: Option<&str>) -> Result<Identity, Error> {
        load_providers()?;
        let file = Pkcs12::from_der(bytes).map_err(|_| config("is neither PEM nor PKCS#12"))?;
        // A file without a password is one with an empty password (RFC 7292 §B.1).
        let parsed = file.parse2(password.unwrap_or_default()).map_err(|error| match password {
            _ if !is_mac_failure(&error) => config("cannot be decrypted: the file is damaged"),
            given => Error::Password { wrong: given.is_some() },
        })?;
        let key = parsed.pkey.ok_or_else(|| config("has no private key"))?;
        let own = parsed.cert.ok_or_else(|| config("has no certificate for its key"))?;
        let others = parsed.ca.iter().flatten();
        let der = |error: ErrorStack| config(&format!("cannot be used: {error}"));
        let mut chain = vec![CertificateDer::from(own.to_der().map_err(der)?)];
        for one in others {
            chain.push(CertificateDer::from(one.to_der().map_err(der)?));
        }
        Ok(Identity { chain, key: Arc::new(pkcs8(&key)?) })
    }

    /// `PKCS12_R_MAC_VERIFY_FAILURE`: what a wrong password comes to.
    fn is_mac_failure(error: &ErrorStack) -> bool {
        error.errors().iter().any(|error| error.reason_code() == 113)
    }

    fn pkcs8(key: &PKey<Private>) -> Result<PrivateKeyDer<'static>, Error> {
        let der = key.private_key_to_pkcs8().map_err(|error| config(&format!("has an unusable key: {error}")))?;
        Ok(PrivatePkcs8KeyDer::from(der).into())
    }
}

#[cfg(not(feature = "legacy-tls"))]
mod decrypt {
    use rustls::pki_types::PrivateKeyDer;

    use super::Identity;
    use crate::error::Error;

    pub(super) fn pem_key(_: &[u8], _: Option<&str>) -> Result<PrivateKeyDer<'static>, Error> {
        Err(Error::NotSupported("an encrypted client key (decrypt it: openssl pkey -in key.pem -out plain.pem)"))
    }

    pub(super) fn pkcs12(_: &[u8], _: Option<&str>) -> Result<Identity, Error> {
        Err(Error::NotSupported(
            "a client certificate in PKCS#12 (convert it to PEM: openssl pkcs12 -in file.p12 -nodes -out file.pem)",
        ))
    }
}

#[cfg(test)]
mod tests;
