//! The sample account: every kind of message a client meets, made for this project.

use crate::config::{Mailbox, Message, SpecialUse, User};

/// User `demo`, password `demo`.
pub(crate) fn user() -> User {
    User::new("demo", "demo")
        .mailbox(Mailbox::new("INBOX").message(Message::new("From: a@example.org\r\nTo: b@example.org\r\nSubject: Hello\r\nDate: Mon, 6 Jan 2025 10:00:00 +0100\r\n\r\nHi there.\r\n")))
        .mailbox(Mailbox::new("Drafts").special_use(SpecialUse::Drafts))
        .mailbox(Mailbox::new("Sent").special_use(SpecialUse::Sent))
        .mailbox(Mailbox::new("Trash").special_use(SpecialUse::Trash))
        .mailbox(Mailbox::new("Junk").special_use(SpecialUse::Junk))
        .mailbox(Mailbox::new("Archive").special_use(SpecialUse::Archive))
        .mailbox(Mailbox::new("Archive/2025"))
        .mailbox(Mailbox::new("Lists/Rust"))
        .mailbox(Mailbox::new("Entwürfe & Ideen"))
}
