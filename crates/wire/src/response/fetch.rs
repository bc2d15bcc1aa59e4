//! FETCH and UIDFETCH: one row, item by item.
//!
//! ```text
//! message-data = nz-number SP ("FETCH" / "UIDFETCH") SP "(" item *(SP item) ")"        item = name SP value
//! ```
//! RFC 9051 §7.5.2 · 3516 (BINARY) · 7162 (MODSEQ) · 8474 (EMAILID, THREADID) · 8514 (SAVEDATE) · 8970 (PREVIEW) · 9586 (UIDFETCH) ·
//! X-GM-EXT-1.
//!
//! The reader goes on where others give up: an item that makes no sense is read again by more tolerant rules ([`repair`]), and if that fails
//! it becomes a [`Damage`](imapkit_types::Damage) with its octets, and the next item is read. UID and FLAGS of a row are not lost to a
//! broken ENVELOPE.
//!
//! Invariants: linear; a row of scalars allocates nothing; nobody looks for items *inside* a value that could not be read: a subject that
//! says `UID 7` must not become a UID.

mod content;
mod extension;
mod keywords;
mod name;
mod repair;
mod resume;
mod section;
#[cfg(test)]
mod tests;

use imapkit_types::{BodyStructure, DateTime, Envelope, Fetch, ModSeq, Uid};

use crate::cursor::Cursor;
use crate::date;
use crate::error::{Expected, Parsed};
use crate::hazard;

use super::{body_structure, envelope};
use keywords::Keywords;
use name::Name;
use repair::{cut, read};

/// Reads rows. Keeps its working memory between them.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    keywords: Keywords,
    scratch: body_structure::Scratch,
    /// A row whose large body is being handed out.
    open: Option<Row>,
}

/// A row that is being read.
#[derive(Debug, Default)]
struct Row {
    fetch: Fetch,
    /// Parentheses open around items, where none belong (H70).
    nested: usize,
    /// Items and repairs so far.
    items: usize,
    repairs: usize,
    /// Nothing more of this row can be read from this frame.
    done: bool,
    /// Octets of the literal that is handed out behind this frame.
    literal: Option<u64>,
}

impl Rows {
    /// Reads a whole row; the cursor stands behind the word FETCH or UIDFETCH. `fetch` has what stands before that word.
    pub(crate) fn read(&mut self, cursor: &mut Cursor<'_>, fetch: Fetch) -> Parsed<Fetch> {
        cursor.open()?;
        let mut row = Row { fetch, ..Row::default() };
        self.items(cursor, &mut row);
        Ok(row.fetch)
    }

    fn items(&mut self, cursor: &mut Cursor<'_>, row: &mut Row) {
        while !row.done {
            cursor.skip_spaces();
            match cursor.peek() {
                Some(b')') => {
                    cursor.bump();
                    match row.nested.checked_sub(1) {
                        Some(outer) => row.nested = outer,
                        None => end(cursor, row),
                    }
                }
                Some(b'(') => {
                    cursor.note(hazard::ENVELOPE_NESTED);
                    cursor.bump();
                    row.nested = row.nested.saturating_add(1);
                }
                Some(_) if row.items < cursor.limits().max_nodes => {
                    row.items = row.items.saturating_add(1);
                    self.item(cursor, row);
                }
                Some(_) => cut(cursor, row, Expected("at most max_nodes items")),
                None => cut(cursor, row, Expected("a closing parenthesis")),
            }
        }
    }

    fn item(&mut self, cursor: &mut Cursor<'_>, row: &mut Row) {
        let start = cursor.pos();
        match Name::read(cursor) {
            Name::Flags => {
                let flags = read(cursor, row, start, |cursor| self.keywords.flags(cursor));
                set(cursor, &mut row.fetch.flags, flags.flatten());
            }
            Name::Uid => {
                let uid = read(cursor, row, start, uid).flatten();
                // UIDFETCH has said it in front, and Cyrus says it again.
                if uid != row.fetch.uid {
                    set(cursor, &mut row.fetch.uid, uid);
                }
            }
            Name::Size => {
                let size = read(cursor, row, start, count);
                set(cursor, &mut row.fetch.size, size.flatten());
            }
            Name::ModSeq => {
                let mod_seq = read(cursor, row, start, mod_seq);
                set(cursor, &mut row.fetch.mod_seq, mod_seq.flatten());
            }
            Name::InternalDate => {
                let date = read(cursor, row, start, date_time);
                set(cursor, &mut row.fetch.internal_date, date.flatten());
            }
            Name::Envelope => {
                let addresses = &mut self.scratch.addresses;
                if let Some(parts) = read(cursor, row, start, |cursor| envelope::read(cursor, addresses)).flatten() {
                    let envelope = Envelope::new(cursor.frame().clone(), parts);
                    set(cursor, &mut row.fetch.more_mut().envelope, Some(envelope));
                }
            }
            Name::BodyStructure => self.body_structure(cursor, row, start),
            Name::Body if cursor.peek() != Some(b'[') => self.body_structure(cursor, row, start),
            name => content::item(cursor, row, start, name),
        }
    }

    fn body_structure(&mut self, cursor: &mut Cursor<'_>, row: &mut Row, start: usize) {
        let scratch = &mut self.scratch;
        if let Some(arena) = read(cursor, row, start, |cursor| body_structure::read(cursor, scratch)).flatten() {
            let tree = BodyStructure::new(cursor.frame().clone(), arena);
            set(cursor, &mut row.fetch.more_mut().body_structure, Some(tree));
        }
    }
}

/// Puts a value where it belongs. Of an item that comes twice the last counts (H87).
#[inline]
fn set<T>(cursor: &mut Cursor<'_>, slot: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        if slot.is_some() {
            cursor.note(hazard::REPEATED_ITEM);
        }
        *slot = value;
    }
}

/// The row has been closed: nothing should follow.
#[inline]
fn end(cursor: &mut Cursor<'_>, row: &mut Row) {
    row.done = true;
    if cursor.at_end() {
        return;
    }
    cursor.skip_spaces();
    if cursor.at_end() {
        cursor.note(hazard::TRAILING_SPACE);
    } else {
        cursor.note(hazard::FETCH_LEFTOVER);
        cut(cursor, row, Expected("the end of the row"));
    }
}

/// `uniqueid`; `None` for 0 (H27) and what is no number.
fn uid(cursor: &mut Cursor<'_>) -> Parsed<Option<Uid>> {
    let number = cursor.count()?.unwrap_or_default();
    let uid = Uid::new(u32::try_from(number).map_err(|_| Expected("a number of at most 32 bits"))?);
    if uid.is_none() {
        cursor.note(hazard::ZERO);
    }
    Ok(uid)
}

/// A number; `None` for what is none exactly (H44, H55, H56).
fn count(cursor: &mut Cursor<'_>) -> Parsed<Option<u64>> {
    cursor.count()
}

/// `"(" mod-sequence-value ")"`; also without parentheses. `None` for what is no number (H55).
fn mod_seq(cursor: &mut Cursor<'_>) -> Parsed<Option<ModSeq>> {
    let listed = cursor.eat(b'(');
    let number = cursor.count()?.map(ModSeq::new);
    if number.is_some_and(|number| !number.is_sendable()) {
        cursor.note(hazard::MOD_SEQ);
    }
    if listed && !cursor.close()? {
        return Err(Expected("a closing parenthesis"));
    }
    Ok(number)
}

/// `date-time`; `None` for NIL. What is no date is an error, so that its octets are kept (H63).
fn date_time(cursor: &mut Cursor<'_>) -> Parsed<Option<DateTime>> {
    let span = cursor.nstring()?;
    let Some(text) = cursor.frame().get(span) else {
        return Ok(None);
    };
    let date = date::internal_date(&text);
    if date.is_none() {
        cursor.note(hazard::DATE);
    }
    date.map(Some).ok_or(Expected("a date"))
}
