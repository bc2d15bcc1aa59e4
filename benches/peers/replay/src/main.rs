//! A canned IMAP server: answers FETCH and SEARCH with octets captured from Dovecot, from memory, so that the client is the
//! only thing that is measured.
//!
//! The mailbox selected decides what is answered: `w2`, `w3`, `w4`, `w6`, `search` (see `common::Workload`). It listens on
//! 127.0.0.1, plain and TLS, makes its certificate when it starts and writes the authority's to `ca.crt` beside the captures.
//! aws-lc encrypts on this side, because it is faster than the ring of the clients: the server must not be the bottleneck.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use common::Workload;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const SEARCH_SMALL: &str = "search100k";
const SEARCH_LARGE: &str = "search500k";
const SETTINGS: &[u8] = b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n\
    * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] these\r\n\
    * 0 RECENT\r\n* OK [UIDVALIDITY 1] valid\r\n* OK [UIDNEXT 100000000] next\r\n";
const CAPABILITIES: &str = "CAPABILITY IMAP4rev1 LITERAL+";

/// Captures by name; empty when there is no such file.
struct Captures(HashMap<&'static str, Vec<u8>>);

impl Captures {
    fn load() -> Self {
        let names = ["w2", "w3", "w4", "w6", SEARCH_SMALL, SEARCH_LARGE];
        let read = |name| std::fs::read(common::data_dir().join(format!("{name}.cap"))).unwrap_or_default();
        Self(names.into_iter().map(|name| (name, read(name))).collect())
    }

    fn fetch(&self, mailbox: Workload) -> &[u8] {
        self.0.get(mailbox.name()).map_or(&[], Vec::as_slice)
    }

    fn search(&self, mailbox: Workload) -> &[u8] {
        let name = if mailbox == Workload::Search { SEARCH_LARGE } else { SEARCH_SMALL };
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

fn messages(mailbox: Workload) -> usize {
    match mailbox {
        Workload::W2 | Workload::W4 => 100_000,
        Workload::W3 => 20_000,
        Workload::W6 => 1,
        Workload::Search => 500_000,
    }
}

trait Link: Read + Write {}
impl<T: Read + Write> Link for T {}

/// Reads one command; its literals are read and thrown away. `None` at the end of the connection.
fn command<L: Link>(link: &mut BufReader<L>) -> io::Result<Option<String>> {
    let (mut text, mut line) = (String::new(), Vec::new());
    loop {
        line.clear();
        if link.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let piece = String::from_utf8_lossy(&line);
        let piece = piece.trim_end();
        let Some((before, size)) = piece.strip_suffix('}').and_then(|piece| piece.rsplit_once('{')) else {
            text.push_str(piece);
            return Ok(Some(text));
        };
        text.push_str(before);
        if !size.ends_with('+') {
            link.get_mut().write_all(b"+ go on\r\n")?;
            link.get_mut().flush()?;
        }
        let size: u64 = size.trim_end_matches('+').parse().map_err(io::Error::other)?;
        io::copy(&mut link.by_ref().take(size), &mut io::sink())?;
    }
}

fn serve<L: Link>(link: L, captures: &Captures) -> io::Result<()> {
    let mut link = BufReader::with_capacity(1 << 16, link);
    write!(link.get_mut(), "* OK [{CAPABILITIES}] replay\r\n")?;
    link.get_mut().flush()?;
    let mut mailbox = None;
    while let Some(line) = command(&mut link)? {
        let mut words = line.split(' ');
        let tag = words.next().unwrap_or_default();
        let verb: Vec<String> = words.take(3).map(|word| word.trim_matches('"').to_ascii_uppercase()).collect();
        let verb: Vec<&str> = verb.iter().map(String::as_str).collect();
        let out = link.get_mut();
        let mut code = String::new();
        match (&verb[..], mailbox) {
            (["SELECT" | "EXAMINE", name, ..], _) => {
                mailbox = Workload::named(&name.to_ascii_lowercase());
                out.write_all(SETTINGS)?;
                write!(out, "* {} EXISTS\r\n", mailbox.map_or(0, messages))?;
                code.push_str("[READ-WRITE] ");
            }
            (["CAPABILITY", ..], _) => write!(out, "* {CAPABILITIES}\r\n")?,
            (["LOGIN" | "AUTHENTICATE", ..], _) => code = format!("[{CAPABILITIES}] "),
            (["UID", "FETCH", ..] | ["FETCH", ..], Some(mailbox)) => out.write_all(captures.fetch(mailbox))?,
            (["UID", "SEARCH", ..] | ["SEARCH", ..], Some(mailbox)) => out.write_all(captures.search(mailbox))?,
            (["LOGOUT", ..], _) => out.write_all(b"* BYE\r\n")?,
            _ => {}
        }
        write!(out, "{tag} OK {code}done\r\n")?;
        out.flush()?;
        if verb.first() == Some(&"LOGOUT") {
            break;
        }
    }
    Ok(())
}

/// A TLS stream that writes records as it goes: `StreamOwned` alone would first encrypt all it is given into memory.
struct Chunked(rustls::StreamOwned<rustls::ServerConnection, TcpStream>);

impl Read for Chunked {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Chunked {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let chunk = &buf[..buf.len().min(1 << 16)];
        self.0.write_all(chunk)?;
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A certificate for localhost, from an authority that is written to `ca.crt` and then forgotten.
fn tls_config() -> Arc<rustls::ServerConfig> {
    let authority_key = rcgen::KeyPair::generate().expect("a key");
    let mut authority = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority.distinguished_name.push(rcgen::DnType::CommonName, "imapkit bench CA");
    let authority = authority.self_signed(&authority_key).expect("a certificate");
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &authority, &authority_key).expect("a certificate");
    std::fs::write(common::ca_file(), authority.pem()).expect("ca.crt");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = config.expect("versions").with_no_client_auth();
    Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).expect("a certificate and its key"))
}

/// Serves each connection on a thread of its own, until the process is stopped.
fn listen(port: u16, tls: Option<&Arc<rustls::ServerConfig>>, captures: &'static Captures) {
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    for socket in listener.incoming() {
        let Ok(socket) = socket else { continue };
        let _ = socket.set_nodelay(true);
        let tls = tls.map(|config| rustls::ServerConnection::new(config.clone()).expect("a TLS connection"));
        std::thread::spawn(move || {
            // A client that hangs up in the middle of a capture is not news.
            let _ = match tls {
                Some(tls) => serve(Chunked(rustls::StreamOwned::new(tls, socket)), captures),
                None => serve(socket, captures),
            };
        });
    }
}

fn main() {
    let captures: &'static Captures = Box::leak(Box::new(Captures::load()));
    let config = tls_config();
    std::thread::spawn(move || listen(common::port(true), Some(&config), captures));
    listen(common::port(false), None, captures);
}
