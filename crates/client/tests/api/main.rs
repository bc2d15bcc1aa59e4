//! The public surface against the embedded server and scripted peers: one binary, a module per area.
#![allow(clippy::disallowed_methods, reason = "scripted peers run on threads of their own")]

mod appending;
mod basics;
mod cancelling;
mod connecting;
mod identity;
mod mailboxes;
mod patience;
mod pool;
mod steady;
mod streaming;
mod support;
mod tokens;
mod watching;
