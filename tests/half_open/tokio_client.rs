//! The tokio client, and an account that stays connected by it.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use imapkit::recovery::BackoffConfig;
use imapkit::types::{Items, UidSet};
use imapkit::{Client, Config, ErrorKind, NewMessage, Steady, SteadyOptions, Timers, WatchEvent};
use tokio::io::AsyncWriteExt;

use crate::cable::{Cable, LARGE, large};

/// What the bounds below are made of; the defaults are a minute and more.
const PROGRESS: Duration = Duration::from_secs(2);
const REFRESH: Duration = Duration::from_secs(1);
const DONE: Duration = Duration::from_secs(2);
/// For machines with more to do than this; without a bound the kernel would take a quarter of an hour.
const SLACK: Duration = Duration::from_secs(30);

fn config(cable: &Cable) -> Config {
    let timers = Timers { progress: PROGRESS, idle_refresh: REFRESH, idle_done: DONE, ..Timers::default() };
    let config = Config::danger_plaintext(Cable::host()).danger_plaintext_anywhere().port(cable.port);
    config.login("me", "secret").timers(timers).connect_timeout(Duration::from_secs(10))
}

async fn client(cable: &Cable) -> Client {
    imapkit::connect(&config(cable)).await.expect("a connection")
}

/// How long something took, which is within its bound.
fn within(what: &str, since: Instant, bound: Duration) {
    let took = since.elapsed();
    println!("{what}: found out after {took:?}, bound {bound:?}");
    assert!(took <= bound + SLACK, "{what} took {took:?}, bound {bound:?}");
}

pub(crate) fn all(cable: &mut Cable) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        in_idle(cable).await;
        in_fetch(cable).await;
        in_append(cable).await;
        with_an_answer_to_come(cable).await;
        and_it_comes_back(cable).await;
    });
}

async fn in_idle(cable: &mut Cable) {
    let client = client(cable).await;
    let inbox = client.select("INBOX").await.unwrap();
    let mut watch = inbox.watch();
    // IDLE has begun, and been renewed.
    tokio::time::sleep(REFRESH * 2).await;
    cable.pull();
    let since = Instant::now();
    let error = loop {
        match watch.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the watch ended without a word"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    within("tokio, idle", since, REFRESH + DONE);
    cable.plug();
}

async fn in_fetch(cable: &mut Cable) {
    let client = client(cable).await;
    let inbox = client.select("INBOX").await.unwrap();
    let mut stream = inbox.fetch(&UidSet::all(), Items::new().body_peek()).stream();
    let mut message = stream.try_next().await.unwrap().unwrap();
    let mut body = message.body().unwrap();
    assert!(body.chunk().await.unwrap().is_some());
    cable.pull();
    let since = Instant::now();
    let error = loop {
        match body.chunk().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("all {LARGE} octets came through"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    within("tokio, FETCH", since, PROGRESS);
    cable.plug();
}

async fn in_append(cable: &mut Cable) {
    let client = client(cable).await;
    let text = large();
    let (reader, mut writer) = tokio::io::duplex(64 << 10);
    let append = client.append("Archive", NewMessage::from_reader(reader, text.len() as u64));
    let feed = async {
        writer.write_all(&text[..1 << 20]).await.unwrap();
        cable.pull();
        // Fails once nobody takes it any more.
        let _ = writer.write_all(&text[1 << 20..]).await;
        std::future::pending::<()>().await;
    };
    let since = Instant::now();
    let error = tokio::select! {
        appended = append => appended.unwrap_err(),
        () = feed => unreachable!(),
    };
    // Half a message is no message, so it is known that nothing was stored.
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    within("tokio, APPEND", since, PROGRESS + PROGRESS);
    cable.plug();
}

async fn with_an_answer_to_come(cable: &mut Cable) {
    let client = client(cable).await;
    let inbox = client.select("INBOX").await.unwrap();
    cable.pull();
    let since = Instant::now();
    let error = inbox.copy(&"1".parse().unwrap(), "Archive").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unknown, "{error}");
    assert!(error.tag().is_some());
    within("tokio, COPY", since, PROGRESS);
    cable.plug();
}

async fn and_it_comes_back(cable: &mut Cable) {
    let mut backoff = BackoffConfig::default();
    backoff.base = Duration::from_millis(100);
    let options = SteadyOptions::default().backoff(backoff);
    let account = Steady::connect(&config(cable).connect_timeout(Duration::from_secs(2)), options).await.unwrap();
    account.select("INBOX").await.unwrap();
    let mut watch = account.watch();
    assert!(matches!(watch.next().await.unwrap(), WatchEvent::Opened(_)));
    cable.pull();
    let since = Instant::now();
    while !matches!(watch.next().await.unwrap(), WatchEvent::Lost { .. }) {}
    within("steady, lost", since, REFRESH + DONE);
    cable.plug();
    let since = Instant::now();
    while !matches!(watch.next().await.unwrap(), WatchEvent::Opened(_)) {}
    within("steady, back", since, Duration::from_secs(5));
    account.logout().await;
}
