//! Staying connected: what the end of a connection means, and when to make the next one.
//!
//! A state machine without I/O that both front ends drive: it hears how attempts and connections end, and says what comes next. Texts of
//! servers are read in [`Cause`] and [`Wish`], waits are computed by [`Backoff`], connections counted by [`Budget`]. RFC 5530, RFC 9051
//! §7.1.5 (BYE), §5.4 (autologout); protocol.md §5.5, C56, M31–M33, T066, T110.
//!
//! ```text
//!             connected                    failed: network, busy, throttle
//!   Closed <------------- (an attempt) -------------------------------------> Waiting --until--> (an attempt)
//!                              |  failed: credentials, or what waiting does not mend
//!                              `---------------------------------------------> Open, until somebody changes something
//! ```
//!
//! A stale token is no matter of this: whoever connects asks its source for a fresh one within the attempt.
//!
//! Invariants: credentials that were refused are offered again only if they worked before, and then once (T066); a wait the server asked for
//! is not cut by news of the network; every wait is bounded by the cap.

mod backoff;
mod budget;
mod cause;
mod suspension;
#[cfg(test)]
mod tests;
mod wish;

use core::time::Duration;

use imapkit_types::{Code, CodeClass};

use crate::config::Tick;
use crate::error::{Error, ErrorKind};

pub use backoff::{Backoff, BackoffConfig, Trouble};
pub use budget::Budget;
pub use cause::Cause;
pub use suspension::Suspension;
pub use wish::Wish;

/// The connection broke under a command that was not carried out, or may be repeated: what may have changed something is `Unknown` instead.
pub fn is_lost(error: &Error) -> bool {
    let broken = matches!(error.kind(), ErrorKind::Io | ErrorKind::Timeout | ErrorKind::Closed | ErrorKind::Tls);
    (broken && error.reply().is_none()) || error.kind() == ErrorKind::Bye
}

/// The server refused a command and asks to wait before it is given again: for what trouble, and how long if it says. The limit of a day is
/// not waited for.
pub fn asked_to_wait(error: &Error) -> Option<(Trouble, Option<Duration>)> {
    if !matches!(error.kind(), ErrorKind::No | ErrorKind::Bad) {
        return None;
    }
    let trouble = match Cause::of(error) {
        Some(Cause::Throttled) => Trouble::Throttle,
        Some(Cause::Unavailable) => Trouble::Busy,
        None if error.code().is_some_and(|code| code.class() == CodeClass::RetryLater) => Trouble::Busy,
        _ => return None,
    };
    Some((trouble, Wish::of(error).wait))
}

/// A connection that the server ends sooner after login than this was one too many.
const TOO_SOON: Duration = Duration::from_secs(1);

/// Whether to connect, and when.
#[derive(Clone, Debug)]
pub struct Recovery {
    backoff: Backoff,
    circuit: Circuit,
    /// Connected since then.
    up: Option<Tick>,
    login: Login,
}

/// What is known of the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Login {
    Untried,
    /// They have worked.
    Good,
    /// They worked, then were refused: one more attempt, in case that was the server's mistake (C56).
    Doubted,
}

/// Where an account stands, for applications that want to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Circuit {
    /// Nothing stands in the way of a connection.
    Closed,
    /// The next attempt comes by itself.
    Waiting {
        /// When.
        until: Tick,
        /// Why not at once.
        trouble: Trouble,
    },
    /// No attempt comes by itself: the credentials were refused, or what is wrong does not change by waiting.
    Open {
        /// What is behind it, if that is known.
        cause: Option<Cause>,
    },
}

/// What comes after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another attempt at this time.
    At(Tick),
    /// Nothing, until somebody changes something: [`Recovery::changed`].
    Never,
}

/// A failure, as it is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setback {
    /// Whose counter went up; `None` for what does not get better by waiting.
    pub trouble: Option<Trouble>,
    /// What is behind it, if that is known.
    pub cause: Option<Cause>,
    /// What the server asks for.
    pub wish: Wish,
    /// What comes next.
    pub next: Next,
}

impl Recovery {
    /// Never connected so far.
    pub fn new(config: BackoffConfig) -> Self {
        Self { backoff: Backoff::new(config), circuit: Circuit::Closed, up: None, login: Login::Untried }
    }

    /// Where things stand.
    pub fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    /// When the next attempt may be made: now, then, or never by itself.
    pub fn next(&self, now: Tick) -> Next {
        match &self.circuit {
            Circuit::Closed => Next::At(now),
            Circuit::Waiting { until, .. } => Next::At((*until).max(now)),
            Circuit::Open { .. } => Next::Never,
        }
    }

    /// An attempt has succeeded: somebody is logged in.
    pub fn connected(&mut self, now: Tick) {
        self.up = Some(now);
        self.login = Login::Good;
        self.circuit = Circuit::Closed;
    }

    /// An attempt has failed, or the connection has ended, with this error. `random` is 64 uniformly random bits.
    pub fn failed(&mut self, now: Tick, error: &Error, random: u64) -> Setback {
        let up = self.up.take().map(|since| since.until(now));
        if let Some(up) = up {
            self.backoff.worked(up);
        }
        let (cause, wish) = (Cause::of(error), Wish::of(error));
        let trouble = self.trouble(error, cause, up);
        let next = match trouble {
            Some(Trouble::Credentials) => self.refused(now, cause, random),
            Some(trouble) => self.wait(now, trouble, random, wish.wait),
            None => Next::Never,
        };
        if next == Next::Never {
            self.circuit = Circuit::Open { cause };
        }
        Setback { trouble, cause, wish, next }
    }

    /// The network has changed: what waits because of the network need not wait any longer. True when that was so.
    pub fn network_changed(&mut self, now: Tick) -> bool {
        match &mut self.circuit {
            Circuit::Waiting { until, trouble } if trouble.ends_with_network_change() => {
                *until = now;
                true
            }
            _ => false,
        }
    }

    /// Somebody has changed the credentials or the configuration: everything may be tried again.
    pub fn changed(&mut self) {
        self.login = Login::Untried;
        self.circuit = Circuit::Closed;
    }

    fn wait(&mut self, now: Tick, trouble: Trouble, random: u64, asked: Option<Duration>) -> Next {
        let Some(wait) = self.backoff.failed(trouble, random, asked) else { return Next::Never };
        let until = now.after(wait);
        self.circuit = Circuit::Waiting { until, trouble };
        Next::At(until)
    }

    /// The server has refused who we are.
    fn refused(&mut self, now: Tick, cause: Option<Cause>, random: u64) -> Next {
        let vague = matches!(cause, None | Some(Cause::Credentials | Cause::TokenExpired));
        match self.login {
            Login::Good if vague => {
                self.login = Login::Doubted;
                self.wait(now, Trouble::Busy, random, None)
            }
            _ => Next::Never,
        }
    }

    /// What sort of trouble an end is; `None` for what waiting does not mend.
    fn trouble(&self, error: &Error, cause: Option<Cause>, up: Option<Duration>) -> Option<Trouble> {
        let by_server = match cause {
            Some(Cause::Unavailable) => Some(Trouble::Busy),
            Some(cause) if cause.is_temporary() => Some(Trouble::Throttle),
            _ => match error.code() {
                Some(Code::Limit | Code::Throttled) => Some(Trouble::Throttle),
                Some(code) if code.class() == CodeClass::RetryLater => Some(Trouble::Busy),
                _ => None,
            },
        };
        let worked_before = self.login != Login::Untried;
        match error.kind() {
            ErrorKind::Misuse | ErrorKind::Bug => None,
            _ if by_server.is_some() => by_server,
            ErrorKind::Auth => Some(Trouble::Credentials),
            // Exchange says this way that an account has too many connections.
            ErrorKind::Bye if up.is_some_and(|up| up < TOO_SOON) => Some(Trouble::Throttle),
            ErrorKind::Bye | ErrorKind::No | ErrorKind::Bad => Some(Trouble::Busy),
            ErrorKind::Closed if up.is_some_and(|up| up < TOO_SOON) => Some(Trouble::Busy),
            // A gate in a hotel, say: the certificate is not the server's, and nothing was sent. Waiting may mend that, if it worked before.
            ErrorKind::Tls | ErrorKind::Unsafe | ErrorKind::Protocol | ErrorKind::Unsupported if !worked_before => None,
            _ => Some(Trouble::Network),
        }
    }
}
