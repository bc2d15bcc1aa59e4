//! Names to addresses, by the system's resolver.
//!
//! getaddrinfo(3) cannot be interrupted, and every wait here has a deadline: so it runs on a thread of its own that is abandoned when time
//! is up, and ends when the resolver gives up by itself (C18). It is the one thread this crate starts, and it is gone before a connection
//! is there. Addresses need none. RFC 6724 (the order is the system's).

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use imapkit_dial::Host;

use crate::cancel::Cancel;

/// A question that may be answered already.
#[derive(Debug)]
pub(crate) enum Resolving {
    Answered(Option<Vec<SocketAddr>>),
    Asked(Receiver<io::Result<Vec<SocketAddr>>>),
}

impl Resolving {
    /// Asks for the addresses of `host`; `cancel` is woken by the answer.
    pub(crate) fn start(host: &Host, port: u16, cancel: &Arc<Cancel>) -> io::Result<Self> {
        // A zone is a name, too: of an interface.
        let zoned = matches!(host, Host::V6(_, Some(_)));
        if let Some(address) = host.ip().filter(|_| !zoned) {
            return Ok(Self::known(SocketAddr::new(address, port)));
        }
        let (answer, answered) = channel();
        let (name, cancel) = (host.to_string(), Arc::clone(cancel));
        let ask = move || {
            // Nobody may be waiting any more.
            let _ = answer.send((name.as_str(), port).to_socket_addrs().map(Iterator::collect));
            cancel.waker.wake();
        };
        std::thread::Builder::new().name(String::from("imapkit resolver")).spawn(ask)?;
        Ok(Self::Asked(answered))
    }

    /// An address that is given.
    pub(crate) fn known(address: SocketAddr) -> Self {
        Self::Answered(Some(vec![address]))
    }

    /// The answer, once.
    pub(crate) fn poll(&mut self) -> Option<io::Result<Vec<SocketAddr>>> {
        match self {
            Self::Answered(addresses) => addresses.take().map(Ok),
            Self::Asked(answered) => match answered.try_recv() {
                Err(TryRecvError::Empty) => None,
                answer => {
                    *self = Self::Answered(None);
                    Some(answer.unwrap_or_else(|_| Err(io::Error::other("the resolver's thread died"))))
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::wait_writable;
    use std::time::Duration;

    fn cancel() -> Arc<Cancel> {
        Arc::new(Cancel::new().unwrap())
    }

    #[test]
    fn addresses_are_answered_at_once_and_once() {
        let mut resolving = Resolving::start(&Host::parse("[::1]").unwrap(), 143, &cancel()).unwrap();
        assert_eq!(resolving.poll().unwrap().unwrap(), ["[::1]:143".parse().unwrap()]);
        assert!(resolving.poll().is_none());
    }

    #[test]
    fn a_name_is_resolved_elsewhere_and_the_answer_ends_the_wait() {
        let cancel = cancel();
        let mut resolving = Resolving::start(&Host::parse("localhost").unwrap(), 993, &cancel).unwrap();
        let addresses = loop {
            match resolving.poll() {
                Some(answer) => break answer.unwrap(),
                None => drop(wait_writable([].into_iter(), &cancel.waker, Duration::from_secs(30)).unwrap()),
            }
        };
        assert!(!addresses.is_empty() && addresses.iter().all(|address| address.ip().is_loopback()));
    }
}
