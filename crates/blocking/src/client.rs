//! The handle of a connection: runs commands, listens, ends it.
//!
//! Separate from the verbs, which are sugar over [`Client::run`]. A handle is cheap to clone and may be used by several threads at once; all
//! of them share one connection and its pipeline: whoever waits moves the bytes of all (`driver.rs`). RFC 9051 §5.5.
//!
//! Invariants: submitting never waits; commands are sent in the order in which they were submitted; nothing happens between calls.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use imapkit_sasl::Credentials;
use imapkit_session::commands::{AskCapability, Noop, StartTls};
use imapkit_session::{
    CapabilityBook, Command, Error, ErrorKind, Login, Opened, Protection, Reply as Answer, State, TraceLine,
};
use imapkit_transport::{Facts, ServerId, TlsConfig};

use crate::cancel::{Canceller, Patience};
use crate::connect::ConnectionInfo;
use crate::driver::Driver;
use crate::events::Events;
use crate::failure;
use crate::poll;
use crate::reply::Reply;

/// A connection to an IMAP server. When the last handle (clients, selected mailboxes, iterators, replies) is gone the connection is closed.
///
/// Every call waits on the calling thread, and ends: by the answer, by the client's timeout if it has one ([`Client::with_timeout`]), or by
/// the session's own ([`crate::Timers`]): a server that says nothing while an answer is due is given up after a minute.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) driver: Arc<Driver>,
    info: Arc<ConnectionInfo>,
    pub(crate) timeout: Option<Duration>,
}

impl Client {
    pub(crate) fn new(driver: Arc<Driver>, info: Arc<ConnectionInfo>, timeout: Option<Duration>) -> Self {
        Self { driver, info, timeout }
    }

    /// The same connection, each call on it limited to so much time, whatever happens. [`crate::Config::call_timeout`] does that for all.
    ///
    /// A call that takes longer fails with `Timeout` (or `Unknown`, if the command may have changed something) and is given up as if it were
    /// cancelled; the connection goes on.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self.clone() }
    }

    /// Sends a command and waits for its answer.
    ///
    /// # Errors
    /// What the server answered if not OK; what was wrong with the command, found before a byte was sent; why the connection ended;
    /// `Timeout`, `Cancelled`, or `Unknown` for a command that may have changed something.
    pub fn run<C: Command>(&self, command: C) -> Result<C::Output, Error> {
        self.submit(command).wait()
    }

    /// Queues a command and returns its answer to come; nothing is sent yet. Several submitted one after another go out in one write when
    /// one of them is waited for, as far as the rules of pipelining allow.
    pub fn submit<C: Command>(&self, command: C) -> Reply<C::Output> {
        Reply::submit(&self.driver, command, self.timeout)
    }

    /// What the server offers and what is switched on, as of now.
    pub fn capabilities(&self) -> CapabilityBook {
        self.driver.lock().session.capabilities().clone()
    }

    /// What was found out while connecting: greeting, server id, namespaces, TLS, address, times.
    pub fn opened(&self) -> &ConnectionInfo {
        &self.info
    }

    /// Where the connection stands, as of the last call.
    pub fn state(&self) -> State {
        self.driver.lock().session.state()
    }

    /// Everything the server says unasked: what has not been taken yet, and what is to come.
    pub fn events(&self) -> Events {
        Events::new(&self.driver)
    }

    /// Ends calls in progress, from other threads.
    pub fn canceller(&self) -> Canceller {
        Canceller(Arc::clone(self.driver.cancel()))
    }

    /// Logs in on a connection that was opened without credentials.
    ///
    /// # Errors
    /// When somebody is logged in already, or the server refuses; then the connection is closed.
    pub fn login(&self, login: impl Login + 'static) -> Result<Opened, Error> {
        self.driver.change(|engine| engine.session.login(Box::new(login)))?;
        let opened = self.driver.wait(self.patience(), |engine, _| engine.outcome());
        opened.unwrap_or_else(|over| {
            // Half a login is none.
            self.close();
            Err(over)
        })
    }

    /// Logs in as [`crate::Config::credentials`] would have: bound to this TLS connection where the mechanism and its policy want that.
    ///
    /// # Errors
    /// As [`Client::login`].
    pub fn login_as(&self, credentials: Credentials) -> Result<Opened, Error> {
        let binding = self.driver.lock().binding();
        self.login(credentials.channel_binding(move || binding.get().cloned()))
    }

    /// Starts TLS on a connection that was opened in clear text and where nobody has logged in (STARTTLS), and asks for the capabilities
    /// again. `host` and `port` are the server's, for its certificate.
    ///
    /// # Errors
    /// What the server answered if not OK; then the connection goes on in clear text. When the handshake fails or takes too long, the
    /// connection is closed.
    pub fn start_tls(&self, config: TlsConfig, host: &str, port: u16) -> Result<(), Error> {
        let server = ServerId::new(host, port).map_err(failure::transport)?;
        self.driver.change(|engine| engine.prepare_tls(config, server));
        self.run(StartTls)?;
        let done = self.driver.wait(self.patience(), |engine, _| match engine.session.error() {
            Some(error) => Some(Err(error.clone())),
            None => (engine.session.protection() == Protection::Tls).then_some(Ok(())),
        });
        match done {
            Ok(started) => started?,
            Err(over) => {
                self.close();
                return Err(over);
            }
        }
        self.run(AskCapability)
    }

    /// What TLS has agreed on, now; `None` while there is no TLS.
    pub fn tls(&self) -> Option<Facts> {
        self.driver.lock().layers.facts().cloned()
    }

    /// What the server answered to the command that ended last, and how many commands it has answered.
    pub fn last_reply(&self) -> (u64, Option<Answer>) {
        let engine = self.driver.lock();
        let (count, reply) = engine.session.last_reply();
        (count, reply.cloned())
    }

    /// Hears what the server has said since the last call, without waiting. So does every call on the connection, if it has been quiet for
    /// half a second; this is for programs that make none and want to know whether the connection still stands.
    pub fn catch_up(&self) {
        self.driver.change(|_| ());
    }

    /// Whether octets of the server wait to be read, and whether there is room for ours.
    pub fn readiness(&self) -> (bool, bool) {
        let (input, output) = self.driver.socket().ends();
        (poll::look(input).read, poll::look(output).write)
    }

    /// Calls `tracer` for every line from now on; see [`crate::Config::trace`].
    pub fn trace(&self, tracer: impl Fn(&TraceLine) + Send + Sync + 'static) {
        self.driver.lock().set_tracer(Some(Arc::new(tracer)));
    }

    /// Ends what [`Client::trace`] or [`crate::Config::trace`] began.
    pub fn end_trace(&self) {
        self.driver.lock().set_tracer(None);
    }

    /// Octets received from and sent to the network, TLS and compression included.
    pub fn traffic(&self) -> (u64, u64) {
        self.driver.lock().layers.traffic()
    }

    /// Our own address, for TCP connections.
    pub fn local_address(&self) -> Option<SocketAddr> {
        self.driver.socket().local_address()
    }

    /// Finds out whether the server is still there, after the machine has slept for instance: NOOP, and an answer within `timeout`. Without
    /// one the connection is closed, so that nobody waits for it any longer (M32).
    ///
    /// # Errors
    /// `Timeout`, or why the connection is over; `Cancelled`, which closes nothing.
    pub fn probe(&self, timeout: Duration) -> Result<(), Error> {
        let answer = self.with_timeout(timeout).run(Noop);
        answer.map_err(|error| {
            if error.kind() != ErrorKind::Timeout || !self.is_open() {
                return error;
            }
            self.close();
            Error::new(ErrorKind::Timeout, format!("no answer to NOOP within {timeout:?}: the connection is dead"))
        })
    }

    /// Hears what has come since the last call, the end of the connection for instance. Does not wait.
    pub(crate) fn look(&self) {
        self.driver.change(|_| ());
    }

    /// Closes the connection at once, without a word. Calls under way fail, those of commands that change something with `Unknown`.
    pub fn close(&self) {
        self.driver.close();
    }

    /// Why the connection is over, once it is known to be: a connection that broke while nobody waited is found out by the next call.
    pub fn error(&self) -> Option<Error> {
        self.driver.lock().session.error().cloned()
    }

    /// False once the connection is known to be over, see [`Client::error`].
    pub fn is_open(&self) -> bool {
        self.error().is_none()
    }

    pub(crate) fn patience(&self) -> Patience {
        self.driver.patience(self.timeout)
    }
}

/// The caller's wish, as the reason why a connection is over.
pub(crate) fn closed_by_caller() -> Error {
    Error::new(ErrorKind::Closed, "closed by the application")
}
