//! A Dovecot of one test's own, to be stopped, started again and have its clients thrown out.
//!
//! The servers of [`crate::live`] are shared, so nobody may restart them. This one is the same program with a configuration of its own: clear
//! text on 127.0.0.1, any user with the password `pass`, mail in a temporary folder. It needs what the live servers need, so it is there when
//! they are.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::live;

/// How long a start or a stop may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running Dovecot; dropping it stops it.
#[derive(Debug)]
pub struct Dovecot {
    folder: PathBuf,
    port: u16,
    master: Option<Child>,
}

impl Dovecot {
    /// Starts one that allows a user so many connections; `None`, said aloud, where there are no live servers.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start(name: &str, connections: u32) -> Option<Self> {
        if live::servers_with(&["dovecot23"]).is_empty() {
            return None;
        }
        let folder = std::env::temp_dir().join(format!("imapkit-dovecot-{name}-{}", std::process::id()));
        let mail = folder.join("mail");
        fs::create_dir_all(&mail).expect("a temporary folder can be made");
        for (path, mode) in [(&folder, 0o755), (&mail, 0o777)] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("and opened to the mail user");
        }
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let port = free.expect("127.0.0.1 has a free port").port();
        let text = config(&folder, port, connections);
        fs::write(folder.join("dovecot.conf"), text).expect("the configuration can be written");
        let mut dovecot = Self { folder, port, master: None };
        dovecot.begin();
        Some(dovecot)
    }

    /// The port on 127.0.0.1, in clear text.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Throws all its clients out.
    ///
    /// # Panics
    ///
    /// When it cannot be asked.
    pub fn kick(&self) {
        let output = self.admin(&["kick", "*"]);
        assert!(output.status.success(), "doveadm kick: {output:?}");
    }

    /// Ends it as a power cut does: the master and all its processes at once, without a word to anybody.
    pub fn stop(&mut self) {
        let Some(mut master) = self.master.take() else { return };
        let children = children(master.id());
        let _ = master.kill();
        let _ = master.wait();
        if !children.is_empty() {
            // One that has ended by itself meanwhile is as good.
            let _ = Command::new("kill").arg("-9").args(children).stderr(Stdio::null()).status();
        }
    }

    /// Starts it again, with the same port and the same mail.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn begin(&mut self) {
        let log = fs::File::create(self.folder.join("output")).expect("a log can be written");
        let master = Command::new("dovecot")
            .arg("-F")
            .arg("-c")
            .arg(self.folder.join("dovecot.conf"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be cloned"))
            .stderr(log)
            .spawn();
        self.master = Some(master.expect("dovecot starts"));
        let deadline = Instant::now() + PATIENCE;
        while !self.greets() {
            assert!(Instant::now() < deadline, "dovecot does not greet: {}", self.words());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn greets(&self) -> bool {
        let mut line = String::new();
        let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) else { return false };
        let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
        BufReader::new(stream).read_line(&mut line).is_ok() && line.starts_with("* OK")
    }

    fn admin(&self, args: &[&str]) -> std::process::Output {
        let conf = self.folder.join("dovecot.conf");
        Command::new("doveadm").arg("-c").arg(conf).args(args).output().expect("doveadm runs")
    }

    fn words(&self) -> String {
        ["output", "log"].map(|name| fs::read_to_string(self.folder.join(name)).unwrap_or_default()).concat()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The processes whose parent this is.
fn children(parent: u32) -> Vec<String> {
    let is_child = |pid: &String| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The parent is the second word behind the name, which stands in brackets.
        stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)) == Some(&parent.to_string())
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).filter(is_child).collect()
}

fn config(folder: &Path, port: u16, connections: u32) -> String {
    let folder = folder.display();
    format!(
        "base_dir = {folder}/run
state_dir = {folder}/state
instance_name = imapkit-{port}
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
shutdown_clients = yes
mail_max_userip_connections = {connections}
mail_uid = nobody
mail_gid = nogroup
mail_home = {folder}/mail/%u
mail_location = maildir:~/Maildir
passdb {{
  driver = static
  args = password=pass
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"
    )
}
