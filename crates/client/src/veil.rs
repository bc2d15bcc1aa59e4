//! TLS around a socket as a stream of octets: the way to a proxy that is spoken to over TLS.
//!
//! Apart from the driver's own stack, which speaks to the mail server *through* this one. The handshake, the checks and the records are
//! `transport`'s. RFC 9110 §9.3.6 (CONNECT), RFC 8446; protocol.md C22.
//!
//! Invariants: nothing is read or written before the proxy's certificate is accepted; what was received before an error is delivered first.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use imapkit_session::Error;
use imapkit_transport::{ServerId, Stack, TlsConfig};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::failure;

/// Octets decrypted at a time, and unsent ones beyond which no more are taken.
const PIECE: usize = 64 << 10;

/// A socket under TLS.
#[derive(Debug)]
pub(crate) struct Veil {
    stream: TcpStream,
    stack: Stack,
    received: BytesMut,
    plain: BytesMut,
    out: BytesMut,
    /// Nothing more will come.
    ended: bool,
}

impl Veil {
    /// The handshake.
    pub(crate) async fn draw(stream: TcpStream, config: &TlsConfig, server: &ServerId) -> Result<Self, Error> {
        let (mut stack, mut out) = (Stack::new(), BytesMut::new());
        stack.start_tls(config, server, &[]).map_err(failure::transport)?;
        stack.pending_transmit(&mut out);
        let (received, plain) = (BytesMut::new(), BytesMut::new());
        let mut veil = Self { stream, stack, received, plain, out, ended: false };
        poll_fn(|cx| veil.poll_handshake(cx)).await?;
        Ok(veil)
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let broken = |error| failure::io("the TLS handshake with the proxy", error);
        loop {
            let _ = self.poll_out(cx).map_err(broken)?;
            if !self.stack.is_handshaking() {
                return Poll::Ready(Ok(()));
            }
            let count = ready!(self.poll_in(cx)).map_err(broken)?;
            let outcome = self.decrypt();
            if let Err(error) = outcome {
                // The alert that says why.
                let _ = self.poll_out(cx);
                return Poll::Ready(Err(error));
            }
            if count == 0 && self.stack.is_handshaking() {
                return Poll::Ready(Err(self
                    .stack
                    .handle_eof()
                    .err()
                    .map_or_else(|| broken(io::ErrorKind::UnexpectedEof.into()), failure::transport)));
            }
        }
    }

    /// What has been received and not taken; waits until there is something, or nothing more will come.
    pub(crate) async fn look(&mut self) -> io::Result<&[u8]> {
        poll_fn(|cx| self.poll_plain(cx)).await?;
        Ok(&self.plain)
    }

    /// So much of it is done with.
    pub(crate) fn take(&mut self, count: usize) {
        self.plain.advance(count.min(self.plain.len()));
    }

    /// Waits for plaintext, or the end.
    fn poll_plain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.plain.is_empty() && !self.ended {
            let more = self.decrypt().map_err(io::Error::other)?;
            let _ = self.poll_out(cx)?;
            if more || !self.plain.is_empty() {
                continue;
            }
            if !self.ended && ready!(self.poll_in(cx))? == 0 {
                self.ended = true;
                self.stack.handle_eof().map_err(io::Error::other)?;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Decrypts what there is; true when there is more to decrypt without reading.
    fn decrypt(&mut self) -> Result<bool, Error> {
        let outcome = self.stack.receive(&mut self.received, &mut self.plain, PIECE);
        self.stack.pending_transmit(&mut self.out);
        let received = outcome.map_err(failure::transport)?;
        self.ended |= received.closed;
        Ok(received.more)
    }

    fn poll_in(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.received.reserve(PIECE);
        let read = std::pin::pin!(tokio::io::AsyncReadExt::read_buf(&mut self.stream, &mut self.received));
        read.poll(cx)
    }

    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.out))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.out.advance(count),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Veil {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_plain(cx))?;
        let count = this.plain.len().min(buf.remaining());
        buf.put_slice(&this.plain.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Veil {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.out.len() >= PIECE {
            ready!(this.poll_out(cx))?;
        }
        let piece = &octets[..octets.len().min(PIECE)];
        this.stack.send(&mut BytesMut::from(piece), &mut this.out).map_err(io::Error::other)?;
        let _ = this.poll_out(cx)?;
        Poll::Ready(Ok(piece.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_out(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.stack.close(&mut this.out);
        ready!(this.poll_out(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}
