//! A way to a server as long as the earth is round: what is said arrives later, and it is counted who spoke in turn.
//!
//! Stands between a client and any server on 127.0.0.1, with as much bandwidth as the machine has. Both ways each octet takes half a round
//! trip; the connection itself takes one, as TCP's handshake does: the first octet of the client is taken a round trip after it connected,
//! and the server hears of the connection half a round trip later. A *flight* is what the client says without having heard anything in
//! between: what a distance costs is flights times round trips.
//!
//! Apart from [`crate::relay`], which breaks connections and never delays them.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Connections through it are carried until either end closes.
#[derive(Debug)]
pub struct Distance {
    port: u16,
    turns: Arc<Turns>,
}

#[derive(Debug, Default)]
struct Turns {
    flights: AtomicU32,
    speaks: Mutex<Option<Side>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

impl Distance {
    /// A way of this length to a port on 127.0.0.1.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn to(server: u16, round_trip: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let turns = Arc::new(Turns::default());
        let shared = Arc::clone(&turns);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let turns = Arc::clone(&shared);
                // A connection that breaks concerns its two ends only.
                thread::spawn(move || drop(carry(&client, server, round_trip, &turns)));
            }
        });
        Ok(Self { port, turns })
    }

    /// The port on 127.0.0.1 to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Flights of clients so far.
    pub fn flights(&self) -> u32 {
        self.turns.flights.load(Ordering::SeqCst)
    }
}

impl Turns {
    fn speaks(&self, side: Side) {
        let before = self.speaks.lock().unwrap_or_else(PoisonError::into_inner).replace(side);
        if side == Side::Client && before != Some(Side::Client) {
            self.flights.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn carry(client: &TcpStream, server: u16, round_trip: Duration, turns: &Arc<Turns>) -> io::Result<()> {
    let half = round_trip / 2;
    thread::sleep(round_trip);
    let (said, heard) = channel();
    let (from, counted) = (client.try_clone()?, Arc::clone(turns));
    thread::spawn(move || listen(from, &said, half, &counted, Side::Client));
    thread::sleep(half);
    let upstream = TcpStream::connect(("127.0.0.1", server))?;
    for socket in [client, &upstream] {
        socket.set_nodelay(true)?;
    }
    let to = upstream.try_clone()?;
    thread::spawn(move || speak(&heard, to));
    let (answered, answers) = channel();
    let (to, counted) = (client.try_clone()?, Arc::clone(turns));
    thread::spawn(move || speak(&answers, to));
    listen(upstream, &answered, half, &counted, Side::Server);
    Ok(())
}

fn listen(mut from: TcpStream, to: &Sender<(Instant, Vec<u8>)>, delay: Duration, turns: &Turns, side: Side) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        turns.speaks(side);
        if to.send((Instant::now() + delay, buffer[..count].to_vec())).is_err() {
            break;
        }
    }
}

fn speak(octets: &Receiver<(Instant, Vec<u8>)>, mut to: TcpStream) {
    while let Ok((due, octets)) = octets.recv() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&octets).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_take_their_time_and_flights_are_counted() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let round_trip = Duration::from_millis(40);
        let distance = Distance::to(listener.local_addr().unwrap().port(), round_trip).unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut heard = [0; 4];
            for _ in 0..2 {
                stream.read_exact(&mut heard).unwrap();
                stream.write_all(b"pong").unwrap();
            }
        });
        let begun = Instant::now();
        let mut client = TcpStream::connect(("127.0.0.1", distance.port())).unwrap();
        let mut heard = [0; 4];
        for said in [&b"ping"[..], b"pi", b"ng"] {
            client.write_all(said).unwrap();
            if said != b"pi" {
                client.read_exact(&mut heard).unwrap();
            }
        }
        assert!(begun.elapsed() >= 3 * round_trip, "one for the connection, one for each question");
        assert_eq!(distance.flights(), 2, "two writes without an answer between them are one");
        server.join().unwrap();
    }
}
