//! The verbs about logins, as typed.
//!
//! Apart from the verbs on a server's mailboxes since most of their flags are about providers and stores. Secrets have no flags: they come
//! from a prompt, a file, a command or the environment.

use std::path::PathBuf;

use clap::Args;

use super::{Answer, Connection};
use crate::{place, vault};

/// Log in and keep the login, by OAuth 2.0 in the browser or by device code, or with an (app) password
#[derive(Debug, Args)]
#[command(after_help = place::HELP)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches")]
pub(crate) struct Login {
    /// The mail address, or any other way to say where; with --account that of the account
    #[arg(value_name = "WHERE")]
    pub(crate) place: Option<String>,
    /// Call the account so; otherwise as what was typed
    #[arg(long, value_name = "NAME", conflicts_with = "account")]
    pub(crate) name: Option<String>,
    /// Keep a password, which most providers call app password, instead of OAuth 2.0
    #[arg(long = "password", help_heading = "Login", conflicts_with_all = ["device", "no_browser", "provider", "client_id"])]
    pub(crate) by_password: bool,
    /// Who gives tokens: google, microsoft, or a name for your own; known for their servers
    #[arg(long, value_name = "NAME", help_heading = "Login")]
    pub(crate) provider: Option<String>,
    /// The client id you have at the provider
    #[arg(long, value_name = "ID", help_heading = "Login", env = "IMAPKIT_CLIENT_ID")]
    pub(crate) client_id: Option<String>,
    /// Take the client's secret, if it has one, from the first line of this file (otherwise: `IMAPKIT_CLIENT_SECRET`)
    #[arg(long, value_name = "FILE", help_heading = "Login", conflicts_with = "client_secret_command")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Take the client's secret from the first line this command prints
    #[arg(long, value_name = "COMMAND", help_heading = "Login")]
    pub(crate) client_secret_command: Option<String>,
    /// Show a code to enter in a browser elsewhere, instead of a browser here
    #[arg(long, help_heading = "Login", conflicts_with = "no_browser")]
    pub(crate) device: bool,
    /// Print the address of the provider's page instead of opening a browser
    #[arg(long, help_heading = "Login")]
    pub(crate) no_browser: bool,
    /// Wait no longer than this for the person in the browser
    #[arg(long, value_name = "SECONDS", help_heading = "Login", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) wait: Option<u64>,
    /// The provider's page of consent
    #[arg(long, value_name = "URL", help_heading = "Login")]
    pub(crate) auth_url: Option<String>,
    /// Where the provider gives tokens
    #[arg(long, value_name = "URL", help_heading = "Login")]
    pub(crate) token_url: Option<String>,
    /// Where the provider gives device codes
    #[arg(long, value_name = "URL", help_heading = "Login")]
    pub(crate) device_url: Option<String>,
    /// Where the provider revokes tokens
    #[arg(long, value_name = "URL", help_heading = "Login")]
    pub(crate) revoke_url: Option<String>,
    /// Ask for this; may be given more than once
    #[arg(long, value_name = "SCOPE", help_heading = "Login")]
    pub(crate) scope: Vec<String>,
    /// Where to keep the login; keyring unless the account says otherwise
    #[arg(long, value_name = "WHERE", value_enum, help_heading = "Login")]
    pub(crate) store: Option<vault::Place>,
    /// For --store command: prints what is kept; the account is in `IMAPKIT_STORE_ACCOUNT`
    #[arg(long, value_name = "COMMAND", help_heading = "Login")]
    pub(crate) store_get: Option<String>,
    /// For --store command: keeps the line on its stdin
    #[arg(long, value_name = "COMMAND", help_heading = "Login")]
    pub(crate) store_set: Option<String>,
    /// For --store command: removes what is kept
    #[arg(long, value_name = "COMMAND", help_heading = "Login")]
    pub(crate) store_remove: Option<String>,
    /// Keep the login without trying it on the mail server
    #[arg(long, help_heading = "Login")]
    pub(crate) no_verify: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

/// Print an access token for other programs, refreshed if it is about to end
#[derive(Debug, Args)]
pub(crate) struct Token {
    /// The account, by name or address; the only one with tokens unless said
    #[arg(value_name = "ACCOUNT", env = "IMAPKIT_ACCOUNT")]
    pub(crate) account: Option<String>,
    /// Get a fresh one, whatever is kept
    #[arg(long)]
    pub(crate) refresh: bool,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

/// List the accounts: how each logs in, where its login is kept, when its token ends
#[derive(Debug, Args)]
pub(crate) struct Accounts {
    #[command(flatten)]
    pub(crate) answer: Answer,
}

/// Forget a login, here and at the provider
#[derive(Debug, Args)]
pub(crate) struct Logout {
    /// The account, by name or address
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: String,
    /// Do not ask the provider to revoke it
    #[arg(long)]
    pub(crate) no_revoke: bool,
    /// Remove the account from the configuration, too
    #[arg(long)]
    pub(crate) forget: bool,
    #[command(flatten)]
    pub(crate) answer: Answer,
}
