//! A command whose standard input and output are the connection: `ssh -T host /usr/lib/dovecot/imap`.
//!
//! Separate because a process has more ends than a socket: what it wrote to standard error explains why it ended, and it has to be gone when
//! the connection is. Its input and output are pipes, as under a shell: Dovecot's `imap` does not serve a standard input that is a socket.
//! No shell is involved. protocol.md C29; the template is `dial`'s.
//!
//! Invariant: writing to a command that has ended is an error and no SIGPIPE, as far as looking before writing can see to that.

use std::io;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::{AsFd, BorrowedFd};

/// How much of what it says on standard error is kept.
const LAST_WORDS: usize = 4 << 10;
/// How much of one line is shown.
const SHOWN: usize = 512;
/// How long a command may take to end once it has closed its output: its status says why.
const GRACE: Duration = Duration::from_millis(200);

/// A running command. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Tunnel {
    input: ChildStdin,
    output: ChildStdout,
    complaints: ChildStderr,
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
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (Some(input), Some(output), Some(complaints)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(io::Error::other("the ends of the command are not there"));
        };
        for end in [input.as_fd(), output.as_fd(), complaints.as_fd()] {
            rustix::io::ioctl_fionbio(end, true)?;
        }
        Ok(Self { input, output, complaints, process: Mutex::new(Process { child, said: Vec::new() }) })
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is readable when it has said something, and writable when it takes more.
    pub(crate) fn ends(&self) -> (BorrowedFd<'_>, BorrowedFd<'_>) {
        (self.output.as_fd(), self.input.as_fd())
    }

    pub(crate) fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        match rustix::io::read(&self.output, &mut *into)? {
            0 if !into.is_empty() => self.ended(),
            count => Ok(count),
        }
    }

    pub(crate) fn write(&self, from: &[u8]) -> io::Result<usize> {
        let mut end = [PollFd::new(&self.input, PollFlags::OUT)];
        rustix::event::poll(&mut end, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
        if end[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(rustix::io::write(&self.input, from)?)
    }

    /// Takes what the command says on standard error, so that it never waits there; keeps the last of it.
    pub(crate) fn listen(&self) {
        let mut process = self.process();
        let mut space = [0; 1024];
        while let Ok(count @ 1..) = rustix::io::read(&self.complaints, &mut space[..]) {
            process.said.extend_from_slice(&space[..count]);
            let excess = process.said.len().saturating_sub(LAST_WORDS);
            process.said.drain(..excess);
        }
    }

    /// The connection is over: so is the command.
    pub(crate) fn end(&self) {
        let mut process = self.process();
        // One that has ended cannot be killed, only buried.
        let _ = process.child.kill();
        let _ = process.child.wait();
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
        let words = last_words(&self.process().said);
        Err(io::Error::other(format!("the tunnel command ended with {status}{words}")))
    }
}

/// Line by line, made safe to show.
fn last_words(said: &[u8]) -> String {
    // Of a long line the end, which is what `printable` would cut.
    let lines = said.split(|octet| *octet == b'\n').map(|line| &line[line.len().saturating_sub(SHOWN)..]);
    let lines: Vec<String> = lines.map(imapkit_session::printable).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() { String::new() } else { format!(": {}", lines.join("; ")) }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::{Ready, Waker, wait_for_ends};

    fn start(words: &[&str]) -> Tunnel {
        Tunnel::start(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    /// Reads once there is something to read.
    fn read(tunnel: &Tunnel, into: &mut [u8]) -> io::Result<usize> {
        let (waker, interest) = (Waker::new().unwrap(), Ready { read: true, write: false });
        while !wait_for_ends(tunnel.ends(), interest, &waker, Duration::from_secs(20)).unwrap().read {}
        tunnel.read(into)
    }

    #[test]
    fn c029_what_goes_in_comes_out_and_the_process_ends_with_it() {
        let tunnel = start(&["cat"]);
        let pid = tunnel.process().child.id();
        assert_eq!(tunnel.write(b"* OK hello\r\n").unwrap(), 12);
        let mut heard = [0; 12];
        assert_eq!(read(&tunnel, &mut heard).unwrap(), 12);
        assert_eq!(&heard, b"* OK hello\r\n");
        assert_eq!(tunnel.read(&mut heard).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(tunnel);
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "neither alive nor a zombie");
    }

    #[test]
    fn c029_the_last_words_are_told() {
        let tunnel = start(&["sh", "-c", "echo no such host >&2; echo good bye >&2; exit 7"]);
        let error = read(&tunnel, &mut [0]).unwrap_err().to_string();
        assert!(error.contains("exit status: 7: no such host; good bye"), "{error}");
        assert_eq!(tunnel.write(b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(Tunnel::start(&[]).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn c029_its_ends_are_pipes() {
        let tunnel = start(&["sh", "-c", "[ -p /dev/stdin ] && [ -p /dev/stdout ] && echo yes"]);
        let mut heard = [0; 4];
        assert_eq!((read(&tunnel, &mut heard).unwrap(), &heard), (4, b"yes\n"));
        assert_eq!(read(&tunnel, &mut heard).unwrap(), 0);
    }
}
