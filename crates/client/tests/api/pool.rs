//! Several connections within a budget: affinity, fairness, hygiene, limits. M30, M33, T106, T110.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use imapkit::recovery::BackoffConfig;
use imapkit::types::{Items, Key, UidSet};
use imapkit::{Config, ErrorKind, Pool, PoolOptions};
use imapkit_server::Server;
use imapkit_testkit::peer::Peer;
use imapkit_testkit::relay::Relay;

use crate::support::{account, mail, over, plain, soon};

fn options() -> PoolOptions {
    let mut backoff = BackoffConfig::default();
    backoff.base = Duration::from_millis(20);
    PoolOptions::default().backoff(backoff).patience(Duration::from_secs(15))
}

fn server(messages: usize, size: usize) -> (Server, Relay, Config) {
    let messages = (0..messages).map(|n| mail(&format!("m{n}"), size));
    let server = Server::start(account(messages).allow_plain_login(true)).unwrap();
    let relay = Relay::to(server.plain_port().unwrap());
    let config = Config::danger_plaintext("127.0.0.1").port(relay.port()).login("me", "secret");
    (server, relay, config)
}

#[tokio::test]
async fn connections_are_lent_by_mailbox_and_made_only_when_needed() {
    let (_server, relay, config) = server(3, 500);
    let pool = Pool::with(&config, options());
    assert_eq!(relay.count(), 0, "nothing is opened before it is needed");
    let inbox = soon(pool.mailbox("INBOX")).await.unwrap();
    let archive = soon(pool.mailbox("Archive")).await.unwrap();
    let (first, second) = (inbox.opened().peer, archive.mailbox().unwrap().info().exists);
    assert!(first.is_some() && second == 0);
    let epoch = inbox.mailbox().unwrap().info().epoch;
    drop((inbox, archive));
    let status = pool.status();
    assert_eq!((status.open, status.idle, status.allowed), (2, 2, 5));
    let inbox = soon(pool.mailbox("inbox")).await.unwrap();
    assert_eq!(inbox.mailbox().unwrap().info().epoch, epoch, "still selected, so not selected again");
    let any = soon(pool.client()).await.unwrap();
    assert_eq!(relay.count(), 2);
    assert_eq!(soon(inbox.mailbox().unwrap().search(Key::All)).await.unwrap().len(), 3);
    drop((inbox, any));
    let mut closing = std::pin::pin!(pool.close_idle());
    let begun = std::future::poll_fn(|cx| std::task::Poll::Ready(closing.as_mut().poll(cx))).await;
    assert!(begun.is_pending());
    assert_eq!((pool.status().open, pool.status().idle), (0, 0), "whether it is waited for or not");
    soon(closing).await;
}

#[tokio::test]
async fn whoever_waits_longest_is_served_first_and_nobody_for_ever() {
    let (_server, relay, config) = server(1, 500);
    let pool = Pool::with(&config, options().connections(1));
    let lease = soon(pool.client()).await.unwrap();
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut waiting = Vec::new();
    for n in 0..4 {
        let (pool, order) = (pool.clone(), Arc::clone(&order));
        waiting.push(tokio::spawn(async move {
            let lease = pool.client().await.unwrap();
            lease.noop().await.unwrap();
            order.lock().unwrap().push(n);
        }));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let late = Pool::with(&config, options().connections(1).patience(Duration::from_millis(100)));
    let held = soon(late.client()).await.unwrap();
    assert_eq!(soon(late.client()).await.unwrap_err().kind(), ErrorKind::Timeout);
    drop(held);
    drop(lease);
    for task in waiting {
        soon(task).await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3]);
    assert_eq!(relay.count(), 2, "one for each pool");
}

#[tokio::test]
async fn t106_what_is_not_in_step_is_not_lent_again() {
    let (_server, relay, config) = server(8, 3_000_000);
    let pool = Pool::with(&config, options().connections(1));
    // Poisoned by its user.
    let mut lease = soon(pool.client()).await.unwrap();
    lease.poison();
    drop(lease);
    // Closed while it was lent.
    let lease = soon(pool.client()).await.unwrap();
    lease.close();
    while lease.is_open() {
        tokio::task::yield_now().await;
    }
    drop(lease);
    assert_eq!(pool.status().open, 0);
    // Somebody still listens on it: it is in IDLE.
    let lease = soon(pool.mailbox("INBOX")).await.unwrap();
    let watch = lease.mailbox().unwrap().watch();
    drop(lease);
    let lease = soon(pool.mailbox("INBOX")).await.unwrap();
    assert_eq!(relay.count(), 4);
    drop(watch);
    // In the middle of an answer that nobody reads: more than can be drained in time, or drained by then. Either way in step.
    let mut stream = lease.mailbox().unwrap().fetch(&UidSet::all(), Items::new().body_peek()).stream();
    soon(stream.next()).await.unwrap().unwrap();
    drop(stream);
    drop(lease);
    let lease = soon(pool.mailbox("INBOX")).await.unwrap();
    let rows = soon(lease.mailbox().unwrap().fetch(&UidSet::all(), Items::new().size()).collect(0)).await.unwrap();
    assert_eq!(rows.len(), 8);
    drop(lease);
    // Cut while it rested.
    relay.cut();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let lease = soon(pool.mailbox("INBOX")).await.unwrap();
    soon(lease.noop()).await.unwrap();
    assert!(pool.status().open == 1 && pool.status().allowed == 1);
}

#[tokio::test]
async fn m032_one_that_rested_for_long_is_probed() {
    let (_server, relay, config) = server(1, 500);
    let mut options = options().connections(1).rest(Duration::ZERO);
    options.probe = Duration::from_millis(200);
    let pool = Pool::with(&config, options);
    drop(soon(pool.client()).await.unwrap());
    relay.dead(true);
    let (lease, ()) = tokio::join!(soon(pool.client()), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        relay.dead(false);
    });
    soon(lease.unwrap().noop()).await.unwrap();
}

#[tokio::test]
async fn t110_the_budget_learns_from_refusals_and_those_who_wait_get_what_there_is() {
    let logins = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&logins);
    let peer = Peer::setup().serve_each(3, move |conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        if count.fetch_add(1, Ordering::SeqCst) >= 2 {
            let text = "[LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=3)";
            conn.send(format!("{tag} NO {text}\r\n"))?;
            return conn.drain();
        }
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"))?;
        loop {
            let (tag, _) = conn.expect_line()?;
            if tag.is_empty() {
                return Ok(());
            }
            conn.send(format!("{tag} OK done\r\n"))?;
        }
    });
    let pool = Pool::with(&plain(&peer), options());
    let (first, second) = (soon(pool.client()).await.unwrap(), soon(pool.client()).await.unwrap());
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { pool.client().await }
    });
    while pool.status().why.is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(pool.status().allowed, 2, "one fewer than the server allows in all");
    assert!(!waiting.is_finished());
    drop(first);
    let third = soon(waiting).await.unwrap().unwrap();
    soon(third.noop()).await.unwrap();
    drop((second, third));
    assert_eq!((logins.load(Ordering::SeqCst), pool.status().open), (3, 2));
}

#[tokio::test]
async fn t066_refused_credentials_are_offered_once_by_all_together() {
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} NO [AUTHENTICATIONFAILED] no\r\n"))?;
        conn.accept()?;
        conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        let tag = conn.expect("LOGIN me other")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"))?;
        conn.drain()
    });
    let pool = Pool::with(&plain(&peer), options());
    let all = futures_util::future::join_all((0..5).map(|_| pool.client()));
    assert!(soon(all).await.into_iter().all(|lease| lease.unwrap_err().kind() == ErrorKind::Auth));
    pool.replace(&plain(&peer).login("me", "other")).await;
    drop(soon(pool.client()).await.unwrap());
    drop(pool);
    over(peer).await;
}

#[tokio::test]
async fn t106_a_connection_that_said_bye_while_it_rested_is_not_lent_again() {
    let count = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&count);
    let peer = Peer::setup().serve_each(2, move |conn| {
        let first = seen.fetch_add(1, Ordering::SeqCst) == 0;
        conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"))?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        if first {
            conn.send("* BYE [UNAVAILABLE] going down\r\n")?;
        }
        conn.drain()
    });
    let pool = Pool::with(&plain(&peer), options().connections(1));
    let lease = soon(pool.client()).await.unwrap();
    let mut events = lease.events();
    soon(lease.noop()).await.unwrap();
    drop(lease);
    while !matches!(soon(events.next()).await, Some(imapkit::Event::Bye(_)) | None) {}
    let lease = soon(pool.client()).await.unwrap();
    soon(lease.noop()).await.unwrap();
    assert_eq!((count.load(Ordering::SeqCst), pool.status().open), (2, 1));
    drop((lease, pool));
    soon(tokio::task::spawn_blocking(move || peer.join_all())).await.unwrap().unwrap();
}
