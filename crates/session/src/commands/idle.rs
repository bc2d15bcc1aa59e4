//! IDLE: the server tells changes as they happen. RFC 2177, RFC 9051 §6.3.13.
//!
//! The session sends it by itself while it is watched ([`crate::Session::watch`]) and ends it with DONE; data before the `+` is data (H34).

use imapkit_types::Capability;
use imapkit_wire::{Encoder, Untagged};

use crate::command::{Command, Completion, Effect, Gather, Needs, Offer, Proceed, Rules};
use crate::error::Error;

/// Waits for changes. For the session's own use: nothing else would send DONE.
#[derive(Clone, Copy, Debug)]
pub struct Idle;

/// Notes the `+`.
#[derive(Debug)]
pub struct IdleGather;

impl Command for Idle {
    type Output = ();
    type Gather = IdleGather;

    fn name(&self) -> &'static str {
        "IDLE"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("IDLE");
    }

    fn rules(&self) -> Rules {
        Rules {
            state: Needs::Authenticated,
            capabilities: alloc::vec![Capability::Idle],
            effect: Effect::Idle,
            exclusive: true,
            ..Rules::default()
        }
    }

    fn gather(self) -> IdleGather {
        IdleGather
    }
}

impl Gather for IdleGather {
    type Output = ();

    fn offer(&mut self, response: Untagged) -> Offer {
        Offer::NotMine(response)
    }

    fn proceed(&mut self, _: &[u8]) -> Proceed {
        Proceed::Noted
    }

    fn finish(self, _: Completion) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes() {
        assert_eq!(super::super::encoded(&Idle, imapkit_wire::Mode::default()).unwrap(), "A1 IDLE\r\n");
    }
}
