//! TLS through the whole of both clients: by both TLS libraries, from the first byte and after STARTTLS, over real sockets.
//!
//! A suite of its own because clients have failed exactly here: a check made for one library but not the other (CVE-2026-46428), or for
//! implicit TLS but not after STARTTLS (CVE-2021-26911). So every test runs every [`Way`]. Bars T010, T026, T040 to T045, T047 to T053.
//!
//! Certificates are made on the spot. What no server does on demand is done by the testkit's peers. The second library takes part where
//! the feature `legacy-tls` is on.

mod links;
mod refusals;
mod way;
