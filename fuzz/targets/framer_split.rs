//! Differential: whatever a server sends, it decodes to the same however it is cut, and nothing panics (T097).
//!
//! The first octet of the input seeds the cuts; limits are small, so that a small input can reach them.
#![no_main]

use std::fmt::Write as _;

use bytes::BytesMut;
use imapkit_testkit::chop;
use imapkit_wire::{Decoder, Framer, Limits, Response, Untagged};
use libfuzzer_sys::fuzz_target;

fn decode(limits: &Limits, pieces: &[&[u8]]) -> String {
    let (mut framer, mut decoder) = (Framer::new(limits.clone()), Decoder::new(limits.clone()));
    let (mut input, mut body, mut text) = (BytesMut::new(), Vec::new(), String::new());
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            match framer.next(&mut input) {
                Ok(None) => break,
                Ok(Some(piece)) => match decoder.piece(piece) {
                    Response::Untagged(Untagged::BodyChunk(chunk)) => body.extend_from_slice(&chunk),
                    Response::Untagged(Untagged::BodyEnd) => _ = writeln!(text, "{:?}", std::mem::take(&mut body)),
                    response => _ = writeln!(text, "{response:?}"),
                },
                Err(error) => return text + &error.to_string(),
            }
        }
    }
    text
}

fuzz_target!(|data: &[u8]| {
    let Some((seed, octets)) = data.split_first() else { return };
    let tight = Limits {
        max_response: 600,
        max_inline_literal: 40,
        stream_above: 12,
        max_skip: 2000,
        max_depth: 5,
        max_nodes: 6,
        max_elements: 8,
        max_filler: 30,
    };
    for limits in [Limits::default(), tight] {
        let whole = decode(&limits, &[octets]);
        assert_eq!(decode(&limits, &chop::random(octets, u64::from(*seed))), whole);
        assert_eq!(decode(&limits, &chop::pieces(octets, 1)), whole);
    }
});
