//! Which folders there are, with everything a list shows of them, in as few flights as the server permits.
//!
//! Separate from `ls` because doctor and demo ask for the same. One command where the server has LIST-EXTENDED and LIST-STATUS; otherwise
//! LIST and LSUB in one flight and every STATUS in the next. RFC 5258, RFC 5819, RFC 6154, RFC 8438.

use std::collections::HashSet;

use futures_util::future::join_all;
use imapkit::commands::{List, ListReturn};
use imapkit::types::{Capability, ListEntry, Mailbox, SpecialUse, Status, StatusItem, StatusItems};
use imapkit::{Client, Error};

use crate::output::json;

/// A folder, and why its counts could not be had, if so.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) facts: json::Mailbox,
    pub(crate) failure: Option<Error>,
}

/// All folders, in the order the server lists them.
pub(crate) async fn all(client: &Client, with_status: bool) -> Result<Vec<Folder>, Error> {
    let has = client.capabilities().await?;
    let mut items = StatusItems::new()
        .with(StatusItem::Messages)
        .with(StatusItem::Unseen)
        .with(StatusItem::UidNext)
        .with(StatusItem::UidValidity);
    if has.has(&Capability::StatusSize) {
        items = items.with(StatusItem::Size);
    }
    let extended = has.has(&Capability::ListExtended);
    let mut list = List::new("*");
    if extended {
        list = list.returning(ListReturn::Subscribed);
        if has.has(&Capability::SpecialUse) {
            list = list.returning(ListReturn::SpecialUse);
        }
        if with_status && has.has(&Capability::ListStatus) {
            list = list.returning(ListReturn::Status(items));
        }
    }
    let listed = client.submit(list);
    let subscribed = if extended { None } else { Some(client.lsub("", "*").await) };
    let mut entries = listed.await?;
    if !entries.iter().any(|entry| entry.mailbox == Mailbox::inbox()) {
        // Some servers forget it in long answers, or whenever something is to be returned beside the names (strato.de; C51).
        let inbox = client.list("", "INBOX").await?;
        entries.splice(0..0, inbox.into_iter().filter(|entry| entry.mailbox == Mailbox::inbox()));
    }
    // A server without LSUB (IMAP4rev2 alone) has LIST-EXTENDED; any other failure only costs the marks.
    let subscribed: Option<HashSet<Mailbox>> =
        subscribed.and_then(Result::ok).map(|entries| entries.into_iter().map(|entry| entry.mailbox).collect());
    let answers = entries.iter().map(|entry| async {
        match &entry.status {
            Some(status) => Some(Ok(status.clone())),
            None if with_status && entry.is_selectable() => Some(client.status(&entry.mailbox, items).await),
            None => None,
        }
    });
    let answers = join_all(answers).await;
    Ok(entries.iter().zip(answers).map(|(entry, status)| folder(entry, status, subscribed.as_ref())).collect())
}

fn folder(entry: &ListEntry, status: Option<Result<Status, Error>>, subscribed: Option<&HashSet<Mailbox>>) -> Folder {
    let (status, failure) = match status {
        Some(Ok(status)) => (status, None),
        Some(Err(error)) => (Status::default(), Some(error)),
        None => (Status::default(), None),
    };
    let facts = json::Mailbox {
        name: entry.mailbox.name().to_owned(),
        delimiter: entry.delimiter,
        selectable: entry.is_selectable(),
        subscribed: Some(subscribed.map_or_else(|| entry.is_subscribed(), |names| names.contains(&entry.mailbox))),
        special_use: entry.special_use().map(|used_for| use_name(used_for).to_owned()),
        attributes: entry.attributes.iter().map(ToString::to_string).collect(),
        messages: status.messages,
        unseen: status.unseen,
        size: status.size,
        uid_validity: status.uid_validity.map(imapkit::types::UidValidity::get),
        uid_next: status.uid_next,
    };
    Folder { facts, failure }
}

/// What a folder is for, in a word.
pub(crate) fn use_name(used_for: SpecialUse) -> &'static str {
    match used_for {
        SpecialUse::All => "all",
        SpecialUse::Archive => "archive",
        SpecialUse::Drafts => "drafts",
        SpecialUse::Flagged => "flagged",
        SpecialUse::Junk => "junk",
        SpecialUse::Sent => "sent",
        SpecialUse::Trash => "trash",
        SpecialUse::Important => "important",
        SpecialUse::Memos => "memos",
        SpecialUse::Snoozed => "snoozed",
        SpecialUse::Scheduled => "scheduled",
        _ => "other",
    }
}
