//! From a mail address to the IMAP servers behind it, with every step on record.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let found = imapkit_discover::discover("ann@example.org").await?;
//! let client = imapkit::connect(&found.server.config().login(&*found.server.user, "secret")).await?;
//! # Ok(()) }
//! ```
//!
//! ```text
//!   provider table ─▶ MX of a known provider ─▶ autoconfig of the domain ─▶ ISPDB ─▶ SRV ─▶ ISPDB by MX ─▶ guesses
//!   no network        names only                https, may see the address  domain   names   domain         TLS only
//! ```
//!
//! Always: TLS, at once or by STARTTLS; never `http`; the address goes only to `https` hosts under its own domain, everybody else sees the
//! domain at most (C04). What came through DNS alone is asked for a certificate of the mail domain (T051). Every wait ends.
//!
//! The network is one trait, [`Network`]; [`Internet`] is the real one. RFC 6186, RFC 8314 §5, RFC 2782, RFC 7817.
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

mod autoconfig;
mod email;
mod error;
mod fetch;
mod find;
mod guess;
#[cfg(test)]
mod hostile;
mod internet;
mod network;
mod providers;
mod report;
mod server;
mod srv;

pub use email::Email;
pub use error::{Error, Reason};
pub use find::{Options, discover, find};
pub use internet::Internet;
pub use network::{Answer, Failure, Mx, Network, Page, Srv};
pub use providers::{Need, Provider, provider, provider_by_mx};
pub use report::{Discovery, Outcome, Source, Step};
pub use server::{Auth, Identity, Protection, Server};
