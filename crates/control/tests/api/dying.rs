//! Servers that die in the middle of any method, or between two: the method's error, one `on_disconnect`, nothing left.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use imapkit_control::{Control, ErrorCode, MessageFlags, Options, Section};
use imapkit_testkit::peer::PeerConn;
use imapkit_testkit::script::Mismatch;

use super::support::{Log, code, guard, log_in_and_select, peer};

/// A method of the control that talks to the server, by its name.
type Method = (&'static str, fn(&Control) -> imapkit_control::Result<()>);

const METHODS: &[Method] = &[
    ("select_mailbox", |c| c.select_mailbox("Other")),
    ("examine_mailbox", |c| c.examine_mailbox("Other")),
    ("reselect_mailbox", Control::reselect_mailbox),
    ("unselect_mailbox", |c| c.unselect_mailbox(true)),
    ("check_mailbox", Control::check_mailbox),
    ("expunge_mailbox", Control::expunge_mailbox),
    ("create_mailbox", |c| c.create_mailbox("New")),
    ("delete_mailbox", |c| c.delete_mailbox("Old")),
    ("rename_mailbox", |c| c.rename_mailbox("Old", "New")),
    ("subscribe_mailbox", |c| c.subscribe_mailbox("Old")),
    ("unsubscribe_mailbox", |c| c.unsubscribe_mailbox("Old")),
    ("get_mailbox_status", |c| c.get_mailbox_status("Old").map(drop)),
    ("search_mailbox", |c| c.search_mailbox("ALL", None).map(drop)),
    ("get_message", |c| c.get_message(1, 0, Section::Default).map(drop)),
    ("get_message part", |c| c.get_message(1, 2, Section::Default).map(drop)),
    ("get_headers", |c| c.get_headers(1).map(drop)),
    ("open_message", |c| c.open_message(Some(1), 0, 0, None, Section::Default).map(drop)),
    ("store_message", |c| c.store_message(1, std::env::temp_dir().join("imapkit-control-never"))),
    ("get_attachment", |c| c.get_attachment(1, 1, std::env::temp_dir().join("imapkit-control-never")).map(drop)),
    ("get_parts", |c| c.get_parts(1).map(drop)),
    ("create_message", |c| c.create_message(&[b'x'; 10_000], MessageFlags::None, None).map(drop)),
    ("copy_message", |c| c.copy_message(1, "Other")),
    ("move_message", |c| c.move_message(1, "Other")),
    ("delete_message", |c| c.delete_message(1)),
    ("undelete_message", |c| c.undelete_message(1)),
    ("set_flags", |c| c.set_flags(1, MessageFlags::Seen)),
    ("get_flags", |c| c.get_flags(1).map(drop)),
    ("command", |c| c.command("NOOP", None)),
    ("mailboxes", |c| c.mailboxes().map(drop)),
    ("mailbox", |c| c.mailbox(0).map(drop)),
    ("mailbox_delimiter", |c| c.mailbox_delimiter().map(drop)),
    ("mailbox_flags", |c| c.mailbox_flags().map(drop)),
    ("unread_messages", |c| c.unread_messages().map(drop)),
    ("subscribed", |c| c.subscribed().map(drop)),
    ("set_subscribed", |c| c.set_subscribed(true)),
    ("namespace", |c| c.namespace().map(drop)),
    ("quota", |c| c.quota().map(drop)),
    ("message_flags", |c| c.message_flags().map(drop)),
    ("message_size", |c| c.message_size().map(drop)),
    ("message_uid", |c| c.message_uid().map(drop)),
    ("message_date", |c| c.message_date().map(drop)),
    ("message_parts", |c| c.message_parts().map(drop)),
    ("set_message_flags", |c| c.set_message_flags(MessageFlags::Seen)),
    ("message_part", |c| c.message_part(1).map(drop)),
    ("header_value", |c| c.set_header_field("Subject").and_then(|()| c.header_value()).map(drop)),
    ("set_mailbox_name", |c| c.set_mailbox_name("Other")),
    ("get_part", |c| c.get_part(1, 1).map(drop)),
    ("search_mailbox_uid", |c| c.search_mailbox_uid("ALL", None).map(drop)),
    ("get_message_uid", |c| c.get_message_uid(1, 0, Section::Default).map(drop)),
    ("get_headers_uid", |c| c.get_headers_uid(1).map(drop)),
    ("store_message_uid", |c| c.store_message_uid(1, std::env::temp_dir().join("imapkit-control-never"))),
    ("open_message_uid", |c| c.open_message_uid(1, 0, 0, None, Section::Default).map(drop)),
    ("search_keys", |c| c.search_keys(imapkit_control::Key::All).map(drop)),
    ("create_message_from", |c| c.create_message_from(&[b'x'; 9000][..], 9000, MessageFlags::None, None).map(drop)),
    ("create_message_from_file", |c| {
        c.create_message_from_file(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), MessageFlags::None, None)
            .map(drop)
    }),
    ("get_part_uid", |c| c.get_part_uid(1, 1).map(drop)),
    ("get_attachment_uid", |c| {
        c.get_attachment_uid(1, 1, std::env::temp_dir().join("imapkit-control-never")).map(drop)
    }),
    ("get_parts_uid", |c| c.get_parts_uid(1).map(drop)),
    ("copy_message_uid", |c| c.copy_message_uid(1, "Other")),
    ("move_message_uid", |c| c.move_message_uid(1, "Other")),
    ("delete_message_uid", |c| c.delete_message_uid(1)),
    ("undelete_message_uid", |c| c.undelete_message_uid(1)),
    ("set_flags_uid", |c| c.set_flags_uid(1, MessageFlags::Seen)),
    ("get_flags_uid", |c| c.get_flags_uid(1).map(drop)),
    ("reset", Control::reset),
    ("idle", |c| c.idle(imapkit_control::IdleOption::Wait, None).map(drop)),
];

/// Dies when the next command comes.
fn die(conn: &mut PeerConn, how: u32) -> Result<(), Mismatch> {
    log_in_and_select(conn, "MOVE UNSELECT NAMESPACE QUOTA IDLE LITERAL+ LIST-EXTENDED")?;
    let _ = conn.read_bytes(4)?;
    end(conn, how)
}

/// Methods for a connection where nobody is logged in.
const BEFORE_LOGIN: &[Method] = &[
    ("login", |c| c.login(Some("me"), Some("secret"), None)),
    ("set_secure", |c| c.set_secure(true)),
    ("command", |c| c.command("NOOP", None)),
];

/// Ends the connection in one of three ways.
fn end(conn: &mut PeerConn, how: u32) -> Result<(), Mismatch> {
    match how {
        0 => conn.close(),
        1 => conn.reset(),
        _ => {
            conn.send("* BYE going down\r\n")?;
            conn.close()
        }
    }
}

/// The codes for a connection that the server ended.
fn is_lost(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::ConnectionReset | ErrorCode::ServerClosed | ErrorCode::OutcomeUnknown | ErrorCode::ConnectionAborted
    )
}

#[test]
fn a_server_that_dies_while_connecting_leaves_nothing() {
    let _guard = guard();
    for how in 0..3 {
        for step in ["greeting", "capability", "starttls", "login", "after login"] {
            let (peer, control) = peer(move |conn| {
                if step != "greeting" {
                    let told = if step == "capability" { "" } else { "[CAPABILITY IMAP4rev1 STARTTLS] " };
                    conn.send(format!("* OK {told}ready\r\n"))?;
                    let (tag, _) = conn.expect_line()?;
                    if step == "after login" {
                        conn.send(format!("{tag} OK welcome\r\n"))?;
                        let _ = conn.read_bytes(4)?;
                    }
                }
                end(conn, how)
            });
            let options = if step == "starttls" { Options::SecureExplicit } else { Options::None };
            let log = Log::of(&control);
            let error = control.connect(None, None, None, None, None, Some(options)).expect_err(step);
            assert!(is_lost(error.code()), "{step} ({how}): {error:?}");
            assert!(!control.is_connected() && log.only("connect").is_empty(), "{step}");
            assert!(log.only("disconnect").is_empty(), "{step}: there was no connection yet");
            assert_eq!(log.only("error").len(), 1, "{step} ({how})");
            assert_eq!(code(control.check_mailbox()), ErrorCode::NotConnected);
            peer.join().unwrap();
        }
    }
}

#[test]
fn a_server_that_dies_before_login_is_told_once() {
    let _guard = guard();
    for how in 0..3 {
        for (name, method) in BEFORE_LOGIN {
            let (peer, control) = peer(move |conn| {
                conn.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")?;
                let _ = conn.read_bytes(4)?;
                end(conn, how)
            });
            control.set_user_name("");
            control.connect(None, None, None, None, None, None).unwrap();
            let log = Log::of(&control);
            let error = method(&control).expect_err(name);
            assert!(is_lost(error.code()), "{name} ({how}): {error:?}");
            assert!(!control.is_connected(), "{name}");
            assert_eq!(log.only("disconnect"), ["disconnect"], "{name} ({how})");
            assert_eq!(log.only("error").len(), 1, "{name}: {:?}", log.take());
            assert_eq!(code(control.command("NOOP", None)), ErrorCode::NotConnected, "{name}");
            peer.join().unwrap();
        }
    }
}

#[test]
fn a_connection_that_we_close_is_no_event_and_its_last_words_are_kept() {
    let _guard = guard();
    for (name, capabilities, answer, expected) in [
        ("login", "", "NO [AUTHENTICATIONFAILED] not you", ErrorCode::LoginRejected),
        ("login", "LOGINDISABLED", "", ErrorCode::SecureConnectionRequired),
        ("secure", "STARTTLS", "OK begin\r\n* 1 EXISTS", ErrorCode::UnsafeServer),
    ] {
        let (_peer, control) = peer(move |conn| {
            conn.send(format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] ready\r\n"))?;
            if answer.is_empty() {
                return conn.expect_eof();
            }
            let (tag, _) = conn.expect_line()?;
            conn.send(format!("{tag} {answer}\r\n"))?;
            conn.expect_eof()
        });
        control.set_user_name("");
        control.connect(None, None, None, None, None, None).unwrap();
        let log = Log::of(&control);
        let outcome =
            if name == "login" { control.login(Some("me"), Some("secret"), None) } else { control.set_secure(true) };
        assert_eq!(code(outcome), expected, "{answer}");
        assert!(!control.is_connected() && log.only("disconnect").is_empty(), "{answer}");
        if expected == ErrorCode::LoginRejected {
            assert_eq!(log.only("command"), ["command No NO [AUTHENTICATIONFAILED] not you"]);
            assert!(control.result_string().ends_with("not you"));
        }
    }
}

#[test]
fn a_refusal_while_connecting_is_the_last_reply() {
    let _guard = guard();
    for answer in ["* BYE too many of you\r\n", "* OK [CAPABILITY IMAP4rev1] ready\r\n"] {
        let (_peer, control) = peer(move |conn| {
            conn.send(answer)?;
            if answer.starts_with("* OK") {
                let (tag, _) = conn.expect_line()?;
                conn.send(format!("{tag} NO too many of you\r\n"))?;
            }
            conn.close()
        });
        let log = Log::of(&control);
        control.connect(None, None, None, None, None, None).unwrap_err();
        assert!(control.result_string().ends_with("too many of you"), "{answer}: {}", control.result_string());
        assert_eq!(log.only("command").len(), 1, "{answer}");
        // The next connection has words of its own.
        control.set_remote_port(1);
        control.connect(None, None, None, None, None, None).unwrap_err();
        assert_eq!(control.result_string(), "");
    }
}

#[test]
fn a_server_that_dies_in_the_middle_of_an_open_message_fails_the_read_and_is_told_once() {
    let _guard = guard();
    for asks in [false, true] {
        let (die, told) = mpsc::channel::<()>();
        let (peer, control) = peer(move |conn| {
            log_in_and_select(conn, "")?;
            let _ = conn.expect_line()?;
            conn.send(format!("* 1 FETCH (UID 5 BODY[] {{300000}}\r\n{}", "x".repeat(200_000)))?;
            told.recv().unwrap();
            conn.close()
        });
        control.connect(None, None, None, None, None, None).unwrap();
        control.select_mailbox("INBOX").unwrap();
        let log = Log::of(&control);
        assert_eq!(control.open_message(Some(1), 0, 0, None, Section::Default).unwrap(), 300_000);
        die.send(()).unwrap();
        if asks {
            // Who does not read on is told as well.
            control.close_message().and_then(|()| control.check_mailbox()).unwrap_err();
        } else {
            let mut buffer = [0; 256];
            let ended = std::iter::repeat_with(|| control.read(&mut buffer)).find(|read| !matches!(read, Ok(1..)));
            let error = ended.unwrap().expect_err("it is not the end of the message");
            assert!(matches!(error.code(), ErrorCode::ServerClosed | ErrorCode::ConnectionReset), "{error:?}");
            assert_eq!(code(control.close_message()), ErrorCode::MessageNotOpen);
        }
        assert!(!control.is_connected());
        assert_eq!(log.only("disconnect"), ["disconnect"]);
        // There is nobody to say goodbye to, which is not the program's fault.
        assert_eq!(control.disconnect().err().map(|error| error.code()), Some(ErrorCode::NotConnected));
        drop(control);
        peer.join().unwrap();
    }
}

#[test]
fn a_server_that_says_goodbye_between_two_calls_is_told_by_the_next() {
    let _guard = guard();
    for (ends, long_after) in [(true, false), (true, true), (false, true)] {
        let (peer, control) = peer(move |conn| {
            log_in_and_select(conn, "")?;
            conn.send("* BYE Autologout\r\n")?;
            if ends { conn.close() } else { conn.expect_eof() }
        });
        control.connect(None, None, None, None, None, None).unwrap();
        control.select_mailbox("INBOX").unwrap();
        let log = Log::of(&control);
        if long_after {
            thread::sleep(Duration::from_millis(700));
        }
        let code = code(control.check_mailbox());
        assert!(is_lost(code) || code == ErrorCode::NotConnected, "{code:?}");
        assert!(!control.is_connected());
        assert_eq!(log.only("disconnect"), ["disconnect"]);
        drop(control);
        peer.join().unwrap();
    }
}

#[test]
fn a_server_that_dies_in_the_middle_of_any_method_is_told_once() {
    let _guard = guard();
    for (at, (name, method)) in METHODS.iter().enumerate() {
        let how = u32::try_from(at).unwrap() % 3;
        let (_peer, control) = peer(move |conn| die(conn, how));
        control.connect(None, None, None, None, None, None).unwrap();
        control.select_mailbox("INBOX").unwrap();
        let log = Log::of(&control);
        let error = method(&control).expect_err(name);
        assert!(is_lost(error.code()), "{name} ({how}): {error:?}");
        assert!(!control.is_connected(), "{name}");
        assert_eq!(log.only("disconnect"), ["disconnect"], "{name} ({how})");
        assert_eq!(log.only("error").len(), 1, "{name}: {:?}", log.take());
        if *name != "reset" {
            assert_eq!(code(method(&control)), ErrorCode::NotConnected, "{name}");
        }
        assert_eq!(log.only("disconnect").len(), 1, "{name}: once");
        assert_eq!((control.mailbox_name().as_str(), control.message_count()), ("", 0));
    }
    assert!(!std::env::temp_dir().join("imapkit-control-never").exists());
}

#[test]
fn a_connection_that_dies_between_calls_is_found_by_looking() {
    let _guard = guard();
    let (peer, control) = peer(|conn| {
        log_in_and_select(conn, "")?;
        conn.send("* BYE idle for too long\r\n")?;
        conn.close()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    peer.join().unwrap();
    let log = Log::of(&control);
    // What was read within the last half second is believed.
    while control.is_connected() {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(code(control.check_mailbox()), ErrorCode::NotConnected);
    assert_eq!(log.only("disconnect"), ["disconnect"]);
}
