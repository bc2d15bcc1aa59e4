//! Putting messages into mailboxes: from memory, from the caller, from files.
//!
//! Separate from reading them (`read.rs`). Each function takes the control first, does one thing, and returns 0 or a code. What it
//! says above its name is what imapkit.h says.

use std::io;

use imapkit_control::MessageFlags;

use crate::handle::Inside;
use crate::prelude::*;

/// Gives the next bytes of a message that is put into a mailbox: writes at most `size` bytes to `buffer` and returns how many; 0 is the end,
/// and a negative number ends the call. `context` is what was given with it.
#[allow(non_camel_case_types, reason = "spelled as C has it")]
pub type imapkit_reader = Option<unsafe extern "C" fn(context: *mut c_void, buffer: *mut u8, size: usize) -> i64>;

/// Reads by asking the caller's function.
struct Caller {
    read: unsafe extern "C" fn(*mut c_void, *mut u8, usize) -> i64,
    context: *mut c_void,
}

impl io::Read for Caller {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let _inside = Inside::new();
        // SAFETY: the caller's function, with its own context and a buffer of that size.
        let count = unsafe { (self.read)(self.context, buffer.as_mut_ptr(), buffer.len()) };
        let count = usize::try_from(count).map_err(|_| io::Error::other("the reader gave up"))?;
        if count > buffer.len() {
            return Err(io::Error::other("the reader says that it has written more than there was room for"));
        }
        Ok(count)
    }
}

/// Puts a message into a mailbox; NULL is the selected one. `flags` are IMAPKIT_FLAG_…. Its UID goes to `uid`, 0 when the server does not tell;
/// `uid` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_create_message(
    control: *mut Handle,
    data: *const u8,
    length: usize,
    flags: u32,
    mailbox: *const c_char,
    uid: *mut u32,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (data, mailbox, out) =
            unsafe { (argument::bytes(data, length, "data")?, optional_text(mailbox, "mailbox")?, Out::optional(uid)) };
        out.put(control.create_message(data, MessageFlags::from_value(flags), mailbox)?);
        Ok(())
    })
}

/// Puts a message of `size` bytes into a mailbox, which `reader` gives piece by piece, on this thread. Its lines have to end in CRLF.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_create_message_from(
    control: *mut Handle,
    reader: imapkit_reader,
    context: *mut c_void,
    size: u64,
    flags: u32,
    mailbox: *const c_char,
    uid: *mut u32,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (mailbox, out) = unsafe { (optional_text(mailbox, "mailbox")?, Out::optional(uid)) };
        let read = reader.ok_or_else(|| Failure::argument("reader", "is NULL"))?;
        let reader = Caller { read, context };
        out.put(control.create_message_from(reader, size, MessageFlags::from_value(flags), mailbox)?);
        Ok(())
    })
}

/// Puts the message in a file into a mailbox. Its lines have to end in CRLF.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_create_message_from_file(
    control: *mut Handle,
    file: *const c_char,
    flags: u32,
    mailbox: *const c_char,
    uid: *mut u32,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (file, mailbox, out) =
            unsafe { (text(file, "file")?, optional_text(mailbox, "mailbox")?, Out::optional(uid)) };
        out.put(control.create_message_from_file(file, MessageFlags::from_value(flags), mailbox)?);
        Ok(())
    })
}
