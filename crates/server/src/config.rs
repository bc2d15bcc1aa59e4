//! What a server is started with: users, mailboxes, messages, and what to hide or limit.
//!
//! Plain data with builder methods; nothing is checked before [`Server::start`](crate::Server::start), which names what
//! is wrong.
//!
//! Invariant: names here are Unicode and dates are seconds; the wire forms are made in `store`.

use std::{
    collections::BTreeSet,
    fmt,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use crate::samples;

/// What to serve and how.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) users: Vec<User>,
    pub(crate) hidden: BTreeSet<Capability>,
    pub(crate) limits: Limits,
    pub(crate) address: IpAddr,
    pub(crate) plain_port: Option<u16>,
    pub(crate) tls_port: u16,
    pub(crate) allow_plain_login: bool,
}

impl Default for Config {
    /// User `demo` with password `demo`, and the sample mailboxes.
    fn default() -> Self {
        Self::empty().user(samples::user())
    }
}

impl Config {
    /// No users yet; free ports on `127.0.0.1`, plain and TLS; passwords refused before TLS.
    pub fn empty() -> Self {
        Self {
            users: Vec::new(),
            hidden: BTreeSet::new(),
            limits: Limits::default(),
            address: Ipv4Addr::LOCALHOST.into(),
            plain_port: Some(0),
            tls_port: 0,
            allow_plain_login: false,
        }
    }

    /// Adds a user.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Neither announces nor honours a capability, so that a client's fallback can be seen at work.
    pub fn hide(mut self, capability: Capability) -> Self {
        self.hidden.insert(capability);
        self
    }

    /// Replaces the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Listens on another loopback address, for instance `::1`. Starting fails with an address that is not loopback.
    pub fn address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// Fixes the port that starts in plain text; 0, the default, takes a free one.
    pub fn plain_port(mut self, port: u16) -> Self {
        self.plain_port = Some(port);
        self
    }

    /// Serves TLS only.
    pub fn without_plain_port(mut self) -> Self {
        self.plain_port = None;
        self
    }

    /// Fixes the port that starts with TLS; 0, the default, takes a free one.
    pub fn tls_port(mut self, port: u16) -> Self {
        self.tls_port = port;
        self
    }

    /// Accepts passwords on the plain port before STARTTLS. Off by default: the server then announces `LOGINDISABLED`
    /// there.
    pub fn allow_plain_login(mut self, allow: bool) -> Self {
        self.allow_plain_login = allow;
        self
    }
}

/// Limits of each connection; exceeding one is answered with its name.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest command, in bytes, not counting the message of an APPEND. 64 KiB by default.
    pub command: u32,
    /// The largest message an APPEND may carry, in bytes. 64 MiB by default.
    pub message: u32,
    /// How long a connection may neither send nor take a byte before it is closed. 30 minutes by default (RFC 3501
    /// §5.4).
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { command: 64 << 10, message: 64 << 20, idle: Duration::from_secs(30 * 60) }
    }
}

/// A capability that [`Config::hide`] can take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is named like its token on the wire")]
pub enum Capability {
    AuthLogin,
    AuthPlain,
    Children,
    Enable,
    Id,
    Idle,
    LiteralPlus,
    Move,
    Namespace,
    SaslIr,
    SpecialUse,
    StartTls,
    StatusSize,
    UidPlus,
    Unselect,
    Within,
}

/// A user, the password, and what is in the account. There is always an INBOX.
#[derive(Clone)]
pub struct User {
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) mailboxes: Vec<Mailbox>,
}

impl fmt::Debug for User {
    /// Without the password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("User")
            .field("name", &self.name)
            .field("mailboxes", &self.mailboxes)
            .finish_non_exhaustive()
    }
}

impl User {
    /// A user with an empty INBOX.
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self { name: name.into(), password: password.into(), mailboxes: Vec::new() }
    }

    /// Adds a mailbox; naming INBOX fills the one that is there.
    pub fn mailbox(mut self, mailbox: Mailbox) -> Self {
        self.mailboxes.push(mailbox);
        self
    }

    /// The user's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The user's password.
    pub fn password(&self) -> &str {
        &self.password
    }
}

/// What a mailbox is for (RFC 6154).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is named like its attribute on the wire")]
pub enum SpecialUse {
    All,
    Archive,
    Drafts,
    Flagged,
    Junk,
    Sent,
    Trash,
}

impl SpecialUse {
    /// The attribute without its backslash.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Archive => "Archive",
            Self::Drafts => "Drafts",
            Self::Flagged => "Flagged",
            Self::Junk => "Junk",
            Self::Sent => "Sent",
            Self::Trash => "Trash",
        }
    }
}

/// A mailbox and its messages.
#[derive(Clone, Debug)]
pub struct Mailbox {
    pub(crate) name: String,
    pub(crate) special_use: Option<SpecialUse>,
    pub(crate) subscribed: bool,
    pub(crate) messages: Vec<Message>,
}

impl Mailbox {
    /// An empty, subscribed mailbox. The name is Unicode; `/` separates its levels.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), special_use: None, subscribed: true, messages: Vec::new() }
    }

    /// Says what the mailbox is for.
    pub fn special_use(mut self, special_use: SpecialUse) -> Self {
        self.special_use = Some(special_use);
        self
    }

    /// Leaves the mailbox out of LSUB.
    pub fn unsubscribed(mut self) -> Self {
        self.subscribed = false;
        self
    }

    /// Adds a message behind the others.
    pub fn message(mut self, message: impl Into<Message>) -> Self {
        self.messages.push(message.into());
        self
    }
}

/// A message with its flags and date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub(crate) bytes: Vec<u8>,
    pub(crate) flags: Vec<String>,
    pub(crate) date: Option<(i64, i32)>,
}

impl Message {
    /// A message without flags, stored byte for byte as given: lines should end in CRLF. It must not be empty or hold a
    /// NUL. Its internal date is that of its Date field, or else the time of delivery.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), flags: Vec::new(), date: None }
    }

    /// Adds a flag, for instance `\Seen` or `$Forwarded`.
    pub fn flag(mut self, flag: impl Into<String>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// Sets the internal date: seconds since 1970 in UTC, shown with an offset of so many minutes east of it.
    pub fn date(mut self, seconds: i64, offset_minutes: i32) -> Self {
        self.date = Some((seconds, offset_minutes));
        self
    }

    /// The message itself.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its flags, in the order in which they were set.
    pub fn flags(&self) -> &[String] {
        &self.flags
    }

    /// Its internal date as [`date`](Self::date) takes it; always there in a message that a server returns.
    pub fn internal_date(&self) -> Option<(i64, i32)> {
        self.date
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

impl From<&[u8]> for Message {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes)
    }
}

impl<const N: usize> From<&[u8; N]> for Message {
    fn from(bytes: &[u8; N]) -> Self {
        Self::new(bytes)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
