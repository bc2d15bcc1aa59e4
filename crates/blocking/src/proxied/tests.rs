//! Tests of proxies: one that talks back, one that hangs up.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use imapkit_dial::Memory;

use super::*;
use crate::cancel::Cancel;

fn attempt() -> Attempt {
    Attempt::new(Duration::from_secs(20), Arc::new(Cancel::new().unwrap()))
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// To port 143 of imap.example.org.
fn through(proxy: &Proxy, attempt: &mut Attempt) -> Result<Socket, Error> {
    let (host, memory) = (Host::parse("imap.example.org").unwrap(), Memory::default());
    let epoch = Instant::now();
    let call =
        Call { host: &host, port: 143, address: None, only_here: false, prefer_ipv6: false, memory: &memory, epoch };
    connect(proxy, &Trust::default(), call, attempt)
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
    let mut attempt = attempt();
    let Socket::Tcp(mut stream) = through(&proxy, &mut attempt).unwrap() else { panic!("no TLS") };
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
    let error = through(&proxy, &mut attempt()).unwrap_err();
    assert_eq!(error.to_string(), format!("the proxy {address} closed the connection"));
    proxying.join().unwrap();
}
