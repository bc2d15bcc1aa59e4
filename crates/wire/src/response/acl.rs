//! ACL, LISTRIGHTS and MYRIGHTS; RFC 4314 §3.6–3.8.

use imapkit_types::{Acl, ListRights, MyRights, Rights};

use crate::cursor::Cursor;
use crate::error::Parsed;
use crate::response::Untagged;

use super::value;

/// `acl-data = "ACL" SP mailbox *(SP identifier SP rights)`
pub(super) fn acl(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let mailbox = value::mailbox(cursor)?;
    let entries = value::to_end(cursor, |cursor| Ok((value::text(cursor)?, rights(cursor)?)))?;
    Ok(Untagged::Acl(Acl { mailbox, entries }))
}

/// `listrights-data = "LISTRIGHTS" SP mailbox SP identifier SP rights *(SP rights)`
pub(super) fn list_rights(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let mailbox = value::mailbox(cursor)?;
    let identifier = value::text(cursor)?;
    let required = rights(cursor)?;
    let optional = value::to_end(cursor, rights)?;
    Ok(Untagged::ListRights(ListRights { mailbox, identifier, required, optional }))
}

/// `myrights-data = "MYRIGHTS" SP mailbox SP rights`
pub(super) fn my_rights(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let mailbox = value::mailbox(cursor)?;
    Ok(Untagged::MyRights(MyRights { mailbox, rights: rights(cursor)? }))
}

fn rights(cursor: &mut Cursor<'_>) -> Parsed<Rights> {
    cursor.skip_spaces();
    let letters = cursor.astring()?;
    Ok(Rights::from_server(&cursor.bytes_of(letters)))
}
