//! Two networks, the cable between them, and the server at its far end.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use imapkit_server::{Config, Mailbox, Server, User};
use imapkit_testkit::relay::Relay;

const NEAR: &str = "10.99.0.1";
const FAR: &str = "10.99.0.2";
/// Size of the one message there is: more than all buffers on the way together.
pub(crate) const LARGE: usize = 60 << 20;

/// The cable, seen from the client's end.
pub(crate) struct Cable {
    server: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    pub(crate) port: u16,
}

impl Cable {
    /// Starts the server in a network of its own and lays a cable there.
    pub(crate) fn lay() -> Self {
        let mut server =
            crate::in_a_network("server").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the server");
        let mut commands = server.stdin.take().unwrap();
        let mut answers = BufReader::new(server.stdout.take().unwrap()).lines();
        // It says so once it is in its network.
        heard(&mut answers, "ready");
        let pid = server.id().to_string();
        ip(&["link", "add", "c0", "type", "veth", "peer", "name", "s0", "netns", &pid]);
        ip(&["addr", "add", &format!("{NEAR}/24"), "dev", "c0"]);
        ip(&["link", "set", "c0", "up"]);
        writeln!(commands, "go").unwrap();
        let port = heard(&mut answers, "port ").parse().unwrap();
        Self { server, commands, answers, port }
    }

    pub(crate) fn host() -> &'static str {
        FAR
    }

    /// From now on nothing gets through, either way, and nobody is told.
    pub(crate) fn pull(&mut self) {
        self.tell("pull");
    }

    /// From now on everything gets through again.
    pub(crate) fn plug(&mut self) {
        self.tell("plug");
    }

    fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").unwrap();
        heard(&mut self.answers, "done");
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// What stands behind `word` in the next line that has it; the test harness says things, too.
fn heard(answers: &mut Lines<BufReader<ChildStdout>>, word: &str) -> String {
    loop {
        let line = answers.next().expect("the server goes on").unwrap();
        if let Some((_, rest)) = line.split_once(word) {
            return rest.trim().to_owned();
        }
    }
}

fn ip(args: &[&str]) {
    let output = Command::new("ip").args(args).output().expect("ip");
    assert!(output.status.success(), "ip {args:?}: {output:?}");
}

/// The server's part.
pub(crate) fn serve() {
    let mut commands = std::io::stdin().lines();
    println!("ready");
    assert_eq!(commands.next().unwrap().unwrap(), "go");
    ip(&["link", "set", "lo", "up"]);
    ip(&["addr", "add", &format!("{FAR}/24"), "dev", "s0"]);
    ip(&["link", "set", "s0", "up"]);
    let inbox = Mailbox::new("INBOX").message(large());
    let user = User::new("me", "secret").mailbox(inbox).mailbox(Mailbox::new("Archive"));
    // The server itself listens on loopback only.
    let server = Server::start(Config::empty().user(user).allow_plain_login(true)).unwrap();
    let relay = Relay::from(FAR.parse().unwrap(), server.plain_port().unwrap());
    println!("port {}", relay.port());
    while let Some(Ok(command)) = commands.next() {
        match command.as_str() {
            "pull" => ip(&["link", "set", "s0", "down"]),
            "plug" => ip(&["link", "set", "s0", "up"]),
            other => panic!("{other}"),
        }
        println!("done");
    }
}

/// A message of [`LARGE`] octets.
pub(crate) fn large() -> Vec<u8> {
    let mut text = b"Subject: large\r\nMessage-ID: <large@example.org>\r\n\r\n".to_vec();
    while text.len() < LARGE {
        text.extend_from_slice(b"and so on and so on and so on and so on and so on and so on and so on\r\n");
    }
    text
}
