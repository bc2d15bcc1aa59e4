//! A connection through a proxy: to the proxy as to any host, then its own conversation. What is said in it is `dial`'s.
//!
//! Separate from plain dialling because the other end is not who we mean: the proxy has a name, a certificate and credentials of its own.
//! RFC 1928, RFC 1929, RFC 9110 §9.3.6; protocol.md C20–C26.
//!
//! Invariants: only the proxy is raced to; nothing is resolved here that the proxy resolves; not one octet behind the proxy's reply is
//! taken from the server's.

use core::net::IpAddr;

use imapkit_dial::{Family, Host, Negotiation, Phase, Proxy, ProxyKind};
use imapkit_session::{Error, ErrorKind};
use imapkit_transport::ServerId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::clock::Clock;
use crate::driver::Wire;
use crate::failure;
use crate::resolve;
use crate::socket::{self, Call, no_address};
use crate::trust::Trust;
use crate::veil::Veil;

/// A connection through `proxy` to whom `call` means. `trust` is for the proxy's own certificate.
pub(crate) async fn connect(
    proxy: &Proxy,
    trust: &Trust,
    call: Call<'_>,
    clock: &mut Clock,
) -> Result<Box<dyn Wire>, Error> {
    let host = match call.address {
        // The proxy is told where to go, and needs to resolve nothing.
        Some(IpAddr::V4(address)) => Host::V4(address),
        Some(IpAddr::V6(address)) => Host::V6(address, None),
        None if proxy.resolves_here() && call.host.ip().is_none() => resolve_v4(call.host, call.port, clock).await?,
        None => call.host.clone(),
    };
    let mut negotiation = proxy.negotiate(&host, call.port).map_err(failure::misuse)?;
    let to_proxy = Call { host: &proxy.host, port: proxy.port, address: None, only_here: false, ..call };
    let reached = reach(proxy, trust, to_proxy, &mut negotiation, clock).await;
    reached.map_err(|error| Error::with_source(error.kind(), proxy.blame(&error.to_string()), error))
}

/// All that the proxy has a part in.
async fn reach(
    proxy: &Proxy,
    trust: &Trust,
    call: Call<'_>,
    negotiation: &mut Negotiation,
    clock: &mut Clock,
) -> Result<Box<dyn Wire>, Error> {
    let (mut stream, _) = socket::connect(call, clock).await?;
    clock.enter(Phase::Proxy);
    if proxy.kind != ProxyKind::Https {
        clock.within(talk(&mut stream, negotiation)).await??;
        return Ok(Box::new(stream));
    }
    let server = ServerId::new(&proxy.host.to_string(), proxy.port).map_err(failure::transport)?;
    let config = clock.within(trust.load(&server)).await??;
    let mut veil = clock.within(Veil::draw(stream, &config, &server)).await??;
    clock.within(talk_veiled(&mut veil, negotiation)).await??;
    Ok(Box::new(veil))
}

async fn talk(stream: &mut TcpStream, negotiation: &mut Negotiation) -> Result<(), Error> {
    let broken = |error| failure::io("reading from the proxy", error);
    while !negotiation.is_done() {
        if let Some(bytes) = negotiation.poll_transmit() {
            stream.write_all(&bytes).await.map_err(|error| failure::io("writing to the proxy", error))?;
        }
        // What stands behind the proxy's reply is the server's: looked at before it is taken (C24).
        let mut seen = [0; 512];
        let count = stream.peek(&mut seen).await.map_err(broken)?;
        let taken = heard(negotiation, &seen[..count])?;
        stream.read_exact(&mut seen[..taken]).await.map_err(broken)?;
    }
    Ok(())
}

async fn talk_veiled(veil: &mut Veil, negotiation: &mut Negotiation) -> Result<(), Error> {
    while !negotiation.is_done() {
        if let Some(bytes) = negotiation.poll_transmit() {
            let written = async {
                veil.write_all(&bytes).await?;
                veil.flush().await
            };
            written.await.map_err(|error| failure::io("writing to the proxy", error))?;
        }
        let seen = veil.look().await.map_err(|error| failure::io("reading from the proxy", error))?;
        let taken = heard(negotiation, seen)?;
        veil.take(taken);
    }
    Ok(())
}

/// How much of what the proxy said was for us.
fn heard(negotiation: &mut Negotiation, seen: &[u8]) -> Result<usize, Error> {
    if seen.is_empty() {
        return Err(Error::new(ErrorKind::Closed, "the proxy closed the connection"));
    }
    negotiation.handle_input(seen).map_err(|error| Error::with_source(ErrorKind::Io, error.to_string(), error))
}

async fn resolve_v4(host: &Host, port: u16, clock: &mut Clock) -> Result<Host, Error> {
    clock.enter(Phase::Resolve);
    let mut answers = resolve::ask(host, port, &[Family::V4]).map_err(|error| no_address(host, error))?;
    let found = match clock.within(answers.recv()).await? {
        Some((_, answer)) => answer.map_err(|error| no_address(host, error))?,
        None => Vec::new(),
    };
    let v4 = found.iter().find_map(|address| match address.ip() {
        IpAddr::V4(address) => Some(Host::V4(address)),
        IpAddr::V6(_) => None,
    });
    v4.ok_or_else(|| {
        Error::new(ErrorKind::Io, format!("resolving {host}: no IPv4 address, and a SOCKS4 proxy takes no other"))
    })
}
