//! Finds the messages of an mbox: where each begins and ends, its flags, its date. The file is read once, line by line.
//!
//! A message begins at a line `From …` at the start of the file or behind an empty line, with a date at its end (mbox files of old quote no
//! other `From `). The Status fields at the top of a message are its flags and are left out of it, as [`crate::save`] put them there.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use imapkit::types::{Date, DateTime, Flag, Flags};

use super::{Content, Entry};
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::files;

/// Lines are looked at so far; what is behind is content.
const MAX_LINE: u64 = 8192;

/// A message being looked at.
struct Found {
    date: Option<DateTime>,
    flags: Flags,
    from: u64,
    /// Still in the status fields at the top.
    in_status: bool,
}

/// The messages of the file.
pub(super) fn entries(path: &Path, label: &str) -> Outcome<Vec<Entry>> {
    let mut file = BufReader::with_capacity(64 << 10, files::open(path)?);
    let mut entries = Vec::new();
    let mut current: Option<Found> = None;
    let (mut at, mut line) = (0_u64, Vec::new());
    let (mut starts_line, mut behind_empty) = (true, true);
    loop {
        line.clear();
        let count = (&mut file)
            .take(MAX_LINE)
            .read_until(b'\n', &mut line)
            .map_err(|error| Problem::file("read", path, &error))?;
        if count == 0 {
            break;
        }
        if starts_line && behind_empty && is_separator(&line) {
            close(current.take(), at, true, path, label, &mut entries);
            let date = separator_date(&line);
            current = Some(Found { date, flags: Flags::new(), from: at + count as u64, in_status: true });
        } else if let Some(found) = &mut current {
            found.in_status &= starts_line && status(&line, &mut found.flags);
            if found.in_status {
                found.from = at + count as u64;
            }
        }
        behind_empty = starts_line && line.trim_ascii().is_empty();
        starts_line = line.ends_with(b"\n");
        at += count as u64;
    }
    close(current, at, behind_empty, path, label, &mut entries);
    if entries.is_empty() {
        return Err(Problem::new(
            Exit::Failed,
            "file",
            format!("{label} is no mbox: it does not begin with a From line"),
        ));
    }
    Ok(entries)
}

/// A message ends at `end`, where the next one or nothing begins; the empty line before that is the mbox's.
fn close(found: Option<Found>, end: u64, behind_empty: bool, path: &Path, label: &str, entries: &mut Vec<Entry>) {
    let Some(found) = found else { return };
    let end = end.saturating_sub(u64::from(behind_empty)).max(found.from);
    entries.push(Entry {
        label: format!("{label}, message {}", entries.len() + 1),
        flags: found.flags,
        date: found.date,
        content: Content::in_mbox(path, found.from, end),
    });
}

/// `From ann@example.org Mon Nov 23 10:00:00 2026`: it ends in a time and a year.
fn is_separator(line: &[u8]) -> bool {
    line.starts_with(b"From ") && (separator_date(line).is_some() || has_time(line))
}

fn has_time(line: &[u8]) -> bool {
    line.windows(6).any(|w| {
        w[0] == b' '
            && w[1].is_ascii_digit()
            && w[2].is_ascii_digit()
            && w[3] == b':'
            && w[4].is_ascii_digit()
            && w[5].is_ascii_digit()
    })
}

fn separator_date(line: &[u8]) -> Option<DateTime> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split_ascii_whitespace().skip(1);
    // Month, day, time, perhaps a zone, year: wherever the sender's name ends.
    let month = words.find_map(|word| MONTHS.iter().position(|month| word.eq_ignore_ascii_case(month)))?;
    let day = words.next()?.parse().ok()?;
    let mut time = words.next()?.split(':').map(|part| part.parse::<u8>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next().flatten().unwrap_or(0));
    let year = words.find_map(|word| word.parse::<u16>().ok().filter(|year| *year >= 1900))?;
    let date = Date::new(year, u8::try_from(month + 1).ok()?, day).ok()?;
    DateTime::new(date, hour, minute, second, 0).ok()
}

/// Reads a status field; false if it is none.
fn status(line: &[u8], flags: &mut Flags) -> bool {
    let Some((name, value)) = std::str::from_utf8(line).ok().and_then(|line| line.split_once(':')) else {
        return false;
    };
    let value = value.trim();
    match name {
        "Status" | "X-Status" => flags.extend(value.chars().filter_map(|mark| match mark {
            'R' => Some(Flag::Seen),
            'A' => Some(Flag::Answered),
            'F' => Some(Flag::Flagged),
            'T' => Some(Flag::Draft),
            'D' => Some(Flag::Deleted),
            _ => None,
        })),
        "X-Keywords" => flags.extend(value.split_ascii_whitespace().filter_map(|word| Flag::parse(word).ok())),
        _ => return false,
    }
    true
}
