//! The items of extensions, and those nobody here knows.
//!
//! RFC 3516 (BINARY.SIZE) · 8474 and its successor draft (EMAILID, THREADID, OBJECTID) · 8514 (SAVEDATE) · 8970 (PREVIEW) · X-GM-EXT-1. What is
//! unknown is kept, name and octets (H86).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;
use crate::response::value;

use super::name::Name;
use super::repair::{damage, read};
use super::{Row, count, date_time, section, set};

/// The item `name`, which begins at `start`; the cursor stands behind the name.
pub(super) fn item(cursor: &mut Cursor<'_>, row: &mut Row, start: usize, name: Name) {
    match name {
        Name::EmailId => {
            let id = read(cursor, row, start, value::object_id).flatten();
            set(cursor, &mut row.fetch.more_mut().email_id, id);
        }
        Name::ThreadId => {
            let id = read(cursor, row, start, value::object_id);
            set(cursor, &mut row.fetch.more_mut().thread_id, id);
        }
        Name::ObjectId => object_ids(cursor, row, start),
        Name::SaveDate => {
            let date = read(cursor, row, start, date_time);
            set(cursor, &mut row.fetch.more_mut().save_date, date);
        }
        Name::Preview => {
            let preview = read(cursor, row, start, preview);
            set(cursor, &mut row.fetch.more_mut().preview, preview);
        }
        Name::GmMsgId => {
            let id = read(cursor, row, start, count).flatten();
            set(cursor, &mut row.fetch.more_mut().gm_msg_id, id);
        }
        Name::GmThreadId => {
            let id = read(cursor, row, start, count).flatten();
            set(cursor, &mut row.fetch.more_mut().gm_thread_id, id);
        }
        Name::GmLabels => {
            let labels = read(cursor, row, start, labels);
            set(cursor, &mut row.fetch.more_mut().gm_labels, labels);
        }
        Name::BinarySize => binary_size(cursor, row, start),
        _ => unknown(cursor, row, start),
    }
}

fn binary_size(cursor: &mut Cursor<'_>, row: &mut Row, start: usize) {
    let part = match section::part(cursor) {
        Ok(part) => part,
        Err(expected) => return damage(cursor, row, (start, start), expected),
    };
    if let Some(size) = read(cursor, row, start, count).flatten() {
        row.fetch.more_mut().binary_sizes.push((part, size));
    }
}

/// `"OBJECTID" SP "(" *(name SP id) ")"` of draft-ietf-mailmaint-imap-objectid-bis: the ids go where those of RFC 8474 do.
fn object_ids(cursor: &mut Cursor<'_>, row: &mut Row, start: usize) {
    let ids = read(cursor, row, start, |cursor| {
        let (mut email, mut thread) = (None, None);
        cursor.open()?;
        while !cursor.close()? {
            let name = cursor.atom()?;
            let id = value::object_id(cursor)?;
            if cursor.span_is(name, b"EMAILID") {
                email = id;
            } else if cursor.span_is(name, b"THREADID") {
                thread = Some(id);
            }
        }
        Ok((email, thread))
    });
    if let Some((email, thread)) = ids {
        let more = row.fetch.more_mut();
        set(cursor, &mut more.email_id, email);
        set(cursor, &mut more.thread_id, thread);
    }
}

/// `nstring`; before RFC 8970 it was `"(" algorithm SP nstring ")"`.
fn preview(cursor: &mut Cursor<'_>) -> Parsed<Option<Box<str>>> {
    if cursor.peek() != Some(b'(') || cursor.peek_second() == Some(b')') {
        return value::optional_text(cursor);
    }
    cursor.open()?;
    cursor.atom()?;
    let text = value::optional_text(cursor)?;
    if cursor.close()? { Ok(text) } else { Err(Expected("a closing parenthesis")) }
}

/// `"(" *astring ")"`, also NIL, also with NIL inside (quirk 59).
fn labels(cursor: &mut Cursor<'_>) -> Parsed<Vec<Box<[u8]>>> {
    let mut labels = Vec::new();
    if cursor.nil() {
        cursor.note(hazard::NIL);
        return Ok(labels);
    }
    cursor.open()?;
    while !cursor.close()? {
        if cursor.nil() {
            cursor.note(hazard::NIL);
            continue;
        }
        let label = cursor.astring()?;
        value::push(cursor, &mut labels, cursor.boxed(label))?;
    }
    Ok(labels)
}

fn unknown(cursor: &mut Cursor<'_>, row: &mut Row, start: usize) {
    if cursor.peek() == Some(b'[') && section::skip(cursor).is_err() {
        cursor.set_pos(start);
    }
    if cursor.pos() == start {
        return damage(cursor, row, (start, start), Expected("the name of an item"));
    }
    let name = String::from_utf8_lossy(cursor.since(start)).into();
    let value = read(cursor, row, start, |cursor| {
        let at = cursor.pos();
        if !matches!(cursor.peek(), None | Some(b')')) {
            cursor.skip_value()?;
        }
        Ok(cursor.share_since(at))
    });
    if let Some(value) = value {
        row.fetch.more_mut().unknown.push((name, value));
    }
}
