//! CHECK: asks the server to write out what it holds back for the selected mailbox. RFC 3501 §6.4.1; removed from IMAP4rev2.
//!
//! Most servers do nothing. To hear what is new, NOOP is the command.

use imapkit_wire::Encoder;

use crate::command::{Command, Needs, Nothing, Rules};
use crate::state::Epoch;

/// Asks for a checkpoint of the selected mailbox.
#[derive(Clone, Copy, Debug, Default)]
pub struct Check {
    epoch: Option<Epoch>,
}

impl Check {
    /// Asks for a checkpoint.
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

impl Command for Check {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "CHECK"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("CHECK");
    }

    fn rules(&self) -> Rules {
        Rules { state: Needs::Selected, epoch: self.epoch, ..Rules::default() }
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
        assert_eq!(super::super::encoded(&Check::new(), imapkit_wire::Mode::default()).unwrap(), "A1 CHECK\r\n");
    }
}
