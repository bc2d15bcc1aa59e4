//! A connection through a proxy: to the proxy as to any host, then its own conversation. What is said in it is `dial`'s.
//!
//! Separate from plain dialling because the other end is not who we mean: the proxy has a name, a certificate and credentials of its own.
//! RFC 1928, RFC 1929, RFC 9110 §9.3.6; protocol.md C20–C26.
//!
//! Invariants: only the proxy is raced to; nothing is resolved here that the proxy resolves; not one octet behind the proxy's reply is
//! taken from the server's.

use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpStream};

use imapkit_dial::{Family, Host, Negotiation, Phase, Proxy, ProxyKind};
use imapkit_session::{Error, ErrorKind};
use imapkit_transport::ServerId;
use rustix::fd::AsFd;

use crate::attempt::Attempt;
use crate::dialing::{self, Call, no_address};
use crate::failure;
use crate::poll::{self, Ready};
use crate::resolve::Resolving;
use crate::socket::Socket;
use crate::trust::Trust;
use crate::veil::Veil;

/// A connection through `proxy` to whom `call` means. `trust` is for the proxy's own certificate.
pub(crate) fn connect(proxy: &Proxy, trust: &Trust, call: Call<'_>, attempt: &mut Attempt) -> Result<Socket, Error> {
    let host = match call.address {
        // The proxy is told where to go, and needs to resolve nothing.
        Some(IpAddr::V4(address)) => Host::V4(address),
        Some(IpAddr::V6(address)) => Host::V6(address, None),
        None if proxy.resolves_here() && call.host.ip().is_none() => resolve_v4(call.host, call.port, attempt)?,
        None => call.host.clone(),
    };
    let mut negotiation = proxy.negotiate(&host, call.port).map_err(failure::misuse)?;
    let to_proxy = Call { host: &proxy.host, port: proxy.port, address: None, only_here: false, ..call };
    reach(proxy, trust, to_proxy, &mut negotiation, attempt)
        .map_err(|error| Error::with_source(error.kind(), proxy.blame(&error.to_string()), error))
}

/// All that the proxy has a part in.
fn reach(
    proxy: &Proxy,
    trust: &Trust,
    call: Call<'_>,
    negotiation: &mut Negotiation,
    attempt: &mut Attempt,
) -> Result<Socket, Error> {
    let stream = dialing::connect(call, attempt)?;
    attempt.enter(Phase::Proxy);
    if proxy.kind != ProxyKind::Https {
        talk(&stream, negotiation, attempt)?;
        return Socket::tcp(stream).map_err(setting_up);
    }
    let server = ServerId::new(&proxy.host.to_string(), proxy.port).map_err(failure::transport)?;
    let mut veil = Veil::new(Socket::set_up(stream).map_err(setting_up)?, &trust.load(&server)?, &server)?;
    handshake(&mut veil, attempt)?;
    talk_veiled(&mut veil, negotiation, attempt)?;
    Ok(Socket::Veiled(veil))
}

fn setting_up(error: io::Error) -> Error {
    failure::io("setting the socket up", error)
}

const READ: Ready = Ready { read: true, write: false };
const WRITE: Ready = Ready { read: false, write: true };

fn talk(stream: &TcpStream, negotiation: &mut Negotiation, attempt: &Attempt) -> Result<(), Error> {
    while !negotiation.is_done() {
        if let Some(bytes) = negotiation.poll_transmit() {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let sent = when_ready(stream, WRITE, attempt, || { stream }.write(rest))?;
                rest = &rest[sent.min(rest.len())..];
            }
        }
        // What stands behind the proxy's reply is the server's: looked at before it is taken (C24).
        let mut seen = [0; 512];
        let count = when_ready(stream, READ, attempt, || stream.peek(&mut seen))?;
        let taken = heard(negotiation, &seen[..count])?;
        when_ready(stream, READ, attempt, || { stream }.read_exact(&mut seen[..taken]))?;
    }
    Ok(())
}

fn handshake(veil: &mut Veil, attempt: &Attempt) -> Result<(), Error> {
    loop {
        let Some(interest) = veil.shake()? else { return Ok(()) };
        let waited = poll::wait_for(veil.fd(), interest, &attempt.cancel().waker, attempt.left()?);
        waited.map_err(|error| failure::io("the TLS handshake with the proxy", error))?;
    }
}

fn talk_veiled(veil: &mut Veil, negotiation: &mut Negotiation, attempt: &Attempt) -> Result<(), Error> {
    while !negotiation.is_done() {
        if let Some(bytes) = negotiation.poll_transmit() {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let sent = when_ready(&*veil, WRITE, attempt, || veil.write(rest))?;
                rest = &rest[sent.min(rest.len())..];
            }
        }
        when_ready(&*veil, READ, attempt, || veil.fill())?;
        let taken = heard(negotiation, &veil.seen())?;
        veil.take(taken);
    }
    Ok(())
}

/// How much of what the proxy said was for us.
fn heard(negotiation: &mut Negotiation, seen: &[u8]) -> Result<usize, Error> {
    if seen.is_empty() {
        return Err(Error::new(ErrorKind::Closed, "the proxy closed the connection"));
    }
    negotiation.handle_input(seen).map_err(|error| Error::with_source(ErrorKind::Io, error.to_string(), error))
}

/// Tries until it does not have to wait.
fn when_ready<T>(
    socket: &impl AsFd,
    interest: Ready,
    attempt: &Attempt,
    mut work: impl FnMut() -> io::Result<T>,
) -> Result<T, Error> {
    let broken = |error| failure::io("talking to the proxy", error);
    loop {
        match work() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                poll::wait_for(socket.as_fd(), interest, &attempt.cancel().waker, attempt.left()?).map_err(broken)?;
            }
            outcome => return outcome.map_err(broken),
        }
    }
}

fn resolve_v4(host: &Host, port: u16, attempt: &mut Attempt) -> Result<Host, Error> {
    attempt.enter(Phase::Resolve);
    let unresolved = |error| no_address(host, error);
    let mut resolving = Resolving::start(host, port, &[Family::V4], attempt.cancel()).map_err(unresolved)?;
    let found = loop {
        match resolving.poll() {
            Some((_, answer)) => break answer.map_err(unresolved)?,
            None => drop(
                poll::wait_writable([].into_iter(), &attempt.cancel().waker, attempt.left()?).map_err(unresolved)?,
            ),
        }
    };
    let v4 = found.iter().find_map(|address| match address.ip() {
        IpAddr::V4(address) => Some(Host::V4(address)),
        IpAddr::V6(_) => None,
    });
    v4.ok_or_else(|| {
        Error::new(ErrorKind::Io, format!("resolving {host}: no IPv4 address, and a SOCKS4 proxy takes no other"))
    })
}

#[cfg(test)]
mod tests;
