//! Rows whose content is handed out as it comes in: head, content, rest.
//!
//! ```text
//!   * 7 FETCH (UID 9 BODY[] {1048576}      head: BodyStart with the row so far
//!   …1048576 octets…                       chunks, which never come here
//!    FLAGS (\Seen))                        rest: the row, or BodyStart again
//! ```
//! Separate from whole rows because a row lives on between three frames. Items may stand on both sides of the content, the UID among them
//! (Dovecot puts FLAGS behind it when the FETCH sets `\Seen`). RFC 9051 §7.5.2.

use alloc::boxed::Box;
use imapkit_types::{Body, BodySection, Content, Fetch, FetchMore, Section};

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;
use crate::response::{BodyStart, Untagged};

use super::name::Name;
use super::repair::cut;
use super::{Row, Rows, section};

impl Rows {
    /// The beginning of a row, up to a literal of `literal` octets that is handed out; the cursor stands behind the word FETCH or UIDFETCH.
    /// Content follows whatever came before it, so there is no error.
    pub(crate) fn head(&mut self, cursor: &mut Cursor<'_>, fetch: Parsed<Fetch>, literal: u64) -> Untagged {
        let mut row = Row::default();
        match fetch.and_then(|fetch| cursor.open().map(|()| fetch)) {
            Ok(fetch) => row.fetch = fetch,
            Err(expected) => cut(cursor, &mut row, expected),
        }
        self.resume(cursor, row, Some(literal))
    }

    /// What follows the content of a row: its end, or more up to the next content.
    pub(crate) fn segment(&mut self, cursor: &mut Cursor<'_>, literal: Option<u64>) -> Untagged {
        let mut row = self.open.take().unwrap_or_default();
        row.done = false;
        self.resume(cursor, row, literal)
    }

    /// The row whose content was being handed out, when the rest of it was too large to be read.
    pub(crate) fn abandon(&mut self, cursor: &mut Cursor<'_>) -> Option<Fetch> {
        let mut row = self.open.take()?;
        cut(cursor, &mut row, Expected("a response within max_response"));
        Some(row.fetch)
    }

    fn resume(&mut self, cursor: &mut Cursor<'_>, mut row: Row, literal: Option<u64>) -> Untagged {
        let bodies = row.fetch.bodies().len();
        row.literal = literal;
        self.items(cursor, &mut row);
        let Some(len) = literal else {
            return Untagged::Fetch(row.fetch);
        };
        let mut before = row.fetch.clone();
        let body = match pop_streamed(&mut before, bodies) {
            Some(body) => body,
            None => guess(cursor, &mut row, len),
        };
        let start = BodyStart { row: before, section: body.section, origin: body.origin, len };
        self.open = Some(row);
        Untagged::BodyStart(Box::new(start))
    }
}

/// Takes the content that is handed out now from a row, leaving what stood before it. `known` bodies were there before this frame.
fn pop_streamed(fetch: &mut Fetch, known: usize) -> Option<Body> {
    let more = fetch.more.as_deref_mut()?;
    let streamed = more.bodies.len() > known && matches!(more.bodies.last()?.content, Content::Streamed(_));
    let body = if streamed { more.bodies.pop() } else { None };
    if *more == FetchMore::default() {
        fetch.more = None;
    }
    body
}

/// Something before the content could not be read, so the row was cut. Framing knows that the last item is content; which, its name tells.
fn guess(cursor: &mut Cursor<'_>, row: &mut Row, len: u64) -> Body {
    cursor.note(hazard::UNESCAPED_QUOTE);
    let (section, origin) = last_item(cursor).unwrap_or_else(|| (BodySection::Body(Section::whole()), None));
    let body = Body { section, origin, content: Content::Streamed(len) };
    row.fetch.more_mut().bodies.push(body.clone());
    body
}

/// Reads the name of the item that the frame ends with.
fn last_item(cursor: &Cursor<'_>) -> Option<(BodySection, Option<u64>)> {
    let end = cursor.bytes().len();
    let mut item = (0..end).rev().find_map(|at| content_at(cursor, at))?;
    let section = match Name::of(item.name()) {
        Name::Binary => BodySection::Binary(section::part(&mut item).ok()?),
        Name::Rfc822 => BodySection::Body(Section::whole()),
        Name::Rfc822Header => BodySection::Body(Section::header()),
        Name::Rfc822Text => BodySection::Body(Section::text()),
        _ => BodySection::Body(section::section(&mut item).ok()?),
    };
    let origin = section::origin(&mut item).ok()?;
    Some((section, origin))
}

/// A cursor at offset `at`, if the name of an item that is content begins there.
fn content_at<'a>(cursor: &Cursor<'a>, at: usize) -> Option<Cursor<'a>> {
    const LONGEST: usize = 16;
    let mut name = cursor.window(at, at.saturating_add(LONGEST));
    let begins =
        at.checked_sub(1).and_then(|before| cursor.bytes().get(before)).is_some_and(|octet| b" (".contains(octet));
    let found = begins
        && match Name::of(name.name()) {
            Name::Body | Name::Binary => name.peek() == Some(b'['),
            Name::Rfc822 | Name::Rfc822Header | Name::Rfc822Text => true,
            _ => false,
        };
    found.then(|| cursor.window(at, cursor.bytes().len()))
}
