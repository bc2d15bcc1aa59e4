//! What the suites share: a DNS server, an HTTPS server, and a network that leads to them.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{MX, SRV};
use hickory_proto::rr::{Name, RData, Record};
use imapkit::transport::{Roots, TlsConfig};
use imapkit_discover::{Discovery, Email, Error, Internet, Options, Source, find};
use imapkit_testkit::certs::Authority;
use rustls::{ServerConnection, StreamOwned};

pub(crate) const DOMAIN: &str = "example.org";

/// The records of a zone; a name that is not there is NXDOMAIN, one that has nothing is silence.
#[derive(Default)]
pub(crate) struct Zone(HashMap<String, Vec<RData>>);

impl Zone {
    pub(crate) fn srv(mut self, service: &str, priority: u16, weight: u16, port: u16, target: &str) -> Self {
        let data = RData::SRV(SRV::new(priority, weight, port, name(target)));
        self.0.entry(format!("{service}._tcp.{DOMAIN}.")).or_default().push(data);
        self
    }

    pub(crate) fn mx(mut self, preference: u16, exchange: &str) -> Self {
        let data = RData::MX(MX::new(preference, name(exchange)));
        self.0.entry(format!("{DOMAIN}.")).or_default().push(data);
        self
    }

    pub(crate) fn silent(mut self, of: &str) -> Self {
        self.0.insert(format!("{of}."), Vec::new());
        self
    }

    /// Answers over UDP until the test ends.
    pub(crate) fn serve(self) -> Dns {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = socket.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            let mut packet = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut packet) {
                let query = Message::from_vec(&packet[..length]).unwrap();
                let question = query.queries[0].clone();
                let key = question.name().to_ascii().to_ascii_lowercase();
                log.lock().unwrap().push(format!("{} {key}", question.query_type()));
                let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
                answer.metadata.recursion_available = true;
                match self.0.get(&key) {
                    Some(records) if records.is_empty() => continue,
                    Some(records) => {
                        let of_type = records.iter().filter(|data| data.record_type() == question.query_type());
                        for data in of_type {
                            answer.answers.push(Record::from_rdata(question.name().clone(), 60, data.clone()));
                        }
                    }
                    None => answer.metadata.response_code = ResponseCode::NXDomain,
                }
                answer.queries.push(question);
                socket.send_to(&answer.to_vec().unwrap(), from).unwrap();
            }
        });
        Dns { at, asked }
    }
}

fn name(text: &str) -> Name {
    Name::from_ascii(if text == "." { text.to_owned() } else { format!("{text}.") }).unwrap()
}

/// A DNS server.
pub(crate) struct Dns {
    pub(crate) at: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Dns {
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// What a web server does.
#[derive(Clone)]
pub(crate) enum Reply {
    Page(u16, String),
    Redirect(String),
    /// A body that goes on as long as somebody listens.
    Flood,
    /// Headers, then nothing.
    Stall,
}

/// A web server for every name that a search asks, and what it was asked: `host path`.
pub(crate) struct Web {
    pub(crate) at: SocketAddr,
    pub(crate) authority: Authority,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    pub(crate) fn serve(reply: impl Fn(&str, &str) -> Reply + Send + Sync + 'static) -> Self {
        Self::with_names(
            &["example.org", "autoconfig.example.org", "autoconfig.thunderbird.net", "www.hoster.net"],
            reply,
        )
    }

    pub(crate) fn with_names(names: &[&str], reply: impl Fn(&str, &str) -> Reply + Send + Sync + 'static) -> Self {
        let authority = Authority::new("web");
        let config = authority.issue_for(names).server_config();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, reply) = (Arc::clone(&asked), Arc::new(reply));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, log, reply) = (Arc::clone(&config), Arc::clone(&log), Arc::clone(&reply));
                thread::spawn(move || {
                    let tls = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                    // A client that leaves in the middle is what some tests are about.
                    let _ = converse(tls, &log, &*reply);
                });
            }
        });
        Self { at, authority, asked }
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn converse(
    tls: StreamOwned<ServerConnection, TcpStream>,
    log: &Mutex<Vec<String>>,
    reply: &dyn Fn(&str, &str) -> Reply,
) -> std::io::Result<()> {
    let mut tls = BufReader::new(tls);
    let (mut request, mut host) = (String::new(), String::new());
    tls.read_line(&mut request)?;
    loop {
        let mut line = String::new();
        tls.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("host:") {
            value.trim().clone_into(&mut host);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    log.lock().unwrap().push(format!("{host} {path}"));
    let tls = tls.get_mut();
    match reply(&host, &path) {
        Reply::Page(status, body) => {
            write!(tls, "HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
        }
        Reply::Redirect(to) => write!(tls, "HTTP/1.1 302 x\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")?,
        Reply::Flood => {
            write!(tls, "HTTP/1.1 200 x\r\nConnection: close\r\n\r\n<clientConfig>")?;
            loop {
                tls.write_all(&[b' '; 1024])?;
            }
        }
        Reply::Stall => {
            write!(tls, "HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\n<client")?;
            tls.flush()?;
            let mut rest = Vec::new();
            tls.read_to_end(&mut rest)?;
        }
    }
    tls.conn.send_close_notify();
    tls.flush()
}

/// A document with one server.
pub(crate) fn document(host: &str) -> Reply {
    Reply::Page(
        200,
        format!(
            "<?xml version=\"1.0\"?><clientConfig version=\"1.1\"><emailProvider id=\"x\"><incomingServer type=\"imap\">\
             <hostname>{host}</hostname><port>993</port><socketType>SSL</socketType><username>%EMAILLOCALPART%</username>\
             <authentication>password-cleartext</authentication></incomingServer></emailProvider></clientConfig>"
        ),
    )
}

pub(crate) fn missing() -> Reply {
    Reply::Page(404, "not here".into())
}

/// A network that leads to these two; nothing listens on the IMAP ports of the names it knows.
pub(crate) fn network(dns: &Dns, web: &Web) -> Internet {
    let at = web.at;
    Internet::new()
        .dns_server(dns.at)
        .authorities_pem(web.authority.pem().as_bytes())
        .https_connect_to(move |_| Some(at))
}

/// Searches without guesses, which would ask the system for names.
pub(crate) async fn search(network: &Internet) -> Result<Discovery, Error> {
    let mut options = Options::default();
    options.skip = vec![Source::Guess];
    soon(find(&Email::parse("ann@example.org").unwrap(), &options, network)).await
}

pub(crate) fn trust(authority: &Authority) -> TlsConfig {
    TlsConfig::builder().roots(Roots::Given).authorities_pem(authority.pem().as_bytes()).build().unwrap()
}

/// Fails a test that hangs.
pub(crate) async fn soon<F: Future>(work: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), work).await.expect("this takes no minute")
}

/// The steps, one a line.
pub(crate) fn told(steps: &[imapkit_discover::Step]) -> String {
    steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
