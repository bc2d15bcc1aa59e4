//! What the suites share: a running server, configurations for it and for scripted peers.

use std::time::Duration;

use imapkit::transport::{Roots, TlsConfig};
use imapkit::{Client, Config};
use imapkit_server::{Config as ServerConfig, Mailbox, Server, User};
use imapkit_testkit::peer::{Peer, PeerConn, Transcript};
use imapkit_testkit::script::Mismatch;

pub(crate) type Said = Result<(), Mismatch>;

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

/// A configuration of a server with a user `me` whose INBOX holds these messages.
pub(crate) fn account(messages: impl IntoIterator<Item = Vec<u8>>) -> ServerConfig {
    let inbox = messages.into_iter().fold(Mailbox::new("INBOX"), Mailbox::message);
    ServerConfig::empty().user(User::new("me", "secret").mailbox(inbox).mailbox(Mailbox::new("Archive")))
}

pub(crate) fn server(messages: impl IntoIterator<Item = Vec<u8>>) -> Server {
    Server::start(account(messages)).expect("the server starts")
}

pub(crate) fn trust(server: &Server) -> TlsConfig {
    TlsConfig::builder()
        .roots(Roots::Given)
        .authorities_pem(server.ca_pem().as_bytes())
        .build()
        .expect("a usable authority")
}

pub(crate) fn tls(server: &Server) -> Config {
    Config::tls("localhost")
        .port(server.tls_port())
        .host_address(server.address())
        .tls_config(trust(server))
        .login("me", "secret")
}

pub(crate) async fn client(server: &Server) -> Client {
    soon(imapkit::connect(&tls(server))).await.expect("a connection")
}

/// Fails a test that hangs.
pub(crate) async fn soon<F: Future>(work: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), work).await.expect("this takes no minute")
}

/// A peer in clear text that has greeted and logged `me` in before `conversation`.
pub(crate) fn peer(conversation: impl FnOnce(&mut PeerConn) -> Said + Send + 'static) -> Peer {
    Peer::serve_fn(move |conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE LITERAL+ ESEARCH] ready\r\n")?;
        let tag = conn.expect("LOGIN me secret")?;
        conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE LITERAL+ ESEARCH] in\r\n"))?;
        conversation(conn)
    })
}

/// For [`peer`]s: clear text on loopback.
pub(crate) fn plain(peer: &Peer) -> Config {
    Config::danger_plaintext("127.0.0.1").port(peer.port()).login("me", "secret")
}

/// Answers SELECT INBOX: `exists` messages, UIDVALIDITY 7.
pub(crate) fn selected(conn: &mut PeerConn, exists: u32) -> Said {
    let tag = conn.expect("SELECT INBOX")?;
    conn.send(format!(
        "* FLAGS (\\Seen \\Deleted)\r\n* {exists} EXISTS\r\n* OK [UIDVALIDITY 7] \r\n* OK [UIDNEXT 1000] \r\n{tag} OK [READ-WRITE] open\r\n"
    ))
}

/// The end of a conversation, which has to have gone as scripted. Waits beside the runtime, which has to go on meanwhile.
pub(crate) async fn over(peer: Peer) -> Transcript {
    soon(tokio::task::spawn_blocking(move || peer.join()))
        .await
        .expect("no panic")
        .unwrap_or_else(|mismatch| panic!("{mismatch}"))
}
