//! The command line as it was typed: one clap type per verb, the words of the help beside the flag they explain.
//!
//! Separate from [`super::high`], which says what it means: nothing here looks at the network, the clock or a file, so man page and shell
//! completions come from the very same definitions. The contract is `imapkit --help`; names and meanings of flags do not change.

mod login;
mod verbs;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::output::Progress;
pub(crate) use login::*;
pub(crate) use verbs::*;

/// Mail over IMAP, from the command line.
#[derive(Debug, Parser)]
#[command(
    name = "imapkit",
    version,
    about = "Mail over IMAP, from the command line: look, search, fetch, put, watch, diagnose",
    after_help = AFTER_HELP,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(crate) struct Low {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const AFTER_HELP: &str = concat!(
    "Start with `imapkit demo`: it needs no account. Then, with one:\n",
    "  imapkit doctor ann@example.org\n",
    "  imapkit search ann@example.org is:unread since:7d\n",
    "  imapkit fetch ann@example.org/INBOX --to mail\n\n",
    "Exit codes: 0 done · 1 failed · 2 done, with items left out or warnings · 3 login refused ·\n",
    "            4 network · 5 refused because it would not be safe · 64 wrong usage"
);

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Demo(Demo),
    Doctor(Doctor),
    Ls(Ls),
    Search(Search),
    Show(Show),
    Fetch(Fetch),
    Put(Put),
    Watch(Watch),
    Login(Box<Login>),
    Token(Token),
    Accounts(Accounts),
    Logout(Logout),
    #[command(hide = true)]
    Generate(Generate),
}

/// How to get to the server: the same flags on every verb.
#[allow(clippy::struct_excessive_bools, reason = "independent switches")]
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Use this account of the configuration file; the place is then only the folder
    #[arg(long, value_name = "NAME", env = "IMAPKIT_ACCOUNT")]
    pub(crate) account: Option<String>,
    /// Log in by this name instead of the one in the place
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Take the password from the first line this command prints (otherwise: `IMAPKIT_PASSWORD`, or a prompt)
    #[arg(long, value_name = "COMMAND")]
    pub(crate) password_command: Option<String>,
    /// Log in with the OAuth 2.0 access token in the first line this command prints (otherwise: `IMAPKIT_TOKEN`, or `imapkit login`)
    #[arg(long, value_name = "COMMAND", conflicts_with = "password_command")]
    pub(crate) token_command: Option<String>,
    /// Trust the authorities in this PEM file, besides the system's
    #[arg(long, value_name = "PEM")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Accept only this public key: SHA-256 in hex, as `doctor` shows it; may be given more than once
    #[arg(long, value_name = "SHA256")]
    pub(crate) pin: Vec<String>,
    /// Accept any certificate. Dangerous: whoever sits in the way can read everything
    #[arg(long)]
    pub(crate) trusted_site: bool,
    /// Show this certificate when the server asks for one: PEM with its key, or PKCS#12
    #[arg(long, value_name = "FILE")]
    pub(crate) client_cert: Option<PathBuf>,
    /// Take the certificate's password from the first line this command prints (otherwise: `IMAPKIT_CLIENT_CERT_PASSWORD`, or a prompt)
    #[arg(long, value_name = "COMMAND")]
    pub(crate) client_cert_password_command: Option<String>,
    /// Also speak to servers that only know old, weak protection: TLS 1.0 and 1.1, RC4, 3DES, MD5, SHA-1, short keys
    #[arg(long)]
    pub(crate) secure_fallback: bool,
    /// Ask nobody where the server of a mail address is: only a built-in list and the usual names (imap., mail.) are tried
    #[arg(long)]
    pub(crate) no_discover: bool,
    /// Give up when connecting takes, or the server stays silent, for longer than this
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: Option<u64>,
    /// Go through this: `socks5://`, `socks4a://`, `http://` or `https://` and `[USER@]HOST[:PORT]`, `command:PROGRAM ARGUMENTS` (with
    /// {host}, {port}, {user}), `unix:PATH`; `env` takes `ALL_PROXY`, `none` goes directly. A password: `IMAPKIT_PROXY_PASSWORD`
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Trust the authorities in this PEM file for an https:// proxy, instead of the system's
    #[arg(long, value_name = "PEM")]
    pub(crate) proxy_ca_file: Option<PathBuf>,
    /// The address leads through a tunnel or a forwarded port, and proves nothing: not that it is this machine, nor what the greeting
    /// says; the server may say that we are logged in already (PREAUTH)
    #[arg(long)]
    pub(crate) tunnel: bool,
    /// Dial IPv6 addresses first, with a head start
    #[arg(long)]
    pub(crate) prefer_ipv6: bool,
    /// Compress the connection if the server can (COMPRESS=DEFLATE): for slow links
    #[arg(long)]
    pub(crate) compress: bool,
    /// Log in by this SASL mechanism only, or by LOGIN; `-PLUS` ties the login to the TLS connection (SCRAM-SHA-256-PLUS)
    #[arg(long, value_name = "MECHANISM")]
    pub(crate) auth: Option<String>,
    /// Pretend that the server does not offer this capability; may be given more than once
    #[arg(long, value_name = "CAPABILITY")]
    pub(crate) disable_extension: Vec<String>,
    /// Let clear text leave this machine, password and all
    #[arg(long)]
    pub(crate) allow_cleartext: bool,
    /// Write what is said to and by the server into this file, without secrets
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// Say more about what happens
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

/// How to answer: the same flags on every verb.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Answer {
    /// Print JSON, one object a line; see docs/json.md
    #[arg(long)]
    pub(crate) json: bool,
    /// Progress of long work, on stderr
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Progress::Auto)]
    pub(crate) progress: Progress,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_hold_together() {
        Low::command().debug_assert();
    }

    #[test]
    fn every_verb_on_a_server_has_the_same_connection_flags() {
        let command = Low::command();
        let flags = |verb: &str| -> Vec<String> {
            let verb = command.find_subcommand(verb).unwrap();
            let ours = verb.get_arguments().filter(|arg| arg.get_help_heading() == Some("Connection"));
            ours.map(|arg| arg.get_id().to_string()).collect()
        };
        let doctor = flags("doctor");
        assert_eq!(doctor.len(), 22);
        for verb in ["ls", "search", "show", "fetch", "put", "watch", "login"] {
            assert_eq!(flags(verb), doctor, "{verb}");
        }
    }

    #[test]
    fn no_flag_takes_a_secret() {
        for verb in Low::command().get_subcommands() {
            assert!(
                verb.get_arguments()
                    .all(|arg| !["password", "token", "secret", "client_secret"].contains(&arg.get_id().as_str()))
            );
        }
    }
}
