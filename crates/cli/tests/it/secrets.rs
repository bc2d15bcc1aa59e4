//! Servers and proxies that say our own words back: nothing that the program prints or traces holds a secret (T109).

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use imapkit_testkit::canary::find_secret;

use crate::bench::{Bench, Ran, bare, ran, scripted};

const CANARY: &str = "c4n4ry-s3cr3t";

/// Runs a verb with everything it can tell turned on; all that it told.
fn told(bench: &Bench, args: &[&str]) -> (Ran, String) {
    let trace = bench.path("trace");
    let _ = std::fs::remove_file(&trace);
    let mut command = bare(args);
    command.args(["-v", "--json", "--trace", trace.to_str().unwrap()]).current_dir(bench.path(""));
    command.env("IMAPKIT_PASSWORD", CANARY).env("IMAPKIT_PROXY_PASSWORD", CANARY);
    let ran = ran(command);
    let text = [ran.text(), &ran.err, &std::fs::read_to_string(trace).unwrap_or_default()].concat();
    (ran, text)
}

#[test]
fn t109_a_server_that_echoes_what_it_is_sent_makes_no_leak() {
    let bench = Bench::new();
    for auth in ["LOGIN", "PLAIN"] {
        for verb in ["ls", "search"] {
            let place = scripted("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready", |command| {
                format!("* NO [ALERT] you said {command}\r\n# BAD [X-ECHO {command}] what is {command}\r\n")
            });
            let (ran, told) = told(&bench, &[verb, &place, "--auth", auth]);
            assert_eq!(ran.exit, 3, "{ran:?}");
            assert!(told.contains("what is"), "the server's words are shown: {told}");
            assert_eq!(find_secret(&told, CANARY), None, "{verb} by {auth}: {told}");
        }
    }
}

#[test]
fn t109_a_proxy_that_echoes_what_it_is_sent_makes_no_leak() {
    let bench = Bench::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://eve@127.0.0.1:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut said = [0; 4096];
            let size = stream.read(&mut said).unwrap_or_default();
            let _ = write!(stream, "HTTP/1.1 403 {}\r\n\r\n", said[..size].escape_ascii());
        }
    });
    for verb in ["ls", "search"] {
        let (ran, told) = told(&bench, &[verb, "imaps://ann@imap.example.org", "--proxy", &proxy]);
        assert_ne!(ran.exit, 0, "{ran:?}");
        assert!(told.contains("403"), "the proxy's words are shown: {told}");
        assert_eq!(find_secret(&told, CANARY), None, "{verb}: {told}");
    }
}
