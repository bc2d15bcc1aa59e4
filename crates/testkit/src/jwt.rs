//! Access tokens that the live Dovecots accept, or would have accepted an hour ago.
//!
//! They check JSON Web Tokens (RFC 7519) by themselves, with a key that `tests/servers/common.sh` gives them and that is as public as
//! everything else about them. Refreshing can only be tested with tokens whose dates the test chooses.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `JWT_KEY` of `tests/servers/common.sh`.
const KEY: &[u8] = b"imapkit-live-hs256-shared-secret-0123456789";

/// Two tokens of the same second differ, as those of a real server do.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A token for `user` that counts from a minute ago for this long.
pub fn fresh(user: &str, lifetime: Duration) -> String {
    let now = now();
    mint(user, now - 60, now + lifetime.as_secs())
}

/// A token for `user` whose hour was over an hour ago.
pub fn expired(user: &str) -> String {
    let now = now();
    mint(user, now - 7200, now - 3600)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn mint(user: &str, from: u64, until: u64) -> String {
    let head = serde_json::json!({"alg": "HS256", "typ": "JWT"});
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let claims =
        serde_json::json!({"sub": user, "iss": "imapkit", "iat": from, "nbf": from, "exp": until, "jti": number});
    let text = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_parts_with_the_dates_asked_for() {
        let token = fresh("ann", Duration::from_secs(600));
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["sub"], "ann");
        assert_eq!(claims["exp"].as_u64().unwrap() - claims["nbf"].as_u64().unwrap(), 660);
        assert_ne!(token, fresh("ann", Duration::from_secs(600)));
        assert_eq!(expired("ann").split('.').count(), 3);
    }
}
