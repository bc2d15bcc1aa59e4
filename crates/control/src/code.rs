//! The numbers a call ends with: stable, documented, one constant each.
//!
//! Separate from the errors that carry them because other languages see nothing but the number. A code is `0x8004_0000 | n`: below 0x1000…
//! `n` is the Winsock number people know for a failure of the network, from 0x1000 on it is ours. A number is never used for anything else,
//! and never changes: `codes.txt` in the tests holds them all.

use std::fmt;

/// What every code begins with.
const BASE: u32 = 0x8004_0000;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $Name:ident = $number:literal, $constant:literal;)+) => {
        /// Why a call failed, as a number.
        ///
        /// | value | n | constant in C | meaning |
        /// |---|---|---|---|
        #[doc = "| 0 | 0 | `IMAPKIT_OK` | it did not fail |"]
        $(#[doc = concat!("| `0x8004_0000 \\| ", stringify!($number), "` | ", stringify!($number), " | `IMAPKIT_E_", $constant, "` | ", $($doc,)+ " |")])+
        ///
        /// Values that are not in the table are kept for later versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        #[repr(u32)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $Name = BASE | $number,)+
        }

        impl ErrorCode {
            /// All codes, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$Name,)+];

            /// The name of the constant, as in C without its prefix: `TIMED_OUT`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$Name => $constant,)+ }
            }

            /// What it means: one lower-case line.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$Name => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

codes! {
    /// the call was cancelled by `cancel` or by a callback
    Cancelled = 10004, "CANCELLED";
    /// the system does not permit it
    AccessDenied = 10013, "ACCESS_DENIED";
    /// an argument or property cannot be used as it is; nothing was sent
    InvalidArgument = 10022, "INVALID_ARGUMENT";
    /// too many files or sockets are open
    TooManyFiles = 10024, "TOO_MANY_FILES";
    /// another call is in progress, or this one was made from inside a callback
    InProgress = 10036, "IN_PROGRESS";
    /// the address does not exist here
    AddressNotAvailable = 10049, "ADDRESS_NOT_AVAILABLE";
    /// the network is down
    NetworkDown = 10050, "NETWORK_DOWN";
    /// the network cannot be reached
    NetworkUnreachable = 10051, "NETWORK_UNREACHABLE";
    /// the system gave the connection up
    ConnectionAborted = 10053, "CONNECTION_ABORTED";
    /// the connection was broken off by the other side
    ConnectionReset = 10054, "CONNECTION_RESET";
    /// there is a connection already
    AlreadyConnected = 10056, "ALREADY_CONNECTED";
    /// there is no connection
    NotConnected = 10057, "NOT_CONNECTED";
    /// the time given is over; after a connect the text names the phase
    TimedOut = 10060, "TIMED_OUT";
    /// nobody listens at that address and port
    ConnectionRefused = 10061, "CONNECTION_REFUSED";
    /// the host cannot be reached
    HostUnreachable = 10065, "HOST_UNREACHABLE";
    /// the host name does not exist
    HostUnknown = 11001, "HOST_UNKNOWN";
    /// the name server did not answer; later it may
    ResolverFailed = 11002, "RESOLVER_FAILED";
    /// the host name exists but has no address
    HostWithoutAddress = 11004, "HOST_WITHOUT_ADDRESS";
    /// the TLS handshake failed, or TLS broke later
    TlsFailed = 0x1000, "TLS_FAILED";
    /// the server's certificate was rejected; `certificate_status` tells why
    CertificateRejected = 0x1001, "CERTIFICATE_REJECTED";
    /// the server wants a secure connection before it takes a password
    SecureConnectionRequired = 0x1002, "SECURE_CONNECTION_REQUIRED";
    /// the server does not offer STARTTLS, or refused it; no credential was sent
    StartTlsUnavailable = 0x1003, "STARTTLS_UNAVAILABLE";
    /// the server, or somebody on the way, acted unsafely before TLS; no credential was sent
    UnsafeServer = 0x1004, "UNSAFE_SERVER";
    /// the server does not offer the way to log in that is asked for
    MechanismUnavailable = 0x1005, "MECHANISM_UNAVAILABLE";
    /// the server refused the user name or password
    LoginRejected = 0x1006, "LOGIN_REJECTED";
    /// the server refused the access token; it may have expired
    TokenRejected = 0x1007, "TOKEN_REJECTED";
    /// somebody is logged in already
    AlreadyAuthenticated = 0x1008, "ALREADY_AUTHENTICATED";
    /// nobody is logged in
    NotAuthenticated = 0x1009, "NOT_AUTHENTICATED";
    /// the server could not do it (NO)
    CommandFailed = 0x100a, "COMMAND_FAILED";
    /// the server did not understand it (BAD)
    CommandRefused = 0x100b, "COMMAND_REFUSED";
    /// the server's answer makes no sense
    UnexpectedReply = 0x100c, "UNEXPECTED_REPLY";
    /// the server ended the connection (BYE)
    ServerClosed = 0x100d, "SERVER_CLOSED";
    /// no mailbox is selected
    NoMailboxSelected = 0x100e, "NO_MAILBOX_SELECTED";
    /// there is no such mailbox
    MailboxNotFound = 0x100f, "MAILBOX_NOT_FOUND";
    /// there is a mailbox of that name already
    MailboxExists = 0x1010, "MAILBOX_EXISTS";
    /// the mailbox is open read-only
    MailboxReadOnly = 0x1011, "MAILBOX_READ_ONLY";
    /// there is no message of that number or UID
    MessageNotFound = 0x1012, "MESSAGE_NOT_FOUND";
    /// the message has no such part
    PartNotFound = 0x1013, "PART_NOT_FOUND";
    /// no message is open for reading
    MessageNotOpen = 0x1014, "MESSAGE_NOT_OPEN";
    /// the server did not understand the search criteria
    SearchRejected = 0x1015, "SEARCH_REJECTED";
    /// the charset of the search is not known, here or to the server
    CharsetRejected = 0x1016, "CHARSET_REJECTED";
    /// there is no room: the quota is exceeded
    QuotaExceeded = 0x1017, "QUOTA_EXCEEDED";
    /// the server asks to slow down or to come back later
    Throttled = 0x1018, "THROTTLED";
    /// something is larger than a limit, which the text names
    LimitExceeded = 0x1019, "LIMIT_EXCEEDED";
    /// the server cannot do this at all
    NotSupportedByServer = 0x101a, "NOT_SUPPORTED_BY_SERVER";
    /// this build of the library cannot do this
    NotSupportedInBuild = 0x101b, "NOT_SUPPORTED_IN_BUILD";
    /// a file could not be read or written
    FileError = 0x101c, "FILE_ERROR";
    /// there is not enough memory
    OutOfMemory = 0x101d, "OUT_OF_MEMORY";
    /// a mistake in this library, or a callback that panicked
    InternalError = 0x101e, "INTERNAL_ERROR";
    /// the proxy refused, or does not speak the protocol of its URL
    ProxyFailed = 0x101f, "PROXY_FAILED";
    /// the connection was lost, or the time over, before the answer came: the server may have done it or not
    OutcomeUnknown = 0x1020, "OUTCOME_UNKNOWN";
    /// the server does not permit it to this user
    PermissionDenied = 0x1021, "PERMISSION_DENIED";
    /// the mailbox was selected anew, or its UIDs have changed, while this was under way
    MailboxChanged = 0x1022, "MAILBOX_CHANGED";
}

impl ErrorCode {
    /// The number.
    #[allow(clippy::as_conversions, reason = "the discriminant is the number")]
    pub const fn value(self) -> u32 {
        self as u32
    }

    /// The code of a number; `None` for 0 and for what is not in the table.
    pub fn from_value(value: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.value() == value)
    }
}

/// `TIMED_OUT (0x8004274c)`
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:#x})", self.name(), self.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    #[test]
    fn no_number_is_used_twice_and_none_ever_changes() {
        let mut seen = std::collections::BTreeSet::new();
        let mut list = String::new();
        for code in ErrorCode::ALL {
            assert!(seen.insert(code.value()), "{code} is used twice");
            assert_eq!(ErrorCode::from_value(code.value()), Some(*code));
            assert_eq!(code.value() & 0xffff_0000, BASE);
            let _ = writeln!(list, "{:#010x} {}", code.value(), code.name());
        }
        let golden = include_str!("../tests/codes.txt");
        for line in golden.lines() {
            assert!(list.lines().any(|now| now == line), "{line} is gone or has changed: programs rely on it");
        }
        assert_eq!(list, golden, "new codes go into tests/codes.txt");
    }

    #[test]
    fn the_guide_lists_them_all() {
        let guide = include_str!("../../../docs/control.md");
        for code in ErrorCode::ALL {
            let row = format!("| `{:#010x}` | ", code.value());
            let line = guide.lines().find(|line| line.starts_with(&row)).unwrap_or_else(|| panic!("no row of {code}"));
            assert!(line.contains(&format!("`IMAPKIT_E_{}`", code.name())) && line.contains(code.meaning()), "{line}");
        }
    }

    #[test]
    fn the_numbers_people_know() {
        assert_eq!(ErrorCode::TimedOut.value(), 0x8004_274c);
        assert_eq!(ErrorCode::ConnectionRefused.value(), 0x8004_0000 + 10061);
        assert_eq!(ErrorCode::TlsFailed.value(), 0x8004_1000);
        assert_eq!((ErrorCode::from_value(0), ErrorCode::from_value(10060)), (None, None));
        assert_eq!(ErrorCode::TimedOut.meaning(), "the time given is over; after a connect the text names the phase");
    }
}
