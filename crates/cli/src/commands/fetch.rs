//! `fetch`: messages to files, folders or stdout; never marked as read unless asked for.
//!
//! ```text
//! SEARCH -> UIDs -> sizes and flags (for the total) -> what is not there yet -> one FETCH, streamed into the writer, message by message
//! ```
//!
//! A message counts once its file has its name; an interruption, a dropped connection or Ctrl-C leaves what is done, and the same command
//! goes on from there. One message that fails costs that message. RFC 9051 §6.4.5.

mod attachments;
mod facts;
mod messages;

use std::fmt::Write as _;
use std::path::Path;

use imapkit::types::{Flag, Uid, UidSet, UidValidity};
use imapkit::{Error, ErrorKind, Selected};

use super::search;
use crate::args::high::{Fetch, What};
use crate::connect::{self, Link};
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::files;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::output::json::{Failed, Object, Saved, Summary};
use crate::output::text::{clean, count, messages};
use crate::progress::Meter;

/// A download under way: what it works with, and what it has done so far.
#[derive(Debug)]
pub(super) struct Run<'a> {
    link: &'a Link,
    mailbox: &'a Selected,
    output: &'a mut Output,
    interrupt: Interrupt,
    pub(super) meter: Meter,
    /// Saved in this run.
    pub(super) done: UidSet,
    /// There already.
    pub(super) skipped: u64,
    /// Left out, and why.
    failed: Vec<(UidSet, String)>,
    /// Somebody pressed Ctrl-C.
    interrupted: bool,
    /// Octets written in this run.
    pub(super) bytes: u64,
}

pub(super) async fn run(fetch: &Fetch, output: &mut Output) -> Outcome {
    let link = connect::open(&fetch.target, output).await?;
    let mailbox = link.open_mailbox(fetch.mark_seen).await?;
    let uids = search::find(&link, &mailbox, fetch.key.clone()).await?;
    let folder = match &fetch.to {
        Some(root) => Some(folder_of(&link, &mailbox, root).await),
        None => None,
    };
    let folder = folder.as_deref();
    let mut run = Run::new(&link, &mailbox, output);
    let outcome = match (&fetch.what, folder) {
        (What::Facts(items), _) => run.facts(&uids, items, folder).await,
        (What::Messages(format), _) => run.messages(&uids, *format, folder).await,
        (What::Attachments, Some(folder)) => run.attachments(&uids, folder).await,
        (What::Attachments, None) => Err(Problem::usage("where to is not said").next("add --to FOLDER")),
    };
    run.meter.finish();
    // What was saved before something broke is saved, and read if that was asked for.
    if fetch.mark_seen && !run.done.is_empty() && link.client.is_open() {
        mailbox.add_flags(&run.done, Flag::Seen).await.map_err(|error| link.problem(&error, "marking as read"))?;
    }
    outcome?;
    let exit = run.finish(fetch, folder)?;
    link.close().await;
    Ok(exit)
}

/// The folder of the mailbox. What stands between the levels of its name the server tells; if it does not, the name is one level.
pub(super) async fn folder_of(link: &Link, mailbox: &Selected, root: &Path) -> std::path::PathBuf {
    let name = mailbox.mailbox();
    let entries = link.client.list("", name.name()).await.unwrap_or_default();
    let delimiter = entries.iter().find(|entry| entry.mailbox == *name).and_then(|entry| entry.delimiter);
    files::mailbox_folder(root, name.name(), delimiter)
}

impl<'a> Run<'a> {
    /// Nothing done yet.
    pub(super) fn new(link: &'a Link, mailbox: &'a Selected, output: &'a mut Output) -> Self {
        let meter = Meter::new(output.manner(), 0, 0);
        Self {
            link,
            mailbox,
            output,
            interrupt: Interrupt::listen(),
            meter,
            done: UidSet::new(),
            skipped: 0,
            failed: Vec::new(),
            interrupted: false,
            bytes: 0,
        }
    }

    fn validity(&self) -> UidValidity {
        self.mailbox.info().uid_validity.unwrap_or(UidValidity::new(0))
    }

    /// Begins to measure: so many items, so many bytes.
    fn expect(&mut self, items: u64, bytes: u64) {
        self.meter = Meter::new(self.output.manner(), items, bytes);
    }

    /// A file has its name.
    fn saved(&mut self, uid: Uid, file: &Path, bytes: u64, part: Option<String>) -> Outcome<()> {
        let file = file.display().to_string();
        self.output.object(&Object::new("saved", Saved { uid: uid.get(), file, bytes, part }))
    }

    /// An error of one message costs that message; one of the connection ends the run, and what is done stays done.
    fn left_out(&mut self, uid: Uid, error: &Error) -> Outcome<()> {
        let of_message = error.connection_alive() || (error.reply().is_none() && error.kind() == ErrorKind::Protocol);
        if of_message {
            self.leave_out(uid.into(), &error.to_string());
            return Ok(());
        }
        Err(self.broken(error))
    }

    /// Notes messages that are left out. A set costs what its ranges cost, however many messages a server says there are.
    fn leave_out(&mut self, uids: UidSet, why: &str) {
        if !uids.is_empty() {
            self.failed.push((uids, why.to_owned()));
        }
    }

    /// The connection is over.
    fn broken(&self, error: &Error) -> Problem {
        let problem = self.link.problem(error, "fetching");
        match self.done.len() {
            0 => problem,
            done => problem.next(format!("{} are saved; the same command goes on from there", messages(done))),
        }
    }

    /// Tells what was done, and how the run ends.
    fn finish(self, fetch: &Fetch, folder: Option<&Path>) -> Outcome {
        let Self { output, meter, done, skipped, failed, interrupted, bytes, .. } = self;
        for (uids, why) in &failed {
            output.object(&Object::new(
                "failed",
                Failed { uids: Some(uids.to_string()), source: None, message: why.clone() },
            ))?;
            output.warn(&format!("message {uids}: {why}"));
        }
        let (done, left_out) = (done.len(), failed.iter().fold(0_u64, |sum, (uids, _)| sum.saturating_add(uids.len())));
        let summary = Summary { done, skipped, failed: left_out, bytes, seconds: meter.elapsed().as_secs_f64() };
        output.object(&Object::new("summary", summary))?;
        if let (Some(folder), false) = (folder, output.is_json()) {
            let place = clean(&folder.display().to_string());
            let mut line = match fetch.what {
                _ if done == 0 && left_out == 0 && skipped > 0 => {
                    format!("nothing new: all of it is in {place} already")
                }
                What::Attachments => {
                    format!("saved the attachments of {} to {place}, {}", messages(done), meter.rate())
                }
                What::Messages(_) | What::Facts(_) => format!("saved {} to {place}, {}", messages(done), meter.rate()),
            };
            for (number, what) in [(skipped, "there already"), (left_out, "left out")] {
                if number > 0 && done > 0 {
                    let _ = write!(line, "; {} {what}", count(number));
                }
            }
            output.note(&line);
        }
        if interrupted {
            output.note("stopped; the same command goes on from here");
        }
        Ok(if interrupted || left_out > 0 { Exit::Partial } else { Exit::Done })
    }
}
