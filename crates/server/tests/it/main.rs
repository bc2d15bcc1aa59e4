//! The server as its clients meet it: raw bytes over real sockets, compared with what the standards say.
//!
//! Nothing here uses the project's own client or parsers; `client` only cuts responses out of the stream.

mod client;
mod fetch;
mod limits;
mod login;
mod mailboxes;
mod messages;
mod samples;
mod search;
mod sessions;
