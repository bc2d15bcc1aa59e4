//! An IMAP client for tokio: typed commands, pipelining, streaming bodies, no wait without a deadline.
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use imapkit::{Config, types::{Items, Key}};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = imapkit::connect(&Config::tls("imap.example.org").login("me", "secret")).await?;
//! let inbox = client.select("INBOX").await?;
//! let (unseen, mailboxes) = tokio::try_join!(inbox.search(Key::Unseen), client.list("", "*"))?; // one flight, two typed answers
//! println!("{} mailboxes", mailboxes.len());
//! let mut mail = inbox.fetch(&unseen, Items::new().flags().envelope().body_peek()).stream();
//! while let Some(mut message) = mail.try_next().await? {
//!     println!("{} {}", message.uid(), message.subject().unwrap_or_default());
//!     let mut file = tokio::fs::File::create(format!("{}.eml", message.uid())).await?;
//!     tokio::io::copy_buf(&mut message.body()?.reader(), &mut file).await?; // inline or streamed: the same call
//! }
//! client.logout().await?;
//! # Ok(()) }
//! ```
//!
//! # What is where
//!
//! | You want | Look at |
//! |---|---|
//! | to connect | [`Config`], [`connect`], [`connect_and_select`], [`connect_with`], [`connect_stream`] |
//! | to run commands | [`Client`] (verbs as methods), [`Client::run`] with any of [`commands`] or a [`Command`] of yours |
//! | a mailbox | [`Client::select`] gives [`Selected`]: fetch, search, store, copy, move, watch |
//! | messages | [`FetchRequest`], [`FetchStream`], [`Message`], [`Body`] |
//! | to add messages | [`Client::append`], [`NewMessage`] |
//! | what happens unasked | [`Client::events`], [`Selected::watch`] |
//! | to stay connected | [`Steady`]: connects again, selects again, watches on; [`recovery`] is its policy |
//! | several connections | [`Pool`]: within a budget that the server has a say in |
//! | what went wrong | [`Error`]: its kind, the server's code, whether the connection lives, whether to try again |
//! | the words of the protocol | [`types`] |
//!
//! # Pipelining
//!
//! Every command goes out as soon as the rules allow, without waiting for the one before: submit several and they share a round trip.
//!
//! ```text
//!   one at a time                          pipelined: join!, or submit() and await later
//!   client        server                   client        server
//!     | A1 SEARCH    |                        | A1 SEARCH    |
//!     |------------->|                        | A2 LIST      |
//!     |    * SEARCH  |                        | A3 STATUS    |
//!     |<-------------|                        |------------->|
//!     | A2 LIST      |                        |    * SEARCH  |
//!     |------------->|                        |    * LIST    |
//!     |    * LIST    |                        |    * STATUS  |
//!     |<-------------|                        |<-------------|
//! ```
//!
//! Which commands may share is decided by the session, not by you: what would make an answer ambiguous waits (RFC 9051 §5.5).
//!
//! # Dropping things
//!
//! Any future or stream may be dropped at any time. A command that was not sent is taken back; the answer to one that was is read and thrown
//! away; the connection stays in step, or is closed and says so. Only an APPEND in the middle of its message cannot be taken back: that
//! closes the connection.
//!
//! # Secure by default
//!
//! TLS unless another word is said; certificates are checked; no password leaves before TLS; clear text beyond this machine takes two
//! explicit words ([`Config::danger_plaintext`]).
#![forbid(unsafe_code)]

mod body;
mod client;
mod clock;
mod config;
mod connect;
mod driver;
mod engine;
mod events;
mod failure;
mod fetch_stream;
mod link;
mod message;
mod pipe;
mod pool;
mod proxied;
mod redial;
mod reply;
mod resolve;
mod selected;
mod socket;
mod steady;
mod tokens;
mod trust;
mod tunnel;
mod upload;
mod veil;
mod verbs;

pub use body::{Body, BodyReader};
pub use client::Client;
pub use config::Config;
pub use connect::{ConnectionInfo, connect, connect_and_select, connect_stream, connect_with};
pub use driver::Driver;
pub use events::{Events, Watch};
pub use fetch_stream::{FetchRequest, FetchStream};
pub use message::Message;
pub use pool::{Lease, Pool, PoolOptions, PoolStatus};
pub use reply::Reply;
pub use selected::Selected;
pub use steady::{
    Line, Lookup, Sought, Standing, Steady, SteadyEvent, SteadyEvents, SteadyOptions, SteadyWatch, WatchEvent,
};
pub use upload::NewMessage;

pub use imapkit_dial as dial;
pub use imapkit_sasl as sasl;
pub use imapkit_session as session;
pub use imapkit_session::{
    Blame, CapabilityBook, Command, Compression, Error, ErrorKind, Event, Fingerprint, MailboxEvent, Opened, Timers,
    TraceLine, commands, recovery, types, wire,
};
pub use imapkit_transport as transport;
