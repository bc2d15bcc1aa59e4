//! Discovery over a real network: DNS packets, HTTPS and IMAP on loopback. One binary, a module per area.
#![allow(clippy::disallowed_methods, reason = "servers run on threads of their own")]

mod dns;
mod documents;
mod guessing;
mod live;
mod support;
