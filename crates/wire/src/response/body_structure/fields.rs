//! What a part of a body structure says about itself. RFC 9051 §9 `body-fields`, `body-ext-1part`, `body-ext-mpart`.
//!
//! Positional as the grammar wants it, but every field is told from its neighbours by its type: servers leave fields out, swap them, and
//! put strings where lists belong (H71–H81). Separate from the tree, which only needs to know whether a part has children.

use imapkit_types::{BodyKind, BodyNode, Span};

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;
use crate::response::envelope;

use super::{Scratch, index};

impl Scratch {
    /// A part whose first token is no part: a single part, or a multipart without children (H71). True when the body of a message follows.
    pub(super) fn single(&mut self, cursor: &mut Cursor<'_>, part: &mut BodyNode) -> Parsed<bool> {
        let start = cursor.pos();
        let pairs = self.pairs.len();
        let read = self.described(cursor, part, true).or_else(|error| {
            // Without a subtype (H73)?
            let stopped = cursor.pos();
            self.rewind(cursor, start, pairs);
            self.described(cursor, part, false).map_err(|_| (error, stopped))
        });
        if let Err((error, stopped)) = read {
            self.rewind(cursor, start, pairs);
            if self.childless(cursor, part).is_err() {
                cursor.set_pos(stopped);
                return Err(error);
            }
            return Ok(false);
        }
        self.rest_of_single(cursor, part)
    }

    fn rewind(&mut self, cursor: &mut Cursor<'_>, start: usize, pairs: usize) {
        cursor.set_pos(start);
        self.pairs.truncate(pairs);
    }

    /// `type SP subtype SP params SP id SP desc SP enc SP octets`
    fn described(&mut self, cursor: &mut Cursor<'_>, part: &mut BodyNode, with_subtype: bool) -> Parsed<()> {
        part.media_type = cursor.field()?;
        part.subtype = if with_subtype { cursor.field()? } else { Span::NIL };
        part.params = self.params(cursor)?;
        part.id = cursor.field()?;
        part.description = cursor.field()?;
        cursor.skip_spaces();
        if is_bare_number(cursor) {
            return Err(Expected("a content transfer encoding"));
        }
        part.encoding = cursor.field()?;
        cursor.skip_spaces();
        part.octets = cursor.count()?.unwrap_or_default();
        if part.media_type.is_nil() {
            cursor.note(hazard::NIL_PART);
        } else if part.subtype.is_nil() {
            cursor.note(hazard::NO_SUBTYPE);
        }
        if part.encoding.is_nil() {
            cursor.note(hazard::NIL_FIELD);
        }
        Ok(())
    }

    /// What follows the octets of a single part: to its end, or to the body of a nested message.
    fn rest_of_single(&mut self, cursor: &mut Cursor<'_>, part: &mut BodyNode) -> Parsed<bool> {
        cursor.skip_spaces();
        if cursor.span_is(part.media_type, b"MESSAGE") {
            if cursor.peek() == Some(b'(') {
                part.kind = BodyKind::Message;
                self.envelope(cursor, part)?;
                return Ok(true);
            }
            if cursor.span_is(part.subtype, b"RFC822") {
                cursor.note(hazard::BARE_MESSAGE);
            }
        } else if cursor.span_is(part.media_type, b"TEXT") {
            part.kind = BodyKind::Text;
        } else if cursor.span_is(part.media_type, b"MULTIPART") {
            // H74: GMX.
            cursor.note(hazard::BASIC_MULTIPART);
            part.kind = BodyKind::Multipart;
            part.media_type = Span::NIL;
        }
        if cursor.peek().is_some_and(|octet| octet.is_ascii_digit() || octet == b'-') {
            part.lines = cursor.count()?.unwrap_or_default();
        }
        self.single_extension(cursor, part)?;
        Ok(false)
    }

    fn envelope(&mut self, cursor: &mut Cursor<'_>, part: &mut BodyNode) -> Parsed<()> {
        if eat_empty_list(cursor) {
            return Ok(());
        }
        if let Some(envelope) = envelope::read(cursor, &mut self.addresses)? {
            part.envelope = index(self.envelopes.len());
            self.damaged = self.damaged || envelope.damaged;
            self.envelopes.push(envelope);
        }
        Ok(())
    }

    /// H71: `("ALTERNATIVE" …)`, and Dovecot's `(NIL "alternative" …)`.
    fn childless(&mut self, cursor: &mut Cursor<'_>, part: &mut BodyNode) -> Parsed<()> {
        *part = BodyNode { kind: BodyKind::Multipart, parent: part.parent, ..BodyNode::EMPTY };
        if cursor.nil() {
            cursor.skip_spaces();
        }
        self.multipart(cursor, part)?;
        cursor.note(hazard::CHILDLESS);
        Ok(())
    }

    /// `subtype [SP params [SP extension]] ")"`
    pub(super) fn multipart(&mut self, cursor: &mut Cursor<'_>, part: &mut BodyNode) -> Parsed<()> {
        part.subtype = cursor.field()?;
        if cursor.close()? {
            return Ok(());
        }
        part.params = self.params(cursor)?;
        self.extension(cursor, part)
    }

    /// `[SP md5 [SP extension]] ")"`
    pub(super) fn single_extension(&mut self, cursor: &mut Cursor<'_>, part: &mut BodyNode) -> Parsed<()> {
        if eat_nothing(cursor, b" NIL NIL NIL NIL)") {
            return Ok(());
        }
        if cursor.close()? {
            return Ok(());
        }
        part.md5 = string_or_list(cursor)?;
        self.extension(cursor, part)
    }

    /// `[SP dsp [SP lang [SP loc *(SP ext)]]] ")"`
    fn extension(&mut self, cursor: &mut Cursor<'_>, part: &mut BodyNode) -> Parsed<()> {
        if eat_nothing(cursor, b" NIL NIL NIL)") {
            return Ok(());
        }
        if cursor.close()? {
            return Ok(());
        }
        let text = self.disposition(cursor, part)?;
        if cursor.close()? {
            describe(cursor, part, text);
            return Ok(());
        }
        self.languages(cursor, part, text)?;
        if cursor.close()? {
            return Ok(());
        }
        part.location = string_or_list(cursor)?;
        // H80: whatever a later RFC may add.
        while !cursor.close()? {
            cursor.skip_value()?;
        }
        Ok(())
    }

    /// `params = "(" name SP value *(SP name SP value) ")" / nil`, as a range of `pairs`.
    fn params(&mut self, cursor: &mut Cursor<'_>) -> Parsed<(u32, u32)> {
        let first = index(self.pairs.len());
        cursor.skip_spaces();
        if !cursor.eat(b'(') {
            return if cursor.nil() { Ok((0, 0)) } else { Err(Expected("parameters")) };
        }
        while !cursor.close()? {
            let name = cursor.field()?;
            cursor.skip_spaces();
            // mail.ru: ("boundary" NIL).
            let value = if cursor.peek() == Some(b')') { Span::NIL } else { cursor.field()? };
            if value.is_nil() {
                cursor.note(hazard::NIL_FIELD);
            }
            self.push_pair(cursor, name, value)?;
        }
        Ok((first, index(self.pairs.len())))
    }

    fn push_pair(&mut self, cursor: &Cursor<'_>, name: Span, value: Span) -> Parsed<()> {
        if self.pairs.len() >= cursor.limits().max_elements {
            return Err(Expected("at most max_elements parameters"));
        }
        self.pairs.push((name, value));
        Ok(())
    }

    /// `dsp = "(" string SP params ")" / nil`; Exchange sends a bare string (H75). A string that is no disposition is given back (H76).
    fn disposition(&mut self, cursor: &mut Cursor<'_>, part: &mut BodyNode) -> Parsed<Span> {
        if cursor.peek() == Some(b'(') {
            self.disposition_list(cursor, part)?;
            return Ok(Span::NIL);
        }
        let text = cursor.field()?;
        if !is_disposition(cursor, text) {
            return Ok(text);
        }
        cursor.note(hazard::DISPOSITION);
        part.disposition = text;
        Ok(Span::NIL)
    }

    fn disposition_list(&mut self, cursor: &mut Cursor<'_>, part: &mut BodyNode) -> Parsed<()> {
        if eat_empty_list(cursor) {
            return Ok(());
        }
        cursor.open()?;
        part.disposition = cursor.field()?;
        if part.disposition.is_nil() {
            cursor.note(hazard::DISPOSITION);
        }
        if cursor.close()? {
            cursor.note(hazard::DISPOSITION);
            return Ok(());
        }
        part.disposition_params = self.params(cursor)?;
        if cursor.close()? { Ok(()) } else { Err(Expected("the end of a disposition")) }
    }

    /// `lang = "(" string *(SP string) ")" / nstring`; NIL entries are dropped (H78). `text` stood where the disposition belongs: if that is
    /// here, the two have changed places, else it is the description (H76).
    fn languages(&mut self, cursor: &mut Cursor<'_>, part: &mut BodyNode, text: Span) -> Parsed<()> {
        let first = index(self.pairs.len());
        if cursor.peek() == Some(b'(') && is_disposition_list(cursor) {
            cursor.note(hazard::BODY_FIELDS);
            for language in [part.disposition, text] {
                self.push_language(cursor, language)?;
            }
            part.languages = (first, index(self.pairs.len()));
            return self.disposition_list(cursor, part);
        }
        describe(cursor, part, text);
        if cursor.peek() != Some(b'(') {
            let language = cursor.field()?;
            self.push_language(cursor, language)?;
        } else if !eat_empty_list(cursor) {
            cursor.open()?;
            while !cursor.close()? {
                let language = cursor.field()?;
                if language.is_nil() {
                    cursor.note(hazard::LANGUAGE_NIL);
                }
                self.push_language(cursor, language)?;
            }
        }
        part.languages = (first, index(self.pairs.len()));
        Ok(())
    }

    fn push_language(&mut self, cursor: &Cursor<'_>, language: Span) -> Parsed<()> {
        if language.is_nil() { Ok(()) } else { self.push_pair(cursor, language, Span::NIL) }
    }
}

/// Passes the fields that most parts have, all of them at once.
#[inline]
fn eat_nothing(cursor: &mut Cursor<'_>, fields: &[u8]) -> bool {
    let found = cursor.rest().starts_with(fields);
    if found {
        cursor.advance(fields.len());
    }
    found
}

/// Exchange puts the description where the disposition belongs.
fn describe(cursor: &mut Cursor<'_>, part: &mut BodyNode, text: Span) {
    if !text.is_nil() {
        cursor.note(hazard::BODY_FIELDS);
        part.description = text;
    }
}

/// A string or NIL; a list is passed (H74, H77).
fn string_or_list(cursor: &mut Cursor<'_>) -> Parsed<Span> {
    if cursor.peek() != Some(b'(') {
        return cursor.field();
    }
    if eat_empty_list(cursor) {
        return Ok(Span::NIL);
    }
    cursor.note(hazard::BODY_FIELDS);
    cursor.skip_value()?;
    Ok(Span::NIL)
}

/// `()`, where NIL belongs (H77).
fn eat_empty_list(cursor: &mut Cursor<'_>) -> bool {
    let empty = cursor.rest().starts_with(b"()");
    if empty {
        cursor.note(hazard::EMPTY_LIST);
        cursor.advance(2);
    }
    empty
}

/// Octets where the encoding belongs: a field is missing before. (`7BIT` may come as an atom.)
fn is_bare_number(cursor: &Cursor<'_>) -> bool {
    let begins = cursor.peek().is_some_and(|octet| octet.is_ascii_digit());
    begins && {
        let mut ahead = cursor.clone();
        ahead.number().is_ok() && ahead.ends_token()
    }
}

fn is_disposition(cursor: &Cursor<'_>, text: Span) -> bool {
    cursor.span_is(text, b"inline") || cursor.span_is(text, b"attachment") || cursor.span_is(text, b"form-data")
}

/// Whether the list at the cursor begins like a disposition.
fn is_disposition_list(cursor: &Cursor<'_>) -> bool {
    let mut ahead = cursor.clone();
    ahead.bump();
    ahead.field().is_ok_and(|text| is_disposition(cursor, text))
}
