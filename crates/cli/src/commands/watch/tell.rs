//! Says what happened: a line, an object, and the command of `--exec`.
//!
//! Apart from watching because nothing here speaks to the server. What senders wrote reaches a command only through its environment, never
//! through its text.

use std::process::Stdio;

use imapkit::types::{Fetch, SeqNum, Uid, UidValidity};
use imapkit::{Error, Selected};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::super::search;
use super::name;
use crate::errors::Outcome;
use crate::message::facts;
use crate::output::Output;
use crate::output::json::{self, Object};
use crate::output::text::{clean, messages};
use crate::place::Place;
use crate::secrets::shell;

/// Tells events, and counts them.
#[derive(Debug)]
pub(super) struct Teller {
    exec: Option<String>,
    left: Option<u64>,
}

impl Teller {
    pub(super) fn new(exec: Option<String>, count: Option<u64>) -> Self {
        Self { exec, left: count }
    }

    /// As many as wanted have been told.
    pub(super) fn is_done(&self) -> bool {
        self.left == Some(0)
    }

    pub(super) fn watching(place: &Place, mailbox: &Selected, again: bool, output: &mut Output) -> Outcome<()> {
        let exists = mailbox.info().exists;
        let word = if again { "watching again" } else { "watching" };
        let how = if again { String::new() } else { "; Ctrl-C ends".to_owned() };
        output.note(&format!("{word} {} at {}: {}{how}", name(mailbox), place.server_text(), messages(exists.into())));
        emit(output, event("watching", mailbox, Some(exists)))
    }

    pub(super) async fn arrived(
        &mut self,
        mailbox: &Selected,
        exists: u32,
        row: &Fetch,
        uid: Uid,
        output: &mut Output,
    ) -> Outcome<()> {
        let validity = mailbox.info().uid_validity.unwrap_or(UidValidity::new(0));
        let mut message = facts::message(mailbox.mailbox().name(), validity, row);
        message.uid = uid.get();
        let line = search::line(&message, uid, row.flags.as_ref(), output);
        say(output, "new", &line)?;
        let envelope = message.envelope.as_ref();
        let from = envelope.map(|envelope| facts::everyone(&envelope.from)).unwrap_or_default();
        let subject = envelope.and_then(|envelope| envelope.subject.clone()).unwrap_or_default();
        emit(
            output,
            json::Event { uid: Some(uid.get()), message: Some(message), ..event("new", mailbox, Some(exists)) },
        )?;
        self.happened("new", mailbox, Some(uid), &[("IMAPKIT_FROM", from), ("IMAPKIT_SUBJECT", subject)], output).await
    }

    pub(super) async fn gone(
        &mut self,
        mailbox: &Selected,
        exists: u32,
        uid: Option<Uid>,
        seq: Option<SeqNum>,
        output: &mut Output,
    ) -> Outcome<()> {
        let which = match (uid, seq) {
            (Some(uid), _) => format!("{:>6}", uid.get()),
            (None, Some(seq)) => format!("the message at position {}", seq.get()),
            (None, None) => String::new(),
        };
        say(output, "gone", &which)?;
        let event =
            json::Event { uid: uid.map(Uid::get), seq: seq.map(SeqNum::get), ..event("gone", mailbox, Some(exists)) };
        emit(output, event)?;
        self.happened("gone", mailbox, uid, &[], output).await
    }

    pub(super) async fn flags(&mut self, mailbox: &Selected, row: &Fetch, output: &mut Output) -> Outcome<()> {
        let Some(flags) = &row.flags else { return Ok(()) };
        let which = row
            .uid
            .map_or_else(|| format!("position {}", row.seq.map_or(0, SeqNum::get)), |uid| format!("{:>6}", uid.get()));
        let shown = clean(&flags.to_string());
        say(output, "flags", &format!("{which}  {}", if shown.is_empty() { "none" } else { &shown }))?;
        let message = json::Message {
            mailbox: mailbox.mailbox().name().to_owned(),
            uid_validity: mailbox.info().uid_validity.map_or(0, UidValidity::get),
            uid: row.uid.map_or(0, Uid::get),
            flags: Some(facts::flags(flags)),
            ..json::Message::default()
        };
        let event = json::Event {
            uid: row.uid.map(Uid::get),
            seq: row.seq.map(SeqNum::get),
            message: Some(message),
            ..event("flags", mailbox, None)
        };
        emit(output, event)?;
        self.happened("flags", mailbox, row.uid, &[], output).await
    }

    pub(super) fn alert(mailbox: &Selected, text: &str, output: &mut Output) -> Outcome<()> {
        output.warn(&format!("the server says: {}", clean(text)));
        emit(output, json::Event { text: Some(clean(text)), ..event("alert", mailbox, None) })
    }

    pub(super) fn lost(place: &Place, error: &Error, output: &mut Output) -> Outcome<()> {
        output.warn(&format!("the connection to {} is lost: {error}", place.server_text()));
        let mailbox = place.mailbox_or_inbox().to_owned();
        emit(
            output,
            json::Event {
                time: now(),
                event: "lost",
                mailbox,
                text: Some(error.to_string()),
                ..json::Event::default()
            },
        )
    }

    /// Counts an event, and runs the command for it.
    async fn happened(
        &mut self,
        what: &str,
        mailbox: &Selected,
        uid: Option<Uid>,
        more: &[(&str, String)],
        output: &mut Output,
    ) -> Outcome<()> {
        self.left = self.left.map(|left| left.saturating_sub(1));
        let Some(exec) = &self.exec else { return Ok(()) };
        let mut command = tokio::process::Command::from(shell(exec));
        command
            .env("IMAPKIT_EVENT", what)
            .env("IMAPKIT_MAILBOX", clean(mailbox.mailbox().name()))
            .env_remove("IMAPKIT_PASSWORD");
        command.env("IMAPKIT_UID", uid.map(|uid| uid.to_string()).unwrap_or_default());
        command.envs(more.iter().map(|(name, value)| (*name, value.as_str())));
        // stdout is data, ours; what the command says is for people.
        output.flush()?;
        match command.stdin(Stdio::null()).stdout(std::io::stderr()).status().await {
            Ok(status) if status.success() => {}
            Ok(status) => output.warn(&format!("the command failed: {status}")),
            Err(error) => output.warn(&format!("the command cannot be run: {}", crate::errors::plain(&error))),
        }
        Ok(())
    }
}

fn event(what: &'static str, mailbox: &Selected, exists: Option<u32>) -> json::Event {
    json::Event {
        time: now(),
        event: what,
        mailbox: mailbox.mailbox().name().to_owned(),
        exists,
        ..json::Event::default()
    }
}

/// At once: whoever reads along wants to know now.
fn emit(output: &mut Output, event: json::Event) -> Outcome<()> {
    output.object(&Object::new("event", event))?;
    output.flush()
}

fn say(output: &mut Output, what: &str, line: &str) -> Outcome<()> {
    let clock = output.now().format(format_description!("[hour]:[minute]:[second]")).unwrap_or_default();
    let paint = output.paint();
    output.line(&format!("{} {} {line}", paint.dim(&clock), paint.cyan(&format!("{what:<5}"))))?;
    output.flush()
}

fn now() -> String {
    let now = OffsetDateTime::now_utc();
    // Milliseconds are as exact as a network.
    now.replace_millisecond(now.millisecond()).unwrap_or(now).format(&Rfc3339).unwrap_or_default()
}
