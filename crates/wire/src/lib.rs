//! IMAP bytes to values and back.
//!
//! No I/O, no clock, no allocation that a server can size: what comes in is cut into whole responses by [`Framer`], turned into
//! values by [`Decoder`], and what goes out is written by [`Encoder`], the one place where bytes to a server are made.
//! RFC 9051, 3501, and the extensions listed in [`response`].
//!
//! ```text
//! socket bytes --Framer--> Piece (frame | head, chunks, segment) --Decoder--> Response
//! command --Encoder--> Encoded (bytes, waits for "+", uploads) --> socket
//! ```
//!
//! Layers (protocol.md house rule): framing never guesses; decoding yields [`Response::Garbled`] for one response at most; repairs of
//! known server bugs are explicit, counted ([`Decoder::repairs`]) and tested per hazard id.
#![no_std]
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
#![warn(clippy::std_instead_of_core, clippy::alloc_instead_of_core)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod cursor;
mod date;
mod decoder;
pub mod encode;
mod error;
mod framer;
mod hazard;
mod limits;
mod literal;
pub mod response;
mod token;
pub mod utf7;

pub use decoder::Decoder;
pub use encode::{Encoded, Encoder, Mode, RawToken, Step};
pub use error::{DecodeError, FrameError};
pub use framer::{Elided, Framer, Piece, RawFrame, Where};
pub use hazard::{Repairs, Warning};
pub use limits::{Limit, Limits};
pub use literal::LiteralSupport;
pub use response::{Response, StatusKind, StatusLine, Tagged, Untagged};
