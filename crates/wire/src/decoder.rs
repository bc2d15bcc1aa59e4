//! Whole responses to values: which reader reads which response, and what becomes of those that none can read.
//!
//! ```text
//! response = "*" SP [nz-number SP] name …  / "+" SP text / tag SP ("OK" / "NO" / "BAD") SP text
//! ```
//! RFC 9051 §2.2.2, §7. The readers themselves are in [`response`](crate::response). Separate from framing, so that a response that cannot be
//! read costs nothing but itself: it comes out as [`Response::Garbled`] with its octets.
//!
//! Invariants: one response in, one value out; whatever had to be tolerated is counted; nothing here fails.

#[cfg(test)]
pub(crate) mod tests;

use alloc::string::String;
use bytes::Bytes;
use imapkit_types::{Fetch, Frame, SeqNum, Tag, Uid};

use crate::cursor::{Context, Cursor};
use crate::error::{DecodeError, Expected, Parsed, snippet};
use crate::framer::{Piece, RawFrame};
use crate::hazard::{self, Repairs, Warning};
use crate::limits::{Limit, Limits};
use crate::response::fetch::Rows;
use crate::response::{Garbled, Response, StatusKind, StatusLine, Tagged, Unknown, Untagged, data, status};

/// Turns what a [`Framer`](crate::Framer) cuts out into values.
///
/// One for each connection: it remembers unusual keywords, a row whose body is being handed out, and what the server did wrong.
#[derive(Debug, Default)]
pub struct Decoder {
    context: Context,
    rows: Rows,
    repairs: Repairs,
}

#[allow(clippy::needless_pass_by_value, reason = "a frame is decoded once; what nobody kept a share of ends here")]
impl Decoder {
    /// For a new connection.
    pub fn new(limits: Limits) -> Self {
        Self { context: Context { limits, utf8: false }, ..Self::default() }
    }

    /// Changes the limits: after login, for instance.
    pub fn set_limits(&mut self, limits: Limits) {
        self.context.limits = limits;
    }

    /// Says that mailbox names are UTF-8 from now on: `UTF8=ACCEPT` or IMAP4rev2 has been enabled.
    pub fn set_utf8(&mut self, utf8: bool) {
        self.context.utf8 = utf8;
    }

    /// The value of any piece: the one call a session needs.
    pub fn piece(&mut self, piece: Piece) -> Response {
        match piece {
            Piece::Response(frame) => self.decode(frame),
            Piece::Head { frame, literal } => Response::Untagged(self.fetch_head(frame, literal)),
            Piece::Chunk(octets) => Response::Untagged(Untagged::BodyChunk(octets)),
            Piece::BodyEnd => Response::Untagged(Untagged::BodyEnd),
            Piece::Segment { frame, literal } => Response::Untagged(self.fetch_segment(frame, literal)),
            Piece::Oversize { limit, start, .. } => self.oversize(limit, start),
        }
    }

    /// The value of a whole response.
    pub fn decode(&mut self, raw: RawFrame) -> Response {
        let mut cursor = Cursor::new(&raw.frame, &raw.elided, &self.context);
        let read = response(&mut cursor, &mut self.rows);
        record(&mut self.repairs, &cursor);
        read.unwrap_or_else(|expected| garbled(&cursor, cursor.error(expected)))
    }

    /// The beginning of a row whose next literal, of `literal` octets, is handed out: [`Untagged::BodyStart`].
    pub fn fetch_head(&mut self, raw: RawFrame, literal: u64) -> Untagged {
        let mut cursor = Cursor::new(&raw.frame, &raw.elided, &self.context).streaming(true);
        let row = begin_row(&mut cursor);
        let untagged = self.rows.head(&mut cursor, row, literal);
        record(&mut self.repairs, &cursor);
        untagged
    }

    /// More of that row: [`Untagged::Fetch`] at its end, [`Untagged::BodyStart`] when another literal is handed out.
    pub fn fetch_segment(&mut self, raw: RawFrame, literal: Option<u64>) -> Untagged {
        let mut cursor = Cursor::new(&raw.frame, &raw.elided, &self.context).streaming(literal.is_some());
        let untagged = self.rows.segment(&mut cursor, literal);
        record(&mut self.repairs, &cursor);
        untagged
    }

    /// A response that was too large to keep, by its first octets. If it was the end of a row whose body has been handed out, it is that
    /// row, damaged; else it is garbled.
    pub fn oversize(&mut self, limit: Limit, start: Bytes) -> Response {
        let frame = Frame::new(start);
        let mut cursor = Cursor::new(&frame, &[], &self.context);
        if let Some(row) = self.rows.abandon(&mut cursor) {
            return Response::Untagged(Untagged::Fetch(row));
        }
        let error = DecodeError { expected: limit.name, at: frame.len(), snippet: snippet(frame.as_bytes(), 0) };
        garbled(&cursor, error)
    }

    /// What the server did wrong so far, by hazard.
    pub fn repairs(&self) -> &Repairs {
        &self.repairs
    }

    /// The first occurrence of a hazard that has not been told yet. At most one for each hazard, so there is no need to hurry.
    pub fn take_warning(&mut self) -> Option<Warning> {
        self.repairs.take_warning()
    }
}

#[inline]
fn record(repairs: &mut Repairs, cursor: &Cursor<'_>) {
    if !cursor.noted().is_empty() {
        repairs.record(cursor.noted(), || snippet(cursor.frame().as_bytes(), 0));
    }
}

fn response(cursor: &mut Cursor<'_>, rows: &mut Rows) -> Parsed<Response> {
    match cursor.peek() {
        Some(b'*') => {
            cursor.bump();
            untagged(cursor, rows)
        }
        Some(b'+') => Ok(continuation(cursor)),
        _ => tagged(cursor),
    }
}

fn untagged(cursor: &mut Cursor<'_>, rows: &mut Rows) -> Parsed<Response> {
    cursor.skip_spaces();
    match cursor.peek() {
        Some(octet) if octet.is_ascii_digit() => return numbered(cursor, rows),
        Some(b'[') => return Ok(Response::Untagged(bare_code(cursor))),
        _ => {}
    }
    let name = cursor.name();
    if let Some(kind) = status::kind(name) {
        return Ok(Response::Untagged(Untagged::Status(status::line(cursor, kind))));
    }
    match data::read(name, cursor) {
        Some(read) => read.map(Response::Untagged),
        None if name.first().is_some_and(u8::is_ascii_alphabetic) => {
            Ok(Response::Untagged(unknown(cursor, name, None)))
        }
        None => Err(Expected("the name of a response")),
    }
}

/// `nz-number SP ("EXISTS" / "RECENT" / "EXPUNGE" / "FETCH" SP … / "UIDFETCH" SP …)`
fn numbered(cursor: &mut Cursor<'_>, rows: &mut Rows) -> Parsed<Response> {
    let number = cursor.number32()?;
    cursor.skip_spaces();
    let name = cursor.name();
    if let Some(fetch) = row_of(cursor, number, name) {
        return rows.read(cursor, fetch).map(|row| Response::Untagged(Untagged::Fetch(row)));
    }
    let count: fn(u32) -> Untagged = match name {
        name if name.eq_ignore_ascii_case(b"EXISTS") => Untagged::Exists,
        name if name.eq_ignore_ascii_case(b"RECENT") => Untagged::Recent,
        name if name.eq_ignore_ascii_case(b"EXPUNGE") => Untagged::Expunge,
        b"" => return Err(Expected("the name of a response")),
        name => return Ok(Response::Untagged(unknown(cursor, name, Some(number)))),
    };
    if !cursor.at_end() {
        cursor.note(hazard::TRAILING_SPACE);
        cursor.skip_spaces();
    }
    if cursor.at_end() { Ok(Response::Untagged(count(number))) } else { Err(Expected("the end of the response")) }
}

/// The row that `number name` begins, if it begins one. Courier says `* 0 FETCH` (H88): that row belongs to no message.
#[inline]
fn row_of(cursor: &mut Cursor<'_>, number: u32, name: &[u8]) -> Option<Fetch> {
    let mut fetch = Fetch::default();
    if name == b"FETCH" || name.eq_ignore_ascii_case(b"FETCH") {
        fetch.seq = SeqNum::new(number);
    } else if name.eq_ignore_ascii_case(b"UIDFETCH") {
        fetch.uid = Uid::new(number);
    } else {
        return None;
    }
    if number == 0 {
        cursor.note(hazard::SEQ_ZERO);
    }
    Some(fetch)
}

fn begin_row(cursor: &mut Cursor<'_>) -> Parsed<Fetch> {
    cursor.expect(b'*', "an untagged response")?;
    cursor.skip_spaces();
    let number = cursor.number32()?;
    cursor.skip_spaces();
    let name = cursor.name();
    row_of(cursor, number, name).ok_or(Expected("FETCH"))
}

fn unknown(cursor: &Cursor<'_>, name: &[u8], number: Option<u32>) -> Untagged {
    let name = String::from_utf8_lossy(name).to_uppercase().into();
    Untagged::Unknown(Unknown { name, number, frame: cursor.frame().clone() })
}

/// Exchange forgets the status word, and the star too (H18).
fn bare_code(cursor: &mut Cursor<'_>) -> Untagged {
    cursor.note(hazard::BARE_CODE);
    Untagged::Status(status::line(cursor, StatusKind::Ok))
}

/// `"+" SP text`, in all the forms of H32.
fn continuation(cursor: &mut Cursor<'_>) -> Response {
    cursor.bump();
    if !cursor.eat(b' ') {
        cursor.note(hazard::CONTINUATION);
    }
    let start = cursor.pos();
    cursor.advance(cursor.rest().len());
    Response::Continue(cursor.share_since(start))
}

/// `tag SP status`, and the lines that begin with nothing we know.
fn tagged(cursor: &mut Cursor<'_>) -> Parsed<Response> {
    if cursor.peek() == Some(b'[') {
        return Ok(Response::Untagged(bare_code(cursor)));
    }
    let tag = tag(cursor);
    let word = cursor.word().map_err(|_| Expected("a tag"))?;
    cursor.skip_spaces();
    if cursor.peek() == Some(b'+') && tag.is_some() {
        // grommunio: a tag before the plus.
        cursor.note(hazard::CONTINUATION);
        return Ok(continuation(cursor));
    }
    let status = cursor.pos();
    if let Some(kind) = status::kind(cursor.name()) {
        if kind == StatusKind::Bye {
            cursor.note(hazard::TAGGED_BYE);
        }
        let tag = tag.ok_or(Expected("a tag"))?;
        return Ok(Response::Tagged(Tagged { tag, status: status::line(cursor, kind) }));
    }
    cursor.set_pos(status);
    let prose = cursor.bytes_of(word).iter().all(u8::is_ascii_alphabetic) && !cursor.at_end();
    if !prose {
        return Err(Expected("OK, NO or BAD"));
    }
    // `Server Unavailable. 15`: a complaint without tag or star (H18).
    cursor.note(hazard::BARE_CODE);
    let text = cursor.frame().bytes(imapkit_types::Span::new(0, cursor.bytes().len())).unwrap_or_default();
    Ok(Response::Untagged(Untagged::Status(StatusLine { kind: StatusKind::Bad, code: None, text })))
}

/// The tag at the beginning of a line, if it could be one of ours.
fn tag(cursor: &Cursor<'_>) -> Option<Tag> {
    let word = cursor.bytes().split(|octet| *octet == b' ').next()?;
    Tag::new(core::str::from_utf8(word).ok()?).ok()
}

fn garbled(cursor: &Cursor<'_>, error: DecodeError) -> Response {
    Response::Garbled(Garbled { frame: cursor.frame().clone(), tag: tag(cursor), error })
}
