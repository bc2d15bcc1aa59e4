//! An IMAP client for tokio: typed commands, pipelining, streaming bodies, no wait without a deadline
