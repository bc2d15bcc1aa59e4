//! From a host to an open socket: resolves, races, asks proxies. What to do in which order is `dial`'s.
//!
//! Separate because it is the part of connecting that needs a network; TLS and IMAP come after. RFC 8305 (Happy Eyeballs), RFC 1928, RFC 9110
//! §9.3.6 by way of `dial`; protocol.md C10–C30.
//!
//! Invariants: everything ends with the caller's deadline, and sockets of attempts that lost are closed with it; a name that has to be this
//! machine is checked again once it is resolved; nothing is resolved here that a proxy resolves.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::io;
use std::time::Duration;

use imapkit_dial::{Host, Phase, Proxy, ProxyKind, Race, RaceConfig, Step};
use imapkit_session::{Error, ErrorKind};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::clock::Clock;
use crate::failure;

/// A connection to `host`, directly. With `given` nothing is resolved.
pub(crate) async fn connect(
    host: &Host,
    port: u16,
    given: Option<IpAddr>,
    only_here: bool,
    clock: &mut Clock,
) -> Result<(TcpStream, SocketAddr), Error> {
    clock.enter(Phase::Resolve);
    let addresses = match given.or_else(|| host.ip().filter(|_| !matches!(host, Host::V6(_, Some(_))))) {
        Some(address) => vec![SocketAddr::new(address, port)],
        None => clock.within(resolve(host, port)).await??,
    };
    if only_here && !addresses.iter().all(|address| address.ip().to_canonical().is_loopback()) {
        let text = format!("{host} is not this machine: clear text is refused");
        return Err(Error::new(ErrorKind::Unsafe, text));
    }
    clock.enter(Phase::Connect);
    let mut race = Race::new(RaceConfig::default());
    race.handle_resolved(addresses);
    let outcome = clock.within(run(&mut race)).await;
    let stream = match outcome {
        Ok(Some(winner)) => winner,
        Ok(None) => {
            let error = race.into_error();
            return Err(Error::with_source(ErrorKind::Io, format!("connecting to {host}: {error}"), error));
        }
        Err(expired) => {
            let error = race.into_error();
            let tried = if error.connect.is_empty() { String::new() } else { format!("; {error}") };
            return Err(Error::new(ErrorKind::Timeout, format!("{expired}{tried}")));
        }
    };
    Ok(stream)
}

/// Asks the system, which cannot be interrupted: past the deadline its answer is ignored (C18).
async fn resolve(host: &Host, port: u16) -> Result<Vec<SocketAddr>, Error> {
    let name = host.to_string();
    let found =
        lookup_host((name.as_str(), port)).await.map_err(|error| failure::io(&format!("resolving {host}"), error))?;
    let addresses: Vec<_> = found.collect();
    if addresses.is_empty() {
        return Err(Error::new(ErrorKind::Io, format!("resolving {host}: the name has no address")));
    }
    Ok(addresses)
}

/// Runs a race to its end; `None` when all attempts have failed.
async fn run(race: &mut Race<io::Error>) -> Option<(TcpStream, SocketAddr)> {
    let start = Instant::now();
    let mut attempts = JoinSet::new();
    loop {
        match race.poll(start.elapsed()) {
            Step::Start(address) => {
                attempts.spawn(async move { (address, open(address).await) });
            }
            Step::Wait(until) => {
                let until = until.map_or_else(|| start + Duration::from_secs(3600), |tick| start + tick);
                let done = tokio::select! {
                    Some(done) = attempts.join_next() => done,
                    () = sleep_until(until) => continue,
                };
                match done {
                    Ok((address, Ok(stream))) => {
                        race.handle_success(address);
                        return Some((stream, address));
                    }
                    Ok((address, Err(error))) => race.handle_failure(address, error, start.elapsed()),
                    // Aborted: the runtime is shutting down.
                    Err(_) => return None,
                }
            }
            Step::Won(_) | Step::Failed => return None,
        }
    }
}

/// One attempt; the socket is set up as C30 says.
async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let socket = SockRef::from(&stream);
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));
    #[cfg(not(any(target_os = "openbsd", target_os = "redox", target_os = "solaris")))]
    let keepalive = keepalive.with_retries(4);
    // A socket without keepalive works, too; the session's own watchdog finds dead links while something is awaited.
    let _ = socket.set_tcp_keepalive(&keepalive);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = socket.set_tcp_user_timeout(Some(Duration::from_secs(60)));
    Ok(stream)
}

/// A connection to `host` through a proxy.
pub(crate) async fn connect_through(
    proxy: &Proxy,
    host: &Host,
    port: u16,
    clock: &mut Clock,
) -> Result<TcpStream, Error> {
    if proxy.kind == ProxyKind::Https {
        return Err(Error::new(ErrorKind::Unsupported, "proxies that are spoken to over TLS are not supported"));
    }
    let target =
        if proxy.resolves_here() && host.ip().is_none() { resolve_v4(host, port, clock).await? } else { host.clone() };
    let mut negotiation = proxy.negotiate(&target, port).map_err(failure::misuse)?;
    let (mut stream, _) = connect(&proxy.host, proxy.port, None, false, clock).await?;
    clock.enter(Phase::Proxy);
    let talk = async {
        while !negotiation.is_done() {
            if let Some(bytes) = negotiation.poll_transmit() {
                stream.write_all(&bytes).await.map_err(|error| failure::io("writing to the proxy", error))?;
            }
            // What stands behind the proxy's reply is the server's: looked at before it is taken (C24).
            let mut seen = [0; 512];
            let count = stream.peek(&mut seen).await.map_err(|error| failure::io("reading from the proxy", error))?;
            if count == 0 {
                return Err(Error::new(ErrorKind::Closed, "the proxy closed the connection"));
            }
            let taken = negotiation.handle_input(&seen[..count]).map_err(proxy_error)?;
            stream
                .read_exact(&mut seen[..taken])
                .await
                .map_err(|error| failure::io("reading from the proxy", error))?;
        }
        Ok(())
    };
    clock.within(talk).await??;
    Ok(stream)
}

fn proxy_error(error: imapkit_dial::ProxyError) -> Error {
    Error::with_source(ErrorKind::Io, error.to_string(), error)
}

async fn resolve_v4(host: &Host, port: u16, clock: &mut Clock) -> Result<Host, Error> {
    clock.enter(Phase::Resolve);
    let addresses = clock.within(resolve(host, port)).await??;
    let v4 = addresses.iter().find_map(|address| match address.ip().to_canonical() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    });
    v4.map(|address: Ipv4Addr| Host::V4(address)).ok_or_else(|| {
        Error::new(ErrorKind::Io, format!("resolving {host}: no IPv4 address, and a SOCKS4 proxy takes no other"))
    })
}
