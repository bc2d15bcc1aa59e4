//! STARTTLS: Starts TLS on a clear-text connection. RFC 9051 §6.2.1.
//!
//! Nothing is sent behind it, and nothing may stand behind its answer (protocol.md 4.2, T010).
use imapkit_wire::Encoder;

use crate::command::{Command, Effect, Needs, Nothing, Rules};

/// Starts TLS on a clear-text connection.
#[derive(Clone, Copy, Debug)]
pub struct StartTls;

impl Command for StartTls {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "STARTTLS"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("STARTTLS");
    }

    fn rules(&self) -> Rules {
        Rules { state: Needs::NotAuthenticated, effect: Effect::StartTls, exclusive: true, ..Rules::default() }
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
        assert_eq!(super::super::encoded(&StartTls, imapkit_wire::Mode::default()).unwrap(), "A1 STARTTLS\r\n");
    }
}
