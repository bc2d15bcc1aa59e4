//! Messages for people: header words decoded, the text part found, attachments listed.
//!
//! Separate from the verbs because show, search, fetch, watch and demo tell of messages in the same words. Parsing MIME is the
//! `mail-parser` crate's; what the server says of the structure (BODYSTRUCTURE) is used so that no attachment has to be downloaded to be
//! listed. RFC 5322, RFC 2045–2047, RFC 2231.
//!
//! Invariants: nothing here fails on odd input, it shows less; what it returns still has to pass [`crate::output::text::clean_block`] on
//! its way to a terminal where it says so.

pub(crate) mod facts;
pub(crate) mod html;
pub(crate) mod structure;
pub(crate) mod text;
pub(crate) mod transfer;
pub(crate) mod words;
