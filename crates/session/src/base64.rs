//! Reads the base64 of SASL challenges. Writing it is the encoder's.
//!
//! RFC 4648 §4, as used by RFC 9051 §6.2.2. Missing padding is tolerated, anything else that is not base64 is not (T062).

use alloc::vec::Vec;

/// The octets, or `None` when this is not base64.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let end = text.iter().rposition(|&octet| octet != b'=').map_or(0, |last| last.saturating_add(1));
    let (symbols, padding) = text.split_at(end);
    if padding.len() > 2 || symbols.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(symbols.len());
    for group in symbols.chunks(4) {
        let mut bits = 0_u32;
        for n in 0..4 {
            let value = group.get(n).map_or(Some(0), |&symbol| value(symbol))?;
            bits = (bits << 6) | u32::from(value);
        }
        let [_, a, b, c] = bits.to_be_bytes();
        out.extend([a, b, c].into_iter().take(group.len().saturating_sub(1)));
    }
    Some(out)
}

fn value(symbol: u8) -> Option<u8> {
    let offset = |first: u8, base: u8| symbol.checked_sub(first).map(|n| n.saturating_add(base));
    match symbol {
        b'A'..=b'Z' => offset(b'A', 0),
        b'a'..=b'z' => offset(b'a', 26),
        b'0'..=b'9' => offset(b'0', 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn the_vectors_of_rfc_4648_with_and_without_padding() {
        for (text, octets) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmFy", "foobar")]
        {
            assert_eq!(decode(text.as_bytes()).unwrap(), octets.as_bytes());
            assert_eq!(decode(text.trim_end_matches('=').as_bytes()).unwrap(), octets.as_bytes());
        }
        for bad in ["Z", "Zm9v!", "Zg===", "Z=g=", "\u{fc}"] {
            assert_eq!(decode(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(decode(b"+/8=").unwrap(), [0xfb, 0xff]);
    }
}
