//! How a pool behaves. Separate so that it can be kept and cloned like a [`crate::Config`]. No RFC.

use std::time::Duration;

use imapkit_session::recovery::BackoffConfig;

/// How a pool behaves.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PoolOptions {
    /// Connections at most; 5. Gmail allows 15 over all programs and counts dead ones for a while, Courier 4.
    pub connections: u32,
    /// How long a call waits for a connection; 60 s.
    pub patience: Duration,
    /// A connection that has rested longer is probed before it is handed out; 60 s.
    pub rest: Duration,
    /// How long it may take to answer then; 10 s.
    pub probe: Duration,
    /// The waits between attempts.
    pub backoff: BackoffConfig,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            connections: 5,
            patience: Duration::from_secs(60),
            rest: Duration::from_secs(60),
            probe: Duration::from_secs(10),
            backoff: BackoffConfig::default(),
        }
    }
}

impl PoolOptions {
    /// So many connections at most.
    #[must_use]
    pub fn connections(mut self, connections: u32) -> Self {
        self.connections = connections;
        self
    }

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

    /// A connection that has rested longer is probed before it is handed out.
    #[must_use]
    pub fn rest(mut self, rest: Duration) -> Self {
        self.rest = rest;
        self
    }
}
