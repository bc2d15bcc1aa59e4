//! One connection of a scripted peer, with the verbs a conversation in Rust is written in.
//!
//! Every verb either does what it says within the peer's patience or returns a [`Mismatch`] that says what was wanted and
//! what came instead, so that a conversation is a list of lines that end in `?`.
//!
//! Invariants: every byte of the client is recorded, wanted or not; no read goes past an upgrade to TLS.

use super::stream::{Stream, is_timeout};
use super::transcript::{Side, Transcript};
use super::{Cut, Setup};
use crate::escape;
use crate::script::Mismatch;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Pause between the writes of bytes that are cut on purpose, so that the client has a chance to read them one by one.
const BETWEEN_WRITES: Duration = Duration::from_micros(100);

/// How long a closing peer waits for the client to close too.
const LINGER: Duration = Duration::from_millis(20);

/// Pause between two looks at a listener that nobody has connected to yet.
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// A client's connection, as its server sees it. All methods block, none longer than the peer's patience.
#[derive(Debug)]
pub struct PeerConn {
    listener: Arc<TcpListener>,
    setup: Setup,
    /// `None` after the connection was reset.
    stream: Option<Stream>,
    transcript: Transcript,
    /// Client bytes that were read but not yet asked for.
    pending: Vec<u8>,
}

impl PeerConn {
    pub(super) fn accept_first(listener: Arc<TcpListener>, setup: Setup) -> Result<Self, Mismatch> {
        let mut conn = Self { listener, setup, stream: None, transcript: Transcript::default(), pending: Vec::new() };
        conn.accept()?;
        Ok(conn)
    }

    /// Waits for the client to connect (again); the conversation goes on there. With implicit TLS the handshake is done.
    pub fn accept(&mut self) -> Result<(), Mismatch> {
        self.pending.clear();
        self.stream = None;
        let tcp = self.accept_tcp().map_err(|error| self.failed("the client to connect", &error))?;
        let stream = Stream::new(tcp, self.setup.patience);
        self.stream = Some(stream.map_err(|error| self.failed("a usable socket", &error))?);
        if self.setup.implicit { self.start_tls() } else { Ok(()) }
    }

    /// `accept` with a deadline: the standard library has none, so the listener is asked again and again.
    fn accept_tcp(&self) -> io::Result<std::net::TcpStream> {
        self.listener.set_nonblocking(true)?;
        let deadline = Instant::now() + self.setup.patience;
        loop {
            match self.listener.accept() {
                Ok((tcp, _)) => return Ok(tcp),
                Err(error) if is_timeout(&error) && Instant::now() < deadline => std::thread::sleep(BETWEEN_LOOKS),
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends bytes as they are, in one write unless [`Setup::cut`] says otherwise.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), Mismatch> {
        let bytes = bytes.as_ref();
        match self.setup.cut {
            Cut::Pieces(size) => self.send_in_pieces(bytes, size),
            Cut::At(at) if at > 0 && at < bytes.len() => {
                let (head, tail) = bytes.split_at(at);
                self.send_piece(head)?;
                Self::pause();
                self.send_piece(tail)
            }
            Cut::Whole | Cut::At(_) => self.send_piece(bytes),
        }
    }

    /// Sends bytes in writes of `size` bytes, with a moment between them.
    pub fn send_in_pieces(&mut self, bytes: &[u8], size: usize) -> Result<(), Mismatch> {
        for (index, piece) in bytes.chunks(size.max(1)).enumerate() {
            if index > 0 {
                Self::pause();
            }
            self.send_piece(piece)?;
        }
        Ok(())
    }

    /// Gives the client a moment to read, so that the next write arrives on its own.
    pub(super) fn pause() {
        std::thread::sleep(BETWEEN_WRITES);
    }

    fn send_piece(&mut self, bytes: &[u8]) -> Result<(), Mismatch> {
        let encrypted = self.stream()?.is_encrypted();
        self.transcript.record(Side::Server, encrypted, bytes);
        let outcome = self.stream()?.write(bytes);
        outcome.map_err(|error| self.failed("the client to take our bytes", &error))
    }

    /// The next line of the client, split at the first space into tag and rest, without CRLF. A line without a space is
    /// all tag. Bytes that are not UTF-8 come as U+FFFD.
    pub fn expect_line(&mut self) -> Result<(String, String), Mismatch> {
        let line = self.take_line("a line")?;
        let text = String::from_utf8_lossy(&line).into_owned();
        let (tag, rest) = text.split_once(' ').unwrap_or((&text, ""));
        Ok((tag.to_owned(), rest.to_owned()))
    }

    /// The next line must be `command` behind some tag; returns the tag.
    pub fn expect(&mut self, command: &str) -> Result<String, Mismatch> {
        let line = self.take_line(command)?;
        let tag = line.split(|byte| *byte == b' ').next().unwrap_or_default();
        if line.get(tag.len() + 1..) == Some(command.as_bytes()) {
            Ok(String::from_utf8_lossy(tag).into_owned())
        } else {
            Err(mismatch(format!("TAG {command}"), escape::encode(&line)))
        }
    }

    /// The next bytes must be exactly these.
    pub fn expect_bytes(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), Mismatch> {
        let bytes = bytes.as_ref();
        let got = self.take(bytes.len(), &escape::encode(bytes))?;
        if got == bytes { Ok(()) } else { Err(mismatch(escape::encode(bytes), escape::encode(&got))) }
    }

    /// The next `count` bytes, whatever they are.
    pub fn read_bytes(&mut self, count: usize) -> Result<Vec<u8>, Mismatch> {
        self.take(count, &format!("{count} bytes"))
    }

    /// The client must close, without another byte.
    pub fn expect_eof(&mut self) -> Result<(), Mismatch> {
        self.more("the client to close")?;
        if self.pending.is_empty() {
            return Ok(());
        }
        let got = escape::encode(&self.pending);
        Err(mismatch("the client to close", got))
    }

    /// The client must say nothing for this long, and stay connected.
    pub fn expect_silence(&mut self, time: Duration) -> Result<(), Mismatch> {
        if self.pending.is_empty() {
            let limit = |stream: &Stream, time| stream.set_read_timeout(time);
            limit(self.stream()?, time).map_err(|error| self.failed("silence", &error))?;
            let outcome = self.stream()?.read_some();
            let patience = self.setup.patience;
            limit(self.stream()?, patience).map_err(|error| self.failed("silence", &error))?;
            match outcome {
                Err(error) if is_timeout(&error) => return Ok(()),
                Err(error) => return Err(self.failed("silence", &error)),
                Ok(bytes) => self.keep(&bytes)?,
            }
        }
        let got = if self.pending.is_empty() { "the client closed".to_owned() } else { escape::encode(&self.pending) };
        Err(mismatch(format!("silence for {time:?}"), got))
    }

    /// Reads and throws away until the client closes.
    pub fn drain(&mut self) -> Result<(), Mismatch> {
        loop {
            self.pending.clear();
            if self.more("the client to give up")? == 0 {
                return Ok(());
            }
        }
    }

    /// Waits for more bytes and hands over all that came, no byte at the end of the connection.
    pub(super) fn read_some(&mut self) -> Result<Vec<u8>, Mismatch> {
        if self.pending.is_empty() {
            self.more("more bytes")?;
        }
        Ok(std::mem::take(&mut self.pending))
    }

    /// Starts TLS and finishes the handshake. Bytes that the client sent behind its STARTTLS are a mismatch.
    pub fn start_tls(&mut self) -> Result<(), Mismatch> {
        self.handshake()?.map_err(|error| self.failed("a TLS handshake", &error))
    }

    /// Starts TLS; the client must refuse to finish the handshake and close.
    pub fn start_tls_refused(&mut self) -> Result<(), Mismatch> {
        match self.handshake()? {
            Err(error) if is_timeout(&error) => Err(self.failed("the client to refuse the handshake", &error)),
            Err(_) => Ok(()),
            // In TLS 1.3 the server is done before the client has looked at the certificate; the alert comes now.
            Ok(()) => match self.stream()?.read_some() {
                Ok(bytes) if !bytes.is_empty() => {
                    self.keep(&bytes)?;
                    Err(mismatch("the client to refuse the handshake", escape::encode(&bytes)))
                }
                Err(error) if is_timeout(&error) => Err(self.failed("the client to refuse the handshake", &error)),
                _ => Ok(()),
            },
        }
    }

    fn handshake(&mut self) -> Result<io::Result<()>, Mismatch> {
        if !self.pending.is_empty() {
            let got = escape::encode(&self.pending);
            return Err(mismatch("no byte before the TLS handshake", got));
        }
        let Some(config) = self.setup.tls.clone() else {
            return Err(mismatch("a certificate", "the peer was set up without TLS"));
        };
        Ok(self.stream()?.start_tls(config))
    }

    /// Compresses and expects compression from here on (RFC 4978).
    pub fn start_deflate(&mut self) -> Result<(), Mismatch> {
        self.stream()?.start_deflate();
        Ok(())
    }

    /// Closes the sending side in good order. What the client still sends can be read.
    pub fn close(&mut self) -> Result<(), Mismatch> {
        self.stream()?.close();
        Ok(())
    }

    /// Ends the TCP stream without TLS `close_notify` (bar T049).
    pub fn cut(&mut self) -> Result<(), Mismatch> {
        self.stream()?.cut();
        Ok(())
    }

    /// Resets the connection (RST). Only [`accept`](Self::accept) is possible afterwards.
    pub fn reset(&mut self) -> Result<(), Mismatch> {
        match self.stream.take().map(Stream::reset) {
            Some(Err(error)) => Err(self.failed("a reset", &error)),
            _ => Ok(()),
        }
    }

    /// What went over the wire so far.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Puts the conversation into a mismatch, closes, and hands over the record.
    pub(super) fn finish(mut self, outcome: Result<(), Mismatch>) -> Result<Transcript, Mismatch> {
        self.linger();
        match outcome {
            Ok(()) => Ok(self.transcript),
            Err(mismatch) => Err(Mismatch { so_far: self.transcript.to_string(), ..mismatch }),
        }
    }

    /// Closes, and reads what is still under way: a socket closed over unread bytes is reset, and a reset may overtake
    /// our own last bytes.
    fn linger(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        stream.close();
        if stream.set_read_timeout(LINGER).is_ok() {
            while self.more("the end").is_ok_and(|size| size > 0) {}
        }
    }

    fn take_line(&mut self, wanted: &str) -> Result<Vec<u8>, Mismatch> {
        loop {
            if let Some(end) = self.pending.windows(2).position(|pair| pair == b"\r\n") {
                let mut line: Vec<u8> = self.pending.drain(..end + 2).collect();
                line.truncate(end);
                return Ok(line);
            }
            self.must_have_more(wanted)?;
        }
    }

    fn take(&mut self, count: usize, wanted: &str) -> Result<Vec<u8>, Mismatch> {
        while self.pending.len() < count {
            self.must_have_more(wanted)?;
        }
        Ok(self.pending.drain(..count).collect())
    }

    fn must_have_more(&mut self, wanted: &str) -> Result<(), Mismatch> {
        if self.more(wanted)? == 0 {
            let got = format!("{} and then the client closed", escape::encode(&self.pending));
            return Err(mismatch(wanted, got));
        }
        Ok(())
    }

    /// Reads once; returns how many bytes came.
    fn more(&mut self, wanted: &str) -> Result<usize, Mismatch> {
        let bytes = self.stream()?.read_some().map_err(|error| self.failed(wanted, &error))?;
        self.keep(&bytes)?;
        Ok(bytes.len())
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Mismatch> {
        if !bytes.is_empty() {
            let encrypted = self.stream()?.is_encrypted();
            self.transcript.record(Side::Client, encrypted, bytes);
            self.pending.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn stream(&mut self) -> Result<&mut Stream, Mismatch> {
        self.stream.as_mut().ok_or_else(|| mismatch("a connection", "it was reset"))
    }

    fn failed(&self, wanted: &str, error: &io::Error) -> Mismatch {
        let reason = if is_timeout(error) {
            format!("nothing for {:?}", self.setup.patience)
        } else {
            format!("an error: {error}")
        };
        let got = if self.pending.is_empty() {
            reason
        } else {
            format!("{} and then {reason}", escape::encode(&self.pending))
        };
        mismatch(wanted, got)
    }
}

fn mismatch(expected: impl Into<String>, got: impl Into<String>) -> Mismatch {
    Mismatch::new("scripted peer", expected, got)
}
