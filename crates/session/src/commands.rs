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
mod copy;
mod create;
mod delete;
mod enable;
mod expunge;
mod fetch;
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
pub use copy::Copy;
pub use create::Create;
pub use delete::Delete;
pub use enable::Enable;
pub use expunge::{Expunge, Expunged, UidExpunge};
pub use fetch::{Collected, Fetch, FetchPart, FetchSink, Flow, Messages};
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

    #[test]
    fn an_answer_beyond_its_limit_fails_by_name() {
        let mut kept = Bounded::new("max_things", 2);
        assert_eq!((kept.push('a'), kept.push('b'), kept.push('c')), (Some(0), Some(1), None));
        let error = kept.finish().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert_eq!(alloc::string::ToString::to_string(&error), "the answer is larger than the limit max_things of 2");
    }
}
