//! NOOP: Lets the server tell what is new. RFC 9051 §6.1.2.

use imapkit_wire::Encoder;

use crate::command::{Command, Needs, Nothing, Rules};

/// Lets the server tell what is new.
#[derive(Clone, Copy, Debug)]
pub struct Noop;

impl Command for Noop {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "NOOP"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("NOOP");
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
        assert_eq!(super::super::encoded(&Noop, imapkit_wire::Mode::default()).unwrap(), "A1 NOOP\r\n");
    }
}
