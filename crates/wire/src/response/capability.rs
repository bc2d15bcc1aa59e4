//! CAPABILITY and ENABLED; RFC 9051 §7.2.1, §7.2.2, RFC 5161.
//!
//! The words as sent, with one repair: servers and proxies tear `LITERAL+` apart (H37, quirk 10).

use alloc::string::String;
use core::iter;
use imapkit_types::Capabilities;

use crate::cursor::Cursor;
use crate::hazard;

/// `*(SP capability)`, to the end of the response.
pub(super) fn to_end(cursor: &mut Cursor<'_>) -> Capabilities {
    let words = cursor.rest();
    cursor.advance(words.len());
    words_of(cursor, words)
}

/// The capabilities that `words` names.
pub(super) fn words_of(cursor: &mut Cursor<'_>, words: &[u8]) -> Capabilities {
    let text = String::from_utf8_lossy(words);
    let mut words = text.split_ascii_whitespace().peekable();
    Capabilities::from_tokens(iter::from_fn(|| {
        let word = words.next()?;
        let torn = word.eq_ignore_ascii_case("LITERAL");
        let whole =
            [("+", "LITERAL+"), ("-", "LITERAL-")].into_iter().find(|(sign, _)| torn && words.peek() == Some(sign));
        Some(whole.map_or(word, |(_, whole)| {
            cursor.note(hazard::CAPABILITY);
            words.next();
            whole
        }))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::Untagged;
    use crate::response::data::tests::read;
    use imapkit_types::Capability;

    #[test]
    fn words_are_kept_as_sent() {
        let Ok(Untagged::Capability(set)) = read("CAPABILITY STARTTLS AUTH=GSSAPI imap4rev2 XPIG-LATIN") else {
            panic!()
        };
        assert_eq!(alloc::format!("{set}"), "STARTTLS AUTH=GSSAPI imap4rev2 XPIG-LATIN");
        assert!(set.has(&Capability::Imap4Rev2) && set.has_auth("gssapi"));
        assert_eq!(read("ENABLED"), Ok(Untagged::Enabled(Capabilities::new())));
    }

    #[test]
    fn h37_odd_lists() {
        let Ok(Untagged::Capability(set)) = read("CAPABILITY IMAP4rev1 literal + AUTH=  LITERAL SASL_IR ") else {
            panic!()
        };
        assert_eq!(alloc::format!("{set}"), "IMAP4rev1 LITERAL+ AUTH= LITERAL SASL_IR");
        assert!(set.has(&Capability::LiteralPlus) && !set.has(&Capability::SaslIr));
        assert_eq!(read("CAPABILITY "), Ok(Untagged::Capability(Capabilities::new())));
        let Ok(Untagged::Capability(set)) = read("CAPABILITY LITERAL -") else { panic!() };
        assert!(set.has(&Capability::LiteralMinus));
    }
}
