//! The real network: DNS by hickory, HTTPS by ureq, IMAP by our own client.
//!
//! Separate from the search, which only asks. Everything is made when it is first needed: most addresses are in the table and need none of
//! it. HTTPS blocks and so runs on tokio's blocking threads; a document that nobody waits for any more ends by its own timeout.
//! C17, C18.

mod dns;
mod https;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use imapkit::Config;

use crate::network::{Answer, Failure, Mx, Network, Page, Srv};
use crate::server::Server;

/// How to connect to a server that is tried.
type Greeter = Arc<dyn Fn(&Server) -> Config + Send + Sync>;

/// The network of this machine. Cheap to clone.
#[derive(Clone)]
pub struct Internet {
    dns: Arc<dns::Dns>,
    https: Arc<https::Https>,
    greet_by: Greeter,
}

impl Default for Internet {
    fn default() -> Self {
        Self::new()
    }
}

impl Internet {
    /// DNS servers and authorities as the system has them.
    pub fn new() -> Self {
        Self { dns: Arc::default(), https: Arc::default(), greet_by: Arc::new(Server::config) }
    }

    /// Asks this DNS server instead of the system's for SRV and MX.
    pub fn dns_server(mut self, server: SocketAddr) -> Self {
        self.dns = Arc::new(dns::Dns::at(server));
        self
    }

    /// Trusts these authorities (PEM), and no others, for HTTPS.
    pub fn authorities_pem(mut self, pem: &[u8]) -> Self {
        self.https = Arc::new(self.https.trusting(pem));
        self
    }

    /// Connects HTTPS to where `place` says instead of resolving the host: `None` resolves it after all. The certificate is checked
    /// against the host all the same.
    pub fn https_connect_to(mut self, place: impl Fn(&str) -> Option<SocketAddr> + Send + Sync + 'static) -> Self {
        self.https = Arc::new(self.https.connecting_to(place));
        self
    }

    /// How to connect to a server that is tried, for instance what to trust and through which proxy; [`Server::config`] by default.
    pub fn greet_by(mut self, config: impl Fn(&Server) -> Config + Send + Sync + 'static) -> Self {
        self.greet_by = Arc::new(config);
        self
    }
}

impl Network for Internet {
    fn srv<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<Srv>> {
        Box::pin(self.dns.srv(name))
    }

    fn mx<'a>(&'a self, domain: &'a str) -> Answer<'a, Vec<Mx>> {
        Box::pin(self.dns.mx(domain))
    }

    fn get<'a>(&'a self, url: &'a str, limit: usize, timeout: Duration) -> Answer<'a, Page> {
        let (https, url) = (Arc::clone(&self.https), url.to_owned());
        Box::pin(async move {
            let work = tokio::task::spawn_blocking(move || https.get(&url, limit, timeout));
            work.await.unwrap_or_else(|_| Err(Failure::Failed("the request was cut off".into())))
        })
    }

    fn greet<'a>(&'a self, server: &'a Server, timeout: Duration) -> Answer<'a, ()> {
        Box::pin(async move {
            let config = (self.greet_by)(server).connect_timeout(timeout);
            match imapkit::connect(&config).await {
                Ok(client) => {
                    // Nobody waits for the goodbye.
                    tokio::spawn(tokio::time::timeout(timeout, async move { client.logout().await }));
                    Ok(())
                }
                Err(error) => Err(failure(&error.to_string())),
            }
        })
    }
}

/// The system's words in ours, where they mean that there is no such host; otherwise without its numbers.
fn failure(text: &str) -> Failure {
    const UNKNOWN: [&str; 4] =
        ["Name or service not known", "nodename nor servname", "No such host", "No address associated"];
    if UNKNOWN.iter().any(|words| text.contains(words)) {
        return Failure::Nothing("the name does not resolve".into());
    }
    let mut pieces = text.split(" (os error ");
    let first = pieces.next().unwrap_or_default().to_owned();
    Failure::Failed(pieces.fold(first, |text, piece| text + piece.split_once(')').map_or("", |(_, rest)| rest)))
}

impl fmt::Debug for Internet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Internet").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_words_become_ours() {
        let gone = "resolving x.example: failed to lookup address information: Name or service not known";
        assert_eq!(failure(gone), Failure::Nothing("the name does not resolve".into()));
        let refused =
            "no address could be reached: ::1: Connection refused (os error 111); 127.0.0.1: timed out (os error 110)!";
        let plain = "no address could be reached: ::1: Connection refused; 127.0.0.1: timed out!";
        assert_eq!(failure(refused), Failure::Failed(plain.into()));
    }
}
