//! VANISHED: messages that are gone, by UID; RFC 7162 §3.2.10, RFC 9586.
//!
//! `(EARLIER)` is told about the past and moves no sequence numbers (M24). A range may name four thousand million messages (T090).

use alloc::vec::Vec;
use imapkit_types::UidSet;

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::response::Untagged;

use super::set;

/// `expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids`; James sends it without UIDs.
pub(super) fn vanished(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    cursor.skip_spaces();
    let earlier = cursor.eat(b'(');
    if earlier {
        cursor.skip_spaces();
        if !cursor.eat_word(b"EARLIER") || !cursor.close()? {
            return Err(Expected("(EARLIER)"));
        }
        cursor.skip_spaces();
    }
    let ranges = if cursor.at_end() { Vec::new() } else { set::ranges(cursor)? };
    Ok(Untagged::Vanished { earlier, uids: UidSet::from_sorted_ranges(ranges) })
}
