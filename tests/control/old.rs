//! An old server: TLS 1.0 and nothing newer, spoken by the system's OpenSSL. Only with the feature `legacy-tls`.
//!
//! `openssl s_server` carries what is written to it, so that the few lines of IMAP are said here.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use imapkit_control::{CertificateStatus, Control, ErrorCode, Options, State, TlsVersions};
use imapkit_testkit::certs::Authority;

/// A server for one client, over this version only: its greeting goes to whoever comes first, even if they do not get along.
struct Old {
    process: Child,
    port: u16,
}

impl Old {
    fn start(folder: &Path, version: &str) -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut process = Command::new("openssl")
            .args(["s_server", "-quiet", version, "-cipher", "ALL:@SECLEVEL=0", "-accept"])
            .arg(format!("127.0.0.1:{port}"))
            .args(["-cert", "cert.pem", "-key", "key.pem"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is there");
        let (mut say, hear) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        thread::spawn(move || {
            let _ = say.write_all(b"* OK [CAPABILITY IMAP4rev1] ready\r\n");
            for line in hear.lines().map_while(Result::ok) {
                let tag = line.split(' ').next().unwrap_or_default().to_owned();
                if say.write_all(format!("{tag} OK [CAPABILITY IMAP4rev1] done\r\n").as_bytes()).is_err() {
                    break;
                }
            }
        });
        while !listens(port) {
            assert!(process.try_wait().unwrap().is_none(), "openssl has ended");
            thread::sleep(std::time::Duration::from_millis(20));
        }
        Self { process, port }
    }
}

/// Whether somebody listens there. Asked of the system and not by connecting, since the greeting would go to who asks.
fn listens(port: u16) -> bool {
    let local = format!(": 0100007F:{port:04X} 00000000:0000 0A ");
    std::fs::read_to_string("/proc/net/tcp").unwrap().contains(&local)
}

impl Drop for Old {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn an_old_server_is_spoken_to_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Old");
    let server = authority.issue_for(&["localhost"]);
    std::fs::write(folder.path().join("cert.pem"), server.pem()).unwrap();
    std::fs::write(folder.path().join("key.pem"), server.key_pem()).unwrap();
    std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
    for (version, used) in
        [("-tls1", TlsVersions::Tls10), ("-tls1_1", TlsVersions::Tls11), ("-tls1_2", TlsVersions::Tls12)]
    {
        let control = Control::new();
        control.set_certificate_authorities(folder.path().join("ca.pem"));
        let connect = |old: &Old, options: Options| {
            control.connect(Some("localhost"), Some(old.port), Some("me"), Some("x"), None, Some(options))
        };
        if used != TlsVersions::Tls12 {
            let old = Old::start(folder.path(), version);
            assert_eq!(connect(&old, Options::SecureImplicit).unwrap_err().code(), ErrorCode::TlsFailed, "{version}");
        }
        let (told, heard) = std::sync::mpsc::channel();
        control.on_security_warning(move |_, text| {
            told.send(text.to_owned()).unwrap();
            0
        });
        let old = Old::start(folder.path(), version);
        connect(&old, Options::SecureImplicit | Options::SecureFallback)
            .unwrap_or_else(|error| panic!("{version}: {error}"));
        assert_eq!((control.state(), control.is_secure()), (State::Idle, true));
        assert_eq!((control.secure_protocol(), control.certificate_status()), (used, CertificateStatus::Valid));
        let warnings: Vec<String> = heard.try_iter().collect();
        assert_eq!(used != TlsVersions::Tls12, !warnings.is_empty(), "{version}: {warnings:?}");
    }
}
