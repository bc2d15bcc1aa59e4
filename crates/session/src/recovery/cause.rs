//! Texts and codes that servers are known to say, and what they mean.
//!
//! Collected from mailcore2, nylas, imapflow and imapsync. A response code says more than a text, so the texts are asked only for the cause
//! *behind* a refusal: which switch is off, which password is meant. Every face (command line, component, bindings) names causes by this
//! table. RFC 5530 (response codes).
//!
//! Invariant: fragments are lower case and compared without case; the first row that matches wins, so the narrow ones come first.

use imapkit_types::Code;

use crate::error::Error;

/// What is behind a server's refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// IMAP is switched off for the account.
    ImapDisabled,
    /// An app password is wanted instead of the account's own.
    AppPassword,
    /// Too many connections of this account or from this address.
    TooManyConnections,
    /// The traffic or the commands of a day are used up.
    DailyLimit,
    /// The provider wants to see the owner in a browser.
    SecurityCheck,
    /// Exchange: the login was right, the mailbox is not open to it.
    NotConnected,
    /// Coremail: programs that do not say who they are (ID) are not trusted.
    UnsafeLogin,
    /// The access token has expired.
    TokenExpired,
    /// The server slows the account down.
    Throttled,
    /// The server has trouble of its own.
    Unavailable,
    /// The command was longer than the server accepts.
    TooLong,
    /// The mailbox is full.
    OverQuota,
    /// Login name or password are wrong.
    Credentials,
    /// There is no such mailbox.
    NoMailbox,
}

struct Row {
    cause: Cause,
    says: &'static [&'static str],
    name: &'static str,
    means: &'static str,
    advice: &'static str,
}

const TABLE: &[Row] = &[
    Row {
        cause: Cause::ImapDisabled,
        says: &["not enabled for imap", "imap access is disabled", "imap is disabled for", "enable imap"],
        name: "imap-disabled",
        means: "IMAP is switched off for this account",
        advice: "switch IMAP on in the account's settings at the provider, then try again",
    },
    Row {
        cause: Cause::AppPassword,
        says: &[
            "application-specific password",
            "app password",
            "app-specific password",
            "authorized code",
            "authorization code",
            "weixin token",
        ],
        name: "app-password",
        means: "the account wants an app password instead of its own",
        advice: "make an app password in the account's security settings at the provider and use it here",
    },
    Row {
        cause: Cause::TooManyConnections,
        says: &[
            "too many simultaneous connections",
            "too many connections",
            "maximum number of connections",
            "maxperip",
            "mail_max_userip_connections",
        ],
        name: "too-many-connections",
        means: "too many connections are open for this account or from this address",
        advice: "close other mail programs or wait some minutes, then try again",
    },
    Row {
        cause: Cause::DailyLimit,
        says: &["bandwidth limits", "command or bandwidth"],
        name: "daily-limit",
        means: "the account has used up the traffic the provider allows in a day",
        advice: "wait until it is reset, usually within 24 hours; what has been done so far stays done",
    },
    Row {
        cause: Cause::SecurityCheck,
        says: &["log in via your web browser", "via a web browser", "webalert", "web login required"],
        name: "security-check",
        means: "the provider wants to see the account's owner in a browser first",
        advice: "log in on the provider's web site, confirm that it was you, then try again",
    },
    Row {
        cause: Cause::NotConnected,
        says: &["authenticated but not connected"],
        name: "not-connected",
        means: "the login was right, but this mailbox is not open to it",
        advice: "check that the account has a mailbox and IMAP access, and for a shared mailbox the form of the login name",
    },
    Row {
        cause: Cause::UnsafeLogin,
        says: &["unsafe login"],
        name: "unsafe-login",
        means: "the provider does not trust programs that do not say who they are",
        advice: "allow this program in the account's settings at the provider",
    },
    Row {
        cause: Cause::TokenExpired,
        says: &["accesstokenexpired", "token expired", "command error. 10"],
        name: "token-expired",
        means: "the access token has expired",
        advice: "get a fresh token and try again",
    },
    Row {
        cause: Cause::Throttled,
        says: &["throttled", "suggested backoff"],
        name: "throttled",
        means: "the server is slowing this account down",
        advice: "wait some minutes, then try again; what has been done so far stays done",
    },
    Row {
        cause: Cause::Unavailable,
        says: &["server unavailable", "ocf12", "temporarily unavailable", "try again later", "internal error"],
        name: "unavailable",
        means: "the server has trouble of its own",
        advice: "try again in some minutes",
    },
    Row {
        cause: Cause::TooLong,
        says: &["command line too large", "command argument error", "too long"],
        name: "too-long",
        means: "the command was longer than this server accepts",
        advice: "ask for fewer messages at a time, for example with a uid: range",
    },
    Row {
        cause: Cause::OverQuota,
        says: &["over quota", "quota exceeded", "mailbox full", "mailbox is full"],
        name: "over-quota",
        means: "the mailbox is full",
        advice: "delete messages or get more room from the provider, then run the same command again",
    },
    Row {
        cause: Cause::Credentials,
        says: &[
            "invalid credentials",
            "login bad",
            "login incorrect",
            "re-authentication failure",
            "groupwise login failed",
            "authentication failed",
            "authentication failure",
            "password is incorrect",
            "wrong password",
        ],
        name: "credentials",
        means: "the login name or the password is wrong",
        advice: "check both; many providers want an app password here, and the whole address as the login name",
    },
    Row {
        cause: Cause::NoMailbox,
        says: &["unknown mailbox", "does not exist", "doesn't exist", "no such mailbox", "mailbox not found"],
        name: "no-mailbox",
        means: "there is no such folder",
        advice: "list the folders there are",
    },
];

impl Cause {
    /// What is behind a refusal. A code that says exactly what it is comes first, then the text, then a code that only says how it is.
    pub fn of(error: &Error) -> Option<Self> {
        let text = || error.server_text().and_then(Self::of_text);
        match error.code() {
            // Gmail says OVERQUOTA of the day's traffic, too.
            Some(Code::OverQuota) => text().filter(|cause| *cause == Self::DailyLimit).or(Some(Self::OverQuota)),
            Some(Code::Nonexistent | Code::TryCreate) => Some(Self::NoMailbox),
            Some(Code::WebAlert(_)) => Some(Self::SecurityCheck),
            Some(Code::Throttled) => text().or(Some(Self::Throttled)),
            // Dovecot: "[UNAVAILABLE] Temporary authentication failure".
            Some(Code::Unavailable | Code::ServerBug | Code::InUse) => {
                text().filter(|cause| *cause != Self::Credentials).or(Some(Self::Unavailable))
            }
            // Such a refusal is final, even when its text invites to try again later: the text may only say what about (T066).
            Some(Code::AuthenticationFailed) => {
                text().filter(|cause| !cause.is_temporary()).or(Some(Self::Credentials))
            }
            Some(Code::AuthorizationFailed) => {
                text().filter(|cause| !cause.is_temporary()).or(Some(Self::NotConnected))
            }
            Some(Code::Expired) => text().or(Some(Self::TokenExpired)),
            _ => text(),
        }
    }

    /// What is behind a text, if it is a known one.
    pub fn of_text(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        let row = TABLE.iter().find(|row| row.says.iter().any(|fragment| text.contains(fragment)))?;
        Some(row.cause)
    }

    /// Waiting mends it, and nobody's credentials are at fault.
    pub fn is_temporary(self) -> bool {
        matches!(self, Self::TooManyConnections | Self::DailyLimit | Self::Throttled | Self::Unavailable)
    }

    /// The name for programs: lower case, words joined by hyphens; never changes.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.name)
    }

    /// What it means, as the beginning of a sentence for people.
    pub fn means(self) -> &'static str {
        self.row().map_or("", |row| row.means)
    }

    /// What a person can do about it.
    pub fn advice(self) -> &'static str {
        self.row().map_or("", |row| row.advice)
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.cause)
    }

    fn row(self) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.cause == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_texts_have_known_causes() {
        for (text, cause) in [
            ("Your account is not enabled for IMAP use. Please visit your Gmail settings page", Cause::ImapDisabled),
            ("[ALERT] Application-specific password required: https://support.google.com/…", Cause::AppPassword),
            ("IMAP access is disabled for your domain.", Cause::ImapDisabled),
            // It does not say which.
            ("AUTHENTICATE invalid credentials or IMAP is disabled", Cause::Credentials),
            ("Please using authorized code to login", Cause::AppPassword),
            ("Authorized code is incorrect", Cause::AppPassword),
            ("Please using weixin token", Cause::AppPassword),
            ("Too many simultaneous connections. (Failure)", Cause::TooManyConnections),
            (
                "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
                Cause::TooManyConnections,
            ),
            ("Courier: see MAXPERIP", Cause::TooManyConnections),
            ("Account exceeded command or bandwidth limits. (Failure)", Cause::DailyLimit),
            ("[ALERT] Please log in via your web browser: https://support.google.com/…", Cause::SecurityCheck),
            ("Login to your account via a web browser", Cause::SecurityCheck),
            ("User is authenticated but not connected.", Cause::NotConnected),
            ("SELECT Unsafe Login. Please contact kefu@188.com for help", Cause::UnsafeLogin),
            ("Request is throttled. Suggested Backoff Time: 92415 milliseconds", Cause::Throttled),
            ("AccessTokenExpired", Cause::TokenExpired),
            ("Server Unavailable. 15", Cause::Unavailable),
            ("[SERVERBUG] OCF12 Server error", Cause::Unavailable),
            ("Service temporarily unavailable", Cause::Unavailable),
            ("Command Argument Error. 12", Cause::TooLong),
            ("Command line too large", Cause::TooLong),
            ("Invalid credentials (Failure)", Cause::Credentials),
            ("Login failed: authentication failure", Cause::Credentials),
            ("LOGIN bad", Cause::Credentials),
            ("LOGIN failure. Re-Authentication Failure", Cause::Credentials),
            ("GroupWise login failed", Cause::Credentials),
            ("Unknown Mailbox: Nix", Cause::NoMailbox),
        ] {
            assert_eq!(Cause::of_text(text), Some(cause), "{text}");
        }
        assert_eq!(Cause::of_text("completed"), None);
    }

    #[test]
    fn every_cause_has_one_row_and_its_words() {
        let mut names: alloc::vec::Vec<_> = Cause::all().map(Cause::name).collect();
        for cause in Cause::all() {
            assert!(!cause.name().is_empty() && !cause.means().is_empty() && !cause.advice().is_empty());
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
    }
}
