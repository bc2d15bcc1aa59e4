//! Hosts and ports as people write them.
//!
//! Apart from the URL because hosts also come from flags, configuration files, SRV records and properties; they all pass this
//! one door, so that what reaches a resolver, a proxy, a command line or a certificate check is plain lower-case ASCII.
//! IDNA: UTS 46 to A-labels (RFC 5890, idna ≥ 1.0 for RUSTSEC-2024-0421); RFC 4007 §11 (zones); RFC 3986 §3.2.2 (brackets).
//!
//! Invariants: a name holds only letters, digits, `-`, `_` and `.`; no label begins with `-` (T076: it could be read as an
//! option); a name never looks like an address in the odd notations of `inet_aton` (`127.1`, `0x7f.1`).

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// A host name or address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A DNS name: lower-case A-labels, no trailing dot.
    Name(String),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address, and for a link-local one the name or number of the interface.
    V6(Ipv6Addr, Option<String>),
}

impl Host {
    /// Reads `imap.example.org`, `bücher.example.`, `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]` or `fe80::1%eth0`.
    ///
    /// # Errors
    /// [`AddressError::Host`] that shows the text.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let wrong = |reason| AddressError::Host { text: shown(text), reason };
        let bracketed = text.strip_prefix('[');
        let bare = match bracketed {
            Some(rest) => rest.strip_suffix(']').ok_or_else(|| wrong("the bracket is not closed"))?,
            None => text,
        };
        if bare.contains(':') {
            return parse_v6(bare).ok_or_else(|| wrong("not an IPv6 address"));
        }
        if bracketed.is_some() {
            return Err(wrong("brackets are for IPv6 addresses"));
        }
        let name = bare.strip_suffix('.').unwrap_or(bare);
        if let Ok(address) = name.parse() {
            return Ok(Self::V4(address));
        }
        let ascii = Uts46::new()
            .to_ascii(name.as_bytes(), NOT_IN_NAMES, Hyphens::CheckFirstLast, DnsLength::Verify)
            .map_err(|_| wrong("not a host name"))?;
        // UTS 46 maps full-width digits and dots, so an address can come out of it, too.
        if let Ok(address) = ascii.parse() {
            return Ok(Self::V4(address));
        }
        if ends_in_number(&ascii) {
            return Err(wrong("a name does not end in a number, and this is no IPv4 address"));
        }
        Ok(Self::Name(ascii.into_owned()))
    }

    /// The address, if this is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(address) => Some(IpAddr::V4(*address)),
            Self::V6(address, _) => Some(IpAddr::V6(*address)),
        }
    }

    /// This machine by any name: `localhost` and names under it (RFC 6761 §6.3), 127.0.0.0/8, `::1`.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Self::V4(address) => address.is_loopback(),
            Self::V6(address, _) => address.to_canonical().is_loopback(),
        }
    }
}

/// Without brackets; with the zone. [`Address`] adds brackets.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => address.fmt(f),
            Self::V6(address, None) => address.fmt(f),
            Self::V6(address, Some(zone)) => write!(f, "{address}%{zone}"),
        }
    }
}

impl FromStr for Host {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// All printable ASCII but letters, digits, `-`, `_` and `.`; spaces and controls besides.
const NOT_IN_NAMES: AsciiDenyList = AsciiDenyList::new(true, "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~");

fn parse_v6(text: &str) -> Option<Host> {
    let (address, zone) = match text.split_once('%') {
        // RFC 6874 writes the zone's `%` as `%25` inside a URL.
        Some((address, zone)) => {
            (address, Some(zone.strip_prefix("25").filter(|rest| !rest.is_empty()).unwrap_or(zone)))
        }
        None => (text, None),
    };
    let named = |zone: &str| zone.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if zone.is_some_and(|zone| zone.is_empty() || zone.len() > 32 || zone.starts_with('-') || !named(zone)) {
        return None;
    }
    Some(Host::V6(address.parse().ok()?, zone.map(str::to_owned)))
}

/// `1.2.3`, `127.1`, `0x7f000001`: resolvers read them as addresses.
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let hex = last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    hex || last.bytes().all(|b| b.is_ascii_digit())
}

/// A host and, where it was said, a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The host.
    pub host: Host,
    /// The port; never 0.
    pub port: Option<u16>,
}

impl Address {
    /// Reads `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address.
    ///
    /// # Errors
    /// [`AddressError`] that shows the part at fault.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, Some(parse_port(port)?)),
            _ => (text, None),
        };
        Ok(Self { host: Host::parse(host)?, port })
    }
}

fn parse_port(text: &str) -> Result<u16, AddressError> {
    let digits = text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    let port = if digits { text.parse().ok().filter(|port| *port != 0) } else { None };
    port.ok_or_else(|| AddressError::Port { text: shown(text) })
}

/// `host`, `host:port`, `[v6]:port`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.host, self.port) {
            (host, None) => host.fmt(f),
            (host @ Host::V6(..), Some(port)) => write!(f, "[{host}]:{port}"),
            (host, Some(port)) => write!(f, "{host}:{port}"),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Why an address, URL or route cannot be used. Never shows user information.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// Not a host.
    Host {
        /// What was given, escaped and cut.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Not a port from 1 to 65535.
    Port {
        /// What was given, escaped and cut.
        text: String,
    },
    /// Not a URL (or not one of a known kind).
    Url {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A percent sign is not followed by two hex digits, or the result is not UTF-8.
    Percent {
        /// The part of the URL.
        part: &'static str,
    },
    /// A part holds CR, LF or NUL once its percent signs are decoded (T075).
    Control {
        /// The part of the URL.
        part: &'static str,
    },
}

impl AddressError {
    /// Without what was given: where the host was forgotten, or a password holds a `/`, that is the password.
    pub(crate) fn in_url(self) -> Self {
        match self {
            Self::Port { .. } => Self::Url { reason: "its port is none from 1 to 65535" },
            Self::Host { reason, .. } => Self::Url { reason },
            other => other,
        }
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { text, reason } => write!(f, "`{text}` is not a host: {reason}"),
            Self::Port { text } => write!(f, "`{text}` is not a port from 1 to 65535"),
            Self::Url { reason } => write!(f, "not a usable URL: {reason}"),
            Self::Percent { part } => write!(f, "the {part} in the URL is not valid percent-encoded UTF-8"),
            Self::Control { part } => write!(f, "the {part} in the URL holds a line break or a zero byte"),
        }
    }
}

impl core::error::Error for AddressError {}

fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests;
