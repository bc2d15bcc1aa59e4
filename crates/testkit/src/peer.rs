//! A server on 127.0.0.1 that says what a test tells it to say.
//!
//! Either it plays a [`Script`], or it runs a conversation written as a Rust closure over [`PeerConn`]. It speaks in the
//! clear, TLS from the first byte, or upgrades in the middle; it writes in pieces as small as one byte; it stalls,
//! closes, cuts and resets. All that went over the wire is recorded, so that a test can look for a secret (bar T109) or
//! for a byte that should not have been sent before TLS (bars T001–T013).
//!
//! The peer runs on a thread of its own. No wait is without end: whatever the client leaves undone becomes a
//! [`Mismatch`] after [`Setup::patience`].
//!
//! ```
//! use imapkit_testkit::peer::Peer;
//! use std::io::{Read, Write};
//!
//! let peer = Peer::serve_fn(|conn| {
//!     conn.send("* OK ready\r\n")?;
//!     let (tag, rest) = conn.expect_line()?;
//!     assert_eq!(rest, "NOOP");
//!     conn.send(format!("{tag} OK done\r\n"))
//! });
//! let mut client = std::net::TcpStream::connect(peer.addr())?;
//! client.write_all(b"x7 NOOP\r\n")?;
//! let mut answer = String::new();
//! client.read_to_string(&mut answer)?;
//! assert_eq!(answer, "* OK ready\r\nx7 OK done\r\n");
//! let transcript = peer.join()?;
//! assert_eq!(transcript.client_bytes(), b"x7 NOOP\r\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod conn;
mod play;
mod stream;
mod transcript;

pub use conn::PeerConn;
pub use transcript::{Exchange, Side, Transcript};

use crate::certs::{Authority, Identity};
use crate::script::{Mismatch, Script};
use rustls::ServerConfig;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a peer waits for the client by default.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a peer is set up before it starts.
#[derive(Debug, Clone)]
pub struct Setup {
    tls: Option<Arc<ServerConfig>>,
    implicit: bool,
    patience: Duration,
    cut: Cut,
}

/// How what a peer sends at a time is cut to pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Not at all.
    Whole,
    /// In writes of so many bytes.
    Pieces(usize),
    /// In two, behind this byte.
    At(usize),
}

impl Setup {
    /// The TLS server to be when TLS starts, by script or by [`PeerConn::start_tls`].
    pub fn tls(mut self, config: Arc<ServerConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// TLS from the first byte of each connection.
    pub fn implicit_tls(mut self, config: Arc<ServerConfig>) -> Self {
        self.implicit = true;
        self.tls(config)
    }

    /// How long to wait for the client before calling it a mismatch; 30 seconds unless set.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Cuts everything the peer sends, with a moment between the pieces.
    pub fn cut(mut self, cut: Cut) -> Self {
        self.cut = cut;
        self
    }

    /// Starts a peer that plays `script`. A script that uses TLS gets a throw-away certificate for `localhost` and
    /// 127.0.0.1 if none was set, which only a client that checks nothing accepts.
    pub fn spawn(mut self, script: &Script) -> Peer {
        if script.uses_tls() && self.tls.is_none() {
            self.tls = Some(throw_away_identity().server_config());
        }
        let script = script.clone();
        self.serve_fn(move |conn| play::play(conn, &script))
    }

    /// Starts a peer that runs `conversation` with the first client that connects. When the closure returns, the peer
    /// closes the connection.
    pub fn serve_fn(self, conversation: impl FnOnce(&mut PeerConn) -> Result<(), Mismatch> + Send + 'static) -> Peer {
        let (listener, addr) = listen();
        let run = move || {
            let mut conn = PeerConn::accept_first(Arc::new(listener), self)?;
            let outcome = conversation(&mut conn);
            conn.finish(outcome)
        };
        Peer { addr, threads: vec![spawn(run)] }
    }

    /// Starts a peer that serves `count` connections side by side, each on its own thread, with the same conversation.
    pub fn serve_each(
        self,
        count: usize,
        conversation: impl Fn(&mut PeerConn) -> Result<(), Mismatch> + Send + Sync + 'static,
    ) -> Peer {
        let (listener, addr) = listen();
        let listener = Arc::new(listener);
        let conversation = Arc::new(conversation);
        let serve_one = |_| {
            let (listener, conversation, setup) = (listener.clone(), conversation.clone(), self.clone());
            spawn(move || {
                let mut conn = PeerConn::accept_first(listener, setup)?;
                let outcome = conversation(&mut conn);
                conn.finish(outcome)
            })
        };
        Peer { addr, threads: (0..count).map(serve_one).collect() }
    }
}

/// A running scripted server. Join it at the end of the test, or a mismatch goes unnoticed.
#[derive(Debug)]
#[must_use = "join the peer, or its mismatch goes unnoticed"]
pub struct Peer {
    addr: SocketAddr,
    threads: Vec<JoinHandle<Result<Transcript, Mismatch>>>,
}

impl Peer {
    /// How to set up a peer that is not the usual one.
    pub fn setup() -> Setup {
        Setup { tls: None, implicit: false, patience: PATIENCE, cut: Cut::Whole }
    }

    /// Starts a peer that plays `script`.
    pub fn spawn(script: &Script) -> Self {
        Self::setup().spawn(script)
    }

    /// Starts a peer in the clear that runs `conversation` with the first client that connects.
    pub fn serve_fn(conversation: impl FnOnce(&mut PeerConn) -> Result<(), Mismatch> + Send + 'static) -> Self {
        Self::setup().serve_fn(conversation)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    /// The address to connect to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Waits for the end of the conversation. For peers with several connections this is the first mismatch, or all
    /// transcripts in the order of connections.
    ///
    /// # Panics
    ///
    /// If the conversation panicked, with the same panic.
    pub fn join_all(self) -> Result<Vec<Transcript>, Mismatch> {
        let join = |thread: JoinHandle<_>| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let outcomes: Vec<Result<Transcript, Mismatch>> = self.threads.into_iter().map(join).collect();
        outcomes.into_iter().collect()
    }

    /// Waits for the end of the conversation.
    ///
    /// # Panics
    ///
    /// If the conversation panicked, with the same panic.
    pub fn join(self) -> Result<Transcript, Mismatch> {
        self.join_all()
            .map(|mut transcripts| if transcripts.is_empty() { Transcript::default() } else { transcripts.remove(0) })
    }
}

fn throw_away_identity() -> Identity {
    Authority::new("throw-away ca").issue_for(&["localhost", "127.0.0.1"])
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("127.0.0.1 has a free port");
    let addr = listener.local_addr().expect("a bound listener has an address");
    (listener, addr)
}

fn spawn<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    std::thread::Builder::new().name("scripted peer".to_owned()).spawn(run).expect("a thread can be started")
}

#[cfg(test)]
mod tests;
