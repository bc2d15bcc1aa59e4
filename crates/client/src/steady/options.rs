//! How an account stays connected.
//!
//! Separate from the handle so that it can be kept and cloned like a [`crate::Config`]. No RFC.

use std::time::Duration;

use imapkit_session::recovery::BackoffConfig;

/// How to stay connected; the defaults suit a program that a person looks at now and then.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SteadyOptions {
    /// The waits between attempts.
    pub backoff: BackoffConfig,
    /// How long a call waits for a connection before it fails; 5 min.
    pub patience: Duration,
    /// How often a read is repeated whose connection broke under it; 3 times.
    pub repeats: u32,
    /// How long the server may take to show that it is still there after the machine has slept; 10 s.
    pub probe: Duration,
}

impl Default for SteadyOptions {
    fn default() -> Self {
        Self {
            backoff: BackoffConfig::default(),
            patience: Duration::from_secs(300),
            repeats: 3,
            probe: Duration::from_secs(10),
        }
    }
}

impl SteadyOptions {
    /// How long a call waits for a connection.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The waits between attempts.
    #[must_use]
    pub fn backoff(mut self, backoff: BackoffConfig) -> Self {
        self.backoff = backoff;
        self
    }

    /// How often a read is repeated whose connection broke under it.
    #[must_use]
    pub fn repeats(mut self, repeats: u32) -> Self {
        self.repeats = repeats;
        self
    }
}
