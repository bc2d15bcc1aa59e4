//! The ways to connect, and one connect by any of them.
//!
//! Both clients have the same configuration methods and verbs, so a macro says it once.

use std::net::IpAddr;
use std::sync::LazyLock;
use std::time::Duration;

use imapkit::Opened;
use imapkit::dial::Route;
use imapkit::types::{Items, UidSet};
use imapkit::{Error, ErrorKind};
use imapkit_sasl::{Accept, Credentials, Method, Policy, Proof};
use imapkit_testkit::certs::{Authority, Identity};
use imapkit_testkit::peer::{Peer, PeerConn, Setup};
use imapkit_testkit::script::Mismatch;
use imapkit_transport::{Error as TlsError, Facts, Roots, TlsConfig, TlsConfigBuilder};
use rustls::ServerConfig;
use std::sync::Arc;

pub(crate) const HOST: &str = "imap.example.org";
pub(crate) const SECRET: &str = "canary-5b1e";

pub(crate) static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new("tls suite"));
pub(crate) static GOOD: LazyLock<Identity> = LazyLock::new(|| AUTHORITY.issue_for(&[HOST, "127.0.0.1"]));

/// Which client, which library, and when TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) tokio: bool,
    pub(crate) fallback: bool,
    pub(crate) starttls: bool,
}

/// All of them.
pub(crate) fn ways() -> impl Iterator<Item = Way> {
    let libraries: &[bool] = if cfg!(feature = "legacy-tls") { &[false, true] } else { &[false] };
    libraries.iter().flat_map(|fallback| {
        [(true, true), (true, false), (false, true), (false, false)].map(|(tokio, starttls)| Way {
            tokio,
            fallback: *fallback,
            starttls,
        })
    })
}

/// Where to connect, and what to do there.
#[derive(Clone)]
pub(crate) struct To {
    pub(crate) host: &'static str,
    pub(crate) port: u16,
    pub(crate) route: Route,
    pub(crate) tls: TlsConfigBuilder,
    pub(crate) proof: Option<Method>,
    pub(crate) then: Then,
    pub(crate) timeout: Duration,
}

/// What to do once connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Nothing,
    /// Read the body of message 1.
    Fetch,
    Logout,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) facts: Facts,
    pub(crate) opened: Opened,
    pub(crate) body: Option<Vec<u8>>,
}

impl To {
    pub(crate) fn new(peer: &Peer) -> Self {
        Self::at(peer.port())
    }

    pub(crate) fn at(port: u16) -> Self {
        Self {
            host: HOST,
            port,
            route: Route::Direct,
            tls: TlsConfig::builder().roots(Roots::Given).authorities_pem(AUTHORITY.pem().as_bytes()),
            proof: Some(Method::Plain),
            then: Then::Nothing,
            timeout: Duration::from_secs(20),
        }
    }

    /// With these TLS settings.
    pub(crate) fn tls(mut self, change: impl FnOnce(TlsConfigBuilder) -> TlsConfigBuilder) -> Self {
        self.tls = change(self.tls);
        self
    }
}

/// The configuration of either client.
macro_rules! config {
    ($client:ident, $way:expr, $to:expr) => {{
        let (way, to): (&Way, &To) = ($way, $to);
        let config = if way.starttls { $client::Config::starttls(to.host) } else { $client::Config::tls(to.host) };
        let mut config = config
            .port(to.port)
            .route(to.route.clone())
            .connect_timeout(to.timeout)
            .tls_config(to.tls.clone().secure_fallback(way.fallback).build().expect("usable settings"))
            .identify([("", ""); 0])
            .namespace(false);
        if matches!(to.route, Route::Direct) {
            config = config.host_address(IpAddr::from([127, 0, 0, 1]));
        }
        if let Some(method) = to.proof {
            let proof = if method == Method::External { Proof::External } else { Proof::Password(SECRET.into()) };
            let policy = Policy { accept: Accept::Only(method), ..Policy::default() };
            config = config.credentials(Credentials::new("me", proof)).auth(policy);
        }
        config
    }};
}

impl Way {
    /// Sets a peer up that begins TLS this way.
    pub(crate) fn setup(self, server: Arc<ServerConfig>) -> Setup {
        if self.starttls { Peer::setup().tls(server) } else { Peer::setup().implicit_tls(server) }
    }

    /// The peer's words up to and including the handshake.
    pub(crate) fn begin(self, conn: &mut PeerConn) -> Result<(), Mismatch> {
        if self.starttls {
            ask_for_starttls(conn, "")?;
            conn.start_tls()?;
        }
        Ok(())
    }

    /// A peer whose handshake the client is to refuse.
    pub(crate) fn refused_peer(self, server: Arc<ServerConfig>) -> Peer {
        // From the first byte as well the peer waits with its handshake until it is told that it will fail.
        Peer::setup().tls(server).serve_fn(move |conn| {
            if self.starttls {
                ask_for_starttls(conn, "")?;
            }
            conn.start_tls_refused()
        })
    }

    /// Connects, and does what is to be done.
    pub(crate) fn connect(self, to: &To) -> Result<Came, Error> {
        if self.tokio {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(by_tokio(self, to))
        } else {
            by_blocking(self, to)
        }
    }
}

/// Greets and takes the client's STARTTLS; `behind` follows the OK in the same write.
pub(crate) fn ask_for_starttls(conn: &mut PeerConn, behind: &str) -> Result<(), Mismatch> {
    conn.send("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n")?;
    let tag = conn.expect("STARTTLS")?;
    conn.send(format!("{tag} OK go\r\n{behind}"))
}

/// The peer's words from the end of the handshake to the end of the login, by AUTHENTICATE with an initial response.
pub(crate) fn log_in(way: Way, conn: &mut PeerConn, mechanism: &str) -> Result<(), Mismatch> {
    let offered = format!("IMAP4rev1 SASL-IR AUTH={mechanism}");
    if way.starttls {
        let tag = conn.expect("CAPABILITY")?;
        conn.send(format!("* CAPABILITY {offered}\r\n{tag} OK done\r\n"))?;
    } else {
        conn.send(format!("* OK [CAPABILITY {offered}] ready\r\n"))?;
    }
    let (tag, rest) = conn.expect_line()?;
    assert!(rest.starts_with(&format!("AUTHENTICATE {mechanism} ")), "{rest}");
    conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"))
}

/// A runtime of this thread drives the connection; what is said to the peer last goes out with it.
async fn by_tokio(way: Way, to: &To) -> Result<Came, Error> {
    use futures_util::TryStreamExt;
    let client = imapkit::connect(&config!(imapkit, &way, to)).await?;
    let info = client.opened();
    let mut came = Came { facts: info.tls.clone().expect("TLS"), opened: info.opened.clone(), body: None };
    match to.then {
        Then::Nothing => {}
        Then::Fetch => {
            let selected = client.select("INBOX").await?;
            let mut stream = selected.fetch(&UidSet::all(), Items::new().body_peek()).stream();
            while let Some(mut message) = stream.try_next().await? {
                came.body = Some(message.body()?.bytes(1 << 20).await?.to_vec());
                message.finish().await?;
            }
        }
        Then::Logout => client.logout().await?,
    }
    Ok(came)
}

fn by_blocking(way: Way, to: &To) -> Result<Came, Error> {
    let client = imapkit_blocking::connect(&config!(imapkit_blocking, &way, to))?;
    let info = client.opened();
    let mut came = Came { facts: info.tls.clone().expect("TLS"), opened: info.opened.clone(), body: None };
    match to.then {
        Then::Nothing => {}
        Then::Fetch => {
            let selected = client.select("INBOX")?;
            for message in selected.fetch(&UidSet::all(), Items::new().body_peek()) {
                let mut message = message?;
                came.body = Some(message.body()?.bytes(1 << 20)?.to_vec());
                message.finish()?;
            }
        }
        Then::Logout => client.logout()?,
    }
    Ok(came)
}

/// The TLS layer's error behind an error.
pub(crate) fn tls_error(error: &Error) -> TlsError {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(found) = cause.downcast_ref::<TlsError>() {
            return found.clone();
        }
        source = cause.source();
    }
    panic!("{error} ({:?}) comes from elsewhere", error.kind())
}

/// The error is TLS's, and nothing it shows or keeps is a secret.
pub(crate) fn expect_tls(way: Way, outcome: Result<Came, Error>) -> TlsError {
    let error = outcome.expect_err("it was refused");
    assert_eq!(error.kind(), ErrorKind::Tls, "{way:?}: {error}");
    assert!(!format!("{error} {error:?}").contains(SECRET));
    tls_error(&error)
}
