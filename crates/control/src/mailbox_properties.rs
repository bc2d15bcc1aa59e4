//! Properties of mailboxes: which there are, what is known of the selected one, and what the server can do.
//!
//! Separate from the methods that change them (`mailbox.rs`). Those that return a [`Result`] ask the server, some of them only the first time.
//! RFC 9051 §6.3.9 (LIST), §6.3.10 (NAMESPACE), RFC 9208 (QUOTA).

use std::sync::Arc;

use imapkit_blocking::session::commands::{List, ListReturn};
use imapkit_blocking::types::{Attribute, Capability, Key, ListEntry, Mailbox, ReturnOptions};

use crate::code::ErrorCode;
use crate::constants::MailboxFlags;
use crate::control::{Control, Inner, Result};
use crate::error::ControlError;

/// Where mailboxes are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Namespace {
    /// Whose they are.
    pub kind: NamespaceKind,
    /// What their names begin with; often empty.
    pub prefix: String,
    /// What separates levels of the hierarchy; empty where there are no levels.
    pub delimiter: String,
}

/// Whose mailboxes they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum NamespaceKind {
    /// The user's own.
    Personal = 0,
    /// Other users'.
    Other = 1,
    /// Everybody's.
    Shared = 2,
}

/// How much of something may be used, and is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// The name of what the limit is for; often empty.
    pub root: String,
    /// What is limited: `STORAGE` in units of 1024 bytes, `MESSAGE`, or what else the server counts.
    pub resource: String,
    /// How much is used.
    pub usage: u64,
    /// How much may be used.
    pub limit: u64,
}

impl Control {
    /// The name of one of the mailboxes, counted from 0, as last listed by [`Control::mailboxes`].
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a number that is too high.
    pub fn mailbox(&self, index: u32) -> Result<String> {
        self.inner.call("mailbox", |inner| {
            let known = inner.live().as_ref().and_then(|live| live.listing.clone());
            let listing = match known {
                Some(listing) => listing,
                None => inner.listing()?,
            };
            let entry = usize::try_from(index).ok().and_then(|index| listing.get(index));
            entry.map(|entry| entry.mailbox.name().to_owned()).ok_or_else(|| {
                ControlError::invalid(format!(
                    "there is no mailbox {index}: there are {}, counted from 0",
                    listing.len()
                ))
            })
        })
    }

    /// How many mailboxes there are below `mailbox_path` that match `mailbox_mask`. Asks the server each time.
    pub fn mailboxes(&self) -> Result<u32> {
        self.inner.call("mailboxes", |inner| Ok(u32::try_from(inner.listing()?.len()).unwrap_or(u32::MAX)))
    }

    /// Where [`Control::mailboxes`] looks; empty, which is everywhere, unless set.
    pub fn mailbox_path(&self) -> String {
        self.inner.settings().mailbox_path.clone()
    }

    /// Sets [`Control::mailbox_path`]: the name of a mailbox whose children are meant.
    pub fn set_mailbox_path(&self, path: &str) {
        path.clone_into(&mut self.inner.settings().mailbox_path);
        self.inner.forget_listing();
    }

    /// Which names [`Control::mailboxes`] lists: `*` stands for anything, `%` for anything within one level; `*` unless set.
    pub fn mailbox_mask(&self) -> String {
        self.inner.settings().mailbox_mask.clone()
    }

    /// Sets [`Control::mailbox_mask`].
    pub fn set_mailbox_mask(&self, mask: &str) {
        mask.clone_into(&mut self.inner.settings().mailbox_mask);
        self.inner.forget_listing();
    }

    /// What separates levels of the hierarchy; empty where names have no levels. Asks the server once.
    pub fn mailbox_delimiter(&self) -> Result<String> {
        self.inner.call("mailbox_delimiter", Inner::delimiter)
    }

    /// The flags of the selected mailbox.
    ///
    /// # Errors
    /// [`ErrorCode::NoMailboxSelected`].
    pub fn mailbox_flags(&self) -> Result<MailboxFlags> {
        self.inner.call("mailbox_flags", |inner| Ok(flags(&inner.entry(None)?)))
    }

    /// The name of the selected mailbox; empty when there is none.
    pub fn mailbox_name(&self) -> String {
        let name = self.inner.with_selection(|selection| selection.selected.mailbox().name().to_owned());
        name.unwrap_or_default()
    }

    /// Selects a mailbox read-write. Nothing leaves the selected one, without an expunge; the same one is looked at again.
    ///
    /// # Errors
    /// As [`Control::select_mailbox`].
    pub fn set_mailbox_name(&self, name: &str) -> Result<()> {
        if !name.is_empty() {
            return self.inner.call("mailbox_name", |inner| inner.select(name, false));
        }
        self.inner.call("mailbox_name", |inner| {
            inner.session()?;
            if inner.with_selection(|_| ()).is_ok() { inner.unselect(false) } else { Ok(()) }
        })
    }

    /// The epoch of the selected mailbox's UIDs (UIDVALIDITY); 0 when there is none, or no mailbox.
    pub fn mailbox_uid(&self) -> u32 {
        let uid = self.inner.with_selection(|selection| selection.selected.info().uid_validity);
        uid.ok().flatten().map_or(0, imapkit_blocking::types::UidValidity::get)
    }

    /// Messages in the selected mailbox, as far as the server has told; 0 without one.
    pub fn message_count(&self) -> u32 {
        self.inner.with_selection(|selection| selection.selected.exists().unwrap_or(0)).unwrap_or(0)
    }

    /// Messages that have come since the mailbox was selected or, after [`Control::check_mailbox`], since the check before that; 0 without one.
    pub fn new_messages(&self) -> u32 {
        self.inner.with_selection(|selection| selection.new_messages()).unwrap_or(0)
    }

    /// Messages nobody had seen when the mailbox was selected; 0 without one, and with servers that do not tell.
    pub fn recent_messages(&self) -> u32 {
        self.inner.with_selection(|selection| selection.recent).unwrap_or(0)
    }

    /// Messages in the selected mailbox that were not read. Asks the server.
    ///
    /// # Errors
    /// [`ErrorCode::NoMailboxSelected`].
    pub fn unread_messages(&self) -> Result<u32> {
        self.inner.call("unread_messages", |inner| {
            let selected = inner.selected()?;
            if selected.client().capabilities().has(&Capability::Esearch) {
                let found = selected.search_return(Key::Unseen, ReturnOptions::new().count())?;
                if let Some(count) = found.count {
                    return Ok(u32::try_from(count).unwrap_or(u32::MAX));
                }
            }
            Ok(u32::try_from(selected.search(Key::Unseen)?.len()).unwrap_or(u32::MAX))
        })
    }

    /// Whether the selected mailbox is subscribed to. Asks the server.
    ///
    /// # Errors
    /// [`ErrorCode::NoMailboxSelected`].
    pub fn subscribed(&self) -> Result<bool> {
        self.inner.call("subscribed", |inner| {
            let selected = inner.selected()?;
            let (client, mailbox) = (selected.client(), selected.mailbox());
            if client.capabilities().has(&Capability::ListExtended) {
                return Ok(inner.entry(Some(ListReturn::Subscribed))?.is_subscribed());
            }
            let entries = client.lsub("", mailbox.name())?;
            Ok(entries.iter().any(|entry| entry.mailbox == *mailbox && entry.is_selectable()))
        })
    }

    /// Subscribes to the selected mailbox, or does so no longer.
    ///
    /// # Errors
    /// [`ErrorCode::NoMailboxSelected`].
    pub fn set_subscribed(&self, on: bool) -> Result<()> {
        self.inner.call("subscribed", |inner| {
            let selected = inner.selected()?;
            let (client, mailbox) = (selected.client(), selected.mailbox());
            let changed = if on { client.subscribe(mailbox) } else { client.unsubscribe(mailbox) };
            changed.map_err(ControlError::from)
        })
    }

    /// What the server offers now: capabilities, parted by spaces.
    ///
    /// # Errors
    /// [`ErrorCode::NotConnected`].
    pub fn capability(&self) -> Result<String> {
        self.inner.call("capability", |inner| {
            let client = inner.client()?;
            let mut book = client.capabilities();
            if book.offered().is_none() {
                book = client.capability()?;
            }
            let words: Vec<&str> =
                book.offered().into_iter().flat_map(imapkit_blocking::types::Capabilities::iter).collect();
            Ok(words.join(" "))
        })
    }

    /// Where mailboxes are. Asks the server.
    ///
    /// # Errors
    /// [`ErrorCode::NotSupportedByServer`].
    pub fn namespace(&self) -> Result<Vec<Namespace>> {
        self.inner.call("namespace", |inner| {
            let all = inner.session()?.namespace()?;
            let described = |kind, list: Vec<imapkit_blocking::types::Namespace>| {
                list.into_iter().map(move |namespace| Namespace {
                    kind,
                    prefix: namespace.prefix.name().to_owned(),
                    delimiter: namespace.delimiter.map(String::from).unwrap_or_default(),
                })
            };
            let (own, others) =
                (described(NamespaceKind::Personal, all.personal), described(NamespaceKind::Other, all.others));
            Ok(own.chain(others).chain(described(NamespaceKind::Shared, all.shared)).collect())
        })
    }

    /// The limits that count for the selected mailbox, or for INBOX; empty when there are none. Asks the server.
    ///
    /// # Errors
    /// [`ErrorCode::NotSupportedByServer`].
    pub fn quota(&self) -> Result<Vec<Quota>> {
        self.inner.call("quota", |inner| {
            let client = inner.session()?;
            let mailbox = inner.with_selection(|selection| selection.selected.mailbox().clone());
            let quotas = client.quota_root(mailbox.unwrap_or_else(|_| Mailbox::inbox()))?.quotas;
            let described = quotas.into_iter().flat_map(|quota| {
                let root = quota.root;
                quota.resources.into_iter().map(move |resource| Quota {
                    root: root.to_string(),
                    resource: resource.name.to_string(),
                    usage: resource.usage,
                    limit: resource.limit,
                })
            });
            Ok(described.collect())
        })
    }
}

impl Inner {
    fn forget_listing(&self) {
        if let Some(live) = &mut *self.live() {
            live.listing = None;
        }
    }

    /// Lists what path and mask say, and keeps it.
    fn listing(&self) -> Result<Arc<[ListEntry]>> {
        let client = self.session()?;
        let (path, mask) = {
            let settings = self.settings();
            (settings.mailbox_path.clone(), settings.mailbox_mask.clone())
        };
        let mask = if mask.is_empty() { String::from("*") } else { mask };
        let mut command = List::new(mask);
        if !path.is_empty() {
            // A reference is taken literally: no wildcard in it means anything.
            let delimiter = self.delimiter()?;
            let below = if path.ends_with(&*delimiter) { path } else { format!("{path}{delimiter}") };
            command = command.below(Mailbox::new(&below)?);
        }
        let listing: Arc<[ListEntry]> = client.run(command)?.into();
        if let Some(live) = &mut *self.live() {
            live.listing = Some(Arc::clone(&listing));
        }
        Ok(listing)
    }

    fn delimiter(&self) -> Result<String> {
        if let Some(known) = self.live().as_ref().and_then(|live| live.delimiter.clone()) {
            return Ok(known);
        }
        let delimiter = self.session()?.list("", "")?.first().and_then(|entry| entry.delimiter);
        let delimiter = delimiter.map(String::from).unwrap_or_default();
        if let Some(live) = &mut *self.live() {
            live.delimiter = Some(delimiter.clone());
        }
        Ok(delimiter)
    }

    /// What LIST says about the selected mailbox.
    fn entry(&self, also: Option<ListReturn>) -> Result<ListEntry> {
        let selected = self.selected()?;
        let mailbox = selected.mailbox();
        // Wildcards in the name would find others, so the answer is compared.
        let list = List::new(mailbox.name());
        let found = selected.client().run(also.into_iter().fold(list, List::returning))?;
        found
            .into_iter()
            .find(|entry| entry.mailbox == *mailbox)
            .ok_or_else(|| ControlError::new(ErrorCode::MailboxNotFound, format!("the server does not list {mailbox}")))
    }
}

fn flags(entry: &ListEntry) -> MailboxFlags {
    let bits = [
        (Attribute::NoInferiors, MailboxFlags::NoInferiors),
        (Attribute::NoSelect, MailboxFlags::NoSelect),
        (Attribute::NonExistent, MailboxFlags::NoSelect),
        (Attribute::Marked, MailboxFlags::Marked),
        (Attribute::Unmarked, MailboxFlags::Unmarked),
    ];
    let set = bits.iter().filter(|(attribute, _)| entry.has(attribute)).map(|(_, bit)| *bit);
    set.fold(MailboxFlags::None, |all, bit| all | bit)
}
