//! A server that only speaks TLS 1.0, by the system's `openssl s_server`: refused with advice, permitted with a warning.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::bench::{bare, ran};

/// The server. What its clients say comes out of the program, what is put in goes to them.
struct Old {
    child: Child,
    port: u16,
}

impl Drop for Old {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[allow(clippy::print_stderr, reason = "a test that skips says so")]
/// Whether there is such a program. In CI there has to be.
fn openssl() -> bool {
    let there =
        Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    assert!(there || std::env::var_os("CI").is_none_or(|ci| ci != "true"), "CI has to have openssl");
    if !there {
        eprintln!("\n*** SKIPPED: there is no program openssl ***\n");
    }
    there
}

fn run(program: &mut Command) {
    let output = program.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Starts the server, with a certificate in the folder that is its own authority.
fn old(folder: &Path) -> Old {
    let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=old"];
    let request =
        [&request[..], &["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "ca.pem"]].concat();
    run(Command::new("openssl").args(request).current_dir(folder));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = ["s_server", "-quiet", "-tls1", "-cipher", "ALL:@SECLEVEL=0", "-cert", "ca.pem", "-key", "key.pem"];
    let child = Command::new("openssl")
        .args(server)
        .args(["-accept", &format!("127.0.0.1:{port}")])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        thread::sleep(Duration::from_millis(5));
    }
    Old { child, port }
}

/// Speaks IMAP with the next client. The greeting waits in the pipe until it is there.
fn serve(server: &mut Old) {
    let (mut say, hear) = (server.child.stdin.take().unwrap(), server.child.stdout.take().unwrap());
    thread::spawn(move || {
        let _ = say.write_all(b"* OK [CAPABILITY IMAP4rev1] ready\r\n");
        for line in BufReader::new(hear).lines().map_while(Result::ok) {
            let (tag, command) = line.split_once(' ').unwrap_or_default();
            let answer = match command.split(' ').next().unwrap_or_default() {
                "LIST" | "LSUB" => "* LIST () \"/\" INBOX\r\n",
                "LOGOUT" => "* BYE bye\r\n",
                _ => "",
            };
            let _ = say.write_all(format!("{answer}{tag} OK done\r\n").as_bytes());
        }
    });
}

#[test]
fn old_tls_is_refused_with_advice_and_permitted_with_a_warning() {
    if !openssl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut server = old(folder.path());
    let port = server.port;
    let ls = |more: &[&str]| {
        let mut command = bare(&["ls", "--no-status", &format!("ann@localhost:{port}"), "--ca-file", "ca.pem"]);
        command.args(more).env("IMAPKIT_PASSWORD", "canary-77").current_dir(folder.path());
        ran(command)
    };
    let refused = ls(&[]).exits(5);
    assert!(refused.err.contains("no TLS version") && refused.err.contains("--secure-fallback"), "{refused:?}");
    assert!(refused.err.contains("nothing was sent"), "{refused:?}");

    if !cfg!(feature = "legacy-tls") {
        let lacks = ls(&["--secure-fallback"]).exits(64);
        assert!(lacks.err.contains("not supported in this build"), "{lacks:?}");
        return;
    }
    serve(&mut server);
    let permitted = ls(&["--secure-fallback"]).exits(0);
    assert!(String::from_utf8_lossy(&permitted.out).contains("INBOX"), "{permitted:?}");
    let warning = permitted.err.lines().find(|line| line.contains("weakly protected")).unwrap_or_default();
    assert!(
        warning.starts_with("warning: ") && warning.contains("TLS 1.0") && warning.contains("SHA-1"),
        "{permitted:?}"
    );
}
