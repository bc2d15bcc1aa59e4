//! An in-memory IMAP server on loopback for demos and tests
mod config;
mod connection;
mod flags;
mod link;
mod mime;
mod name;
mod numbers;
mod outbox;
mod samples;
mod server;
mod session;
mod store;
mod tls;
mod view;

pub use config::{Capability, Config, Limits, Mailbox, Message, SpecialUse, User};
pub use server::Server;
