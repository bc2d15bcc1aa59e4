//! Mechanisms that only say their words: PLAIN (RFC 4616), EXTERNAL (RFC 4422 App. A), ANONYMOUS (RFC 4505), and LOGIN
//! (draft-murchison-sasl-login), which is asked for each of its two.
//!
//! Invariants: nothing is said twice, whatever the server asks; words not said yet are wiped when dropped.

use std::collections::VecDeque;

use imapkit_session::types::Secret;
use imapkit_session::{Error, ErrorKind, Mechanism};
use zeroize::Zeroizing;

type Word = Zeroizing<Vec<u8>>;

pub(crate) struct Words {
    name: &'static str,
    first: Option<Word>,
    answers: VecDeque<Word>,
    secret: Option<Secret>,
}

impl Words {
    fn client_first(name: &'static str, first: Vec<u8>, secret: Option<&Secret>) -> Self {
        Self { name, first: Some(Zeroizing::new(first)), answers: VecDeque::new(), secret: secret.cloned() }
    }

    /// `message = [authzid] UTF8NUL authcid UTF8NUL passwd`
    pub(crate) fn plain(user: &str, password: &Secret) -> Self {
        Self::client_first("PLAIN", ["", user, password.expose()].join("\0").into_bytes(), Some(password))
    }

    /// Who we want to be; some servers refuse to take the empty name for "as the certificate says" (maddy).
    pub(crate) fn external(user: &str) -> Self {
        Self::client_first("EXTERNAL", user.into(), None)
    }

    /// A trace for the server's log, an address for instance.
    pub(crate) fn anonymous(trace: &str) -> Self {
        Self::client_first("ANONYMOUS", trace.into(), None)
    }

    pub(crate) fn login(user: &str, password: &Secret) -> Self {
        let answers = [user, password.expose()].map(|word| Zeroizing::new(word.as_bytes().to_vec()));
        Self { name: "LOGIN", first: None, answers: answers.into(), secret: Some(password.clone()) }
    }
}

impl Mechanism for Words {
    fn name(&self) -> &str {
        self.name
    }

    fn initial(&mut self) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.first.take().map(|mut word| core::mem::take(&mut *word)))
    }

    fn step(&mut self, _challenge: &[u8]) -> Result<Vec<u8>, Error> {
        let Some(mut answer) = self.answers.pop_front() else {
            let text = format!("the server asks for more than {} has to say", self.name);
            return Err(Error::new(ErrorKind::Auth, text));
        };
        Ok(core::mem::take(&mut *answer))
    }

    fn verify(&mut self) -> Result<(), Error> {
        if self.first.is_none() && self.answers.is_empty() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Auth, "the server said OK before it knew who we are"))
    }

    fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::from(text)
    }

    #[test]
    fn plain_as_in_rfc_4616() {
        let mut plain = Words::plain("tim", &secret("tanstaaftanstaaf"));
        assert_eq!(plain.initial().unwrap().unwrap(), b"\0tim\0tanstaaftanstaaf");
        assert!(plain.verify().is_ok() && plain.initial().unwrap().is_none());
        assert_eq!(Words::plain("Grüße", &secret("“ЌύБЇ”")).initial().unwrap().unwrap(), "\0Grüße\0“ЌύБЇ”".as_bytes());
    }

    #[test]
    fn t063_nothing_is_said_twice() {
        let mut plain = Words::plain("tim", &secret("tanstaaftanstaaf"));
        plain.initial().unwrap();
        let error = plain.step(b"again").unwrap_err();
        assert_eq!(error.to_string(), "the server asks for more than PLAIN has to say");
    }

    #[test]
    fn login_is_asked_for_each_word() {
        let mut login = Words::login("me", &secret("hunter2"));
        assert!(login.initial().unwrap().is_none());
        assert!(login.verify().is_err(), "an OK now would be for somebody else");
        assert_eq!(login.step(b"Username:").unwrap(), b"me");
        assert_eq!(login.step(b"").unwrap(), b"hunter2");
        assert!(login.verify().is_ok() && login.step(b"Password:").is_err());
    }

    #[test]
    fn external_and_anonymous_say_one_word_which_may_be_empty() {
        assert_eq!(Words::external("fred@example.com").initial().unwrap().unwrap(), b"fred@example.com");
        assert_eq!(Words::external("").initial().unwrap().unwrap(), b"");
        assert_eq!(Words::anonymous("sirhc").initial().unwrap().unwrap(), b"sirhc");
    }
}
