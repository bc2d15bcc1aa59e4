//! Mailboxes: selecting, leaving, changing them.
//!
//! Separate from what is known of them (`mailbox_info.rs`). Each function takes the control first, does one thing, and returns 0 or a code. What it
//! says above its name is what imapkit.h says.

use imapkit_control::MailboxStatus;

use crate::prelude::*;

/// Selects a mailbox. Another one that is selected is closed first, with an expunge.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_select_mailbox(control: *mut Handle, name: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let name = unsafe { text(name, "name") }?;
        Ok(control.select_mailbox(name)?)
    })
}

/// Selects a mailbox read-only. Another one that is selected is closed first, with an expunge.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_examine_mailbox(control: *mut Handle, name: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let name = unsafe { text(name, "name") }?;
        Ok(control.examine_mailbox(name)?)
    })
}

/// Selects the mailbox again, without an expunge.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_reselect_mailbox(control: *mut Handle) -> i32 {
    with(control, |control| Ok(control.reselect_mailbox()?))
}

/// Leaves the mailbox; with `expunge` messages marked as deleted are removed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_unselect_mailbox(control: *mut Handle, expunge: bool) -> i32 {
    with(control, |control| Ok(control.unselect_mailbox(expunge)?))
}

/// Asks the server to save the state of the mailbox, and for news.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_check_mailbox(control: *mut Handle) -> i32 {
    with(control, |control| Ok(control.check_mailbox()?))
}

/// Removes the messages that are marked as deleted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_expunge_mailbox(control: *mut Handle) -> i32 {
    with(control, |control| Ok(control.expunge_mailbox()?))
}

/// Makes a mailbox.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_create_mailbox(control: *mut Handle, name: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let name = unsafe { text(name, "name") }?;
        Ok(control.create_mailbox(name)?)
    })
}

/// Removes a mailbox and all that is in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_delete_mailbox(control: *mut Handle, name: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let name = unsafe { text(name, "name") }?;
        Ok(control.delete_mailbox(name)?)
    })
}

/// Renames a mailbox. A selected one is left, renamed and selected again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_rename_mailbox(
    control: *mut Handle,
    name: *const c_char,
    new_name: *const c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let name = unsafe { text(name, "name") }?;
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let new_name = unsafe { text(new_name, "new_name") }?;
        Ok(control.rename_mailbox(name, new_name)?)
    })
}

/// Subscribes to a mailbox.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_subscribe_mailbox(control: *mut Handle, name: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let name = unsafe { text(name, "name") }?;
        Ok(control.subscribe_mailbox(name)?)
    })
}

/// Ends the subscription to a mailbox.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_unsubscribe_mailbox(control: *mut Handle, name: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let name = unsafe { text(name, "name") }?;
        Ok(control.unsubscribe_mailbox(name)?)
    })
}

/// Counts of a mailbox that need not be selected. What the server did not tell is 0.
#[allow(non_camel_case_types, reason = "spelled as C has it")]
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct imapkit_mailbox_status {
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

/// Counts of a mailbox that need not be selected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_mailbox_status(
    control: *mut Handle,
    name: *const c_char,
    status: *mut imapkit_mailbox_status,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (name, out) = unsafe { (text(name, "name")?, Out::new(status, "status")?) };
        let MailboxStatus { messages, recent, unseen, uid_next, uid_validity, .. } =
            control.get_mailbox_status(name)?;
        out.put(imapkit_mailbox_status { messages, recent, unseen, uid_next, uid_validity });
        Ok(())
    })
}
