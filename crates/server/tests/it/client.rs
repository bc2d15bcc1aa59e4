//! A client that knows lines and literals, and nothing else of IMAP.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    sync::Arc,
    time::Duration,
};

use imapkit_server::{Config, Server, User};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A connection and its tag counter.
pub(crate) struct Client {
    stream: BufReader<Box<dyn Stream>>,
    tags: u32,
}

/// What came back for one command.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Every response before the tagged one, literals included, without the last line end.
    pub(crate) untagged: Vec<Vec<u8>>,
    /// The tagged response without its tag.
    pub(crate) tagged: String,
}

impl Answer {
    /// Untagged responses as text.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.untagged.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    }

    /// Fails unless the command ended with OK.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.tagged.starts_with("OK"), "{} after {:?}", self.tagged, self.lines());
        self
    }

    /// Fails unless the tagged line starts so.
    #[track_caller]
    pub(crate) fn tagged(self, start: &str) -> Self {
        assert!(self.tagged.starts_with(start), "{} after {:?}", self.tagged, self.lines());
        self
    }

    /// Fails unless these are all the untagged responses.
    #[track_caller]
    pub(crate) fn says(self, lines: &[&str]) -> Self {
        assert_eq!(self.lines(), lines);
        self
    }

    /// The bytes of all literals, in order.
    pub(crate) fn literals(&self) -> Vec<Vec<u8>> {
        self.untagged.iter().flat_map(|response| literals(response)).collect()
    }
}

fn literals(mut response: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let Some(end) = response.windows(2).position(|pair| pair == b"\r\n") {
        let size = literal_size(&response[..end]).expect("only literals continue a response");
        found.push(response[end + 2..end + 2 + size].to_vec());
        response = &response[end + 2 + size..];
    }
    found
}

fn literal_size(line: &[u8]) -> Option<usize> {
    let open = line.iter().rposition(|&byte| byte == b'{')?;
    std::str::from_utf8(&line[open + 1..]).ok()?.strip_suffix('}')?.parse().ok()
}

pub(crate) fn connect_plain(server: &Server) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.plain_port().unwrap())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

pub(crate) fn tls(server: &Server, stream: TcpStream, name: &str) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
}

/// A server whose plain port takes passwords, with user `u`, password `p`.
pub(crate) fn server(user: impl FnOnce(User) -> User) -> Server {
    Server::start(config(user)).unwrap()
}

pub(crate) fn config(user: impl FnOnce(User) -> User) -> Config {
    Config::empty().allow_plain_login(true).user(user(User::new("u", "p")))
}

/// Logged in as `u`.
pub(crate) fn client(server: &Server) -> Client {
    let mut client = Client::plain(server);
    client.run("LOGIN u p").ok();
    client
}

/// Logged in as `u` with INBOX selected.
pub(crate) fn in_inbox(server: &Server) -> Client {
    let mut client = client(server);
    client.run("SELECT INBOX").ok();
    client
}

impl Client {
    pub(crate) fn new(stream: impl Read + Write + 'static) -> Self {
        Self { stream: BufReader::new(Box::new(stream)), tags: 0 }
    }

    /// Connected to the plain port, greeting read.
    pub(crate) fn plain(server: &Server) -> Self {
        let mut client = Self::new(connect_plain(server));
        assert!(client.response().starts_with(b"* OK [CAPABILITY "));
        client
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.get_mut().write_all(bytes.as_ref()).unwrap();
        self.stream.get_mut().flush().unwrap();
    }

    /// The next response with its literals, without the last line end; empty at the end of the stream.
    pub(crate) fn response(&mut self) -> Vec<u8> {
        let mut response = Vec::new();
        loop {
            let mut line = Vec::new();
            self.stream.read_until(b'\n', &mut line).unwrap();
            if line.is_empty() {
                return response;
            }
            assert!(line.ends_with(b"\r\n"), "{:?}", String::from_utf8_lossy(&line));
            let size = literal_size(&line[..line.len() - 2]);
            response.extend_from_slice(&line);
            let Some(size) = size else {
                response.truncate(response.len() - 2);
                return response;
            };
            let start = response.len();
            response.resize(start + size, 0);
            self.stream.read_exact(&mut response[start..]).unwrap();
        }
    }

    /// The next response as text.
    pub(crate) fn line(&mut self) -> String {
        String::from_utf8_lossy(&self.response()).into_owned()
    }

    /// Whether the server has closed the connection.
    pub(crate) fn is_closed(&mut self) -> bool {
        matches!(self.stream.fill_buf(), Ok([]) | Err(_))
    }

    /// Sends a command (several lines if it holds literals) and reads up to its end.
    pub(crate) fn run(&mut self, command: impl AsRef<[u8]>) -> Answer {
        let tag = self.start(command);
        self.finish(&tag)
    }

    /// Sends a command and returns its tag.
    pub(crate) fn start(&mut self, command: impl AsRef<[u8]>) -> String {
        self.tags += 1;
        let tag = format!("t{}", self.tags);
        self.send([tag.as_bytes(), b" ", command.as_ref(), b"\r\n"].concat());
        tag
    }

    /// Reads up to the tagged response.
    pub(crate) fn finish(&mut self, tag: &str) -> Answer {
        let mut untagged = Vec::new();
        loop {
            let response = self.response();
            assert!(!response.is_empty(), "closed after {untagged:?}");
            match response.strip_prefix(format!("{tag} ").as_bytes()) {
                Some(tagged) => return Answer { untagged, tagged: String::from_utf8_lossy(tagged).into_owned() },
                None => untagged.push(response),
            }
        }
    }
}
