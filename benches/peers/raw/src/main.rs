//! The physical limit: the same commands as every other client, octets read into one buffer and thrown away; only the end is
//! looked at, for the tagged OK.
//!
//! `raw WORKLOAD plain|tls|tls-large`. `tls` is rustls as everybody uses it (`StreamOwned`: a system call for every 4 KiB and
//! more); `tls-large` reads the socket in 128 KiB pieces and feeds rustls from memory.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use common::{BODIES, LISTING, PASSWORD, Task, USER, Workload};
use rustls::{ClientConnection, StreamOwned};

const READ: usize = 128 * 1024;

trait Link: Read + Write {}
impl<T: Read + Write> Link for T {}

/// rustls fed from memory.
struct Large {
    tls: ClientConnection,
    socket: TcpStream,
    read: Vec<u8>,
    from: usize,
    to: usize,
}

impl Read for Large {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.tls.reader().read(buf) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
            self.flush()?;
            if self.from == self.to {
                (self.from, self.to) = (0, self.socket.read(&mut self.read)?);
                if self.to == 0 {
                    return Ok(0);
                }
            }
            let mut rest = &self.read[self.from..self.to];
            while !rest.is_empty() && self.tls.wants_read() {
                self.tls.read_tls(&mut rest)?;
                let state = self.tls.process_new_packets().map_err(io::Error::other)?;
                if state.plaintext_bytes_to_read() >= 16 * 1024 {
                    break;
                }
            }
            self.from = self.to - rest.len();
        }
    }
}

impl Write for Large {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.tls.writer().write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.socket)?;
        }
        Ok(())
    }
}

fn connect(task: Task) -> Box<dyn Link> {
    let socket = TcpStream::connect(("127.0.0.1", task.port)).expect("a connection");
    socket.set_nodelay(true).expect("an option");
    if !task.tls {
        return Box::new(socket);
    }
    let tls = ClientConnection::new(common::tls_config(), common::server_name()).expect("TLS");
    if std::env::args().nth(2).as_deref() == Some("tls-large") {
        return Box::new(Large { tls, socket, read: vec![0; READ], from: 0, to: 0 });
    }
    Box::new(StreamOwned::new(tls, socket))
}

struct Session {
    link: Box<dyn Link>,
    buf: Vec<u8>,
    bytes: u64,
}

impl Session {
    fn command(&mut self, command: &str) {
        write!(self.link, "zq {command}\r\n").and_then(|()| self.link.flush()).expect("a written command");
        self.until(b"zq OK");
    }

    /// Reads until the last line begins with `end`.
    fn until(&mut self, end: &[u8]) {
        let mut tail = Vec::new();
        loop {
            let n = self.link.read(&mut self.buf).expect("octets");
            assert!(n > 0, "the server hung up");
            self.bytes += n as u64;
            tail.extend_from_slice(&self.buf[n.saturating_sub(256)..n]);
            tail.drain(..tail.len().saturating_sub(256));
            let line = tail.strip_suffix(b"\r\n").and_then(|lines| lines.rsplit(|&c| c == b'\n').next());
            if line.is_some_and(|line| line.starts_with(end)) {
                return;
            }
        }
    }
}

fn main() {
    let task = Task::from_args();
    let mut session = Session { link: connect(task), buf: vec![0; READ], bytes: 0 };
    session.until(b"* OK");
    session.command(&format!("LOGIN {USER} {PASSWORD}"));
    session.command(&format!("SELECT {}", task.workload.name()));
    session.bytes = 0;
    match task.workload {
        Workload::W2 => session.command(&format!("UID FETCH 1:* {LISTING}")),
        Workload::W3 | Workload::W6 => session.command(&format!("UID FETCH 1:* {BODIES}")),
        Workload::W4 => {
            session.command("UID FETCH 1:* (FLAGS)");
            session.command("UID SEARCH ALL");
        }
        Workload::Search => session.command("UID SEARCH ALL"),
    }
    println!("{} octets {}", task.workload.name(), session.bytes);
}
