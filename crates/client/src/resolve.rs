//! Names to addresses, by the system's resolver: one question for each family, both at once (RFC 8305 §3, C10).
//!
//! getaddrinfo(3) cannot be interrupted, and every wait here has a deadline: so each question has a thread of its own that is abandoned
//! when nobody waits any more, and ends when the resolver gives up by itself (C18). Not tokio's pool: a runtime waits for that when it shuts
//! down, so a program whose connect has timed out would hang on at its end. Two questions and not one, because many a home router answers
//! A and lets AAAA time out, which must not cost 5 s. Addresses need no thread.

use core::net::SocketAddr;
use std::io;

use dns_lookup::{AddrFamily, AddrInfoHints, SockType, getaddrinfo};
use imapkit_dial::{Family, Host};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What the system knows of one family.
pub(crate) type Answer = (Family, io::Result<Vec<SocketAddr>>);

/// Asks for the addresses of `host`; the answers come one for each of `families`.
pub(crate) fn ask(host: &Host, port: u16, families: &[Family]) -> io::Result<UnboundedReceiver<Answer>> {
    let (answer, answers) = unbounded_channel();
    for &family in families {
        let (answer, name) = (answer.clone(), host.to_string());
        // Nobody may be waiting for the answer any more.
        let ask = move || drop(answer.send((family, look_up(&name, port, family))));
        std::thread::Builder::new().name(String::from("imapkit resolver")).spawn(ask)?;
    }
    Ok(answers)
}

fn look_up(name: &str, port: u16, family: Family) -> io::Result<Vec<SocketAddr>> {
    let wanted = if family == Family::V4 { AddrFamily::Inet } else { AddrFamily::Inet6 };
    let hints = AddrInfoHints { address: wanted.into(), socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
    #[allow(clippy::disallowed_methods, reason = "this is the thread that may wait")]
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
