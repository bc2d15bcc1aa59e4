//! What some servers need beyond the protocol while a session is opened, as data.
//!
//! RFC 2971 (ID), RFC 5161 (ENABLE), RFC 2342 (NAMESPACE); protocol.md C42, C44, C53, M14. A server is known by what it says
//! (greeting, capabilities), never by the name it was reached by: a tunnel or a second domain must not change how it is treated.
//! Deviations in the bytes of responses are not here, they are tolerated where they are read; and a server that is not in the
//! table gets what the RFCs say.

use imapkit_types::{Capabilities, Capability};

/// A kind of server, and what is different about opening a session with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    /// What it is called in reports.
    pub(crate) name: &'static str,
    mark: Mark,
    /// It wants ID before login as well (C44).
    pub(crate) early_id: bool,
    /// These are not switched on although it offers them.
    pub(crate) not_enabled: &'static [Capability],
    /// It switches these on without saying so (M14).
    pub(crate) silently_enabled: &'static [Capability],
    /// NAMESPACE makes it hang up.
    pub(crate) no_namespace: bool,
}

/// How it is recognised.
#[derive(Debug, PartialEq, Eq)]
enum Mark {
    /// The greeting holds these words.
    Greeting(&'static str),
    /// It offers this token.
    Token(&'static str),
}

const NOTHING_SPECIAL: Profile = Profile {
    name: "",
    mark: Mark::Greeting(""),
    early_id: false,
    not_enabled: &[],
    silently_enabled: &[],
    no_namespace: false,
};

/// The first that fits counts.
const PROFILES: [Profile; 4] = [
    // 163.com, 126.com, yeah.net: SELECT is refused as "Unsafe Login" without ID (deltachat #25, himalaya #652).
    Profile { name: "Coremail", mark: Mark::Greeting("Coremail"), early_id: true, ..NOTHING_SPECIAL },
    // Drops the connection at NAMESPACE (MailKit #1512).
    Profile {
        name: "Exchange 2003",
        mark: Mark::Greeting("Microsoft Exchange Server 2003"),
        no_namespace: true,
        ..NOTHING_SPECIAL
    },
    // Offers IMAP4rev2 on some tenants, and once that is on LSUB and ESEARCH fail (MailKit #2016, imapflow 1.6.2).
    Profile {
        name: "Exchange",
        mark: Mark::Greeting("Microsoft Exchange"),
        not_enabled: &[Capability::Imap4Rev2],
        ..NOTHING_SPECIAL
    },
    // Answers ENABLE by OK alone (MailKit #1871).
    Profile {
        name: "iCloud",
        mark: Mark::Token("XAPPLEPUSHSERVICE"),
        silently_enabled: &[Capability::CondStore, Capability::Qresync],
        ..NOTHING_SPECIAL
    },
];

/// The profile of a server that greets so and offers this.
pub(crate) fn of(greeting: &str, offered: Option<&Capabilities>) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| match profile.mark {
        Mark::Greeting(words) => greeting.contains(words),
        Mark::Token(token) => offered.is_some_and(|offered| offered.has(&Capability::parse(token))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(greeting: &str, offered: &[&str]) -> Option<&'static str> {
        of(greeting, Some(&Capabilities::from_tokens(offered.iter().copied()))).map(|profile| profile.name)
    }

    #[test]
    fn c042_servers_are_known_by_what_they_say() {
        assert_eq!(name("Coremail System IMap Server Ready(163com[0a1b])", &[]), Some("Coremail"));
        assert_eq!(name("The Microsoft Exchange IMAP4 service is ready. [TABC]", &[]), Some("Exchange"));
        assert_eq!(name("Microsoft Exchange IMAP4 service ready.", &["IMAP4rev2"]), Some("Exchange"));
        assert_eq!(name("Microsoft Exchange Server 2003 IMAP4rev1 server ready", &[]), Some("Exchange 2003"));
        assert_eq!(name("hi", &["IMAP4rev1", "XAPPLEPUSHSERVICE"]), Some("iCloud"));
        assert_eq!(name("Dovecot ready.", &["IMAP4rev1"]), None);
        assert_eq!(of("hi", None), None);
    }
}
