//! A mail address, in the two parts that matter here: who, and at which domain.
//!
//! Separate because everything begins with one, and because the domain becomes names that are resolved and hosts that are connected to, so
//! it passes the same door as other hosts (`dial::Host`): lower-case A-labels, nothing that could be an option or an address (IDNA, RFC
//! 5890). The local part is the provider's business and stays as it is (RFC 5321 §2.3.11), but holds no control characters.

use std::fmt;

use imapkit::dial::Host;

use crate::error::{Error, Reason};

/// The longest local part taken, in bytes; RFC 5321 §4.5.3.1.1 says 64, and people have been given longer ones.
const MAX_LOCAL: usize = 256;

/// A mail address whose domain can be looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email {
    local: String,
    domain: String,
}

impl Email {
    /// Reads `ann@example.org`; the domain may be in any script.
    ///
    /// # Errors
    /// [`Reason::Address`], which says what is wrong.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |why: &str| Error::new(Reason::Address(why.to_owned()));
        let (local, domain) = text.trim().rsplit_once('@').ok_or_else(|| wrong("there is no `@` in it"))?;
        if local.is_empty() {
            return Err(wrong("there is nothing before the `@`"));
        }
        if local.len() > MAX_LOCAL || local.chars().any(char::is_control) {
            return Err(wrong("what is before the `@` is too long or holds control characters"));
        }
        if !local.starts_with('"') && local.contains(|c: char| c.is_whitespace() || "@<>,;:\"()[]\\".contains(c)) {
            return Err(wrong("what is before the `@` holds a character that only belongs there in quotes"));
        }
        match Host::parse(domain) {
            Ok(Host::Name(domain)) if domain.contains('.') => Ok(Self { local: local.to_owned(), domain }),
            Ok(Host::Name(_)) => Err(wrong("there is no dot in the domain")),
            Ok(_) => Err(wrong("the domain is an address, not a name")),
            Err(error) => Err(Error::new(Reason::Address(error.to_string()))),
        }
    }

    /// What is before the `@`.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The domain, in lower-case A-labels (`xn--…`), without a trailing dot.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// `host` is the domain or below it.
    pub(crate) fn owns(&self, host: &str) -> bool {
        is_under(host, &self.domain)
    }
}

/// `host` is `domain` or below it; both in lower case.
pub(crate) fn is_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_a_labels_and_local_parts_stay() {
        for (text, local, domain) in [
            ("ann@example.org", "ann", "example.org"),
            (" Ann.Lee+x@EXAMPLE.org. ", "Ann.Lee+x", "example.org"),
            ("jörg@bücher.example", "jörg", "xn--bcher-kva.example"),
            ("\"a b@c\"@example.org", "\"a b@c\"", "example.org"),
        ] {
            let email = Email::parse(text).unwrap();
            assert_eq!((email.local(), email.domain()), (local, domain));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["ann", "@example.org", "ann@", "ann@localhost", "ann@192.0.2.1", "a b@example.org", "a\r\nb@example.org"]
        {
            assert!(matches!(Email::parse(text).unwrap_err().reason(), Reason::Address(_)), "{text:?}");
        }
        for text in ["ann@-x.example", "ann@ex ample.org", "<ann@example.org>", "bob,ann@example.org", "ann@a..b"] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn below_a_domain_ends_at_a_dot() {
        let email = Email::parse("ann@example.org").unwrap();
        assert!(email.owns("example.org") && email.owns("autoconfig.example.org"));
        assert!(!email.owns("evilexample.org") && !email.owns("example.org.evil.net") && !email.owns("org"));
    }
}
