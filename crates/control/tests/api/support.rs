//! What the suites share: a running server, controls for it and for scripted peers, and a guard against tests that hang.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use imapkit_control::{Control, ControlError, ErrorCode, Options};
use imapkit_server::{Config, Mailbox, Message, Server, User};
use imapkit_testkit::peer::{Peer, PeerConn};
use imapkit_testkit::script::Mismatch;

/// A message of about `size` octets.
pub(crate) fn mail(subject: &str, size: usize) -> Vec<u8> {
    let mut text = format!("From: ann@example.org\r\nTo: bob@example.org\r\nSubject: {subject}\r\n\r\n");
    while text.len() + 80 <= size {
        let line = format!("{:>76}\r\n", text.len());
        text.push_str(&line);
    }
    text.push_str("end\r\n");
    text.into_bytes()
}

/// A server with a user `me` whose INBOX holds these messages; Archive is empty.
pub(crate) fn server(messages: impl IntoIterator<Item = Vec<u8>>) -> Server {
    let inbox = messages.into_iter().fold(Mailbox::new("INBOX"), |inbox, bytes| inbox.message(Message::new(bytes)));
    let user = User::new("me", "secret").mailbox(inbox).mailbox(Mailbox::new("Archive"));
    Server::start(Config::empty().user(user).allow_plain_login(true)).expect("the server starts")
}

/// A control with everything set for the clear-text port of this server.
pub(crate) fn control(server: &Server) -> Control {
    let control = Control::new();
    control.set_host_name("localhost").unwrap();
    control.set_host_address(&server.address().to_string()).unwrap();
    control.set_remote_port(server.plain_port().expect("a plain port"));
    control.set_user_name("me");
    control.set_password("secret");
    control
}

/// A control that is connected to it.
pub(crate) fn connected(server: &Server) -> Control {
    let control = control(server);
    control.connect(None, None, None, None, None, None).expect("a connection");
    control
}

/// A control with INBOX selected.
pub(crate) fn selected(server: &Server) -> Control {
    let control = connected(server);
    control.select_mailbox("INBOX").expect("INBOX");
    control
}

/// A control for the secure port, and the file with the authority it trusts.
pub(crate) fn secure(server: &Server) -> (Control, tempfile::NamedTempFile) {
    let control = control(server);
    let authority = authority(server.ca_pem());
    control.set_certificate_authorities(authority.path());
    control.set_remote_port(server.tls_port());
    control.set_options(Options::SecureImplicit).unwrap();
    (control, authority)
}

pub(crate) fn authority(pem: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pem.as_bytes()).unwrap();
    file
}

/// A peer that says what it is told, and a control for it.
pub(crate) fn peer(talk: impl FnOnce(&mut PeerConn) -> Result<(), Mismatch> + Send + 'static) -> (Peer, Control) {
    let peer = Peer::serve_fn(talk);
    let control = Control::new();
    control.set_host_name("127.0.0.1").unwrap();
    control.set_remote_port(peer.port());
    control.set_user_name("me");
    control.set_password("secret");
    (peer, control)
}

/// What a peer says until somebody is logged in.
pub(crate) fn log_in(conn: &mut PeerConn, capabilities: &str) -> Result<(), Mismatch> {
    conn.send(format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] ready\r\n"))?;
    let tag = conn.expect("LOGIN me secret")?;
    conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1 {capabilities}] welcome\r\n"))
}

/// … and INBOX with nine messages is selected.
pub(crate) fn log_in_and_select(conn: &mut PeerConn, capabilities: &str) -> Result<(), Mismatch> {
    log_in(conn, capabilities)?;
    let tag = conn.expect("SELECT INBOX")?;
    conn.send("* 9 EXISTS\r\n* 2 RECENT\r\n* OK [UIDVALIDITY 7]\r\n* FLAGS (\\Seen)\r\n")?;
    conn.send(format!("{tag} OK [READ-WRITE] done\r\n"))
}

/// A number of an error.
#[track_caller]
pub(crate) fn code<T>(outcome: Result<T, ControlError>) -> ErrorCode {
    outcome.err().expect("it should fail").code()
}

/// Everything events tell, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Listens to all events of a control.
    pub(crate) fn of(control: &Control) -> Self {
        let log = Self::default();
        let note = |what: &'static str| {
            let log = log.clone();
            move || log.note(what.to_owned())
        };
        control.on_cancel(note("cancel"));
        control.on_connect(note("connect"));
        control.on_disconnect(note("disconnect"));
        control.on_timeout(note("timeout"));
        let told = log.clone();
        control.on_error(move |value, _| told.note(format!("error {}", ErrorCode::from_value(value).unwrap().name())));
        let told = log.clone();
        control.on_progress(move |number, size, copied, percent| {
            told.note(format!("progress {number} {size} {copied} {percent}"))
        });
        let told = log.clone();
        control.on_update(move |kind, number| told.note(format!("update {kind:?} {number}")));
        let told = log.clone();
        control.on_command(move |result, text| told.note(format!("command {result:?} {text}")));
        let told = log.clone();
        control.on_security_warning(move |value, _| {
            told.note(format!("warning {}", ErrorCode::from_value(value).unwrap().name()))
        });
        log
    }

    fn note(&self, what: String) -> i32 {
        self.0.lock().unwrap().push(what);
        0
    }

    /// What was told since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// What was told of this sort.
    pub(crate) fn only(&self, what: &str) -> Vec<String> {
        self.0.lock().unwrap().iter().filter(|told| told.starts_with(what)).cloned().collect()
    }

    /// Waits until this is told.
    pub(crate) fn wait_for(&self, what: &str) {
        let tries = AtomicU32::new(0);
        while !self.0.lock().unwrap().iter().any(|told| told.starts_with(what)) {
            assert!(tries.fetch_add(1, Ordering::Relaxed) < 4000, "{what} is not told: {:?}", self.0.lock().unwrap());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A folder of this test's own.
pub(crate) fn folder() -> (tempfile::TempDir, impl Fn(&str) -> PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    (folder, move |name| path.join(name))
}

/// Ends the process when a test takes longer than a minute, so that a hang shows as a failure with a name.
pub(crate) struct Guard(#[expect(dead_code, reason = "dropping it tells the watcher")] Sender<()>);

pub(crate) fn guard() -> Guard {
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let (alive, watched) = channel::<()>();
    std::thread::spawn(move || {
        if watched.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
            let _ = writeln!(std::io::stderr(), "{name} hangs");
            std::process::abort();
        }
    });
    Guard(alive)
}
