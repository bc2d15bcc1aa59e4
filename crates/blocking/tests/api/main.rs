//! The public surface against the embedded server and scripted peers: one binary, a module per area.

mod append;
mod cancel;
mod connect;
mod fetch;
mod steady;
mod support;
mod threads;
mod tokens;
mod verbs;
mod watch;
