//! What is known of mailboxes and of the server.
//!
//! Separate from changing them (`mailbox.rs`). Each function takes the control first, does one thing, and returns 0 or a code. What it
//! says above its name is what imapkit.h says.

use std::ptr;

use crate::memory::Structures;
use crate::prelude::*;

/// Lists the mailboxes, filtered by mailbox_path and mailbox_mask, and gives their number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_mailboxes(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.mailboxes()?);
        Ok(())
    })
}

/// The name of a mailbox, counted from 0, as listed by imapkit_control_mailboxes last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_mailbox(
    control: *mut Handle,
    index: u32,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.mailbox(index)?)
    })
}

/// Where mailboxes are listed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_mailbox_path(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.mailbox_path())
    })
}

/// Sets where mailboxes are listed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_mailbox_path(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "mailbox_path") }?;
        control.set_mailbox_path(value);
        Ok(())
    })
}

/// Which mailboxes are listed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_mailbox_mask(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.mailbox_mask())
    })
}

/// Sets which mailboxes are listed: `*` stands for anything, `%` for anything within one level.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_mailbox_mask(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "mailbox_mask") }?;
        control.set_mailbox_mask(value);
        Ok(())
    })
}

/// What separates levels of the hierarchy; empty where there are no levels.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_mailbox_delimiter(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.mailbox_delimiter()?)
    })
}

/// Flags of the selected mailbox: IMAPKIT_MAILBOX_….
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_mailbox_flags(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.mailbox_flags()?.value());
        Ok(())
    })
}

/// The name of the selected mailbox; empty if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_mailbox_name(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.mailbox_name())
    })
}

/// Selects a mailbox; an empty name leaves it, the same name looks again without an expunge.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_mailbox_name(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "mailbox_name") }?;
        Ok(control.set_mailbox_name(value)?)
    })
}

/// The UIDVALIDITY of the selected mailbox.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_mailbox_uid(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.mailbox_uid());
        Ok(())
    })
}

/// Messages in the selected mailbox.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_message_count(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.message_count());
        Ok(())
    })
}

/// Messages that have come since it was selected or last checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_new_messages(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.new_messages());
        Ok(())
    })
}

/// Messages nobody had seen when it was selected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_recent_messages(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.recent_messages());
        Ok(())
    })
}

/// Messages that are not read. Asks the server.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_unread_messages(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.unread_messages()?);
        Ok(())
    })
}

/// Whether the selected mailbox is subscribed to. Asks the server.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_subscribed(control: *mut Handle, value: *mut bool) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.subscribed()?);
        Ok(())
    })
}

/// Subscribes to the selected mailbox, or ends that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_subscribed(control: *mut Handle, value: bool) -> i32 {
    with(control, |control| Ok(control.set_subscribed(value)?))
}

/// What the server can do, words parted by spaces.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_capability(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.capability()?)
    })
}

/// Where mailboxes are.
#[allow(non_camel_case_types, reason = "spelled as C has it")]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct imapkit_namespace {
    /// Whose they are: IMAPKIT_NAMESPACE_….
    pub kind: u32,
    /// What their names begin with; often empty.
    pub prefix: *const c_char,
    /// What separates levels of the hierarchy; empty where there are no levels.
    pub delimiter: *const c_char,
}

/// Where mailboxes are, as a list in one block that imapkit_free frees. Asks the server.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_namespace(
    control: *mut Handle,
    list: *mut *mut imapkit_namespace,
    count: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (list, count) = unsafe { (Out::new(list, "list")?, Out::new(count, "count")?) };
        let mut structures = Structures::new();
        let mut places = Vec::new();
        for namespace in control.namespace()? {
            places.push((structures.text(&namespace.prefix), structures.text(&namespace.delimiter)));
            structures.push(imapkit_namespace {
                kind: namespace.kind as u32,
                prefix: ptr::null(),
                delimiter: ptr::null(),
            });
        }
        structures.put(&list, &count, |at, namespace, text| {
            if let Some((prefix, delimiter)) = places.get(at) {
                (namespace.prefix, namespace.delimiter) = (text(*prefix), text(*delimiter));
            }
        })
    })
}

/// How much of something may be used, and is.
#[allow(non_camel_case_types, reason = "spelled as C has it")]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct imapkit_quota {
    /// The name of what the limit is for; often empty.
    pub root: *const c_char,
    /// What is limited: `STORAGE` in units of 1024 bytes, `MESSAGE`, or what else the server counts.
    pub resource: *const c_char,
    /// How much is used.
    pub usage: u64,
    /// How much may be used.
    pub limit: u64,
}

/// The limits that count for the selected mailbox, or for INBOX, as a list in one block that imapkit_free frees. Asks the server.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_quota(
    control: *mut Handle,
    list: *mut *mut imapkit_quota,
    count: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (list, count) = unsafe { (Out::new(list, "list")?, Out::new(count, "count")?) };
        let mut structures = Structures::new();
        let mut places = Vec::new();
        for quota in control.quota()? {
            places.push((structures.text(&quota.root), structures.text(&quota.resource)));
            let (usage, limit) = (quota.usage, quota.limit);
            structures.push(imapkit_quota { root: ptr::null(), resource: ptr::null(), usage, limit });
        }
        structures.put(&list, &count, |at, quota, text| {
            if let Some((root, resource)) = places.get(at) {
                (quota.root, quota.resource) = (text(*root), text(*resource));
            }
        })
    })
}
