//! CLOSE: leaves the mailbox and removes what is marked `\Deleted` in it. RFC 9051 §6.4.1.
//!
//! No EXPUNGE responses are sent. A mailbox opened read-only is left as it is. [`super::Unselect`] leaves without removing anything.

use imapkit_wire::Encoder;

use crate::command::{Command, Effect, Needs, Nothing, Rules};
use crate::state::Epoch;

/// Leaves the mailbox and removes what is marked as deleted in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Close {
    epoch: Option<Epoch>,
}

impl Close {
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

impl Command for Close {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "CLOSE"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("CLOSE");
    }

    fn rules(&self) -> Rules {
        Rules {
            state: Needs::Selected,
            epoch: self.epoch,
            exclusive: true,
            writes: true,
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
        assert_eq!(super::super::encoded(&Close::new(), imapkit_wire::Mode::default()).unwrap(), "A1 CLOSE\r\n");
    }
}
