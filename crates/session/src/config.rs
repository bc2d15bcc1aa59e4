//! How a session behaves: limits, times, and what to do on opening.
//!
//! Every wait has a deadline and every buffer a limit; the numbers are those of protocol.md 4.7 and can all be changed. RFC 2683, 7162 §4
//! (line length), 2177 and 9051 §5.4 (autologout, IDLE).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use imapkit_types::{Capabilities, Capability, Secret};
use imapkit_wire::Limits;

use crate::error::Error;
use crate::mechanism::Mechanism;
use crate::state::Protection;

/// A moment: time since some fixed start the caller chose. The session has no clock of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(Duration);

impl Tick {
    /// So long after the start.
    pub const fn new(since_start: Duration) -> Self {
        Self(since_start)
    }

    /// Time since the start.
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// This moment and `wait` more.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }

    /// How long until `later`; zero when it has passed.
    pub fn until(self, later: Self) -> Duration {
        later.0.saturating_sub(self.0)
    }
}

/// Everything a [`crate::Session`] is told at the start.
pub struct Config {
    /// Limits on what the server sends, once logged in.
    pub limits: Limits,
    /// The times.
    pub timers: Timers,
    /// What to do between the greeting and "ready".
    pub opening: Opening,
    /// Longest line to send, in octets, literals not counted. RFC 7162 §4 recommends 8192.
    pub max_line: usize,
    /// Events kept for a caller that does not poll; beyond it the oldest are dropped and [`crate::Event::Missed`] says how many.
    pub max_events: usize,
    /// Octets read and thrown away for a command its caller has given up before the connection is closed instead (M30).
    pub drain_budget: u64,
    /// Record every line for [`crate::Session::poll_trace`], secrets replaced.
    pub trace: bool,
    /// Capabilities to treat as absent, by token: for servers that fake one.
    pub disabled: Vec<Capability>,
    /// Hand steps of a login that take long to [`crate::Session::poll_slow_step`]; otherwise they are done within
    /// [`crate::Session::handle_input`]. For drivers whose thread has other connections to look after.
    pub slow_steps: bool,
}

/// How long to wait for what.
#[derive(Clone, Debug)]
pub struct Timers {
    /// Silence, while something is in flight, after which the connection counts as dead (M32).
    pub progress: Duration,
    /// From the start until the greeting is there. Some servers look names up first: 5 s is too short (C41).
    pub greeting: Duration,
    /// IDLE is ended and begun again this often; below what servers and NATs forget (M15).
    pub idle_refresh: Duration,
    /// How long the queue must be quiet before a watching session goes into IDLE.
    pub idle_linger: Duration,
    /// How long the server may take to end IDLE after DONE.
    pub idle_done: Duration,
    /// NOOP is sent this often by a watching session when the server has no IDLE (M17).
    pub poll: Duration,
    /// NOOP is sent when nothing was said for so long, so that neither the server nor a NAT forgets the connection (M33); `None`: never.
    pub keep_alive: Option<Duration>,
    /// How long a reader of a stream may leave it full before that stream is given up.
    pub stall: Duration,
    /// How long to keep reading after BYE (M23).
    pub after_bye: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            progress: Duration::from_secs(60),
            greeting: Duration::from_secs(60),
            idle_refresh: Duration::from_secs(9 * 60),
            idle_linger: Duration::from_millis(20),
            idle_done: Duration::from_secs(30),
            poll: Duration::from_secs(60),
            keep_alive: None,
            stall: Duration::from_secs(5 * 60),
            after_bye: Duration::from_secs(2),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            timers: Timers::default(),
            opening: Opening::default(),
            max_line: 8192,
            max_events: 10_000,
            drain_budget: 16 << 20,
            trace: false,
            disabled: Vec::new(),
            slow_steps: false,
        }
    }
}

/// What happens between the greeting and "ready".
#[allow(clippy::struct_excessive_bools, reason = "independent choices, each named where it is made")]
pub struct Opening {
    /// How the link is, and is to be, protected.
    pub security: Security,
    /// Whether a PREAUTH greeting is accepted on a protected link (T035, T036). Never in clear text.
    pub allow_preauth: bool,
    /// Do not believe the capabilities in the greeting; ask (control.md `Tunnel`).
    pub distrust_greeting: bool,
    /// Who logs in. Without it the session stops before login.
    pub login: Option<Box<dyn Login>>,
    /// Leave the connection open when the server refuses that login (NO): [`crate::Event::LoginRefused`] tells, and [`crate::Session::login`]
    /// may try once more, with a fresh token for instance. Otherwise a refused login ends the connection.
    pub login_again: bool,
    /// What to say in ID once logged in, if the server offers ID. `None` does not identify.
    pub identify: Option<Vec<(String, String)>>,
    /// Extensions to ENABLE where offered; only what `* ENABLED` names counts as on.
    pub enable: Vec<Capability>,
    /// Ask for the NAMESPACE.
    pub namespace: bool,
    /// Whether to compress, as the last step.
    pub compress: Compression,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            security: Security::Tls,
            allow_preauth: false,
            distrust_greeting: false,
            login: None,
            login_again: false,
            identify: None,
            enable: Vec::new(),
            namespace: true,
            compress: Compression::Off,
        }
    }
}

/// Whether to compress the connection (COMPRESS=DEFLATE, RFC 4978), once logged in.
///
/// Mail shrinks to a half or a third, which pays on slow links. It costs one round trip and about 300 kB of memory a connection.
/// Compressed and then encrypted, what is sent tells by its length how alike its parts are (CRIME): somebody who can put text
/// into the mailbox *and* watch the line may learn something about other text fetched in the same breath. So it is a choice.
/// Credentials are never compressed: it starts after login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Never.
    #[default]
    Off,
    /// If the server can; a refusal is no error.
    Auto,
    /// In any case: a server that cannot, or does not, is an error.
    On,
}

/// How the link is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS was there before the greeting.
    Tls,
    /// STARTTLS, or nothing: no credential goes out without it.
    StartTls,
    /// A link trusted by its nature: Unix socket, command, loopback.
    Trusted,
    /// Clear text because the caller insists. Everybody on the way can read the password.
    DangerClear,
}

/// Decides how to log in, once it is known what the server offers.
pub trait Login: Send {
    /// Picks the way. `offered` is what the server offers on the link as it is protected now.
    ///
    /// # Errors
    /// When no acceptable way is offered; the text names what the server offers.
    fn choose(&mut self, offered: &Capabilities, link: Protection) -> Result<Credential, Error>;
}

/// A way to log in.
pub enum Credential {
    /// The LOGIN command.
    Login {
        /// Who.
        user: String,
        /// The password.
        password: Secret,
    },
    /// AUTHENTICATE with a SASL mechanism.
    Sasl(Box<dyn Mechanism>),
}
