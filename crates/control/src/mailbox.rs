//! Mailboxes: selecting, leaving, and changing them.
//!
//! Separate from their properties (`mailbox_properties.rs`), which ask. A mailbox is left the way the original leaves it: selecting another one
//! first closes the one before and removes what is marked as deleted there; `unselect_mailbox(false)` before keeps it. RFC 9051 §6.3, §6.4.1,
//! §6.4.2; RFC 3691 (UNSELECT).
//!
//! Invariant: what the server says about a mailbox that is missing, or there already, becomes the same number on every server: where it tells
//! no response code (RFC 5530) the mailbox is looked for.

use imapkit_blocking::types::{Capability, Mailbox, StatusItems};
use imapkit_blocking::{Client, Error, ErrorKind, Selected};

use crate::code::ErrorCode;
use crate::control::{Control, Inner, Result};
use crate::error::ControlError;

/// Counts of a mailbox that need not be selected, as [`Control::get_mailbox_status`] tells them. What the server did not tell is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailboxStatus {
    /// Messages in it.
    pub messages: u32,
    /// Messages nobody had seen.
    pub recent: u32,
    /// Messages that were not read.
    pub unseen: u32,
    /// The UID that the next message will have at least.
    pub uid_next: u32,
    /// The epoch of the UIDs.
    pub uid_validity: u32,
}

/// What a mailbox has to be for a command to make sense.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    Present,
    Absent,
}

impl Control {
    /// Selects a mailbox for reading and writing. Another mailbox that is selected is closed first, with an expunge; the same one is looked at
    /// again, without.
    ///
    /// # Errors
    /// [`ErrorCode::MailboxNotFound`]; then no mailbox is selected.
    pub fn select_mailbox(&self, name: &str) -> Result<()> {
        self.inner.call("select_mailbox", |inner| inner.select(name, false))
    }

    /// Selects a mailbox read-only: nothing one does with it changes it.
    ///
    /// # Errors
    /// As [`Control::select_mailbox`].
    pub fn examine_mailbox(&self, name: &str) -> Result<()> {
        self.inner.call("examine_mailbox", |inner| inner.select(name, true))
    }

    /// Looks at the selected mailbox again, read-write or read-only as it was, without an expunge: all counts are fresh.
    ///
    /// # Errors
    /// [`ErrorCode::NoMailboxSelected`].
    pub fn reselect_mailbox(&self) -> Result<()> {
        self.inner.call("reselect_mailbox", |inner| {
            let selected = inner.selected()?;
            inner.open_mailbox(selected.mailbox(), selected.info().read_only)
        })
    }

    /// Leaves the selected mailbox. With `expunge` the messages marked as deleted are removed, which is what [`Control::select_mailbox`] does
    /// on its way to another one.
    ///
    /// # Errors
    /// [`ErrorCode::NoMailboxSelected`].
    pub fn unselect_mailbox(&self, expunge: bool) -> Result<()> {
        self.inner.call("unselect_mailbox", |inner| inner.unselect(expunge))
    }

    /// Has the server write the mailbox down (CHECK) and asks for news (NOOP). `new_messages` then tells how many have come since the check
    /// before, or since the mailbox was selected.
    ///
    /// # Errors
    /// [`ErrorCode::NoMailboxSelected`].
    pub fn check_mailbox(&self) -> Result<()> {
        self.inner.call("check_mailbox", |inner| {
            let client = inner.selected()?.client().clone();
            inner.with_selection(crate::live::Selection::begin_check)?;
            match client.check() {
                // IMAP4rev2 has no CHECK; NOOP is all there is to do then.
                Err(error) if matches!(error.kind(), ErrorKind::Bad | ErrorKind::Unsupported) => {}
                outcome => outcome?,
            }
            client.noop()?;
            inner.with_selection(crate::live::Selection::end_check)
        })
    }

    /// Removes the messages marked as deleted, also those that another program has marked.
    ///
    /// # Errors
    /// [`ErrorCode::NoMailboxSelected`], [`ErrorCode::MailboxReadOnly`].
    pub fn expunge_mailbox(&self) -> Result<()> {
        self.inner.call("expunge_mailbox", |inner| Ok(inner.writable()?.expunge().map(drop)?))
    }

    /// Makes a mailbox.
    ///
    /// # Errors
    /// [`ErrorCode::MailboxExists`].
    pub fn create_mailbox(&self, name: &str) -> Result<()> {
        self.inner.change("create_mailbox", name, Wants::Absent, |client, mailbox| client.create(mailbox))
    }

    /// Removes a mailbox and all that is in it. One that is selected is left first.
    ///
    /// # Errors
    /// [`ErrorCode::MailboxNotFound`].
    pub fn delete_mailbox(&self, name: &str) -> Result<()> {
        self.inner.call("delete_mailbox", |inner| {
            let mailbox = Mailbox::new(name)?;
            if inner.is_selected(&mailbox)? {
                inner.unselect(false)?;
            }
            inner.do_change(&mailbox, Wants::Present, |client| client.delete(&mailbox))
        })
    }

    /// Gives a mailbox another name. One that is selected is left, renamed, and selected again by its new name, as it was before.
    ///
    /// # Errors
    /// [`ErrorCode::MailboxNotFound`]; [`ErrorCode::MailboxExists`] when the new name is taken.
    pub fn rename_mailbox(&self, name: &str, new_name: &str) -> Result<()> {
        self.inner.call("rename_mailbox", |inner| {
            let (from, to) = (Mailbox::new(name)?, Mailbox::new(new_name)?);
            let read_only = if inner.is_selected(&from)? { Some(inner.selected()?.info().read_only) } else { None };
            if read_only.is_some() {
                inner.unselect(false)?;
            }
            let renamed = inner.do_change(&from, Wants::Present, |client| client.rename(&from, &to));
            let renamed = match renamed {
                Err(error) if error.code() == ErrorCode::CommandFailed && inner.is_there(&to) => {
                    Err(error.with_code(ErrorCode::MailboxExists))
                }
                other => other,
            };
            let Some(read_only) = read_only else { return renamed };
            // What was selected is selected again, under the name it has now.
            match renamed {
                Ok(()) => inner.open_mailbox(&to, read_only),
                Err(refused) => {
                    // The answer that counts is the refusal.
                    inner.keep_reply();
                    let _ = inner.open_mailbox(&from, read_only);
                    inner.skip_replies();
                    Err(refused)
                }
            }
        })
    }

    /// Puts a mailbox on the list of those subscribed to.
    pub fn subscribe_mailbox(&self, name: &str) -> Result<()> {
        self.inner.change("subscribe_mailbox", name, Wants::Present, |client, mailbox| client.subscribe(mailbox))
    }

    /// Takes a mailbox off that list.
    pub fn unsubscribe_mailbox(&self, name: &str) -> Result<()> {
        self.inner.change("unsubscribe_mailbox", name, Wants::Present, |client, mailbox| client.unsubscribe(mailbox))
    }

    /// Counts of a mailbox that need not be selected.
    ///
    /// # Errors
    /// [`ErrorCode::MailboxNotFound`].
    pub fn get_mailbox_status(&self, name: &str) -> Result<MailboxStatus> {
        self.inner.call("get_mailbox_status", |inner| {
            let mailbox = Mailbox::new(name)?;
            let client = inner.session()?;
            let items = StatusItems::new().messages().recent().unseen().uid_next().uid_validity();
            let items = if client.capabilities().is_rev2() {
                items.without(imapkit_blocking::types::StatusItem::Recent)
            } else {
                items
            };
            let status = client.status(&mailbox, items);
            let status = status.map_err(|error| inner.judge_mailbox(error, &mailbox, Wants::Present))?;
            Ok(MailboxStatus {
                messages: status.messages.unwrap_or(0),
                recent: status.recent.unwrap_or(0),
                unseen: status.unseen.unwrap_or(0),
                uid_next: status.uid_next.unwrap_or(0),
                uid_validity: status.uid_validity.map_or(0, imapkit_blocking::types::UidValidity::get),
            })
        })
    }
}

impl Inner {
    /// Selects a mailbox after leaving the one before the way the original does.
    pub(crate) fn select(&self, name: &str, read_only: bool) -> Result<()> {
        let mailbox = Mailbox::new(name)?;
        if mailbox.name().is_empty() {
            return Err(ControlError::invalid("a mailbox has a name"));
        }
        self.session()?;
        let before = self.with_selection(|selection| selection.selected.clone()).ok();
        if before.is_some_and(|before| *before.mailbox() != mailbox) {
            self.unselect(true)?;
        }
        self.open_mailbox(&mailbox, read_only)
    }

    /// Selects a mailbox; whatever was selected is left without an expunge.
    pub(crate) fn open_mailbox(&self, mailbox: &Mailbox, read_only: bool) -> Result<()> {
        let client = self.session()?;
        let opened = if read_only { client.examine(mailbox) } else { client.select(mailbox) };
        let (selected, outcome) = match opened {
            Ok(selected) => (Some(selected), Ok(())),
            Err(error) => (None, Err(error)),
        };
        if let Some(live) = &mut *self.live() {
            live.select(selected);
        }
        outcome.map_err(|error| self.judge_mailbox(error, mailbox, Wants::Present))
    }

    /// Leaves the selected mailbox.
    pub(crate) fn unselect(&self, expunge: bool) -> Result<()> {
        let selected = self.selected()?;
        let client = selected.client().clone();
        if expunge {
            let examined = selected.info().read_only;
            match selected.close() {
                // See `close_without_expunge`.
                Err(error) if error.kind() == ErrorKind::No && examined => {}
                outcome => outcome?,
            }
        } else if client.capabilities().has(&Capability::Unselect) {
            selected.unselect()?;
        } else {
            close_without_expunge(&selected)?;
        }
        if let Some(live) = &mut *self.live() {
            live.select(None);
        }
        Ok(())
    }

    fn is_selected(&self, mailbox: &Mailbox) -> Result<bool> {
        self.session()?;
        Ok(self.with_selection(|selection| selection.selected.mailbox() == mailbox).unwrap_or(false))
    }

    /// One command about one mailbox.
    fn change(
        self: &std::sync::Arc<Self>,
        call: &'static str,
        name: &str,
        wants: Wants,
        command: impl FnOnce(&Client, &Mailbox) -> Result<(), Error>,
    ) -> Result<()> {
        self.call(call, |inner| {
            let mailbox = Mailbox::new(name)?;
            inner.do_change(&mailbox, wants, |client| command(client, &mailbox))
        })
    }

    fn do_change(
        &self,
        mailbox: &Mailbox,
        wants: Wants,
        command: impl FnOnce(&Client) -> Result<(), Error>,
    ) -> Result<()> {
        let client = self.session()?;
        let done = command(&client);
        if let Some(live) = &mut *self.live() {
            live.listing = None;
        }
        done.map_err(|error| self.judge_mailbox(error, mailbox, wants))
    }

    /// What a refusal means, where the server does not say.
    fn judge_mailbox(&self, error: Error, mailbox: &Mailbox, wants: Wants) -> ControlError {
        let error = ControlError::from(error);
        if error.code() != ErrorCode::CommandFailed {
            return error;
        }
        // The answer that counts is the one before this look.
        self.keep_reply();
        match (wants, self.is_there(mailbox)) {
            (Wants::Present, false) => error.with_code(ErrorCode::MailboxNotFound),
            (Wants::Absent, true) => error.with_code(ErrorCode::MailboxExists),
            _ => error,
        }
    }

    /// As [`Inner::judge_mailbox`], of a mailbox that should be there: the target of a copy, for instance.
    pub(crate) fn judge_missing(&self, error: Error, mailbox: &Mailbox) -> ControlError {
        self.judge_mailbox(error, mailbox, Wants::Present)
    }

    fn is_there(&self, mailbox: &Mailbox) -> bool {
        let Ok(client) = self.session() else { return true };
        // Wildcards in the name would find others, so the answer is compared.
        let found = client.list("", mailbox.name());
        self.skip_replies();
        match found {
            Ok(entries) => entries.iter().any(|entry| entry.mailbox == *mailbox),
            // Not known: then the server's own word stands.
            Err(_) => true,
        }
    }
}

/// CLOSE removes nothing from a mailbox that is open read-only (RFC 3691 §1).
fn close_without_expunge(selected: &Selected) -> Result<(), Error> {
    let again = selected.client().examine(selected.mailbox())?;
    match again.close() {
        // "Mailbox is read-only (opened with EXAMINE)", says Migadu: there is nothing it would have had to do.
        Err(error) if error.kind() == ErrorKind::No => Ok(()),
        outcome => outcome,
    }
}
