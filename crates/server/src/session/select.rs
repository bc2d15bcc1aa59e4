//! SELECT, EXAMINE, CLOSE, UNSELECT and EXPUNGE.
//!
//! RFC 3501 §6.3.1, §6.3.2, §6.4.2, §6.4.3; RFC 3691; RFC 4315 §2.1 (UID EXPUNGE).

use imap_types::{command::SelectParameter, flag::Flag, mailbox::Mailbox, response::Code, sequence::SequenceSet};

use super::{Reply, Session};
use crate::{
    name,
    numbers::Numbers,
    outbox::{Outbox, Outcome, code},
    store::Account,
    view::View,
};

impl Session {
    pub(super) fn select(
        &mut self,
        account: &Account,
        out: &mut Outbox,
        mailbox: &Mailbox<'_>,
        parameters: &[SelectParameter],
        read_only: bool,
    ) -> Reply {
        if !parameters.is_empty() {
            return Err(Outcome::bad("CONDSTORE is not offered"));
        }
        // Also where it fails: no mailbox is selected afterwards (RFC 3501 §6.3.1; M08).
        self.view = None;
        let mailbox = name::from_wire(mailbox).and_then(|name| account.mailbox(&name));
        let mailbox = mailbox.ok_or_else(|| Outcome::no("No such mailbox").with(code("NONEXISTENT")))?;
        self.view = Some(View::open(mailbox, read_only, out));
        Ok(if read_only {
            Outcome::ok("EXAMINE completed").with(Code::ReadOnly)
        } else {
            Outcome::ok("SELECT completed").with(Code::ReadWrite)
        })
    }

    pub(super) fn unselect(&mut self) -> Reply {
        self.selected()?;
        self.view = None;
        Ok(Outcome::ok("UNSELECT completed"))
    }

    /// Leaves the mailbox and removes what is marked, without a word.
    pub(super) fn close(&mut self) -> Reply {
        let view = self.selected()?;
        if !view.read_only {
            remove_deleted(view, None);
        }
        self.view = None;
        Ok(Outcome::ok("CLOSE completed"))
    }

    pub(super) fn expunge(&mut self, uids: Option<&SequenceSet>) -> Reply {
        let view = self.writable()?;
        remove_deleted(view, uids);
        Ok(Outcome::ok("EXPUNGE completed"))
    }
}

fn remove_deleted(view: &View, uids: Option<&SequenceSet>) {
    view.mailbox.write(|contents| {
        let largest = contents.messages.last_key_value().map_or(0, |(uid, _)| *uid);
        let uids = uids.map(|set| Numbers::new(set, largest));
        let marked = contents.messages.iter().filter(|(uid, stored)| {
            stored.flags.contains(&Flag::Deleted) && uids.as_ref().is_none_or(|uids| uids.contains(**uid))
        });
        let marked: Vec<u32> = marked.map(|(uid, _)| *uid).collect();
        contents.expunge(&marked);
    });
}
