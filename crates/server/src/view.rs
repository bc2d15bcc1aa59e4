//! A selected mailbox as its client knows it.
//!
//! Sequence numbers are a contract with one client: they change only when that client is told. So each session keeps
//! its own list of messages and brings it up to date by telling the differences. Messages that others have expunged
//! stay in the list, readable, until the client may be told (RFC 3501 §7.4.1: not during FETCH, STORE or SEARCH).
//!
//! Invariants: `entries` is ordered by UID; what a client was told equals `entries`.

use std::{num::NonZeroU32, sync::Arc};

use imap_types::{
    core::Vec1,
    fetch::MessageDataItem,
    response::{Code, Data},
};

use crate::{
    flags,
    numbers::Numbers,
    outbox::Outbox,
    store::mailbox::{Contents, Mailbox, Stored},
};

/// The mailbox a session has selected.
pub(crate) struct View {
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) read_only: bool,
    entries: Vec<Entry>,
    /// The latest change that has been looked at.
    looked_at: u64,
    /// Whether there are expunged messages the client has not been told of.
    owes_expunges: bool,
    keywords: usize,
}

/// A message with a sequence number.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) uid: u32,
    pub(crate) recent: bool,
    /// The message as the client last heard of it.
    pub(crate) stored: Stored,
}

/// The sequence number at a position.
pub(crate) fn seq(position: usize) -> NonZeroU32 {
    u32::try_from(position).ok().and_then(|position| NonZeroU32::MIN.checked_add(position)).unwrap_or(NonZeroU32::MAX)
}

/// A UID as the wire types want it; UIDs start at 1.
pub(crate) fn nonzero(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

fn count(entries: &[Entry]) -> u32 {
    u32::try_from(entries.len()).unwrap_or(u32::MAX)
}

impl View {
    /// Opens a mailbox and says what SELECT says.
    pub(crate) fn open(mailbox: Arc<Mailbox>, read_only: bool, out: &mut Outbox) -> Self {
        let mut view =
            Self { mailbox, read_only, entries: Vec::new(), looked_at: 0, owes_expunges: false, keywords: 0 };
        let mailbox = view.mailbox.clone();
        mailbox.write(|contents| {
            view.looked_at = contents.modseq;
            view.take_new(contents);
            view.tell_flags(contents, out);
            view.tell_size(out);
            let unseen =
                view.entries.iter().position(|entry| !entry.stored.flags.contains(&imap_types::flag::Flag::Seen));
            if let Some(unseen) = unseen {
                out.untagged(Code::Unseen(seq(unseen)), "First unseen");
            }
            out.untagged(Code::UidValidity(nonzero(mailbox.uid_validity)), "UIDs valid");
            out.untagged(Code::UidNext(nonzero(contents.uid_next)), "Predicted next UID");
        });
        view
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entry(&self, position: usize) -> Option<&Entry> {
        self.entries.get(position)
    }

    /// The positions a set names. Sequence numbers beyond the last are an error (RFC 3501 §9 `seq-number`), UIDs are
    /// not.
    pub(crate) fn positions(&self, set: &imap_types::sequence::SequenceSet, uid: bool) -> Option<Vec<usize>> {
        let largest = if uid { self.entries.last().map_or(0, |entry| entry.uid) } else { count(&self.entries) };
        let numbers = Numbers::new(set, largest);
        if uid {
            let named = |(at, entry): (usize, &Entry)| numbers.contains(entry.uid).then_some(at);
            return Some(self.entries.iter().enumerate().filter_map(named).collect());
        }
        let (first, last) = numbers.bounds();
        if first == 0 || last > largest {
            return None;
        }
        Some((0..self.entries.len()).filter(|&at| numbers.contains(seq(at).get())).collect())
    }

    /// Takes in messages the client has not heard of. A session that may write is the one they are recent to.
    fn take_new(&mut self, contents: &mut Contents) -> bool {
        let next = self.entries.last().map_or(1, |entry| entry.uid + 1);
        let before = self.entries.len();
        let recent_from = contents.recent_from;
        let new = contents.messages.range(next..);
        self.entries.extend(new.map(|(&uid, stored)| Entry {
            uid,
            recent: uid >= recent_from,
            stored: stored.clone(),
        }));
        if !self.read_only {
            contents.recent_from = contents.uid_next;
        }
        self.entries.len() != before
    }

    fn tell_size(&self, out: &mut Outbox) {
        let recent = self.entries.iter().filter(|entry| entry.recent).count();
        out.data(Data::Exists(count(&self.entries)));
        out.data(Data::Recent(u32::try_from(recent).unwrap_or(u32::MAX)));
    }

    fn tell_flags(&mut self, contents: &Contents, out: &mut Outbox) {
        let (all, permanent) = flags::permanent(&contents.keywords);
        self.keywords = all.len();
        out.data(Data::Flags(all));
        let permanent = if self.read_only { Vec::new() } else { permanent };
        out.untagged(Code::PermanentFlags(permanent), "Flags that are kept");
    }

    /// Tells the client what has changed since it was last told; expunged messages only where that is allowed.
    pub(crate) fn sync(&mut self, out: &mut Outbox, may_expunge: bool) {
        let mailbox = self.mailbox.clone();
        let changed = mailbox.read(|contents| contents.modseq != self.looked_at);
        let has_news = changed || (self.owes_expunges && may_expunge);
        if !has_news {
            return;
        }
        mailbox.write(|contents| {
            self.looked_at = contents.modseq;
            self.tell_expunged(contents, out, may_expunge);
            if flags::permanent(&contents.keywords).0.len() != self.keywords {
                self.tell_flags(contents, out);
            }
            for (at, entry) in self.entries.iter_mut().enumerate() {
                let Some(stored) = contents.messages.get(&entry.uid) else { continue };
                if stored.modseq != entry.stored.modseq {
                    entry.stored = stored.clone();
                    let flags = MessageDataItem::Flags(entry.stored.flags.to_fetch(entry.recent));
                    out.data(Data::Fetch { seq: seq(at), items: Vec1::from(flags) });
                }
            }
            if self.take_new(contents) {
                self.tell_size(out);
            }
        });
    }

    fn tell_expunged(&mut self, contents: &Contents, out: &mut Outbox, may_expunge: bool) {
        let is_gone = |entry: &Entry| !contents.messages.contains_key(&entry.uid);
        self.owes_expunges = !may_expunge && self.entries.iter().any(is_gone);
        if may_expunge {
            // From the end, so that no number told changes one still to be told (M01 allows either order).
            for (at, _) in self.entries.iter().enumerate().rev().filter(|(_, entry)| is_gone(entry)) {
                out.data(Data::Expunge(seq(at)));
            }
            self.entries.retain(|entry| !is_gone(entry));
        }
    }

    /// Notes that the client is being told of a message as it is now.
    pub(crate) fn heard(&mut self, position: usize, stored: &Stored) {
        if let Some(entry) = self.entries.get_mut(position) {
            entry.stored = stored.clone();
        }
    }
}
