//! What AUTHENTICATE needs of a SASL mechanism; the mechanisms themselves live in `imapkit-sasl`.
//!
//! RFC 9051 §6.2.2, RFC 4422, RFC 4959 (SASL-IR). Messages are octets here; base64 is the session's.
//!
//! A step that takes long (SCRAM hashes a password as often as the server says) can be done elsewhere: see [`SlowStep`].

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use imapkit_types::Secret;

use crate::error::{Error, ErrorKind};
use crate::queue::CommandId;
use crate::refusal::TokenRefusal;

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
    fn refusal(&self) -> Option<&TokenRefusal> {
        None
    }

    /// What must not show should the server say it back (T109).
    fn secret(&self) -> Option<&Secret> {
        None
    }

    /// True when the answer to the next challenge may take long to compute. Such a step is done apart from the session where
    /// [`crate::Config::slow_steps`] asks for it (T057).
    fn is_slow(&self) -> bool {
        false
    }
}

/// Who does the steps of a login that take long.
#[derive(Debug)]
pub(crate) enum Slow {
    /// The session, at once.
    Here,
    /// The caller, who has yet to fetch this one.
    Elsewhere(Option<SlowStep>),
}

/// A step of a login that takes long, taken out of the session to be done where it holds nothing up.
///
/// [`crate::Session::poll_slow_step`] gives it, [`SlowStep::run`] does the work on whatever thread, and
/// [`crate::Session::handle_slow_step`] takes it back. A step that never comes back leaves the login waiting until its deadline.
pub struct SlowStep {
    pub(crate) id: CommandId,
    pub(crate) mechanism: Box<dyn Mechanism>,
    challenge: Vec<u8>,
    answer: Option<Result<Vec<u8>, Error>>,
}

impl SlowStep {
    pub(crate) fn new(mechanism: Box<dyn Mechanism>, challenge: Vec<u8>) -> Self {
        Self { id: CommandId::new(0), mechanism, challenge, answer: None }
    }

    /// The same, of this command.
    pub(crate) fn of(mut self, id: CommandId) -> Self {
        self.id = id;
        self
    }

    /// Does the work: blocks for as long as it takes, up to seconds. Doing it twice is doing it once.
    #[must_use]
    pub fn run(mut self) -> Self {
        if self.answer.is_none() {
            self.answer = Some(self.mechanism.step(&self.challenge));
        }
        self
    }

    /// The mechanism, and what it answers.
    pub(crate) fn finish(self) -> (Box<dyn Mechanism>, Result<Vec<u8>, Error>) {
        let undone = || Err(Error::new(ErrorKind::Bug, "a slow step came back undone"));
        (self.mechanism, self.answer.unwrap_or_else(undone))
    }
}

/// Shows nothing of the secret.
impl fmt::Debug for SlowStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SlowStep({})", self.mechanism.name())
    }
}
