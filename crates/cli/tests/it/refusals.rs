//! Exit codes and the words that go with them: what happened, where, what to do next.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::bench::{Bench, bare, ran};

#[test]
fn a_wrong_password_is_3_with_the_servers_words() {
    let bench = Bench::new();
    for verb in ["ls", "search", "fetch"] {
        let mut command = bench.command(&[verb, &bench.place("")]);
        command.env("IMAPKIT_PASSWORD", "wrong");
        let ran = ran(command).exits(3);
        let lines: Vec<&str> = ran.err.lines().collect();
        assert!(
            lines[0].starts_with("error: localhost:") && lines[0].ends_with("refused the password for demo"),
            "{ran:?}"
        );
        assert!(
            lines[1].contains("the server said: ") && lines[1].contains("[AUTHENTICATIONFAILED]") && lines.len() > 2,
            "{ran:?}"
        );
        assert!(ran.out.is_empty());
    }
}

#[test]
fn with_json_the_error_is_an_object_too() {
    let bench = Bench::new();
    let mut command = bench.command(&["ls", &bench.place(""), "--json"]);
    command.env("IMAPKIT_PASSWORD", "wrong");
    let ran = ran(command).exits(3);
    let objects = ran.objects();
    assert_eq!((objects.len(), objects[0]["type"].as_str(), objects[0]["exit"].as_u64()), (1, Some("error"), Some(3)));
    assert_eq!(objects[0]["server_code"], "AUTHENTICATIONFAILED");
    assert!(ran.err.starts_with("error: "), "people are told as well");
}

#[test]
fn a_closed_port_and_an_unknown_host_are_4() {
    let run = |place: &str| {
        let mut command = bare(&["ls", "--no-discover", place]);
        command.env("IMAPKIT_PASSWORD", "x");
        ran(command)
    };
    let closed = run("ann@127.0.0.1:1").exits(4);
    assert!(closed.err.contains("nothing listens there") && !closed.err.contains("os error"), "{closed:?}");
    let unknown = run("imaps://ann@no-such-host.invalid").exits(4);
    assert!(unknown.err.contains("there is no server no-such-host.invalid"), "{unknown:?}");
    let address = run("ann@no-such-domain.invalid").exits(4);
    assert!(address.err.contains("no IMAP server of no-such-domain.invalid was found"), "{address:?}");
}

/// Listens, and answers whoever connects with this.
fn proxy(answer: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        }
    });
    port
}

#[test]
fn a_proxy_that_fails_is_named_with_what_to_do_about_it() {
    let run = |verb: &str, way: &str| {
        let mut command = bare(&[verb, "imaps://ann@imap.example.org", "--timeout", "2", "--proxy", way]);
        command.env("IMAPKIT_PASSWORD", "x");
        ran(command)
    };
    let mute = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (way, says, advice) in [
        (
            format!("http://127.0.0.1:{}", proxy(b"HTTP/1.1 407 Who?\r\n\r\n")),
            "refuses the cred",
            "IMAPKIT_PROXY_PASSWORD",
        ),
        (format!("http://127.0.0.1:{}", proxy(b"HTTP/1.1 503 no route\r\n\r\n")), "no route", "lets through"),
        (format!("socks5://127.0.0.1:{}", proxy(b"\x05\xff")), "refuses the cred", "IMAPKIT_PROXY_PASSWORD"),
        (format!("socks5://127.0.0.1:{}", proxy(b"SSH-2.0-x\r\n")), "makes no sense", "a proxy of this kind"),
        (format!("socks5://127.0.0.1:{mute}"), "onnection refused", "that it runs"),
        ("command:sh -c 'echo oops >&2; exit 3'".to_owned(), "oops", "try it by hand"),
        ("unix:/no/such/socket".to_owned(), "/no/such/socket", "behind `unix:`"),
    ] {
        let told = run("ls", &way).exits(4);
        assert!(told.err.contains(says) && told.err.contains(advice), "{way}: {told:?}");
        let named = way.split_once("://").is_none_or(|(_, at)| told.err.contains(&format!("the proxy {at}")));
        assert!(named && !told.err.contains("doctor") && !told.err.contains("993"), "{way}: {told:?}");
        let told = run("doctor", &way).exits(1);
        assert!(
            told.text().contains(advice.split(' ').next().unwrap()) && !told.text().contains("`imapkit doctor`"),
            "{told:?}"
        );
    }
}

#[test]
fn a_wrong_certificate_is_5_and_nothing_is_sent() {
    let bench = Bench::new();
    let refused = |args: &[&str]| {
        let mut command = bare(args);
        command.env("IMAPKIT_PASSWORD", "demo");
        ran(command).exits(5)
    };
    let unknown = refused(&["ls", &bench.place("")]);
    assert!(
        unknown.err.contains("unknown authority") && unknown.err.contains("no password has left this machine"),
        "{unknown:?}"
    );
    let pin = unknown.err.lines().find_map(|line| line.trim().strip_prefix("--pin ")).unwrap().to_owned();
    let mut pinned = bare(&["ls", &bench.place(""), "--pin", &pin]);
    pinned.env("IMAPKIT_PASSWORD", "demo");
    ran(pinned).good();
    let other = refused(&["ls", &bench.place(""), "--pin", &"0".repeat(64)]);
    assert!(other.err.contains("has changed"), "{other:?}");
    // The certificate is for localhost, 127.0.0.1 and ::1, not for this name of the same machine.
    let name = format!("imaps://demo@wrong.localhost:{}", bench.server.tls_port());
    if let Ok(mut found) = std::net::ToSocketAddrs::to_socket_addrs(&("wrong.localhost", 1))
        && found.next().is_some()
    {
        let wrong = refused(&["ls", &name, "--ca-file", bench.path("ca.pem").to_str().unwrap()]);
        assert!(wrong.err.contains("is not for wrong.localhost"), "{wrong:?}");
    }
}

#[test]
fn clear_text_beyond_this_machine_is_5_before_anything_happens() {
    let ran = ran(bare(&["ls", "imap+insecure://ann@imap.example.org"])).exits(5);
    assert!(
        ran.err.contains("clear text to imap.example.org is refused") && ran.err.contains("--allow-cleartext"),
        "{ran:?}"
    );
}

#[test]
fn wrong_usage_is_64() {
    for args in [
        &["frobnicate"][..],
        &["search"],
        &["ls", "--no-such-flag", "ann@example.org"],
        &["ls", "INBOX"],
        &["search", "ann@example.org", "is:unraed"],
        &["show", "ann@example.org/INBOX"],
        &["fetch", "ann@example.org", "--format", "zip"],
        &["put", "ann@example.org"],
        &["ls", "--account", "none"],
    ] {
        let mut command = bare(args);
        command.env("IMAPKIT_CONFIG", env!("CARGO_MANIFEST_PATH"));
        let ran = ran(command).exits(64);
        assert!(ran.out.is_empty() && ran.err.starts_with("error: "), "{ran:?}");
    }
}

#[test]
fn help_and_version_are_data() {
    let help = ran(bare(&["--help"])).good();
    assert!(help.text().contains("imapkit demo") && help.text().contains("64 wrong usage") && help.err.is_empty());
    for verb in ["demo", "doctor", "ls", "search", "show", "fetch", "put", "watch"] {
        assert!(help.text().contains(&format!("  {verb} ")), "{verb}");
        assert!(ran(bare(&[verb, "--help"])).good().text().contains("--json"), "{verb}");
    }
    assert!(!help.text().contains("generate"), "that is for packagers");
    assert_eq!(ran(bare(&["--version"])).good().text(), concat!("imapkit ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn without_a_terminal_a_missing_password_is_said_and_not_waited_for() {
    let bench = Bench::new();
    let mut command = bench.command(&["ls", &bench.place("")]);
    command.env_remove("IMAPKIT_PASSWORD");
    let ran = ran(command).exits(3);
    assert!(ran.err.contains("no password for demo") && ran.err.contains("--password-command"), "{ran:?}");
}
