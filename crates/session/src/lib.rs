//! IMAP over time: a client session as a state machine without I/O.
//!
//! Bytes come in by [`Session::handle_input`], bytes go out by [`Session::poll_transmit`]; what is asked is a [`Command`], what comes back
//! arrives in the closure given to [`Session::submit`], and everything nobody asked for is an [`Event`]. Two front ends drive it, one on tokio
//! and one on the caller's thread; neither knows IMAP.
//!
//! ```text
//!  submit(command, reply)                                            poll_event()
//!        |                                                                ^
//!        v            hazard gate           continuations                 |  (unclaimed)
//!      queue ----------------------> outbox ------------> poll_transmit   |
//!        ^                                                                |
//!        |  tagged: reply(result)                                         |
//!        '------------------------- route <--- decoder <--- framer <--- handle_input
//! ```
//!
//! Order after any call: [`Session::poll_transmit`] until 0, [`Session::poll_event`] until `None`, then wait for input (if
//! [`Session::wants_input`]), for [`Session::poll_timeout`], or for a new command.
//!
//! RFC 9051 (IMAP4rev2) and 3501 (IMAP4rev1) with the extensions listed in `docs/rfc.md`. Invariants: no clock, no socket, no randomness in
//! this crate (`no_std` sees to it); every wait has a deadline; a command is answered exactly once; after an error the connection is either as
//! good as before or closed.
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

pub mod commands;
pub mod recovery;

mod base64;
mod capabilities;
mod closing;
mod command;
mod config;
mod error;
mod event;
mod fingerprint;
mod hazard;
mod inbox;
mod mailbox_view;
mod mechanism;
mod opening;
mod outbox;
mod pace;
mod pieces;
mod profile;
mod queue;
mod redaction;
mod refusal;
mod row;
mod sending;
mod session;
mod state;
mod stranger;
mod trace;
mod track;
mod watch;

pub use capabilities::CapabilityBook;
pub use command::{Claims, Command, Completion, Effect, Gather, Needs, Nothing, Offer, Proceed, Rules};
pub use config::{Compression, Config, Credential, Login, Opening, Security, Tick, Timers};
pub use error::{Blame, Error, ErrorKind, Reply, printable};
pub use event::{Event, Layer, MailboxEvent, Opened, Warning};
pub use fingerprint::Fingerprint;
pub use mailbox_view::MailboxView;
pub use mechanism::{Mechanism, SlowStep};
pub use outbox::Upload;
pub use pieces::{Bounds, join_copies};
pub use queue::CommandId;
pub use refusal::TokenRefusal;
pub use row::{Inlined, Row};
pub use session::Session;
pub use state::{Epoch, Protection, State};
pub use stranger::NotImap;
pub use trace::TraceLine;

pub use imapkit_types as types;
pub use imapkit_wire as wire;
