//! ENABLE: switches extensions on. RFC 5161, RFC 9051 §6.3.1.
//!
//! Only what `* ENABLED` names is on, whatever the tagged OK says (M14). It has to come before a mailbox is selected.

use alloc::vec::Vec;

use imapkit_types::{Capabilities, Capability};
use imapkit_wire::{Encoder, Untagged};

use crate::command::{Claims, Command, Completion, Gather, Needs, Offer, Rules};
use crate::error::Error;

/// Switches extensions on.
#[derive(Clone, Debug)]
pub struct Enable {
    wanted: Vec<Capability>,
}

/// Takes the answer.
#[derive(Debug, Default)]
pub struct EnableGather {
    enabled: Vec<Capability>,
}

impl Enable {
    /// Switches these on.
    pub fn new(wanted: impl IntoIterator<Item = Capability>) -> Self {
        Self { wanted: wanted.into_iter().collect() }
    }
}

impl Command for Enable {
    /// What is on now because of this command.
    type Output = Vec<Capability>;
    type Gather = EnableGather;

    fn name(&self) -> &'static str {
        "ENABLE"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("ENABLE");
        for wanted in &self.wanted {
            out.sp().atom(wanted.as_str());
        }
    }

    fn rules(&self) -> Rules {
        // It may go behind others, but nothing behind it: see the hazard gate.
        let state = Needs::Unselected;
        Rules { state, capabilities: alloc::vec![Capability::Enable], claims: Claims::ENABLED, ..Rules::default() }
    }

    fn gather(self) -> EnableGather {
        EnableGather::default()
    }
}

impl Gather for EnableGather {
    type Output = Vec<Capability>;

    fn offer(&mut self, response: Untagged) -> Offer {
        match response {
            Untagged::Enabled(enabled) => {
                self.enabled.extend(tokens(&enabled));
                Offer::Taken
            }
            other => Offer::NotMine(other),
        }
    }

    fn finish(self, _: Completion) -> Result<Self::Output, Error> {
        Ok(self.enabled)
    }
}

fn tokens(enabled: &Capabilities) -> impl Iterator<Item = Capability> + '_ {
    enabled.iter().map(Capability::parse)
}

#[cfg(test)]
mod tests {
    use super::super::encoded;
    use super::*;
    use imapkit_wire::Mode;

    #[test]
    fn bytes() {
        let enable = Enable::new([Capability::CondStore, Capability::Qresync]);
        assert_eq!(encoded(&enable, Mode::default()).unwrap(), "A1 ENABLE CONDSTORE QRESYNC\r\n");
    }

    #[test]
    fn t072_a_name_cannot_smuggle() {
        let enable = Enable::new([Capability::Other("X\r\nA9 LOGOUT".into())]);
        assert!(encoded(&enable, Mode::default()).is_err());
    }
}
