//! OAUTHBEARER and XOAUTH2: a bearer token instead of a password. RFC 7628; RFC 6750 (tokens); XOAUTH2 as Google describes it.
//!
//! The whole token travels at once. When it is refused, the server first explains itself in a challenge of JSON and wants an answer that
//! means nothing; the NO comes after that. The explanation goes into the error; refreshing the token is the caller's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imapkit_session::types::Secret;
use imapkit_session::{Error, ErrorKind, Mechanism, TokenRefusal};
use zeroize::Zeroizing;

/// The longest explanation that is read, in octets (T062).
const MAX_EXPLANATION: usize = 8192;

pub(crate) struct OAuth {
    name: &'static str,
    first: Option<Zeroizing<Vec<u8>>>,
    /// What is said to the explanation.
    dummy: &'static [u8],
    /// Why the token was refused, once the server has said so.
    refusal: Option<TokenRefusal>,
    token: Secret,
    /// What must not show should the explanation say it back: the token and the message, as they are and as base64 (T109).
    hidden: [Secret; 3],
}

impl OAuth {
    /// `host` and `port` are those of the server that is really talked to (RFC 7628 §3.1).
    pub(crate) fn bearer(user: &str, token: &Secret, endpoint: Option<(&str, u16)>) -> Self {
        let user = if user.is_empty() { String::new() } else { format!("a={}", saslname(user)) };
        let endpoint = endpoint.map(|(host, port)| format!("\x01host={host}\x01port={port}")).unwrap_or_default();
        Self::new("OAUTHBEARER", &format!("n,{user},{endpoint}"), token, b"\x01")
    }

    pub(crate) fn xoauth2(user: &str, token: &Secret) -> Self {
        Self::new("XOAUTH2", &format!("user={user}"), token, b"")
    }

    fn new(name: &'static str, head: &str, token: &Secret, dummy: &'static [u8]) -> Self {
        // `concat` makes one buffer of the right size: one that grows leaves unwiped copies behind.
        let first = [head, "\x01auth=Bearer ", token.expose(), "\x01\x01"].concat();
        let hidden =
            [token.clone(), Secret::new(STANDARD.encode(token.expose())), Secret::new(STANDARD.encode(&first))];
        let first = Some(Zeroizing::new(first.into_bytes()));
        Self { name, first, dummy, refusal: None, token: token.clone(), hidden }
    }
}

/// `saslname` of RFC 5801 §4: no comma, and `=` only where it escapes.
fn saslname(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

impl Mechanism for OAuth {
    fn secret(&self) -> Option<&Secret> {
        Some(&self.token)
    }

    fn name(&self) -> &str {
        self.name
    }

    fn initial(&mut self) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.first.take().map(|mut first| core::mem::take(&mut *first)))
    }

    fn step(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Error> {
        if self.refusal.is_some() {
            return Err(Error::new(ErrorKind::Auth, "the server goes on after it has refused the token"));
        }
        self.refusal = Some(refusal(challenge, &self.hidden));
        Ok(self.dummy.to_vec())
    }

    fn verify(&mut self) -> Result<(), Error> {
        match &self.refusal {
            None => Ok(()),
            Some(why) => Err(Error::new(ErrorKind::Auth, format!("the server said OK although {why}"))),
        }
    }

    fn refusal(&self) -> Option<&TokenRefusal> {
        self.refusal.as_ref()
    }
}

/// Why the token was refused, from `{"status":"401","scope":"…"}`.
fn refusal(json: &[u8], hidden: &[Secret]) -> TokenRefusal {
    let json = core::str::from_utf8(json).ok().filter(|json| json.len() <= MAX_EXPLANATION).unwrap_or_default();
    let member = |wanted: &str| members(json).find(|(name, _)| name == wanted).map(|(_, value)| masked(value, hidden));
    TokenRefusal::new(member("status").as_deref(), member("scope").as_deref())
}

fn masked(text: String, hidden: &[Secret]) -> String {
    let there = hidden.iter().map(Secret::expose).filter(|secret| !secret.is_empty());
    there.fold(text, |text, secret| if text.contains(secret) { text.replace(secret, "***") } else { text })
}

/// The members of a JSON object whose values are strings or numbers, those of objects inside it too.
fn members(json: &str) -> impl Iterator<Item = (String, String)> {
    let mut rest = json;
    core::iter::from_fn(move || {
        loop {
            let (name, after) = json_string(rest.split_once('"')?.1)?;
            rest = after;
            let Some(value) = after.trim_start().strip_prefix(':').map(str::trim_start) else { continue };
            if let Some(inside) = value.strip_prefix('"') {
                let (value, after) = json_string(inside)?;
                rest = after;
                return Some((name, value));
            }
            let digits = value.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            if !digits.is_empty() {
                return Some((name, digits.into()));
            }
        }
    })
}

/// The string that starts behind a quote, and what follows it. Escapes other than of a character by itself are left as they are: this is
/// for showing.
fn json_string(text: &str) -> Option<(String, &str)> {
    let mut string = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return Some((string, chars.as_str())),
            '\\' => string.push(chars.next()?),
            c => string.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";

    fn bearer() -> OAuth {
        OAuth::bearer("user@example.com", &Secret::from(TOKEN), Some(("server.example.com", 143)))
    }

    #[test]
    fn the_message_of_rfc_7628_section_4_1() {
        let first = String::from_utf8(bearer().initial().unwrap().unwrap()).unwrap();
        let expected =
            format!("n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer {TOKEN}\x01\x01");
        assert_eq!(first, expected);
        let odd = OAuth::bearer("a=b,c", &Secret::from("t"), None).initial().unwrap().unwrap();
        assert_eq!(odd, b"n,a=a=3Db=2Cc,\x01auth=Bearer t\x01\x01");
        let nobody = OAuth::bearer("", &Secret::from("t"), None).initial().unwrap().unwrap();
        assert_eq!(nobody, b"n,,\x01auth=Bearer t\x01\x01");
    }

    #[test]
    fn the_message_of_xoauth2() {
        let first =
            OAuth::xoauth2("someuser@example.com", &Secret::from("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"));
        let expected =
            b"user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01";
        let mut first = first;
        assert_eq!(first.initial().unwrap().unwrap(), expected);
        assert!(first.verify().is_ok());
    }

    #[test]
    fn t061_a_refusal_is_answered_with_nothing_and_explained() {
        let json = br#"{"status":"invalid_token", "scope":"https://mail.google.com/","schemes":"bearer"}"#;
        let mut bearer = bearer();
        assert_eq!(bearer.step(json).unwrap(), b"\x01");
        let why = "the server refused the token: status invalid_token, scope https://mail.google.com/";
        assert_eq!(bearer.refusal().unwrap().to_string(), why);
        assert_eq!(bearer.refusal().unwrap().scope.as_deref(), Some("https://mail.google.com/"));
        assert!(bearer.step(json).is_err() && bearer.verify().is_err());
        let mut xoauth2 = OAuth::xoauth2("me", &Secret::from("t"));
        assert_eq!(xoauth2.refusal(), None);
        assert_eq!(xoauth2.step(br#"{"status":400}"#).unwrap(), b"");
        assert_eq!(xoauth2.refusal(), Some(&TokenRefusal::new(Some("400"), None)));
    }

    #[test]
    fn t062_an_explanation_may_be_anything() {
        let huge = format!(r#"{{"status":"{}"}}"#, "4".repeat(1 << 20));
        for odd in
            ["", "{", "\"", "\"status", "\"status\":", "\"status\":\"4", "[1,2", "null", "{\"status\":null}", &huge]
        {
            assert_eq!(refusal(odd.as_bytes(), &[]), TokenRefusal::default(), "{}", odd.len());
        }
        assert_eq!(refusal(&[0xff; 100], &[]).to_string(), "the server refused the token");
        let status = |json: &str| refusal(json.as_bytes(), &[]).status.unwrap().into_string();
        assert_eq!(status(r#"{"x":{"status": "4\"\u0030\\"}}"#), r#"4"u0030\"#);
        assert_eq!(status("{\"status\":\"\u{1b}[2J401\"}"), "[2J401");
        let long = format!(r#"{{"scope":"{}"}}"#, "s".repeat(8000));
        assert!(refusal(long.as_bytes(), &[]).to_string().len() < 600);
    }
}
