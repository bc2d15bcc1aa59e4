//! Tests of dialing: races over real sockets, and time that runs out.

use super::*;
use crate::cancel::{Cancel, Canceller};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Instant;

fn attempt(timeout: Duration) -> Attempt {
    Attempt::new(timeout, Arc::new(Cancel::new().unwrap()))
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// An address that takes a connection no more: its queue is full.
#[cfg(target_os = "linux")]
fn deaf() -> (Socket, Vec<Socket>, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let waiting = (0..4).map(|_| begin(address).unwrap()).collect();
    (socket, waiting, address)
}

const LONG: Duration = Duration::from_secs(20);

/// Calls `host`, with a memory of its own.
fn call(
    host: &str,
    port: u16,
    address: Option<IpAddr>,
    only_here: bool,
    attempt: &mut Attempt,
) -> Result<TcpStream, Error> {
    let (host, memory) = (Host::parse(host).unwrap(), Memory::default());
    let epoch = Instant::now();
    connect(Call { host: &host, port, address, only_here, prefer_ipv6: false, memory: &memory, epoch }, attempt)
}

/// Races to these addresses.
fn race(config: RaceConfig, addresses: impl IntoIterator<Item = SocketAddr>) -> SocketAddr {
    let mut race = Race::new(config);
    race.handle_resolved(addresses);
    let (host, memory) = (Host::parse("localhost").unwrap(), Memory::default());
    let call = Call {
        host: &host,
        port: 143,
        address: None,
        only_here: true,
        prefer_ipv6: false,
        memory: &memory,
        epoch: Instant::now(),
    };
    let (address, stream) = run(call, &mut race, Resolving::nothing(), &mut attempt(LONG)).unwrap().unwrap();
    assert_eq!(stream.peer_addr().unwrap(), address);
    address
}

#[test]
fn an_address_is_connected_to_and_nothing_is_resolved() {
    let (listener, address) = listener();
    let mut attempt = attempt(LONG);
    let given = Some(address.ip());
    let stream = call("no-such-host.example", address.port(), given, false, &mut attempt).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), address);
    assert!(listener.accept().is_ok());
    assert!(attempt.spent().iter().all(|(phase, _)| *phase != Phase::Proxy));
}

#[test]
fn c012_a_refused_address_is_followed_by_the_next_at_once() {
    let (listener, address) = listener();
    let (gone, dead) = self::listener();
    drop(gone);
    let begun = Instant::now();
    // Who waits its turn waits for two seconds, which is the most a race may be told to.
    let mut patient = RaceConfig::default();
    patient.attempt_delay = Duration::MAX;
    assert_eq!(race(patient, [dead, address]), address);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    drop(listener);
}

#[cfg(target_os = "linux")]
#[test]
fn c012_an_address_that_does_not_answer_is_overtaken() {
    let (_deaf, _waiting, deaf) = deaf();
    let (_listener, address) = listener();
    assert_eq!(race(RaceConfig::default(), [deaf, address]), address);
}

#[cfg(target_os = "linux")]
#[test]
fn t111_connecting_ends_with_the_deadline_and_with_the_callers_wish() {
    let (_deaf, _waiting, deaf) = deaf();
    let begun = Instant::now();
    let soon = Duration::from_millis(60);
    let mut short = attempt(soon);
    let error = call("127.0.0.1", deaf.port(), None, true, &mut short).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("(phase connect)") && begun.elapsed() >= soon, "{error}");

    let mut long = attempt(LONG);
    let canceller = Canceller(Arc::clone(long.cancel()));
    let cancelling = std::thread::spawn(move || canceller.cancel());
    let error = call("127.0.0.1", deaf.port(), None, true, &mut long).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    cancelling.join().unwrap();
}

#[test]
fn all_that_was_tried_is_told() {
    let (gone, dead) = listener();
    drop(gone);
    let error = call("127.0.0.1", dead.port(), None, false, &mut attempt(LONG)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(
        error.to_string().starts_with("connecting to 127.0.0.1: no address could be reached: 127.0.0.1: "),
        "{error}"
    );
}

#[test]
fn t027_a_name_that_has_to_be_this_machine_is_checked_once_resolved() {
    let elsewhere = Some(IpAddr::from([192, 0, 2, 1]));
    let error = call("localhost", 143, elsewhere, true, &mut attempt(LONG)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe);
}
