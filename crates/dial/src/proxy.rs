//! Proxies: what was configured, and the conversation that makes one connect us.
//!
//! One [`Negotiation`] for all kinds, so that a driver has a single loop for them: send what `poll_transmit` gives, feed what
//! arrives to `handle_input`, stop when it is done. Each codec is a file of its own.
//!
//! | scheme | protocol | who resolves the name | port |
//! |---|---|---|---|
//! | `socks4` | SOCKS4, IPv4 only | we | 1080 |
//! | `socks4a` | SOCKS4a, IPv4 only | the proxy | 1080 |
//! | `socks5`, `socks5h` | SOCKS5, RFC 1928, RFC 1929 | the proxy | 1080 |
//! | `http`, `https` | CONNECT, RFC 9110 §9.3.6; `https` speaks TLS to the proxy | the proxy | 80, 443 |
//!
//! Invariants (C21 to C24): a name goes to the proxy unresolved, so DNS sees nothing of it; not one byte behind the proxy's
//! reply is taken; credentials never show in `Debug` or in an error (T109).

mod http_connect;
mod socks4a;
mod socks5;
#[cfg(test)]
pub(crate) mod testing;

use core::fmt;
use core::str::FromStr;

use crate::address::{Address, AddressError, Host};
use crate::url::decode;
use http_connect::HttpConnect;
use socks4a::Socks4a;
use socks5::Socks5;

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProxyKind {
    /// SOCKS4: the name is resolved here, to IPv4.
    Socks4,
    /// SOCKS4a: the proxy resolves.
    Socks4a,
    /// SOCKS5: the proxy resolves.
    Socks5,
    /// HTTP CONNECT.
    Http,
    /// HTTP CONNECT over TLS, which is checked against the proxy's own name (C22).
    Https,
}

/// A proxy, as configured.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proxy {
    /// What it speaks.
    pub kind: ProxyKind,
    /// Where it is.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// User and password for it.
    pub credentials: Option<Credentials>,
}

/// User and password for a proxy. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: String,
}

impl Credentials {
    /// Both may be empty.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into(), password: password.into() }
    }

    /// User and password, for callers who speak to the proxy by other means than this crate.
    pub fn expose(&self) -> (&str, &str) {
        (&self.user, &self.password)
    }

    /// There is a password: for callers who take passwords from elsewhere only.
    pub fn has_password(&self) -> bool {
        !self.password.is_empty()
    }

    /// The same user with this password.
    pub fn password(self, password: impl Into<String>) -> Self {
        Self { password: password.into(), ..self }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} proxy {} port {}", self.kind, self.host, self.port)?;
        if self.credentials.is_some() { f.write_str(" as ***") } else { Ok(()) }
    }
}

impl Proxy {
    /// Reads `scheme://[user[:password]@]host[:port]`; user and password percent-encoded.
    ///
    /// # Errors
    /// [`AddressError`]; it never shows user or password.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::Url { reason: "there is no `://`" })?;
        let (kind, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "socks4" => (ProxyKind::Socks4, 1080),
            "socks4a" => (ProxyKind::Socks4a, 1080),
            "socks5" | "socks5h" => (ProxyKind::Socks5, 1080),
            "http" => (ProxyKind::Http, 80),
            "https" => (ProxyKind::Https, 443),
            _ => {
                return Err(AddressError::Url {
                    reason: "the scheme is none of socks4, socks4a, socks5, socks5h, http, https",
                });
            }
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user_info, address) = match rest.rsplit_once('@') {
            Some((user_info, address)) => (Some(user_info), address),
            None => (None, rest),
        };
        let Address { host, port } = Address::parse(address).map_err(AddressError::in_url)?;
        let credentials = match user_info.map(|info| info.split_once(':').unwrap_or((info, ""))) {
            Some((user, password)) => {
                Some(Credentials { user: decode(user, "proxy user")?, password: decode(password, "proxy password")? })
            }
            None => None,
        };
        Ok(Self { kind, host, port: port.unwrap_or(default_port), credentials })
    }

    /// The target's name has to be resolved here, to IPv4, before [`negotiate`](Self::negotiate).
    pub fn resolves_here(&self) -> bool {
        self.kind == ProxyKind::Socks4
    }

    /// The words for what went wrong on the way through it: they name the proxy, so that nobody takes it for the server.
    pub fn blame(&self, text: &str) -> String {
        let at = Address { host: self.host.clone(), port: Some(self.port) };
        match text.strip_prefix("the proxy ") {
            Some(does) => format!("the proxy {at} {does}"),
            None => format!("the proxy {at}: {text}"),
        }
    }

    /// Begins to ask for a connection to this target.
    ///
    /// # Errors
    /// [`ProxyError::Unsupported`] if this kind of proxy cannot be asked for it; nothing was sent.
    pub fn negotiate(&self, host: &Host, port: u16) -> Result<Negotiation, ProxyError> {
        if matches!(host, Host::V6(_, Some(_))) {
            return Err(ProxyError::Unsupported("an address with a zone has no meaning to a proxy"));
        }
        let credentials = self.credentials.as_ref();
        let (request, codec) = match self.kind {
            ProxyKind::Socks4 if host.ip().is_none() => {
                return Err(ProxyError::Unsupported("a SOCKS4 proxy takes addresses only"));
            }
            ProxyKind::Socks4 | ProxyKind::Socks4a => {
                let (request, codec) = Socks4a::new(host, port, credentials)?;
                (request, Codec::Socks4a(codec))
            }
            ProxyKind::Socks5 => {
                let (request, codec) = Socks5::new(host, port, credentials)?;
                (request, Codec::Socks5(codec))
            }
            ProxyKind::Http | ProxyKind::Https => {
                let (request, codec) = HttpConnect::new(host, port, credentials)?;
                (request, Codec::HttpConnect(codec))
            }
        };
        Ok(Negotiation { transmit: Some(request), codec, done: false })
    }
}

impl FromStr for Proxy {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// The conversation with a proxy, up to the point where its bytes are the server's.
pub struct Negotiation {
    transmit: Option<Vec<u8>>,
    codec: Codec,
    done: bool,
}

enum Codec {
    Socks4a(Socks4a),
    Socks5(Socks5),
    HttpConnect(HttpConnect),
}

/// What a codec makes of a reply that is complete.
enum Reply {
    /// Send this and go on.
    Send(Vec<u8>),
    /// Go on.
    More,
    /// The proxy has connected us.
    Done,
}

impl Negotiation {
    /// Bytes for the proxy. May hold a password: not for logs.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.transmit.take()
    }

    /// Reads what the proxy sent and returns how many bytes of it were taken. Once [`is_done`](Self::is_done), the rest belongs
    /// to the server behind the proxy.
    ///
    /// # Errors
    /// [`ProxyError`]; the connection is of no further use.
    pub fn handle_input(&mut self, input: &[u8]) -> Result<usize, ProxyError> {
        let mut taken = 0;
        while let Some(byte) = input.get(taken).filter(|_| !self.done) {
            taken = taken.saturating_add(1);
            let reply = match &mut self.codec {
                Codec::Socks4a(codec) => codec.handle_byte(*byte)?,
                Codec::Socks5(codec) => codec.handle_byte(*byte)?,
                Codec::HttpConnect(codec) => codec.handle_byte(*byte)?,
            };
            match reply {
                Reply::Send(bytes) => self.transmit = Some(bytes),
                Reply::More => {}
                Reply::Done => self.done = true,
            }
        }
        Ok(taken)
    }

    /// The proxy has connected us to the target.
    pub fn is_done(&self) -> bool {
        self.done
    }
}

/// Shows nothing: what is to be sent may hold a password.
impl fmt::Debug for Negotiation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Negotiation").field("done", &self.done).finish_non_exhaustive()
    }
}

/// Why a proxy does not connect us.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyError {
    /// This kind of proxy cannot do what was asked; found before a byte was sent.
    Unsupported(&'static str),
    /// The proxy wants credentials, or other ones.
    Authentication,
    /// The proxy could not or would not connect: its reason.
    Refused(String),
    /// The answer is not one of this protocol: the address may not be a proxy's.
    Protocol(&'static str),
    /// The answer's head is longer than 16 KiB.
    HeadTooLong,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(reason) => f.write_str(reason),
            Self::Authentication => f.write_str("the proxy refuses the credentials, or wants some"),
            Self::Refused(reason) => write!(f, "the proxy refuses to connect: {reason}"),
            Self::Protocol(reason) => write!(f, "the proxy's answer makes no sense: {reason}"),
            Self::HeadTooLong => f.write_str("the head of the proxy's answer is longer than 16 KiB"),
        }
    }
}

impl core::error::Error for ProxyError {}

#[cfg(test)]
mod tests;
