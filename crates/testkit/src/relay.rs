//! A way to a server that can be cut, and that can swallow what is said, as dead networks do.
//!
//! Stands between a client and any server on 127.0.0.1. It runs on threads of its own, which end with the connections they carry.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// Connections through it go on until they are cut; new ones are let through.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    way: Arc<Way>,
}

#[derive(Debug, Default)]
struct Way {
    /// Nothing comes through, either way, and nobody is told.
    dead: AtomicBool,
    /// The next answer of the server that contains this is swallowed.
    swallow: Mutex<Option<&'static str>>,
    swallowed: AtomicBool,
    /// Nothing comes through for now, either way, as when the process in between is stopped; nothing is lost.
    held: Mutex<bool>,
    freed: Condvar,
    links: Mutex<Vec<TcpStream>>,
    count: AtomicUsize,
}

impl Relay {
    /// A way from a free port on 127.0.0.1 to this port there.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub fn to(server: u16) -> Self {
        Self::from(Ipv4Addr::LOCALHOST, server)
    }

    /// A way from a free port on `address`, which is one of this machine, to this port on 127.0.0.1.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub fn from(address: Ipv4Addr, server: u16) -> Self {
        let listener = TcpListener::bind((address, 0)).expect("the address has a free port");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let way = Arc::new(Way::default());
        let shared = Arc::clone(&way);
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { continue };
                let Ok(upstream) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                shared.count.fetch_add(1, Ordering::SeqCst);
                let ends = || [&client, &upstream].map(|stream| stream.try_clone().expect("a socket can be cloned"));
                let ([from, to], [back, source]) = (ends(), ends());
                shared.links.lock().unwrap_or_else(PoisonError::into_inner).extend([client, upstream]);
                let (there, here) = (Arc::clone(&shared), Arc::clone(&shared));
                thread::spawn(move || {
                    pump(from, to, |_| {
                        there.wait();
                        there.dead.load(Ordering::SeqCst)
                    });
                });
                thread::spawn(move || {
                    pump(source, back, |said| {
                        here.wait();
                        here.dead.load(Ordering::SeqCst) || here.swallows(said)
                    });
                });
            }
        });
        Self { port, way }
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends all connections.
    pub fn cut(&self) {
        for link in self.way.links.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = link.shutdown(Shutdown::Both);
        }
    }

    /// Swallows the next answer of the server with this word in it, once.
    pub fn swallow(&self, word: &'static str) {
        *self.way.swallow.lock().unwrap_or_else(PoisonError::into_inner) = Some(word);
    }

    /// It has come, and been swallowed; says so once.
    pub fn has_swallowed(&self) -> bool {
        self.way.swallowed.swap(false, Ordering::SeqCst)
    }

    /// Holds everything back from now on, new connections included, or lets it all go again.
    pub fn hold(&self, hold: bool) {
        *self.way.held.lock().unwrap_or_else(PoisonError::into_inner) = hold;
        self.way.freed.notify_all();
    }

    /// From now on everything is swallowed, or not any more.
    pub fn dead(&self, dead: bool) {
        self.way.dead.store(dead, Ordering::SeqCst);
    }

    /// Connections made through it so far.
    pub fn count(&self) -> usize {
        self.way.count.load(Ordering::SeqCst)
    }
}

impl Way {
    /// Waits while everything is held back.
    fn wait(&self) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.freed.wait_while(held, |held| *held));
    }

    fn swallows(&self, said: &[u8]) -> bool {
        let mut word = self.swallow.lock().unwrap_or_else(PoisonError::into_inner);
        let found = word.is_some_and(|word| said.windows(word.len()).any(|window| window == word.as_bytes()));
        if found {
            *word = None;
            self.swallowed.store(true, Ordering::SeqCst);
        }
        found
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, swallows: impl Fn(&[u8]) -> bool) {
    let mut buffer = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !swallows(&buffer[..count]) && to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_carries_swallows_and_cuts() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Relay::to(listener.local_addr().unwrap().port());
        let mut client = TcpStream::connect(("127.0.0.1", relay.port())).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let mut heard = [0; 2];
        client.write_all(b"hi").unwrap();
        server.read_exact(&mut heard).unwrap();
        assert_eq!((&heard, relay.count()), (b"hi", 1));
        relay.swallow("secret");
        server.write_all(b"a secret word").unwrap();
        while !relay.has_swallowed() {
            thread::yield_now();
        }
        server.write_all(b"ok").unwrap();
        client.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"ok");
        relay.cut();
        assert_eq!(client.read(&mut heard).unwrap_or(0), 0);
        assert_eq!(server.read(&mut heard).unwrap_or(0), 0);
    }
}
