//! Tries out what a server offers, as far as that changes nothing: does it keep its word?
//!
//! Separate from [`super::write_test`], which needs a folder of its own. Works on INBOX, opened read-only. Each trial is a
//! [`Check`]; one that fails does not end the others, unless the connection is gone. RFC 2177, 4731, 4978, 5161, 7162, 9051.

use std::time::{Duration, Instant};

use imapkit::commands::{Compress, Enable, Noop, Search, Select};
use imapkit::types::{Capability, Key, Mailbox, ReturnOptions, StatusItem, StatusItems};
use imapkit::{CapabilityBook, Client, Error, Selected, TraceLine};

use super::report::{Check, Tried, ms};
use super::tape::Tape;
use crate::output::text::{clean, count};

/// How long a server may take to answer IDLE.
const IDLE: Duration = Duration::from_secs(10);
/// How often the round trip is measured.
const ROUNDS: usize = 3;

/// Runs all trials that need nothing written. COMPRESS comes last: it changes the connection.
pub(super) async fn run(client: &Client, tape: &Tape) -> Vec<Check> {
    let mut checks = Checks::default();
    let Ok(has) = client.capabilities().await else { return checks.0 };
    checks.add("round-trip", true, round_trip(client)).await;
    checks.add("enable-qresync", offers(&has, &[Capability::Enable, Capability::Qresync]), enable(client)).await;
    let with_mod_seq = has.has(&Capability::CondStore) || has.has(&Capability::Qresync);
    let inbox = if with_mod_seq { examine_condstore(client).await } else { client.examine("INBOX").await };
    match inbox {
        Ok(inbox) => {
            checks.add("uidvalidity", true, uid_validity(client, &inbox)).await;
            checks.add("condstore", with_mod_seq, async { mod_seq(&inbox) }).await;
            checks.add("esearch", has.has(&Capability::Esearch), esearch(client, &inbox)).await;
            checks.add("idle", has.has(&Capability::Idle), idle(&inbox, tape)).await;
        }
        Err(error) => {
            checks.push("inbox", Instant::now(), Err(refused(&error)));
        }
    }
    checks.add("compress", has.has(&Capability::CompressDeflate), compress(client)).await;
    checks.0
}

/// Trials so far.
#[derive(Debug, Default)]
pub(super) struct Checks(pub(super) Vec<Check>);

/// What came of a trial: what was seen, or what is wrong.
pub(super) type Seen = Result<String, String>;

impl Checks {
    /// Runs a trial, if the server offers what it is about.
    pub(super) async fn add(&mut self, name: &str, offered: bool, trial: impl Future<Output = Seen>) -> bool {
        if !offered {
            let text = "not offered".to_owned();
            self.0.push(Check { name: name.to_owned(), result: Tried::Absent, text, ms: 0.0 });
            return false;
        }
        let start = Instant::now();
        let seen = trial.await;
        self.push(name, start, seen)
    }

    /// Notes how a trial ended.
    pub(super) fn push(&mut self, name: &str, start: Instant, seen: Seen) -> bool {
        let good = seen.is_ok();
        let (result, text) = match seen {
            Ok(text) => (Tried::Good, text),
            Err(text) => (Tried::Bad, text),
        };
        self.0.push(Check { name: name.to_owned(), result, text: clean(&text), ms: ms(start.elapsed()) });
        good
    }
}

/// All of these are offered.
pub(super) fn offers(has: &CapabilityBook, all: &[Capability]) -> bool {
    all.iter().all(|one| has.has(one))
}

/// A refusal in words.
pub(super) fn refused(error: &Error) -> String {
    match error.server_text() {
        Some(said) if !said.is_empty() => format!("{:?}: {}", error.kind(), clean(said)).to_lowercase(),
        _ => clean(&error.to_string()),
    }
}

async fn round_trip(client: &Client) -> Seen {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        client.run(Noop).await.map_err(|error| refused(&error))?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(format!("a command is answered after {:.1} ms (the middle one of {ROUNDS})", ms(times[ROUNDS / 2])))
}

async fn examine_condstore(client: &Client) -> Result<Selected, Error> {
    // The library's own verb for this opens for writing; a doctor only looks.
    client.run(Select::examine(Mailbox::inbox()).condstore()).await?;
    client.examine("INBOX").await
}

async fn enable(client: &Client) -> Seen {
    let on = client.run(Enable::new([Capability::Qresync])).await.map_err(|error| refused(&error))?;
    if on.contains(&Capability::Qresync) {
        Ok("ENABLE QRESYNC is confirmed".to_owned())
    } else {
        Err("ENABLE QRESYNC is answered OK and not confirmed by * ENABLED".to_owned())
    }
}

async fn uid_validity(client: &Client, inbox: &Selected) -> Seen {
    let items = StatusItems::new().with(StatusItem::UidValidity).with(StatusItem::Messages);
    let status = client.status("INBOX", items).await.map_err(|error| refused(&error))?;
    match (inbox.info().uid_validity, status.uid_validity) {
        (Some(selected), Some(counted)) if selected == counted => Ok(format!("EXAMINE and STATUS agree: {selected}")),
        (Some(selected), Some(counted)) => Err(format!("EXAMINE says UIDVALIDITY {selected}, STATUS says {counted}")),
        (None, _) => Err("EXAMINE tells no UIDVALIDITY: UIDs cannot be kept".to_owned()),
        (Some(selected), None) => Ok(format!("EXAMINE says {selected}, STATUS tells none")),
    }
}

fn mod_seq(inbox: &Selected) -> Seen {
    match inbox.info().highest_mod_seq {
        Some(highest) => Ok(format!("HIGHESTMODSEQ {highest}")),
        None => Err("INBOX has no HIGHESTMODSEQ".to_owned()),
    }
}

async fn esearch(client: &Client, inbox: &Selected) -> Seen {
    let count_of_all = Search::uid(Key::All).returning(ReturnOptions::new().count());
    let found = client.run(count_of_all).await.map_err(|error| refused(&error))?;
    let exists = inbox.exists().await.map_err(|error| refused(&error))?;
    match found.count {
        Some(found) if found == u64::from(exists) => Ok(format!("counts {} in INBOX, as it has", count(found))),
        Some(found) => Err(format!("counts {} messages in INBOX, which has {}", count(found), count(exists.into()))),
        None => Err("SEARCH RETURN (COUNT) is answered without a count".to_owned()),
    }
}

async fn idle(inbox: &Selected, tape: &Tape) -> Seen {
    let from = tape.len();
    let watch = inbox.watch();
    let answered = tape.until(from, IDLE, |line: &TraceLine| !line.sent && line.text.starts_with('+')).await;
    drop(watch);
    // What follows is answered only once IDLE has ended.
    inbox.client().run(Noop).await.map_err(|error| refused(&error))?;
    if answered { Ok("begins and ends".to_owned()) } else { Err("IDLE is not answered".to_owned()) }
}

async fn compress(client: &Client) -> Seen {
    client.run(Compress).await.map_err(|error| refused(&error))?;
    client.run(Noop).await.map_err(|error| format!("what comes after COMPRESS is not understood: {error}"))?;
    Ok("DEFLATE both ways".to_owned())
}
