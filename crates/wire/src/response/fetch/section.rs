//! What stands in brackets behind BODY and BINARY.
//!
//! ```text
//! section      = "[" [section-spec] "]"               partial = "<" number ["." number] ">"
//! section-spec = section-msgtext / (section-part ["." section-text])
//! ```
//! RFC 9051 §9 `section`, RFC 3516 §4. Servers repeat what was asked in another case, with other quotes (H83), and with or without the
//! partial (H84).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::num::NonZeroU32;
use imapkit_types::{Part, Section, SectionText};

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;

/// A section, and its brackets.
pub(super) fn section(cursor: &mut Cursor<'_>) -> Parsed<Section> {
    cursor.expect(b'[', "an opening bracket")?;
    // The whole message, asked for so often that it is worth a line.
    if cursor.eat(b']') {
        return Ok(Section::whole());
    }
    let part = numbers(cursor)?;
    let text = text(cursor)?;
    cursor.skip_spaces();
    cursor.expect(b']', "a closing bracket")?;
    Section::new(part, text).map_err(|_| Expected("a section"))
}

/// The number of a part, and its brackets: all that BINARY takes.
pub(super) fn part(cursor: &mut Cursor<'_>) -> Parsed<Part> {
    cursor.expect(b'[', "an opening bracket")?;
    let part = numbers(cursor)?;
    cursor.expect(b']', "a closing bracket")?;
    Ok(part)
}

/// The first octet of a partial answer.
pub(super) fn origin(cursor: &mut Cursor<'_>) -> Parsed<Option<u64>> {
    if !cursor.eat(b'<') {
        return Ok(None);
    }
    let origin = cursor.number()?;
    if cursor.eat(b'.') {
        cursor.note(hazard::ORIGIN);
        cursor.number()?;
    }
    cursor.expect(b'>', "the end of a partial")?;
    Ok(Some(origin))
}

/// Passes a section of any form, and the partial behind it.
pub(super) fn skip(cursor: &mut Cursor<'_>) -> Parsed<()> {
    while let Some(octet) = cursor.peek() {
        match octet {
            b'"' => _ = cursor.quoted()?,
            b'\n' => break,
            b']' => {
                cursor.bump();
                return if cursor.peek() == Some(b'<') { origin(cursor).map(drop) } else { Ok(()) };
            }
            _ => cursor.bump(),
        }
    }
    Err(Expected("a closing bracket"))
}

/// `1.2.` and what follows: the dot before `MIME` is passed too.
fn numbers(cursor: &mut Cursor<'_>) -> Parsed<Part> {
    let mut steps = Vec::new();
    while cursor.peek().is_some_and(|octet| octet.is_ascii_digit()) {
        if steps.len() >= cursor.limits().max_depth {
            return Err(Expected("a part within max_depth"));
        }
        let number = NonZeroU32::new(cursor.number32()?).ok_or(Expected("a number above 0"))?;
        steps.push(number);
        if !cursor.eat(b'.') {
            break;
        }
    }
    Ok(Part::new(steps))
}

fn text(cursor: &mut Cursor<'_>) -> Parsed<SectionText> {
    let fields: fn(Vec<Box<str>>) -> SectionText = match cursor.name() {
        b"" => return Ok(SectionText::Whole),
        name if name.eq_ignore_ascii_case(b"HEADER") => return Ok(SectionText::Header),
        name if name.eq_ignore_ascii_case(b"TEXT") => return Ok(SectionText::Text),
        name if name.eq_ignore_ascii_case(b"MIME") => return Ok(SectionText::Mime),
        name if name.eq_ignore_ascii_case(b"HEADER.FIELDS") => SectionText::HeaderFields,
        name if name.eq_ignore_ascii_case(b"HEADER.FIELDS.NOT") => SectionText::HeaderFieldsNot,
        _ => return Err(Expected("a section")),
    };
    let mut names = Vec::new();
    cursor.open()?;
    while !cursor.close()? {
        if names.len() >= cursor.limits().max_nodes {
            return Err(Expected("at most max_nodes header fields"));
        }
        let name = cursor.astring()?;
        names.push(cursor.text(name));
    }
    Ok(fields(names))
}
