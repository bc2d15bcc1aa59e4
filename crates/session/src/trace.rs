//! A record of what was said, for people who look for a fault.
//!
//! Lines are recorded where they are still typed, so that a secret never reaches them: a command whose rules say `secret` shows its name
//! and no argument, and nothing of an AUTHENTICATE exchange is shown (protocol.md 4.6, T109). Literal content shows as its size. No RFC.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use core::fmt::Write as _;

use imapkit_types::Tag;
use imapkit_wire::Encoded;

/// One line of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceLine {
    /// True for what we said.
    pub sent: bool,
    /// What was said, printable.
    pub text: Box<str>,
}

/// Lines kept for a caller that does not fetch them.
const MAX_LINES: usize = 10_000;
/// Characters of a line that are kept.
const MAX_TEXT: usize = 2_000;

#[derive(Default)]
pub(crate) struct Trace {
    on: bool,
    lines: VecDeque<TraceLine>,
}

impl Trace {
    pub(crate) fn new(on: bool) -> Self {
        Self { on, lines: VecDeque::new() }
    }

    pub(crate) fn set(&mut self, on: bool) {
        self.on = on;
    }

    pub(crate) fn command(&mut self, tag: &Tag, name: &str, secret: bool, encoded: &Encoded) {
        if !self.on {
            return;
        }
        if secret {
            self.push(true, format!("{} {name} ***", tag.as_str()));
        } else {
            self.push(true, shorten(&encoded.bytes));
        }
    }

    pub(crate) fn sent(&mut self, text: &str) {
        if self.on {
            self.push(true, text.to_owned());
        }
    }

    pub(crate) fn received(&mut self, octets: &[u8], secret: bool) {
        if self.on {
            self.push(false, if secret { String::from("+ ***") } else { shorten(octets) });
        }
    }

    pub(crate) fn body(&mut self, octets: u64) {
        if self.on {
            self.push(false, format!("<{octets} octets>"));
        }
    }

    pub(crate) fn poll(&mut self) -> Option<TraceLine> {
        self.lines.pop_front()
    }

    fn push(&mut self, sent: bool, text: String) {
        if self.lines.len() >= MAX_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(TraceLine { sent, text: without_keys(text).into_boxed_str() });
    }
}

/// What lets whoever reads it in, after these words: the address of a page with a session in it (WEBALERT), an authorised URL (RFC 4467), who
/// is in a URL (REFERRAL), a device at a push service (protocol.md 4.6). Lower case.
const KEYS: [&str; 5] = ["[webalert ", ";urlauth=", "imap://", "imaps://", "xapplepushservice "];

fn without_keys(mut text: String) -> String {
    let mut from = 0_usize;
    while let Some((at, word)) = next_key(&text, from) {
        let start = at.saturating_add(word.len());
        let behind = text.get(start..).unwrap_or_default();
        let whole = behind.find(|c: char| c.is_whitespace() || "]\"\\)>".contains(c)).unwrap_or(behind.len());
        let hidden = match word {
            "[webalert " => {
                behind.get(..whole).and_then(|url| url.find('?')).map(|query| query.saturating_add(1)..whole)
            }
            ";urlauth=" => Some(0..whole),
            "imap://" | "imaps://" => {
                let host = behind.get(..whole).and_then(|url| url.split('/').next()).unwrap_or_default();
                host.rfind('@').map(|user| 0..user)
            }
            _ => Some(0..behind.len()),
        };
        from = start;
        if let Some(hidden) = hidden {
            text.replace_range(start.saturating_add(hidden.start)..start.saturating_add(hidden.end), "***");
        }
    }
    text
}

/// The first of them from here on.
fn next_key(text: &str, from: usize) -> Option<(usize, &'static str)> {
    let rest = text.as_bytes().get(from..)?;
    let found = |key: &&'static str| {
        let at = rest.windows(key.len()).position(|window| window.eq_ignore_ascii_case(key.as_bytes()))?;
        Some((at.saturating_add(from), *key))
    };
    KEYS.iter().filter_map(found).min_by_key(|(at, _)| *at)
}

/// Octets as one printable line: literal content is replaced by its size, the rest escaped and cut.
fn shorten(octets: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = octets;
    while let Some(end) = rest.iter().position(|&octet| octet == b'\n') {
        let (line, behind) = rest.split_at(end.saturating_add(1));
        text.extend(line.trim_ascii_end().escape_ascii().map(char::from).take(MAX_TEXT));
        rest = behind;
        let Some(len) = literal_len(line) else { continue };
        let _ = write!(text, "<{len} octets>");
        rest = rest.get(len..).unwrap_or_default();
    }
    text.extend(rest.escape_ascii().map(char::from).take(MAX_TEXT));
    text
}

fn literal_len(line: &[u8]) -> Option<usize> {
    let line = line.trim_ascii_end().strip_suffix(b"}")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let start = line.iter().rposition(|&octet| octet == b'{')?;
    core::str::from_utf8(line.get(start.saturating_add(1)..)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_show_as_their_size() {
        assert_eq!(shorten(b"* 1 FETCH (BODY[] {5}\r\nhe\r\no UID 3)\r\n"), "* 1 FETCH (BODY[] {5}<5 octets> UID 3)");
        assert_eq!(shorten(b"* OK \x1b[2J\r\n"), "* OK \\x1b[2J");
    }

    #[test]
    fn t109_what_lets_a_reader_in_is_left_out() {
        for (line, shown) in [
            (
                "* NO [WEBALERT https://example.org/in?plt=AKgn] Web login required.",
                "* NO [WEBALERT https://example.org/in?***] Web login required.",
            ),
            ("* NO [WebAlert https://example.org/in] why?", "* NO [WebAlert https://example.org/in] why?"),
            (
                "A1 OK [REFERRAL IMAP://me;AUTH=*@a/x] see imaps://b@c/ and imap://d/e@f",
                "A1 OK [REFERRAL IMAP://***@a/x] see imaps://***@c/ and imap://d/e@f",
            ),
            (
                r#"* GENURLAUTH \"imap://me@a/b/;uid=2;urlauth=anonymous:internal:91354a\" x"#,
                r#"* GENURLAUTH \"imap://***@a/b/;uid=2;urlauth=***\" x"#,
            ),
            ("A1 XAPPLEPUSHSERVICE aps-device-token 0123", "A1 XAPPLEPUSHSERVICE ***"),
            ("* OK nothing", "* OK nothing"),
        ] {
            assert_eq!(without_keys(line.into()), shown);
        }
    }

    #[test]
    fn t109_a_secret_command_shows_its_name_only() {
        let mut trace = Trace::new(true);
        let encoded = Encoded { bytes: b"A1 LOGIN me hunter2\r\n".to_vec(), steps: alloc::vec![] };
        trace.command(&Tag::new("A1").unwrap(), "LOGIN", true, &encoded);
        trace.received(b"+ c2VjcmV0\r\n", true);
        assert_eq!(&*trace.poll().unwrap().text, "A1 LOGIN ***");
        assert_eq!(&*trace.poll().unwrap().text, "+ ***");
    }
}
