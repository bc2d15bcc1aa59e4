//! DEFLATE both ways: every cut, bombs, corruption.

use super::*;

#[test]
fn round_trips() {
    let mut sender = Deflate::new(DeflateConfig::default());
    let mut receiver = Deflate::new(DeflateConfig::default());
    let mut plain = BytesMut::new();
    for line in [&b"A1 NOOP\r\n"[..], b"A2 LOGOUT\r\n"] {
        let mut wire = Vec::new();
        sender.deflate(line, &mut wire).unwrap();
        let used = receiver.inflater().inflate(&wire, &mut plain, 4096).unwrap();
        assert_eq!(used, wire.len());
    }
    assert_eq!(&plain[..], b"A1 NOOP\r\nA2 LOGOUT\r\n");
}
