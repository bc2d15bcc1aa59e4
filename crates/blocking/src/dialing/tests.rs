//! Tests of dialing: races over real sockets, a proxy that talks back, and time that runs out.

use super::*;
use crate::cancel::{Cancel, Canceller};
use std::io::Write;
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
    let waiting = (0..4).map(|_| start(address).unwrap()).collect();
    (socket, waiting, address)
}

const LONG: Duration = Duration::from_secs(20);

fn host(text: &str) -> Host {
    Host::parse(text).unwrap()
}

#[test]
fn an_address_is_connected_to_and_nothing_is_resolved() {
    let (listener, address) = listener();
    let mut attempt = attempt(LONG);
    let given = Some(address.ip());
    let stream = connect(&host("no-such-host.example"), address.port(), given, false, &mut attempt).unwrap();
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
    let mut race = Race::new(RaceConfig::default());
    race.handle_resolved([dead, address]);
    let stream = run(&mut race, &attempt(LONG)).unwrap().unwrap();
    assert_eq!(stream.peer_addr().unwrap(), address);
    assert!(begun.elapsed() < RaceConfig::default().attempt_delay, "{:?}", begun.elapsed());
    drop(listener);
}

#[cfg(target_os = "linux")]
#[test]
fn c012_an_address_that_does_not_answer_is_overtaken() {
    let (_deaf, _waiting, deaf) = deaf();
    let (_listener, address) = listener();
    let mut race = Race::new(RaceConfig::default());
    race.handle_resolved([deaf, address]);
    let stream = run(&mut race, &attempt(LONG)).unwrap().unwrap();
    assert_eq!(stream.peer_addr().unwrap(), address);
}

#[cfg(target_os = "linux")]
#[test]
fn t111_connecting_ends_with_the_deadline_and_with_the_callers_wish() {
    let (_deaf, _waiting, deaf) = deaf();
    let begun = Instant::now();
    let soon = Duration::from_millis(60);
    let mut short = attempt(soon);
    let error = connect(&host("127.0.0.1"), deaf.port(), None, true, &mut short).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("(phase connect)") && begun.elapsed() >= soon, "{error}");

    let mut long = attempt(LONG);
    let canceller = Canceller(Arc::clone(long.cancel()));
    let cancelling = std::thread::spawn(move || canceller.cancel());
    let error = connect(&host("127.0.0.1"), deaf.port(), None, true, &mut long).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    cancelling.join().unwrap();
}

#[test]
fn all_that_was_tried_is_told() {
    let (gone, dead) = listener();
    drop(gone);
    let error = connect(&host("127.0.0.1"), dead.port(), None, false, &mut attempt(LONG)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(
        error.to_string().starts_with("connecting to 127.0.0.1: no address could be reached: 127.0.0.1: "),
        "{error}"
    );
}

#[test]
fn t027_a_name_that_has_to_be_this_machine_is_checked_once_resolved() {
    let elsewhere = Some(IpAddr::from([192, 0, 2, 1]));
    let error = connect(&host("localhost"), 143, elsewhere, true, &mut attempt(LONG)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe);
}

#[test]
fn c024_a_socks_proxy_connects_us_and_the_servers_bytes_stay_in_the_socket() {
    let (listener, address) = listener();
    let proxying = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut hello = [0; 3];
        client.read_exact(&mut hello).unwrap();
        client.write_all(&[5, 0]).unwrap();
        let mut request = [0; 23];
        client.read_exact(&mut request).unwrap();
        client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 143, b'*', b' ', b'O', b'K']).unwrap();
        (hello, request)
    });
    let proxy = Proxy::parse(&format!("socks5://{address}")).unwrap();
    let mut attempt = attempt(LONG);
    let mut stream = connect_through(&proxy, &host("imap.example.org"), 143, &mut attempt).unwrap();
    let (hello, request) = proxying.join().unwrap();
    assert_eq!(hello, [5, 1, 0]);
    assert_eq!(&request[..5], [5, 1, 0, 3, 16]);
    assert_eq!(&request[5..21], b"imap.example.org");
    stream.set_nonblocking(false).unwrap();
    let mut greeting = [0; 4];
    stream.read_exact(&mut greeting).unwrap();
    assert_eq!(&greeting, b"* OK");
    assert!(attempt.spent().iter().any(|(phase, _)| *phase == Phase::Proxy));
}

#[test]
fn a_proxy_that_hangs_up_is_named() {
    let (listener, address) = listener();
    let proxying = std::thread::spawn(move || drop(listener.accept().unwrap().0.read(&mut [0; 4096])));
    let proxy = Proxy::parse(&format!("http://{address}")).unwrap();
    let error = connect_through(&proxy, &host("imap.example.org"), 143, &mut attempt(LONG)).unwrap_err();
    assert_eq!(error.to_string(), "the proxy closed the connection");
    proxying.join().unwrap();
}
