//! Both clients behind one face: what is configured, what became of it. What differs is whether one waits by `.await`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use imapkit::dial::{Phase, Route};
use imapkit::sasl::{Accept, Credentials, Method, Policy};
use imapkit::transport::{Roots, TlsConfig};
use imapkit::types::{Items, UidSet};
use imapkit::{Compression, Error, Opened};

/// Which client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    Tokio,
    Blocking,
}

pub(crate) const FRONTS: [Front; 2] = [Front::Tokio, Front::Blocking];

/// How the link is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Tls,
    StartTls,
    Clear,
    Tunnel,
}

/// What is configured.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) link: Link,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) address: Option<IpAddr>,
    pub(crate) route: Option<String>,
    pub(crate) environment: bool,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) proxy_ca_file: Option<PathBuf>,
    pub(crate) user: Option<(String, String)>,
    pub(crate) method: Option<Method>,
    pub(crate) prefer_ipv6: bool,
    pub(crate) compress: Compression,
    pub(crate) timeout: Duration,
}

impl Setup {
    pub(crate) fn new(link: Link, host: &str, port: u16) -> Self {
        Self {
            link,
            host: host.to_owned(),
            port,
            address: None,
            route: None,
            environment: false,
            ca_file: None,
            proxy_ca_file: None,
            user: Some(("user1".to_owned(), "pass".to_owned())),
            method: None,
            prefer_ipv6: false,
            compress: Compression::Off,
            timeout: Duration::from_mins(1),
        }
    }

    pub(crate) fn trust(file: &PathBuf) -> TlsConfig {
        let pem = std::fs::read(file).expect("the authority's file");
        TlsConfig::builder().roots(Roots::Given).authorities_pem(&pem).build().expect("a usable authority")
    }
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) opened: Opened,
    pub(crate) tls: bool,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) phases: Vec<Phase>,
    pub(crate) took: Duration,
}

macro_rules! config {
    ($lib:ident, $setup:expr) => {{
        let setup: &Setup = $setup;
        let mut config = match setup.link {
            Link::Tls => $lib::Config::tls(&*setup.host),
            Link::StartTls => $lib::Config::starttls(&*setup.host),
            Link::Clear => $lib::Config::danger_plaintext(&*setup.host).danger_plaintext_anywhere(),
            Link::Tunnel => $lib::Config::tunnel(&*setup.host),
        };
        config = config.port(setup.port).connect_timeout(setup.timeout).compress(setup.compress);
        if let Some((user, password)) = &setup.user {
            let accept = setup.method.map_or(Accept::Best, Accept::Only);
            let policy = Policy { accept, ..Policy::default() };
            let credentials = Credentials::password(user, password.as_str());
            config = config.credentials(credentials).auth(policy).tunnel_user(user);
        }
        if let Some(address) = setup.address {
            config = config.host_address(address);
        }
        if let Some(route) = &setup.route {
            config = config.route(Route::parse(route).expect("a route"));
        }
        if setup.environment {
            config = config.proxy_from_environment();
        }
        if let Some(file) = &setup.ca_file {
            config = config.tls_config(Setup::trust(file));
        }
        if let Some(file) = &setup.proxy_ca_file {
            config = config.proxy_tls_config(Setup::trust(file));
        }
        if setup.prefer_ipv6 {
            config = config.prefer_ipv6();
        }
        config
    }};
}

macro_rules! visit {
    ($lib:ident, $config:expr $(, $await:tt)?) => {{
        let begun = Instant::now();
        match $lib::connect($config)$(.$await)? {
            Ok(client) => {
                let took = begun.elapsed();
                let info = client.opened();
                let visit = Visit {
                    opened: info.opened.clone(),
                    tls: info.tls.is_some(),
                    peer: info.peer,
                    phases: info.phases.iter().map(|(phase, _)| *phase).collect(),
                    took,
                };
                let noop = client.noop()$(.$await)?;
                let _ = client.logout()$(.$await)?;
                noop.map(|()| visit)
            }
            Err(error) => Err(error),
        }
    }};
}

macro_rules! carry {
    ($lib:ident, $setup:expr, $name:expr, $text:expr $(, $await:tt)?) => {{
        let client = $lib::connect(&config!($lib, $setup))$(.$await)??;
        client.create($name)$(.$await)??;
        client.append($name, bytes::Bytes::copy_from_slice($text))$(.$await)??;
        let selected = client.select($name)$(.$await)??;
        let mut all = selected.fetch(&UidSet::all(), Items::new().body_peek()).collect(8 << 20)$(.$await)??;
        let content = all[0].body()?.bytes(8 << 20)$(.$await)??;
        drop(all);
        selected.unselect()$(.$await)??;
        client.delete($name)$(.$await)??;
        let compressed = client.opened().opened.compressed;
        client.logout()$(.$await)??;
        Ok((content.to_vec(), compressed))
    }};
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made")
}

/// Connects, asks something, says goodbye; several times with one configuration.
pub(crate) fn visits(front: Front, setup: &Setup, times: usize) -> Vec<Result<Visit, Error>> {
    match front {
        Front::Tokio => runtime().block_on(async {
            let config = config!(imapkit, setup);
            let mut visits = Vec::new();
            for _ in 0..times {
                visits.push(visit!(imapkit, &config, await));
            }
            visits
        }),
        Front::Blocking => {
            let config = config!(imapkit_blocking, setup);
            (0..times).map(|_| visit!(imapkit_blocking, &config)).collect()
        }
    }
}

/// Connects, asks something, says goodbye.
pub(crate) fn visit(front: Front, setup: &Setup) -> Result<Visit, Error> {
    visits(front, setup, 1).remove(0)
}

/// Puts a message into a new mailbox, reads it again, removes the mailbox; what was read, and whether it came compressed.
pub(crate) fn carry(front: Front, setup: &Setup, mailbox: &str, text: &[u8]) -> Result<(Vec<u8>, bool), Error> {
    match front {
        Front::Tokio => runtime().block_on(async { carry!(imapkit, setup, mailbox, text, await) }),
        Front::Blocking => carry!(imapkit_blocking, setup, mailbox, text),
    }
}

/// Opens INBOX, by one call or by two, and then looks.
pub(crate) fn open_inbox<T>(front: Front, setup: &Setup, at_once: bool, look: impl FnOnce() -> T) -> Result<T, Error> {
    match (front, at_once) {
        (Front::Tokio, true) => runtime().block_on(async {
            let _inbox = imapkit::connect_and_select(&config!(imapkit, setup), "INBOX").await?;
            Ok(look())
        }),
        (Front::Tokio, false) => runtime().block_on(async {
            let client = imapkit::connect(&config!(imapkit, setup)).await?;
            let _inbox = client.select("INBOX").await?;
            Ok(look())
        }),
        (Front::Blocking, true) => {
            let _inbox = imapkit_blocking::connect_and_select(&config!(imapkit_blocking, setup), "INBOX")?;
            Ok(look())
        }
        (Front::Blocking, false) => {
            let client = imapkit_blocking::connect(&config!(imapkit_blocking, setup))?;
            let _inbox = client.select("INBOX")?;
            Ok(look())
        }
    }
}

/// What a process makes once and keeps: tokio's ear for signals.
pub(crate) fn warm_up() {
    drop(runtime().block_on(async { tokio::process::Command::new("true").status().await }));
}

/// While `test` runs, a tokio runtime stays: what it leaves behind can be seen.
pub(crate) fn visit_within(front: Front, setup: &Setup, test: impl FnOnce(Result<Visit, Error>)) {
    match front {
        Front::Tokio => {
            let runtime = runtime();
            let outcome = runtime.block_on(async { visit!(imapkit, &config!(imapkit, setup), await) });
            // Tasks that were aborted get to end.
            runtime.block_on(async { tokio::time::sleep(Duration::from_millis(50)).await });
            test(outcome);
        }
        Front::Blocking => test(visit(front, setup)),
    }
}
