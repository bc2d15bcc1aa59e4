//! COPY, MOVE and their UID forms.
//!
//! RFC 3501 §6.4.7; RFC 6851 (MOVE: COPYUID in an untagged OK, before the EXPUNGEs); RFC 4315 §3 (COPYUID).

use imap_types::{mailbox::Mailbox, response::Code, sequence::SequenceSet};

use super::{Reply, Session};
use crate::{
    config::Capability,
    name, numbers,
    outbox::{Outbox, Outcome},
    store::{Account, mailbox::Stored},
    view::{View, nonzero},
};

/// What a copy did.
struct Copied {
    /// The UIDs of the messages that were there to copy.
    source: Vec<u32>,
    code: Option<Code<'static>>,
}

impl Session {
    pub(super) fn copy(&mut self, account: &Account, set: &SequenceSet, mailbox: &Mailbox<'_>, uid: bool) -> Reply {
        let uid_plus = self.shared.offers(Capability::UidPlus);
        let copied = copy_messages(self.selected()?, account, set, mailbox, uid)?;
        Ok(Outcome::ok("COPY completed").with(copied.code.filter(|_| uid_plus)))
    }

    pub(super) fn move_(
        &mut self,
        account: &Account,
        out: &mut Outbox,
        set: &SequenceSet,
        mailbox: &Mailbox<'_>,
        uid: bool,
    ) -> Reply {
        let uid_plus = self.shared.offers(Capability::UidPlus);
        let view = self.writable()?;
        let copied = copy_messages(view, account, set, mailbox, uid)?;
        if let Some(code) = copied.code.filter(|_| uid_plus) {
            out.untagged(code, "Moved");
        }
        view.mailbox.write(|contents| contents.expunge(&copied.source));
        Ok(Outcome::ok("MOVE completed"))
    }
}

fn copy_messages(
    view: &View,
    account: &Account,
    set: &SequenceSet,
    mailbox: &Mailbox<'_>,
    uid: bool,
) -> Result<Copied, Outcome> {
    let positions = view.positions(set, uid).ok_or_else(|| Outcome::bad("No such message"))?;
    let name = name::from_wire(mailbox).ok_or_else(|| Outcome::no("Not a possible mailbox name"))?;
    let target = account.mailbox(&name).ok_or_else(|| Outcome::no("No such mailbox").with(Code::TryCreate))?;
    let uids = positions.into_iter().filter_map(|at| view.entry(at).map(|entry| entry.uid));
    let messages: Vec<(u32, Stored)> = view.mailbox.read(|contents| {
        uids.filter_map(|uid| contents.messages.get(&uid).map(|stored| (uid, stored.clone()))).collect()
    });
    // One change for all: whoever watches the target sees none of them or every one (RFC 3501 §6.4.7).
    let copies: Vec<_> = target.write(|contents| {
        let append = |(_, stored): &(u32, Stored)| {
            nonzero(contents.append(stored.mime.clone(), stored.flags.clone(), stored.date.clone()))
        };
        messages.iter().map(append).collect()
    });
    let source: Vec<u32> = messages.iter().map(|(uid, _)| *uid).collect();
    let source_set = numbers::uid_set(&source.iter().map(|&uid| nonzero(uid)).collect::<Vec<_>>());
    let code = source_set.zip(numbers::uid_set(&copies)).map(|(source, destination)| Code::CopyUid {
        uid_validity: nonzero(target.uid_validity),
        source,
        destination,
    });
    Ok(Copied { source, code })
}
