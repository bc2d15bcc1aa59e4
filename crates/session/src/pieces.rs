//! Sets too large for one command: how they are cut, and how the answers to the pieces become one answer.
//!
//! Here and not in the front ends because both need the same; they only send the pieces. RFC 7162 §4 (8192 octets a line), RFC 9738
//! (MESSAGELIMIT); protocol.md M26: the pieces of a destructive command are sent one after another, so that a failure leaves a whole number
//! of them done.

use alloc::format;

use imapkit_types::{Capabilities, CopyUid, NumSet, Number};

use crate::commands::{Expunged, Found, Messages, Stored};
use crate::error::{Error, ErrorKind};
use crate::session::Session;

/// What one command may be at most, as of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    line: usize,
    messages: Option<u32>,
}

impl Session {
    /// What one command may be at most, as of now.
    pub fn bounds(&self) -> Bounds {
        let limit = self.capabilities().offered().and_then(Capabilities::message_limit);
        Bounds { line: self.max_line, messages: limit.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)) }
    }
}

impl Bounds {
    /// Cuts `set` so that a command with each piece fits a line, with half of it left for the rest of the command. An empty set has none.
    pub fn pieces<N: Number>(self, set: &NumSet<N>) -> impl Iterator<Item = Messages>
    where
        Messages: From<NumSet<N>>,
    {
        set.split_to_fit(self.line / 2, self.messages).map(Messages::from)
    }
}

impl Stored {
    /// Adds the answer to another piece.
    pub fn join(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.modified = match (self.modified.take(), other.modified) {
            (Some(Messages::Uid(one)), Some(Messages::Uid(two))) => Some(one.union(&two).into()),
            (Some(Messages::Seq(one)), Some(Messages::Seq(two))) => Some(one.union(&two).into()),
            (one, two) => one.or(two),
        };
    }
}

impl Expunged {
    /// Adds the answer to another piece.
    pub fn join(&mut self, other: Self) {
        self.seqs.extend(other.seqs);
        self.uids = self.uids.union(&other.uids);
        self.highest_mod_seq = other.highest_mod_seq.or(self.highest_mod_seq);
    }
}

impl<N: Number> Found<N> {
    /// All numbers found.
    ///
    /// # Errors
    /// `Protocol` when the server found some and did not say which, or said it in a way that could not be read.
    pub fn into_all(self) -> Result<NumSet<N>, Error> {
        self.all.ok_or_else(|| {
            let text = match self.count {
                Some(count) => format!("the server found {count} messages and did not say which"),
                None => "the server did not say which messages it found, or not readably".into(),
            };
            Error::new(ErrorKind::Protocol, text).in_command("SEARCH")
        })
    }
}

/// Adds which copies another piece of a COPY or MOVE made. Copies under another UIDVALIDITY than those before replace them: the mailbox has
/// been made anew in between, and only the last are there.
pub fn join_copies(whole: &mut Option<CopyUid>, piece: Option<CopyUid>) {
    match (whole, piece) {
        (Some(whole), Some(piece)) if whole.uid_validity == piece.uid_validity => {
            whole.source.extend(piece.source);
            whole.destination.extend(piece.destination);
        }
        (whole, Some(piece)) => *whole = Some(piece),
        (_, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imapkit_types::{SeqNum, Uid, UidSet, UidValidity};

    #[test]
    fn m026_a_large_set_is_cut_and_nothing_is_lost() {
        let set: UidSet = (1..20_000).step_by(2).filter_map(Uid::new).collect();
        let bounds = Bounds { line: 8192, messages: Some(1000) };
        let mut whole = UidSet::new();
        for piece in bounds.pieces(&set) {
            let Messages::Uid(piece) = piece else { panic!("a set of UIDs is cut into sets of UIDs") };
            assert!(piece.len() <= 1000 && alloc::format!("{piece}").len() <= 4096);
            whole = whole.union(&piece);
        }
        assert_eq!(whole, set);
        assert_eq!(bounds.pieces(&UidSet::new()).count(), 0);
    }

    #[test]
    fn answers_are_joined() {
        let uids = |text: &str| text.parse::<UidSet>().unwrap();
        let mut stored = Stored { rows: alloc::vec![], modified: Some(uids("1").into()) };
        stored.join(Stored::default());
        stored.join(Stored { rows: alloc::vec![imapkit_types::Fetch::default()], modified: Some(uids("7:9").into()) });
        assert_eq!((stored.rows.len(), stored.modified), (1, Some(uids("1,7:9").into())));

        let mut expunged = Expunged { seqs: alloc::vec![SeqNum::MIN], ..Expunged::default() };
        expunged.join(Expunged { uids: uids("4"), ..Expunged::default() });
        assert_eq!((expunged.seqs.len(), expunged.uids), (1, uids("4")));

        let copies = |validity, from, to| {
            let uid_validity = UidValidity::new(validity);
            Some(CopyUid { uid_validity, source: alloc::vec![(from, from)], destination: alloc::vec![(to, to)] })
        };
        let mut whole = None;
        join_copies(&mut whole, copies(7, 1, 101));
        join_copies(&mut whole, None);
        join_copies(&mut whole, copies(7, 2, 102));
        assert_eq!(whole.as_ref().unwrap().copy_of(Uid::new(2).unwrap()), Uid::new(102));
        join_copies(&mut whole, copies(8, 3, 1));
        assert_eq!(whole, copies(8, 3, 1));
    }
}
