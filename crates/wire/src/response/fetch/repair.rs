//! Values of items that make no sense at first. No RFC: these are the servers' own ideas.
//!
//! Framing has found the end of the row, so a value may be read as often as it takes: first quoting is relaxed (H47), then arity (H68, H69).
//! What cannot be read is at least delimited, so that the item costs only itself; if even that fails, the rest of the row is one
//! [`Damage`].
//!
//! Invariants: everything here is off the path of rows that are as they should be; the number of repairs in a row is bounded, since each may
//! look at the whole rest of it.

use alloc::format;
use alloc::string::String;
use imapkit_types::Damage;

use crate::cursor::{Cursor, Quoting};
use crate::error::{Expected, Parsed};
use crate::hazard;

use super::Row;

/// Values that are read more than once in one row; after as many, the rest of the row is given up.
const MAX_REPAIRS: usize = 16;

/// Ways to read a value again, in order.
const PASSES: [(Quoting, bool); 6] = [
    (Quoting::Followed, false),
    (Quoting::Unescaped, false),
    (Quoting::Delimited, false),
    (Quoting::Strict, true),
    (Quoting::Followed, true),
    (Quoting::Unescaped, true),
];

/// Reads the value of the item that begins at `start`; the cursor stands behind its name. `None` when it cannot be read or is not there: the
/// row says so, and the cursor stands behind what was tried.
#[inline]
pub(super) fn read<T>(
    cursor: &mut Cursor<'_>,
    row: &mut Row,
    start: usize,
    mut reader: impl FnMut(&mut Cursor<'_>) -> Parsed<T>,
) -> Option<T> {
    cursor.skip_spaces();
    let at = cursor.pos();
    match reader(cursor) {
        Ok(value) if cursor.ends_token() => Some(value),
        first => repair(cursor, row, (start, at), first, reader),
    }
}

/// Whether the cursor stands before another item, or the end of the row.
fn before_item(cursor: &Cursor<'_>) -> bool {
    let mut ahead = cursor.clone();
    ahead.skip_spaces();
    match ahead.peek() {
        None | Some(b')') => true,
        Some(octet) => octet.is_ascii_alphabetic() && cursor.ends_token(),
    }
}

#[cold]
fn repair<T>(
    cursor: &mut Cursor<'_>,
    row: &mut Row,
    (start, at): (usize, usize),
    first: Parsed<T>,
    mut reader: impl FnMut(&mut Cursor<'_>) -> Parsed<T>,
) -> Option<T> {
    let tried = cursor.pos();
    if first.is_err() && tried == at && matches!(cursor.peek(), None | Some(b')')) {
        cursor.note(hazard::NO_VALUE);
        return None;
    }
    if !may_repair(cursor, row, start) {
        return None;
    }
    for (quoting, lenient) in PASSES {
        let mut again = cursor.window(at, cursor.bytes().len()).reading(quoting, lenient);
        let value = reader(&mut again);
        if let Some(value) = value.ok().filter(|_| before_item(&again)) {
            cursor.merge_noted(&again);
            cursor.set_pos(again.pos());
            return Some(value);
        }
    }
    match first {
        // A space is missing (H61).
        Ok(value) => {
            cursor.note(hazard::SPACING);
            cursor.set_pos(tried);
            Some(value)
        }
        Err(expected) => {
            delimit(cursor, row, (start, at), expected);
            None
        }
    }
}

/// Counts a repair of the item that begins at `start`. False when there were too many: then the rest of the row has been given up.
fn may_repair(cursor: &mut Cursor<'_>, row: &mut Row, start: usize) -> bool {
    row.repairs = row.repairs.saturating_add(1);
    let may = row.repairs <= MAX_REPAIRS;
    if !may {
        cursor.set_pos(start);
        cut(cursor, row, Expected("at most 16 values that have to be repaired"));
    }
    may
}

/// Gives up the value that begins at `at`, of the item that begins at `start`.
#[cold]
pub(super) fn damage(cursor: &mut Cursor<'_>, row: &mut Row, (start, at): (usize, usize), expected: Expected) {
    if may_repair(cursor, row, start) {
        delimit(cursor, row, (start, at), expected);
    }
}

/// Keeps the octets of such a value and passes them.
fn delimit(cursor: &mut Cursor<'_>, row: &mut Row, (start, at): (usize, usize), expected: Expected) {
    let reason = format!("expected {} at octet {}", expected.0, cursor.pos());
    let name = cursor.window(start, at).rest().trim_ascii_end();
    let end = [Quoting::Followed, Quoting::Unescaped, Quoting::Strict].into_iter().find_map(|quoting| {
        let mut skip = cursor.window(at, cursor.bytes().len()).reading(quoting, false);
        skip.skip_value().ok()?;
        before_item(&skip).then(|| skip.pos())
    });
    row.done = row.done || end.is_none();
    cursor.set_pos(end.unwrap_or(usize::MAX));
    let raw = cursor.share_since(at);
    let item = String::from_utf8_lossy(name).into();
    row.fetch.more_mut().damage.push(Damage { item, reason: reason.into(), raw });
}

/// Gives up the rest of the row.
#[cold]
pub(super) fn cut(cursor: &mut Cursor<'_>, row: &mut Row, expected: Expected) {
    let reason = format!("expected {} at octet {}", expected.0, cursor.pos());
    let start = cursor.pos();
    cursor.advance(cursor.rest().len());
    row.done = true;
    let raw = cursor.share_since(start);
    row.fetch.more_mut().damage.push(Damage { item: "".into(), reason: reason.into(), raw });
}
