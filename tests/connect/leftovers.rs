//! When connecting fails for want of time: one deadline, the phase that used it up by name, and nothing left behind: no descriptor, no
//! child, no thread. protocol.md T053, T096, T111, C18, C25, C29.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use imapkit::ErrorKind;
use imapkit_testkit::certs::Authority;

use crate::alone::in_process;
use crate::fronts::{FRONTS, Front, Link, Setup, visit_within, warm_up};
use crate::quiet;

const TIME: Duration = Duration::from_millis(400);

/// What this process holds.
fn holdings() -> (BTreeSet<String>, Vec<String>, usize) {
    let list = |path: &str| -> Vec<String> {
        let entries = std::fs::read_dir(path).expect("Linux tells");
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    // The one that reads the folder is closed by then.
    let open = list("/proc/self/fd").into_iter().filter_map(|fd| {
        let target = std::fs::read_link(format!("/proc/self/fd/{fd}")).ok()?;
        Some(format!("{fd} {}", target.display()))
    });
    let tasks = list("/proc/self/task");
    let children =
        tasks.iter().filter_map(|task| std::fs::read_to_string(format!("/proc/self/task/{task}/children")).ok());
    let children = children.flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    (open.collect(), children, tasks.len())
}

fn sockets() -> Vec<String> {
    holdings().0.into_iter().filter(|open| open.contains("socket:")).collect()
}

/// An address that takes no connection any more: its queue is full. What fills it has to be kept.
fn deaf() -> (socket2::Socket, Vec<socket2::Socket>, SocketAddr) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let waiting = (0..4).map(|_| {
        let client = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        client.set_nonblocking(true).unwrap();
        let _ = client.connect(&address.into());
        client
    });
    (socket, waiting.collect(), address)
}

fn at(link: Link, address: SocketAddr) -> Setup {
    Setup { timeout: TIME, ..Setup::new(link, "127.0.0.1", address.port()) }
}

/// Fails in this phase, in time, and leaves nothing.
fn fails(front: Front, setup: &Setup, phase: &str) {
    let before = holdings();
    let begun = Instant::now();
    let mut inside = None;
    visit_within(front, setup, |outcome| {
        let error = outcome.expect_err("it stalls");
        assert_eq!(error.kind(), ErrorKind::Timeout, "{front:?}, {phase}: {error}");
        assert!(error.to_string().contains(&format!("phase {phase}")), "{front:?}: {error}");
        assert!(begun.elapsed() >= TIME && begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
        inside = Some(holdings());
    });
    // No child even while the runtime is still there.
    assert_eq!(inside.unwrap().1, before.1, "{front:?}, {phase}: children");
    let settled = (0..100).any(|_| {
        let same = holdings() == before;
        if !same {
            std::thread::sleep(Duration::from_millis(20));
        }
        same
    });
    assert!(settled, "{front:?}, {phase}: before {before:?}, after {:?}", holdings());
}

#[test]
fn t111_a_stall_in_each_phase_is_named_and_leaves_nothing() {
    in_process("leftovers::t111_a_stall_in_each_phase_is_named_and_leaves_nothing", || {
        warm_up();
        let authority = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(authority.path(), Authority::new("somebody").pem()).unwrap();
        let ca_file = Some(authority.path().to_owned());
        let (_deaf, _waiting, deaf) = deaf();
        let silent = quiet::falls_silent(&[""]);
        let greets = quiet::falls_silent(&["* OK hi\r\n"]);
        let offers = quiet::falls_silent(&["* OK [CAPABILITY IMAP4rev1] hi\r\n"]);
        let logs_in = quiet::falls_silent(&["* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n"]);
        for front in FRONTS {
            fails(front, &at(Link::Clear, deaf), "connect");
            for scheme in ["socks4a", "socks5", "http"] {
                let route = Some(format!("{scheme}://{silent}"));
                fails(front, &Setup { route, ..at(Link::Clear, offers) }, "proxy");
            }
            let route = Some(format!("https://{silent}"));
            fails(front, &Setup { route, proxy_ca_file: ca_file.clone(), ..at(Link::Clear, offers) }, "proxy");
            fails(front, &Setup { ca_file: ca_file.clone(), ..at(Link::Tls, silent) }, "tls"); // T053
            fails(front, &at(Link::Clear, silent), "greeting");
            fails(front, &at(Link::Clear, greets), "greeting");
            fails(front, &Setup { ca_file: ca_file.clone(), ..at(Link::StartTls, logs_in) }, "starttls");
            fails(front, &at(Link::Clear, offers), "authenticate");
            let tunnel =
                |command: &str| Setup { route: Some(format!("command:{command}")), ..at(Link::Tunnel, silent) };
            fails(front, &tunnel("sleep 1000"), "greeting");
            // One that does not want to go.
            fails(front, &tunnel("sh -c 'trap \"\" TERM HUP; exec sleep 1000'"), "greeting");
        }
    });
}

#[test]
fn t096_a_server_that_speaks_slowly_does_not_stretch_the_deadline() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let drip = |mut stream: &TcpStream| -> std::io::Result<()> {
                    loop {
                        std::io::Write::write_all(&mut stream, b"*")?;
                        std::thread::sleep(Duration::from_millis(20));
                    }
                };
                drip(&stream)
            });
        }
    });
    for front in FRONTS {
        let begun = Instant::now();
        visit_within(front, &at(Link::Clear, address), |outcome| {
            assert_eq!(outcome.expect_err("no line ever ends").kind(), ErrorKind::Timeout);
        });
        assert!(begun.elapsed() < Duration::from_mins(1));
    }
}

#[test]
fn a_visit_that_succeeds_leaves_nothing_either() {
    in_process("leftovers::a_visit_that_succeeds_leaves_nothing_either", || {
        warm_up();
        let port = quiet::mail("127.0.0.1");
        let before = sockets();
        // The servers' threads hold sockets of their own while a visit lasts, and a little longer.
        for front in FRONTS {
            visit_within(front, &Setup::new(Link::Clear, "127.0.0.1", port), |outcome| drop(outcome.unwrap()));
            let settled = (0..200).any(|_| {
                std::thread::sleep(Duration::from_millis(10));
                sockets() == before
            });
            assert!(settled, "{front:?}: before {before:?}, after {:?}", sockets());
        }
    });
}
