//! Through what a connection is made, as one value of configuration.
//!
//! ```text
//!   (nothing)                                   the network
//!   socks5://proxy:1080, http://proxy:3128 …    a proxy
//!   command:ssh -T {host} imapd                 the standard input and output of a command
//!   unix:/run/dovecot/imap                      a local socket
//! ```

use core::fmt;
use core::str::FromStr;
use std::path::PathBuf;

use crate::address::AddressError;
use crate::proxy::Proxy;
use crate::tunnel::{CommandTemplate, TunnelError};

/// Through what to connect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Route {
    /// The network.
    #[default]
    Direct,
    /// A proxy.
    Proxy(Proxy),
    /// A command's standard input and output.
    Command(CommandTemplate),
    /// A local socket.
    Unix(PathBuf),
}

impl Route {
    /// Reads a route; nothing at all is [`Route::Direct`].
    ///
    /// # Errors
    /// [`RouteError`]; it shows no credentials and no arguments.
    pub fn parse(text: &str) -> Result<Self, RouteError> {
        if text.is_empty() {
            return Ok(Self::Direct);
        }
        if let Some(command) = text.strip_prefix("command:") {
            return CommandTemplate::parse(command).map(Self::Command).map_err(RouteError::Tunnel);
        }
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.starts_with('/') && !path.contains('\0') {
                Ok(Self::Unix(PathBuf::from(path)))
            } else {
                Err(RouteError::SocketPath)
            };
        }
        Proxy::parse(text).map(Self::Proxy).map_err(RouteError::Proxy)
    }
}

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Why a route cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteError {
    /// The proxy's URL is wrong.
    Proxy(AddressError),
    /// The command is wrong.
    Tunnel(TunnelError),
    /// The path of a local socket does not begin with `/`.
    SocketPath,
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proxy(error) => write!(f, "proxy: {error}"),
            Self::Tunnel(error) => error.fmt(f),
            Self::SocketPath => f.write_str("the path of a local socket begins with `/`"),
        }
    }
}

impl core::error::Error for RouteError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_told_apart() {
        assert_eq!(Route::parse(""), Ok(Route::Direct));
        assert!(matches!(Route::parse("socks5h://p"), Ok(Route::Proxy(_))));
        assert!(matches!(Route::parse("command:ssh {host} imapd"), Ok(Route::Command(_))));
        let socket = Ok(Route::Unix(PathBuf::from("/run/imap.sock")));
        assert_eq!(Route::parse("unix:/run/imap.sock"), socket);
        assert_eq!(Route::parse("unix:///run/imap.sock"), socket);
        for text in ["unix:imap.sock", "unix:", "command:", "direct", "proxy.example.org:1080"] {
            assert!(Route::parse(text).is_err(), "{text}");
        }
    }
}
