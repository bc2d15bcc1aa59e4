//! From a host to an open socket: asks for its addresses and races to them. What to do in which order is `dial`'s.
//!
//! Separate because it is the part of connecting that needs a network; proxies, TLS and IMAP come after. RFC 8305 (Happy Eyeballs) by way of
//! `dial`; protocol.md C10–C18, C30.
//!
//! Invariants: everything ends with the caller's deadline, and sockets of attempts that lost are closed with it; a name that has to be this
//! machine is checked again once it is resolved.

use core::net::{IpAddr, SocketAddr};
use std::io;
use std::time::Duration;

use imapkit_dial::{Family, Host, Memory, Phase, Preference, Race, RaceConfig, RaceError, Step};
use imapkit_session::{Error, ErrorKind};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::clock::Clock;
use crate::failure;
use crate::resolve::{self, Answer};

/// Whom to call, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) host: &'a Host,
    pub(crate) port: u16,
    /// Where it is: then nothing is resolved.
    pub(crate) address: Option<IpAddr>,
    /// It has to be this machine (T027).
    pub(crate) only_here: bool,
    pub(crate) prefer_ipv6: bool,
    pub(crate) memory: &'a Memory,
    /// What the memory's ticks count from.
    pub(crate) epoch: std::time::Instant,
}

impl Call<'_> {
    fn preference(&self) -> Preference {
        if self.prefer_ipv6 {
            return Preference::Ipv6;
        }
        self.memory.recall(self.host, self.epoch.elapsed()).map_or(Preference::System, Preference::Last)
    }

    /// The address, where it is known without asking. A zone is a name, too: of an interface.
    fn known(&self) -> Option<SocketAddr> {
        let zoned = matches!(self.host, Host::V6(_, Some(_)));
        let address = self.address.or_else(|| self.host.ip().filter(|_| !zoned));
        address.map(|address| SocketAddr::new(address, self.port))
    }

    fn check(&self, addresses: &[SocketAddr]) -> Result<(), Error> {
        if self.only_here && !addresses.iter().all(|address| address.ip().to_canonical().is_loopback()) {
            let text = format!("{} is not this machine: clear text is refused", self.host);
            return Err(Error::new(ErrorKind::Unsafe, text)); // T027
        }
        Ok(())
    }
}

/// A connection to `call.host`, directly.
pub(crate) async fn connect(call: Call<'_>, clock: &mut Clock) -> Result<(TcpStream, SocketAddr), Error> {
    clock.enter(Phase::Resolve);
    let mut race = Race::new(RaceConfig::new(call.preference()));
    let Ok(outcome) = timeout_at(clock.end(), run(call, &mut race, clock)).await else {
        let (expired, error) = (clock.expired(), race.into_error());
        if error.connect.is_empty() {
            return Err(expired);
        }
        return Err(Error::with_source(ErrorKind::Timeout, format!("{expired}; {error}"), expired));
    };
    let winner = outcome?;
    let Some((stream, address)) = winner else { return Err(lost(call.host, race.into_error())) };
    call.memory.remember(call.host, Family::of(&address), call.epoch.elapsed());
    Ok((stream, address))
}

/// Runs a race to its end; `None` when all attempts have failed.
async fn run(
    call: Call<'_>,
    race: &mut Race<io::Error>,
    clock: &mut Clock,
) -> Result<Option<(TcpStream, SocketAddr)>, Error> {
    let start = Instant::now();
    let mut answers = match call.known() {
        Some(address) => {
            call.check(&[address])?;
            race.handle_resolved([address]);
            unbounded_channel().1
        }
        None => resolve::ask(call.host, call.port, &[Family::V6, Family::V4])
            .map_err(|error| no_address(call.host, error))?,
    };
    let mut attempts = JoinSet::new();
    loop {
        match race.poll(start.elapsed()) {
            Step::Start(address) => {
                clock.enter(Phase::Connect);
                attempts.spawn(async move { (address, open(address).await) });
            }
            Step::Wait(until) => {
                let until = until.map_or_else(|| start + Duration::from_secs(3600), |tick| start + tick);
                tokio::select! {
                    Some(answer) = answers.recv() => answered(call, race, answer, start.elapsed())?,
                    Some(done) = attempts.join_next() => match done {
                        Ok((address, Ok(stream))) => return Ok(Some((stream, address))),
                        Ok((address, Err(error))) => race.handle_failure(address, error, start.elapsed()),
                        // Aborted: the runtime is shutting down.
                        Err(_) => return Ok(None),
                    },
                    () = sleep_until(until) => {}
                }
            }
            Step::Won(_) | Step::Failed => return Ok(None),
        }
    }
}

fn answered(call: Call<'_>, race: &mut Race<io::Error>, answer: Answer, now: Duration) -> Result<(), Error> {
    match answer {
        (family, Ok(addresses)) => {
            call.check(&addresses)?;
            race.handle_answer(family, addresses, now);
        }
        (family, Err(error)) => race.handle_resolve_failure(Some(family), error, now),
    }
    Ok(())
}

/// Why there is no connection.
fn lost(host: &Host, mut error: RaceError<io::Error>) -> Error {
    if !error.connect.is_empty() {
        return Error::with_source(ErrorKind::Io, format!("connecting to {host}: {error}"), error);
    }
    match error.resolve.pop() {
        Some(error) => no_address(host, error),
        None => Error::new(ErrorKind::Io, format!("resolving {host}: the name has no address")),
    }
}

pub(crate) fn no_address(host: &Host, error: io::Error) -> Error {
    failure::io(&format!("resolving {host}"), error)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn c30_dead_links_are_found_by_the_system_too() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = open(listener.local_addr().unwrap()).await.unwrap();
        let seen = SockRef::from(&stream);
        assert!(stream.nodelay().unwrap() && seen.keepalive().unwrap());
        assert_eq!(seen.tcp_keepalive_time().unwrap(), Duration::from_secs(60));
        assert_eq!(seen.tcp_keepalive_interval().unwrap(), Duration::from_secs(15));
        assert_eq!(seen.tcp_keepalive_retries().unwrap(), 4);
        assert_eq!(seen.tcp_user_timeout().unwrap(), Some(Duration::from_secs(60)));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn c030_tcp_sockets_are_set_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = open(listener.local_addr().unwrap()).await.unwrap();
        let socket = SockRef::from(&stream);
        assert!(stream.nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(60));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(15));
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 4);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(60)));
    }
}
