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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::data::tests::{mailbox, read};

    #[track_caller]
    fn metadata(line: &str) -> Metadata {
        match read(line) {
            Ok(Untagged::Metadata(metadata)) => *metadata,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn values_of_entries() {
        let found = metadata(
            "METADATA \"a b\" (/private/comment {10}\r\ntwo\r\nlines /shared/comment NIL /shared/x ~{2}\r\n\0\x01)",
        );
        assert_eq!(found.mailbox, Some(mailbox("a b")));
        assert_eq!(found.entries[0], ("/private/comment".into(), Some(b"two\r\nlines"[..].into())));
        assert_eq!(found.entries[1], ("/shared/comment".into(), None));
        assert_eq!(found.entries[2], ("/shared/x".into(), Some(b"\0\x01"[..].into())));
        assert!(!found.names_only);
    }

    #[test]
    fn names_of_entries_that_changed() {
        let found = metadata("METADATA \"\" /shared/comment /private/comment");
        assert_eq!((found.mailbox, found.names_only), (None, true));
        assert_eq!(found.entries, [("/shared/comment".into(), None), ("/private/comment".into(), None)]);
    }
}
