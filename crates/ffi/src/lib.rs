//! The component for C and every language that can call C: `imapkit.h` says what there is, this crate does it.
//!
//! A face over `imapkit-control` and nothing else: here numbers become types, pointers become strings, panics become codes. The header is made
//! from this source by `cargo xtask header` and committed.
//!
//! Invariants: a handle is a number in disguise and never dereferenced, so that one that is NULL, was freed or never existed is an error and no
//! crash (`handle.rs`); nothing unwinds into the caller; what is handed out was allocated by malloc and is freed by `imapkit_free`
//! (`memory.rs`); every pointer a caller passes is looked at in `argument.rs` and nowhere else.
#![allow(unsafe_code, reason = "C hands us pointers; each use says why it is sound")]
#![deny(clippy::undocumented_unsafe_blocks, unsafe_op_in_unsafe_fn)]
#![allow(clippy::missing_safety_doc, reason = "what callers have to keep is said once, at the head of imapkit.h")]
#![allow(clippy::doc_markdown, reason = "the comments are those of a C header")]
#![allow(clippy::wildcard_imports, reason = "the files of functions share one small vocabulary")]

mod argument;
pub mod connection;
pub mod constants;
pub mod create;
pub mod events;
pub mod handle;
pub mod mailbox;
pub mod mailbox_info;
pub mod memory;
pub mod message;
pub mod message_info;
mod outcome;
pub mod read;
pub mod results;
pub mod search;
pub mod secure;
pub mod session;

/// What the files of functions need.
mod prelude {
    pub(crate) use std::ffi::{c_char, c_void};

    pub(crate) use crate::argument::{self, Out, optional_text, text};
    pub(crate) use crate::handle::{Handle, with};
    pub(crate) use crate::memory::{ByteList, NumberList, Text};
    pub(crate) use crate::outcome::Failure;
}
