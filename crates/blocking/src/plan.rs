//! What a configuration comes to: whom to call, what the session is told, who logs in. No I/O.
//!
//! Separate from connecting, which does it. RFC 9051 §3.4; protocol.md C02, C40–C56, T027.

use std::sync::{Arc, OnceLock};

use imapkit_dial::{Address, Host, Phase, Route};
use imapkit_sasl::{ChannelBinding, Credentials};
use imapkit_session::types::Secret;
use imapkit_session::{Error, ErrorKind, Login, Opening, Protection, Security, Session, State};
use imapkit_transport::{Facts, TlsVersion};

use crate::config::{Config, Wanted, Who};
use crate::failure;

/// The channel binding of the connection, once TLS is in place.
pub(crate) type Binding = Arc<OnceLock<ChannelBinding>>;

/// Whom to call: for streams of the caller's, whom they lead to.
pub(crate) fn server(config: &Config) -> Result<(Host, u16), Error> {
    let Address { host, port } = Address::parse(&config.host).map_err(failure::misuse)?;
    let default = if config.protection == Wanted::Tls { 993 } else { 143 };
    Ok((host, config.port.or(port).unwrap_or(default)))
}

/// Whom to call, and through what.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) route: Route,
}

/// Through what to connect, the environment considered.
fn route(config: &Config, host: &Host, port: u16) -> Result<Route, Error> {
    if !config.environment || config.route != Route::Direct {
        return Ok(config.route.clone());
    }
    Route::from_environment(host, port, |name| std::env::var(name).ok())
        .map_err(|error| Error::with_source(ErrorKind::Misuse, format!("the environment's {error}"), error))
}

/// Whose certificate is asked for (T051).
pub(crate) fn identity(config: &Config, host: &Host) -> Result<Host, Error> {
    config.certificate_name.as_ref().map_or_else(|| Ok(host.clone()), |name| Host::parse(name)).map_err(failure::misuse)
}

/// Refuses clear text that is not for this machine (T027).
pub(crate) fn guard(config: &Config, host: &Host, direct: bool) -> Result<(), Error> {
    let here = direct && host.is_loopback();
    if config.protection == (Wanted::Plaintext { anywhere: false }) && !here {
        let text =
            format!("clear text to {host} is refused: it is not this machine (danger_plaintext_anywhere allows it)");
        return Err(Error::new(ErrorKind::Unsafe, text));
    }
    Ok(())
}

/// Whom to call, and what can be refused before anything is resolved.
pub(crate) fn check(config: &Config) -> Result<Plan, Error> {
    let (host, port) = server(config)?;
    let route = route(config, &host, port)?;
    guard(config, &host, matches!(route, Route::Direct))?;
    let tunnelled = matches!(route, Route::Unix(_) | Route::Command(_));
    if config.protection == Wanted::Tunnel && !tunnelled {
        return Err(Error::new(ErrorKind::Misuse, "a tunnel needs a route: a local socket or a command"));
    }
    Ok(Plan { host, port, route })
}

/// What the session is told.
pub(crate) fn session(config: &Config, login: Option<Box<dyn Login>>) -> imapkit_session::Config {
    let security = match config.protection {
        Wanted::Tls => Security::Tls,
        Wanted::StartTls => Security::StartTls,
        Wanted::Tunnel | Wanted::Forwarded | Wanted::Plaintext { anywhere: false } => Security::Trusted,
        Wanted::Plaintext { anywhere: true } => Security::DangerClear,
    };
    imapkit_session::Config {
        limits: config.limits.clone(),
        timers: config.timers.clone(),
        opening: Opening {
            security,
            allow_preauth: config.allow_preauth,
            distrust_greeting: config.distrust_greeting,
            login,
            login_again: matches!(config.login, Who::Tokens(_)),
            identify: (!config.identify.is_empty()).then(|| config.identify.clone()),
            enable: config.enable.clone(),
            namespace: config.namespace,
            compress: config.compress,
        },
        max_line: config.max_line,
        drain_budget: config.drain_budget,
        trace: config.tracer.is_some(),
        disabled: config.disabled.clone(),
        ..imapkit_session::Config::default()
    }
}

/// Who logs in on a connection to this server; `binding` is filled when TLS is in place, `token` is what the source of tokens gave.
pub(crate) fn login(
    config: &Config,
    (host, port): (&Host, u16),
    binding: &Binding,
    token: Option<&Secret>,
) -> Option<Box<dyn Login>> {
    let credentials = match (&config.login, token) {
        (Who::Nobody, _) | (Who::Tokens(_), None) => return None,
        (Who::By(make), _) => return Some(make()),
        (Who::User(credentials), _) => credentials.clone(),
        (Who::Tokens(source), Some(token)) => Credentials::token(source.user.as_str(), token.clone()),
    };
    let mut policy = config.policy.clone();
    if config.protection == (Wanted::Plaintext { anywhere: true }) {
        policy.get_or_insert_default().danger_clear = true;
    }
    let credentials = match policy {
        Some(policy) => credentials.policy(policy),
        None => credentials,
    };
    let binding = Arc::clone(binding);
    let bound = credentials.endpoint(host.to_string(), port).channel_binding(move || binding.get().cloned());
    Some(Box::new(bound))
}

/// What ties a login to this TLS connection: the exporter under TLS 1.3 (RFC 9266), the certificate before (RFC 5929).
pub(crate) fn channel_binding(facts: &Facts, exporter: Option<[u8; 32]>) -> Option<ChannelBinding> {
    let (name, data) = match (facts.version, exporter, &facts.end_point) {
        (TlsVersion::V1_3, Some(exporter), _) => ("tls-exporter", exporter.to_vec()),
        (_, _, Some(end_point)) => ("tls-server-end-point", end_point.clone()),
        _ => return None,
    };
    Some(ChannelBinding { name: name.into(), data })
}

/// How far an opening is.
pub(crate) fn phase(session: &Session, handshaking: bool, starts_tls: bool) -> Phase {
    if handshaking {
        return Phase::Tls;
    }
    match session.state() {
        State::Greeting => Phase::Greeting,
        State::NotAuthenticated if session.protection() == Protection::Clear && starts_tls => Phase::StartTls,
        State::NotAuthenticated if session.capabilities().offered().is_none() => Phase::Greeting,
        _ => Phase::Authenticate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c002_the_port_follows_the_protection_and_nothing_else() {
        let port = |config: &Config| check(config).map(|plan| plan.port).unwrap();
        assert_eq!(port(&Config::tls("imap.example.org")), 993);
        assert_eq!(port(&Config::starttls("imap.example.org")), 143);
        assert_eq!(port(&Config::starttls("imap.example.org:993")), 993);
        assert_eq!(port(&Config::tls("imap.example.org:143").port(1)), 1);
        assert_eq!(session(&Config::starttls("x").port(993), None).opening.security, Security::StartTls);
    }

    #[test]
    fn t027_clear_text_stays_on_this_machine() {
        for host in ["imap.example.org", "192.0.2.1", "localhost.example.org"] {
            assert_eq!(check(&Config::danger_plaintext(host)).unwrap_err().kind(), ErrorKind::Unsafe);
            assert!(check(&Config::danger_plaintext(host).danger_plaintext_anywhere()).is_ok());
        }
        for host in ["localhost", "127.0.0.1", "::1"] {
            assert!(check(&Config::danger_plaintext(host)).is_ok());
        }
        let proxied = Config::danger_plaintext("localhost").route(Route::parse("socks5://127.0.0.1").unwrap());
        assert!(check(&proxied).is_err(), "localhost of the proxy is not this machine");
    }

    #[test]
    fn a_tunnel_needs_a_way() {
        assert_eq!(check(&Config::tunnel("imap.example.org")).unwrap_err().kind(), ErrorKind::Misuse);
        assert!(check(&Config::unix("/run/imap.sock")).is_ok());
        assert!(check(&Config::tunnel("localhost:2143").danger_forwarded()).is_ok());
    }
}
