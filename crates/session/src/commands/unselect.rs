//! UNSELECT: leaves the mailbox as it is. RFC 9051 §6.4.2, RFC 3691.
//!
//! A server without it leaves a mailbox without removing anything when another one is selected, also one that does not exist.

use alloc::vec;

use imapkit_types::Capability;
use imapkit_wire::Encoder;

use crate::command::{Command, Effect, Needs, Nothing, Rules};
use crate::state::Epoch;

/// Leaves the mailbox and removes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unselect {
    epoch: Option<Epoch>,
}

impl Unselect {
    /// Leaves the selected mailbox.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only while this selection lasts.
    #[must_use]
    pub fn in_epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = Some(epoch);
        self
    }
}

impl Command for Unselect {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "UNSELECT"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("UNSELECT");
    }

    fn rules(&self) -> Rules {
        Rules {
            state: Needs::Selected,
            capabilities: vec![Capability::Unselect],
            epoch: self.epoch,
            exclusive: true,
            effect: Effect::Deselect,
            ..Rules::default()
        }
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
        assert_eq!(super::super::encoded(&Unselect::new(), imapkit_wire::Mode::default()).unwrap(), "A1 UNSELECT\r\n");
    }
}
