//! One mailbox: its messages by UID, and word of every change to whoever watches.
//!
//! Each change takes the next modification number. A session compares those numbers with what it last told its client,
//! and the server needs no list of who must still hear of what.
//!
//! Invariants: UIDs only ever grow; `modseq` grows with each change; a watcher is woken after the lock is released.

use std::{collections::BTreeMap, sync::Arc, sync::Mutex};

use imap_types::{
    datetime::DateTime,
    flag::{Flag, StoreType},
};
use tokio::sync::watch;

use super::lock;
use crate::{
    config::{Message, SpecialUse},
    flags::Flags,
    mime::Mime,
};

/// A mailbox; shared by the account's tree and the sessions that have it selected.
pub(crate) struct Mailbox {
    pub(crate) uid_validity: u32,
    pub(crate) special_use: Option<SpecialUse>,
    contents: Mutex<Contents>,
    changed: watch::Sender<u64>,
}

/// What is in a mailbox right now.
pub(crate) struct Contents {
    pub(crate) uid_next: u32,
    /// The number of the latest change.
    pub(crate) modseq: u64,
    /// Messages from this UID on are recent to the next session that selects the mailbox.
    pub(crate) recent_from: u32,
    /// Every keyword ever set here.
    pub(crate) keywords: Flags,
    pub(crate) messages: BTreeMap<u32, Stored>,
}

/// A message in a mailbox. Cheap to copy: the bytes are shared.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) mime: Arc<Mime>,
    pub(crate) flags: Flags,
    pub(crate) date: DateTime,
    /// The number of the change that stored it or last touched its flags.
    pub(crate) modseq: u64,
}

impl Mailbox {
    pub(crate) fn new(uid_validity: u32, special_use: Option<SpecialUse>) -> Self {
        let contents =
            Contents { uid_next: 1, modseq: 1, recent_from: 1, keywords: Flags::default(), messages: BTreeMap::new() };
        Self {
            uid_validity: uid_validity.max(1),
            special_use,
            contents: Mutex::new(contents),
            changed: watch::Sender::new(1),
        }
    }

    pub(crate) fn read<R>(&self, look: impl FnOnce(&Contents) -> R) -> R {
        look(&lock(&self.contents))
    }

    /// Changes the contents and wakes those who watch, if anything did change.
    pub(crate) fn write<R>(&self, change: impl FnOnce(&mut Contents) -> R) -> R {
        let (result, modseq) = {
            let mut contents = lock(&self.contents);
            (change(&mut contents), contents.modseq)
        };
        self.changed.send_if_modified(|known| std::mem::replace(known, modseq) != modseq);
        result
    }

    /// Sees the number of the latest change, and waits for the next.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(crate) fn append(&self, mime: Arc<Mime>, flags: Flags, date: DateTime) -> u32 {
        self.write(|contents| contents.append(mime, flags, date))
    }

    /// Moves all messages to another mailbox.
    pub(super) fn empty_into(&self, target: &Self) {
        let messages = self.write(|contents| {
            contents.modseq += 1;
            std::mem::take(&mut contents.messages)
        });
        for stored in messages.into_values() {
            target.append(stored.mime, stored.flags, stored.date);
        }
    }
}

impl Contents {
    pub(crate) fn append(&mut self, mime: Arc<Mime>, flags: Flags, date: DateTime) -> u32 {
        let uid = self.uid_next;
        self.uid_next += 1;
        self.modseq += 1;
        self.learn(flags.iter());
        self.messages.insert(uid, Stored { mime, flags, date, modseq: self.modseq });
        uid
    }

    /// Does what STORE says to one message; returns it as it is then.
    pub(crate) fn store(&mut self, uid: u32, kind: StoreType, flags: &[Flag<'static>]) -> Option<&Stored> {
        let stored = self.messages.get_mut(&uid)?;
        if stored.flags.apply(kind, flags) {
            self.modseq += 1;
            stored.modseq = self.modseq;
            self.learn(flags.iter());
        }
        self.messages.get(&uid)
    }

    /// Removes messages; those already gone are no error.
    pub(crate) fn expunge(&mut self, uids: &[u32]) {
        let before = self.messages.len();
        for uid in uids {
            self.messages.remove(uid);
        }
        if self.messages.len() != before {
            self.modseq += 1;
        }
    }

    fn learn<'a>(&mut self, flags: impl Iterator<Item = &'a Flag<'static>>) {
        let keywords: Vec<_> = flags.filter(|flag| matches!(flag, Flag::Keyword(_))).cloned().collect();
        self.keywords.apply(StoreType::Add, &keywords);
    }
}

impl Stored {
    /// As a caller of this crate sees it.
    pub(crate) fn to_message(&self) -> Message {
        let date = self.date.as_ref();
        let message = Message::new(self.mime.bytes()).date(date.timestamp(), date.offset().local_minus_utc() / 60);
        self.flags.iter().fold(message, |message, flag| message.flag(flag.to_string()))
    }
}
