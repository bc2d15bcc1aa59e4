//! The bytes under a peer's connection: TCP, then perhaps TLS, then perhaps DEFLATE.
//!
//! Blocking and simple on purpose. Every read has the deadline that the socket's read timeout gives it. The layers are
//! switched at the byte where the caller says so (RFC 9051 §6.2.1, RFC 4978 §3); it has made sure that nothing was read
//! ahead. RFC 4978 wants raw DEFLATE, without zlib head, flushed after each write.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use rustls::{ServerConfig, ServerConnection};
use socket2::SockRef;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// Bytes asked for in one read.
const READ_SIZE: usize = 16 * 1024;

#[derive(Debug)]
pub(super) struct Stream {
    tcp: TcpStream,
    tls: Option<Box<ServerConnection>>,
    deflate: Option<Deflate>,
}

#[derive(Debug)]
struct Deflate {
    inflater: Decompress,
    deflater: Compress,
}

impl Stream {
    pub(super) fn new(tcp: TcpStream, patience: Duration) -> io::Result<Self> {
        tcp.set_nonblocking(false)?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(patience))?;
        tcp.set_write_timeout(Some(patience))?;
        Ok(Self { tcp, tls: None, deflate: None })
    }

    pub(super) fn set_read_timeout(&self, patience: Duration) -> io::Result<()> {
        self.tcp.set_read_timeout(Some(patience))
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Runs the server's side of the handshake to its end.
    pub(super) fn start_tls(&mut self, config: Arc<ServerConfig>) -> io::Result<()> {
        let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut self.tcp)?;
        }
        // TLS 1.3 tickets are still to be written after the handshake.
        while tls.wants_write() {
            tls.write_tls(&mut self.tcp)?;
        }
        self.tls = Some(Box::new(tls));
        Ok(())
    }

    pub(super) fn start_deflate(&mut self) {
        self.deflate =
            Some(Deflate { inflater: Decompress::new(false), deflater: Compress::new(Compression::fast(), false) });
    }

    /// Some bytes, or none at the end of the stream, however rude that end is.
    pub(super) fn read_some(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let mut buffer = vec![0; READ_SIZE];
            let size = match self.read_raw(&mut buffer) {
                Ok(size) => size,
                Err(error) if is_end(&error) => 0,
                Err(error) => return Err(error),
            };
            buffer.truncate(size);
            match &mut self.deflate {
                Some(deflate) if size > 0 => {
                    let plain = deflate.inflate(&buffer)?;
                    if !plain.is_empty() {
                        return Ok(plain);
                    }
                }
                _ => return Ok(buffer),
            }
        }
    }

    fn read_raw(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls.as_mut(), &mut self.tcp).read(buffer),
            None => self.tcp.read(buffer),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let packed = match &mut self.deflate {
            Some(deflate) => deflate.deflate(bytes)?,
            None => bytes.to_vec(),
        };
        match &mut self.tls {
            Some(tls) => {
                let mut stream = rustls::Stream::new(tls.as_mut(), &mut self.tcp);
                stream.write_all(&packed)?;
                stream.flush()
            }
            None => self.tcp.write_all(&packed),
        }
    }

    /// Closes in good order: `close_notify` if there is TLS, then FIN. A client that is gone already is no error.
    pub(super) fn close(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            while tls.wants_write() && tls.write_tls(&mut self.tcp).is_ok() {}
        }
        self.cut();
    }

    /// FIN, without a word.
    pub(super) fn cut(&mut self) {
        let _ = self.tcp.shutdown(Shutdown::Write);
    }

    /// RST: closes with a linger time of zero, which makes the system throw the connection away.
    pub(super) fn reset(self) -> io::Result<()> {
        SockRef::from(&self.tcp).set_linger(Some(Duration::ZERO))
    }
}

impl Deflate {
    fn inflate(&mut self, mut bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        loop {
            plain.reserve(READ_SIZE);
            let (before_in, before_out) = (self.inflater.total_in(), plain.len());
            self.inflater.decompress_vec(bytes, &mut plain, FlushDecompress::Sync).map_err(io::Error::other)?;
            let used = usize::try_from(self.inflater.total_in() - before_in).map_err(io::Error::other)?;
            bytes = &bytes[used..];
            let stuck = used == 0 && plain.len() == before_out;
            if stuck || (bytes.is_empty() && plain.len() < plain.capacity()) {
                return Ok(plain);
            }
        }
    }

    fn deflate(&mut self, mut bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut packed = Vec::new();
        loop {
            packed.reserve(READ_SIZE);
            let before = self.deflater.total_in();
            self.deflater.compress_vec(bytes, &mut packed, FlushCompress::Sync).map_err(io::Error::other)?;
            let used = usize::try_from(self.deflater.total_in() - before).map_err(io::Error::other)?;
            bytes = &bytes[used..];
            if bytes.is_empty() && packed.len() < packed.capacity() {
                return Ok(packed);
            }
        }
    }
}

/// Whether the client ended the connection, politely or not; the test decides whether that was right.
fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe
    )
}

/// Whether the error says that the client kept silent for too long.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
