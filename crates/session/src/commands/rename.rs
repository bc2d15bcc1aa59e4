//! RENAME: gives a mailbox another name. RFC 9051 §6.3.6.
//!
//! Mailboxes below it move along. Renaming INBOX moves its messages into a new mailbox and leaves INBOX empty.

use imapkit_types::Mailbox;
use imapkit_wire::Encoder;

use crate::command::{Command, Nothing, Rules};

/// Gives a mailbox another name.
#[derive(Clone, Debug)]
pub struct Rename {
    from: Mailbox,
    to: Mailbox,
}

impl Rename {
    /// Renames `from` to `to`.
    pub fn new(from: Mailbox, to: Mailbox) -> Self {
        Self { from, to }
    }
}

impl Command for Rename {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "RENAME"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("RENAME ").mailbox(&self.from).sp().mailbox(&self.to);
    }

    fn rules(&self) -> Rules {
        Rules { writes: true, ..Rules::default() }
    }

    fn gather(self) -> Nothing {
        Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoded;
    use super::*;
    use imapkit_wire::Mode;

    #[test]
    fn bytes() {
        let rename = Rename::new(Mailbox::inbox(), "old-mail 2026".parse().unwrap());
        assert_eq!(encoded(&rename, Mode::default()).unwrap(), "A1 RENAME INBOX \"old-mail 2026\"\r\n");
    }
}
