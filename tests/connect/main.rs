//! Reaching a server through any network: proxies and tunnels that are real programs, networks that are broken in real ways, what is left
//! over when it fails, and how many flights it takes when it does not. Both clients, each time.
//!
//! A suite of its own because it needs root (network namespaces), programs from the distribution (`tests/servers/proxies.sh`) and processes
//! of its own (descriptors and children are counted). RFC 8305; protocol.md C10–C30, C50–C55, T050, T053, T076, T111.

mod alone;
mod flights;
mod fronts;
mod leftovers;
mod namespaces;
mod proxies;
mod quiet;
