//! Finding messages.
//!
//! Separate because it is the one question with a list of numbers for an answer. Each function takes the control first, does one thing, and returns 0 or a code. What it
//! says above its name is what imapkit.h says.

use crate::prelude::*;

/// The numbers of the messages that match, in ascending order, in a list that imapkit_free frees. `criteria` are as
/// IMAP writes them (`UNSEEN FROM "ann"`), in UTF-8; `charset` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_search_mailbox(
    control: *mut Handle,
    criteria: *const c_char,
    charset: *const c_char,
    numbers: *mut *mut u32,
    count: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (criteria, charset) = unsafe { (text(criteria, "criteria")?, optional_text(charset, "charset")?) };
        // SAFETY: as above.
        let out = unsafe { NumberList::new(numbers, count) }?;
        out.put(&control.search_mailbox(criteria, charset)?)
    })
}

/// The UIDs of the messages that match, in ascending order, in a list that imapkit_free frees. `criteria` are as IMAP
/// writes them (`UNSEEN FROM "ann"`), in UTF-8; `charset` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_search_mailbox_uid(
    control: *mut Handle,
    criteria: *const c_char,
    charset: *const c_char,
    numbers: *mut *mut u32,
    count: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (criteria, charset) = unsafe { (text(criteria, "criteria")?, optional_text(charset, "charset")?) };
        // SAFETY: as above.
        let out = unsafe { NumberList::new(numbers, count) }?;
        out.put(&control.search_mailbox_uid(criteria, charset)?)
    })
}
