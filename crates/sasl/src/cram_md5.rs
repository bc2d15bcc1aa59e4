//! CRAM-MD5: proves a password by a keyed hash of the server's challenge. RFC 2195.
//!
//! Never chosen unless pinned: MD5 lets whoever reads the exchange guess passwords at leisure, and nothing proves the server.

use hmac::{Hmac, Mac};
use imapkit_session::types::Secret;
use imapkit_session::{Error, ErrorKind, Mechanism};
use md5::Md5;

/// The longest challenge that is hashed, in octets; real ones have about 40.
const MAX_CHALLENGE: usize = 1024;

pub(crate) struct CramMd5 {
    user: String,
    /// `None` once the challenge is answered.
    password: Option<Secret>,
}

impl CramMd5 {
    pub(crate) fn new(user: &str, password: &Secret) -> Self {
        Self { user: user.into(), password: Some(password.clone()) }
    }
}

impl Mechanism for CramMd5 {
    fn secret(&self) -> Option<&Secret> {
        self.password.as_ref()
    }

    fn name(&self) -> &'static str {
        "CRAM-MD5"
    }

    fn initial(&mut self) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    fn step(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = |text| Error::new(ErrorKind::Auth, text);
        let Some(password) = self.password.take() else {
            return Err(failed("the server challenges twice in CRAM-MD5"));
        };
        if challenge.is_empty() || challenge.len() > MAX_CHALLENGE {
            return Err(failed("the server's challenge in CRAM-MD5 is empty or too long"));
        }
        let mut mac = Hmac::<Md5>::new_from_slice(password.expose().as_bytes())
            .map_err(|_| failed("the password is not usable with CRAM-MD5"))?;
        mac.update(challenge);
        let digest = mac.finalize().into_bytes();
        Ok(format!("{} {digest:x}", self.user).into_bytes())
    }

    fn verify(&mut self) -> Result<(), Error> {
        match self.password {
            None => Ok(()),
            Some(_) => Err(Error::new(ErrorKind::Auth, "the server said OK before it knew who we are")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_2195() {
        let mut cram = CramMd5::new("tim", &Secret::from("tanstaaftanstaaf"));
        assert!(cram.initial().unwrap().is_none() && cram.verify().is_err());
        let answer = cram.step(b"<1896.697170952@postoffice.reston.mci.net>").unwrap();
        assert_eq!(answer, b"tim b913a602c7eda7a495b4e6e7334d3890");
        assert!(cram.verify().is_ok());
        assert!(cram.step(b"<again>").is_err(), "one challenge only");
    }

    #[test]
    fn t062_a_challenge_without_end_is_not_hashed() {
        for challenge in [&b""[..], &[b'x'; MAX_CHALLENGE + 1]] {
            assert!(CramMd5::new("tim", &Secret::from("x")).step(challenge).is_err());
        }
    }
}
