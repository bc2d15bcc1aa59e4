//! Giving up: from another thread, by timeout, by dropping.

use std::time::{Duration, Instant};

use imapkit_blocking::types::{Items, UidSet};
use imapkit_blocking::{ErrorKind, NewMessage, commands, connect};
use imapkit_testkit::peer::Peer;

use crate::support::{guard, mail, peer, selected_peer, server};

#[test]
fn t105_a_cancelled_command_is_answered_to_nobody() {
    let _guard = guard();
    let (peer, config) = selected_peer("", |conn| {
        let (first, _) = conn.expect_line()?;
        // Its answer comes when the next command is waiting.
        let second = conn.expect("NOOP")?;
        conn.send(format!("* SEARCH 1 2 3\r\n{first} OK done\r\n{second} OK done\r\n"))?;
        let third = conn.expect("UID SEARCH UNSEEN")?;
        conn.send(format!("* SEARCH 7\r\n{third} OK done\r\n"))?;
        conn.expect_eof()
    });
    let client = connect(&config).unwrap();
    let inbox = client.select("INBOX").unwrap();
    let canceller = client.canceller();
    let searching = {
        let inbox = inbox.clone();
        std::thread::spawn(move || inbox.search(imapkit_blocking::types::Key::Seen))
    };
    while !searching.is_finished() {
        canceller.cancel();
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(searching.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    client.noop().unwrap();
    assert_eq!(inbox.search(imapkit_blocking::types::Key::Unseen).unwrap().to_string(), "7");
    drop((client, inbox));
    peer.join().unwrap();
}

#[test]
fn a_watch_is_told_of_a_cancellation_between_two_waits() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let client = crate::support::client(&server);
    let watch = client.select("INBOX").unwrap().watch().unwrap();
    client.canceller().cancel();
    assert_eq!(watch.next_within(Duration::from_secs(20)).unwrap_err().kind(), ErrorKind::Cancelled);
    // Once: it goes on.
    assert!(watch.next_within(Duration::ZERO).unwrap().is_none());
    client.canceller().cancel();
    assert_eq!(watch.within(Duration::from_secs(20)).next().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
}

#[test]
fn a_timeout_gives_the_call_up_and_not_the_connection() {
    let _guard = guard();
    let (peer, config) = selected_peer("", |conn| {
        let (search, _) = conn.expect_line()?;
        let copy = conn.expect("UID COPY 1 Archive")?;
        let noop = conn.expect("NOOP")?;
        conn.send(format!("{search} OK done\r\n{copy} OK done\r\n{noop} OK done\r\n"))?;
        conn.expect_eof()
    });
    let inbox = connect(&config.call_timeout(Duration::from_millis(50))).unwrap().select("INBOX").unwrap();
    let begun = Instant::now();
    let error = inbox.search(imapkit_blocking::types::Key::Seen).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(begun.elapsed() >= Duration::from_millis(50));
    // M31: whether the server has done it is not known.
    let one: UidSet = "1".parse().unwrap();
    let error = inbox.copy(&one, "Archive").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unknown, "{error}");
    inbox.client().with_timeout(Duration::from_secs(20)).noop().unwrap();
    drop(inbox);
    peer.join().unwrap();
}

#[test]
fn a_stalled_server_is_given_up_after_the_time_for_silence() {
    let _guard = guard();
    let (peer, config) = selected_peer("", |conn| {
        conn.expect_line()?;
        conn.send("* 1 FETCH (UID 1 FLAGS ())\r\n* 2 FETCH (UID 2 BODY[] {1000}\r\nthe beginn")?;
        conn.expect_eof()
    });
    let timers = imapkit_blocking::Timers { progress: Duration::from_millis(200), ..Default::default() };
    let inbox = connect(&config.timers(timers)).unwrap().select("INBOX").unwrap();
    let set: UidSet = "1:2".parse().unwrap();
    let mut iter = inbox.fetch(&set, Items::new().flags().body_peek()).into_iter();
    assert!(iter.next().unwrap().is_ok());
    let error = iter.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(error.to_string().contains("no answer to UID FETCH within 200ms"), "{error}");
    assert!(!inbox.client().is_open());
    drop((iter, inbox));
    peer.join().unwrap();
}

#[test]
fn a_dropped_reply_takes_back_what_was_not_sent() {
    let _guard = guard();
    let (peer, config) = peer(Peer::setup(), "", |conn| {
        let tag = conn.expect("LIST \"\" First")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    let client = connect(&config).unwrap();
    let first = client.submit(commands::List::new("First"));
    // Waits behind the first, since their answers could not be told apart; so it is never sent.
    drop(client.submit(commands::List::new("Other")));
    first.wait().unwrap();
    drop(client);
    let said = String::from_utf8(peer.join().unwrap().client_bytes()).unwrap();
    assert!(said.contains("First") && !said.contains("Other"), "{said}");
}

#[test]
fn m029_an_upload_cancelled_in_the_middle_closes_the_connection() {
    let _guard = guard();
    let server = server([mail("one", 300)]);
    let client = crate::support::client(&server);
    let canceller = client.canceller();
    let reader = CancelAfter { left: 500_000, canceller };
    let error = client.append("INBOX", NewMessage::from_reader(reader, 1 << 20)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    assert!(!client.is_open());
    assert_eq!(server.messages("me", "INBOX").unwrap().len(), 1);
}

struct CancelAfter {
    left: usize,
    canceller: imapkit_blocking::Canceller,
}

impl std::io::Read for CancelAfter {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            self.canceller.cancel();
        }
        self.left = self.left.saturating_sub(into.len());
        into.fill(b'x');
        Ok(into.len())
    }
}

#[test]
fn t112_what_waits_when_the_connection_breaks_fails_once_and_says_why() {
    let _guard = guard();
    let (peer, config) = selected_peer("", |conn| {
        conn.expect_line()?;
        conn.expect_line()?;
        conn.send("* 1 FETCH (UID 1 BODY[] {100}\r\nhalf of")?;
        conn.cut()
    });
    let client = connect(&config).unwrap();
    let inbox = client.select("INBOX").unwrap();
    let one: UidSet = "1".parse().unwrap();
    let mut iter = inbox.fetch(&one, Items::new().body_peek()).into_iter();
    let noop = client.submit(commands::Noop);
    let error = iter.next().unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Closed | ErrorKind::Io), "{error}");
    assert!(noop.wait().is_err());
    assert!(iter.next().is_none() && client.error().is_some());
    drop(peer);
}
