//! The verbs and their own flags, as typed.
//!
//! Apart from [`super`], which holds what all verbs share, so that a verb's help can be read from top to bottom as people see it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Answer, Connection};
use crate::{place, query};

/// See it work: a server in memory and the main job done against it, step by step, in seconds
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Leave the server running, and print how to reach it
    #[arg(long)]
    pub(crate) keep: bool,
    /// Save the messages below this folder instead of a new temporary one
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

/// Explain a connection: addresses, TLS, capabilities, login, what is odd and what to do about it
#[derive(Debug, Args)]
#[command(after_help = place::HELP)]
pub(crate) struct Doctor {
    /// An address, a host or a URL
    #[arg(value_name = "WHERE")]
    pub(crate) place: Option<String>,
    /// Look only as far as it goes without a password
    #[arg(long)]
    pub(crate) no_login: bool,
    /// Also try out what needs a folder: make one, put messages there, look whether IDLE tells of them, remove it
    #[arg(long, conflicts_with = "no_login")]
    pub(crate) write_test: bool,
    /// Look at STARTTLS on this port as well; 143 unless said, where the place is on 993
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) starttls_port: Option<u16>,
    /// Mask names, hosts, addresses, ids and keys everywhere, so that the report may be shown to others
    #[arg(long)]
    pub(crate) redact: bool,
    /// Write the report as a page into this file
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write the report as metrics into this file, for Prometheus' textfile collector
    #[arg(long, value_name = "FILE")]
    pub(crate) prom: Option<PathBuf>,
    /// Write the conversation into this file, without secrets, in the format that tests play (corpus/README.md)
    #[arg(long, value_name = "FILE")]
    pub(crate) transcript: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

/// List the folders: what each is for, how many messages, how large, subscribed or not
#[derive(Debug, Args)]
#[command(after_help = place::HELP)]
pub(crate) struct Ls {
    /// The account, or a folder to list what is below it
    #[arg(value_name = "WHERE")]
    pub(crate) place: Option<String>,
    /// Only subscribed folders
    #[arg(long)]
    pub(crate) subscribed: bool,
    /// Names only: faster where folders are many
    #[arg(long)]
    pub(crate) no_status: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

/// Find messages and list them: date, from, subject, size, flags
#[derive(Debug, Args)]
#[command(after_help = query::HELP)]
pub(crate) struct Search {
    /// The folder, as ann@example.org/INBOX or a URL (`imapkit ls --help` tells all forms); INBOX if none is named
    #[arg(value_name = "WHERE")]
    pub(crate) place: String,
    /// What to find, as in: from:ann since:7d -is:read "exact words"
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// At most so many messages, the newest
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<u32>,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

/// Show one message: headers, text, attachments. Does not mark it as read
#[derive(Debug, Args)]
#[command(after_help = place::HELP)]
pub(crate) struct Show {
    /// The folder, as ann@example.org/INBOX, or a URL with ;UID=
    #[arg(value_name = "WHERE")]
    pub(crate) place: String,
    /// The message's UID, as `search` lists it
    #[arg(value_name = "UID")]
    pub(crate) uid: Option<u32>,
    /// The message as it is, byte for byte
    #[arg(long, group = "view")]
    pub(crate) raw: bool,
    /// All header fields, decoded
    #[arg(long, group = "view")]
    pub(crate) headers: bool,
    /// The tree of its parts
    #[arg(long, group = "view")]
    pub(crate) structure: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

/// Download messages to a folder, a file or stdout. Does not mark them as read
///
/// What is there already is skipped, so a run that was interrupted goes on where it stopped.
#[derive(Debug, Args)]
#[command(after_help = query::HELP)]
pub(crate) struct Fetch {
    /// The folder, as ann@example.org/INBOX or a URL (`imapkit ls --help` tells all forms); INBOX if none is named
    #[arg(value_name = "WHERE")]
    pub(crate) place: String,
    /// Which messages, as in: since:7d has:attachment. All if none is given
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// Save below this folder; without it everything goes to stdout
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: Option<PathBuf>,
    /// How to write messages; eml by default
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// What each line of jsonl tells
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ITEMS", default_values_t = Item::DEFAULT)]
    pub(crate) items: Vec<Item>,
    /// Save the attachments, decoded, instead of whole messages
    #[arg(long, requires = "to", conflicts_with = "format")]
    pub(crate) attachments: bool,
    /// Mark messages as read once they are fetched
    #[arg(long)]
    pub(crate) mark_seen: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

/// Put messages into a folder, with their flags and dates
///
/// Takes message files (eml), mbox files, Maildir folders, and `-` for one message on stdin.
#[derive(Debug, Args)]
#[command(after_help = place::HELP)]
pub(crate) struct Put {
    /// The folder, as ann@example.org/INBOX or a URL (`imapkit ls --help` tells all forms); INBOX if none is named
    #[arg(value_name = "WHERE")]
    pub(crate) place: String,
    /// Files and folders to read
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// What the files are; found out by looking if not said
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<SourceFormat>,
    /// Flags instead of those in the files: seen, answered, flagged, draft, deleted, or keywords
    #[arg(long, value_delimiter = ',', value_name = "FLAGS")]
    pub(crate) flags: Option<Vec<String>>,
    /// Where a message's arrival date comes from
    #[arg(long, value_enum, value_name = "FROM", default_value_t = DateFrom::Auto)]
    pub(crate) date: DateFrom,
    /// Say what would be put, and put nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

/// Tell at once when messages arrive, go or change
///
/// Goes on after dropped connections and tells what arrived meanwhile. Ctrl-C ends it.
#[derive(Debug, Args)]
#[command(after_help = WATCH_HELP)]
pub(crate) struct Watch {
    /// The folder, as ann@example.org/INBOX or a URL (`imapkit ls --help` tells all forms); INBOX if none is named
    #[arg(value_name = "WHERE")]
    pub(crate) place: String,
    /// Run this for each event, in a shell; what happened is in its environment
    #[arg(long, value_name = "COMMAND")]
    pub(crate) exec: Option<String>,
    /// End after so many events
    #[arg(long, value_name = "EVENTS")]
    pub(crate) count: Option<u64>,
    /// End after so many seconds
    #[arg(long = "for", value_name = "SECONDS")]
    pub(crate) seconds: Option<u64>,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

const WATCH_HELP: &str = "\
The environment of --exec: IMAPKIT_EVENT (new, gone, flags), IMAPKIT_MAILBOX, IMAPKIT_UID, IMAPKIT_FROM, IMAPKIT_SUBJECT,
where known. The values are what senders wrote: quote them.

  imapkit watch ann@example.org --exec 'notify-send \"$IMAPKIT_FROM\" \"$IMAPKIT_SUBJECT\"'";

/// Write the man pages or the shell completions
#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// What to write
    #[arg(value_enum)]
    pub(crate) what: Generated,
    /// The shell, for completions
    #[arg(long, value_enum)]
    pub(crate) shell: Option<clap_complete::Shell>,
    /// The folder to write into
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: PathBuf,
}

/// What `generate` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Generated {
    /// Man pages
    Man,
    /// Completions for a shell
    Completions,
}

/// How `fetch` writes messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One file a message, byte for byte
    Eml,
    /// A Maildir, flags in the names
    Maildir,
    /// One mbox file, flags in Status fields
    Mbox,
    /// One JSON object a message
    Jsonl,
}

/// What a line of jsonl tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Item {
    /// The UID (always there)
    Uid,
    /// Flags and keywords
    Flags,
    /// When it arrived
    Date,
    /// Its size in bytes
    Size,
    /// Subject, addresses, ids
    Envelope,
    /// The tree of its parts
    Structure,
    /// All header fields, decoded
    Headers,
    /// The whole message, in base64
    Body,
}

impl Item {
    /// Without a word about it: what a list needs.
    const DEFAULT: [Self; 5] = [Self::Uid, Self::Flags, Self::Date, Self::Size, Self::Envelope];
}

impl std::fmt::Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

/// What the files of `put` are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SourceFormat {
    /// One message a file
    Eml,
    /// Messages after one another, each behind a line that begins with `From `
    Mbox,
    /// A folder with cur and new in it
    Maildir,
}

/// Where `put` takes the arrival date from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DateFrom {
    /// mbox: its From line; Maildir: the file's time; eml: the Date field
    Auto,
    /// The Date field
    Header,
    /// The file's time
    File,
    /// Now
    Now,
}
