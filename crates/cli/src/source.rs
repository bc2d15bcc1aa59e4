//! Messages from files, to be put into a mailbox.
//!
//! ```text
//! path --look--> Entry: label, flags, date, where the octets lie --measure--> length --reader()--> CRLF text, streamed
//! ```
//!
//! Separate from `put` because nothing here knows IMAP. IMAP wants the length before the first octet, so each message is read twice and
//! never held: once to count, once to send. The Maildir and mbox forms are those that `fetch` writes ([`crate::save`]) and other programs
//! do. RFC 4155 (mbox).
//!
//! Invariant: whatever line ends a file has, what is sent has CRLF; nothing else changes.

mod mbox;
mod reader;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use imapkit::types::{DateTime, Flag, Flags};

pub(crate) use reader::Content;

use crate::args::low::{DateFrom, SourceFormat};
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::files;
use crate::output::text::clean;

/// A message in a file.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// What to call it: the file, and which message of it.
    pub(crate) label: String,
    /// Its flags, as the file tells them.
    pub(crate) flags: Flags,
    /// When it arrived, as the file tells it.
    date: Option<DateTime>,
    /// Where it lies.
    pub(crate) content: Content,
}

/// What was found out by reading a message once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    /// Octets with CRLF line ends.
    pub(crate) len: u64,
    /// Its Date field.
    pub(crate) sent: Option<DateTime>,
    /// There is an octet that most servers refuse.
    pub(crate) has_nul: bool,
}

/// The messages of a file, a folder, or stdin (`-`, which is copied to a temporary file first).
pub(crate) fn entries(path: &Path, format: Option<SourceFormat>) -> Outcome<Vec<Entry>> {
    if path == Path::new("-") {
        return stdin(format);
    }
    let label = clean(&path.display().to_string());
    match format.map_or_else(|| look(path), Ok)? {
        SourceFormat::Maildir => maildir(path, &label),
        SourceFormat::Mbox => mbox::entries(path, &label),
        SourceFormat::Eml => {
            let metadata = fs::metadata(path).map_err(|error| Problem::file("read", path, &error))?;
            if metadata.is_dir() {
                return Err(Problem::new(Exit::Failed, "file", format!("{label} is a folder, not a message")));
            }
            let date = metadata.modified().ok().and_then(date_of);
            Ok(vec![Entry { label, flags: Flags::new(), date, content: Content::whole(path) }])
        }
    }
}

/// Tells formats apart by what is there.
fn look(path: &Path) -> Outcome<SourceFormat> {
    if path.is_dir() {
        if path.join("cur").is_dir() {
            return Ok(SourceFormat::Maildir);
        }
        let label = clean(&path.display().to_string());
        return Err(Problem::new(
            Exit::Failed,
            "file",
            format!("{label} is a folder, but no Maildir: there is no cur in it"),
        )
        .next(format!("name the files instead, for example {label}/*.eml")));
    }
    let mut start = Vec::new();
    files::open(path)?.take(5).read_to_end(&mut start).map_err(|error| Problem::file("read", path, &error))?;
    Ok(if start == b"From " { SourceFormat::Mbox } else { SourceFormat::Eml })
}

fn stdin(format: Option<SourceFormat>) -> Outcome<Vec<Entry>> {
    let spool = || -> io::Result<tempfile::NamedTempFile> {
        let mut file = tempfile::NamedTempFile::new()?;
        io::copy(&mut io::stdin().lock(), &mut file)?;
        Ok(file)
    };
    let file = spool().map_err(|error| Problem::new(Exit::Failed, "file", format!("cannot read stdin: {error}")))?;
    let path = file.path().to_path_buf();
    let mut entries = entries(&path, format)?;
    let file = std::sync::Arc::new(file.into_temp_path());
    let many = entries.len() > 1;
    for (at, entry) in entries.iter_mut().enumerate() {
        entry.label = if many { format!("stdin, message {}", at + 1) } else { "stdin".to_owned() };
        // The temporary file says nothing about when the message arrived.
        entry.date = entry.date.filter(|_| many);
        entry.content.keep(std::sync::Arc::clone(&file));
    }
    Ok(entries)
}

fn maildir(path: &Path, label: &str) -> Outcome<Vec<Entry>> {
    let mut entries = Vec::new();
    for sub in ["cur", "new"] {
        let folder = path.join(sub);
        for name in files::names_in(&folder)?.into_iter().filter(|name| !name.starts_with('.')) {
            let file = folder.join(&name);
            let date = fs::metadata(&file).ok().and_then(|metadata| metadata.modified().ok()).and_then(date_of);
            let label = format!("{label}/{sub}/{}", clean(&name));
            entries.push(Entry { label, flags: letters(&name), date, content: Content::whole(&file) });
        }
    }
    Ok(entries)
}

/// The flags behind `:2,` (or `;2,`, or `!2,` of other Windows programs).
fn letters(name: &str) -> Flags {
    let info = name.rsplit_once([':', ';', '!']).and_then(|(_, info)| info.strip_prefix("2,")).unwrap_or_default();
    let flag = |letter| match letter {
        'D' => Some(Flag::Draft),
        'F' => Some(Flag::Flagged),
        'R' => Some(Flag::Answered),
        'S' => Some(Flag::Seen),
        'T' => Some(Flag::Deleted),
        _ => None,
    };
    info.chars().filter_map(flag).collect()
}

fn date_of(time: std::time::SystemTime) -> Option<DateTime> {
    let seconds = match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).ok()?,
        Err(before) => -i64::try_from(before.duration().as_secs()).ok()?,
    };
    DateTime::from_unix(seconds, 0)
}

impl Entry {
    /// Reads it once.
    pub(crate) fn measure(&self) -> Outcome<Measure> {
        let wrong = |error: io::Error| {
            Problem::new(Exit::Failed, "file", format!("cannot read {}: {}", self.label, crate::errors::plain(&error)))
        };
        let mut reader = self.content.reader().map_err(wrong)?;
        let mut measure = Measure { len: 0, sent: None, has_nul: false };
        let mut head = Vec::new();
        let mut piece = vec![0; 64 << 10];
        loop {
            let count = reader.read(&mut piece).map_err(wrong)?;
            if count == 0 {
                break;
            }
            measure.len += count as u64;
            measure.has_nul |= piece[..count].contains(&0);
            if head.len() < MAX_HEAD {
                head.extend_from_slice(&piece[..count]);
            }
        }
        let fields = crate::message::words::fields(&head);
        let date = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("date"));
        measure.sent = date.and_then(|(_, value)| DateTime::parse_rfc5322(value.as_bytes()));
        Ok(measure)
    }

    /// The date to give it; `None` lets the server take the time it is.
    pub(crate) fn date(&self, from: DateFrom, measure: &Measure) -> Option<DateTime> {
        let is_file = matches!(from, DateFrom::File) || !self.content.is_lone_file();
        match from {
            DateFrom::Now => None,
            DateFrom::Header => measure.sent,
            DateFrom::File => self.date,
            DateFrom::Auto if is_file || is_in_maildir(&self.content.path) => self.date.or(measure.sent),
            DateFrom::Auto => measure.sent.or(self.date),
        }
    }
}

fn is_in_maildir(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    folder.is_some_and(|name| name == "cur" || name == "new")
}

/// No Date field stands behind so many octets of header.
const MAX_HEAD: usize = 256 << 10;

/// Every message of all of these.
pub(crate) fn all(paths: &[PathBuf], format: Option<SourceFormat>) -> Outcome<Vec<Entry>> {
    let mut all = Vec::new();
    for path in paths {
        all.extend(entries(path, format)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
