//! A captured stream through the framer and the decoder, as a connection would see it.

use std::hint::black_box;

use bytes::BytesMut;
use imapkit_wire::{Decoder, Framer, Limits, Response};

use crate::table::Table;

/// Octets that one read of a socket brings.
pub const READ: usize = 64 * 1024;

/// Feeds `data` in pieces of `read` octets and gives every value to `each`. Returns how many there were.
///
/// Copying the pieces into the input buffer is part of the work, as the kernel's copy is of a client's.
///
/// # Panics
/// When the stream cannot be framed.
pub fn decode(data: &[u8], read: usize, mut each: impl FnMut(Response)) -> usize {
    let (mut framer, mut decoder) = (Framer::new(Limits::default()), Decoder::new(Limits::default()));
    let mut input = BytesMut::with_capacity(2 * READ);
    let mut seen = 0;
    for piece in data.chunks(read) {
        input.reserve(piece.len());
        input.extend_from_slice(piece);
        while let Some(piece) = framer.next(&mut input).expect("the capture is IMAP") {
            each(decoder.piece(piece));
            seen += 1;
        }
    }
    seen
}

/// The cases of a table that are about us.
pub fn cases<'a>(table: &mut Table<'a>, data: &'a [u8]) {
    table.case("imapkit owned, dropped", || decode(data, READ, |response| drop(black_box(response))));
    table.case("imapkit owned, kept", || {
        let mut kept = Vec::new();
        let seen = decode(data, READ, |response| kept.push(response));
        drop(black_box(kept));
        seen
    });
}
