//! The Dovecots' other address, where TLS is old and certificates are asked for (`tests/servers/README.md`). RFC 2246, 4346; RFC 4422 §A
//! (EXTERNAL).

use std::net::IpAddr;
use std::path::PathBuf;

use imapkit::ErrorKind;
use imapkit::types::Items;
use imapkit_sasl::{Accept, Credentials, Method, Policy, Proof};
use imapkit_transport::{Error as TlsError, TlsConfig, TlsConfigBuilder, TlsVersion, Weakness};

use crate::clients::{Connection, Link, NewMail, Options, Selected};
use crate::mails;
use crate::site::Site;

const LINKS: [Link; 2] = [Link::StartTls, Link::Tls];

fn file(site: &Site, name: &str) -> Vec<u8> {
    let path: PathBuf = site.server.ca_file.with_file_name(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn settings(site: &Site) -> TlsConfigBuilder {
    TlsConfig::builder().authorities_pem(&file(site, "ca.crt"))
}

fn options(site: &Site, link: Link, tls: TlsConfigBuilder) -> Options {
    let tls = Some(tls.build().expect("usable settings"));
    Options { address: Some(IpAddr::from([127, 0, 0, 2])), tls, ..site.options_over(link) }
}

fn external(user: &str) -> Credentials {
    let policy = Policy { accept: Accept::Only(Method::External), ..Policy::default() };
    Credentials::new(user, Proof::External).policy(policy)
}

/// Both kinds of file, by both TLS libraries, without a password.
pub(crate) async fn by_client_certificate<C: Connection>(site: &Site) {
    let legacy = cfg!(feature = "legacy-tls");
    let kinds: &[(&str, Option<&str>, bool)] = &[
        ("client.pem", None, false),
        ("client.pem", None, true),
        ("client.p12", Some("pass"), false),
        ("client.p12", Some("pass"), true),
    ];
    for (name, password, fallback) in
        kinds.iter().filter(|(_, password, fallback)| legacy || (password.is_none() && !fallback))
    {
        for link in LINKS {
            let tls = settings(site).client_certificate_file(&file(site, name), *password).secure_fallback(*fallback);
            let options = Options { credentials: external("user3"), ..options(site, link, tls) };
            let client: C = site.connect_with(&options).await;
            assert_eq!(client.opened().mechanism.as_deref(), Some("EXTERNAL"), "{link:?} {name}");
            client.select(&imapkit::types::Mailbox::inbox()).await.unwrap();
            client.logout().await.unwrap();
        }
    }
}

pub(crate) async fn nobody_without_the_certificate<C: Connection>(site: &Site) {
    for link in LINKS {
        // None, or somebody else's name.
        let pem = file(site, "client.pem");
        for tls in [settings(site), settings(site).client_certificate_file(&pem, None)] {
            let options = Options { credentials: external("user1"), ..options(site, link, tls) };
            let error = C::connect(&options).await.err().expect("it is refused");
            assert_eq!(error.kind(), ErrorKind::Auth, "{link:?}: {error}");
        }
    }
}

#[allow(clippy::print_stderr, reason = "a test that leaves something out says so")]
/// A whole visit over TLS 1.0; and without the permission none at all.
pub(crate) async fn over_old_tls<C: Connection>(site: &Site) {
    for link in LINKS {
        if cfg!(feature = "legacy-tls") {
            let tls = settings(site).secure_fallback(true).versions(TlsVersion::V1_0, TlsVersion::V1_0);
            let client: C = site.connect_with(&options(site, link, tls)).await;
            let facts = client.tls().expect("TLS");
            assert_eq!((facts.version, facts.cipher, facts.hash), (TlsVersion::V1_0, "AES-256-CBC", "SHA-1"));
            assert!(facts.weaknesses.contains(&Weakness::Version(TlsVersion::V1_0)));
            let mailbox = site.mailbox(&client, &format!("-{link:?}")).await;
            let text = mails::large(site, 1_000_000);
            let uids = client.append(&mailbox, &NewMail::new(text.clone())).await.unwrap().unwrap().uids;
            let fetched = client.select(&mailbox).await.unwrap().fetch(&uids, Items::new().body_peek()).await.unwrap();
            assert!(*fetched[0].octets() == text.as_bytes(), "the message comes back as it went");
            client.logout().await.unwrap();

            // The best both can do, unless we say otherwise.
            let client: C = site.connect_with(&options(site, link, settings(site).secure_fallback(true))).await;
            let facts = client.tls().expect("TLS");
            assert_eq!((facts.version, facts.weaknesses.len()), (TlsVersion::V1_3, 0));
            client.logout().await.unwrap();
        }
        let old = settings(site).versions(TlsVersion::V1_0, TlsVersion::V1_0);
        assert!(matches!(old.build(), Err(TlsError::Config(_))), "old versions need the fallback");
    }
    if !cfg!(feature = "legacy-tls") {
        eprintln!("NO OLD TLS: this build lacks the feature legacy-tls, so TLS 1.0 is not tried.");
    }
}
