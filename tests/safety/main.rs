//! The release gates that transcripts cannot express: floods, broken handshakes, links nobody may follow, proxies, whole logins by SCRAM.
//!
//! A suite of its own because each row is a rule about what must not happen, checked in the same way: both clients, every TLS library that
//! was built in, over STARTTLS and over TLS from the first byte, the server's bytes whole and cut. Whatever a row is about, the password is
//! looked for in all that was told, and in what went out in clear text. `docs/safety.md` lists the rows and their tests.
//!
//! RFC 9051 §11.3; RFC 8314; RFC 5802; the ids are those of the test table.

mod before_tls;
mod echo;
mod gate;
mod proxy;
mod sasl;
mod visit;
