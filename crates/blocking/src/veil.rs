//! TLS around a socket as a stream of octets: the way to a proxy that is spoken to over TLS.
//!
//! Apart from the connection's own layers, which speak to the mail server *through* this one. The handshake, the checks and the records are
//! `transport`'s. RFC 9110 §9.3.6 (CONNECT), RFC 8446; protocol.md C22.
//!
//! Invariants: nothing is read or written before the proxy's certificate is accepted; what was received before an error is delivered first;
//! octets count as written once the socket has taken all of their record, so whoever waits for room waits for the right thing.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Buf, BytesMut};
use imapkit_session::Error;
use imapkit_transport::{ServerId, Stack, TlsConfig};
use rustix::fd::{AsFd, BorrowedFd};

use crate::failure;
use crate::poll::Ready;

/// Octets encrypted or decrypted at a time.
const PIECE: usize = 64 << 10;

/// A non-blocking socket under TLS.
#[derive(Debug)]
pub(crate) struct Veil {
    stream: TcpStream,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    stack: Stack,
    received: BytesMut,
    plain: BytesMut,
    out: BytesMut,
    /// Octets of the caller's that are in `out`, and not reported as written yet.
    owed: usize,
    /// Nothing more will come.
    ended: bool,
    space: Box<[u8]>,
}

impl Veil {
    /// Under TLS from here on; [`Veil::shake`] does the handshake.
    pub(crate) fn new(stream: TcpStream, config: &TlsConfig, server: &ServerId) -> Result<Self, Error> {
        let (mut stack, mut out) = (Stack::new(), BytesMut::new());
        stack.start_tls(config, server, &[]).map_err(failure::transport)?;
        stack.pending_transmit(&mut out);
        let (received, plain, space) = (BytesMut::new(), BytesMut::new(), vec![0; PIECE].into_boxed_slice());
        let state = Mutex::new(State { stack, received, plain, out, owed: 0, ended: false, space });
        Ok(Self { stream, state })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    pub(crate) fn addresses(&self) -> (Option<SocketAddr>, Option<SocketAddr>) {
        (self.stream.local_addr().ok(), self.stream.peer_addr().ok())
    }

    /// Goes on with the handshake; what it waits for, or `None` at its end.
    pub(crate) fn shake(&self) -> Result<Option<Ready>, Error> {
        let broken = |error| failure::io("the TLS handshake with the proxy", error);
        let mut state = self.state();
        loop {
            match state.push(&self.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Some(Ready { read: false, write: true }));
                }
                outcome => outcome.map_err(broken)?,
            }
            if !state.stack.is_handshaking() {
                return Ok(None);
            }
            match state.pull(&self.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Some(Ready { read: true, write: false }));
                }
                Ok(0) => {
                    let cut = state.stack.handle_eof().err().map(failure::transport);
                    return Err(cut.unwrap_or_else(|| broken(io::ErrorKind::UnexpectedEof.into())));
                }
                outcome => drop(outcome.map_err(broken)?),
            }
            if let Err(error) = state.decrypt() {
                // The alert that says why.
                let _ = state.push(&self.stream);
                return Err(error);
            }
        }
    }

    /// Receives until there is something to see, or the end.
    pub(crate) fn fill(&self) -> io::Result<()> {
        self.state().fill(&self.stream)
    }

    /// What has been received and not taken.
    pub(crate) fn seen(&self) -> BytesMut {
        self.state().plain.clone()
    }

    /// So much of it is done with.
    pub(crate) fn take(&self, count: usize) {
        let mut state = self.state();
        let count = count.min(state.plain.len());
        state.plain.advance(count);
    }

    pub(crate) fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state();
        state.fill(&self.stream)?;
        let count = state.plain.len().min(into.len());
        into[..count].copy_from_slice(&state.plain.split_to(count));
        Ok(count)
    }

    /// After `WouldBlock` it has to be called with the same octets again, or with those and more.
    pub(crate) fn write(&self, from: &[u8]) -> io::Result<usize> {
        let mut state = self.state();
        if state.owed == 0 {
            state.push(&self.stream)?;
            let piece = &from[..from.len().min(PIECE)];
            let State { stack, out, .. } = &mut *state;
            stack.send(&mut BytesMut::from(piece), out).map_err(io::Error::other)?;
            state.owed = piece.len();
        }
        state.push(&self.stream)?;
        Ok(std::mem::take(&mut state.owed))
    }

    pub(crate) fn shutdown(&self) -> io::Result<()> {
        let mut state = self.state();
        let State { stack, out, .. } = &mut *state;
        stack.close(out);
        let _ = state.push(&self.stream);
        self.stream.shutdown(Shutdown::Both)
    }
}

impl AsFd for Veil {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd()
    }
}

impl State {
    fn fill(&mut self, stream: &TcpStream) -> io::Result<()> {
        while self.plain.is_empty() && !self.ended {
            let more = self.decrypt().map_err(io::Error::other)?;
            match self.push(stream) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
            if more || self.ended || !self.plain.is_empty() {
                continue;
            }
            if self.pull(stream)? == 0 {
                self.ended = true;
                self.stack.handle_eof().map_err(io::Error::other)?;
            }
        }
        Ok(())
    }

    /// Decrypts what there is; true when there is more to decrypt without reading.
    fn decrypt(&mut self) -> Result<bool, Error> {
        let outcome = self.stack.receive(&mut self.received, &mut self.plain, PIECE);
        self.stack.pending_transmit(&mut self.out);
        let received = outcome.map_err(failure::transport)?;
        self.ended |= received.closed;
        Ok(received.more)
    }

    fn pull(&mut self, mut stream: &TcpStream) -> io::Result<usize> {
        let count = stream.read(&mut self.space)?;
        self.received.extend_from_slice(&self.space[..count]);
        Ok(count)
    }

    fn push(&mut self, mut stream: &TcpStream) -> io::Result<()> {
        while !self.out.is_empty() {
            match stream.write(&self.out)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => self.out.advance(count),
            }
        }
        Ok(())
    }
}
