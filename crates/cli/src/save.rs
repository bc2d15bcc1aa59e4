//! Messages on their way into files: one writer for each format, all fed the same way.
//!
//! ```text
//! begin(meta) -> Skip, or: write(piece)* -> end() -> Kept     one message at a time; close() after the last
//! ```
//!
//! Separate from `fetch` because the formats know nothing of IMAP. Everything is streamed; what has its final name is complete, so a run
//! that was interrupted goes on where it stopped. eml keeps octets as they are; Maildir and mbox want LF (Dovecot, mutt and mbsync write
//! them so). RFC 4155 (mbox), the mboxrd way of quoting; <https://cr.yp.to/proto/maildir.html>.

mod eml;
mod lines;
mod maildir;
mod mbox;

use std::path::{Path, PathBuf};

use imapkit::types::{DateTime, Flags, Uid, UidValidity};

use crate::args::low::Format;
use crate::errors::Outcome;
use crate::output::Output;

/// What is known of a message before its content comes.
#[derive(Clone, Debug)]
pub(crate) struct Meta {
    /// Which message.
    pub(crate) uid: Uid,
    /// Its flags.
    pub(crate) flags: Flags,
    /// When it arrived.
    pub(crate) date: Option<DateTime>,
    /// Its size, as far as the server is to be believed.
    pub(crate) size: u64,
}

/// Where messages go.
#[derive(Debug)]
pub(crate) enum Writer {
    /// One file each.
    Eml(eml::Folder),
    /// A Maildir.
    Maildir(maildir::Maildir),
    /// One file for all.
    Mbox(mbox::File),
    /// stdout, as eml (`quoted` is none) or mbox.
    Stdout { quoted: Option<mbox::Quoted> },
}

impl Writer {
    /// Opens the writer: `folder` is that of the mailbox, stdout if there is none.
    pub(crate) fn open(format: Format, folder: Option<&Path>, uid_validity: UidValidity) -> Outcome<Self> {
        Ok(match (format, folder) {
            (Format::Mbox, None) => Self::Stdout { quoted: Some(mbox::Quoted::default()) },
            (_, None) => Self::Stdout { quoted: None },
            (Format::Maildir, Some(folder)) => Self::Maildir(maildir::Maildir::open(folder, uid_validity)?),
            (Format::Mbox, Some(folder)) => Self::Mbox(mbox::File::open(folder)?),
            (Format::Eml | Format::Jsonl, Some(folder)) => Self::Eml(eml::Folder::open(folder, uid_validity)?),
        })
    }

    /// The file in which a message is already, completely.
    pub(crate) fn existing(&self, uid: Uid) -> Option<PathBuf> {
        match self {
            Self::Eml(folder) => folder.existing(uid),
            Self::Maildir(maildir) => maildir.existing(uid),
            Self::Mbox(_) | Self::Stdout { .. } => None,
        }
    }

    /// A message begins.
    pub(crate) fn begin(&mut self, meta: &Meta, output: &mut Output) -> Outcome<()> {
        match self {
            Self::Eml(folder) => folder.begin(meta),
            Self::Maildir(maildir) => maildir.begin(meta),
            Self::Mbox(file) => file.begin(meta),
            Self::Stdout { quoted: Some(quoted) } => output.content(&quoted.begin(meta)),
            Self::Stdout { quoted: None } => Ok(()),
        }
    }

    /// Octets of it.
    pub(crate) fn write(&mut self, piece: &[u8], output: &mut Output) -> Outcome<()> {
        match self {
            Self::Eml(folder) => folder.write(piece),
            Self::Maildir(maildir) => maildir.write(piece),
            Self::Mbox(file) => file.write(piece),
            Self::Stdout { quoted: Some(quoted) } => output.content(&quoted.push(piece)),
            Self::Stdout { quoted: None } => output.content(piece),
        }
    }

    /// The end of it: now it is there.
    pub(crate) fn end(&mut self, meta: &Meta, output: &mut Output) -> Outcome<Option<PathBuf>> {
        match self {
            Self::Eml(folder) => folder.end(meta).map(Some),
            Self::Maildir(maildir) => maildir.end(meta).map(Some),
            Self::Mbox(file) => file.end().map(|()| None),
            Self::Stdout { quoted: Some(quoted) } => output.content(&quoted.end()).map(|()| None),
            Self::Stdout { quoted: None } => Ok(None),
        }
    }

    /// A message that was begun will not be completed. What cannot be taken back (stdout, a middle of an mbox) is an error.
    pub(crate) fn abandon(&mut self) -> Outcome<()> {
        match self {
            Self::Eml(folder) => folder.abandon(),
            Self::Maildir(maildir) => maildir.abandon(),
            Self::Mbox(file) => return file.abandon(),
            Self::Stdout { quoted } => return mbox::cut_off(quoted.is_some()),
        }
        Ok(())
    }

    /// After the last message. Gives the file that holds all, where there is one.
    pub(crate) fn close(self) -> Outcome<Option<PathBuf>> {
        match self {
            Self::Mbox(file) => file.close(),
            Self::Eml(_) | Self::Maildir(_) | Self::Stdout { .. } => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
