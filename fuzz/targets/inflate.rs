//! Compressed octets of a hostile server: no panic, never more than was asked for, and an error stays one (T094, T095).
#![no_main]

use bytes::BytesMut;
use imapkit_transport::{DeflateConfig, Stack};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((seed, octets)) = data.split_first() else { return };
    let mut stack = Stack::new();
    stack.start_deflate(DeflateConfig::default(), b"").expect("nothing is unread");
    let (mut wire, mut plain) = (BytesMut::new(), BytesMut::new());
    let most = 1 + usize::from(*seed) * 16;
    for piece in octets.chunks(1 + usize::from(*seed % 7)) {
        wire.extend_from_slice(piece);
        for _ in 0..64 {
            plain.clear();
            match stack.receive(&mut wire, &mut plain, most) {
                Ok(received) => {
                    assert!(plain.len() <= most && received.plain == plain.len());
                    if !received.more {
                        break;
                    }
                }
                Err(_) => {
                    assert!(stack.receive(&mut wire, &mut plain, most).is_err());
                    return;
                }
            }
        }
    }
});
