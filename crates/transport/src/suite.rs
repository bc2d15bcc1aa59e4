//! Reads the IANA name of a cipher suite: cipher, hash and key exchange, in words and bits.
//!
//! Separate because both TLS libraries tell the name and nothing more. The name is `TLS_` key exchange `_WITH_` cipher `_` hash;
//! since TLS 1.3 without a key exchange (RFC 8446 §B.4), with CCM without a hash (RFC 6655: SHA-256).

/// The parts of a cipher suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    pub(crate) cipher: &'static str,
    pub(crate) cipher_bits: u16,
    pub(crate) hash: &'static str,
    pub(crate) hash_bits: u16,
    /// What the name says of it; none since TLS 1.3.
    pub(crate) key_exchange: Option<&'static str>,
    /// Encryption and integrity are one (GCM, CCM, ChaCha20-Poly1305).
    pub(crate) aead: bool,
}

/// As in the name, for people, bits of the key, AEAD. Of two that match the first counts.
const CIPHERS: [(&str, &str, u16, bool); 19] = [
    ("AES_128_GCM", "AES-128-GCM", 128, true),
    ("AES_256_GCM", "AES-256-GCM", 256, true),
    ("CHACHA20_POLY1305", "ChaCha20-Poly1305", 256, true),
    ("AES_128_CCM", "AES-128-CCM", 128, true),
    ("AES_256_CCM", "AES-256-CCM", 256, true),
    ("ARIA_128_GCM", "ARIA-128-GCM", 128, true),
    ("ARIA_256_GCM", "ARIA-256-GCM", 256, true),
    ("CAMELLIA_128_GCM", "Camellia-128-GCM", 128, true),
    ("CAMELLIA_256_GCM", "Camellia-256-GCM", 256, true),
    ("AES_128_CBC", "AES-128-CBC", 128, false),
    ("AES_256_CBC", "AES-256-CBC", 256, false),
    ("CAMELLIA_128_CBC", "Camellia-128-CBC", 128, false),
    ("CAMELLIA_256_CBC", "Camellia-256-CBC", 256, false),
    ("ARIA_128_CBC", "ARIA-128-CBC", 128, false),
    ("ARIA_256_CBC", "ARIA-256-CBC", 256, false),
    ("SEED_CBC", "SEED-CBC", 128, false),
    ("IDEA_CBC", "IDEA-CBC", 128, false),
    ("3DES_EDE_CBC", "3DES-CBC", 168, false),
    ("RC4_128", "RC4", 128, false),
];

const HASHES: [(&str, &str, u16); 5] = [
    ("_SHA384", "SHA-384", 384),
    ("_SHA256", "SHA-256", 256),
    ("_SHA", "SHA-1", 160),
    ("_MD5", "MD5", 128),
    ("_CCM", "SHA-256", 256),
];

const KEY_EXCHANGES: [(&str, &str); 3] = [("ECDHE_", "ECDHE"), ("DHE_", "DHE"), ("RSA_", "RSA")];

impl Suite {
    pub(crate) fn of(name: &'static str) -> Self {
        // RFC 6655's short tags are CCM as well.
        let end = name.strip_suffix("_8").unwrap_or(name);
        let cipher = CIPHERS.iter().find(|(part, ..)| name.contains(part));
        let (_, cipher, cipher_bits, aead) = cipher.copied().unwrap_or(("", "unknown", 0, false));
        let hash = HASHES.iter().find(|(suffix, ..)| end.ends_with(suffix));
        let (_, hash, hash_bits) = hash.copied().unwrap_or(("", "unknown", 0));
        let exchange = name.strip_prefix("TLS_").filter(|rest| rest.contains("_WITH_"));
        let exchange = exchange.and_then(|rest| KEY_EXCHANGES.iter().find(|(start, _)| rest.starts_with(start)));
        let key_exchange = exchange.map(|(_, exchange)| *exchange);
        Self { name, cipher, cipher_bits, hash, hash_bits, key_exchange, aead }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        type Parts = (&'static str, u16, &'static str, u16, Option<&'static str>, bool);
        let cases: [(&'static str, Parts); 9] = [
            ("TLS_AES_256_GCM_SHA384", ("AES-256-GCM", 256, "SHA-384", 384, None, true)),
            ("TLS_CHACHA20_POLY1305_SHA256", ("ChaCha20-Poly1305", 256, "SHA-256", 256, None, true)),
            ("TLS_AES_128_CCM_8_SHA256", ("AES-128-CCM", 128, "SHA-256", 256, None, true)),
            ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", ("AES-128-GCM", 128, "SHA-256", 256, Some("ECDHE"), true)),
            ("TLS_DHE_RSA_WITH_AES_256_CCM_8", ("AES-256-CCM", 256, "SHA-256", 256, Some("DHE"), true)),
            ("TLS_RSA_WITH_AES_128_CBC_SHA", ("AES-128-CBC", 128, "SHA-1", 160, Some("RSA"), false)),
            ("TLS_RSA_WITH_RC4_128_MD5", ("RC4", 128, "MD5", 128, Some("RSA"), false)),
            ("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", ("3DES-CBC", 168, "SHA-1", 160, Some("ECDHE"), false)),
            ("TLS_WHAT_WITH_NOTHING", ("unknown", 0, "unknown", 0, None, false)),
        ];
        for (name, parts) in cases {
            let suite = Suite::of(name);
            let got = (suite.cipher, suite.cipher_bits, suite.hash, suite.hash_bits, suite.key_exchange, suite.aead);
            assert_eq!((suite.name, got), (name, parts));
        }
    }
}
