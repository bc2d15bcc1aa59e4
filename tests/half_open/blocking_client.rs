//! The blocking client.

use std::time::{Duration, Instant};

use imapkit_blocking::types::{Items, UidSet};
use imapkit_blocking::{Client, Config, ErrorKind, Timers, connect};

use crate::cable::Cable;

const PROGRESS: Duration = Duration::from_secs(2);
const SLACK: Duration = Duration::from_secs(30);

fn client(cable: &Cable) -> Client {
    let timers = Timers {
        progress: PROGRESS,
        idle_refresh: Duration::from_secs(1),
        idle_done: Duration::from_secs(2),
        ..Timers::default()
    };
    let config = Config::danger_plaintext(Cable::host()).danger_plaintext_anywhere().port(cable.port);
    connect(&config.login("me", "secret").timers(timers)).expect("a connection")
}

fn within(what: &str, since: Instant, bound: Duration) {
    let took = since.elapsed();
    println!("{what}: found out after {took:?}, bound {bound:?}");
    assert!(took <= bound + SLACK, "{what} took {took:?}, bound {bound:?}");
}

pub(crate) fn all(cable: &mut Cable) {
    in_idle(cable);
    in_fetch(cable);
}

fn in_idle(cable: &mut Cable) {
    let client = client(cable);
    let inbox = client.select("INBOX").unwrap();
    let watch = inbox.watch().unwrap();
    assert!(watch.next_within(Duration::from_secs(2)).unwrap().is_none());
    cable.pull();
    let since = Instant::now();
    let error = watch.next_within(Duration::from_mins(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    within("blocking, idle", since, Duration::from_secs(3));
    cable.plug();
}

fn in_fetch(cable: &mut Cable) {
    let client = client(cable);
    let inbox = client.select("INBOX").unwrap();
    let mut messages = inbox.fetch(&UidSet::all(), Items::new().body_peek()).into_iter();
    let mut message = messages.next().unwrap().unwrap();
    let mut body = message.body().unwrap();
    cable.pull();
    let since = Instant::now();
    let error = std::io::copy(&mut body, &mut std::io::sink()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut, "{error}");
    within("blocking, FETCH", since, PROGRESS);
    cable.plug();
}
