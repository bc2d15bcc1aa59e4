//! Response codes: what stands in brackets in a status response (RFC 9051 §7.1, RFC 5530 and many extensions).
//!
//! Separate from the status words because the code, not the text, tells a program what happened. Every registered code has
//! a variant with its data typed; any other is kept verbatim, since RFC 9051 obliges clients to ignore what they do not
//! know and this library obliges itself to lose nothing. [`Code::class`] says what a client does about it.

mod copy_uid;

pub use copy_uid::CopyUid;

use crate::{Capabilities, Flags, ModSeq, Uid, UidSet, UidValidity};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A response code with its data. Text in it is the server's: never show it unfiltered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Code {
    /// `BADCHARSET`: the charset of SEARCH is not supported; these are.
    BadCharset(Vec<Box<str>>),
    /// `CAPABILITY`: what the server offers now.
    Capability(Capabilities),
    /// `PERMANENTFLAGS`: the flags that can be changed for good; empty means none.
    PermanentFlags(Flags),
    /// `UIDNEXT`: a lower bound of the next UID; 0 from broken servers means unknown (H27).
    UidNext(u32),
    /// `UIDVALIDITY`: the epoch of the mailbox's UIDs.
    UidValidity(UidValidity),
    /// `UNSEEN`: the first message without `\Seen` (not in IMAP4rev2); 0 from broken servers means unknown (H27).
    Unseen(u32),
    /// `HIGHESTMODSEQ`: the highest mod-sequence of the mailbox (RFC 7162).
    HighestModSeq(ModSeq),
    /// `MAILBOXID`: the permanent id of the mailbox (RFC 8474).
    MailboxId(Box<str>),
    /// `OBJECTID`: ids as draft-ietf-mailmaint-imap-objectid-bis sends them.
    ObjectId {
        /// The id of the account.
        account: Option<Box<str>>,
        /// The permanent id of the mailbox.
        mailbox: Option<Box<str>>,
    },
    /// `ANNOTATIONS`: whether and how large annotations may be, as sent (RFC 5257).
    Annotations(Box<str>),
    /// `APPENDUID`: where APPEND put its messages (RFC 4315).
    AppendUid {
        /// The epoch of the UIDs.
        uid_validity: UidValidity,
        /// One UID for each message appended.
        uids: UidSet,
    },
    /// `COPYUID`: where COPY or MOVE put its messages (RFC 4315); `None` if the server garbled it, the command worked
    /// all the same (H25).
    CopyUid(Option<CopyUid>),
    /// `MODIFIED`: the messages a conditional STORE left alone: UIDs or sequence numbers, as the command was (RFC
    /// 7162).
    Modified(Vec<(u32, u32)>),
    /// `BADURL`: a URL of CATENATE could not be resolved (RFC 4469).
    BadUrl(Box<str>),
    /// `NOUPDATE`: the result of the search with this tag will not be kept up to date (RFC 5267).
    NoUpdate(Box<str>),
    /// `INPROGRESS`: the server is alive and at work (RFC 9585).
    InProgress {
        /// The tag of the command at work.
        tag: Option<Box<str>>,
        /// How much is done.
        done: Option<u64>,
        /// How much there is to do.
        total: Option<u64>,
    },
    /// `MESSAGELIMIT`: the command handled some of its messages only (RFC 9738).
    MessageLimit {
        /// How many messages one command may handle.
        limit: u32,
        /// Where to go on: the lowest UID handled.
        uid: Option<Uid>,
    },
    /// `METADATA LONGENTRIES`: values up to this many octets were left out (RFC 5464).
    MetadataLongEntries(u64),
    /// `METADATA MAXSIZE`: the largest value the server takes, in octets (RFC 5464).
    MetadataMaxSize(u64),
    /// `UNDEFINED-FILTER`: there is no filter of this name (RFC 5466).
    UndefinedFilter(Box<str>),
    /// `REFERRAL`: a URL where the server sends the client; never followed by itself (RFC 2221, RFC 2193).
    Referral(Box<str>),
    /// `WEBALERT`: Gmail: a URL where the user must log in with a browser.
    WebAlert(Box<str>),
    /// `BADEVENT`: an event of NOTIFY is not supported; these are (RFC 5465).
    BadEvent(Vec<Box<str>>),
    /// `NEWNAME`: old and new mailbox name, as sent (RFC 2060).
    NewName(Box<str>),
    /// `ALERT`: text that must be shown to the user, on a confidential connection only and as plain text.
    Alert,
    /// `PARSE`: a message could not be parsed.
    Parse,
    /// `PERMANENTFLAGS NIL`: the server does not say; not the same as an empty list (H44).
    PermanentFlagsAbsent,
    /// `READ-ONLY`: the mailbox is selected read-only.
    ReadOnly,
    /// `READ-WRITE`: the mailbox is selected read-write.
    ReadWrite,
    /// `TRYCREATE`: the target mailbox does not exist, CREATE may help.
    TryCreate,
    /// `UIDNOTSTICKY`: UIDs do not outlive the session (RFC 4315).
    UidNotSticky,
    /// `NOMODSEQ`: the mailbox keeps no mod-sequences (RFC 7162).
    NoModSeq,
    /// `CLOSED`: responses for the previously selected mailbox end here (RFC 7162).
    Closed,
    /// `COMPRESSIONACTIVE`: the connection is compressed already (RFC 4978).
    CompressionActive,
    /// `NOTSAVED`: the result of SEARCH was not saved (RFC 5182).
    NotSaved,
    /// `METADATA TOOMANY`: no room for another annotation (RFC 5464).
    MetadataTooMany,
    /// `METADATA NOPRIVATE`: private annotations are not supported (RFC 5464).
    MetadataNoPrivate,
    /// `UNAVAILABLE`: a subsystem is down for now (RFC 5530).
    Unavailable,
    /// `INUSE`: another session holds what is needed (RFC 5530).
    InUse,
    /// `LIMIT`: a server limit was reached (RFC 5530).
    Limit,
    /// `SERVERBUG`: the server found a bug in itself (RFC 5530).
    ServerBug,
    /// `CONTACTADMIN`: a person has to act at the server (RFC 5530).
    ContactAdmin,
    /// `THROTTLED`: Gmail slows the client down.
    Throttled,
    /// `AUTHENTICATIONFAILED`: wrong credentials (RFC 5530).
    AuthenticationFailed,
    /// `AUTHORIZATIONFAILED`: right credentials, but not for this identity (RFC 5530).
    AuthorizationFailed,
    /// `EXPIRED`: the credentials have expired (RFC 5530).
    Expired,
    /// `PRIVACYREQUIRED`: not without encryption (RFC 5530).
    PrivacyRequired,
    /// `NOPERM`: the rights do not allow it (RFC 5530).
    NoPerm,
    /// `EXPUNGEISSUED`: another session expunged a message: resynchronise (RFC 5530).
    ExpungeIssued,
    /// `CORRUPTION`: the server's data is damaged (RFC 5530).
    Corruption,
    /// `CLIENTBUG`: the server thinks the client is wrong (RFC 5530).
    ClientBug,
    /// `CANNOT`: can never work on this server (RFC 5530).
    Cannot,
    /// `OVERQUOTA`: no room; also sent unasked, in an untagged NO (RFC 5530, RFC 9208).
    OverQuota,
    /// `ALREADYEXISTS`: there is such a thing already (RFC 5530).
    AlreadyExists,
    /// `NONEXISTENT`: there is no such thing (RFC 5530).
    Nonexistent,
    /// `TOOBIG`: the message is too large (RFC 4469, RFC 7889).
    TooBig,
    /// `TOOFEW`: the batch size is too small (RFC 10022).
    TooFew,
    /// `TOOMANY`: too many batches at once (RFC 10022).
    TooMany,
    /// `HASCHILDREN`: the mailbox has children (RFC 9051).
    HasChildren,
    /// `USEATTR`: the special use cannot be given to this mailbox (RFC 6154).
    UseAttr,
    /// `BADCOMPARATOR`: no such comparator (RFC 5255).
    BadComparator,
    /// `UNKNOWN-CTE`: the part's transfer encoding cannot be decoded (RFC 3516).
    UnknownCte,
    /// `UIDREQUIRED`: sequence numbers cannot be used after ENABLE UIDONLY (RFC 9586).
    UidRequired,
    /// `NOTIFICATIONOVERFLOW`: the server gave up sending notifications (RFC 5465).
    NotificationOverflow,
    /// Any other code, or a known one whose data makes no sense: verbatim.
    Other {
        /// The code's name, as the server spelled it.
        name: Box<str>,
        /// What follows the name, without the space; empty if nothing does.
        data: Box<[u8]>,
    },
}

/// The codes that are a word and nothing else.
const PLAIN: &[(&str, Code)] = &[
    ("ALERT", Code::Alert),
    ("PARSE", Code::Parse),
    ("READ-ONLY", Code::ReadOnly),
    ("READ-WRITE", Code::ReadWrite),
    ("TRYCREATE", Code::TryCreate),
    ("UIDNOTSTICKY", Code::UidNotSticky),
    ("NOMODSEQ", Code::NoModSeq),
    ("CLOSED", Code::Closed),
    ("COMPRESSIONACTIVE", Code::CompressionActive),
    ("NOTSAVED", Code::NotSaved),
    ("UNAVAILABLE", Code::Unavailable),
    ("INUSE", Code::InUse),
    ("LIMIT", Code::Limit),
    ("SERVERBUG", Code::ServerBug),
    ("CONTACTADMIN", Code::ContactAdmin),
    ("THROTTLED", Code::Throttled),
    ("AUTHENTICATIONFAILED", Code::AuthenticationFailed),
    ("AUTHORIZATIONFAILED", Code::AuthorizationFailed),
    ("EXPIRED", Code::Expired),
    ("PRIVACYREQUIRED", Code::PrivacyRequired),
    ("NOPERM", Code::NoPerm),
    ("EXPUNGEISSUED", Code::ExpungeIssued),
    ("CORRUPTION", Code::Corruption),
    ("CLIENTBUG", Code::ClientBug),
    ("CANNOT", Code::Cannot),
    ("OVERQUOTA", Code::OverQuota),
    ("ALREADYEXISTS", Code::AlreadyExists),
    ("NONEXISTENT", Code::Nonexistent),
    ("TOOBIG", Code::TooBig),
    ("TOOFEW", Code::TooFew),
    ("TOOMANY", Code::TooMany),
    ("HASCHILDREN", Code::HasChildren),
    ("USEATTR", Code::UseAttr),
    ("BADCOMPARATOR", Code::BadComparator),
    ("UNKNOWN-CTE", Code::UnknownCte),
    ("UIDREQUIRED", Code::UidRequired),
    ("NOTIFICATIONOVERFLOW", Code::NotificationOverflow),
];

impl Code {
    /// The code of this name, in any case, if it is one that carries no data.
    pub fn plain(name: &str) -> Option<Self> {
        PLAIN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, code)| code.clone())
    }

    /// The word that begins the code: in its registered spelling, or as the server spelled it when it is unknown.
    pub fn name(&self) -> &str {
        match self {
            Self::BadCharset(_) => "BADCHARSET",
            Self::Capability(_) => "CAPABILITY",
            Self::PermanentFlags(_) | Self::PermanentFlagsAbsent => "PERMANENTFLAGS",
            Self::UidNext(_) => "UIDNEXT",
            Self::UidValidity(_) => "UIDVALIDITY",
            Self::Unseen(_) => "UNSEEN",
            Self::HighestModSeq(_) => "HIGHESTMODSEQ",
            Self::MailboxId(_) => "MAILBOXID",
            Self::ObjectId { .. } => "OBJECTID",
            Self::Annotations(_) => "ANNOTATIONS",
            Self::AppendUid { .. } => "APPENDUID",
            Self::CopyUid(_) => "COPYUID",
            Self::Modified(_) => "MODIFIED",
            Self::BadUrl(_) => "BADURL",
            Self::NoUpdate(_) => "NOUPDATE",
            Self::InProgress { .. } => "INPROGRESS",
            Self::MessageLimit { .. } => "MESSAGELIMIT",
            Self::MetadataLongEntries(_)
            | Self::MetadataMaxSize(_)
            | Self::MetadataTooMany
            | Self::MetadataNoPrivate => "METADATA",
            Self::UndefinedFilter(_) => "UNDEFINED-FILTER",
            Self::Referral(_) => "REFERRAL",
            Self::WebAlert(_) => "WEBALERT",
            Self::BadEvent(_) => "BADEVENT",
            Self::NewName(_) => "NEWNAME",
            Self::Other { name, .. } => name,
            plain => PLAIN.iter().find(|(_, code)| code == plain).map_or("", |&(name, _)| name),
        }
    }

    /// What a client does about it.
    pub fn class(&self) -> CodeClass {
        match self {
            Self::BadCharset(_)
            | Self::BadEvent(_)
            | Self::NoPerm
            | Self::ExpungeIssued
            | Self::Corruption
            | Self::ClientBug
            | Self::Cannot
            | Self::OverQuota
            | Self::AlreadyExists
            | Self::Nonexistent
            | Self::TooBig
            | Self::TooFew
            | Self::TooMany
            | Self::HasChildren
            | Self::UseAttr
            | Self::BadComparator
            | Self::UnknownCte
            | Self::UidRequired
            | Self::NotificationOverflow => CodeClass::DoNotRetry,
            Self::Capability(_)
            | Self::PermanentFlags(_)
            | Self::UidNext(_)
            | Self::UidValidity(_)
            | Self::Unseen(_)
            | Self::HighestModSeq(_)
            | Self::MailboxId(_)
            | Self::ObjectId { .. }
            | Self::Annotations(_)
            | Self::PermanentFlagsAbsent
            | Self::ReadOnly
            | Self::ReadWrite
            | Self::UidNotSticky
            | Self::NoModSeq
            | Self::Closed
            | Self::CompressionActive => CodeClass::State,
            Self::AppendUid { .. }
            | Self::CopyUid(_)
            | Self::Modified(_)
            | Self::BadUrl(_)
            | Self::NoUpdate(_)
            | Self::InProgress { .. }
            | Self::MessageLimit { .. }
            | Self::MetadataLongEntries(_)
            | Self::MetadataMaxSize(_)
            | Self::UndefinedFilter(_)
            | Self::Referral(_)
            | Self::NotSaved
            | Self::MetadataTooMany
            | Self::MetadataNoPrivate => CodeClass::Result,
            Self::WebAlert(_)
            | Self::AuthenticationFailed
            | Self::AuthorizationFailed
            | Self::Expired
            | Self::PrivacyRequired => CodeClass::Credentials,
            Self::NewName(_) | Self::Alert | Self::Parse | Self::TryCreate => CodeClass::UserText,
            Self::Unavailable | Self::InUse | Self::Limit | Self::ServerBug | Self::ContactAdmin | Self::Throttled => {
                CodeClass::RetryLater
            }
            Self::Other { .. } => CodeClass::Unknown,
        }
    }
}

/// What a client does about a response code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodeClass {
    /// Tells the state of the connection or of the selected mailbox.
    State,
    /// Data that belongs to the result of a command.
    Result,
    /// The same command may succeed later; the credentials are not at fault.
    RetryLater,
    /// The same command will fail again.
    DoNotRetry,
    /// The user has to log in differently, or a token has to be refreshed, once.
    Credentials,
    /// Something for a person to read.
    UserText,
    /// Not known: to be ignored.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_codes_read_back_in_any_case() {
        for (name, code) in PLAIN {
            assert_eq!(Code::plain(&name.to_ascii_lowercase()).as_ref(), Some(code));
            assert_eq!(code.name(), *name);
            assert_ne!(code.class(), CodeClass::Unknown);
        }
        assert_eq!(Code::plain("UIDNEXT"), None);
    }

    #[test]
    fn says_what_to_do() {
        for (code, name, class) in [
            (Code::UidNext(0), "UIDNEXT", CodeClass::State),
            (Code::PermanentFlagsAbsent, "PERMANENTFLAGS", CodeClass::State),
            (Code::CopyUid(None), "COPYUID", CodeClass::Result),
            (Code::MetadataTooMany, "METADATA", CodeClass::Result),
            (Code::InUse, "INUSE", CodeClass::RetryLater),
            (Code::WebAlert("https://example.org".into()), "WEBALERT", CodeClass::Credentials),
            (Code::OverQuota, "OVERQUOTA", CodeClass::DoNotRetry),
            (Code::Alert, "ALERT", CodeClass::UserText),
            (Code::Other { name: "X-Foo".into(), data: (*b"a b").into() }, "X-Foo", CodeClass::Unknown),
        ] {
            assert_eq!((code.name(), code.class()), (name, class));
        }
    }
}
