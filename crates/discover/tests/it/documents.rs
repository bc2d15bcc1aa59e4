//! Documents over real HTTPS: good ones, hostile ones, slow ones, and who sees the address. C03, C04, C07.

use std::time::{Duration, Instant};

use imapkit_discover::{Email, Options, Protection, Source, find};

use crate::support::{Reply, Web, Zone, document, missing, network, search, soon, told};

#[tokio::test]
async fn the_domains_own_document_is_read() {
    let dns = Zone::default().serve();
    let web =
        Web::serve(|host, _| if host == "autoconfig.example.org" { document("imap.example.org") } else { missing() });
    let found = search(&network(&dns, &web)).await.unwrap();
    assert_eq!((found.source, found.server.to_string().as_str()), (Source::Autoconfig, "imap.example.org:993 (TLS)"));
    assert_eq!((found.server.user.as_str(), found.protection()), ("ann", Protection::Tls));
    assert!(!told(&found.steps).contains("ann@") && !told(&found.steps).contains("ann%40"), "{}", told(&found.steps));
    let web =
        Web::serve(|_, path| if path.starts_with("/.well-known/") { document("mail.example.org") } else { missing() });
    assert_eq!(search(&network(&dns, &web)).await.unwrap().server.host.to_string(), "mail.example.org");
}

#[tokio::test]
async fn c04_the_database_sees_the_domain_and_only_the_domain_sees_the_address() {
    let dns = Zone::default().serve();
    let web = Web::serve(|host, path| match host {
        "autoconfig.thunderbird.net" if path == "/v1.1/example.org" => document("imap.hoster.net"),
        "autoconfig.example.org" => {
            Reply::Redirect("https://www.hoster.net/config.xml?emailaddress=ann%40example.org".into())
        }
        _ => missing(),
    });
    let found = search(&network(&dns, &web)).await.unwrap();
    assert_eq!((found.source, found.server.host.to_string().as_str()), (Source::Ispdb, "imap.hoster.net"));
    let mut asked = web.asked();
    asked.sort();
    assert_eq!(
        asked,
        [
            "autoconfig.example.org /mail/config-v1.1.xml?emailaddress=ann%40example.org",
            "autoconfig.thunderbird.net /v1.1/example.org",
            "example.org /.well-known/autoconfig/mail/config-v1.1.xml",
            "www.hoster.net /config.xml",
        ]
    );
}

#[tokio::test]
async fn c07_what_is_hostile_costs_only_itself() {
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\
                  <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]><clientConfig>&d;</clientConfig>";
    let cases = [
        (Reply::Page(200, laughs.into()), "has a DTD"),
        (Reply::Flood, "more than 65536 bytes"),
        (Reply::Redirect("https://autoconfig.example.org/mail/config-v1.1.xml".into()), "more than 2 redirects"),
        (Reply::Redirect("http://autoconfig.example.org/mail/config-v1.1.xml".into()), "other than https"),
        (Reply::Page(200, "<html>parked</html>".into()), "no clientConfig but `html`"),
        (Reply::Page(500, String::new()), "status 500"),
    ];
    for (reply, why) in cases {
        let dns = Zone::default().srv("_imaps", 0, 0, 993, "imap.example.org").serve();
        let web = Web::serve(move |host, _| if host == "autoconfig.example.org" { reply.clone() } else { missing() });
        let found = search(&network(&dns, &web)).await.unwrap();
        assert_eq!(found.source, Source::Srv, "the next source is asked: {}", told(&found.steps));
        assert!(told(&found.steps).contains(why), "{why}: {}", told(&found.steps));
    }
}

#[tokio::test]
async fn a_web_server_with_another_certificate_is_not_believed() {
    let dns = Zone::default().srv("_imaps", 0, 0, 993, "imap.example.org").serve();
    let web = Web::with_names(&["parking.example.net"], |_, _| document("imap.evil.example"));
    let found = search(&network(&dns, &web)).await.unwrap();
    assert_eq!(found.server.host.to_string(), "imap.example.org");
    assert!(web.asked().is_empty(), "nothing was asked: {:?}", web.asked());
    assert!(told(&found.steps).contains("certificate"), "{}", told(&found.steps));
    // A good name from an authority that nobody trusts.
    let (real, fake) = (Web::serve(|_, _| missing()), Web::serve(|_, _| document("imap.evil.example")));
    let at = fake.at;
    let found = search(&network(&dns, &real).https_connect_to(move |_| Some(at))).await.unwrap();
    assert_eq!(found.server.host.to_string(), "imap.example.org");
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn a_slow_web_server_is_given_its_time_and_no_more() {
    let dns = Zone::default().srv("_imaps", 0, 0, 993, "imap.example.org").serve();
    let web = Web::serve(|host, _| if host == "autoconfig.example.org" { Reply::Stall } else { missing() });
    let mut options = Options::default();
    options.https_timeout = Duration::from_millis(600);
    let begun = Instant::now();
    let found = soon(find(&Email::parse("ann@example.org").unwrap(), &options, &network(&dns, &web))).await.unwrap();
    assert_eq!(found.source, Source::Srv);
    assert!(begun.elapsed() >= Duration::from_millis(600), "{:?}", begun.elapsed());
    let slow = found.steps.iter().find(|step| step.took >= Duration::from_millis(590)).unwrap();
    assert!(slow.question.starts_with("https://autoconfig.example.org"), "{slow}");
}

#[tokio::test]
async fn a_web_server_that_nobody_reaches_costs_only_itself() {
    let dns = Zone::default().srv("_imaps", 0, 0, 993, "imap.example.org").serve();
    let web = Web::serve(|_, _| missing());
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let found = search(&network(&dns, &web).https_connect_to(move |_| Some(closed))).await.unwrap();
    assert_eq!(found.source, Source::Srv);
    assert_eq!(told(&found.steps).matches("efused").count(), 3, "{}", told(&found.steps));
}
