//! AUTHENTICATE: logs in by a SASL mechanism. RFC 9051 §6.2.2, RFC 4959 (initial response), RFC 4422.
//!
//! protocol.md 4.5: at most eight rounds (T063); an initial response that would make the line too long goes by continuation (C46); a mechanism
//! that has not verified the server fails even when the server says OK (T054, T055), and so does one that is still computing.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use imapkit_wire::{Encoder, Untagged};

use crate::base64;
use crate::command::{Command, Completion, Effect, Gather, Needs, Offer, Proceed, Rules};
use crate::error::{Error, ErrorKind};
use crate::mechanism::{Mechanism, SlowStep};

/// Longest initial response on the command line, in octets before base64; servers accept lines of 8192.
const MAX_INITIAL: usize = 5_600;
/// Challenges of one exchange.
const MAX_ROUNDS: u8 = 8;

/// Logs in by a mechanism.
pub(crate) struct Authenticate {
    name: Box<str>,
    mechanism: Box<dyn Mechanism>,
    /// What to say first; on the command line when `inline`.
    initial: Option<Vec<u8>>,
    inline: bool,
}

/// Answers the challenges.
pub(crate) struct AuthenticateGather {
    /// Away while it does a slow step.
    mechanism: Option<Box<dyn Mechanism>>,
    initial: Option<Vec<u8>>,
    rounds: u8,
}

impl Authenticate {
    /// Logs in by `mechanism`; `sasl_ir`: the server accepts an initial response.
    ///
    /// # Errors
    /// When the mechanism cannot begin.
    pub(crate) fn new(mut mechanism: Box<dyn Mechanism>, sasl_ir: bool) -> Result<Self, Error> {
        let initial = mechanism.initial()?;
        let inline = sasl_ir && matches!(&initial, Some(initial) if initial.len() <= MAX_INITIAL);
        Ok(Self { name: mechanism.name().into(), mechanism, initial, inline })
    }

    /// What is said first, if anything.
    pub(crate) fn initial(&self) -> Option<&[u8]> {
        self.initial.as_deref()
    }
}

impl Command for Authenticate {
    type Output = ();
    type Gather = AuthenticateGather;

    fn name(&self) -> &'static str {
        "AUTHENTICATE"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("AUTHENTICATE").sp().atom(&self.name);
        if let (true, Some(initial)) = (self.inline, &self.initial) {
            out.sp().initial_response(initial);
        }
    }

    fn rules(&self) -> Rules {
        Rules {
            state: Needs::NotAuthenticated,
            effect: Effect::Login,
            exclusive: true,
            secret: true,
            ..Rules::default()
        }
    }

    fn gather(self) -> AuthenticateGather {
        let initial = if self.inline { None } else { self.initial };
        AuthenticateGather { mechanism: Some(self.mechanism), initial, rounds: 0 }
    }
}

impl Gather for AuthenticateGather {
    type Output = ();

    fn offer(&mut self, response: Untagged) -> Offer {
        Offer::NotMine(response)
    }

    fn proceed(&mut self, challenge: &[u8]) -> Proceed {
        self.rounds = self.rounds.saturating_add(1);
        if self.rounds > MAX_ROUNDS {
            let text = "the server asks on and on: more challenges than the limit sasl_rounds allows";
            return Proceed::Abort(Error::new(ErrorKind::Auth, text));
        }
        if let Some(initial) = self.initial.take() {
            return Proceed::Response(initial);
        }
        let Some(challenge) = base64::decode(challenge) else {
            return Proceed::Abort(Error::new(ErrorKind::Protocol, "the server's challenge is not base64"));
        };
        match self.mechanism.take() {
            Some(mechanism) if mechanism.is_slow() => Proceed::Slow(SlowStep::new(mechanism, challenge)),
            Some(mechanism) => self.resume(SlowStep::new(mechanism, challenge).run()),
            None => {
                Proceed::Abort(Error::new(ErrorKind::Auth, "the server did not wait for the answer to its challenge"))
            }
        }
    }

    fn resume(&mut self, step: SlowStep) -> Proceed {
        let (mechanism, answer) = step.finish();
        self.mechanism = Some(mechanism);
        answer.map_or_else(Proceed::Abort, Proceed::Response)
    }

    fn finish(self, _: Completion) -> Result<(), Error> {
        let unanswered = || Error::new(ErrorKind::Auth, "the server said OK before its challenge was answered");
        self.mechanism.ok_or_else(unanswered)?.verify()
    }

    fn fail(&mut self, error: Error) -> Error {
        match self.mechanism.as_ref().and_then(|mechanism| mechanism.refusal()) {
            Some(refusal) => error.refused_token(refusal),
            None => error,
        }
    }
}

impl fmt::Debug for Authenticate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authenticate({})", self.name)
    }
}

impl fmt::Debug for AuthenticateGather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthenticateGather({})", self.mechanism.as_ref().map_or("busy", |mechanism| mechanism.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoded;
    use super::*;
    use imapkit_wire::Mode;

    struct Fixed(Option<&'static [u8]>);
    impl Mechanism for Fixed {
        fn name(&self) -> &'static str {
            "PLAIN"
        }
        fn initial(&mut self) -> Result<Option<Vec<u8>>, Error> {
            Ok(self.0.map(<[u8]>::to_vec))
        }
        fn step(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Error> {
            Ok(challenge.to_vec())
        }
        fn verify(&mut self) -> Result<(), Error> {
            Ok(())
        }
    }

    #[test]
    fn t064_the_initial_response_goes_on_the_line_only_where_offered() {
        let bytes =
            |initial, ir| encoded(&Authenticate::new(Box::new(Fixed(initial)), ir).unwrap(), Mode::default()).unwrap();
        assert_eq!(bytes(Some(b"\0a\0b"), true), "A1 AUTHENTICATE PLAIN AGEAYg==\r\n");
        assert_eq!(bytes(Some(b""), true), "A1 AUTHENTICATE PLAIN =\r\n");
        assert_eq!(bytes(Some(b"\0a\0b"), false), "A1 AUTHENTICATE PLAIN\r\n");
        assert_eq!(bytes(None, true), "A1 AUTHENTICATE PLAIN\r\n");
    }

    #[test]
    fn t063_endless_challenges_are_cancelled() {
        let mut gather = Authenticate::new(Box::new(Fixed(None)), true).unwrap().gather();
        for _ in 0..MAX_ROUNDS {
            assert!(matches!(gather.proceed(b"eA=="), Proceed::Response(line) if line == b"x"));
        }
        assert!(matches!(gather.proceed(b"eA=="), Proceed::Abort(_)));
    }

    #[test]
    fn t062_a_challenge_that_is_not_base64_is_cancelled() {
        let mut gather = Authenticate::new(Box::new(Fixed(None)), true).unwrap().gather();
        assert!(matches!(gather.proceed(b"{not base64}"), Proceed::Abort(_)));
    }

    #[test]
    fn a_response_that_did_not_go_on_the_line_answers_the_first_challenge() {
        let mut gather = Authenticate::new(Box::new(Fixed(Some(b"first"))), false).unwrap().gather();
        assert!(matches!(gather.proceed(b""), Proceed::Response(line) if line == b"first"));
        assert!(matches!(gather.proceed(b"c2Vjb25k"), Proceed::Response(line) if line == b"second"));
    }
}
