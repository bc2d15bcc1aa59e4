//! CREATE: makes a mailbox. RFC 9051 §6.3.4, RFC 6154 §3 (special use).
//!
//! A name that ends in the hierarchy's delimiter says that mailboxes below it are to follow.

use alloc::vec::Vec;

use imapkit_types::{Capability, Mailbox, SpecialUse};
use imapkit_wire::Encoder;

use crate::command::{Command, Nothing, Rules};

/// Makes a mailbox.
#[derive(Clone, Debug)]
pub struct Create {
    mailbox: Mailbox,
    uses: Vec<SpecialUse>,
}

impl Create {
    /// Makes `mailbox`, and on most servers the levels above it.
    pub fn new(mailbox: Mailbox) -> Self {
        Self { mailbox, uses: Vec::new() }
    }

    /// Gives it a special use; needs CREATE-SPECIAL-USE.
    #[must_use]
    pub fn special_use(mut self, special_use: SpecialUse) -> Self {
        self.uses.push(special_use);
        self
    }
}

impl Command for Create {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "CREATE"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("CREATE ").mailbox(&self.mailbox);
        if !self.uses.is_empty() {
            out.verb(" (USE ").list(&self.uses, |out, special_use| attribute(out, *special_use)).close();
        }
    }

    fn rules(&self) -> Rules {
        let capabilities = if self.uses.is_empty() { Vec::new() } else { alloc::vec![Capability::CreateSpecialUse] };
        Rules { capabilities, writes: true, ..Rules::default() }
    }

    fn gather(self) -> Nothing {
        Nothing
    }
}

fn attribute(out: &mut Encoder, special_use: SpecialUse) -> &mut Encoder {
    out.verb("\\").atom(special_use.attribute().as_str().trim_start_matches('\\'))
}

#[cfg(test)]
mod tests {
    use super::super::encoded;
    use super::*;
    use imapkit_wire::Mode;

    #[test]
    fn bytes() {
        let bytes = |create: &Create| encoded(create, Mode::default()).unwrap();
        assert_eq!(bytes(&Create::new("owatagusiam/".parse().unwrap())), "A1 CREATE owatagusiam/\r\n");
        let everything = Create::new("Everything".parse().unwrap()).special_use(SpecialUse::All);
        assert_eq!(bytes(&everything), "A1 CREATE Everything (USE (\\All))\r\n");
        let both = everything.special_use(SpecialUse::Archive);
        assert_eq!(bytes(&both), "A1 CREATE Everything (USE (\\All \\Archive))\r\n");
        assert_eq!(both.rules().capabilities, [Capability::CreateSpecialUse]);
    }
}
