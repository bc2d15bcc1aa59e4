//! Where to connect, how the link is protected, who logs in, and what is allowed to happen on the way.
//!
//! Separate from connecting so that it can be kept, cloned and used again: nothing here opens anything, and what is wrong with it is told
//! by [`crate::connect`] before a packet is sent. RFC 8314 (TLS by default); protocol.md C02, C20, C50, T027.
//!
//! Invariants: the port says nothing about protection; clear text needs a name that is this machine, or a second, explicit word; no secret
//! shows in `Debug`.

use core::net::IpAddr;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use imapkit_dial::{Memory, Route};
use imapkit_sasl::{Credentials, Policy, TokenRequest};
use imapkit_session::types::{Capability, Secret};
use imapkit_session::wire::Limits;
use imapkit_session::{Compression, Error, Login, Timers, TraceLine};
use imapkit_transport::{Digest, TlsConfig};

use crate::engine::Tracer;
use crate::trust::Trust;

/// How to reach an account. Cheap to clone; clones share what was loaded from disk.
///
/// ```
/// use imapkit_blocking::Config;
/// use std::time::Duration;
///
/// let config = Config::tls("imap.example.org").login("me", "secret").connect_timeout(Duration::from_secs(10));
/// assert!(!format!("{config:?}").contains("secret"));
/// ```
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools, reason = "independent choices, each a word of its own")]
pub struct Config {
    pub(crate) protection: Wanted,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) host_address: Option<IpAddr>,
    pub(crate) certificate_name: Option<String>,
    pub(crate) route: Route,
    /// Ask the environment for a proxy.
    pub(crate) environment: bool,
    /// For the certificate of a proxy.
    pub(crate) proxy_trust: Trust,
    pub(crate) prefer_ipv6: bool,
    pub(crate) memory: Arc<Memory>,
    /// What its ticks count from.
    pub(crate) made: Instant,
    pub(crate) allow_preauth: bool,
    pub(crate) distrust_greeting: bool,
    pub(crate) trust: Trust,
    pub(crate) login: Who,
    pub(crate) policy: Option<Policy>,
    pub(crate) user: Option<String>,
    pub(crate) connect_timeout: Duration,
    pub(crate) call_timeout: Option<Duration>,
    pub(crate) identify: Vec<(String, String)>,
    pub(crate) enable: Vec<Capability>,
    pub(crate) disabled: Vec<Capability>,
    pub(crate) namespace: bool,
    pub(crate) compress: Compression,
    pub(crate) limits: Limits,
    pub(crate) timers: Timers,
    pub(crate) max_line: usize,
    pub(crate) drain_budget: u64,
    pub(crate) tracer: Option<Tracer>,
}

/// How the link is to be protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Tls,
    StartTls,
    Plaintext {
        /// Also beyond this machine.
        anywhere: bool,
    },
    Tunnel,
    /// A tunnel that is reached over the network.
    Forwarded,
}

/// Who logs in.
#[derive(Clone)]
pub(crate) enum Who {
    Nobody,
    User(Credentials),
    Tokens(TokenSource),
    By(LoginMaker),
}

/// Somebody who logs in with access tokens, and where those come from.
#[derive(Clone)]
pub(crate) struct TokenSource {
    pub(crate) user: String,
    pub(crate) ask: Arc<dyn Fn(TokenRequest) -> Result<Secret, Error> + Send + Sync>,
}

/// Makes what logs in, once for each connection.
pub(crate) type LoginMaker = Arc<dyn Fn() -> Box<dyn Login> + Send + Sync>;

impl Config {
    /// TLS from the first octet; port 993 unless said otherwise. `host` may be a name, an address, or either with a port.
    pub fn tls(host: impl Into<String>) -> Self {
        Self::new(Wanted::Tls, host.into())
    }

    /// Clear text until STARTTLS, which has to succeed before anything of the account is said; port 143 unless said otherwise.
    pub fn starttls(host: impl Into<String>) -> Self {
        Self::new(Wanted::StartTls, host.into())
    }

    /// Clear text throughout: everybody on the way can read the mail and the password. Only for this machine (loopback), unless
    /// [`Config::danger_plaintext_anywhere`] is called as well.
    pub fn danger_plaintext(host: impl Into<String>) -> Self {
        Self::new(Wanted::Plaintext { anywhere: false }, host.into())
    }

    /// A way that is trusted by its nature and needs no TLS: a stream given to [`crate::connect_stream`], a command or a local socket given
    /// by [`Config::route`]. The server may greet with PREAUTH. `host` names the server in arguments and messages.
    pub fn tunnel(host: impl Into<String>) -> Self {
        Self::new(Wanted::Tunnel, host.into())
    }

    /// A local (Unix) socket.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::tunnel("localhost").route(Route::Unix(path.into()))
    }

    fn new(protection: Wanted, host: String) -> Self {
        let name = (String::from("name"), String::from("imapkit"));
        let version = (String::from("version"), String::from(env!("CARGO_PKG_VERSION")));
        Self {
            protection,
            host,
            port: None,
            host_address: None,
            certificate_name: None,
            route: Route::Direct,
            environment: false,
            proxy_trust: Trust::default(),
            prefer_ipv6: false,
            memory: Arc::default(),
            made: Instant::now(),
            allow_preauth: false,
            distrust_greeting: false,
            trust: Trust::default(),
            login: Who::Nobody,
            policy: None,
            user: None,
            connect_timeout: Duration::from_secs(20),
            call_timeout: None,
            identify: vec![name, version],
            enable: Vec::new(),
            disabled: Vec::new(),
            namespace: true,
            compress: Compression::Off,
            limits: Limits::default(),
            timers: Timers::default(),
            max_line: 8192,
            drain_budget: 16 << 20,
            tracer: None,
        }
    }

    /// Another port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Connects to this address and resolves nothing; the certificate is still checked against the host.
    pub fn host_address(mut self, address: IpAddr) -> Self {
        self.host_address = Some(address);
        self
    }

    /// Dials IPv6 addresses first and gives them a head start of 250 ms. Without it the race begins with IPv6 too, unless IPv4 won it
    /// within the last ten minutes (the configuration and its clones remember that). Where this machine has no IPv6, or the name no IPv6
    /// address, it makes no difference.
    pub fn prefer_ipv6(mut self) -> Self {
        self.prefer_ipv6 = true;
        self
    }

    /// Connects through the proxy that `ALL_PROXY` names, except to those in `NO_PROXY` and to this machine; the variables are read at each
    /// connect. A route that is set wins.
    pub fn proxy_from_environment(mut self) -> Self {
        self.environment = true;
        self
    }

    /// What to trust when the proxy itself is spoken to over TLS (`https://`), instead of the system's authorities. Nothing of
    /// [`Config::tls_config`] applies there: the proxy is somebody else.
    pub fn proxy_tls_config(mut self, config: TlsConfig) -> Self {
        self.proxy_trust = Trust::given(config);
        self
    }

    /// Lets [`Config::tunnel`] go over the network: host and port are the near end of a tunnel of the caller's (a port forwarded by SSH),
    /// which protects the link as far as the caller knows.
    pub fn danger_forwarded(mut self) -> Self {
        if self.protection == Wanted::Tunnel {
            self.protection = Wanted::Forwarded;
        }
        self
    }

    /// Asks the certificate for this name instead of the host's, and says it in SNI: for a host that was found through DNS, where only
    /// the name that was asked about is known to be meant (RFC 6186 §6, RFC 7817 §3; T051). Never less strict: it replaces the name.
    pub fn certificate_name(mut self, name: impl Into<String>) -> Self {
        self.certificate_name = Some(name.into());
        self
    }

    /// Connects through a proxy, a command or a local socket.
    pub fn route(mut self, route: Route) -> Self {
        self.route = route;
        self
    }

    /// Lets [`Config::danger_plaintext`] leave this machine: passwords and mail can be read, and changed, by everybody on the way.
    pub fn danger_plaintext_anywhere(mut self) -> Self {
        if let Wanted::Plaintext { anywhere } = &mut self.protection {
            *anywhere = true;
        }
        self
    }

    /// Logs in with a password, by the safest way the server offers. Without any login the session stops before it.
    pub fn login(self, user: impl Into<String>, password: impl Into<Secret>) -> Self {
        self.credentials(Credentials::password(user, password))
    }

    /// Logs in with an OAuth 2.0 access token.
    pub fn token(self, user: impl Into<String>, token: impl Into<Secret>) -> Self {
        self.credentials(Credentials::token(user, token))
    }

    /// Logs in with OAuth 2.0 access tokens from `source`, which is asked at each connect before anything else happens. When the server
    /// refuses the token, it is asked once more ([`TokenRequest::Refused`]) and the fresh one is tried, on the same connection if that is
    /// still open; a second refusal is final. It runs on the thread that connects, within [`Config::connect_timeout`], which cannot end it.
    ///
    /// ```
    /// use imapkit_blocking::{Config, Error, ErrorKind, sasl::TokenRequest};
    ///
    /// # fn kept() -> Option<String> { None }
    /// # fn refresh() -> std::io::Result<String> { Ok(String::new()) }
    /// let config = Config::tls("imap.example.org").token_source("me@example.org", |request| match (request, kept()) {
    ///     (TokenRequest::First, Some(token)) => Ok(token),
    ///     _ => refresh().map_err(|error| Error::with_source(ErrorKind::Io, "no fresh token", error)),
    /// });
    /// ```
    ///
    /// # Errors
    /// Connecting fails with the source's error as it is: `Io` or `Timeout` say that trying later may help, `Auth` that somebody has to log in
    /// anew. A refusal is `Auth`, with [`Error::token_refusal`] where the server explained it. RFC 7628.
    pub fn token_source<T: Into<Secret>>(
        mut self,
        user: impl Into<String>,
        source: impl Fn(TokenRequest) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Self {
        let ask = Arc::new(move |request| source(request).map(Into::into));
        self.login = Who::Tokens(TokenSource { user: user.into(), ask });
        self
    }

    /// Logs in with these credentials, by a way their policy allows.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.login = Who::User(credentials);
        self
    }

    /// Which ways to log in are acceptable; by default the best the server offers, and no secret in clear text.
    pub fn auth(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Logs in by what `login` makes; it is called once for each connection.
    pub fn login_by(mut self, login: impl Fn() -> Box<dyn Login> + Send + Sync + 'static) -> Self {
        self.login = Who::By(Arc::new(login));
        self
    }

    /// Accepts a server that says who we are (PREAUTH) under TLS, where the client certificate tells it. A tunnel may always say so, clear
    /// text never.
    pub fn allow_preauth(mut self) -> Self {
        self.allow_preauth = true;
        self
    }

    /// Asks for the capabilities even if the greeting lists some.
    pub fn distrust_greeting(mut self) -> Self {
        self.distrust_greeting = true;
        self
    }

    /// What to trust and to offer, made by hand. It takes the place of everything said by [`Config::ca_file`], [`Config::pin`],
    /// [`Config::trusted_site`], [`Config::client_certificate_file`] and [`Config::secure_fallback`] so far.
    pub fn tls_config(mut self, config: TlsConfig) -> Self {
        self.trust = Trust::given(config);
        self
    }

    /// Trusts the authorities in this PEM file besides the system's. It is read at the first connect.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.trust = self.trust.ca_file(path.into());
        self
    }

    /// Accepts the server for this key (SHA-256 of its subjectPublicKeyInfo) and for nothing else. May be called again, to announce a change
    /// of keys.
    pub fn pin(mut self, key: Digest) -> Self {
        self.trust = self.trust.pin(key);
        self
    }

    /// Accepts any certificate: whoever sits in the way can read everything. What is wrong with it is in the connection's facts.
    pub fn trusted_site(mut self, trusted: bool) -> Self {
        self.trust = self.trust.trusted_site(trusted);
        self
    }

    /// Shows the certificate in this file (PEM or PKCS#12, read at the first connect) when the server asks for one.
    pub fn client_certificate_file(mut self, path: impl Into<PathBuf>, password: Option<Secret>) -> Self {
        self.trust = self.trust.client_certificate(path.into(), password);
        self
    }

    /// Also permits TLS 1.0 and 1.1, RC4, 3DES, MD5, SHA-1 and short keys, for servers that know nothing better. It does not change whether
    /// TLS is used, nor how certificates are checked. Needs the feature `legacy-tls`: without, connecting is an error of kind `Misuse`.
    pub fn secure_fallback(mut self, permitted: bool) -> Self {
        self.trust = self.trust.secure_fallback(permitted);
        self
    }

    /// The time for everything between the name and the session: resolving, connecting, proxy, TLS, greeting, STARTTLS, login. 20 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The time for each call on the connection, whatever happens; by default none but what [`Config::timers`] says about silence.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = Some(timeout);
        self
    }

    /// What to tell the server about the program (RFC 2971) once logged in; nothing at all if empty. By default the name and version of
    /// this library.
    pub fn identify<N: Into<String>, V: Into<String>>(mut self, fields: impl IntoIterator<Item = (N, V)>) -> Self {
        self.identify = fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self
    }

    /// Switches extensions on after login, where they are offered.
    pub fn enable(mut self, capabilities: impl IntoIterator<Item = Capability>) -> Self {
        self.enable.extend(capabilities);
        self
    }

    /// The user name that a tunnel command asks for.
    pub fn tunnel_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Treats a capability as absent: for servers that offer what they cannot do.
    pub fn disable_capability(mut self, capability: Capability) -> Self {
        self.disabled.push(capability);
        self
    }

    /// Whether to ask for the namespaces after login; on by default.
    pub fn namespace(mut self, ask: bool) -> Self {
        self.namespace = ask;
        self
    }

    /// Whether to compress the connection once logged in; [`Compression::Off`] by default.
    pub fn compress(mut self, compress: Compression) -> Self {
        self.compress = compress;
        self
    }

    /// Limits on what the server sends.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long to wait for what.
    pub fn timers(mut self, timers: Timers) -> Self {
        self.timers = timers;
        self
    }

    /// The longest line to send, in octets; 8192. Longer sets of messages are sent in several commands.
    pub fn max_line(mut self, octets: usize) -> Self {
        self.max_line = octets;
        self
    }

    /// Octets read and thrown away for a stream that was dropped, before the connection is closed instead; 16 MiB.
    pub fn drain_budget(mut self, octets: u64) -> Self {
        self.drain_budget = octets;
        self
    }

    /// Calls `tracer` for every line said, secrets replaced. It runs while the connection is locked: it must not wait, nor use the connection.
    pub fn trace(mut self, tracer: impl Fn(&TraceLine) + Send + Sync + 'static) -> Self {
        self.tracer = Some(Arc::new(tracer));
        self
    }
}

/// What is known of secrets does not show.
impl fmt::Debug for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Nobody) { "nobody" } else { "***" })
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("protection", &self.protection)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("host_address", &self.host_address)
            .field("certificate_name", &self.certificate_name)
            .field("route", &self.route)
            .field("user", &self.user)
            .field("login", &self.login)
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}
