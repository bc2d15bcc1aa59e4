//! Networks that are broken in real ways, each in a network namespace of its own: IPv6 that leads nowhere, no IPv4, names that nobody
//! answers for. RFC 8305; protocol.md C10–C15, C18, C21, C27, T111.
//!
//! The black hole: a route by way of a neighbour whose address no device has, so that packets leave and nobody ever takes them.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::atomic::Ordering;
use std::time::Duration;

use imapkit::ErrorKind;

use crate::alone::{Network, in_namespace};
use crate::fronts::{FRONTS, Link, Setup, visit, visits};
use crate::quiet::{self, Names};

const HERE_V4: &str = "10.99.1.2";
const HERE_V6: &str = "fd99::2";
/// How soon the next address is tried.
const HEAD_START: Duration = Duration::from_millis(250);

const HOLE: &str = "addr add 10.99.1.2/32 dev lo
    link add hole type veth peer name far
    link set hole up
    link set far up
    -6 addr add fd77::1/64 dev hole nodad
    -6 neigh add fd77::2 lladdr 02:00:00:00:00:99 dev hole
    -6 route add fdde::/64 via fd77::2 dev hole";

const BOTH: &str = "addr add 10.99.1.2/32 dev lo
    -6 addr add fd99::2/128 dev lo nodad";

fn to(name: &str, port: u16) -> Setup {
    Setup { timeout: Duration::from_mins(1), ..Setup::new(Link::Clear, name, port) }
}

#[test]
fn c012_ipv6_that_leads_nowhere_costs_a_quarter_of_a_second_once() {
    let hosts = "127.0.0.1 localhost\n10.99.1.2 imap.test\nfdde::2 imap.test\n";
    in_namespace(
        "namespaces::c012_ipv6_that_leads_nowhere_costs_a_quarter_of_a_second_once",
        &Network { setup: HOLE, hosts, resolv: "" },
        || {
            let port = quiet::mail(HERE_V4);
            for front in FRONTS {
                let mut found = visits(front, &to("imap.test", port), 6).into_iter().map(Result::unwrap);
                let first = found.next().unwrap();
                assert_eq!(first.peer.unwrap().ip(), Ipv4Addr::new(10, 99, 1, 2));
                assert!(first.took >= HEAD_START, "{:?}", first.took);
                // Then it is known which family answers (C15). One of the five may be disturbed by other work, not all.
                let later: Vec<_> = found.map(|visit| visit.took).collect();
                assert!(later.iter().any(|took| *took < HEAD_START), "{front:?}: {later:?}");
                // Unless IPv6 is asked for in as many words.
                let preferring = Setup { prefer_ipv6: true, ..to("imap.test", port) };
                for visit in visits(front, &preferring, 2) {
                    let took = visit.unwrap().took;
                    assert!(took >= HEAD_START, "{front:?}: IPv6 was not tried first: {took:?}");
                }
            }
        },
    );
}

#[test]
fn c011_ipv6_is_preferred_where_it_works() {
    let hosts = "127.0.0.1 localhost\n10.99.1.2 imap.test\nfd99::2 imap.test\n";
    in_namespace(
        "namespaces::c011_ipv6_is_preferred_where_it_works",
        &Network { setup: BOTH, hosts, resolv: "" },
        || {
            let port = quiet::mail(HERE_V6);
            quiet::mail_at(HERE_V4, port);
            for front in FRONTS {
                for prefer_ipv6 in [false, true] {
                    let visit = visit(front, &Setup { prefer_ipv6, ..to("imap.test", port) }).unwrap();
                    assert_eq!(visit.peer.unwrap().ip().to_string(), HERE_V6, "{front:?}, {prefer_ipv6}");
                }
                // The address that is given wins over all names.
                let address = Some(HERE_V4.parse().unwrap());
                let visit = visit(front, &Setup { address, prefer_ipv6: true, ..to("imap.test", port) }).unwrap();
                assert_eq!(visit.peer.unwrap().ip().to_string(), HERE_V4);
            }
        },
    );
}

#[test]
fn c012_ipv6_that_is_refused_costs_nothing() {
    let hosts = "127.0.0.1 localhost\n10.99.1.2 imap.test\nfd99::2 imap.test\n";
    in_namespace(
        "namespaces::c012_ipv6_that_is_refused_costs_nothing",
        &Network { setup: BOTH, hosts, resolv: "" },
        || {
            let port = quiet::mail(HERE_V4);
            for front in FRONTS {
                let setup = Setup { prefer_ipv6: true, ..to("imap.test", port) };
                let took: Vec<_> = visits(front, &setup, 5).into_iter().map(|visit| visit.unwrap().took).collect();
                assert!(took.iter().any(|took| *took < HEAD_START), "{front:?}: {took:?}");
            }
            // Where neither is there, both are named.
            let error = visit(FRONTS[0], &to("imap.test", 9)).unwrap_err().to_string();
            assert!(error.contains("10.99.1.2: ") && error.contains("[fd99::2]: "), "{error}");
        },
    );
}

#[test]
fn a_host_without_ipv4() {
    let hosts = "127.0.0.1 localhost\nfd99::2 imap.test both.test\n10.99.1.2 both.test\n";
    in_namespace(
        "namespaces::a_host_without_ipv4",
        &Network { setup: "-6 addr add fd99::2/128 dev lo nodad", hosts, resolv: "" },
        || {
            let port = quiet::mail(HERE_V6);
            for front in FRONTS {
                for name in ["imap.test", "both.test", "[fd99::2]"] {
                    let visit = visit(front, &to(name, port)).unwrap();
                    assert_eq!(visit.peer.unwrap().ip().to_string(), HERE_V6, "{name}");
                }
            }
        },
    );
}

#[test]
fn prefer_ipv6_makes_no_difference_without_ipv6() {
    let hosts = "127.0.0.1 localhost\nfd99::2 both.test\n10.99.1.2 both.test imap.test\n";
    in_namespace(
        "namespaces::prefer_ipv6_makes_no_difference_without_ipv6",
        &Network { setup: "addr add 10.99.1.2/32 dev lo", hosts, resolv: "" },
        || {
            let port = quiet::mail(HERE_V4);
            for front in FRONTS {
                for name in ["both.test", "imap.test"] {
                    let setup = Setup { prefer_ipv6: true, ..to(name, port) };
                    let took: Vec<_> = visits(front, &setup, 5).into_iter().map(|visit| visit.unwrap().took).collect();
                    assert!(took.iter().any(|took| *took < HEAD_START), "{front:?}, {name}: {took:?}");
                }
            }
        },
    );
}

#[test]
fn c010_a_name_server_that_lets_aaaa_time_out_costs_fifty_milliseconds() {
    let network =
        Network { setup: BOTH, hosts: "127.0.0.1 localhost\n", resolv: "nameserver 127.0.0.1\noptions timeout:30\n" };
    in_namespace("namespaces::c010_a_name_server_that_lets_aaaa_time_out_costs_fifty_milliseconds", &network, || {
        let asked = quiet::names(Names::NoAnswerToAaaa(HERE_V4.parse().unwrap()));
        let port = quiet::mail(HERE_V4);
        for front in FRONTS {
            let visit = visit(front, &to("imap.example.org", port)).unwrap();
            assert!(visit.took < Duration::from_secs(20), "the resolver waits 30 s for each AAAA: {:?}", visit.took);
        }
        assert!(asked.0.load(Ordering::SeqCst) >= 4, "both were asked for");
    });
}

#[test]
fn c010_both_families_come_from_the_name_server() {
    let network = Network { setup: BOTH, hosts: "127.0.0.1 localhost\n", resolv: "nameserver 127.0.0.1\n" };
    in_namespace("namespaces::c010_both_families_come_from_the_name_server", &network, || {
        quiet::names(Names::Both(HERE_V4.parse().unwrap(), HERE_V6.parse::<Ipv6Addr>().unwrap()));
        let port = quiet::mail(HERE_V6);
        quiet::mail_at(HERE_V4, port);
        for front in FRONTS {
            let visit = visit(front, &Setup { prefer_ipv6: true, ..to("imap.example.org", port) }).unwrap();
            assert_eq!(visit.peer.unwrap().ip().to_string(), HERE_V6, "{front:?}");
        }
    });
}

#[test]
fn t111_a_name_server_that_says_nothing() {
    let network = Network {
        setup: BOTH,
        hosts: "127.0.0.1 localhost\n",
        resolv: "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n",
    };
    in_namespace("namespaces::t111_a_name_server_that_says_nothing", &network, || {
        quiet::names(Names::Silent);
        let timeout = Duration::from_millis(700);
        for front in FRONTS {
            let begun = std::time::Instant::now();
            let error = visit(front, &Setup { timeout, ..to("imap.example.org", 143) }).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout);
            assert!(error.to_string().contains("phase resolve"), "{error}");
            // The runtime is gone by now, and has not waited for the resolver either.
            assert!(begun.elapsed() < Duration::from_mins(1), "{front:?}: {:?}", begun.elapsed());
        }
    });
}

#[test]
fn c021_no_name_leaks_past_a_proxy() {
    let network = Network { setup: BOTH, hosts: "127.0.0.1 localhost\n", resolv: "nameserver 127.0.0.1\n" };
    in_namespace("namespaces::c021_no_name_leaks_past_a_proxy", &network, || {
        let asked = quiet::names(Names::Both(HERE_V4.parse().unwrap(), HERE_V6.parse().unwrap()));
        // What a proxy says when it has connected, and then the server.
        let http: &'static [&'static str] = &["", "HTTP/1.1 200 yes\r\n\r\n* BYE enough\r\n"];
        let socks4a: &'static [&'static str] = &["", "\0Z\0\0\0\0\0\0* BYE enough\r\n"];
        let socks5: &'static [&'static str] = &["", "\u{5}\0", "\u{5}\0\0\u{1}\0\0\0\0\0\0* BYE enough\r\n"];
        for (scheme, words) in [("http", http), ("socks4a", socks4a), ("socks5", socks5), ("socks5h", socks5)] {
            let address = quiet::falls_silent(words);
            for front in FRONTS {
                let route = Some(format!("{scheme}://{address}"));
                let error = visit(front, &Setup { route, ..to("imap.example.org", 143) }).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Bye, "{scheme}: the server behind the proxy was heard: {error}");
            }
        }
        assert_eq!(asked.0.load(Ordering::SeqCst), 0, "{:?}", asked.1.lock().unwrap());
        // SOCKS4 cannot but ask.
        let address = quiet::falls_silent(socks4a);
        let route = Some(format!("socks4://{address}"));
        let error = visit(FRONTS[0], &Setup { route, ..to("imap.example.org", 143) }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Bye, "{error}");
        assert!(asked.1.lock().unwrap().iter().all(|name| name == "imap.example.org."));
        assert!(asked.0.load(Ordering::SeqCst) > 0);
    });
}
