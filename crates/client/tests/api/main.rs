//! The public surface against the embedded server and scripted peers: one binary, a module per area.

mod appending;
mod basics;
mod cancelling;
mod connecting;
mod mailboxes;
mod streaming;
mod support;
mod watching;
