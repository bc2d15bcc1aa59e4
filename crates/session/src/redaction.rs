//! What must not show should the server say it back: some answer a login they do not like with the whole line, password included.
//!
//! Separate from the trace because words of the server reach people in many ways: errors, alerts, warnings, traces. So they are taken out where
//! responses come in, before anything has looked at them, and only while somebody logs in. No RFC; protocol.md 4.6, T109.
//!
//! Invariant: a response keeps its length, so that literals stay where they were announced.

use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use imapkit_types::Secret;
use imapkit_wire::{Encoder, Mode};

/// Shorter words are found by chance: taking them out would only tell that they are secrets.
const MIN_WORD: usize = 6;
/// Words that are kept.
const MAX_WORDS: usize = 32;

/// The words to take out. Empty but while somebody logs in.
#[derive(Debug, Default)]
pub(crate) struct Redaction {
    words: Vec<Secret>,
}

impl Redaction {
    /// Takes a secret out, as it is, as base64, and as a quoted string spells it.
    pub(crate) fn hide(&mut self, secret: &str) {
        self.hide_word(secret);
        self.hide_message(secret.as_bytes());
        if secret.contains(['"', '\\']) {
            self.hide_word(&secret.replace('\\', "\\\\").replace('"', "\\\""));
        }
    }

    /// Takes out what a SASL message looks like on the wire.
    pub(crate) fn hide_message(&mut self, message: &[u8]) {
        let mut encoder = Encoder::new(Mode::default());
        encoder.base64_line(message);
        let line = encoder.finish().ok().and_then(|encoded| String::from_utf8(encoded.bytes).ok());
        if let Some(line) = line {
            self.hide_word(line.trim_end());
        }
    }

    fn hide_word(&mut self, word: &str) {
        if word.len() >= MIN_WORD
            && self.words.len() < MAX_WORDS
            && self.words.iter().all(|known| known.expose() != word)
        {
            self.words.push(Secret::new(word));
        }
    }

    /// Somebody is logged in, or will not be.
    pub(crate) fn clear(&mut self) {
        self.words.clear();
    }

    /// The octets with asterisks for what is hidden; `None` when there is nothing to hide.
    pub(crate) fn of(&self, octets: &[u8]) -> Option<Bytes> {
        let mut out: Option<Vec<u8>> = None;
        for word in self.words.iter().map(|word| word.expose().as_bytes()) {
            let mut from = 0_usize;
            while let Some(at) = find(out.as_deref().unwrap_or(octets), word, from) {
                let end = at.saturating_add(word.len());
                let clean = out.get_or_insert_with(|| octets.to_vec());
                if let Some(place) = clean.get_mut(at..end) {
                    place.fill(b'*');
                }
                from = end;
            }
        }
        out.map(Bytes::from)
    }
}

fn find(octets: &[u8], word: &[u8], from: usize) -> Option<usize> {
    let rest = octets.get(from..)?;
    rest.windows(word.len()).position(|window| window == word).map(|at| at.saturating_add(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t109_what_was_said_in_secret_is_starred_in_every_spelling() {
        let mut redaction = Redaction::default();
        redaction.hide("it's \"hunter2\"");
        redaction.hide_message(b"\0me\0hunter2");
        redaction.hide("short");
        let clean =
            |text: &str| redaction.of(text.as_bytes()).map(|octets| String::from_utf8(octets.to_vec()).unwrap());
        assert_eq!(
            clean("A1 BAD LOGIN me \"it's \\\"hunter2\\\"\"\r\n").unwrap(),
            "A1 BAD LOGIN me \"****************\"\r\n"
        );
        assert_eq!(clean("it's \"hunter2\"it's \"hunter2\"").unwrap(), "*".repeat(28));
        assert_eq!(clean("what is AG1lAGh1bnRlcjI=?").unwrap(), "what is ****************?");
        assert_eq!(clean("a short text"), None, "it would say that short is a secret");
        redaction.clear();
        assert!(redaction.of(b"AG1lAGh1bnRlcjI=").is_none());
    }
}
