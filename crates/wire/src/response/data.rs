//! The responses that are neither FETCH nor a status: which reader reads which. RFC 9051 §7.2, §7.3, §7.4.
//!
//! Separate so that the decoder asks one question. A response that makes no sense by the strict rule of quoted strings is read once more
//! by the tolerant one (H47): framing has found its end already, so nothing else is at stake.

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;
use crate::response::Untagged;

use super::{
    acl, capability, esearch, flags, id, list, metadata, namespace, quota, search, status_data, strings, thread,
    vanished,
};

type Reader = fn(&mut Cursor<'_>) -> Parsed<Untagged>;

const READERS: &[(&str, Reader)] = &[
    ("SEARCH", search::search),
    ("ESEARCH", esearch::esearch),
    ("LIST", list::list),
    ("STATUS", status_data::status),
    ("FLAGS", flags::response),
    ("CAPABILITY", |cursor| Ok(Untagged::Capability(capability::to_end(cursor)))),
    ("VANISHED", vanished::vanished),
    ("SORT", search::sort),
    ("THREAD", thread::thread),
    ("LSUB", list::lsub),
    ("XLIST", list::xlist),
    ("ENABLED", |cursor| Ok(Untagged::Enabled(capability::to_end(cursor)))),
    ("ID", id::id),
    ("NAMESPACE", namespace::namespace),
    ("QUOTA", quota::quota),
    ("QUOTAROOT", quota::quota_root),
    ("UIDBATCHES", esearch::uid_batches),
    ("METADATA", metadata::metadata),
    ("ACL", acl::acl),
    ("LISTRIGHTS", acl::list_rights),
    ("MYRIGHTS", acl::my_rights),
    ("LANGUAGE", strings::language),
    ("COMPARATOR", strings::comparator),
    ("JMAPACCESS", strings::jmap_access),
    ("GENURLAUTH", strings::gen_url_auth),
    ("URLFETCH", strings::url_fetch),
];

/// Reads the response named `name`, whole; the cursor stands behind the name. `None` for names that no reader knows.
pub(crate) fn read(name: &[u8], cursor: &mut Cursor<'_>) -> Option<Parsed<Untagged>> {
    let (_, reader) = READERS.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name))?;
    let mut tolerant = cursor.clone().tolerant();
    Some(whole(cursor, *reader).or_else(|error| {
        let read = whole(&mut tolerant, *reader).map_err(|_| error)?;
        cursor.set_pos(tolerant.pos());
        cursor.merge_noted(&tolerant);
        Ok(read)
    }))
}

/// The response and the end of its line (H39).
fn whole(cursor: &mut Cursor<'_>, reader: Reader) -> Parsed<Untagged> {
    let read = reader(cursor)?;
    if cursor.bytes().ends_with(b" ") {
        cursor.note(hazard::TRAILING_SPACE);
    }
    cursor.skip_spaces();
    if cursor.at_end() { Ok(read) } else { Err(Expected("the end of the response")) }
}

#[cfg(test)]
pub(super) mod tests;
