//! DEFLATE both ways: every cut, bombs, corruption (T094, T095).

use super::*;
use crate::{Error, ErrorKind, Stack};

/// Lines, text that compresses and bytes that do not.
fn sample() -> Vec<u8> {
    let mut text = b"* 1 FETCH (UID 1 FLAGS (\\Seen) RFC822.SIZE 4711)\r\n".repeat(40);
    text.extend(noise(1000));
    text
}

/// Bytes without a pattern that DEFLATE could find.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1u64;
    let step = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    core::iter::repeat_with(step).take(len).collect()
}

fn compressed(plain: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    Deflate::new(DeflateConfig::default()).deflate(plain, &mut wire).unwrap();
    wire
}

fn receiver() -> Stack {
    let mut stack = Stack::new();
    stack.start_deflate(DeflateConfig::default(), &mut BytesMut::new()).unwrap();
    stack
}

/// Inflates what comes in these pieces, at most `max` bytes a call.
fn receive<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, max: usize) -> Result<Vec<u8>, Error> {
    let mut stack = receiver();
    let (mut wire, mut plain) = (BytesMut::new(), BytesMut::new());
    for piece in pieces {
        wire.extend_from_slice(piece);
        while {
            let got = stack.receive(&mut wire, &mut plain, max)?;
            assert!(got.plain <= max);
            got.more
        } {}
        assert!(wire.is_empty());
    }
    stack.handle_eof()?;
    Ok(plain.to_vec())
}

#[test]
fn round_trips_however_it_is_cut() {
    let plain = sample();
    let wire = compressed(&plain);
    assert!(wire.len() < plain.len() * 2 / 3, "not compressed");
    for cut in 0..=wire.len() {
        let (first, second) = wire.split_at(cut);
        assert_eq!(receive([first, second], 4096).unwrap(), plain, "cut at {cut}");
    }
    for max in [1, 7, 100_000] {
        assert_eq!(receive(wire.chunks(1), max).unwrap(), plain, "bytes one by one, at most {max}");
    }
}

#[test]
fn no_byte_waits_for_more_input() {
    let wire = compressed(&sample());
    for cut in 0..=wire.len() {
        let (small, large) = (receive([&wire[..cut]], 1), receive([&wire[..cut]], 100_000));
        assert_eq!(small, large, "cut at {cut}");
    }
}

#[test]
fn each_send_can_be_read_at_once() {
    let (mut sender, mut reader) = (receiver(), receiver());
    let mut plain = BytesMut::new();
    for line in [&b"A1 NOOP\r\n"[..], b"A2 NOOP\r\n", b"A3 LOGOUT\r\n"] {
        let mut wire = BytesMut::new();
        sender.send(&mut BytesMut::from(line), &mut wire).unwrap();
        let got = reader.receive(&mut wire, &mut plain, 4096).unwrap();
        assert_eq!((got.plain, got.more), (line.len(), false));
        assert!(plain.ends_with(line));
    }
}

#[test]
fn large_and_incompressible_data_is_sent_whole() {
    for len in [0, 1, 63, 64, 65, 100_000, 1 << 20] {
        let plain = noise(len);
        assert_eq!(receive([&compressed(&plain)[..]], 65536).unwrap(), plain, "{len} bytes");
    }
}

#[test]
fn a_bomb_is_refused_and_never_held_in_memory() {
    let wire = compressed(&vec![0; 64 << 20]);
    assert!(wire.len() < 70_000);
    let (mut stack, mut wire) = (receiver(), BytesMut::from(&wire[..]));
    let mut total = 0;
    let error = loop {
        let mut plain = BytesMut::new();
        match stack.receive(&mut wire, &mut plain, 65536) {
            Ok(got) => {
                assert!(got.more && plain.len() <= 65536);
                total += got.plain;
            }
            Err(error) => break error,
        }
    };
    assert_eq!(error, Error::InflateRatio { limit: 200 });
    assert!(total <= 16 << 20, "{total} bytes passed");
    assert_eq!(stack.receive(&mut BytesMut::new(), &mut BytesMut::new(), 1), Err(error), "poisoned");
}

#[test]
fn a_burst_below_the_span_and_a_raised_limit_are_let_pass() {
    let zeros = vec![0; 8 << 20];
    assert_eq!(receive([&compressed(&zeros)[..]], 65536).unwrap().len(), zeros.len());

    let mut stack = Stack::new();
    stack.start_deflate(DeflateConfig { max_ratio: 1032, ..DeflateConfig::default() }, &mut BytesMut::new()).unwrap();
    let mut wire = BytesMut::from(&compressed(&vec![0; 40 << 20])[..]);
    let mut total = 0;
    while !wire.is_empty() || total == 0 {
        total += stack.receive(&mut wire, &mut BytesMut::new(), 65536).unwrap().plain;
    }
    assert!(total > 39 << 20);
}

#[test]
fn corrupt_streams_poison_the_stack() {
    let cases: [(&str, &[u8]); 4] = [
        ("reserved block type", &[0b0000_0111]),
        ("stored block whose lengths disagree", &[0, 5, 0, 0, 0]),
        // A fixed-code block whose first symbol is a match: there is nothing yet to copy from.
        ("distance too far back", &[0b0000_0011, 0x02, 0x00, 0x00, 0x00]),
        ("bytes behind the final block", &[0b0000_0011, 0x00, b'x']),
    ];
    for (what, wire) in cases {
        let error = receive([wire], 4096).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Inflate, "{what}");
        let mut stack = receiver();
        let (mut wire, mut plain) = (BytesMut::from(wire), BytesMut::new());
        let first = stack.receive(&mut wire, &mut plain, 4096).unwrap_err();
        assert_eq!(stack.send(&mut BytesMut::from("x"), &mut wire), Err(first));
    }
}

#[test]
fn damage_anywhere_is_an_error_or_other_text_but_never_a_panic() {
    let wire = compressed(&sample());
    for at in 0..wire.len() {
        for bit in 0..8 {
            let mut broken = wire.clone();
            broken[at] ^= 1 << bit;
            let _ = receive(broken.chunks(97), 4096);
        }
    }
}

#[test]
fn an_end_without_a_final_block_is_an_end() {
    let wire = compressed(b"* BYE\r\n");
    for cut in 0..=wire.len() {
        assert!(b"* BYE\r\n".starts_with(&receive([&wire[..cut]], 4096).unwrap()));
    }
    // One with a final block is an end as well.
    let mut whole = Vec::with_capacity(64);
    Compress::new(Compression::fast(), false).compress_vec(b"* BYE\r\n", &mut whole, FlushCompress::Finish).unwrap();
    assert_eq!(receive([&whole[..]], 3).unwrap(), b"* BYE\r\n");
}
