//! CAPABILITY: what does the server offer? RFC 9051 §6.1.1.
//!
//! The answer goes to the session's [`crate::CapabilityBook`] whoever asked, so the command itself returns nothing.

use imapkit_wire::Encoder;

use crate::command::{Command, Needs, Nothing, Rules};

/// Asks for the capabilities; they are in [`crate::Session::capabilities`] afterwards.
#[derive(Clone, Copy, Debug)]
pub struct AskCapability;

impl Command for AskCapability {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "CAPABILITY"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("CAPABILITY");
    }

    fn rules(&self) -> Rules {
        Rules { state: Needs::Any, ..Rules::default() }
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
        assert_eq!(super::super::encoded(&AskCapability, imapkit_wire::Mode::default()).unwrap(), "A1 CAPABILITY\r\n");
    }
}
