//! An IMAP component: one object with properties, methods, events and numeric results.
//!
//! ```no_run
//! use imapkit_control::{AuthType, Control, Options, Section};
//!
//! # fn run() -> Result<(), imapkit_control::ControlError> {
//! let imap = Control::new();
//! imap.set_auth_type(AuthType::Auto);
//! imap.connect(Some("imap.example.org"), None, Some("me"), Some("secret"), None, Some(Options::SecureImplicit))?;
//! imap.select_mailbox("INBOX")?;
//! for number in imap.search_mailbox("UNSEEN", None)? {
//!     let message = imap.get_message(number, 0, Section::Preview)?;
//!     println!("{number}: {} bytes", message.len());
//! }
//! imap.disconnect()?;
//! # Ok(()) }
//! ```
//!
//! It is the component to reach for from a script, from another language, or in the place of one like it: everything is a number, a text or
//! a list of them. Programs in Rust that want types, streams and pipelines use `imapkit` or `imapkit-blocking`, on which this is a face.
//!
//! # What is where
//!
//! | You want | Look at |
//! |---|---|
//! | to connect | [`Control::connect`], [`Options`], [`AuthType`], [`Control::login`], [`Control::disconnect`] |
//! | mailboxes | [`Control::select_mailbox`], [`Control::mailboxes`], [`Control::get_mailbox_status`] |
//! | messages | [`Control::search_mailbox`], [`Control::get_message`], [`Control::store_message`], [`Control::open_message`] |
//! | attachments | [`Control::get_parts`], [`Control::get_attachment`] |
//! | to change messages | [`Control::copy_message`], [`Control::move_message`], [`Control::delete_message`], [`Control::set_flags`] |
//! | to add messages | [`Control::create_message`], [`Control::create_message_from`] |
//! | to hear of new mail | [`Control::idle`], [`Control::on_update`] |
//! | to end a call | [`Control::cancel`], [`Control::cancel_handle`], [`Control::set_timeout`] |
//! | what went wrong | [`ControlError`], [`ErrorCode`], [`Control::last_error_string`], [`Control::result_string`] |
//!
//! # Threads
//!
//! A control may be used from several threads. One call runs at a time; a second one fails with [`ErrorCode::InProgress`]. Properties that do
//! not ask the server can be read and written at any time, and [`Control::cancel`] called.
//!
//! # Events
//!
//! Callbacks run on the thread that made the call, or on the control's own: that is where [`Control::connect`] works when `blocking` is false,
//! and where [`Control::idle`] watches. A callback may cancel, read properties and register callbacks; calls from inside one fail with
//! [`ErrorCode::InProgress`]. It returns 0 to go on, and another number to end the call, where its description does not say otherwise; one that
//! panics ends the call with [`ErrorCode::InternalError`].
//!
//! # Secure by choice
//!
//! A connection is what the options say: [`Options::None`] on port 143 is clear text, as the component this one follows has it, and tells so by
//! `on_security_warning` before anything secret is sent. [`Options::SecureImplicit`] and [`AuthType::Auto`] are recommended.
#![forbid(unsafe_code)]

mod attachment;
mod code;
mod command;
mod connect;
mod connection_properties;
mod constants;
mod control;
mod create;
mod decode;
mod error;
mod events;
mod idle;
mod live;
mod mailbox;
mod mailbox_properties;
mod message;
mod message_properties;
mod part;
mod plan;
mod read;
mod reply;
mod result_properties;
mod search;
mod secure_properties;
mod settings;
mod stream;
mod tls;
mod trace;
mod transfer;
mod words;
mod worker;

pub use attachment::PartName;
pub use code::ErrorCode;
pub use constants::{
    AuthType, CertificateStatus, IdleOption, MailboxFlags, MessageFlags, Options, ResultCode, Section, State,
    TlsVersions, TraceFlags, UpdateType,
};
pub use control::{CancelHandle, Control, Result};
pub use error::ControlError;
pub use idle::Update;
pub use mailbox::MailboxStatus;
pub use mailbox_properties::{Namespace, NamespaceKind, Quota};
pub use message::Messages;
pub use part::MessagePart;
pub use read::MAX_IN_MEMORY;

pub use imapkit_blocking::types::Key;

/// The guide: its tasks are compiled, and run where that needs no account of somebody's.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/control.md")]
pub struct Guide;
