//! The imapkit client without a runtime: the same verbs, on the caller's thread.
//!
//! ```no_run
//! use imapkit_blocking::{Config, types::{Items, Key}};
//!
//! # fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = imapkit_blocking::connect(&Config::tls("imap.example.org").login("me", "secret"))?;
//! let inbox = client.select("INBOX")?;
//! let unseen = inbox.search(Key::Unseen)?;
//! for message in inbox.fetch(&unseen, Items::new().flags().envelope().body_peek()) {
//!     let mut message = message?;
//!     println!("{} {}", message.uid(), message.subject().unwrap_or_default());
//!     let mut file = std::fs::File::create(format!("{}.eml", message.uid()))?;
//!     message.body()?.copy_to(&mut file)?; // inline or streamed: the same call
//! }
//! client.logout()?;
//! # Ok(()) }
//! ```
//!
//! # What is where
//!
//! | You want | Look at |
//! |---|---|
//! | to connect | [`Config`], [`connect`], [`connect_stream`], [`Connector`] |
//! | to run commands | [`Client`] (verbs as methods), [`Client::run`] with any of [`commands`] or a [`Command`] of yours |
//! | a mailbox | [`Client::select`] gives [`Selected`]: fetch, search, store, copy, move, watch |
//! | messages | [`FetchRequest`], [`FetchIter`], [`Message`], [`Body`] |
//! | to add messages | [`Client::append`], [`NewMessage`] |
//! | what happens unasked | [`Client::events`], [`Selected::watch`] |
//! | to end a call from another thread | [`Client::canceller`], [`Connector::canceller`] |
//! | to limit a call | [`Client::with_timeout`], [`Config::call_timeout`], [`Config::timers`] |
//! | to stay connected | [`Steady`]: connects again, selects again; [`recovery`] is its policy |
//! | what went wrong | [`Error`]: its kind, the server's code, whether the connection lives, whether to try again |
//! | the words of the protocol | [`types`] |
//!
//! # Who does the work
//!
//! There is no runtime and no thread behind a connection. A call that waits moves the bytes of everybody on that connection, both ways at
//! once, so that a server that writes and a client that uploads cannot wait for each other. Handles may be used from several threads: one
//! of those that wait sleeps in poll(2), the others until their answer is there or it is their turn.
//!
//! ```text
//!   thread 1: search() ──▶ waits, moves the bytes ──────────▶ answer   next call of its own
//!   thread 2:      noop() ──▶ waits ─────────▶ answer came with those bytes
//!   thread 3:           fetch() ──▶ waits ─────────────────────┴─▶ moves the bytes ──▶ rows …
//! ```
//!
//! Between calls nothing happens: what the server says stays in the socket until the next one, and IDLE is not renewed. To hear of new mail
//! as it comes, wait in [`Watch::next_within`].
//!
//! The one exception is a thread that asks the system's resolver for a host's addresses while connecting, since nothing can interrupt that;
//! when time is up it is left alone and ends by itself.
//!
//! # Pipelining
//!
//! [`Client::submit`] queues a command and returns a [`Reply`]. Those queued before one of them is waited for go out together, as far as that
//! leaves every answer unambiguous (RFC 9051 §5.5):
//!
//! ```no_run
//! # use imapkit_blocking::{Client, Error, commands::{List, Status}, types::{Mailbox, StatusItems}};
//! # fn run(client: &Client) -> Result<(), Error> {
//! let mailboxes = client.submit(List::new("*"));
//! let counts = client.submit(Status::new(Mailbox::inbox(), StatusItems::new().messages().unseen()));
//! println!("{} mailboxes, {:?} unseen", mailboxes.wait()?.len(), counts.wait()?.unseen); // one flight
//! # Ok(()) }
//! ```
//!
//! # Giving up
//!
//! Any reply, iterator or body may be dropped at any time, and any call cancelled or timed out. A command that was not sent is taken back; the
//! answer to one that was is read and thrown away by the calls that follow; the connection stays in step, or is closed and says so. A
//! command that may have changed something fails with [`ErrorKind::Unknown`]. Only an APPEND in the middle of its message cannot be taken back:
//! that closes the connection.
//!
//! # Secure by default
//!
//! TLS unless another word is said; certificates are checked; no password leaves before TLS; clear text beyond this machine takes two
//! explicit words ([`Config::danger_plaintext`]).
#![forbid(unsafe_code)]

mod attempt;
mod body;
mod cancel;
mod client;
mod config;
mod connect;
mod dialing;
mod driver;
mod engine;
mod events;
mod failure;
mod fetch_iter;
mod layers;
mod message;
mod pipe;
mod plan;
mod poll;
mod proxied;
mod reply;
mod resolve;
mod selected;
mod socket;
mod steady;
mod tokens;
mod trust;
#[cfg(unix)]
mod tunnel;
mod upload;
mod veil;
mod verbs;

pub use body::Body;
pub use cancel::Canceller;
pub use client::Client;
pub use config::Config;
pub use connect::{ConnectionInfo, Connector, connect, connect_and_select, connect_stream};
pub use events::{Events, Watch, Within};
pub use failure::ResolveError;
pub use fetch_iter::{FetchIter, FetchRequest};
pub use message::Message;
pub use reply::Reply;
pub use selected::Selected;
pub use socket::Stream;
pub use steady::{Standing, Steady, SteadyEvent};
pub use upload::NewMessage;

pub use imapkit_dial as dial;
pub use imapkit_sasl as sasl;
pub use imapkit_session as session;
pub use imapkit_session::{
    Blame, CapabilityBook, Command, Compression, Error, ErrorKind, Event, Fingerprint, Login, MailboxEvent, Opened,
    Reply as Answer, Row, State, Timers, TraceLine, commands, recovery, types, wire,
};
pub use imapkit_transport as transport;
