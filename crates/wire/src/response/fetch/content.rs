//! The items that are message content: BODY[…], BINARY[…], RFC822, RFC822.HEADER, RFC822.TEXT.
//!
//! Separate because content may be large: it is kept as a share of the response, left out, or handed out as it comes in. RFC 9051 §7.5.2,
//! RFC 3516 §4.2. A value may be quoted or NIL (H89) or missing (H85).

use imapkit_types::{Body, BodySection, Content, Section};

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;
use crate::token;

use super::name::Name;
use super::repair::{damage, read};
use super::section;
use super::{Row, extension};

/// The item `name`, which begins at `start`; the cursor stands behind the name.
pub(super) fn item(cursor: &mut Cursor<'_>, row: &mut Row, start: usize, name: Name) {
    let bracket = cursor.pos();
    let section = match name {
        Name::Body => section::section(cursor).map(BodySection::Body),
        Name::Binary => section::part(cursor).map(BodySection::Binary),
        Name::Rfc822 => Ok(BodySection::Body(Section::whole())),
        Name::Rfc822Header => Ok(BodySection::Body(Section::header())),
        Name::Rfc822Text => Ok(BodySection::Body(Section::text())),
        other => return extension::item(cursor, row, start, other),
    };
    let answer = section.and_then(|section| Ok((section, section::origin(cursor)?)));
    match answer {
        Ok((section, origin)) => value(cursor, row, start, (section, origin)),
        Err(expected) => {
            cursor.set_pos(bracket);
            if section::skip(cursor).is_err() {
                cursor.set_pos(bracket);
            }
            cursor.skip_spaces();
            let at = cursor.pos();
            damage(cursor, row, (start, at), expected);
        }
    }
}

fn value(cursor: &mut Cursor<'_>, row: &mut Row, start: usize, (section, origin): (BodySection, Option<u64>)) {
    cursor.skip_spaces();
    let content = match row.literal.filter(|_| cursor.at_streamed_literal()) {
        Some(len) => {
            cursor.advance(cursor.rest().len());
            row.done = true;
            Some(Content::Streamed(len))
        }
        // The end of the row, or the next item (H85).
        None if !has_value(cursor) => {
            cursor.note(hazard::NO_VALUE);
            Some(Content::Nil)
        }
        None => read(cursor, row, start, content),
    };
    if let Some(content) = content {
        row.fetch.more_mut().bodies.push(Body { section, origin, content });
    }
}

fn has_value(cursor: &Cursor<'_>) -> bool {
    match cursor.peek() {
        None | Some(b')') => false,
        Some(octet) => !octet.is_ascii_alphabetic() || cursor.clone().nil(),
    }
}

fn content(cursor: &mut Cursor<'_>) -> Parsed<Content> {
    let span = match cursor.peek() {
        Some(b'"') => cursor.quoted()?,
        Some(b'{' | b'~') => match cursor.literal_content()? {
            token::Content::Here(span) => span,
            token::Content::Elided(len) => return Ok(Content::TooLarge(len)),
        },
        _ if cursor.nil() => return Ok(Content::Nil),
        _ => return Err(Expected("content")),
    };
    Ok(cursor.frame().bytes(span).map_or(Content::Nil, Content::Inline))
}
