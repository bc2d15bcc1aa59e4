//! What AUTHENTICATE needs of a SASL mechanism; the mechanisms themselves live in `imapkit-sasl`.
//!
//! RFC 9051 §6.2.2, RFC 4422, RFC 4959 (SASL-IR). Messages are octets here; base64 is the session's.

use alloc::vec::Vec;

use crate::error::Error;

/// One run of a SASL mechanism.
pub trait Mechanism: Send {
    /// Its name as in `AUTH=name`.
    fn name(&self) -> &str;

    /// The first message of a client-first mechanism, possibly empty; `None` when the server speaks first.
    ///
    /// # Errors
    /// Login fails before a byte is sent.
    fn initial(&mut self) -> Result<Option<Vec<u8>>, Error>;

    /// Answers a challenge.
    ///
    /// # Errors
    /// The exchange is cancelled with `*` and login fails with the error.
    fn step(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Error>;

    /// The server said OK. A mechanism that has to verify the server and could not yet, fails here (T054, T055).
    ///
    /// # Errors
    /// Login fails and the connection is closed.
    fn verify(&mut self) -> Result<(), Error>;

    /// What the server told in an error challenge (OAuth), to explain the NO that follows.
    fn explain(&self) -> Option<&str> {
        None
    }
}
