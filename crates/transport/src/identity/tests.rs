//! Every kind of file, and every way to fail.

use super::*;
use crate::testing::{LEAF_KEY, config};
use crate::{Digest, ErrorKind};

const PASSWORD: &str = "correct horse";

/// RSA, SHA-256, 2048 bits; by `openssl req -x509`.
const CERTIFICATE: &[u8] = include_bytes!("testdata/client.pem");
/// The same certificate with its key in the clear.
const PLAIN: &[u8] = include_bytes!("testdata/client-plain.pem");
/// The key encrypted as PKCS#8 with PBES2 (AES-256-CBC), by `openssl pkcs8 -topk8`.
const PBES2: &[u8] = include_bytes!("testdata/client-pbes2.pem");
/// The key encrypted as OpenSSL did before 1.0, by `openssl rsa -traditional -aes128`.
const TRADITIONAL: &[u8] = include_bytes!("testdata/client-traditional.pem");
/// PKCS#12 as OpenSSL 3 makes it: PBES2, HMAC-SHA-256.
const MODERN_P12: &[u8] = include_bytes!("testdata/client-modern.p12");
/// PKCS#12 as Windows and OpenSSL 1 made it (`-legacy`): 40-bit RC2 and 3DES, HMAC-SHA-1.
const LEGACY_P12: &[u8] = include_bytes!("testdata/client-legacy.p12");

fn own(identity: &Identity) -> Digest {
    Digest::of(identity.chain.first().unwrap())
}

fn words(bytes: &[u8], password: Option<&str>) -> String {
    let error = config().client_certificate_file(bytes, password).build().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("horse"), "{error}");
    error.to_string()
}

#[test]
fn pem_with_its_key_is_read_whatever_its_order() {
    let expected = Digest::of(&certificates(CERTIFICATE, "it").unwrap()[0]);
    assert_eq!(own(&Identity::read(PLAIN, None).unwrap()), expected);
    assert_eq!(own(&Identity::read(PLAIN, Some("not needed")).unwrap()), expected);
    let text = String::from_utf8(PLAIN.to_vec()).unwrap();
    let (certificate, key) = text.split_at(text.find("-----BEGIN PRIVATE").unwrap());
    assert_eq!(own(&Identity::read(format!("{key}{certificate}").as_bytes(), None).unwrap()), expected);
    let shown = format!("{:?}", Identity::read(PLAIN, None).unwrap());
    assert_eq!(shown, "Identity { certificates: 1, .. }");
}

#[test]
fn what_cannot_be_used_is_named() {
    assert!(words(b"", None).ends_with("the client certificate is neither PEM nor PKCS#12"));
    assert!(words(b"hello", None).ends_with("is neither PEM nor PKCS#12"));
    assert!(
        words(LEAF_KEY.serialize_pem().as_bytes(), None).ends_with("the client certificate holds no PEM certificate")
    );
    assert!(words(CERTIFICATE, None).ends_with("the client certificate has no PEM private key"));
    let stranger = [CERTIFICATE, LEAF_KEY.serialize_pem().as_bytes()].concat();
    assert!(words(&stranger, None).contains("key"), "{}", words(&stranger, None));
    let cut = &PLAIN[..PLAIN.len() - 300];
    assert!(words(cut, None).contains("PEM"), "{}", words(cut, None));
}

#[cfg(not(feature = "legacy-tls"))]
#[test]
fn what_is_encrypted_is_not_supported_in_this_build_which_says_how_to_go_on() {
    for (file, remedy) in [
        (PBES2, "openssl pkey"),
        (TRADITIONAL, "openssl pkey"),
        (MODERN_P12, "openssl pkcs12"),
        (LEGACY_P12, "openssl pkcs12"),
    ] {
        let error = config().client_certificate_file(file, Some(PASSWORD)).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotSupported);
        assert!(error.to_string().contains(remedy) && error.to_string().contains("legacy-tls"), "{error}");
    }
    let error = config().secure_fallback(true).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupported);
    assert!(error.to_string().ends_with("secure_fallback"), "{error}");
}

#[cfg(feature = "legacy-tls")]
#[test]
fn what_is_encrypted_is_read_with_its_password_and_only_so() {
    let expected = Digest::of(&certificates(CERTIFICATE, "it").unwrap()[0]);
    for file in [PBES2, TRADITIONAL, MODERN_P12, LEGACY_P12] {
        let identity = Identity::read(file, Some(PASSWORD)).unwrap();
        assert_eq!((own(&identity), identity.chain.len()), (expected, 1));
        // Both libraries can use it.
        for fallback in [false, true] {
            let with = config().secure_fallback(fallback).client_certificate_file(file, Some(PASSWORD));
            assert!(with.build().is_ok());
        }
        for (password, wrong) in [(Some("wrong"), true), (Some(""), true), (None, false)] {
            let error = config().client_certificate_file(file, password).build().unwrap_err();
            assert_eq!((error.kind(), error), (ErrorKind::Password, Error::Password { wrong }));
        }
    }
    for file in [MODERN_P12, LEGACY_P12] {
        for cut in (1..file.len()).step_by(37) {
            assert!(Identity::read(&file[..cut], Some(PASSWORD)).is_err(), "cut at {cut}");
        }
    }
}
