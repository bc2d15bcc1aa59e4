//! An in-memory IMAP server on loopback for demos and tests
