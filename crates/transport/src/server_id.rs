//! The reference identity: the host that the user named, in the form certificates are compared with.
//!
//! RFC 9525 §6.1: the identity comes from the user or the configuration, never from what the network answered. IDNA is done
//! before (by whoever parsed the address); here is ASCII only. RFC 6066 §3: an IP literal is never sent as SNI, and a trailing
//! dot is not part of the name.

use core::fmt;
use core::net::IpAddr;

use rustls::pki_types::ServerName;

use crate::error::Error;

/// The server we mean to talk to: a DNS name (A-labels) or an IP address, and the port for pins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerId {
    name: ServerName<'static>,
    port: u16,
}

impl ServerId {
    /// From a host as it was given: a trailing dot, IPv6 brackets and an IPv6 zone are taken off, letters lowered.
    ///
    /// # Errors
    /// [`Error::Config`] if it is neither an address nor an ASCII host name.
    pub fn new(host: &str, port: u16) -> Result<Self, Error> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let unzoned = bare.split_once('%').map_or(bare, |(address, _)| address);
        if let Ok(address) = unzoned.parse::<IpAddr>() {
            return Ok(Self { name: ServerName::IpAddress(address.into()), port });
        }
        let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        match ServerName::try_from(name) {
            Ok(name) => Ok(Self { name, port }),
            Err(_) => Err(Error::Config(format!("`{}` is not a host name", host.escape_debug()))),
        }
    }

    /// The port this identity was made for; pins are per host and port.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn name(&self) -> &ServerName<'static> {
        &self.name
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name.to_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalises_hosts() {
        let cases = [
            ("Imap.Example.org.", "imap.example.org"),
            ("192.0.2.1", "192.0.2.1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ];
        for (host, shown) in cases {
            assert_eq!(ServerId::new(host, 993).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn refuses_what_is_no_host() {
        for host in ["", ".", "a b", "bücher.example", "x\r\ny", "a..b", "-oProxyCommand=x", "%", "[]"] {
            assert!(matches!(ServerId::new(host, 993), Err(Error::Config(_))), "{host:?}");
        }
    }
}
