//! ID: what a server says it is; RFC 2971 §3.1.

use alloc::vec::Vec;
use imapkit_types::ServerId;

use crate::cursor::Cursor;
use crate::error::Parsed;
use crate::hazard;
use crate::response::Untagged;

use super::value;

/// `id-response = "ID" SP id-params-list`, `id-params-list = "(" *(string SP nstring) ")" / nil`
pub(super) fn id(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    cursor.skip_spaces();
    if cursor.nil() {
        return Ok(Untagged::Id(None));
    }
    cursor.open()?;
    let mut fields = Vec::new();
    skip_commas(cursor);
    while !cursor.close()? {
        let name = value::text(cursor)?;
        skip_commas(cursor);
        // A name may stand alone at the end.
        let value = if cursor.peek() == Some(b')') { None } else { value::optional_text(cursor)? };
        value::push(cursor, &mut fields, (name, value))?;
        skip_commas(cursor);
    }
    Ok(Untagged::Id(Some(ServerId(fields))))
}

/// Some servers part the strings with commas (megamailservers.com).
fn skip_commas(cursor: &mut Cursor<'_>) {
    cursor.skip_spaces();
    while cursor.eat(b',') {
        cursor.note(hazard::SPACING);
        cursor.skip_spaces();
    }
}
