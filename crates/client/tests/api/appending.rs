//! Messages into mailboxes: from memory, from readers, several at once, refused. M27, M28, M31, T102.

use bytes::Bytes;
use imapkit::types::{DateTime, Flag, Items, UidSet};
use imapkit::{ErrorKind, NewMessage};
use imapkit_testkit::peer::Peer;

use crate::support::{client, mail, over, peer, plain, server, soon};

#[tokio::test]
async fn small_and_large_from_memory_and_from_a_reader() {
    let server = server([]);
    let client = client(&server).await;
    let texts: Vec<Vec<u8>> = [200, 4000, 4097, 65_536, 1_000_000].map(|size| mail("m", size)).into();
    for text in &texts {
        soon(client.append("INBOX", Bytes::from(text.clone()))).await.unwrap().unwrap();
        let reader = NewMessage::from_reader(&text[..], text.len() as u64).flags(Flag::Flagged);
        soon(client.append("INBOX", reader.date(DateTime::from_unix(1_000_000_000, 120).unwrap())))
            .await
            .unwrap()
            .unwrap();
    }
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let stored = soon(inbox.fetch(&UidSet::all(), Items::new().flags().internal_date().body_peek()).collect(8 << 20))
        .await
        .unwrap();
    assert_eq!(stored.len(), 2 * texts.len());
    for (n, mut message) in stored.into_iter().enumerate() {
        let flagged = message.flags().unwrap().contains(&Flag::Flagged);
        let dated = message.internal_date().map(DateTime::unix_seconds) == Some(1_000_000_000);
        assert_eq!((flagged, dated), (n % 2 == 1, n % 2 == 1));
        assert_eq!(soon(message.body().unwrap().bytes(2 << 20)).await.unwrap(), texts[n / 2]);
    }
}

#[tokio::test]
async fn one_by_one_where_there_is_no_multiappend() {
    let server = server([]);
    let client = client(&server).await;
    let messages = (0..3).map(|n| NewMessage::new(mail(&format!("m{n}"), 5000)));
    let uids = soon(client.append_all("Archive", messages)).await.unwrap();
    assert_eq!(uids.len(), 3);
    assert!(soon(client.append_all("Archive", [])).await.unwrap().is_empty());
    assert_eq!(soon(client.select("Archive")).await.unwrap().info().exists, 3);
}

#[tokio::test]
async fn several_in_one_command() {
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 MULTIAPPEND] ready\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1 MULTIAPPEND UIDPLUS] in\r\n"))?;
        let (tag, line) = conn.expect_line()?;
        assert_eq!(line, "APPEND INBOX {5000}");
        conn.send("+ go\r\n")?;
        assert_eq!(conn.read_bytes(5000)?, [b'a'; 5000]);
        conn.expect_bytes(" (\\Seen) {6000}\r\n")?;
        conn.send("+ go\r\n")?;
        assert_eq!(conn.read_bytes(6000)?, [b'b'; 6000]);
        conn.expect_bytes("\r\n")?;
        conn.send(format!("{tag} OK [APPENDUID 7 3:4] done\r\n"))?;
        conn.drain()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let second = vec![b'b'; 6000];
    let messages = [NewMessage::new(vec![b'a'; 5000]), NewMessage::from_reader(&second[..], 6000).flags(Flag::Seen)];
    let uids = soon(client.append_all("INBOX", messages)).await.unwrap();
    assert_eq!(uids[0].uids.to_string(), "3:4");
    drop(client);
    over(peer).await;
}

#[tokio::test]
async fn t102_a_refused_message_is_not_sent_and_the_connection_lives() {
    let peer = peer(|conn| {
        let (tag, _) = conn.expect_line()?;
        conn.send(format!("* 3 EXISTS\r\n{tag} NO [OVERQUOTA] full\r\n"))?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.drain()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let error = soon(client.append("INBOX", Bytes::from(vec![b'a'; 1_000_000]))).await.unwrap_err();
    assert_eq!(error.to_string(), "APPEND refused: full [OVERQUOTA]");
    soon(client.noop()).await.unwrap();
    drop(client);
    over(peer).await;
}

#[tokio::test]
async fn a_reader_that_is_short_or_broken() {
    let server = server([]);
    // Small messages are read before anything is sent, so the connection lives.
    let client = client(&server).await;
    let error = soon(client.append("INBOX", NewMessage::from_reader(&b"abc"[..], 10))).await.unwrap_err();
    assert!(error.to_string().contains("7 octets fewer"), "{error}");
    soon(client.noop()).await.unwrap();
    let text = vec![b'a'; 100_000];
    let error = soon(client.append("INBOX", NewMessage::from_reader(&text[..], 200_000))).await.unwrap_err();
    assert!(error.to_string().contains("100000 octets fewer") || error.to_string().contains("octets fewer"), "{error}");
    assert!(soon(client.noop()).await.is_err());
}

#[tokio::test]
async fn a_message_above_the_servers_limit_is_not_sent() {
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 APPENDLIMIT=1000] ready\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1 APPENDLIMIT=1000] in\r\n"))?;
        conn.expect_eof()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let error = soon(client.append("INBOX", Bytes::from(vec![b'a'; 1001]))).await.unwrap_err();
    assert_eq!((error.kind(), error.connection_alive()), (ErrorKind::Limit, true), "{error}");
    assert!(error.to_string().contains("1000"));
    drop(client);
    over(peer).await;
}

#[tokio::test]
async fn m031_a_lost_answer_is_not_a_no() {
    let peer = peer(|conn| {
        conn.expect_line()?;
        conn.send("+ go\r\n")?;
        conn.read_bytes(5002)?;
        conn.cut()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let error = soon(client.append("INBOX", Bytes::from(vec![b'a'; 5000]))).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unknown, false), "{error}");
    over(peer).await;
}
