//! Servers of the past, one property at a time, with and without the permission to speak to them (T048).

use openssl::dh::Dh;
use openssl::hash::MessageDigest;
use openssl::ssl::{SslContextBuilder, SslVersion};
use openssl::x509::X509;

use crate::testing::NOW;
use crate::testing::old::{Leaf, OldPair, STRONG, authority, context};
use crate::{CertificateStatus, Error, ErrorKind, Facts, Roots, TlsConfig, TlsConfigBuilder, TlsVersion, Weakness};

const HOST: &str = "imap.example.org";
const DAY: u64 = 86_400;

fn config(authority: &X509) -> TlsConfigBuilder {
    TlsConfig::builder()
        .roots(Roots::Given)
        .authorities_pem(&authority.to_pem().unwrap())
        .validation_time(core::time::Duration::from_secs(NOW))
}

/// A server with a good certificate, and who trusts it.
fn server(versions: (SslVersion, SslVersion), ciphers: &str) -> (SslContextBuilder, TlsConfigBuilder) {
    let issuer = ("Old Authority", &*STRONG);
    let valid = (NOW - DAY, NOW + DAY);
    let leaf = Leaf { host: HOST, key: &STRONG, issuer, digest: MessageDigest::sha256(), valid }.make();
    (context(versions, ciphers, &[&leaf], &STRONG), config(&authority("Old Authority", &STRONG)))
}

fn connect(versions: (SslVersion, SslVersion), ciphers: &str) -> Result<Facts, Error> {
    let (server, config) = server(versions, ciphers);
    let mut pair = OldPair::connect(&config.secure_fallback(true).build().unwrap(), HOST, server)?;
    pair.talk();
    assert_eq!(pair.stack.exporter().is_some(), pair.stack.facts().unwrap().version == TlsVersion::V1_3);
    Ok(pair.stack.facts().unwrap().clone())
}

/// What OpenSSL calls it, what IANA calls it, cipher and bits, hash and bits, key exchange.
type Old = (&'static str, &'static str, (&'static str, u16), (&'static str, u16), &'static str);

const SUITES: [Old; 6] = [
    ("RC4-SHA", "TLS_RSA_WITH_RC4_128_SHA", ("RC4", 128), ("SHA-1", 160), "RSA"),
    ("RC4-MD5", "TLS_RSA_WITH_RC4_128_MD5", ("RC4", 128), ("MD5", 128), "RSA"),
    ("DES-CBC3-SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", ("3DES-CBC", 168), ("SHA-1", 160), "RSA"),
    ("ECDHE-RSA-DES-CBC3-SHA", "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", ("3DES-CBC", 168), ("SHA-1", 160), "X25519"),
    ("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA", ("AES-128-CBC", 128), ("SHA-1", 160), "RSA"),
    ("ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", ("AES-256-CBC", 256), ("SHA-1", 160), "X25519"),
];

const VERSIONS: [(SslVersion, TlsVersion); 3] = [
    (SslVersion::TLS1, TlsVersion::V1_0),
    (SslVersion::TLS1_1, TlsVersion::V1_1),
    (SslVersion::TLS1_2, TlsVersion::V1_2),
];

#[test]
fn every_old_version_and_suite_works_and_is_told_on() {
    for (at, version) in VERSIONS {
        for (ciphers, suite, cipher, hash, key_exchange) in SUITES {
            let facts = connect((at, at), ciphers).unwrap_or_else(|error| panic!("{version} {ciphers}: {error}"));
            assert_eq!((facts.version, facts.suite), (version, suite));
            assert_eq!((facts.cipher, facts.cipher_bits), cipher, "{suite}");
            assert_eq!((facts.hash, facts.hash_bits, facts.key_exchange), (hash.0, hash.1, key_exchange), "{suite}");
            assert_eq!((facts.status, facts.problem.is_none()), (CertificateStatus::Valid, true));
            assert_eq!(facts.weaknesses.contains(&Weakness::Version(version)), version < TlsVersion::V1_2);
            assert!(facts.weaknesses.contains(&Weakness::Cipher(cipher.0)), "{:?}", facts.weaknesses);
            assert!(facts.weaknesses.contains(&Weakness::Hash(hash.0)), "{:?}", facts.weaknesses);
            assert_eq!(facts.weaknesses.contains(&Weakness::KeyExchange("RSA")), key_exchange == "RSA");
            assert!(facts.end_point.is_some(), "RFC 5929 binds a login to the certificate");
        }
    }
}

#[test]
fn without_the_fallback_each_of_them_is_refused_and_the_error_names_it() {
    for (at, version) in VERSIONS {
        for (ciphers, ..) in SUITES {
            let (server, config) = server((at, at), ciphers);
            let error = OldPair::connect(&config.build().unwrap(), HOST, server).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::ProtocolVersion, "{version} {ciphers}: {error}");
            assert!(error.needs_fallback() && error.to_string().contains("secure_fallback"), "{error}");
        }
    }
}

#[test]
fn a_server_that_can_do_better_is_spoken_to_better() {
    let all = (SslVersion::TLS1, SslVersion::TLS1_3);
    let facts = connect(all, "ALL").unwrap();
    assert_eq!((facts.version, facts.weaknesses.len()), (TlsVersion::V1_3, 0), "{:?}", facts.weaknesses);
    let facts = connect((SslVersion::TLS1, SslVersion::TLS1_2), "ALL").unwrap();
    assert_eq!(facts.suite, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    assert_eq!((facts.version, facts.weaknesses.len()), (TlsVersion::V1_2, 0), "{:?}", facts.weaknesses);
    // Also one that asks for the client's order, and has RC4 before the rest in its own.
    let facts = connect((SslVersion::TLS1, SslVersion::TLS1), "RC4:3DES:AES").unwrap();
    assert_eq!(facts.cipher, "AES-256-CBC");
}

#[test]
fn nothing_without_encryption_or_authentication_is_ever_agreed_on() {
    for ciphers in ["NULL-SHA", "AECDH-NULL-SHA", "ADH-AES128-SHA", "AECDH-AES256-SHA", "AECDH-RC4-SHA"] {
        let error = connect((SslVersion::TLS1, SslVersion::TLS1_2), ciphers).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ProtocolVersion, "{ciphers}: {error}");
        assert!(!error.needs_fallback() && !error.to_string().contains("secure_fallback"), "{error}");
    }
}

#[test]
fn a_short_group_is_told_on() {
    let (mut server, config) = server((SslVersion::TLS1_2, SslVersion::TLS1_2), "DHE-RSA-AES128-GCM-SHA256");
    server.set_tmp_dh(&Dh::get_1024_160().unwrap()).unwrap();
    let pair = OldPair::connect(&config.secure_fallback(true).build().unwrap(), HOST, server).unwrap();
    let facts = pair.stack.facts().unwrap();
    assert_eq!((facts.key_exchange, &facts.weaknesses[..]), ("DHE", &[Weakness::Group(1024)][..]));
}

#[test]
fn versions_given_by_hand_bound_the_fallback_too() {
    let bounded = |config: TlsConfigBuilder| {
        config.secure_fallback(true).versions(TlsVersion::V1_1, TlsVersion::V1_2).build().unwrap()
    };
    for (at, version) in VERSIONS {
        let (server, config) = server((at, at), "AES128-SHA");
        let outcome = OldPair::connect(&bounded(config), HOST, server);
        assert_eq!(outcome.is_ok(), version > TlsVersion::V1_0, "{version}");
    }
}
