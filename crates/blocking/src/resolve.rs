//! Names to addresses, by the system's resolver: one question for each family, both at once (RFC 8305 §3, C10).
//!
//! getaddrinfo(3) cannot be interrupted, and every wait here has a deadline: so each question has a thread of its own that is abandoned
//! when time is up, and ends when the resolver gives up by itself (C18). They are the only threads this crate starts, and they are gone,
//! or forgotten, before a connection is there. Two questions and not one, because many a home router answers A and lets AAAA time out, which
//! must not cost 5 s. Addresses need no thread. RFC 6724 (the order within a family is the system's).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use dns_lookup::{AddrFamily, AddrInfoHints, SockType, getaddrinfo};
use imapkit_dial::{Family, Host};

use crate::cancel::Cancel;

/// What the system knows of one family.
pub(crate) type Answer = (Family, io::Result<Vec<SocketAddr>>);

/// Questions under way.
#[derive(Debug)]
pub(crate) struct Resolving {
    answers: Receiver<Answer>,
    missing: usize,
}

impl Resolving {
    /// Asks for the addresses of `host` in each of these families; `cancel` is woken by the answers.
    pub(crate) fn start(host: &Host, port: u16, families: &[Family], cancel: &Arc<Cancel>) -> io::Result<Self> {
        let (answer, answers) = channel();
        for &family in families {
            let (answer, name, cancel) = (answer.clone(), host.to_string(), Arc::clone(cancel));
            let ask = move || {
                // Nobody may be waiting any more.
                let _ = answer.send((family, look_up(&name, port, family)));
                cancel.waker.wake();
            };
            std::thread::Builder::new().name(String::from("imapkit resolver")).spawn(ask)?;
        }
        Ok(Self { answers, missing: families.len() })
    }

    /// Nothing to ask.
    pub(crate) fn nothing() -> Self {
        Self { answers: channel().1, missing: 0 }
    }

    /// The next answer, if it is there.
    pub(crate) fn poll(&mut self) -> Option<Answer> {
        if self.missing == 0 {
            return None;
        }
        match self.answers.try_recv() {
            Ok(answer) => {
                self.missing -= 1;
                Some(answer)
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                self.missing = 0;
                Some((Family::V4, Err(io::Error::other("the resolver's thread died"))))
            }
        }
    }
}

fn look_up(name: &str, port: u16, family: Family) -> io::Result<Vec<SocketAddr>> {
    let wanted = if family == Family::V4 { AddrFamily::Inet } else { AddrFamily::Inet6 };
    let hints = AddrInfoHints { address: wanted.into(), socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
    let found = getaddrinfo(Some(name), None, Some(hints)).map_err(io::Error::from)?;
    let addresses = found.map(|entry| {
        entry.map(|entry| {
            let mut address = entry.sockaddr;
            address.set_port(port);
            address
        })
    });
    addresses.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::wait_writable;
    use std::time::Duration;

    #[test]
    fn c010_both_families_are_asked_for_and_each_answer_ends_the_wait() {
        let cancel = Arc::new(Cancel::new().unwrap());
        let host = Host::parse("localhost").unwrap();
        let mut resolving = Resolving::start(&host, 993, &[Family::V6, Family::V4], &cancel).unwrap();
        let mut answers = Vec::new();
        while answers.len() < 2 {
            match resolving.poll() {
                Some(answer) => answers.push(answer),
                None => drop(wait_writable([].into_iter(), &cancel.waker, Duration::from_secs(30)).unwrap()),
            }
        }
        assert!(resolving.poll().is_none());
        for (family, found) in answers {
            let found = found.unwrap_or_default();
            assert!(found.iter().all(|address| address.ip().is_loopback() && Family::of(address) == family));
            assert!(family == Family::V6 || found.iter().all(|address| address.port() == 993) && !found.is_empty());
        }
    }
}
