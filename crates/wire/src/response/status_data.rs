//! STATUS: counters of a mailbox; RFC 9051 §7.3.2, RFC 5819, 7162, 7889, 8438, 8474, 9208.
//!
//! An item that cannot be read costs that item only and is kept raw. Strato sends names with spaces and without quotes, so a bare name
//! goes on to the list of items.

use alloc::boxed::Box;
use imapkit_types::{Mailbox, Status, StatusItem, UidValidity};

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;
use crate::response::Untagged;

use super::value;

/// `mailbox-data =/ "STATUS" SP mailbox SP "(" [status-att-list] ")"`
pub(super) fn status(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let mailbox = name(cursor)?;
    let mut status = Status::default();
    cursor.open()?;
    while !cursor.close()? {
        let name = value::text(cursor)?;
        cursor.skip_spaces();
        let start = cursor.pos();
        if item(cursor, StatusItem::parse(&name), &mut status).is_err() {
            cursor.set_pos(start);
            let raw = value::raw(cursor)?;
            value::push(cursor, &mut status.other, (name, raw))?;
        }
    }
    Ok(Untagged::MailboxStatus(mailbox, Box::new(status)))
}

fn name(cursor: &mut Cursor<'_>) -> Parsed<Mailbox> {
    cursor.skip_spaces();
    let rest = cursor.rest();
    let string = matches!(cursor.peek(), Some(b'"')) || cursor.clone().literal_content().is_ok();
    if string {
        return value::mailbox(cursor);
    }
    let len = memchr::memmem::find(rest, b" (").ok_or(Expected("a list of status items"))?;
    let name = rest.get(..len).unwrap_or(rest);
    cursor.advance(len);
    if name.contains(&b' ') {
        cursor.note(hazard::ODD_ATOM);
    }
    Ok(value::mailbox_named(cursor, name))
}

/// The value of an item; an error for items we do not know, so that they are kept raw.
fn item(cursor: &mut Cursor<'_>, item: Option<StatusItem>, status: &mut Status) -> Parsed<()> {
    match item {
        Some(StatusItem::Messages) => status.messages = value::number32(cursor)?,
        Some(StatusItem::Recent) => status.recent = value::number32(cursor)?,
        Some(StatusItem::UidNext) => status.uid_next = value::nz_number(cursor)?,
        Some(StatusItem::UidValidity) => status.uid_validity = value::number32(cursor)?.map(UidValidity::new),
        Some(StatusItem::Unseen) => status.unseen = value::number32(cursor)?,
        Some(StatusItem::Size) => status.size = cursor.count()?,
        Some(StatusItem::Deleted) => status.deleted = value::number32(cursor)?,
        Some(StatusItem::DeletedStorage) => status.deleted_storage = cursor.count()?,
        Some(StatusItem::HighestModSeq) => status.highest_mod_seq = Some(value::mod_seq(cursor)?),
        // NIL is an answer here: no limit (RFC 7889 §4).
        Some(StatusItem::AppendLimit) => {
            status.append_limit = Some(if cursor.nil() { None } else { cursor.count()? });
        }
        Some(StatusItem::MailboxId) => status.mailbox_id = value::object_id(cursor)?,
        _ => return Err(Expected("a known status item")),
    }
    match cursor.peek() {
        None | Some(b' ' | b')') => Ok(()),
        Some(_) => Err(Expected("the end of a value")),
    }
}
