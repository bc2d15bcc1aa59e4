//! Where the connection stands, with one setter.
//!
//! RFC 9051 §3. Everything that depends on the state asks here; nothing else remembers it. Data that arrives outside its state is not
//! believed (RFC 9051 §11.3): before login only CAPABILITY and status responses count.
//!
//! ```text
//! Greeting --OK--> NotAuthenticated --login--> Authenticated --SELECT--> Selected --LOGOUT--> Logout --> Closed
//!     `----PREAUTH (where allowed)-----------------^   ^------CLOSE---------'
//! ```

use core::fmt;

/// The states of RFC 9051 §3, and the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Connected; the server has not spoken yet.
    Greeting,
    /// The server has greeted; nobody has logged in.
    NotAuthenticated,
    /// Logged in, no mailbox selected.
    Authenticated,
    /// A mailbox is selected.
    Selected,
    /// The server has said BYE, or we have said LOGOUT.
    Logout,
    /// The connection is over.
    Closed,
}

/// Numbers the mailbox selections of a session: 0 is "none yet". A handle made in one epoch is refused in another ([`crate::ErrorKind::Stale`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u32);

impl Epoch {
    #[must_use]
    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What protects the bytes; capabilities and server texts are only believed within one of these (M12, T009, T029).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protection {
    /// Nothing: anybody on the way may have written what we read.
    Clear,
    /// A link trusted by its nature: a Unix socket, a command, loopback by the caller's word.
    Trusted,
    /// TLS, handshake done and certificate accepted.
    Tls,
}

impl Protection {
    /// Nobody else can read or write.
    pub fn is_confidential(self) -> bool {
        self != Self::Clear
    }
}
