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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::data::tests::{mailbox, read};

    fn rights(letters: &str) -> Rights {
        Rights::new(letters).unwrap()
    }

    #[test]
    fn the_examples_of_rfc_4314() {
        let entries =
            [("Fred".into(), rights("rwipslxcetda")), ("-bob".into(), rights("w")), ("anyone".into(), rights(""))];
        let acl = Acl { mailbox: mailbox("INBOX"), entries: entries.into() };
        assert_eq!(read("ACL INBOX Fred rwipslxcetda -bob w anyone \"\""), Ok(Untagged::Acl(acl)));
        let list = ListRights {
            mailbox: mailbox("~/Mail/saved"),
            identifier: "smith".into(),
            required: rights("la"),
            optional: [rights("r"), rights("swicdkxte")].into(),
        };
        assert_eq!(read("LISTRIGHTS ~/Mail/saved smith la r swicdkxte"), Ok(Untagged::ListRights(list)));
        let mine = MyRights { mailbox: mailbox("a b"), rights: rights("rwiptsldaex") };
        assert_eq!(read("MYRIGHTS \"a b\" rwiptsldaex"), Ok(Untagged::MyRights(mine)));
        assert!(read("ACL INBOX Fred").is_err() && read("MYRIGHTS INBOX").is_err());
    }
}
