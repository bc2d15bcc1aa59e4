//! A command is a value: what to ask, when it may go, and what comes back.
//!
//! [`Command`] is an open set: a verb this library lacks is a struct of yours. RFC 9051 §2.2.1 (commands), §5.5 (pipelining), §7 (responses).
//!
//! ```text
//! Command --encode--> bytes        Untagged --offer--> Gather --finish (tagged OK)--> Output
//!         --rules---> hazard gate
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;

use imapkit_types::{Capability, Mailbox, SeqNum, Uid, UidSet};
use imapkit_wire::{Encoder, StatusLine, Untagged};

use crate::error::Error;
use crate::mechanism::SlowStep;
use crate::opening::Fed;
use crate::state::Epoch;

/// What to ask of a server.
pub trait Command: Send + 'static {
    /// What the caller gets when the server says OK.
    type Output: Send + 'static;
    /// Collects what belongs to this command.
    type Gather: Gather<Output = Self::Output>;

    /// The command's name, for errors and traces: `UID FETCH`.
    fn name(&self) -> &'static str;
    /// Writes name and arguments; tag and CRLF are the session's.
    fn encode(&self, out: &mut Encoder);
    /// When it may be sent.
    fn rules(&self) -> Rules;
    /// Turns into the collector of its answer.
    fn gather(self) -> Self::Gather;
}

/// Collects the untagged responses that belong to one command.
pub trait Gather: Send + 'static {
    /// What they become.
    type Output;

    /// Looks at an untagged response while the command is in flight. Take only what the command asked for.
    fn offer(&mut self, response: Untagged) -> Offer;

    /// A response of a kind this command claims could not be read: what is gathered may lack something.
    fn unread(&mut self) {}

    /// The server sent `+` and this command has no literal waiting for it. Only AUTHENTICATE and IDLE expect that.
    fn proceed(&mut self, _text: &[u8]) -> Proceed {
        Proceed::Unexpected
    }

    /// A step that [`Gather::proceed`] put off has been done.
    fn resume(&mut self, _step: SlowStep) -> Proceed {
        Proceed::Unexpected
    }

    /// The server said OK and MESSAGELIMIT: it has looked at the messages from the UID `lowest` on, and at none below (RFC 9738). Writes the
    /// command for those into `out`, without a tag; false when there are none, or when a rest cannot be joined to what is there.
    fn go_on(&mut self, _lowest: Uid, _out: &mut Encoder) -> bool {
        false
    }

    /// Asked when [`Gather::go_on`] had nothing to write: whether the command is done all the same. If not it fails with `Limit`.
    fn is_done_from(&self, _lowest: Uid) -> bool {
        true
    }

    /// The server said OK.
    fn finish(self, ok: Completion) -> Result<Self::Output, Error>;

    /// The server said NO or BAD, the connection ended, or the reader stalled: tell those who hold a part of the answer. The caller gets
    /// what this returns. More data may still be offered; it is to be thrown away.
    fn fail(&mut self, error: Error) -> Error {
        error
    }

    /// What was taken and is still worth telling after the server said NO or BAD: it becomes events. By default nothing: a part of an answer
    /// that was refused is no answer.
    fn leftovers(&mut self) -> Vec<Untagged> {
        Vec::new()
    }
}

/// What a gatherer does with a response.
#[derive(Debug)]
pub enum Offer {
    /// It was this command's.
    Taken,
    /// It was this command's, and its reader is behind: stop reading from the server until [`crate::Session::resume`].
    Pause,
    /// It belongs to somebody else.
    NotMine(Untagged),
}

/// What a gatherer answers to a `+`.
pub enum Proceed {
    /// This command waits for no `+`.
    Unexpected,
    /// Noted; nothing to send (IDLE).
    Noted,
    /// Send this SASL response: octets, which the session writes in base64. A secret.
    Response(Vec<u8>),
    /// The answer takes long to compute; [`Gather::resume`] will have it.
    Slow(SlowStep),
    /// Cancel the exchange with `*`; the command fails with the error whatever the server answers.
    Abort(Error),
}

/// How a command ended well.
#[derive(Clone, Debug)]
pub struct Completion {
    /// The tagged OK: code and text.
    pub status: StatusLine,
    /// The selected mailbox as of now; changes with every SELECT.
    pub epoch: Epoch,
}

/// When a command may be sent: the input of the hazard gate.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each named where it is set")]
pub struct Rules {
    /// In which state of the session.
    pub state: Needs,
    /// Capabilities without which it makes no sense; the first missing one is named in the error.
    pub capabilities: Vec<Capability>,
    /// Untagged responses it claims. Two commands with a claim in common do not run at once.
    pub claims: Claims,
    /// It names messages by sequence number, in arguments or in what it expects back.
    pub uses_seq: bool,
    /// The largest sequence number in its arguments. When a message of that number or a lower one is expunged before the command is sent, the
    /// number means another message: the command fails with `Stale`, unsent.
    pub highest_seq: Option<SeqNum>,
    /// The server must not send EXPUNGE while it runs: FETCH, STORE and SEARCH by sequence number (RFC 9051 §7.5.1).
    pub holds_expunge: bool,
    /// Runs alone: AUTHENTICATE, STARTTLS, IDLE, SELECT, …
    pub exclusive: bool,
    /// For FETCH and STORE by UID: which. Two with disjoint sets may share a claim.
    pub uids: Option<UidSet>,
    /// For STATUS: of which mailbox. Two of different mailboxes may share a claim.
    pub mailbox: Option<Mailbox>,
    /// The selected mailbox it is meant for. When that has changed it fails with `Stale`, unsent.
    pub epoch: Option<Epoch>,
    /// Its arguments must not be traced.
    pub secret: bool,
    /// Its effect cannot be taken back or repeated: when the answer is lost the error is `Unknown`.
    pub writes: bool,
    /// What it does to the session itself.
    pub effect: Effect,
}

/// What a command does to the session when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    #[default]
    None,
    /// OK selects a mailbox; NO leaves none selected (T100).
    Select {
        /// EXAMINE.
        read_only: bool,
    },
    /// OK leaves no mailbox selected: CLOSE, UNSELECT.
    Deselect,
    /// OK starts TLS.
    StartTls,
    /// OK logs in.
    Login,
    /// OK starts DEFLATE.
    Compress,
    /// The connection ends.
    Logout,
    /// It waits for changes until the session sends DONE.
    Idle,
}

/// The state a command needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Needs {
    /// Any state with a connection.
    Any,
    /// Before login.
    NotAuthenticated,
    /// After login, mailbox selected or not.
    #[default]
    Authenticated,
    /// After login, before a mailbox is selected.
    Unselected,
    /// With a mailbox selected.
    Selected,
    /// With a mailbox selected read-write.
    ReadWrite,
}

/// A set of kinds of untagged responses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims(u32);

impl Claims {
    /// Claims nothing.
    pub const NONE: Self = Self(0);
    /// FETCH rows.
    pub const FETCH: Self = Self(1);
    /// SEARCH and untagged ESEARCH.
    pub const SEARCH: Self = Self(1 << 1);
    /// LIST, LSUB, XLIST and the STATUS responses among them.
    pub const LIST: Self = Self(1 << 2);
    /// STATUS.
    pub const STATUS: Self = Self(1 << 3);
    /// NAMESPACE.
    pub const NAMESPACE: Self = Self(1 << 4);
    /// ID.
    pub const ID: Self = Self(1 << 5);
    /// ENABLED.
    pub const ENABLED: Self = Self(1 << 6);
    /// COPYUID and APPENDUID in untagged OK.
    pub const COPYUID: Self = Self(1 << 7);
    /// EXPUNGE and VANISHED.
    pub const EXPUNGE: Self = Self(1 << 8);
    /// SORT and THREAD.
    pub const SORT: Self = Self(1 << 9);
    /// QUOTA and QUOTAROOT.
    pub const QUOTA: Self = Self(1 << 10);
    /// ACL, LISTRIGHTS, MYRIGHTS.
    pub const ACL: Self = Self(1 << 11);
    /// METADATA.
    pub const METADATA: Self = Self(1 << 12);
    /// Everything: a raw command.
    pub const ALL: Self = Self(u32::MAX);

    /// Who claims the response named so, for answers that mean something when they are empty: those must not get lost unnoticed.
    pub(crate) fn of_numbers(name: &[u8]) -> Self {
        match name {
            name if name.eq_ignore_ascii_case(b"SEARCH") || name.eq_ignore_ascii_case(b"ESEARCH") => Self::SEARCH,
            name if name.eq_ignore_ascii_case(b"SORT") => Self::SORT,
            _ => Self::NONE,
        }
    }

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True when all it claims is in `other`.
    pub const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// True when both claim something.
    pub const fn overlap(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A gatherer for commands that only want to know that it worked.
#[derive(Debug, Default)]
pub struct Nothing;

impl Gather for Nothing {
    type Output = ();

    fn offer(&mut self, response: Untagged) -> Offer {
        Offer::NotMine(response)
    }

    fn finish(self, _: Completion) -> Result<(), Error> {
        Ok(())
    }
}

/// A command in the queue, its types forgotten; what is left of them is in the two closures.
pub(crate) trait Running: Send {
    fn offer(&mut self, response: Untagged) -> Offer;
    fn unread(&mut self);
    fn proceed(&mut self, text: &[u8]) -> Proceed;
    fn resume(&mut self, step: SlowStep) -> Proceed;
    fn go_on(&mut self, lowest: Uid, out: &mut Encoder) -> bool;
    fn is_done_from(&self, lowest: Uid) -> bool;
    fn stall(&mut self, error: Error);
    fn leftovers(&mut self) -> Vec<Untagged>;
    fn end(self: Box<Self>, end: Result<Completion, Error>) -> Option<Fed>;
}

/// Joins a gatherer with what happens to its result. The closure may hand a value back to the session: opening does.
pub(crate) struct Erased<G, F> {
    pub(crate) gather: G,
    pub(crate) reply: F,
}

impl<G, F> Running for Erased<G, F>
where
    G: Gather,
    F: FnOnce(Result<G::Output, Error>) -> Option<Fed> + Send,
{
    fn offer(&mut self, response: Untagged) -> Offer {
        self.gather.offer(response)
    }

    fn unread(&mut self) {
        self.gather.unread();
    }

    fn proceed(&mut self, text: &[u8]) -> Proceed {
        self.gather.proceed(text)
    }

    fn resume(&mut self, step: SlowStep) -> Proceed {
        self.gather.resume(step)
    }

    fn go_on(&mut self, lowest: Uid, out: &mut Encoder) -> bool {
        self.gather.go_on(lowest, out)
    }

    fn is_done_from(&self, lowest: Uid) -> bool {
        self.gather.is_done_from(lowest)
    }

    fn stall(&mut self, error: Error) {
        let _ = self.gather.fail(error);
    }

    fn leftovers(&mut self) -> Vec<Untagged> {
        self.gather.leftovers()
    }

    fn end(mut self: Box<Self>, end: Result<Completion, Error>) -> Option<Fed> {
        let result = match end {
            Ok(completion) => self.gather.finish(completion),
            Err(error) => Err(self.gather.fail(error)),
        };
        (self.reply)(result)
    }
}
