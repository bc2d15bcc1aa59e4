//! Through what to reach the server: proxy, command, local socket, forwarded port.
//!
//! Apart from the target, since flags, the account and the environment all have a say, and one rule stands above them: a password is never
//! part of a command line, where every user of the machine can read it (T109). RFC 1928, RFC 9110 §9.3.6; protocol.md C20, C27, C29.

use std::path::PathBuf;

use imapkit::dial::{Credentials, Route};

use super::low::Connection;
use crate::config::Account;
use crate::errors::{Outcome, Problem};

/// Holds the password of the proxy.
const PASSWORD: &str = "IMAPKIT_PROXY_PASSWORD";

/// How to get to the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) route: Route,
    /// Ask `ALL_PROXY` and `NO_PROXY`.
    pub(crate) environment: bool,
    /// The address proves nothing.
    pub(crate) tunnel: bool,
    pub(crate) prefer_ipv6: bool,
    pub(crate) proxy_ca_file: Option<PathBuf>,
}

impl Way {
    pub(crate) fn new(flags: &Connection, account: &Account) -> Outcome<Self> {
        let way = Self {
            route: Route::Direct,
            environment: false,
            tunnel: flags.tunnel || account.tunnel,
            prefer_ipv6: flags.prefer_ipv6 || account.prefer_ipv6,
            proxy_ca_file: flags.proxy_ca_file.clone().or_else(|| account.proxy_ca_file.clone()),
        };
        let (text, typed) = match (&flags.proxy, &account.proxy) {
            (Some(text), _) => (text, true),
            (None, Some(text)) => (text, false),
            (None, None) => return Ok(way),
        };
        match text.as_str() {
            "none" => Ok(way),
            "env" => Ok(Self { environment: true, ..way }),
            url => Ok(Self { route: route(url, typed, std::env::var(PASSWORD).ok())?, ..way }),
        }
    }

    /// That of an account, where no flag has a say.
    pub(crate) fn of(account: &Account) -> Outcome<Self> {
        Self::new(&Connection::default(), account)
    }

    /// Nobody but the other end of it can listen: a local socket, or a command whose own business it is how it gets there.
    pub(crate) fn is_private(&self) -> bool {
        matches!(self.route, Route::Command(_) | Route::Unix(_))
    }
}

fn route(url: &str, typed: bool, password: Option<String>) -> Outcome<Route> {
    let route = Route::parse(url).map_err(|error| {
        Problem::usage(format!("--proxy cannot be understood: {error}"))
            .next("say for example socks5://HOST:1080, http://USER@HOST:3128, command:ssh -T {host} imapd, env or none")
    })?;
    let Route::Proxy(mut proxy) = route else { return Ok(route) };
    if typed && proxy.credentials.as_ref().is_some_and(Credentials::has_password) {
        let problem = Problem::usage("a password does not belong on the command line, where every user can read it");
        return Err(
            problem.next(format!("leave it out of --proxy and put it into {PASSWORD}, or into the account's `proxy`"))
        );
    }
    proxy.credentials = proxy.credentials.map(|credentials| match password {
        Some(password) if !credentials.has_password() => credentials.password(password),
        _ => credentials,
    });
    Ok(Route::Proxy(proxy))
}

#[cfg(test)]
mod tests {
    use imapkit::dial::ProxyKind;

    use super::*;
    use crate::exit::Exit;

    fn way(proxy: Option<&str>, account: Option<&str>) -> Outcome<Way> {
        let text = |text: &str| text.to_owned();
        let flags = Connection { proxy: proxy.map(text), ..Connection::default() };
        Way::new(&flags, &Account { proxy: account.map(text), ..Account::default() })
    }

    #[test]
    fn c020_flags_win_over_the_account() {
        assert_eq!(way(None, None).unwrap().route, Route::Direct);
        let by_account = way(None, Some("socks5://me:pw@h")).unwrap().route;
        assert!(
            matches!(by_account, Route::Proxy(proxy) if proxy.kind == ProxyKind::Socks5 && proxy.credentials.is_some())
        );
        assert_eq!(way(Some("none"), Some("socks5://h")).unwrap().route, Route::Direct);
        assert!(way(Some("env"), None).unwrap().environment);
        assert!(way(Some("unix:/run/imap"), None).unwrap().is_private());
    }

    #[test]
    fn t109_a_password_on_the_command_line_is_refused_and_not_shown() {
        let problem = way(Some("http://me:canary@h"), None).unwrap_err();
        assert_eq!(problem.exit(), Exit::Usage);
        assert!(!format!("{problem} {problem:?}").contains("canary"));
        let Route::Proxy(proxy) = route("http://me@h", true, Some("canary".to_owned())).unwrap() else { panic!() };
        assert!(proxy.credentials.unwrap().has_password());
        let Route::Proxy(proxy) = route("http://h", true, Some("canary".to_owned())).unwrap() else { panic!() };
        assert_eq!(proxy.credentials, None, "nobody asked for it");
    }

    #[test]
    fn what_is_no_route_is_told() {
        for text in ["socks5:/h", "ftp://h", "command:", "unix:x", "h:1080"] {
            assert_eq!(way(Some(text), None).unwrap_err().exit(), Exit::Usage, "{text}");
        }
    }
}
