//! From a host to an open socket: resolves, races, asks proxies. What to do in which order is `dial`'s.
//!
//! Separate because it is the part of connecting that needs a network; TLS and IMAP come after. All attempts of a race are non-blocking
//! connects under one poll(2). RFC 8305 (Happy Eyeballs), RFC 1928, RFC 9110 §9.3.6 by way of `dial`; protocol.md C10–C30.
//!
//! Invariants: everything ends with the caller's deadline, and sockets of attempts that lost are closed with it; a name that has to be this
//! machine is checked again once it is resolved; nothing is resolved here that a proxy resolves.

use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use imapkit_dial::{Host, Phase, Proxy, ProxyKind, Race, RaceConfig, Step};
use imapkit_session::{Error, ErrorKind};
use rustix::fd::AsFd;
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::attempt::Attempt;
use crate::failure;
use crate::poll::{self, Ready};
use crate::resolve::Resolving;

/// A sleep without an end of its own; the deadline ends it.
const LONG: Duration = Duration::from_secs(3600);

/// A connection to `host`, directly. With `given` nothing is resolved.
pub(crate) fn connect(
    host: &Host,
    port: u16,
    given: Option<IpAddr>,
    only_here: bool,
    attempt: &mut Attempt,
) -> Result<TcpStream, Error> {
    let addresses = match given {
        Some(address) => vec![SocketAddr::new(address, port)],
        None => resolve(host, port, attempt)?,
    };
    if only_here && !addresses.iter().all(|address| address.ip().to_canonical().is_loopback()) {
        let text = format!("{host} is not this machine: clear text is refused");
        return Err(Error::new(ErrorKind::Unsafe, text)); // T027
    }
    attempt.enter(Phase::Connect);
    let mut race = Race::new(RaceConfig::default());
    race.handle_resolved(addresses);
    match run(&mut race, attempt) {
        Ok(Some(stream)) => Ok(stream),
        Ok(None) => {
            let error = race.into_error();
            Err(Error::with_source(ErrorKind::Io, format!("connecting to {host}: {error}"), error))
        }
        Err(over) => {
            let error = race.into_error();
            let tried = if error.connect.is_empty() { String::new() } else { format!("; {error}") };
            Err(Error::with_source(over.kind(), format!("{over}{tried}"), over))
        }
    }
}

fn resolve(host: &Host, port: u16, attempt: &mut Attempt) -> Result<Vec<SocketAddr>, Error> {
    attempt.enter(Phase::Resolve);
    let doing = || format!("resolving {host}");
    let mut resolving = Resolving::start(host, port, attempt.cancel()).map_err(|error| failure::io(&doing(), error))?;
    loop {
        match resolving.poll() {
            Some(Ok(addresses)) if addresses.is_empty() => {
                return Err(Error::new(ErrorKind::Io, format!("resolving {host}: the name has no address")));
            }
            Some(answer) => return answer.map_err(|error| failure::io(&doing(), error)),
            None => {
                let woken = poll::wait_writable([].into_iter(), &attempt.cancel().waker, attempt.left()?);
                woken.map_err(|error| failure::io(&doing(), error))?;
            }
        }
    }
}

/// Runs a race to its end; `None` when all attempts have failed.
fn run(race: &mut Race<io::Error>, attempt: &Attempt) -> Result<Option<TcpStream>, Error> {
    let mut flying: Vec<(SocketAddr, Socket)> = Vec::new();
    loop {
        let left = attempt.left()?;
        let now = attempt.now().since_start();
        match race.poll(now) {
            Step::Start(address) => match start(address) {
                Ok(socket) => flying.push((address, socket)),
                Err(error) => race.handle_failure(address, error, now),
            },
            Step::Won(winner) => {
                let socket = flying.into_iter().find(|(address, _)| *address == winner);
                return Ok(socket.map(|(_, socket)| socket.into()));
            }
            Step::Failed => return Ok(None),
            Step::Wait(until) => {
                let timeout = until.map_or(LONG, |until| until.saturating_sub(now)).min(left);
                let sockets = flying.iter().map(|(_, socket)| socket.as_fd());
                let ended = poll::wait_writable(sockets, &attempt.cancel().waker, timeout)
                    .map_err(|error| failure::io("connecting", error))?;
                let mut ended = ended.into_iter();
                flying.retain(|(address, socket)| {
                    !ended.next().unwrap_or_default() || report(race, *address, socket, attempt)
                });
            }
        }
    }
}

/// Tells the race how an attempt has ended; true when the socket is still of use.
fn report(race: &mut Race<io::Error>, address: SocketAddr, socket: &Socket, attempt: &Attempt) -> bool {
    let outcome = match socket.take_error() {
        Ok(None) => socket.peer_addr().map(drop),
        Ok(Some(error)) | Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => race.handle_success(address),
        // Woken early.
        Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
        Err(error) => {
            race.handle_failure(address, error, attempt.now().since_start());
            return false;
        }
    }
    true
}

/// Begins one attempt.
fn start(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    match socket.connect(&address.into()) {
        Err(error) if !is_under_way(&error) => Err(error),
        _ => Ok(socket),
    }
}

fn is_under_way(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || Errno::from_io_error(error) == Some(Errno::INPROGRESS)
}

/// A connection to `host` through a proxy.
pub(crate) fn connect_through(
    proxy: &Proxy,
    host: &Host,
    port: u16,
    attempt: &mut Attempt,
) -> Result<TcpStream, Error> {
    if proxy.kind == ProxyKind::Https {
        return Err(Error::new(ErrorKind::Unsupported, "proxies that are spoken to over TLS are not supported"));
    }
    let resolved =
        if proxy.resolves_here() && host.ip().is_none() { Some(resolve_v4(host, port, attempt)?) } else { None };
    let mut negotiation = proxy.negotiate(resolved.as_ref().unwrap_or(host), port).map_err(failure::misuse)?;
    let stream = connect(&proxy.host, proxy.port, None, false, attempt)?;
    attempt.enter(Phase::Proxy);
    while !negotiation.is_done() {
        if let Some(bytes) = negotiation.poll_transmit() {
            send(&stream, &bytes, attempt)?;
        }
        // What stands behind the proxy's reply is the server's: looked at before it is taken (C24).
        let mut seen = [0; 512];
        let count = when_ready(&stream, READ, attempt, || stream.peek(&mut seen))?;
        if count == 0 {
            return Err(Error::new(ErrorKind::Closed, "the proxy closed the connection"));
        }
        let taken = negotiation
            .handle_input(&seen[..count])
            .map_err(|error| Error::with_source(ErrorKind::Io, error.to_string(), error))?;
        when_ready(&stream, READ, attempt, || { &stream }.read_exact(&mut seen[..taken]))?;
    }
    Ok(stream)
}

const READ: Ready = Ready { read: true, write: false };
const WRITE: Ready = Ready { read: false, write: true };

fn send(stream: &TcpStream, mut bytes: &[u8], attempt: &Attempt) -> Result<(), Error> {
    while !bytes.is_empty() {
        let sent = when_ready(stream, WRITE, attempt, || io::Write::write(&mut { stream }, bytes))?;
        bytes = &bytes[sent.min(bytes.len())..];
    }
    Ok(())
}

/// Tries until it does not have to wait.
fn when_ready<T>(
    stream: &TcpStream,
    interest: Ready,
    attempt: &Attempt,
    mut work: impl FnMut() -> io::Result<T>,
) -> Result<T, Error> {
    let broken = |error| failure::io("talking to the proxy", error);
    loop {
        match work() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                poll::wait_for(stream.as_fd(), interest, &attempt.cancel().waker, attempt.left()?).map_err(broken)?;
            }
            outcome => return outcome.map_err(broken),
        }
    }
}

fn resolve_v4(host: &Host, port: u16, attempt: &mut Attempt) -> Result<Host, Error> {
    let addresses = resolve(host, port, attempt)?;
    let v4 = addresses.iter().find_map(|address| match address.ip().to_canonical() {
        IpAddr::V4(address) => Some(Host::V4(address)),
        IpAddr::V6(_) => None,
    });
    v4.ok_or_else(|| {
        Error::new(ErrorKind::Io, format!("resolving {host}: no IPv4 address, and a SOCKS4 proxy takes no other"))
    })
}

#[cfg(test)]
mod tests;
