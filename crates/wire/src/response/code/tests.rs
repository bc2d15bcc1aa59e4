//! Each code by the examples of its RFC, and by what servers make of it.

use super::*;
use crate::cursor::tests::Source;
use imapkit_types::{Capabilities, Flag, Flags, ModSeq};

fn read(text: &str) -> Option<Code> {
    let source = Source::new(alloc::format!("[{text}] text [brackets]\r\n"));
    let mut cursor = source.cursor();
    let code = code(&mut cursor);
    if code.is_some() {
        assert_eq!(cursor.rest(), b" text [brackets]", "{text}");
    }
    code
}

#[track_caller]
fn check(text: &str, expected: Code) {
    assert_eq!(read(text), Some(expected.clone()), "{text}");
    let (name, data) = text.split_at(text.find(' ').unwrap_or(text.len()));
    let lower = name.to_ascii_lowercase() + data;
    if !matches!(expected, Code::Other { .. }) {
        assert_eq!(read(&lower), Some(expected), "H29: {text}");
    }
}

#[track_caller]
fn verbatim(name: &str, data: &str) {
    let text = if data.is_empty() { name.into() } else { alloc::format!("{name} {data}") };
    check(&text, Code::Other { name: name.into(), data: data.as_bytes().into() });
}

fn capabilities(words: &str) -> Code {
    Code::Capability(Capabilities::from_tokens(words.split(' ')))
}

fn copy_uid(uid_validity: u32, source: &[(u32, u32)], destination: &[(u32, u32)]) -> Code {
    let uid_validity = UidValidity::new(uid_validity);
    Code::CopyUid(Some(CopyUid { uid_validity, source: source.into(), destination: destination.into() }))
}

#[test]
fn state() {
    check("ALERT", Code::Alert);
    check("READ-WRITE", Code::ReadWrite);
    check("UIDNEXT 4392", Code::UidNext(4392));
    check("UIDVALIDITY 3857529045", Code::UidValidity(UidValidity::new(3_857_529_045)));
    check("UNSEEN 12", Code::Unseen(12));
    check("HIGHESTMODSEQ 715194045007", Code::HighestModSeq(ModSeq::new(715_194_045_007)));
    check("CAPABILITY IMAP4rev1 UIDPLUS", capabilities("IMAP4rev1 UIDPLUS"));
    check(
        "PERMANENTFLAGS (\\Deleted \\Seen \\*)",
        Code::PermanentFlags(Flags::from([Flag::Deleted, Flag::Seen, Flag::Any])),
    );
    check("MAILBOXID (F2212ea87-6097)", Code::MailboxId("F2212ea87-6097".into()));
    check("ANNOTATIONS 20480 NOPRIVATE", Code::Annotations("20480 NOPRIVATE".into()));
    let (account, mailbox) = (Some("a".into()), Some("b".into()));
    check("OBJECTID (ACCOUNTID a MAILBOXID b)", Code::ObjectId { account, mailbox });
}

#[test]
fn results() {
    let uids = |set: &str| Code::AppendUid { uid_validity: UidValidity::new(38505), uids: set.parse().unwrap() };
    check("APPENDUID 38505 3955", uids("3955"));
    check("APPENDUID 38505 3955:3957,3960", uids("3955:3957,3960"));
    check("COPYUID 38505 304,319:320 3956:3958", copy_uid(38505, &[(304, 304), (319, 320)], &[(3956, 3958)]));
    check("MODIFIED 7,9", Code::Modified([(7, 7), (9, 9)].into()));
    check("NOUPDATE \"B02\"", Code::NoUpdate("B02".into()));
    check("INPROGRESS", Code::InProgress { tag: None, done: None, total: None });
    check(
        "INPROGRESS (\"tag\" 454 1000)",
        Code::InProgress { tag: Some("tag".into()), done: Some(454), total: Some(1000) },
    );
    check("INPROGRESS (NIL 99 NIL)", Code::InProgress { tag: None, done: Some(99), total: None });
    check("MESSAGELIMIT 1000 23221", Code::MessageLimit { limit: 1000, uid: Uid::new(23221) });
    check("MESSAGELIMIT 1000", Code::MessageLimit { limit: 1000, uid: None });
    check("METADATA LONGENTRIES 2199", Code::MetadataLongEntries(2199));
    check("METADATA MAXSIZE 1024", Code::MetadataMaxSize(1024));
    check("METADATA TOOMANY", Code::MetadataTooMany);
    check("METADATA NOPRIVATE", Code::MetadataNoPrivate);
    check("UNDEFINED-FILTER on-the-road", Code::UndefinedFilter("on-the-road".into()));
    check(
        "BADURL \"/INBOX;UIDVALIDITY=785799047/;UID=113330\"",
        Code::BadUrl("/INBOX;UIDVALIDITY=785799047/;UID=113330".into()),
    );
    check("REFERRAL IMAP://user;AUTH=*@example.org/", Code::Referral("IMAP://user;AUTH=*@example.org/".into()));
    check("WEBALERT https://example.org/a?b=c", Code::WebAlert("https://example.org/a?b=c".into()));
    check("NEWNAME foo bar", Code::NewName("foo bar".into()));
}

#[test]
fn lists_of_words() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).into()).collect::<Vec<Box<str>>>();
    check("BADCHARSET", Code::BadCharset(words(&[])));
    check("BADCHARSET (US-ASCII \"ISO-8859-1\")", Code::BadCharset(words(&["US-ASCII", "ISO-8859-1"])));
    check("BADCHARSET ({5}\r\nUTF-8)", Code::BadCharset(words(&["UTF-8"])));
    check("BADCHARSET UTF-8", Code::BadCharset(words(&["UTF-8"])));
    check("BADEVENT (MessageNew FlagChange)", Code::BadEvent(words(&["MessageNew", "FlagChange"])));
}

#[test]
fn h21_flags_with_brackets() {
    let Some(Code::PermanentFlags(flags)) = read("PERMANENTFLAGS (OIB-Seen-[Gmail]/All \\Seen \\*)") else { panic!() };
    assert!(flags.contains_name(b"OIB-Seen-[Gmail]/All") && flags.seen() && flags.any());
}

#[test]
fn h25_h26_copyuid_never_fails_the_copy() {
    for text in ["COPYUID 701  ", "COPYUID", "COPYUID 1 1:10 101:110 junk", "COPYUID x y z", "COPYUID 1 5"] {
        check(text, Code::CopyUid(None));
    }
    check("COPYUID 1 1:4294967295 5", copy_uid(1, &[(1, u32::MAX)], &[(5, 5)]));
    check("COPYUID 0 1 2", copy_uid(0, &[(1, 1)], &[(2, 2)]));
    check("COPYUID 1 9,4:5 21:20,30", copy_uid(1, &[(9, 9), (4, 5)], &[(21, 20), (30, 30)]));
}

#[test]
fn h27_zeros_and_numbers_out_of_range() {
    check("UIDNEXT 0", Code::UidNext(0));
    check("UNSEEN 0", Code::Unseen(0));
    check("UIDVALIDITY 0", Code::UidValidity(UidValidity::new(0)));
    check("APPENDUID 0 0", Code::AppendUid { uid_validity: UidValidity::new(0), uids: UidSet::new() });
    check("HIGHESTMODSEQ -1", Code::HighestModSeq(ModSeq::new(0)));
    check("HIGHESTMODSEQ 18446744073709551615", Code::HighestModSeq(ModSeq::new(u64::MAX)));
    verbatim("UIDVALIDITY", "1528896777421");
}

#[test]
fn h37_capabilities_without_their_keyword() {
    assert_eq!(read("IMAP4rev1 LITERAL+ IDLE"), Some(capabilities("IMAP4rev1 LITERAL+ IDLE")));
    check("CAPABILITY IMAP4rev1 LITERAL + ", capabilities("IMAP4rev1 LITERAL+"));
}

#[test]
fn h44_nil_flags_are_not_no_flags() {
    check("PERMANENTFLAGS NIL", Code::PermanentFlagsAbsent);
    check("PERMANENTFLAGS ()", Code::PermanentFlags(Flags::new()));
}

#[test]
fn what_is_not_understood_is_kept_verbatim() {
    verbatim("X-BAR", "(a \"b\" (c))");
    verbatim("BACKENDQUEUE-7", "some free text here");
    verbatim("URLMECH", "INTERNAL XSAMPLE=P34OKhO7VEkCbsiYY8rGEg==");
    verbatim("UIDNEXT", "soon");
    verbatim("ALERT", "really");
    verbatim("METADATA", "FOO 1");
    verbatim("APPENDUID", "1");
    verbatim("MAILBOXID", "NIL");
    verbatim("CONVERTED", "");
}

#[test]
fn t089_a_code_costs_what_its_text_costs() {
    let Some(Code::CopyUid(Some(copied))) = read("COPYUID 1 1:4294967295 1:4294967295") else { panic!() };
    assert_eq!((copied.source.len(), copied.destination.len()), (1, 1));
}
