//! ENVELOPE.
//!
//! ```text
//! envelope  = "(" date SP subject SP from SP sender SP reply-to SP to SP cc SP bcc SP in-reply-to SP message-id ")"
//! addresses = "(" 1*address ")" / nil            address = "(" name SP route SP mailbox SP host ")"
//! ```
//! RFC 9051 §7.5.2, §9 `envelope`. Separate because body structures hold envelopes too.
//!
//! A cursor that is not lenient gets exactly that, apart from NIL entries (H67) and missing spaces between addresses (H65). A lenient one
//! makes the best of fields and tokens that are too few or too many (H68, H69). Invariant: one allocation, for the addresses.

use alloc::vec::Vec;
use imapkit_types::{AddressParts, EnvelopeParts, Span};

use crate::cursor::{Cursor, Quoting};
use crate::error::{Expected, Parsed};
use crate::hazard;

/// An envelope, or NIL. `addresses` is working memory.
pub(super) fn read(cursor: &mut Cursor<'_>, addresses: &mut Vec<AddressParts>) -> Parsed<Option<EnvelopeParts>> {
    cursor.skip_spaces();
    if cursor.peek() != Some(b'(') {
        let nil = cursor.nil();
        return if nil { Ok(None) } else { Err(Expected("an envelope")) };
    }
    cursor.bump();
    // Domino wraps it once more (H70). A date is never a list.
    let nested = cursor.eat(b'(');
    if nested {
        cursor.note(hazard::ENVELOPE_NESTED);
    }
    addresses.clear();
    let date = cursor.field()?;
    let subject = cursor.field()?;
    let ends = lists(cursor, addresses)?;
    let (in_reply_to, message_id) =
        if cursor.is_lenient() { odd_ids(cursor)? } else { (cursor.field()?, cursor.field()?) };
    end(cursor)?;
    if nested {
        end(cursor)?;
    }
    let damaged = nested || cursor.is_lenient() || cursor.quoting() != Quoting::Strict;
    let addresses = addresses.as_slice().into();
    Ok(Some(EnvelopeParts { date, subject, in_reply_to, message_id, addresses, ends, damaged }))
}

/// The six lists, and where each ends in `addresses`. Sender and reply-to mostly repeat from: the same octets are the same addresses.
fn lists(cursor: &mut Cursor<'_>, addresses: &mut Vec<AddressParts>) -> Parsed<[u32; 6]> {
    let mut ends = [0; 6];
    let (mut before, mut found): (&[u8], _) = (&[], 0..0);
    for end in &mut ends {
        cursor.skip_spaces();
        let start = cursor.pos();
        if !found.is_empty() && cursor.rest().starts_with(before) {
            cursor.advance(before.len());
            addresses.extend_from_within(found.clone());
        } else {
            let first = addresses.len();
            list(cursor, addresses)?;
            (before, found) = (cursor.since(start), first..addresses.len());
        }
        *end = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    }
    Ok(ends)
}

/// In-Reply-To and Message-ID, as far as they are there. When there is only one, it is the second: a message without Message-ID is rarer than
/// one that answers nothing, and a server that leaves fields out does so for fields that are not there (H68).
fn odd_ids(cursor: &mut Cursor<'_>) -> Parsed<(Span, Span)> {
    let mut ids = [Span::NIL; 2];
    for id in &mut ids {
        cursor.skip_spaces();
        if cursor.peek() == Some(b')') {
            cursor.note(hazard::ENVELOPE_FIELDS);
            let [only, _] = ids;
            return Ok((Span::NIL, only));
        }
        *id = cursor.field()?;
    }
    let [in_reply_to, message_id] = ids;
    Ok((in_reply_to, message_id))
}

/// `)`, behind whatever a lenient cursor may pass.
fn end(cursor: &mut Cursor<'_>) -> Parsed<()> {
    if cursor.close()? {
        return Ok(());
    }
    if !cursor.is_lenient() {
        return Err(Expected("the end of the envelope"));
    }
    cursor.note(hazard::ENVELOPE_FIELDS);
    cursor.skip_to_close()
}

/// One of the six lists.
fn list(cursor: &mut Cursor<'_>, addresses: &mut Vec<AddressParts>) -> Parsed<()> {
    if !cursor.eat(b'(') {
        return if cursor.nil() { Ok(()) } else { odd_list(cursor) };
    }
    let mut depth: usize = 1;
    while depth > 0 {
        cursor.skip_spaces();
        match cursor.peek() {
            Some(b'(') if cursor.peek_second() == Some(b'(') => {
                cursor.note(hazard::ADDRESS);
                cursor.bump();
                depth = depth.saturating_add(1);
            }
            Some(b'(') => {
                if addresses.len() >= cursor.limits().max_elements {
                    return Err(Expected("at most max_elements addresses"));
                }
                cursor.bump();
                addresses.push(address(cursor)?);
            }
            Some(b')') => {
                cursor.bump();
                depth = depth.saturating_sub(1);
            }
            _ if cursor.nil() => cursor.note(hazard::ADDRESS),
            _ => return Err(Expected("an address")),
        }
    }
    Ok(())
}

/// A string where a list belongs says nothing we could use.
#[cold]
fn odd_list(cursor: &mut Cursor<'_>) -> Parsed<()> {
    if !cursor.is_lenient() {
        return Err(Expected("a list of addresses"));
    }
    cursor.note(hazard::ADDRESS);
    cursor.field().map(|_| ())
}

/// Four strings and `)`; the cursor stands behind `(`.
fn address(cursor: &mut Cursor<'_>) -> Parsed<AddressParts> {
    if cursor.is_lenient() {
        return odd_address(cursor);
    }
    let name = cursor.field()?;
    let route = cursor.field()?;
    let mailbox = cursor.field()?;
    let host = cursor.field()?;
    cursor.skip_spaces();
    cursor.expect(b')', "the end of an address")?;
    Ok(AddressParts { name, route, mailbox, host })
}

/// Any number of tokens and `)`. The last three are route, mailbox and host; what stands before them is the name (H69: a miscounted literal,
/// a quote in the name). Of three, the route is missing; of two, the name too; one is a name.
fn odd_address(cursor: &mut Cursor<'_>) -> Parsed<AddressParts> {
    let mut last = [Span::NIL; 4];
    let mut count: usize = 0;
    while !cursor.close()? {
        let token = cursor.nstring().or_else(|_| cursor.word())?;
        let [name, route, mailbox, host] = last;
        last = [join(name, route), mailbox, host, token];
        count = count.saturating_add(1);
    }
    if count != 4 {
        cursor.note(hazard::ADDRESS_FIELDS);
    }
    let [name, route, mailbox, host] = last;
    Ok(match count {
        0 | 1 => AddressParts { name: host, ..AddressParts::default() },
        2 | 3 => AddressParts { name: route, mailbox, host, ..AddressParts::default() },
        _ => AddressParts { name, route, mailbox, host },
    })
}

/// The octets from the beginning of one token to the end of the next.
fn join(first: Span, last: Span) -> Span {
    if first.is_nil() || last.is_nil() {
        return if first.is_nil() { last } else { first };
    }
    let len = last.start().saturating_add(last.len()).saturating_sub(first.start());
    let escaped = first.is_escaped() || last.is_escaped();
    if escaped { Span::escaped(first.start(), len) } else { Span::new(first.start(), len) }
}

#[cfg(test)]
mod tests;
