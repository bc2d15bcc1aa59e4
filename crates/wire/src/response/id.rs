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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::data::tests::read;
    use alloc::string::ToString;

    #[track_caller]
    fn id(line: &str) -> alloc::string::String {
        match read(line) {
            Ok(Untagged::Id(Some(id))) => {
                let fields = id.iter().map(|(name, value)| alloc::format!("{name}={}", value.unwrap_or("NIL")));
                fields.collect::<Vec<_>>().join(" ")
            }
            Ok(Untagged::Id(None)) => "none".to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn fields_as_sent() {
        assert_eq!(id("ID (\"name\" \"Cyrus\" \"version\" NIL)"), "name=Cyrus version=NIL");
        assert_eq!(id("ID (\"name\" {5}\r\na \"b\" \"x\" \"\")"), "name=a \"b\" x=");
        assert_eq!(id("ID NIL"), "none");
        assert_eq!(id("ID ()"), "");
    }

    #[test]
    fn odd_lists() {
        assert_eq!(id("ID (\"name\", \"Server\", \"version\", \"1.0\")"), "name=Server version=1.0");
        assert_eq!(id("ID (\"name\" \"Server\" \"version\")"), "name=Server version=NIL");
        assert_eq!(id("ID ( name Server )"), "name=Server");
        assert!(read("ID (\"name\"").is_err() && read("ID").is_err());
    }
}
