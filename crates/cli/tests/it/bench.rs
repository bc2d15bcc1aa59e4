//! What tests stand on: a server with an account, a folder, and the program.

use std::ffi::OsStr;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use imapkit_server::{Config, Server};
use imapkit_testkit::peer::{Peer, PeerConn, Setup};
use imapkit_testkit::script::Mismatch;
use serde_json::Value;
use tempfile::TempDir;

/// A running server and a folder of its own.
pub(crate) struct Bench {
    pub(crate) server: Server,
    folder: TempDir,
}

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) exit: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Bench {
    /// The demo account.
    pub(crate) fn new() -> Self {
        Self::with(Config::default())
    }

    pub(crate) fn with(config: Config) -> Self {
        let bench = Self { server: Server::start(config).unwrap(), folder: tempfile::tempdir().unwrap() };
        std::fs::write(bench.path("ca.pem"), bench.server.ca_pem()).unwrap();
        bench
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The account, and the mailbox in it.
    pub(crate) fn place(&self, mailbox: &str) -> String {
        format!("demo@localhost:{}/{mailbox}", self.server.tls_port())
    }

    /// The program with the server's authority and the right password.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = bare(args);
        command
            .arg("--ca-file")
            .arg(self.path("ca.pem"))
            .env("IMAPKIT_PASSWORD", "demo")
            .current_dir(self.folder.path());
        command
    }

    /// Runs it.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        ran(self.command(args))
    }

    /// Runs it with something on stdin.
    pub(crate) fn run_with(&self, args: &[&str], stdin: &[u8]) -> Ran {
        let mut child = piped(self.command(args).stdin(Stdio::piped()));
        child.stdin.take().unwrap().write_all(stdin).unwrap();
        finish(child)
    }
}

/// The program, with nothing of this machine's environment that would change what it does.
pub(crate) fn bare(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imapkit"));
    let ours = ["ACCOUNT", "PASSWORD", "TOKEN", "CLIENT_ID", "CLIENT_SECRET"].map(|name| format!("IMAPKIT_{name}"));
    for name in ours.iter().map(String::as_str).chain(["NO_COLOR", "BROWSER"]) {
        command.env_remove(name);
    }
    // No account of whoever runs the tests.
    command.env("IMAPKIT_CONFIG", "there-is-none.toml");
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn ran(mut command: Command) -> Ran {
    finish(piped(&mut command))
}

pub(crate) fn piped(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn finish(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    Ran { exit: output.status.code().unwrap(), out: output.stdout, err }
}

/// As people read it.
impl fmt::Debug for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit {}\n--- stdout\n{}\n--- stderr\n{}", self.exit, String::from_utf8_lossy(&self.out), self.err)
    }
}

/// A server on loopback, in clear text: it greets, and answers each command (without its tag) by `answer`, in which `#` at the beginning of
/// a line stands for the tag. Gives its place. An empty answer is silence, one that ends in `!` the last word.
pub(crate) fn scripted(greeting: &'static str, answer: impl Fn(&str) -> String + Send + Sync + 'static) -> String {
    let port = serve(Peer::setup(), greeting, answer);
    format!("imap+insecure://ann@127.0.0.1:{port}")
}

/// The same on a peer of any setup; gives the port.
pub(crate) fn serve(
    setup: Setup,
    greeting: &'static str,
    answer: impl Fn(&str) -> String + Send + Sync + 'static,
) -> u16 {
    let patience = Duration::from_mins(1);
    setup.patience(patience).serve_each(CONNECTIONS, move |conn| talk(conn, greeting, &answer)).port()
}

/// Enough for a visit of the doctor, which knocks, looks, logs in, and comes back for the trials.
const CONNECTIONS: usize = 12;

/// One connection; a client may go at any time.
fn talk(conn: &mut PeerConn, greeting: &str, answer: &dyn Fn(&str) -> String) -> Result<(), Mismatch> {
    conn.send(format!("{greeting}\r\n"))?;
    let mut idling = String::new();
    loop {
        let (mut tag, mut command) = conn.expect_line()?;
        while let Some((announced, waits)) = literal(&command) {
            if waits {
                conn.send("+ go on\r\n")?;
            }
            let octets = conn.read_bytes(announced)?;
            command.push_str(&String::from_utf8_lossy(&octets));
            let (first, rest) = conn.expect_line()?;
            command.push_str(first.as_str());
            if !rest.is_empty() {
                command.push(' ');
                command.push_str(&rest);
            }
        }
        if tag == "DONE" {
            tag.clone_from(&idling);
            "DONE".clone_into(&mut command);
        } else if command == "IDLE" {
            idling.clone_from(&tag);
        }
        let text = answer(&command).replace("\n#", &format!("\n{tag}"));
        let text = text.strip_prefix('#').map_or_else(|| text.clone(), |rest| format!("{tag}{rest}"));
        let last = text.strip_suffix('!');
        conn.send(last.unwrap_or(&text))?;
        if last.is_some() {
            return conn.cut();
        }
    }
}

/// How many octets a line announces, and whether the client waits to be asked for them.
fn literal(line: &str) -> Option<(usize, bool)> {
    let (_, announced) = line.strip_suffix('}')?.rsplit_once('{')?;
    let digits = announced.trim_end_matches('+');
    Some((digits.parse().ok()?, digits == announced))
}

impl Ran {
    /// stdout as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }

    /// stdout as JSON, an object a line, each with version and type.
    pub(crate) fn objects(&self) -> Vec<Value> {
        let objects: Vec<Value> = self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(objects.iter().all(|object| object["v"] == 1 && object["type"].is_string()), "{self:?}");
        objects
    }

    /// It went well.
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.exit, 0, "{self:?}");
        self
    }

    /// It ended with this code.
    pub(crate) fn exits(self, exit: i32) -> Self {
        assert_eq!(self.exit, exit, "{self:?}");
        self
    }
}

/// Every file below a folder, by its path from there, sorted.
pub(crate) fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(
                    path.strip_prefix(root)
                        .unwrap()
                        .components()
                        .map(|part| text(part.as_os_str()))
                        .collect::<Vec<_>>()
                        .join("/"),
                );
            }
        }
    }
    found.sort();
    found
}

fn text(name: &OsStr) -> String {
    name.to_str().unwrap().to_owned()
}
