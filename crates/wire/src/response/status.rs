//! Status responses: OK, NO, BAD, BYE, PREAUTH, with or without a tag; RFC 9051 §7.1.
//!
//! Separate from the other responses because this one is never refused: a code that cannot be read is text, and text may hold anything
//! (H20–H24, H35, H36). Whatever a server says here, the command is over.

use bytes::Bytes;

use crate::cursor::Cursor;
use crate::response::{StatusKind, StatusLine};

use super::code;

/// The status word, in any case (H29).
pub(crate) fn kind(word: &[u8]) -> Option<StatusKind> {
    const WORDS: [(&[u8], StatusKind); 5] = [
        (b"OK", StatusKind::Ok),
        (b"NO", StatusKind::No),
        (b"BAD", StatusKind::Bad),
        (b"BYE", StatusKind::Bye),
        (b"PREAUTH", StatusKind::PreAuth),
    ];
    WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind)
}

/// `resp-text = ["[" resp-text-code "]" SP] [text]`, to the end of the response; the cursor stands behind the status word.
pub(crate) fn line(cursor: &mut Cursor<'_>, kind: StatusKind) -> StatusLine {
    cursor.eat(b' ');
    let start = cursor.pos();
    cursor.skip_spaces();
    let code = if cursor.peek() == Some(b'[') { code::code(cursor) } else { None };
    match code {
        Some(_) => _ = cursor.eat(b' '),
        None => cursor.set_pos(start),
    }
    StatusLine { kind, code, text: rest(cursor) }
}

/// Everything up to the end of the response.
fn rest(cursor: &mut Cursor<'_>) -> Bytes {
    let start = cursor.pos();
    cursor.advance(cursor.rest().len());
    cursor.share_since(start)
}
