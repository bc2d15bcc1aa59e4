//! Mailbox names: identity, INBOX, hierarchy, and what may not be in one.

use super::*;
use alloc::collections::BTreeSet;
use alloc::string::ToString;
use alloc::vec::Vec;

#[test]
fn t068_refuses_what_could_end_a_command() {
    for (name, at) in [("x\r\nA9 DELETE INBOX", 1), ("a\0", 1), ("\n", 0)] {
        assert_eq!(Mailbox::new(name).unwrap_err().offset(), Some(at), "{name:?}");
    }
    // A tab is real: Exchange lists such names (H50).
    assert!(Mailbox::new("INBOX/Da\tOggetto\t").is_ok());
}

#[test]
fn inbox_ignores_case_as_a_whole_name_only() {
    let names = ["inbox", "INBOX", "Inbox"].map(|name| Mailbox::new(name).unwrap());
    let distinct: BTreeSet<_> = names.iter().cloned().collect();
    assert_eq!(distinct.len(), 1);
    assert_eq!(names[0], Mailbox::inbox());
    assert_eq!(names[0].name(), "inbox");
    assert_ne!(Mailbox::new("inbox/a").unwrap(), Mailbox::new("INBOX/a").unwrap());
    assert_ne!(Mailbox::new("Sent").unwrap(), Mailbox::new("sent").unwrap());
}

#[test]
fn h095_identity_is_the_servers_bytes() {
    let typed = Mailbox::new("&Jjo!").unwrap();
    let served = Mailbox::from_wire("&Jjo!", Some(b"&Jjo!"));
    assert_ne!(typed, served);
    assert_eq!(served, Mailbox::from_wire("&Jjo!", Some(b"&Jjo!")));
    assert_eq!(served.raw(), Some(&b"&Jjo!"[..]));
    // "INBOX" through a needless shift is another mailbox.
    assert!(!Mailbox::from_wire("INBOX", Some(b"&AEk-NBOX")).is_inbox());
    assert_eq!(alloc::format!("{served:?}"), r#"Mailbox("&Jjo!", raw "&Jjo!")"#);
}

#[test]
fn walks_the_hierarchy() {
    let mailbox = Mailbox::new("Work/2026/Überweisungen").unwrap();
    assert_eq!(mailbox.segments('/').collect::<Vec<_>>(), ["Work", "2026", "Überweisungen"]);
    assert_eq!(mailbox.parent('/').unwrap().name(), "Work/2026");
    assert_eq!(mailbox.parent('.'), None);
    assert_eq!(Mailbox::new("Work/2026/").unwrap().parent('/').unwrap().name(), "Work");
    assert_eq!(Mailbox::new("Work/").unwrap().parent('/'), None);
}

#[test]
fn parents_keep_bytes_that_text_cannot_make() {
    let odd = Mailbox::from_wire("&Jjo!/a", Some(b"&Jjo!/a")).parent('/').unwrap();
    assert_eq!(odd, Mailbox::from_wire("&Jjo!", Some(b"&Jjo!")));
    let plain = Mailbox::from_wire("Work/&Jjo!", Some(b"Work/&Jjo!")).parent('/').unwrap();
    assert_eq!(plain, Mailbox::new("Work").unwrap());
}

#[test]
fn a_list_entry_answers_the_usual_questions() {
    let mut entry = ListEntry::new(ListKind::List, Mailbox::new("Spam").unwrap());
    assert_eq!((entry.is_selectable(), entry.has_children(), entry.special_use()), (true, None, None));
    entry.attributes = ["\\HasNoChildren", "\\junk", "\\NonExistent"].map(Attribute::parse).into();
    assert_eq!(entry.has_children(), Some(false));
    assert_eq!(entry.special_use(), Some(SpecialUse::Junk));
    assert!(!entry.is_selectable());
    assert_eq!(entry.mailbox.to_string(), "Spam");
}
