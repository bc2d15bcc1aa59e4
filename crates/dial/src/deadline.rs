//! One budget for a whole connect, and the name of the phase that used it up.
//!
//! Separate timeouts per step add up to waits nobody asked for, and a single one that only says "timed out" cannot be acted on;
//! so there is one end for all, and a note of where we are (C25, T111).

use core::fmt;
use core::time::Duration;

/// A step on the way from a name to a session, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The source of access tokens is being asked.
    Token,
    /// The name is being resolved.
    Resolve,
    /// Connections are being attempted (or a tunnel command started).
    Connect,
    /// A proxy is being asked.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// The server's greeting and first capabilities.
    Greeting,
    /// STARTTLS: the command; its handshake is [`Phase::Tls`] again.
    StartTls,
    /// Logging in.
    Authenticate,
}

impl Phase {
    /// All phases, in order.
    pub const ALL: [Self; 8] = [
        Self::Token,
        Self::Resolve,
        Self::Connect,
        Self::Proxy,
        Self::Tls,
        Self::Greeting,
        Self::StartTls,
        Self::Authenticate,
    ];
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "token",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Greeting => "greeting",
            Self::StartTls => "starttls",
            Self::Authenticate => "authenticate",
        })
    }
}

/// The end of a connect attempt, in ticks.
#[derive(Debug, Clone)]
pub struct Deadline {
    timeout: Duration,
    end: Duration,
    phase: Phase,
    entered: Duration,
    spent: [Duration; Phase::ALL.len()],
}

impl Deadline {
    /// A budget that starts now, in [`Phase::Resolve`].
    pub fn new(now: Duration, timeout: Duration) -> Self {
        Self {
            timeout,
            end: now.saturating_add(timeout),
            phase: Phase::Resolve,
            entered: now,
            spent: [Duration::ZERO; Phase::ALL.len()],
        }
    }

    /// The tick at which time is up: what to set a timer to.
    pub fn end(&self) -> Duration {
        self.end
    }

    /// Where we are.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Goes on to another phase (a phase may come again).
    pub fn enter(&mut self, phase: Phase, now: Duration) {
        let gone = now.saturating_sub(self.entered);
        if let Some(spent) = Phase::ALL.iter().position(|at| *at == self.phase).and_then(|at| self.spent.get_mut(at)) {
            *spent = spent.saturating_add(gone);
        }
        (self.phase, self.entered) = (phase, now);
    }

    /// The time that is left.
    ///
    /// # Errors
    /// [`Expired`], which names the phase, from the end on.
    pub fn remaining(&self, now: Duration) -> Result<Duration, Expired> {
        match self.end.checked_sub(now) {
            Some(left) if !left.is_zero() => Ok(left),
            _ => Err(Expired { phase: self.phase, timeout: self.timeout }),
        }
    }

    /// How long each phase took that has been left so far; zero for the others.
    pub fn spent(&self) -> impl Iterator<Item = (Phase, Duration)> {
        Phase::ALL.into_iter().zip(self.spent)
    }
}

/// The budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// What we were waiting for.
    pub phase: Phase,
    /// The whole budget.
    pub timeout: Duration,
}

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doing = match self.phase {
            Phase::Token => "waiting for an access token",
            Phase::Resolve => "resolving the host name",
            Phase::Connect => "connecting",
            Phase::Proxy => "waiting for the proxy",
            Phase::Tls => "in the TLS handshake",
            Phase::Greeting => "waiting for the server's greeting",
            Phase::StartTls => "waiting for the answer to STARTTLS",
            Phase::Authenticate => "logging in",
        };
        write!(f, "timed out after {} s {doing} (phase {})", self.timeout.as_secs_f64(), self.phase)
    }
}

impl core::error::Error for Expired {}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn one_budget_over_all_phases() {
        let mut deadline = Deadline::new(5 * S, 20 * S);
        assert_eq!((deadline.end(), deadline.remaining(5 * S)), (25 * S, Ok(20 * S)));
        deadline.enter(Phase::Connect, 8 * S);
        deadline.enter(Phase::Tls, 10 * S);
        deadline.enter(Phase::Greeting, 14 * S);
        assert_eq!(deadline.remaining(24 * S), Ok(S));
        let expired = Expired { phase: Phase::Greeting, timeout: 20 * S };
        assert_eq!(deadline.remaining(25 * S), Err(expired));
        assert_eq!(deadline.remaining(99 * S), Err(expired));
    }

    #[test]
    fn the_error_names_the_phase() {
        for phase in Phase::ALL {
            let mut deadline = Deadline::new(Duration::ZERO, S);
            deadline.enter(phase, Duration::ZERO);
            let expired = deadline.remaining(S).unwrap_err();
            assert_eq!(expired.phase, phase);
            assert!(expired.to_string().ends_with(&format!("(phase {phase})")), "{expired}");
        }
    }

    #[test]
    fn time_spent_is_kept_by_phase() {
        let mut deadline = Deadline::new(Duration::ZERO, 60 * S);
        deadline.enter(Phase::Tls, 2 * S);
        deadline.enter(Phase::StartTls, 5 * S);
        deadline.enter(Phase::Tls, 6 * S);
        deadline.enter(Phase::Authenticate, 10 * S);
        let spent: Vec<_> = deadline.spent().filter(|(_, spent)| !spent.is_zero()).collect();
        assert_eq!(spent, [(Phase::Resolve, 2 * S), (Phase::Tls, 7 * S), (Phase::StartTls, S)]);
    }

    #[test]
    fn endless_budgets_do_not_overflow() {
        let deadline = Deadline::new(S, Duration::MAX);
        assert!(deadline.remaining(1000 * S).is_ok());
    }
}
