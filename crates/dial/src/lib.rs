//! Whom to call, in which order and through what, as a plan over time; sans-IO.
//!
//! Both front ends open sockets, resolve names and start commands themselves; what to open next, how long to wait, and what a
//! proxy wants to hear is decided here, once, and tested in virtual time. A *tick* is a monotonic `Duration` since any fixed
//! start; no clock is read.
//!
//! ```text
//!   text ──▶ Url / Host / Route          what the user meant                  url, address, route, environment
//!   Route::Direct ──▶ Race               DNS answers in, attempts out         race, memory
//!   Route::Proxy ──▶ Race, Negotiation   the proxy is raced to, then asked    proxy/*
//!   Route::Command, Route::Unix          descriptions for the front end       tunnel
//!   Deadline                             one budget over all of it, by phase  deadline
//! ```
//!
//! RFC 8305 (Happy Eyeballs), RFC 5092 (URLs), RFC 5890 (IDNA), RFC 1928, RFC 1929 (SOCKS5), RFC 9110 §9.3.6 (CONNECT).
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod address;
mod deadline;
mod environment;
mod memory;
mod proxy;
mod race;
mod route;
mod tunnel;
mod url;

pub use address::{Address, AddressError, Host};
pub use deadline::{Deadline, Expired, Phase};
pub use memory::Memory;
pub use proxy::{Credentials, Negotiation, Proxy, ProxyError, ProxyKind};
pub use race::{Family, Preference, Race, RaceConfig, RaceError, Step};
pub use route::{Route, RouteError};
pub use tunnel::{CommandTemplate, TunnelError};
pub use url::{Security, Url};
