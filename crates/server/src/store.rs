//! Everything the server keeps: accounts, their mailbox trees, and the messages within (see `mailbox`).
//!
//! Connections share it behind short locks that are never held across a wait, and never two at a time, so no client can
//! hold up another and no order of locking needs to be remembered.
//!
//! Invariant: names are valid in the sense of `name`; a level that exists only as a parent has no entry of its own.

pub(crate) mod mailbox;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use chrono::{FixedOffset, TimeZone};
use imap_types::{IntoStatic, datetime::DateTime, flag::Flag};

use self::mailbox::Mailbox;
use crate::{
    config::{self, User},
    flags::{self, Flags},
    mime::{Mime, header},
    name,
};

/// All accounts.
pub(crate) struct Store {
    accounts: BTreeMap<String, Arc<Account>>,
}

/// One user's mailboxes.
pub(crate) struct Account {
    password: String,
    tree: Mutex<Tree>,
    /// Each mailbox takes the next value, so a name used again never repeats one.
    next_validity: AtomicU32,
}

#[derive(Default)]
struct Tree {
    mailboxes: BTreeMap<String, Arc<Mailbox>>,
    subscribed: BTreeSet<String>,
}

/// Why a change of the tree was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Exists,
    Missing,
    HasChildren,
    Inbox,
    NameTooLong,
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

/// Locks whatever a panic may have left: every change here is complete before the lock is released.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Takes the mailboxes out of these users; names what cannot be served.
    pub(crate) fn new(users: &mut [User]) -> io::Result<Self> {
        let mut accounts = BTreeMap::new();
        for user in users {
            let account = Account::new(user.password.clone());
            for mailbox in std::mem::take(&mut user.mailboxes) {
                account.fill(mailbox)?;
            }
            if accounts.insert(user.name.clone(), Arc::new(account)).is_some() {
                return Err(invalid(format!("user {:?} is given twice", user.name)));
            }
        }
        Ok(Self { accounts })
    }

    pub(crate) fn log_in(&self, name: &[u8], password: &[u8]) -> Option<Arc<Account>> {
        let account = self.accounts.get(std::str::from_utf8(name).ok()?)?;
        (account.password.as_bytes() == password).then(|| account.clone())
    }

    /// A mailbox by its Unicode name.
    pub(crate) fn mailbox(&self, user: &str, mailbox: &str) -> io::Result<Arc<Mailbox>> {
        let missing = |what: String| io::Error::new(io::ErrorKind::NotFound, what);
        let account = self.accounts.get(user).ok_or_else(|| missing(format!("no user {user:?}")))?;
        account
            .mailbox(&name::encode(mailbox))
            .ok_or_else(|| missing(format!("user {user:?} has no mailbox {mailbox:?}")))
    }
}

impl Account {
    fn new(password: String) -> Self {
        // Seconds keep the values of two runs apart, as long as runs create less than a mailbox a second.
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
        let account = Self {
            password,
            tree: Mutex::default(),
            next_validity: AtomicU32::new(u32::try_from(seconds).unwrap_or(1)),
        };
        let inbox = account.new_mailbox(None);
        lock(&account.tree).mailboxes.insert("INBOX".to_owned(), inbox);
        lock(&account.tree).subscribed.insert("INBOX".to_owned());
        account
    }

    fn new_mailbox(&self, special_use: Option<config::SpecialUse>) -> Arc<Mailbox> {
        Arc::new(Mailbox::new(self.next_validity.fetch_add(1, Ordering::Relaxed), special_use))
    }

    fn fill(&self, config: config::Mailbox) -> io::Result<()> {
        let name = name::encode(&config.name);
        if !name::is_valid(&name) {
            return Err(invalid(format!("{:?} cannot name a mailbox", config.name)));
        }
        let mailbox = {
            let mut tree = lock(&self.tree);
            if config.subscribed {
                tree.subscribed.insert(name.clone());
            } else {
                tree.subscribed.remove(&name);
            }
            tree.mailboxes.entry(name).or_insert_with(|| self.new_mailbox(config.special_use)).clone()
        };
        config.messages.into_iter().try_for_each(|message| deliver(&mailbox, message).map(drop))
    }

    pub(crate) fn mailbox(&self, name: &str) -> Option<Arc<Mailbox>> {
        lock(&self.tree).mailboxes.get(name).cloned()
    }

    /// Every name with its mailbox, and without one for levels that are only parents; in order.
    pub(crate) fn names(&self) -> BTreeMap<String, Option<Arc<Mailbox>>> {
        let tree = lock(&self.tree);
        let parents =
            tree.mailboxes.keys().flat_map(|name| name::parents(name)).map(|parent| (parent.to_owned(), None));
        let mut names: BTreeMap<_, _> = parents.collect();
        names.extend(tree.mailboxes.iter().map(|(name, mailbox)| (name.clone(), Some(mailbox.clone()))));
        names
    }

    pub(crate) fn subscribed(&self) -> BTreeSet<String> {
        lock(&self.tree).subscribed.clone()
    }

    pub(crate) fn subscribe(&self, name: String, on: bool) {
        let mut tree = lock(&self.tree);
        if on {
            tree.subscribed.insert(name);
        } else {
            tree.subscribed.remove(&name);
        }
    }

    pub(crate) fn create(&self, name: String) -> Result<(), Refused> {
        let mut tree = lock(&self.tree);
        if tree.mailboxes.contains_key(&name) {
            return Err(Refused::Exists);
        }
        tree.mailboxes.insert(name, self.new_mailbox(None));
        Ok(())
    }

    /// Removes a mailbox; sessions that have it selected keep it until they leave it (RFC 2180 §3.1).
    pub(crate) fn delete(&self, name: &str) -> Result<(), Refused> {
        if name == "INBOX" {
            return Err(Refused::Inbox);
        }
        let mut tree = lock(&self.tree);
        if tree.mailboxes.remove(name).is_some() {
            return Ok(());
        }
        let is_parent = tree.mailboxes.keys().any(|other| is_below(other, name));
        Err(if is_parent { Refused::HasChildren } else { Refused::Missing })
    }

    /// Renames a mailbox and all below it. Renaming INBOX moves its messages and leaves it empty (RFC 3501 §6.3.5).
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), Refused> {
        let mut tree = lock(&self.tree);
        if tree.mailboxes.contains_key(to) || to == "INBOX" {
            return Err(Refused::Exists);
        }
        if from == "INBOX" {
            let inbox = tree.mailboxes.get(from).cloned().ok_or(Refused::Missing)?;
            let target = self.new_mailbox(None);
            tree.mailboxes.insert(to.to_owned(), target.clone());
            drop(tree);
            inbox.empty_into(&target);
            return Ok(());
        }
        let moved: Vec<String> =
            tree.mailboxes.keys().filter(|name| *name == from || is_below(name, from)).cloned().collect();
        if moved.is_empty() {
            return Err(Refused::Missing);
        }
        if is_below(to, from) {
            return Err(Refused::Exists);
        }
        let renamed = |name: &String| format!("{to}{}", &name[from.len()..]);
        if moved.iter().any(|name| renamed(name).len() > name::MAX_NAME) {
            return Err(Refused::NameTooLong);
        }
        if moved.iter().any(|name| tree.mailboxes.contains_key(&renamed(name))) {
            return Err(Refused::Exists);
        }
        for name in moved {
            if let Some(mailbox) = tree.mailboxes.remove(&name) {
                tree.mailboxes.insert(renamed(&name), mailbox);
            }
        }
        Ok(())
    }
}

fn is_below(name: &str, parent: &str) -> bool {
    name.strip_prefix(parent).is_some_and(|rest| rest.starts_with(name::DELIMITER))
}

/// Stores a message that came from outside IMAP; returns its UID.
pub(crate) fn deliver(mailbox: &Mailbox, message: config::Message) -> io::Result<u32> {
    if message.bytes.is_empty() {
        return Err(invalid("a message cannot be empty".to_owned()));
    }
    if message.bytes.contains(&0) {
        return Err(invalid("a message cannot hold a NUL".to_owned()));
    }
    let flags = message
        .flags
        .iter()
        .map(|flag| Flag::try_from(flag.as_str()).map(IntoStatic::into_static))
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|flags| flags::settable(flags))
        .ok_or_else(|| invalid(format!("{:?} are not all flags", message.flags)))?;
    let date = match message.date {
        Some((seconds, minutes)) => {
            internal_date(seconds, minutes).ok_or_else(|| invalid("the internal date is out of range".to_owned()))?
        }
        None => header::date(&message.bytes).and_then(|date| DateTime::try_from(date).ok()).unwrap_or_else(now),
    };
    Ok(mailbox.append(Arc::new(Mime::new(message.bytes)), Flags::new(flags), date))
}

fn internal_date(seconds: i64, offset_minutes: i32) -> Option<DateTime> {
    let offset = FixedOffset::east_opt(offset_minutes.checked_mul(60)?)?;
    DateTime::try_from(offset.timestamp_opt(seconds, 0).single()?).ok()
}

/// The present, in UTC.
pub(crate) fn now() -> DateTime {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| internal_date(seconds, 0))
        .unwrap_or_else(|| DateTime::unvalidated(chrono::DateTime::UNIX_EPOCH.fixed_offset()))
}
