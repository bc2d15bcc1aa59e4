//! Header blocks: where they end, which fields they hold, what a folded value says.
//!
//! Everything here works on slices of the stored message and copies only when a value has to be unfolded, because body
//! sections must be exact slices of what was delivered. Lines may end in CRLF (as they should) or in a bare LF (as test
//! data often does). RFC 5322 §2.2, §3.2.2 (folding, comments); RFC 2045 §5.1 (parameters).

use chrono::{DateTime, FixedOffset};

/// How much of a value is looked at when it has to be understood; slices are always served whole.
pub(crate) const MAX_VALUE: usize = 256 << 10;

/// One field of a header block.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    /// The name as written; empty for a line that has no colon.
    pub(crate) name: &'a [u8],
    /// What follows the colon, still folded, without the last line end.
    pub(crate) value: &'a [u8],
    /// The whole field with all its line ends.
    pub(crate) raw: &'a [u8],
}

impl Field<'_> {
    pub(crate) fn is(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// The length of the line at the front of `bytes`, its line end included.
pub(crate) fn line_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |at| at + 1)
}

fn is_blank(line: &[u8]) -> bool {
    line == b"\r\n" || line == b"\n"
}

/// The length of the header block at the front of `bytes`, the empty line after it included.
pub(crate) fn header_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        let line = &bytes[at..at + line_length(&bytes[at..])];
        at += line.len();
        if is_blank(line) {
            break;
        }
    }
    at
}

/// Walks the fields of a header block; the empty line that ends it is not one of them.
pub(crate) fn fields(mut block: &[u8]) -> impl Iterator<Item = Field<'_>> {
    std::iter::from_fn(move || {
        let mut length = line_length(block);
        if length == 0 || is_blank(&block[..length]) {
            return None;
        }
        while matches!(block.get(length), Some(b' ' | b'\t')) {
            length += line_length(&block[length..]);
        }
        let (raw, rest) = block.split_at(length);
        block = rest;
        let (name, value) = match raw.iter().position(|&byte| byte == b':') {
            Some(colon) => (raw[..colon].trim_ascii_end(), &raw[colon + 1..]),
            None => (&raw[..0], raw),
        };
        let value = value.strip_suffix(b"\n").unwrap_or(value);
        Some(Field { name, value: value.strip_suffix(b"\r").unwrap_or(value), raw })
    })
}

/// The unfolded value of the first field of that name.
pub(crate) fn value(block: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    fields(block).find(|field| field.is(name)).map(|field| unfold(field.value))
}

/// The date in the Date field, if there is one that can be read.
pub(crate) fn date(block: &[u8]) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc2822(std::str::from_utf8(&value(block, b"Date")?).ok()?).ok()
}

/// Removes the line ends of a folded value and the blanks around it; what exceeds [`MAX_VALUE`] is left out.
pub(crate) fn unfold(value: &[u8]) -> Vec<u8> {
    value.trim_ascii().iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).take(MAX_VALUE).collect()
}

/// A structured value: `text/plain; charset=utf-8` or `attachment; filename="a b.pdf"`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Structured {
    /// What stands before the first semicolon, without comments.
    pub(crate) main: Vec<u8>,
    /// Names as written (RFC 2231 suffixes and all) and values without quoting.
    pub(crate) parameters: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Structured {
    /// Reads an unfolded value; never fails, because what is malformed is simply left out.
    pub(crate) fn parse(value: &[u8]) -> Self {
        let mut pieces = split_outside_quotes(value, b';').into_iter();
        let main = pieces.next().map(unquote).unwrap_or_default();
        let parameters = pieces
            .filter_map(|piece| {
                let equals = piece.iter().position(|&byte| byte == b'=')?;
                let name = unquote(&piece[..equals]);
                (!name.is_empty()).then(|| (name, unquote(&piece[equals + 1..])))
            })
            .collect();
        Self { main, parameters }
    }

    pub(crate) fn parameter(&self, name: &[u8]) -> Option<&[u8]> {
        self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }
}

/// Splits at `separator` where it stands outside quoted strings and comments.
fn split_outside_quotes(value: &[u8], separator: u8) -> Vec<&[u8]> {
    let (mut pieces, mut start, mut at) = (Vec::new(), 0, 0);
    let (mut quoted, mut comments) = (false, 0_usize);
    while at < value.len() {
        match value[at] {
            b'\\' if quoted || comments > 0 => at += 1,
            b'"' if comments == 0 => quoted = !quoted,
            b'(' if !quoted => comments += 1,
            b')' if !quoted => comments = comments.saturating_sub(1),
            byte if byte == separator && !quoted && comments == 0 => {
                pieces.push(&value[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    pieces.push(&value[start..]);
    pieces
}

/// Drops quotes, comments and the blanks around a token or quoted string.
fn unquote(piece: &[u8]) -> Vec<u8> {
    let (mut text, mut quoted, mut comments) = (Vec::with_capacity(piece.len()), false, 0_usize);
    let mut bytes = piece.trim_ascii().iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if quoted => text.extend(bytes.next()),
            b'\\' if comments > 0 => drop(bytes.next()),
            b'"' if comments == 0 => quoted = !quoted,
            b'(' if !quoted => comments += 1,
            b')' if !quoted => comments = comments.saturating_sub(1),
            _ if comments == 0 => text.push(byte),
            _ => {}
        }
    }
    let end = if piece.trim_ascii_end().ends_with(b"\"") { text.len() } else { text.trim_ascii_end().len() };
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_folds_and_skip_the_blank_line() {
        let block = b"A: one\r\n two\r\nbroken\r\nB:three\nC: \r\n\r\nbody: no\r\n";
        assert_eq!(header_length(block), block.len() - 10);
        let seen: Vec<_> = fields(block).map(|field| (field.name.to_vec(), unfold(field.value))).collect();
        let expected: [(&[u8], &[u8]); 4] = [(b"A", b"one two"), (b"", b"broken"), (b"B", b"three"), (b"C", b"")];
        assert_eq!(seen, expected.map(|(name, value)| (name.to_vec(), value.to_vec())));
        assert_eq!(fields(block).next().map(|field| field.raw), Some(&b"A: one\r\n two\r\n"[..]));
    }

    #[test]
    fn parameters_lose_quotes_and_comments_only() {
        let value = Structured::parse(b"text/plain (why); charset = \"utf\\\"8\" ; name=\"a;b \"; x*0*=y(z)z; ;=1");
        assert_eq!(value.main, b"text/plain");
        assert_eq!(value.parameter(b"Charset"), Some(&b"utf\"8"[..]));
        assert_eq!(value.parameter(b"name"), Some(&b"a;b "[..]));
        assert_eq!(value.parameter(b"x*0*"), Some(&b"yz"[..]));
        assert_eq!(value.parameters.len(), 3);
    }
}
