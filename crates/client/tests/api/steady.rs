//! An account that stays connected: restored, repeated, not repeated, refused, throttled, found again. C56, M05, M31, M32, T066, T104, T110.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use imapkit::commands::{Copy, Noop};
use imapkit::recovery::{BackoffConfig, Cause, Trouble};
use imapkit::types::{Items, Key, UidSet};
use imapkit::{
    Config, ErrorKind, MailboxEvent, NewMessage, Standing, Steady, SteadyEvent, SteadyEvents, SteadyOptions, Timers,
    WatchEvent,
};
use imapkit_server::Server;
#[cfg(unix)]
use imapkit_testkit::dovecot::Dovecot;
use imapkit_testkit::peer::{Peer, PeerConn};
use imapkit_testkit::relay::Relay;

use crate::support::{Said, account, mail, over, plain, selected, soon};

fn options() -> SteadyOptions {
    let mut backoff = BackoffConfig::default();
    backoff.base = Duration::from_millis(20);
    SteadyOptions::default().backoff(backoff).patience(Duration::from_secs(15))
}

/// Greets and lets `me` in.
fn login(conn: &mut PeerConn) -> Said {
    conn.send("* OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS] ready\r\n")?;
    let tag = conn.expect("LOGIN me secret")?;
    conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS] in\r\n"))
}

fn ok(conn: &mut PeerConn, command: &str) -> Said {
    let tag = conn.expect(command)?;
    conn.send(format!("{tag} OK done\r\n"))
}

fn open(conn: &mut PeerConn, uid_validity: u32) -> Said {
    let tag = conn.expect("SELECT INBOX")?;
    conn.send(format!(
        "* FLAGS (\\Seen)\r\n* 3 EXISTS\r\n* OK [UIDVALIDITY {uid_validity}] \r\n{tag} OK [READ-WRITE] open\r\n"
    ))
}

async fn told(events: &mut SteadyEvents) -> SteadyEvent {
    soon(events.next()).await.expect("the account goes on")
}

#[tokio::test]
async fn a_lost_connection_is_made_again_and_its_mailbox_and_reads_with_it() {
    let peer = Peer::serve_fn(|conn| {
        login(conn)?;
        selected(conn, 3)?;
        let (_, line) = conn.expect_line()?;
        assert_eq!(line, "NOOP");
        conn.accept()?;
        login(conn)?;
        open(conn, 7)?;
        ok(conn, "NOOP")?;
        conn.drain()?;
        conn.accept()?;
        login(conn)?;
        open(conn, 8)?;
        conn.drain()?;
        conn.accept()?;
        login(conn)?;
        let tag = conn.expect("SELECT INBOX")?;
        conn.send(format!("{tag} NO [NONEXISTENT] gone\r\n"))?;
        ok(conn, "LOGOUT")
    });
    let account = Steady::start_with(&plain(&peer), options());
    let mut events = account.events();
    let first = soon(account.select("INBOX")).await.unwrap();
    assert!(matches!(told(&mut events).await, SteadyEvent::Connected));
    soon(account.run(Noop)).await.unwrap();
    let SteadyEvent::Lost { why, retry_at: Some(_) } = told(&mut events).await else { panic!("not lost") };
    assert_eq!(why.kind(), ErrorKind::Closed);
    assert!(matches!(told(&mut events).await, SteadyEvent::Connected));
    assert!(matches!(told(&mut events).await, SteadyEvent::MailboxRestored(name) if name.name() == "INBOX"));
    assert!(soon(first.exists()).await.is_err(), "a handle of the old connection");
    let second = soon(account.selected()).await.unwrap();
    second.client().close();
    assert!(matches!(told(&mut events).await, SteadyEvent::Lost { .. }));
    assert!(matches!(told(&mut events).await, SteadyEvent::Connected));
    let SteadyEvent::UidValidityChanged { before, now, .. } = told(&mut events).await else { panic!("unchanged") };
    assert_eq!((before.unwrap().get(), now.unwrap().get()), (7, 8));
    soon(account.client()).await.unwrap().close();
    assert!(matches!(told(&mut events).await, SteadyEvent::Lost { .. }));
    assert!(matches!(told(&mut events).await, SteadyEvent::MailboxLost { .. }));
    assert!(matches!(told(&mut events).await, SteadyEvent::Connected));
    assert_eq!(soon(account.selected()).await.unwrap_err().kind(), ErrorKind::No, "why it is not selected");
    soon(account.logout()).await;
    assert!(matches!(account.standing(), Standing::Ended));
    assert_eq!(soon(account.client()).await.unwrap_err().kind(), ErrorKind::Closed);
    over(peer).await;
}

#[tokio::test]
async fn m031_a_write_whose_answer_was_lost_is_unknown_and_never_repeated() {
    let peer = Peer::serve_fn(|conn| {
        login(conn)?;
        selected(conn, 3)?;
        let (_, line) = conn.expect_line()?;
        assert_eq!(line, "UID COPY 1 Archive");
        conn.accept()?;
        login(conn)?;
        open(conn, 7)?;
        conn.drain()
    });
    let account = Steady::start_with(&plain(&peer), options());
    soon(account.select("INBOX")).await.unwrap();
    let uids: UidSet = "1".parse().unwrap();
    let error = soon(account.run(Copy::new(uids, "Archive".parse().unwrap()))).await.unwrap_err();
    assert_eq!((error.kind(), error.command()), (ErrorKind::Unknown, Some("UID COPY")));
    assert!(error.tag().is_some());
    soon(account.selected()).await.unwrap();
    drop(account);
    let transcript = over(peer).await;
    let said = String::from_utf8_lossy(&transcript.client_bytes()).into_owned();
    assert_eq!(said.matches("COPY").count(), 1, "{said}");
}

#[tokio::test]
async fn t066_refused_credentials_are_tried_once_until_others_are_brought() {
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        let tag = conn.expect("LOGIN me wrong")?;
        conn.send(format!("{tag} NO [AUTHENTICATIONFAILED] Application-specific password required\r\n"))?;
        conn.accept()?;
        login(conn)?;
        conn.drain()
    });
    let account = Steady::start_with(&plain(&peer).login("me", "wrong"), options());
    let error = soon(account.client()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    let Standing::Refused { cause, .. } = account.standing() else { panic!("{:?}", account.standing()) };
    assert_eq!(cause, Some(Cause::AppPassword));
    account.network_changed();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(matches!(account.standing(), Standing::Refused { .. }), "no attempt comes by itself");
    account.replace(&plain(&peer));
    let mut events = account.events();
    assert!(matches!(told(&mut events).await, SteadyEvent::Connected));
    drop(account);
    over(peer).await;
}

#[tokio::test]
async fn t061_a_refused_token_is_renewed_at_each_attempt_and_given_up_after_two() {
    const OFFER: &str = "[CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2]";
    fn answer(conn: &mut PeerConn, answer: &str) -> Said {
        let (tag, line) = conn.expect_line()?;
        assert!(line.starts_with("AUTHENTICATE XOAUTH2 "), "{line}");
        conn.send(format!("{tag} {answer}\r\n"))
    }
    let peer = Peer::serve_fn(|conn| {
        conn.send(format!("* OK {OFFER} ready\r\n"))?;
        answer(conn, "NO [AUTHENTICATIONFAILED] AccessTokenExpired")?;
        answer(conn, &format!("OK {OFFER} in"))?;
        conn.drain()?;
        for _ in 0..2 {
            conn.accept()?;
            conn.send(format!("* OK {OFFER} ready\r\n"))?;
            answer(conn, "NO [AUTHENTICATIONFAILED] AccessTokenExpired")?;
            answer(conn, "NO [AUTHENTICATIONFAILED] AccessTokenExpired")?;
            conn.drain()?;
        }
        Ok(())
    });
    let count = Arc::new(AtomicU32::new(0));
    let asked = Arc::clone(&count);
    let config = plain(&peer).token_source("me", move |_| {
        let n = asked.fetch_add(1, Ordering::SeqCst);
        async move { Ok::<_, imapkit::Error>(format!("token-{n}")) }
    });
    let account = Steady::start_with(&config, options());
    soon(account.client()).await.unwrap().close();
    let mut events = account.events();
    while !matches!(told(&mut events).await, SteadyEvent::Failed { retry_at: None, .. }) {}
    assert_eq!(
        count.load(Ordering::SeqCst),
        6,
        "twice at each attempt; two attempts, since it had worked before (C56)"
    );
    assert!(matches!(account.standing(), Standing::Refused { .. }));
    over(peer).await;
}

#[tokio::test]
async fn t110_a_wait_the_server_asks_for_is_honoured_and_can_be_cancelled() {
    let peer = Peer::serve_fn(|conn| {
        conn.send("* BYE Request is throttled. Suggested Backoff Time: 700 milliseconds\r\n")?;
        conn.accept()?;
        login(conn)?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} BAD Request is throttled. Suggested Backoff Time: 400 milliseconds\r\n"))?;
        ok(conn, "NOOP")?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)\r\n"))?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} NO [UNAVAILABLE] Suggested Backoff Time: 300000 milliseconds\r\n"))?;
        conn.drain()
    });
    let start = Instant::now();
    let account = Steady::start_with(&plain(&peer), options());
    let mut events = account.events();
    let SteadyEvent::Failed { retry_at: Some(_), cause, .. } = told(&mut events).await else { panic!("not throttled") };
    assert_eq!(cause, Some(Cause::Throttled));
    assert!(matches!(account.standing(), Standing::Waiting { trouble: Trouble::Throttle, .. }));
    account.network_changed();
    soon(account.client()).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(700), "news of the network do not cut it");
    let start = Instant::now();
    soon(account.run(Noop)).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(400));
    let error = soon(account.run(Noop)).await.unwrap_err();
    assert_eq!(Cause::of(&error), Some(Cause::DailyLimit), "the limit of a day is not waited for in a call");
    let waiting = tokio::time::timeout(Duration::from_millis(200), account.run(Noop)).await;
    assert!(waiting.is_err(), "it waits, until it is dropped");
    drop(account);
    over(peer).await;
}

fn server(messages: impl IntoIterator<Item = Vec<u8>>) -> (Server, Relay, Config) {
    let server = Server::start(account(messages).allow_plain_login(true)).unwrap();
    let relay = Relay::to(server.plain_port().unwrap());
    let config = Config::danger_plaintext("127.0.0.1").port(relay.port()).login("me", "secret");
    (server, relay, config)
}

#[tokio::test]
async fn m031_a_message_whose_answer_was_lost_is_found_again() {
    let (_server, relay, config) = server([]);
    let account = Steady::start_with(&config, options());
    soon(account.client()).await.unwrap();
    for (n, size) in [(1, 300), (2, 100_000)] {
        let text = mail(&format!("lost-{n}"), size);
        let message = NewMessage::new(text);
        assert_eq!(message.fingerprint().message_id.as_deref(), Some(&*format!("<lost-{n}@example.org>")));
        let mut appending = Box::pin(account.append("Archive", message));
        // The server stores it, and its answer does not get through.
        relay.swallow("APPENDUID");
        let outcome = soon(async {
            loop {
                tokio::select! {
                    outcome = &mut appending => break outcome,
                    () = tokio::time::sleep(Duration::from_millis(5)) => {}
                }
                if relay.has_swallowed() {
                    relay.cut();
                }
            }
        })
        .await;
        assert!(relay.count() >= 2, "the connection was lost");
        let uid = outcome.unwrap().expect("its UID");
        assert_eq!(uid.uids.to_string(), n.to_string());
    }
    let archive = soon(account.examine("Archive")).await.unwrap();
    assert_eq!(soon(archive.search(Key::All)).await.unwrap().len(), 2, "each is there once");
}

#[tokio::test]
async fn m032_a_dead_way_is_found_by_a_probe_and_another_is_taken() {
    let (_server, relay, config) = server([mail("one", 500)]);
    let mut options = options();
    options.probe = Duration::from_millis(300);
    let account = Steady::start_with(&config, options);
    soon(account.select("INBOX")).await.unwrap();
    let mut events = account.events();
    relay.dead(true);
    account.network_changed();
    let SteadyEvent::Lost { why, .. } = told(&mut events).await else { panic!("not lost") };
    assert!(why.kind() == ErrorKind::Timeout && why.to_string().contains("NOOP"), "{why}");
    relay.cut();
    relay.dead(false);
    account.network_changed();
    let inbox = soon(account.selected()).await.unwrap();
    assert_eq!(soon(inbox.search(Key::All)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_watch_goes_on_over_connections_and_reads_repeat() {
    let (server, relay, config) = server([mail("one", 500)]);
    let account = Steady::start_with(&config, options());
    soon(account.examine("INBOX")).await.unwrap();
    let mut watch = account.watch();
    assert!(matches!(soon(watch.next()).await.unwrap(), WatchEvent::Opened(inbox) if inbox.info().exists == 1));
    let exists = |event| matches!(event, WatchEvent::Changed(MailboxEvent::Exists(2)));
    server.deliver("me", "INBOX", mail("two", 500)).unwrap();
    while !exists(soon(watch.next()).await.unwrap()) {}
    relay.cut();
    while !matches!(soon(watch.next()).await.unwrap(), WatchEvent::Lost { .. }) {}
    assert!(matches!(soon(watch.next()).await.unwrap(), WatchEvent::Opened(inbox) if inbox.info().exists == 2));
    let rows = soon(account.read(|client| {
        relay.cut();
        async move {
            let inbox = client.examine("INBOX").await?;
            inbox.fetch(&UidSet::all(), Items::new().size()).collect(0).await
        }
    }))
    .await;
    assert!(rows.is_err(), "cut under every attempt, it gives up: the repeats are counted");
    let mut cuts = 2;
    let rows = soon(account.read(|client| {
        if cuts > 0 {
            cuts -= 1;
            relay.cut();
        }
        async move {
            let inbox = client.examine("INBOX").await?;
            inbox.fetch(&UidSet::all(), Items::new().size()).collect(0).await
        }
    }))
    .await
    .unwrap();
    assert_eq!(rows.len(), 2);
}

#[tokio::test]
async fn a_call_waits_no_longer_than_its_patience() {
    // Nothing listens on port 1.
    let config = Config::danger_plaintext("127.0.0.1").port(1).login("me", "secret");
    let account = Steady::start_with(&config, options().patience(Duration::from_millis(300)));
    let error = soon(account.client()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn m033_a_quiet_connection_is_kept_alive() {
    let peer = Peer::serve_fn(|conn| {
        login(conn)?;
        ok(conn, "NOOP")?;
        ok(conn, "NOOP")?;
        conn.drain()
    });
    let timers = Timers { keep_alive: Some(Duration::from_millis(100)), ..Timers::default() };
    let account = Steady::start_with(&plain(&peer).timers(timers), options());
    soon(account.client()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    drop(account);
    over(peer).await;
}

/// A Dovecot of the test's own, with one message in the INBOX; `None` where there is none.
#[cfg(unix)]
async fn dovecot(name: &str, connections: u32) -> Option<(Dovecot, Config)> {
    let dovecot = Dovecot::start(name, connections)?;
    let config = Config::danger_plaintext("127.0.0.1").port(dovecot.port()).login("ann", "pass");
    let client = soon(imapkit::connect(&config)).await.unwrap();
    soon(client.append("INBOX", bytes::Bytes::from(mail("first", 500)))).await.unwrap();
    soon(client.logout()).await.unwrap();
    Some((dovecot, config))
}

#[cfg(unix)]
#[tokio::test]
async fn t112_a_real_server_that_throws_us_out_or_is_restarted() {
    let Some((mut dovecot, config)) = dovecot("restart", 10).await else { return };
    let account = Steady::start_with(&config, options());
    soon(account.select("INBOX")).await.unwrap();
    let mut watch = account.watch();
    assert!(matches!(soon(watch.next()).await.unwrap(), WatchEvent::Opened(_)));
    let mut events = account.events();
    for restart in [false, true] {
        if restart {
            dovecot.stop();
            dovecot.begin();
        } else {
            dovecot.kick();
        }
        let why = loop {
            if let WatchEvent::Lost { why, .. } = soon(watch.next()).await.unwrap() {
                break why;
            }
        };
        assert!(matches!(why.kind(), ErrorKind::Bye | ErrorKind::Closed | ErrorKind::Io), "{why}");
        while !matches!(soon(watch.next()).await.unwrap(), WatchEvent::Opened(_)) {}
        while !matches!(told(&mut events).await, SteadyEvent::MailboxRestored(_)) {}
        let inbox = soon(account.selected()).await.unwrap();
        assert_eq!(soon(inbox.search(Key::All)).await.unwrap().len(), 1);
    }
    soon(account.logout()).await;
}

#[cfg(unix)]
#[tokio::test]
async fn t110_a_real_server_that_limits_connections_teaches_the_pool() {
    let Some((_dovecot, config)) = dovecot("limit", 3).await else { return };
    let pool = imapkit::Pool::with(&config, imapkit::PoolOptions::default().patience(Duration::from_secs(15)));
    let mut leases = Vec::new();
    for _ in 0..3 {
        leases.push(soon(pool.client()).await.unwrap());
    }
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { pool.client().await }
    });
    while pool.status().why.is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let status = pool.status();
    assert_eq!(Cause::of(&status.why.unwrap()), Some(Cause::TooManyConnections));
    assert_eq!(status.allowed, 2, "one fewer than the server allows in all");
    // Beyond the budget now: the first to come back are closed, then the one that waits is served.
    leases.clear();
    let lease = soon(waiting).await.unwrap().unwrap();
    soon(lease.noop()).await.unwrap();
    assert!(pool.status().open <= 2);
}

#[tokio::test]
async fn m032_a_way_that_stands_still_is_waited_for_and_left_when_that_takes_too_long() {
    let (server, relay, config) = server([mail("one", 500)]);
    let timers =
        Timers { idle_refresh: Duration::from_millis(700), idle_done: Duration::from_secs(2), ..Timers::default() };
    let account = Steady::start_with(&config.timers(timers).connect_timeout(Duration::from_secs(2)), options());
    soon(account.examine("INBOX")).await.unwrap();
    let mut watch = account.watch();
    assert!(matches!(soon(watch.next()).await.unwrap(), WatchEvent::Opened(_)));
    // For a moment: what was said meanwhile comes late, and that is all.
    relay.hold(true);
    server.deliver("me", "INBOX", mail("late", 500)).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    relay.hold(false);
    while !matches!(soon(watch.next()).await.unwrap(), WatchEvent::Changed(MailboxEvent::Exists(2))) {}
    assert_eq!(relay.count(), 1);
    // Longer than the refresh of IDLE and the time for its end.
    relay.hold(true);
    let why = loop {
        if let WatchEvent::Lost { why, .. } = soon(watch.next()).await.unwrap() {
            break why;
        }
    };
    assert!(why.kind() == ErrorKind::Timeout && why.to_string().contains("IDLE"), "{why}");
    relay.hold(false);
    while !matches!(soon(watch.next()).await.unwrap(), WatchEvent::Opened(_)) {}
}
