//! NAMESPACE: where the personal, the other users' and the shared mailboxes live. RFC 2342, RFC 9051 §6.3.10.

use imapkit_types::{Capability, Namespaces};
use imapkit_wire::{Encoder, Untagged};

use crate::command::{Claims, Command, Completion, Gather, Offer, Rules};
use crate::error::{Error, ErrorKind};

/// Asks for the namespaces.
#[derive(Clone, Copy, Debug)]
pub struct Namespace;

/// Takes the answer.
#[derive(Debug, Default)]
pub struct NamespaceGather {
    answer: Option<Namespaces>,
}

impl Command for Namespace {
    type Output = Namespaces;
    type Gather = NamespaceGather;

    fn name(&self) -> &'static str {
        "NAMESPACE"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("NAMESPACE");
    }

    fn rules(&self) -> Rules {
        Rules { capabilities: alloc::vec![Capability::Namespace], claims: Claims::NAMESPACE, ..Rules::default() }
    }

    fn gather(self) -> NamespaceGather {
        NamespaceGather::default()
    }
}

impl Gather for NamespaceGather {
    type Output = Namespaces;

    fn offer(&mut self, response: Untagged) -> Offer {
        match response {
            Untagged::Namespace(answer) => {
                self.answer = Some(*answer);
                Offer::Taken
            }
            other => Offer::NotMine(other),
        }
    }

    fn finish(self, _: Completion) -> Result<Namespaces, Error> {
        self.answer.ok_or_else(|| {
            Error::new(ErrorKind::Protocol, "the server said OK without its namespaces").in_command("NAMESPACE")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes() {
        assert_eq!(super::super::encoded(&Namespace, imapkit_wire::Mode::default()).unwrap(), "A1 NAMESPACE\r\n");
    }
}
