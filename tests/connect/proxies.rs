//! Real proxies and tunnels between the clients and real servers: `SOCKS4`, 4a and 5, HTTP CONNECT, the same over TLS, ssh, a command that
//! is the server itself. protocol.md C20–C30, T035, T050, T109. RFC 1928, RFC 1929, RFC 9110 §9.3.6.

use imapkit::ErrorKind;
use imapkit::dial::Phase;
use imapkit_testkit::canary::contains_secret;
use imapkit_testkit::live::{self, LiveServer, LiveWays};

use crate::fronts::{FRONTS, Link, Setup, carry, visit};

fn server() -> Option<(LiveServer, LiveWays)> {
    let ways = live::ways()?;
    Some((live::servers().remove(0), ways))
}

/// To a live server, through this.
fn through(server: &LiveServer, link: Link, url: &str) -> Setup {
    let port = if link == Link::Tls { server.tls_port } else { server.plain_port };
    let ca_file = Some(server.ca_file.clone());
    let proxy_ca_file = url.starts_with("https").then(|| server.ca_file.clone());
    Setup { route: Some(url.to_owned()), ca_file, proxy_ca_file, ..Setup::new(link, &server.host, port) }
}

#[test]
fn c020_every_kind_of_proxy_leads_to_a_real_server_over_tls_and_starttls() {
    let Some((server, ways)) = server() else { return };
    for proxy in &ways.proxies {
        for link in [Link::Tls, Link::StartTls] {
            for front in FRONTS {
                let visit = visit(front, &through(&server, link, &proxy.url));
                let visit =
                    visit.unwrap_or_else(|error| panic!("{front:?} by {link:?} through {}: {error}", proxy.name));
                assert!(visit.opened.authenticated && visit.tls && visit.peer.is_none(), "{}", proxy.name);
                assert!(visit.phases.contains(&Phase::Proxy), "{}: {:?}", proxy.name, visit.phases);
            }
        }
    }
}

#[test]
fn c021_the_proxy_resolves_the_name_and_we_do_not() {
    let Some((server, ways)) = server() else { return };
    for proxy in &ways.proxies {
        for front in FRONTS {
            let setup = Setup { host: ways.name_behind.clone(), ..through(&server, Link::Clear, &proxy.url) };
            let outcome = visit(front, &setup);
            if proxy.url.starts_with("socks4:") {
                let error = outcome.expect_err("SOCKS4 takes addresses, and here that name means nothing");
                assert!(error.to_string().starts_with("resolving"), "{error}");
            } else {
                assert!(outcome.unwrap_or_else(|error| panic!("{}: {error}", proxy.name)).opened.authenticated);
            }
        }
    }
}

#[test]
fn c024_large_messages_pass_both_ways() {
    let Some((server, ways)) = server() else { return };
    let text = format!("Subject: large\r\n\r\n{}", "0123456789abcdef\r\n".repeat(40_000));
    for (at, proxy) in ways.proxies.iter().enumerate() {
        for front in FRONTS {
            let name = format!("proxied-{}-{at}-{front:?}", std::process::id());
            let (content, _) = carry(front, &through(&server, Link::Tls, &proxy.url), &name, text.as_bytes())
                .unwrap_or_else(|error| panic!("{front:?} through {}: {error}", proxy.name));
            assert!(content == text.as_bytes(), "{front:?} through {}", proxy.name);
        }
    }
}

#[test]
fn c023_wrong_credentials_are_the_proxys_matter_and_no_secret_shows() {
    let Some((server, ways)) = server() else { return };
    let with_password = ways.proxies.iter().filter(|proxy| proxy.url.contains('@'));
    let mut tried = 0;
    for proxy in with_password {
        let (wrong, none) = (proxy.url.replace(&ways.password, "canary-93b1"), {
            let (scheme, rest) = proxy.url.split_once("://").expect("a URL");
            format!("{scheme}://{}", rest.split_once('@').expect("credentials").1)
        });
        for url in [wrong, none] {
            for front in FRONTS {
                let error = visit(front, &through(&server, Link::Tls, &url)).expect_err("the proxy refuses");
                assert!(error.to_string().contains("refuses the credentials"), "{}: {error}", proxy.name);
                let told = format!("{error} {error:?}");
                assert!(!contains_secret(&told, "canary-93b1") && !told.contains("pass"), "{told}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 12, "three proxies want a password");
}

#[test]
fn c022_the_proxys_certificate_is_checked_against_its_own_name() {
    let Some((server, ways)) = server() else { return };
    let url = &ways.proxies.iter().find(|proxy| proxy.url.starts_with("https")).expect("one of them speaks TLS").url;
    for front in FRONTS {
        // What the server's certificate is trusted by counts nothing for the proxy's.
        let untrusted = Setup { proxy_ca_file: None, ..through(&server, Link::Tls, url) };
        let error = visit(front, &untrusted).expect_err("nobody vouches for the proxy");
        assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
        assert!(error.to_string().starts_with("the proxy localhost"), "{error}");
        let misnamed = through(&server, Link::Tls, &url.replace("localhost", "ip6-loopback"));
        let error = visit(front, &misnamed).expect_err("that is not the name in its certificate");
        assert!(matches!(error.kind(), ErrorKind::Tls | ErrorKind::Io), "{error}");
    }
}

#[test]
fn c024_a_proxy_that_cannot_connect_says_so() {
    let Some((server, ways)) = server() else { return };
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    for proxy in &ways.proxies {
        for front in FRONTS {
            let setup = Setup { port: nobody.port(), ..through(&server, Link::Tls, &proxy.url) };
            let error = visit(front, &setup).expect_err("nobody listens there");
            let told = error.to_string();
            assert!(told.starts_with("the proxy "), "{}: {told}", proxy.name);
            assert!(told.contains(" refuses to connect") || told.contains(" closed"), "{}: {told}", proxy.name);
        }
    }
}

#[test]
fn c029_a_command_whose_server_knows_who_we_are() {
    let Some((_, ways)) = server() else { return };
    for command in &ways.commands {
        for front in FRONTS {
            let route = Some(format!("command:{command}"));
            let visit = visit(front, &Setup { route, ..Setup::new(Link::Tunnel, "tunnel", 143) });
            let visit = visit.unwrap_or_else(|error| panic!("{front:?}, {command}: {error}"));
            assert_eq!(visit.opened.mechanism.as_deref(), Some("PREAUTH"), "{command}");
        }
    }
}

#[test]
fn c029_tls_goes_through_a_command_as_through_a_socket() {
    let Some((server, _)) = server() else { return };
    for (link, port) in [(Link::Tls, server.tls_port), (Link::StartTls, server.plain_port)] {
        for front in FRONTS {
            let route = Some(format!("command:bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}; cat <&3 & cat >&3'"));
            let ca_file = Some(server.ca_file.clone());
            let setup = Setup { route, ca_file, ..Setup::new(link, &server.host, port) };
            let visit = visit(front, &setup).unwrap_or_else(|error| panic!("{front:?} by {link:?}: {error}"));
            assert!(visit.tls && visit.opened.authenticated);
        }
    }
}

#[test]
fn c029_a_command_that_fails_tells_why() {
    for front in FRONTS {
        for (command, words) in [
            ("sh -c 'echo no route to host >&2; exit 255'", "exit status: 255: no route to host"),
            ("sh -c 'head -c 9000 /dev/zero | tr \"\\0\" x >&2; echo the end >&2; exit 3'", "the end"),
            ("no-such-program {host}", "starting the tunnel command"),
        ] {
            let route = Some(format!("command:{command}"));
            let error =
                visit(front, &Setup { route, ..Setup::new(Link::Tunnel, "localhost", 143) }).expect_err("it fails");
            let told = error.to_string();
            assert!(told.contains(words) && told.len() < 5000, "{front:?}: {told}");
        }
    }
}

#[test]
fn c054_compression_with_every_server_over_every_link() {
    use imapkit::Compression;
    let text = format!("Subject: squeezed\r\n\r\n{}", "all work and no play\r\n".repeat(20_000));
    for (at, server) in live::servers_with(&["compress=deflate"]).into_iter().enumerate() {
        for (link, port) in
            [(Link::Tls, server.tls_port), (Link::StartTls, server.plain_port), (Link::Clear, server.plain_port)]
        {
            for (front, compress) in FRONTS.into_iter().zip([Compression::On, Compression::Auto]) {
                let name = format!("squeezed-{}-{at}-{link:?}-{front:?}", std::process::id());
                let ca_file = Some(server.ca_file.clone());
                let user = Some((server.users[1].name.clone(), server.users[1].password.clone()));
                let setup = Setup { ca_file, user, compress, ..Setup::new(link, &server.host, port) };
                let (content, compressed) = carry(front, &setup, &name, text.as_bytes())
                    .unwrap_or_else(|error| panic!("{front:?} on {} by {link:?}: {error}", server.name));
                assert!(compressed && content == text.as_bytes(), "{} by {link:?}", server.name);
            }
        }
    }
}
