//! LIST, LSUB and XLIST: one mailbox each; RFC 9051 §7.3.1, RFC 5258 (extended data), RFC 6154 (special use).
//!
//! The name is what servers get wrong: they send it without quotes, spaces and tabs included (Exchange, H50), in broken modified UTF-7
//! (H95), and so on (H96). A bare name therefore goes on to the end of the line, unless well-formed extended data follows it.

use alloc::boxed::Box;
use imapkit_types::{Attribute, ListEntry, ListKind, Mailbox};

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;
use crate::response::Untagged;

use super::value;

/// `* LIST …`
pub(super) fn list(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    entry(cursor, ListKind::List)
}

/// `* LSUB …`
pub(super) fn lsub(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    entry(cursor, ListKind::Lsub)
}

/// `* XLIST …`
pub(super) fn xlist(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    entry(cursor, ListKind::Xlist)
}

/// `mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP mbox-list-extended]`
fn entry(cursor: &mut Cursor<'_>, kind: ListKind) -> Parsed<Untagged> {
    let mut entry = ListEntry::new(kind, Mailbox::from_wire("", None));
    entry.attributes = value::list(cursor, attribute)?;
    let words = entry.attributes.len();
    // Exchange sends a backslash and nothing else (H53).
    entry.attributes.retain(|attribute| attribute.as_str() != "\\");
    if entry.attributes.len() < words {
        cursor.note(hazard::EMPTY_FLAG);
    }
    entry.delimiter = value::delimiter(cursor)?;
    cursor.skip_spaces();
    match cursor.peek() {
        Some(b'"') => {
            entry.mailbox = value::mailbox(cursor)?;
            tail(cursor, &mut entry)?;
        }
        Some(b'{' | b'~') if cursor.clone().literal_content().is_ok() => {
            entry.mailbox = value::mailbox(cursor)?;
            tail(cursor, &mut entry)?;
        }
        Some(_) => bare_name(cursor, &mut entry),
        None => return Err(Expected("a mailbox name")),
    }
    Ok(Untagged::List(Box::new(entry)))
}

fn attribute(cursor: &mut Cursor<'_>) -> Parsed<Attribute> {
    value::text(cursor).map(|word| Attribute::parse(&word))
}

/// A name without quotes: up to the extended data, else up to the end of the line.
fn bare_name(cursor: &mut Cursor<'_>, entry: &mut ListEntry) {
    let start = cursor.pos();
    let rest = cursor.rest();
    if let Some(len) = memchr::memmem::find(rest, b" (") {
        cursor.advance(len);
        let mut extended = entry.clone();
        if extended_data(cursor, &mut extended).is_ok() && skip_rest(cursor).is_ok() {
            *entry = extended;
            entry.mailbox = value::mailbox_named(cursor, rest.get(..len).unwrap_or(rest));
            return;
        }
        cursor.set_pos(start);
    }
    cursor.advance(rest.len());
    // Tabs may belong to the name, the space at the end of a line does not (H39).
    let name = rest.strip_suffix(b" ").unwrap_or(rest);
    if name.iter().any(|octet| matches!(octet, b' ' | b'\t' | b'"' | b'(' | b')')) {
        cursor.note(hazard::ODD_ATOM);
    }
    entry.mailbox = value::mailbox_named(cursor, name);
}

/// What follows a name that ended by itself. Extended data that cannot be read costs no mailbox: it is kept raw.
fn tail(cursor: &mut Cursor<'_>, entry: &mut ListEntry) -> Parsed<()> {
    cursor.skip_spaces();
    if cursor.peek() != Some(b'(') {
        return Ok(());
    }
    let start = cursor.pos();
    let mut extended = entry.clone();
    if extended_data(cursor, &mut extended).is_ok() {
        *entry = extended;
    } else {
        cursor.set_pos(start);
        cursor.note(hazard::LIST);
        let raw = value::raw(cursor)?;
        entry.extended.push(("".into(), raw));
    }
    skip_rest(cursor)
}

/// `mbox-list-extended = "(" [mbox-list-extended-item *(SP mbox-list-extended-item)] ")"`
fn extended_data(cursor: &mut Cursor<'_>, entry: &mut ListEntry) -> Parsed<()> {
    cursor.open()?;
    while !cursor.close()? {
        let label = value::text(cursor)?;
        if label.eq_ignore_ascii_case("CHILDINFO") {
            entry.child_info = value::list(cursor, value::text)?;
        } else if label.eq_ignore_ascii_case("OLDNAME") {
            entry.old_name = value::list(cursor, value::mailbox)?.into_iter().next();
        } else {
            let raw = value::raw(cursor)?;
            value::push(cursor, &mut entry.extended, (label, raw))?;
        }
    }
    Ok(())
}

/// Lists that no RFC knows, behind the extended data.
fn skip_rest(cursor: &mut Cursor<'_>) -> Parsed<()> {
    cursor.skip_spaces();
    while !cursor.at_end() {
        if cursor.peek() != Some(b'(') {
            return Err(Expected("the end of the response"));
        }
        cursor.note(hazard::LIST);
        cursor.skip_value()?;
        cursor.skip_spaces();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::data::tests::{mailbox, read};
    use alloc::vec::Vec;

    #[track_caller]
    fn list(line: impl AsRef<[u8]>) -> ListEntry {
        match read(line) {
            Ok(Untagged::List(entry)) => *entry,
            other => panic!("{other:?}"),
        }
    }

    fn named(name: &str) -> ListEntry {
        let mut entry = ListEntry::new(ListKind::List, mailbox(name));
        entry.delimiter = Some('/');
        entry
    }

    #[test]
    fn the_examples_of_the_rfcs() {
        let mut expected = named("~/Mail/foo");
        expected.attributes = [Attribute::NoSelect].into();
        assert_eq!(list("LIST (\\NOSELECT) \"/\" ~/Mail/foo"), expected);
        let mut expected = named("Foo2");
        expected.attributes = [Attribute::NonExistent].into();
        expected.child_info = ["SUBSCRIBED".into(), "X-OTHER".into()].into();
        assert_eq!(list("LIST (\\NonExistent) \"/\" \"Foo2\" (\"CHILDINFO\" (\"SUBSCRIBED\" \"X-OTHER\"))"), expected);
        let mut expected = named("NewMailbox");
        expected.old_name = Some(mailbox("OldMailbox"));
        assert_eq!(list("LIST () \"/\" \"NewMailbox\" (\"OLDNAME\" (\"OldMailbox\"))"), expected);
        assert_eq!(list("LIST () {1}\r\n/ {9}\r\nTrash Can"), named("Trash Can"));
        let mut expected = named("#news.");
        (expected.kind, expected.delimiter) = (ListKind::Lsub, Some('.'));
        assert_eq!(list("LSUB () \".\" #news."), expected);
        assert_eq!(list("XLIST () \"/\" \"Inbox\"").kind, ListKind::Xlist);
    }

    #[test]
    fn h43_nil_is_a_name() {
        assert_eq!(list("LIST () \"/\" NIL"), named("NIL"));
        assert_eq!(list("LIST () NIL NIL").delimiter, None);
    }

    #[test]
    fn h50_bare_names_go_on_to_the_end_of_the_line() {
        for name in ["OIB-Seen-[Gmail]/All", "Sent Items", "Mail (old)", "a \"b\"", "100%", "(a)", "{3}"] {
            assert_eq!(list(alloc::format!("LIST () \"/\" {name}")), named(name));
        }
        let entry = list("LIST () \"/\" INBOX/Da\tOggetto\t");
        assert_eq!(entry.mailbox.raw(), Some(&b"INBOX/Da\tOggetto\t"[..]), "sent back as it came");
        assert_eq!(list("LIST () \"/\" INBOX "), named("INBOX"));
        let mut expected = named("new mail");
        expected.old_name = Some(mailbox("x"));
        assert_eq!(list("LIST () \"/\" new mail (\"OLDNAME\" (\"x\"))"), expected);
    }

    #[test]
    fn h53_an_empty_attribute_is_dropped() {
        let entry = list("LIST (\\HasChildren \\) \".\" \"Archive\"");
        assert_eq!(entry.attributes, [Attribute::HasChildren]);
    }

    #[test]
    fn h95_names_keep_their_octets() {
        let entry = list(b"LIST () \"/\" \"Entw\xfcrfe\"");
        assert_eq!(entry.mailbox.raw(), Some(&b"Entw\xfcrfe"[..]));
        assert_eq!(list("LIST () \"/\" \"Entw&APw-rfe\"").mailbox, mailbox("Entwürfe"));
        assert_eq!(list(r#"LIST () "\\" "a\\b""#).mailbox, mailbox("a\\b"));
        assert_eq!(list(r#"LIST () "\\" "a\\b""#).delimiter, Some('\\'));
    }

    #[test]
    fn h96_extended_data_never_costs_the_mailbox() {
        let mut expected = named("a");
        expected.extended = [("X".into(), b"({1}\r\nb)"[..].into()), ("Y".into(), b"(1:3 (c))"[..].into())].into();
        assert_eq!(list("LIST () \"/\" \"a\" (\"X\" ({1}\r\nb) \"Y\" (1:3 (c)))"), expected);
        expected.extended = [("".into(), b"(odd)"[..].into())].into();
        assert_eq!(list("LIST () \"/\" \"a\" (odd)"), expected);
        expected.extended = Vec::new();
        expected.child_info = ["SUBSCRIBED".into()].into();
        assert_eq!(list("LIST () \"/\" a (\"CHILDINFO\" (\"SUBSCRIBED\")) (x)"), expected);
        assert!(read("LIST () \"/\"").is_err());
        assert!(read("LIST () \"/\" \"a\" b").is_err());
        assert!(read("LIST () \"/\" \"a\" (b").is_err());
    }
}
