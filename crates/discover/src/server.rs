//! A server that was found: where it is, how the link to it is protected, whose certificate it has to show, and as whom to log in.
//!
//! Separate because it is what is left when all the looking is done. There is no value for clear text, so no source can ask for it (C06,
//! RFC 8314 §4.1). RFC 7817 §3, RFC 9525 §6.1: whose certificate counts depends on how the host was learned.

use std::fmt;

use imapkit::Config;
use imapkit::dial::Host;

/// How the link is protected; the greater is the safer (RFC 8314 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protection {
    /// STARTTLS, which has to succeed before anything else is said.
    StartTls,
    /// TLS from the first octet.
    Tls,
}

impl Protection {
    /// 993 or 143.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Tls => 993,
            Self::StartTls => 143,
        }
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls => "TLS",
            Self::StartTls => "STARTTLS",
        })
    }
}

/// Whose certificate the server has to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The host's own: it was named by somebody who is believed, or is a name under the mail domain.
    Host,
    /// The mail domain's: the host was named by DNS alone, which can be forged (T051).
    Domain(String),
}

/// Ways to log in that a provider speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Auth {
    /// A password, by whatever mechanism the server offers within TLS.
    Password,
    /// An OAuth 2.0 access token.
    OAuth2,
    /// A client certificate.
    Certificate,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Server {
    /// The host to connect to.
    pub host: Host,
    /// The port.
    pub port: u16,
    /// How the link is protected.
    pub protection: Protection,
    /// Whose certificate it has to show.
    pub identity: Identity,
    /// The login name.
    pub user: String,
    /// Ways to log in, best first; empty where the source does not tell.
    pub auth: Vec<Auth>,
}

impl Server {
    /// A server by its own name.
    pub fn new(host: Host, protection: Protection, user: impl Into<String>) -> Self {
        let port = protection.default_port();
        Self { host, port, protection, identity: Identity::Host, user: user.into(), auth: Vec::new() }
    }

    /// The same on another port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The same, once the user has said that this host is the right one: its own certificate counts now.
    pub fn confirmed(mut self) -> Self {
        self.identity = Identity::Host;
        self
    }

    /// The name the certificate has to be for, where that is not the host's.
    pub fn certificate_name(&self) -> Option<&str> {
        match &self.identity {
            Identity::Host => None,
            Identity::Domain(domain) => Some(domain),
        }
    }

    /// How to connect to it; nobody logs in yet.
    pub fn config(&self) -> Config {
        let host = self.host.to_string();
        let config = match self.protection {
            Protection::Tls => Config::tls(host),
            Protection::StartTls => Config::starttls(host),
        };
        let config = config.port(self.port);
        match self.certificate_name() {
            Some(name) => config.certificate_name(name),
            None => config,
        }
    }
}

/// `imap.example.org:993 (TLS)`
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            host @ Host::V6(..) => write!(f, "[{host}]:{} ({})", self.port, self.protection)?,
            host => write!(f, "{host}:{} ({})", self.port, self.protection)?,
        }
        match self.certificate_name() {
            Some(name) => write!(f, ", certificate for {name}"),
            None => Ok(()),
        }
    }
}
