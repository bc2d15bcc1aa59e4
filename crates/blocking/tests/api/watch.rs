//! What the server says unasked: IDLE, NOOP where there is none, events of the connection.

use std::time::{Duration, Instant};

use imapkit_blocking::{ErrorKind, Event, MailboxEvent, Timers, connect};
use imapkit_server::{Capability, Server};

use crate::support::{client, config, guard, mail, plain, selected_peer, server};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn new_mail_is_told_while_somebody_waits() {
    let _guard = guard();
    let server = server([mail("one", 300)]);
    let client = client(&server);
    let inbox = client.select("INBOX").unwrap();
    let watch = inbox.watch().unwrap();
    assert!(watch.next_within(Duration::from_millis(80)).unwrap().is_none());
    server.deliver("me", "INBOX", mail("two", 300)).unwrap();
    assert!(matches!(watch.next_within(SOON).unwrap(), Some(MailboxEvent::Exists(2))));
    // A command in between ends IDLE and comes back to it.
    assert_eq!(inbox.search(imapkit_blocking::types::Key::All).unwrap().len(), 2);
    server.deliver("me", "INBOX", mail("three", 300)).unwrap();
    let found = watch.within(SOON).find_map(|change| match change.unwrap() {
        MailboxEvent::Exists(n) => Some(n),
        _ => None,
    });
    assert_eq!((found, inbox.exists().unwrap()), (Some(3), 3));
    drop(watch);
    client.noop().unwrap();
}

#[test]
fn t103_idle_begins_and_ends_in_good_order() {
    let _guard = guard();
    let (peer, config) = selected_peer("IDLE", |conn| {
        let tag = conn.expect("IDLE")?;
        conn.send("+ idling\r\n* 10 EXISTS\r\n")?;
        conn.expect_bytes("DONE\r\n")?;
        conn.send(format!("* 11 EXISTS\r\n{tag} OK done\r\n"))?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    let client = connect(&config).unwrap();
    let inbox = client.select("INBOX").unwrap();
    let watch = inbox.watch().unwrap();
    assert!(matches!(watch.next_within(SOON).unwrap(), Some(MailboxEvent::Exists(10))));
    let events = client.events();
    drop(watch);
    client.noop().unwrap();
    let told = std::iter::from_fn(|| events.poll());
    assert!(told.filter(|event| matches!(event, Event::Mailbox(MailboxEvent::Exists(11)))).count() == 1);
    drop((events, inbox, client));
    peer.join().unwrap();
}

#[test]
fn m017_without_idle_the_server_is_asked_now_and_then() {
    let _guard = guard();
    let server = Server::start(config([mail("one", 300)]).hide(Capability::Idle)).unwrap();
    let timers = Timers { poll: Duration::from_millis(20), ..Timers::default() };
    let inbox = connect(&plain(&server).timers(timers)).unwrap().select("INBOX").unwrap();
    let watch = inbox.watch().unwrap();
    server.deliver("me", "INBOX", mail("two", 300)).unwrap();
    assert!(matches!(watch.next_within(SOON).unwrap(), Some(MailboxEvent::Exists(2))));
}

#[test]
fn a_watch_ends_with_its_mailbox_and_with_its_time() {
    let _guard = guard();
    let server = server([mail("one", 300)]);
    let client = client(&server);
    let inbox = client.select("INBOX").unwrap();
    let watch = inbox.watch().unwrap();
    let begun = Instant::now();
    assert_eq!(watch.within(Duration::from_millis(60)).count(), 0);
    assert!(begun.elapsed() >= Duration::from_millis(60));
    client.select("Archive").unwrap();
    assert_eq!(watch.next_within(SOON).unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(inbox.watch().unwrap_err().kind(), ErrorKind::Stale);
}

#[test]
fn a_watch_is_cancelled_from_another_thread() {
    let _guard = guard();
    let server = server([]);
    let client = client(&server);
    let inbox = client.select("INBOX").unwrap();
    let canceller = client.canceller();
    let watching = std::thread::spawn(move || inbox.watch().unwrap().next_within(Duration::from_secs(3600)));
    while !watching.is_finished() {
        canceller.cancel();
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(watching.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    client.noop().unwrap();
}

#[test]
fn alerts_of_the_login_wait_for_somebody_to_listen_and_the_end_is_told_last() {
    let _guard = guard();
    let (peer, config) = selected_peer("", |conn| {
        let tag = conn.expect("NOOP")?;
        conn.send(format!("* NO [ALERT] disk nearly full\r\n* XNEWS 1\r\n{tag} OK done\r\n* BYE enough\r\n"))?;
        conn.close()?;
        conn.expect_eof()
    });
    let client = connect(&config).unwrap();
    client.select("INBOX").unwrap();
    client.noop().unwrap();
    let events = client.events();
    let mut told = Vec::new();
    let error = loop {
        match events.next_within(SOON) {
            Ok(event) => told.push(event.unwrap()),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Bye);
    assert!(matches!(told.first(), Some(Event::Ready(_))), "{told:?}");
    assert!(
        told.iter().any(|event| matches!(event, Event::Alert { text, .. } if &**text == "disk nearly full")),
        "{told:?}"
    );
    assert!(told.iter().any(|event| matches!(event, Event::Unsolicited(_))), "{told:?}");
    assert!(matches!(told.last(), Some(Event::Closed(_))), "{told:?}");
    drop((events, client));
    peer.join().unwrap();
}
