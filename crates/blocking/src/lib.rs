//! The imapkit client without a runtime.
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
mod reply;
mod resolve;
mod selected;
mod socket;
mod trust;
#[cfg(unix)]
mod tunnel;
mod upload;
mod verbs;

pub use body::Body;
pub use cancel::Canceller;
pub use client::Client;
pub use config::Config;
pub use connect::{ConnectionInfo, Connector, connect, connect_stream};
pub use events::{Events, Watch, Within};
pub use fetch_iter::{FetchIter, FetchRequest};
pub use message::Message;
pub use reply::Reply;
pub use selected::Selected;
pub use socket::Stream;
pub use upload::NewMessage;

pub use imapkit_dial as dial;
pub use imapkit_sasl as sasl;
pub use imapkit_session::types;
pub use imapkit_session::{
    Blame, CapabilityBook, Command, Error, ErrorKind, Event, Inlined, Login, MailboxEvent, Opened, Row, State, Timers,
    TraceLine, commands, wire,
};
pub use imapkit_transport as transport;
