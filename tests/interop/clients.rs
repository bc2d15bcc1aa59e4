//! Both clients behind one face, so that each scenario is written once and run with either.
//!
//! The verbs have the same names and arguments in both, so a macro writes the two delegations; what differs (streams, readers, watching) is
//! written out. The futures of the blocking client are ready when they return.
//!
//! Invariant: what the client found odd in the server's words ([`Event::Warning`]) is collected when a connection is dropped.

mod blocking;
mod tokio;

pub(crate) use blocking::{Blocking, BlockingMailbox};
pub(crate) use tokio::{Tokio, TokioMailbox};

use std::future::Future;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use imapkit::commands::{AppendUid, Expunged, Found, MailboxInfo, RawAnswer, StoreHow, Stored};
use imapkit::types::{
    BodySection, Capability, CopyUid, DateTime, Fetch, Flags, Items, Key, ListEntry, Mailbox, ModSeq, Namespaces,
    ReturnOptions, SeqSet, Status, StatusItems, Uid, UidSet,
};
use imapkit::{CapabilityBook, Command, Error, Event, MailboxEvent, Opened};
use imapkit_sasl::{Credentials, Policy, TokenRequest};
use imapkit_transport::{Facts, TlsConfig};

/// Octets of one content that are put together.
const LARGEST: usize = 16 << 20;

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Plain,
    StartTls,
    Tls,
}

/// Lines of a conversation, of all connections of a scenario.
pub(crate) type Trace = Arc<Mutex<Vec<String>>>;

/// Gives access tokens.
pub(crate) type Tokens = Arc<dyn Fn(TokenRequest) -> Result<String, Error> + Send + Sync>;

/// How to connect.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) link: Link,
    pub(crate) port: u16,
    pub(crate) ca_file: PathBuf,
    /// Where the server is, if not where the name says.
    pub(crate) address: Option<IpAddr>,
    /// What to trust and to show, instead of the authorities file.
    pub(crate) tls: Option<TlsConfig>,
    pub(crate) credentials: Credentials,
    /// Logs in with the tokens this gives instead.
    pub(crate) tokens: Option<(String, Policy, Tokens)>,
    pub(crate) enable: Vec<Capability>,
    pub(crate) disable: Vec<Capability>,
    /// How often to ask for news where there is no IDLE.
    pub(crate) poll: Option<Duration>,
    pub(crate) trace: Trace,
    pub(crate) warnings: Trace,
}

/// The same calls make the configuration of either client.
macro_rules! config {
    ($client:ident, $options:expr) => {{
        let options = $options;
        let config = match options.link {
            $crate::clients::Link::Plain => $client::Config::danger_plaintext("localhost"),
            $crate::clients::Link::StartTls => $client::Config::starttls("localhost"),
            $crate::clients::Link::Tls => $client::Config::tls("localhost"),
        };
        let trace = Arc::clone(&options.trace);
        let timers = $client::Timers::default();
        let poll = options.poll.unwrap_or(timers.poll);
        let config = config
            .port(options.port)
            .ca_file(&options.ca_file)
            .credentials(options.credentials.clone())
            .enable(options.enable.clone())
            .timers($client::Timers { poll, ..timers })
            .trace(move |line| {
                let side = if line.sent { 'C' } else { 'S' };
                trace.lock().expect("no tracer panics").push(format!("{side}: {}", line.text));
            });
        let config = options.tls.clone().into_iter().fold(config, $client::Config::tls_config);
        let config = options.address.into_iter().fold(config, $client::Config::host_address);
        options.disable.iter().fold(config, |config, capability| config.disable_capability(capability.clone()))
    }};
}

use config;

/// A message to append.
pub(crate) struct NewMail {
    pub(crate) octets: Bytes,
    pub(crate) flags: Flags,
    pub(crate) date: Option<DateTime>,
    /// Reads it from a reader instead of giving it as a whole.
    pub(crate) by_reader: bool,
    /// What the reader is said to hold, if not what it holds.
    pub(crate) claims: Option<u64>,
}

impl NewMail {
    pub(crate) fn new(octets: impl Into<Bytes>) -> Self {
        Self { octets: octets.into(), flags: Flags::new(), date: None, by_reader: false, claims: None }
    }
}

macro_rules! new_message {
    ($client:ident, $mail:expr) => {{
        let mail = $mail;
        let message = if mail.by_reader {
            let len = mail.claims.unwrap_or(mail.octets.len() as u64);
            $client::NewMessage::from_reader(std::io::Cursor::new(mail.octets.clone()), len)
        } else {
            $client::NewMessage::new(mail.octets.clone())
        };
        let message = message.flags(mail.flags.clone());
        if let Some(date) = mail.date { message.date(date) } else { message }
    }};
}

use new_message;

/// A message as fetched.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) row: Fetch,
    pub(crate) contents: Vec<Content>,
}

/// Content of a message.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) section: BodySection,
    pub(crate) origin: Option<u64>,
    pub(crate) octets: Bytes,
    pub(crate) streamed: bool,
}

impl Fetched {
    pub(crate) fn uid(&self) -> Uid {
        self.row.uid.expect("every row names its message")
    }

    /// The one content there is.
    pub(crate) fn octets(&self) -> &Bytes {
        let [content] = self.contents.as_slice() else { panic!("one content was asked for: {self:?}") };
        &content.octets
    }
}

macro_rules! verbs {
    ($Verbs:ident for $Tokio:ty, $Blocking:ty; $(fn $name:ident($($arg:ident: $Type:ty),*) -> $Value:ty;)+) => {
        /// What both have.
        pub(crate) trait $Verbs {
            $(async fn $name(&self $(, $arg: $Type)*) -> Result<$Value, Error>;)+
        }
        impl $Verbs for $Tokio {
            $(async fn $name(&self $(, $arg: $Type)*) -> Result<$Value, Error> { self.inner.$name($($arg),*).await })+
        }
        impl $Verbs for $Blocking {
            $(async fn $name(&self $(, $arg: $Type)*) -> Result<$Value, Error> { self.inner.$name($($arg),*) })+
        }
    };
}

verbs! {
    Verbs for Tokio, Blocking;
    fn noop() -> ();
    fn logout() -> ();
    fn enable(capabilities: Vec<Capability>) -> Vec<Capability>;
    fn capability() -> CapabilityBook;
    fn namespace() -> Namespaces;
    fn list(reference: &str, pattern: &str) -> Vec<ListEntry>;
    fn lsub(reference: &str, pattern: &str) -> Vec<ListEntry>;
    fn status(mailbox: &Mailbox, items: StatusItems) -> Status;
    fn create(mailbox: &Mailbox) -> ();
    fn delete(mailbox: &Mailbox) -> ();
    fn rename(from: &Mailbox, to: &Mailbox) -> ();
    fn subscribe(mailbox: &Mailbox) -> ();
    fn unsubscribe(mailbox: &Mailbox) -> ();
    fn check() -> ();
    fn raw(line: &str) -> RawAnswer;
}

verbs! {
    MailboxVerbs for TokioMailbox, BlockingMailbox;
    fn search(key: Key) -> UidSet;
    fn search_seq(key: Key) -> SeqSet;
    fn search_return(key: Key, returns: ReturnOptions) -> Found<Uid>;
    fn store(uids: &UidSet, how: StoreHow, flags: Flags) -> Stored;
    fn store_seq(seqs: &SeqSet, how: StoreHow, flags: Flags) -> Stored;
    fn store_unchanged_since(uids: &UidSet, how: StoreHow, flags: Flags, mod_seq: ModSeq) -> Stored;
    fn add_flags(uids: &UidSet, flags: Flags) -> ();
    fn remove_flags(uids: &UidSet, flags: Flags) -> ();
    fn set_flags(uids: &UidSet, flags: Flags) -> ();
    fn copy(uids: &UidSet, to: &Mailbox) -> Option<CopyUid>;
    fn copy_seq(seqs: &SeqSet, to: &Mailbox) -> Option<CopyUid>;
    fn move_(uids: &UidSet, to: &Mailbox) -> Option<CopyUid>;
    fn move_seq(seqs: &SeqSet, to: &Mailbox) -> Option<CopyUid>;
    fn expunge() -> Expunged;
    fn uid_expunge(uids: &UidSet) -> Expunged;
}

/// A client, connected.
pub(crate) trait Connection: Verbs + Sized {
    /// Tells the clients apart.
    const NUMBER: usize;
    /// A selected mailbox of it.
    type Selected: Selected;

    /// Runs a scenario on this thread.
    fn block_on<F: Future>(work: F) -> F::Output;

    async fn connect(options: &Options) -> Result<Self, Error>;
    fn opened(&self) -> &Opened;
    /// What TLS agreed on; none without TLS.
    fn tls(&self) -> Option<&Facts>;
    async fn capabilities(&self) -> CapabilityBook;
    async fn run<C: Command>(&self, command: C) -> Result<C::Output, Error>;
    /// Submits all, then waits for all.
    async fn run_all<C: Command>(&self, commands: Vec<C>) -> Vec<Result<C::Output, Error>>;
    async fn select(&self, mailbox: &Mailbox) -> Result<Self::Selected, Error>;
    async fn select_condstore(&self, mailbox: &Mailbox) -> Result<Self::Selected, Error>;
    async fn examine(&self, mailbox: &Mailbox) -> Result<Self::Selected, Error>;
    async fn append(&self, mailbox: &Mailbox, mail: &NewMail) -> Result<Option<AppendUid>, Error>;
    async fn append_all(&self, mailbox: &Mailbox, mails: &[NewMail]) -> Result<Vec<AppendUid>, Error>;
}

/// A mailbox, selected.
pub(crate) trait Selected: MailboxVerbs + Clone {
    type Watch;

    fn info(&self) -> &MailboxInfo;
    /// Everything of these messages, content put together.
    async fn fetch(&self, uids: &UidSet, items: Items) -> Result<Vec<Fetched>, Error>;
    async fn fetch_seq(&self, seqs: &SeqSet, items: Items) -> Result<Vec<Fetched>, Error>;
    /// Reads the beginning of the first message and drops everything else unread.
    async fn glance(&self, uids: &UidSet, items: Items) -> Result<Uid, Error>;
    async fn close(self) -> Result<(), Error>;
    async fn unselect(self) -> Result<(), Error>;
    fn watch(&self) -> Self::Watch;
    /// The next change; none within the time.
    async fn change(watch: &mut Self::Watch, timeout: Duration) -> Result<Option<MailboxEvent>, Error>;
}

/// Keeps what the client found odd.
fn note(warnings: &Trace, event: &Event) {
    if let Event::Warning(warning) = event {
        warnings.lock().expect("no reader panics").push(format!("{}: {:?}", warning.text, warning.raw));
    }
}
