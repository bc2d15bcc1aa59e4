//! From a configuration to a client: socket, TLS, greeting, login, under one deadline.
//!
//! Separate from the driver, which does not care how a connection came about. RFC 9051 §3.4; protocol.md 5.1–5.4 (C01–C56), T027, T111.
//!
//! ```text
//! Config --check--> dialing (route, race, proxy) --> Driver: TLS --> session's opening --Ready--> Client
//! ```

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use imapkit_dial::{Host, Phase, Route};
use imapkit_session::commands::{MailboxInfo, Select};
use imapkit_session::types::Mailbox;
use imapkit_session::{Error, ErrorKind, Opened, Session};
use imapkit_transport::{Facts, ServerId, TlsConfig};

use crate::attempt::Attempt;
use crate::cancel::{Cancel, Canceller};
use crate::client::Client;
use crate::config::{Config, Wanted, Who};
use crate::dialing;
use crate::driver::Driver;
use crate::engine::{Engine, Parts};
use crate::failure;
use crate::layers::Layers;
use crate::plan::{self, Binding, Plan};
use crate::proxied;
use crate::reply::Reply;
use crate::selected::Selected;
use crate::socket::{Socket, Stream};
use crate::tokens::Tokens;

/// What is known of a connection once it is open.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Greeting, mechanism, server id, namespaces, flights.
    pub opened: Opened,
    /// What TLS agreed on and with whom; `None` without TLS.
    pub tls: Option<Facts>,
    /// The address that answered; `None` for tunnels, proxies and streams of the caller.
    pub peer: Option<SocketAddr>,
    /// How long each phase took that was gone through.
    pub phases: Vec<(Phase, Duration)>,
}

/// Connects and logs in.
///
/// ```no_run
/// # fn run() -> Result<(), imapkit_blocking::Error> {
/// let client = imapkit_blocking::connect(&imapkit_blocking::Config::tls("imap.example.org").login("me", "secret"))?;
/// client.noop()?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// What is wrong with the configuration (nothing was sent), with the network, the certificate, the server or the credentials; when time is
/// up, the phase that used it up.
pub fn connect(config: &Config) -> Result<Client, Error> {
    Connector::new(config)?.connect()
}

/// Connects, logs in and selects a mailbox, read-write. SELECT leaves together with the last questions of the opening, so this takes a
/// round trip less than [`connect`] and then [`Client::select`]. [`Selected::client`] is the connection.
///
/// # Errors
/// As [`connect`]; what the server says if it does not open the mailbox, after which the connection is closed.
pub fn connect_and_select<M>(config: &Config, mailbox: M) -> Result<Selected, Error>
where
    M: TryInto<Mailbox>,
    Error: From<M::Error>,
{
    Connector::new(config)?.connect_and_select(mailbox)
}

/// Speaks IMAP over a stream of the caller's, protected as the configuration says ([`Config::tunnel`] for one that needs no TLS).
///
/// # Errors
/// As [`connect`].
pub fn connect_stream(config: &Config, stream: impl Stream) -> Result<Client, Error> {
    Connector::new(config)?.connect_stream(stream)
}

/// Whom to call, and how the link is to be protected.
struct Call {
    host: Host,
    port: u16,
    route: Route,
    tls: Option<(TlsConfig, ServerId)>,
    /// To be asked as soon as somebody is logged in.
    first: Option<Select>,
}

/// A connection that is open, and the answer to come of what was asked in the same breath.
type Open = (Client, Option<Reply<MailboxInfo>>);

/// A connect that another thread can cancel.
#[derive(Debug)]
pub struct Connector {
    config: Config,
    cancel: Arc<Cancel>,
}

impl Connector {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// `Io` when the process has too many files open.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let cancel = Cancel::new().map_err(|error| failure::io("preparing to connect", error))?;
        Ok(Self { config: config.clone(), cancel: Arc::new(cancel) })
    }

    /// One of several connects that are cancelled together.
    pub(crate) fn sharing(config: &Config, cancel: &Arc<Cancel>) -> Self {
        Self { config: config.clone(), cancel: Arc::clone(cancel) }
    }

    /// Ends the connect while it is under way, and later calls on its client.
    pub fn canceller(&self) -> Canceller {
        Canceller(Arc::clone(&self.cancel))
    }

    /// Connects and logs in.
    ///
    /// # Errors
    /// As [`connect`], and `Cancelled`.
    pub fn connect(self) -> Result<Client, Error> {
        self.connect_then(None).map(|(client, _)| client)
    }

    /// Connects, logs in and selects a mailbox, see [`connect_and_select`].
    ///
    /// # Errors
    /// As [`connect_and_select`], and `Cancelled`.
    pub fn connect_and_select<M>(self, mailbox: M) -> Result<Selected, Error>
    where
        M: TryInto<Mailbox>,
        Error: From<M::Error>,
    {
        let mailbox = mailbox.try_into()?;
        let select = Select::new(mailbox.clone());
        let (client, selecting) = self.connect_then(Some(select.clone()))?;
        let info = match selecting {
            Some(selecting) => selecting.wait()?,
            None => client.run(select)?,
        };
        Ok(Selected::new(client, mailbox, info))
    }

    fn connect_then(self, first: Option<Select>) -> Result<Open, Error> {
        let Plan { host, port, route } = plan::check(&self.config)?;
        let tls = self.tls(&host, port)?;
        let mut attempt = Attempt::new(self.config.connect_timeout, Arc::clone(&self.cancel));
        let mut tokens = Tokens::first(&self.config, &mut attempt)?;
        let call = Call { host, port, route, tls, first };
        match self.dial_and_open(&call, &mut attempt, &mut tokens) {
            Err(error) if tokens.is_untried(&error) => self.dial_and_open(&call, &mut attempt, &mut tokens),
            outcome => outcome,
        }
    }

    /// Speaks IMAP over a stream of the caller's.
    ///
    /// # Errors
    /// As [`connect`], and `Cancelled`.
    pub fn connect_stream(self, stream: impl Stream) -> Result<Client, Error> {
        let (host, port) = plan::server(&self.config)?;
        plan::guard(&self.config, &host, true)?;
        let tls = self.tls(&host, port)?;
        let socket = Socket::other(stream).map_err(|error| failure::io("taking over the stream", error))?;
        let mut attempt = Attempt::new(self.config.connect_timeout, Arc::clone(&self.cancel));
        let mut tokens = Tokens::first(&self.config, &mut attempt)?;
        let call = Call { host, port, route: Route::Direct, tls, first: None };
        self.open(&call, socket, &mut attempt, &mut tokens).map(|(client, _)| client)
    }

    fn dial_and_open(&self, call: &Call, attempt: &mut Attempt, tokens: &mut Tokens<'_>) -> Result<Open, Error> {
        let socket = self.dial(call, attempt)?;
        self.open(call, socket, attempt, tokens)
    }

    fn dial(&self, call: &Call, attempt: &mut Attempt) -> Result<Socket, Error> {
        let (config, host, port) = (&self.config, &call.host, call.port);
        let whom = dialing::Call {
            host,
            port,
            address: config.host_address,
            only_here: config.protection == Wanted::Plaintext { anywhere: false },
            prefer_ipv6: config.prefer_ipv6,
            memory: &config.memory,
            epoch: config.made,
        };
        match &call.route {
            Route::Direct => {
                let stream = dialing::connect(whom, attempt)?;
                Socket::tcp(stream).map_err(|error| failure::io("setting the socket up", error))
            }
            Route::Proxy(proxy) => proxied::connect(proxy, &config.proxy_trust, whom, attempt),
            Route::Unix(path) => {
                attempt.enter(Phase::Connect);
                Socket::unix(path).map_err(|error| failure::io(&format!("connecting to {}", path.display()), error))
            }
            Route::Command(template) => {
                attempt.enter(Phase::Connect);
                let words = template.fill(host, port, config.user.as_deref()).map_err(failure::misuse)?;
                Socket::command(&words).map_err(|error| failure::io("starting the tunnel command", error))
            }
            _ => Err(Error::new(ErrorKind::Unsupported, "this way of connecting is not supported here")),
        }
    }

    /// What TLS is to be like, where there is to be any. Files that cannot be used are found out before anything is resolved.
    fn tls(&self, host: &Host, port: u16) -> Result<Option<(TlsConfig, ServerId)>, Error> {
        match self.config.protection {
            Wanted::Tls | Wanted::StartTls => {
                let server = ServerId::new(&plan::identity(&self.config, host)?.to_string(), port)
                    .map_err(failure::transport)?;
                Ok(Some((self.config.trust.load(&server)?, server)))
            }
            Wanted::Plaintext { .. } | Wanted::Tunnel | Wanted::Forwarded => Ok(None),
        }
    }

    /// Everything from an open socket to "ready".
    fn open(&self, call: &Call, socket: Socket, attempt: &mut Attempt, tokens: &mut Tokens<'_>) -> Result<Open, Error> {
        let (config, server, tls) = (&self.config, (&call.host, call.port), call.tls.clone());
        let mut layers = Layers::default();
        if let (Wanted::Tls, Some((tls, server))) = (config.protection, &tls) {
            layers.start_tls(tls, server)?;
        }
        let nonce =
            getrandom::u64().map_err(|error| Error::new(ErrorKind::Io, format!("no random numbers: {error}")))?;
        let binding = Binding::default();
        let login = plan::login(config, server, &binding, tokens.token());
        let session = Session::new(plan::session(config, login), nonce, attempt.now());
        let write_timeout = config.timers.progress;
        let parts =
            Parts { session, layers, tls, binding: Arc::clone(&binding), tracer: config.tracer.clone(), write_timeout };
        let engine = Engine::new(parts, attempt.now());
        let driver = Arc::new(Driver::new(engine, socket, Arc::clone(&self.cancel), attempt.clock()));
        // Without a login there is nothing to wait for.
        let first = call.first.as_ref().filter(|_| !matches!(config.login, Who::Nobody));
        let first = first.map(|command| Reply::submit_when_ready(&driver, command.clone()));
        let opened = match self.run_opening(&driver, attempt) {
            Err(error) if tokens.renew(&error, attempt)? => {
                let login = plan::login(config, server, &binding, tokens.token());
                driver.change(|engine| engine.login_again(login))?;
                self.run_opening(&driver, attempt)?
            }
            outcome => outcome?,
        };
        let peer = driver.socket().remote_address().filter(|_| matches!(call.route, Route::Direct));
        let tls = driver.lock().layers.facts().cloned();
        let info = ConnectionInfo { opened, tls, peer, phases: attempt.spent() };
        Ok((Client::new(driver, Arc::new(info), config.call_timeout), first))
    }

    /// Runs the session until it is ready, and notes how far it is.
    fn run_opening(&self, driver: &Driver, attempt: &mut Attempt) -> Result<Opened, Error> {
        let starts_tls = self.config.protection == Wanted::StartTls;
        let outcome = driver.wait(attempt.patience(), |engine, _| {
            attempt.enter(plan::phase(&engine.session, engine.layers.is_handshaking(), starts_tls));
            engine.outcome()
        });
        outcome.unwrap_or_else(|over| Err(attempt.left().err().unwrap_or(over)))
    }
}
