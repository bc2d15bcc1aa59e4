//! IMAP bytes to values and back: framing, decoding, encoding; no I/O
