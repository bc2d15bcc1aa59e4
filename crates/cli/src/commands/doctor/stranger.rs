//! Who is there instead of the server that was expected: IMAP the other way round, or no IMAP at all.
//!
//! Asked only when a connection does not come about. A peer that speaks first shows itself by its first line; one that waits is offered a
//! TLS hello, which a web server answers as well. Nothing of an account is said. T039; protocol.md C02.

use std::time::Duration;

use imapkit::dial::Security;
use imapkit::transport::{Protocol, TlsConfig};
use imapkit::{Config, Error};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::errors::library::USUAL_PORTS;
use crate::place::Place;

/// How long a peer may take to speak first.
const FIRST_WORD: Duration = Duration::from_millis(1500);
/// How long it may take to answer a TLS hello.
const HELLO: Duration = Duration::from_secs(4);

/// What a port turns out to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stranger {
    /// In clear text, at first.
    Clear(Protocol),
    /// IMAP within TLS from the first octet.
    TlsImap,
    /// TLS, with something else in it.
    Tls,
}

/// Looks at who answers at this address. `None`: nobody, or somebody who says nothing that is known.
pub(super) async fn look(place: &Place, address: std::net::SocketAddr) -> Option<Stranger> {
    match first_word(address).await {
        Some(Protocol::Unknown) => return None,
        Some(protocol) => return Some(Stranger::Clear(protocol)),
        None => {}
    }
    let host = place.host().map(ToString::to_string).unwrap_or_default();
    let trusting = TlsConfig::builder().trusted_site(true).build().ok()?;
    let config = Config::tls(host).port(address.port()).host_address(address.ip()).tls_config(trusting);
    match imapkit::connect(&config.connect_timeout(HELLO)).await {
        Ok(client) => {
            client.close();
            Some(Stranger::TlsImap)
        }
        Err(error) => match transport(&error) {
            Some(imapkit::transport::Error::PlainTextPeer(Protocol::Unknown)) => None,
            Some(imapkit::transport::Error::PlainTextPeer(protocol)) => Some(Stranger::Clear(*protocol)),
            // TLS came about, IMAP did not.
            None if error.kind() == imapkit::ErrorKind::Protocol => Some(Stranger::Tls),
            Some(_) | None => None,
        },
    }
}

/// What a peer says before it is spoken to.
async fn first_word(address: std::net::SocketAddr) -> Option<Protocol> {
    let talk = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let mut first = [0; 64];
        let count = stream.read(&mut first).await.ok()?;
        first.get(..count).filter(|first| !first.is_empty()).map(Protocol::of)
    };
    tokio::time::timeout(FIRST_WORD, talk).await.ok().flatten()
}

/// The byte layer's fault behind an error.
pub(super) fn transport(error: &Error) -> Option<&imapkit::transport::Error> {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        source = cause.source();
    }
    None
}

impl Stranger {
    /// What that is, and what to do; `None` if it is what was asked for, so that the fault lies elsewhere.
    pub(super) fn explain(self, place: &Place) -> Option<(String, String)> {
        let host = place.host().map(ToString::to_string).unwrap_or_default();
        let port = place.port;
        let text = |what: &str| format!("port {port} of {host} speaks {what}");
        match (self, place.security) {
            (Self::Clear(Protocol::Imap), Security::Tls) => Some((
                text("IMAP in clear text at first, not TLS"),
                format!(
                    "use imap+starttls://{host}:{port} if the server has STARTTLS, or the port for TLS, which is 993 most of the time"
                ),
            )),
            (Self::TlsImap, Security::StartTls | Security::Insecure) => {
                Some((text("TLS from the first octet"), format!("use imaps://{host}:{port}")))
            }
            (Self::Clear(Protocol::Imap), _) | (Self::TlsImap, Security::Tls) => None,
            (Self::Clear(protocol), _) => Some((text(&format!("{protocol}, not IMAP")), USUAL_PORTS.to_owned())),
            (Self::Tls, _) => Some((text("TLS, and something other than IMAP in it"), USUAL_PORTS.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t039_what_is_there_and_what_to_use_instead() {
        let said = |stranger: Stranger, place: &str| stranger.explain(&Place::parse(place).unwrap());
        let (text, advice) = said(Stranger::TlsImap, "imap+starttls://h.example").unwrap();
        assert_eq!(
            (text.as_str(), advice.as_str()),
            ("port 143 of h.example speaks TLS from the first octet", "use imaps://h.example:143")
        );
        let (text, advice) = said(Stranger::Clear(Protocol::Imap), "imaps://h.example:143").unwrap();
        assert!(text.contains("clear text at first") && advice.contains("imap+starttls://h.example:143"));
        let (text, _) = said(Stranger::Clear(Protocol::Smtp), "imaps://h.example:465").unwrap();
        assert_eq!(text, "port 465 of h.example speaks SMTP, not IMAP");
        assert_eq!(said(Stranger::TlsImap, "imaps://h.example"), None);
        assert_eq!(said(Stranger::Clear(Protocol::Imap), "imap+starttls://h.example"), None);
    }
}
