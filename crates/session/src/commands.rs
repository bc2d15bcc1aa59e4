//! The commands, one file a verb: what is written, when it may go, what comes back.
//!
//! RFC 9051 §6 and the extensions named in each file. A verb this library lacks is a [`crate::Command`] of yours, or [`Raw`].

use alloc::format;
use alloc::vec::Vec;

use crate::error::{Error, ErrorKind};

mod append;
mod authenticate;
mod capability;
mod check;
mod close;
mod compress;
mod copy;
mod create;
mod delete;
mod enable;
mod expunge;
mod fetch;
mod getquota;
mod getquotaroot;
mod id;
mod idle;
mod list;
mod login;
mod logout;
mod lsub;
mod r#move;
mod namespace;
mod noop;
mod raw;
mod rename;
mod search;
mod select;
mod starttls;
mod status;
mod store;
mod subscribe;
mod unselect;

pub use append::{Append, AppendMessage, AppendUid, Content};
pub(crate) use authenticate::Authenticate;
pub use capability::AskCapability;
pub use check::Check;
pub use close::Close;
pub use compress::Compress;
pub use copy::Copy;
pub use create::Create;
pub use delete::Delete;
pub use enable::Enable;
pub use expunge::{Expunge, Expunged, UidExpunge};
pub use fetch::{Collected, Fetch, FetchPart, FetchSink, Flow, Messages};
pub use getquota::GetQuota;
pub use getquotaroot::{GetQuotaRoot, MailboxQuota};
pub use id::Id;
pub use idle::Idle;
pub use list::{List, ListReturn, ListSelect};
pub(crate) use login::Login;
pub use logout::Logout;
pub use lsub::Lsub;
pub use r#move::{Move, MovePlan};
pub use namespace::Namespace;
pub use noop::Noop;
pub use raw::{Raw, RawAnswer};
pub use rename::Rename;
pub use search::{Found, Search};
pub use select::{MailboxInfo, Select};
pub use starttls::StartTls;
pub use status::Status;
pub use store::{Store, StoreHow, Stored};
pub use subscribe::{Subscribe, Unsubscribe};
pub use unselect::Unselect;

/// What a command keeps of an answer that may never end: what is beyond the limit is dropped, and the command fails with its name.
#[derive(Debug)]
struct Bounded<T> {
    items: Vec<T>,
    limit: &'static str,
    max: usize,
    over: bool,
}

impl<T> Bounded<T> {
    fn new(limit: &'static str, max: usize) -> Self {
        Self { items: Vec::new(), limit, max, over: false }
    }

    /// The place it got; `None` when there was no room.
    fn push(&mut self, item: T) -> Option<usize> {
        let place = self.items.len();
        if place >= self.max {
            self.over = true;
            return None;
        }
        self.items.push(item);
        Some(place)
    }

    fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.items.get_mut(place)
    }

    fn take(&mut self) -> Vec<T> {
        core::mem::take(&mut self.items)
    }

    fn finish(self) -> Result<Vec<T>, Error> {
        if self.over {
            return Err(too_much(self.limit, self.max));
        }
        Ok(self.items)
    }
}

fn too_much(limit: &str, max: usize) -> Error {
    Error::new(ErrorKind::Limit, format!("the answer is larger than the limit {limit} of {max}"))
}

/// Encodes a command as the session would, with the tag `A1`; for tests of the bytes.
#[cfg(test)]
pub(crate) fn encoded(
    command: &impl crate::Command,
    mode: imapkit_wire::Mode,
) -> Result<alloc::string::String, imapkit_types::Invalid> {
    let mut encoder = imapkit_wire::Encoder::new(mode);
    encoder.tag(imapkit_types::Tag::new("A1")?).sp();
    command.encode(&mut encoder);
    Ok(alloc::string::String::from_utf8_lossy(&encoder.finish()?.bytes).into_owned())
}

/// A plain OK, as gatherers get it in their tests.
#[cfg(test)]
fn done() -> crate::Completion {
    done_with(None)
}

/// An OK with a response code.
#[cfg(test)]
fn done_with(code: Option<imapkit_types::Code>) -> crate::Completion {
    crate::Completion { status: status_line(code), epoch: crate::Epoch::default() }
}

#[cfg(test)]
fn status_line(code: Option<imapkit_types::Code>) -> imapkit_wire::StatusLine {
    imapkit_wire::StatusLine { kind: imapkit_wire::StatusKind::Ok, code, text: bytes::Bytes::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Command, Gather, Offer};
    use alloc::string::{String, ToString};
    use imapkit_types::{Items, Mailbox, SpecialUse, StatusItems, Uid, UidSet};
    use imapkit_wire::{Decoder, Framer, Limits, LiteralSupport, Mode, Response};

    #[test]
    fn an_answer_beyond_its_limit_fails_by_name() {
        let mut kept = Bounded::new("max_things", 2);
        assert_eq!((kept.push('a'), kept.push('b'), kept.push('c')), (Some(0), Some(1), None));
        let error = kept.finish().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert_eq!(error.to_string(), "the answer is larger than the limit max_things of 2");
    }

    /// The lines of a command, content of literals left out.
    fn lines(command: &impl Command, mode: Mode) -> Vec<String> {
        let sent = encoded(command, mode).unwrap();
        let (mut lines, mut rest) = (Vec::new(), sent.as_str());
        while let Some((line, after)) = rest.split_once("\r\n") {
            let announced = line.rsplit_once('{').and_then(|(_, size)| size.trim_end_matches(['+', '}']).parse().ok());
            let literal: usize = announced.filter(|_| line.ends_with('}')).unwrap_or(0);
            lines.push(line.into());
            rest = &after[literal..];
        }
        assert_eq!(rest, "");
        lines
    }

    #[track_caller]
    fn is_one_command(command: &impl Command) {
        let utf8 = Mode { utf8: true, literal: LiteralSupport::Plus, ..Mode::default() };
        for mode in [Mode::default(), utf8] {
            let lines = lines(command, mode);
            let name = alloc::format!("A1 {}", command.name());
            assert!(lines[0].starts_with(&name) && lines[1..].iter().all(|line| !line.contains("DELETE")), "{lines:?}");
        }
    }

    #[test]
    fn t068_a_mailbox_name_never_becomes_a_second_command() {
        const EVIL: &str = "x\r\nA9 DELETE INBOX";
        assert!(Mailbox::new(EVIL).is_err());
        let inbox = Mailbox::inbox;
        // A server may list such a name all the same, and then it can be told again.
        for evil in [Mailbox::from_wire(EVIL, Some(EVIL.as_bytes())), Mailbox::from_wire(EVIL, None)] {
            let name = || evil.clone();
            is_one_command(&Select::new(name()));
            is_one_command(&Select::examine(name()));
            is_one_command(&Status::new(name(), StatusItems::new().messages()));
            is_one_command(&List::new("*").below(name()));
            is_one_command(&List::new("*").below(name()).as_xlist());
            is_one_command(&Lsub::new("*").below(name()));
            is_one_command(&Create::new(name()).special_use(SpecialUse::Sent));
            is_one_command(&Delete::new(name()));
            is_one_command(&Rename::new(name(), inbox()));
            is_one_command(&Rename::new(inbox(), name()));
            is_one_command(&Subscribe::new(name()));
            is_one_command(&Unsubscribe::new(name()));
            is_one_command(&Copy::new(UidSet::all(), name()));
            is_one_command(&Move::new(UidSet::all(), name()));
            is_one_command(&Append::new(name(), Vec::new()));
        }
    }

    /// What a command makes of an answer as the server sends it.
    fn answer<C: Command>(command: C, text: &str) -> Result<C::Output, Error> {
        let (mut framer, mut decoder) = (Framer::new(Limits::default()), Decoder::new(Limits::default()));
        let mut input = bytes::BytesMut::from(text);
        let mut gather = command.gather();
        while let Some(piece) = framer.next(&mut input).unwrap() {
            match decoder.piece(piece) {
                Response::Untagged(data) => assert!(!matches!(gather.offer(data), Offer::NotMine(_)), "{text}"),
                Response::Tagged(tagged) => {
                    return gather.finish(crate::Completion { status: tagged.status, epoch: crate::Epoch::default() });
                }
                other => panic!("{other:?}"),
            }
        }
        panic!("no tagged response in {text}")
    }

    #[test]
    fn the_answers_of_the_rfcs() {
        // RFC 5819 §2.
        let text = "* LIST (\\HasNoChildren) \".\" INBOX\r\n* STATUS INBOX (MESSAGES 17 UNSEEN 16)\r\n\
            * LIST (\\NoSelect) \".\" bar\r\nA1 OK List completed.\r\n";
        let status = ListReturn::Status(StatusItems::new().messages().unseen());
        let entries = answer(List::new("%").returning(status), text).unwrap();
        assert_eq!((entries.len(), entries[0].status.as_ref().unwrap().unseen), (2, Some(16)));
        assert!(entries[1].status.is_none() && !entries[1].is_selectable());
        // RFC 9051 §6.3.11.
        let text = "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)\r\nA1 OK STATUS completed\r\n";
        let status = Status::new("blurdybloop".parse().unwrap(), StatusItems::new().uid_next().messages());
        assert_eq!(answer(status, text).unwrap().uid_next, Some(44_292));
        // RFC 9051 §6.4.4.
        let search = || Search::uid(imapkit_types::Key::Flagged);
        let text = "* ESEARCH (TAG \"A1\") UID MIN 2 COUNT 3\r\nA1 OK SEARCH completed\r\n";
        let found = answer(search().returning(imapkit_types::ReturnOptions::new().min().count()), text).unwrap();
        assert_eq!((found.min, found.count, found.all), (Uid::new(2), Some(3), None));
        let found = answer(search(), "* SEARCH 2 84 882\r\nA1 OK SEARCH completed\r\n").unwrap();
        assert_eq!(found.all.unwrap().to_string(), "2,84,882");
        // RFC 7162 §3.1.3, example 3.
        let text = "* 7 FETCH (UID 7 MODSEQ (320162342) FLAGS (\\Seen \\Deleted))\r\nA1 OK [MODIFIED 9] Conditional STORE failed\r\n";
        let uids: UidSet = "7,9".parse().unwrap();
        let stored = answer(Store::new(uids, StoreHow::Add, imapkit_types::Flag::Deleted), text).unwrap();
        assert_eq!(stored.rows[0].mod_seq.unwrap().get(), 320_162_342);
        assert_eq!(stored.modified, Some(Messages::Uid("9".parse().unwrap())));
        // RFC 4315 §3, RFC 6851 §3.4 without its expunges.
        let text = "A1 OK [COPYUID 38505 304,319:320 3956:3958] Done\r\n";
        let copied = answer(Copy::new(UidSet::all(), Mailbox::inbox()), text).unwrap().unwrap();
        assert_eq!(copied.copy_of(Uid::new(320).unwrap()), Uid::new(3958));
        let text = "* OK [COPYUID 432432 42:69 1202:1229]\r\nA1 OK Done\r\n";
        let moved = answer(Move::new(UidSet::all(), Mailbox::inbox()), text).unwrap().unwrap();
        assert_eq!(moved.pairs().unwrap().count(), 28);
        // RFC 9051 §6.4.3.
        let text = "* 3 EXPUNGE\r\n* 3 EXPUNGE\r\n* 5 EXPUNGE\r\n* 8 EXPUNGE\r\nA1 OK EXPUNGE completed\r\n";
        assert_eq!(answer(Expunge::new(), text).unwrap().seqs.len(), 4);
    }

    #[test]
    fn words_of_ones_own_get_every_line() {
        let text = "* XYZZY 1 2\r\n* 3 EXISTS\r\nA1 OK [X-DONE] so it is\r\n";
        let raw = answer(Raw::parse("XYZZY").unwrap(), text).unwrap();
        assert_eq!((raw.untagged.len(), &raw.status.text[..]), (2, &b"so it is"[..]));
        let rows = answer(Fetch::new(UidSet::all(), Items::new().flags(), Collected::new(0)), "A1 OK none\r\n");
        assert!(rows.unwrap().into_rows().unwrap().is_empty());
    }
}
