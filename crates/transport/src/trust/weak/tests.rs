//! Chains that only the second opinion can judge: it lets weakness pass and nothing else (T040 to T045 once more).

use openssl::hash::MessageDigest;
use openssl::ssl::SslVersion;

use crate::testing::NOW;
use crate::testing::old::{Key, Leaf, OldPair, STRONG, WEAK, authority, context};
use crate::{
    CertificateProblem, CertificateStatus, Error, ErrorKind, Facts, Roots, ServerId, TlsConfig, TlsConfigBuilder,
    Weakness,
};

const HOST: &str = "imap.example.org";
const AUTHORITY: &str = "Old Authority";
const DAY: u64 = 86_400;
const VALID: (u64, u64) = (NOW - DAY, NOW + DAY);

fn config(trusted: &Key) -> TlsConfigBuilder {
    beside(Roots::Given, trusted)
}

fn beside(roots: Roots, trusted: &Key) -> TlsConfigBuilder {
    TlsConfig::builder()
        .roots(roots)
        .authorities_pem(&authority(AUTHORITY, trusted).to_pem().unwrap())
        .validation_time(core::time::Duration::from_secs(NOW))
}

/// A server that shows this leaf, over whichever version: TLS 1.2 and 1.3.
fn connect(config: TlsConfigBuilder, leaf: &Leaf<'_>) -> Result<Facts, Error> {
    let config = config.build().unwrap();
    let mut last = None;
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let server = context((version, version), "ALL", &[&leaf.make()], leaf.key);
        last = Some(OldPair::connect(&config, HOST, server)?.stack.facts().unwrap().clone());
    }
    Ok(last.unwrap())
}

/// The key of the other kind.
fn other(key: &Key) -> &'static Key {
    if key.bits() == WEAK.bits() { &STRONG } else { &WEAK }
}

/// Each weakness alone: the leaf, the key of its authority, and what is weak.
fn weak() -> Vec<(Leaf<'static>, &'static Key, Option<Weakness>)> {
    let leaf = |key, issuer, digest| Leaf { host: HOST, key, issuer: (AUTHORITY, issuer), digest, valid: VALID };
    vec![
        (leaf(&STRONG, &STRONG, MessageDigest::sha1()), &STRONG, Some(Weakness::Signature("SHA-1"))),
        (leaf(&STRONG, &STRONG, MessageDigest::md5()), &STRONG, Some(Weakness::Signature("MD5"))),
        (leaf(&WEAK, &STRONG, MessageDigest::sha256()), &STRONG, Some(Weakness::Key(1024))),
        // The authority is not sent, so its weakness does not show.
        (leaf(&STRONG, &WEAK, MessageDigest::sha256()), &WEAK, None),
    ]
}

#[test]
fn weak_chains_are_accepted_under_the_fallback_and_told_on() {
    for (leaf, trusted, weakness) in weak() {
        let weaknesses: Vec<Weakness> = weakness.into_iter().collect();
        // The authorities of the system do not get in the way, by whichever verifier they are judged.
        for roots in [Roots::Given, Roots::default()] {
            let facts = connect(beside(roots, trusted).secure_fallback(true), &leaf).unwrap();
            assert_eq!((facts.status, facts.problem), (CertificateStatus::Valid, None));
            assert_eq!(facts.weaknesses, weaknesses);
        }
    }
}

#[test]
fn without_the_fallback_they_are_refused_for_what_is_weak() {
    for (leaf, trusted, weakness) in weak() {
        let error = connect(config(trusted), &leaf).unwrap_err();
        let Some(weakness) = weakness else {
            assert_eq!(error.kind(), ErrorKind::BadCertificate, "{error}");
            continue;
        };
        assert_eq!(error.kind(), ErrorKind::WeakCertificate, "{error}");
        assert_eq!(error.certificate().unwrap().problem, CertificateProblem::Weak(weakness));
        assert!(error.needs_fallback() && error.to_string().contains("secure_fallback"), "{error}");
    }
}

#[test]
fn a_weak_chain_is_refused_for_everything_else_as_a_strong_one_is() {
    type Spoil = fn(&mut Leaf<'static>);
    let cases: [(Spoil, ErrorKind); 5] = [
        (|leaf| leaf.host = "mail.example.net", ErrorKind::WrongHost),
        (|leaf| leaf.host = "*.org", ErrorKind::WrongHost),
        (|leaf| leaf.valid = (NOW - 2 * DAY, NOW - DAY), ErrorKind::Expired),
        (|leaf| leaf.valid = (NOW + DAY, NOW + 2 * DAY), ErrorKind::NotYetValid),
        (|leaf| leaf.issuer.0 = "Nobody", ErrorKind::UnknownIssuer),
    ];
    for (spoil, kind) in cases {
        for (mut leaf, trusted, _) in weak() {
            spoil(&mut leaf);
            let error = connect(config(trusted).secure_fallback(true), &leaf).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            let facts = connect(config(trusted).secure_fallback(true).trusted_site(true), &leaf).unwrap();
            assert_eq!(facts.problem.unwrap().problem, error.certificate().unwrap().problem);
        }
    }
}

/// The name of the authority alone proves nothing: its key has to have signed.
#[test]
fn a_forged_signature_is_no_weakness() {
    for (mut leaf, trusted, _) in weak() {
        leaf.issuer.1 = other(leaf.issuer.1);
        let error = connect(config(trusted).secure_fallback(true), &leaf).unwrap_err();
        assert_eq!(
            error.certificate().map(|error| error.problem.status()),
            Some(CertificateStatus::Invalid),
            "{error}"
        );
    }
}

#[test]
fn a_pin_counts_more_than_strength() {
    for (leaf, trusted, _) in weak() {
        let facts = connect(config(trusted).secure_fallback(true), &leaf).unwrap();
        let key = facts.certificate.unwrap().key;
        let server = || ServerId::new(HOST, 993).unwrap();
        let stranger = config(other(trusted)).secure_fallback(true);
        assert!(connect(stranger.clone().pin(server(), key), &leaf).unwrap().pinned);
        let error = connect(stranger.pin(server(), crate::Digest([7; 32])), &leaf).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PinMismatch);
    }
}
