//! Changes as they happen: IDLE in between commands, NOOP where there is no IDLE, the end of a watch. M15–M17, T103.

use std::time::Duration;

use futures_util::StreamExt;
use imapkit::types::{Items, UidSet};
use imapkit::{Config, ErrorKind, Event, MailboxEvent, Timers};
use imapkit_server::Message;
use imapkit_testkit::peer::Peer;

use crate::support::{client, mail, over, peer, plain, selected, server, soon};

#[tokio::test]
async fn new_mail_is_told_at_once_and_commands_go_in_between() {
    let server = server([]);
    let client = client(&server).await;
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let mut watch = inbox.watch();
    for n in 1..4_u32 {
        server.deliver("me", "INBOX", Message::from(mail("new", 200))).unwrap();
        let exists = loop {
            if let MailboxEvent::Exists(exists) = soon(watch.next()).await.unwrap().unwrap() {
                break exists;
            }
        };
        assert_eq!(exists, n);
        let rows = soon(inbox.fetch(&UidSet::all(), Items::new().envelope()).collect(0)).await.unwrap();
        assert_eq!(rows.len(), usize::try_from(n).unwrap());
    }
}

#[tokio::test]
async fn idle_waits_for_the_plus_and_ends_with_the_watch() {
    let peer = peer(|conn| {
        selected(conn, 1)?;
        let idle = conn.expect("IDLE")?;
        // No DONE before the `+`, although a command waits (T103).
        conn.expect_silence(Duration::from_millis(300))?;
        conn.send("+ idling\r\n")?;
        conn.expect_bytes("DONE\r\n")?;
        conn.send(format!("{idle} OK done\r\n"))?;
        let noop = conn.expect("NOOP")?;
        conn.send(format!("{noop} OK done\r\n"))?;
        let idle = conn.expect("IDLE")?;
        conn.send("+ idling\r\n* 2 EXISTS\r\n")?;
        conn.expect_bytes("DONE\r\n")?;
        conn.send(format!("{idle} OK done\r\n"))?;
        conn.expect_eof()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let mut watch = inbox.watch();
    tokio::time::sleep(Duration::from_millis(100)).await;
    soon(client.noop()).await.unwrap();
    assert!(matches!(soon(watch.next()).await, Some(Ok(MailboxEvent::Exists(2)))));
    drop(watch);
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop((inbox, client));
    over(peer).await;
}

#[tokio::test]
async fn noop_where_there_is_no_idle() {
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"))?;
        selected(conn, 1)?;
        let noop = conn.expect("NOOP")?;
        conn.send(format!("* 1 EXPUNGE\r\n{noop} OK done\r\n"))?;
        conn.drain()
    });
    let timers = Timers { poll: Duration::from_millis(100), ..Timers::default() };
    let config = Config::danger_plaintext("127.0.0.1").port(peer.port()).login("me", "secret").timers(timers);
    let client = soon(imapkit::connect(&config)).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let mut watch = inbox.watch();
    assert!(matches!(soon(watch.next()).await, Some(Ok(MailboxEvent::Expunged { .. }))));
    drop((watch, inbox, client));
    over(peer).await;
}

#[tokio::test]
async fn a_watch_ends_when_another_mailbox_is_selected() {
    let server = server([]);
    let client = client(&server).await;
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let mut watch = inbox.watch();
    let archive = soon(client.select("Archive")).await.unwrap();
    assert_eq!(soon(watch.next()).await.unwrap().unwrap_err().kind(), ErrorKind::Stale);
    assert!(soon(watch.next()).await.is_none());
    let mut late = inbox.watch();
    assert_eq!(soon(late.next()).await.unwrap().unwrap_err().kind(), ErrorKind::Stale);
    let mut watch = archive.watch();
    server.deliver("me", "Archive", Message::from(mail("x", 100))).unwrap();
    assert!(soon(watch.next()).await.unwrap().is_ok());
}

#[tokio::test]
async fn events_for_everybody_and_what_was_missed() {
    let peer = peer(|conn| {
        selected(conn, 1)?;
        let tag = conn.expect("NOOP")?;
        for n in 0..3000 {
            conn.send(format!("* 1 FETCH (UID 5 FLAGS (k{n}))\r\n"))?;
        }
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.drain()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let mut events = client.events();
    soon(client.noop()).await.unwrap();
    let Some(Event::Missed(count)) = soon(events.next()).await else { panic!("3000 events fit in 1024") };
    let mut rest = 0;
    while rest < 1024 {
        soon(events.next()).await.unwrap();
        rest += 1;
    }
    assert!(count >= 3000 - 1024, "{count}");
    drop((events, inbox, client));
    over(peer).await;
}
