//! From a host to an open socket: asks for its addresses and races to them. What to do in which order is `dial`'s.
//!
//! Separate because it is the part of connecting that needs a network; proxies, TLS and IMAP come after. All attempts of a race are
//! non-blocking connects under one poll(2). RFC 8305 (Happy Eyeballs) by way of `dial`; protocol.md C10–C18.
//!
//! Invariants: everything ends with the caller's deadline, and sockets of attempts that lost are closed with it; a name that has to be this
//! machine is checked again once it is resolved.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use imapkit_dial::{Family, Host, Memory, Phase, Preference, Race, RaceConfig, RaceError, Step};
use imapkit_session::{Error, ErrorKind};
use rustix::fd::AsFd;
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::attempt::Attempt;
use crate::failure;
use crate::poll;
use crate::resolve::{Answer, Resolving};

/// A sleep without an end of its own; the deadline ends it.
const LONG: Duration = Duration::from_secs(3600);

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
pub(crate) fn connect(call: Call<'_>, attempt: &mut Attempt) -> Result<TcpStream, Error> {
    attempt.enter(Phase::Resolve);
    let mut race = Race::new(RaceConfig::new(call.preference()));
    let answers = match call.known() {
        Some(address) => {
            call.check(&[address])?;
            race.handle_resolved([address]);
            Resolving::nothing()
        }
        None => Resolving::start(call.host, call.port, &[Family::V6, Family::V4], attempt.cancel())
            .map_err(|error| no_address(call.host, error))?,
    };
    match run(call, &mut race, answers, attempt) {
        Ok(Some((address, stream))) => {
            call.memory.remember(call.host, Family::of(&address), call.epoch.elapsed());
            Ok(stream)
        }
        Ok(None) => Err(lost(call.host, race.into_error())),
        Err(over) => {
            let error = race.into_error();
            let tried = if error.connect.is_empty() { String::new() } else { format!("; {error}") };
            Err(Error::with_source(over.kind(), format!("{over}{tried}"), over))
        }
    }
}

/// Why there is no connection.
fn lost(host: &Host, mut error: RaceError<io::Error>) -> Error {
    if !error.connect.is_empty() {
        return Error::with_source(ErrorKind::Io, format!("connecting to {host}: {error}"), error);
    }
    match error.resolve.pop() {
        Some(error) => no_address(host, error),
        None => failure::resolve(host, None),
    }
}

pub(crate) fn no_address(host: &Host, error: io::Error) -> Error {
    failure::resolve(host, Some(error))
}

/// Runs a race to its end; `None` when all attempts have failed.
fn run(
    call: Call<'_>,
    race: &mut Race<io::Error>,
    mut answers: Resolving,
    attempt: &mut Attempt,
) -> Result<Option<(SocketAddr, TcpStream)>, Error> {
    let start = attempt.now().since_start();
    let mut flying: Vec<(SocketAddr, Socket)> = Vec::new();
    loop {
        let left = attempt.left()?;
        let now = attempt.now().since_start().saturating_sub(start);
        while let Some(answer) = answers.poll() {
            answered(call, race, answer, now)?;
        }
        match race.poll(now) {
            Step::Start(address) => {
                attempt.enter(Phase::Connect);
                match begin(address) {
                    Ok(socket) => flying.push((address, socket)),
                    Err(error) => race.handle_failure(address, error, now),
                }
            }
            Step::Won(winner) => {
                let socket = flying.into_iter().find(|(address, _)| *address == winner);
                return Ok(socket.map(|(address, socket)| (address, socket.into())));
            }
            Step::Failed => return Ok(None),
            Step::Wait(until) => {
                let timeout = until.map_or(LONG, |until| until.saturating_sub(now)).min(left);
                let sockets = flying.iter().map(|(_, socket)| socket.as_fd());
                let ended = poll::wait_writable(sockets, &attempt.cancel().waker, timeout)
                    .map_err(|error| failure::io("connecting", error))?;
                let mut ended = ended.into_iter();
                flying.retain(|(address, socket)| {
                    !ended.next().unwrap_or_default() || report(race, *address, socket, now)
                });
            }
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

/// Tells the race how an attempt has ended; true when the socket is still of use.
fn report(race: &mut Race<io::Error>, address: SocketAddr, socket: &Socket, now: Duration) -> bool {
    let outcome = match socket.take_error() {
        Ok(None) => socket.peer_addr().map(drop),
        Ok(Some(error)) | Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => race.handle_success(address),
        // Woken early.
        Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
        Err(error) => {
            race.handle_failure(address, error, now);
            return false;
        }
    }
    true
}

/// Begins one attempt.
fn begin(address: SocketAddr) -> io::Result<Socket> {
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

#[cfg(test)]
mod tests;
