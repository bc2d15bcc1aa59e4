//! An address is enough: the program in a network of its own, where `autoconfig.example.org` is a web server of the test. C03, C04, T037, T051.
//!
//! The network is a namespace of the kernel (`unshare`), so that names, port 443 and the authorities are those the program really uses and
//! nothing has to be told about tests. Where that is not possible the tests say so and skip; in CI they fail.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, UdpSocket};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use imapkit_testkit::certs::Authority;
use imapkit_testkit::peer::Peer;
use rustls::{ServerConnection, StreamOwned};

use crate::bench::{Bench, Ran};

/// Set in the namespace.
const INSIDE: &str = "IMAPKIT_TEST_INSIDE";
const HOSTS: &str =
    "127.0.0.1 localhost autoconfig.example.org example.org imap.example.org autoconfig.thunderbird.net\n";

/// Runs this test again within a network of its own; there, says `true`.
#[expect(clippy::print_stderr, reason = "who skips says so")]
fn inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hosts"), HOSTS).unwrap();
    std::fs::write(folder.path().join("resolv.conf"), "nameserver 127.0.0.1\nsearch corp.test\n").unwrap();
    let script = "ip link set lo up && mount --bind hosts /etc/hosts && mount --bind resolv.conf /etc/resolv.conf && exec \"$@\"";
    let apart = |user: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(user).args(["--net", "--mount", "sh", "-c", script, "sh"]).current_dir(folder.path());
        command
    };
    let works = |user: &[&str]| apart(user).arg("true").output().is_ok_and(|output| output.status.success());
    let Some(user) = [&[][..], &["--user", "--map-root-user"]].into_iter().find(|user| works(user)) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI has to be able to make network namespaces");
        eprintln!("SKIPPED {test}: this machine lets us make no network namespace (unshare, ip, mount)");
        return false;
    };
    let program = std::env::current_exe().unwrap();
    let status = apart(user).arg(program).args(["--exact", test, "--nocapture"]).env(INSIDE, "1").status().unwrap();
    assert!(status.success(), "failed in its own network, see above");
    false
}

/// A web server on port 443 that answers what `document` says, and notes what it was asked.
fn web(document: impl Fn(&str) -> Option<String> + Send + 'static) -> (Authority, Arc<Mutex<Vec<String>>>) {
    let authority = Authority::new("web");
    let names = ["autoconfig.example.org", "example.org", "autoconfig.thunderbird.net"];
    let config = authority.issue_for(&names).server_config();
    let listener = TcpListener::bind("127.0.0.1:443").unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let mut lines = BufReader::new(&mut tls).lines().map_while(Result::ok);
            let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
            let path = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
            let host = head.iter().find_map(|line| line.to_ascii_lowercase().strip_prefix("host: ").map(str::to_owned));
            let host = host.unwrap_or_default();
            log.lock().unwrap().push(format!("{host}{path}"));
            drop(lines);
            let (status, body) = document(&host).map_or((404, String::new()), |body| (200, body));
            // The program may have heard enough.
            let _ =
                write!(tls, "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
            tls.conn.send_close_notify();
            let _ = tls.flush();
        }
    });
    (authority, asked)
}

fn document(socket: &str, port: u16) -> String {
    format!(
        "<clientConfig version=\"1.1\"><emailProvider id=\"example.org\"><incomingServer type=\"imap\"><hostname>localhost</hostname>\
         <port>{port}</port><socketType>{socket}</socketType><username>%EMAILLOCALPART%</username></incomingServer>\
         </emailProvider></clientConfig>"
    )
}

/// A DNS server that knows this one SRV record of `_imaps._tcp.example.org` at most, and no other name (RFC 1035 §4.1, RFC 2782).
fn dns(record: Option<(u16, &str)>) -> Arc<Mutex<Vec<String>>> {
    let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
    let (port, target) = record.unwrap_or_default();
    let exists = record.is_some();
    let labels = target.split('.').flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat());
    let name: Vec<u8> = labels.chain([0]).collect();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            let end = 12 + query[12..length].iter().position(|octet| *octet == 0).unwrap() + 5;
            let question = &query[12..end];
            log.lock().unwrap().push(String::from_utf8_lossy(question).to_ascii_lowercase());
            let known =
                exists && question.to_ascii_lowercase().starts_with(b"\x06_imaps\x04_tcp\x07example\x03org\0\0\x21");
            let (code, count) = if known { (0x80, 1) } else { (0x83, 0) };
            let mut answer = [&query[..2], &[0x81, code, 0, 1, 0, count, 0, 0, 0, 0], question].concat();
            if known {
                let data = [&[0, 0, 0, 0], &port.to_be_bytes()[..], &name].concat();
                answer.extend([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()]);
                answer.extend(data);
            }
            socket.send_to(&answer, from).unwrap();
        }
    });
    asked
}

/// The program, believing the web server, with a cache of its own.
fn run(bench: &Bench, web: &Authority, args: &[&str]) -> Ran {
    let authorities = bench.file("web.pem", web.pem());
    let mut command = bench.command(args);
    // A proxy of the environment is used only on request.
    command.env("HTTPS_PROXY", "http://127.0.0.1:9").env("ALL_PROXY", "http://127.0.0.1:9");
    command.env("SSL_CERT_FILE", authorities).env("XDG_CACHE_HOME", bench.path("cache"));
    crate::bench::ran(command)
}

#[test]
fn an_address_is_enough_and_is_remembered_without_the_address() {
    if !inside("discovery::an_address_is_enough_and_is_remembered_without_the_address") {
        return;
    }
    let bench = Bench::new();
    let names = dns(None);
    let now = Arc::new(Mutex::new(document("SSL", bench.server.tls_port())));
    let told = Arc::clone(&now);
    let (authority, asked) = web(move |host| (host == "autoconfig.example.org").then(|| told.lock().unwrap().clone()));
    let ls = |args: &[&str]| run(&bench, &authority, &[&["ls", "-v", "demo@example.org"], args].concat());

    let first = ls(&[]).good();
    assert!(first.text().contains("INBOX"), "{first:?}");
    assert!(
        first.err.contains("autoconfig https://autoconfig.example.org/mail/config-v1.1.xml?…: localhost:"),
        "{first:?}"
    );
    // The system's search domain is nobody whom the address concerns.
    let names = names.lock().unwrap().clone();
    assert!(names.iter().all(|name| !(name.contains("example") && name.contains("corp"))), "{names:?}");
    assert!(first.err.contains("provider by MX example.org: nothing: no such name"), "{first:?}");
    let requests = asked.lock().unwrap().len();
    assert!(
        asked
            .lock()
            .unwrap()
            .iter()
            .all(|asked| !asked.contains("demo") || asked.starts_with("autoconfig.example.org/"))
    );
    let cache = std::fs::read_to_string(bench.path("cache/imapkit/servers.toml")).unwrap();
    assert!(cache.contains("example.org") && cache.contains("localhost") && !cache.contains("demo"), "{cache}");

    let second = ls(&[]).good();
    assert!(second.err.contains("the server is localhost:") && second.err.contains("(autoconfig)"), "{second:?}");
    assert_eq!(asked.lock().unwrap().len(), requests, "nobody is asked again");

    // The server moves: it is looked for anew, and found.
    let moved = Bench::new();
    bench.file("ca.pem", [moved.server.ca_pem(), bench.server.ca_pem()].concat());
    bench.file("cache/imapkit/servers.toml", cache.replace(&bench.server.tls_port().to_string(), "1"));
    *now.lock().unwrap() = document("SSL", 1);
    let lost = ls(&[]).exits(4);
    assert!(
        lost.err.contains("nothing listens there"),
        "where it was and where it is said to be are the same: {lost:?}"
    );
    *now.lock().unwrap() = document("SSL", moved.server.tls_port());
    let found = ls(&[]).good();
    assert!(found.err.contains("it was only remembered"), "{found:?}");
    assert!(ls(&[]).good().err.contains(&format!("the server is localhost:{}", moved.server.tls_port())));

    // T037: what was reached by TLS is not reached by STARTTLS afterwards, whoever says so.
    let cache = std::fs::read_to_string(bench.path("cache/imapkit/servers.toml")).unwrap();
    let stale: String =
        cache.lines().map(|line| if line.starts_with("seen") { "seen = 0" } else { line }.to_owned() + "\n").collect();
    bench.file("cache/imapkit/servers.toml", stale);
    *now.lock().unwrap() = document("STARTTLS", moved.server.plain_port().unwrap());
    let lower = ls(&[]).exits(5);
    assert!(lower.err.contains("less safe than what was used before"), "{lower:?}");
    std::fs::remove_file(bench.path("cache/imapkit/servers.toml")).unwrap();
    ls(&[]).good();
}

#[test]
fn nobody_is_asked_with_no_discover_and_nothing_found_is_told_with_what_to_do() {
    if !inside("discovery::nobody_is_asked_with_no_discover_and_nothing_found_is_told_with_what_to_do") {
        return;
    }
    let bench = Bench::new();
    dns(None);
    let (authority, asked) = web(|_| None);
    let lost = run(&bench, &authority, &["ls", "--no-discover", "demo@example.org"]).exits(4);
    assert!(asked.lock().unwrap().is_empty(), "{:?}", asked.lock().unwrap());
    assert!(lost.err.contains("no IMAP server of example.org was found"), "{lost:?}");
    assert!(lost.err.contains("name the server: imaps://demo%40example.org@HOST"), "{lost:?}");
    let behind = run(&bench, &authority, &["ls", "-v", "--proxy", "socks5://127.0.0.1:9", "demo@example.org"]).exits(4);
    assert!(behind.err.contains("skipped: it would not go through the proxy"), "{behind:?}");
    assert!(asked.lock().unwrap().is_empty(), "behind a proxy nobody is asked past it: {:?}", asked.lock().unwrap());
    run(&bench, &authority, &["ls", "demo@example.org"]).exits(4);
    let asked = asked.lock().unwrap().clone();
    assert!(asked.contains(&"autoconfig.thunderbird.net/v1.1/example.org".to_owned()), "{asked:?}");
    assert!(
        asked.iter().all(|asked| !asked.contains("demo") || asked.starts_with("autoconfig.example.org/")),
        "{asked:?}"
    );
}

#[test]
fn t051_a_host_that_only_dns_names_has_to_be_confirmed_by_naming_it() {
    if !inside("discovery::t051_a_host_that_only_dns_names_has_to_be_confirmed_by_naming_it") {
        return;
    }
    let bench = Bench::new();
    // The server's certificate is for `localhost`, which is not under the mail domain.
    dns(Some((bench.server.tls_port(), "localhost")));
    let (authority, _) = web(|_| None);
    let refused = run(&bench, &authority, &["ls", "demo@example.org"]).exits(5);
    assert!(refused.err.contains("example.org") && refused.err.contains("DNS can be forged"), "{refused:?}");
    let named = format!("imaps://demo%40example.org@localhost:{}", bench.server.tls_port());
    assert!(refused.err.contains(&format!("if it is right, name it: {named}")), "{refused:?}");
    run(&bench, &authority, &["ls", &named, "--user", "demo"]).good();
}

#[test]
fn a_login_name_that_nobody_told_may_be_another() {
    if !inside("discovery::a_login_name_that_nobody_told_may_be_another") {
        return;
    }
    let bench = Bench::new();
    let ca = Authority::new("imap");
    let tls = ca.issue_for(&["imap.example.org"]).server_config();
    // The first connection only looks whether the server is there.
    let peer = Peer::setup().implicit_tls(tls).serve_each(2, |conn| {
        conn.send("* OK [CAPABILITY IMAP4rev1] hi\r\n")?;
        let (tag, command) = conn.expect_line()?;
        if command == "LOGOUT" {
            return conn.send(format!("* BYE\r\n{tag} OK\r\n"));
        }
        conn.send(format!("{tag} NO [AUTHENTICATIONFAILED] no\r\n"))?;
        conn.drain()
    });
    dns(Some((peer.port(), "imap.example.org")));
    let (authority, _) = web(|_| None);
    bench.file("ca.pem", ca.pem());
    let refused = run(&bench, &authority, &["ls", "-v", "demo@example.org"]).exits(3);
    assert!(refused.err.contains("SRV imap.example.org:"), "{refused:?}");
    assert!(refused.err.contains("greets, with the right certificate"), "{refused:?}");
    assert!(refused.err.contains("only what is before the @: --user demo"), "{refused:?}");
    assert!(!bench.path("cache/imapkit/servers.toml").exists(), "a refusal proves nothing");
}

#[test]
fn a_provider_without_imap_is_told_without_a_network() {
    let bench = Bench::new();
    let problem = bench.run(&["ls", "--json", "ann@proton.me"]).exits(1);
    assert_eq!(problem.objects()[0]["kind"], "no-imap");
    assert!(problem.err.contains("Proton Mail has no IMAP for mail programs"), "{problem:?}");
    assert!(problem.err.contains("run the provider's bridge"), "{problem:?}");
}
