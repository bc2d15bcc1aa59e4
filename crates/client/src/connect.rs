//! From a configuration to a client: socket, TLS, greeting, login, under one deadline.
//!
//! Separate from the driver, which does not care how a connection came about. RFC 9051 §3.4; protocol.md 5.1–5.4 (C01–C56), T027, T111.
//!
//! ```text
//! Config --check--> dial (route, race, proxy) --> Driver: TLS --> session's opening --Ready--> (Client, Driver)
//! ```

use core::net::SocketAddr;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use imapkit_dial::{Address, Host, Phase, Route};
use imapkit_sasl::Credentials;
use imapkit_session::commands::{MailboxInfo, Select};
use imapkit_session::types::{Mailbox, Secret};
use imapkit_session::{Error, ErrorKind, Event, Login, Opened, Opening, Protection, Security, Session, State, Tick};
use imapkit_transport::{Facts, ServerId, TlsConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use crate::client::{Bounds, Client};
use crate::clock::Clock;
use crate::config::{Config, Wanted, Who};
use crate::driver::{Binding, Driver, Parts, Timeouts, Wire};
use crate::engine::Engine;
use crate::failure;
use crate::link::{Fate, Link};
use crate::proxied;
use crate::reply::{Promise, Reply};
use crate::selected::Selected;
use crate::socket;
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
    /// What the server said unasked until everything was ready: alerts, notices, lines that were odd. What comes later is told by
    /// [`Client::events`]. The first 256.
    pub heard: Vec<Event>,
}

/// Whom to call, and how the link is to be protected.
struct Call<'a> {
    config: &'a Config,
    host: Host,
    port: u16,
    route: Route,
    tls: Option<(TlsConfig, ServerId)>,
    /// To be asked as soon as somebody is logged in.
    first: Option<&'a Select>,
}

/// Connects and logs in. The driver runs as a task of the current tokio runtime, which needs I/O and time enabled.
///
/// ```no_run
/// # async fn run() -> Result<(), imapkit::Error> {
/// let client = imapkit::connect(&imapkit::Config::tls("imap.example.org").login("me", "secret")).await?;
/// client.noop().await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// What is wrong with the configuration (nothing was sent), with the network, the certificate, the server or the credentials; when time is
/// up, the phase that used it up. Dropping the future closes what was open.
pub async fn connect(config: &Config) -> Result<Client, Error> {
    let (client, driver) = connect_with(config).await?;
    tokio::spawn(driver);
    Ok(client)
}

/// Connects, logs in and selects a mailbox, read-write. SELECT leaves together with the last questions of the opening, so this takes a
/// round trip less than [`connect`] and then [`Client::select`]. [`Selected::client`] is the connection.
///
/// ```no_run
/// # async fn run() -> Result<(), imapkit::Error> {
/// let inbox = imapkit::connect_and_select(&imapkit::Config::tls("imap.example.org").login("me", "secret"), "INBOX").await?;
/// println!("{} messages", inbox.exists().await?);
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`connect`]; what the server says if it does not open the mailbox, after which the connection is closed.
pub async fn connect_and_select<M>(config: &Config, mailbox: M) -> Result<Selected, Error>
where
    M: TryInto<Mailbox>,
    Error: From<M::Error>,
{
    let mailbox = mailbox.try_into()?;
    let select = Select::new(mailbox.clone());
    let (client, driver, selecting) = connect_then(config, Some(&select)).await?;
    tokio::spawn(driver);
    let info = match selecting {
        Some(selecting) => selecting.await?,
        None => client.run(select).await?,
    };
    Ok(Selected::new(client, mailbox, info))
}

/// Connects and logs in; the caller runs the driver, within a tokio runtime but where it likes.
///
/// # Errors
/// As [`connect`].
pub async fn connect_with(config: &Config) -> Result<(Client, Driver), Error> {
    let (client, driver, _) = connect_then(config, None).await?;
    Ok((client, driver))
}

/// A connection that is open, and the answer to come of what was asked in the same breath.
type Open = (Client, Driver, Option<Reply<MailboxInfo>>);

async fn connect_then(config: &Config, first: Option<&Select>) -> Result<Open, Error> {
    let (host, port) = parse_host(config)?;
    let route = route(config, &host, port)?;
    check(config, &host, &route)?;
    let mut clock = Clock::new(config.connect_timeout);
    let tls = tls(config, &host, port, &clock).await?;
    let call = Call { config, host, port, route, tls, first };
    let mut tokens = Tokens::first(config, &mut clock).await?;
    // On the heap: callers keep this future within theirs.
    match Box::pin(dial_and_open(&call, &mut clock, &mut tokens)).await {
        Err(error) if tokens.is_untried(&error) => Box::pin(dial_and_open(&call, &mut clock, &mut tokens)).await,
        outcome => outcome,
    }
}

/// Through what to connect, the environment considered.
fn route(config: &Config, host: &Host, port: u16) -> Result<Route, Error> {
    if !config.environment || config.route != Route::Direct {
        return Ok(config.route.clone());
    }
    Route::from_environment(host, port, |name| std::env::var(name).ok())
        .map_err(|error| Error::with_source(ErrorKind::Misuse, format!("the environment's {error}"), error))
}

async fn dial_and_open(call: &Call<'_>, clock: &mut Clock, tokens: &mut Tokens<'_>) -> Result<Open, Error> {
    let (config, host, port) = (call.config, &call.host, call.port);
    let whom = socket::Call {
        host,
        port,
        address: config.host_address,
        only_here: config.protection == (Wanted::Plaintext { anywhere: false }),
        prefer_ipv6: config.prefer_ipv6,
        memory: &config.memory,
        epoch: config.made,
    };
    let (wire, peer): (Box<dyn Wire>, _) = match &call.route {
        Route::Direct => {
            let (stream, peer) = socket::connect(whom, clock).await?;
            (Box::new(stream), Some(peer))
        }
        Route::Proxy(proxy) => (proxied::connect(proxy, &config.proxy_trust, whom, clock).await?, None),
        #[cfg(unix)]
        Route::Unix(path) => {
            clock.enter(Phase::Connect);
            let stream = clock.within(tokio::net::UnixStream::connect(path)).await?;
            let doing = format!("connecting to {}", path.display());
            (Box::new(stream.map_err(|error| failure::io(&doing, error))?), None)
        }
        Route::Command(template) => {
            clock.enter(Phase::Connect);
            let words = template.fill(host, port, config.user.as_deref()).map_err(failure::misuse)?;
            (Box::new(crate::tunnel::Tunnel::start(&words)?), None)
        }
        _ => return Err(Error::new(ErrorKind::Unsupported, "this way of connecting is not supported here")),
    };
    open(call, (wire, peer), clock, tokens).await
}

/// Speaks IMAP over a stream of the caller's, protected as the configuration says ([`Config::tunnel`] for one that needs no TLS).
///
/// # Errors
/// As [`connect`].
pub async fn connect_stream<S>(config: &Config, stream: S) -> Result<(Client, Driver), Error>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (host, port) = parse_host(config)?;
    guard(config, &host, true)?;
    let mut clock = Clock::new(config.connect_timeout);
    let tls = tls(config, &host, port, &clock).await?;
    let mut tokens = Tokens::first(config, &mut clock).await?;
    let call = Call { config, host, port, route: Route::Direct, tls, first: None };
    let (client, driver, _) = open(&call, (Box::new(stream), None), &mut clock, &mut tokens).await?;
    Ok((client, driver))
}

fn parse_host(config: &Config) -> Result<(Host, u16), Error> {
    let Address { host, port } = Address::parse(&config.host).map_err(failure::misuse)?;
    let default = if config.protection == Wanted::Tls { 993 } else { 143 };
    Ok((host, config.port.or(port).unwrap_or(default)))
}

/// Whose certificate is asked for (T051).
fn identity(config: &Config, host: &Host) -> Result<Host, Error> {
    config.certificate_name.as_ref().map_or_else(|| Ok(host.clone()), |name| Host::parse(name)).map_err(failure::misuse)
}

/// Refuses clear text that is not for this machine (T027).
fn guard(config: &Config, host: &Host, direct: bool) -> Result<(), Error> {
    let here = direct && host.is_loopback();
    if config.protection == (Wanted::Plaintext { anywhere: false }) && !here {
        let text =
            format!("clear text to {host} is refused: it is not this machine (danger_plaintext_anywhere allows it)");
        return Err(Error::new(ErrorKind::Unsafe, text));
    }
    Ok(())
}

/// What can be refused before anything is resolved.
fn check(config: &Config, host: &Host, route: &Route) -> Result<(), Error> {
    guard(config, host, matches!(route, Route::Direct))?;
    let tunnelled = matches!(route, Route::Unix(_) | Route::Command(_));
    if config.protection == Wanted::Tunnel && !tunnelled {
        return Err(Error::new(ErrorKind::Misuse, "a tunnel needs a route: a local socket or a command"));
    }
    Ok(())
}

fn session_config(config: &Config, login: Option<Box<dyn Login>>) -> imapkit_session::Config {
    let security = match config.protection {
        Wanted::Tls => Security::Tls,
        Wanted::StartTls => Security::StartTls,
        Wanted::Tunnel | Wanted::Plaintext { anywhere: false } => Security::Trusted,
        Wanted::Plaintext { anywhere: true } => Security::DangerClear,
    };
    imapkit_session::Config {
        limits: config.limits.clone(),
        timers: config.timers.clone(),
        opening: Opening {
            security,
            allow_preauth: config.allow_preauth,
            distrust_greeting: config.distrust_greeting,
            login,
            login_again: matches!(config.login, Who::Tokens(_)),
            identify: (!config.identify.is_empty()).then(|| config.identify.clone()),
            enable: config.enable.clone(),
            namespace: config.namespace,
            compress: config.compress,
        },
        max_line: config.max_line,
        drain_budget: config.drain_budget,
        trace: config.tracer.is_some(),
        disabled: config.disabled.clone(),
        slow_steps: true,
        ..imapkit_session::Config::default()
    }
}

/// Who logs in on a connection to this server; `binding` is filled when TLS is in place, `token` is what the source of tokens gave.
fn login(
    config: &Config,
    (host, port): (&Host, u16),
    binding: &Binding,
    token: Option<&Secret>,
) -> Option<Box<dyn Login>> {
    let credentials = match (&config.login, token) {
        (Who::Nobody, _) | (Who::Tokens(_), None) => return None,
        (Who::By(make), _) => return Some(make()),
        (Who::User(credentials), _) => credentials.clone(),
        (Who::Tokens(source), Some(token)) => Credentials::token(source.user.as_str(), token.clone()),
    };
    let mut policy = config.policy.clone();
    if config.protection == (Wanted::Plaintext { anywhere: true }) {
        policy.get_or_insert_default().danger_clear = true;
    }
    let credentials = match policy {
        Some(policy) => credentials.policy(policy),
        None => credentials,
    };
    let binding = Arc::clone(binding);
    let bound = credentials.endpoint(host.to_string(), port).channel_binding(move || binding.get().cloned());
    Some(Box::new(bound))
}

/// What TLS is to be like, where there is to be any. Files that cannot be used are found out before anything is resolved.
async fn tls(config: &Config, host: &Host, port: u16, clock: &Clock) -> Result<Option<(TlsConfig, ServerId)>, Error> {
    match config.protection {
        Wanted::Tls | Wanted::StartTls => {
            let server = ServerId::new(&identity(config, host)?.to_string(), port).map_err(failure::transport)?;
            Ok(Some((clock.within(config.trust.load(&server)).await??, server)))
        }
        Wanted::Plaintext { .. } | Wanted::Tunnel => Ok(None),
    }
}

/// Everything from an open stream to "ready".
async fn open(
    call: &Call<'_>,
    (wire, peer): (Box<dyn Wire>, Option<SocketAddr>),
    clock: &mut Clock,
    tokens: &mut Tokens<'_>,
) -> Result<Open, Error> {
    let (config, server, tls) = (call.config, (&call.host, call.port), call.tls.clone());
    let binding = Binding::default();
    let nonce = getrandom::u64().map_err(|error| Error::new(ErrorKind::Io, format!("no random numbers: {error}")))?;
    let session = Session::new(
        session_config(config, login(config, server, &binding, tokens.token())),
        nonce,
        Tick::new(clock.start().elapsed()),
    );
    let fate = Arc::new(Fate::default());
    let (jobs, queue) = mpsc::unbounded_channel();
    let link = Link::new(jobs, Arc::clone(&fate));
    let (promise, slot) = Promise::new(&fate);
    let opened = Reply::new(slot, link.clone(), crate::link::Ticket::default());
    let mut engine = Engine::new(session, Arc::clone(&fate), config.tracer.clone());
    engine.opening = Some(promise);
    // Without a login there is nothing to wait for.
    let first = call.first.filter(|_| !matches!(config.login, Who::Nobody)).map(|command| {
        let (promise, slot) = Promise::new(&fate);
        let ticket = crate::link::Ticket::default();
        let reply = move |result| promise.complete(result);
        ticket.fill(engine.session.submit_when_ready(command.clone(), reply));
        Reply::new(slot, link.clone(), ticket)
    });
    let timeouts = Timeouts { write: config.timers.progress, upload: config.timers.stall };
    let mut driver = Driver::new(Parts {
        engine,
        jobs: queue,
        wire,
        tls,
        binding: Arc::clone(&binding),
        start: clock.start(),
        timeouts,
    });
    if config.protection == Wanted::Tls {
        driver.start_tls()?;
    }
    let mut opened = run_opening(&mut driver, opened, clock).await;
    if let Some(fresh) = opened.as_ref().err().and_then(|error| tokens.renew(error)) {
        tokens.take(beside(&mut driver, clock, fresh).await??);
        let login = login(config, server, &binding, tokens.token());
        opened = login_again(&mut driver, &link, login, clock).await;
    }
    let opened = opened?;
    let heard = driver.engine().heard.take().unwrap_or_default();
    let info = ConnectionInfo { opened, tls: driver.stack().facts().cloned(), peer, phases: clock.spent(), heard };
    let offered = driver.engine().session.capabilities().offered();
    let limit = offered.and_then(imapkit_session::types::Capabilities::message_limit);
    let messages = limit.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX));
    let bounds = Bounds { line: config.max_line, messages };
    Ok((Client::new(link, Arc::new(info), bounds), driver, first))
}

/// Logs in once more after a refusal, unless the server has closed the connection since.
async fn login_again(
    driver: &mut Driver,
    link: &Link,
    login: Option<Box<dyn Login>>,
    clock: &mut Clock,
) -> Result<Opened, Error> {
    let engine = driver.engine();
    if engine.session.error().is_some() {
        return Err(Error::new(ErrorKind::Closed, "the server closed the connection behind its refusal"));
    }
    let (promise, slot) = Promise::new(link.fate());
    if let Some(login) = login {
        engine.login(login, promise);
    }
    run_opening(driver, Reply::new(slot, link.clone(), crate::link::Ticket::default()), clock).await
}

/// Waits for `work` while the connection goes on, or ends.
async fn beside<T>(
    driver: &mut Driver,
    clock: &mut Clock,
    mut work: impl Future<Output = T> + Unpin,
) -> Result<T, Error> {
    clock.enter(Phase::Token);
    let mut over = false;
    let both = poll_fn(|cx| {
        over = over || Pin::new(&mut *driver).poll(cx).is_ready();
        Pin::new(&mut work).poll(cx)
    });
    clock.within(both).await
}

/// Runs the driver until the session is ready, and notes how far it is.
async fn run_opening(driver: &mut Driver, mut opened: Reply<Opened>, clock: &mut Clock) -> Result<Opened, Error> {
    let mut time_is_up = Box::pin(tokio::time::sleep_until(clock.end()));
    poll_fn(|cx| {
        clock.enter(phase(driver));
        let over = Pin::new(&mut *driver).poll(cx).is_ready();
        clock.enter(phase(driver));
        match Pin::new(&mut opened).poll(cx) {
            Poll::Pending if !over && time_is_up.as_mut().poll(cx).is_ready() => Poll::Ready(Err(clock.expired())),
            outcome => outcome,
        }
    })
    .await
}

fn phase(driver: &mut Driver) -> Phase {
    if driver.stack().is_handshaking() {
        return Phase::Tls;
    }
    let starttls_first = driver.is_to_start_tls();
    let session = &driver.engine().session;
    match session.state() {
        State::Greeting => Phase::Greeting,
        State::NotAuthenticated if session.protection() == Protection::Clear && starttls_first => Phase::StartTls,
        State::NotAuthenticated if session.capabilities().offered().is_none() => Phase::Greeting,
        _ => Phase::Authenticate,
    }
}
