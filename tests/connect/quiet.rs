//! Servers that do little: one that logs everybody in, one that falls silent at a given point, one that answers questions about names.
//!
//! Bytes only, on threads of their own that end with the test's process.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Listens on this address and logs everybody in; its port.
pub(crate) fn mail(address: &str) -> u16 {
    let listener = TcpListener::bind((address, 0)).unwrap_or_else(|error| panic!("{address}: {error}"));
    let port = listener.local_addr().expect("a bound listener has an address").port();
    also_mail(listener);
    port
}

/// The same on another address, at this port.
pub(crate) fn mail_at(address: &str, port: u16) {
    also_mail(TcpListener::bind((address, port)).unwrap_or_else(|error| panic!("{address}: {error}")));
}

fn also_mail(listener: TcpListener) {
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || drop(log_in(&stream)));
        }
    });
}

fn log_in(stream: &TcpStream) -> std::io::Result<()> {
    let mut out = stream;
    out.write_all(b"* OK [CAPABILITY IMAP4rev1] hi\r\n")?;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let tag = line.split(' ').next().unwrap_or_default();
        let code = if line.contains(" LOGIN ") { "[CAPABILITY IMAP4rev1] " } else { "" };
        out.write_all(format!("{tag} OK {code}done\r\n").as_bytes())?;
    }
    Ok(())
}

/// Says these things, one for each line (or anything else) it hears, and then nothing more; its address. The first is said at once.
pub(crate) fn falls_silent(words: &'static [&'static str]) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("127.0.0.1 has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                for (at, word) in words.iter().enumerate() {
                    if at > 0 && std::io::Read::read(&mut stream, &mut [0; 4096]).unwrap_or(0) == 0 {
                        return;
                    }
                    let _ = stream.write_all(word.as_bytes());
                }
                while std::io::Read::read(&mut stream, &mut [0; 4096]).unwrap_or(0) > 0 {}
            });
        }
    });
    address
}

/// What a name server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// Answers A with this address, and lets AAAA time out.
    NoAnswerToAaaa(Ipv4Addr),
    /// Answers both.
    Both(Ipv4Addr, Ipv6Addr),
    /// Hears, and says nothing.
    Silent,
}

/// A name server on port 53 of 127.0.0.1, and how often it was asked for what.
pub(crate) fn names(kind: Names) -> Arc<(AtomicU32, Mutex<Vec<String>>)> {
    let socket = UdpSocket::bind("127.0.0.1:53").expect("a namespace of our own has that port free");
    let asked = Arc::new((AtomicU32::new(0), Mutex::new(Vec::new())));
    let seen = Arc::clone(&asked);
    thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            let (name, end) = name_in(&question[..length]);
            let wants_v6 = question[end..length].starts_with(&[0, 28]);
            seen.0.fetch_add(1, Ordering::SeqCst);
            seen.1.lock().expect("nobody panics").push(name);
            let address: Vec<u8> = match (kind, wants_v6) {
                (Names::Silent, _) | (Names::NoAnswerToAaaa(_), true) => continue,
                (Names::Both(_, v6), true) => v6.octets().to_vec(),
                (Names::NoAnswerToAaaa(v4) | Names::Both(v4, _), false) => v4.octets().to_vec(),
            };
            let mut answer = [&question[..2], &[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], &question[12..end + 4]].concat();
            answer.extend_from_slice(&[0xc0, 12]);
            answer.extend_from_slice(&question[end..end + 4]);
            answer.extend_from_slice(&[0, 0, 0, 60, 0, u8::try_from(address.len()).expect("4 or 16")]);
            answer.extend_from_slice(&address);
            let _ = socket.send_to(&answer, from);
        }
    });
    asked
}

/// The name asked for, and where it ends in the message.
fn name_in(question: &[u8]) -> (String, usize) {
    let (mut name, mut at) = (String::new(), 12);
    while question[at] != 0 {
        let length = usize::from(question[at]);
        name.push_str(&String::from_utf8_lossy(&question[at + 1..at + 1 + length]));
        name.push('.');
        at += 1 + length;
    }
    (name, at + 1)
}
