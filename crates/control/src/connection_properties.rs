//! Properties of the connection: whom to call, as whom, by what, and how it stands.
//!
//! Separate from those of TLS, of mailboxes and of messages. Reading one never waits for the server. Writing one takes effect with the next
//! `connect`, unless it says otherwise.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::code::ErrorCode;
use crate::constants::{AuthType, Options, State};
use crate::control::{Control, Result};
use crate::error::ControlError;

impl Control {
    /// How to log in; [`AuthType::Login`] unless set. [`AuthType::Auto`] is recommended.
    pub fn auth_type(&self) -> AuthType {
        self.inner.settings().auth_type
    }

    /// Sets [`Control::auth_type`].
    pub fn set_auth_type(&self, auth_type: AuthType) {
        self.inner.settings().auth_type = auth_type;
    }

    /// Whether setting one of `host_name` and `host_address` also sets the other, by asking the name server; false unless set.
    pub fn auto_resolve(&self) -> bool {
        self.inner.settings().auto_resolve
    }

    /// Sets [`Control::auto_resolve`].
    pub fn set_auto_resolve(&self, on: bool) {
        self.inner.settings().auto_resolve = on;
    }

    /// The access token; empty when `auth_type` takes none.
    pub fn bearer_token(&self) -> String {
        let settings = self.inner.settings();
        if settings.auth_type.is_oauth() { settings.token.expose().to_owned() } else { String::new() }
    }

    /// Sets the access token, and `auth_type` to [`AuthType::XOAuth2`] unless that takes a token already.
    pub fn set_bearer_token(&self, token: &str) {
        self.inner.settings().set_token(token);
    }

    /// Whether `connect` waits until it is done; true unless set. Methods that give something back always do.
    pub fn blocking(&self) -> bool {
        self.inner.settings().blocking
    }

    /// Sets [`Control::blocking`].
    pub fn set_blocking(&self, on: bool) {
        self.inner.settings().blocking = on;
    }

    /// The address of the server; empty unless set.
    pub fn host_address(&self) -> String {
        self.inner.settings().host_address.clone()
    }

    /// Sets the address of the server. With `auto_resolve` its name is looked up, which may take as long as `timeout`.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for what is no address. [`ErrorCode::HostUnknown`] when it has no name; the address is set all the same,
    /// and `host_name` is empty.
    pub fn set_host_address(&self, address: &str) -> Result<()> {
        let ip = self.property("host_address", |settings| {
            settings.set_host_address(address)?;
            if !settings.auto_resolve || address.is_empty() {
                return Ok(None);
            }
            // The name that is set belongs to another address.
            settings.host_name.clear();
            Ok(crate::settings::check_host(address)?.ip())
        })?;
        let Some(ip) = ip else { return Ok(()) };
        let name = self.resolve("host_address", move || name_of(ip))?;
        self.property("host_address", |settings| settings.set_host_name(&name))
    }

    /// The name of the server; empty unless set.
    pub fn host_name(&self) -> String {
        self.inner.settings().host_name.clone()
    }

    /// Sets the name of the server. With `auto_resolve` its address is looked up, which may take as long as `timeout`.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for what is no name. [`ErrorCode::HostUnknown`] when it has no address; the name is set all the same,
    /// and `host_address` is empty.
    pub fn set_host_name(&self, name: &str) -> Result<()> {
        let resolves = self.property("host_name", |settings| {
            settings.set_host_name(name)?;
            let resolves = settings.auto_resolve && !name.is_empty();
            if resolves {
                // It is that of another host, which is not to be sent this one's password.
                settings.host_address.clear();
            }
            Ok(resolves)
        })?;
        if !resolves {
            return Ok(());
        }
        let owned = name.to_owned();
        let address = self.resolve("host_name", move || address_of(&owned))?;
        self.property("host_name", |settings| settings.set_host_address(&address.to_string()))
    }

    /// Whether a call is in progress.
    pub fn is_blocked(&self) -> bool {
        self.inner.is_busy()
    }

    /// Whether there is a connection, as far as is known without waiting: what has come from the server is looked at.
    pub fn is_connected(&self) -> bool {
        match &*self.inner.live() {
            Some(live) => {
                live.client.catch_up();
                live.client.is_open()
            }
            None => false,
        }
    }

    /// Whether something of the server waits to be read.
    pub fn is_readable(&self) -> bool {
        self.inner.live().as_ref().is_some_and(|live| live.client.readiness().0)
    }

    /// Whether something could be sent without waiting.
    pub fn is_writable(&self) -> bool {
        self.inner.live().as_ref().is_some_and(|live| live.client.readiness().1)
    }

    /// Our own address on the connection; empty without one, and for local sockets and commands.
    pub fn local_address(&self) -> String {
        let address = self.inner.live().as_ref().and_then(|live| live.client.local_address());
        address.map(|address: SocketAddr| address.ip().to_canonical().to_string()).unwrap_or_default()
    }

    /// The name of this machine; empty where the system does not tell.
    #[allow(clippy::unused_self, reason = "a property like the others")]
    pub fn local_name(&self) -> String {
        #[cfg(unix)]
        return rustix::system::uname().nodename().to_string_lossy().into_owned();
        #[cfg(not(unix))]
        return std::env::var("COMPUTERNAME").unwrap_or_default();
    }

    /// How to connect; [`Options::None`] unless set.
    pub fn options(&self) -> Options {
        self.inner.settings().options
    }

    /// Sets [`Control::options`].
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for unknown bits and for options that exclude each other.
    pub fn set_options(&self, options: Options) -> Result<()> {
        self.property("options", |settings| settings.set_options(options))
    }

    /// The password; the access token when `auth_type` takes one.
    pub fn password(&self) -> String {
        let settings = self.inner.settings();
        settings.secret(settings.auth_type).expose().to_owned()
    }

    /// Sets the password, or the access token when `auth_type` takes one.
    pub fn set_password(&self, password: &str) {
        self.inner.settings().set_password(password);
    }

    /// The proxy, as a URL with its password; empty unless set.
    pub fn proxy(&self) -> String {
        self.inner.settings().proxy.expose().to_owned()
    }

    /// Sets the proxy: `socks5://`, `socks5h://`, `socks4a://`, `socks4://`, `http://` or `https://` with `user:password@host:port`, `command:`
    /// with a command line, `unix:` with a path; nothing for a direct connection. A command with a place for `{host}` needs a host. What a
    /// command or a socket carries is clear text like any other: a server that greets with PREAUTH is refused unless `options` says `Tunnel`.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`].
    pub fn set_proxy(&self, url: &str) -> Result<()> {
        self.property("proxy", |settings| settings.set_proxy(url))
    }

    /// The port; 0, which is that of the service, unless set.
    pub fn remote_port(&self) -> u16 {
        self.inner.settings().remote_port
    }

    /// Sets [`Control::remote_port`].
    pub fn set_remote_port(&self, port: u16) {
        self.inner.settings().remote_port = port;
    }

    /// The port by its name: `imap`, `imaps`, or its number.
    pub fn remote_service(&self) -> String {
        self.inner.settings().service()
    }

    /// Sets the port by its name: `imap` (143), `imaps` (993), or a number.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`].
    pub fn set_remote_service(&self, service: &str) -> Result<()> {
        self.property("remote_service", |settings| settings.set_service(service))
    }

    /// What the control is doing.
    pub fn state(&self) -> State {
        self.inner.state()
    }

    /// Seconds a call may take: a connect as a whole, other calls until the next sign of the answer; 20 unless set. Sending a message may take
    /// longer, as long as the server takes octets.
    pub fn timeout(&self) -> u32 {
        self.inner.settings().timeout
    }

    /// Sets [`Control::timeout`], from 1 to 86400; for the next call.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`].
    pub fn set_timeout(&self, seconds: u32) -> Result<()> {
        self.property("timeout", |settings| settings.set_timeout(seconds))
    }

    /// Who logs in; empty, which is nobody, unless set.
    pub fn user_name(&self) -> String {
        self.inner.settings().user_name.clone()
    }

    /// Sets [`Control::user_name`].
    pub fn set_user_name(&self, name: &str) {
        name.clone_into(&mut self.inner.settings().user_name);
    }

    /// The version of the library, `0.1.0`.
    #[allow(clippy::unused_self, reason = "a property like the others")]
    pub fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// Changes a property; what is wrong with the value becomes the last error.
    pub(crate) fn property<T>(
        &self,
        name: &'static str,
        change: impl FnOnce(&mut crate::settings::Settings) -> Result<T>,
    ) -> Result<T> {
        let changed = change(&mut self.inner.settings());
        if let Err(error) = &changed {
            self.inner.trace.call(name, Some(error));
            self.inner.tell(error);
        }
        changed
    }

    /// Asks the system's resolver, on a thread that is left alone when time is up: nothing can interrupt it.
    fn resolve<T: Send + 'static>(
        &self,
        name: &'static str,
        ask: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = channel();
        let asked =
            std::thread::Builder::new().name(String::from("imapkit resolver")).spawn(move || drop(answer.send(ask())));
        let seconds = Duration::from_secs(self.timeout().into());
        let outcome = match asked {
            Ok(_) => answered.recv_timeout(seconds).unwrap_or_else(|_| {
                Err(ControlError::new(ErrorCode::TimedOut, format!("{name}: no answer in {} s", seconds.as_secs())))
            }),
            Err(error) => Err(ControlError::new(ErrorCode::OutOfMemory, format!("{name}: {error}"))),
        };
        if let Err(error) = &outcome {
            self.inner.tell(error);
        }
        outcome
    }
}

fn address_of(name: &str) -> Result<IpAddr> {
    let unknown = |why: String| ControlError::new(ErrorCode::HostUnknown, format!("host_name: {why}"));
    let host = crate::settings::check_host(name)?.to_string();
    let mut found = (host.as_str(), 0).to_socket_addrs().map_err(|error| unknown(format!("{name}: {error}")))?;
    found.next().map(|address| address.ip()).ok_or_else(|| unknown(format!("{name} has no address")))
}

fn name_of(address: IpAddr) -> Result<String> {
    let unknown = |why: String| ControlError::new(ErrorCode::HostUnknown, format!("host_address: {why}"));
    let name = dns_lookup::lookup_addr(&address).map_err(|error| unknown(format!("{address}: {error}")))?;
    // Where there is no name the system repeats the address.
    if name.parse::<IpAddr>().is_ok() { Err(unknown(format!("{address} has no name"))) } else { Ok(name) }
}
