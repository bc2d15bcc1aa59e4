//! mbox: messages after one another, each behind a line that begins with `From `.
//!
//! Lines of a message that would look like one get a `>` (mboxrd: also those that have some already, so it can be undone exactly). Flags
//! are kept as Status, X-Status and X-Keywords fields at the top, as mutt and Dovecot do; `put` takes them off again. RFC 4155.
//!
//! Invariant: the file is written beside its final place and renamed at the end; one that is there is not touched.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use imapkit::types::{DateTime, Flag, Flags};

use super::Meta;
use super::lines::ToLf;
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::files::{self, PartFile};

/// An mbox file in the making.
#[derive(Debug)]
pub(crate) struct File {
    part: PartFile,
    quoted: Quoted,
}

/// Messages as they stand in an mbox.
#[derive(Debug, Default)]
pub(crate) struct Quoted {
    lines: ToLf,
    /// `From ` as far as it has come, at the beginning of a line.
    held: usize,
    /// Only `>` has come on this line.
    at_start: bool,
    last: u8,
    out: Vec<u8>,
    buffer: Vec<u8>,
}

const FROM: &[u8] = b"From ";

impl File {
    /// `folder` is the mailbox's; the file lies beside it.
    pub(super) fn open(folder: &Path) -> Outcome<Self> {
        let path = folder.with_added_extension("mbox");
        if path.exists() {
            return Err(Problem::guard(format!("{} is there already and is not overwritten", path.display()))
                .next("move it away, or choose another folder with --to"));
        }
        let above = files::above(&path);
        files::make_folder(above)?;
        Ok(Self { part: PartFile::new(path.clone(), above)?, quoted: Quoted::default() })
    }

    pub(super) fn begin(&mut self, meta: &Meta) -> Outcome<()> {
        let head = self.quoted.begin(meta);
        self.part.write(&head)
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> Outcome<()> {
        let text = self.quoted.push(piece);
        self.part.write(&text)
    }

    pub(super) fn end(&mut self) -> Outcome<()> {
        let text = self.quoted.end();
        self.part.write(&text)
    }

    #[expect(clippy::unused_self, reason = "the same question is asked of every writer")]
    pub(super) fn abandon(&self) -> Outcome<()> {
        cut_off(true)
    }

    pub(super) fn close(self) -> Outcome<Option<PathBuf>> {
        self.part.finish(None).map(Some)
    }
}

/// Half a message stands in a stream that cannot be taken back.
pub(super) fn cut_off(is_mbox: bool) -> Outcome<()> {
    let what = if is_mbox { "the mbox" } else { "the message" };
    Err(Problem::new(Exit::Failed, "cut-off", format!("{what} ends in the middle of a message"))
        .next("run the same command again"))
}

impl Quoted {
    /// The separator and the status of a message.
    pub(super) fn begin(&mut self, meta: &Meta) -> Vec<u8> {
        (self.lines, self.held, self.at_start, self.last) = (ToLf::default(), 0, true, b'\n');
        let mut head = format!("From MAILER-DAEMON {}\n", asctime(meta.date));
        head.push_str(&status(&meta.flags));
        head.into_bytes()
    }

    /// Octets of the message, quoted.
    pub(super) fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut text = std::mem::take(&mut self.buffer);
        text.clear();
        self.lines.push(piece, &mut text);
        self.quote(&text);
        self.buffer = text;
        std::mem::take(&mut self.out)
    }

    /// The end of the message: an empty line behind it.
    pub(super) fn end(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        self.lines.finish(&mut text);
        self.quote(&text);
        self.release();
        self.out.extend_from_slice(if self.last == b'\n' { b"\n" } else { b"\n\n" });
        std::mem::take(&mut self.out)
    }

    fn quote(&mut self, text: &[u8]) {
        for &octet in text {
            if self.held > 0 || (self.at_start && octet == FROM[0]) {
                self.at_start = false;
                if octet == FROM[self.held] {
                    self.held += 1;
                    if self.held == FROM.len() {
                        self.out.push(b'>');
                        self.release();
                    }
                    continue;
                }
                self.release();
            }
            self.out.push(octet);
            self.last = octet;
            self.at_start = octet == b'\n' || (self.at_start && octet == b'>');
        }
    }

    fn release(&mut self) {
        if self.held > 0 {
            self.out.extend_from_slice(&FROM[..self.held]);
            self.last = FROM[self.held - 1];
            self.held = 0;
        }
    }
}

/// `Mon Nov 23 10:00:00 2026`, in UTC, as RFC 4155 wants it.
fn asctime(date: Option<DateTime>) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = date.map_or(0, DateTime::unix_seconds);
    let Some(utc) = DateTime::from_unix(seconds, 0) else { return "Thu Jan  1 00:00:00 1970".to_owned() };
    let date = utc.date();
    let day = usize::try_from(date.unix_days().rem_euclid(7)).unwrap_or(0);
    let month = usize::from(date.month()).saturating_sub(1);
    let (day, month) = (DAYS.get(day).unwrap_or(&""), MONTHS.get(month).unwrap_or(&""));
    format!(
        "{day} {month} {:>2} {:02}:{:02}:{:02} {:04}",
        date.day(),
        utc.hour(),
        utc.minute(),
        utc.second(),
        date.year()
    )
}

/// Flags as the fields that mail programs keep in an mbox.
fn status(flags: &Flags) -> String {
    let mut fields = format!("Status: {}O\n", if flags.seen() { "R" } else { "" });
    let marks = [(flags.answered(), 'A'), (flags.flagged(), 'F'), (flags.draft(), 'T'), (flags.deleted(), 'D')];
    let marks: String = marks.iter().filter(|(set, _)| *set).map(|(_, mark)| mark).collect();
    if !marks.is_empty() {
        let _ = writeln!(fields, "X-Status: {marks}");
    }
    let keywords: Vec<String> =
        flags.iter().filter(|flag| matches!(flag, Flag::Keyword(_))).map(|flag| flag.to_string()).collect();
    if !keywords.is_empty() {
        let _ = writeln!(fields, "X-Keywords: {}", keywords.join(" "));
    }
    fields
}
