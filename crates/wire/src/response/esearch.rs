//! ESEARCH and UIDBATCHES: answers that name the command they belong to; RFC 9051 §7.3.4, RFC 4731, 5267 (ADDTO, REMOVEFROM), 7377 (several
//! mailboxes), 9394 (PARTIAL), 10022 (UIDBATCHES).
//!
//! What a server returns and we do not know is kept raw. Ranges are never expanded.

use alloc::boxed::Box;
use alloc::vec::Vec;
use imapkit_types::{Esearch, UidValidity};

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;
use crate::response::Untagged;

use super::{set, value};

type Ranges = Vec<(u32, u32)>;

/// `esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)`
pub(super) fn esearch(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let mut answer = Esearch::default();
    correlator(cursor, &mut answer)?;
    loop {
        cursor.skip_spaces();
        match cursor.peek() {
            None => return Ok(Untagged::Esearch(Box::new(answer))),
            // Data in parentheses of its own (quirk 38).
            Some(b'(' | b')') => {
                cursor.note(hazard::ESEARCH);
                cursor.bump();
            }
            Some(_) => item(cursor, &mut answer)?,
        }
    }
}

/// `search-correlator = SP "(" "TAG" SP tag-string ")"`, with MAILBOX and UIDVALIDITY where several mailboxes were searched, in any order.
fn correlator(cursor: &mut Cursor<'_>, answer: &mut Esearch) -> Parsed<()> {
    cursor.skip_spaces();
    if cursor.peek() != Some(b'(') {
        return Ok(());
    }
    cursor.open()?;
    while !cursor.close()? {
        if cursor.eat_word(b"TAG") {
            answer.tag = Some(value::text(cursor)?);
        } else if cursor.eat_word(b"MAILBOX") {
            answer.mailbox = Some(value::mailbox(cursor)?);
        } else if cursor.eat_word(b"UIDVALIDITY") {
            answer.uid_validity = value::nz_number(cursor)?.map(UidValidity::new);
        } else {
            unknown(cursor, answer)?;
        }
    }
    Ok(())
}

/// `search-return-data`
fn item(cursor: &mut Cursor<'_>, answer: &mut Esearch) -> Parsed<()> {
    if cursor.eat_word(b"UID") {
        answer.uid = true;
    } else if cursor.eat_word(b"MIN") {
        answer.min = value::nz_number(cursor)?;
    } else if cursor.eat_word(b"MAX") {
        answer.max = value::nz_number(cursor)?;
    } else if cursor.eat_word(b"COUNT") {
        cursor.skip_spaces();
        answer.count = cursor.count()?;
    } else if cursor.eat_word(b"ALL") {
        answer.all = Some(all(cursor)?);
    } else if cursor.eat_word(b"MODSEQ") {
        answer.mod_seq = Some(value::mod_seq(cursor)?);
    } else if cursor.eat_word(b"PARTIAL") {
        answer.partial = Some(partial(cursor)?);
    } else if cursor.eat_word(b"ADDTO") {
        changes(cursor, &mut answer.add_to)?;
    } else if cursor.eat_word(b"REMOVEFROM") {
        changes(cursor, &mut answer.remove_from)?;
    } else {
        unknown(cursor, answer)?;
    }
    Ok(())
}

/// `"ALL" SP sequence-set`; also nothing, NIL, `()`, and a set in parentheses.
fn all(cursor: &mut Cursor<'_>) -> Parsed<Ranges> {
    cursor.skip_spaces();
    match cursor.peek() {
        Some(b'0'..=b'9') => set::ranges(cursor),
        Some(b'(') => {
            cursor.note(hazard::ESEARCH);
            cursor.bump();
            if cursor.close()? {
                return Ok(Vec::new());
            }
            let ranges = set::ranges(cursor)?;
            if cursor.close()? { Ok(ranges) } else { Err(Expected("a closing parenthesis")) }
        }
        _ => {
            cursor.note(hazard::ESEARCH);
            if cursor.nil() || cursor.at_end() { Ok(Vec::new()) } else { set::ranges(cursor) }
        }
    }
}

/// `"PARTIAL" SP "(" partial-range SP partial-results ")"`, RFC 9394 §3.1
fn partial(cursor: &mut Cursor<'_>) -> Parsed<(Box<str>, Ranges)> {
    cursor.open()?;
    let window = value::text(cursor)?;
    cursor.skip_spaces();
    let ranges = if cursor.nil() { Vec::new() } else { set::ranges(cursor)? };
    if cursor.close()? { Ok((window, ranges)) } else { Err(Expected("a closing parenthesis")) }
}

/// `"ADDTO" SP "(" context-position SP sequence-set *(SP context-position SP sequence-set) ")"`, RFC 5267 §5
fn changes(cursor: &mut Cursor<'_>, changes: &mut Vec<(u32, Ranges)>) -> Parsed<()> {
    cursor.open()?;
    while !cursor.close()? {
        let change = (cursor.number32()?, set::ranges(cursor)?);
        value::push(cursor, changes, change)?;
    }
    Ok(())
}

/// `tagged-ext-label SP tagged-ext-val`, as sent.
fn unknown(cursor: &mut Cursor<'_>, answer: &mut Esearch) -> Parsed<()> {
    let name = value::text(cursor)?;
    let raw = value::raw(cursor)?;
    value::push(cursor, &mut answer.other, (name, raw))
}

/// `"UIDBATCHES" SP search-correlator [SP uid-range *("," uid-range)]`, RFC 10022: newest first.
pub(super) fn uid_batches(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let mut answer = Esearch::default();
    correlator(cursor, &mut answer)?;
    cursor.skip_spaces();
    let ranges = if cursor.at_end() { Vec::new() } else { set::ranges(cursor)? };
    Ok(Untagged::UidBatches(answer.tag, ranges))
}
