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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::data::tests::read;

    fn vanished(earlier: bool, set: &str) -> Untagged {
        let uids = if set.is_empty() { UidSet::new() } else { set.parse().unwrap() };
        Untagged::Vanished { earlier, uids }
    }

    #[test]
    fn now_and_earlier() {
        assert_eq!(read("VANISHED 405,407,410,425"), Ok(vanished(false, "405,407,410,425")));
        assert_eq!(read("VANISHED (EARLIER) 300:310,405,411"), Ok(vanished(true, "300:310,405,411")));
        assert_eq!(read("vanished ( earlier )"), Ok(vanished(true, "")));
        assert!(read("VANISHED (LATER) 1").is_err() && read("VANISHED x").is_err());
    }

    #[test]
    fn h62_t090_odd_and_enormous_sets() {
        for (line, set) in [
            ("5:3", "3:5"),
            ("1,,2", "1:2"),
            (",1", "1"),
            ("1,", "1"),
            ("2,2,2", "2"),
            ("1:4294967295", "1:4294967295"),
        ] {
            assert_eq!(read(alloc::format!("VANISHED {line}")), Ok(vanished(false, set)), "{line}");
        }
    }
}
