//! Handles of selected mailboxes: epochs, fallbacks, joined answers. M05, M26, T099, T100.

use imapkit::commands::StoreHow;
use imapkit::types::{Flag, Items, Key, Uid, UidSet};
use imapkit::{Config, ErrorKind};
use imapkit_testkit::peer::Peer;

use crate::support::{over, peer, plain, selected, server, soon, tls};

fn uids(set: &str) -> UidSet {
    set.parse().unwrap()
}

#[tokio::test]
async fn handles_of_another_selection_are_stale() {
    let server = server([]);
    let client = soon(imapkit::connect(&tls(&server))).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let archive = soon(client.select("Archive")).await.unwrap();
    assert_eq!(soon(inbox.expunge()).await.unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(
        soon(inbox.fetch(&uids("1"), Items::new().flags()).collect(0)).await.unwrap_err().kind(),
        ErrorKind::Stale
    );
    soon(archive.expunge()).await.unwrap();
}

#[tokio::test]
async fn t099_uidvalidity_flips_before_a_queued_store() {
    let peer = peer(|conn| {
        selected(conn, 1)?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("* OK [UIDVALIDITY 8] renamed over\r\n{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    soon(client.noop()).await.unwrap();
    for error in [
        soon(inbox.add_flags(&uids("1"), Flag::Deleted)).await.unwrap_err(),
        soon(inbox.uid_expunge(&uids("1"))).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.connection_alive()), (ErrorKind::Stale, true), "{error}");
    }
    drop((inbox, client));
    over(peer).await;
}

#[tokio::test]
async fn t100_a_failed_select_leaves_no_mailbox() {
    let server = server([]);
    let client = soon(imapkit::connect(&tls(&server))).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    assert_eq!(soon(client.select("Nowhere")).await.unwrap_err().kind(), ErrorKind::No);
    let error = soon(inbox.expunge()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Stale | ErrorKind::Misuse), "{error}");
}

#[tokio::test]
async fn without_move_copies_marks_and_removes() {
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 UIDPLUS] ready\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1 UIDPLUS] in\r\n"))?;
        selected(conn, 2)?;
        let tag = conn.expect("UID COPY 4,9 Archive")?;
        conn.send(format!("{tag} OK [COPYUID 3 4,9 1:2] done\r\n"))?;
        let tag = conn.expect("UID STORE 4,9 +FLAGS.SILENT (\\Deleted)")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        let tag = conn.expect("UID EXPUNGE 4,9")?;
        conn.send(format!("* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n{tag} OK done\r\n"))?;
        conn.drain()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let moved = soon(inbox.move_(&uids("4,9"), "Archive")).await.unwrap().unwrap();
    assert_eq!(moved.copy_of(Uid::new(9).unwrap()), Uid::new(2));
    drop((inbox, client));
    over(peer).await;
}

#[tokio::test]
async fn a_failed_copy_removes_nothing_and_without_uidplus_nothing_is_moved() {
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 UIDPLUS] ready\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1 UIDPLUS] in\r\n"))?;
        selected(conn, 2)?;
        let tag = conn.expect("UID COPY 4 Archive")?;
        conn.send(format!("{tag} NO [TRYCREATE] none\r\n"))?;
        conn.expect_eof()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    assert_eq!(soon(inbox.move_(&uids("4"), "Archive")).await.unwrap_err().kind(), ErrorKind::No);
    drop((inbox, client));
    over(peer).await;
    let peer = Peer::serve_fn(|conn| {
        conn.send("* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n")?;
        selected(conn, 2)?;
        conn.expect_eof()
    });
    let config = Config::danger_plaintext("127.0.0.1").port(peer.port());
    let client = soon(imapkit::connect(&config)).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    assert_eq!(soon(inbox.move_(&uids("4"), "Archive")).await.unwrap_err().kind(), ErrorKind::Unsupported);
    drop((inbox, client));
    over(peer).await;
}

#[tokio::test]
async fn m026_the_answers_of_pieces_are_joined() {
    let peer = peer(|conn| {
        selected(conn, 900)?;
        let mut commands = 0;
        for verb in ["UID STORE ", "UID COPY "] {
            let mut seen = 0;
            while seen < 900 {
                let (tag, line) = conn.expect_line()?;
                commands += 1;
                assert!(line.len() < 990, "{} octets", line.len());
                let set = line.strip_prefix(verb).and_then(|rest| rest.split(' ').next()).unwrap();
                let count = set.split(',').count();
                if verb == "UID STORE " {
                    for uid in set.split(',') {
                        conn.send(format!("* 1 FETCH (UID {uid} FLAGS (\\Seen))\r\n"))?;
                    }
                    conn.send(format!("{tag} OK done\r\n"))?;
                } else {
                    let copies = format!("{}:{}", 5000 + seen, 5000 + seen + count - 1);
                    conn.send(format!("{tag} OK [COPYUID 3 {set} {copies}] done\r\n"))?;
                }
                seen += count;
            }
        }
        assert!(commands > 10, "{commands}");
        conn.drain()
    });
    let client = soon(imapkit::connect(&plain(&peer).max_line(1000))).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let odd: UidSet = (0..900).filter_map(|n| Uid::new(2 * n + 1)).collect();
    let stored = soon(inbox.store(&odd, StoreHow::Add, Flag::Seen)).await.unwrap();
    assert_eq!(stored.rows.len(), 900);
    let copied = soon(inbox.copy(&odd, "Archive")).await.unwrap().unwrap();
    assert_eq!(copied.pairs().unwrap().count(), 900);
    assert_eq!(copied.copy_of(Uid::new(1799).unwrap()), Uid::new(5899));
    drop((inbox, client));
    over(peer).await;
}

#[tokio::test]
async fn h090_a_search_is_asked_again_plainly_where_esearch_is_only_offered() {
    let peer = peer(|conn| {
        selected(conn, 2)?;
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
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    assert_eq!(soon(inbox.search(Key::Seen)).await.unwrap(), uids("7"));
    assert_eq!(soon(inbox.search(Key::All)).await.unwrap(), uids("7,9"));
    drop((inbox, client));
    over(peer).await;
}
