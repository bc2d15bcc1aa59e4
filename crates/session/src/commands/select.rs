//! SELECT and EXAMINE: opens a mailbox. RFC 9051 §6.3.2, §6.3.3; RFC 7162 (CONDSTORE).
//!
//! The answer is collected here and tracked by the session; the `[CLOSED]` code marks the end of what belonged to the mailbox before (M08).

use alloc::boxed::Box;

use imapkit_types::{Code, Flags, Mailbox, ModSeq, UidValidity};
use imapkit_wire::{Encoder, StatusLine, Untagged};

use crate::command::{Command, Completion, Effect, Gather, Offer, Rules};
use crate::error::Error;
use crate::state::Epoch;

/// Opens a mailbox; whatever was open is closed without expunge.
#[derive(Clone, Debug)]
pub struct Select {
    mailbox: Mailbox,
    read_only: bool,
    condstore: bool,
}

/// What the server told about the mailbox it opened.
#[derive(Clone, Debug, Default)]
pub struct MailboxInfo {
    /// Number of messages.
    pub exists: u32,
    /// Messages nobody had seen; 0 with IMAP4rev2.
    pub recent: u32,
    /// Flags that exist in the mailbox.
    pub flags: Flags,
    /// Flags that can be changed for good; `None`: the server did not say, so all (RFC 9051 §7.1).
    pub permanent_flags: Option<Flags>,
    /// The epoch of the UIDs; `None` or 0: do not keep UIDs beyond this session (M06).
    pub uid_validity: Option<UidValidity>,
    /// A lower bound of the next UID, where the server says it (H27, H28).
    pub uid_next: Option<u32>,
    /// Sequence number of the first unseen message; removed by IMAP4rev2.
    pub unseen: Option<u32>,
    /// Highest MODSEQ; `None` without CONDSTORE, and for mailboxes that have none (NOMODSEQ).
    pub highest_mod_seq: Option<ModSeq>,
    /// Messages cannot be changed.
    pub read_only: bool,
    /// UIDs do not survive the session (UIDNOTSTICKY).
    pub uid_not_sticky: bool,
    /// The mailbox's identity across renames (OBJECTID).
    pub mailbox_id: Option<Box<str>>,
    /// Which selection this is; commands of handles made for it are refused in another.
    pub epoch: Epoch,
}

/// Collects the answer.
#[derive(Debug, Default)]
pub struct SelectGather {
    info: MailboxInfo,
}

impl Select {
    /// Opens `mailbox` for reading and writing.
    pub fn new(mailbox: Mailbox) -> Self {
        Self { mailbox, read_only: false, condstore: false }
    }

    /// Opens `mailbox` read-only: nothing one does with it changes it.
    pub fn examine(mailbox: Mailbox) -> Self {
        Self { mailbox, read_only: true, condstore: false }
    }

    /// Asks for MODSEQ data, if the server has CONDSTORE.
    #[must_use]
    pub fn condstore(mut self) -> Self {
        self.condstore = true;
        self
    }
}

impl Command for Select {
    type Output = MailboxInfo;
    type Gather = SelectGather;

    fn name(&self) -> &'static str {
        if self.read_only { "EXAMINE" } else { "SELECT" }
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb(self.name()).sp().mailbox(&self.mailbox);
        if self.condstore {
            out.verb(" (CONDSTORE)");
        }
    }

    fn rules(&self) -> Rules {
        let capabilities =
            if self.condstore { alloc::vec![imapkit_types::Capability::CondStore] } else { alloc::vec![] };
        Rules {
            capabilities,
            exclusive: true,
            effect: Effect::Select { read_only: self.read_only },
            ..Rules::default()
        }
    }

    fn gather(self) -> SelectGather {
        SelectGather { info: MailboxInfo { read_only: self.read_only, ..MailboxInfo::default() } }
    }
}

impl SelectGather {
    fn code(&mut self, status: &StatusLine) -> bool {
        let info = &mut self.info;
        match &status.code {
            Some(Code::Closed) => *info = MailboxInfo { read_only: info.read_only, ..MailboxInfo::default() },
            Some(Code::PermanentFlags(flags)) => info.permanent_flags = Some(flags.clone()),
            Some(Code::UidValidity(uid_validity)) => info.uid_validity = Some(*uid_validity),
            Some(Code::UidNext(next)) => info.uid_next = (*next > 0).then_some(*next),
            Some(Code::Unseen(first)) => info.unseen = (*first > 0).then_some(*first),
            Some(Code::HighestModSeq(mod_seq)) => info.highest_mod_seq = Some(*mod_seq),
            Some(Code::MailboxId(id)) => info.mailbox_id = Some(id.clone()),
            Some(Code::UidNotSticky) => info.uid_not_sticky = true,
            Some(Code::ReadOnly) => info.read_only = true,
            Some(Code::ReadWrite | Code::NoModSeq | Code::PermanentFlagsAbsent) => {}
            _ => return false,
        }
        true
    }
}

impl Gather for SelectGather {
    type Output = MailboxInfo;

    fn offer(&mut self, response: Untagged) -> Offer {
        match response {
            Untagged::Exists(exists) => self.info.exists = exists,
            Untagged::Recent(recent) => self.info.recent = recent,
            Untagged::Flags(flags) => self.info.flags = flags,
            Untagged::Status(status) if self.code(&status) => {}
            // IMAP4rev2 repeats the mailbox's name in a LIST response (RFC 9051 §6.3.2).
            Untagged::List(_) => {}
            other => return Offer::NotMine(other),
        }
        Offer::Taken
    }

    fn finish(mut self, ok: Completion) -> Result<MailboxInfo, Error> {
        self.code(&ok.status);
        self.info.epoch = ok.epoch;
        Ok(self.info)
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoded;
    use super::*;
    use imapkit_wire::Mode;

    #[test]
    fn bytes() {
        let inbox = Mailbox::inbox();
        assert_eq!(encoded(&Select::new(inbox.clone()), Mode::default()).unwrap(), "A1 SELECT INBOX\r\n");
        assert_eq!(
            encoded(&Select::examine(inbox).condstore(), Mode::default()).unwrap(),
            "A1 EXAMINE INBOX (CONDSTORE)\r\n"
        );
    }
}
