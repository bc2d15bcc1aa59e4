//! Events: their order, their threads, and what may be done inside of them.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use imapkit_control::{Control, ErrorCode, Section};

use super::support::{Log, code, connected, control, guard, log_in_and_select, mail, peer, selected, server};

#[test]
fn a_call_from_inside_a_callback_is_refused_and_does_no_harm() {
    let _guard = guard();
    let server = server([mail("one", 50_000)]);
    let control = Arc::new(selected(&server));
    let (inside, seen) = (Arc::downgrade(&control), Arc::new(Mutex::new(Vec::new())));
    let told = Arc::clone(&seen);
    control.on_read(move || {
        let control = inside.upgrade().unwrap();
        let refused =
            [control.check_mailbox(), control.disconnect(), control.connect(None, None, None, None, None, None)];
        told.lock().unwrap().extend(refused.map(code));
        // Properties that need no server are there.
        assert_eq!(
            (control.mailbox_name().as_str(), control.message_count(), control.is_blocked()),
            ("INBOX", 1, true)
        );
        0
    });
    assert_eq!(control.get_message(1, 0, Section::Preview).unwrap().len(), mail("one", 50_000).len());
    let seen = seen.lock().unwrap();
    assert!(!seen.is_empty() && seen.iter().all(|code| *code == ErrorCode::InProgress), "{seen:?}");
}

#[test]
fn a_property_that_a_callback_sets_wrongly_is_told_to_the_callback() {
    let _guard = guard();
    let server = server([]);
    let control = Arc::new(connected(&server));
    let (inside, seen) = (Arc::downgrade(&control), Arc::new(Mutex::new(Vec::new())));
    let told = Arc::clone(&seen);
    control.on_error(move |_, _| {
        let control = inside.upgrade().unwrap();
        let refused = [control.set_timeout(0), control.initialize(), control.uninitialize()];
        told.lock().unwrap().push(refused.map(code));
        0
    });
    assert_eq!(code(control.select_mailbox("Nowhere")), ErrorCode::MailboxNotFound);
    assert_eq!(*seen.lock().unwrap(), [[ErrorCode::InvalidArgument, ErrorCode::InProgress, ErrorCode::InProgress]]);
    assert_eq!((control.user_name().as_str(), control.is_connected()), ("me", true), "nothing was forgotten");
    control.uninitialize().unwrap();
    assert_eq!((control.user_name().as_str(), control.is_connected()), ("", false));
}

#[test]
fn a_callback_of_one_control_may_use_another() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let (first, second) = (selected(&server), selected(&server));
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    first.on_command(move |_, _| {
        second.check_mailbox().unwrap();
        counted.fetch_add(second.message_count(), Ordering::SeqCst);
        0
    });
    first.check_mailbox().unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn a_second_call_from_another_thread_is_refused() {
    let _guard = guard();
    let (go, wait) = mpsc::channel::<()>();
    let (_peer, control) = peer(move |conn| {
        log_in_and_select(conn, "")?;
        let tag = conn.expect("EXPUNGE")?;
        wait.recv().unwrap();
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    let control = Arc::new(control);
    let first = {
        let control = Arc::clone(&control);
        thread::spawn(move || control.expunge_mailbox())
    };
    while !control.is_blocked() {
        thread::yield_now();
    }
    assert_eq!(code(control.check_mailbox()), ErrorCode::InProgress);
    assert_eq!(control.last_error(), 0x8004_0000 + 10036);
    go.send(()).unwrap();
    first.join().unwrap().unwrap();
}

#[test]
fn a_callback_that_panics_ends_the_call_and_not_the_session() {
    let _guard = guard();
    let server = server([mail("one", 50_000)]);
    let control = selected(&server);
    control.on_read(|| panic!("on purpose"));
    let error = control.get_message(1, 0, Section::Preview).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InternalError);
    assert!(error.text().contains("on_read"), "{error}");
    control.clear_events();
    control.check_mailbox().unwrap();
    control.on_error(|_, _| panic!("on purpose"));
    assert_eq!(code(control.set_message(7)), ErrorCode::MessageNotFound);
    control.check_mailbox().unwrap();
}

#[test]
fn a_callback_that_blocks_makes_its_own_call_wait_and_nothing_else() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = Arc::new(selected(&server));
    let (inside, go) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (entered, may_go) = (Arc::clone(&inside), Arc::clone(&go));
    control.on_command(move |_, _| {
        entered.store(true, Ordering::SeqCst);
        while !may_go.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
        0
    });
    let call = {
        let control = Arc::clone(&control);
        thread::spawn(move || control.check_mailbox())
    };
    while !inside.load(Ordering::SeqCst) {
        thread::yield_now();
    }
    assert_eq!(
        (control.message_count(), control.mailbox_name().as_str(), control.user_name().as_str()),
        (1, "INBOX", "me")
    );
    control.set_user_name("other");
    control.cancel();
    assert_eq!(code(control.noop_like()), ErrorCode::InProgress);
    go.store(true, Ordering::SeqCst);
    call.join().unwrap().expect("it was done already");
}

/// A short call.
trait NoopLike {
    fn noop_like(&self) -> imapkit_control::Result<()>;
}

impl NoopLike for Control {
    fn noop_like(&self) -> imapkit_control::Result<()> {
        self.command("NOOP", None)
    }
}

#[test]
fn commands_tell_how_they_were_answered() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = control(&server);
    let log = Log::of(&control);
    control.connect(None, None, None, None, None, None).unwrap();
    log.take();
    control.select_mailbox("INBOX").unwrap();
    let told = log.take();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("command Ok OK [READ-WRITE]"), "{told:?}");
    assert!(control.select_mailbox("Nowhere").is_err());
    let told = log.take();
    assert!(told[0].starts_with("command No NO "), "{told:?}");
    assert_eq!(told.last().unwrap(), "error MAILBOX_NOT_FOUND");
    assert_eq!(control.message_count(), 0);
    assert!(log.take().is_empty(), "properties that ask nobody tell nothing");
}
