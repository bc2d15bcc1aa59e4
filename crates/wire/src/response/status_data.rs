//! STATUS: counters of a mailbox; RFC 9051 §7.3.2, RFC 5819, 7162, 7889, 8438, 8474, 9208.
//!
//! An item that cannot be read costs that item only and is kept raw. Strato sends names with spaces and without quotes, so a bare name
//! goes on to the list of items.

use alloc::boxed::Box;
use imapkit_types::{Mailbox, Status, StatusItem, UidValidity};

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::hazard;
use crate::response::Untagged;

use super::value;

/// `mailbox-data =/ "STATUS" SP mailbox SP "(" [status-att-list] ")"`
pub(super) fn status(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let mailbox = name(cursor)?;
    let mut status = Status::default();
    cursor.open()?;
    loop {
        match next(cursor, &mut status) {
            Ok(Next::Read) => {}
            Ok(Next::Unknown(name, raw)) => value::push(cursor, &mut status.other, (name, raw))?,
            Ok(Next::End) => break,
            Err(error) if status == Status::default() => return Err(error),
            // Cyrus prints freed memory where the MAILBOXID belongs, with quotes, parentheses and line feeds in it: what stood before counts.
            Err(_) => {
                cursor.note(hazard::STATUS);
                cursor.advance(cursor.rest().len());
                break;
            }
        }
    }
    Ok(Untagged::MailboxStatus(mailbox, Box::new(status)))
}

/// What stands next in the list.
enum Next {
    /// An item, which has been put where it belongs.
    Read,
    /// An item that is not known or could not be read: name and value.
    Unknown(Box<str>, Box<[u8]>),
    End,
}

fn next(cursor: &mut Cursor<'_>, status: &mut Status) -> Parsed<Next> {
    if cursor.close()? {
        return Ok(Next::End);
    }
    let name = value::text(cursor)?;
    cursor.skip_spaces();
    let start = cursor.pos();
    if item(cursor, StatusItem::parse(&name), status).is_ok() {
        return Ok(Next::Read);
    }
    cursor.set_pos(start);
    Ok(Next::Unknown(name, value::raw(cursor)?))
}

fn name(cursor: &mut Cursor<'_>) -> Parsed<Mailbox> {
    cursor.skip_spaces();
    let rest = cursor.rest();
    let string = matches!(cursor.peek(), Some(b'"')) || cursor.clone().literal_content().is_ok();
    if string {
        return value::mailbox(cursor);
    }
    let len = memchr::memmem::find(rest, b" (").ok_or(Expected("a list of status items"))?;
    let name = rest.get(..len).unwrap_or(rest);
    cursor.advance(len);
    if name.contains(&b' ') {
        cursor.note(hazard::ODD_ATOM);
    }
    Ok(value::mailbox_named(cursor, name))
}

/// The value of an item; an error for items we do not know, so that they are kept raw.
fn item(cursor: &mut Cursor<'_>, item: Option<StatusItem>, status: &mut Status) -> Parsed<()> {
    match item {
        Some(StatusItem::Messages) => status.messages = value::number32(cursor)?,
        Some(StatusItem::Recent) => status.recent = value::number32(cursor)?,
        Some(StatusItem::UidNext) => status.uid_next = value::nz_number(cursor)?,
        Some(StatusItem::UidValidity) => status.uid_validity = value::number32(cursor)?.map(UidValidity::new),
        Some(StatusItem::Unseen) => status.unseen = value::number32(cursor)?,
        Some(StatusItem::Size) => status.size = cursor.count()?,
        Some(StatusItem::Deleted) => status.deleted = value::number32(cursor)?,
        Some(StatusItem::DeletedStorage) => status.deleted_storage = cursor.count()?,
        Some(StatusItem::HighestModSeq) => status.highest_mod_seq = Some(value::mod_seq(cursor)?),
        // NIL is an answer here: no limit (RFC 7889 §4).
        Some(StatusItem::AppendLimit) => {
            status.append_limit = Some(if cursor.nil() { None } else { cursor.count()? });
        }
        Some(StatusItem::MailboxId) => status.mailbox_id = value::object_id(cursor)?,
        _ => return Err(Expected("a known status item")),
    }
    match cursor.peek() {
        None | Some(b' ' | b')') => Ok(()),
        Some(_) => Err(Expected("the end of a value")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::data::tests::{mailbox, read};
    use imapkit_types::ModSeq;

    #[track_caller]
    fn status(line: &str) -> (Mailbox, Status) {
        match read(line) {
            Ok(Untagged::MailboxStatus(mailbox, status)) => (mailbox, *status),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_item() {
        let (name, status) = status(
            "STATUS \"a b\" (MESSAGES 231 RECENT 0 UIDNEXT 44292 UIDVALIDITY 1 UNSEEN 3 SIZE 8589934592 DELETED 2 \
             DELETED-STORAGE 7 HIGHESTMODSEQ 7011231777 APPENDLIMIT 257890 MAILBOXID (F2212-ea87))",
        );
        let mut expected = Status::default();
        (expected.messages, expected.recent, expected.unseen) = (Some(231), Some(0), Some(3));
        (expected.uid_next, expected.uid_validity) = (Some(44292), Some(UidValidity::new(1)));
        (expected.size, expected.deleted, expected.deleted_storage) = (Some(8_589_934_592), Some(2), Some(7));
        (expected.highest_mod_seq, expected.append_limit) = (Some(ModSeq::new(7_011_231_777)), Some(Some(257_890)));
        expected.mailbox_id = Some("F2212-ea87".into());
        assert_eq!((name, status), (mailbox("a b"), expected));
    }

    #[test]
    fn an_odd_item_costs_only_itself() {
        let (_, status) = status(
            "STATUS x (APPENDLIMIT NIL X-NEW (a b) UIDNEXT 5000000000 SIZE 5x MESSAGES 3 UIDVALIDITY 0 UNSEEN -1)",
        );
        let raw = |name: &str, value: &str| (name.into(), value.as_bytes().into());
        assert_eq!(status.other, [raw("X-NEW", "(a b)"), raw("UIDNEXT", "5000000000"), raw("SIZE", "5x")]);
        assert_eq!((status.messages, status.append_limit, status.unseen), (Some(3), Some(None), None));
        assert_eq!(status.uid_validity, Some(UidValidity::new(0)));
    }

    #[test]
    fn h28_h43_names_and_empty_lists() {
        assert_eq!(status("STATUS INBOX ()"), (Mailbox::inbox(), Status::default()));
        assert_eq!(status("STATUS NIL ()").0, mailbox("NIL"));
        assert_eq!(status("STATUS Gesendete Objekte (MESSAGES 3)").0, mailbox("Gesendete Objekte"));
        assert_eq!(status("STATUS {3}\r\na\"b (MESSAGES 1)").0, mailbox("a\"b"));
        assert!(read("STATUS INBOX").is_err() && read("STATUS INBOX (").is_err());
    }

    #[test]
    fn h28_a_line_that_breaks_off_keeps_what_it_told() {
        for line in [
            "STATUS INBOX (MESSAGES 1",
            "STATUS INBOX (MESSAGES 1 MAILBOXID (\"x) UNSEEN 2)",
            "STATUS INBOX (MESSAGES 1 MAILBOXID (",
        ] {
            let told = status(line).1;
            assert_eq!((told.messages, told.unseen, told.mailbox_id), (Some(1), None, None), "{line}");
        }
    }
}
