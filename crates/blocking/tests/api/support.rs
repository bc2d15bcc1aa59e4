//! What the suites share: a running server, configurations for it and for scripted peers, and a guard against tests that hang.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use imapkit_blocking::transport::{Roots, TlsConfig};
use imapkit_blocking::{Client, Config, connect};
use imapkit_server::{Config as ServerConfig, Mailbox, Server, User};
use imapkit_testkit::peer::{Peer, PeerConn, Setup};
use imapkit_testkit::script::Mismatch;

/// A message of about `size` octets.
pub(crate) fn mail(subject: &str, size: usize) -> Vec<u8> {
    let mut text = format!(
        "From: ann@example.org\r\nTo: bob@example.org\r\nSubject: {subject}\r\nMessage-ID: <{subject}@example.org>\r\n\r\n"
    );
    while text.len() + 80 <= size {
        let line = format!("{:>76}\r\n", text.len());
        text.push_str(&line);
    }
    text.push_str("end\r\n");
    text.into_bytes()
}

/// A server with a user `me` whose INBOX holds these messages.
pub(crate) fn server(messages: impl IntoIterator<Item = Vec<u8>>) -> Server {
    Server::start(config(messages)).expect("the server starts")
}

pub(crate) fn config(messages: impl IntoIterator<Item = Vec<u8>>) -> ServerConfig {
    let inbox = messages.into_iter().fold(Mailbox::new("INBOX"), Mailbox::message);
    let user = User::new("me", "secret").mailbox(inbox).mailbox(Mailbox::new("Archive"));
    ServerConfig::empty().user(user).allow_plain_login(true)
}

pub(crate) fn trust(pem: &str) -> TlsConfig {
    TlsConfig::builder().roots(Roots::Given).authorities_pem(pem.as_bytes()).build().expect("a usable authority")
}

fn at(config: Config, server: &Server, port: u16) -> Config {
    config.port(port).host_address(server.address()).tls_config(trust(server.ca_pem())).login("me", "secret")
}

pub(crate) fn tls(server: &Server) -> Config {
    at(Config::tls("localhost"), server, server.tls_port())
}

pub(crate) fn starttls(server: &Server) -> Config {
    at(Config::starttls("localhost"), server, server.plain_port().expect("a plain port"))
}

pub(crate) fn plain(server: &Server) -> Config {
    at(Config::danger_plaintext("localhost"), server, server.plain_port().expect("a plain port"))
}

pub(crate) fn client(server: &Server) -> Client {
    connect(&plain(server)).expect("a connection")
}

/// A configuration for a scripted peer in clear text.
pub(crate) fn to(peer: &Peer) -> Config {
    Config::danger_plaintext("127.0.0.1").port(peer.port()).login("me", "secret").identify([("", ""); 0])
}

/// A peer that logs anybody in, selects anything as a mailbox of nine messages, then goes on as told.
pub(crate) fn selected_peer(
    capabilities: &'static str,
    then: impl FnOnce(&mut PeerConn) -> Result<(), Mismatch> + Send + 'static,
) -> (Peer, Config) {
    peer(Peer::setup(), capabilities, |conn| {
        let tag = conn.expect("SELECT INBOX")?;
        conn.send("* 9 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* FLAGS (\\Seen)\r\n")?;
        conn.send(format!("{tag} OK [READ-WRITE] done\r\n"))?;
        then(conn)
    })
}

/// A peer that logs anybody in, then goes on as told.
pub(crate) fn peer(
    setup: Setup,
    capabilities: &'static str,
    then: impl FnOnce(&mut PeerConn) -> Result<(), Mismatch> + Send + 'static,
) -> (Peer, Config) {
    let peer = setup.serve_fn(move |conn| {
        conn.send(format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] ready\r\n"))?;
        let (tag, _login) = conn.expect_line()?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1 {capabilities}] welcome\r\n"))?;
        then(conn)
    });
    let config = to(&peer);
    (peer, config)
}

/// Ends the process when a test takes longer than a minute, so that a hang shows as a failure with a name.
pub(crate) struct Guard(#[expect(dead_code, reason = "dropping it tells the watcher")] Sender<()>);

pub(crate) fn guard() -> Guard {
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let (alive, watched) = channel::<()>();
    std::thread::spawn(move || {
        if watched.recv_timeout(Duration::from_secs(60)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "{name} hangs");
            std::process::abort();
        }
    });
    Guard(alive)
}
