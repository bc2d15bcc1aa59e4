//! What came of a step, as the lines that transcripts expect, and the comparison of the two.
//!
//! Separate from the front ends so that one value is written in one way. `corpus/README.md` describes the lines.

use bytes::Bytes;
use imapkit_session::commands::{AppendUid, MailboxInfo};
use imapkit_session::types::{Body, Content, CopyUid, Fetch, Flags, ListEntry, Status, UidSet};
use imapkit_session::{Error, ErrorKind, Event, MailboxEvent};
use imapkit_testkit::canary::{MIN_SECRET, contains_secret};
use imapkit_testkit::script::{Expect, Script, Step};

/// How a step ended: its lines, or why it failed.
pub(crate) type Outcome = Result<Vec<String>, Error>;

/// What of the expectations of `step` is not so.
pub(crate) fn judge(step: &Step, outcome: &Outcome, events: &[String]) -> Vec<String> {
    let failure = step.expects.iter().any(|expect| matches!(expect, Expect::No | Expect::Bad | Expect::Error(_)));
    let mut missing: Vec<String> =
        step.expects.iter().filter(|expect| !holds(expect, outcome, events)).map(ToString::to_string).collect();
    if !failure && outcome.is_err() && missing.is_empty() {
        missing.push("ok".to_owned());
    }
    let got = match outcome {
        Ok(lines) => lines.join(" | "),
        Err(error) => format!("error {:?}: {error}", error.kind()),
    };
    missing
        .into_iter()
        .map(|expect| {
            format!("line {}: do {}: expected {expect}, got {got:?}, events {events:?}", step.line, step.verb)
        })
        .collect()
}

fn holds(expect: &Expect, outcome: &Outcome, events: &[String]) -> bool {
    let kind = outcome.as_ref().err().map(Error::kind);
    match expect {
        Expect::Ok => outcome.is_ok(),
        Expect::No => kind == Some(ErrorKind::No),
        Expect::Bad => kind == Some(ErrorKind::Bad),
        Expect::Error(name) => kind.is_some_and(|kind| format!("{kind:?}") == *name),
        Expect::Value(text) => outcome.as_ref().is_ok_and(|lines| lines.contains(text)),
        Expect::Event(text) => events.contains(text),
    }
}

/// Whether `step` waits for events that have not come yet.
pub(crate) fn awaits_events(step: &Step, events: &[String]) -> bool {
    step.expects.iter().any(|expect| matches!(expect, Expect::Event(text) if !events.contains(text)))
}

/// Whether `step` is expected to fail.
pub(crate) fn fails(step: &Step) -> bool {
    step.expects.iter().any(|expect| matches!(expect, Expect::No | Expect::Bad | Expect::Error(_)))
}

/// An event, for those that transcripts know.
pub(crate) fn event(event: &Event) -> Option<String> {
    match event {
        Event::Mailbox(event) => mailbox_event(event),
        Event::Alert { text, .. } => Some(format!("alert {text}")),
        _ => None,
    }
}

/// The password of a script that is to be looked for in what was said, where it is long enough to be told from other text.
pub(crate) fn canary(script: &Script) -> Option<&str> {
    script.steps().first()?.named("pass").filter(|password| password.len() >= MIN_SECRET)
}

/// What of `told` holds the password of the script (T109).
pub(crate) fn leaks(script: &Script, told: &[String]) -> Vec<String> {
    let Some(canary) = canary(script) else { return Vec::new() };
    told.iter()
        .filter(|text| contains_secret(text, canary))
        .map(|text| format!("this shows the password: {text}"))
        .collect()
}

/// An error as people and logs may see it: message, `Debug` and all its causes.
pub(crate) fn all_of(error: &Error) -> String {
    let first: &dyn std::error::Error = error;
    let causes = std::iter::successors(Some(first), |error| error.source());
    causes.map(|error| format!("{error} {error:?} {error:#?}")).collect::<Vec<_>>().join(" ")
}

/// A change of the selected mailbox.
pub(crate) fn mailbox_event(event: &MailboxEvent) -> Option<String> {
    match event {
        MailboxEvent::Exists(exists) => Some(format!("exists {exists}")),
        MailboxEvent::Expunged { seq, .. } => Some(format!("expunge {seq}")),
        MailboxEvent::Vanished { uids, .. } => Some(format!("vanished {uids}")),
        _ => None,
    }
}

/// Of SELECT and EXAMINE.
pub(crate) fn selected(info: &MailboxInfo) -> Vec<String> {
    let mut lines = vec![format!("exists={}", info.exists), format!("read_only={}", info.read_only)];
    lines.extend(info.uid_validity.map(|uid_validity| format!("uid_validity={}", uid_validity.get())));
    lines.extend(info.uid_next.map(|uid_next| format!("uid_next={uid_next}")));
    lines
}

/// Octets of content that a transcript may hold.
pub(crate) const LARGEST: usize = 64 << 20;

/// A row with the content that was read beside it.
pub(crate) fn whole(mut row: Fetch, contents: Vec<Bytes>) -> Fetch {
    for (body, content) in row.more_mut().bodies.iter_mut().zip(contents) {
        body.content = Content::Inline(content);
    }
    row
}

/// Of FETCH: a line a message, also when the server told about it in several responses.
pub(crate) fn fetched(rows: &[Fetch]) -> Vec<String> {
    let mut messages: Vec<Fetch> = Vec::new();
    for row in rows {
        match messages.iter_mut().find(|message| message.uid == row.uid) {
            Some(message) => merge(message, row),
            None => messages.push(row.clone()),
        }
    }
    messages.iter().map(message).collect()
}

fn merge(message: &mut Fetch, row: &Fetch) {
    message.flags = message.flags.take().or_else(|| row.flags.clone());
    message.size = message.size.or(row.size);
    message.more = message.more.take().or_else(|| row.more.clone());
}

fn message(row: &Fetch) -> String {
    let mut words: Vec<String> = row.uid.map(|uid| format!("uid={uid}")).into_iter().collect();
    words.extend(row.flags.as_ref().map(|list| format!("flags={}", flags(list))));
    words.extend(row.size.map(|size| format!("size={size}")));
    words.extend(row.bodies().first().and_then(Body::bytes).map(|body| format!("body={}", body.len())));
    words.join(" ")
}

fn flags(flags: &Flags) -> String {
    flags.iter().map(|flag| flag.to_string()).collect::<Vec<_>>().join(",")
}

/// Of SEARCH.
pub(crate) fn found(uids: &UidSet) -> Vec<String> {
    vec![format!("uids={uids}")]
}

/// Of COPY and MOVE.
pub(crate) fn copied(uids: Option<&CopyUid>) -> Vec<String> {
    uids.map(|uids| format!("from={} to={}", uids.source_set(), uids.destination_set())).into_iter().collect()
}

/// Of APPEND.
pub(crate) fn appended(uid: Option<&AppendUid>) -> Vec<String> {
    uid.map(|uid| format!("uid={}", uid.uids)).into_iter().collect()
}

/// Of LIST.
pub(crate) fn listed(entries: &[ListEntry]) -> Vec<String> {
    let names: Vec<&str> = entries.iter().map(|entry| entry.mailbox.name()).collect();
    vec![format!("names={}", names.join(","))]
}

/// Of STATUS.
pub(crate) fn status(status: &Status) -> Vec<String> {
    let numbers = [
        ("messages", status.messages),
        ("recent", status.recent),
        ("uid_next", status.uid_next),
        ("unseen", status.unseen),
    ];
    numbers.into_iter().filter_map(|(name, number)| Some(format!("{name}={}", number?))).collect()
}
