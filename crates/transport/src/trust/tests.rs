//! Certificates good and bad, under every policy, over TLS 1.2 and 1.3 (T040 to T047, T052).

use bytes::BytesMut;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa};
use rustls::ALL_VERSIONS;

use super::*;
use crate::testing::{
    BACKENDS, Identity, LEAF_KEY, NOW, Pair, authority_pem, config, each, leaf, self_signed, server,
    server_asking_client, trusted, untrusted,
};
use crate::{CertificateStatus, ErrorKind, Facts, Roots, Stack, TlsConfig, TlsConfigBuilder};

const HOST: &str = "imap.example.org";

#[allow(clippy::needless_pass_by_value, reason = "callers build it in place")]
/// Over both versions and by both libraries, which have to agree.
fn connect(config: TlsConfigBuilder, host: &str, identity: &Identity) -> Result<Facts, crate::Error> {
    let mut outcomes = BACKENDS.iter().flat_map(|fallback| {
        let config = config.clone().secure_fallback(*fallback).build().unwrap();
        ALL_VERSIONS.iter().map(move |version| {
            let pair = Pair::connect(&config, host, server(identity, &[version]), usize::MAX)?;
            Ok(pair.stack.facts().unwrap().clone())
        })
    });
    let first: Result<Facts, crate::Error> = outcomes.next().unwrap();
    for other in outcomes {
        match (&first, &other) {
            (Ok(first), Ok(other)) => {
                let told = |facts: &Facts| (facts.status, facts.problem.clone(), facts.pinned, facts.end_point.clone());
                assert_eq!(told(other), told(first), "the versions or the libraries differ");
            }
            // The words of a library for a handshake that failed are its own.
            (Err(crate::Error::Tls(_)), Err(crate::Error::Tls(_))) => {}
            (first, other) => {
                assert_eq!(other.as_ref().err(), first.as_ref().err(), "the versions or the libraries differ");
            }
        }
    }
    first
}

fn dated(from: (i32, u8, u8), to: (i32, u8, u8)) -> CertificateParams {
    let mut params = leaf(&[HOST]);
    params.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
    params.not_after = rcgen::date_time_ymd(to.0, to.1, to.2);
    params
}

fn cn_only() -> CertificateParams {
    let mut params = leaf(&[]);
    params.distinguished_name.push(DnType::CommonName, HOST);
    params
}

/// What `openssl req -x509` makes: its own authority.
fn self_signed_authority(names: &[&str]) -> Identity {
    let mut params = leaf(names);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    self_signed(params)
}

fn pem(identity: &Identity) -> Vec<u8> {
    // An authority made by the same parameters would differ in its serial number: encode the very bytes.
    let base64 = |bytes: &[u8]| {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for part in bytes.chunks(3) {
            let word = part.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
            for at in 0..4 {
                let digit = DIGITS[(word >> (18 - 6 * at) & 63) as usize];
                text.push(if at <= part.len() { digit as char } else { '=' });
            }
        }
        text
    };
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64(&identity.chain[0])).into_bytes()
}

/// Every way to be wrong: the identity, the error, its words, and what a trusted site is told (T040 to T045).
fn faulty() -> Vec<(Identity, ErrorKind, &'static str, CertificateStatus)> {
    vec![
        (
            trusted(leaf(&["mail.example.net", "*.example.com", "192.0.2.1"])),
            ErrorKind::WrongHost,
            "the certificate is not for imap.example.org, it names mail.example.net, *.example.com, 192.0.2.1",
            CertificateStatus::NoMatch,
        ),
        (
            trusted(cn_only()),
            ErrorKind::WrongHost,
            "the certificate is not for imap.example.org, it names no host",
            CertificateStatus::NoMatch,
        ),
        (
            trusted(dated((2024, 1, 1), (2024, 2, 29))),
            ErrorKind::Expired,
            "the certificate of imap.example.org expired on 2024-02-29T00:00:00Z",
            CertificateStatus::Expired,
        ),
        (
            trusted(dated((2030, 1, 1), (2031, 1, 1))),
            ErrorKind::NotYetValid,
            "the certificate of imap.example.org is not valid before 2030-01-01T00:00:00Z",
            CertificateStatus::Expired,
        ),
        (
            untrusted(leaf(&[HOST])),
            ErrorKind::UnknownIssuer,
            "the certificate of imap.example.org is issued by an unknown authority (CN=Other Authority)",
            CertificateStatus::Untrusted,
        ),
        (
            self_signed(leaf(&[HOST])),
            ErrorKind::SelfSigned,
            "the certificate of imap.example.org is self-signed and not trusted",
            CertificateStatus::Untrusted,
        ),
        (
            self_signed_authority(&[HOST]),
            ErrorKind::SelfSigned,
            "the certificate of imap.example.org is self-signed and not trusted",
            CertificateStatus::Untrusted,
        ),
    ]
}

#[test]
fn a_good_certificate_is_accepted() {
    let facts = connect(config(), HOST, &trusted(leaf(&[HOST]))).unwrap();
    assert_eq!((facts.status, facts.host.as_str()), (CertificateStatus::Valid, HOST));
}

#[test]
fn faulty_certificates_are_refused_by_name() {
    for (identity, kind, words, status) in faulty() {
        let error = connect(config(), HOST, &identity).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, words));
        assert_eq!(error.certificate().unwrap().problem.status(), status);
        assert_eq!(error.certificate().unwrap().leaf.as_ref().unwrap().key, key());
    }
}

#[test]
fn a_trusted_site_is_let_pass_and_told_on() {
    for (identity, _, words, status) in faulty() {
        let facts = connect(config().trusted_site(true), HOST, &identity).unwrap();
        assert_eq!((facts.status, facts.problem.unwrap().to_string().as_str()), (status, words));
        assert!(!facts.pinned);
    }
    let facts = connect(config().trusted_site(true), HOST, &trusted(leaf(&[HOST]))).unwrap();
    assert_eq!((facts.status, facts.problem.is_none()), (CertificateStatus::Valid, true));
}

/// SHA-256 of the key that all test servers use.
fn key() -> Digest {
    Digest::of(&LEAF_KEY.public_key_der())
}

fn pinned(config: TlsConfigBuilder, host: &str, port: u16, key: Digest) -> TlsConfigBuilder {
    config.pin(ServerId::new(host, port).unwrap(), key)
}

#[test]
fn a_pinned_key_is_accepted_whatever_the_certificate_says() {
    for (identity, _, words, status) in faulty() {
        let facts = connect(pinned(config(), HOST, 993, key()), HOST, &identity).unwrap();
        assert_eq!((facts.status, facts.problem.unwrap().to_string().as_str()), (status, words));
        assert!(facts.pinned);
    }
}

#[test]
fn another_key_is_refused_whatever_else_would_let_it_pass() {
    let good = trusted(leaf(&[HOST]));
    let old = Digest([7; 32]);
    for config in [config(), config().trusted_site(true)] {
        let error = connect(pinned(config, "Imap.Example.Org.", 993, old), HOST, &good).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PinMismatch);
        assert_eq!(
            error.to_string(),
            format!("the key of imap.example.org has changed: sha256 {}, pinned {old}", key())
        );
    }
    // Two pins announce a change of keys.
    assert!(connect(pinned(pinned(config(), HOST, 993, old), HOST, 993, key()), HOST, &good).unwrap().pinned);
}

#[test]
fn a_pin_is_for_its_host_and_port_only() {
    let stranger = self_signed(leaf(&[HOST]));
    for (host, port) in [("other.example.org", 993), (HOST, 143)] {
        let error = connect(pinned(config(), host, port, key()), HOST, &stranger).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SelfSigned);
        let good = connect(pinned(config(), host, port, Digest([7; 32])), HOST, &trusted(leaf(&[HOST]))).unwrap();
        assert!(!good.pinned);
    }
}

#[test]
fn a_given_certificate_is_trusted_for_its_own_names_and_dates() {
    let own = self_signed_authority(&[HOST]);
    let given = |at: u64| {
        TlsConfig::builder()
            .roots(Roots::Given)
            .authorities_pem(&pem(&own))
            .validation_time(core::time::Duration::from_secs(at))
    };
    assert_eq!(connect(given(NOW), HOST, &own).unwrap().status, CertificateStatus::Valid);
    assert_eq!(connect(given(NOW), "other.example.org", &own).unwrap_err().kind(), ErrorKind::WrongHost);
    assert_eq!(connect(given(2_000_000_000), HOST, &own).unwrap_err().kind(), ErrorKind::Expired);
    assert_eq!(connect(given(1_000_000_000), HOST, &own).unwrap_err().kind(), ErrorKind::NotYetValid);
    assert_eq!(connect(given(NOW), HOST, &self_signed_authority(&[HOST])).unwrap_err().kind(), ErrorKind::SelfSigned);
}

/// T046: names in the certificate, the host asked for, accepted?
#[test]
fn subject_alternative_names_match_as_rfc_9525_says() {
    let cases: [(&[&str], &str, bool); 19] = [
        (&["*.example.org"], "a.example.org", true),
        (&["*.example.org"], "A.EXAMPLE.org.", true),
        (&["*.example.org"], "a.b.example.org", false),
        (&["*.example.org"], "example.org", false),
        (&["f*.example.org"], "foo.example.org", false),
        (&["a.*.example.org"], "a.b.example.org", false),
        (&["example.org"], "a.example.org", false),
        (&["imap.example.org"], "imap.example.org.", true),
        (&["IMAP.example.ORG"], "imap.example.org", true),
        (&["x.example", "imap.example.org"], "imap.example.org", true),
        (&["xn--bcher-kva.example"], "xn--bcher-kva.example", true),
        (&["*.mail.example"], "xn--bcher-kva.mail.example", true),
        (&["*.example"], "xn--bcher-kva.example", false),
        (&["192.0.2.1"], "192.0.2.1", true),
        (&["192.0.2.1"], "192.0.2.2", false),
        (&["2001:db8::1"], "2001:db8::1", true),
        (&["2001:db8::1"], "[2001:db8:0::1]", true),
        (&["imap.example.org"], "192.0.2.1", false),
        (&["192.0.2.1"], "imap.example.org", false),
    ];
    for (names, host, accepted) in cases {
        let outcome = connect(config(), host, &trusted(leaf(names)));
        let kind = outcome.as_ref().err().map(crate::Error::kind);
        assert_eq!(kind, (!accepted).then_some(ErrorKind::WrongHost), "{names:?} for {host}");
    }
}

#[test]
fn an_address_in_a_dns_name_is_no_address() {
    let mut params = leaf(&[]);
    params.subject_alt_names.push(rcgen::SanType::DnsName("192.0.2.1".try_into().unwrap()));
    let error = connect(config(), "192.0.2.1", &trusted(params)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongHost);
}

#[test]
fn without_roots_nothing_is_trusted() {
    let bare = TlsConfig::builder().roots(Roots::Given);
    let error = connect(bare, HOST, &trusted(leaf(&[HOST]))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownIssuer);
}

#[test]
fn other_reasons_keep_their_names() {
    let leaf = Certificate::read(&trusted(leaf(&[HOST])).chain[0]);
    let now = UnixTime::since_unix_epoch(core::time::Duration::from_secs(NOW));
    let problem = |reason: Reason| problem_of(&Error::InvalidCertificate(reason), leaf.as_ref(), None, now);
    assert_eq!(problem(Reason::Revoked).status(), CertificateStatus::Revoked);
    assert_eq!(problem(Reason::Expired), CertificateProblem::Expired { not_after: 1_798_761_600 });
    assert_eq!(problem(Reason::NotValidYet), CertificateProblem::NotYetValid { not_before: 1_767_225_600 });
    assert_eq!(problem(Reason::BadSignature).status(), CertificateStatus::Invalid);
    let garbage = CertificateDer::from(vec![0x30, 0x00]);
    assert_eq!(Certificate::read(&garbage), None);
}

/// A version 1 certificate and its key, as home-made authorities write them; valid from 2026-11-23 for a hundred years.
const VERSION_1: &[u8] = b"-----BEGIN CERTIFICATE-----
MIIBMjCB2QIUSwXZxVVGyQnxiZ8371xDBeFBVIcwCgYIKoZIzj0EAwIwGzEZMBcG
A1UEAwwQaW1hcC5leGFtcGxlLm9yZzAgFw0yNjExMjMxMDAyMTFaGA8yMTI2MTAz
MDEwMDIxMVowGzEZMBcGA1UEAwwQaW1hcC5leGFtcGxlLm9yZzBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABMCn2y15TnkzKmk5qh73rYefmk8olo0Z37ANsV/urx38
9LRLQgkZ5chdWhzFnFnPbyzI4gjaoKrxtL0OjLLzZdgwCgYIKoZIzj0EAwIDSAAw
RQIgPv0R/qJZg/l+SnHKMe6rKOV71ZyYAGD5bJtUMUv4xJICIQCSez9fvK0RxFF2
TlVbpMxtuTM+/Od3eZgHoh/CqD1+6w==
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3FpiEP08Ce8pbWSu
aUt4iZ2GAfUwFEaKuhl5l0q128ahRANCAATAp9steU55MyppOaoe962Hn5pPKJaN
Gd+wDbFf7q8d/PS0S0IJGeXIXVocxZxZz28syOII2qCq8bS9Doyy82XY
-----END PRIVATE KEY-----
";

#[test]
fn a_version_1_certificate_is_refused_but_a_trusted_site_may_have_one() {
    let identity = Identity::from_pem(VERSION_1);
    let error = connect(config(), HOST, &identity).unwrap_err();
    assert_eq!(error.certificate().unwrap().leaf.as_ref().unwrap().subject, "CN=imap.example.org");
    let facts = connect(config().trusted_site(true), HOST, &identity).unwrap();
    assert_eq!((facts.status, facts.pinned), (error.certificate().unwrap().problem.status(), false));
    let key = facts.certificate.unwrap().key;
    assert!(connect(pinned(config(), HOST, 993, key), HOST, &identity).unwrap().pinned);

    // Its key must sign the handshake, all the same.
    let thief = Identity { key: trusted(leaf(&[HOST])).key, ..identity };
    let error = connect(config().trusted_site(true), HOST, &thief).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls);
}

#[test]
fn a_client_certificate_is_shown_when_asked_for() {
    let own = trusted(leaf(&["client"]));
    let (chain, key) = (pem(&own), LEAF_KEY.serialize_pem());
    each(|| {
        let with = config().client_certificate_pem(&chain, key.as_bytes()).build().unwrap();
        let pair = Pair::connect(&with, HOST, server_asking_client(&trusted(leaf(&[HOST]))), 999).unwrap();
        assert_eq!(pair.server.peer_certificates().unwrap(), own.chain);

        let unasked = Pair::connect(&with, HOST, server(&trusted(leaf(&[HOST])), ALL_VERSIONS), 999).unwrap();
        assert!(unasked.server.peer_certificates().is_none());

        let without = config().build().unwrap();
        let error = Pair::connect(&without, HOST, server_asking_client(&trusted(leaf(&[HOST]))), 999).err().unwrap();
        assert_eq!(error, crate::Error::Alert(String::from("certificate_required")));
    });
}

/// Who was refused does not learn who we are.
#[test]
fn a_client_certificate_is_not_shown_to_a_server_that_was_refused() {
    let own = trusted(leaf(&["client"]));
    each(|| {
        let config = config().client_certificate_pem(&pem(&own), LEAF_KEY.serialize_pem().as_bytes()).build().unwrap();
        let mut stack = Stack::new();
        stack.start_tls(&config, &ServerId::new(HOST, 993).unwrap(), &[]).unwrap();
        let mut stranger = server_asking_client(&untrusted(leaf(&[HOST])));
        let (mut wire, mut plain) = (BytesMut::new(), BytesMut::new());
        let error = loop {
            let mut out = BytesMut::new();
            stack.pending_transmit(&mut out);
            stranger.read_tls(&mut &out[..]).unwrap();
            stranger.process_new_packets().unwrap();
            let mut segment = Vec::new();
            while stranger.wants_write() {
                stranger.write_tls(&mut segment).unwrap();
            }
            wire.extend_from_slice(&segment);
            match stack.receive(&mut wire, &mut plain, 4096) {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::UnknownIssuer);
        let mut last = BytesMut::new();
        assert!(stack.pending_transmit(&mut last) < 40, "an alert and nothing else");
        assert!(stranger.peer_certificates().is_none());
    });
}

#[test]
fn unusable_settings_are_refused_when_built() {
    let builders = [
        (config().authorities_pem(b"nothing"), "holds no PEM certificate"),
        (config().authorities_pem(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"), "not valid PEM"),
        (config().client_certificate_pem(b"", b""), "the client certificate holds no PEM certificate"),
        (config().client_certificate_pem(authority_pem().as_bytes(), b""), "no PEM private key"),
        (config().client_certificate_pem(authority_pem().as_bytes(), LEAF_KEY.serialize_pem().as_bytes()), "key"),
        (config().versions(crate::TlsVersion::V1_3, crate::TlsVersion::V1_2), "no TLS version"),
        (config().versions(crate::TlsVersion::V1_1, crate::TlsVersion::V1_2), "TLS 1.1 needs secure_fallback"),
    ];
    for (builder, words) in builders {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn versions_that_do_not_meet_are_named() {
    each(|| {
        let new_only = config().versions(crate::TlsVersion::V1_3, crate::TlsVersion::V1_3).build().unwrap();
        let old = server(&trusted(leaf(&[HOST])), &[&rustls::version::TLS12]);
        let error = Pair::connect(&new_only, HOST, old, 7).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::ProtocolVersion);
    });
}
