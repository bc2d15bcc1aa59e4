//! The numbers of the component that are no errors: options, flags, kinds and states.
//!
//! Separate because they are a contract with programs in other languages, which see the values and nothing else. Each type has
//! `from_value`/`value` for them. Values are those of the SocketTools control where it has the same thing; what is ours says so.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

/// A set of bits: combine with `|`, ask with `contains`.
macro_rules! bits {
    ($(#[doc = $type_doc:literal])+ $Type:ident { $($(#[doc = $doc:literal])+ $NAME:ident = $value:literal,)+ }) => {
        $(#[doc = $type_doc])+
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $Type(u32);

        #[allow(non_upper_case_globals, reason = "spelled as in the other languages")]
        impl $Type {
            $($(#[doc = $doc])+ pub const $NAME: Self = Self($value);)+

            /// Every bit there is.
            pub const ALL: Self = Self(0 $(| $value)+);

            /// The set of these bits, whether or not they mean anything.
            pub const fn from_value(value: u32) -> Self {
                Self(value)
            }

            /// The bits.
            pub const fn value(self) -> u32 {
                self.0
            }

            /// Whether all of `other` is in it.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether there is no bit.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// The bits that mean nothing.
            pub const fn unknown(self) -> u32 {
                self.0 & !Self::ALL.0
            }
        }

        impl BitOr for $Type {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl BitOrAssign for $Type {
            fn bitor_assign(&mut self, other: Self) {
                self.0 |= other.0;
            }
        }

        impl BitAnd for $Type {
            type Output = Self;
            fn bitand(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }
        }

        impl Not for $Type {
            type Output = Self;
            fn not(self) -> Self {
                Self(!self.0)
            }
        }

        impl fmt::Debug for $Type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut bar = "";
                f.write_str(concat!(stringify!($Type), "("))?;
                $(if $value != 0 && self.0 & $value == $value {
                    write!(f, "{bar}{}", stringify!($NAME))?;
                    bar = " | ";
                })+
                if self.unknown() != 0 {
                    write!(f, "{bar}{:#x}", self.unknown())?;
                }
                f.write_str(")")
            }
        }
    };
}

/// One of several values.
macro_rules! values {
    ($(#[doc = $type_doc:literal])+ $Type:ident { $($(#[doc = $doc:literal])+ $Name:ident = $value:literal,)+ }) => {
        $(#[doc = $type_doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum $Type {
            $($(#[doc = $doc])+ $Name = $value,)+
        }

        impl $Type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$Name,)+];

            /// The number.
            #[allow(clippy::as_conversions, reason = "the discriminant is the number")]
            pub const fn value(self) -> u32 {
                self as u32
            }

            /// The value of a number, if there is one.
            pub fn from_value(value: u32) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.value() == value)
            }
        }
    };
}

bits! {
    /// How [`Control::connect`](crate::Control::connect) connects.
    Options {
        /// A standard connection to that host and port: clear text on 143, TLS on 993.
        None = 0,
        /// Says who the program is (ID, RFC 2971) once logged in, where the server offers that.
        Identify = 0x1,
        /// The connection runs through a tunnel or a forwarded port: address and port prove nothing, only the `Secure` bits say whether there
        /// is TLS; certificates are checked against `host_name`; capabilities are asked for again; PREAUTH is accepted.
        Tunnel = 0x400,
        /// The server's certificate is not validated. `certificate_status` still tells what is wrong with it.
        TrustedSite = 0x800,
        /// TLS by STARTTLS, or no connection at all.
        SecureExplicit = 0x1000,
        /// TLS before the greeting.
        SecureImplicit = 0x2000,
        /// Also permits TLS 1.0 and 1.1 and the suites of that time, where there is TLS. Needs the feature `legacy-tls`.
        SecureFallback = 0x8000,
        /// Tries IPv6 addresses first.
        PreferIPv6 = 0x40000,
    }
}

bits! {
    /// The flags of a message.
    MessageFlags {
        /// No flag.
        None = 0,
        /// It has been answered.
        Answered = 1,
        /// It is a draft.
        Draft = 2,
        /// It is important (`\Flagged`).
        Urgent = 4,
        /// It has been read.
        Seen = 8,
        /// It has come since the mailbox was last looked at. Cannot be set.
        Recent = 256,
        /// It is to be removed.
        Deleted = 512,
    }
}

bits! {
    /// The flags of a mailbox.
    MailboxFlags {
        /// No flag.
        None = 0,
        /// There can be no mailboxes below it.
        NoInferiors = 0x10000,
        /// It cannot be selected.
        NoSelect = 0x20000,
        /// The server thinks there is something new in it.
        Marked = 0x40000,
        /// Nothing has come since it was last selected.
        Unmarked = 0x80000,
    }
}

bits! {
    /// What of a message is meant.
    Section {
        /// All of the message, or of the part.
        Default = 0,
        /// The header of the message, or of a message in a part.
        Header = 1,
        /// The MIME header of the part.
        MimeHeader = 2,
        /// What follows the header.
        Body = 4,
        /// Does not mark the message as read.
        Preview = 0x1000,
    }
}

bits! {
    /// What the trace file tells.
    TraceFlags {
        /// Every call and how it ended.
        Info = 0,
        /// Calls that failed, and nothing else.
        Error = 1,
        /// Calls that failed, and warnings.
        Warning = 2,
        /// Also what was said on the wire, line by line. Passwords and tokens are replaced, contents are told by their size.
        Bytes = 4,
    }
}

bits! {
    /// Versions of TLS.
    TlsVersions {
        /// Those that are safe today: 1.2 and 1.3.
        Default = 0,
        /// TLS 1.0; needs `SecureFallback`.
        Tls10 = 0x4,
        /// TLS 1.1; needs `SecureFallback`.
        Tls11 = 0x8,
        /// TLS 1.2
        Tls12 = 0x10,
        /// TLS 1.3
        Tls13 = 0x20,
    }
}

values! {
    /// How to log in.
    AuthType {
        /// The LOGIN command, or AUTHENTICATE LOGIN where only that is offered.
        Login = 0,
        /// AUTHENTICATE PLAIN
        Plain = 1,
        /// AUTHENTICATE CRAM-MD5
        CramMd5 = 2,
        /// AUTHENTICATE SCRAM-SHA-1
        ScramSha1 = 3,
        /// A token, as Google and Microsoft take it.
        XOAuth2 = 4,
        /// A token by RFC 7628.
        OAuthBearer = 5,
        /// AUTHENTICATE SCRAM-SHA-256
        ScramSha256 = 6,
        /// Who we are is told by the client certificate, or by the socket.
        External = 7,
        /// Nobody in particular.
        Anonymous = 8,
        /// The best the server offers.
        Auto = 255,
    }
}

impl AuthType {
    /// It takes an access token in place of a password.
    pub const fn is_oauth(self) -> bool {
        matches!(self, Self::XOAuth2 | Self::OAuthBearer)
    }
}

values! {
    /// What the control is doing.
    State {
        /// There is no connection.
        Disconnected = 0,
        /// A connection is being made.
        Connecting = 1,
        /// There is a connection; nobody is logged in.
        Connected = 2,
        /// Somebody is being logged in.
        Authenticating = 3,
        /// Somebody is logged in, and nothing is to be done.
        Idle = 4,
        /// A command or a message is being sent.
        Sending = 5,
        /// A message is being received.
        Receiving = 6,
        /// Changes of the mailbox are being waited for.
        Monitoring = 7,
        /// The connection is being closed.
        Closing = 8,
    }
}

values! {
    /// How the server answered last.
    ResultCode {
        /// Not at all yet.
        Unknown = 0,
        /// It has done it.
        Ok = 1,
        /// It could not do it.
        No = 2,
        /// It did not understand it.
        Bad = 3,
        /// It waits for more. Never the result of a call of this version, which sends it.
        Continue = 4,
    }
}

values! {
    /// Whether [`Control::idle`](crate::Control::idle) waits.
    IdleOption {
        /// It returns at once; updates come by `on_update` until `cancel`.
        NoWait = 0,
        /// It returns when something has changed, or the time is over.
        Wait = 1,
    }
}

values! {
    /// What has changed in the mailbox.
    UpdateType {
        /// Nothing that is known.
        Unknown = 0,
        /// A message has come; the number is its own.
        Message = 1,
        /// A message is gone; the number is what it was, those behind it have moved up by one.
        Expunge = 2,
        /// Something else: flags of the message of that number, or with number 0 the mailbox as a whole.
        Mailbox = 3,
    }
}

values! {
    /// What the server's certificate is worth.
    CertificateStatus {
        /// There is none: no TLS.
        None = 0,
        /// It is good.
        Valid = 1,
        /// It is for another host.
        NoMatch = 2,
        /// It has expired, or is not valid yet.
        Expired = 3,
        /// Its issuer has revoked it.
        Revoked = 4,
        /// Its issuer is not trusted.
        Untrusted = 5,
        /// It is no proper certificate.
        Invalid = 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_combine_and_unknown_ones_show() {
        let options = Options::Tunnel | Options::SecureImplicit;
        assert_eq!(options.value(), 0x2400);
        assert!(options.contains(Options::Tunnel) && !options.contains(Options::Identify));
        assert_eq!(Options::from_value(0x2402).unknown(), 2);
        assert_eq!(format!("{:?}", Options::from_value(0x2402)), "Options(Tunnel | SecureImplicit | 0x2)");
        assert_eq!(format!("{:?}", Options::None), "Options()");
        assert_eq!(Options::ALL.value(), 0x4_bc01);
    }

    #[test]
    fn values_go_both_ways() {
        for auth in AuthType::ALL {
            assert_eq!(AuthType::from_value(auth.value()), Some(*auth));
        }
        assert_eq!(AuthType::from_value(9), None);
        assert_eq!(State::from_value(7), Some(State::Monitoring));
        assert_eq!(MessageFlags::ALL.value(), 1 | 2 | 4 | 8 | 256 | 512);
    }
}
