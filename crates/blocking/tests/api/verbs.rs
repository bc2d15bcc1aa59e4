//! Each verb once, against the embedded server.

use imapkit_blocking::commands::StoreHow;
use imapkit_blocking::types::{Flag, Items, Key, ReturnOptions, StatusItems, UidSet};
use imapkit_blocking::{ErrorKind, NewMessage, connect};
use imapkit_server::{Capability, Server};

use crate::support::{client, config, guard, mail, plain, selected_peer, server};

fn uids(text: &str) -> UidSet {
    text.parse().expect("a set")
}

#[test]
fn mailboxes_come_and_go() {
    let _guard = guard();
    let server = server([mail("one", 300)]);
    let client = client(&server);
    client.create("Projects").unwrap();
    client.rename("Projects", "Entwürfe").unwrap();
    client.subscribe("Entwürfe").unwrap();
    let mut names: Vec<_> = client.list("", "*").unwrap().iter().map(|entry| entry.mailbox.name().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["Archive", "Entwürfe", "INBOX"]);
    assert!(client.lsub("", "*").unwrap().iter().any(|entry| entry.mailbox.name() == "Entwürfe"));
    client.unsubscribe("Entwürfe").unwrap();
    client.delete("Entwürfe").unwrap();
    let status = client.status("INBOX", StatusItems::new().messages().uid_next()).unwrap();
    assert_eq!((status.messages, status.uid_next), (Some(1), Some(2)));
    assert_eq!(client.delete("Entwürfe").unwrap_err().kind(), ErrorKind::No);
    client.noop().unwrap();
    assert!(client.id([("name", "test")]).unwrap().is_some());
    assert!(client.namespace().unwrap().personal.iter().any(|namespace| namespace.prefix.name().is_empty()));
    let answer = client.raw("STATUS INBOX (MESSAGES)").unwrap();
    assert_eq!(answer.untagged.len(), 1);
    assert!(client.capability().unwrap().offered().is_some());
    client.logout().unwrap();
    assert!(!client.is_open());
    assert_eq!(client.noop().unwrap_err().kind(), ErrorKind::Closed);
}

#[test]
fn messages_are_flagged_copied_moved_and_removed() {
    let _guard = guard();
    let server = server((1..=5).map(|n| mail(&format!("m{n}"), 300)));
    let client = client(&server);
    let inbox = client.select("INBOX").unwrap();
    assert_eq!((inbox.info().exists, inbox.exists().unwrap()), (5, 5));
    let stored = inbox.store(&uids("1:2"), StoreHow::Add, Flag::Flagged).unwrap();
    assert_eq!(stored.rows.len(), 2);
    inbox.add_flags(&uids("3"), Flag::Seen).unwrap();
    assert_eq!(inbox.search(Key::Seen).unwrap(), uids("3"));
    inbox.remove_flags(&uids("3"), Flag::Seen).unwrap();
    inbox.set_flags(&uids("1"), Flag::Answered).unwrap();
    assert_eq!(inbox.search(Key::Flagged).unwrap(), uids("2"));
    assert_eq!(inbox.search_seq(Key::Answered).unwrap().to_string(), "1");
    assert_eq!(inbox.search_return(Key::All, ReturnOptions::default()).unwrap().count, Some(5));
    let copied = inbox.copy(&uids("1,4"), "Archive").unwrap().unwrap();
    assert_eq!(copied.destination_set(), uids("1:2"));
    inbox.move_(&uids("5"), "Archive").unwrap();
    inbox.add_flags(&uids("1:2"), Flag::Deleted).unwrap();
    inbox.uid_expunge(&uids("1")).unwrap();
    assert_eq!(inbox.expunge().unwrap().seqs.len(), 1);
    assert_eq!((inbox.search(Key::All).unwrap(), inbox.exists().unwrap()), (uids("3:4"), 2));
    let archive = client.examine("Archive").unwrap();
    assert_eq!(archive.info().exists, 3);
    assert_eq!(inbox.search(Key::All).unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(inbox.exists().unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(archive.add_flags(&uids("1"), Flag::Seen).unwrap_err().kind(), ErrorKind::Misuse);
    archive.unselect().unwrap();
}

#[test]
fn without_move_messages_are_copied_marked_and_removed_and_without_uidplus_left_alone() {
    let _guard = guard();
    let server = Server::start(config([mail("one", 300), mail("two", 300)]).hide(Capability::Move)).unwrap();
    let inbox = client(&server).select("INBOX").unwrap();
    inbox.add_flags(&uids("2"), Flag::Deleted).unwrap();
    let moved = inbox.move_(&uids("1"), "Archive").unwrap().unwrap();
    assert_eq!(moved.source_set(), uids("1"));
    assert_eq!(inbox.search(Key::All).unwrap(), uids("2"), "another deleted message stays");
    assert_eq!(server.messages("me", "Archive").unwrap().len(), 1);

    let bare = config([mail("one", 300)]).hide(Capability::Move).hide(Capability::UidPlus);
    let server = Server::start(bare).unwrap();
    let inbox = client(&server).select("INBOX").unwrap();
    assert_eq!(inbox.move_(&uids("1"), "Archive").unwrap_err().kind(), ErrorKind::Unsupported);
    assert!(server.messages("me", "Archive").unwrap().is_empty());
}

#[test]
fn m026_a_set_that_fits_no_line_is_sent_in_pieces() {
    let _guard = guard();
    let server = server((1..=400).map(|n| mail(&format!("m{n}"), 200)));
    let client = connect(&plain(&server).max_line(256)).unwrap();
    let inbox = client.select("INBOX").unwrap();
    let odd: UidSet = (1..=400).step_by(2).filter_map(imapkit_blocking::types::Uid::new).collect();
    let mut seen = UidSet::new();
    for message in inbox.fetch(&odd, Items::new().size()) {
        seen.insert(message.unwrap().uid());
    }
    assert_eq!(seen, odd);
    assert_eq!(inbox.store(&odd, StoreHow::Add, Flag::Seen).unwrap().rows.len(), 200);
    let copied = inbox.copy(&odd, "Archive").unwrap().unwrap();
    assert_eq!((copied.source_set(), copied.pairs().unwrap().count()), (odd.clone(), 200));
    inbox.add_flags(&odd, Flag::Deleted).unwrap();
    inbox.uid_expunge(&odd).unwrap();
    assert_eq!(inbox.search(Key::All).unwrap().len(), 200);
}

#[test]
fn an_empty_set_asks_nothing() {
    let _guard = guard();
    let server = server([mail("one", 300)]);
    let inbox = client(&server).select("INBOX").unwrap();
    let none = UidSet::new();
    assert!(inbox.fetch(&none, Items::new().flags()).into_iter().next().is_none());
    assert!(inbox.store(&none, StoreHow::Add, Flag::Seen).unwrap().rows.is_empty());
    assert!(inbox.copy(&none, "Archive").unwrap().is_none());
    assert!(inbox.client().append_all("INBOX", [] as [NewMessage<'_>; 0]).unwrap().is_empty());
}

#[test]
fn h090_a_search_is_asked_again_plainly_where_esearch_is_only_offered() {
    let _guard = guard();
    let (peer, config) = selected_peer("ESEARCH", |conn| {
        let tag = conn.expect("UID SEARCH RETURN (ALL) SEEN")?;
        conn.send(format!("{tag} NO [SERVERBUG] no such thing\r\n"))?;
        let tag = conn.expect("UID SEARCH SEEN")?;
        conn.send(format!("* SEARCH 7\r\n{tag} OK done\r\n"))?;
        let tag = conn.expect("UID SEARCH RETURN (ALL) ALL")?;
        conn.send(format!("* ESEARCH (TAG \"{tag}\") UID\r\n{tag} OK done\r\n"))?;
        let tag = conn.expect("UID SEARCH ALL")?;
        conn.send(format!("* SEARCH 7 9\r\n{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    let inbox = connect(&config).unwrap().select("INBOX").unwrap();
    assert_eq!(inbox.search(Key::Seen).unwrap(), uids("7"));
    assert_eq!(inbox.search(Key::All).unwrap(), uids("7,9"));
    drop(inbox);
    peer.join().unwrap();
}
