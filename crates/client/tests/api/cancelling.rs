//! Futures and streams dropped at every await: the connection answers the next command rightly or says that it is closed. M29, M30, T105.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_util::{StreamExt, TryStreamExt};
use imapkit::commands::Noop;
use imapkit::types::{Items, Key, UidSet};
use imapkit::{Client, ErrorKind, NewMessage, Selected};
use imapkit_testkit::peer::Peer;

use crate::support::{client, mail, over, peer, plain, selected, server, soon};

/// Polls a future `polls` times, letting everything else run in between, then drops it. True when it was done by then.
async fn dropped_after<F: Future>(work: F, polls: usize) -> bool {
    let mut work = pin!(work);
    for _ in 0..polls {
        let done = std::future::poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx).is_ready())).await;
        if done {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

/// The right answers to two commands, one of which returns data.
async fn is_good(client: &Client, inbox: &Selected, count: u64) {
    soon(client.noop()).await.unwrap();
    assert_eq!(soon(inbox.search(Key::All)).await.unwrap().len(), count);
    let rows = soon(inbox.fetch(&UidSet::all(), Items::new().size()).collect(0)).await.unwrap();
    assert_eq!(rows.len() as u64, count);
    assert!(rows.iter().all(|row| row.size().is_some()));
}

#[tokio::test]
async fn t105_every_future_at_every_await() {
    let server = server((0..20).map(|n| mail(&format!("m{n}"), 30_000 + n * 10_000)));
    let client = client(&server).await;
    let inbox = soon(client.select("INBOX")).await.unwrap();
    for polls in 0..12 {
        dropped_after(client.noop(), polls).await;
        dropped_after(client.list("", "*"), polls).await;
        dropped_after(inbox.search(Key::Unseen), polls).await;
        dropped_after(inbox.fetch(&UidSet::all(), Items::new().envelope()).collect(0), polls).await;
        dropped_after(inbox.fetch(&UidSet::all(), Items::new().body_peek()).collect(1 << 20), polls).await;
        dropped_after(client.append("Archive", bytes::Bytes::from(mail("small", 500))), polls).await;
        is_good(&client, &inbox, 20).await;
    }
}

#[tokio::test]
async fn t105_a_selection_dropped_at_every_await() {
    let server = server((0..3).map(|n| mail(&format!("m{n}"), 500)));
    let client = client(&server).await;
    for polls in 0..8 {
        dropped_after(client.select("Archive"), polls).await;
        dropped_after(client.select("Nowhere"), polls).await;
        let inbox = soon(client.select("INBOX")).await.unwrap();
        is_good(&client, &inbox, 3).await;
        assert_eq!(soon(inbox.exists()).await.unwrap(), 3);
    }
}

#[tokio::test]
async fn t105_streams_dropped_anywhere() {
    let server = server((0..20).map(|n| mail(&format!("m{n}"), 100_000)));
    let client = client(&server).await;
    let inbox = soon(client.select("INBOX")).await.unwrap();
    for messages in 0..6 {
        for chunks in 0..4 {
            let mut stream = inbox.fetch(&UidSet::all(), Items::new().body_peek()).stream();
            for n in 0..messages {
                let mut message = soon(stream.next()).await.unwrap().unwrap();
                assert_eq!(message.uid().get(), n + 1);
                let mut body = message.body().unwrap();
                for _ in 0..chunks {
                    soon(body.chunk()).await.unwrap();
                }
            }
            drop(stream);
            is_good(&client, &inbox, 20).await;
        }
    }
}

#[tokio::test]
async fn a_dropped_stream_beyond_the_budget_closes_the_connection() {
    let server = server((0..4).map(|n| mail(&format!("m{n}"), 2_000_000)));
    let config = crate::support::tls(&server).drain_budget(1 << 20);
    let client = soon(imapkit::connect(&config)).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let mut stream = inbox.fetch(&UidSet::all(), Items::new().body_peek()).stream();
    soon(stream.try_next()).await.unwrap().unwrap();
    drop(stream);
    let error = soon(client.noop()).await.unwrap_err();
    assert!(error.to_string().contains("drain_budget"), "{error}");
    assert!(!error.connection_alive());
}

#[tokio::test]
async fn a_command_that_was_not_sent_is_taken_back() {
    let peer = peer(|conn| {
        selected(conn, 0)?;
        let tag = conn.expect("EXAMINE One")?;
        // EXAMINE runs alone, so NOOP waits; it is dropped in the meantime.
        conn.expect_silence(std::time::Duration::from_millis(200))?;
        conn.send(format!("{tag} NO no\r\n"))?;
        let tag = conn.expect("CREATE Two")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.drain()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    soon(client.select("INBOX")).await.unwrap();
    let examine = client.submit(imapkit::commands::Select::examine("One".parse().unwrap()));
    let noop = client.submit(Noop);
    drop(noop);
    assert_eq!(soon(examine).await.unwrap_err().kind(), ErrorKind::No);
    soon(client.create("Two")).await.unwrap();
    drop(client);
    over(peer).await;
}

#[tokio::test]
async fn m029_an_append_dropped_in_its_message_closes_the_connection() {
    let peer = peer(|conn| {
        let (_, line) = conn.expect_line()?;
        assert_eq!(line, "APPEND INBOX {100000}");
        conn.send("+ go on\r\n")?;
        conn.drain()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let (reader, mut writer) = tokio::io::duplex(1024);
    tokio::io::AsyncWriteExt::write_all(&mut writer, &[b'a'; 500]).await.unwrap();
    let append = client.append("INBOX", NewMessage::from_reader(reader, 100_000));
    assert!(
        tokio::time::timeout(std::time::Duration::from_millis(300), append).await.is_err(),
        "the reader has no more"
    );
    let error = soon(client.noop()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    over(peer).await;
}

#[tokio::test]
async fn every_waiter_is_told_when_the_driver_is_dropped() {
    let peer = peer(|conn| {
        selected(conn, 1)?;
        conn.drain()
    });
    let (client, driver) = soon(imapkit::connect_with(&plain(&peer))).await.unwrap();
    let mut driver = Box::pin(driver);
    let select = client.select("INBOX");
    let inbox = soon(async {
        tokio::select! {
            inbox = select => inbox.unwrap(),
            _ = &mut driver => unreachable!("the connection is open"),
        }
    })
    .await;
    let noop = client.submit(Noop);
    let mut stream = inbox.fetch(&UidSet::all(), Items::new().flags()).stream();
    let mut events = client.events();
    let mut watch = inbox.watch();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(driver.as_mut().poll(&mut cx).is_pending());
    drop(driver);
    assert_eq!(soon(noop).await.unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(soon(stream.next()).await.unwrap().unwrap_err().kind(), ErrorKind::Closed);
    assert!(soon(stream.next()).await.is_none());
    assert!(soon(events.next()).await.is_none());
    assert!(soon(watch.next()).await.unwrap().is_err() && soon(watch.next()).await.is_none());
    assert_eq!(soon(client.noop()).await.unwrap_err().kind(), ErrorKind::Closed);
    over(peer).await;
}

#[tokio::test]
async fn the_connection_ends_with_the_last_handle() {
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"))?;
        selected(conn, 1)?;
        conn.expect_eof()
    });
    let client = soon(imapkit::connect(&plain(&peer))).await.unwrap();
    let inbox = soon(client.select("INBOX")).await.unwrap();
    drop(client);
    assert!(inbox.client().is_open());
    drop(inbox);
    over(peer).await;
}

/// Every verb there is, dropped after so many polls.
async fn each_verb_dropped(client: &Client, inbox: &Selected, polls: usize) {
    use imapkit::commands::StoreHow;
    use imapkit::types::{Flag, SeqSet, StatusItems};

    let (some, none): (UidSet, UidSet) = ("1:3".parse().unwrap(), "900:901".parse().unwrap());
    let seqs: SeqSet = "2:4".parse().unwrap();
    let (flag, items) = (Flag::Flagged, StatusItems::new().messages().uid_next());
    dropped_after(client.noop(), polls).await;
    dropped_after(client.id([("name", "x")]), polls).await;
    dropped_after(client.capability(), polls).await;
    dropped_after(client.namespace(), polls).await;
    dropped_after(client.list("", "*"), polls).await;
    dropped_after(client.lsub("", "*"), polls).await;
    dropped_after(client.status("Archive", items), polls).await;
    dropped_after(client.create("New"), polls).await;
    dropped_after(client.rename("New", "Newer"), polls).await;
    dropped_after(client.subscribe("Archive"), polls).await;
    dropped_after(client.unsubscribe("Archive"), polls).await;
    dropped_after(client.delete("Newer"), polls).await;
    dropped_after(client.check(), polls).await;
    dropped_after(client.raw("NOOP"), polls).await;
    dropped_after(client.capabilities(), polls).await;
    dropped_after(client.probe(std::time::Duration::from_secs(20)), polls).await;
    dropped_after(client.append("Archive", bytes::Bytes::from(mail("small", 500))), polls).await;
    let many = || (0..3).map(|n| NewMessage::new(mail(&format!("many-{n}"), 600)));
    dropped_after(client.append_all("Archive", many()), polls).await;
    dropped_after(inbox.exists(), polls).await;
    dropped_after(inbox.search(Key::Unseen), polls).await;
    dropped_after(inbox.search_seq(Key::All), polls).await;
    dropped_after(inbox.fetch(&some, Items::new().envelope().body_structure()).collect(0), polls).await;
    dropped_after(inbox.fetch_seq(&seqs, Items::new().flags()).collect(0), polls).await;
    dropped_after(inbox.fetch(&UidSet::all(), Items::new().body_peek()).collect(1 << 20), polls).await;
    dropped_after(inbox.store(&some, StoreHow::Add, flag.clone()), polls).await;
    dropped_after(inbox.store_seq(&seqs, StoreHow::Remove, flag.clone()), polls).await;
    dropped_after(inbox.add_flags(&some, flag.clone()), polls).await;
    dropped_after(inbox.set_flags(&some, flag.clone()), polls).await;
    dropped_after(inbox.remove_flags(&some, flag), polls).await;
    dropped_after(inbox.copy(&some, "Archive"), polls).await;
    dropped_after(inbox.copy_seq(&seqs, "Archive"), polls).await;
    dropped_after(inbox.move_(&none, "Archive"), polls).await;
    dropped_after(inbox.uid_expunge(&some), polls).await;
    dropped_after(inbox.expunge(), polls).await;
    let mut watch = inbox.watch();
    dropped_after(watch.next(), polls).await;
}

#[tokio::test]
async fn t105_every_verb_at_every_await_leaves_the_connection_right() {
    let server = server((0..9).map(|n| mail(&format!("m{n}"), 2000 + n * 20_000)));
    let client = client(&server).await;
    let inbox = soon(client.select("INBOX")).await.unwrap();
    for polls in 0..8 {
        soon(each_verb_dropped(&client, &inbox, polls)).await;
        is_good(&client, &inbox, 9).await;
    }
}

#[tokio::test]
async fn t105_a_large_message_dropped_at_every_await_is_stored_whole_or_the_connection_says_that_it_is_over() {
    let server = server([mail("m", 500)]);
    for polls in 0..14 {
        let client = client(&server).await;
        let inbox = soon(client.select("INBOX")).await.unwrap();
        let size = 300_000;
        dropped_after(client.append("Archive", bytes::Bytes::from(mail("large", size))), polls).await;
        match soon(client.noop()).await {
            Ok(()) => is_good(&client, &inbox, 1).await,
            Err(error) => assert!(error.kind() == ErrorKind::Cancelled && !client.is_open(), "{error}"),
        }
        for (_, message) in server.messages("me", "Archive").unwrap() {
            assert_eq!(message.bytes(), mail("large", size), "never half of it");
        }
    }
}

#[tokio::test]
async fn t105_calls_of_steady_accounts_and_pools_dropped_anywhere() {
    let server = server((0..3).map(|n| mail(&format!("m{n}"), 500)));
    let config = crate::support::tls(&server);
    let account = imapkit::Steady::start(&config);
    let pool = imapkit::Pool::new(&config);
    for polls in 0..12 {
        dropped_after(account.select("INBOX"), polls).await;
        dropped_after(account.examine("Archive"), polls).await;
        dropped_after(account.run(Noop), polls).await;
        dropped_after(account.append("Archive", NewMessage::new(mail("x", 300))), polls).await;
        dropped_after(account.watch().next(), polls).await;
        dropped_after(pool.mailbox("INBOX"), polls).await;
        dropped_after(pool.client(), polls).await;
        let inbox = soon(account.select("INBOX")).await.unwrap();
        is_good(inbox.client(), &inbox, 3).await;
        let lease = soon(pool.mailbox("INBOX")).await.unwrap();
        is_good(&lease, lease.mailbox().unwrap(), 3).await;
        drop(lease);
        let status = pool.status();
        assert!(status.open <= 5 && status.idle == status.open, "{status:?}");
    }
}
