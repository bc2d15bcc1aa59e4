//! STORE and UID STORE: changes the flags of messages. RFC 9051 §6.4.6, RFC 7162 §3.1.3 (UNCHANGEDSINCE).
//!
//! Adding, removing and replacing flags may be repeated without harm, unless messages are named by number or the change is conditional. Told
//! to be silent a server may still send rows: MODSEQs, or changes by others.

use alloc::vec::Vec;

use imapkit_types::{Capability, Code, Flags, ModSeq, NumSet, Uid};
use imapkit_wire::{Encoder, Untagged};

use super::{Bounded, Messages};
use crate::command::{Command, Completion, Gather, Needs, Offer, Rules};
use crate::error::Error;
use crate::state::Epoch;

/// Rows of one answer.
const MAX_ROWS: usize = 16_000_000;

/// Changes flags.
#[derive(Clone, Debug)]
pub struct Store {
    messages: Messages,
    how: StoreHow,
    flags: Flags,
    silent: bool,
    unchanged_since: Option<ModSeq>,
    epoch: Option<Epoch>,
}

/// What to do with the flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreHow {
    /// Set these too.
    Add,
    /// Take these away.
    Remove,
    /// Set these and no others.
    Replace,
}

/// What STORE told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    /// Flags and MODSEQs of the messages as they are now, as far as the server sent them.
    pub rows: Vec<imapkit_types::Fetch>,
    /// The messages a conditional change left alone, since they have changed in the meantime. When the server says NO as well, the same
    /// set is in the code of the error (M25).
    pub modified: Option<Messages>,
}

/// Collects the rows.
#[derive(Debug)]
pub struct StoreGather {
    command: Store,
    rows: Bounded<imapkit_types::Fetch>,
}

impl Store {
    /// Does this with `flags` to `messages`.
    pub fn new(messages: impl Into<Messages>, how: StoreHow, flags: impl Into<Flags>) -> Self {
        let (messages, flags) = (messages.into(), flags.into());
        Self { messages, how, flags, silent: false, unchanged_since: None, epoch: None }
    }

    /// The server need not tell the flags as they are afterwards.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.silent = true;
        self
    }

    /// Only messages that have not changed since; needs CONDSTORE.
    #[must_use]
    pub fn unchanged_since(mut self, mod_seq: ModSeq) -> Self {
        self.unchanged_since = Some(mod_seq);
        self
    }

    /// Only while this selection lasts.
    #[must_use]
    pub fn in_epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = Some(epoch);
        self
    }
}

impl Command for Store {
    type Output = Stored;
    type Gather = StoreGather;

    fn name(&self) -> &'static str {
        if self.messages.is_uid() { "UID STORE" } else { "STORE" }
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb(self.name()).sp();
        self.messages.encode(out);
        if let Some(mod_seq) = self.unchanged_since {
            out.verb(" (UNCHANGEDSINCE ").number(mod_seq.get()).close();
        }
        out.verb(match self.how {
            StoreHow::Add => " +FLAGS",
            StoreHow::Remove => " -FLAGS",
            StoreHow::Replace => " FLAGS",
        });
        if self.silent {
            out.verb(".SILENT");
        }
        out.sp().flags(&self.flags);
    }

    fn rules(&self) -> Rules {
        let capabilities = self.unchanged_since.map(|_| Capability::CondStore).into_iter().collect();
        let writes = !self.messages.is_uid() || self.unchanged_since.is_some();
        Rules { state: Needs::ReadWrite, capabilities, writes, ..self.messages.rules(self.epoch) }
    }

    fn gather(self) -> StoreGather {
        StoreGather { command: self, rows: Bounded::new("max_rows", MAX_ROWS) }
    }
}

impl Gather for StoreGather {
    type Output = Stored;

    fn offer(&mut self, response: Untagged) -> Offer {
        match response {
            Untagged::Fetch(row) if row.more.is_none() && self.command.messages.holds(&row) == Some(true) => {
                self.rows.push(row);
                Offer::Taken
            }
            other => Offer::NotMine(other),
        }
    }

    fn go_on(&mut self, lowest: Uid, out: &mut Encoder) -> bool {
        let Some(rest) = self.command.messages.below(lowest) else { return false };
        self.command.messages = rest;
        self.command.encode(out);
        true
    }

    fn is_done_from(&self, lowest: Uid) -> bool {
        self.command.messages.is_done_from(lowest)
    }

    fn finish(self, ok: Completion) -> Result<Stored, Error> {
        let modified = match (ok.status.code, &self.command.messages) {
            (Some(Code::Modified(ranges)), Messages::Uid(_)) => Some(Messages::Uid(NumSet::from_sorted_ranges(ranges))),
            (Some(Code::Modified(ranges)), Messages::Seq(_)) => Some(Messages::Seq(NumSet::from_sorted_ranges(ranges))),
            _ => None,
        };
        Ok(Stored { rows: self.rows.finish()?, modified })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{done, done_with, encoded};
    use super::*;
    use imapkit_types::{Flag, Keyword, SeqSet, Uid, UidSet};
    use imapkit_wire::Mode;

    fn uids(set: &str) -> UidSet {
        set.parse().unwrap()
    }

    #[track_caller]
    fn check(store: &Store, expected: &str) {
        assert_eq!(encoded(store, Mode::default()).unwrap().trim_end(), expected);
    }

    #[test]
    fn bytes() {
        let add = Store::new(uids("4,7:9"), StoreHow::Add, Flag::Seen);
        check(&add, r"A1 UID STORE 4,7:9 +FLAGS (\Seen)");
        check(&add.clone().silent(), r"A1 UID STORE 4,7:9 +FLAGS.SILENT (\Seen)");
        let conditional = add.silent().unchanged_since(ModSeq::new(12_121_230_045));
        check(&conditional, r"A1 UID STORE 4,7:9 (UNCHANGEDSINCE 12121230045) +FLAGS.SILENT (\Seen)");
        let by_seq = "2:4".parse::<SeqSet>().unwrap();
        check(&Store::new(by_seq.clone(), StoreHow::Remove, Flag::Deleted), r"A1 STORE 2:4 -FLAGS (\Deleted)");
        check(&Store::new(by_seq, StoreHow::Replace, Flags::new()), "A1 STORE 2:4 FLAGS ()");
    }

    #[test]
    fn t070_what_cannot_be_set_is_refused() {
        for flag in [Flag::Recent, Flag::Any, Flag::Keyword(Keyword::from_server(b"Foo) \r\nA9 EXPUNGE"))] {
            assert!(encoded(&Store::new(uids("1"), StoreHow::Add, flag), Mode::default()).is_err());
        }
        assert!(encoded(&Store::new(UidSet::new(), StoreHow::Add, Flag::Seen), Mode::default()).is_err());
    }

    #[test]
    fn only_what_may_be_repeated_may_be_repeated() {
        let store = Store::new(uids("1"), StoreHow::Add, Flag::Seen);
        assert!(!store.rules().writes && store.rules().state == Needs::ReadWrite);
        let conditional = store.unchanged_since(ModSeq::new(1)).rules();
        assert!(conditional.writes && conditional.capabilities == [Capability::CondStore]);
        let by_seq = Store::new(SeqSet::all(), StoreHow::Add, Flag::Seen).rules();
        assert!(by_seq.writes && by_seq.uses_seq && by_seq.holds_expunge);
    }

    fn row(uid: u32) -> imapkit_types::Fetch {
        let flags = Some(Flags::from(Flag::Seen));
        imapkit_types::Fetch { uid: Uid::new(uid), flags, ..imapkit_types::Fetch::default() }
    }

    #[test]
    fn rows_of_other_messages_and_with_more_than_flags_go_elsewhere() {
        let mut gather = Store::new(uids("4"), StoreHow::Add, Flag::Seen).gather();
        assert!(matches!(gather.offer(Untagged::Fetch(row(4))), Offer::Taken));
        assert!(matches!(gather.offer(Untagged::Fetch(row(5))), Offer::NotMine(_)));
        let mut envelope = row(4);
        envelope.more_mut();
        assert!(matches!(gather.offer(Untagged::Fetch(envelope)), Offer::NotMine(_)));
        let stored = gather.finish(done()).unwrap();
        assert_eq!((stored.rows, stored.modified), (alloc::vec![row(4)], None));
    }

    #[test]
    fn m025_what_was_left_alone_is_told() {
        let code = || done_with(Some(Code::Modified([(7, 7), (9, 12)].into())));
        let by_uid = Store::new(uids("1:20"), StoreHow::Add, Flag::Seen).gather();
        assert_eq!(by_uid.finish(code()).unwrap().modified, Some(Messages::Uid(uids("7,9:12"))));
        let by_seq = Store::new(SeqSet::all(), StoreHow::Add, Flag::Seen).gather();
        assert_eq!(by_seq.finish(code()).unwrap().modified, Some(Messages::Seq("7,9:12".parse().unwrap())));
    }
}
