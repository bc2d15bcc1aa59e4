//! The session against a server that is a string: what it says, what it believes, what it refuses. Cut at every byte.

mod before_tls;
mod injection;
mod limits;
mod link;
mod login;
mod mailbox;
mod opening;
mod streams;
mod watching;
