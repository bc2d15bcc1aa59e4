//! NAMESPACE: where a user's, other users' and shared mailboxes are; RFC 9051 §7.3.3, RFC 2342, RFC 5255 §3.4 (translations).

use alloc::boxed::Box;
use alloc::vec::Vec;
use imapkit_types::{Namespace, Namespaces};

use crate::cursor::Cursor;
use crate::error::Parsed;
use crate::response::Untagged;

use super::value;

/// `namespace-response = "NAMESPACE" SP namespace SP namespace SP namespace`, any of which may be NIL or missing at the end.
pub(super) fn namespace(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let namespaces =
        Namespaces { personal: namespaces(cursor)?, others: namespaces(cursor)?, shared: namespaces(cursor)? };
    Ok(Untagged::Namespace(Box::new(namespaces)))
}

/// `namespace = nil / "(" 1*namespace-descr ")"`
fn namespaces(cursor: &mut Cursor<'_>) -> Parsed<Vec<Namespace>> {
    cursor.skip_spaces();
    if cursor.at_end() { Ok(Vec::new()) } else { value::list(cursor, description) }
}

/// `namespace-descr = "(" string SP (DQUOTE QUOTED-CHAR DQUOTE / nil) [namespace-response-extensions] ")"`
fn description(cursor: &mut Cursor<'_>) -> Parsed<Namespace> {
    cursor.open()?;
    let prefix = value::mailbox(cursor)?;
    let delimiter = value::delimiter(cursor)?;
    let mut extensions = Vec::new();
    while !cursor.close()? {
        let name = value::text(cursor)?;
        let values = value::list(cursor, |cursor| cursor.astring().map(|span| cursor.boxed(span)))?;
        value::push(cursor, &mut extensions, (name, values))?;
    }
    Ok(Namespace { prefix, delimiter, extensions })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::data::tests::{mailbox, read};

    #[track_caller]
    fn namespaces(line: &str) -> Namespaces {
        match read(line) {
            Ok(Untagged::Namespace(namespaces)) => *namespaces,
            other => panic!("{other:?}"),
        }
    }

    fn plain(prefix: &str, delimiter: Option<char>) -> Namespace {
        Namespace { prefix: mailbox(prefix), delimiter, extensions: Vec::new() }
    }

    #[test]
    fn the_examples_of_rfc_2342() {
        let found = namespaces(
            "NAMESPACE ((\"\" \"/\")(\"#mh/\" \"/\" \"X-PARAM\" (\"FLAG1\" \"FLAG2\"))) ((\"~\" \"/\")) NIL",
        );
        let mut mh = plain("#mh/", Some('/'));
        mh.extensions = [("X-PARAM".into(), [b"FLAG1"[..].into(), b"FLAG2"[..].into()].into())].into();
        assert_eq!(found.personal, [plain("", Some('/')), mh]);
        assert_eq!((found.others, found.shared.len()), ([plain("~", Some('/'))].into(), 0));
        assert_eq!(namespaces("NAMESPACE NIL NIL NIL"), Namespaces::default());
    }

    #[test]
    fn h94_odd_forms() {
        let found = namespaces("NAMESPACE ((\"\" NIL)) NIL");
        assert_eq!((found.personal, found.shared.len()), ([plain("", None)].into(), 0));
        let found = namespaces("NAMESPACE ( ( \"Other Users\\\\\" \"\\\\\" ) ) NIL NIL");
        assert_eq!(found.personal, [plain("Other Users\\", Some('\\'))]);
        assert!(read("NAMESPACE ((\"\"").is_err());
    }
}
