//! Tests of SCRAM against a server of our own, which is itself tested with the examples of RFC 5802 §5 and RFC 7677 §3.

use hmac::digest::core_api::BlockSizeUser;
use hmac::digest::{Digest, FixedOutputReset};
use hmac::{Mac, SimpleHmac};

use super::*;

fn hmac<D: Digest + BlockSizeUser + FixedOutputReset>(key: &[u8], message: &[u8]) -> Vec<u8> {
    SimpleHmac::<D>::new_from_slice(key).unwrap().chain_update(message).finalize().into_bytes().to_vec()
}

fn xor(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

/// `Hi(str, salt, i)` of RFC 5802 §2.2.
fn salted<D: Digest + BlockSizeUser + FixedOutputReset>(password: &str, salt: &[u8], iterations: u32) -> Vec<u8> {
    let mut last = hmac::<D>(password.as_bytes(), &[salt, &[0, 0, 0, 1]].concat());
    let mut sum = last.clone();
    for _ in 1..iterations {
        last = hmac::<D>(password.as_bytes(), &last);
        sum = xor(&sum, &last);
    }
    sum
}

/// The proof a client has to send and the signature the server answers with, in base64.
fn proof_and_signature<D: Digest + BlockSizeUser + FixedOutputReset>(salted: &[u8], auth: &str) -> (String, String) {
    let client_key = hmac::<D>(salted, b"Client Key");
    let stored_key = D::digest(&client_key).to_vec();
    let proof = xor(&client_key, &hmac::<D>(&stored_key, auth.as_bytes()));
    let signature = hmac::<D>(&hmac::<D>(salted, b"Server Key"), auth.as_bytes());
    (STANDARD.encode(proof), STANDARD.encode(signature))
}

#[test]
fn the_examples_of_the_rfcs() {
    let salt = STANDARD.decode("QSXCR+Q6sek8bf92").unwrap();
    let auth = "n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,\
        c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j";
    let (proof, signature) = proof_and_signature::<sha1::Sha1>(&salted::<sha1::Sha1>("pencil", &salt, 4096), auth);
    assert_eq!((proof.as_str(), signature.as_str()), ("v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ="));
    let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    let auth = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
        s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let (proof, signature) = proof_and_signature::<sha2::Sha256>(&salted::<sha2::Sha256>("pencil", &salt, 4096), auth);
    assert_eq!(proof, "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    assert_eq!(signature, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

/// The text of an initial message and the client's nonce in it.
fn opened(scram: &mut Scram) -> (String, String) {
    let first = String::from_utf8(scram.initial().unwrap().unwrap()).unwrap();
    let nonce = first.rsplit_once(",r=").unwrap().1.to_owned();
    (first, nonce)
}

/// Plays a server that knows `password`: checks the proof, gives its signature.
fn serve<D: Digest + BlockSizeUser + FixedOutputReset>(
    scram: &mut Scram,
    gs2: &str,
    binding: &[u8],
    password: &str,
) -> String {
    let (first, nonce) = opened(scram);
    let bare = first.strip_prefix(gs2).unwrap_or_else(|| panic!("{first} does not start with {gs2}"));
    let salt = b"salt and pepper";
    let server_first = format!("r={nonce}SERVER,s={},i=4096", STANDARD.encode(salt));
    let answer = String::from_utf8(scram.step(server_first.as_bytes()).unwrap()).unwrap();
    let (without_proof, proof) = answer.rsplit_once(",p=").unwrap();
    let bound = STANDARD.encode([gs2.as_bytes(), binding].concat());
    assert_eq!(without_proof, format!("c={bound},r={nonce}SERVER"));
    let auth = format!("{bare},{server_first},{without_proof}");
    let (wanted, signature) = proof_and_signature::<D>(&salted::<D>(password, salt, 4096), &auth);
    assert_eq!(proof, wanted);
    signature
}

fn scram(name: &'static str, binding: Binding) -> Scram {
    Scram::new(name, "user", &Secret::from("pencil"), binding, 1_000_000).unwrap()
}

#[test]
fn logs_in_with_each_hash() {
    let mut sha1 = scram("SCRAM-SHA-1", Binding::Impossible);
    let signature = serve::<sha1::Sha1>(&mut sha1, "n,,", b"", "pencil");
    assert_eq!(sha1.step(format!("v={signature}").as_bytes()).unwrap(), b"");
    let mut sha256 = scram("SCRAM-SHA-256", Binding::Impossible);
    let signature = serve::<sha2::Sha256>(&mut sha256, "n,,", b"", "pencil");
    assert!(sha256.verify().is_err(), "T055: an OK now skips the proof of the server");
    assert_eq!(sha256.step(format!("v={signature},x=ignored").as_bytes()).unwrap(), b"");
    let mut sha512 = scram("SCRAM-SHA-512", Binding::Impossible);
    let signature = serve::<sha2::Sha512>(&mut sha512, "n,,", b"", "pencil");
    sha512.step(format!("v={signature}").as_bytes()).unwrap();
    for mut done in [sha1, sha256, sha512] {
        assert!(done.verify().is_ok() && done.step(b"v=x").is_err(), "{}", done.name());
        assert!(done.verify().is_err(), "a server that goes on has failed");
    }
}

#[test]
fn t060_the_flag_tells_what_is_known_of_channel_binding() {
    let mut asked = scram("SCRAM-SHA-256", Binding::NotOffered);
    serve::<sha2::Sha256>(&mut asked, "y,,", b"", "pencil");
    for (kind, data) in [("tls-exporter", &[7; 32][..]), ("tls-server-end-point", &[9; 20])] {
        let binding = ChannelBinding { name: kind.into(), data: data.into() };
        let mut bound = scram("SCRAM-SHA-256-PLUS", Binding::Bound(binding));
        assert_eq!(bound.name(), "SCRAM-SHA-256-PLUS");
        let signature = serve::<sha2::Sha256>(&mut bound, &format!("p={kind},,"), data, "pencil");
        bound.step(format!("v={signature}").as_bytes()).unwrap();
        assert!(bound.verify().is_ok());
    }
    let mut stripped = scram("SCRAM-SHA-1", Binding::NotOffered);
    serve::<sha1::Sha1>(&mut stripped, "y,,", b"", "pencil");
    let error = stripped.step(b"e=server-does-support-channel-binding").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsafe);
}

#[test]
fn names_are_escaped_and_passwords_prepared() {
    // U+2168, roman nine, becomes IX; U+00AD vanishes (RFC 4013 §3).
    let mut scram =
        Scram::new("SCRAM-SHA-1", "a=b,c", &Secret::from("\u{2168}\u{ad}!"), Binding::Impossible, 4096).unwrap();
    serve::<sha1::Sha1>(&mut scram, "n,,", b"", "IX!");
    let (first, _) =
        opened(&mut Scram::new("SCRAM-SHA-1", "a=b,c", &Secret::from("x"), Binding::Impossible, 4096).unwrap());
    assert!(first.starts_with("n,,n=a=3Db=2Cc,r="), "{first}");
    // An emoji is younger than SASLprep.
    let mut young = Scram::new("SCRAM-SHA-1", "user", &Secret::from("🐎🔋"), Binding::Impossible, 4096).unwrap();
    serve::<sha1::Sha1>(&mut young, "n,,", b"", "🐎🔋");
    assert!(Scram::new("SCRAM-SHA-1", "", &Secret::from("x"), Binding::Impossible, 4096).is_err());
}

#[test]
fn t054_a_wrong_signature_fails_even_when_the_server_says_ok() {
    let mut scram = scram("SCRAM-SHA-256", Binding::Impossible);
    serve::<sha2::Sha256>(&mut scram, "n,,", b"", "pencil");
    let error = scram.step(b"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(scram.verify().is_err());
}

#[test]
fn t056_the_nonce_must_extend_ours() {
    for change in [
        |_: &str| String::from("another"),
        |nonce: &str| nonce.into(),
        |nonce: &str| format!("x{nonce}"),
        |nonce: &str| nonce[..nonce.len() - 1].into(),
    ] {
        let mut scram = scram("SCRAM-SHA-256", Binding::Impossible);
        let (_, nonce) = opened(&mut scram);
        let answer = format!("r={},s=QSXCR+Q6sek8bf92,i=4096", change(&nonce));
        assert!(scram.step(answer.as_bytes()).is_err(), "{answer}");
        assert!(scram.verify().is_err());
    }
}

#[test]
fn t057_rounds_of_hashing_have_limits_which_are_checked_before_hashing() {
    let start = std::time::Instant::now();
    for rounds in
        ["2147483647", "1", "0", "-5", "+4096", "99999999999", "4095", "1000001", "", "4096 ", "0x1000", "4e3"]
    {
        let mut scram = scram("SCRAM-SHA-256", Binding::Impossible);
        let (_, nonce) = opened(&mut scram);
        let answer = format!("r={nonce}x,s=QSXCR+Q6sek8bf92,i={rounds}");
        assert!(scram.step(answer.as_bytes()).is_err(), "{rounds}");
    }
    assert!(start.elapsed().as_secs() < 60, "2^31 rounds were hashed");
    let limit = check_first(b"r=x,s=QSXCR+Q6sek8bf92,i=1000001", 1_000_000).unwrap_err();
    assert_eq!((limit.kind(), limit.to_string().contains("max_iterations")), (ErrorKind::Limit, true));
    assert!(check_first(b"r=x,s=QSXCR+Q6sek8bf92,i=1000000", 1_000_000).is_ok());
}

/// Some of these made rsasl 2.3.1 panic.
#[test]
fn no_message_of_a_server_does_harm() {
    let long = format!("r=@,s={},i=4096", "A".repeat(2000));
    let huge = format!("r=@,s=QSXCR+Q6sek8bf92,i=4096,{}", "x".repeat(5000));
    for first in [
        "",
        ",",
        ",,",
        "r",
        "r=",
        "r=@",
        "r=@,",
        "r=@,s",
        "r=@,s=",
        "r=@,s=,i=4096",
        "r=@,s=!,i=4096",
        "r=@,s=QSXC,i",
        "m=ext,r=@,s=QSXC,i=4096",
        "s=QSXC,r=@,i=4096",
        "r=@,i=4096,s=QSXC",
        "e=other-error",
        &long,
        &huge,
    ] {
        let mut scram = scram("SCRAM-SHA-256", Binding::Impossible);
        let (_, nonce) = opened(&mut scram);
        assert!(scram.step(first.replace('@', &format!("{nonce}x")).as_bytes()).is_err(), "{first}");
        assert!(scram.step(b"r=x,s=QSXC,i=4096").is_err() && scram.verify().is_err(), "it has ended");
    }
    for last in ["", "v", "e", "v=", "v=!", ",v=x", "e=", "e=invalid-proof", "e=\u{1b}[2J", "x=1"] {
        let mut scram = scram("SCRAM-SHA-1", Binding::Impossible);
        serve::<sha1::Sha1>(&mut scram, "n,,", b"", "pencil");
        let error = scram.step(last.as_bytes()).unwrap_err();
        assert!(!error.to_string().contains('\u{1b}') && scram.verify().is_err(), "{last}");
    }
}

#[test]
fn a_wrong_password_is_told_apart_from_a_mechanism_that_failed() {
    for why in ["invalid-proof", "unknown-user"] {
        let error = check_final(format!("e={why}").as_bytes()).unwrap_err();
        assert_eq!((error.kind(), error.server_text()), (ErrorKind::Auth, Some(why)), "{error}");
        assert_eq!(error.code().map(imapkit_session::types::Code::name), Some("AUTHENTICATIONFAILED"));
    }
    let error = check_final(b"e=no-resources").unwrap_err();
    assert!(error.kind() == ErrorKind::Auth && error.reply().is_none(), "{error}");
}
