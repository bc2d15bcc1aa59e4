//! SCRAM: proves a password without telling it, and makes the server prove that it knows it too. RFC 5802, 7677; RFC 5929 and 9266 (channel
//! binding); RFC 4013 (`SASLprep`).
//!
//! The arithmetic is that of the crate `rsasl`. Around it stands what that crate leaves to its caller: messages are looked at before it sees
//! them, since it indexes into attributes without asking their length, hashes as often as a server says, and is not to be called again once
//! it has ended (T056, T057).
//!
//! ```text
//! First --server-first: r= s= i=--> Final --server-final: v=--> Done
//!   '---------------- anything else ---------------------------> Failed      an OK counts in Done only (T054, T055)
//! ```

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imapkit_session::types::Secret;
use imapkit_session::{Error, ErrorKind, Mechanism, printable};
use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::mechanisms::scram::{
    SCRAM_SHA1, SCRAM_SHA1_PLUS, SCRAM_SHA256, SCRAM_SHA256_PLUS, SCRAM_SHA512, SCRAM_SHA512_PLUS,
};
use rsasl::prelude::{ChannelBindingCallback, Mechname, Registry, SASLClient, SASLConfig, Session, SessionError};
use rsasl::property::{AuthId, OverrideCBType, Password};
use rsasl::validate::NoValidation;

use crate::choose::ChannelBinding;

/// Fewer rounds of hashing make guessing cheap: RFC 7677 §4.
const MIN_ITERATIONS: u32 = 4096;
/// Octets of the server's first message.
const MAX_FIRST: usize = 4096;
/// Octets of salt.
const MAX_SALT: usize = 1024;

static MECHANISMS: &[rsasl::prelude::Mechanism] =
    &[SCRAM_SHA1, SCRAM_SHA1_PLUS, SCRAM_SHA256, SCRAM_SHA256_PLUS, SCRAM_SHA512, SCRAM_SHA512_PLUS];

pub(crate) struct Scram {
    name: &'static str,
    exchange: Session<NoValidation, Binding>,
    first: Option<Vec<u8>>,
    stage: Stage,
    max_iterations: u32,
    password: Secret,
}

/// What is said about channel binding in the first message: the `gs2-cbind-flag` of RFC 5802 §6.
#[derive(Clone, Debug)]
pub(crate) enum Binding {
    /// `n`: it is not possible on this link.
    Impossible,
    /// `y`: it would be, but the server does not offer it. A server that does knows then that somebody has changed its list (T060).
    NotOffered,
    /// `p`: it is done.
    Bound(ChannelBinding),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    First,
    Final,
    Done,
    Failed,
}

impl Scram {
    /// One login by the mechanism `name`; nothing is sent yet.
    ///
    /// # Errors
    /// When the user name is empty.
    pub(crate) fn new(
        name: &'static str,
        user: &str,
        password: &Secret,
        binding: Binding,
        max_iterations: u32,
    ) -> Result<Self, Error> {
        let unusable = |error: SessionError| Error::with_source(ErrorKind::Misuse, "not usable with SCRAM", error);
        let answers = Answers { user: prepared(user), password: Secret::new(prepared(password.expose())), binding };
        let binding = answers.binding.clone();
        let mut exchange = begin(name, answers, binding)
            .ok_or_else(|| Error::new(ErrorKind::Bug, format!("{name} is not known to rsasl")))?;
        let mut first = Vec::new();
        exchange.step(None, &mut first).map_err(unusable)?;
        Ok(Self { name, exchange, first: Some(first), stage: Stage::First, max_iterations, password: password.clone() })
    }

    fn advance(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Error> {
        match core::mem::replace(&mut self.stage, Stage::Failed) {
            Stage::First => {
                check_first(challenge, self.max_iterations)?;
                let mut answer = Vec::new();
                self.exchange.step(Some(challenge), &mut answer).map_err(refused)?;
                self.stage = Stage::Final;
                Ok(answer)
            }
            Stage::Final => {
                check_final(challenge)?;
                self.exchange.step(Some(challenge), &mut Vec::new()).map_err(refused)?;
                self.stage = Stage::Done;
                Ok(Vec::new())
            }
            Stage::Done | Stage::Failed => Err(failed("the server goes on after SCRAM has ended")),
        }
    }
}

impl Mechanism for Scram {
    fn name(&self) -> &str {
        self.name
    }

    fn initial(&mut self) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.first.take())
    }

    /// Hashes as often as the server says: this is the one step of a login that takes time, see [`crate::Policy::max_iterations`].
    fn step(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Error> {
        self.advance(challenge)
    }

    fn secret(&self) -> Option<&Secret> {
        Some(&self.password)
    }

    fn is_slow(&self) -> bool {
        self.stage == Stage::First
    }

    fn verify(&mut self) -> Result<(), Error> {
        match self.stage {
            Stage::Done => Ok(()),
            _ => Err(failed("the server said OK without proving that it knows the password")),
        }
    }
}

fn begin(name: &'static str, answers: Answers, binding: Binding) -> Option<Session<NoValidation, Binding>> {
    let name = Mechname::parse(name.as_bytes()).ok()?;
    let config =
        SASLConfig::builder().with_registry(Registry::with_mechanisms(MECHANISMS)).with_callback(answers).ok()?;
    SASLClient::with_cb(Arc::clone(&config), binding).start_suggested_iter([name]).ok()
}

/// `SASLprep` where it can be done. It knows no character younger than Unicode 3.2; with such a one the text is used as it is, as servers do.
fn prepared(text: &str) -> String {
    stringprep::saslprep(text).map_or_else(|_| text.into(), std::borrow::Cow::into_owned)
}

/// What rsasl asks back.
struct Answers {
    user: String,
    password: Secret,
    binding: Binding,
}

impl SessionCallback for Answers {
    fn callback(&self, _: &SessionData, _: &Context<'_>, request: &mut Request<'_>) -> Result<(), SessionError> {
        request.satisfy::<AuthId>(&self.user)?.satisfy::<Password>(self.password.expose().as_bytes())?;
        if let Binding::Bound(binding) = &self.binding {
            request.satisfy::<OverrideCBType>(&binding.name)?;
        }
        Ok(())
    }

    fn enable_channel_binding(&self) -> bool {
        !matches!(self.binding, Binding::Impossible)
    }
}

impl ChannelBindingCallback for Binding {
    fn get_cb_data(&self, name: &str) -> Option<&[u8]> {
        match self {
            Self::Bound(binding) if binding.name == name => Some(&binding.data),
            _ => None,
        }
    }
}

/// `server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]`
fn check_first(message: &[u8], max_iterations: u32) -> Result<(), Error> {
    let odd = || failed("the server's first message in SCRAM makes no sense");
    if message.len() > MAX_FIRST {
        return Err(odd());
    }
    let mut attributes = message.split(|octet| *octet == b',');
    let mut attribute = |key: &[u8]| attributes.next().and_then(|text| text.strip_prefix(key)).ok_or_else(odd);
    attribute(b"r=")?;
    let salt = STANDARD.decode(attribute(b"s=")?).map_err(|_| odd())?;
    if salt.is_empty() || salt.len() > MAX_SALT {
        return Err(failed("the server's salt in SCRAM is empty or too long"));
    }
    let iterations = attribute(b"i=")?;
    if iterations.is_empty() || !iterations.iter().all(u8::is_ascii_digit) {
        return Err(odd());
    }
    let iterations = core::str::from_utf8(iterations).ok().and_then(|digits| digits.parse().ok()).unwrap_or(u32::MAX);
    if iterations < MIN_ITERATIONS {
        return Err(failed("the server wants too few rounds of hashing in SCRAM: the password would be easy to guess"));
    }
    if iterations > max_iterations {
        let text = format!(
            "the server wants more rounds of hashing in SCRAM than the limit max_iterations of {max_iterations}"
        );
        return Err(Error::new(ErrorKind::Limit, text));
    }
    Ok(())
}

/// `server-final-message = (server-error / verifier) ["," extensions]`
fn check_final(message: &[u8]) -> Result<(), Error> {
    let attribute = message.split(|octet| *octet == b',').next().unwrap_or_default();
    match attribute.strip_prefix(b"e=") {
        Some(b"server-does-support-channel-binding") => {
            let text = "the server offers channel binding, yet its list did not: somebody may be changing what it says";
            Err(Error::new(ErrorKind::Unsafe, text))
        }
        Some(why @ (b"invalid-proof" | b"unknown-user")) => Err(Error::refused_within(&printable(why))),
        Some(why) => Err(failed(&format!("the server refused the login by SCRAM: {}", printable(why)))),
        None if attribute.starts_with(b"v=") => Ok(()),
        None => Err(failed("the server's last message in SCRAM makes no sense")),
    }
}

/// An error of rsasl, which speaks to programmers, in the words of somebody who wants to log in.
fn refused(error: SessionError) -> Error {
    let text = match &error {
        SessionError::MutualAuthenticationFailed => "the server does not know the password it pretends to check",
        _ => "the server's message in SCRAM is not an answer to ours",
    };
    Error::with_source(ErrorKind::Auth, text, error)
}

fn failed(text: &str) -> Error {
    Error::new(ErrorKind::Auth, text)
}

#[cfg(test)]
mod tests;
