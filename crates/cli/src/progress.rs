//! How far long work is: a bar with total, rate and time left, or JSON lines, or nothing.
//!
//! Separate because fetch and put share it, and because a bar must never be in the way: it is on stderr, only on a terminal, and work
//! that ends within half a second shows none. Bytes make the rate (messages differ a thousandfold), messages are counted beside them.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::json::{Object, ProgressLine};
use crate::output::text::{count, duration, size};
use crate::output::{Manner, Progress};

/// Work shorter than this shows nothing.
const QUIET: Duration = Duration::from_millis(500);
/// How often a bar is drawn, and a JSON line written, at most: what is shown must not cost more than what is done.
const FRAME: Duration = Duration::from_millis(100);
const EVERY: Duration = Duration::from_millis(500);

/// How far some work is.
#[derive(Debug)]
pub(crate) struct Meter {
    shown: Shown,
    start: Instant,
    /// When something was shown last.
    last: Option<Instant>,
    done: u64,
    total: u64,
    bytes: u64,
    total_bytes: u64,
}

#[derive(Debug)]
enum Shown {
    Nothing,
    /// The bar, made when the work turns out to be long.
    Bar(Option<ProgressBar>),
    Json,
}

impl Meter {
    /// Begins: so many items of so many bytes together.
    pub(crate) fn new(manner: Manner, total: u64, total_bytes: u64) -> Self {
        let shown = match manner.progress {
            Progress::Json => Shown::Json,
            Progress::Auto if std::io::stderr().is_terminal() => Shown::Bar(None),
            Progress::Auto | Progress::Never => Shown::Nothing,
        };
        Self { shown, start: Instant::now(), last: None, done: 0, total, bytes: 0, total_bytes }
    }

    /// So many bytes more.
    pub(crate) fn bytes(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.show();
    }

    /// An item more.
    pub(crate) fn item(&mut self) {
        self.done = self.done.saturating_add(1);
        self.show();
    }

    /// Time so far.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The end: the bar goes away, the summary is the verb's.
    pub(crate) fn finish(&mut self) {
        match &mut self.shown {
            Shown::Bar(Some(bar)) => bar.finish_and_clear(),
            Shown::Json => {
                self.last = None;
                self.show();
            }
            Shown::Bar(None) | Shown::Nothing => {}
        }
    }

    /// `3.4 MB in 1.2 s (2.8 MB/s)`, for the verb's last line. What took no time has no rate.
    pub(crate) fn rate(&self) -> String {
        let time = self.elapsed();
        let done = format!("{} in {}", size(self.bytes), duration(time));
        if time < QUIET {
            return done;
        }
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        format!("{done} ({}/s)", size(self.bytes.saturating_mul(1000) / millis))
    }

    fn show(&mut self) {
        let (elapsed, every) = (self.start.elapsed(), if matches!(self.shown, Shown::Json) { EVERY } else { FRAME });
        if self.last.is_some_and(|last| last.elapsed() < every) {
            return;
        }
        match &mut self.shown {
            Shown::Nothing => return,
            Shown::Bar(None) if elapsed < QUIET => return,
            Shown::Bar(bar) => {
                let bar = bar.get_or_insert_with(|| bar_of(self.total_bytes, elapsed));
                // Sizes are what the server says and may be wrong: the bar never runs over.
                bar.set_length(self.total_bytes.max(self.bytes));
                bar.set_message(format!("{} of {}", count(self.done), count(self.total)));
                bar.set_position(self.bytes);
            }
            Shown::Json => {
                let line = Object::new(
                    "progress",
                    ProgressLine {
                        done: self.done,
                        total: self.total,
                        bytes: self.bytes,
                        total_bytes: self.total_bytes,
                        seconds: elapsed.as_secs_f64(),
                    },
                );
                if let Ok(line) = serde_json::to_string(&line) {
                    // Progress that cannot be shown is no reason to stop the work.
                    let _ = writeln!(std::io::stderr(), "{line}");
                }
            }
        }
        self.last = Some(Instant::now());
    }
}

/// What is being done now, for work whose length nobody knows: one line that goes away.
#[derive(Debug)]
pub(crate) struct Steps(Option<ProgressBar>);

impl Steps {
    /// Shows nothing yet; nothing at all where nobody looks, or where it would stand in the way of `-v`.
    pub(crate) fn new(manner: Manner) -> Self {
        let seen = manner.progress == Progress::Auto && !manner.verbose && std::io::stderr().is_terminal();
        Self(seen.then(|| {
            let style = ProgressStyle::with_template("{spinner:.cyan} {msg:.dim}");
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(FRAME);
            bar
        }))
    }

    /// The next step.
    pub(crate) fn show(&self, doing: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(format!("{doing} …"));
        }
    }

    /// The line goes away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn bar_of(total_bytes: u64, elapsed: Duration) -> ProgressBar {
    let template =
        "{msg}  {wide_bar:.cyan/dim} {decimal_bytes}/{decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(Some(total_bytes), ProgressDrawTarget::stderr());
    bar.with_style(style.progress_chars("━╸─")).with_elapsed(elapsed)
}
