//! Sets of numbers as servers write them: `sequence-set` of RFC 9051 §9, tolerantly (H62).
//!
//! Separate from [`NumSet`](imapkit_types::NumSet), which is canonical: COPYUID and UIDBATCHES mean the order they are sent in.
//!
//! Invariant: ranges stay ranges, so `1:4294967295` costs eight octets (T089, T090).

use alloc::vec::Vec;

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;

use super::value;

/// The ranges in the order sent, bounds as sent. At least a number must stand here; empty elements are skipped, 0 is left out.
pub(super) fn ranges(cursor: &mut Cursor<'_>) -> Parsed<Vec<(u32, u32)>> {
    let mut ranges = Vec::new();
    cursor.skip_spaces();
    loop {
        match cursor.peek() {
            Some(b'0'..=b'9' | b'*') => {
                let first = bound(cursor)?;
                let last = if cursor.eat(b':') { bound(cursor)? } else { first };
                if (first, last) == (0, 0) {
                    cursor.note(hazard::ZERO);
                } else {
                    value::push(cursor, &mut ranges, (first, last))?;
                }
            }
            Some(b',') => cursor.note(hazard::SET),
            _ if ranges.is_empty() => return Err(Expected("a sequence set")),
            _ => cursor.note(hazard::SET),
        }
        if !cursor.eat(b',') {
            return Ok(ranges);
        }
    }
}

/// A number, or `*` as the largest there can be: a server has no business sending it, but James and others do.
fn bound(cursor: &mut Cursor<'_>) -> Parsed<u32> {
    if cursor.eat(b'*') {
        cursor.note(hazard::SET);
        return Ok(u32::MAX);
    }
    cursor.number32()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::tests::Source;

    fn read(text: &str) -> Parsed<Vec<(u32, u32)>> {
        ranges(&mut Source::new(text).cursor())
    }

    #[test]
    fn h62_sets_as_servers_write_them() {
        assert_eq!(read("304,319:320"), Ok([(304, 304), (319, 320)].into()));
        assert_eq!(read("5:3"), Ok([(5, 3)].into()), "order is the caller's business");
        assert_eq!(read("1,,2"), Ok([(1, 1), (2, 2)].into()));
        assert_eq!(read(",1"), Ok([(1, 1)].into()));
        assert_eq!(read("1,"), Ok([(1, 1)].into()));
        assert_eq!(read("0,7"), Ok([(7, 7)].into()));
        assert_eq!(read("1:*"), Ok([(1, u32::MAX)].into()));
        assert_eq!(read("1 2"), Ok([(1, 1)].into()));
    }

    #[test]
    fn what_is_no_set_is_an_error() {
        for text in ["", "x", "1:", "1:x", ":1", "4294967296", "-1", ","] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn t089_a_range_is_never_expanded() {
        assert_eq!(read("1:4294967295").unwrap().len(), 1);
    }
}
