//! From a target to a logged-in client.
//!
//! Separate because all verbs begin so: find the server, ask for the password, build the library's configuration, connect, and turn what
//! goes wrong into words. The order matters: guards and typing mistakes before the password is asked for, the certificate before it is
//! sent. RFC 8314.

use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use imapkit::dial::{Host, Security};
use imapkit::sasl::{Accept, Credentials, Method, Policy, Proof, TokenRequest};
use imapkit::transport::{ErrorKind as TlsErrorKind, ServerId, TlsConfig};
use imapkit::{Client, Compression, Config, ConnectionInfo, Error, ErrorKind, Selected, Timers, TraceLine};

use crate::args::high::Target;
use crate::discovery;
use crate::errors::library::explain;
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::files;
use crate::output::Output;
use crate::output::text::clean;
use crate::place::Place;
use crate::secrets::Tokens;

/// A connection, and where it leads: what verbs work with.
#[derive(Debug)]
pub(crate) struct Link {
    /// The connection.
    pub(crate) client: Client,
    /// Where it leads; the server is known now.
    pub(crate) place: Place,
}

/// Connects and logs in.
pub(crate) async fn open(target: &Target, output: &mut Output) -> Outcome<Link> {
    let (place, config) = prepare(target, output).await?;
    let problem = match connect(&config, place.clone(), output).await {
        Err(problem) => problem,
        connected => return connected,
    };
    // A server that was remembered may have moved since.
    let Some(place) = discovery::moved(target, &place, &problem, output).await else { return Err(problem) };
    let (place, config) = prepare(&Target { place, ..target.clone() }, output).await?;
    connect(&config, place, output).await
}

/// All that comes before the first packet to the server, the password included.
pub(crate) async fn prepare(target: &Target, output: &mut Output) -> Outcome<(Place, Config)> {
    tokens_go_with(target)?;
    let place = discovery::locate(target, output).await?;
    let user = match place.user.clone() {
        Some(user) => user,
        None if logs_in_unnamed(target) => String::new(),
        // Whoever let us through knows who we are: the server will say so (PREAUTH).
        None if target.way.is_private() => return Ok((place.clone(), config(target, &place)?)),
        None => {
            return Err(Problem::usage(format!("who logs in to {} is not said", place.server_text()))
                .next(format!("say for example ann@{}, or add --user NAME", place.server_text())));
        }
    };
    let config = config(target, &place)?;
    let policy = policy(target);
    let proof = match (&target.tokens, target.auth) {
        // There is no other to ask for: refused, it is refused.
        (Some(tokens @ Tokens::Environment(_)), _) => Proof::Token(tokens.clone().ask(false).await?),
        (Some(tokens), _) => return Ok((place, with_tokens(config, user, tokens.clone()).auth(policy))),
        (None, Some(Accept::Only(Method::External))) => Proof::External,
        (None, Some(Accept::Only(Method::Anonymous))) => Proof::Anonymous,
        (None, Some(Accept::Only(Method::XOAuth2 | Method::OAuthBearer))) => {
            Proof::Token(target.secret.read(&place.to_string())?)
        }
        (None, _) => Proof::Password(target.secret.read(&place.to_string())?),
    };
    Ok((place, config.credentials(Credentials::new(user, proof)).auth(policy)))
}

/// A certificate names its owner, and who is anonymous has no name (RFC 4422 appendix A, RFC 4505).
pub(crate) fn logs_in_unnamed(target: &Target) -> bool {
    matches!(target.auth, Some(Accept::Only(Method::External | Method::Anonymous)))
}

/// Refuses a token where another way to log in is asked for.
fn tokens_go_with(target: &Target) -> Outcome<()> {
    let (Some(tokens), Some(Accept::Only(method) | Accept::Bound(method))) = (&target.tokens, target.auth) else {
        return Ok(());
    };
    if matches!(method, Method::XOAuth2 | Method::OAuthBearer) {
        return Ok(());
    }
    let from = tokens.origin();
    Err(Problem::usage(format!("{from} gives an access token, and {method} is no way to log in with one"))
        .next(format!("leave out {from} or --auth {method}; OAUTHBEARER and XOAUTH2 take tokens")))
}

/// Which ways to log in are acceptable.
pub(crate) fn policy(target: &Target) -> Policy {
    Policy { accept: target.auth.unwrap_or_default(), danger_clear: target.allow_cleartext, ..Policy::default() }
}

/// Has the library ask for a token at each connect, and once more when the server refuses it.
fn with_tokens(config: Config, user: String, tokens: Tokens) -> Config {
    config.token_source(user, move |request| {
        let (tokens, refused) = (tokens.clone(), request != TokenRequest::First);
        async move {
            let problem = match tokens.ask(refused).await {
                Ok(token) => return Ok(token),
                Err(problem) => problem,
            };
            // Only what may pass by itself is tried again by those who stay connected.
            let kind = if problem.exit() == Exit::Network { ErrorKind::Io } else { ErrorKind::Auth };
            Err(Error::with_source(kind, problem.what().to_owned(), problem))
        }
    })
}

/// Connects by what [`prepare`] made.
pub(crate) async fn connect(config: &Config, place: Place, output: &mut Output) -> Outcome<Link> {
    match imapkit::connect(config).await {
        Ok(client) => {
            let opened = client.opened();
            somebody(opened, &place)?;
            let how = opened.opened.mechanism.as_deref().unwrap_or("nothing");
            let tls = opened
                .tls
                .as_ref()
                .map_or_else(|| "no TLS".to_owned(), |tls| format!("{}, {}", tls.version, tls.suite));
            warn_of_weakness(&place, opened, output);
            output.detail(&format!("connected to {} ({tls}), login by {how}", place.server_text()));
            discovery::remember(&place, output);
            Ok(Link { client, place })
        }
        Err(error) => Err(explain(&error, &place, "connecting")),
    }
}

/// Refuses a connection on which nobody is logged in, though the server was to know who we are.
pub(crate) fn somebody(opened: &ConnectionInfo, place: &Place) -> Outcome<()> {
    if opened.opened.authenticated {
        return Ok(());
    }
    Err(Problem::usage(format!("{} does not know who we are", place.server_text()))
        .next("say who logs in: add --user NAME"))
}

/// The library's configuration, without a login.
pub(crate) fn config(target: &Target, place: &Place) -> Outcome<Config> {
    let host = place.host().map(Host::to_string).unwrap_or_default();
    let config = match place.security {
        Security::Tls => Config::tls(host.clone()),
        Security::StartTls => Config::starttls(host.clone()),
        Security::Insecure if target.allow_cleartext => {
            Config::danger_plaintext(host.clone()).danger_plaintext_anywhere()
        }
        // Nobody can listen on the way there.
        Security::Insecure if target.way.is_private() => Config::tunnel(host.clone()),
        Security::Insecure => Config::danger_plaintext(host.clone()),
    };
    let mut config = config.port(place.port).identify([("name", "imapkit"), ("version", env!("CARGO_PKG_VERSION"))]);
    config = through(config, target)?;
    let certificate = place.found.as_ref().and_then(|found| found.certificate.as_ref());
    if let Some(name) = certificate {
        config = config.certificate_name(name.clone());
    }
    if target.compress {
        config = config.compress(Compression::Auto);
    }
    if place.security != Security::Insecure {
        config = config.tls_config(trust(target, certificate.unwrap_or(&host), place.port)?);
    }
    if let Some(timeout) = target.timeout {
        config = config.connect_timeout(timeout).timers(Timers {
            progress: timeout,
            greeting: timeout,
            ..Timers::default()
        });
    }
    for capability in &target.disabled {
        config = config.disable_capability(capability.clone());
    }
    match &target.trace {
        Some(path) => Ok(config.trace(tracer(path)?)),
        None => Ok(config),
    }
}

/// Whoever permits old protection is told, each time, what that came to.
fn warn_of_weakness(place: &Place, opened: &ConnectionInfo, output: &mut Output) {
    let weak = opened.tls.as_ref().map(|tls| tls.weaknesses.as_slice()).unwrap_or_default();
    if !weak.is_empty() {
        let weak: Vec<String> = weak.iter().map(ToString::to_string).collect();
        let text = format!("{} is weakly protected: {}", place.server_text(), weak.join(", "));
        output.warn(&format!("{text}; who sits in the way may be able to read or change everything"));
    }
}

/// By which way.
fn through(config: Config, target: &Target) -> Outcome<Config> {
    let way = &target.way;
    let mut config = config.route(way.route.clone());
    if let Some(user) = &target.place.user {
        config = config.tunnel_user(user.clone());
    }
    if way.environment {
        config = config.proxy_from_environment();
    }
    if way.tunnel {
        config = config.distrust_greeting().allow_preauth();
    }
    if way.prefer_ipv6 {
        config = config.prefer_ipv6();
    }
    let Some(path) = &way.proxy_ca_file else { return Ok(config) };
    let builder = TlsConfig::builder().authorities_pem(&files::read(path)?);
    let trust = builder.build().map_err(|error| Problem::usage(format!("{}: {error}", path.display())))?;
    Ok(config.proxy_tls_config(trust))
}

fn trust(target: &Target, host: &str, port: u16) -> Outcome<TlsConfig> {
    let mut builder = TlsConfig::builder().trusted_site(target.trusted_site).secure_fallback(target.secure_fallback);
    if let Some(path) = &target.ca_file {
        let pem = files::read(path)?;
        builder = builder.authorities_pem(&pem);
    }
    let server = ServerId::new(host, port).map_err(|error| unusable(&error))?;
    for pin in &target.pins {
        builder = builder.pin(server.clone(), *pin);
    }
    let Some(certificate) = &target.client_cert else {
        return builder.build().map_err(|error| unusable(&error));
    };
    let file = files::read(&certificate.path)?;
    match builder.clone().client_certificate_file(&file, None).build() {
        Err(error) if error.kind() == TlsErrorKind::Password => {
            let password = certificate.password()?;
            builder.client_certificate_file(&file, Some(password.expose())).build()
        }
        outcome => outcome,
    }
    .map_err(|error| unusable(&error))
}

fn unusable(error: &imapkit::transport::Error) -> Problem {
    let problem = Problem::usage(error.to_string());
    match error.kind() {
        TlsErrorKind::NotSupported => {
            problem.next("use a program that was built with it: cargo install --path crates/cli --features legacy-tls")
        }
        _ => problem,
    }
}

/// Writes lines into a file as they are said. The library has replaced the secrets already; what is left is printable.
pub(crate) fn tracer(path: &Path) -> Outcome<impl Fn(&TraceLine) + Send + Sync + use<>> {
    let file = Mutex::new(files::create(path)?);
    let start = Instant::now();
    Ok(move |line: &TraceLine| {
        let mark = if line.sent { 'C' } else { 'S' };
        if let Ok(mut file) = file.lock() {
            // A trace that cannot be written is no reason to stop.
            let _ = writeln!(file, "{:>9.3} {mark}: {}", start.elapsed().as_secs_f64(), clean(&line.text));
        }
    })
}

impl Link {
    /// What an error means here.
    pub(crate) fn problem(&self, error: &Error, doing: &str) -> Problem {
        explain(error, &self.place, doing)
    }

    /// Opens the place's mailbox; read-only unless it is to be changed.
    pub(crate) async fn open_mailbox(&self, writable: bool) -> Outcome<Selected> {
        let name = self.place.mailbox_or_inbox();
        let opened = if writable { self.client.select(name).await } else { self.client.examine(name).await };
        let selected = opened.map_err(|error| self.problem(&error, &format!("opening the folder {}", clean(name))))?;
        same_life(&self.place, &selected)?;
        Ok(selected)
    }

    /// Says goodbye. What was to be done is done, so a server that is gone already is as good.
    pub(crate) async fn close(self) {
        let _ = self.client.logout().await;
    }
}

/// Refuses a mailbox that is not the one the URL names a message of, but was made anew under the same name.
pub(crate) fn same_life(place: &Place, selected: &Selected) -> Outcome<()> {
    match (place.uid_validity, selected.info().uid_validity) {
        (Some(meant), Some(is)) if is.get() != meant => Err(Problem::guard(format!(
            "the folder {} was made anew: its UIDVALIDITY is {is}, the URL means {meant}",
            place.mailbox_or_inbox()
        ))
        .next("the UIDs have changed; find the message again with: imapkit search")),
        _ => Ok(()),
    }
}
