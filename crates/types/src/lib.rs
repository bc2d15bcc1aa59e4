//! IMAP vocabulary: the values of the protocol, with no parsing and no I/O.
//!
//! This is the lowest layer. Everything above speaks in these words: the codec (`imapkit-wire`) turns bytes into them and
//! back, the session (`imapkit-session`) moves them over time, the clients hand them to people. One word per thing, and
//! the words of RFC 9051 win.
//!
//! | You want | Look at |
//! |---|---|
//! | numbers | [`Uid`], [`SeqNum`], [`UidValidity`], [`ModSeq`] and their sets [`UidSet`], [`SeqSet`] |
//! | names | [`Mailbox`], [`Attribute`], [`SpecialUse`], [`ListEntry`], [`Namespaces`] |
//! | what a server can do | [`Capability`], [`Capabilities`], [`ServerId`] |
//! | what to ask for | [`Items`], [`Section`], [`Partial`], [`Key`], [`ReturnOptions`], [`StatusItems`] |
//! | what came back | [`Fetch`], [`Envelope`], [`BodyStructure`], [`Status`], [`Esearch`], [`Threads`], [`Code`] |
//! | dates | [`Date`], [`DateTime`] |
//! | rights and quota | [`Rights`], [`Acl`], [`Quota`], [`Metadata`] |
//!
//! ```
//! use imapkit_types::{Key, Mailbox, Section, UidSet};
//!
//! let uids: UidSet = "9,1:5,20:*".parse()?;
//! assert_eq!(uids.to_string(), "1:5,9,20:*");
//! let unanswered = Key::Seen.and(!Key::Answered).and(Key::subject("invoice")?);
//! assert!(!unanswered.needs_utf8());
//! assert_eq!(Section::header_fields(["From", "Date"])?.to_string(), "HEADER.FIELDS (From Date)");
//! assert!(Mailbox::new("x\r\nA9 DELETE INBOX").is_err());
//! # Ok::<(), imapkit_types::Invalid>(())
//! ```
//!
//! Invariants:
//! * A constructor that takes text from the *caller* validates it and answers [`Invalid`]: no value of this crate can
//!   smuggle a line break into a command. A constructor that takes text from the *server* never fails: servers send
//!   what they like, and nothing they say may be lost.
//! * No value borrows from a read buffer. Rare things are plain owned values; the many small strings of a FETCH share
//!   one [`Frame`] and point into it with [`Span`]s.
//! * Nothing here panics, whatever the bytes; every operation is linear in its input (sorting aside), and number sets
//!   are never expanded: a server that names four thousand million messages costs eight bytes.
//! * `no_std` + alloc: the compiler proves that there is no clock, socket, thread or random number here.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]
#![warn(clippy::std_instead_of_core, clippy::alloc_instead_of_core)]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[macro_use]
mod token;

mod acl;
mod body_structure;
mod capability;
mod code;
mod date_time;
mod envelope;
mod fetch;
mod fetch_item;
mod flag;
mod frame;
mod id;
mod invalid;
mod mailbox;
mod metadata;
mod namespace;
mod num_set;
mod number;
mod partial;
mod quota;
mod search_key;
mod search_return;
mod secret;
mod section;
mod status;
mod tag;
mod thread;

pub use acl::*;
pub use body_structure::*;
pub use capability::*;
pub use code::*;
pub use date_time::*;
pub use envelope::*;
pub use fetch::*;
pub use fetch_item::*;
pub use flag::*;
pub use frame::*;
pub use id::*;
pub use invalid::*;
pub use mailbox::*;
pub use metadata::*;
pub use namespace::*;
pub use num_set::*;
pub use number::*;
pub use partial::*;
pub use quota::*;
pub use search_key::*;
pub use search_return::*;
pub use secret::*;
pub use section::*;
pub use status::*;
pub use tag::*;
pub use thread::*;
