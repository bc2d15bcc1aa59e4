//! Connecting, logging in, and the end of it.
//!
//! Separate from the plan, which decides, and from the library, which does. A connection is opened first and somebody is logged in afterwards,
//! so that a program can be asked before its password goes out, and can log in later; both run under one deadline. RFC 9051 §3.4, §6.2,
//! RFC 2971 (ID).
//!
//! ```text
//! plan ─▶ open: resolve, connect, proxy, tls, greeting, starttls ─▶ on_security_warning ─▶ login ─▶ ID ─▶ on_connect
//!            `── any error: everything closed, last_error set, on_error ───────────────────┘
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use imapkit_blocking::dial::{Expired, Phase};
use imapkit_blocking::types::Capability;
use imapkit_blocking::{Client, Config, Connector, Error, ErrorKind, Timers};

use crate::code::ErrorCode;
use crate::constants::{AuthType, Options, State};
use crate::control::{Busy, Control, Inner, Result};
use crate::error::ControlError;
use crate::live::Live;
use crate::plan::{Arguments, Link, LoginPlan, Plan};
use crate::read::PASSED_OVER;
use crate::tls;

/// A server that is silent for so long is given up, also where a call may take longer: in the middle of an upload, for instance.
const SILENCE: Duration = Duration::from_secs(60);
/// What is said of us (RFC 2971).
const IDENTITY: [(&str, &str); 4] = [
    ("name", "imapkit"),
    ("version", env!("CARGO_PKG_VERSION")),
    ("vendor", "imapkit"),
    ("support-url", env!("CARGO_PKG_REPOSITORY")),
];

impl Control {
    /// Connects, secures the connection, and logs in: name resolution, TCP, proxy, TLS, greeting, capabilities, STARTTLS, login and ID in one
    /// call, under one deadline. Arguments that are not given are taken from the properties; they change no property.
    ///
    /// * `remote_host`: a name or address; else `host_address` if it is set, else `host_name`.
    /// * `remote_port`: else `remote_port`; 0 means 143, or 993 where TLS is asked for from the beginning. On port 993 there is TLS, unless
    ///   `Tunnel` or `SecureExplicit` says otherwise.
    /// * `user_name`: else `user_name`. With neither the call stops before login, which [`Control::login`] can do later.
    /// * `password`: the access token where `auth_type` takes one; else `bearer_token` or `password`, by `auth_type`.
    /// * `timeout`: seconds for all of it; else `timeout`. The error names the phase that used it up.
    /// * `options`: else `options`. [`Options::None`] is a standard connection.
    ///
    /// Strings that are empty count as not given. With `blocking` set to false the call returns when the work has begun; `on_connect` or
    /// `on_error` tells how it ended.
    ///
    /// # Errors
    /// Whatever it is, nothing is left open. [`ErrorCode::AlreadyConnected`] leaves the connection there is as it was.
    pub fn connect(
        &self,
        remote_host: Option<&str>,
        remote_port: Option<u16>,
        user_name: Option<&str>,
        password: Option<&str>,
        timeout: Option<u32>,
        options: Option<Options>,
    ) -> Result<()> {
        const NAME: &str = "connect";
        let arguments = Arguments { remote_host, remote_port, user_name, password, timeout, options };
        let busy = self.inner.begin(NAME)?;
        let blocking = self.inner.settings().blocking;
        if blocking {
            return self.inner.go_on(NAME, busy, |inner| {
                inner.connect(&inner.plan(&arguments)?)?;
                inner.events.connect().inspect_err(|_| {
                    inner.keep_reply();
                    inner.let_go();
                })
            });
        }
        // Here and not on the worker thread, which may be watching a mailbox of the connection there is.
        let plan = match self.inner.plan(&arguments).and_then(|plan| self.inner.check_unconnected().map(|()| plan)) {
            Ok(plan) => plan,
            wrong => return self.inner.go_on(NAME, busy, |_| wrong.map(drop)),
        };
        self.inner.enter(State::Connecting);
        let inner = Arc::clone(&self.inner);
        self.on_worker(move || inner.connect_apart(NAME, busy, &plan))
    }

    /// Logs in on a connection that was made without a user. Arguments that are not given are taken from the properties.
    ///
    /// # Errors
    /// [`ErrorCode::AlreadyAuthenticated`]; [`ErrorCode::LoginRejected`] or [`ErrorCode::TokenRejected`], after which the connection is closed,
    /// as after a login that took too long or was cancelled. That is our doing, and `on_disconnect` does not come.
    pub fn login(&self, user_name: Option<&str>, password: Option<&str>, auth_type: Option<AuthType>) -> Result<()> {
        self.inner.call("login", |inner| {
            let client = inner.client()?;
            if client.state() >= imapkit_blocking::State::Authenticated {
                return Err(ControlError::new(ErrorCode::AlreadyAuthenticated, "somebody is logged in already"));
            }
            let login = LoginPlan::new(&inner.settings(), user_name, password, auth_type)?
                .ok_or_else(|| ControlError::invalid("no user: give one to login, or set user_name"))?;
            let (identify, server) = (inner.options().contains(Options::Identify), inner.server());
            let outcome = inner.log_in(&client, &login, identify, server, inner.timeout());
            outcome.inspect_err(|error| inner.part(&client, error))
        })
    }

    /// Says goodbye (LOGOUT) and closes the connection. A mailbox that is selected is left without an expunge. `on_disconnect` is for
    /// connections that end otherwise, and does not come.
    ///
    /// # Errors
    /// [`ErrorCode::NotConnected`].
    pub fn disconnect(&self) -> Result<()> {
        self.inner.call("disconnect", |inner| {
            inner.client()?;
            inner.say_goodbye();
            Ok(())
        })
    }

    /// Leaves the selected mailbox without an expunge, closes an open message, and forgets the last error and the last reply.
    pub fn reset(&self) -> Result<()> {
        self.inner.call("reset", |inner| {
            inner.give_up_open();
            let selected = inner.live().as_ref().is_some_and(|live| live.selection.is_some());
            if selected {
                inner.unselect(false)?;
            }
            inner.keep_reply();
            let mut status = inner.status();
            status.error = None;
            status.reply = None;
            Ok(())
        })
    }
}

impl Inner {
    fn plan(&self, arguments: &Arguments<'_>) -> Result<Plan> {
        let settings = self.settings();
        let plan = Plan::new(&settings, arguments)?;
        tls::check_build(plan.options, settings.versions)?;
        Ok(plan)
    }

    /// What the connection was made with, as far as `connect` was told; else what is set.
    pub(crate) fn options(&self) -> Options {
        let given = self.live().as_ref().and_then(|live| live.options);
        given.unwrap_or_else(|| self.settings().options)
    }

    pub(crate) fn server(&self) -> (String, u16) {
        self.live().as_ref().map(|live| live.server.clone()).unwrap_or_default()
    }

    fn check_unconnected(&self) -> Result<()> {
        if let Some(live) = &*self.live() {
            live.client.catch_up();
        }
        if self.check_connection() {
            return Err(ControlError::new(ErrorCode::AlreadyConnected, "there is a connection; call disconnect first"));
        }
        Ok(())
    }

    fn connect(&self, plan: &Plan) -> Result<()> {
        self.check_unconnected()?;
        self.enter(State::Connecting);
        {
            let mut status = self.status();
            status.refused = None;
            status.reply = None;
        }
        let outcome = self.open_and_log_in(plan);
        if let Err(error) = &outcome {
            if self.connection().is_some() {
                self.keep_reply();
            } else if let Some(reply) = error.cause().and_then(Error::reply) {
                self.note_refusal(reply);
            }
            self.let_go();
        }
        outcome
    }

    /// Connects for a program that does not wait. Events tell it the end, and then it may make its next call: so the call is over before.
    fn connect_apart(&self, name: &'static str, busy: Busy, plan: &Plan) {
        let outcome = self.attempt(name, |inner| inner.connect(plan));
        if let Err(error) = &outcome {
            self.keep_error(error);
        }
        let connection = self.connection();
        drop(busy);
        let Err(error) = outcome else {
            if let Err(refused) = self.events.connect() {
                // By now the program may have another one.
                if self.connection() == connection {
                    self.let_go();
                }
                self.tell(&refused);
            }
            return;
        };
        self.announce(&error);
    }

    fn open_and_log_in(&self, plan: &Plan) -> Result<()> {
        let began = Instant::now();
        let connector = Connector::new(&self.config(plan)?)?;
        self.set_canceller(connector.canceller())?;
        let client = connector.connect().map_err(|error| judge_opening(plan, error))?;
        let spent = began.elapsed();
        let authenticated = client.opened().opened.authenticated;
        let server = (plan.name.clone(), plan.port);
        self.take_over(Live::new(client.clone(), server.clone(), plan.given));
        self.warn_of_certificate(&client)?;
        let identify = plan.options.contains(Options::Identify);
        match &plan.login {
            Some(login) if !authenticated => {
                let left = plan.timeout.saturating_sub(spent);
                if left.is_zero() {
                    return Err(expired(plan.timeout));
                }
                let outcome = self.log_in(&client, login, identify, server, left);
                outcome
                    .map_err(|error| if error.code() == ErrorCode::TimedOut { expired(plan.timeout) } else { error })?;
            }
            _ => {}
        }
        self.check_cancelled()
    }

    /// What the library is told.
    fn config(&self, plan: &Plan) -> Result<Config> {
        let config = match plan.link {
            Link::Tls => Config::tls(&*plan.host),
            Link::StartTls => Config::starttls(&*plan.host),
            // Where a command or a socket leads to, only the caller knows.
            Link::Clear if !plan.is_tunnel() => Config::danger_plaintext(&*plan.host).danger_plaintext_anywhere(),
            Link::Clear if plan.is_piped() => Config::tunnel(&*plan.host),
            Link::Clear => Config::tunnel(&*plan.host).danger_forwarded(),
        };
        let silence = SILENCE.max(plan.timeout);
        let timers = Timers { progress: silence, greeting: silence, ..Timers::default() };
        let fields: &[_] = if plan.options.contains(Options::Identify) { &IDENTITY } else { &[] };
        let mut config = config
            .port(plan.port)
            .route(plan.route.clone())
            .certificate_name(&*plan.name)
            .connect_timeout(plan.timeout)
            .timers(timers)
            .drain_budget(PASSED_OVER)
            .namespace(false)
            .allow_preauth()
            .identify(fields.iter().copied());
        if let Some(login) = &plan.login {
            config = config.tunnel_user(&*login.user);
        }
        if plan.is_tunnel() {
            config = config.distrust_greeting();
        }
        if plan.options.contains(Options::PreferIPv6) {
            config = config.prefer_ipv6();
        }
        if plan.link != Link::Clear {
            config = config.tls_config(tls::config(&self.settings(), plan.options)?);
        }
        if self.trace.wants_lines() {
            let trace = Arc::clone(&self.trace);
            config = config.trace(move |line| trace.line(line));
        }
        Ok(config)
    }

    /// A certificate was accepted that is not valid, or a protection that is weak.
    pub(crate) fn warn_of_certificate(&self, client: &Client) -> Result<()> {
        let Some(facts) = client.tls() else { return Ok(()) };
        if let Some(problem) = &facts.problem {
            self.warn(ErrorCode::CertificateRejected, &problem.to_string())?;
        }
        facts.weaknesses.iter().try_for_each(|weakness| self.warn(ErrorCode::TlsFailed, &weakness.to_string()))
    }

    fn warn(&self, code: ErrorCode, text: &str) -> Result<()> {
        self.trace.warning(text);
        self.events.security_warning(code, text)?;
        // It may have cancelled instead.
        self.check_cancelled()
    }

    /// Logs in on an open connection, within this time.
    fn log_in(
        &self,
        client: &Client,
        login: &LoginPlan,
        identify: bool,
        (name, port): (String, u16),
        time: Duration,
    ) -> Result<()> {
        let clear = client.tls().is_none();
        let forbidden = client.capabilities().has(&Capability::LoginDisabled);
        if clear {
            self.warn(ErrorCode::SecureConnectionRequired, "others can read this connection: it is not encrypted")?;
        }
        self.enter(State::Authenticating);
        let until = Instant::now() + time;
        if identify {
            identify_first(&client.with_timeout(time))?;
            self.check_cancelled()?;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(expired(time));
        }
        // What the server forbids in clear text is not done in another way that tells as much (T028).
        let credentials = login.credentials(!forbidden).endpoint(name, port);
        let (heard, _) = client.last_reply();
        client.with_timeout(left).login_as(credentials).map(drop).map_err(|error| {
            // Where the server has answered, something was tried: it is not TLS that is missing.
            let wants_tls = clear && forbidden && error.reply().is_none() && client.last_reply().0 == heard;
            let no_way = matches!(error.kind(), ErrorKind::Auth | ErrorKind::Unsafe);
            let error = login.judge(ControlError::from(error));
            if wants_tls && no_way { error.with_code(ErrorCode::SecureConnectionRequired) } else { error }
        })
    }
}

/// Coremail (163.com, 126.com) wants to know who asks before it lets anybody in; its greeting tells it.
fn identify_first(client: &Client) -> Result<()> {
    let greeting = &client.opened().opened.greeting;
    if !greeting.contains("Coremail") || !client.capabilities().has(&Capability::Id) {
        return Ok(());
    }
    match client.id(IDENTITY) {
        Err(error) if !matches!(error.kind(), ErrorKind::No | ErrorKind::Bad) => Err(error.into()),
        _ => Ok(()),
    }
}

/// The time was over while logging in.
fn expired(timeout: Duration) -> ControlError {
    let expired = Expired { phase: Phase::Authenticate, timeout };
    ControlError::from(Error::with_source(ErrorKind::Timeout, expired.to_string(), expired))
}

/// An error of the opening in terms of what was asked for.
fn judge_opening(plan: &Plan, error: Error) -> ControlError {
    let error = ControlError::from(error);
    match error.code() {
        // The server's own words, where STARTTLS was refused in an odd way.
        ErrorCode::NotSupportedByServer if plan.link == Link::StartTls => {
            error.with_code(ErrorCode::StartTlsUnavailable)
        }
        _ => error,
    }
}
