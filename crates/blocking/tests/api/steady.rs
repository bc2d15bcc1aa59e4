//! An account that stays connected without a thread: restored, repeated, refused, throttled, probed, cancelled. C56, M05, M31, M32, T066,
//! T110.

use std::time::{Duration, Instant};

use imapkit_blocking::commands::{Copy, Noop};
use imapkit_blocking::recovery::{BackoffConfig, Cause, Trouble};
use imapkit_blocking::types::{Key, UidSet};
use imapkit_blocking::{Config, ErrorKind, Standing, Steady, SteadyEvent};
use imapkit_server::Server;
use imapkit_testkit::peer::{Peer, PeerConn};
use imapkit_testkit::relay::Relay;
use imapkit_testkit::script::Mismatch;

use crate::support::{config, guard, mail};

type Said = Result<(), Mismatch>;

fn steady(config: &Config) -> Steady {
    let mut backoff = BackoffConfig::default();
    backoff.base = Duration::from_millis(20);
    Steady::with(config, backoff, Duration::from_secs(15)).unwrap()
}

fn to(port: u16) -> Config {
    Config::danger_plaintext("127.0.0.1").port(port).login("me", "secret")
}

fn login(conn: &mut PeerConn) -> Said {
    conn.send("* OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS] ready\r\n")?;
    let tag = conn.expect("LOGIN me secret")?;
    conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS] in\r\n"))
}

fn open(conn: &mut PeerConn, uid_validity: u32) -> Said {
    let tag = conn.expect("SELECT INBOX")?;
    conn.send(format!(
        "* FLAGS (\\Seen)\r\n* 3 EXISTS\r\n* OK [UIDVALIDITY {uid_validity}] \r\n{tag} OK [READ-WRITE] open\r\n"
    ))
}

fn served(messages: usize) -> (Server, Relay, Steady) {
    let server = Server::start(config((0..messages).map(|n| mail(&format!("m{n}"), 500)))).unwrap();
    let relay = Relay::to(server.plain_port().unwrap());
    let account = steady(&to(relay.port()));
    (server, relay, account)
}

#[test]
fn a_lost_connection_is_made_again_with_its_mailbox_and_writes_are_not_repeated() {
    let _guard = guard();
    let peer = Peer::serve_fn(|conn| {
        login(conn)?;
        open(conn, 7)?;
        let (_, line) = conn.expect_line()?;
        assert_eq!(line, "NOOP");
        conn.accept()?;
        login(conn)?;
        open(conn, 7)?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        let (_, line) = conn.expect_line()?;
        assert_eq!(line, "UID COPY 1 Archive");
        conn.accept()?;
        login(conn)?;
        open(conn, 8)?;
        conn.drain()
    });
    let mut account = steady(&to(peer.port()));
    account.select("INBOX").unwrap();
    assert!(matches!(account.poll_event(), Some(SteadyEvent::Connected)));
    account.run(&Noop).unwrap();
    assert!(matches!(account.poll_event(), Some(SteadyEvent::Lost(_))));
    assert!(matches!(account.poll_event(), Some(SteadyEvent::Connected)));
    assert!(matches!(account.poll_event(), Some(SteadyEvent::MailboxRestored)));
    let uids: UidSet = "1".parse().unwrap();
    let error = account.run(&Copy::new(uids, "Archive".parse().unwrap())).unwrap_err();
    assert!(error.kind() == ErrorKind::Unknown && error.tag().is_some(), "{error}");
    account.selected().unwrap();
    let events: Vec<_> = std::iter::from_fn(|| account.poll_event()).collect();
    assert!(matches!(events.last(), Some(SteadyEvent::UidValidityChanged { .. })), "{events:?}");
    drop(account);
    let said = String::from_utf8_lossy(&peer.join().unwrap().client_bytes()).into_owned();
    assert_eq!(said.matches("COPY").count(), 1);
}

#[test]
fn a_mailbox_that_is_in_use_for_a_while_is_not_given_up() {
    let _guard = guard();
    let peer = Peer::serve_fn(|conn| {
        login(conn)?;
        open(conn, 7)?;
        conn.expect("NOOP")?;
        conn.accept()?;
        login(conn)?;
        for code in ["INUSE", "UNAVAILABLE"] {
            let tag = conn.expect("SELECT INBOX")?;
            conn.send(format!("{tag} NO [{code}] locked\r\n"))?;
        }
        open(conn, 7)?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.drain()
    });
    let mut account = steady(&to(peer.port()));
    account.select("INBOX").unwrap();
    account.run(&Noop).unwrap();
    account.selected().unwrap();
    let events: Vec<_> = std::iter::from_fn(|| account.poll_event()).collect();
    assert!(matches!(events.last(), Some(SteadyEvent::MailboxRestored)), "{events:?}");
    drop(account);
    peer.join().unwrap();
}

#[test]
fn t066_refused_credentials_are_tried_once_until_others_are_brought() {
    let _guard = guard();
    let peer = Peer::serve_fn(|conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
        let tag = conn.expect("LOGIN me wrong")?;
        conn.send(format!("{tag} NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n"))?;
        conn.accept()?;
        login(conn)?;
        conn.drain()
    });
    let mut account = steady(&to(peer.port()).login("me", "wrong"));
    for _ in 0..5 {
        assert_eq!(account.client().unwrap_err().kind(), ErrorKind::Auth);
    }
    assert!(matches!(account.standing(), Standing::Refused { cause: Some(Cause::Credentials), .. }));
    account.replace(&to(peer.port()));
    account.client().unwrap();
    assert!(matches!(account.standing(), Standing::Connected));
    drop(account);
    peer.join().unwrap();
}

#[test]
fn t110_waits_the_server_asks_for_are_honoured_and_cancelled() {
    let _guard = guard();
    let peer = Peer::serve_fn(|conn| {
        conn.send("* BYE Request is throttled. Suggested Backoff Time: 400 milliseconds\r\n")?;
        conn.accept()?;
        login(conn)?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} BAD Request is throttled. Suggested Backoff Time: 300000 milliseconds\r\n"))?;
        conn.drain()
    });
    let mut account = steady(&to(peer.port()));
    let begun = Instant::now();
    account.client().unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(400));
    let canceller = account.canceller();
    let cancelling = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        canceller.cancel();
    });
    let begun = Instant::now();
    assert_eq!(account.run(&Noop).unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(begun.elapsed() < Duration::from_secs(60));
    cancelling.join().unwrap();
    drop(account);
    peer.join().unwrap();
}

#[test]
fn a_call_waits_no_longer_than_its_patience_and_says_why() {
    let _guard = guard();
    let mut backoff = BackoffConfig::default();
    backoff.base = Duration::from_secs(100);
    // Nothing listens on port 1.
    let mut account = Steady::with(&to(1), backoff, Duration::from_millis(300)).unwrap();
    let error = account.client().unwrap_err();
    assert!(error.kind() == ErrorKind::Timeout && error.to_string().contains("refused"), "{error}");
    assert!(matches!(account.standing(), Standing::Waiting { trouble: Trouble::Network, .. }));
    account.network_changed();
    assert!(matches!(account.standing(), Standing::Waiting { left: Duration::ZERO, .. }));
}

#[test]
fn m032_a_dead_way_is_found_by_a_probe_and_a_cut_one_at_once() {
    let _guard = guard();
    let (_server, relay, mut account) = served(2);
    let inbox = account.select("INBOX").unwrap();
    assert_eq!(inbox.search(Key::All).unwrap().len(), 2);
    relay.cut();
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(account.selected().unwrap().search(Key::All).unwrap().len(), 2);
    assert_eq!(relay.count(), 2);
    let client = account.client().unwrap();
    relay.dead(true);
    let begun = Instant::now();
    let error = client.probe(Duration::from_millis(300)).unwrap_err();
    assert!(error.kind() == ErrorKind::Timeout && begun.elapsed() < Duration::from_secs(60), "{error}");
    assert!(!client.is_open());
    relay.dead(false);
    assert_eq!(account.selected().unwrap().search(Key::All).unwrap().len(), 2);
    account.logout().unwrap();
}
