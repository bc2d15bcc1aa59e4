//! Messages to append: each one is unique (Cyrus refuses many copies of one), with CRLF line ends and known in every octet.

use std::fmt::Write as _;

use crate::site::Site;

/// A short message in ASCII.
pub(crate) fn plain(site: &Site, subject: &str) -> String {
    let number = site.next_mail();
    format!(
        "From: Ann <ann@example.org>\r\nTo: Bob <bob@example.org>, carol@example.org\r\nSubject: {subject}\r\n\
         Date: Mon, 2 Feb 2026 10:20:30 +0100\r\nMessage-ID: <{number}@{}.example.org>\r\n\r\nThis is number {number}.\r\n",
        site.name
    )
}

/// A message of `octets` octets, give or take a line.
pub(crate) fn large(site: &Site, octets: usize) -> String {
    let mut text = plain(site, "large");
    text.reserve(octets);
    let mut line = 0_u32;
    while text.len() < octets {
        line += 1;
        let _ = write!(text, "{line:>8} abcdefghijklmnopqrstuvwxyz 0123456789 {{10}} )* OK A1 BAD \\\"\r\n");
    }
    text
}

/// A message with text in UTF-8, not encoded any further.
pub(crate) fn eight_bit(site: &Site, subject: &str, body: &str) -> String {
    let number = site.next_mail();
    format!(
        "From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\nTo: bob@example.org\r\nSubject: =?utf-8?B?{}?=\r\n\
         Date: Mon, 2 Feb 2026 10:20:30 +0100\r\nMessage-ID: <{number}@{}.example.org>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n",
        base64(subject.as_bytes()),
        site.name
    )
}

/// The octets of the attachment of [`mixed`].
pub(crate) fn attachment() -> Vec<u8> {
    (0..=255).cycle().take(3000).collect()
}

/// A message with alternatives, an attachment in base64 and a message inside.
pub(crate) fn mixed(site: &Site) -> String {
    let number = site.next_mail();
    let mut text = format!(
        "From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: mixed\r\nDate: Mon, 2 Feb 2026 10:20:30 +0100\r\n\
         Message-ID: <{number}@{}.example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_outer\"\r\n\r\n\
         nobody reads this\r\n--=_outer\r\nContent-Type: multipart/alternative; boundary=\"=_inner\"\r\n\r\n\
         --=_inner\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nhello\r\n\
         --=_inner\r\nContent-Type: text/html; charset=us-ascii\r\n\r\n<p>hello</p>\r\n--=_inner--\r\n\
         --=_outer\r\nContent-Type: application/octet-stream; name=\"data.bin\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"data.bin\"; size=3000\r\n\r\n",
        site.name
    );
    for line in base64(&attachment()).as_bytes().chunks(76) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push_str("\r\n");
    }
    text.push_str(
        "--=_outer\r\nContent-Type: message/rfc822\r\n\r\nFrom: inner@example.org\r\nSubject: the inner one\r\n\r\ninner body\r\n\
         --=_outer--\r\n",
    );
    text
}

fn base64(octets: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in octets.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > group.len() { '=' } else { char::from(letter) });
        }
    }
    text
}
