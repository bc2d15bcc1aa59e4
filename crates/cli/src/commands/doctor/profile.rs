//! Which kind of server it is, by what it says, and what such servers are known to do.
//!
//! Never by its host name: a domain says who pays for a server, not what runs there. Sources are the trackers of other clients, collected
//! as server-quirks.md §1 and §6; each habit names what imapkit does about it. ADR 9.

use super::report::{Profile, Report};

/// A kind of server.
struct Kind {
    name: &'static str,
    /// Parts of its greeting.
    greeting: &'static [&'static str],
    /// Parts of the name in its answer to ID.
    id: &'static [&'static str],
    /// Capabilities that only it has.
    capability: &'static [&'static str],
    habits: &'static [&'static str],
}

/// The kinds we know, the narrow ones first.
const KINDS: &[Kind] = &[
    Kind {
        name: "Gmail",
        greeting: &["Gimap ready"],
        id: &["GImap"],
        capability: &["X-GM-EXT-1"],
        habits: &[
            "wants an app password or OAuth 2.0",
            "folders are labels: a message is in several at once and in All Mail always",
            "ends IDLE after some ten minutes; imapkit asks again after nine",
            "at most 15 connections at a time",
        ],
    },
    Kind {
        name: "Exchange",
        greeting: &["Microsoft Exchange", "IMAP4 service is ready", "IMAP4 service ready"],
        id: &["Microsoft.Exchange"],
        capability: &[],
        habits: &[
            "Microsoft 365 takes OAuth 2.0 only",
            "sizes of messages are estimates",
            "new keywords are not kept",
            "may accept the login and then say \"User is authenticated but not connected\": no mailbox, or IMAP switched off",
            "offers IMAP4rev2 and does not speak it: imapkit does not switch it on unless told",
        ],
    },
    Kind {
        name: "iCloud",
        greeting: &[],
        id: &["iCloud"],
        capability: &["XAPPLEPUSHSERVICE"],
        habits: &[
            "wants an app password",
            "tells all capabilities only after login",
            "QRESYNC loses messages there: leave it alone with --disable-extension QRESYNC",
            "answers FETCH RFC822 without content: imapkit asks for BODY.PEEK[]",
        ],
    },
    Kind {
        name: "Yahoo",
        greeting: &[],
        id: &["Yahoo"],
        capability: &["XYMHIGHESTMODSEQ", "X-UIDONLY"],
        habits: &[
            "wants an app password or OAuth 2.0",
            "shows only the newest messages of a large folder unless UIDONLY is enabled",
            "refuses a CHARSET in SEARCH, and searches by header fields fail",
        ],
    },
    Kind {
        name: "Proton Mail Bridge",
        greeting: &["Proton Mail Bridge"],
        id: &["Proton"],
        capability: &["XSTOP"],
        habits: &["its certificate is self-signed: pin its key", "UIDs change when it downloads everything anew"],
    },
    Kind {
        name: "Fastmail",
        greeting: &[],
        id: &["Fastmail"],
        capability: &["JMAPACCESS"],
        habits: &["wants an app password"],
    },
    Kind {
        name: "QQ Mail",
        greeting: &["QQMail"],
        id: &["QQMail"],
        capability: &[],
        habits: &[
            "wants an authorization code, made in the web settings, instead of the password",
            "SEARCH by text fails",
        ],
    },
    Kind {
        name: "Coremail (163, 126, 188)",
        greeting: &["Coremail"],
        id: &["Coremail"],
        capability: &[],
        habits: &[
            "refuses every folder until the program has said who it is (ID): imapkit does",
            "wants an authorization code",
        ],
    },
    Kind {
        name: "Yandex",
        greeting: &["Yandex"],
        id: &["Yandex"],
        capability: &[],
        habits: &["wants an app password", "may drop IDLE at any time"],
    },
    Kind {
        name: "Zoho",
        greeting: &["Zoho Mail"],
        id: &["Zoho"],
        capability: &[],
        habits: &["IMAP has to be switched on in the settings"],
    },
    Kind {
        name: "Dovecot",
        greeting: &["Dovecot"],
        id: &["Dovecot"],
        capability: &[],
        habits: &["at most 10 connections a user and address, unless its operator says otherwise"],
    },
    Kind {
        name: "Cyrus",
        greeting: &[" Cyrus IMAP"],
        id: &["Cyrus"],
        capability: &[],
        habits: &["a folder that is open elsewhere may end that connection when it is removed"],
    },
    Kind {
        name: "Courier",
        greeting: &["Courier-IMAP"],
        id: &["Courier"],
        capability: &[],
        habits: &[
            "folders lie below INBOX",
            "at most 4 connections from an address, unless its operator says otherwise",
            "SEARCH in UTF-8 is refused",
        ],
    },
    Kind {
        name: "hMailServer",
        greeting: &["IMAPrev1"],
        id: &["hMailServer"],
        capability: &[],
        habits: &["mistakes descending sets: imapkit sends ascending ones"],
    },
    Kind {
        name: "SmarterMail",
        greeting: &["SmarterMail"],
        id: &["SmarterMail"],
        capability: &[],
        habits: &["UIDVALIDITY may be 0: UIDs cannot be kept"],
    },
    Kind {
        name: "Domino",
        greeting: &["Domino IMAP4 Server"],
        id: &["Domino"],
        capability: &[],
        habits: &["searches by date fail"],
    },
    Kind {
        name: "UW IMAP or Panda",
        greeting: &[" IMAP4rev1 2007f.", " Panda IMAP "],
        id: &[],
        capability: &[],
        habits: &["lines of more than 1,000 octets are refused"],
    },
    Kind {
        name: "Stalwart",
        greeting: &["Stalwart"],
        id: &["Stalwart"],
        capability: &[],
        habits: &["bans an address after three failed logins"],
    },
    Kind {
        name: "Apache James",
        greeting: &["JAMES"],
        id: &["Apache-James"],
        capability: &[],
        habits: &["old versions told of all messages as vanished under QRESYNC"],
    },
    Kind {
        name: "Zimbra",
        greeting: &["Zimbra"],
        id: &["Zimbra"],
        capability: &[],
        habits: &["long keywords make APPEND fail"],
    },
    Kind {
        name: "GreenMail",
        greeting: &["GreenMail"],
        id: &["GreenMail"],
        capability: &[],
        habits: &["for tests: UIDVALIDITY is larger than 32 bits"],
    },
    Kind {
        name: "imapkit-server",
        greeting: &["imapkit-server"],
        id: &["imapkit-server"],
        capability: &[],
        habits: &["for demos and tests: keeps everything in memory"],
    },
];

/// The kind of server this report is about, if we know it. The answer to ID says most, then capabilities, then the greeting.
pub(super) fn of(report: &Report) -> Option<Profile> {
    let id =
        report.server_id.iter().find(|(name, _)| name.eq_ignore_ascii_case("name")).map(|(_, value)| value.as_str());
    let capabilities = report.capabilities.after_login.as_ref().or(report.capabilities.before_login.as_ref());
    let greeting = report.greeting.as_deref().unwrap_or_default();
    let within = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
    let by_id = KINDS.iter().filter_map(|kind| {
        kind.id
            .iter()
            .find(|part| id.is_some_and(|id| within(id, part)))
            .map(|_| (kind, format!("ID says {}", id.unwrap_or_default())))
    });
    let by_capability = KINDS.iter().filter_map(|kind| {
        let word = kind.capability.iter().find(|word| {
            capabilities.is_some_and(|words| words.iter().any(|offered| offered.eq_ignore_ascii_case(word)))
        })?;
        Some((kind, format!("it offers {word}")))
    });
    let by_greeting = KINDS.iter().filter_map(|kind| {
        kind.greeting
            .iter()
            .find(|part| within(greeting, part))
            .map(|part| (kind, format!("it greets as {}", part.trim())))
    });
    let (kind, known_by) = by_id.chain(by_capability).chain(by_greeting).next()?;
    let habits = kind.habits.iter().map(|habit| (*habit).to_owned()).collect();
    Some(Profile { name: kind.name.to_owned(), known_by, habits })
}

#[cfg(test)]
mod tests {
    use super::super::report::Capabilities;
    use super::*;

    fn known(greeting: &str, id: Option<&str>, words: &str) -> Option<(String, String)> {
        let report = Report {
            greeting: Some(greeting.into()),
            server_id: id.map(|id| ("name".to_owned(), id.to_owned())).into_iter().collect(),
            capabilities: Capabilities {
                before_login: Some(words.split(' ').map(str::to_owned).collect()),
                ..Capabilities::default()
            },
            ..Report::default()
        };
        of(&report).map(|profile| (profile.name, profile.known_by))
    }

    #[test]
    fn id_comes_before_capabilities_and_those_before_the_greeting() {
        let both = |name: &str, by: &str| Some((name.to_owned(), by.to_owned()));
        assert_eq!(known("Dovecot (Debian) ready.", None, "IMAP4rev1"), both("Dovecot", "it greets as Dovecot"));
        assert_eq!(known("hello", Some("Cyrus IMAP Murder"), "IMAP4rev1"), both("Cyrus", "ID says Cyrus IMAP Murder"));
        assert_eq!(
            known("Microsoft Exchange IMAP4 service ready.", None, ""),
            both("Exchange", "it greets as Microsoft Exchange")
        );
        assert_eq!(known("ready", None, "IMAP4rev1 x-gm-ext-1"), both("Gmail", "it offers X-GM-EXT-1"));
        assert_eq!(known("ready", Some("my own"), "IMAP4rev1"), None);
    }
}
