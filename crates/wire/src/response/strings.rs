//! The responses that are strings and nothing else: LANGUAGE, COMPARATOR (RFC 5255), JMAPACCESS (RFC 9698), GENURLAUTH, URLFETCH
//! (RFC 4467, RFC 5524).
//!
//! We send none of the commands they answer but GETJMAPACCESS; they are read because nothing a server says is lost.

use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;
use imapkit_types::Span;

use crate::cursor::Cursor;
use crate::error::Parsed;
use crate::response::Untagged;

use super::value;

/// `language-data = "LANGUAGE" SP "(" lang-tag-quoted *(SP lang-tag-quoted) ")"`
pub(super) fn language(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    strings(cursor).map(Untagged::Language)
}

/// `comparator-data = "COMPARATOR" SP comp-sel-quoted [SP "(" comp-id-quoted *(SP comp-id-quoted) ")"]`
pub(super) fn comparator(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    strings(cursor).map(Untagged::Comparator)
}

/// Strings up to the end, in one list, several or none.
fn strings(cursor: &mut Cursor<'_>) -> Parsed<Vec<Box<str>>> {
    let mut strings = Vec::new();
    cursor.skip_spaces();
    while !cursor.at_end() {
        if cursor.peek() == Some(b'(') {
            strings.append(&mut value::list(cursor, value::text)?);
        } else {
            let text = value::text(cursor)?;
            value::push(cursor, &mut strings, text)?;
        }
        cursor.skip_spaces();
    }
    Ok(strings)
}

/// `"JMAPACCESS" SP string`
pub(super) fn jmap_access(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    value::text(cursor).map(Untagged::JmapAccess)
}

/// `genurlauth-data = "GENURLAUTH" *(SP url-full)`
pub(super) fn gen_url_auth(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    value::to_end(cursor, |cursor| {
        let url = cursor.astring()?;
        Ok(shared(cursor, url))
    })
    .map(Untagged::GenUrlAuth)
}

/// `urlfetch-data = "URLFETCH" *(SP url-full SP nstring)`; the parenthesised items of RFC 5524 are kept as sent.
pub(super) fn url_fetch(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    value::to_end(cursor, |cursor| {
        let url = cursor.astring()?;
        let url = shared(cursor, url);
        cursor.skip_spaces();
        let start = cursor.pos();
        let mut end = start;
        while cursor.peek() == Some(b'(') {
            cursor.skip_value()?;
            end = cursor.pos();
            cursor.skip_spaces();
        }
        if end > start {
            cursor.set_pos(end);
            return Ok((url, Some(cursor.share_since(start))));
        }
        let content = cursor.nstring()?;
        Ok((url, (!content.is_nil()).then(|| shared(cursor, content))))
    })
    .map(Untagged::UrlFetch)
}

fn shared(cursor: &Cursor<'_>, span: Span) -> Bytes {
    cursor.frame().bytes(span).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::data::tests::read;

    #[test]
    fn languages_and_comparators() {
        assert_eq!(read("LANGUAGE (EN DE)"), Ok(Untagged::Language(["EN".into(), "DE".into()].into())));
        assert_eq!(read("LANGUAGE \"EN\""), Ok(Untagged::Language(["EN".into()].into())));
        let expected = ["i;unicode-casemap".into(), "i;octet".into()].into();
        assert_eq!(read("COMPARATOR \"i;unicode-casemap\" (\"i;octet\")"), Ok(Untagged::Comparator(expected)));
    }

    #[test]
    fn urls() {
        let url = "https://example.com/.s/[jmap]";
        assert_eq!(read(alloc::format!("JMAPACCESS \"{url}\"")), Ok(Untagged::JmapAccess(url.into())));
        assert_eq!(
            read("GENURLAUTH \"imap://a/\" b"),
            Ok(Untagged::GenUrlAuth([Bytes::from("imap://a/"), Bytes::from("b")].into()))
        );
        let expected = [
            (Bytes::from("u1"), Some(Bytes::from("a\r\n"))),
            (Bytes::from("u2"), None),
            (Bytes::from("u3"), Some(Bytes::from("(BINARY ~{3}\r\nab\0) (X)"))),
            (Bytes::from("u4"), Some(Bytes::from(""))),
        ];
        let line = "URLFETCH \"u1\" {3}\r\na\r\n \"u2\" NIL u3 (BINARY ~{3}\r\nab\0) (X) \"u4\" \"\"";
        assert_eq!(read(line), Ok(Untagged::UrlFetch(expected.into())));
        assert!(read("URLFETCH \"u1\"").is_err());
    }
}
