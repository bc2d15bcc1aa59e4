//! The responses of a server, as values, and the dispatch that makes them.
//!
//! One enum for everything protocol.md 1.6 lists, also for extensions whose commands this library does not send: a server may say
//! anything at any time (RFC 9051 §2.2.2), and what is not understood is kept, not dropped.
//!
//! RFC 9051 §7 · 3501 · 2971 (ID) · 2342 (NAMESPACE) · 4314 (ACL) · 4466 (ABNF extensions) · 4731 (ESEARCH) · 5161 (ENABLE) · 5255 · 5256 (SORT, THREAD) ·
//! 5267 · 5464 (METADATA) · 7162 (VANISHED) · 9208 (QUOTA) · 9394 (PARTIAL) · 9586 (UIDFETCH) · 9698 (JMAPACCESS) · 10022 (UIDBATCHES).

mod acl;
mod body_structure;
mod capability;
mod code;
pub(crate) mod data;
mod envelope;
mod esearch;
pub(crate) mod fetch;
mod flags;
mod id;
mod list;
mod metadata;
mod namespace;
mod quota;
mod search;
mod set;
pub(crate) mod status;
mod status_data;
mod strings;
mod thread;
mod value;
mod vanished;

use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;
use imapkit_types::{
    Acl, Capabilities, Code, Esearch, Fetch, Flags, Frame, ListEntry, ListRights, Mailbox, Metadata, ModSeq, MyRights,
    Namespaces, Quota, QuotaRoot, ServerId, Status, Tag, Threads, UidSet,
};

use crate::error::DecodeError;

/// One response.
#[derive(Clone, Debug, PartialEq)]
pub enum Response {
    /// `* …`: data, or a status that belongs to no command.
    Untagged(Untagged),
    /// `tag OK|NO|BAD …`: the end of a command.
    Tagged(Tagged),
    /// `+ …`: the server waits for us. The text as sent, without the `+` and the space; base64 only inside AUTHENTICATE (H32).
    Continue(Bytes),
    /// A response that could not be read. Nothing but this response is lost.
    Garbled(Garbled),
}

/// A response that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Garbled {
    /// The octets as sent.
    pub frame: Frame,
    /// The tag it starts with, when it starts like a tagged response: that command is over all the same.
    pub tag: Option<Tag>,
    /// What was expected, where.
    pub error: DecodeError,
}

/// The end of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Tagged {
    /// Which command.
    pub tag: Tag,
    /// `Ok`, `No` or `Bad` (`Bye` for the servers that tag it, H31), code and text.
    pub status: StatusLine,
}

/// Code and text of a status response; RFC 9051 §7.1.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusLine {
    /// OK, NO, BAD, BYE, PREAUTH.
    pub kind: StatusKind,
    /// What stands in brackets.
    pub code: Option<Code>,
    /// Text for people: raw octets, may be empty (H20), may hold anything (H35, H36). Never show it unfiltered.
    pub text: Bytes,
}

/// The five status words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusKind {
    /// Success.
    Ok,
    /// Failure.
    No,
    /// Protocol error: the server did not understand.
    Bad,
    /// The server is closing the connection.
    Bye,
    /// Greeting of a connection that needs no login.
    PreAuth,
}

/// An untagged response.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Untagged {
    /// `OK`, `NO`, `BAD`, `BYE`, `PREAUTH`.
    Status(StatusLine),
    /// `CAPABILITY`.
    Capability(Capabilities),
    /// `ENABLED`: what ENABLE really switched on, as capability tokens.
    Enabled(Capabilities),
    /// `LIST`, `LSUB`, `XLIST`.
    List(Box<ListEntry>),
    /// `NAMESPACE`.
    Namespace(Box<Namespaces>),
    /// `STATUS`.
    MailboxStatus(Mailbox, Box<Status>),
    /// `FLAGS`: the flags that exist in the mailbox.
    Flags(Flags),
    /// `SEARCH`: numbers as sent, 0 dropped; the MODSEQ of CONDSTORE.
    Search(Vec<u32>, Option<ModSeq>),
    /// `ESEARCH`.
    Esearch(Box<Esearch>),
    /// `SORT`: numbers in the server's order; MODSEQ with CONDSTORE.
    Sort(Vec<u32>, Option<ModSeq>),
    /// `THREAD`.
    Thread(Threads),
    /// `EXISTS`: number of messages.
    Exists(u32),
    /// `RECENT`.
    Recent(u32),
    /// `EXPUNGE`: a sequence number, 0 where a server sends that (M04).
    Expunge(u32),
    /// `VANISHED`, and whether it is `(EARLIER)` (M24).
    Vanished {
        /// Told about the past (after SELECT with QRESYNC, or UID FETCH with VANISHED): sequence numbers do not change.
        earlier: bool,
        /// The messages that are gone; may name messages that never were.
        uids: UidSet,
    },
    /// `FETCH` or `UIDFETCH`.
    Fetch(Fetch),
    /// A body of a FETCH row too large to be inlined begins; its octets follow as [`Untagged::BodyChunk`].
    BodyStart(Box<BodyStart>),
    /// Octets of that body.
    BodyChunk(Bytes),
    /// The body is complete. The row itself comes as [`Untagged::Fetch`] when its last line is read.
    BodyEnd,
    /// `UIDBATCHES`: tag it belongs to, ranges newest first (RFC 10022).
    UidBatches(Option<Box<str>>, Vec<(u32, u32)>),
    /// `ID`; `None` for NIL.
    Id(Option<ServerId>),
    /// `QUOTA`.
    Quota(Quota),
    /// `QUOTAROOT`.
    QuotaRoot(QuotaRoot),
    /// `ACL`.
    Acl(Acl),
    /// `LISTRIGHTS`.
    ListRights(ListRights),
    /// `MYRIGHTS`.
    MyRights(MyRights),
    /// `METADATA`.
    Metadata(Box<Metadata>),
    /// `LANGUAGE`: language tags.
    Language(Vec<Box<str>>),
    /// `COMPARATOR`: the active one, then those available.
    Comparator(Vec<Box<str>>),
    /// `JMAPACCESS`: the URL.
    JmapAccess(Box<str>),
    /// `GENURLAUTH` URLs.
    GenUrlAuth(Vec<Bytes>),
    /// `URLFETCH`: URL and content pairs.
    UrlFetch(Vec<(Bytes, Option<Bytes>)>),
    /// Anything else: a whole, well-framed response this library does not know.
    Unknown(Unknown),
}

/// A response this library does not know.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// Its name in upper case (`XFOO`).
    pub name: Box<str>,
    /// The number before the name (`* 5 XFOO`).
    pub number: Option<u32>,
    /// The octets as sent.
    pub frame: Frame,
}

/// The beginning of a streamed body.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyStart {
    /// The row so far: what stood before the body. Items may still follow it, the UID among them.
    pub row: Fetch,
    /// Which item the body answers.
    pub section: imapkit_types::BodySection,
    /// First octet of a partial answer.
    pub origin: Option<u64>,
    /// Octets to come.
    pub len: u64,
}
