//! Waiting for news: on the caller's thread, and on the worker's beside other calls.

use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use imapkit_control::{ErrorCode, IdleOption, Section, State, Update, UpdateType};

use super::support::{Log, code, connected, guard, log_in_and_select, mail, peer, selected, server};

#[test]
fn waiting_returns_with_what_has_come() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    let log = Log::of(&control);
    thread::scope(|scope| {
        scope.spawn(|| {
            while control.state() != State::Monitoring {
                thread::sleep(Duration::from_millis(2));
            }
            server.deliver("me", "INBOX", mail("two", 100)).unwrap();
        });
        let update = control.idle(IdleOption::Wait, Some(30)).unwrap();
        assert_eq!(update, Some(Update { kind: UpdateType::Message, number: 2 }));
    });
    assert_eq!(log.only("update"), ["update Message 2"]);
    assert_eq!((control.message_count(), control.new_messages(), control.state()), (2, 1, State::Idle));
    assert!(!control.get_message(2, 0, Section::Preview).unwrap().is_empty());
}

#[test]
fn the_end_of_the_time_is_no_error() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    let log = Log::of(&control);
    let began = Instant::now();
    assert_eq!(control.idle(IdleOption::Wait, Some(1)).unwrap(), None);
    assert!(began.elapsed() >= Duration::from_millis(900));
    assert_eq!(log.only("timeout"), ["timeout"]);
    assert!(log.only("error").is_empty());
    control.check_mailbox().unwrap();
}

#[test]
fn monitoring_goes_on_beside_other_calls_until_it_is_cancelled() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    let log = Log::of(&control);
    assert_eq!(control.idle(IdleOption::NoWait, None).unwrap(), None);
    assert_eq!(control.state(), State::Monitoring);
    assert_eq!(code(control.idle(IdleOption::NoWait, None)), ErrorCode::InProgress);
    for (number, subject) in [(2, "two"), (3, "three")] {
        server.deliver("me", "INBOX", mail(subject, 100)).unwrap();
        log.wait_for(&format!("update Message {number}"));
        assert!(!control.get_message(number, 0, Section::Preview).unwrap().is_empty(), "another call meanwhile");
    }
    control.delete_message(1).unwrap();
    control.expunge_mailbox().unwrap();
    server.deliver("me", "INBOX", mail("four", 100)).unwrap();
    while log.only("update Message 3").len() < 2 {
        thread::sleep(Duration::from_millis(5));
    }
    control.cancel();
    log.wait_for("cancel");
    while control.state() == State::Monitoring {
        thread::yield_now();
    }
    assert_eq!(control.state(), State::Idle);
    control.check_mailbox().unwrap();
    control.idle(IdleOption::NoWait, Some(1)).unwrap();
    log.wait_for("timeout");
}

#[test]
fn updates_are_told_in_the_servers_order() {
    let _guard = guard();
    let (_peer, control) = peer(|conn| {
        log_in_and_select(conn, "IDLE")?;
        let tag = conn.expect("IDLE")?;
        conn.send(
            "+ idling\r\n* 11 EXISTS\r\n* 3 EXPUNGE\r\n* 4 FETCH (FLAGS (\\Seen))\r\n* FLAGS (\\Seen \\Odd)\r\n* OK [READ-ONLY] now\r\n",
        )?;
        conn.expect_bytes("DONE\r\n")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    let log = Log::of(&control);
    let first = control.idle(IdleOption::Wait, Some(20)).unwrap();
    assert_eq!(first, Some(Update { kind: UpdateType::Message, number: 10 }));
    // They may have come in pieces: the rest is told by the next wait.
    while log.only("update").len() < 5 {
        let _ = control.idle(IdleOption::Wait, Some(1));
    }
    assert_eq!(
        log.only("update"),
        ["update Message 10", "update Message 11", "update Expunge 3", "update Mailbox 4", "update Mailbox 0"]
    );
}

#[test]
fn a_callback_ends_monitoring_and_the_end_of_the_connection_is_told_once() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    control.on_update(|_, _| 1);
    control.idle(IdleOption::NoWait, None).unwrap();
    server.deliver("me", "INBOX", mail("two", 100)).unwrap();
    while control.state() == State::Monitoring {
        thread::sleep(Duration::from_millis(2));
    }
    control.check_mailbox().unwrap();
    let log = Log::of(&control);
    control.idle(IdleOption::NoWait, None).unwrap();
    server.stop();
    log.wait_for("error");
    assert_eq!(log.only("disconnect"), ["disconnect"]);
    assert_eq!(control.state(), State::Disconnected);
    assert_eq!(code(control.check_mailbox()), ErrorCode::NotConnected);
    assert_eq!(log.only("disconnect").len(), 1);
}

#[test]
fn our_own_goodbye_ends_monitoring_without_a_word() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    let log = Log::of(&control);
    control.idle(IdleOption::NoWait, None).unwrap();
    control.disconnect().unwrap();
    while control.state() == State::Monitoring {
        thread::yield_now();
    }
    assert!(log.only("error").is_empty() && log.only("disconnect").is_empty(), "{:?}", log.take());
    // Another mailbox ends it as well.
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    control.idle(IdleOption::NoWait, None).unwrap();
    control.select_mailbox("Archive").unwrap();
    assert_eq!(control.state(), State::Idle);
    // The thread may not have noticed yet, which is nobody's concern.
    control.idle(IdleOption::NoWait, None).unwrap();
    assert_eq!(control.state(), State::Monitoring);
    assert_eq!(code(control.idle(IdleOption::NoWait, None)), ErrorCode::InProgress);
    assert_eq!(log.only("error").len(), 1, "{:?}", log.take());
    drop(control);
}

#[test]
fn without_a_mailbox_there_is_nothing_to_watch() {
    let _guard = guard();
    let server = server([]);
    let control = connected(&server);
    assert_eq!(code(control.idle(IdleOption::NoWait, None)), ErrorCode::NoMailboxSelected);
    assert_eq!(code(control.idle(IdleOption::Wait, Some(1))), ErrorCode::NoMailboxSelected);
    assert_eq!(control.state(), State::Idle);
}

#[test]
fn connecting_without_blocking_leaves_a_monitored_connection_as_it_is() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    control.idle(IdleOption::NoWait, None).unwrap();
    control.set_blocking(false);
    assert_eq!(code(control.connect(None, None, None, None, None, None)), ErrorCode::AlreadyConnected);
    assert_eq!((control.state(), control.is_blocked()), (State::Monitoring, false));
    control.check_mailbox().unwrap();
}

#[test]
fn who_is_told_that_the_time_is_over_can_watch_again() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    let (told, hear) = channel();
    let (done, wait) = channel::<()>();
    control.on_timeout(move || {
        told.send(()).unwrap();
        i32::from(wait.recv().is_err())
    });
    control.idle(IdleOption::NoWait, Some(1)).unwrap();
    hear.recv().unwrap();
    // The callback still runs.
    let again = control.idle(IdleOption::NoWait, None);
    done.send(()).unwrap();
    assert_eq!(again.unwrap(), None);
}
