//! The proxy that the environment names: `ALL_PROXY`, and `NO_PROXY` for those reached without it (C27).
//!
//! Apart from routes because it is only asked for by callers who say so, and because the rules are a convention of other programs
//! (curl, Go), not ours: lower case wins; `NO_PROXY` lists `*`, names (with all below them), addresses and networks
//! (`10.0.0.0/8`), each with `:port` if only that port is meant; this machine is always reached directly.
//!
//! Invariants: only proxies come from the environment, never commands or sockets; a value that cannot be understood is an error
//! and not a direct connection, since somebody may rely on the proxy for privacy; errors never show credentials (T109).

use core::net::IpAddr;

use crate::address::{Address, Host};
use crate::proxy::Proxy;
use crate::route::{Route, RouteError};

impl Route {
    /// The route to this server by the environment; `variable` gives the value of one.
    ///
    /// # Errors
    /// [`RouteError::Proxy`] if `ALL_PROXY` is no usable proxy.
    pub fn from_environment(
        host: &Host,
        port: u16,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, RouteError> {
        let either = |lower: &str, upper: &str| {
            let set = |name| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
            set(lower).or_else(|| set(upper))
        };
        let Some(proxy) = either("all_proxy", "ALL_PROXY") else { return Ok(Self::Direct) };
        let exceptions = either("no_proxy", "NO_PROXY").unwrap_or_default();
        if host.is_loopback() || is_excepted(host, port, &exceptions) {
            return Ok(Self::Direct);
        }
        // Other programs take `host:port` for an HTTP proxy.
        let proxy = if proxy.contains("://") { proxy } else { format!("http://{proxy}") };
        Proxy::parse(&proxy).map(Self::Proxy).map_err(RouteError::Proxy)
    }
}

fn is_excepted(host: &Host, port: u16, list: &str) -> bool {
    list.split([',', ' ', '\t']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.strip_prefix("*.").unwrap_or(entry);
        let entry = entry.strip_prefix('.').unwrap_or(entry);
        entry == "*" || matches_network(host, entry) || matches_host(host, port, entry)
    })
}

fn matches_host(host: &Host, port: u16, entry: &str) -> bool {
    let Ok(wanted) = Address::parse(entry) else { return false };
    if wanted.port.is_some_and(|wanted| wanted != port) {
        return false;
    }
    match (&wanted.host, host) {
        (Host::Name(domain), Host::Name(name)) => {
            name == domain || name.strip_suffix(domain.as_str()).is_some_and(|start| start.ends_with('.'))
        }
        (wanted, host) => wanted.ip().is_some() && wanted.ip() == host.ip(),
    }
}

/// `10.0.0.0/8`, `fd00::/8`.
fn matches_network(host: &Host, entry: &str) -> bool {
    let Some((network, length)) = entry.split_once('/') else { return false };
    let (Some(address), Ok(network), Ok(length)) = (host.ip(), network.parse::<IpAddr>(), length.parse::<u32>()) else {
        return false;
    };
    // IPv4 counts from bit 96 on, as in ::ffff:0:0/96.
    let (address, network, length) = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if length <= 32 => {
            (u128::from(address.to_bits()), u128::from(network.to_bits()), length.saturating_add(96))
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if length <= 128 => (address.to_bits(), network.to_bits(), length),
        _ => return false,
    };
    let shift = 128_u32.saturating_sub(length);
    address.checked_shr(shift).unwrap_or(0) == network.checked_shr(shift).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(host: &str, all: &str, none: &str) -> Result<Route, RouteError> {
        let host = Host::parse(host).unwrap();
        Route::from_environment(&host, 993, |name| match name {
            "ALL_PROXY" => Some(all.to_owned()),
            "no_proxy" => Some(none.to_owned()),
            _ => None,
        })
    }

    #[test]
    fn c027_the_proxy_of_the_environment() {
        let Ok(Route::Proxy(proxy)) = route("imap.example.org", "socks5h://u:p@proxy:1081", "") else { panic!() };
        assert_eq!((proxy.host.to_string().as_str(), proxy.port, proxy.credentials.is_some()), ("proxy", 1081, true));
        let Ok(Route::Proxy(proxy)) = route("imap.example.org", "proxy:3128", "") else { panic!() };
        assert_eq!((proxy.kind, proxy.port), (crate::ProxyKind::Http, 3128));
        assert_eq!(route("imap.example.org", " ", ""), Ok(Route::Direct));
        assert_eq!(route("localhost", "http://proxy", ""), Ok(Route::Direct));
        assert_eq!(route("127.0.0.9", "http://proxy", ""), Ok(Route::Direct));
        assert!(route("imap.example.org", "command:ssh host imapd", "").is_err());
        let error = route("imap.example.org", "socks5://me:canary@proxy:x", "").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }

    #[test]
    fn c027_lower_case_wins() {
        let host = Host::parse("imap.example.org").unwrap();
        let route = Route::from_environment(&host, 993, |name| Some(format!("http://{}", name.replace('_', "-"))));
        let Ok(Route::Proxy(proxy)) = route else { panic!() };
        assert_eq!(proxy.host.to_string(), "all-proxy");
    }

    #[test]
    fn c027_who_is_reached_without_it() {
        for (host, list, direct) in [
            ("imap.example.org", "*", true),
            ("imap.example.org", "example.org", true),
            ("imap.example.org", ".example.org", true),
            ("imap.example.org", "*.example.org", true),
            ("imap.example.org", "a.net, IMAP.EXAMPLE.ORG", true),
            ("imap.example.org", "imap.example.org:993", true),
            ("imap.example.org", "imap.example.org:143", false),
            ("imap.badexample.org", "example.org", false),
            ("example.org", "imap.example.org", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.0/24", true),
            ("192.0.3.7", "192.0.2.0/24", false),
            ("192.0.2.7", "0.0.0.0/0", true),
            ("192.0.2.7", "::/0", false),
            ("2001:db8::7", "2001:db8::/32", true),
            ("2001:db8::7", "[2001:db8::7]:993", true),
            ("2001:db9::7", "2001:db8::/32", false),
            ("imap.example.org", "192.0.2.0/24,/8,x/y,10.0.0.0/99", false),
        ] {
            let found = route(host, "http://proxy", list).unwrap() == Route::Direct;
            assert_eq!(found, direct, "{host} with NO_PROXY={list}");
        }
    }
}
