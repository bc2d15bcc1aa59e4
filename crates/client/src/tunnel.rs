//! A command whose standard input and output are the connection: `ssh -T host /usr/lib/dovecot/imap`.
//!
//! Separate because a process has more ends than a socket: what it wrote to standard error explains why it ended, and it has to be gone when
//! the connection is. No shell is involved. protocol.md C29; the template is `dial`'s.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};
use std::time::Duration;

use imapkit_session::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::{Sleep, sleep};

use crate::failure;

/// How much of what it says on standard error is kept.
const LAST_WORDS: usize = 4 << 10;

/// How much of one line is shown.
const SHOWN: usize = 512;

/// How often a killed process is looked at before the runtime is left to bury it.
const LOOKS: u32 = 10_000;

/// How long a command may take to end once it has closed its output: its status says why.
const GRACE: Duration = Duration::from_secs(1);

/// A running command. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Tunnel {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    complaints: Option<ChildStderr>,
    said: Vec<u8>,
    /// Its output has ended; how long its end is waited for.
    grace: Option<Pin<Box<Sleep>>>,
}

impl Tunnel {
    /// Starts `words[0]` with the other words as its arguments.
    pub(crate) fn start(words: &[String]) -> Result<Self, Error> {
        let broken = |error| failure::io("starting the tunnel command", error);
        let missing = || broken(io::Error::other("its ends are not there"));
        let (program, arguments) = words.split_first().ok_or_else(missing)?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(broken)?;
        let (input, output, complaints) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let output = output.ok_or_else(missing)?;
        Ok(Self { child, input, output, complaints, said: Vec::new(), grace: None })
    }

    /// Takes what the command says on standard error, so that it never blocks there; keeps the last of it.
    fn listen(&mut self, cx: &mut Context<'_>) {
        let mut space = [0; 1024];
        while let Some(complaints) = &mut self.complaints {
            let mut buf = ReadBuf::new(&mut space);
            match Pin::new(complaints).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => self.said.extend_from_slice(buf.filled()),
                Poll::Ready(_) => self.complaints = None,
                Poll::Pending => return,
            }
            let excess = self.said.len().saturating_sub(LAST_WORDS);
            self.said.drain(..excess);
        }
    }

    /// Why the command ended, if it did not end well.
    fn ended(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = std::pin::pin!(self.child.wait()).poll(cx);
        self.listen(cx);
        let status = match outcome {
            Poll::Ready(status) => status?,
            Poll::Pending => {
                let grace = self.grace.get_or_insert_with(|| Box::pin(sleep(GRACE)));
                return grace.as_mut().poll(cx).map(Ok);
            }
        };
        if status.success() {
            return Poll::Ready(Ok(()));
        }
        // Of a long line the end, which is what `printable` would cut.
        let lines = self.said.split(|octet| *octet == b'\n').map(|line| &line[line.len().saturating_sub(SHOWN)..]);
        let lines: Vec<String> = lines.map(imapkit_session::printable).filter(|line| !line.is_empty()).collect();
        let words = if lines.is_empty() { String::new() } else { format!(": {}", lines.join("; ")) };
        Poll::Ready(Err(io::Error::other(format!("the tunnel command ended with {status}{words}"))))
    }
}

/// Killed, and buried at once where that takes no time, which it does not take a process that is killed: a runtime that ends first would
/// leave a zombie.
impl Drop for Tunnel {
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        for _ in 0..LOOKS {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::yield_now();
        }
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.listen(cx);
        let before = buf.filled().len();
        std::task::ready!(Pin::new(&mut this.output).poll_read(cx, buf))?;
        if buf.filled().len() > before || buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        this.ended(cx)
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().input {
            Some(input) => Pin::new(input).poll_write(cx, buf),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().input {
            Some(input) => Pin::new(input).poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // End of input is how a server on standard input learns that we are gone.
        self.get_mut().input = None;
        Poll::Ready(Ok(()))
    }
}
