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
            Some(_) => whole_or_raw(cursor, &mut answer)?,
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

/// One item. What is said of the messages found and cannot be read is kept raw, so that it costs itself only.
fn whole_or_raw(cursor: &mut Cursor<'_>, answer: &mut Esearch) -> Parsed<()> {
    let start = cursor.pos();
    let Err(error) = item(cursor, answer) else { return Ok(()) };
    cursor.set_pos(start);
    if cursor.eat_word(b"ADDTO") || cursor.eat_word(b"REMOVEFROM") {
        return Err(error);
    }
    cursor.note(hazard::ESEARCH);
    let name = value::text(cursor)?;
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Err(error);
    }
    cursor.skip_spaces();
    let raw = if cursor.at_end() { Box::default() } else { value::raw(cursor)? };
    value::push(cursor, &mut answer.other, (name, raw))
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
        Some(b'0'..=b'9') => whole_set(cursor),
        Some(b'(') => {
            cursor.note(hazard::ESEARCH);
            cursor.bump();
            if cursor.close()? {
                return Ok(Vec::new());
            }
            let ranges = whole_set(cursor)?;
            if cursor.close()? { Ok(ranges) } else { Err(Expected("a closing parenthesis")) }
        }
        _ => {
            cursor.note(hazard::ESEARCH);
            if cursor.nil() || cursor.at_end() { Ok(Vec::new()) } else { whole_set(cursor) }
        }
    }
}

/// A set that nothing odd cuts short: half of it would pass for all messages found.
fn whole_set(cursor: &mut Cursor<'_>) -> Parsed<Ranges> {
    let ranges = set::ranges(cursor)?;
    let ends = matches!(cursor.peek(), None | Some(b' ' | b')' | b'\t' | b'\r' | b'\n'));
    if ends { Ok(ranges) } else { Err(Expected("the end of a sequence set")) }
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
    if matches!(cursor.peek(), Some(b'0'..=b'9')) {
        return Err(Expected("the name of an item")); // the rest of a set that was read too short
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::data::tests::{mailbox, read};
    use imapkit_types::ModSeq;

    #[track_caller]
    fn check(line: &str, tag: &str, fill: impl FnOnce(&mut Esearch)) {
        let mut expected = Esearch::default();
        expected.tag = Some(tag).filter(|tag| !tag.is_empty()).map(Into::into);
        fill(&mut expected);
        assert_eq!(read(line), Ok(Untagged::Esearch(Box::new(expected))), "{line}");
    }

    #[test]
    fn the_examples_of_rfc_4731_and_9051() {
        check("ESEARCH (TAG \"A282\") MIN 2 COUNT 3", "A282", |e| (e.min, e.count) = (Some(2), Some(3)));
        check("ESEARCH (TAG \"A285\") UID MIN 7 MAX 3800 COUNT 5 ALL 7,12:14,3800", "A285", |e| {
            (e.uid, e.min, e.max, e.count) = (true, Some(7), Some(3800), Some(5));
            e.all = Some([(7, 7), (12, 14), (3800, 3800)].into());
        });
        check("ESEARCH (TAG \"A287\") ALL 1:3,5 MODSEQ 1236", "A287", |e| {
            (e.all, e.mod_seq) = (Some([(1, 3), (5, 5)].into()), Some(ModSeq::new(1236)));
        });
    }

    #[test]
    fn the_examples_of_rfc_5267_7377_and_9394() {
        let come = [(1, [(2733, 2733)].into()), (1, [(2732, 2732)].into())];
        for line in
            ["ESEARCH (TAG \"C\") UID ADDTO (1 2733) ADDTO (1 2732)", "ESEARCH (TAG \"C\") UID ADDTO (1 2733 1 2732)"]
        {
            check(line, "C", |e| (e.uid, e.add_to) = (true, come.clone().into()));
        }
        check("ESEARCH (TAG \"B\") REMOVEFROM (0 32768)", "B", |e| {
            e.remove_from = [(0, [(32768, 32768)].into())].into();
        });
        let line = "ESEARCH (MAILBOX {14}\r\nfolder2/salmon UIDVALIDITY 1111111 TAG \"tag1\") UID ALL 50003";
        check(line, "tag1", |e| {
            (e.mailbox, e.uid_validity) = (Some(mailbox("folder2/salmon")), Some(UidValidity::new(1_111_111)));
            (e.uid, e.all) = (true, Some([(50003, 50003)].into()));
        });
        let window = ("-1:-100".into(), [(200, 250), (252, 300)].into());
        check("ESEARCH (TAG \"A\") PARTIAL (-1:-100 200:250,252:300)", "A", |e| e.partial = Some(window));
        check("ESEARCH (TAG \"A\") PARTIAL (1:500 NIL)", "A", |e| e.partial = Some(("1:500".into(), Vec::new())));
    }

    #[test]
    fn h91_odd_forms() {
        check("ESEARCH", "", |_| ());
        check("ESEARCH (TAG \"A\") UID", "A", |e| e.uid = true);
        for line in ["ESEARCH (TAG \"A\") ALL ()", "ESEARCH (TAG \"A\") ALL", "ESEARCH (TAG \"A\") ALL NIL"] {
            check(line, "A", |e| e.all = Some(Vec::new()));
        }
        check("ESEARCH (TAG A) MIN 0 MAX 0 COUNT 0", "A", |e| e.count = Some(0));
        for line in ["ESEARCH UID ALL 1:2", "ESEARCH () UID (ALL 1:2)", "ESEARCH uid all (1:2)"] {
            check(line, "", |e| (e.uid, e.all) = (true, Some([(1, 2)].into())));
        }
        check("ESEARCH X-NEW (a (b)) RELEVANCY (4 99) COUNT 2", "", |e| {
            e.other = [("X-NEW".into(), b"(a (b))"[..].into()), ("RELEVANCY".into(), b"(4 99)"[..].into())].into();
            e.count = Some(2);
        });
        for (odd, name, raw) in [
            ("ESEARCH UID COUNT 3 MAX", "MAX", ""),
            ("ESEARCH UID COUNT 3 X", "X", ""),
            ("ESEARCH UID ALL x COUNT 3", "ALL", "x"),
            ("ESEARCH UID ALL 1:4294967296 COUNT 3", "ALL", "1:4294967296"),
            ("ESEARCH UID ALL 1:3,x,9 COUNT 3", "ALL", "1:3,x,9"),
            ("ESEARCH UID PARTIAL 1:2 COUNT 3", "PARTIAL", "1:2"),
        ] {
            check(odd, "", |e| {
                (e.uid, e.count) = (true, Some(3));
                e.other = [(name.into(), raw.as_bytes().into())].into();
            });
        }
        for bad in ["ESEARCH (TAG", "ESEARCH ADDTO 1 2", "ESEARCH ALL 1:3, 5", "ESEARCH MIN x ALL 1:3 4"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn batches_stay_in_descending_order() {
        let expected = Untagged::UidBatches(Some("A302".into()), [(215_295, 99_696), (99_695, 1)].into());
        assert_eq!(read("UIDBATCHES (TAG \"A302\") 215295:99696,99695:1"), Ok(expected));
        assert_eq!(read("UIDBATCHES (TAG \"A303\")"), Ok(Untagged::UidBatches(Some("A303".into()), Vec::new())));
    }
}
