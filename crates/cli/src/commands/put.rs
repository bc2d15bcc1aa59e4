//! `put`: messages from files into a folder, with their flags and dates. RFC 9051 §6.3.12.
//!
//! Each message is read twice, once to count and once to send, and never held in memory. One that cannot be read or is refused is left out
//! and told at the end; a full mailbox or a broken connection ends the run, and says what is done, so that nothing is put twice by mistake.

use imapkit::types::{Code, Flags};
use imapkit::{Error, NewMessage};

use crate::args::high::Put;
use crate::connect::{self, Link};
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::output::json::{Appended, Failed, Object, Summary};
use crate::output::text::{clean, count, messages, size};
use crate::progress::Meter;
use crate::source::{self, Entry, Measure};

/// What has been done so far.
#[derive(Debug, Default)]
struct Tally {
    done: u64,
    bytes: u64,
    failed: u64,
}

pub(super) async fn run(put: &Put, output: &mut Output) -> Outcome {
    let entries = source::all(&put.files, put.format)?;
    let measured = measure(&entries, output)?;
    if put.dry_run {
        dry_run(put, &measured, output)?;
        return Ok(if measured.len() < entries.len() { Exit::Partial } else { Exit::Done });
    }
    let link = connect::open(&put.target, output).await?;
    let mut meter =
        Meter::new(output.manner(), measured.len() as u64, measured.iter().map(|(_, measure)| measure.len).sum());
    let mut tally = Tally { failed: (entries.len() - measured.len()) as u64, ..Tally::default() };
    let interrupt = Interrupt::listen();
    let mailbox = link.place.mailbox_or_inbox();
    for (entry, measure) in &measured {
        // A message that is being sent is sent to its end: half of one cannot be taken back.
        let answer = one(&link, put, entry, measure).await;
        match answer {
            Ok(uid) => {
                tally.done += 1;
                tally.bytes += measure.len;
                meter.bytes(measure.len);
                meter.item();
                output.object(&Object::new(
                    "appended",
                    Appended {
                        mailbox: mailbox.to_owned(),
                        source: entry.label.clone(),
                        bytes: measure.len,
                        uid_validity: uid.as_ref().map(|uid| uid.uid_validity.get()),
                        uid: uid.as_ref().and_then(|uid| uid.uids.first()).map(imapkit::types::Uid::get),
                        dry_run: false,
                    },
                ))?;
            }
            Err(error) if goes_on(&error) => {
                tally.failed += 1;
                left_out(entry, &error.to_string(), output)?;
            }
            Err(error) => {
                meter.finish();
                return Err(stopped(&link, &error, &tally, entry));
            }
        }
        if interrupt.is_pressed() {
            break;
        }
    }
    meter.finish();
    let interrupted = tally.done + tally.failed < entries.len() as u64;
    finish(&tally, &meter, mailbox, output)?;
    if interrupted {
        let left = entries.len() as u64 - tally.done - tally.failed;
        output.note(&format!("stopped; {} not put. Name only those the next time", messages(left)));
    }
    link.close().await;
    Ok(if tally.failed > 0 || interrupted { Exit::Partial } else { Exit::Done })
}

/// Reads every message once, before anything is sent. What cannot be read is told and left out.
fn measure<'a>(entries: &'a [Entry], output: &mut Output) -> Outcome<Vec<(&'a Entry, Measure)>> {
    let mut measured = Vec::new();
    for entry in entries {
        match entry.measure() {
            Ok(measure) if measure.len == 0 => left_out(entry, "there is nothing in it", output)?,
            Ok(measure) if measure.has_nul => {
                left_out(entry, "there is a zero byte in it, which no mail may hold", output)?;
            }
            Ok(measure) => measured.push((entry, measure)),
            Err(problem) => left_out(entry, problem.what(), output)?,
        }
    }
    Ok(measured)
}

fn left_out(entry: &Entry, why: &str, output: &mut Output) -> Outcome<()> {
    output.object(&Object::new(
        "failed",
        Failed { uids: None, source: Some(entry.label.clone()), message: why.to_owned() },
    ))?;
    output.warn(&format!("{}: {why}", entry.label));
    Ok(())
}

fn flags(put: &Put, entry: &Entry) -> Flags {
    put.flags.clone().unwrap_or_else(|| entry.flags.clone())
}

async fn one(
    link: &Link,
    put: &Put,
    entry: &Entry,
    measure: &Measure,
) -> Result<Option<imapkit::commands::AppendUid>, Error> {
    let reader = entry.content.reader().map_err(|error| {
        Error::with_source(
            imapkit::ErrorKind::Misuse,
            format!("cannot read it again: {}", crate::errors::plain(&error)),
            error,
        )
    })?;
    let mut message = NewMessage::from_reader(reader, measure.len).flags(flags(put, entry));
    if let Some(date) = entry.date(put.date, measure) {
        message = message.date(date);
    }
    link.client.append(link.place.mailbox_or_inbox(), message).await
}

/// The next message may fare better.
fn goes_on(error: &Error) -> bool {
    let hopeless = matches!(error.code(), Some(Code::OverQuota | Code::TryCreate | Code::Nonexistent | Code::NoPerm));
    error.connection_alive() && !hopeless
}

fn stopped(link: &Link, error: &Error, tally: &Tally, entry: &Entry) -> Problem {
    let problem = link.problem(error, &format!("putting {}", entry.label));
    let problem = match error.code() {
        Some(Code::TryCreate) => problem.next("the folder has to be made first"),
        _ => problem,
    };
    match tally.done {
        0 => problem,
        done => problem.next(format!(
            "{} are put already: name only the others the next time, from {} on",
            messages(done),
            entry.label
        )),
    }
}

fn dry_run(put: &Put, measured: &[(&Entry, Measure)], output: &mut Output) -> Outcome<()> {
    let mailbox = put.target.place.mailbox_or_inbox();
    let mut bytes = 0;
    for (entry, measure) in measured {
        bytes += measure.len;
        let date = entry.date(put.date, measure);
        let shown = date.map_or_else(|| "now".to_owned(), imapkit::types::DateTime::to_rfc3339);
        let flags = flags(put, entry).to_string();
        output.line(&format!("{}  {}  {shown}  {}", entry.label, size(measure.len), clean(&flags)))?;
        output.object(&Object::new(
            "appended",
            Appended {
                mailbox: mailbox.to_owned(),
                source: entry.label.clone(),
                bytes: measure.len,
                uid_validity: None,
                uid: None,
                dry_run: true,
            },
        ))?;
    }
    output.note(&format!(
        "would put {}, {} into {}; nothing was put",
        messages(measured.len() as u64),
        size(bytes),
        clean(mailbox)
    ));
    Ok(())
}

fn finish(tally: &Tally, meter: &Meter, mailbox: &str, output: &mut Output) -> Outcome<()> {
    let seconds = meter.elapsed().as_secs_f64();
    let summary = Summary { done: tally.done, skipped: 0, failed: tally.failed, bytes: tally.bytes, seconds };
    output.object(&Object::new("summary", summary))?;
    if !output.is_json() {
        let failed = if tally.failed > 0 { format!("; {} left out", count(tally.failed)) } else { String::new() };
        output.note(&format!("put {} into {}, {}{failed}", messages(tally.done), clean(mailbox), meter.rate()));
    }
    Ok(())
}
