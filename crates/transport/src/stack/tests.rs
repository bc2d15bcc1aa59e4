//! The layers together, against a TLS server in memory, by both TLS libraries: swaps, bounds, ends, clear-text peers.

use std::io::Write as _;

use rustls::ALL_VERSIONS;

use super::*;
use crate::protocol::Protocol;
use crate::testing::{Pair, config, each, is_fallback, leaf, server, trusted};
use crate::{CertificateStatus, ErrorKind, TlsVersion};

const HOST: &str = "imap.example.org";

fn pair(step: usize) -> Pair {
    Pair::connect(&config().build().unwrap(), HOST, server(&trusted(leaf(&[HOST])), ALL_VERSIONS), step).unwrap()
}

#[test]
fn plain_bytes_pass_both_ways_up_to_the_bound() {
    let mut stack = Stack::new();
    let (mut wire, mut plain) = (BytesMut::from(&b"* OK ready\r\n"[..]), BytesMut::new());
    let got = stack.receive(&mut wire, &mut plain, 4).unwrap();
    assert_eq!((got.plain, got.more, &plain[..]), (4, true, &b"* OK"[..]));
    let got = stack.receive(&mut wire, &mut plain, 4096).unwrap();
    assert_eq!((got.plain, got.more, &plain[..]), (8, false, &b"* OK ready\r\n"[..]));
    stack.send(&mut plain, &mut wire).unwrap();
    assert_eq!(&wire[..], b"* OK ready\r\n");
    assert!(plain.is_empty() && stack.handle_eof().is_ok() && stack.facts().is_none());
}

#[test]
fn tls_carries_bytes_both_ways() {
    each(|| {
        let mut pair = pair(usize::MAX);
        let long: Vec<u8> = (0..100_000u32).map(|at| (at % 251) as u8).collect();
        pair.server_says(&long).unwrap();
        assert_eq!(pair.plain, long);
        assert_eq!(pair.client_says(&long), long);
    });
}

#[test]
fn facts_tell_what_was_negotiated() {
    each(|| {
        for (version, wanted) in
            [(&rustls::version::TLS12, TlsVersion::V1_2), (&rustls::version::TLS13, TlsVersion::V1_3)]
        {
            let server = server(&trusted(leaf(&[HOST, "192.0.2.7"])), &[version]);
            let pair = Pair::connect(&config().build().unwrap(), HOST, server, 1000).unwrap();
            let facts = pair.stack.facts().unwrap();
            assert_eq!((facts.version, facts.status, facts.cipher_bits), (wanted, CertificateStatus::Valid, 256));
            assert!(facts.suite.starts_with("TLS_") && facts.suite.ends_with("_AES_256_GCM_SHA384"), "{}", facts.suite);
            assert_eq!((facts.hash, facts.hash_bits, facts.key_exchange), ("SHA-384", 384, "X25519"));
            let leaf = facts.certificate.as_ref().unwrap();
            assert_eq!((leaf.subject.as_str(), leaf.issuer.as_str()), ("CN=leaf", "CN=Test Authority"));
            assert_eq!((leaf.not_before, leaf.not_after), (1_767_225_600, 1_798_761_600));
            assert_eq!(leaf.names, [HOST, "192.0.2.7"]);
            assert_eq!(leaf.fingerprint, crate::Digest::of(&facts.chain[0]));
            assert_eq!(facts.end_point.as_deref(), Some(&leaf.fingerprint.0[..]), "ECDSA with SHA-256");
            assert!(facts.problem.is_none() && !facts.pinned && facts.alpn.is_none());

            let exported = pair.server.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")).unwrap();
            let expected = (wanted == TlsVersion::V1_3).then_some(exported);
            assert_eq!(pair.stack.exporter(), expected);
        }
    });
}

#[test]
fn every_handshake_survives_one_byte_reads() {
    each(|| {
        for version in ALL_VERSIONS {
            let server = server(&trusted(leaf(&[HOST])), &[version]);
            let mut pair = Pair::connect(&config().build().unwrap(), HOST, server, 1).unwrap();
            pair.server_says(b"* OK ready\r\n").unwrap();
            assert_eq!(&pair.plain[..], b"* OK ready\r\n");
            assert_eq!(pair.client_says(b"A1 NOOP\r\n"), b"A1 NOOP\r\n");
        }
    });
}

#[test]
fn a_clear_text_peer_is_named_however_it_is_cut() {
    each(|| {
        let cases: [(&[u8], Protocol); 5] = [
            (b"* OK IMAP4rev1 ready\r\n", Protocol::Imap),
            (b"HTTP/1.1 400 Bad Request\r\n", Protocol::Http),
            (b"220 mx.example.org\r\n", Protocol::Smtp),
            (b"+OK\r\n", Protocol::Pop3),
            (b"what is this then?", Protocol::Unknown),
        ];
        for (text, protocol) in cases {
            for cut in 0..text.len() {
                let mut stack = Stack::new();
                stack.start_tls(&config().build().unwrap(), &ServerId::new(HOST, 993).unwrap(), &[]).unwrap();
                let mut plain = BytesMut::new();
                let (first, second) = text.split_at(cut);
                let outcome = stack
                    .receive(&mut BytesMut::from(first), &mut plain, 4096)
                    .and_then(|_| stack.receive(&mut BytesMut::from(second), &mut plain, 4096))
                    .and_then(|_| stack.handle_eof());
                assert_eq!(outcome, Err(Error::PlainTextPeer(protocol)), "cut at {cut}");
                assert!(plain.is_empty());
            }
        }
    });
}

#[test]
fn a_short_clear_text_answer_is_named_at_its_end() {
    each(|| {
        let mut stack = Stack::new();
        stack.start_tls(&config().build().unwrap(), &ServerId::new(HOST, 993).unwrap(), &[]).unwrap();
        let _ = stack.receive(&mut BytesMut::from("* BYE"), &mut BytesMut::new(), 4096).unwrap();
        assert_eq!(stack.handle_eof(), Err(Error::PlainTextPeer(Protocol::Imap)));
    });
}

#[test]
fn bytes_behind_the_upgrade_are_fatal() {
    each(|| {
        let tls = config().build().unwrap();
        let host = ServerId::new(HOST, 143).unwrap();
        let mut stack = Stack::new();
        let error = stack.start_tls(&tls, &host, b"* OK [ALERT] hi\r\n").unwrap_err();
        assert_eq!((error.kind(), error.clone()), (ErrorKind::BytesBehind, Error::BytesBehind { count: 17 }));
        assert!(stack.is_plain() && stack.pending_transmit(&mut BytesMut::new()) == 0, "a hello was sent");
        assert_eq!(stack.start_tls(&tls, &host, b""), Err(error.clone()), "the refusal must stay");
        assert_eq!(stack.send(&mut BytesMut::from("A1 LOGIN"), &mut BytesMut::new()), Err(error));
    });
}

/// M18: a server that has more to say compresses it, and it may come in the segment of the OK. T095: one that does not is found out.
#[test]
fn m018_bytes_behind_the_start_of_compression_are_compressed() {
    let text = b"* 1 EXISTS\r\n".repeat(500);
    for (cut, max) in [(1, 1), (7, 100), (40, 4096), (usize::MAX, 7)] {
        for in_tls in [false, true] {
            let mut peer = Compressor::new();
            let packed = peer.compress(&text);
            let (first, rest) = packed.split_at(cut.min(packed.len()));
            let mut pair = pair(usize::MAX);
            let mut stack = if in_tls { core::mem::take(&mut pair.stack) } else { Stack::new() };
            stack.start_deflate(DeflateConfig::default(), &mut BytesMut::from(first)).unwrap();
            let (mut wire, mut plain) = (BytesMut::new(), BytesMut::new());
            if !in_tls {
                wire.extend_from_slice(rest);
            }
            loop {
                let before = plain.len();
                let got = stack.receive(&mut wire, &mut plain, max).unwrap();
                assert!(plain.len() - before <= max && got.plain == plain.len() - before);
                if !got.more {
                    break;
                }
            }
            let wanted = if in_tls { Compressor::new().decompress(first, text.len()) } else { text.clone() };
            assert_eq!(plain, wanted, "cut {cut}, at most {max} a call, TLS {in_tls}");
        }
    }
    let mut stack = Stack::new();
    stack
        .start_deflate(DeflateConfig::default(), &mut BytesMut::from(&b"A2 OK plain as day, and long enough\r\n"[..]))
        .unwrap();
    let mut plain = BytesMut::new();
    let outcome = stack.receive(&mut BytesMut::new(), &mut plain, 4096);
    assert!(outcome.is_err() || plain.first() != Some(&b'*'), "{plain:?}");
}

#[test]
fn nothing_is_sent_during_a_handshake() {
    each(|| {
        let mut stack = Stack::new();
        stack.start_tls(&config().build().unwrap(), &ServerId::new(HOST, 993).unwrap(), &[]).unwrap();
        let (mut plain, mut wire) = (BytesMut::from("A1 LOGIN x y\r\n"), BytesMut::new());
        assert_eq!(stack.send(&mut plain, &mut wire).unwrap_err().kind(), ErrorKind::Misuse);
        assert!(wire.is_empty() && plain.len() == 14);
    });
}

#[test]
fn the_end_of_input_is_clean_only_after_close_notify() {
    each(|| {
        let mut cut = pair(usize::MAX);
        cut.server_says(b"* OK half a resp").unwrap();
        assert_eq!(cut.stack.handle_eof(), Err(Error::Truncated { handshake: false }));

        let mut closed = pair(usize::MAX);
        closed.server_says(b"* BYE\r\n").unwrap();
        closed.server.send_close_notify();
        closed.pump().unwrap();
        let mut late = BytesMut::from("late");
        let got = closed.stack.receive(&mut late, &mut closed.plain, 10).unwrap();
        assert_eq!((got.closed, got.plain, got.more, late.len()), (true, 0, false, 0));
        assert_eq!(&closed.plain[..], b"* BYE\r\n");
        assert_eq!(closed.stack.handle_eof(), Ok(()));

        let mut early = Stack::new();
        early.start_tls(&config().build().unwrap(), &ServerId::new(HOST, 993).unwrap(), &[]).unwrap();
        assert_eq!(early.handle_eof(), Err(Error::Truncated { handshake: true }));
    });
}

/// The peer's side of COMPRESS, on top of its TLS.
struct Compressor(flate2::Compress, flate2::Decompress);

impl Compressor {
    fn new() -> Self {
        Self(flate2::Compress::new(flate2::Compression::default(), false), flate2::Decompress::new(false))
    }

    fn compress(&mut self, plain: &[u8]) -> Vec<u8> {
        let mut wire = Vec::with_capacity(plain.len() + 1000);
        self.0.compress_vec(plain, &mut wire, flate2::FlushCompress::Sync).unwrap();
        wire
    }

    fn decompress(&mut self, wire: &[u8], len: usize) -> Vec<u8> {
        let mut plain = Vec::with_capacity(len);
        self.1.decompress_vec(wire, &mut plain, flate2::FlushDecompress::Sync).unwrap();
        plain
    }
}

#[test]
fn deflate_inside_tls_carries_bytes_both_ways() {
    each(|| {
        let text = b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n".repeat(3000);
        for step in [1, 1000, usize::MAX] {
            let (mut pair, mut peer) = (pair(step), Compressor::new());
            pair.server_says(b"A1 OK compressing\r\n").unwrap();
            pair.plain.clear();
            pair.stack.start_deflate(DeflateConfig::default(), &mut pair.plain).unwrap();
            assert_eq!(
                pair.stack.start_deflate(DeflateConfig::default(), &mut BytesMut::new()).unwrap_err().kind(),
                ErrorKind::Misuse
            );
            let wire = peer.compress(&text);
            assert!(wire.len() < text.len() / 20);
            pair.server_says(&wire).unwrap();
            assert_eq!(pair.plain, text);
            let heard = pair.client_says(&text);
            assert_eq!(peer.decompress(&heard, text.len()), text);
        }
    });
}

#[test]
fn no_inflated_byte_waits_for_more_input() {
    each(|| {
        let whole = Compressor::new().compress(&vec![0; 100_000]);
        for cut in (1..whole.len()).step_by(3) {
            let (mut pair, mut peer) = (pair(usize::MAX), Compressor::new());
            pair.stack.start_deflate(DeflateConfig::default(), &mut BytesMut::new()).unwrap();
            pair.max = 100;
            pair.server_says(&whole[..cut]).unwrap();
            assert_eq!(pair.plain, peer.decompress(&whole[..cut], 200_000), "cut at {cut}");
        }
    });
}

/// A greeting in the segment that ends the handshake: first the handshake is told, then the greeting is there to be read.
#[test]
fn bytes_behind_the_handshake_are_announced() {
    each(|| {
        let mut stack = Stack::new();
        stack.start_tls(&config().build().unwrap(), &ServerId::new(HOST, 993).unwrap(), &[]).unwrap();
        let mut server = server(&trusted(leaf(&[HOST])), &[&rustls::version::TLS12]);
        let (mut wire, mut plain) = (BytesMut::new(), BytesMut::new());
        let got = loop {
            let mut out = BytesMut::new();
            stack.pending_transmit(&mut out);
            server.read_tls(&mut &out[..]).unwrap();
            server.process_new_packets().unwrap();
            if !server.is_handshaking() {
                server.writer().write_all(b"* OK ready\r\n").unwrap();
            }
            let mut segment = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut segment).unwrap();
            }
            wire.extend_from_slice(&segment);
            let got = stack.receive(&mut wire, &mut plain, 4096).unwrap();
            if got.handshake_finished {
                break got;
            }
        };
        assert_eq!((got.plain, got.more, plain.len()), (0, true, 0));
        assert!(stack.facts().is_some() && !stack.is_handshaking());
        let got = stack.receive(&mut wire, &mut plain, 4096).unwrap();
        assert_eq!((got.handshake_finished, got.more, &plain[..]), (false, false, &b"* OK ready\r\n"[..]));
    });
}

#[test]
fn a_wrong_order_of_layers_is_refused() {
    each(|| {
        let (tls, host) = (config().build().unwrap(), ServerId::new(HOST, 993).unwrap());
        let mut stack = Stack::new();
        stack.start_tls(&tls, &host, &[]).unwrap();
        assert_eq!(stack.start_tls(&tls, &host, &[]).unwrap_err().kind(), ErrorKind::Misuse);
        assert_eq!(
            stack.start_deflate(DeflateConfig::default(), &mut BytesMut::new()).unwrap_err().kind(),
            ErrorKind::Misuse
        );
        assert!(stack.is_handshaking() && stack.facts().is_none() && stack.exporter().is_none());
    });
}

/// A server that ends its part with an alert, and one that is cut off within a record.
#[test]
fn alerts_and_damaged_records_are_named() {
    each(|| {
        let mut refused = pair(usize::MAX);
        refused.to_client.extend_from_slice(&[21, 3, 3, 0, 2, 2, 40]);
        assert_eq!(
            refused.pump().unwrap_err().kind(),
            ErrorKind::Tls,
            "an alert in clear after the handshake is an attack"
        );

        let mut stack = Stack::new();
        stack.start_tls(&config().build().unwrap(), &ServerId::new(HOST, 993).unwrap(), &[]).unwrap();
        let error =
            stack.receive(&mut BytesMut::from(&[21, 3, 3, 0, 2, 2, 40][..]), &mut BytesMut::new(), 9).unwrap_err();
        assert_eq!(
            error,
            Error::ProtocolVersion { told: Some(String::from("handshake_failure")), fallback: is_fallback() }
        );

        let mut stack = Stack::new();
        stack.start_tls(&config().build().unwrap(), &ServerId::new(HOST, 993).unwrap(), &[]).unwrap();
        let error =
            stack.receive(&mut BytesMut::from(&[21, 3, 1, 0, 2, 2, 70][..]), &mut BytesMut::new(), 9).unwrap_err();
        assert_eq!(
            error,
            Error::ProtocolVersion { told: None, fallback: is_fallback() },
            "what a TLS 1.0 server answers"
        );
    });
}

#[test]
fn a_flipped_bit_is_an_error_and_an_alert_is_sent() {
    each(|| {
        let mut pair = pair(usize::MAX);
        pair.server.writer().write_all(b"* OK ready\r\n").unwrap();
        pair.server.write_tls(&mut pair.to_client).unwrap();
        *pair.to_client.last_mut().unwrap() ^= 1;
        let error = pair.pump().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls);
        assert!(pair.plain.is_empty());
        assert!(pair.stack.pending_transmit(&mut BytesMut::new()) > 0, "no alert");
        assert_eq!(pair.pump(), Ok(()), "nothing left to say");
        assert_eq!(pair.stack.handle_eof(), Err(error), "poisoned");
    });
}

#[test]
fn close_sends_close_notify() {
    each(|| {
        let mut pair = pair(usize::MAX);
        let mut wire = BytesMut::new();
        pair.stack.close(&mut wire);
        pair.feed_server(&wire);
        assert!(pair.server.process_new_packets().unwrap().peer_has_closed());
    });
}

/// T050
#[test]
fn the_name_is_indicated_but_never_an_address() {
    each(|| {
        let cases = [("Imap.Example.org.", Some(HOST)), ("192.0.2.7", None), ("2001:db8::7", None)];
        for (host, indicated) in cases {
            let server = server(&trusted(leaf(&[HOST, "192.0.2.7", "2001:db8::7"])), ALL_VERSIONS);
            let pair = Pair::connect(&config().build().unwrap(), host, server, usize::MAX).unwrap();
            assert_eq!(pair.server.server_name(), indicated, "{host}");
        }
    });
}

#[test]
fn protocols_are_offered_only_on_request() {
    each(|| {
        let offered = config().alpn(b"imap").build().unwrap();
        let pair = Pair::connect(&offered, HOST, server(&trusted(leaf(&[HOST])), ALL_VERSIONS), usize::MAX).unwrap();
        assert_eq!(pair.stack.facts().unwrap().alpn, None, "a server that knows no ALPN is fine");
        assert_eq!(pair.server.alpn_protocol(), None);
    });
}

/// A server's first flight, as an answer to this client's hello.
fn first_flight(stack: &mut Stack, version: &'static rustls::SupportedProtocolVersion) -> Vec<u8> {
    stack.start_tls(&config().build().unwrap(), &ServerId::new(HOST, 993).unwrap(), &[]).unwrap();
    let (mut hello, mut flight) = (BytesMut::new(), Vec::new());
    stack.pending_transmit(&mut hello);
    let mut server = server(&trusted(leaf(&[HOST])), &[version]);
    server.read_tls(&mut &hello[..]).unwrap();
    server.process_new_packets().unwrap();
    while server.wants_write() {
        server.write_tls(&mut flight).unwrap();
    }
    flight
}

#[test]
fn a_handshake_that_ends_early_is_truncated_wherever_it_ends() {
    each(|| {
        for version in ALL_VERSIONS {
            let length = first_flight(&mut Stack::new(), version).len();
            for cut in (0..length - 1).step_by(7) {
                let mut stack = Stack::new();
                let flight = first_flight(&mut stack, version);
                let mut wire = BytesMut::from(&flight[..cut.min(flight.len() - 1)]);
                assert_eq!(stack.receive(&mut wire, &mut BytesMut::new(), 4096), Ok(Received::default()));
                assert_eq!(stack.handle_eof(), Err(Error::Truncated { handshake: true }));
            }
        }
    });
}

/// The bytes that a handshake protects: not record headers, whose version is ignored (RFC 8446 §5.1), and not the
/// `change_cipher_spec` record, which TLS 1.3 drops.
fn guarded(flight: &[u8]) -> impl Iterator<Item = usize> {
    let (mut at, mut found) = (0, Vec::new());
    while let Some([kind, _, _, high, low]) = flight.get(at..at + 5) {
        let body = at + 5..at + 5 + usize::from(u16::from_be_bytes([*high, *low]));
        at = body.end;
        if *kind != 20 {
            found.extend(body);
        }
    }
    found.into_iter()
}

#[test]
fn a_handshake_that_is_tampered_with_never_succeeds() {
    each(|| {
        for version in ALL_VERSIONS {
            let length = first_flight(&mut Stack::new(), version).len();
            for nth in (0..length).step_by(5) {
                let mut stack = Stack::new();
                let mut flight = first_flight(&mut stack, version);
                let Some(at) = guarded(&flight).nth(nth) else { continue };
                flight[at] ^= 0x41;
                let (mut wire, mut plain) = (BytesMut::from(&flight[..]), BytesMut::new());
                // Some damage only shows in the Finished message that will never come (TLS 1.2) or as a record that never ends.
                if let Ok(got) = stack.receive(&mut wire, &mut plain, 4096) {
                    assert!(!got.handshake_finished && stack.is_handshaking() && stack.facts().is_none(), "byte {at}");
                }
                assert!(plain.is_empty());
            }
        }
    });
}

#[test]
fn a_trusted_site_needs_no_roots_on_the_system() {
    let _ = TlsConfig::builder().trusted_site(true).build().unwrap();
}

#[test]
fn a_stack_can_move_between_threads() {
    fn sends<T: Send + Sync + 'static>() {}
    sends::<Stack>();
    sends::<TlsConfig>();
    sends::<Error>();
}
