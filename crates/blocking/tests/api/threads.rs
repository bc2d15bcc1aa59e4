//! One connection, several threads: whoever waits moves the bytes of all.

use std::time::Duration;

use imapkit_blocking::types::{Items, Key, UidSet};
use imapkit_blocking::{Client, MailboxEvent, NewMessage, Selected, commands};
use imapkit_testkit::peer::Peer;

use crate::support::{client, guard, mail, peer, server};

#[test]
fn handles_can_be_sent_and_shared() {
    fn shareable<T: Send + Sync + 'static>() {}
    shareable::<Client>();
    shareable::<Selected>();
    shareable::<imapkit_blocking::Message>();
    shareable::<imapkit_blocking::Body>();
    shareable::<imapkit_blocking::FetchIter>();
    shareable::<imapkit_blocking::Canceller>();
    shareable::<imapkit_blocking::Watch>();
}

#[test]
fn many_threads_get_their_own_answers() {
    let _guard = guard();
    let server = server((1..=50).map(|n| mail(&format!("m{n}"), 500 * n)));
    let client = client(&server);
    let inbox = client.select("INBOX").unwrap();
    std::thread::scope(|scope| {
        for thread in 1..=6_u32 {
            let (client, inbox) = (client.clone(), inbox.clone());
            scope.spawn(move || {
                for n in (thread..=50).step_by(6) {
                    let one = UidSet::from(imapkit_blocking::types::Uid::new(n).unwrap());
                    let mut found = inbox.fetch(&one, Items::new().envelope().body_peek()).collect(1 << 20).unwrap();
                    assert_eq!(found[0].subject().unwrap(), format!("m{n}"));
                    assert_eq!(found[0].body().unwrap().len(), mail(&format!("m{n}"), 500 * n as usize).len() as u64);
                    match n % 3 {
                        0 => client.noop().unwrap(),
                        1 => assert_eq!(inbox.search(Key::All).unwrap().len(), 50),
                        _ => drop(client.append("Archive", NewMessage::new(mail("x", 6000))).unwrap()),
                    }
                }
            });
        }
    });
    assert_eq!(server.messages("me", "Archive").unwrap().len(), (1..=50).filter(|n| n % 3 == 2).count());
}

#[test]
fn one_thread_watches_while_others_work() {
    let _guard = guard();
    let server = server([mail("one", 300)]);
    let client = client(&server);
    let inbox = client.select("INBOX").unwrap();
    let watch = inbox.watch().unwrap();
    let watching = std::thread::spawn(move || {
        let mut all = watch.within(Duration::from_secs(30));
        all.any(|change| matches!(change, Ok(MailboxEvent::Exists(4))))
    });
    for n in 0..3 {
        let uid = client.append("INBOX", NewMessage::new(mail("more", 5000))).unwrap().unwrap();
        assert_eq!(inbox.search(Key::All).unwrap().len(), n + 2);
        assert_eq!(uid.uids.len(), 1);
    }
    assert!(watching.join().unwrap());
}

#[test]
fn a_slow_reader_on_another_thread_is_waited_for() {
    let _guard = guard();
    let size = 24 << 20;
    let server = server([mail("big", size)]);
    let client = client(&server);
    let inbox = client.select("INBOX").unwrap();
    let one: UidSet = "1".parse().unwrap();
    let mut iter = inbox.fetch(&one, Items::new().body_peek()).into_iter();
    let mut message = iter.next().unwrap().unwrap();
    let mut body = message.body().unwrap();
    let (begun, reads) = std::sync::mpsc::channel();
    let reading = std::thread::spawn(move || {
        let mut total = body.chunk().unwrap().unwrap().len() as u64;
        begun.send(()).unwrap();
        while let Some(chunk) = body.chunk().unwrap() {
            total += chunk.len() as u64;
            if total % 7 == 0 {
                std::thread::yield_now();
            }
        }
        (total, body.len())
    });
    reads.recv().unwrap();
    // Its answer stands behind all of the body.
    client.noop().unwrap();
    let (total, len) = reading.join().unwrap();
    assert_eq!(total, len);
}

#[test]
fn commands_submitted_together_go_out_together() {
    let _guard = guard();
    let (peer, config) = peer(Peer::setup(), "", |conn| {
        let one = conn.expect("NOOP")?;
        let two = conn.expect("NOOP")?;
        let three = conn.expect("NOOP")?;
        conn.send(format!("{one} OK 1\r\n{two} OK 2\r\n{three} OK 3\r\n"))?;
        conn.expect_eof()
    });
    let client = imapkit_blocking::connect(&config).unwrap();
    let replies: Vec<_> = (0..3).map(|_| client.submit(commands::Noop)).collect();
    for reply in replies.into_iter().rev() {
        reply.wait().unwrap();
    }
    drop(client);
    peer.join().unwrap();
}
