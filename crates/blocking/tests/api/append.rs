//! Messages on their way in: from memory, from readers, refused, cut short, against a server that will not stop talking.

use std::io::{self, Read};
use std::time::Duration;

use imapkit_blocking::types::{Flag, Items, UidSet};
use imapkit_blocking::{ErrorKind, NewMessage, connect};
use imapkit_testkit::peer::Peer;

use crate::support::{client, guard, mail, peer, plain, server, tls};

#[test]
fn messages_of_all_sizes_from_memory_and_from_readers() {
    let _guard = guard();
    let server = server([]);
    for config in [plain(&server), tls(&server)] {
        let client = connect(&config).unwrap();
        for size in [100, 4096, 5000, 3_000_000] {
            let text = mail("up", size);
            let uid = client.append("INBOX", NewMessage::new(text.clone()).flags(Flag::Seen)).unwrap().unwrap();
            let stored = server.messages("me", "INBOX").unwrap().pop().unwrap();
            assert_eq!(
                (uid.uids, stored.1.flags()),
                (UidSet::from(imapkit_blocking::types::Uid::new(stored.0).unwrap()), &["\\Seen".to_owned()][..])
            );
            assert_eq!(stored.1.bytes(), text);
            // A reader that gives a little at a time.
            let reader = Trickle(&text);
            client.append("INBOX", NewMessage::from_reader(reader, text.len() as u64)).unwrap();
            assert_eq!(server.messages("me", "INBOX").unwrap().pop().unwrap().1.bytes(), text);
        }
        let two = [NewMessage::new(mail("a", 9000)), NewMessage::new(mail("b", 10))];
        assert_eq!(client.append_all("INBOX", two).unwrap().iter().map(|added| added.uids.len()).sum::<u64>(), 2);
    }
}

struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = into.len().min(7777);
        self.0.read(&mut into[..count])
    }
}

#[test]
fn t102_a_refused_message_is_not_read_and_the_connection_goes_on() {
    struct Untouched;
    impl Read for Untouched {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("a message the server does not want is not read")
        }
    }
    let _guard = guard();
    let (peer, config) = peer(Peer::setup(), "LITERAL+", |conn| {
        let tag = conn.expect("APPEND INBOX {1048576}")?;
        conn.send(format!("* 3 EXISTS\r\n{tag} NO [OVERQUOTA] full\r\n"))?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    let client = connect(&config).unwrap();
    let error = client.append("INBOX", NewMessage::from_reader(Untouched, 1 << 20)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::No, "{error}");
    client.noop().unwrap();
    drop(client);
    peer.join().unwrap();
}

#[test]
fn a_reader_that_ends_too_soon_costs_the_connection_not_the_truth() {
    let _guard = guard();
    let server = server([]);
    let client = client(&server);
    let short = mail("short", 100_000);
    let error = client.append("INBOX", NewMessage::from_reader(&short[..], 200_000)).unwrap_err();
    assert!(error.to_string().contains("octets fewer than its length"), "{error}");
    assert!(!client.is_open());
    assert!(server.messages("me", "INBOX").unwrap().is_empty());
}

/// Both sides write more than the socket holds before either reads: a client that only writes while it writes never ends.
#[test]
fn adr011_a_large_upload_to_a_server_that_writes_does_not_deadlock() {
    const SIZE: usize = 24 << 20;
    let _guard = guard();
    let (peer, config) = peer(Peer::setup().patience(Duration::from_secs(50)), "", |conn| {
        let (tag, command) = conn.expect_line()?;
        assert!(command.starts_with("APPEND INBOX") && command.ends_with(&format!("{{{SIZE}}}")), "{command}");
        conn.send("+ go on\r\n")?;
        // Not an octet of the message is read before all of this is written.
        let flood = "* OK still here, and in no hurry at all to read your message\r\n".repeat((24 << 20) / 64);
        conn.send(flood)?;
        let got = conn.read_bytes(SIZE)?;
        assert!(got.iter().all(|octet| *octet == b'm'));
        conn.expect_bytes("\r\n")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    let client = connect(&config).unwrap();
    client.append("INBOX", NewMessage::from_reader(io::repeat(b'm'), SIZE as u64)).unwrap();
    client.close();
    peer.join().unwrap();
}

#[test]
fn t104_a_server_that_takes_nothing_is_given_up() {
    let _guard = guard();
    let (peer, config) = peer(Peer::setup(), "", |conn| {
        conn.expect_line()?;
        conn.send("+ go on\r\n")?;
        // Longer than the client waits.
        conn.expect_bytes("m")?;
        std::thread::sleep(Duration::from_millis(900));
        Ok(())
    });
    let timers = imapkit_blocking::Timers { progress: Duration::from_millis(300), ..Default::default() };
    let client = connect(&config.timers(timers)).unwrap();
    let error = client.append("INBOX", NewMessage::from_reader(io::repeat(b'm'), 1 << 30)).unwrap_err();
    // A server acts on whole commands, so this one has done nothing.
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(error.to_string().contains("has taken no octet for 300ms"), "{error}");
    assert!(!client.is_open());
    drop(peer);
}

#[test]
fn an_append_between_two_fetches_of_one_connection() {
    let _guard = guard();
    let server = server([mail("one", 200_000)]);
    let client = client(&server);
    let inbox = client.select("INBOX").unwrap();
    let one: UidSet = "1".parse().unwrap();
    let mut iter = inbox.fetch(&one, Items::new().body_peek()).into_iter();
    let mut message = iter.next().unwrap().unwrap();
    let mut body = message.body().unwrap();
    let len = body.len();
    // The message is its own source: what is read from the server goes back to it, on one connection.
    let error = client.append("Archive", NewMessage::from_reader(&mut body, len));
    assert!(error.is_ok(), "{error:?}");
    assert_eq!(server.messages("me", "Archive").unwrap()[0].1.bytes(), mail("one", 200_000));
}
