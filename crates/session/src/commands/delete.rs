//! DELETE: removes a mailbox and the messages in it. RFC 9051 §6.3.5.
//!
//! Mailboxes below it stay. Leave the mailbox first when it is selected: some servers end the connection otherwise (Cyrus 2).

use imapkit_types::Mailbox;
use imapkit_wire::Encoder;

use crate::command::{Command, Nothing, Rules};

/// Removes a mailbox.
#[derive(Clone, Debug)]
pub struct Delete {
    mailbox: Mailbox,
}

impl Delete {
    /// Removes `mailbox` with all its messages.
    pub fn new(mailbox: Mailbox) -> Self {
        Self { mailbox }
    }
}

impl Command for Delete {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "DELETE"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("DELETE ").mailbox(&self.mailbox);
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
        let delete = Delete::new("Entwürfe (alt)".parse().unwrap());
        assert_eq!(encoded(&delete, Mode::default()).unwrap(), "A1 DELETE \"Entw&APw-rfe (alt)\"\r\n");
        let utf8 = Mode { utf8: true, ..Mode::default() };
        assert_eq!(encoded(&delete, utf8).unwrap(), "A1 DELETE \"Entwürfe (alt)\"\r\n");
    }
}
