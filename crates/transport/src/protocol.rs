//! Recognises what a peer speaks from its first bytes.
//!
//! A wrong port is the commonest connect error, and "invalid content type" helps nobody (T039). Used by the TLS layer when the
//! answer to a hello is no TLS record, and by a session whose greeting is none.

use core::fmt;

/// What a peer's first bytes look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// An IMAP greeting or reply.
    Imap,
    /// A web server.
    Http,
    /// A mail submission or transfer server (FTP greets alike).
    Smtp,
    /// A POP3 server.
    Pop3,
    /// A secure shell server.
    Ssh,
    /// A TLS record: the port wants TLS from the first byte.
    Tls,
    /// None of these.
    Unknown,
}

/// Enough to tell all of them apart.
pub(crate) const SNIFF_LEN: usize = 16;

impl Protocol {
    /// Looks at the first bytes that a peer sent; 16 are enough, fewer may give [`Protocol::Unknown`].
    pub fn of(first: &[u8]) -> Self {
        const SIGNS: [(&[u8], Protocol); 8] = [
            (b"* ", Protocol::Imap),
            (b"HTTP/", Protocol::Http),
            (b"<!DOCTYPE", Protocol::Http),
            (b"<html", Protocol::Http),
            (b"220", Protocol::Smtp),
            (b"+OK", Protocol::Pop3),
            (b"-ERR", Protocol::Pop3),
            (b"SSH-", Protocol::Ssh),
        ];
        if matches!(first, [kind, 3, minor, ..] if is_record_type(*kind) && *minor <= 4) {
            return Self::Tls;
        }
        let sign = SIGNS
            .iter()
            .find(|(sign, _)| first.get(..sign.len()).is_some_and(|start| start.eq_ignore_ascii_case(sign)));
        sign.map_or(Self::Unknown, |(_, protocol)| *protocol)
    }
}

/// RFC 8446 §5.1: `change_cipher_spec` 20, alert 21, handshake 22, `application_data` 23. None is printable text.
pub(crate) fn is_record_type(byte: u8) -> bool {
    (20..=23).contains(&byte)
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Imap => "IMAP",
            Self::Http => "HTTP",
            Self::Smtp => "SMTP",
            Self::Pop3 => "POP3",
            Self::Ssh => "SSH",
            Self::Tls => "TLS",
            Self::Unknown => "an unknown protocol",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_name_the_protocol() {
        let cases: [(&[u8], Protocol); 10] = [
            (b"* OK IMAP4rev1 ready\r\n", Protocol::Imap),
            (b"* BYE too many\r\n", Protocol::Imap),
            (b"HTTP/1.1 400 Bad Request\r\n", Protocol::Http),
            (b"<html><head>", Protocol::Http),
            (b"220 mx.example.org ESMTP\r\n", Protocol::Smtp),
            (b"+OK POP3 ready\r\n", Protocol::Pop3),
            (b"SSH-2.0-OpenSSH_9.9\r\n", Protocol::Ssh),
            (&[0x15, 3, 1, 0, 2, 2, 70], Protocol::Tls),
            (b"hello\r\n", Protocol::Unknown),
            (b"", Protocol::Unknown),
        ];
        for (bytes, protocol) in cases {
            assert_eq!(Protocol::of(bytes), protocol, "{}", bytes.escape_ascii());
        }
    }
}
