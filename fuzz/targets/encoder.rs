//! Whatever strings a caller passes, one command leaves: lines end only where literals begin, and the last one ends it (T068–T078).
#![no_main]

use imapkit_session::types::{Flag, Mailbox, Tag};
use imapkit_wire::{Encoder, LiteralSupport, Mode, RawToken, Step};
use libfuzzer_sys::fuzz_target;

/// Reads the octets as a server would: true if they are one command and nothing behind it.
fn is_one_command(mut rest: &[u8]) -> bool {
    loop {
        let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else { return false };
        let (line, after) = (&rest[..end], &rest[end + 2..]);
        if line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return false;
        }
        match literal(line) {
            Some(len) if len <= after.len() => rest = &after[len..],
            Some(_) => return false,
            None => return after.is_empty(),
        }
    }
}

fn literal(line: &[u8]) -> Option<usize> {
    let inside = line.strip_suffix(b"}")?;
    let open = inside.iter().rposition(|byte| *byte == b'{')?;
    let digits = inside[open + 1..].strip_suffix(b"+").unwrap_or(&inside[open + 1..]);
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, text)) = data.split_first() else { return };
    let literal = [LiteralSupport::Sync, LiteralSupport::Minus, LiteralSupport::Plus][usize::from(kind % 3)];
    let mode = Mode { literal, utf8: kind & 8 != 0, binary: kind & 16 != 0, ..Mode::default() };
    let mut encoder = Encoder::new(mode);
    encoder.tag(Tag::new("A1").expect("a tag")).sp().verb("X");
    for part in text.split(|byte| *byte == 0xff) {
        let Some((how, value)) = part.split_first() else { continue };
        encoder.sp();
        let words = String::from_utf8_lossy(value).into_owned();
        match how % 9 {
            0 => _ = encoder.string(value),
            1 => _ = encoder.astring(value),
            2 => _ = encoder.text(&words),
            3 => _ = encoder.atom(&words),
            4 => _ = encoder.list_pattern(&words),
            5 => match Mailbox::new(&words) {
                Ok(mailbox) => _ = encoder.mailbox(&mailbox),
                Err(_) => return,
            },
            6 => match Flag::parse(&words) {
                Ok(flag) => _ = encoder.flag(&flag),
                Err(_) => return,
            },
            7 => _ = encoder.literal8(value),
            _ => _ = encoder.raw_tokens(&[RawToken::Text(words.into())]),
        }
    }
    if let Ok(encoded) = encoder.finish() {
        assert!(is_one_command(&encoded.bytes), "{:?}", encoded.bytes.escape_ascii().to_string());
        assert!(matches!(encoded.steps.last(), Some(Step::Bytes(end)) if *end == encoded.bytes.len()));
    }
});
