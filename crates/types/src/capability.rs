//! What a server offers (RFC 9051 §6.1.1, §7.2.2 and the registry of capabilities).
//!
//! [`Capability`] is one word we know; [`Capabilities`] is the list as the server sent it, with questions asked of it. Words
//! that carry a value (`APPENDLIMIT=35651584`) are one capability whatever the value, and the value has its own question.
//! Nothing is inferred: IMAP4rev2 among the words does not make ESEARCH present, and `SASL_IR` is not `SASL-IR` (H37).

mod word;

pub use word::Capability;

use alloc::string::String;
use core::fmt;

/// The capabilities of a server, in its order and spelling.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Capabilities {
    /// The words, one space between them.
    text: String,
    /// One bit per known word, see [`Capability::bit`].
    known: u128,
}

impl Capabilities {
    /// No capability at all.
    pub const fn new() -> Self {
        Self { text: String::new(), known: 0 }
    }

    /// Takes the words of a CAPABILITY response or code. A word with spaces in it counts as several.
    pub fn from_tokens<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Self {
        let mut set = Self::new();
        for token in tokens.into_iter().flat_map(str::split_ascii_whitespace) {
            if !set.text.is_empty() {
                set.text.push(' ');
            }
            set.text.push_str(token);
            set.known |= Capability::parse(token).bit();
        }
        set
    }

    /// Whether the server offers this. Constant time for known words; others are searched, ignoring case.
    pub fn has(&self, capability: &Capability) -> bool {
        match capability {
            Capability::Other(word) => self.iter().any(|token| token.eq_ignore_ascii_case(word)),
            known => self.known & known.bit() != 0,
        }
    }

    /// The SASL mechanisms offered, as the server spelled them (mechanism names compare without case).
    pub fn auth_mechanisms(&self) -> impl Iterator<Item = &str> + Clone {
        self.values("AUTH=").filter(|name| !name.is_empty())
    }

    /// Whether this SASL mechanism is offered, in any case.
    pub fn has_auth(&self, mechanism: &str) -> bool {
        self.auth_mechanisms().any(|name| name.eq_ignore_ascii_case(mechanism))
    }

    /// The largest message APPEND takes, in octets (RFC 7889). Present without a value, the limit differs by mailbox.
    pub fn append_limit(&self) -> Option<u64> {
        self.number("APPENDLIMIT=")
    }

    /// How many messages one command may handle (RFC 9738).
    pub fn message_limit(&self) -> Option<u64> {
        self.number("MESSAGELIMIT=")
    }

    /// How many messages `SEARCH RETURN (SAVE)` may save (RFC 9738).
    pub fn save_limit(&self) -> Option<u64> {
        self.number("SAVELIMIT=")
    }

    /// The rights of RFC 4314 the server lists in `RIGHTS=`.
    pub fn rights(&self) -> Option<&str> {
        self.values("RIGHTS=").next()
    }

    /// The quota resources, `STORAGE` for `QUOTA=RES-STORAGE` (RFC 9208).
    pub fn quota_resources(&self) -> impl Iterator<Item = &str> + Clone {
        self.values("QUOTA=RES-")
    }

    /// The threading algorithms, `REFERENCES` for `THREAD=REFERENCES` (RFC 5256).
    pub fn thread_algorithms(&self) -> impl Iterator<Item = &str> + Clone {
        self.values("THREAD=")
    }

    /// The words as the server sent them.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.text.split_ascii_whitespace()
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no word at all.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What follows `prefix`, for each word that starts with it in any case.
    fn values<'a>(&'a self, prefix: &'static str) -> impl Iterator<Item = &'a str> + Clone {
        self.iter().filter_map(move |token| {
            let (head, value) = token.split_at_checked(prefix.len())?;
            head.eq_ignore_ascii_case(prefix).then_some(value)
        })
    }

    fn number(&self, prefix: &'static str) -> Option<u64> {
        self.values(prefix).find_map(|value| value.parse().ok())
    }
}

impl<'a> FromIterator<&'a str> for Capabilities {
    fn from_iter<I: IntoIterator<Item = &'a str>>(tokens: I) -> Self {
        Self::from_tokens(tokens)
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Capabilities({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    const GMAIL: &str = "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE \
        ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584";

    #[test]
    fn answers_for_a_real_server() {
        let gmail = Capabilities::from_tokens(GMAIL.split(' '));
        assert!(gmail.has(&Capability::Idle) && gmail.has(&Capability::GmExt1) && gmail.has(&Capability::AppendLimit));
        assert!(!gmail.has(&Capability::Qresync) && !gmail.has(&Capability::Imap4Rev2));
        assert_eq!(gmail.append_limit(), Some(35_651_584));
        assert_eq!((gmail.message_limit(), gmail.rights(), gmail.len()), (None, None, 21));
        assert_eq!(gmail.to_string(), GMAIL.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
    }

    #[test]
    fn ignores_case_and_keeps_spelling() {
        let odd =
            Capabilities::from_tokens(["imap4rev1", "auth=plain", "Auth=XOAuth2", "AUTH=", "starttls", "xyzZY", "Foo"]);
        assert!(odd.has(&Capability::StartTls) && odd.has(&Capability::Xyzzy) && odd.has(&Capability::parse("FOO")));
        assert_eq!(odd.auth_mechanisms().collect::<Vec<_>>(), ["plain", "XOAuth2"]);
        assert!(odd.has_auth("PLAIN") && odd.has_auth("xoauth2") && !odd.has_auth("") && !odd.has_auth("LOGIN"));
        assert_eq!(odd.iter().nth(5), Some("xyzZY"));
    }

    #[test]
    fn values_have_their_own_questions() {
        let set = Capabilities::from_tokens([
            "RIGHTS=texk",
            "QUOTA=RES-STORAGE",
            "quota=res-MESSAGE",
            "THREAD=REFS",
            "MESSAGELIMIT=1000",
            "APPENDLIMIT",
            "SAVELIMIT=99999999999999999999",
            "IMAPSIEVE=sieve.example.org",
        ]);
        assert_eq!((set.rights(), set.message_limit()), (Some("texk"), Some(1000)));
        assert_eq!((set.append_limit(), set.save_limit()), (None, None));
        assert!(
            set.has(&Capability::AppendLimit) && set.has(&Capability::SaveLimit) && set.has(&Capability::ImapSieve)
        );
        assert_eq!(set.quota_resources().collect::<Vec<_>>(), ["STORAGE", "MESSAGE"]);
        assert_eq!(set.thread_algorithms().collect::<Vec<_>>(), ["REFS"]);
    }

    #[test]
    fn h037_a_typo_is_not_the_capability() {
        let cyrus = Capabilities::from_tokens(["SASL_IR", "LITERAL", "+"]);
        assert!(!cyrus.has(&Capability::SaslIr) && !cyrus.has(&Capability::LiteralPlus));
        assert!(cyrus.has(&Capability::Other("sasl_ir".into())));
        assert!(Capabilities::from_tokens(["", " "]).is_empty());
    }
}
