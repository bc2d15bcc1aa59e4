//! What is guessed is what a real Dovecot or Cyrus answers, by TLS and by STARTTLS: C17.

use std::time::Duration;

use imapkit::transport::TlsConfig;
use imapkit_discover::{Internet, Network, Protection, Server};
use imapkit_testkit::live;

use crate::support::soon;

#[tokio::test]
async fn real_servers_greet_with_the_right_certificate_only() {
    for live in live::servers() {
        let pem = std::fs::read(&live.ca_file).unwrap();
        let trust = TlsConfig::builder().authorities_pem(&pem).build().unwrap();
        let network = Internet::new().greet_by(move |server: &Server| {
            server.config().host_address("127.0.0.1".parse().unwrap()).tls_config(trust.clone())
        });
        for (protection, port) in [(Protection::Tls, live.tls_port), (Protection::StartTls, live.plain_port)] {
            let right = Server::new(live.host.parse().unwrap(), protection, "").port(port);
            let wrong = Server::new("imap.example.org".parse().unwrap(), protection, "").port(port);
            let within = Duration::from_secs(20);
            soon(network.greet(&right, within)).await.unwrap_or_else(|why| panic!("{} {right}: {why:?}", live.name));
            let why = soon(network.greet(&wrong, within)).await.unwrap_err();
            assert!(format!("{why:?}").contains("imap.example.org"), "{} {wrong}: {why:?}", live.name);
        }
    }
}
