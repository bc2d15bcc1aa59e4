//! What is done to messages: copied, moved, marked.
//!
//! Separate from reading them (`read.rs`). Each function takes the control first, does one thing, and returns 0 or a code. What it
//! says above its name is what imapkit.h says.

use imapkit_control::MessageFlags;

use crate::prelude::*;

/// Copies a message by its number to another mailbox.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_copy_message(
    control: *mut Handle,
    number: u32,
    mailbox: *const c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let mailbox = unsafe { text(mailbox, "mailbox") }?;
        Ok(control.copy_message(number, mailbox)?)
    })
}

/// Copies messages by a set of numbers (`1:5,9`) to another mailbox.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_copy_message_set(
    control: *mut Handle,
    set: *const c_char,
    mailbox: *const c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let set = unsafe { text(set, "set") }?;
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let mailbox = unsafe { text(mailbox, "mailbox") }?;
        Ok(control.copy_message(set, mailbox)?)
    })
}

/// Copies a message by its UID to another mailbox.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_copy_message_uid(
    control: *mut Handle,
    uid: u32,
    mailbox: *const c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let mailbox = unsafe { text(mailbox, "mailbox") }?;
        Ok(control.copy_message_uid(uid, mailbox)?)
    })
}

/// Copies messages by a set of UIDs (`1:5,9`) to another mailbox.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_copy_message_set_uid(
    control: *mut Handle,
    set: *const c_char,
    mailbox: *const c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let set = unsafe { text(set, "set") }?;
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let mailbox = unsafe { text(mailbox, "mailbox") }?;
        Ok(control.copy_message_uid(set, mailbox)?)
    })
}

/// Moves a message by its number to another mailbox.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_move_message(
    control: *mut Handle,
    number: u32,
    mailbox: *const c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let mailbox = unsafe { text(mailbox, "mailbox") }?;
        Ok(control.move_message(number, mailbox)?)
    })
}

/// Moves messages by a set of numbers (`1:5,9`) to another mailbox.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_move_message_set(
    control: *mut Handle,
    set: *const c_char,
    mailbox: *const c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let set = unsafe { text(set, "set") }?;
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let mailbox = unsafe { text(mailbox, "mailbox") }?;
        Ok(control.move_message(set, mailbox)?)
    })
}

/// Moves a message by its UID to another mailbox.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_move_message_uid(
    control: *mut Handle,
    uid: u32,
    mailbox: *const c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let mailbox = unsafe { text(mailbox, "mailbox") }?;
        Ok(control.move_message_uid(uid, mailbox)?)
    })
}

/// Moves messages by a set of UIDs (`1:5,9`) to another mailbox.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_move_message_set_uid(
    control: *mut Handle,
    set: *const c_char,
    mailbox: *const c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let set = unsafe { text(set, "set") }?;
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let mailbox = unsafe { text(mailbox, "mailbox") }?;
        Ok(control.move_message_uid(set, mailbox)?)
    })
}

/// Marks a message by its number as deleted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_delete_message(control: *mut Handle, number: u32) -> i32 {
    with(control, |control| Ok(control.delete_message(number)?))
}

/// Marks messages by a set of numbers (`1:5,9`) as deleted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_delete_message_set(control: *mut Handle, set: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let set = unsafe { text(set, "set") }?;
        Ok(control.delete_message(set)?)
    })
}

/// Marks a message by its UID as deleted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_delete_message_uid(control: *mut Handle, uid: u32) -> i32 {
    with(control, |control| Ok(control.delete_message_uid(uid)?))
}

/// Marks messages by a set of UIDs (`1:5,9`) as deleted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_delete_message_set_uid(control: *mut Handle, set: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let set = unsafe { text(set, "set") }?;
        Ok(control.delete_message_uid(set)?)
    })
}

/// Takes the mark of deletion away from a message by its number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_undelete_message(control: *mut Handle, number: u32) -> i32 {
    with(control, |control| Ok(control.undelete_message(number)?))
}

/// Takes the mark of deletion away from messages by a set of numbers (`1:5,9`).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_undelete_message_set(control: *mut Handle, set: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let set = unsafe { text(set, "set") }?;
        Ok(control.undelete_message(set)?)
    })
}

/// Takes the mark of deletion away from a message by its UID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_undelete_message_uid(control: *mut Handle, uid: u32) -> i32 {
    with(control, |control| Ok(control.undelete_message_uid(uid)?))
}

/// Takes the mark of deletion away from messages by a set of UIDs (`1:5,9`).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_undelete_message_set_uid(control: *mut Handle, set: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let set = unsafe { text(set, "set") }?;
        Ok(control.undelete_message_uid(set)?)
    })
}

/// Sets the flags of a message by its number: IMAPKIT_FLAG_… combined by or.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_flags(control: *mut Handle, number: u32, flags: u32) -> i32 {
    with(control, |control| Ok(control.set_flags(number, MessageFlags::from_value(flags))?))
}

/// Sets the flags of messages by a set of numbers (`1:5,9`): IMAPKIT_FLAG_… combined by or.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_flags_set(control: *mut Handle, set: *const c_char, flags: u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let set = unsafe { text(set, "set") }?;
        Ok(control.set_flags(set, MessageFlags::from_value(flags))?)
    })
}

/// Sets the flags of a message by its UID: IMAPKIT_FLAG_… combined by or.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_flags_uid(control: *mut Handle, uid: u32, flags: u32) -> i32 {
    with(control, |control| Ok(control.set_flags_uid(uid, MessageFlags::from_value(flags))?))
}

/// Sets the flags of messages by a set of UIDs (`1:5,9`): IMAPKIT_FLAG_… combined by or.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_flags_set_uid(
    control: *mut Handle,
    set: *const c_char,
    flags: u32,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let set = unsafe { text(set, "set") }?;
        Ok(control.set_flags_uid(set, MessageFlags::from_value(flags))?)
    })
}

/// The flags of a message by its number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_flags(control: *mut Handle, number: u32, flags: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(flags, "flags") }?;
        out.put(control.get_flags(number)?.value());
        Ok(())
    })
}

/// The flags of a message by its UID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_flags_uid(control: *mut Handle, uid: u32, flags: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(flags, "flags") }?;
        out.put(control.get_flags_uid(uid)?.value());
        Ok(())
    })
}
