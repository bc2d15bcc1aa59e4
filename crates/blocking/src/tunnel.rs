//! A command whose standard input and output are the connection: `ssh -T host /usr/lib/dovecot/imap`.
//!
//! Separate because a process has more ends than a socket: what it wrote to standard error explains why it ended, and it has to be gone when
//! the connection is. Its input and output are one socket pair, so that it is waited for like any other connection. No shell is involved.
//! protocol.md C29; the template is `dial`'s.

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How much of what it says on standard error is kept.
const LAST_WORDS: usize = 4 << 10;
/// How long a command may take to end once it has closed its output: its status says why.
const GRACE: Duration = Duration::from_millis(200);

/// A running command. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Tunnel {
    pub(crate) stream: UnixStream,
    complaints: UnixStream,
    process: Mutex<Process>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    said: Vec<u8>,
}

impl Tunnel {
    /// Starts `words[0]` with the other words as its arguments.
    pub(crate) fn start(words: &[String]) -> io::Result<Self> {
        let (program, arguments) =
            words.split_first().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no command"))?;
        let (stream, theirs) = UnixStream::pair()?;
        let (complaints, their_complaints) = UnixStream::pair()?;
        stream.set_nonblocking(true)?;
        complaints.set_nonblocking(true)?;
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::from(OwnedFd::from(theirs.try_clone()?)))
            .stdout(Stdio::from(OwnedFd::from(theirs)))
            .stderr(Stdio::from(OwnedFd::from(their_complaints)))
            .spawn()?;
        Ok(Self { stream, complaints, process: Mutex::new(Process { child, said: Vec::new() }) })
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what the command says on standard error, so that it never waits there; keeps the last of it.
    pub(crate) fn listen(&self) {
        let mut process = self.process();
        let mut space = [0; 1024];
        while let Ok(count @ 1..) = { &self.complaints }.read(&mut space) {
            process.said.extend_from_slice(&space[..count]);
            let excess = process.said.len().saturating_sub(LAST_WORDS);
            process.said.drain(..excess);
        }
    }

    /// Its output has ended: why, if it did not end well.
    pub(crate) fn ended(&self) -> io::Result<usize> {
        let until = Instant::now() + GRACE;
        let status = loop {
            if let Some(status) = self.process().child.try_wait()? {
                break status;
            }
            if Instant::now() >= until {
                return Ok(0);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        self.listen();
        if status.success() {
            return Ok(0);
        }
        let said = imapkit_session::printable(self.process().said.trim_ascii());
        let words = if said.is_empty() { String::new() } else { format!(": {said}") };
        Err(io::Error::other(format!("the tunnel command ended with {status}{words}")))
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        let process = self.process.get_mut().unwrap_or_else(PoisonError::into_inner);
        // One that has ended cannot be killed, only buried.
        let _ = process.child.kill();
        let _ = process.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn start(words: &[&str]) -> Tunnel {
        let tunnel = Tunnel::start(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).unwrap();
        tunnel.stream.set_nonblocking(false).unwrap();
        tunnel
    }

    #[test]
    fn c029_what_goes_in_comes_out_and_the_process_ends_with_it() {
        let tunnel = start(&["cat"]);
        { &tunnel.stream }.write_all(b"* OK hello\r\n").unwrap();
        let mut heard = [0; 12];
        { &tunnel.stream }.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"* OK hello\r\n");
        tunnel.stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!({ &tunnel.stream }.read(&mut heard).unwrap(), 0);
        assert_eq!(tunnel.ended().unwrap(), 0);
    }

    #[test]
    fn c029_the_last_words_are_told() {
        let tunnel = start(&["sh", "-c", "echo no such host >&2; exit 7"]);
        assert_eq!({ &tunnel.stream }.read(&mut [0]).unwrap(), 0);
        let error = tunnel.ended().unwrap_err().to_string();
        assert!(error.contains("exit status: 7: no such host"), "{error}");
        assert_eq!(Tunnel::start(&[]).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
