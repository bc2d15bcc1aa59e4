//! What servers are known to say, from a server that says it: cause, exit code and advice (server-quirks §6.13c).

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use crate::bench::{Ran, bare, ran};

/// Runs `ls` against a server of one line each: its greeting, and its answer to every command but CAPABILITY.
fn ask(greeting: &'static str, answer: &'static str) -> Ran {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("imap+insecure://ann@127.0.0.1:{}", listener.local_addr().unwrap().port());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        write!(stream, "{greeting}\r\n").unwrap();
        for line in lines.map_while(Result::ok) {
            let tag = line.split(' ').next().unwrap_or_default().to_owned();
            // The client may have gone by now; that is its right.
            let _ = if line.ends_with("CAPABILITY") {
                write!(stream, "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n{tag} OK done\r\n")
            } else {
                write!(stream, "{tag} {answer}\r\n")
            };
        }
    });
    let mut command = bare(&["ls", &place]);
    command.env("IMAPKIT_PASSWORD", "x");
    let ran = ran(command);
    server.join().unwrap();
    ran
}

const GREETING: &str = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready";

#[test]
fn a_refused_login_is_explained_by_what_is_behind_it() {
    for (answer, says, advice) in [
        (
            "NO [ALERT] Application-specific password required: see (Failure)",
            "wants an app password",
            "make an app password",
        ),
        ("NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", "refused the password for ann", "check both"),
        ("NO [ALERT] Your account is not enabled for IMAP use.", "IMAP is switched off", "switch IMAP on"),
        (
            "NO [WEBALERT https://example.org] Web login required.",
            "in a browser first",
            "log in on the provider's web site",
        ),
        ("NO [AUTHENTICATIONFAILED] AccessTokenExpired", "token has expired", "get a fresh token"),
        ("NO LOGIN failed \u{1b}[2Jhere", "", "[2Jhere"),
    ] {
        let ran = ask(GREETING, answer).exits(3);
        assert!(
            ran.err.contains(says) && ran.err.contains(advice) && ran.err.contains("the server said: "),
            "{answer}: {ran:?}"
        );
        assert!(!ran.err.contains('\u{1b}') && ran.err.lines().count() < 8, "{ran:?}");
    }
}

#[test]
fn a_busy_server_is_4_and_said_to_be_busy() {
    let ran = ask("* BYE [UNAVAILABLE] Too many simultaneous connections from your IP", "NO").exits(4);
    assert!(ran.err.contains("too many connections are open") && ran.err.contains("wait some minutes"), "{ran:?}");
}

#[test]
fn what_is_no_imap_server_is_said() {
    let ran = ask("220 mail.example.org ESMTP ready", "NO");
    assert_ne!(ran.exit, 0);
    assert!(ran.err.starts_with("error: ") && ran.err.lines().count() < 8, "{ran:?}");
}
