//! Response codes: what stands in brackets in a status response; RFC 9051 §7.1, RFC 5530 and the RFCs named at [`Code`].
//!
//! A code is read by its own grammar first, since its data may hold `]` (H21). If that fails it is kept verbatim up to the bracket that
//! matches. If there is no such bracket, or no name, it was no code and the line is text (H22, H23).

use alloc::boxed::Box;
use alloc::vec::Vec;
use imapkit_types::{Code, CopyUid, Uid, UidSet, UidValidity};

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;

use super::{capability, flags, set, value};

type Reader = fn(&mut Cursor<'_>) -> Parsed<Code>;

/// The codes that carry data. Those without are [`Code::plain`].
const READERS: &[(&str, Reader)] = &[
    ("ANNOTATIONS", |cursor| raw_text(cursor).map(Code::Annotations)),
    ("APPENDUID", append_uid),
    ("BADCHARSET", |cursor| words(cursor).map(Code::BadCharset)),
    ("BADEVENT", |cursor| words(cursor).map(Code::BadEvent)),
    ("BADURL", |cursor| raw_text(cursor).map(Code::BadUrl)),
    ("CAPABILITY", capabilities),
    ("COPYUID", copy_uid),
    ("HIGHESTMODSEQ", |cursor| value::mod_seq(cursor).map(Code::HighestModSeq)),
    ("INPROGRESS", in_progress),
    ("MAILBOXID", |cursor| value::object_id(cursor)?.map(Code::MailboxId).ok_or(Expected("an object id"))),
    ("MESSAGELIMIT", message_limit),
    ("METADATA", metadata),
    ("MODIFIED", |cursor| set::ranges(cursor).map(Code::Modified)),
    ("NEWNAME", |cursor| raw_text(cursor).map(Code::NewName)),
    ("NOUPDATE", |cursor| word(cursor).map(Code::NoUpdate)),
    ("OBJECTID", object_id),
    ("PERMANENTFLAGS", permanent_flags),
    ("REFERRAL", |cursor| raw_text(cursor).map(Code::Referral)),
    ("UIDNEXT", |cursor| value::nz_number(cursor).map(|uid| Code::UidNext(uid.unwrap_or_default()))),
    ("UIDVALIDITY", |cursor| uid_validity(cursor).map(Code::UidValidity)),
    ("UNDEFINED-FILTER", |cursor| word(cursor).map(Code::UndefinedFilter)),
    ("UNSEEN", |cursor| value::nz_number(cursor).map(|seq| Code::Unseen(seq.unwrap_or_default()))),
    ("WEBALERT", |cursor| raw_text(cursor).map(Code::WebAlert)),
];

/// `"[" resp-text-code "]"`; the cursor stands at the bracket. `None`, and the cursor anywhere, if it is no code.
pub(super) fn code(cursor: &mut Cursor<'_>) -> Option<Code> {
    cursor.bump();
    let start = cursor.pos();
    let Some(name) = name(cursor) else {
        cursor.note(hazard::NOT_A_CODE);
        return None;
    };
    let data = cursor.pos();
    let read = match READERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((_, reader)) => reader(cursor),
        None if name.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("IMAP4")) => {
            // perdition leaves out the keyword CAPABILITY (H37).
            cursor.set_pos(start);
            cursor.note(hazard::CAPABILITY);
            capabilities(cursor)
        }
        None => Code::plain(name).ok_or(Expected("a code without data")),
    };
    if let Ok(code) = read {
        cursor.skip_spaces();
        if cursor.eat(b']') {
            return Some(code);
        }
    }
    cursor.set_pos(data);
    verbatim(cursor, name)
}

/// A code we do not know, or whose data makes no sense.
fn verbatim(cursor: &mut Cursor<'_>, name: &str) -> Option<Code> {
    cursor.eat(b' ');
    let data = cursor.pos();
    if !(to_bracket(cursor, true) || to_bracket(cursor, false)) {
        cursor.note(hazard::NO_CODE_END);
        return None;
    }
    let raw = cursor.since(data);
    cursor.bump();
    if name.eq_ignore_ascii_case("COPYUID") {
        cursor.note(hazard::COPYUID);
        return Some(Code::CopyUid(None));
    }
    Some(Code::Other { name: name.into(), data: raw.into() })
}

/// Letters, digits, `-`, `.`, `_`, `/` and `+`, up to a space or what begins or ends data. Exchange's `Error="…"` is none.
fn name<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    let rest = cursor.rest();
    let len = rest.iter().position(|octet| matches!(octet, b' ' | b'(' | b']')).unwrap_or(rest.len());
    let name = rest.get(..len).and_then(|name| core::str::from_utf8(name).ok())?;
    cursor.advance(len);
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"-._/+".contains(&octet);
    (!name.is_empty() && name.bytes().all(allowed)).then_some(name)
}

/// Moves to the bracket that ends the code: brackets pair, and those in strings do not count if `strings` says so.
/// False, and the cursor back, if there is none.
fn to_bracket(cursor: &mut Cursor<'_>, mut strings: bool) -> bool {
    let start = cursor.pos();
    let mut depth: usize = 0;
    while let Some(octet) = cursor.peek() {
        match octet {
            b']' if depth == 0 => return true,
            b']' => depth = depth.saturating_sub(1),
            b'[' => depth = depth.saturating_add(1),
            b'"' | b'{' if strings => {
                let here = cursor.pos();
                match cursor.string() {
                    Ok(_) => continue,
                    // A quote that nothing closes: no later one will be, so this is looked for once only.
                    Err(_) => strings = octet != b'"',
                }
                cursor.set_pos(here);
            }
            _ => {}
        }
        cursor.bump();
    }
    cursor.set_pos(start);
    false
}

/// The data up to the bracket that ends the code, without the quotes it may stand in: URLs and names, which may hold brackets.
fn raw_text(cursor: &mut Cursor<'_>) -> Parsed<Box<str>> {
    cursor.skip_spaces();
    let start = cursor.pos();
    if cursor.peek() == Some(b'"') {
        if let Ok(span) = cursor.quoted() {
            if cursor.peek() == Some(b']') {
                return Ok(cursor.text(span));
            }
        }
        cursor.set_pos(start);
    }
    if !to_bracket(cursor, false) {
        return Err(Expected("a closing bracket"));
    }
    Ok(cursor.text(cursor.span_since(start)))
}

/// A string, or an atom, which ends before the bracket.
fn word(cursor: &mut Cursor<'_>) -> Parsed<Box<str>> {
    cursor.skip_spaces();
    let span = match cursor.peek() {
        Some(b'"' | b'{') => cursor.string()?,
        _ => cursor.atom()?,
    };
    Ok(cursor.text(span))
}

/// A list of words, also without parentheses, or none.
fn words(cursor: &mut Cursor<'_>) -> Parsed<Vec<Box<str>>> {
    cursor.skip_spaces();
    if cursor.peek() == Some(b'(') {
        return value::list(cursor, word);
    }
    let mut words = Vec::new();
    while !matches!(cursor.peek(), Some(b']') | None) {
        words.push(word(cursor)?);
        cursor.skip_spaces();
    }
    Ok(words)
}

fn capabilities(cursor: &mut Cursor<'_>) -> Parsed<Code> {
    let rest = cursor.rest();
    let len = memchr::memchr(b']', rest).ok_or(Expected("a closing bracket"))?;
    cursor.advance(len);
    Ok(Code::Capability(capability::words_of(cursor, rest.get(..len).unwrap_or(rest))))
}

/// `"PERMANENTFLAGS" SP "(" [flag-perm *(SP flag-perm)] ")"`; NIL says nothing, while `()` denies all (H44).
fn permanent_flags(cursor: &mut Cursor<'_>) -> Parsed<Code> {
    cursor.skip_spaces();
    if cursor.nil() {
        cursor.note(hazard::NIL);
        return Ok(Code::PermanentFlagsAbsent);
    }
    flags::flags(cursor).map(Code::PermanentFlags)
}

/// 0 is kept, and means "not to be relied on" (H27).
fn uid_validity(cursor: &mut Cursor<'_>) -> Parsed<UidValidity> {
    value::nz_number(cursor).map(|number| UidValidity::new(number.unwrap_or_default()))
}

/// `"APPENDUID" SP nz-number SP append-uid`; `SmarterMail` sends 0 for either (quirk 17).
fn append_uid(cursor: &mut Cursor<'_>) -> Parsed<Code> {
    let uid_validity = uid_validity(cursor)?;
    let uids = UidSet::from_sorted_ranges(set::ranges(cursor)?);
    Ok(Code::AppendUid { uid_validity, uids })
}

/// `"COPYUID" SP nz-number SP uid-set SP uid-set`
fn copy_uid(cursor: &mut Cursor<'_>) -> Parsed<Code> {
    let uid_validity = uid_validity(cursor)?;
    let source = set::ranges(cursor)?;
    let destination = set::ranges(cursor)?;
    Ok(Code::CopyUid(Some(CopyUid { uid_validity, source, destination })))
}

/// `"INPROGRESS" [SP "(" (tag / NIL) SP (number / NIL) SP (number / NIL) ")"]`, RFC 9585 §4
fn in_progress(cursor: &mut Cursor<'_>) -> Parsed<Code> {
    cursor.skip_spaces();
    if cursor.peek() == Some(b']') {
        return Ok(Code::InProgress { tag: None, done: None, total: None });
    }
    cursor.open()?;
    let tag = value::optional_text(cursor)?;
    let done = progress(cursor)?;
    let total = progress(cursor)?;
    if cursor.close()? { Ok(Code::InProgress { tag, done, total }) } else { Err(Expected("a closing parenthesis")) }
}

fn progress(cursor: &mut Cursor<'_>) -> Parsed<Option<u64>> {
    cursor.skip_spaces();
    if cursor.nil() { Ok(None) } else { cursor.count() }
}

/// `"MESSAGELIMIT" SP nz-number [SP uniqueid]`, RFC 9738 §3.1
fn message_limit(cursor: &mut Cursor<'_>) -> Parsed<Code> {
    let limit = value::nz_number(cursor)?.ok_or(Expected("a limit"))?;
    cursor.skip_spaces();
    let uid = if cursor.peek() == Some(b']') { None } else { value::nz_number(cursor)?.and_then(Uid::new) };
    Ok(Code::MessageLimit { limit, uid })
}

/// `"METADATA" SP ("LONGENTRIES" SP number / "MAXSIZE" SP number / "TOOMANY" / "NOPRIVATE")`, RFC 5464 §4.2.1, §4.3
fn metadata(cursor: &mut Cursor<'_>) -> Parsed<Code> {
    let kind = word(cursor)?;
    cursor.skip_spaces();
    if kind.eq_ignore_ascii_case("LONGENTRIES") {
        cursor.number().map(Code::MetadataLongEntries)
    } else if kind.eq_ignore_ascii_case("MAXSIZE") {
        cursor.number().map(Code::MetadataMaxSize)
    } else if kind.eq_ignore_ascii_case("TOOMANY") {
        Ok(Code::MetadataTooMany)
    } else if kind.eq_ignore_ascii_case("NOPRIVATE") {
        Ok(Code::MetadataNoPrivate)
    } else {
        Err(Expected("a METADATA code"))
    }
}

/// `"OBJECTID" SP "(" ["ACCOUNTID" SP objectid] ["MAILBOXID" SP objectid] ")"`, draft-ietf-mailmaint-imap-objectid-bis
fn object_id(cursor: &mut Cursor<'_>) -> Parsed<Code> {
    let (mut account, mut mailbox) = (None, None);
    cursor.open()?;
    while !cursor.close()? {
        let name = word(cursor)?;
        let id = value::object_id(cursor)?;
        if name.eq_ignore_ascii_case("ACCOUNTID") {
            account = id;
        } else if name.eq_ignore_ascii_case("MAILBOXID") {
            mailbox = id;
        } else {
            return Err(Expected("ACCOUNTID or MAILBOXID"));
        }
    }
    Ok(Code::ObjectId { account, mailbox })
}

#[cfg(test)]
mod tests;
