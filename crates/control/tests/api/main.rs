//! The control as programs use it: against the embedded server, and scripted peers for what real servers will not do on demand.
//!
//! One suite, so that the machinery is built once. What needs Dovecot or Cyrus is in `tests/interop`.

mod bad_input;
mod cancel;
mod connect;
mod dying;
mod events;
mod idle;
mod mailboxes;
mod messages;
mod properties;
mod secure;
mod support;
