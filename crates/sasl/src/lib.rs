//! SASL mechanisms, and the choice among them.
//!
//! A [`Credentials`] is who somebody is and how they prove it. The session asks it to choose once it knows what the server offers on the
//! link as it is protected by then; what comes back is the LOGIN command or a running mechanism.
//!
//! ```text
//! Credentials --choose(offered, link)--> LOGIN user password
//!                                    '-> Mechanism: initial, step, …, verify
//! ```
//!
//! ```
//! use imapkit_sasl::{Accept, Credentials, Policy};
//!
//! // Whatever the server offers, it shall not see the password.
//! let scram_only = Policy { accept: Accept::Scram, ..Policy::default() };
//! let me = Credentials::password("me@example.org", "correct horse").policy(scram_only);
//! let opening = imapkit_session::Opening { login: Some(Box::new(me)), ..Default::default() };
//! # let _ = opening;
//! ```
//!
//! RFC 4422 (SASL), 4616 (PLAIN), 5802 and 7677 (SCRAM), 7628 (OAUTHBEARER), 2195 (CRAM-MD5), 4505 (ANONYMOUS), 4422 App. A (EXTERNAL);
//! XOAUTH2 as Google describes it. protocol.md 4.5, T054–T065.
//!
//! Invariants: nothing is sent that [`Policy`] does not allow; a secret stands in no error and no `Debug`; no octets from a server make this
//! crate panic or compute for long.
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

mod choose;
mod cram_md5;
mod method;
mod oauth;
mod scram;
mod token;
mod words;

pub use choose::{Accept, ChannelBinding, Credentials, Policy, Proof};
pub use method::Method;
pub use token::TokenRequest;
