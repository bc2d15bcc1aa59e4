//! Modified UTF-7 both ways: decoding never panics, what decodes encodes to something that decodes to the same, and text goes round (H95).
#![no_main]

use imapkit_wire::utf7;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(text) = utf7::decode(data) {
        assert_eq!(utf7::decode(&utf7::encode(&text)).as_deref(), Some(&*text));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        assert_eq!(utf7::decode(&utf7::encode(text)).as_deref(), Some(text));
    }
    for utf8 in [false, true] {
        let mailbox = utf7::mailbox(data, utf8);
        assert!(!mailbox.name().contains('\n') || data.contains(&b'\n') || !utf8);
    }
});
