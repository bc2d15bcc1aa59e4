//! SUBSCRIBE and UNSUBSCRIBE: which mailboxes a user wants to see. RFC 9051 §6.3.7, §6.3.8.
//!
//! Both may be repeated without harm. Some servers answer NO or BAD to them although all servers must know them.

use imapkit_types::Mailbox;
use imapkit_wire::Encoder;

use crate::command::{Command, Nothing, Rules};

/// Adds a mailbox to those the user wants to see.
#[derive(Clone, Debug)]
pub struct Subscribe {
    mailbox: Mailbox,
}

/// Takes a mailbox out of those the user wants to see.
#[derive(Clone, Debug)]
pub struct Unsubscribe {
    mailbox: Mailbox,
}

impl Subscribe {
    /// Subscribes to `mailbox`.
    pub fn new(mailbox: Mailbox) -> Self {
        Self { mailbox }
    }
}

impl Unsubscribe {
    /// Ends the subscription to `mailbox`, which need not exist any more.
    pub fn new(mailbox: Mailbox) -> Self {
        Self { mailbox }
    }
}

impl Command for Subscribe {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "SUBSCRIBE"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("SUBSCRIBE ").mailbox(&self.mailbox);
    }

    fn rules(&self) -> Rules {
        Rules::default()
    }

    fn gather(self) -> Nothing {
        Nothing
    }
}

impl Command for Unsubscribe {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "UNSUBSCRIBE"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("UNSUBSCRIBE ").mailbox(&self.mailbox);
    }

    fn rules(&self) -> Rules {
        Rules::default()
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
        let name: Mailbox = "#news.comp.mail.mime".parse().unwrap();
        assert_eq!(
            encoded(&Subscribe::new(name.clone()), Mode::default()).unwrap(),
            "A1 SUBSCRIBE #news.comp.mail.mime\r\n"
        );
        assert_eq!(
            encoded(&Unsubscribe::new(name), Mode::default()).unwrap(),
            "A1 UNSUBSCRIBE #news.comp.mail.mime\r\n"
        );
    }
}
