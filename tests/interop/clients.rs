//! Both clients behind one face, so that each scenario is written once and run with either.
//!
//! The verbs have the same names and arguments in both, so a macro writes the two delegations; what differs (streams, readers, watching) is
//! written out. The futures of the blocking client are ready when they return.
//!
//! Invariant: what the client found odd in the server's words ([`Event::Warning`]) is collected when a connection is dropped.

use std::future::Future;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use imapkit::commands::{AppendUid, Expunged, Found, MailboxInfo, RawAnswer, StoreHow, Stored};
use imapkit::types::{
    BodySection, Capability, CopyUid, DateTime, Fetch, Flags, Items, Key, ListEntry, Mailbox, ModSeq, Namespaces,
    ReturnOptions, SeqSet, Status, StatusItems, Uid, UidSet,
};
use imapkit::{CapabilityBook, Command, Error, Event, MailboxEvent, Opened};
use imapkit_sasl::Credentials;

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

/// How to connect.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) link: Link,
    pub(crate) port: u16,
    pub(crate) ca_file: PathBuf,
    pub(crate) credentials: Credentials,
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
            Link::Plain => $client::Config::danger_plaintext("localhost"),
            Link::StartTls => $client::Config::starttls("localhost"),
            Link::Tls => $client::Config::tls("localhost"),
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
        options.disable.iter().fold(config, |config, capability| config.disable_capability(capability.clone()))
    }};
}

/// A message to append.
pub(crate) struct NewMail {
    pub(crate) octets: Bytes,
    pub(crate) flags: Flags,
    pub(crate) date: Option<DateTime>,
    /// Reads it from a reader instead of giving it as a whole.
    pub(crate) by_reader: bool,
}

impl NewMail {
    pub(crate) fn new(octets: impl Into<Bytes>) -> Self {
        Self { octets: octets.into(), flags: Flags::new(), date: None, by_reader: false }
    }
}

macro_rules! new_message {
    ($client:ident, $mail:expr) => {{
        let mail = $mail;
        let message = if mail.by_reader {
            $client::NewMessage::from_reader(Cursor::new(mail.octets.clone()), mail.octets.len() as u64)
        } else {
            $client::NewMessage::new(mail.octets.clone())
        };
        let message = message.flags(mail.flags.clone());
        if let Some(date) = mail.date { message.date(date) } else { message }
    }};
}

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
    /// A selected mailbox of it.
    type Selected: Selected;

    /// Runs a scenario on this thread.
    fn block_on<F: Future>(work: F) -> F::Output;

    async fn connect(options: &Options) -> Result<Self, Error>;
    fn opened(&self) -> &Opened;
    /// The TLS version, as text; none without TLS.
    fn tls(&self) -> Option<String>;
    async fn capabilities(&self) -> CapabilityBook;
    async fn run<C: Command>(&self, command: C) -> Result<C::Output, Error>;
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

/// The tokio client.
pub(crate) struct Tokio {
    inner: imapkit::Client,
    events: imapkit::Events,
    warnings: Trace,
}

#[derive(Clone)]
pub(crate) struct TokioMailbox {
    inner: imapkit::Selected,
}

impl Drop for Tokio {
    fn drop(&mut self) {
        while let Some(Some(event)) = self.events.next().now_or_never() {
            note(&self.warnings, &event);
        }
    }
}

fn note(warnings: &Trace, event: &Event) {
    if let Event::Warning(warning) = event {
        warnings.lock().expect("no reader panics").push(format!("{}: {:?}", warning.text, warning.raw));
    }
}

impl Connection for Tokio {
    type Selected = TokioMailbox;

    fn block_on<F: Future>(work: F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be made").block_on(work)
    }

    async fn connect(options: &Options) -> Result<Self, Error> {
        let inner = imapkit::connect(&config!(imapkit, options)).await?;
        let events = inner.events();
        Ok(Self { inner, events, warnings: Arc::clone(&options.warnings) })
    }

    fn opened(&self) -> &Opened {
        &self.inner.opened().opened
    }

    fn tls(&self) -> Option<String> {
        self.inner.opened().tls.as_ref().map(|facts| format!("{:?}", facts.version))
    }

    async fn capabilities(&self) -> CapabilityBook {
        self.inner.capabilities().await.expect("the connection is open")
    }

    async fn run<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        self.inner.run(command).await
    }

    async fn select(&self, mailbox: &Mailbox) -> Result<TokioMailbox, Error> {
        Ok(TokioMailbox { inner: self.inner.select(mailbox).await? })
    }

    async fn select_condstore(&self, mailbox: &Mailbox) -> Result<TokioMailbox, Error> {
        Ok(TokioMailbox { inner: self.inner.select_condstore(mailbox).await? })
    }

    async fn examine(&self, mailbox: &Mailbox) -> Result<TokioMailbox, Error> {
        Ok(TokioMailbox { inner: self.inner.examine(mailbox).await? })
    }

    async fn append(&self, mailbox: &Mailbox, mail: &NewMail) -> Result<Option<AppendUid>, Error> {
        self.inner.append(mailbox, new_message!(imapkit, mail)).await
    }

    async fn append_all(&self, mailbox: &Mailbox, mails: &[NewMail]) -> Result<Vec<AppendUid>, Error> {
        self.inner.append_all(mailbox, mails.iter().map(|mail| new_message!(imapkit, mail))).await
    }
}

impl TokioMailbox {
    async fn gather(request: imapkit::FetchRequest) -> Result<Vec<Fetched>, Error> {
        let mut stream = request.stream();
        let mut all = Vec::new();
        while let Some(mut message) = stream.try_next().await? {
            let mut contents = Vec::new();
            while let Some(body) = message.next_body().await? {
                let (section, origin, streamed) = (body.section().clone(), body.origin(), body.is_streamed());
                contents.push(Content { section, origin, octets: body.bytes(LARGEST).await?, streamed });
            }
            all.push(Fetched { row: message.finish().await?, contents });
        }
        Ok(all)
    }
}

impl Selected for TokioMailbox {
    type Watch = imapkit::Watch;

    fn info(&self) -> &MailboxInfo {
        self.inner.info()
    }

    async fn fetch(&self, uids: &UidSet, items: Items) -> Result<Vec<Fetched>, Error> {
        Self::gather(self.inner.fetch(uids, items)).await
    }

    async fn fetch_seq(&self, seqs: &SeqSet, items: Items) -> Result<Vec<Fetched>, Error> {
        Self::gather(self.inner.fetch_seq(seqs, items)).await
    }

    async fn glance(&self, uids: &UidSet, items: Items) -> Result<Uid, Error> {
        let mut stream = self.inner.fetch(uids, items).stream();
        let mut message = stream.try_next().await?.expect("there is a message");
        message.body()?.chunk().await?;
        Ok(message.uid())
    }

    async fn close(self) -> Result<(), Error> {
        self.inner.close().await
    }

    async fn unselect(self) -> Result<(), Error> {
        self.inner.unselect().await
    }

    fn watch(&self) -> imapkit::Watch {
        self.inner.watch()
    }

    async fn change(watch: &mut imapkit::Watch, timeout: Duration) -> Result<Option<MailboxEvent>, Error> {
        tokio::time::timeout(timeout, watch.try_next()).await.unwrap_or(Ok(None))
    }
}

/// The blocking client.
pub(crate) struct Blocking {
    inner: imapkit_blocking::Client,
    opened: Opened,
    warnings: Trace,
}

#[derive(Clone)]
pub(crate) struct BlockingMailbox {
    inner: imapkit_blocking::Selected,
}

impl Drop for Blocking {
    fn drop(&mut self) {
        let events = self.inner.events();
        while let Some(event) = events.poll() {
            note(&self.warnings, &event);
        }
    }
}

impl Connection for Blocking {
    type Selected = BlockingMailbox;

    fn block_on<F: Future>(work: F) -> F::Output {
        futures_util::FutureExt::now_or_never(work).expect("the blocking client never waits in a future")
    }

    async fn connect(options: &Options) -> Result<Self, Error> {
        let inner = imapkit_blocking::connect(&config!(imapkit_blocking, options))?;
        let opened = inner.opened().opened.clone();
        Ok(Self { inner, opened, warnings: Arc::clone(&options.warnings) })
    }

    fn opened(&self) -> &Opened {
        &self.opened
    }

    fn tls(&self) -> Option<String> {
        self.inner.opened().tls.as_ref().map(|facts| format!("{:?}", facts.version))
    }

    async fn capabilities(&self) -> CapabilityBook {
        self.inner.capabilities()
    }

    async fn run<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        self.inner.run(command)
    }

    async fn select(&self, mailbox: &Mailbox) -> Result<BlockingMailbox, Error> {
        Ok(BlockingMailbox { inner: self.inner.select(mailbox)? })
    }

    async fn select_condstore(&self, mailbox: &Mailbox) -> Result<BlockingMailbox, Error> {
        Ok(BlockingMailbox { inner: self.inner.select_condstore(mailbox)? })
    }

    async fn examine(&self, mailbox: &Mailbox) -> Result<BlockingMailbox, Error> {
        Ok(BlockingMailbox { inner: self.inner.examine(mailbox)? })
    }

    async fn append(&self, mailbox: &Mailbox, mail: &NewMail) -> Result<Option<AppendUid>, Error> {
        self.inner.append(mailbox, new_message!(imapkit_blocking, mail))
    }

    async fn append_all(&self, mailbox: &Mailbox, mails: &[NewMail]) -> Result<Vec<AppendUid>, Error> {
        self.inner.append_all(mailbox, mails.iter().map(|mail| new_message!(imapkit_blocking, mail)))
    }
}

impl BlockingMailbox {
    fn gather(request: imapkit_blocking::FetchRequest) -> Result<Vec<Fetched>, Error> {
        let mut all = Vec::new();
        for message in request {
            let mut message = message?;
            let mut contents = Vec::new();
            while let Some(body) = message.next_body()? {
                let (section, origin, streamed) = (body.section().clone(), body.origin(), body.is_streamed());
                contents.push(Content { section, origin, octets: body.bytes(LARGEST)?, streamed });
            }
            all.push(Fetched { row: message.finish()?, contents });
        }
        Ok(all)
    }
}

impl Selected for BlockingMailbox {
    type Watch = imapkit_blocking::Watch;

    fn info(&self) -> &MailboxInfo {
        self.inner.info()
    }

    async fn fetch(&self, uids: &UidSet, items: Items) -> Result<Vec<Fetched>, Error> {
        Self::gather(self.inner.fetch(uids, items))
    }

    async fn fetch_seq(&self, seqs: &SeqSet, items: Items) -> Result<Vec<Fetched>, Error> {
        Self::gather(self.inner.fetch_seq(seqs, items))
    }

    async fn glance(&self, uids: &UidSet, items: Items) -> Result<Uid, Error> {
        let mut message = self.inner.fetch(uids, items).into_iter().next().expect("there is a message")?;
        message.body()?.chunk()?;
        Ok(message.uid())
    }

    async fn close(self) -> Result<(), Error> {
        self.inner.close()
    }

    async fn unselect(self) -> Result<(), Error> {
        self.inner.unselect()
    }

    fn watch(&self) -> imapkit_blocking::Watch {
        self.inner.watch().expect("the mailbox is selected")
    }

    async fn change(watch: &mut imapkit_blocking::Watch, timeout: Duration) -> Result<Option<MailboxEvent>, Error> {
        watch.next_within(timeout)
    }
}
