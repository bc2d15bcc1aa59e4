//! What is known of large providers: where, as whom, and what they want done first.
//!
//! Separate because it is data (`table.rs`), needs no network, and answers for most addresses at once. A row is found by the domain of an
//! address, or by the provider that takes a domain's mail (MX), which is how companies use Google and Microsoft under their own names. An
//! MX can be forged, but leads here only to a row of this table: to a provider, not to an attacker.
//!
//! Invariants (tested): every host is a name, every domain belongs to one row, the needs and logins fit each other.

mod table;

use imapkit::dial::Host;

use crate::email::{Email, is_under};
use crate::server::{Auth, Protection, Server};
use table::TABLE;

/// What the login name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User {
    /// The whole address.
    Address,
    /// What is before the `@`.
    Local,
}

/// What has to be done at the provider before a login works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Need {
    /// Make an app password (also called authorization code) and use it instead of the account's own.
    AppPassword,
    /// Switch IMAP on in the account's settings.
    SwitchOn,
    /// Log in by OAuth 2.0: passwords are not taken at all.
    OAuth,
    /// Pay: IMAP is not part of the free account.
    Paid,
    /// Run the provider's bridge on this machine and connect to that.
    Bridge,
}

impl Need {
    /// What to do, as a sentence for people.
    pub fn advice(self) -> &'static str {
        match self {
            Self::AppPassword => {
                "make an app password in the account's security settings and use it instead of the account's own"
            }
            Self::SwitchOn => "switch IMAP on in the account's settings on the provider's web site first",
            Self::OAuth => "passwords are not taken here: log in by OAuth 2.0",
            Self::Paid => "IMAP is part of the paid accounts only",
            Self::Bridge => "run the provider's bridge on this machine and connect to it at localhost",
        }
    }
}

/// A provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provider {
    /// Its name, for people.
    pub name: &'static str,
    /// The IMAP server, TLS on port 993; empty where there is none.
    pub host: &'static str,
    /// Ways to log in, best first.
    pub auth: &'static [Auth],
    /// What has to be done first.
    pub needs: &'static [Need],
    user: User,
    domains: &'static [&'static str],
    /// Mail exchangers are these hosts or below them.
    exchangers: &'static [&'static str],
}

impl Provider {
    /// The server for an address; `None` where the provider has no IMAP for mail programs.
    pub fn server(&self, email: &Email) -> Option<Server> {
        let host = Some(self.host).filter(|host| !host.is_empty())?;
        let user = match self.user {
            User::Address => email.to_string(),
            User::Local => email.local().to_owned(),
        };
        let mut server = Server::new(Host::parse(host).ok()?, Protection::Tls, user);
        server.auth = self.auth.to_vec();
        Some(server)
    }
}

/// The provider of a domain (lower-case A-labels), if it is in the table.
pub fn provider(domain: &str) -> Option<&'static Provider> {
    TABLE.iter().find(|row| row.domains.contains(&domain))
}

/// The provider that this host takes mail for (lower-case, no trailing dot), if it is in the table.
pub fn provider_by_mx(exchange: &str) -> Option<&'static Provider> {
    TABLE.iter().find(|row| row.exchangers.iter().any(|of| is_under(exchange, of)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn rows_make_sense() {
        let mut domains = HashSet::new();
        for row in TABLE {
            assert!(!row.domains.is_empty() || !row.exchangers.is_empty(), "{} is never found", row.name);
            for name in
                row.domains.iter().chain(row.exchangers).chain([&row.host].into_iter().filter(|h| !h.is_empty()))
            {
                assert_eq!(Host::parse(name).unwrap(), Host::Name((*name).to_owned()), "{}", row.name);
                assert!(name.contains('.'), "{name}");
            }
            for domain in row.domains {
                assert!(domains.insert(domain), "{domain} is in two rows");
            }
            assert_eq!(row.host.is_empty(), row.auth.is_empty(), "{}", row.name);
            let only_oauth = row.needs.contains(&Need::OAuth);
            assert!(!only_oauth || row.auth == [Auth::OAuth2], "{}", row.name);
            assert!(!row.needs.contains(&Need::AppPassword) || row.auth.contains(&Auth::Password), "{}", row.name);
        }
        let with_imap = TABLE.iter().filter(|row| !row.host.is_empty() && !row.domains.is_empty()).count();
        assert!(with_imap >= 30, "{with_imap} providers by domain");
    }

    #[test]
    fn exchangers_lead_to_the_narrowest_row() {
        for (exchange, host) in [
            ("aspmx.l.google.com", "imap.gmail.com"),
            ("smtp.google.com", "imap.gmail.com"),
            ("example-org.mail.protection.outlook.com", "outlook.office365.com"),
            ("example-org.a-v1.mx.microsoft", "outlook.office365.com"),
            ("in1-smtp.messagingengine.com", "imap.fastmail.com"),
            ("mx.zoho.eu", "imappro.zoho.eu"),
            ("mx-aol.mail.gm0.yahoodns.net", "imap.aol.com"),
            ("mta7.am0.yahoodns.net", "imap.mail.yahoo.com"),
            ("mx01.mail.icloud.com", "imap.mail.me.com"),
        ] {
            assert_eq!(provider_by_mx(exchange).map(|row| row.host), Some(host), "{exchange}");
        }
        for exchange in ["mx.example.org", "google.com.evil.net", "notgoogle.com", ""] {
            assert_eq!(provider_by_mx(exchange), None, "{exchange}");
        }
    }

    #[test]
    fn the_login_name_is_the_providers_rule() {
        let at = |address: &str| {
            let email = Email::parse(address).unwrap();
            provider(email.domain()).and_then(|row| row.server(&email)).map(|server| (server.to_string(), server.user))
        };
        let expected = ("imap.gmail.com:993 (TLS)".to_owned(), "ann@gmail.com".to_owned());
        assert_eq!(at("ann@GMAIL.com"), Some(expected));
        assert_eq!(at("ann@me.com").unwrap().1, "ann");
        assert_eq!(at("ann@proton.me"), None);
        assert!(provider("proton.me").unwrap().needs.contains(&Need::Bridge));
        assert_eq!(provider("example.org"), None);
    }
}
