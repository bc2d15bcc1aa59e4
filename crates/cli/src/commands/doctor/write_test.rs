//! Tries out what needs a folder to write to: `--write-test`.
//!
//! ```text
//! CREATE -> APPEND (seen by IDLE on the other connection?) -> FETCH, STORE, COPY, UID EXPUNGE, SELECT again -> DELETE
//! ```
//!
//! Two connections: one watches, the other one writes. The folder is named by chance and removed however the trials end, also when
//! somebody presses Ctrl-C or the connection breaks; where even that fails, the report says what to remove. RFC 2177, 3501, 4315, 7162.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt};
use imapkit::commands::{Noop, StoreHow};
use imapkit::types::{Capability, Code, Flag, Flags, Items, ModSeq, Uid, UidSet};
use imapkit::wire::Untagged;
use imapkit::{CapabilityBook, Client, Config, Error, MailboxEvent, NewMessage, Selected, TraceLine};

use super::report::Check;
use super::tape::Tape;
use super::trials::{Checks, Seen, offers, refused};
use crate::interrupt::Interrupt;
use crate::output::text::clean;

/// What the folder's name begins with.
pub(super) const NAME: &str = "imapkit-doctor-";
/// How long a server may take to push what has arrived.
const PUSH: Duration = Duration::from_secs(15);
/// How long all trials may take.
const ALL: Duration = Duration::from_mins(2);
/// How long removing the folder may take: on the connection that is there, then on a new one.
const REMOVAL: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(30));
/// A keyword no server knows beforehand.
const KEYWORD: &str = "imapkit-doctor";
/// Has a line that begins with a dot and one that looks like a literal: what comes back has to be the same.
const MESSAGE: &str = "From: imapkit doctor <doctor@example.org>\r\nSubject: a trial, to be removed\r\nMessage-ID: <trial@imapkit.example>\r\n\r\n.\r\nFrom here {5}\r\n)\r\nend\r\n";

/// Makes the folder below `prefix`, runs the trials in it, removes it. `patience` is how long the user waits for anything.
pub(super) async fn run(config: &Config, prefix: &str, patience: Option<Duration>, tape: &Tape) -> Vec<Check> {
    let name = format!("{prefix}{NAME}{:08x}", RandomState::new().build_hasher().finish() & 0xffff_ffff);
    let wait = Wait { tape, push: patience.unwrap_or(PUSH).min(PUSH) };
    let mut checks = Checks::default();
    let start = Instant::now();
    let made = match imapkit::connect(config).await {
        Ok(client) => client.create(name.as_str()).await.map(|()| client),
        Err(error) => Err(error),
    };
    let client = match made {
        Ok(client) => client,
        Err(error) => {
            checks.push("create", start, Err(format!("no temporary folder: {}", refused(&error))));
            return checks.0;
        }
    };
    checks.push("create", start, Ok(format!("the folder {} is made", clean(&name))));
    let mut interrupt = Interrupt::listen();
    let start = Instant::now();
    let ended = tokio::select! {
        ended = tokio::time::timeout(ALL, trials(config, &client, &name, &wait, &mut checks)) => ended.unwrap_or_else(|_| Err("the trials took too long".to_owned())),
        () = interrupt.pressed() => Err("interrupted".to_owned()),
    };
    if let Err(why) = ended {
        checks.push("trials", start, Err(why));
    }
    let start = Instant::now();
    let removed = remove(config, client, &name).await;
    let advice = |why: String| format!("the folder {} could not be removed, {why}: remove it by hand", clean(&name));
    checks.push("remove", start, removed.map(|()| "the folder is removed".to_owned()).map_err(advice));
    checks.0
}

/// Removes the folder, on a new connection if that is needed.
async fn remove(config: &Config, client: Client, name: &str) -> Result<(), String> {
    // Some servers do not remove a folder that somebody has open, our own connection included (server-quirks: unselect before DELETE).
    let first = async {
        client.examine("INBOX").await?;
        client.delete(name).await
    };
    if let Ok(Ok(())) = tokio::time::timeout(REMOVAL.0, first).await {
        let _ = client.logout().await;
        return Ok(());
    }
    client.close();
    let second = async {
        let client = imapkit::connect(config).await?;
        client.delete(name).await?;
        client.logout().await
    };
    match tokio::time::timeout(REMOVAL.1, second).await {
        Ok(removed) => removed.map_err(|error| refused(&error)),
        Err(_) => Err("the server does not answer".to_owned()),
    }
}

/// How what is pushed is waited for.
struct Wait<'a> {
    /// Of the connection that watches.
    tape: &'a Tape,
    push: Duration,
}

/// Everything in the folder. The error is what ended the trials; a trial that fails is in `checks`.
async fn trials(
    config: &Config,
    client: &Client,
    name: &str,
    wait: &Wait<'_>,
    checks: &mut Checks,
) -> Result<(), String> {
    let broken = |error: Error| format!("the connection failed: {}", refused(&error));
    let has = client.capabilities().await.map_err(broken)?;
    let with_mod_seq = has.has(&Capability::CondStore) || has.has(&Capability::Qresync);
    let watcher = imapkit::connect(config).await.map_err(broken)?;
    let folder = open(&watcher, name, with_mod_seq).await.map_err(broken)?;
    let begun = folder.info().highest_mod_seq;
    let first = push(&folder, client, name, &has, wait, checks).await?;
    checks.add("keywords", true, keywords(&folder)).await;
    checks.add("content", true, content(&folder)).await;
    let Some(uid) = first else { return Ok(()) };
    checks.add("store-modseq", with_mod_seq, store(&folder, uid, begun)).await;
    checks.add("copyuid", has.has(&Capability::UidPlus), copy(&folder, uid, name)).await;
    let expunged = checks.add("uid-expunge", has.has(&Capability::UidPlus), expunge(&folder, uid)).await;
    let validity = folder.info().uid_validity;
    let again = open(client, name, with_mod_seq).await.map_err(broken)?;
    checks.push(
        "uidvalidity-stable",
        Instant::now(),
        match (validity, again.info().uid_validity) {
            (Some(one), Some(other)) if one == other => Ok(format!("two connections see {one}")),
            (one, other) => Err(format!("one connection sees {one:?}, another one {other:?}")),
        },
    );
    let qresync = expunged && offers(&has, &[Capability::Enable, Capability::Qresync]);
    if qresync {
        checks
            .add(
                "qresync",
                true,
                vanished(config, name, uid, validity.map_or(0, imapkit::types::UidValidity::get), begun),
            )
            .await;
    }
    let _ = watcher.logout().await;
    Ok(())
}

async fn open(client: &Client, name: &str, with_mod_seq: bool) -> Result<Selected, Error> {
    if with_mod_seq { client.select_condstore(name).await } else { client.select(name).await }
}

/// Puts two messages there and looks whether IDLE tells at once. Gives the UID of the first.
async fn push(
    folder: &Selected,
    client: &Client,
    name: &str,
    has: &CapabilityBook,
    wait: &Wait<'_>,
    checks: &mut Checks,
) -> Result<Option<Uid>, String> {
    let from = wait.tape.len();
    let mut watch = folder.watch();
    if has.has(&Capability::Idle) {
        wait.tape.until(from, wait.push, |line: &TraceLine| !line.sent && line.text.starts_with('+')).await;
    }
    let start = Instant::now();
    let appended = client.append(name, message()).await;
    checks.push("append", start, appended.as_ref().map(|_| "a message is taken".to_owned()).map_err(refused));
    let Ok(told) = appended else { return Ok(None) };
    let start = Instant::now();
    let arrival = async {
        loop {
            match watch.next().await {
                Some(Ok(MailboxEvent::Exists(1..))) => return Ok(()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(refused(&error)),
                None => return Err("the connection ended".to_owned()),
            }
        }
    };
    if has.has(&Capability::Idle) {
        let pushed = tokio::time::timeout(wait.push, arrival).await;
        let pushed = pushed
            .unwrap_or_else(|_| Err(format!("nothing is told within {} s: mail is seen late", wait.push.as_secs())));
        let took = super::report::ms(start.elapsed());
        checks.push("idle-push", start, pushed.map(|()| format!("new mail is told after {took:.0} ms")));
    } else {
        checks.add("idle-push", false, async { Ok(String::new()) }).await;
    }
    drop(watch);
    folder.client().run(Noop).await.map_err(|error| refused(&error))?;
    client.append(name, message()).await.map_err(|error| refused(&error))?;
    let rows: Vec<_> = folder
        .fetch(&UidSet::starting_at(first()), Items::new().flags())
        .stream()
        .try_collect()
        .await
        .map_err(|error| refused(&error))?;
    let uid = rows.iter().map(imapkit::Message::uid).min();
    let said = told.as_ref().and_then(|told| told.uids.first());
    let seen = match (said, uid) {
        (Some(said), Some(is)) if said == is => Ok(format!("APPENDUID says {said}, and so it is")),
        (Some(said), is) => Err(format!("APPENDUID says {said}, the message has {is:?}")),
        (None, _) => Err("APPEND tells no UID".to_owned()),
    };
    checks.add("appenduid", has.has(&Capability::UidPlus), async { seen }).await;
    Ok(uid)
}

fn message() -> NewMessage<'static> {
    NewMessage::new(MESSAGE.as_bytes())
}

fn first() -> Uid {
    Uid::MIN
}

async fn keywords(folder: &Selected) -> Seen {
    let permanent = folder.info().permanent_flags.clone();
    let Some(flags) = permanent else { return Ok("the server does not say which flags last: all, then".to_owned()) };
    let names: Vec<String> = flags.iter().filter(|flag| *flag != Flag::Any).map(|flag| flag.to_string()).collect();
    if !flags.any() {
        return Err(format!("new keywords are not permitted, only {}", clean(&names.join(" "))));
    }
    let keyword = Flag::parse(KEYWORD).map_err(|error| error.to_string())?;
    folder.add_flags(&UidSet::starting_at(first()), keyword.clone()).await.map_err(|error| refused(&error))?;
    let rows: Vec<_> = folder
        .fetch(&UidSet::starting_at(first()), Items::new().flags())
        .stream()
        .try_collect()
        .await
        .map_err(|error| refused(&error))?;
    let kept = !rows.is_empty() && rows.iter().all(|row| row.flags().is_ok_and(|flags| flags.contains(&keyword)));
    if kept { Ok("new keywords are kept".to_owned()) } else { Err("a new keyword is accepted and not kept".to_owned()) }
}

async fn content(folder: &Selected) -> Seen {
    let mut rows = folder.fetch(&UidSet::starting_at(first()), Items::new().body_peek()).stream();
    let mut message = match rows.try_next().await {
        Ok(Some(message)) => message,
        Ok(None) => return Err("the message is not there".to_owned()),
        Err(error) => return Err(refused(&error)),
    };
    let body = message.body().map_err(|error| refused(&error))?;
    let octets = body.bytes(1 << 20).await.map_err(|error| refused(&error))?;
    drop(message);
    while rows.try_next().await.map_err(|error| refused(&error))?.is_some() {}
    if octets[..] == *MESSAGE.as_bytes() {
        Ok("a message comes back byte for byte".to_owned())
    } else {
        Err(format!("a message of {} bytes comes back as {} bytes, changed", MESSAGE.len(), octets.len()))
    }
}

async fn store(folder: &Selected, uid: Uid, begun: Option<ModSeq>) -> Seen {
    folder.add_flags(&uid.into(), Flag::Flagged).await.map_err(|error| refused(&error))?;
    let rows: Vec<_> = folder
        .fetch(&uid.into(), Items::new().mod_seq())
        .stream()
        .try_collect()
        .await
        .map_err(|error| refused(&error))?;
    let now = rows.first().and_then(imapkit::Message::mod_seq);
    match (begun, now) {
        (Some(begun), Some(now)) if now > begun => {
            let all = UidSet::starting_at(first());
            let changed = folder.fetch(&all, Items::new().flags()).changed_since(begun);
            let rows: Vec<_> = changed.stream().try_collect().await.map_err(|error| refused(&error))?;
            if rows.iter().any(|row| row.uid() == uid) {
                Ok(format!("MODSEQ grows ({begun} to {now}), and CHANGEDSINCE finds the change"))
            } else {
                Err("CHANGEDSINCE does not find a change".to_owned())
            }
        }
        (Some(begun), Some(now)) => Err(format!("MODSEQ does not grow: {begun}, then {now}")),
        (None, _) => Err("a new folder has no HIGHESTMODSEQ".to_owned()),
        (_, None) => Err("a message has no MODSEQ".to_owned()),
    }
}

async fn copy(folder: &Selected, uid: Uid, name: &str) -> Seen {
    let copied = folder.copy(&uid.into(), name).await.map_err(|error| refused(&error))?;
    let Some(copied) = copied else { return Err("COPY tells no UID (COPYUID)".to_owned()) };
    let Some(copy) = copied.copy_of(uid) else { return Err("COPYUID does not name the message".to_owned()) };
    folder.client().run(Noop).await.map_err(|error| refused(&error))?;
    let rows: Vec<_> = folder
        .fetch(&copy.into(), Items::new().flags())
        .stream()
        .try_collect()
        .await
        .map_err(|error| refused(&error))?;
    if rows.len() == 1 {
        Ok(format!("COPYUID says {copy}, and so it is"))
    } else {
        Err(format!("COPYUID says {copy}, which is not there"))
    }
}

/// Marks all, removes one: the others have to stay.
async fn expunge(folder: &Selected, uid: Uid) -> Seen {
    let all = UidSet::starting_at(first());
    let wrong = |error: Error| refused(&error);
    folder.store(&all, StoreHow::Add, Flags::from(Flag::Deleted)).await.map_err(wrong)?;
    let before = folder.exists().await.map_err(wrong)?;
    folder.uid_expunge(&uid.into()).await.map_err(wrong)?;
    folder.client().run(Noop).await.map_err(wrong)?;
    let rows: Vec<_> = folder.fetch(&all, Items::new().flags()).stream().try_collect().await.map_err(wrong)?;
    let left = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    match (rows.iter().any(|row| row.uid() == uid), left) {
        (true, _) => Err("UID EXPUNGE does not remove the message".to_owned()),
        (false, left) if left.saturating_add(1) == before => Ok("removes what it is told and nothing else".to_owned()),
        (false, _) => Err(format!("UID EXPUNGE of one message removes {}", before.saturating_sub(left))),
    }
}

/// Opens the folder as somebody who was away: what is gone has to be told.
async fn vanished(config: &Config, name: &str, uid: Uid, validity: u32, begun: Option<ModSeq>) -> Seen {
    let wrong = |error: Error| refused(&error);
    let client = imapkit::connect(&config.clone().enable([Capability::Qresync])).await.map_err(wrong)?;
    let begun = begun.map_or(1, ModSeq::get).max(1);
    let answer =
        client.raw(&format!("SELECT \"{name}\" (QRESYNC ({validity} {begun} 1:{uid}))")).await.map_err(wrong)?;
    let _ = client.logout().await;
    let told = answer
        .untagged
        .iter()
        .any(|response| matches!(response, Untagged::Vanished { earlier: true, uids } if uids.contains(uid)));
    let closed = matches!(answer.status.code, Some(Code::ReadWrite | Code::ReadOnly));
    match (told, closed) {
        (true, _) => Ok("SELECT tells what was removed meanwhile".to_owned()),
        (false, true) => Err("SELECT (QRESYNC …) does not tell what was removed".to_owned()),
        (false, false) => Err("SELECT (QRESYNC …) is not answered as it should be".to_owned()),
    }
}
