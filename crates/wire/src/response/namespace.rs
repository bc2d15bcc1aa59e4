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
