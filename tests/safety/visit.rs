//! One visit to a server by one client: connect, listen until it is over, and keep everything that was told.
//!
//! Separate from the rules so that both clients are asked the same, and what they tell is collected in the same way.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use imapkit_sasl::Credentials;
use imapkit_session::{Error, Event, Opened};
use imapkit_testkit::canary::contains_secret;
use imapkit_testkit::certs::{Authority, Identity};
use imapkit_transport::{Roots, TlsConfig};
use std::sync::OnceLock;

/// The password that must not be seen where it does not belong.
pub(crate) const CANARY: &str = "c4n4ry-s3cr3t";
/// How long a visit may take in all; the client's own deadline lies beyond it, so that one that only times out fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How the link is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// Not at all, but it is this machine.
    Plain,
    StartTls,
    Tls,
}

/// Which library does TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Modern,
    Legacy,
}

/// Which client visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Tokio,
    Blocking,
}

pub(crate) const CLIENTS: [Client; 2] = [Client::Tokio, Client::Blocking];

/// The TLS libraries of this build.
pub(crate) fn backends() -> &'static [Backend] {
    if cfg!(feature = "legacy-tls") { &[Backend::Modern, Backend::Legacy] } else { &[Backend::Modern] }
}

/// How to connect.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) client: Client,
    pub(crate) backend: Backend,
    pub(crate) link: Link,
    pub(crate) host: &'static str,
    pub(crate) port: u16,
    pub(crate) credentials: Credentials,
    pub(crate) route: Option<String>,
    pub(crate) timeout: Duration,
}

impl Plan {
    pub(crate) fn new(client: Client, link: Link, port: u16) -> Self {
        Self {
            client,
            backend: Backend::Modern,
            link,
            host: "localhost",
            port,
            credentials: Credentials::password("me", CANARY),
            route: None,
            timeout: PATIENCE * 3,
        }
    }

    pub(crate) fn visit(&self) -> Visit {
        let trace = Arc::new(Mutex::new(Vec::new()));
        let mut visit = match self.client {
            Client::Tokio => self.by_tokio(&trace),
            Client::Blocking => self.by_blocking(&trace),
        };
        visit.trace = std::mem::take(&mut *trace.lock().expect("no tracer panics"));
        visit
    }

    fn tls(&self) -> TlsConfig {
        let tls = TlsConfig::builder().roots(Roots::Given).authorities_pem(world().0.pem().as_bytes());
        tls.secure_fallback(self.backend == Backend::Legacy).build().expect("our own authority is well formed")
    }

    fn by_tokio(&self, trace: &Trace) -> Visit {
        let config = configured!(imapkit, self, trace);
        let shown = format!("{config:?}");
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        runtime.block_on(async {
            let client = match imapkit::connect(&config).await {
                Ok(client) => client,
                Err(error) => return Visit::failed(error, shown),
            };
            let opened = client.opened().opened.clone();
            let mut visit = Visit::opened(opened, format!("{shown} {client:?} {:?}", client.opened()));
            let mut events = client.events();
            let over = tokio::time::timeout(PATIENCE, async {
                while let Some(event) = events.next().await {
                    visit.events.push(event);
                }
            });
            visit.ended = over.await.is_ok();
            visit.over = client.error();
            visit
        })
    }

    fn by_blocking(&self, trace: &Trace) -> Visit {
        let config = configured!(imapkit_blocking, self, trace);
        let shown = format!("{config:?}");
        let client = match imapkit_blocking::connect(&config) {
            Ok(client) => client,
            Err(error) => return Visit::failed(error, shown),
        };
        let opened = client.opened().opened.clone();
        let mut visit = Visit::opened(opened, format!("{shown} {client:?} {:?}", client.opened()));
        let events = client.events();
        let end = Instant::now() + PATIENCE;
        loop {
            match events.next_within(end.saturating_duration_since(Instant::now())) {
                Ok(Some(event)) => visit.events.push(event),
                Ok(None) => break,
                Err(error) => {
                    visit.over = Some(error);
                    visit.ended = true;
                    break;
                }
            }
        }
        visit
    }
}

type Trace = Arc<Mutex<Vec<String>>>;

/// The same calls make the configuration of either client.
macro_rules! configured {
    ($client:ident, $plan:expr, $trace:expr) => {{
        let (plan, trace) = ($plan, Arc::clone($trace));
        let config = match plan.link {
            Link::Plain => $client::Config::danger_plaintext(plan.host),
            Link::StartTls => $client::Config::starttls(plan.host),
            Link::Tls => $client::Config::tls(plan.host),
        };
        let config = config
            .port(plan.port)
            .tls_config(plan.tls())
            .credentials(plan.credentials.clone())
            .identify([("", ""); 0])
            .connect_timeout(plan.timeout)
            .trace(move |line| trace.lock().expect("no tracer panics").push(line.text.to_string()));
        match &plan.route {
            Some(route) => config.route($client::dial::Route::parse(route).expect("a usable route")),
            None => config,
        }
    }};
}
use configured;

/// What came of a visit.
#[derive(Debug, Default)]
pub(crate) struct Visit {
    pub(crate) opened: Option<Opened>,
    pub(crate) error: Option<Error>,
    pub(crate) events: Vec<Event>,
    pub(crate) trace: Vec<String>,
    /// Why the connection ended.
    over: Option<Error>,
    /// The connection was over before our patience was.
    ended: bool,
    /// Configuration and client, as `Debug` shows them.
    shown: String,
}

impl Visit {
    fn failed(error: Error, shown: String) -> Self {
        Self { error: Some(error), shown, ended: true, ..Self::default() }
    }

    fn opened(opened: Opened, shown: String) -> Self {
        Self { opened: Some(opened), shown, ..Self::default() }
    }

    /// Why it was over: the error of connecting, or of the connection.
    pub(crate) fn why(&self) -> Option<&Error> {
        self.error.as_ref().or(self.over.as_ref())
    }

    /// The alerts, and how often each was said.
    pub(crate) fn alerts(&self) -> Vec<(&str, u32)> {
        let alert = |event| match event {
            &Event::Alert { ref text, count } => Some((&**text, count)),
            _ => None,
        };
        self.events.iter().filter_map(alert).collect()
    }

    /// Everything that was told, in all the ways in which it may reach a log; the names of those that hold the password (T109).
    pub(crate) fn leaks(&self) -> Vec<String> {
        let mut told = self.trace.clone();
        told.push(self.shown.clone());
        told.extend(self.events.iter().map(|event| format!("{event:?} {event:#?}")));
        let mut error: Option<&dyn std::error::Error> = self.why().map(|error| error as _);
        while let Some(cause) = error {
            told.push(format!("{cause} {cause:?} {cause:#?}"));
            error = cause.source();
        }
        told.retain(|text| contains_secret(text, CANARY));
        told
    }

    pub(crate) fn is_over(&self) -> bool {
        self.ended
    }
}

/// The authority everybody here trusts, and the certificate of all peers.
pub(crate) fn world() -> &'static (Authority, Identity) {
    static WORLD: OnceLock<(Authority, Identity)> = OnceLock::new();
    WORLD.get_or_init(|| {
        let authority = Authority::new("safety");
        let identity = authority.issue_for(&["localhost"]);
        (authority, identity)
    })
}
