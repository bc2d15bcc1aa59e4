//! The socket under a connection: a TCP or Unix socket of ours, a command to talk to, or a stream the caller brings.
//!
//! Apart from connecting (`dialing.rs`) and from the loop (`driver.rs`): this is what both agree a socket is. All of them are
//! non-blocking; waiting is `poll.rs`'s. protocol.md C30 (options of sockets), M32 (dead peers), C28 (Unix sockets). No RFC.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use socket2::{SockRef, TcpKeepalive};

use crate::veil::Veil;

/// A byte stream of the caller's own: a pipe, a channel of an SSH library, a TLS of another kind.
///
/// It must be in non-blocking mode: `read` and `write` answer [`io::ErrorKind::WouldBlock`] when there is nothing to do, and the descriptor
/// turns ready when there is.
pub trait Stream: Read + Write + AsFd + Send + 'static {}

impl<S: Read + Write + AsFd + Send + 'static> Stream for S {}

pub(crate) enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
    /// A command's standard input and output.
    #[cfg(unix)]
    Command(crate::tunnel::Tunnel),
    /// TCP to a proxy that is spoken to over TLS.
    Veiled(Veil),
    /// The stream, and a second descriptor for the same thing, which can be waited for while another thread uses the stream.
    Other(Mutex<Box<dyn Stream>>, OwnedFd),
}

impl Socket {
    /// Takes over a connected TCP socket and sets it up.
    pub(crate) fn tcp(stream: TcpStream) -> io::Result<Self> {
        Self::set_up(stream).map(Self::Tcp)
    }

    /// Options of a connected TCP socket.
    pub(crate) fn set_up(stream: TcpStream) -> io::Result<TcpStream> {
        stream.set_nonblocking(true)?;
        set_up(&stream)?;
        Ok(stream)
    }

    /// Connects to a local socket. That happens at once or, when the server has too many callers waiting, not at all.
    #[cfg(unix)]
    pub(crate) fn unix(path: &std::path::Path) -> io::Result<Self> {
        let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.connect(&socket2::SockAddr::unix(path)?)?;
        Ok(Self::Unix(OwnedFd::from(socket).into()))
    }

    #[cfg(not(unix))]
    pub(crate) fn unix(_: &std::path::Path) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no local sockets"))
    }

    /// Starts a command to talk to.
    #[cfg(unix)]
    pub(crate) fn command(words: &[String]) -> io::Result<Self> {
        crate::tunnel::Tunnel::start(words).map(Self::Command)
    }

    #[cfg(not(unix))]
    pub(crate) fn command(_: &[String]) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "commands cannot be waited for on this system"))
    }

    /// Takes the caller's stream.
    pub(crate) fn other(stream: impl Stream) -> io::Result<Self> {
        let fd = stream.as_fd().try_clone_to_owned()?;
        Ok(Self::Other(Mutex::new(Box::new(stream)), fd))
    }

    /// What is ready to be read, and what is ready to be written.
    pub(crate) fn ends(&self) -> (BorrowedFd<'_>, BorrowedFd<'_>) {
        let both = match self {
            Self::Tcp(stream) => stream.as_fd(),
            #[cfg(unix)]
            Self::Unix(stream) => stream.as_fd(),
            #[cfg(unix)]
            Self::Command(tunnel) => return tunnel.ends(),
            Self::Veiled(veil) => veil.fd(),
            Self::Other(_, fd) => fd.as_fd(),
        };
        (both, both)
    }

    /// Does what else there is to do about it now and then; how soon again.
    pub(crate) fn look_after(&self) -> Duration {
        match self {
            #[cfg(unix)]
            Self::Command(tunnel) => {
                tunnel.listen();
                Duration::from_secs(1)
            }
            _ => Duration::MAX,
        }
    }

    /// Reads what is there. A signal in the middle does not count.
    pub(crate) fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let result = match self {
                Self::Tcp(stream) => { stream }.read(into),
                #[cfg(unix)]
                Self::Unix(stream) => { stream }.read(into),
                #[cfg(unix)]
                Self::Command(tunnel) => tunnel.read(into),
                Self::Veiled(veil) => veil.read(into),
                Self::Other(stream, _) => stream.lock().unwrap_or_else(PoisonError::into_inner).read(into),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    /// Writes what there is room for.
    pub(crate) fn write(&self, from: &[u8]) -> io::Result<usize> {
        loop {
            let result = match self {
                Self::Tcp(stream) => { stream }.write(from),
                #[cfg(unix)]
                Self::Unix(stream) => { stream }.write(from),
                #[cfg(unix)]
                Self::Command(tunnel) => tunnel.write(from),
                Self::Veiled(veil) => veil.write(from),
                Self::Other(stream, _) => stream.lock().unwrap_or_else(PoisonError::into_inner).write(from),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    /// Ends both directions. A stream of the caller's is closed by dropping it.
    pub(crate) fn shutdown(&self) {
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
            #[cfg(unix)]
            Self::Command(tunnel) => {
                tunnel.end();
                Ok(())
            }
            Self::Veiled(veil) => veil.shutdown(),
            Self::Other(..) => Ok(()),
        };
    }

    /// True when a read that was not filled may still have left something behind: the kernel's sockets do not, streams of others may.
    pub(crate) fn hides_input(&self) -> bool {
        matches!(self, Self::Other(..) | Self::Veiled(_))
    }

    /// Our own address, for TCP.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.local_addr().ok(),
            Self::Veiled(veil) => veil.addresses().0,
            _ => None,
        }
    }

    /// The server's, or its proxy's, address, for TCP.
    pub(crate) fn remote_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.peer_addr().ok(),
            Self::Veiled(veil) => veil.addresses().1,
            _ => None,
        }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(stream) => stream.fmt(f),
            #[cfg(unix)]
            Self::Unix(stream) => stream.fmt(f),
            #[cfg(unix)]
            Self::Command(tunnel) => tunnel.fmt(f),
            Self::Veiled(_) => f.write_str("Veiled"),
            Self::Other(..) => f.write_str("Other"),
        }
    }
}

/// C30: no delays, and a peer that has vanished is found within two minutes also when nobody waits for it.
fn set_up(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(60));
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "macos", target_os = "ios", windows))]
    let keepalive = keepalive.with_interval(Duration::from_secs(15)).with_retries(4);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    socket.set_tcp_user_timeout(Some(Duration::from_secs(60)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn c030_tcp_sockets_are_set_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let socket = Socket::tcp(near.try_clone().unwrap()).unwrap();
        let seen = SockRef::from(&near);
        assert!(near.nodelay().unwrap() && seen.keepalive().unwrap());
        assert_eq!(seen.tcp_keepalive_time().unwrap(), Duration::from_secs(60));
        #[cfg(target_os = "linux")]
        assert_eq!(seen.tcp_user_timeout().unwrap(), Some(Duration::from_secs(60)));
        assert_eq!(socket.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert_eq!(socket.remote_address(), Some(listener.local_addr().unwrap()));
    }

    #[cfg(unix)]
    #[test]
    fn a_stream_of_the_callers_is_read_and_written() {
        let (near, mut far) = std::os::unix::net::UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        let socket = Socket::other(near).unwrap();
        assert_eq!(socket.write(b"hello").unwrap(), 5);
        let mut heard = [0; 5];
        far.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"hello");
        assert!(socket.hides_input() && socket.local_address().is_none());
    }
}
