//! The ways to log in that this library knows, by name.
//!
//! Separate because people pin one on a command line or in a URL. RFC 4422 §3.1 (mechanism names).

use core::fmt;
use core::str::FromStr;

use imapkit_session::types::Invalid;

/// A way to log in. DIGEST-MD5, NTLM and Kerberos 4 are not among them: they are broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// The LOGIN command, or AUTHENTICATE LOGIN where only that is offered.
    Login,
    /// `PLAIN`
    Plain,
    /// `CRAM-MD5`: whoever reads it can guess the password at leisure. Never chosen unless pinned.
    CramMd5,
    /// `SCRAM-SHA-1`, with channel binding where possible.
    ScramSha1,
    /// `SCRAM-SHA-256`, with channel binding where possible.
    ScramSha256,
    /// `SCRAM-SHA-512`, with channel binding where possible.
    ScramSha512,
    /// `XOAUTH2`: a token, for Google and Microsoft.
    XOAuth2,
    /// `OAUTHBEARER`: a token.
    OAuthBearer,
    /// `EXTERNAL`: the certificate shown in the TLS handshake, or the socket, says who we are.
    External,
    /// `ANONYMOUS`
    Anonymous,
}

impl Method {
    const ALL: [Self; 10] = [
        Self::Login,
        Self::Plain,
        Self::CramMd5,
        Self::ScramSha1,
        Self::ScramSha256,
        Self::ScramSha512,
        Self::XOAuth2,
        Self::OAuthBearer,
        Self::External,
        Self::Anonymous,
    ];

    /// The name as in `AUTH=name`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "LOGIN",
            Self::Plain => "PLAIN",
            Self::CramMd5 => "CRAM-MD5",
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::XOAuth2 => "XOAUTH2",
            Self::OAuthBearer => "OAUTHBEARER",
            Self::External => "EXTERNAL",
            Self::Anonymous => "ANONYMOUS",
        }
    }

    /// The name with channel binding, for the methods that know it.
    pub(crate) const fn plus_name(self) -> Option<&'static str> {
        match self {
            Self::ScramSha1 => Some("SCRAM-SHA-1-PLUS"),
            Self::ScramSha256 => Some("SCRAM-SHA-256-PLUS"),
            Self::ScramSha512 => Some("SCRAM-SHA-512-PLUS"),
            _ => None,
        }
    }

    /// One of the SCRAM family, which proves the password without telling it.
    pub const fn is_scram(self) -> bool {
        self.plus_name().is_some()
    }

    /// Whoever reads the link has the secret afterwards.
    pub const fn reveals_secret(self) -> bool {
        matches!(self, Self::Login | Self::Plain | Self::XOAuth2 | Self::OAuthBearer)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = Invalid;

    /// Recognises a name, in any case.
    fn from_str(name: &str) -> Result<Self, Invalid> {
        let known = Self::ALL.into_iter().find(|method| method.name().eq_ignore_ascii_case(name));
        known.ok_or(Invalid::new("login method", "is not known"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_in_any_case() {
        for method in Method::ALL {
            assert_eq!(method.name().to_ascii_lowercase().parse(), Ok(method));
        }
        for unknown in ["", "NTLM", "DIGEST-MD5", "KERBEROS_V4", "SCRAM"] {
            assert!(unknown.parse::<Method>().is_err(), "{unknown}");
        }
    }
}
