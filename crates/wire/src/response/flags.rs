//! Lists of flags, wherever they stand: FLAGS, PERMANENTFLAGS, FETCH; RFC 9051 §2.3.2, §7.3.5.
//!
//! Flags are whatever users and servers made of them: `]`, `+`, 8-bit octets and 300 characters are seen (H50, H54), and so are quotes
//! (H45), lists in the list (H52) and backslashes with nothing behind them (H53).

use alloc::vec::Vec;
use imapkit_types::{Flags, Keyword};

use crate::cursor::Cursor;
use crate::error::Parsed;
use crate::hazard;
use crate::response::Untagged;

use super::value;

/// `mailbox-data = "FLAGS" SP flag-list`
pub(super) fn response(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    flags(cursor).map(Untagged::Flags)
}

/// `flag-list = "(" [flag *(SP flag)] ")"`, also NIL (H44).
pub(super) fn flags(cursor: &mut Cursor<'_>) -> Parsed<Flags> {
    let (mut bits, mut other) = (0, Vec::new());
    names(cursor, |cursor, name| {
        match Flags::known_bit(name) {
            Some(bit) => bits |= bit,
            None => value::push(cursor, &mut other, Keyword::from_server(name))?,
        }
        Ok(())
    })?;
    Ok(Flags::from_parts(bits, Some(other.into())))
}

/// Hands each name of a flag list to `each`.
pub(super) fn names(cursor: &mut Cursor<'_>, mut each: impl FnMut(&Cursor<'_>, &[u8]) -> Parsed<()>) -> Parsed<()> {
    cursor.skip_spaces();
    if cursor.nil() {
        cursor.note(hazard::NIL);
        return Ok(());
    }
    cursor.open()?;
    while !cursor.close()? {
        let span = match cursor.peek() {
            Some(b'(') => {
                cursor.note(hazard::NESTED_FLAGS);
                cursor.skip_value()?;
                continue;
            }
            Some(b'"') => {
                cursor.note(hazard::STRING_OR_ATOM);
                cursor.quoted()?
            }
            _ => cursor.word()?,
        };
        match &*cursor.bytes_of(span) {
            b"\\" | b"" => cursor.note(hazard::EMPTY_FLAG),
            name => each(cursor, name)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::data::tests::read;
    use imapkit_types::Flag;

    #[track_caller]
    fn check(line: &[u8], expected: &[&[u8]]) {
        let Ok(Untagged::Flags(flags)) = read([b"FLAGS ", line].concat()) else { panic!("{}", line.escape_ascii()) };
        let flags: Vec<Flag> = flags.iter().collect();
        assert_eq!(flags.iter().map(Flag::as_bytes).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn flags_as_servers_write_them() {
        check(b"(\\Answered $forwarded Work)", &[b"\\Answered", b"$Forwarded", b"Work"]);
        check(b"()", &[]);
        check(b"NIL", &[]);
        check(b"(\\Answered \\*)", &[b"\\Answered", b"\\*"]);
        check(b"( $Forwarded )", &[b"$Forwarded"]);
        check(b"(\"\\\\Seen\" Seen)", &[b"\\Seen", b"Seen"]);
        check(b"(OIB-Seen-[Gmail]/All \\Foo)", &[b"OIB-Seen-[Gmail]/All", b"\\Foo"]);
        check(b"(\\Seen (\\Deleted junk FLAGS) $l)", &[b"\\Seen", b"$l"]);
        check(b"(\\Draft \\)", &[b"\\Draft"]);
        check(b"(+ TAG \xc3\xa9)", &[b"+", b"TAG", b"\xc3\xa9"]);
        assert!(read("FLAGS (\\Seen").is_err() && read("FLAGS").is_err());
    }
}
