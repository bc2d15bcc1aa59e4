//! SRV and MX over real packets, and whose certificate counts for what they lead to: C06, T051.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use imapkit::ErrorKind;
use imapkit_discover::{Email, Identity, Options, Outcome, Protection, Reason, Server, Source, find};
use imapkit_testkit::certs::Authority;
use imapkit_testkit::peer::{Peer, PeerConn};

use crate::support::{DOMAIN, Web, Zone, missing, network, search, soon, told, trust};

fn nothing() -> Web {
    Web::serve(|_, _| missing())
}

#[tokio::test]
async fn srv_records_are_found_ordered_and_asked_for_by_full_names() {
    let zone =
        Zone::default().srv("_imaps", 10, 0, 9993, "imap.example.org").srv("_imaps", 20, 0, 993, "backup.hoster.net");
    let (dns, web) = (zone.srv("_imap", 0, 0, 143, "imap.example.org").serve(), nothing());
    let found = search(&network(&dns, &web)).await.unwrap();
    assert_eq!((found.source, found.server.to_string().as_str()), (Source::Srv, "imap.example.org:9993 (TLS)"));
    assert_eq!(found.server.identity, Identity::Host, "a host below the mail domain");
    let others: Vec<String> = found.others.iter().map(ToString::to_string).collect();
    let expected = [
        "imap.example.org:9993 (TLS), certificate for example.org",
        "backup.hoster.net:993 (TLS), certificate for example.org",
        "imap.example.org:143 (STARTTLS)",
        "imap.example.org:143 (STARTTLS), certificate for example.org",
    ];
    assert_eq!(others, expected);
    assert_eq!(found.server.user, "ann@example.org");
    let mut asked = dns.asked();
    asked.sort();
    asked.dedup();
    assert_eq!(asked, ["MX example.org.", "SRV _imap._tcp.example.org.", "SRV _imaps._tcp.example.org."]);
}

#[tokio::test]
async fn rfc_2782_weights_are_shares() {
    let zone =
        Zone::default().srv("_imaps", 1, 90, 993, "big.example.org").srv("_imaps", 1, 10, 993, "small.example.org");
    let (dns, web) = (zone.serve(), nothing());
    let mut options = Options::default();
    options.skip = [Source::ProviderByMx, Source::IspdbByMx, Source::Autoconfig, Source::Ispdb, Source::Guess].into();
    let email = Email::parse("ann@example.org").unwrap();
    let mut firsts: HashMap<String, usize> = HashMap::new();
    for _ in 0..200 {
        let found = soon(find(&email, &options, &network(&dns, &web))).await.unwrap();
        assert_eq!(found.others.len(), 3);
        *firsts.entry(found.server.host.to_string()).or_default() += 1;
    }
    // 180 are expected; fewer than 140 or no other at all happens once in 10^9 runs.
    assert!((140..200).contains(&firsts["big.example.org"]), "{firsts:?}");
}

#[tokio::test]
async fn a_dot_means_not_offered_and_nxdomain_means_unknown() {
    let (dns, web) = (Zone::default().srv("_imaps", 0, 0, 0, ".").srv("_imap", 0, 0, 0, ".").serve(), nothing());
    let error = search(&network(&dns, &web)).await.unwrap_err();
    assert!(matches!(error.reason(), Reason::NotOffered(domain) if domain == DOMAIN), "{error}");
    let dns = Zone::default().serve();
    let error = search(&network(&dns, &web)).await.unwrap_err();
    assert!(matches!(error.reason(), Reason::Unknown(_)) && !error.is_retryable(), "{error}\n{}", told(error.steps()));
    let names = error.steps().iter().filter(|step| step.outcome == Outcome::Nothing("no such name".into()));
    assert_eq!(names.count(), 3, "{}", told(error.steps()));
}

#[tokio::test]
async fn a_silent_dns_server_costs_its_time_and_is_told() {
    let zone = Zone::default().silent(DOMAIN).silent("_imaps._tcp.example.org").silent("_imap._tcp.example.org");
    let (dns, web) = (zone.serve(), nothing());
    let mut options = Options::default();
    (options.skip, options.dns_timeout) = (vec![Source::Guess], Duration::from_millis(400));
    let begun = Instant::now();
    let error =
        soon(find(&Email::parse("ann@example.org").unwrap(), &options, &network(&dns, &web))).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(told(error.steps()).matches("no answer within 0.4 s").count(), 3, "{}", told(error.steps()));
    assert!(begun.elapsed() >= Duration::from_millis(800), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn the_provider_that_takes_the_mail_is_known_by_its_mx() {
    let zone = Zone::default().mx(10, "ASPMX.L.Google.com").mx(20, "alt1.aspmx.l.google.com");
    let (dns, web) = (zone.serve(), nothing());
    let found = search(&network(&dns, &web)).await.unwrap();
    assert_eq!((found.source, found.server.to_string().as_str()), (Source::ProviderByMx, "imap.gmail.com:993 (TLS)"));
    assert!(web.asked().is_empty(), "{:?}", web.asked());
}

/// Connects as a program would to what was found; the server there has a certificate for `certificate`.
async fn connect(server: &Server, authority: &Authority, certificate: &str) -> Result<(), imapkit::Error> {
    let tls = authority.issue_for(&[certificate]).server_config();
    let peer = if server.protection == Protection::Tls {
        Peer::setup().implicit_tls(tls).serve_fn(|conn| {
            conn.send("* OK [CAPABILITY IMAP4rev1] hi\r\n")?;
            conn.drain()
        })
    } else {
        Peer::setup().tls(tls).serve_fn(|conn: &mut PeerConn| {
            conn.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n")?;
            let tag = conn.expect("STARTTLS")?;
            conn.send(format!("{tag} OK go\r\n"))?;
            conn.start_tls()?;
            let tag = conn.expect("CAPABILITY")?;
            conn.send(format!("* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n"))?;
            conn.drain()
        })
    };
    let config =
        server.config().port(peer.port()).host_address("127.0.0.1".parse().unwrap()).tls_config(trust(authority));
    soon(imapkit::connect(&config)).await.map(drop)
}

#[tokio::test]
async fn t051_what_srv_says_has_to_show_the_certificate_of_the_mail_domain() {
    let authority = Authority::new("imap");
    for service in ["_imaps", "_imap"] {
        let (dns, web) = (Zone::default().srv(service, 0, 0, 993, "mail.hoster.net").serve(), nothing());
        let server = search(&network(&dns, &web)).await.unwrap().server;
        assert_eq!(server.host.to_string(), "mail.hoster.net");
        connect(&server, &authority, DOMAIN).await.unwrap();
        let error = connect(&server, &authority, "mail.hoster.net").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls, "{service}: {error}");
        connect(&server.clone().confirmed(), &authority, "mail.hoster.net").await.unwrap();
        let error = connect(&server.confirmed(), &authority, DOMAIN).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls, "{service}: {error}");
    }
}
