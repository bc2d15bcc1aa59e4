//! The TLS settings of an account: loaded once, when first needed, and shared by its connections.
//!
//! Separate because loading reads files and the system's authorities, which takes milliseconds and may fail, so it is not done at every
//! connect. No RFC; the policy is `transport`'s.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use imapkit_session::types::Secret;
use imapkit_session::{Error, ErrorKind};
use imapkit_transport::{Digest, ServerId, TlsConfig};

use crate::failure;

/// What to trust and to show, and what became of it.
#[derive(Clone, Default)]
pub(crate) struct Trust {
    /// Made by the caller: nothing else counts.
    given: Option<TlsConfig>,
    ca_file: Option<PathBuf>,
    pins: Vec<Digest>,
    trusted_site: bool,
    fallback: bool,
    client: Option<(PathBuf, Option<Secret>)>,
    /// For the server it was loaded for: pins belong to one.
    loaded: Arc<Mutex<Option<(ServerId, TlsConfig)>>>,
}

impl Trust {
    /// Ready made.
    pub(crate) fn given(config: TlsConfig) -> Self {
        Self { given: Some(config), ..Self::default() }
    }

    /// The same with this authorities file.
    pub(crate) fn ca_file(self, path: PathBuf) -> Self {
        Self { ca_file: Some(path), ..self.anew() }
    }

    /// The same with one more pinned key.
    pub(crate) fn pin(self, key: Digest) -> Self {
        let mut changed = self.anew();
        changed.pins.push(key);
        changed
    }

    /// The same, whatever the certificate, or not.
    pub(crate) fn trusted_site(self, trusted: bool) -> Self {
        Self { trusted_site: trusted, ..self.anew() }
    }

    /// The same, old TLS permitted or not.
    pub(crate) fn secure_fallback(self, permitted: bool) -> Self {
        Self { fallback: permitted, ..self.anew() }
    }

    /// The same with this client certificate.
    pub(crate) fn client_certificate(self, path: PathBuf, password: Option<Secret>) -> Self {
        Self { client: Some((path, password)), ..self.anew() }
    }

    /// The settings without what was loaded by them.
    fn anew(self) -> Self {
        Self { loaded: Arc::default(), ..self }
    }

    /// The settings for this server; loaded by the first who asks.
    pub(crate) fn load(&self, server: &ServerId) -> Result<TlsConfig, Error> {
        self.kept(server).map_or_else(|| self.build(server), Ok)
    }

    fn kept(&self, server: &ServerId) -> Option<TlsConfig> {
        let loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = loaded.as_ref().filter(|(of, _)| of == server).map(|(_, config)| config.clone());
        self.given.clone().or(kept)
    }

    fn build(&self, server: &ServerId) -> Result<TlsConfig, Error> {
        let mut builder = TlsConfig::builder().trusted_site(self.trusted_site).secure_fallback(self.fallback);
        if let Some(path) = &self.ca_file {
            builder = builder.authorities_pem(&read(path, "the authorities")?);
        }
        for pin in &self.pins {
            builder = builder.pin(server.clone(), *pin);
        }
        if let Some((path, password)) = &self.client {
            let file = read(path, "the client certificate")?;
            builder = builder.client_certificate_file(&file, password.as_ref().map(Secret::expose));
        }
        let config = builder.build().map_err(failure::transport)?;
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = Some((server.clone(), config.clone()));
        Ok(config)
    }
}

fn read(path: &Path, what: &str) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| {
        let text = format!("reading {what} in {}: {error}", path.display());
        Error::with_source(ErrorKind::Misuse, text, error)
    })
}
