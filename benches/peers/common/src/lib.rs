//! What every measured client shares: how it is told what to do, what it asks the server, and how it says what it saw.
//!
//! `p-NAME WORKLOAD plain|tls`. Ports come from `BENCH_PLAIN_PORT` and `BENCH_TLS_PORT`, the certificate authority from
//! `BENCH_CA`. Each client prints one line, `WORKLOAD ROWS SUM`, which must be the same for all of them: that is how
//! measure.py knows that a fast client did not simply leave work out. This is a measuring tool: it panics on any surprise.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};

/// Whoever it is may log in.
pub const USER: &str = "user";
/// With this.
pub const PASSWORD: &str = "pass";
/// What a client asks for to show a list of messages, and what the W2 capture answers.
pub const LISTING: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)";
/// Whole messages, unchanged flags.
pub const BODIES: &str = "(BODY.PEEK[])";

/// One of the measured tasks. Its name is the mailbox on the replay server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// 100,000 rows with ENVELOPE and BODYSTRUCTURE. SUM: RFC822.SIZE of rows that have both.
    W2,
    /// 20,000 messages. SUM: their octets.
    W3,
    /// The flags of 100,000 messages, then UID SEARCH ALL of as many. SUM: search hits.
    W4,
    /// One message of 200 MB. SUM: its octets.
    W6,
    /// UID SEARCH ALL, answered with one line of 500,000 numbers. ROWS: hits, SUM: theirs.
    Search,
}

impl Workload {
    pub const ALL: [Self; 5] = [Self::W2, Self::W3, Self::W4, Self::W6, Self::Search];

    pub const fn name(self) -> &'static str {
        match self {
            Self::W2 => "w2",
            Self::W3 => "w3",
            Self::W4 => "w4",
            Self::W6 => "w6",
            Self::Search => "search",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.name() == name)
    }
}

/// What the command line asks of a client.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    pub workload: Workload,
    pub tls: bool,
    pub port: u16,
}

impl Task {
    pub fn from_args() -> Self {
        let mut args = std::env::args().skip(1);
        let (workload, mode) = (args.next().unwrap_or_default(), args.next().unwrap_or_default());
        let workload = Workload::named(&workload).expect("WORKLOAD is one of w2 w3 w4 w6 search");
        let tls = mode.starts_with("tls");
        assert!(tls || mode == "plain", "MODE is plain or tls");
        Self { workload, tls, port: port(tls) }
    }

    pub fn report(self, rows: usize, sum: u64) {
        println!("{} {rows} {sum}", self.workload.name());
    }
}

/// The other measurement, `p-NAME first`: over TLS from nothing to the only message of a mailbox on a real
/// server far away, once. latency.py says where, in `BENCH_*`.
#[derive(Debug)]
pub struct Visit {
    pub port: u16,
    pub user: String,
    pub password: String,
    pub mailbox: String,
    /// `first-select`: SELECT by a call of its own, where the client could do better.
    pub select_apart: bool,
    /// `first-scram`: the password proven, not sent, which takes two flights more.
    pub scram: bool,
    start: Instant,
}

impl Visit {
    /// The clock runs from here.
    pub fn from_args() -> Option<Self> {
        let name = std::env::args().nth(1).filter(|name| name.starts_with("first"))?;
        let var = |name: &str| std::env::var(name).expect(name);
        let (port, user, password, mailbox) = (port(true), var("BENCH_USER"), var("BENCH_PASSWORD"), var("BENCH_MAILBOX"));
        let start = Instant::now();
        Some(Self { port, user, password, mailbox, select_apart: name == "first-select", scram: name == "first-scram", start })
    }

    /// The message is there, and has so many octets. Ends the process: what a client says good-bye with is not counted.
    pub fn report(&self, octets: usize) -> ! {
        println!("first {octets} {:.3}", self.start.elapsed().as_secs_f64() * 1000.0);
        std::process::exit(0)
    }
}

/// Where the replay server listens.
pub fn port(tls: bool) -> u16 {
    let (name, default) = if tls { ("BENCH_TLS_PORT", 25993) } else { ("BENCH_PLAIN_PORT", 25143) };
    std::env::var(name).map_or(default, |value| value.parse().expect(name))
}

/// Where captures and everything else that setup.sh makes are.
pub fn data_dir() -> PathBuf {
    std::env::var_os("IMAPKIT_BENCH_DIR").map_or_else(|| std::env::temp_dir().join("imapkit-bench"), PathBuf::from)
}

/// The certificate authority of the replay server, which writes this file when it starts.
pub fn ca_file() -> PathBuf {
    std::env::var_os("BENCH_CA").map_or_else(|| data_dir().join("ca.crt"), PathBuf::from)
}

/// rustls as clients use it: ring, TLS 1.3, one trusted authority.
pub fn tls_config() -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca_file()).expect("the replay server's ca.crt")).expect("a usable ca.crt");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Arc::new(config.expect("protocol versions").with_root_certificates(roots).with_no_client_auth())
}

/// The name in the replay server's certificate.
pub fn server_name() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("a name")
}
