//! LOGOUT: Ends the session. RFC 9051 §6.1.3.
//!
//! A server that closes without its tagged OK has done what was asked.
use imapkit_wire::Encoder;

use crate::command::{Command, Effect, Needs, Nothing, Rules};

/// Ends the session.
#[derive(Clone, Copy, Debug)]
pub struct Logout;

impl Command for Logout {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "LOGOUT"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("LOGOUT");
    }

    fn rules(&self) -> Rules {
        Rules { state: Needs::Any, effect: Effect::Logout, exclusive: true, ..Rules::default() }
    }

    fn gather(self) -> Nothing {
        Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes() {
        assert_eq!(super::super::encoded(&Logout, imapkit_wire::Mode::default()).unwrap(), "A1 LOGOUT\r\n");
    }
}
