//! FETCH as a stream: order, back-pressure, several bodies, what servers leave out. M26, T098, architecture 4b.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt;
use imapkit::types::{Items, Part, Section, Uid, UidSet};
use imapkit::{Client, ErrorKind, Message, Selected};
use imapkit_testkit::peer::{Peer, PeerConn};

use crate::support::{Said, client, mail, over, peer, plain, selected, server, soon};

async fn open(peer: &Peer) -> (Client, Selected) {
    let client = soon(imapkit::connect(&plain(peer))).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    (client, inbox)
}

fn uids(set: &str) -> UidSet {
    set.parse().unwrap()
}

async fn text(message: &mut Message) -> Vec<u8> {
    let body = message.body().unwrap();
    soon(body.bytes(1 << 30)).await.unwrap().to_vec()
}

#[tokio::test]
async fn an_expunge_between_rows_attaches_nothing_to_the_wrong_message() {
    let big = "x".repeat(100_000);
    let peer = peer(move |conn| {
        selected(conn, 3)?;
        let tag = conn.expect("UID FETCH 11:13 (UID BODY.PEEK[])")?;
        conn.send("* 1 FETCH (UID 11 BODY[] {3}\r\none)\r\n* 2 EXPUNGE\r\n")?;
        conn.send(format!("* 2 FETCH (UID 13 BODY[] {{{}}}\r\n{big})\r\n{tag} OK done\r\n", big.len()))?;
        conn.drain()
    });
    let (client, inbox) = open(&peer).await;
    let mut stream = inbox.fetch(&uids("11:13"), Items::new().body_peek()).stream();
    let mut got = Vec::new();
    while let Some(mut message) = soon(stream.try_next()).await.unwrap() {
        got.push((message.uid().get(), text(&mut message).await.len()));
    }
    assert_eq!(got, [(11, 3), (13, 100_000)]);
    drop((stream, inbox, client));
    over(peer).await;
}

/// A server with more to say than anybody holds.
fn flood(conn: &mut PeerConn, sent: &AtomicU64, rows: u32, size: usize) -> Said {
    selected(conn, rows)?;
    let (tag, _) = conn.expect_line()?;
    let content = "y".repeat(size);
    for uid in 1..=rows {
        conn.send(format!("* {uid} FETCH (UID {uid} BODY[] {{{size}}}\r\n{content})\r\n"))?;
        sent.fetch_add(size as u64, Ordering::Relaxed);
    }
    conn.send(format!("{tag} OK done\r\n"))?;
    let tag = conn.expect("NOOP")?;
    conn.send(format!("{tag} OK done\r\n"))?;
    conn.drain()
}

#[tokio::test]
async fn a_slow_reader_slows_the_server_down() {
    const ROWS: u32 = 400;
    const SIZE: usize = 200_000;
    let sent = Arc::new(AtomicU64::new(0));
    let theirs = Arc::clone(&sent);
    let peer = peer(move |conn| flood(conn, &theirs, ROWS, SIZE));
    let (client, inbox) = open(&peer).await;
    let mut stream = inbox.fetch(&uids("1:*"), Items::new().body_peek()).stream();
    let mut first = soon(stream.try_next()).await.unwrap().unwrap();
    // Until the server is stuck: what it has sent stands still.
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = sent.load(Ordering::Relaxed);
        if now == before {
            break;
        }
        before = now;
    }
    assert!(
        before < 40_000_000,
        "{before} octets of {} were taken in for a reader that does not read",
        ROWS as usize * SIZE
    );
    assert_eq!(text(&mut first).await.len(), SIZE);
    let mut count = 1;
    while let Some(mut message) = soon(stream.try_next()).await.unwrap() {
        count += 1;
        assert_eq!((message.uid().get(), text(&mut message).await.len()), (count, SIZE));
    }
    assert_eq!(count, ROWS);
    soon(client.noop()).await.unwrap();
    drop((first, stream, inbox, client));
    over(peer).await;
}

#[tokio::test]
async fn a_command_between_rows_is_answered_although_the_stream_is_full() {
    const ROWS: u32 = 60;
    let sent = Arc::new(AtomicU64::new(0));
    let peer = peer(move |conn| flood(conn, &sent, ROWS, 200_000));
    let (client, inbox) = open(&peer).await;
    let mut stream = inbox.fetch(&uids("1:*"), Items::new().body_peek()).stream();
    soon(stream.try_next()).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    soon(client.noop()).await.unwrap();
    let mut count = 1;
    while soon(stream.try_next()).await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, ROWS);
    drop((stream, inbox, client));
    over(peer).await;
}

#[tokio::test]
async fn several_bodies_and_what_stands_behind_them() {
    let (one, two) = ("a".repeat(70_000), "b".repeat(80_000));
    let peer = peer(move |conn| {
        selected(conn, 1)?;
        let (tag, _) = conn.expect_line()?;
        conn.send(format!("* 1 FETCH (UID 5 BODY[1] {{{}}}\r\n{one} BODY[2] {{3}}\r\ntwo", one.len()))?;
        conn.send(format!(" BODY[3] {{{}}}\r\n{two} FLAGS (\\Seen))\r\n{tag} OK done\r\n", two.len()))?;
        conn.drain()
    });
    let (client, inbox) = open(&peer).await;
    let part = |n: &str| Section::part(n.parse::<Part>().unwrap());
    let items = Items::new().section_peek(part("1")).section_peek(part("2")).section_peek(part("3")).flags();
    let mut stream = inbox.fetch(&uids("5"), items).stream();
    let mut message = soon(stream.try_next()).await.unwrap().unwrap();
    assert!(message.flags().is_err(), "flags have not arrived");
    let mut sizes = Vec::new();
    while let Some(body) = soon(message.next_body()).await.unwrap() {
        sizes.push(soon(body.bytes(1 << 20)).await.unwrap().len());
    }
    assert_eq!(sizes, [70_000, 3, 80_000]);
    let row = soon(message.finish()).await.unwrap();
    assert_eq!(row.flags.unwrap().iter().count(), 1);
    assert!(soon(stream.try_next()).await.unwrap().is_none());
    drop((stream, inbox, client));
    over(peer).await;
}

#[tokio::test]
async fn a_uid_behind_the_body_is_waited_for() {
    let big = "z".repeat(90_000);
    let peer = peer(move |conn| {
        selected(conn, 1)?;
        let (tag, _) = conn.expect_line()?;
        conn.send(format!("* 1 FETCH (BODY[] {{{}}}\r\n{big} UID 9)\r\n{tag} OK done\r\n", big.len()))?;
        conn.drain()
    });
    let (client, inbox) = open(&peer).await;
    let mut stream = inbox.fetch(&uids("9"), Items::new().body_peek()).stream();
    let mut message = soon(stream.try_next()).await.unwrap().unwrap();
    assert_eq!(message.uid(), Uid::new(9).unwrap());
    assert_eq!(text(&mut message).await.len(), 90_000);
    drop((stream, inbox, client));
    over(peer).await;
}

#[tokio::test]
async fn passing_over_a_body_and_outliving_the_stream() {
    let server = server((0..6).map(|n| mail(&format!("m{n}"), 150_000)));
    let client = client(&server).await;
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let request = || inbox.fetch(&UidSet::all(), Items::new().envelope().body_peek());
    let mut stream = request().stream();
    let mut first = soon(stream.try_next()).await.unwrap().unwrap();
    let stale = first.body().unwrap();
    let mut second = soon(stream.try_next()).await.unwrap().unwrap();
    let error = soon(stale.bytes(1 << 20)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
    assert_eq!(second.subject().as_deref(), Some("m1"));
    let body = second.body().unwrap();
    drop((stream, second));
    assert_eq!(soon(body.bytes(1 << 20)).await.unwrap(), mail("m1", 150_000));
    assert_eq!(soon(client.select("Archive")).await.unwrap().info().exists, 0);
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let all = soon(inbox.fetch(&UidSet::all(), Items::new().body_peek()).collect(1 << 20)).await.unwrap();
    assert_eq!(all.len(), 6);
    let error = soon(inbox.fetch(&UidSet::all(), Items::new().body_peek()).collect(100_000)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    soon(client.noop()).await.unwrap();
}

#[tokio::test]
async fn m026_a_long_set_goes_out_in_several_lines() {
    let peer = peer(|conn| {
        selected(conn, 5000)?;
        let mut seen = 0;
        while seen < 5000 {
            let (tag, line) = conn.expect_line()?;
            assert!(line.len() + tag.len() + 3 <= 1000, "a line of {} octets", line.len());
            let set = line.strip_prefix("UID FETCH ").and_then(|rest| rest.split(' ').next()).unwrap();
            for uid in set.split(',') {
                conn.send(format!("* 1 FETCH (UID {uid} FLAGS ())\r\n"))?;
                seen += 1;
            }
            conn.send(format!("{tag} OK done\r\n"))?;
        }
        conn.drain()
    });
    let client = soon(imapkit::connect(&plain(&peer).max_line(1000))).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let odd: UidSet = (0..5000).filter_map(|n| Uid::new(2 * n + 1)).collect();
    let rows = soon(inbox.fetch(&odd, Items::new().flags()).collect(0)).await.unwrap();
    assert_eq!(rows.iter().map(Message::uid).collect::<UidSet>(), odd);
    drop((inbox, client));
    over(peer).await;
}

#[tokio::test]
async fn t104_the_server_vanishes_in_the_middle_of_a_body() {
    let peer = peer(|conn| {
        selected(conn, 1)?;
        conn.expect_line()?;
        conn.send(format!("* 1 FETCH (UID 5 BODY[] {{100000}}\r\n{}", "q".repeat(70_000)))?;
        conn.cut()
    });
    let (client, inbox) = open(&peer).await;
    let mut stream = inbox.fetch(&uids("5"), Items::new().body_peek()).stream();
    let mut message = soon(stream.try_next()).await.unwrap().unwrap();
    let mut body = message.body().unwrap();
    let mut count = 0;
    let error = loop {
        match soon(body.chunk()).await {
            Ok(Some(chunk)) => count += chunk.len(),
            Ok(None) => panic!("the end of 70,000 octets is not the end of 100,000"),
            Err(error) => break error,
        }
    };
    assert!(count <= 70_000 && error.kind() == ErrorKind::Closed, "{count} {error}");
    assert!(soon(stream.try_next()).await.is_err());
    assert!(!client.is_open());
    drop((stream, inbox));
    over(peer).await;
}
