//! IMAP URLs: where, how secured, as whom, and what there.
//!
//! RFC 5092 (`imap:`), with the schemes of our command line: the scheme alone says how the connection is secured, the port says
//! nothing (C02). No URL means clear text by accident.
//!
//! | scheme | meaning | default port |
//! |---|---|---|
//! | `imaps` | TLS from the first byte | 993 |
//! | `imap`, `imap+starttls` | TLS by STARTTLS, required | 143 |
//! | `imap+insecure` | clear text | 143 |
//!
//! Invariants (T075): percent signs are decoded strictly, exactly once, and the result is checked again: CR, LF and NUL are
//! refused in every part. A password in a URL is refused: RFC 5092 has none, and URLs end up in logs. `Debug` hides the user.
//!
//! ```text
//!   imaps://ann;AUTH=PLAIN@imap.example.org:993/Lists/Rust;UIDVALIDITY=7/;UID=20/;SECTION=1.2/;PARTIAL=0.1024
//!   imaps://imap.example.org/INBOX?SUBJECT%20hello
//! ```

use core::fmt;
use core::str::FromStr;

use crate::address::{Address, AddressError, Host};

/// How a connection is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS by STARTTLS; without it no connection.
    StartTls,
    /// None.
    Insecure,
}

impl Security {
    /// 993 or 143.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Tls => 993,
            Self::StartTls | Self::Insecure => 143,
        }
    }
}

/// An IMAP URL, decoded.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Url {
    /// How to connect.
    pub security: Security,
    /// Who logs in.
    pub user: Option<String>,
    /// The SASL mechanism asked for; `*` for any.
    pub auth: Option<String>,
    /// The server.
    pub host: Host,
    /// The port, or the scheme's own.
    pub port: u16,
    /// The mailbox name, UTF-8.
    pub mailbox: Option<String>,
    /// The UIDVALIDITY the rest counts on.
    pub uid_validity: Option<u32>,
    /// One message.
    pub uid: Option<u32>,
    /// A section of it.
    pub section: Option<String>,
    /// A range of that: origin, and length where one was given.
    pub partial: Option<(u32, Option<u32>)>,
    /// A search program, decoded but not understood.
    pub search: Option<String>,
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`AddressError`] that says which part is wrong; it never shows the user, nor what may be a password.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::Url { reason: "there is no `://`" })?;
        let security = match scheme.to_ascii_lowercase().as_str() {
            "imaps" => Security::Tls,
            "imap" | "imap+starttls" => Security::StartTls,
            "imap+insecure" => Security::Insecure,
            _ => {
                return Err(AddressError::Url {
                    reason: "the scheme is none of imaps, imap, imap+starttls, imap+insecure",
                });
            }
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user_info, address) = match authority.rsplit_once('@') {
            Some((user_info, address)) => (Some(user_info), address),
            None => (None, authority),
        };
        let Address { host, port } = Address::parse(address).map_err(AddressError::in_url)?;
        let mut url = Self {
            security,
            user: None,
            auth: None,
            host,
            port: port.unwrap_or_else(|| security.default_port()),
            mailbox: None,
            uid_validity: None,
            uid: None,
            section: None,
            partial: None,
            search: None,
        };
        if let Some(user_info) = user_info {
            url.read_user(user_info)?;
        }
        url.read_path(path)?;
        Ok(url)
    }

    /// `iuserinfo = enc-user [iauth] / [enc-user] iauth`, `iauth = ";AUTH=" ( "*" / enc-auth-type )`
    fn read_user(&mut self, text: &str) -> Result<(), AddressError> {
        let (user, auth) = match text.split_once(';') {
            Some((user, parameter)) => {
                let auth = key_value(parameter, "AUTH")
                    .ok_or(AddressError::Url { reason: "behind the user only `;AUTH=` may stand" })?;
                (user, Some(auth))
            }
            None => (text, None),
        };
        if user.contains(':') {
            return Err(AddressError::Url { reason: "a password does not belong in a URL" });
        }
        if !user.is_empty() {
            self.user = Some(decode(user, "user")?);
        }
        self.auth = auth.map(|auth| decode(auth, "AUTH parameter")).transpose()?;
        Ok(())
    }

    /// `"/" [ mailbox [";UIDVALIDITY=" n] ["/;UID=" n ["/;SECTION=" s] ["/;PARTIAL=" r]] ["?" search] ]`; the `/` before a
    /// parameter may be missing, as people write it so.
    fn read_path(&mut self, text: &str) -> Result<(), AddressError> {
        if text.contains('#') {
            return Err(AddressError::Url { reason: "an IMAP URL has no `#` part" });
        }
        let (path, search) = match text.split_once('?') {
            Some((path, search)) => (path, Some(search)),
            None => (text, None),
        };
        self.search = search.map(|search| decode(search, "search")).transpose()?;
        let mut pieces = path.strip_prefix('/').unwrap_or(path).split(';').peekable();
        let mailbox = pieces.next().unwrap_or_default();
        let mailbox = if pieces.peek().is_some() { mailbox.strip_suffix('/').unwrap_or(mailbox) } else { mailbox };
        if !mailbox.is_empty() {
            self.mailbox = Some(decode(mailbox, "mailbox")?);
        }
        while let Some(piece) = pieces.next() {
            let piece = if pieces.peek().is_some() { piece.strip_suffix('/').unwrap_or(piece) } else { piece };
            self.read_parameter(piece)?;
        }
        Ok(())
    }

    fn read_parameter(&mut self, text: &str) -> Result<(), AddressError> {
        const WRONG: AddressError = AddressError::Url { reason: "a parameter is unknown, repeated or no number" };
        let fresh = if let Some(value) = key_value(text, "UIDVALIDITY") {
            self.uid_validity.replace(number(value).ok_or(WRONG)?).is_none()
        } else if let Some(value) = key_value(text, "UID") {
            self.uid.replace(number(value).ok_or(WRONG)?).is_none()
        } else if let Some(value) = key_value(text, "SECTION") {
            self.section.replace(decode(value, "SECTION parameter")?).is_none()
        } else if let Some(value) = key_value(text, "PARTIAL") {
            self.partial.replace(range(value).ok_or(WRONG)?).is_none()
        } else {
            false
        };
        if fresh { Ok(()) } else { Err(WRONG) }
    }
}

fn key_value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (found, value) = text.split_once('=')?;
    (found.eq_ignore_ascii_case(key) && !value.is_empty()).then_some(value)
}

/// `nz-number`
fn number(text: &str) -> Option<u32> {
    decimal(text).filter(|number| *number != 0)
}

fn decimal(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `partial-range = number ["." nz-number]`
fn range(text: &str) -> Option<(u32, Option<u32>)> {
    match text.split_once('.') {
        Some((origin, length)) => Some((decimal(origin)?, Some(number(length)?))),
        None => Some((decimal(text)?, None)),
    }
}

/// Decodes percent signs once and strictly, then looks at what came out.
pub(crate) fn decode(text: &str, part: &'static str) -> Result<String, AddressError> {
    let valid = |at: usize| {
        let digits = text.as_bytes().get(at.saturating_add(1)..at.saturating_add(3));
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !text.match_indices('%').all(|(at, _)| valid(at)) {
        return Err(AddressError::Percent { part });
    }
    let decoded =
        percent_encoding::percent_decode_str(text).decode_utf8().map_err(|_| AddressError::Percent { part })?;
    if decoded.contains(['\r', '\n', '\0']) {
        return Err(AddressError::Control { part });
    }
    Ok(decoded.into_owned())
}

impl FromStr for Url {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Shows where, not who.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Url")
            .field("security", &self.security)
            .field("user", &self.user.as_ref().map(|_| "***"))
            .field("host", &self.host)
            .field("port", &self.port)
            .field("mailbox", &self.mailbox)
            .field("uid", &self.uid)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
