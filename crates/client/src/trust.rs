//! The TLS settings of an account: loaded once, when first needed, and shared by its connections.
//!
//! Separate because loading reads files and the system's authorities, which takes milliseconds and may fail, so it is done off the
//! runtime's threads and not at every connect. No RFC; the policy is `transport`'s.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use imapkit_session::{Error, ErrorKind};
use imapkit_transport::TlsConfig;

use crate::failure;

/// What to trust, and what became of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    file: Option<PathBuf>,
    loaded: Arc<OnceLock<TlsConfig>>,
}

impl Trust {
    /// Ready made.
    pub(crate) fn given(config: TlsConfig) -> Self {
        let loaded = OnceLock::new();
        let _ = loaded.set(config);
        Self { file: None, loaded: Arc::new(loaded) }
    }

    /// The authorities in a PEM file besides the system's.
    pub(crate) fn with_file(path: PathBuf) -> Self {
        Self { file: Some(path), loaded: Arc::default() }
    }

    /// The settings; loaded by the first who asks.
    pub(crate) async fn load(&self) -> Result<TlsConfig, Error> {
        if let Some(config) = self.loaded.get() {
            return Ok(config.clone());
        }
        let file = self.file.clone();
        let loading = tokio::task::spawn_blocking(move || build(file));
        let config = loading
            .await
            .map_err(|error| Error::with_source(ErrorKind::Bug, "loading TLS settings failed", error))??;
        let _ = self.loaded.set(config.clone());
        Ok(config)
    }
}

fn build(file: Option<PathBuf>) -> Result<TlsConfig, Error> {
    let mut builder = TlsConfig::builder();
    if let Some(path) = file {
        let pem = std::fs::read(&path).map_err(|error| {
            let text = format!("reading the authorities in {}: {error}", path.display());
            Error::with_source(ErrorKind::Misuse, text, error)
        })?;
        builder = builder.authorities_pem(&pem);
    }
    builder.build().map_err(failure::transport)
}
