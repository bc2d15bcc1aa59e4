//! stdout for data, stderr for people.
//!
//! Separate so that no verb prints by itself: here it is decided whether there is colour, JSON or progress, and that a reader who has gone
//! away (`| head`) is no failure. No RFC.
//!
//! Invariants: with `--json` stdout holds one JSON object a line and nothing else; without a terminal there is neither colour nor
//! progress; text that came from elsewhere passes [`text::clean`] before it gets to a terminal.

pub(crate) mod json;
pub(crate) mod paint;
pub(crate) mod text;

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use imapkit::types::Date;
use serde::Serialize;

use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::message::words::octets;
use paint::Paint;
use text::clean_block;

/// The Julian day of 1970-01-01.
const JULIAN_DAY_OF_1970: i64 = 2_440_588;
/// Longest line of content that is kept for a terminal before it is shown.
const MAX_TAIL: usize = 64 << 10;

/// How to talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manner {
    /// JSON on stdout.
    pub(crate) json: bool,
    /// Progress of long work.
    pub(crate) progress: Progress,
    /// Say more on stderr.
    pub(crate) verbose: bool,
}

/// How progress is shown on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Progress {
    /// A bar when stderr is a terminal, nothing otherwise.
    Auto,
    /// Nothing.
    Never,
    /// One JSON object a line.
    Json,
}

/// Where verbs put what they have to say.
#[derive(Debug)]
pub(crate) struct Output {
    manner: Manner,
    out: BufWriter<Stdout>,
    paint: Paint,
    notes: Paint,
    is_terminal: bool,
    indent: &'static str,
    zone: time::UtcOffset,
    /// Content whose line has not ended yet; terminals only.
    tail: Vec<u8>,
}

impl Output {
    /// Looks at the terminal and at `NO_COLOR` (<https://no-color.org>). `zone` is that of the clock on the wall.
    pub(crate) fn new(manner: Manner, zone: time::UtcOffset) -> Self {
        let may = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self {
            manner,
            out: BufWriter::new(io::stdout()),
            paint: Paint::new(may && out),
            notes: Paint::new(may && err),
            is_terminal: out,
            indent: "",
            zone,
            tail: Vec::new(),
        }
    }

    /// The time it is here.
    pub(crate) fn now(&self) -> time::OffsetDateTime {
        time::OffsetDateTime::now_utc().to_offset(self.zone)
    }

    /// The day it is here.
    pub(crate) fn today(&self) -> Outcome<Date> {
        let days = i64::from(self.now().to_julian_day()) - JULIAN_DAY_OF_1970;
        let lost = || Problem::new(Exit::Failed, "system", "this machine's clock shows no date of our time");
        Date::from_unix_days(days).ok_or_else(lost)
    }

    /// How to talk.
    pub(crate) fn manner(&self) -> Manner {
        self.manner
    }

    /// JSON is wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.manner.json
    }

    /// Colours for stdout.
    pub(crate) fn paint(&self) -> Paint {
        self.paint
    }

    /// Colours for stderr.
    pub(crate) fn notes(&self) -> Paint {
        self.notes
    }

    /// Columns to fill; `None` when nobody looks.
    pub(crate) fn width(&self) -> Option<usize> {
        let (terminal_size::Width(columns), _) = terminal_size::terminal_size().filter(|_| self.is_terminal)?;
        Some(usize::from(columns).max(40).saturating_sub(self.indent.len()))
    }

    /// A line (or several) of data for people; nothing with `--json`.
    pub(crate) fn line(&mut self, line: &str) -> Outcome<()> {
        if !self.manner.json {
            for line in line.split('\n') {
                writeln!(self.out, "{}{line}", if line.is_empty() { "" } else { self.indent })?;
            }
        }
        Ok(())
    }

    /// Puts this before every line to come.
    pub(crate) fn indent(&mut self, indent: &'static str) {
        self.indent = indent;
    }

    /// One object of data for programs; nothing without `--json`.
    pub(crate) fn object<T: Serialize>(&mut self, object: &json::Object<T>) -> Outcome<()> {
        if self.manner.json {
            self.raw_line(&json::line(object))?;
        }
        Ok(())
    }

    /// A line as it is, also with `--json`: for formats that are JSON by themselves.
    pub(crate) fn raw_line(&mut self, line: &str) -> Outcome<()> {
        self.out.write_all(line.as_bytes())?;
        Ok(())
    }

    /// Content of messages, byte for byte; a terminal gets it line by line, without what could command it (T031).
    pub(crate) fn content(&mut self, content: &[u8]) -> Outcome<()> {
        if !self.is_terminal {
            self.out.write_all(content)?;
            return Ok(());
        }
        self.tail.extend_from_slice(content);
        let whole = self.tail.iter().rposition(|&octet| octet == b'\n').map_or(0, |at| at + 1);
        // A line without an end is cut somewhere rather than kept for ever.
        let whole = if whole == 0 && self.tail.len() > MAX_TAIL { self.tail.len() } else { whole };
        let lines: Vec<u8> = self.tail.drain(..whole).collect();
        self.out.write_all(clean_block(&octets(&lines)).as_bytes())?;
        Ok(())
    }

    /// Makes everything said so far visible; streams do so after each event.
    pub(crate) fn flush(&mut self) -> Outcome<()> {
        let tail = std::mem::take(&mut self.tail);
        self.out.write_all(clean_block(&octets(&tail)).as_bytes())?;
        self.out.flush()?;
        Ok(())
    }

    /// A line for people, on stderr.
    pub(crate) fn note(&mut self, line: &str) {
        // Nothing can be done about a stderr that is gone.
        let _ = self.out.flush();
        let _ = writeln!(io::stderr(), "{line}");
    }

    /// A line for people who asked for more with `-v`.
    pub(crate) fn detail(&mut self, line: &str) {
        if self.manner.verbose {
            let line = self.notes.dim(line);
            self.note(&line);
        }
    }

    /// A warning on stderr.
    pub(crate) fn warn(&mut self, line: &str) {
        let word = self.notes.yellow("warning:");
        self.note(&format!("{word} {line}"));
    }

    /// Tells of a problem, and flushes.
    pub(crate) fn problem(&mut self, problem: &Problem) {
        if problem.is_silent() {
            return;
        }
        if self.manner.json {
            // If this fails too, the exit code still tells.
            let _ = self.object(&json::Object::new("error", json::Trouble::of(problem))).and_then(|()| self.flush());
        }
        let word = self.notes.red("error:");
        self.note(&format!("{word} {problem}"));
    }
}
