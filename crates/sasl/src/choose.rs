//! Which way to log in: the best the server offers that the policy allows. protocol.md 4.5; RFC 9051 §6.2.2, §6.2.3, §11; RFC 5802 §6.
//!
//! ```text
//! password: (SCRAM with channel binding,) SCRAM, PLAIN, LOGIN        token: OAUTHBEARER, XOAUTH2
//! ```
//!
//! Invariants: what tells the secret goes over a confidential link only, unless the policy says otherwise in so many words; a token is never
//! sent where a password belongs, nor the reverse; one way is chosen for a login, and none is tried after it has failed (T058).

use core::fmt;
use std::sync::Arc;

use imapkit_session::types::{Capabilities, Capability, Secret};
use imapkit_session::{Credential, Error, ErrorKind, Login, Mechanism, Protection, printable};

use crate::cram_md5::CramMd5;
use crate::method::Method;
use crate::oauth::OAuth;
use crate::scram::{Binding, Scram};
use crate::words::Words;

/// Who logs in, how they prove it, and what is acceptable on the way. One value serves any number of connections.
#[derive(Clone)]
pub struct Credentials {
    user: String,
    proof: Proof,
    policy: Policy,
    endpoint: Option<(String, u16)>,
    binding: Option<BindingSource>,
}

type BindingSource = Arc<dyn Fn() -> Option<ChannelBinding> + Send + Sync>;

/// What proves who somebody is.
#[derive(Clone, Debug)]
pub enum Proof {
    /// A password.
    Password(Secret),
    /// An OAuth 2.0 access token.
    Token(Secret),
    /// The link itself: a certificate shown in the TLS handshake, the owner of a socket.
    External,
    /// Nothing.
    Anonymous,
}

/// What is acceptable.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Which ways to log in.
    pub accept: Accept,
    /// Tie a login by SCRAM to the TLS connection wherever the server offers it (the mechanisms that end in `-PLUS`). Off, because servers
    /// get it wrong and a login that fails for it looks like a wrong password: Cyrus 3.6 and 3.12 bind to `tls-unique` under TLS 1.3, where
    /// it is not defined (RFC 9266 §3), and Dovecot 2.4 offers it under TLS 1.2 but takes `tls-unique` only.
    pub bind: bool,
    /// Passwords and tokens may travel in clear text, where everybody on the way can read them.
    pub danger_clear: bool,
    /// The most rounds of hashing a server may ask for in SCRAM; 4096 is the least. A million takes 0.4 s with SHA-1 or SHA-256 and 1.7 s
    /// with SHA-512 (release build, one EPYC core): on a thread of its own in the tokio client, on the caller's in the blocking one.
    pub max_iterations: u32,
}

/// Which ways to log in are acceptable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accept {
    /// The best the server offers.
    #[default]
    Best,
    /// Only those that never tell the password (T059).
    Scram,
    /// Only this one.
    Only(Method),
    /// Only this one of the SCRAM family, and tied to the TLS connection: the mechanism of that name that ends in `-PLUS`.
    Bound(Method),
}

/// What ties a login to one TLS connection, so that nobody can pass it on to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelBinding {
    /// `tls-exporter` (RFC 9266), or `tls-server-end-point` (RFC 5929) for TLS 1.2.
    pub name: String,
    /// The octets of that name.
    pub data: Vec<u8>,
}

/// One way to log in, as a server offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The command LOGIN.
    Command,
    Sasl(Method),
    /// With channel binding.
    Plus(Method),
}

/// The ways with a password, best first.
const PASSWORD: &[Way] = &[
    Way::Plus(Method::ScramSha512),
    Way::Plus(Method::ScramSha256),
    Way::Sasl(Method::ScramSha512),
    Way::Sasl(Method::ScramSha256),
    Way::Plus(Method::ScramSha1),
    Way::Sasl(Method::ScramSha1),
    Way::Sasl(Method::Plain),
    Way::Command,
    Way::Sasl(Method::Login),
    Way::Sasl(Method::CramMd5),
];
const TOKEN: &[Way] = &[Way::Sasl(Method::OAuthBearer), Way::Sasl(Method::XOAuth2)];

impl Default for Policy {
    fn default() -> Self {
        Self { accept: Accept::Best, bind: false, danger_clear: false, max_iterations: 1_000_000 }
    }
}

impl Credentials {
    /// `user`, proved by `proof`. For [`Proof::External`] the user may be empty, for [`Proof::Anonymous`] it is a trace for the server's log.
    pub fn new(user: impl Into<String>, proof: Proof) -> Self {
        Self { user: user.into(), proof, policy: Policy::default(), endpoint: None, binding: None }
    }

    /// A user with a password.
    pub fn password(user: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::new(user, Proof::Password(password.into()))
    }

    /// A user with an access token.
    pub fn token(user: impl Into<String>, token: impl Into<Secret>) -> Self {
        Self::new(user, Proof::Token(token.into()))
    }

    /// What is acceptable.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The server that is really talked to, which OAUTHBEARER names.
    #[must_use]
    pub fn endpoint(mut self, host: impl Into<String>, port: u16) -> Self {
        self.endpoint = Some((host.into(), port));
        self
    }

    /// Where the channel binding comes from, asked once TLS is in place; `None` from it means that there is none.
    #[must_use]
    pub fn channel_binding(mut self, source: impl Fn() -> Option<ChannelBinding> + Send + Sync + 'static) -> Self {
        self.binding = Some(Arc::new(source));
        self
    }

    /// The ways that go with the proof and are acceptable, best first.
    fn ways(&self, bound: bool) -> Vec<Way> {
        let all = match self.proof {
            Proof::Password(_) => PASSWORD,
            Proof::Token(_) => TOKEN,
            Proof::External => &[Way::Sasl(Method::External)],
            Proof::Anonymous => &[Way::Sasl(Method::Anonymous)],
        };
        let acceptable = |way: &&Way| match self.policy.accept {
            Accept::Best => way.method() != Method::CramMd5,
            Accept::Scram => way.method().is_scram(),
            Accept::Only(method) => way.method() == method,
            Accept::Bound(method) => **way == Way::Plus(method),
        };
        let mut ways: Vec<Way> = all.iter().filter(acceptable).copied().collect();
        ways.retain(|way| bound || !matches!(way, Way::Plus(_)));
        if self.user.contains(['\\', '/']) {
            // Exchange takes the names of shared mailboxes by LOGIN and not by PLAIN (C45).
            ways.sort_by_key(|way| *way == Way::Sasl(Method::Plain));
        }
        ways
    }

    /// Text that no mechanism can carry is refused before it is sent, by name and not by content (T065).
    fn check(&self) -> Result<(), Error> {
        let secret = match &self.proof {
            Proof::Password(secret) => ("password", secret.expose()),
            Proof::Token(secret) => ("token", secret.expose()),
            Proof::External | Proof::Anonymous => ("", ""),
        };
        let host = self.endpoint.as_ref().map_or("", |(host, _)| host);
        for (what, text) in [("user name", self.user.as_str()), secret, ("host name", host)] {
            if text.contains(['\r', '\n', '\0', '\u{1}']) {
                return Err(Error::new(ErrorKind::Misuse, format!("the {what} contains a control character")));
            }
        }
        Ok(())
    }

    fn begin(&self, way: Way, offered: &Capabilities, binding: Option<ChannelBinding>) -> Result<Credential, Error> {
        let (user, nothing) = (self.user.as_str(), Secret::new(""));
        let secret = match &self.proof {
            Proof::Password(secret) | Proof::Token(secret) => secret,
            Proof::External | Proof::Anonymous => &nothing,
        };
        let endpoint = self.endpoint.as_ref().map(|(host, port)| (host.as_str(), *port));
        let mechanism: Box<dyn Mechanism> = match way {
            Way::Command => return Ok(Credential::Login { user: user.into(), password: secret.clone() }),
            Way::Sasl(Method::Plain) => Box::new(Words::plain(user, secret)),
            Way::Sasl(Method::Login) => Box::new(Words::login(user, secret)),
            Way::Sasl(Method::External) => Box::new(Words::external(user)),
            Way::Sasl(Method::Anonymous) => Box::new(Words::anonymous(user)),
            Way::Sasl(Method::CramMd5) => Box::new(CramMd5::new(user, secret)),
            Way::Sasl(Method::XOAuth2) => Box::new(OAuth::xoauth2(user, secret)),
            Way::Sasl(Method::OAuthBearer) => Box::new(OAuth::bearer(user, secret, endpoint)),
            Way::Sasl(_) | Way::Plus(_) => {
                let offers_some = offered.auth_mechanisms().any(|name| name.to_ascii_uppercase().ends_with("-PLUS"));
                let binding = match (binding, way) {
                    (Some(binding), Way::Plus(_)) => Binding::Bound(binding),
                    (Some(_), _) if !offers_some => Binding::NotOffered,
                    _ => Binding::Impossible,
                };
                Box::new(Scram::new(way.name(), user, secret, binding, self.policy.max_iterations)?)
            }
        };
        Ok(Credential::Sasl(mechanism))
    }

    /// Why there is no way, and what the server offers instead (T028, M19).
    fn no_way(&self, offered: &Capabilities, only_clear: bool) -> Error {
        let mut offers: Vec<&str> = offered.auth_mechanisms().collect();
        if !offered.has(&Capability::LoginDisabled) {
            offers.push("the command LOGIN");
        }
        let offers =
            if offers.is_empty() { String::from("no way to log in") } else { printable(offers.join(", ").as_bytes()) };
        if only_clear {
            return Error::new(
                ErrorKind::Unsafe,
                format!("nothing was sent: it could be read on the way; the server offers {offers}"),
            );
        }
        let wanted = match (self.policy.accept, &self.proof) {
            (Accept::Only(method), _) => method.name(),
            (Accept::Bound(method), _) => Way::Plus(method).name(),
            (Accept::Scram, _) => "SCRAM",
            (Accept::Best, Proof::Password(_)) => "a way to log in with a password",
            (Accept::Best, Proof::Token(_)) => "a way to log in with a token",
            (Accept::Best, Proof::External) => "EXTERNAL",
            (Accept::Best, Proof::Anonymous) => "ANONYMOUS",
        };
        Error::new(ErrorKind::Auth, format!("the server does not offer {wanted} here; it offers {offers}"))
    }
}

impl Way {
    fn method(self) -> Method {
        match self {
            Self::Command => Method::Login,
            Self::Sasl(method) | Self::Plus(method) => method,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Plus(method) => method.plus_name().unwrap_or_else(|| method.name()),
            _ => self.method().name(),
        }
    }

    fn is_offered(self, offered: &Capabilities) -> bool {
        match self {
            Self::Command => !offered.has(&Capability::LoginDisabled),
            _ => offered.has_auth(self.name()),
        }
    }
}

impl Login for Credentials {
    fn choose(&mut self, offered: &Capabilities, link: Protection) -> Result<Credential, Error> {
        self.check()?;
        let binding = self.binding.as_ref().and_then(|source| source());
        let bind = self.policy.bind || matches!(self.policy.accept, Accept::Bound(_));
        let mut ways = self.ways(bind && binding.is_some());
        if let (Accept::Bound(method), None, true) = (self.policy.accept, &binding, ways.is_empty()) {
            let text = format!("{} needs TLS: there is no connection to tie the login to", Way::Plus(method).name());
            return Err(Error::new(ErrorKind::Unsafe, text));
        }
        if ways.is_empty() {
            return Err(Error::new(
                ErrorKind::Misuse,
                "the way to log in that is asked for does not go with the credentials",
            ));
        }
        ways.retain(|way| way.is_offered(offered));
        let some = !ways.is_empty();
        ways.retain(|way| link.is_confidential() || self.policy.danger_clear || !way.method().reveals_secret());
        match ways.first() {
            Some(way) => self.begin(*way, offered, binding),
            None => Err(self.no_way(offered, some)),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Credentials");
        shown.field("user", &self.user).field("proof", &self.proof).field("policy", &self.policy);
        shown.field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
