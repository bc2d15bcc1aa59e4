//! Through something in between: proxies of each kind, commands, and local sockets. The proxies are spoken by a few lines here, the server
//! behind them is real.

use std::io::{Read, Write, copy};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use imapkit_control::{AuthType, CertificateStatus, ErrorCode, Options, State};

use crate::{Place, everywhere};

/// A proxy for one connection; `shake` speaks its protocol and gives the port that is asked for, or `None` when it refuses.
fn proxy(shake: impl FnOnce(&mut TcpStream) -> Option<u16> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut near, _) = listener.accept().unwrap();
        let Some(port) = shake(&mut near) else { return };
        let far = TcpStream::connect(("localhost", port)).unwrap();
        let (mut near_in, mut far_out) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        thread::spawn(move || {
            let _ = copy(&mut near_in, &mut far_out);
            let _ = far_out.shutdown(Shutdown::Write);
        });
        let _ = copy(&mut { far }, &mut near);
        let _ = near.shutdown(Shutdown::Both);
    });
    address
}

fn bytes<const N: usize>(stream: &mut TcpStream) -> [u8; N] {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

fn until_zero(stream: &mut TcpStream) -> Vec<u8> {
    std::iter::from_fn(|| Some(bytes::<1>(stream)[0]).filter(|byte| *byte != 0)).collect()
}

/// RFC 1928 with RFC 1929, user `u`, password `p`.
fn socks5(stream: &mut TcpStream) -> u16 {
    let [_, methods] = bytes::<2>(stream);
    let mut offered = vec![0; usize::from(methods)];
    stream.read_exact(&mut offered).unwrap();
    assert!(offered.contains(&2), "it knows a password");
    stream.write_all(&[5, 2]).unwrap();
    assert_eq!(bytes::<5>(stream), [1, 1, b'u', 1, b'p']);
    stream.write_all(&[1, 0]).unwrap();
    assert_eq!(bytes::<4>(stream), [5, 1, 0, 3], "the name is resolved by the proxy");
    let [len] = bytes::<1>(stream);
    let mut name = vec![0; usize::from(len)];
    stream.read_exact(&mut name).unwrap();
    assert_eq!(name, b"localhost");
    let port = u16::from_be_bytes(bytes(stream));
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
    port
}

fn socks4a(stream: &mut TcpStream) -> u16 {
    assert_eq!(bytes::<2>(stream), [4, 1]);
    let port = u16::from_be_bytes(bytes(stream));
    assert_eq!(bytes::<4>(stream)[..3], [0, 0, 0]);
    until_zero(stream);
    assert_eq!(until_zero(stream), b"localhost");
    stream.write_all(&[0, 90, 0, 0, 0, 0, 0, 0]).unwrap();
    port
}

fn http(stream: &mut TcpStream) -> u16 {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(bytes::<1>(stream)[0]);
    }
    let request = String::from_utf8(request).unwrap();
    assert!(request.contains("Proxy-Authorization: Basic dTpw\r\n"), "{request}");
    let target = request.strip_prefix("CONNECT localhost:").unwrap().split(' ').next().unwrap();
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
    target.parse().unwrap()
}

fn through(place: &Place, url: &str, port: u16, options: Options) -> Result<CertificateStatus, ErrorCode> {
    let control = place.control();
    control.set_auth_type(AuthType::Auto);
    control.set_proxy(url).unwrap();
    let outcome = control.connect(None, Some(port), None, None, None, Some(options));
    outcome.map_err(|error| {
        assert!(!error.text().contains("u:p"), "{error}");
        error.code()
    })?;
    assert_eq!(control.state(), State::Idle);
    control.select_mailbox("INBOX").unwrap();
    Ok(control.certificate_status())
}

#[test]
fn through_proxies_of_each_kind() {
    everywhere(|place| {
        let (plain, tls) = (place.server.plain_port, place.server.tls_port);
        for (port, options) in [(tls, Options::SecureImplicit), (plain, Options::SecureExplicit)] {
            for (scheme, at) in [
                ("socks5://u:p@", proxy(|stream| Some(socks5(stream)))),
                ("socks5h://u:p@", proxy(|stream| Some(socks5(stream)))),
                ("socks4a://", proxy(|stream| Some(socks4a(stream)))),
                ("http://u:p@", proxy(|stream| Some(http(stream)))),
            ] {
                let outcome = through(place, &format!("{scheme}{at}"), port, options);
                assert_eq!(outcome, Ok(CertificateStatus::Valid), "{scheme} {options:?}");
            }
        }
    });
}

#[test]
fn a_proxy_that_refuses_or_is_not_there_has_its_own_number() {
    everywhere(|place| {
        let refusing = proxy(|stream| {
            let _ = stream.read(&mut [0; 100]);
            stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").unwrap();
            None
        });
        let tls = place.server.tls_port;
        let outcome = through(place, &format!("http://{refusing}"), tls, Options::SecureImplicit);
        assert_eq!(outcome, Err(ErrorCode::ProxyFailed));
        let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let outcome = through(place, &format!("socks5://u:p@{nobody}"), tls, Options::SecureImplicit);
        assert_eq!(outcome, Err(ErrorCode::ConnectionRefused));
    });
}

#[cfg(unix)]
#[test]
fn through_a_command_and_a_local_socket() {
    everywhere(|place| {
        let (plain, tls) = (place.server.plain_port, place.server.tls_port);
        // A command that copies between its ends and the server, as `ssh -W` does.
        let script = "import socket,sys,threading,os\n\
            s=socket.create_connection((sys.argv[1],int(sys.argv[2])))\n\
            def up():\n  \
              while True:\n    \
                d=os.read(0,65536)\n    \
                if not d: s.shutdown(1); return\n    \
                s.sendall(d)\n\
            threading.Thread(target=up,daemon=True).start()\n\
            while True:\n  \
              d=s.recv(65536)\n  \
              if not d: break\n  \
              os.write(1,d)\n";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.py");
        std::fs::write(&path, script).unwrap();
        let command = format!("command:python3 {} {{host}} {{port}}", path.display());
        for (port, options) in [(tls, Options::SecureImplicit), (plain, Options::SecureExplicit)] {
            assert_eq!(through(place, &command, port, options), Ok(CertificateStatus::Valid), "{options:?}");
        }
        // A local socket that leads to the server.
        let socket = folder.path().join("imap.sock");
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        thread::spawn(move || {
            let (mut near, _) = listener.accept().unwrap();
            let mut far = TcpStream::connect(("localhost", tls)).unwrap();
            let (mut near_in, mut far_out) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            thread::spawn(move || copy(&mut near_in, &mut far_out));
            let _ = copy(&mut far, &mut near);
        });
        let outcome = through(place, &format!("unix:{}", socket.display()), tls, Options::SecureImplicit);
        assert_eq!(outcome, Ok(CertificateStatus::Valid));
    });
}
