//! Status responses: OK, NO, BAD, BYE, PREAUTH, with or without a tag; RFC 9051 §7.1.
//!
//! Separate from the other responses because this one is never refused: a code that cannot be read is text, and text may hold anything
//! (H20–H24, H35, H36). Whatever a server says here, the command is over.

use bytes::Bytes;

use crate::cursor::Cursor;
use crate::response::{StatusKind, StatusLine};

use super::code;

/// The status word, in any case (H29).
pub(crate) fn kind(word: &[u8]) -> Option<StatusKind> {
    const WORDS: [(&[u8], StatusKind); 5] = [
        (b"OK", StatusKind::Ok),
        (b"NO", StatusKind::No),
        (b"BAD", StatusKind::Bad),
        (b"BYE", StatusKind::Bye),
        (b"PREAUTH", StatusKind::PreAuth),
    ];
    WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind)
}

/// `resp-text = ["[" resp-text-code "]" SP] [text]`, to the end of the response; the cursor stands behind the status word.
pub(crate) fn line(cursor: &mut Cursor<'_>, kind: StatusKind) -> StatusLine {
    cursor.eat(b' ');
    let start = cursor.pos();
    cursor.skip_spaces();
    let code = if cursor.peek() == Some(b'[') { code::code(cursor) } else { None };
    match code {
        Some(_) => _ = cursor.eat(b' '),
        None => cursor.set_pos(start),
    }
    StatusLine { kind, code, text: rest(cursor) }
}

/// Everything up to the end of the response.
fn rest(cursor: &mut Cursor<'_>) -> Bytes {
    let start = cursor.pos();
    cursor.advance(cursor.rest().len());
    cursor.share_since(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::tests::Source;
    use imapkit_types::Code;

    #[track_caller]
    fn check(text: &[u8], code: Option<Code>, rest: &[u8]) {
        let source = Source::new([text, b"\r\n"].concat());
        let mut cursor = source.cursor();
        let line = line(&mut cursor, StatusKind::Ok);
        assert_eq!((line.code, &*line.text), (code, rest), "{}", text.escape_ascii());
        assert!(cursor.at_end());
    }

    fn other(name: &str, data: &[u8]) -> Code {
        Code::Other { name: name.into(), data: data.into() }
    }

    #[test]
    fn h20_text_may_be_missing() {
        check(b"", None, b"");
        check(b" ", None, b"");
        check(b" [READ-ONLY]", Some(Code::ReadOnly), b"");
        check(b" [READ-ONLY] ", Some(Code::ReadOnly), b"");
        check(b" [unseen 2]", Some(Code::Unseen(2)), b"");
        check(b"  [ALERT]now", Some(Code::Alert), b"now");
        check(b" LOGIN completed", None, b"LOGIN completed");
    }

    #[test]
    fn h21_brackets_in_codes() {
        let referral = |url: &str| Some(Code::Referral(url.into()));
        check(b" [REFERRAL imap://[2001:db8::1]/] x", referral("imap://[2001:db8::1]/"), b"x");
        check(b" [BADURL \"/a]b\"] x", Some(Code::BadUrl("/a]b".into())), b"x");
        check(b" [XFOO (a \"b]\" [c] {2}\r\n]])] x", Some(other("XFOO", b"(a \"b]\" [c] {2}\r\n]])")), b"x");
        check(b" [XFOO \"a] x", Some(other("XFOO", b"\"a")), b"x");
        check(b" [XFOO] bar", Some(other("XFOO", b"")), b"bar");
    }

    #[test]
    fn h22_h23_what_is_no_code_is_text() {
        for text in [
            &b"[REFERRAL imap://mail.example.org/"[..],
            b"[UIDNEXT 5",
            b"[",
            b"[]",
            b"[ ALERT] x",
            b"[Error=\"Microsoft.Exchange: moved\" Proxy=X:1993:SSL] AUTHENTICATE completed.",
            b"[",
            b"ready. [TQBXADIAUABSADAAMQ==]",
            b"[\xff] x",
        ] {
            check(&[b" ", text].concat(), None, text);
        }
    }

    #[test]
    fn h35_h36_text_is_kept_octet_for_octet() {
        check(b" Willk\xfcommen", None, b"Willk\xfcommen");
        check(b" [ALERT] \x1b[2J a\0b\r", Some(Code::Alert), b"\x1b[2J a\0b\r");
        check(b" see ticket {42}", None, b"see ticket {42}");
    }

    #[test]
    fn words_in_any_case() {
        assert_eq!(kind(b"ok"), Some(StatusKind::Ok));
        assert_eq!(kind(b"PreAuth"), Some(StatusKind::PreAuth));
        assert_eq!(kind(b"OKAY"), None);
    }

    #[test]
    fn t087_quotes_and_brackets_are_not_looked_for_again_and_again() {
        // Each would be a scan to the end if nothing remembered that there is no end: 64 MiB at once must not take minutes.
        for pattern in [&b"\\\""[..], b"[", b"\"", b"{1", b"(\"["] {
            let text = [&b" [X "[..], &pattern.repeat(1 << 20)].concat();
            let source = Source::new(text);
            assert_eq!(line(&mut source.cursor(), StatusKind::No).code, None);
        }
    }
}
