//! APPEND: puts messages into a mailbox. RFC 9051 §6.3.12, RFC 3502 (MULTIAPPEND), RFC 4315 (APPENDUID), RFC 7888 (literals).
//!
//! The size of a message has to be known before its first octet: that is IMAP's rule. Small content may go with the command; large content
//! is uploaded when the server is ready for it ([`crate::Session::poll_upload`]), so it need not be in memory.

use alloc::vec::Vec;

use bytes::Bytes;
use imapkit_types::{Capability, Code, DateTime, Flags, Mailbox, UidSet, UidValidity};
use imapkit_wire::{Encoder, Untagged};

use crate::command::{Claims, Command, Completion, Gather, Offer, Rules};
use crate::error::Error;

/// Puts one message or several into a mailbox; several are put there all or none.
#[derive(Clone, Debug)]
pub struct Append {
    mailbox: Mailbox,
    messages: Vec<AppendMessage>,
}

/// One message to put there.
#[derive(Clone, Debug)]
pub struct AppendMessage {
    /// Its flags. `\Recent` cannot be set.
    pub flags: Flags,
    /// Its INTERNALDATE; the server's clock when absent.
    pub date: Option<DateTime>,
    /// Its octets: an RFC 5322 message with CRLF line ends.
    pub content: Content,
}

/// The octets of a message to append.
#[derive(Clone, Debug)]
pub enum Content {
    /// Here they are.
    Inline(Bytes),
    /// So many will be uploaded.
    Upload(u64),
}

/// Which UIDs the new messages got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendUid {
    /// The epoch of the UIDs.
    pub uid_validity: UidValidity,
    /// One per message, ascending.
    pub uids: UidSet,
}

/// Waits for the APPENDUID code.
#[derive(Debug, Default)]
pub struct AppendGather;

impl Append {
    /// Puts `messages` into `mailbox`. More than one needs MULTIAPPEND.
    pub fn new(mailbox: Mailbox, messages: Vec<AppendMessage>) -> Self {
        Self { mailbox, messages }
    }
}

impl Command for Append {
    /// `None` when the server does not say (no UIDPLUS).
    type Output = Option<AppendUid>;
    type Gather = AppendGather;

    fn name(&self) -> &'static str {
        "APPEND"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("APPEND").sp().mailbox(&self.mailbox);
        for message in &self.messages {
            if !message.flags.is_empty() {
                out.sp().flags(&message.flags);
            }
            if let Some(date) = &message.date {
                out.sp().date_time(date);
            }
            out.sp();
            match &message.content {
                Content::Inline(octets) => out.literal(octets),
                Content::Upload(len) => out.upload(*len, false),
            };
        }
    }

    fn rules(&self) -> Rules {
        let capabilities = if self.messages.len() > 1 { alloc::vec![Capability::MultiAppend] } else { alloc::vec![] };
        Rules { capabilities, claims: Claims::COPYUID, writes: true, ..Rules::default() }
    }

    fn gather(self) -> AppendGather {
        AppendGather
    }
}

impl Gather for AppendGather {
    type Output = Option<AppendUid>;

    fn offer(&mut self, response: Untagged) -> Offer {
        Offer::NotMine(response)
    }

    fn finish(self, ok: Completion) -> Result<Self::Output, Error> {
        Ok(match ok.status.code {
            Some(Code::AppendUid { uid_validity, uids }) => Some(AppendUid { uid_validity, uids }),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoded;
    use super::*;
    use imapkit_types::Flag;
    use imapkit_wire::{LiteralSupport, Mode};

    fn message(content: Content) -> AppendMessage {
        AppendMessage { flags: Flags::from(Flag::Seen), date: DateTime::from_unix(0, 60), content }
    }

    #[test]
    fn bytes() {
        let append = Append::new(Mailbox::inbox(), alloc::vec![message(Content::Inline(Bytes::from_static(b"a\r\n")))]);
        let plus = Mode { literal: LiteralSupport::Plus, ..Mode::default() };
        let sent = encoded(&append, plus).unwrap();
        assert_eq!(sent, "A1 APPEND INBOX (\\Seen) \" 1-Jan-1970 01:00:00 +0100\" {3+}\r\na\r\n\r\n");
    }

    #[test]
    fn several_uploads_in_one_command() {
        let two = alloc::vec![message(Content::Upload(10_000)), message(Content::Upload(5))];
        let sent = encoded(&Append::new(Mailbox::inbox(), two), Mode::default()).unwrap();
        assert!(sent.contains("{10000}\r\n (\\Seen)") && sent.ends_with("{5}\r\n\r\n"), "{sent}");
    }
}
