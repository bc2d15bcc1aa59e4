//! Words and numbers for people: sizes, counts, times, columns, and text made safe to show.
//!
//! Separate because everything here is pure and has its tests beside it. What comes from a server or a message is hostile until it has
//! passed [`clean`] or [`clean_block`]: control characters could command a terminal, bidirectional overrides could turn text around
//! (T031, H35, H36). STYLE.md, "Words for people".

use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Could command a terminal, or turn around or hide what is shown.
pub(crate) fn is_tricky(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// One line, safe to show: white space of any kind is a space, control characters are gone.
pub(crate) fn clean(text: &str) -> String {
    let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let mut line: String = spaced.filter(|&c| !is_tricky(c)).collect();
    line.truncate(line.trim_end().len());
    line
}

/// Text of several lines, safe to show.
pub(crate) fn clean_block(text: &str) -> String {
    text.chars().filter(|&c| matches!(c, '\n' | '\t') || !is_tricky(c)).collect()
}

/// `1,204`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 message`, `1,204 messages`.
pub(crate) fn messages(number: u64) -> String {
    plural(number, "message")
}

/// `1 thing`, `2 things`.
pub(crate) fn plural(number: u64, word: &str) -> String {
    format!("{} {word}{}", count(number), if number == 1 { "" } else { "s" })
}

/// `512 B`, `3.4 kB`, `12.4 MB`: powers of 1000, as MB means.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut unit = 0;
    // In tenths, rounded half up: no floating point, no "1000.0 kB".
    let mut scale: u64 = 1000;
    while unit + 1 < UNITS.len() && tenths(bytes, scale) >= 10_000 {
        scale *= 1000;
        unit += 1;
    }
    let tenths = tenths(bytes, scale);
    format!("{}.{} {}", count(tenths / 10), tenths % 10, UNITS[unit])
}

fn tenths(bytes: u64, scale: u64) -> u64 {
    bytes.saturating_mul(10).saturating_add(scale / 2) / scale
}

/// `0.4 ms`, `12 ms`, `3.2 s`, `2 min 5 s`.
pub(crate) fn duration(time: Duration) -> String {
    match (time.as_secs(), time.as_micros()) {
        (0, micros) if micros < 10_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        (0, micros) => format!("{} ms", micros / 1000),
        (secs, _) if secs < 60 => format!("{secs}.{} s", time.subsec_millis() / 100),
        (secs, _) if secs < 3600 => format!("{} min {} s", secs / 60, secs % 60),
        (secs, _) => format!("{} h {} min", secs / 3600, secs % 3600 / 60),
    }
}

/// Cuts text to so many columns, with `…` where something is missing.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut used = 0;
    let mut out = String::new();
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > columns {
            break;
        }
        used += wide;
        out.push(c);
    }
    out.push('…');
    out
}

/// Fills text up to so many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

/// Right-aligned.
pub(crate) fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(text.width())))
}

/// How many columns text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Breaks a line of words at a width; `indent` stands before every line but the first.
pub(crate) fn wrap(words: &str, columns: usize, indent: &str) -> String {
    let mut out = String::new();
    let mut used = 0;
    for word in words.split(' ') {
        if used > 0 && used + 1 + word.width() > columns {
            out.push('\n');
            out.push_str(indent);
            used = indent.width();
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += word.width();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t031_text_that_commands_a_terminal_is_harmless() {
        assert_eq!(
            clean("\u{1b}]8;;http://evil\u{7}click\u{1b}[2J\u{202e}gpj.exe\r\n"),
            "]8;;http://evilclick[2Jgpj.exe"
        );
        assert_eq!(clean("two\tcolumns\u{a0}here"), "two columns here");
        assert_eq!(clean_block("one\r\n\ttwo\u{9b}2J\n"), "one\n\ttwo2J\n");
    }

    #[test]
    fn sizes_are_decimal_and_round_once() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (12_449_999, "12.4 MB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (5_000_000_000, "5.0 GB"),
            (u64::MAX, "1,844,674.4 TB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn counts_have_commas_and_words_have_plurals() {
        assert_eq!(
            (count(0), count(999), count(1204), count(1_000_000)),
            ("0".into(), "999".into(), "1,204".into(), "1,000,000".into())
        );
        assert_eq!(messages(1), "1 message");
        assert_eq!(messages(0), "0 messages");
    }

    #[test]
    fn durations_have_the_unit_that_fits() {
        let text = |ms| duration(Duration::from_millis(ms));
        assert_eq!(
            [text(1), text(12), text(3210), text(125_000), text(7_260_000)],
            ["1.0 ms", "12 ms", "3.2 s", "2 min 5 s", "2 h 1 min"]
        );
    }

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(cut("会議の件について", 9), "会議の件…");
        assert_eq!(width(&pad("会議", 6)), 6);
        assert_eq!(cut("short", 9), "short");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("aa bb cc dd", 5, "  "), "aa bb\n  cc\n  dd");
    }
}
