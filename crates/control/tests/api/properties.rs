//! Properties that are set and read: what they are before anybody sets them, and that they stay as they were set.

use std::path::Path;

use imapkit_control::{AuthType, Control, ErrorCode, Options, Section, TraceFlags};

use super::support::{code, guard, log_in_and_select, mail, peer, selected, server};

#[test]
fn what_is_not_set_has_the_default_of_the_contract() {
    let control = Control::new();
    assert_eq!((control.auth_type(), control.options(), control.timeout()), (AuthType::Login, Options::None, 20));
    assert!(control.blocking() && !control.throw_error() && !control.secure() && !control.trace());
    assert_eq!((control.host_name(), control.host_address()), (String::new(), String::new()));
    assert_eq!((control.user_name(), control.password(), control.bearer_token()), Default::default());
    assert_eq!((control.remote_port(), control.remote_service().as_str()), (0, "imap"));
    assert_eq!((control.proxy(), control.certificate_name(), control.certificate_password()), Default::default());
    for path in [control.certificate_store(), control.certificate_authorities(), control.trace_file()] {
        assert_eq!(path, Path::new(""));
    }
    assert_eq!((control.mailbox_path().as_str(), control.mailbox_mask().as_str()), ("", "*"));
    assert_eq!(control.trace_flags(), TraceFlags::Info);
    assert_eq!((control.transfer_bytes(), control.transfer_rate(), control.transfer_time()), (0, 0, 0));
    assert_eq!((control.certificate_subject(), control.certificate_fingerprint()), Default::default());
}

#[test]
fn what_is_set_stays_and_what_makes_no_sense_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let control = Control::new();
    control.set_throw_error(true);
    control.set_blocking(false);
    control.set_certificate_name("mine");
    control.set_certificate_password("pässword");
    control.set_certificate_store(folder.path());
    control.set_certificate_authorities(folder.path().join("ca.pem"));
    control.set_mailbox_path("Archive");
    control.set_trace_file(folder.path().join("trace")).unwrap();
    control.set_trace_flags(TraceFlags::Error).unwrap();
    control.set_remote_service("imaps").unwrap();
    let look = || {
        assert!(control.throw_error() && !control.blocking());
        assert_eq!((control.certificate_name(), control.certificate_password()), ("mine".into(), "pässword".into()));
        assert_eq!(control.certificate_store(), folder.path());
        assert_eq!(control.certificate_authorities(), folder.path().join("ca.pem"));
        assert_eq!((control.mailbox_path(), control.trace_file()), ("Archive".into(), folder.path().join("trace")));
        assert_eq!(control.trace_flags(), TraceFlags::Error);
        assert_eq!((control.remote_service(), control.remote_port()), ("imaps".into(), 993));
    };
    look();
    assert_eq!(code(control.set_remote_service("http?")), ErrorCode::InvalidArgument);
    assert_eq!(code(control.set_timeout(0)), ErrorCode::InvalidArgument);
    assert_eq!(code(control.set_trace_flags(TraceFlags::from_value(1 << 30))), ErrorCode::InvalidArgument);
    look();
    // A number is a service too.
    control.set_remote_service("1143").unwrap();
    assert_eq!((control.remote_service(), control.remote_port()), ("1143".into(), 1143));
    assert!(!folder.path().join("trace").exists(), "nothing is traced unless it is wanted");
}

#[test]
fn this_machine_has_the_name_the_system_gives_it() {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(Control::new().local_name(), name.trim());
}

#[test]
fn a_message_is_opened_by_its_uid_and_says_how_it_came() {
    let _guard = guard();
    let text = mail("one", 50_000);
    let server = server([mail("gone", 100), text.clone()]);
    let control = selected(&server);
    control.delete_message(1).unwrap();
    control.expunge_mailbox().unwrap();
    let uid = control.message_uid().unwrap();
    assert_eq!(uid, 2, "number 1 now");
    assert_eq!(control.open_message_uid(uid, 0, 0, None, Section::Preview).unwrap(), text.len() as u64);
    let mut whole = Vec::new();
    let mut buffer = [0; 4096];
    while let count @ 1.. = control.read(&mut buffer).unwrap() {
        whole.extend_from_slice(&buffer[..count]);
    }
    control.close_message().unwrap();
    assert_eq!(whole, text);
    assert_eq!(control.transfer_bytes(), text.len() as u64);
    assert!(control.transfer_time() <= 20 && control.transfer_rate() > 0);
    assert_eq!(code(control.open_message_uid(9, 0, 0, None, Section::Preview)), ErrorCode::MessageNotFound);
    // Why, in the words of the library.
    control.set_timeout(1).unwrap();
    drop(server);
    let error = control.check_mailbox().unwrap_err();
    assert!(error.cause().is_some(), "{error}");
    assert!(!control.is_connected());
}

#[test]
fn a_token_is_one_only_where_tokens_are_used() {
    let control = Control::new();
    control.set_auth_type(AuthType::XOAuth2);
    control.set_bearer_token("token");
    assert_eq!(control.bearer_token(), "token");
    control.set_auth_type(AuthType::Plain);
    assert_eq!(control.bearer_token(), "");
}

#[test]
fn what_waits_to_be_read_shows() {
    let _guard = guard();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (_peer, control) = peer(move |conn| {
        log_in_and_select(conn, "")?;
        wait.recv().unwrap();
        conn.send("* 10 EXISTS\r\n")?;
        conn.drain()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    assert!(!control.is_readable());
    go.send(()).unwrap();
    while !control.is_readable() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
