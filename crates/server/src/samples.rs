//! The sample account: one message of every kind a client meets, made for this project.
//!
//! The messages are files in `samples/`, with bare LF in the repository and CRLF from here on; two large ones are
//! generated, so that no megabytes lie in the repository. Addresses are those that RFC 2606 and RFC 5737 set aside for
//! examples.
//!
//! Invariant: two starts serve the same bytes, flags and dates.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    config::{Mailbox, Message, SpecialUse, User},
    mime::header,
};

/// The internal date of samples that have no Date field: 9 February 2025, 22:00 +01:00.
const UNDATED: (i64, i32) = (1_739_134_800, 60);

macro_rules! eml {
    ($($name:literal $flags:literal),* $(,)?) => {
        &[$((include_bytes!(concat!("../samples/", $name, ".eml")), $flags)),*]
    };
}

/// Messages with their flags.
type Files = &'static [(&'static [u8], &'static str)];

const INBOX: Files = eml![
    "welcome" "\\Seen",
    "alternative" "\\Seen \\Answered",
    "invoice-pdf" "\\Seen \\Flagged $Label1",
    "inline-image" "\\Seen",
    "forwarded" "\\Seen $Forwarded",
    "forwarded-plain" "",
    "bounce" "\\Seen",
    "invitation" "\\Flagged",
    "encoded-words" "\\Seen",
    "latin1" "\\Seen",
    "japanese" "",
    "raw-utf8-header" "",
    "raw-latin1-header" "",
    "long-subject" "\\Seen",
    "many-recipients" "\\Seen \\Answered $Forwarded",
    "groups" "",
    "empty-subject" "",
    "no-date" "",
    "flowed" "\\Seen \\Answered",
    "signed" "\\Flagged $Label1 $Important",
    "rfc2231-names" "",
    "patch" "\\Seen",
    "empty-body" "",
    "broken-mime" "\\Seen \\Deleted",
];
const DRAFTS: Files = eml!["draft" "\\Seen \\Draft"];
const SENT: Files = eml!["sent-reply" "\\Seen", "read-receipt" "\\Seen $MDNSent"];
const TRASH: Files = eml!["newsletter" "\\Seen"];
const JUNK: Files = eml!["spam" "$Junk"];
const ARCHIVE: Files = eml!["old-mail" "\\Seen \\Answered"];
const LIST: Files = eml!["list-announce" "\\Seen", "list-reply" "", "digest" ""];
const NOTES: Files = eml!["note" "\\Seen"];

/// User `demo`, password `demo`.
pub(crate) fn user() -> User {
    User::new("demo", "demo")
        .mailbox(filled("INBOX", INBOX))
        .mailbox(filled("Drafts", DRAFTS).special_use(SpecialUse::Drafts))
        .mailbox(filled("Sent", SENT).special_use(SpecialUse::Sent))
        .mailbox(filled("Trash", TRASH).special_use(SpecialUse::Trash))
        .mailbox(filled("Junk", JUNK).special_use(SpecialUse::Junk).unsubscribed())
        .mailbox(filled("Archive", ARCHIVE).special_use(SpecialUse::Archive))
        .mailbox(
            Mailbox::new("Archive/2025").message(long_text().flag("\\Seen")).message(large_attachment().flag("\\Seen")),
        )
        .mailbox(filled("Lists/Rust", LIST))
        .mailbox(filled("Entwürfe & Ideen", NOTES))
}

fn filled(name: &str, files: Files) -> Mailbox {
    files.iter().fold(Mailbox::new(name), |mailbox, (file, flags)| {
        let bytes = crlf(file);
        let undated = header::value(&bytes, b"Date").is_none();
        let message = flags.split_whitespace().fold(Message::new(bytes), Message::flag);
        mailbox.message(if undated { message.date(UNDATED.0, UNDATED.1) } else { message })
    })
}

/// The bytes with every line end as CRLF.
fn crlf(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(line) => {
                text.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
                text.extend_from_slice(b"\r\n");
            }
            None => text.extend_from_slice(line),
        }
    }
    text
}

/// About 300 KB of plain text: a log that somebody mailed.
fn long_text() -> Message {
    let mut text = String::from(
        "From: Build Robot <robot@ci.example.com>\r\n\
         To: demo@example.org\r\n\
         Subject: Build log 4711\r\n\
         Date: Sat, 22 Feb 2025 02:00:00 +0000\r\n\
         Message-ID: <log-4711@ci.example.com>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\r\n",
    );
    for step in 1..=5000 {
        // Writing to a string cannot fail.
        let _ = write!(text, "[{step:04}] compiling unit {:05} of the example tree ... ok\r\n", step * 7919 % 99_991);
    }
    Message::new(text)
}

/// About 3 MB: a text and an attachment that does not compress.
fn large_attachment() -> Message {
    let mut text = String::from(
        "From: Ada Example <ada@example.org>\r\n\
         To: demo@example.org\r\n\
         Subject: The recording\r\n\
         Date: Sun, 23 Feb 2025 20:00:00 +0100\r\n\
         Message-ID: <recording@example.org>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"recording\"\r\n\r\n\
         --recording\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\r\n\
         It is a large file.\r\n\
         --recording\r\n\
         Content-Type: application/octet-stream; name=recording.bin\r\n\
         Content-Disposition: attachment; filename=recording.bin\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n",
    );
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut line = [0_u8; 57];
    for _ in 0..40_000 {
        for byte in &mut line {
            // xorshift64: the same bytes at every start, and no two lines alike.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state.to_le_bytes()[3];
        }
        STANDARD.encode_string(line, &mut text);
        text.push_str("\r\n");
    }
    text.push_str("--recording--\r\n");
    Message::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_made_crlf_once() {
        assert_eq!(crlf(b"a\nb\r\n\nc"), b"a\r\nb\r\n\r\nc");
    }

    #[test]
    fn samples_are_what_they_promise() {
        let user = user();
        let messages: Vec<_> = user.mailboxes.iter().flat_map(|mailbox| &mailbox.messages).collect();
        assert!(messages.len() >= 36, "{}", messages.len());
        for message in &messages {
            assert!(!message.bytes.contains(&0));
            assert!(message.bytes.windows(2).all(|pair| (pair[1] == b'\n') == (pair[0] == b'\r')), "bare CR or LF");
            let text = String::from_utf8_lossy(&message.bytes);
            assert!(text.contains("From: "), "{text}");
        }
        let sizes: Vec<_> = messages.iter().map(|message| message.bytes.len()).collect();
        assert!(sizes.iter().any(|size| (280_000..340_000).contains(size)));
        assert!(sizes.iter().any(|size| (3_000_000..3_300_000).contains(size)));
        assert_eq!(user.mailboxes.len(), 9);
    }
}
