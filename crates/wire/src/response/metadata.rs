//! METADATA: annotations with their values, or the names of those that changed; RFC 5464 §4.4.

use alloc::boxed::Box;
use imapkit_types::Metadata;

use crate::cursor::Cursor;
use crate::error::Parsed;
use crate::response::Untagged;

use super::value;

/// `metadata-resp = "METADATA" SP mailbox SP (entry-values / entry-list)`; the mailbox `""` is the server.
pub(super) fn metadata(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let mailbox = Some(value::mailbox(cursor)?).filter(|mailbox| !mailbox.name().is_empty());
    cursor.skip_spaces();
    let names_only = cursor.peek() != Some(b'(');
    let entries = if names_only {
        value::to_end(cursor, |cursor| Ok((value::text(cursor)?, None)))?
    } else {
        value::list(cursor, |cursor| Ok((value::text(cursor)?, content(cursor)?)))?
    };
    Ok(Untagged::Metadata(Box::new(Metadata { mailbox, entries, names_only })))
}

/// `value = nstring / literal8`
fn content(cursor: &mut Cursor<'_>) -> Parsed<Option<Box<[u8]>>> {
    cursor.skip_spaces();
    let span = cursor.nstring()?;
    Ok((!span.is_nil()).then(|| cursor.boxed(span)))
}
