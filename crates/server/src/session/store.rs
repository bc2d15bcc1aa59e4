//! STORE and UID STORE.
//!
//! RFC 3501 §6.4.6; RFC 2180 §4.2 (messages that others have expunged).

use imap_types::{
    core::Vec1,
    fetch::MessageDataItem,
    flag::{Flag, StoreResponse, StoreType},
    response::Data,
    sequence::SequenceSet,
};

use super::{Reply, Session};
use crate::{
    flags,
    outbox::{Outbox, Outcome, code},
    view::{View, nonzero, seq},
};

/// What to do to the flags, and whether to tell.
pub(super) struct Change {
    pub(super) kind: StoreType,
    pub(super) response: StoreResponse,
    pub(super) flags: Vec<Flag<'static>>,
}

impl Session {
    pub(super) fn store(&mut self, out: &mut Outbox, set: &SequenceSet, change: &Change, uid: bool) -> Reply {
        let view = self.writable()?;
        if !flags::settable(&change.flags) {
            return Err(Outcome::bad("These flags cannot be set"));
        }
        let positions = view.positions(set, uid).ok_or_else(|| Outcome::bad("No such message"))?;
        let mut all_there = true;
        for at in positions {
            all_there &= store_one(view, at, change, uid, out);
        }
        if all_there || uid {
            Ok(Outcome::ok("STORE completed"))
        } else {
            Err(Outcome::no("Some messages no longer exist").with(code("EXPUNGEISSUED")))
        }
    }
}

/// Changes one message; `false` if it is gone.
fn store_one(view: &mut View, at: usize, change: &Change, uid: bool, out: &mut Outbox) -> bool {
    let Some(entry) = view.entry(at).cloned() else { return false };
    let stored = view.mailbox.write(|contents| {
        let before = contents.messages.get(&entry.uid)?.modseq;
        Some((contents.store(entry.uid, change.kind, &change.flags)?.clone(), before))
    });
    let Some((stored, before)) = stored else { return false };
    let is_silent = change.response == StoreResponse::Silent;
    // Silence covers only what this client did: what others did before is still told, at the end of the command.
    if !is_silent || before == entry.stored.modseq {
        view.heard(at, &stored);
    }
    if !is_silent {
        let flags = MessageDataItem::Flags(stored.flags.to_fetch(entry.recent));
        let items = if uid { vec![MessageDataItem::Uid(nonzero(entry.uid)), flags] } else { vec![flags] };
        out.data(Data::Fetch { seq: seq(at), items: Vec1::unvalidated(items) });
    }
    true
}
