//! Values that many responses hold: mailbox names, texts, mod-sequences, lists.
//!
//! Separate from the tokens because these are made into owned values of `imapkit-types`; RFC 9051 §9, RFC 7162 §7.
//!
//! Invariant: every list is bounded by `max_elements`, and every entry of a list costs at least one octet of the response.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use imapkit_types::{Mailbox, ModSeq};

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::{hazard, utf7};

/// `mailbox = "INBOX" / astring`; NIL is the mailbox of that name (H43).
pub(super) fn mailbox(cursor: &mut Cursor<'_>) -> Parsed<Mailbox> {
    cursor.skip_spaces();
    let name = cursor.astring()?;
    Ok(mailbox_named(cursor, &cursor.bytes_of(name)))
}

/// The mailbox of a name that has been delimited already.
pub(super) fn mailbox_named(cursor: &mut Cursor<'_>, name: &[u8]) -> Mailbox {
    let mailbox = utf7::mailbox(name, cursor.utf8());
    if mailbox.raw().is_some() {
        cursor.note(hazard::UTF7);
    }
    mailbox
}

/// `astring` as text; what is not UTF-8 is replaced.
pub(super) fn text(cursor: &mut Cursor<'_>) -> Parsed<Box<str>> {
    cursor.skip_spaces();
    let span = cursor.astring()?;
    Ok(cursor.text(span))
}

/// `nstring` as text; `None` for NIL.
pub(super) fn optional_text(cursor: &mut Cursor<'_>) -> Parsed<Option<Box<str>>> {
    cursor.skip_spaces();
    let span = cursor.nstring()?;
    Ok((!span.is_nil()).then(|| cursor.text(span)))
}

/// `mod-sequence-value`; 0 for negative numbers (Zoho, H55) and NIL.
pub(super) fn mod_seq(cursor: &mut Cursor<'_>) -> Parsed<ModSeq> {
    cursor.skip_spaces();
    let number = ModSeq::new(cursor.count()?.unwrap_or_default());
    if !number.is_sendable() {
        cursor.note(hazard::MOD_SEQ);
    }
    Ok(number)
}

/// The hierarchy delimiter: one character, or NIL for flat names.
pub(super) fn delimiter(cursor: &mut Cursor<'_>) -> Parsed<Option<char>> {
    cursor.skip_spaces();
    let span = cursor.nstring()?;
    if span.is_nil() {
        return Ok(None);
    }
    let octets = cursor.bytes_of(span);
    let text = String::from_utf8_lossy(&octets);
    let mut characters = text.chars();
    let first = characters.next();
    if first.is_none() || characters.next().is_some() {
        cursor.note(hazard::LIST);
    }
    Ok(first)
}

/// A number of 32 bits, `None` for 0 (H27) and for numbers that are none.
pub(super) fn nz_number(cursor: &mut Cursor<'_>) -> Parsed<Option<u32>> {
    let number = number32(cursor)?;
    if number == Some(0) {
        cursor.note(hazard::ZERO);
    }
    Ok(number.filter(|number| *number > 0))
}

/// A number of 32 bits, tolerantly: `None` for NIL and negative numbers.
pub(super) fn number32(cursor: &mut Cursor<'_>) -> Parsed<Option<u32>> {
    cursor.skip_spaces();
    let number = cursor.count()?.map(u32::try_from).transpose();
    number.map_err(|_| Expected("a number of at most 32 bits"))
}

/// `"(" [objectid] ")"`, RFC 8474; also without parentheses, and NIL (H44).
pub(super) fn object_id(cursor: &mut Cursor<'_>) -> Parsed<Option<Box<str>>> {
    cursor.skip_spaces();
    let listed = cursor.eat(b'(');
    let none = cursor.nil() || (listed && cursor.peek() == Some(b')'));
    let id = if none { None } else { Some(text(cursor)?) };
    if listed && !cursor.close()? {
        return Err(Expected("the end of an object id"));
    }
    // More than RFC 8474 §7 allows, but not the freed memory Cyrus sends at times: an identity has to be one.
    if id.as_ref().is_some_and(|id| !id.bytes().all(|octet| octet.is_ascii_graphic())) {
        return Err(Expected("an object id"));
    }
    Ok(id)
}

/// One value of any shape, as sent.
pub(super) fn raw(cursor: &mut Cursor<'_>) -> Parsed<Box<[u8]>> {
    cursor.skip_spaces();
    let start = cursor.pos();
    cursor.skip_value()?;
    Ok(cursor.since(start).into())
}

/// A parenthesised list; NIL is the empty one (H44). `entry` must pass at least one octet.
pub(super) fn list<T>(cursor: &mut Cursor<'_>, mut entry: impl FnMut(&mut Cursor<'_>) -> Parsed<T>) -> Parsed<Vec<T>> {
    let mut entries = Vec::new();
    cursor.skip_spaces();
    if cursor.nil() {
        return Ok(entries);
    }
    cursor.open()?;
    while !cursor.close()? {
        let value = entry(cursor)?;
        push(cursor, &mut entries, value)?;
    }
    Ok(entries)
}

/// Entries up to the end of the response.
pub(super) fn to_end<T>(
    cursor: &mut Cursor<'_>,
    mut entry: impl FnMut(&mut Cursor<'_>) -> Parsed<T>,
) -> Parsed<Vec<T>> {
    let mut entries = Vec::new();
    cursor.skip_spaces();
    while !cursor.at_end() {
        let value = entry(cursor)?;
        push(cursor, &mut entries, value)?;
        cursor.skip_spaces();
    }
    Ok(entries)
}

/// One more entry of a list, within the limit. `max_elements` counts numbers and ranges; larger entries count by their size, so that
/// no list takes more than a few times the memory of its text.
#[inline]
pub(super) fn push<T>(cursor: &Cursor<'_>, entries: &mut Vec<T>, value: T) -> Parsed<()> {
    let weight = const { if size_of::<T>() > 8 { size_of::<T>() / 8 } else { 1 } };
    if entries.len().saturating_mul(weight) >= cursor.limits().max_elements {
        return Err(Expected("at most max_elements entries"));
    }
    entries.push(value);
    Ok(())
}
