//! Properties of TLS: what is wanted before a connection is made, and what has been agreed on since.
//!
//! Separate because they describe the server's certificate too, also one that was refused: then the properties tell what was wrong with it
//! until the next connect. RFC 5280; RFC 9325.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use imapkit_blocking::ErrorKind;
use imapkit_blocking::transport::{Certificate, CertificateError, Facts};
use imapkit_blocking::types::DateTime;

use crate::code::ErrorCode;
use crate::constants::{CertificateStatus, Options, TlsVersions};
use crate::control::{Control, Result};
use crate::error::ControlError;
use crate::tls;

impl Control {
    /// On a connection: whether it is encrypted. Before: whether the next one will be, by this property or by `options`.
    pub fn secure(&self) -> bool {
        if let Some(live) = &*self.inner.live() {
            return live.tls.is_some();
        }
        let settings = self.inner.settings();
        let by_options = settings.options & (Options::SecureImplicit | Options::SecureExplicit);
        settings.secure || !by_options.is_empty()
    }

    /// Whether the connection is encrypted; false without one.
    pub fn is_secure(&self) -> bool {
        self.inner.live().as_ref().is_some_and(|live| live.tls.is_some())
    }

    /// Before a connection is made: true asks for TLS from the beginning, as [`Options::SecureImplicit`] does; false for none, which also takes
    /// the `Secure` bits out of `options`. On a connection where nobody is logged in: true starts TLS now (STARTTLS).
    ///
    /// # Errors
    /// On a connection: [`ErrorCode::AlreadyAuthenticated`], since STARTTLS comes before login; [`ErrorCode::StartTlsUnavailable`];
    /// [`ErrorCode::InvalidArgument`] for false, since TLS cannot be taken away again.
    pub fn set_secure(&self, on: bool) -> Result<()> {
        if !self.is_connected() {
            let mut settings = self.inner.settings();
            settings.secure = on;
            if !on {
                settings.options = settings.options & !(Options::SecureImplicit | Options::SecureExplicit);
            }
            return Ok(());
        }
        self.inner.call("secure", |inner| {
            let client = inner.client()?;
            match (client.tls().is_some(), on) {
                (true, true) | (false, false) => return Ok(()),
                (true, false) => return Err(ControlError::invalid("TLS cannot be taken away from a connection")),
                (false, true) => {}
            }
            if client.state() >= imapkit_blocking::State::Authenticated {
                let text = "somebody is logged in already: STARTTLS comes before";
                return Err(ControlError::new(ErrorCode::AlreadyAuthenticated, text));
            }
            let (config, (name, port)) = {
                let options = inner.options();
                let settings = inner.settings();
                tls::check_build(options, settings.versions)?;
                (tls::config(&settings, options)?, inner.server())
            };
            let started = client.start_tls(config, &name, port).map_err(|error| {
                let refused = matches!(error.kind(), ErrorKind::No | ErrorKind::Bad);
                let error = ControlError::from(error);
                if refused { error.with_code(ErrorCode::StartTlsUnavailable) } else { error }
            });
            started.inspect_err(|error| inner.part(&client, error))?;
            if let Some(live) = &mut *inner.live() {
                live.tls = client.tls().map(Arc::new);
            }
            inner.warn_of_certificate(&client)
        })
    }

    /// Which versions of TLS are permitted, [`TlsVersions::Default`] unless set; on a connection the one in use.
    pub fn secure_protocol(&self) -> TlsVersions {
        self.facts().map_or_else(|| self.inner.settings().versions, |facts| tls::version(facts.version))
    }

    /// Sets which versions of TLS are permitted.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for unknown bits.
    pub fn set_secure_protocol(&self, versions: TlsVersions) -> Result<()> {
        self.property("secure_protocol", |settings| settings.set_versions(versions))
    }

    /// The cipher in use, `AES-256-GCM`; empty without TLS.
    pub fn secure_cipher(&self) -> String {
        self.facts().map(|facts| facts.cipher.to_owned()).unwrap_or_default()
    }

    /// The hash in use, `SHA-384`; empty without TLS.
    pub fn secure_hash(&self) -> String {
        self.facts().map(|facts| facts.hash.to_owned()).unwrap_or_default()
    }

    /// How keys were agreed on, `X25519`; empty without TLS.
    pub fn secure_key_exchange(&self) -> String {
        self.facts().map(|facts| facts.key_exchange.to_owned()).unwrap_or_default()
    }

    /// The length of the cipher's key in bits; 0 without TLS.
    pub fn cipher_strength(&self) -> u32 {
        self.facts().map_or(0, |facts| facts.cipher_bits.into())
    }

    /// The length of the hash in bits; 0 without TLS.
    pub fn hash_strength(&self) -> u32 {
        self.facts().map_or(0, |facts| facts.hash_bits.into())
    }

    /// What the server's certificate is worth, also where it was accepted all the same. After a connect that failed for it: why.
    pub fn certificate_status(&self) -> CertificateStatus {
        if let Some(facts) = self.facts() {
            return tls::status(facts.status);
        }
        let refused = self.refused();
        refused.map_or(CertificateStatus::None, |refused| tls::problem_status(&refused.problem))
    }

    /// Until when the server's certificate is valid, RFC 3339 in UTC; empty without one.
    pub fn certificate_expires(&self) -> String {
        self.certificate().map(|certificate| date(certificate.not_after)).unwrap_or_default()
    }

    /// Since when the server's certificate is valid, RFC 3339 in UTC; empty without one.
    pub fn certificate_issued(&self) -> String {
        self.certificate().map(|certificate| date(certificate.not_before)).unwrap_or_default()
    }

    /// Who issued the server's certificate, as RFC 4514 writes names; empty without one.
    pub fn certificate_issuer(&self) -> String {
        self.certificate().map(|certificate| certificate.issuer).unwrap_or_default()
    }

    /// Whom the server's certificate is for, as RFC 4514 writes names; empty without one.
    pub fn certificate_subject(&self) -> String {
        self.certificate().map(|certificate| certificate.subject).unwrap_or_default()
    }

    /// The SHA-256 of the server's certificate, 64 hex digits; empty without one.
    pub fn certificate_fingerprint(&self) -> String {
        self.certificate().map(|certificate| certificate.fingerprint.to_string()).unwrap_or_default()
    }

    /// Which certificate to show, when `certificate_store` is a folder; empty unless set.
    pub fn certificate_name(&self) -> String {
        self.inner.settings().certificate_name.clone()
    }

    /// Sets which certificate to show: the name of its file in the folder `certificate_store`, with or without `.pem`, `.p12` or `.pfx`.
    pub fn set_certificate_name(&self, name: &str) {
        name.clone_into(&mut self.inner.settings().certificate_name);
    }

    /// The password of the client certificate's key; empty unless set.
    pub fn certificate_password(&self) -> String {
        self.inner.settings().certificate_password.expose().to_owned()
    }

    /// Sets the password of the client certificate's key.
    pub fn set_certificate_password(&self, password: &str) {
        self.inner.settings().certificate_password = password.into();
    }

    /// The file (PEM or PKCS#12) with the certificate to show when a server asks for one, or the folder it is in; empty, which is none, unless
    /// set.
    pub fn certificate_store(&self) -> PathBuf {
        self.inner.settings().certificate_store.clone()
    }

    /// Sets [`Control::certificate_store`]. It is read when a connection is made.
    pub fn set_certificate_store(&self, path: impl AsRef<Path>) {
        path.as_ref().clone_into(&mut self.inner.settings().certificate_store);
    }

    /// A file (PEM) with authorities to trust besides the system's; empty unless set.
    pub fn certificate_authorities(&self) -> PathBuf {
        self.inner.settings().certificate_authorities.clone()
    }

    /// Sets [`Control::certificate_authorities`]. It is read when a connection is made.
    pub fn set_certificate_authorities(&self, path: impl AsRef<Path>) {
        path.as_ref().clone_into(&mut self.inner.settings().certificate_authorities);
    }

    fn facts(&self) -> Option<Arc<Facts>> {
        self.inner.live().as_ref().and_then(|live| live.tls.clone())
    }

    fn refused(&self) -> Option<Box<CertificateError>> {
        self.inner.status().refused.clone()
    }

    /// The server's certificate: of this connection, or the one that was refused.
    fn certificate(&self) -> Option<Certificate> {
        match self.facts() {
            Some(facts) => facts.certificate.clone(),
            None => self.refused().and_then(|refused| refused.leaf.map(|leaf| *leaf)),
        }
    }
}

/// Seconds since 1970 as RFC 3339; far beyond any calendar they stay seconds.
fn date(seconds: u64) -> String {
    let date = i64::try_from(seconds).ok().and_then(|seconds| DateTime::from_unix(seconds, 0));
    date.map_or_else(|| format!("{seconds} seconds after 1970"), |date| date.to_rfc3339().replace("+00:00", "Z"))
}
