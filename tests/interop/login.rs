//! Getting in: every link, every way to prove who one is, and what is refused. RFC 9051 §6.2, RFC 5802, 7628, 8314.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use imapkit::ErrorKind;
use imapkit::commands::Compress;

use imapkit::types::{Items, StatusItems};
use imapkit_sasl::{Accept, Credentials, Method, Policy, Proof, TokenRequest};
use imapkit_session::recovery::Cause;
use imapkit_testkit::jwt;
use imapkit_transport::{Roots, TlsConfig, TlsVersion};

use crate::clients::{Connection, Link, NewMail, Options, Selected, Tokens};
use crate::mails;
use crate::site::Site;

const LINKS: [Link; 3] = [Link::Plain, Link::StartTls, Link::Tls];

fn only(site: &Site, link: Link, method: Method) -> Options {
    let policy = Policy { accept: Accept::Only(method), ..Policy::default() };
    let credentials = Credentials::password(&site.user.name, site.user.password.as_str()).policy(policy);
    Options { credentials, ..site.options_over(link) }
}

pub(crate) async fn best_way_over_every_link<C: Connection>(site: &Site) {
    for link in LINKS {
        let client: C = site.connect_with(&site.options_over(link)).await;
        let opened = client.opened();
        assert!(opened.authenticated);
        let mechanism = opened.mechanism.as_deref().unwrap_or_default();
        assert!(
            mechanism.starts_with("SCRAM-SHA-256") || mechanism.starts_with("SCRAM-SHA-512"),
            "{link:?}: {mechanism}"
        );
        assert_eq!(client.tls().is_some(), link != Link::Plain);
        // SCRAM takes three, and ID goes with NAMESPACE; STARTTLS and what it makes unknown take two more.
        assert!(opened.flights <= if link == Link::StartTls { 6 } else { 4 }, "{link:?}: {} flights", opened.flights);
        let server = opened.server_id.as_ref().expect("these servers tell who they are");
        let name = server.get("name").unwrap_or_default();
        assert!(site.server.name.starts_with(&name.to_lowercase()[..5]), "{name}");
        let namespaces = opened.namespaces.as_ref().expect("they have NAMESPACE");
        assert_eq!(namespaces.personal[0].delimiter, Some('/'));
        client.noop().await.unwrap();
        client.logout().await.unwrap();
    }
}

pub(crate) async fn every_way_with_a_password<C: Connection>(site: &Site) {
    let ways = [
        ("starttls", Method::Login),
        ("auth=plain", Method::Plain),
        ("auth=cram-md5", Method::CramMd5),
        ("auth=scram-sha-1", Method::ScramSha1),
        ("auth=scram-sha-256", Method::ScramSha256),
        ("auth=scram-sha-512", Method::ScramSha512),
    ];
    let mut tried = 0;
    for (feature, method) in ways {
        if !site.server.has(feature) {
            continue;
        }
        for link in [Link::StartTls, Link::Tls] {
            let client: C = site.connect_with(&only(site, link, method)).await;
            let mechanism = client.opened().mechanism.clone().unwrap_or_default();
            assert!(mechanism.starts_with(method.name()), "{method:?} became {mechanism}");
            client.status(&"INBOX".parse().unwrap(), StatusItems::new().messages()).await.unwrap();
            tried += 1;
        }
    }
    assert!(tried >= 10, "{tried}");
}

pub(crate) async fn tokens<C: Connection>(site: &Site) {
    let Some(token) = site.user.token.as_deref() else { return };
    for method in [Method::OAuthBearer, Method::XOAuth2] {
        let policy = Policy { accept: Accept::Only(method), ..Policy::default() };
        let with = |token: &str| {
            let credentials = Credentials::token(&site.user.name, token).policy(policy.clone());
            Options { credentials, ..site.options_over(Link::Tls) }
        };
        let client: C = site.connect_with(&with(token)).await;
        assert_eq!(client.opened().mechanism.as_deref(), Some(method.name()));
        let error = C::connect(&with("not.a.token")).await.err().expect("a wrong token is refused");
        assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
    }
}

/// C47, T061, T066: an expired token, then a fresh one on the same connection; two that are expired are the end.
pub(crate) async fn tokens_are_refreshed_once<C: Connection>(site: &Site) {
    // The Dovecots take tokens, Cyrus announces the mechanism too but has nothing to check them with.
    if site.user.token.is_none() {
        return;
    }
    for (method, gets_fresh) in [Method::OAuthBearer, Method::XOAuth2].into_iter().flat_map(|m| [(m, true), (m, false)])
    {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, user) = (Arc::clone(&asked), site.user.name.clone());
        let tokens: Tokens = Arc::new(move |request| {
            let first = request == TokenRequest::First;
            log.lock().expect("no source panics").push(request);
            Ok(if gets_fresh && !first { jwt::fresh(&user, Duration::from_mins(10)) } else { jwt::expired(&user) })
        });
        let policy = Policy { accept: Accept::Only(method), ..Policy::default() };
        let tokens = Some((site.user.name.clone(), policy, tokens));
        let before = site.said().len();
        let outcome = C::connect(&Options { tokens, ..site.options_over(Link::Tls) }).await;
        let said = site.said().split_off(before);
        let lines = |text: &str| said.iter().filter(|line| line.contains(text)).count();
        assert_eq!(
            (lines("AUTHENTICATE"), lines("* OK [CAPABILITY")),
            (2, 1),
            "two tries on one connection: {said:#?}"
        );
        let asked = asked.lock().expect("no source panics").clone();
        let [TokenRequest::First, TokenRequest::Refused(why)] = asked.as_slice() else { panic!("{asked:?}") };
        let status = if method == Method::XOAuth2 { "401" } else { "invalid_token" };
        assert_eq!(why.status.as_deref(), Some(status), "{method}");
        match outcome {
            Ok(client) => {
                assert!(gets_fresh);
                assert_eq!(client.opened().mechanism.as_deref(), Some(method.name()));
                client.noop().await.unwrap();
            }
            Err(error) => {
                assert!(!gets_fresh, "{error}");
                assert_eq!((error.kind(), error.token_refusal()), (ErrorKind::Auth, Some(why)), "{error:?}");
            }
        }
    }
}

pub(crate) async fn wrong_password_is_called_that<C: Connection>(site: &Site) {
    let methods =
        [Method::Login, Method::Plain, Method::CramMd5, Method::ScramSha1, Method::ScramSha256, Method::ScramSha512];
    for method in methods {
        let feature = format!("auth={}", method.name().to_ascii_lowercase());
        if method != Method::Login && !site.server.has(&feature) {
            continue;
        }
        let options = only(site, Link::Tls, method);
        let policy = Policy { accept: Accept::Only(method), ..Policy::default() };
        let credentials = Credentials::password(&site.user.name, "not the password").policy(policy);
        let error = C::connect(&Options { credentials, ..options }).await.err().expect("it is refused");
        assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
        assert!(!error.is_retryable() && !error.to_string().contains("not the password"), "{error}");
        assert!(error.reply().is_some(), "the server's words are kept: {error:?}");
        assert_eq!(Cause::of(&error), Some(Cause::Credentials), "{error}");
    }
}

pub(crate) async fn wrong_authority_is_refused<C: Connection>(site: &Site) {
    let stranger = imapkit_testkit::certs::Authority::new("stranger");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), stranger.pem()).unwrap();
    for link in [Link::StartTls, Link::Tls] {
        let options = Options { ca_file: file.path().to_owned(), ..site.options_over(link) };
        let error = C::connect(&options).await.err().expect("the certificate is not trusted");
        assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    }
    let said = site.said();
    assert!(!said.iter().any(|line| line.contains("LOGIN ***") || line.contains("AUTHENTICATE")), "{said:#?}");
}

/// T060: by SCRAM-PLUS under either version of TLS. With the exporter of TLS 1.3 Dovecot 2.4 agrees. Under TLS 1.2 it wants `tls-unique`, as
/// Cyrus does under both, and refuses: that is a refused login and never one by a weaker way.
pub(crate) async fn bound_to_the_connection<C: Connection>(site: &Site) {
    let policy = Policy { accept: Accept::Scram, bind: true, ..Policy::default() };
    let credentials = Credentials::password(&site.user.name, site.user.password.as_str()).policy(policy);
    let mut bound = false;
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        for link in [Link::StartTls, Link::Tls] {
            let options = Options {
                credentials: credentials.clone(),
                tls: Some(tls_of(site, version)),
                ..site.options_over(link)
            };
            let before = site.said().len();
            let outcome = C::connect(&options).await;
            let said = site.said().split_off(before);
            let offered = said.iter().any(|line| line.starts_with("S: ") && line.contains("-PLUS"));
            let tries = said.iter().filter(|line| line.ends_with("AUTHENTICATE ***")).count();
            assert_eq!(tries, 1, "{said:#?}");
            match outcome {
                Ok(client) => {
                    let mechanism = client.opened().mechanism.as_deref().unwrap_or_default();
                    assert_eq!(mechanism.ends_with("-PLUS"), offered, "{version} {link:?}: {mechanism}");
                    bound |= offered;
                }
                Err(error) => {
                    let agrees = site.server.name == "dovecot24" && version == TlsVersion::V1_3;
                    assert!(offered && !agrees, "{version} {link:?}: {error}");
                    assert!(error.kind() == ErrorKind::Auth && error.reply().is_some(), "{error:?}");
                }
            }
        }
    }
    assert_eq!(bound, site.server.name == "dovecot24");
}

/// TLS of one version.
fn tls_of(site: &Site, version: TlsVersion) -> TlsConfig {
    let authorities = std::fs::read(&site.server.ca_file).expect("the authority can be read");
    let builder = TlsConfig::builder().roots(Roots::Given).authorities_pem(&authorities);
    builder.versions(version, version).build().expect("a usable configuration")
}

/// By nobody's name, where that is permitted.
pub(crate) async fn anonymous<C: Connection>(site: &Site) {
    for link in LINKS {
        let credentials = Credentials::new("guest@example.org", Proof::Anonymous);
        let client: C = site.connect_with(&Options { credentials, ..site.options_over(link) }).await;
        assert_eq!(client.opened().mechanism.as_deref(), Some("ANONYMOUS"));
        client.status(&"INBOX".parse().unwrap(), StatusItems::new().messages()).await.unwrap();
    }
}

pub(crate) async fn compressed<C: Connection>(site: &Site) {
    for link in LINKS {
        let client: C = site.connect_with(&site.options_over(link)).await;
        client.run(Compress).await.unwrap();
        let mailbox = site.mailbox(&client, &format!("-{link:?}")).await;
        let text = mails::large(site, 300_000);
        let uids = client.append(&mailbox, &NewMail::new(text.clone())).await.unwrap().unwrap().uids;
        let selected = client.select(&mailbox).await.unwrap();
        let fetched = selected.fetch(&uids, Items::new().body_peek()).await.unwrap();
        assert!(*fetched[0].octets() == text.as_bytes(), "the message comes back as it went");
        let error = client.run(Compress).await.expect_err("twice is once too often");
        assert!(error.connection_alive(), "{error}");
        client.noop().await.unwrap();
    }
}
