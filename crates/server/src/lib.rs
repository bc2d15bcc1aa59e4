//! An in-memory IMAP server on loopback, for demos and for tests of programs that speak IMAP.
//!
//! One call starts it, one stops it; nothing is written to disk, and no runtime is needed. It serves real TLS with a
//! certificate made at start, and its mailboxes can be filled beforehand, changed through IMAP by any client, and
//! delivered to from outside.
//!
//! ```
//! use std::{io::{BufRead, BufReader, Write}, net::TcpStream};
//!
//! use imapkit_server::{Config, Mailbox, Message, Server, User};
//!
//! # fn main() -> std::io::Result<()> {
//! let inbox = Mailbox::new("INBOX").message(Message::new("Subject: hi\r\n\r\nHello\r\n").flag("\\Seen"));
//! let config = Config::empty().user(User::new("ann", "secret").mailbox(inbox)).allow_plain_login(true);
//! let server = Server::start(config)?;
//!
//! let port = server.plain_port().expect("it is on unless switched off");
//! let mut client = BufReader::new(TcpStream::connect(("127.0.0.1", port))?);
//! client.get_mut().write_all(b"a LOGIN ann secret\r\nb STATUS INBOX (MESSAGES)\r\nc LOGOUT\r\n")?;
//! let lines: Vec<String> = client.lines().collect::<Result<_, _>>()?;
//! assert!(lines.contains(&"* STATUS INBOX (MESSAGES 1)".to_owned()));
//!
//! server.deliver("ann", "INBOX", "Subject: new\r\n\r\nHello again\r\n")?;
//! assert_eq!(server.messages("ann", "INBOX")?.len(), 2);
//! server.stop();
//! # Ok(())
//! # }
//! ```
//!
//! [`Config::default()`] serves user `demo`, password `demo`, with a sample of every kind of message a client meets.
//! [`Config::hide`] takes capabilities away, to see a client fall back; [`Limits`] makes it refuse what is too large.
//!
//! # What it speaks
//!
//! IMAP4rev1 (RFC 3501) with STARTTLS, AUTH=PLAIN, AUTH=LOGIN, SASL-IR, LITERAL+, ID, ENABLE (of nothing), IDLE,
//! UIDPLUS, MOVE, UNSELECT, NAMESPACE, CHILDREN, SPECIAL-USE, STATUS=SIZE and WITHIN. Any number of clients may have
//! the same mailbox open; each is told of the others' changes when RFC 3501 allows it, and at once while it idles.
//!
//! # What it is made of
//!
//! Commands are framed and decoded, and responses encoded, by the `imap-codec` crate, and what that crate cannot decode
//! is answered with BAD (so there is no LIST-EXTENDED and no ESEARCH). It shares no code with the `imapkit` client, on
//! purpose: a misreading in one cannot hide one in the other.
//!
//! ```text
//! server ─ listeners, one task a client          config ─ what to serve      samples ─ the demo account
//!   connection ─ STARTTLS, AUTHENTICATE, IDLE    session/* ─ all other commands, a file per group
//!     link ─ bytes, literals, limits               view ─ a selected mailbox as its client knows it
//!     outbox ─ encoded responses                   store ─ accounts, mailboxes; name, flags, numbers ─ vocabulary
//!                                                  mime ─ parts of a message, ENVELOPE, BODYSTRUCTURE, sections
//! ```
//!
//! It is not a mail server: there is no persistence, no protection against a hostile network (it listens on loopback
//! only), and passwords are kept as they are.

#![forbid(unsafe_code)]

mod config;
mod connection;
mod flags;
mod link;
mod mime;
mod name;
mod numbers;
mod outbox;
mod samples;
mod server;
mod session;
mod store;
mod tls;
mod view;

pub use config::{Capability, Config, Limits, Mailbox, Message, SpecialUse, User};
pub use server::Server;
