//! Line ends: CRLF as mail travels, LF as it lies on disk, and back.
//!
//! Separate because Maildir and mbox share it, and `put` undoes it. Only whole CRLF pairs change; a lone CR or LF stays, so that nothing but
//! the line ends is different.

/// Makes LF of CRLF, in pieces of any size.
#[derive(Debug, Default)]
pub(crate) struct ToLf {
    /// A CR whose successor has not come yet.
    held: bool,
}

impl ToLf {
    /// Converts a piece.
    pub(crate) fn push(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        for &octet in piece {
            if self.held && octet != b'\n' {
                out.push(b'\r');
            }
            self.held = octet == b'\r';
            if !self.held {
                out.push(octet);
            }
        }
    }

    /// The end of the text.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.held) {
            out.push(b'\r');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pairs_change_however_the_text_is_cut() {
        let text = b"a\r\nb\rc\nd\r\r\n\r";
        for size in 1..=text.len() {
            let (mut lines, mut out) = (ToLf::default(), Vec::new());
            text.chunks(size).for_each(|piece| lines.push(piece, &mut out));
            lines.finish(&mut out);
            assert_eq!(out, b"a\nb\rc\nd\r\n\r", "{size}");
        }
    }
}
