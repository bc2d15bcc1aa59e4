//! Waits that end: readers that stall, servers that stop taking or saying anything, and layers that change under way. M32, T104, T112.

use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use imapkit::commands::Compress;
use imapkit::types::{Items, UidSet};
use imapkit::{Body, Client, ErrorKind, FetchStream, Message, NewMessage, Reply, Selected, Timers};
use imapkit_testkit::peer::Peer;

use crate::support::{mail, over, peer, plain, selected, soon};

#[tokio::test]
async fn a_reader_that_stalls_loses_its_stream_and_nothing_else() {
    let peer = peer(|conn| {
        selected(conn, 40)?;
        let (tag, _) = conn.expect_line()?;
        let content = "y".repeat(100_000);
        for uid in 1..=40 {
            conn.send(format!("* {uid} FETCH (UID {uid} BODY[] {{100000}}\r\n{content})\r\n"))?;
        }
        conn.send(format!("{tag} OK done\r\n"))?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.drain()
    });
    let timers = Timers { stall: Duration::from_secs(1), ..Timers::default() };
    let client = soon(imapkit::connect(&plain(&peer).timers(timers))).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let mut events = client.events();
    let mut stream = inbox.fetch(&UidSet::all(), Items::new().body_peek()).stream();
    soon(stream.try_next()).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let mut count = 0;
    let error = loop {
        match soon(stream.try_next()).await {
            Ok(message) => assert!(message.is_some(), "the end after {count}"),
            Err(error) => break error,
        }
        count += 1;
    };
    assert!(error.kind() == ErrorKind::Stalled && error.connection_alive() && count < 39, "{count} {error}");
    soon(client.noop()).await.unwrap();
    drop((stream, inbox, client));
    while soon(futures_util::StreamExt::next(&mut events)).await.is_some() {}
    over(peer).await;
}

#[tokio::test]
async fn a_server_that_takes_nothing_any_more() {
    let peer = peer(|conn| {
        conn.expect_line()?;
        conn.send("+ go\r\n")?;
        // The socket's buffers fill, and nobody reads.
        std::thread::sleep(Duration::from_secs(9));
        Ok(())
    });
    let timers = Timers { progress: Duration::from_secs(2), ..Timers::default() };
    let client = soon(imapkit::connect(&plain(&peer).timers(timers))).await.unwrap();
    let error = soon(client.append("INBOX", Bytes::from(vec![b'a'; 100 << 20]))).await.unwrap_err();
    // Half a message is no message, so it is known that the server did nothing.
    assert!(error.kind() == ErrorKind::Timeout && error.to_string().contains("taken no octet"), "{error}");
}

#[tokio::test]
async fn a_message_that_never_comes() {
    let peer = peer(|conn| {
        conn.expect_line()?;
        conn.send("+ go\r\n")?;
        conn.drain()
    });
    let timers = Timers { stall: Duration::from_millis(200), ..Timers::default() };
    let client = soon(imapkit::connect(&plain(&peer).timers(timers))).await.unwrap();
    let (reader, _writer) = tokio::io::duplex(64);
    let error = soon(client.append("INBOX", NewMessage::from_reader(reader, 10_000))).await.unwrap_err();
    assert!(error.to_string().contains("not supplied"), "{error}");
    assert!(!client.is_open());
    over(peer).await;
}

#[tokio::test]
async fn t104_silence_is_an_error_with_a_name() {
    let peer = peer(|conn| {
        conn.expect("NOOP")?;
        conn.drain()
    });
    let timers = Timers { progress: Duration::from_millis(200), ..Timers::default() };
    let client = soon(imapkit::connect(&plain(&peer).timers(timers))).await.unwrap();
    let (first, second) = (client.submit(imapkit::commands::Noop), client.submit(imapkit::commands::Noop));
    let error = soon(first).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert_eq!(soon(second).await.unwrap_err().kind(), ErrorKind::Timeout);
    over(peer).await;
}

#[tokio::test]
async fn t112_endless_bye_and_a_reset() {
    let peer = peer(|conn| {
        conn.expect("NOOP")?;
        while conn.send("* BYE bye bye\r\n").is_ok() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    });
    let timers = Timers { after_bye: Duration::from_millis(200), ..Timers::default() };
    let client = soon(imapkit::connect(&plain(&peer).timers(timers))).await.unwrap();
    assert_eq!(soon(client.noop()).await.unwrap_err().kind(), ErrorKind::Bye);
    over(peer).await;
    let peer = self::peer(|conn| {
        conn.expect("NOOP")?;
        conn.reset()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let error = soon(client.noop()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io | ErrorKind::Closed) && error.is_retryable(), "{error}");
    over(peer).await;
}

#[tokio::test]
async fn compressed_both_ways() {
    let text = mail("squeezed", 300_000);
    let size = text.len();
    let peer = Peer::serve_fn(move |conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] ready\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in\r\n"))?;
        let tag = conn.expect("COMPRESS DEFLATE")?;
        conn.send(format!("{tag} OK deflate\r\n"))?;
        conn.start_deflate()?;
        selected(conn, 1)?;
        let (tag, _) = conn.expect_line()?;
        conn.send(format!("* 1 FETCH (UID 1 BODY[] {{{}}}\r\n", text.len()))?;
        conn.send(&text)?;
        conn.send(format!(")\r\n{tag} OK done\r\n"))?;
        let (tag, line) = conn.expect_line()?;
        assert_eq!(line, format!("APPEND INBOX {{{}}}", text.len()));
        conn.send("+ go\r\n")?;
        assert_eq!(conn.read_bytes(text.len())?, text);
        conn.expect_bytes("\r\n")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.drain()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    soon(client.run(Compress)).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let mut all = soon(inbox.fetch(&UidSet::all(), Items::new().body_peek()).collect(1 << 20)).await.unwrap();
    let body = soon(all[0].body().unwrap().bytes(1 << 20)).await.unwrap();
    assert_eq!(body.len(), size);
    soon(client.append("INBOX", body)).await.unwrap();
    drop((all, inbox, client));
    over(peer).await;
}

#[test]
fn handles_go_wherever_their_owner_likes() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    fn sent<T: Send + 'static>() {}
    fn is_sent<T: Send>(_: &T) {}
    shared::<Client>();
    shared::<Selected>();
    sent::<Message>();
    sent::<Body>();
    sent::<FetchStream>();
    sent::<Reply<()>>();
    sent::<imapkit::Driver>();
    sent::<NewMessage<'static>>();
    let futures = |client: &Client, inbox: &Selected| {
        is_sent(&client.append("INBOX", Bytes::new()));
        is_sent(&inbox.move_(&UidSet::new(), "x"));
        is_sent(&imapkit::connect(&imapkit::Config::tls("x")));
    };
    let _: fn(&Client, &Selected) = futures;
}
