//! Texts that servers are known to say, and what they mean.
//!
//! Collected from mailcore2, nylas, imapflow and imapsync (server-quirks.md §6.13c). A response code says more than a text, so the texts
//! are asked only for the cause *behind* a refusal: which switch is off, which password is meant, how long to wait.
//!
//! Invariant: fragments are lower case and compared without case; the first row that matches wins, so the narrow ones come first.

use crate::exit::Exit;

/// What a text means and what to do about it.
#[derive(Debug)]
pub(crate) struct Cause {
    /// The name for programs (`docs/json.md`).
    pub(crate) kind: &'static str,
    /// How the run ends.
    pub(crate) exit: Exit,
    /// What it means, as the beginning of a sentence.
    pub(crate) means: &'static str,
    /// What to do.
    pub(crate) next: &'static str,
}

/// Fragments of one row, and their cause.
const TABLE: &[(&[&str], Cause)] = &[
    (
        &["not enabled for imap", "imap access is disabled", "imap is disabled", "enable imap"],
        Cause {
            kind: "imap-disabled",
            exit: Exit::Auth,
            means: "IMAP is switched off for this account",
            next: "switch IMAP on in the account's settings at the provider, then try again",
        },
    ),
    (
        &[
            "application-specific password",
            "app password",
            "app-specific password",
            "authorized code",
            "authorization code",
            "weixin token",
        ],
        Cause {
            kind: "app-password",
            exit: Exit::Auth,
            means: "the account wants an app password instead of its own",
            next: "make an app password in the account's security settings at the provider and use it here",
        },
    ),
    (
        &[
            "too many simultaneous connections",
            "maximum number of connections",
            "maxperip",
            "mail_max_userip_connections",
        ],
        Cause {
            kind: "too-many-connections",
            exit: Exit::Network,
            means: "too many connections are open for this account or from this address",
            next: "close other mail programs or wait some minutes, then try again",
        },
    ),
    (
        &["bandwidth limits", "command or bandwidth"],
        Cause {
            kind: "daily-limit",
            exit: Exit::Failed,
            means: "the account has used up the traffic the provider allows in a day",
            next: "wait until it is reset, usually within 24 hours; what has been done so far stays done",
        },
    ),
    (
        &["log in via your web browser", "via a web browser", "webalert", "web login required"],
        Cause {
            kind: "security-check",
            exit: Exit::Auth,
            means: "the provider wants to see the account's owner in a browser first",
            next: "log in on the provider's web site, confirm that it was you, then try again",
        },
    ),
    (
        &["authenticated but not connected"],
        Cause {
            kind: "not-connected",
            exit: Exit::Auth,
            means: "the login was right, but this mailbox is not open to it",
            next: "check that the account has a mailbox and IMAP access, and for a shared mailbox the form of the login name",
        },
    ),
    (
        &["unsafe login"],
        Cause {
            kind: "unsafe-login",
            exit: Exit::Auth,
            means: "the provider does not trust programs that do not say who they are",
            next: "allow this program in the account's settings at the provider",
        },
    ),
    (
        &["accesstokenexpired", "token expired", "command error. 10"],
        Cause {
            kind: "token-expired",
            exit: Exit::Auth,
            means: "the access token has expired",
            next: "get a fresh token and try again",
        },
    ),
    (
        &["throttled", "suggested backoff"],
        Cause {
            kind: "throttled",
            exit: Exit::Failed,
            means: "the server is slowing this account down",
            next: "wait some minutes, then try again; what has been done so far stays done",
        },
    ),
    (
        &["server unavailable", "ocf12", "temporarily unavailable", "try again later", "internal error"],
        Cause {
            kind: "unavailable",
            exit: Exit::Failed,
            means: "the server has trouble of its own",
            next: "try again in some minutes",
        },
    ),
    (
        &["command line too large", "command argument error", "too long"],
        Cause {
            kind: "too-long",
            exit: Exit::Failed,
            means: "the command was longer than this server accepts",
            next: "ask for fewer messages at a time, for example with a uid: range",
        },
    ),
    (
        &["over quota", "quota exceeded", "mailbox full", "mailbox is full"],
        Cause {
            kind: "over-quota",
            exit: Exit::Failed,
            means: "the mailbox is full",
            next: "delete messages or get more room from the provider, then run the same command again",
        },
    ),
    (
        &[
            "invalid credentials",
            "login bad",
            "login incorrect",
            "re-authentication failure",
            "groupwise login failed",
            "authentication failed",
            "password is incorrect",
            "wrong password",
        ],
        Cause {
            kind: "credentials",
            exit: Exit::Auth,
            means: "the login name or the password is wrong",
            next: "check both; many providers want an app password here, and the whole address as the login name",
        },
    ),
    (
        &["unknown mailbox", "does not exist", "doesn't exist", "no such mailbox", "mailbox not found"],
        Cause {
            kind: "no-mailbox",
            exit: Exit::Failed,
            means: "there is no such folder",
            next: "list what there is with: imapkit ls",
        },
    ),
];

/// The cause behind a server's text, if it is a known one.
pub(crate) fn of_text(text: &str) -> Option<&'static Cause> {
    let text = text.to_lowercase();
    TABLE.iter().find(|(says, _)| says.iter().any(|fragment| text.contains(fragment))).map(|(_, cause)| cause)
}

/// The names of all causes.
#[cfg(test)]
pub(crate) fn kinds() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(_, cause)| cause.kind)
}
