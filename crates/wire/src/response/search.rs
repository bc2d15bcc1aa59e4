//! SEARCH and SORT: numbers, hundreds of thousands of them; RFC 9051 §7.3.4 (as in RFC 3501), RFC 5256, RFC 7162 §3.1.5.
//!
//! Invariant: one pass, four octets of memory a number.

use alloc::vec::Vec;
use imapkit_types::ModSeq;

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;
use crate::response::Untagged;

use super::value;

/// `mailbox-data =/ "SEARCH" *(SP nz-number) [SP search-sort-mod-seq]`
pub(super) fn search(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let (numbers, mod_seq) = numbers(cursor)?;
    Ok(Untagged::Search(numbers, mod_seq))
}

/// `sort-data = "SORT" *(SP nz-number) [SP search-sort-mod-seq]`, in the order that was asked for.
pub(super) fn sort(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let (numbers, mod_seq) = numbers(cursor)?;
    Ok(Untagged::Sort(numbers, mod_seq))
}

/// What can be read: an odd entry costs itself, unless it may stand for several numbers or nothing else was found. No numbers mean that
/// no message matches, and that a server has to say plainly.
fn numbers(cursor: &mut Cursor<'_>) -> Parsed<(Vec<u32>, Option<ModSeq>)> {
    // Numbers of six digits and a space: near enough not to grow more than once.
    let mut numbers = Vec::with_capacity(cursor.rest().len() / 7);
    let mut mod_seq = None;
    let mut lost = false;
    loop {
        cursor.skip_spaces();
        let start = cursor.pos();
        match cursor.peek() {
            None if lost && numbers.is_empty() => return Err(Expected("a number")),
            None => return Ok((numbers, mod_seq)),
            Some(b'0'..=b'9') => match cursor.number32() {
                Ok(number) if ends_number(cursor.peek()) => match number {
                    0 => cursor.note(hazard::ZERO),
                    number => value::push(cursor, &mut numbers, number)?,
                },
                _ => lost |= skip_number(cursor, start)?,
            },
            Some(b',') => {
                cursor.note(hazard::SEARCH);
                cursor.bump();
            }
            Some(b'(') => match search_mod_seq(cursor) {
                Ok(told) => mod_seq = Some(told),
                Err(_) => skip_list(cursor, start),
            },
            Some(_) => lost |= skip_number(cursor, start)?,
        }
    }
}

fn ends_number(next: Option<u8>) -> bool {
    matches!(next, None | Some(b' ' | b',' | b'(' | b'\t' | b'\r' | b'\n'))
}

/// Passes what is no number (4294967296, -1): it names no message. A range names several, a word may mean anything.
#[cold]
fn skip_number(cursor: &mut Cursor<'_>, start: usize) -> Parsed<bool> {
    cursor.set_pos(start);
    let entry = cursor.rest().split(|octet| ends_number(Some(*octet))).next().unwrap_or_default();
    let digits = entry.strip_prefix(b"-").unwrap_or(entry);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Expected("the end of the response"));
    }
    cursor.note(hazard::SEARCH);
    cursor.advance(entry.len());
    Ok(true)
}

/// Passes a list that is not about MODSEQ, to the end when it has none.
#[cold]
fn skip_list(cursor: &mut Cursor<'_>, start: usize) {
    cursor.note(hazard::SEARCH);
    cursor.set_pos(start);
    if cursor.skip_value().is_err() {
        cursor.advance(cursor.rest().len());
    }
}

/// `search-sort-mod-seq = "(" "MODSEQ" SP mod-sequence-value ")"`
fn search_mod_seq(cursor: &mut Cursor<'_>) -> Parsed<ModSeq> {
    cursor.open()?;
    cursor.skip_spaces();
    if !cursor.eat_word(b"MODSEQ") {
        return Err(Expected("MODSEQ"));
    }
    let mod_seq = value::mod_seq(cursor)?;
    if cursor.close()? { Ok(mod_seq) } else { Err(Expected("a closing parenthesis")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::data::tests::read;

    fn numbers(numbers: &[u32], mod_seq: Option<u64>) -> Untagged {
        Untagged::Search(numbers.into(), mod_seq.map(ModSeq::new))
    }

    #[test]
    fn numbers_as_sent() {
        assert_eq!(read("SEARCH 2 84 882"), Ok(numbers(&[2, 84, 882], None)));
        assert_eq!(read("SEARCH"), Ok(numbers(&[], None)));
        assert_eq!(read("SEARCH 2 5 (MODSEQ 917162500)"), Ok(numbers(&[2, 5], Some(917_162_500))));
        assert_eq!(read("SEARCH (MODSEQ 1)"), Ok(numbers(&[], Some(1))));
        assert_eq!(read("SEARCH 4294967295 1"), Ok(numbers(&[u32::MAX, 1], None)));
        let sorted = Untagged::Sort([5, 3, 4].into(), Some(ModSeq::new(17)));
        assert_eq!(read("SORT 5 3 4 (MODSEQ 17)"), Ok(sorted));
    }

    #[test]
    fn h90_odd_forms() {
        assert_eq!(read("SEARCH  3   2 1 "), Ok(numbers(&[3, 2, 1], None)));
        assert_eq!(read("SEARCH 0 007"), Ok(numbers(&[7], None)));
        assert_eq!(read("SEARCH 1 (MODSEQ -1)"), Ok(numbers(&[1], Some(0))));
        for odd in [
            "SEARCH 1 4294967296 2",
            "SEARCH 1 -7 2",
            "SEARCH 1 99999999999999999999999 2",
            "SEARCH 1,2",
            "SEARCH 1, 2,",
            "SEARCH 1 2 (FOO (3))",
            "SEARCH 1 (FOO) 2",
            "SEARCH 1 2 (FOO",
            "SEARCH 1 2 (MODSEQ 1",
        ] {
            assert_eq!(read(odd), Ok(numbers(&[1, 2], None)), "{odd}");
        }
    }

    #[test]
    fn h90_what_may_name_more_messages_than_were_read_is_no_answer() {
        for bad in
            ["SEARCH 4294967296", "SEARCH -1", "SEARCH x", "SEARCH 1 x", "SEARCH 1:3", "SEARCH 1 2-4", "SEARCH 1 )"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
