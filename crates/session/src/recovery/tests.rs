//! Lives of accounts in virtual time. C56, T066, T110.

use super::*;
use imapkit_wire::{StatusKind, StatusLine};

const S: Duration = Duration::from_secs(1);
/// Just below the bound.
const MOST: u64 = u64::MAX;

fn at(seconds: u64) -> Tick {
    Tick::new(Duration::from_secs(seconds))
}

fn said(status: StatusKind, code: Option<Code>, text: &str) -> Error {
    let text = bytes::Bytes::copy_from_slice(text.as_bytes());
    let error = Error::refused("LOGIN", &StatusLine { kind: status, code, text });
    // As the opening says it.
    if status == StatusKind::No { error.with_kind(ErrorKind::Auth) } else { error }
}

fn gone() -> Error {
    Error::new(ErrorKind::Closed, "gone")
}

fn wait(setback: &Setback, now: Tick) -> Duration {
    match setback.next {
        Next::At(until) => now.until(until),
        Next::Never => panic!("no further attempt"),
    }
}

fn worked() -> Recovery {
    let mut recovery = Recovery::new(BackoffConfig::default());
    recovery.connected(at(0));
    recovery
}

#[test]
fn a_lost_connection_is_tried_again_with_growing_waits_until_one_was_healthy() {
    let mut recovery = worked();
    for bound in [2, 4, 8, 16] {
        let setback = recovery.failed(at(5), &gone(), MOST);
        assert_eq!(setback.trouble, Some(Trouble::Network));
        assert!(wait(&setback, at(5)) <= bound * S && wait(&setback, at(5)) > (bound - 1) * S);
    }
    recovery.connected(at(100));
    assert_eq!(recovery.circuit(), &Circuit::Closed);
    assert!(wait(&recovery.failed(at(159), &gone(), MOST), at(159)) > 31 * S, "59 s are not health");
    recovery.connected(at(200));
    assert!(wait(&recovery.failed(at(260), &gone(), MOST), at(260)) <= 2 * S);
}

#[test]
fn t066_refused_credentials_are_offered_once() {
    let no = said(StatusKind::No, Some(Code::AuthenticationFailed), "Invalid credentials (Failure)");
    let mut recovery = Recovery::new(BackoffConfig::default());
    let setback = recovery.failed(at(1), &no, MOST);
    assert_eq!((setback.trouble, setback.next), (Some(Trouble::Credentials), Next::Never));
    assert_eq!(recovery.circuit(), &Circuit::Open { cause: Some(Cause::Credentials) });
    assert_eq!(recovery.next(at(1_000_000)), Next::Never);
    assert!(!recovery.network_changed(at(2)));
    recovery.changed();
    assert_eq!(recovery.next(at(9)), Next::At(at(9)));
}

#[test]
fn t066_a_refusal_that_invites_to_try_again_is_one_all_the_same() {
    for code in [Code::AuthenticationFailed, Code::AuthorizationFailed] {
        for text in ["Authentication failed, please try again later", "Internal error", "Too many connections"] {
            let no = said(StatusKind::No, Some(code.clone()), text);
            let setback = Recovery::new(BackoffConfig::default()).failed(at(1), &no, MOST);
            assert_eq!((setback.trouble, setback.next), (Some(Trouble::Credentials), Next::Never), "{text}");
        }
    }
    let no = said(StatusKind::No, Some(Code::AuthenticationFailed), "Application-specific password required");
    assert_eq!(Cause::of(&no), Some(Cause::AppPassword), "what about, it may say");
}

#[test]
fn c56_credentials_that_worked_are_offered_once_more() {
    let no = said(StatusKind::No, None, "LOGIN failed");
    let mut recovery = worked();
    recovery.failed(at(100), &gone(), 0);
    let setback = recovery.failed(at(101), &no, MOST);
    assert!(wait(&setback, at(101)) > S);
    assert_eq!(recovery.failed(at(104), &no, MOST).next, Next::Never);
    // One that says exactly what is wrong is believed at once.
    let mut recovery = worked();
    let app = said(StatusKind::No, Some(Code::Alert), "Application-specific password required");
    assert_eq!(recovery.failed(at(100), &app, MOST).next, Next::Never);
}

#[test]
fn t110_what_the_server_asks_for_is_waited_for_up_to_the_cap() {
    let mut recovery = worked();
    let throttled = said(StatusKind::Bad, None, "Request is throttled. Suggested Backoff Time: 299961 milliseconds");
    let setback = recovery.failed(at(100), &throttled, 0);
    assert_eq!((setback.trouble, setback.cause), (Some(Trouble::Throttle), Some(Cause::Throttled)));
    assert_eq!(wait(&setback, at(100)), Duration::from_millis(299_961));
    assert!(!recovery.network_changed(at(101)), "a wait the server asked for stays");
    let long = said(StatusKind::Bye, Some(Code::Unavailable), "down for maintenance, try again in 12 hours");
    assert_eq!(wait(&recovery.failed(at(500), &long, 0), at(500)), 300 * S);
}

#[test]
fn t110_texts_and_codes_of_known_servers_are_no_matter_of_credentials() {
    use Trouble::{Busy, Throttle};
    for (status, code, text, trouble) in [
        (StatusKind::No, Some(Code::Alert), "Too many simultaneous connections. (Failure)", Throttle),
        (StatusKind::No, Some(Code::OverQuota), "Account exceeded command or bandwidth limits. (Failure)", Throttle),
        (StatusKind::No, Some(Code::Throttled), "slow down", Throttle),
        (
            StatusKind::No,
            Some(Code::Limit),
            "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
            Throttle,
        ),
        (StatusKind::No, Some(Code::Unavailable), "Temporary authentication failure", Busy),
        (StatusKind::No, Some(Code::InUse), "mailbox is locked", Busy),
        (StatusKind::No, None, "Server Unavailable. 15", Busy),
        (StatusKind::Bye, None, "Connection is closed. 13", Busy),
    ] {
        let setback = Recovery::new(BackoffConfig::default()).failed(at(60), &said(status, code, text), 0);
        assert_eq!(setback.trouble, Some(trouble), "{text}");
        assert!(matches!(setback.next, Next::At(_)), "{text}");
    }
}

#[test]
fn t110_a_bye_at_once_after_login_is_a_limit() {
    let bye = said(StatusKind::Bye, None, "Connection is closed. 13");
    let mut recovery = Recovery::new(BackoffConfig::default());
    recovery.connected(Tick::new(10 * S));
    let setback = recovery.failed(Tick::new(10 * S + S / 2), &bye, 0);
    assert_eq!(setback.trouble, Some(Trouble::Throttle));
    recovery.connected(at(20));
    assert_eq!(recovery.failed(at(30), &bye, 0).trouble, Some(Trouble::Busy));
}

#[test]
fn what_waiting_does_not_mend_stops_at_the_beginning_only() {
    for kind in [ErrorKind::Tls, ErrorKind::Unsafe, ErrorKind::Protocol, ErrorKind::Unsupported, ErrorKind::Misuse] {
        let error = Error::new(kind, "wrong");
        let first = Recovery::new(BackoffConfig::default()).failed(at(1), &error, 0);
        assert_eq!((first.trouble, first.next), (None, Next::Never), "{kind:?}");
    }
    assert_eq!(
        worked().failed(at(1), &Error::new(ErrorKind::Tls, "not its certificate"), 0).trouble,
        Some(Trouble::Network)
    );
    assert_eq!(worked().failed(at(1), &Error::new(ErrorKind::Misuse, "no such host"), 0).next, Next::Never);
}

#[test]
fn news_of_the_network_end_a_wait_for_the_network() {
    let mut recovery = worked();
    for _ in 0..8 {
        recovery.failed(at(1), &gone(), MOST);
    }
    assert!(matches!(recovery.next(at(2)), Next::At(until) if until > at(100)));
    assert!(recovery.network_changed(at(2)));
    assert_eq!(recovery.next(at(2)), Next::At(at(2)));
}
