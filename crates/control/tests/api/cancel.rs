//! Cancelling from other threads and from callbacks, and time that is over.

use std::io::Cursor;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use imapkit_control::{Control, ErrorCode, IdleOption, MessageFlags, Section, State};
use imapkit_testkit::peer::PeerConn;
use imapkit_testkit::script::Mismatch;

use super::support::{Log, code, guard, log_in_and_select, mail, peer, selected, server};

/// Cancels once the control does this.
fn cancel_when(control: &Arc<Control>, state: State) -> thread::JoinHandle<()> {
    let control = Arc::clone(control);
    thread::spawn(move || {
        while control.state() != state || !control.is_blocked() {
            thread::sleep(Duration::from_millis(2));
        }
        // It has begun; a moment later it waits. Either way it has to end.
        thread::sleep(Duration::from_millis(20));
        control.cancel();
    })
}

#[test]
fn a_connect_is_cancelled_from_another_thread() {
    let _guard = guard();
    let (_peer, control) = peer(PeerConn::expect_eof);
    let control = Arc::new(control);
    let log = Log::of(&control);
    let canceller = cancel_when(&control, State::Connecting);
    assert_eq!(code(control.connect(None, None, None, None, None, None)), ErrorCode::Cancelled);
    canceller.join().unwrap();
    assert_eq!(log.take(), ["cancel", "error CANCELLED"]);
    assert!(!control.is_connected());
}

#[test]
fn m031_a_cancelled_call_leaves_the_connection_in_step() {
    let _guard = guard();
    let (go, wait) = mpsc::channel::<()>();
    let (_peer, control) = peer(move |conn| {
        log_in_and_select(conn, "")?;
        let first = conn.expect("SEARCH SUBJECT slow")?;
        wait.recv().unwrap();
        conn.send(format!("* SEARCH 1\r\n{first} OK done\r\n"))?;
        let second = conn.expect("SEARCH SUBJECT fast")?;
        conn.send(format!("* SEARCH 2\r\n{second} OK done\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    let control = Arc::new(control);
    let canceller = cancel_when(&control, State::Sending);
    assert_eq!(code(control.search_mailbox("SUBJECT slow", None)), ErrorCode::Cancelled);
    canceller.join().unwrap();
    go.send(()).unwrap();
    assert_eq!(control.search_mailbox("SUBJECT fast", None).unwrap(), [2]);
}

#[test]
fn a_callback_may_cancel_the_transfer_it_is_told_about() {
    let _guard = guard();
    let server = server([mail("big", 300_000), mail("small", 100)]);
    let control = selected(&server);
    let handle = control.cancel_handle();
    control.on_progress(move |_, _, _, percent| {
        if percent > 20 {
            handle.cancel();
        }
        0
    });
    assert_eq!(code(control.get_message(1, 0, Section::Preview)), ErrorCode::Cancelled);
    control.clear_events();
    assert!(!control.get_message(2, 0, Section::Preview).unwrap().is_empty());
}

#[test]
fn what_a_callback_returns_ends_the_call_with_that_number() {
    let _guard = guard();
    let server = server([mail("big", 300_000)]);
    let control = selected(&server);
    control.on_read(|| i32::from_ne_bytes(ErrorCode::LimitExceeded.value().to_ne_bytes()));
    assert_eq!(code(control.get_message(1, 0, Section::Preview)), ErrorCode::LimitExceeded);
    control.clear_events();
    let log = Log::of(&control);
    control.on_write(|| 1);
    let text = mail("up", 50_000);
    let sent = control.create_message_from(Cursor::new(&text), text.len() as u64, MessageFlags::None, None);
    assert_eq!(code(sent), ErrorCode::Cancelled);
    assert!(!control.is_connected(), "a message in the middle cannot be taken back otherwise");
    assert!(log.only("disconnect").is_empty(), "we closed it, and not the server");
    assert!(server.messages("me", "INBOX").unwrap().len() == 1);
}

#[test]
fn a_call_that_takes_too_long_is_told_and_the_next_one_works() {
    let _guard = guard();
    let (_peer, control) = peer(|conn| {
        log_in_and_select(conn, "")?;
        let slow = conn.expect("CHECK")?;
        let after = conn.expect("UNSUBSCRIBE INBOX")?;
        conn.send(format!("{slow} OK late\r\n{after} OK done\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    let log = Log::of(&control);
    control.set_timeout(1).unwrap();
    let began = Instant::now();
    let outcome = code(control.check_mailbox());
    assert!(matches!(outcome, ErrorCode::TimedOut | ErrorCode::OutcomeUnknown), "{outcome}");
    assert!(began.elapsed() >= Duration::from_millis(900));
    if outcome == ErrorCode::TimedOut {
        assert_eq!(log.only("timeout"), ["timeout"]);
    }
    control.set_timeout(20).unwrap();
    control.unsubscribe_mailbox("INBOX").unwrap();
}

#[test]
fn cancelling_nothing_does_nothing() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    control.cancel();
    control.cancel();
    control.check_mailbox().unwrap();
    let handle = control.cancel_handle();
    drop(control);
    handle.cancel();
}

#[test]
fn waiting_for_news_is_cancelled_too() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = Arc::new(selected(&server));
    let canceller = cancel_when(&control, State::Monitoring);
    assert_eq!(code(control.idle(IdleOption::Wait, None)), ErrorCode::Cancelled);
    canceller.join().unwrap();
    control.check_mailbox().unwrap();
}

#[test]
fn a_change_that_is_cut_off_is_unknown_and_told_by_why() {
    let _guard = guard();
    for cancelled in [false, true] {
        let (_peer, control) = peer(|conn| {
            log_in_and_select(conn, "")?;
            conn.expect("EXPUNGE")?;
            conn.drain()
        });
        control.connect(None, None, None, None, None, None).unwrap();
        control.select_mailbox("INBOX").unwrap();
        control.set_timeout(if cancelled { 30 } else { 1 }).unwrap();
        let log = Log::of(&control);
        let handle = control.cancel_handle();
        let waiting = Arc::new(control);
        let call = {
            let control = Arc::clone(&waiting);
            thread::spawn(move || control.expunge_mailbox())
        };
        while cancelled && !call.is_finished() {
            thread::sleep(Duration::from_millis(100));
            handle.cancel();
        }
        assert_eq!(code(call.join().unwrap()), ErrorCode::OutcomeUnknown);
        let (timeouts, cancels) = (log.only("timeout").len(), log.only("cancel").len());
        assert_eq!((timeouts, cancels), if cancelled { (0, 1) } else { (1, 0) });
    }
}

#[test]
fn a_warning_that_is_answered_by_cancelling_stops_the_password() {
    let _guard = guard();
    for later in [false, true] {
        let (peer, control) = peer(|conn| {
            conn.send("* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
            conn.expect_eof()
        });
        if later {
            control.set_user_name("");
            control.connect(None, None, None, None, None, None).unwrap();
        }
        let handle = control.cancel_handle();
        control.on_security_warning(move |_, _| {
            handle.cancel();
            0
        });
        let outcome = if later {
            control.login(Some("me"), None, None)
        } else {
            control.connect(None, None, Some("me"), None, None, None)
        };
        assert_eq!(code(outcome), ErrorCode::Cancelled);
        drop(control);
        peer.join().expect("not a byte was sent");
    }
}

#[test]
fn a_cancel_is_not_lost_before_the_call_waits() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    let handle = control.cancel_handle();
    control.on_progress(move |_, _, _, _| {
        handle.cancel();
        0
    });
    // Told at 0 percent: nothing has been sent, and nothing needs to be.
    let sent = control.create_message(&mail("up", 50_000), MessageFlags::None, None);
    assert_eq!(code(sent), ErrorCode::Cancelled);
    control.clear_events();
    control.check_mailbox().expect("the connection goes on");
}

#[test]
fn a_call_that_is_seen_can_be_cancelled() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    let rounds = AtomicU32::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..400 {
                while rounds.load(Ordering::SeqCst) != round || !control.is_blocked() {
                    std::hint::spin_loop();
                }
                control.cancel();
            }
        });
        for _ in 0..400 {
            assert_eq!(code(control.idle(IdleOption::Wait, None)), ErrorCode::Cancelled);
            rounds.fetch_add(1, Ordering::SeqCst);
        }
    });
}

/// A message of 20 MB, of which little comes before we close.
fn big_message(conn: &mut PeerConn) -> Result<(), Mismatch> {
    log_in_and_select(conn, "")?;
    let (_, line) = conn.expect_line()?;
    assert!(line.starts_with("FETCH 1 "), "{line}");
    conn.send("* 1 FETCH (UID 5 BODY[] {20000000}\r\nFrom: me\r\n")?;
    conn.expect_eof()
}

#[test]
fn m030_a_large_message_that_is_given_up_costs_the_connection_at_once() {
    let _guard = guard();
    for streamed in [true, false] {
        let (peer, control) = peer(big_message);
        control.connect(None, None, None, None, None, None).unwrap();
        control.select_mailbox("INBOX").unwrap();
        let log = Log::of(&control);
        if streamed {
            assert_eq!(control.open_message(Some(1), 0, 0, None, Section::Preview).unwrap(), 20_000_000);
            assert!(control.read(&mut [0; 5]).unwrap() > 0);
            control.close_message().unwrap();
            assert!(log.only("error").is_empty());
        } else {
            control.on_read(|| 1);
            assert_eq!(code(control.get_message(1, 0, Section::Preview)), ErrorCode::Cancelled);
        }
        assert!(!control.is_connected());
        peer.join().unwrap();
        log.take();
        assert_eq!(code(control.check_mailbox()), ErrorCode::NotConnected);
        assert_eq!(log.take(), ["error NOT_CONNECTED"], "we closed it, and nobody cancelled this");
    }
}

#[test]
fn m030_a_call_behind_too_much_of_a_cancelled_one_was_not_cancelled() {
    let _guard = guard();
    let (go, wait) = mpsc::channel::<()>();
    let (_peer, control) = peer(move |conn| {
        log_in_and_select(conn, "")?;
        let (_, line) = conn.expect_line()?;
        assert!(line.starts_with("FETCH 1 "), "{line}");
        wait.recv().unwrap();
        conn.send("* 1 FETCH (UID 5 BODY[] {20000000}\r\n")?;
        // It hangs up in the middle.
        let _ = conn.send("x".repeat(20_000_000));
        Ok(())
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    let control = Arc::new(control);
    let canceller = cancel_when(&control, State::Receiving);
    assert_eq!(code(control.get_message(1, 0, Section::Preview)), ErrorCode::Cancelled);
    canceller.join().unwrap();
    let log = Log::of(&control);
    go.send(()).unwrap();
    let outcome = code(control.check_mailbox());
    assert!(matches!(outcome, ErrorCode::ConnectionReset | ErrorCode::NotConnected), "{outcome}");
    assert!(log.only("cancel").is_empty(), "{:?}", log.take());
}

#[test]
fn a_message_that_is_cancelled_in_the_middle_closes_the_connection_without_on_disconnect() {
    let _guard = guard();
    let (_peer, control) = peer(|conn| {
        log_in_and_select(conn, "")?;
        let (_, line) = conn.expect_line()?;
        assert!(line.starts_with("APPEND "), "{line}");
        conn.send("+ go\r\n")?;
        conn.drain()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    let control = Arc::new(control);
    let log = Log::of(&control);
    let canceller = cancel_when(&control, State::Sending);
    let (sent, endless) = (u64::from(u32::MAX), std::io::repeat(b'x'));
    let outcome = code(control.create_message_from(endless, sent, MessageFlags::None, None));
    assert!(matches!(outcome, ErrorCode::Cancelled | ErrorCode::OutcomeUnknown), "{outcome}");
    canceller.join().unwrap();
    assert!(!control.is_connected());
    assert_eq!((log.only("disconnect").len(), log.only("cancel").len()), (0, 1));
}

#[test]
fn a_command_under_way_is_no_idleness_and_its_end_is_told_behind_it() {
    let _guard = guard();
    let (go, wait) = mpsc::channel::<()>();
    let (_peer, control) = peer(move |conn| {
        log_in_and_select(conn, "")?;
        conn.expect("EXPUNGE")?;
        // Hangs up once the state was seen.
        wait.recv().unwrap();
        Ok(())
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    let control = Arc::new(control);
    let told = Arc::downgrade(&control);
    let (tell, hear) = mpsc::channel();
    control.on_error(move |_, _| {
        tell.send(told.upgrade().unwrap().state()).unwrap();
        0
    });
    thread::scope(|scope| {
        let call = scope.spawn(|| control.expunge_mailbox());
        while control.state() != State::Sending {
            assert!(!call.is_finished());
            thread::yield_now();
        }
        go.send(()).unwrap();
        assert!(call.join().unwrap().is_err());
    });
    assert_eq!(hear.recv().unwrap(), State::Disconnected);
}
