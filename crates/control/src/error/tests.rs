//! Which number becomes of which error.
use super::*;
use imapkit_blocking::dial::{Expired, Phase};
use std::time::Duration;

fn io(kind: io::ErrorKind) -> Error {
    Error::with_source(ErrorKind::Io, "reading", io::Error::from(kind))
}

#[test]
fn the_network_has_the_numbers_people_know() {
    for (kind, n) in [
        (io::ErrorKind::ConnectionRefused, 10061),
        (io::ErrorKind::TimedOut, 10060),
        (io::ErrorKind::ConnectionReset, 10054),
        (io::ErrorKind::ConnectionAborted, 10053),
        (io::ErrorKind::HostUnreachable, 10065),
        (io::ErrorKind::NetworkUnreachable, 10051),
        (io::ErrorKind::NetworkDown, 10050),
        (io::ErrorKind::AddrNotAvailable, 10049),
        (io::ErrorKind::PermissionDenied, 10013),
        (io::ErrorKind::BrokenPipe, 10054),
    ] {
        assert_eq!(ControlError::from(io(kind)).value(), 0x8004_0000 + n, "{kind:?}");
    }
    let full = Error::with_source(ErrorKind::Io, "x", io::Error::from_raw_os_error(EMFILE));
    assert_eq!(code_of(&full), ErrorCode::TooManyFiles);
}

#[test]
fn resolvers_are_understood() {
    let says = |words: &str| resolve_code(Some(&io::Error::other(words.to_owned())));
    assert_eq!(says("failed to lookup address information: Name or service not known"), ErrorCode::HostUnknown);
    assert_eq!(says("… Temporary failure in name resolution"), ErrorCode::ResolverFailed);
    assert_eq!(says("… No address associated with hostname"), ErrorCode::HostWithoutAddress);
    assert_eq!(resolve_code(None), ErrorCode::HostWithoutAddress);
}

#[test]
fn every_number_goes_back_to_the_kind_it_comes_from() {
    use ErrorKind as K;
    for kind in [
        K::Io,
        K::Tls,
        K::Timeout,
        K::Closed,
        K::No,
        K::Bad,
        K::Bye,
        K::Auth,
        K::Unsafe,
        K::Protocol,
        K::Unsupported,
        K::Limit,
        K::Stale,
        K::Misuse,
        K::Cancelled,
        K::Unknown,
        K::Bug,
    ] {
        let code = code_of(&Error::new(kind, "x"));
        let back = if kind == K::Io { K::Closed } else { kind };
        assert_eq!(code.kind(), back, "{kind:?} → {code}");
    }
    for code in ErrorCode::ALL {
        let _ = code.kind();
    }
}

#[test]
fn a_deadline_names_its_phase() {
    let expired = Expired { phase: Phase::Greeting, timeout: Duration::from_secs(3) };
    let error = ControlError::from(Error::with_source(ErrorKind::Timeout, expired.to_string(), expired));
    assert_eq!(error.code(), ErrorCode::TimedOut);
    assert!(error.text().contains("phase greeting"), "{error}");
}

#[test]
fn an_error_inside_a_reader_is_found_again() {
    let inner = Error::new(ErrorKind::Cancelled, "cancelled");
    let error = ControlError::from(io::Error::other(inner));
    assert_eq!((error.code(), error.text()), (ErrorCode::Cancelled, "cancelled"));
}
