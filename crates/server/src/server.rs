//! The running server: a thread with its listeners and connections, and a handle to it.
//!
//! Callers need no runtime: all of tokio stays on the one thread that is started here. Nothing on that thread blocks,
//! and each connection is its own task, so a client that stalls or vanishes costs the others nothing.

use std::{
    collections::BTreeSet,
    io,
    net::{IpAddr, TcpListener},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{net, runtime, sync::watch, task::JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::{
    config::{Capability, Config, Limits, Message, User},
    connection::Connection,
    link::End,
    store::{self, Store},
    tls::Identity,
};

/// How long a client has to take the goodbye.
const GOODBYE: Duration = Duration::from_millis(250);
/// How long to wait after a failed accept, which mostly means that the process has too many files open.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) tls: TlsAcceptor,
    pub(crate) limits: Limits,
    pub(crate) allow_plain_login: bool,
    hidden: BTreeSet<Capability>,
}

impl Shared {
    pub(crate) fn offers(&self, capability: Capability) -> bool {
        !self.hidden.contains(&capability)
    }
}

/// A running server; it stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: IpAddr,
    plain_port: Option<u16>,
    tls_port: u16,
    ca_pem: String,
    users: Vec<User>,
    shared: Arc<Shared>,
    stopping: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("limits", &self.limits)
            .field("hidden", &self.hidden)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Starts a server; on return it accepts connections.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the configuration cannot be served (the message says why); else what the system said to a
    /// socket or a thread.
    pub fn start(mut config: Config) -> io::Result<Self> {
        if !config.address.is_loopback() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the address is not a loopback address"));
        }
        let identity = Identity::new()?;
        let store = Store::new(&mut config.users)?;
        let plain = config.plain_port.map(|port| listen(config.address, port)).transpose()?;
        let tls = listen(config.address, config.tls_port)?;
        let plain_port = plain.as_ref().map(TcpListener::local_addr).transpose()?.map(|address| address.port());
        let tls_port = tls.local_addr()?.port();
        let shared = Arc::new(Shared {
            store,
            tls: identity.acceptor,
            limits: config.limits,
            allow_plain_login: config.allow_plain_login,
            hidden: config.hidden,
        });
        let stopping = watch::Sender::new(false);
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (listeners, told, served) = ((plain, tls), stopping.subscribe(), shared.clone());
        let thread = thread::Builder::new()
            .name("imapkit-server".to_owned())
            .spawn(move || runtime.block_on(run(listeners, served, told)))?;
        Ok(Self {
            address: config.address,
            plain_port,
            tls_port,
            ca_pem: identity.ca_pem,
            users: config.users,
            shared,
            stopping,
            thread: Some(thread),
        })
    }

    /// The address it listens on.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The port that starts in plain text and offers STARTTLS, if there is one.
    pub fn plain_port(&self) -> Option<u16> {
        self.plain_port
    }

    /// The port that starts with TLS.
    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// The certificate to trust, in PEM. The server's own is signed by it and names `localhost`, `127.0.0.1` and `::1`.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The users it was started with, passwords included; what is in their mailboxes, [`messages`](Self::messages)
    /// tells.
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// Delivers a message from outside IMAP and returns its UID. Clients that idle on the mailbox hear of it at once.
    ///
    /// # Errors
    ///
    /// `NotFound` without such a user or mailbox (a Unicode name); `InvalidInput` if the message is empty, holds a NUL
    /// or has a flag that is none.
    pub fn deliver(&self, user: &str, mailbox: &str, message: impl Into<Message>) -> io::Result<u32> {
        store::deliver(&*self.shared.store.mailbox(user, mailbox)?, message.into())
    }

    /// What a mailbox holds now: UIDs in ascending order, each with its message.
    ///
    /// # Errors
    ///
    /// `NotFound` without such a user or mailbox.
    pub fn messages(&self, user: &str, mailbox: &str) -> io::Result<Vec<(u32, Message)>> {
        let mailbox = self.shared.store.mailbox(user, mailbox)?;
        Ok(mailbox.read(|contents| contents.messages.iter().map(|(&uid, stored)| (uid, stored.to_message())).collect()))
    }

    /// Stops: says goodbye to every client, closes all sockets and waits for the thread to end. Dropping does the same.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic on that thread was already reported there; a second one here would abort the process.
            let _ = thread.join();
        }
    }
}

fn listen(address: IpAddr, port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind((address, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn run(listeners: (Option<TcpListener>, TcpListener), shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    let plain = listeners.0.and_then(|listener| net::TcpListener::from_std(listener).ok());
    let tls = net::TcpListener::from_std(listeners.1).ok();
    let mut clients = JoinSet::new();
    loop {
        let (stream, is_tls) = tokio::select! {
            stream = accept(plain.as_ref()) => (stream, false),
            stream = accept(tls.as_ref()) => (stream, true),
            Some(_) = clients.join_next() => continue,
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        clients.spawn(serve(shared.clone(), stream, is_tls, stopping.clone()));
    }
    drop((plain, tls));
    // Each has been told, and takes no longer than its goodbye.
    while clients.join_next().await.is_some() {}
}

async fn accept(listener: Option<&net::TcpListener>) -> net::TcpStream {
    let Some(listener) = listener else { return std::future::pending().await };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
        }
    }
}

async fn serve(shared: Arc<Shared>, stream: net::TcpStream, is_tls: bool, mut stopping: watch::Receiver<bool>) {
    // Only a matter of speed.
    let _ = stream.set_nodelay(true);
    let mut connection = Connection::new(shared, stream);
    let end = tokio::select! {
        end = connection.serve(is_tls) => end,
        _ = stopping.wait_for(|stopping| *stopping) => End::Bye("Server is stopping"),
    };
    match end {
        End::Closed => {}
        End::Logout => connection.link.close(None, GOODBYE).await,
        End::Bye(reason) => connection.link.close(Some(reason), GOODBYE).await,
    }
}
