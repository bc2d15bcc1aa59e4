//! SRV and MX queries, to the system's DNS servers or to one that was named.
//!
//! Separate because the resolver is another project's (hickory, without DNSSEC: what it says is not believed beyond what T051 allows).
//! Names are absolute, so no search domain is appended and told. RFC 1035, RFC 2782, RFC 7505.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData};

use crate::network::{Failure, Mx, Srv};

/// A DNS client, made when it is first needed.
#[derive(Default)]
pub(super) struct Dns {
    server: Option<SocketAddr>,
    resolver: OnceLock<Result<TokioResolver, String>>,
}

impl Dns {
    /// Asks this server.
    pub(super) fn at(server: SocketAddr) -> Self {
        Self { server: Some(server), resolver: OnceLock::new() }
    }

    pub(super) async fn srv(&self, name: &str) -> Result<Vec<Srv>, Failure> {
        let lookup = self.resolver()?.srv_lookup(format!("{name}.")).await.map_err(failure)?;
        let record = |data: &RData| match data {
            RData::SRV(srv) => {
                let target = text(&srv.target);
                Some(Srv { priority: srv.priority, weight: srv.weight, port: srv.port, target })
            }
            _ => None,
        };
        found(lookup.answers().iter().filter_map(|answer| record(&answer.data)).collect())
    }

    pub(super) async fn mx(&self, domain: &str) -> Result<Vec<Mx>, Failure> {
        let lookup = self.resolver()?.mx_lookup(format!("{domain}.")).await.map_err(failure)?;
        let record = |data: &RData| match data {
            RData::MX(mx) => Some(Mx { preference: mx.preference, exchange: text(&mx.exchange) }),
            _ => None,
        };
        found(lookup.answers().iter().filter_map(|answer| record(&answer.data)).collect())
    }

    fn resolver(&self) -> Result<&TokioResolver, Failure> {
        let made = self.resolver.get_or_init(|| build(self.server).map_err(|error| error.to_string()));
        made.as_ref().map_err(|error| Failure::Failed(format!("no DNS servers are known: {error}")))
    }
}

fn build(server: Option<SocketAddr>) -> Result<TokioResolver, NetError> {
    let mut builder = match server {
        None => TokioResolver::builder_tokio()?,
        Some(server) => {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = server.port();
                connection
            });
            let server = NameServerConfig::new(server.ip(), true, connections.into());
            let config = ResolverConfig::from_name_servers(vec![server]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    // Two tries within what a query is given (`Options::dns_timeout`); a search asks each name once, so nothing is kept.
    let options = builder.options_mut();
    (options.timeout, options.attempts, options.cache_size) = (Duration::from_secs(2), 2, 8);
    builder.build()
}

fn found<T>(records: Vec<T>) -> Result<Vec<T>, Failure> {
    if records.is_empty() { Err(Failure::Nothing("no records".into())) } else { Ok(records) }
}

#[allow(clippy::needless_pass_by_value, reason = "shaped for map_err")]
fn failure(error: NetError) -> Failure {
    if error.is_nx_domain() {
        Failure::Nothing("no such name".into())
    } else if error.is_no_records_found() {
        Failure::Nothing("no records".into())
    } else {
        Failure::Failed(error.to_string())
    }
}

/// Lower case, without the trailing dot; empty for the root.
fn text(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}
