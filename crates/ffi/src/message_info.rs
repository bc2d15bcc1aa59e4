//! Properties of the current message, and parts of any.
//!
//! Separate from reading contents (`read.rs`). Each function takes the control first, does one thing, and returns 0 or a code. What it
//! says above its name is what imapkit.h says.

use std::ptr;

use imapkit_control::{MessageFlags, MessagePart};

use crate::memory::{Place, Structures};
use crate::prelude::*;

/// The number of the current message; 0 if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_message(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.message());
        Ok(())
    })
}

/// Sets the current message, counted from 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_message(control: *mut Handle, value: u32) -> i32 {
    with(control, |control| Ok(control.set_message(value)?))
}

/// The flags of the current message: IMAPKIT_FLAG_….
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_message_flags(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.message_flags()?.value());
        Ok(())
    })
}

/// Sets the flags of the current message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_message_flags(control: *mut Handle, value: u32) -> i32 {
    with(control, |control| Ok(control.set_message_flags(MessageFlags::from_value(value))?))
}

/// How many parts the current message has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_message_parts(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.message_parts()?);
        Ok(())
    })
}

/// The size of the current message in bytes, as the server tells it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_message_size(control: *mut Handle, value: *mut u64) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.message_size()?);
        Ok(())
    })
}

/// The UID of the current message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_message_uid(control: *mut Handle, value: *mut u32) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(value, "value") }?;
        out.put(control.message_uid()?);
        Ok(())
    })
}

/// When the current message came, as RFC 3339 writes it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_message_date(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.message_date()?)
    })
}

/// The name of the field that header_value reads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_header_field(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.header_field())
    })
}

/// Sets the name of the field that header_value reads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_set_header_field(control: *mut Handle, value: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let value = unsafe { text(value, "header_field") }?;
        Ok(control.set_header_field(value)?)
    })
}

/// The value of that field in the current message, decoded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_header_value(
    control: *mut Handle,
    text: *mut *mut c_char,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Text::new(text, length) }?;
        out.put(&control.header_value()?)
    })
}

/// A part of a message, as the server describes it.
#[allow(non_camel_case_types, reason = "spelled as C has it")]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct imapkit_message_part {
    /// Its number, counted from 1.
    pub number: u32,
    /// Whether it is to be saved rather than shown.
    pub is_attachment: bool,
    /// Its size in bytes as it is sent, encoded.
    pub size: u64,
    /// Its place in the tree, as IMAP writes it: `2.1`.
    pub section: *const c_char,
    /// `text/plain`, in lower case.
    pub media_type: *const c_char,
    /// The charset of a text; empty when none is told.
    pub charset: *const c_char,
    /// How it is encoded for the way: `base64`.
    pub encoding: *const c_char,
    /// The name its sender gave it; empty when there is none. Not a path.
    pub file_name: *const c_char,
    /// The Content-ID; empty when there is none.
    pub content_id: *const c_char,
}

type Texts = [Place; 6];

fn describe(part: &MessagePart, structures: &mut Structures<imapkit_message_part>) -> Texts {
    let texts = [&part.section, &part.media_type, &part.charset, &part.encoding, &part.file_name, &part.content_id];
    structures.push(imapkit_message_part {
        number: part.number,
        is_attachment: part.is_attachment,
        size: part.size,
        section: ptr::null(),
        media_type: ptr::null(),
        charset: ptr::null(),
        encoding: ptr::null(),
        file_name: ptr::null(),
        content_id: ptr::null(),
    });
    texts.map(|text| structures.text(text))
}

fn put(parts: &[MessagePart], list: &Out<*mut imapkit_message_part>, count: &Out<usize>) -> Result<(), Failure> {
    let mut structures = Structures::new();
    let places: Vec<_> = parts.iter().map(|part| describe(part, &mut structures)).collect();
    structures.put(list, count, |at, part, text| {
        if let Some(texts) = places.get(at) {
            [part.section, part.media_type, part.charset, part.encoding, part.file_name, part.content_id] =
                texts.map(text);
        }
    })
}

/// A part of the current message, counted from 1, in a block that imapkit_free frees.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_message_part(
    control: *mut Handle,
    number: u32,
    part: *mut *mut imapkit_message_part,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::new(part, "part") }?;
        // SAFETY: NULL is permitted.
        let uncounted = unsafe { Out::optional(ptr::null_mut()) };
        put(&[control.message_part(number)?], &out, &uncounted)
    })
}

/// The parts of a message by its number, as a list in one block that imapkit_free frees.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_parts(
    control: *mut Handle,
    number: u32,
    list: *mut *mut imapkit_message_part,
    count: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (list, count) = unsafe { (Out::new(list, "list")?, Out::new(count, "count")?) };
        put(&control.get_parts(number)?, &list, &count)
    })
}

/// The parts of a message by its UID, as a list in one block that imapkit_free frees.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_parts_uid(
    control: *mut Handle,
    uid: u32,
    list: *mut *mut imapkit_message_part,
    count: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (list, count) = unsafe { (Out::new(list, "list")?, Out::new(count, "count")?) };
        put(&control.get_parts_uid(uid)?, &list, &count)
    })
}
