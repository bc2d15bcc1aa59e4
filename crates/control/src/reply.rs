//! The server's answer in words, `OK [APPENDUID 38505 3955] done`.
//!
//! Separate because response codes are typed when they are read, and programs that run commands of their own want them as they were sent:
//! there is no other place where they could see a COPYUID. RFC 9051 §7.1, RFC 4315, RFC 7162, RFC 9585.
//!
//! Invariant: what comes out is one line without control characters.

use std::fmt::Display;

use imapkit_blocking::Answer;
use imapkit_blocking::session::printable;
use imapkit_blocking::types::Code;
use imapkit_blocking::wire::StatusKind;

use crate::constants::ResultCode;

/// The server's answer as a number and in its words.
pub(crate) fn described(reply: &Answer) -> (ResultCode, String) {
    let (result, word) = match reply.status {
        StatusKind::Ok | StatusKind::PreAuth => (ResultCode::Ok, "OK"),
        StatusKind::No => (ResultCode::No, "NO"),
        StatusKind::Bad => (ResultCode::Bad, "BAD"),
        StatusKind::Bye => (ResultCode::No, "BYE"),
    };
    let code = reply.code.as_ref().map(|code| format!("[{}] ", bracketed(code))).unwrap_or_default();
    (result, format!("{word} {code}{}", reply.text).trim_end().to_owned())
}

/// A code and its arguments.
fn bracketed(code: &Code) -> String {
    let arguments = arguments(code);
    let space = if arguments.is_empty() { "" } else { " " };
    printable(format!("{}{space}{arguments}", code.name()).as_bytes())
}

fn arguments(code: &Code) -> String {
    match code {
        Code::BadCharset(words) | Code::BadEvent(words) if words.is_empty() => String::new(),
        Code::BadCharset(words) | Code::BadEvent(words) => format!("({})", words.join(" ")),
        Code::Capability(capabilities) => capabilities.to_string(),
        Code::PermanentFlags(flags) => flags.to_string(),
        Code::PermanentFlagsAbsent => String::from("NIL"),
        Code::UidNext(number) | Code::Unseen(number) => number.to_string(),
        Code::UidValidity(validity) => validity.get().to_string(),
        Code::HighestModSeq(mod_seq) => mod_seq.get().to_string(),
        Code::MailboxId(id) => format!("({id})"),
        Code::ObjectId { account, mailbox } => {
            let named = |name: &str, id: &Option<Box<str>>| id.as_ref().map(|id| format!("{name} {id}"));
            let ids = [named("ACCOUNTID", account), named("MAILBOXID", mailbox)];
            format!("({})", ids.into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
        Code::AppendUid { uid_validity, uids } => {
            let ranges: Vec<_> = uids.ranges().map(|(low, high)| (low.get(), high.get())).collect();
            format!("{} {}", uid_validity.get(), set(&ranges))
        }
        Code::CopyUid(Some(copy)) => {
            format!("{} {} {}", copy.uid_validity.get(), set(&copy.source), set(&copy.destination))
        }
        Code::Modified(ranges) => set(ranges),
        Code::Annotations(text)
        | Code::BadUrl(text)
        | Code::NoUpdate(text)
        | Code::UndefinedFilter(text)
        | Code::Referral(text)
        | Code::WebAlert(text)
        | Code::NewName(text) => text.to_string(),
        Code::InProgress { tag: None, done: None, total: None } => String::new(),
        Code::InProgress { tag, done, total } => {
            let tag = tag.as_ref().map(|tag| format!("\"{tag}\""));
            format!("({} {} {})", or_nil(tag.as_ref()), or_nil(done.as_ref()), or_nil(total.as_ref()))
        }
        Code::MessageLimit { limit, uid: Some(uid) } => format!("{limit} {}", uid.get()),
        Code::MessageLimit { limit, uid: None } => limit.to_string(),
        Code::MetadataLongEntries(octets) => format!("LONGENTRIES {octets}"),
        Code::MetadataMaxSize(octets) => format!("MAXSIZE {octets}"),
        Code::MetadataTooMany => String::from("TOOMANY"),
        Code::MetadataNoPrivate => String::from("NOPRIVATE"),
        Code::Other { data, .. } => String::from_utf8_lossy(data).into_owned(),
        // Words and nothing else; and a COPYUID that was garbled.
        _ => String::new(),
    }
}

fn or_nil(value: Option<&impl Display>) -> String {
    value.map_or_else(|| String::from("NIL"), ToString::to_string)
}

/// `304,319:320`
fn set(ranges: &[(u32, u32)]) -> String {
    let range = |&(first, last): &(u32, u32)| if first == last { first.to_string() } else { format!("{first}:{last}") };
    ranges.iter().map(range).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use imapkit_blocking::types::{CopyUid, UidSet, UidValidity};

    #[test]
    fn codes_keep_what_the_server_said_with_them() {
        let uid_validity = UidValidity::new(38505);
        let copied = CopyUid { uid_validity, source: vec![(304, 304), (319, 320)], destination: vec![(3956, 3958)] };
        for (code, text) in [
            (Code::ReadWrite, "READ-WRITE"),
            (Code::CopyUid(Some(copied)), "COPYUID 38505 304,319:320 3956:3958"),
            (Code::CopyUid(None), "COPYUID"),
            (
                Code::AppendUid { uid_validity, uids: UidSet::from_sorted_ranges(vec![(7, 7), (9, 11)]) },
                "APPENDUID 38505 7,9:11",
            ),
            (Code::Modified(vec![(7, 7), (9, 9)]), "MODIFIED 7,9"),
            (Code::BadCharset(vec!["UTF-8".into(), "US-ASCII".into()]), "BADCHARSET (UTF-8 US-ASCII)"),
            (Code::BadCharset(Vec::new()), "BADCHARSET"),
            (Code::InProgress { tag: Some("A1".into()), done: Some(3), total: None }, "INPROGRESS (\"A1\" 3 NIL)"),
            (Code::MetadataMaxSize(1024), "METADATA MAXSIZE 1024"),
            (Code::Other { name: "XFOO".into(), data: (*b"(a b)").into() }, "XFOO (a b)"),
        ] {
            assert_eq!(bracketed(&code), text);
        }
        let evil = Code::Other { name: "X".into(), data: (*b"a\r\nb\x1b").into() };
        assert!(!bracketed(&evil).contains(char::is_control), "{}", bracketed(&evil));
    }
}
