//! What bad input gets: a number and a text, and a control that is as good as before.

use std::io::Write as _;

use imapkit_control::{Control, ErrorCode, MessageFlags, Options, Section, TraceFlags};

use super::support::{code, connected, control, folder, guard, mail, secure, selected, server};

#[test]
fn a_control_without_a_connection_says_so_everywhere() {
    let control = Control::new();
    let calls = [
        control.disconnect(),
        control.login(Some("me"), Some("x"), None),
        control.select_mailbox("INBOX"),
        control.check_mailbox(),
        control.delete_message(1),
        control.get_message(1, 0, Section::Default).map(drop),
        control.create_message(b"x", MessageFlags::None, Some("INBOX")).map(drop),
        control.search_mailbox("ALL", None).map(drop),
        control.mailboxes().map(drop),
        control.capability().map(drop),
        control.command("NOOP", None),
        control.set_message(1),
    ];
    for outcome in calls {
        assert_eq!(code(outcome), ErrorCode::NotConnected);
    }
    assert_eq!((control.message(), control.message_count(), control.mailbox_uid()), (0, 0, 0));
    assert_eq!((control.local_address().as_str(), control.secure_cipher().as_str()), ("", ""));
    assert!(!control.is_readable() && !control.is_writable());
    control.reset().expect("there is nothing to reset");
    control.uninitialize().unwrap();
    control.initialize().unwrap();
}

#[test]
fn numbers_out_of_range_are_refused_before_anything_is_sent() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    for number in [0, 2, u32::MAX] {
        let calls = [
            control.set_message(number),
            control.get_message(number, 0, Section::Default).map(drop),
            control.get_headers(number).map(drop),
            control.delete_message(number),
            control.copy_message(number, "Archive"),
            control.open_message(Some(number), 0, 0, None, Section::Default).map(drop),
            control.get_parts(number).map(drop),
        ];
        for outcome in calls {
            assert_eq!(code(outcome), ErrorCode::MessageNotFound, "{number}");
        }
    }
    assert_eq!(code(control.get_message(1, u32::MAX, Section::Default)), ErrorCode::PartNotFound);
    assert_eq!(code(control.get_message(1, 0, Section::from_value(0x40))), ErrorCode::InvalidArgument);
    assert_eq!(code(control.open_message(Some(1), 0, u64::MAX, Some(1), Section::Default)), ErrorCode::InvalidArgument);
    assert_eq!(code(control.open_message(Some(1), 0, 0, Some(0), Section::Default)), ErrorCode::InvalidArgument);
    assert_eq!(control.message_count(), 1);
    control.check_mailbox().unwrap();
}

#[test]
fn t068_nothing_a_caller_says_becomes_another_command() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    let evil = "x\r\nA9 DELETE Archive";
    for outcome in [
        control.create_mailbox(evil),
        control.rename_mailbox("Archive", evil),
        control.copy_message(1, evil),
        control.command(evil, None),
        control.command("NOOP", Some(evil)),
        control.get_mailbox_status(evil).map(drop),
        control.set_header_field(evil),
        control.copy_message(evil, "Archive"),
    ] {
        assert_eq!(code(outcome), ErrorCode::InvalidArgument);
    }
    assert_eq!(control.mailboxes().unwrap(), 2);
}

#[test]
fn t109_secrets_stand_in_no_trace_no_error_and_no_debug() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let (_folder, path) = folder();
    for auth_type in [imapkit_control::AuthType::Login, imapkit_control::AuthType::Plain] {
        let (control, _file) = secure(&server);
        control.set_auth_type(auth_type);
        control.set_trace(true).unwrap();
        control.set_trace_file(path("trace")).unwrap();
        control.set_trace_flags(TraceFlags::Bytes).unwrap();
        control.connect(None, None, None, None, None, None).unwrap();
        control.select_mailbox("INBOX").unwrap();
        control.get_message(1, 0, Section::Preview).unwrap();
        control.disconnect().unwrap();
        assert!(control.connect(None, None, None, Some("hunter2"), None, None).is_err());
        assert!(!format!("{control:?}{:?}", control.last_error_details()).contains("hunter2"));
    }
    let trace = std::fs::read_to_string(path("trace")).unwrap();
    for secret in ["secret", "hunter2", "bWUAc2VjcmV0", "AG1lAHNlY3JldA", "AG1lAGh1bnRlcjI"] {
        assert!(!trace.contains(secret), "{secret} in {trace}");
    }
    for said in ["SELECT INBOX", "LOGIN ***", "= connect: done", "! connect: LOGIN_REJECTED"] {
        assert!(trace.contains(said), "{said} is not in {trace}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(path("trace")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_trace_begins_and_ends_on_a_live_connection() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = connected(&server);
    let (_folder, path) = folder();
    control.set_trace_flags(TraceFlags::Bytes).unwrap();
    control.set_trace_file(path("trace")).unwrap();
    control.select_mailbox("INBOX").unwrap();
    assert!(!path("trace").exists(), "it is off");
    control.set_trace(true).unwrap();
    control.check_mailbox().unwrap();
    control.set_trace(false).unwrap();
    control.unselect_mailbox(false).unwrap();
    let trace = std::fs::read_to_string(path("trace")).unwrap();
    assert!(
        trace.contains("NOOP") && trace.contains("= check_mailbox: done") && !trace.contains("UNSELECT"),
        "{trace}"
    );
    assert_eq!(code(control.set_trace_flags(TraceFlags::from_value(64))), ErrorCode::InvalidArgument);
    control.set_trace(true).unwrap();
    assert_eq!(code(control.set_trace_file("/no/such/folder/trace")), ErrorCode::FileError);
    assert!(!control.trace() && control.is_connected());
}

#[test]
fn properties_say_what_is_wrong_with_a_value() {
    let control = Control::new();
    let wrong: [(&dyn Fn() -> imapkit_control::Result<()>, &str); 7] = [
        (&|| control.set_options(Options::from_value(0x10)), "0x10"),
        (&|| control.set_host_name("a b"), "a b"),
        (&|| control.set_host_address("imap.example.org"), "imap.example.org"),
        (&|| control.set_proxy("ftp://x"), "proxy"),
        (&|| control.set_timeout(0), "timeout"),
        (&|| control.set_remote_service("smtp"), "smtp"),
        (&|| control.set_last_error(7), "0x7"),
    ];
    for (set, word) in wrong {
        let error = set().unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
        assert!(error.text().contains(word), "{error}");
        assert_eq!(control.last_error_string(), error.text());
    }
    control.set_last_error(ErrorCode::TimedOut.value()).unwrap();
    assert_eq!(control.last_error(), ErrorCode::TimedOut.value());
    control.set_last_error(0).unwrap();
    assert_eq!((control.last_error(), control.last_error_string().as_str()), (0, ""));
    control.set_proxy("socks5://user:pa%73s@proxy.example.org").unwrap();
    assert!(!format!("{control:?}").contains("pass"));
}

#[test]
fn a_file_that_is_no_certificate_is_told_before_anybody_is_called() {
    let _guard = guard();
    let server = server([]);
    let (control, _file) = secure(&server);
    let mut nonsense = tempfile::NamedTempFile::new().unwrap();
    nonsense.write_all(b"no certificate").unwrap();
    control.set_certificate_authorities(nonsense.path());
    assert_eq!(code(control.connect(None, None, None, None, None, None)), ErrorCode::InvalidArgument);
    control.set_certificate_authorities("/no/such/file");
    assert_eq!(code(control.connect(None, None, None, None, None, None)), ErrorCode::FileError);
    assert!(!control.is_connected());
}

#[test]
fn auto_resolve_sets_the_other_of_name_and_address() {
    let control = Control::new();
    assert!(!control.auto_resolve());
    control.set_auto_resolve(true);
    control.set_host_name("localhost").unwrap();
    assert!(["127.0.0.1", "::1"].contains(&control.host_address().as_str()), "{}", control.host_address());
    control.set_host_name("").unwrap();
    control.set_host_address("127.0.0.1").unwrap();
    assert!(!control.host_name().is_empty());
    let unknown = code(control.set_host_name("no-such-host.invalid"));
    assert!(matches!(unknown, ErrorCode::HostUnknown | ErrorCode::TimedOut), "{unknown}");
    assert_eq!(control.host_name(), "no-such-host.invalid", "it is set all the same");
}

#[test]
fn a_name_that_is_not_resolved_leaves_no_address_of_another_host() {
    let _guard = guard();
    let server = server([]);
    let control = control(&server);
    control.set_auto_resolve(true);
    control.set_host_name("localhost").unwrap();
    assert_ne!(control.host_address(), "");
    assert!(control.set_host_name("no-such-host.invalid").is_err());
    assert_eq!(control.host_address(), "", "it was that of localhost");
    assert!(control.connect(None, None, None, None, None, None).is_err(), "the password goes to nobody else");
    // 192.0.2.0/24 is for documentation (RFC 5737): an address without a name, whether or not a name server can be asked.
    assert!(control.set_host_address("192.0.2.1").is_err());
    assert_eq!((control.host_address().as_str(), control.host_name().as_str()), ("192.0.2.1", ""));
    assert!(control.set_host_name("no name").is_err());
    assert_eq!(control.host_address(), "192.0.2.1", "what is refused changes nothing");
}

#[test]
fn uninitialize_is_the_end_of_everything_and_a_new_beginning() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    control.on_error(|_, _| panic!("it should be forgotten"));
    control.uninitialize().unwrap();
    assert!(!control.is_connected());
    assert_eq!((control.user_name().as_str(), control.host_name().as_str(), control.timeout()), ("", "", 20));
    assert!(control.select_mailbox("INBOX").is_err());
    control.initialize().unwrap();
    assert_eq!(control.last_error(), 0);
}
