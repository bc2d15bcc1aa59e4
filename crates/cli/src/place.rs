//! Where: what people type for a server, a mailbox or a message, made exact.
//!
//! Separate because every verb begins with it, and because a guess made here decides who is sent a password. Accepted are URLs
//! (`imaps://ann@imap.example.org/INBOX;UID=7`, RFC 5092), `user@host`, mail addresses and bare hosts, the last three with `/MAILBOX` behind
//! them. Only an address without a port lets us look for its server (`discovery`).
//!
//! Invariants: TLS unless the scheme says otherwise; a password is never part of a place; what is shown of it is free of control
//! characters.

#[cfg(test)]
mod tests;

use std::fmt;

use imapkit::dial::{Address, Host, Security, Url};
use imapkit_discover::Email;

use crate::errors::{Outcome, Problem};
use crate::output::text::clean;

/// For `--help`.
pub(crate) const HELP: &str = "\
Where:
  ann@example.org                  a mail address: its server is looked for, and asked of the domain, of DNS, and of Mozilla's
                                   database by the domain alone (--no-discover: only a built-in list and the usual names)
  ann@imap.example.org             that server, login as ann
  imap.example.org                 that server
  imaps://ann@imap.example.org     TLS from the start, port 993; this is what the forms above mean
  imap+starttls://…                STARTTLS on port 143, required
  imap+insecure://localhost        clear text; beyond this machine only with --allow-cleartext
Behind any of them: :PORT, and /MAILBOX for a folder. In URLs also ;UID=7 for one message.
With --account NAME (or IMAPKIT_ACCOUNT) the place is only the folder.";

/// A server, and what there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// How the connection is protected.
    pub(crate) security: Security,
    /// The server.
    pub(crate) server: Server,
    /// The port.
    pub(crate) port: u16,
    /// Who logs in.
    pub(crate) user: Option<String>,
    /// The SASL mechanism the URL asks for.
    pub(crate) auth: Option<String>,
    /// The mailbox.
    pub(crate) mailbox: Option<String>,
    /// The UIDVALIDITY that the UID counts on.
    pub(crate) uid_validity: Option<u32>,
    /// One message.
    pub(crate) uid: Option<u32>,
    /// How the server was found, where it was not named.
    pub(crate) found: Option<Box<Found>>,
    /// What a server that refuses the login has refused.
    pub(crate) proof: Shown,
}

/// What is shown to prove who logs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shown {
    /// A password.
    #[default]
    Password,
    /// An access token.
    Token,
    /// Something else, or nothing: EXTERNAL, ANONYMOUS.
    Other,
}

/// How a server was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Whose server.
    pub(crate) email: String,
    /// The domain of that.
    pub(crate) domain: String,
    /// By which source, in words.
    pub(crate) by: String,
    /// Whose certificate counts, where that is not the host's.
    pub(crate) certificate: Option<String>,
    /// In an earlier run.
    pub(crate) remembered: bool,
    /// What the provider wants done before a login works.
    pub(crate) advice: Vec<String>,
}

impl Found {
    /// Just now.
    pub(crate) fn new(email: &Email, by: &str, server: &imapkit_discover::Server) -> Self {
        Self {
            email: email.to_string(),
            domain: email.domain().to_owned(),
            by: by.to_owned(),
            certificate: server.certificate_name().map(str::to_owned),
            remembered: false,
            advice: Vec::new(),
        }
    }
}

/// Which server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// This one.
    Host(Host),
    /// That of this mail address; it has to be found yet.
    Of(Email),
}

/// First labels that say "I am the server, not the domain of an address".
const SERVER_LABELS: &[&str] = &["imap", "imaps", "imap4", "mail", "mx", "outlook", "secureimap"];

impl Place {
    /// Reads what was typed.
    pub(crate) fn parse(text: &str) -> Outcome<Self> {
        let text = text.trim();
        if text.contains("://") {
            let url = Url::parse(text).map_err(|error| wrong(text, &error.to_string()))?;
            return Ok(Self::from_url(url));
        }
        let (server, mailbox) = match text.split_once('/') {
            Some((server, mailbox)) => (server, Some(mailbox).filter(|mailbox| !mailbox.is_empty())),
            None => (text, None),
        };
        let (user, server) = match server.rsplit_once('@') {
            Some((user, server)) => (Some(user), server),
            None => (None, server),
        };
        if user.is_some_and(|user| user.contains(':')) {
            return Err(wrong(text, "a password does not belong there"));
        }
        let Address { host, port } = Address::parse(server).map_err(|error| wrong(text, &error.to_string()))?;
        let lone = user.is_none() && port.is_none() && matches!(&host, Host::Name(name) if !name.contains('.'));
        if lone && !host.is_loopback() {
            return Err(wrong(text, "there is neither an `@` nor a dot in it"));
        }
        let mut place = Self {
            security: Security::Tls,
            server: Server::Host(host.clone()),
            port: port.unwrap_or_else(|| Security::Tls.default_port()),
            user: user.filter(|user| !user.is_empty()).map(str::to_owned),
            auth: None,
            mailbox: mailbox.map(str::to_owned),
            uid_validity: None,
            uid: None,
            found: None,
            proof: Shown::default(),
        };
        if let (Some(user), None, Host::Name(domain)) = (&place.user, port, &host)
            && is_domain(user, domain)
            && let Ok(email) = Email::parse(&format!("{user}@{domain}"))
        {
            place.user = Some(email.to_string());
            place.server = Server::Of(email);
        }
        Ok(place)
    }

    fn from_url(url: Url) -> Self {
        Self {
            security: url.security,
            server: Server::Host(url.host),
            port: url.port,
            user: url.user,
            auth: url.auth.filter(|auth| auth != "*"),
            mailbox: url.mailbox,
            uid_validity: url.uid_validity,
            uid: url.uid,
            found: None,
            proof: Shown::default(),
        }
    }

    /// The host, once it is known.
    pub(crate) fn host(&self) -> Option<&Host> {
        match &self.server {
            Server::Host(host) => Some(host),
            Server::Of(_) => None,
        }
    }

    /// The mailbox, INBOX where none was named.
    pub(crate) fn mailbox_or_inbox(&self) -> &str {
        self.mailbox.as_deref().unwrap_or("INBOX")
    }

    /// The server as text: host (before it is known, the domain), and the port unless it is the usual one.
    pub(crate) fn server_text(&self) -> String {
        let host = match &self.server {
            Server::Host(host @ Host::V6(..)) => format!("[{host}]"),
            Server::Host(host) => host.to_string(),
            Server::Of(email) => email.domain().to_owned(),
        };
        if self.port == self.security.default_port() { host } else { format!("{host}:{}", self.port) }
    }
}

/// Who and where, for people.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{} at ", clean(user))?;
        }
        f.write_str(&self.server_text())
    }
}

/// Is `user@domain` a mail address, rather than a login at the server `domain`?
fn is_domain(user: &str, domain: &str) -> bool {
    let first = domain.split('.').next().unwrap_or(domain);
    !user.contains('@') && domain.contains('.') && !SERVER_LABELS.contains(&first) && !domain.ends_with(".localhost")
}

fn wrong(text: &str, why: &str) -> Problem {
    let problem = if may_hold_password(text) {
        Problem::usage("this does not say where: a password does not belong there, and behind a `:` only a port stands")
    } else {
        Problem::usage(format!("\"{}\" does not say where: {why}", clean(text)))
    };
    problem.next("say for example ann@example.org, imap.example.org or imaps://ann@imap.example.org/INBOX")
}

/// Somebody may have typed a password: then nothing of it is shown. It may hold any letter, and the host may be forgotten, as in
/// `ann:pass/word@host` and `imaps://ann:password`.
fn may_hold_password(text: &str) -> bool {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = text.split(['/', '?', '#']).next().unwrap_or(text);
    let is_no_port = |text: &str| !text.bytes().all(|b| b.is_ascii_digit());
    text.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) || authority.split(':').skip(1).any(is_no_port)
}
