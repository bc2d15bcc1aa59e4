//! The peer against small hand-made clients.
//!
//! They use plain sockets and rustls itself, none of our own code: a peer that only our client understands proves nothing.

use super::*;
use crate::script::Mismatch;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

fn script(exchange: &str) -> Script {
    Script::parse("test", &format!("# provenance: x\ndo x\n{exchange}")).unwrap()
}

fn line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    line
}

fn tls_client(authority: &Authority, tcp: TcpStream) -> StreamOwned<ClientConnection, TcpStream> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(authority.roots()).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), tcp)
}

#[test]
fn plays_a_script_and_records_it() {
    let peer = Peer::spawn(&script("S: * OK hi\nC: A1 NOOP\nS/3: A1 OK done\n"));
    let mut client = BufReader::new(TcpStream::connect(peer.addr()).unwrap());
    assert_eq!(line(&mut client), "* OK hi\r\n");
    client.get_mut().write_all(b"z NOOP\r\n").unwrap();
    assert_eq!(line(&mut client), "z OK done\r\n");
    drop(client);
    let transcript = peer.join().unwrap();
    assert_eq!(transcript.client_bytes(), b"z NOOP\r\n");
    assert_eq!(transcript.to_string(), "  S: * OK hi\n  C: z NOOP\n  S: z OK done\n");
}

#[test]
fn a_mismatch_shows_the_conversation() {
    let peer = Peer::spawn(&script("S: * OK hi\nC: A1 NOOP\n"));
    let mut client = TcpStream::connect(peer.addr()).unwrap();
    client.write_all(b"z LOGOUT\r\n").unwrap();
    let text = peer.join().unwrap_err().to_string();
    assert!(text.contains("expected:  NOOP") && text.contains("got:       LOGOUT"), "{text}");
    assert!(text.contains("  S: * OK hi\n  C: z LOGOUT"), "{text}");
}

#[test]
fn a_silent_or_closing_client_does_not_hang_the_test() {
    let wait = || Peer::setup().patience(Duration::from_millis(50)).spawn(&script("S: * OK\nC: A1 NOOP\n"));
    let peer = wait();
    let client = TcpStream::connect(peer.addr()).unwrap();
    assert!(peer.join().unwrap_err().got.contains("nothing for 50ms"));
    drop(client);
    let peer = wait();
    drop(TcpStream::connect(peer.addr()).unwrap());
    assert!(peer.join().unwrap_err().got.contains("the client closed"));
    assert!(wait().join().unwrap_err().expected.contains("connect"));
}

#[test]
fn starttls_encrypts_what_follows_and_the_record_tells_the_difference() {
    let authority = Authority::new("test ca");
    let config = authority.issue_for(&["localhost"]).server_config();
    let peer = Peer::setup()
        .tls(config)
        .spawn(&script("S: * OK hi\nC: A1 STARTTLS\nS: A1 OK go\ntls\nC: A2 LOGIN u secret\nS: A2 OK in\n"));
    let tcp = TcpStream::connect(peer.addr()).unwrap();
    let mut clear = BufReader::new(tcp.try_clone().unwrap());
    line(&mut clear);
    (&tcp).write_all(b"a STARTTLS\r\n").unwrap();
    assert_eq!(line(&mut clear), "a OK go\r\n");
    let mut tls = BufReader::new(tls_client(&authority, tcp));
    tls.get_mut().write_all(b"b LOGIN u secret\r\n").unwrap();
    assert_eq!(line(&mut tls), "b OK in\r\n");
    drop(tls);
    drop(clear);
    let transcript = peer.join().unwrap();
    assert_eq!(transcript.clear_client_bytes(), b"a STARTTLS\r\n");
    assert!(transcript.client_bytes().ends_with(b"secret\r\n"));
}

#[test]
fn implicit_tls_in_one_byte_writes() {
    let authority = Authority::new("test ca");
    let config = authority.issue_for(&["localhost"]).server_config();
    let peer = Peer::setup().implicit_tls(config).cut(Cut::Pieces(1)).serve_fn(|conn| {
        conn.send("* OK hi\r\n")?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} OK\r\n"))
    });
    let mut client = BufReader::new(tls_client(&authority, TcpStream::connect(peer.addr()).unwrap()));
    assert_eq!(line(&mut client), "* OK hi\r\n");
    client.get_mut().write_all(b"q NOOP\r\n").unwrap();
    assert_eq!(line(&mut client), "q OK\r\n");
    assert_eq!(peer.join().unwrap().clear_client_bytes(), b"");
}

#[test]
fn a_refused_handshake_can_be_expected() {
    let stranger = Authority::new("nobody trusts me");
    let play = |trusted: &Authority| {
        let peer = Peer::setup().tls(stranger.issue_for(&["localhost"]).server_config());
        let peer = peer.patience(Duration::from_millis(500)).spawn(&script("tls refused\n"));
        let mut client = tls_client(trusted, TcpStream::connect(peer.addr()).unwrap());
        let sent = client.write_all(b"a NOOP\r\n");
        drop(client);
        (sent.is_ok(), peer.join().is_ok())
    };
    assert_eq!(play(&Authority::new("test ca")), (false, true));
    assert_eq!(play(&stranger), (true, false));
}

#[test]
fn close_cut_and_reset_end_in_their_own_ways() {
    let read_end = |control: &str| {
        let peer = Peer::spawn(&script(&format!("S: * OK\n~ 20ms\n{control}\n")));
        let mut client = TcpStream::connect(peer.addr()).unwrap();
        let outcome = client.read_to_end(&mut Vec::new()).map_err(|error| error.kind());
        drop(client);
        peer.join().unwrap();
        outcome
    };
    assert_eq!(read_end("close"), Ok(6));
    assert_eq!(read_end("cut"), Ok(6));
    assert_eq!(read_end("reset"), Err(std::io::ErrorKind::ConnectionReset));
}

#[test]
fn tls_close_and_cut_differ_by_close_notify() {
    let authority = Authority::new("test ca");
    for (control, polite) in [("close", true), ("cut", false)] {
        let config = authority.issue_for(&["localhost"]).server_config();
        let peer = Peer::setup().tls(config).spawn(&script(&format!("tls\nS: * OK\n{control}\n")));
        let mut client = tls_client(&authority, TcpStream::connect(peer.addr()).unwrap());
        assert_eq!(client.read_to_end(&mut Vec::new()).is_ok(), polite, "{control}");
        drop(client);
        peer.join().unwrap();
    }
}

#[test]
fn stall_waits_for_the_client_to_give_up() {
    let peer = Peer::spawn(&script("stall\n"));
    let mut client = TcpStream::connect(peer.addr()).unwrap();
    client.write_all(b"anything").unwrap();
    drop(client);
    assert_eq!(peer.join().unwrap().client_bytes(), b"anything");
}

#[test]
fn eof_allows_no_further_byte() {
    let play = |bytes: &[u8]| {
        let peer = Peer::spawn(&script("S: * PREAUTH hi\neof\n"));
        let mut client = TcpStream::connect(peer.addr()).unwrap();
        client.write_all(bytes).unwrap();
        drop(client);
        peer.join()
    };
    assert!(play(b"").is_ok());
    assert_eq!(play(b"a LOGIN").unwrap_err().got, "a LOGIN");
}

#[test]
fn a_client_can_be_made_to_come_back() {
    let peer = Peer::spawn(&script("S: * OK one\nclose\naccept\nS: * OK two\n"));
    for expected in ["* OK one\r\n", "* OK two\r\n"] {
        let mut client = BufReader::new(TcpStream::connect(peer.addr()).unwrap());
        assert_eq!(line(&mut client), expected);
    }
    peer.join().unwrap();
}

#[test]
fn several_connections_at_once() {
    let peer = Peer::setup().serve_each(3, |conn| {
        conn.send("* OK\r\n")?;
        conn.expect_eof()
    });
    let clients: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(peer.addr()).unwrap()).collect();
    for client in clients {
        assert_eq!(line(&mut BufReader::new(client)), "* OK\r\n");
    }
    assert_eq!(peer.join_all().unwrap().len(), 3);
}

#[test]
fn deflate_starts_in_the_middle() {
    let peer =
        Peer::spawn(&script("C: A1 COMPRESS DEFLATE\nS: A1 OK\ndeflate\nC: A2 NOOP\nS*1000: * 1 EXISTS\nS: A2 OK\n"));
    let tcp = TcpStream::connect(peer.addr()).unwrap();
    (&tcp).write_all(b"a COMPRESS DEFLATE\r\n").unwrap();
    let mut clear = [0; 6];
    (&tcp).read_exact(&mut clear).unwrap();
    assert_eq!(&clear, b"a OK\r\n");
    let mut packer = flate2::write::DeflateEncoder::new(&tcp, flate2::Compression::fast());
    packer.write_all(b"b NOOP\r\n").unwrap();
    packer.flush().unwrap();
    let mut reader = BufReader::new(flate2::read::DeflateDecoder::new(&tcp));
    let lines: Vec<String> = (0..1001).map(|_| line(&mut reader)).collect();
    assert_eq!(lines[999], "* 1 EXISTS\r\n");
    assert_eq!(lines[1000], "b OK\r\n");
    drop(reader);
    drop(packer);
    drop(tcp);
    assert_eq!(peer.join().unwrap().client_bytes(), b"a COMPRESS DEFLATE\r\nb NOOP\r\n");
}

#[test]
fn conversations_in_rust_fail_with_readable_reasons() {
    let run = |conversation: fn(&mut PeerConn) -> Result<(), Mismatch>, bytes: &'static [u8]| {
        let peer = Peer::setup().patience(Duration::from_millis(300)).serve_fn(conversation);
        let mut client = TcpStream::connect(peer.addr()).unwrap();
        client.write_all(bytes).unwrap();
        let outcome = peer.join();
        drop(client);
        outcome
    };
    let wrong = run(|conn| conn.expect("NOOP").map(drop), b"a LOGOUT\r\n").unwrap_err();
    assert_eq!((wrong.expected.as_str(), wrong.got.as_str()), ("TAG NOOP", "a LOGOUT"));
    assert!(run(|conn| conn.expect_bytes("abc"), b"abc").is_ok());
    assert!(run(|conn| conn.expect_bytes("abc"), b"abd").is_err());
    assert!(run(|conn| conn.expect_silence(Duration::from_millis(30)), b"").is_ok());
    assert_eq!(run(|conn| conn.expect_silence(Duration::from_millis(30)), b"!").unwrap_err().got, "!");
    assert_eq!(run(PeerConn::start_tls, b"a STARTTLS\r\n").unwrap_err().got, "the peer was set up without TLS");
}

#[test]
fn a_real_socket_does_not_wait_for_minutes() {
    let peer = Peer::spawn(&script("S: * OK\n~ 29m\n"));
    let client = TcpStream::connect(peer.addr()).unwrap();
    assert!(peer.join().unwrap_err().expected.contains("virtual clock"));
    drop(client);
}
