//! Reading messages: into memory, to files, piece by piece.
//!
//! Separate from what is done to them (`message.rs`). Each function takes the control first, does one thing, and returns 0 or a code. What it
//! says above its name is what imapkit.h says.

use imapkit_control::Section;

use crate::prelude::*;

/// A message by its number, or a part of it as it is sent; part 0 is the message itself. `section` is
/// IMAPKIT_SECTION_…. In memory, to be freed by imapkit_free; larger ones are for imapkit_control_store_message and
/// imapkit_control_open_message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_message(
    control: *mut Handle,
    number: u32,
    part: u32,
    section: u32,
    data: *mut *mut u8,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { ByteList::new(data, length) }?;
        out.put(&control.get_message(number, part, Section::from_value(section))?)
    })
}

/// The header of a message by its number, which does not mark it as read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_headers(
    control: *mut Handle,
    number: u32,
    data: *mut *mut u8,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { ByteList::new(data, length) }?;
        out.put(&control.get_headers(number)?)
    })
}

/// Writes a message, by its number, to a file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_store_message(control: *mut Handle, number: u32, file: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let file = unsafe { text(file, "file") }?;
        Ok(control.store_message(number, file)?)
    })
}

/// A part of a message by its number, decoded, in memory to be freed by imapkit_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_part(
    control: *mut Handle,
    number: u32,
    part: u32,
    data: *mut *mut u8,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { ByteList::new(data, length) }?;
        out.put(&control.get_part(number, part)?)
    })
}

/// Saves a part of a message by its number, decoded. `file` is a file, or a folder in which it gets the name its
/// sender gave it. The path it was written to goes to `text`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_attachment(
    control: *mut Handle,
    number: u32,
    part: u32,
    file: *const c_char,
    text: *mut *mut c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (file, out) = unsafe { (argument::text(file, "file")?, optional_path(text)) };
        let path = control.get_attachment(number, part, file)?;
        out.map_or(Ok(()), |out| out.put(&path.to_string_lossy()))
    })
}

/// Saves the part of that name, as imapkit_control_get_attachment does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_attachment_named(
    control: *mut Handle,
    number: u32,
    name: *const c_char,
    file: *const c_char,
    text: *mut *mut c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (name, file, out) =
            unsafe { (argument::text(name, "name")?, argument::text(file, "file")?, optional_path(text)) };
        let path = control.get_attachment(number, name, file)?;
        out.map_or(Ok(()), |out| out.put(&path.to_string_lossy()))
    })
}

/// Opens a message by its number for imapkit_control_read; 0 is the current message. `length` 0 asks for all from
/// `offset` on. The bytes that will come go to `size`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_open_message(
    control: *mut Handle,
    number: u32,
    part: u32,
    offset: u64,
    length: u64,
    section: u32,
    size: *mut u64,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::optional(size) };
        let length = (length != 0).then_some(length);
        out.put(control.open_message(
            (number != 0).then_some(number),
            part,
            offset,
            length,
            Section::from_value(section),
        )?);
        Ok(())
    })
}

/// A message by its UID, or a part of it as it is sent; part 0 is the message itself. `section` is IMAPKIT_SECTION_….
/// In memory, to be freed by imapkit_free; larger ones are for imapkit_control_store_message and
/// imapkit_control_open_message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_message_uid(
    control: *mut Handle,
    uid: u32,
    part: u32,
    section: u32,
    data: *mut *mut u8,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { ByteList::new(data, length) }?;
        out.put(&control.get_message_uid(uid, part, Section::from_value(section))?)
    })
}

/// The header of a message by its UID, which does not mark it as read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_headers_uid(
    control: *mut Handle,
    uid: u32,
    data: *mut *mut u8,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { ByteList::new(data, length) }?;
        out.put(&control.get_headers_uid(uid)?)
    })
}

/// Writes a message, by its UID, to a file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_store_message_uid(control: *mut Handle, uid: u32, file: *const c_char) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let file = unsafe { text(file, "file") }?;
        Ok(control.store_message_uid(uid, file)?)
    })
}

/// A part of a message by its UID, decoded, in memory to be freed by imapkit_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_part_uid(
    control: *mut Handle,
    uid: u32,
    part: u32,
    data: *mut *mut u8,
    length: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { ByteList::new(data, length) }?;
        out.put(&control.get_part_uid(uid, part)?)
    })
}

/// Saves a part of a message by its UID, decoded. `file` is a file, or a folder in which it gets the name its sender
/// gave it. The path it was written to goes to `text`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_attachment_uid(
    control: *mut Handle,
    uid: u32,
    part: u32,
    file: *const c_char,
    text: *mut *mut c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (file, out) = unsafe { (argument::text(file, "file")?, optional_path(text)) };
        let path = control.get_attachment_uid(uid, part, file)?;
        out.map_or(Ok(()), |out| out.put(&path.to_string_lossy()))
    })
}

/// Saves the part of that name, as imapkit_control_get_attachment_uid does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_get_attachment_named_uid(
    control: *mut Handle,
    uid: u32,
    name: *const c_char,
    file: *const c_char,
    text: *mut *mut c_char,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (name, file, out) =
            unsafe { (argument::text(name, "name")?, argument::text(file, "file")?, optional_path(text)) };
        let path = control.get_attachment_uid(uid, name, file)?;
        out.map_or(Ok(()), |out| out.put(&path.to_string_lossy()))
    })
}

/// Opens a message by its UID for imapkit_control_read. `length` 0 asks for all from `offset` on. The bytes that will
/// come go to `size`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_open_message_uid(
    control: *mut Handle,
    uid: u32,
    part: u32,
    offset: u64,
    length: u64,
    section: u32,
    size: *mut u64,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let out = unsafe { Out::optional(size) };
        let length = (length != 0).then_some(length);
        out.put(control.open_message_uid(uid, part, offset, length, Section::from_value(section))?);
        Ok(())
    })
}

/// The next bytes of the open message, at most `size`; how many go to `count`, 0 at its end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_read(
    control: *mut Handle,
    buffer: *mut c_void,
    size: usize,
    count: *mut usize,
) -> i32 {
    with(control, |control| {
        // SAFETY: the caller keeps what the head of imapkit.h asks for.
        let (buffer, out) = unsafe { (argument::buffer(buffer.cast(), size, "buffer")?, Out::new(count, "count")?) };
        out.put(control.read(buffer)?);
        Ok(())
    })
}

/// Closes the open message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_control_close_message(control: *mut Handle) -> i32 {
    with(control, |control| Ok(control.close_message()?))
}

/// Where the path of a saved file goes, if anywhere.
///
/// # Safety
/// As for [`Out::new`].
unsafe fn optional_path(text: *mut *mut c_char) -> Option<Text> {
    // SAFETY: as promised by the caller; no length is asked for.
    unsafe { Text::new(text, std::ptr::null_mut()) }.ok()
}
