//! TLS by OpenSSL, without its I/O: 1.0 to 1.3, for servers that rustls will never speak to.
//!
//! Used only where [`secure_fallback`](crate::TlsConfigBuilder::secure_fallback) permits it. One hello offers everything, the
//! best first, and the server picks; so a server that was renewed is used at its best without a change of configuration.
//! Certificates are judged by the same [`Verifier`] as under rustls, from within the handshake: nothing is sent to a server that
//! was refused, a client certificate least of all. ADR 14.
//!
//! What old TLS needs: no compression (CRIME), no renegotiation (a server that lacks RFC 5746 is let pass, as it cannot start one
//! with us), empty fragments before CBC records under TLS 1.0 (BEAST), and the `legacy` provider, without which OpenSSL 3 knows no
//! RC4. It is loaded once per process, on first use; suites stay off unless a context names them.
//!
//! ```text
//!   wire ──feed──▶ Memory.incoming ─▶ OpenSSL ─▶ held ──drain──▶ sink         pending_transmit ◀── Memory.outgoing ◀── OpenSSL
//! ```

use core::fmt;
use std::io::{self, Read, Write};
use std::sync::{Arc, OnceLock};

use bytes::{Buf, BytesMut};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey};
use openssl::provider::Provider;
use openssl::ssl::{
    ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslRef, SslSessionCacheMode, SslStream,
    SslVerifyMode, SslVersion,
};
use openssl::x509::{X509, X509StoreContext, X509StoreContextRef, X509VerifyResult};
use rustls::AlertDescription;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::time_provider::TimeProvider;

use super::Drained;
use super::modern::alert_name;
use crate::certificate::printable;
use crate::error::Error;
use crate::facts::{Agreed, TlsVersion};
use crate::identity::Identity;
use crate::server_id::ServerId;
use crate::suite::Suite;
use crate::trust::Verifier;
use crate::weakness::MIN_BITS;

/// Up to TLS 1.2, best first: forward secrecy and AEAD, forward secrecy, the rest, and what is broken last. Level 0 lets TLS 1.0
/// (MD5 and SHA-1 in its signatures) and 1024-bit keys pass; nothing without authentication or encryption, no export, no DES.
const CIPHERS: &str = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:DHE+AES:AESGCM:AES:CAMELLIA:\
     ECDHE+3DES:DHE+3DES:3DES:ECDHE+RC4:RC4:!aNULL:!eNULL:!EXPORT:!DES:!PSK:!SRP:@SECLEVEL=0";
/// As rustls offers; X25519 first.
const GROUPS: &str = "X25519:P-256:P-384:P-521";
/// `SSL_OP_LEGACY_SERVER_CONNECT`, which the bindings do not name.
const LEGACY_SERVER_CONNECT: SslOptions = SslOptions::from_bits_retain(0x4);
/// Decrypted at a time: a TLS record.
const PIECE: usize = 16 << 10;

/// What all connections of a configuration share.
pub(crate) struct Context {
    ssl: SslContext,
    clock: Arc<dyn TimeProvider>,
}

impl Context {
    /// # Errors
    /// [`Error::Config`] if a certificate cannot be used, or there is no version between the two.
    pub(crate) fn new(
        versions: (TlsVersion, TlsVersion),
        alpn: &[Vec<u8>],
        identity: Option<&Identity>,
        clock: Arc<dyn TimeProvider>,
    ) -> Result<Self, Error> {
        load_providers()?;
        if versions.0 > versions.1 {
            return Err(Error::Config(format!("no TLS version lies between {} and {}", versions.0, versions.1)));
        }
        let ssl = build(versions, alpn).map_err(|error| config_error("OpenSSL", &error))?;
        let ssl = match identity {
            Some(identity) => with_identity(ssl, identity).map_err(|e| config_error("the client certificate", &e))?,
            None => ssl,
        };
        Ok(Self { ssl: ssl.build(), clock })
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

fn build(versions: (TlsVersion, TlsVersion), alpn: &[Vec<u8>]) -> Result<SslContextBuilder, ErrorStack> {
    let mut ssl = SslContextBuilder::new(SslMethod::tls_client())?;
    ssl.set_security_level(0);
    ssl.set_min_proto_version(Some(version(versions.0)))?;
    ssl.set_max_proto_version(Some(version(versions.1)))?;
    ssl.set_cipher_list(CIPHERS)?;
    ssl.set_groups_list(GROUPS)?;
    ssl.set_options(
        SslOptions::NO_COMPRESSION | SslOptions::NO_RENEGOTIATION | SslOptions::NO_TICKET | LEGACY_SERVER_CONNECT,
    );
    ssl.set_session_cache_mode(SslSessionCacheMode::OFF);
    // Until a connection brings its own verdict, nobody is let pass.
    ssl.set_verify_callback(SslVerifyMode::PEER, |_, _| false);
    if !alpn.is_empty() {
        let mut list = Vec::new();
        for protocol in alpn {
            list.extend(u8::try_from(protocol.len()));
            list.extend_from_slice(protocol);
        }
        ssl.set_alpn_protos(&list)?;
    }
    Ok(ssl)
}

fn with_identity(mut ssl: SslContextBuilder, identity: &Identity) -> Result<SslContextBuilder, ErrorStack> {
    for (at, der) in identity.chain.iter().enumerate() {
        let certificate = X509::from_der(der)?;
        match at {
            0 => ssl.set_certificate(&certificate)?,
            _ => ssl.add_extra_chain_cert(certificate)?,
        }
    }
    ssl.set_private_key(&*PKey::private_key_from_der(identity.key.secret_der())?)?;
    ssl.check_private_key()?;
    Ok(ssl)
}

/// RC4 (and the encryption of old PKCS#12 files) lives in a provider of its own since OpenSSL 3.
pub(crate) fn load_providers() -> Result<(), Error> {
    static LOADED: OnceLock<Result<[Provider; 2], Error>> = OnceLock::new();
    let load = |name| Provider::try_load(None, name, true).map_err(|error| config_error("OpenSSL", &error));
    let both = || Ok([load("default")?, load("legacy")?]);
    LOADED.get_or_init(both).as_ref().map(drop).map_err(Error::clone)
}

pub(crate) fn config_error(what: &str, error: &ErrorStack) -> Error {
    Error::Config(format!("{what}: {}", reason(error)))
}

/// One connection.
pub(super) struct Legacy {
    stream: SslStream<Memory>,
    verifier: Arc<Verifier>,
    handshaking: bool,
    /// Decrypted, not taken yet.
    held: BytesMut,
    peer_closed: bool,
}

impl Legacy {
    pub(super) fn new(context: &Context, verifier: Arc<Verifier>, server: &ServerId) -> Result<Self, Error> {
        let ssl = prepare(context, &verifier, server).map_err(|error| config_error("OpenSSL", &error))?;
        let stream = SslStream::new(ssl, Memory::default()).map_err(|error| config_error("OpenSSL", &error))?;
        let mut legacy = Self { stream, verifier, handshaking: true, held: BytesMut::new(), peer_closed: false };
        legacy.handshake()?;
        Ok(legacy)
    }

    pub(super) fn is_handshaking(&self) -> bool {
        self.handshaking
    }

    pub(super) fn agreed(&self) -> Option<Agreed> {
        let ssl = self.stream.ssl();
        let version = match ssl.version2()? {
            SslVersion::TLS1 => TlsVersion::V1_0,
            SslVersion::TLS1_1 => TlsVersion::V1_1,
            SslVersion::TLS1_2 => TlsVersion::V1_2,
            SslVersion::TLS1_3 => TlsVersion::V1_3,
            _ => return None,
        };
        let suite = Suite::of(ssl.current_cipher()?.standard_name()?);
        let (group, weak_group) = group(ssl);
        Some(Agreed {
            version,
            key_exchange: group.or(suite.key_exchange).unwrap_or("unknown"),
            suite,
            alpn: ssl.selected_alpn_protocol().map(<[u8]>::to_vec),
            chain: chain(ssl)?,
            weak_group,
        })
    }

    pub(super) fn export(&self) -> Option<[u8; 32]> {
        let mut key = [0; 32];
        let ssl = self.stream.ssl();
        ssl.export_keying_material(&mut key, "EXPORTER-Channel-Binding", Some(b"")).ok().map(|()| key)
    }

    pub(super) fn feed(&mut self, wire: &mut BytesMut) -> Result<(), Error> {
        let incoming = &mut self.stream.get_mut().incoming;
        if incoming.is_empty() {
            *incoming = wire.split();
        } else {
            incoming.extend_from_slice(&wire.split());
        }
        if self.handshaking { self.handshake() } else { Ok(()) }
    }

    fn handshake(&mut self) -> Result<(), Error> {
        match self.stream.connect() {
            Ok(()) => self.handshaking = false,
            Err(error) if error.code() == ErrorCode::WANT_READ => {}
            Err(error) => return Err(self.explain(&error)),
        }
        Ok(())
    }

    pub(super) fn drain(&mut self, sink: &mut impl FnMut(&[u8]) -> Result<usize, Error>) -> Result<Drained, Error> {
        if self.handshaking {
            return Ok(Drained::All);
        }
        loop {
            while !self.held.is_empty() {
                let (len, used) = (self.held.len(), sink(&self.held)?);
                self.held.advance(used.min(len));
                if used < len {
                    return Ok(Drained::Part);
                }
            }
            if self.peer_closed {
                return Ok(Drained::Closed);
            }
            self.held.resize(PIECE, 0);
            let outcome = self.stream.ssl_read(&mut self.held);
            self.held.truncate(outcome.as_ref().map_or(0, |len| *len));
            match outcome {
                Ok(_) => {}
                Err(error) if error.code() == ErrorCode::WANT_READ => return Ok(Drained::All),
                Err(error) if error.code() == ErrorCode::ZERO_RETURN => self.peer_closed = true,
                Err(error) => return Err(self.explain(&error)),
            }
        }
    }

    pub(super) fn write(&mut self, plain: &[u8]) -> Result<usize, Error> {
        match self.stream.ssl_write(plain) {
            Ok(used) => Ok(used),
            // After our own close_notify; `Tls::send` names it.
            Err(_) if !self.stream.get_shutdown().is_empty() => Ok(0),
            Err(error) => Err(self.explain(&error)),
        }
    }

    pub(super) fn pending_transmit(&mut self, wire: &mut BytesMut) {
        let outgoing = &mut self.stream.get_mut().outgoing;
        if wire.is_empty() {
            *wire = outgoing.split();
        } else {
            wire.extend_from_slice(&outgoing.split());
        }
    }

    pub(super) fn close(&mut self) {
        // During a handshake there is nothing to close yet; OpenSSL says so by an error.
        let _ = self.stream.shutdown();
    }

    fn explain(&self, error: &openssl::ssl::Error) -> Error {
        let Some(stack) = error.ssl_error() else {
            return Error::Tls(printable(&error.to_string()));
        };
        let refused = self.verifier.verdict().filter(|verdict| !verdict.accepted);
        if let Some(problem) = refused.and_then(|verdict| verdict.problem.clone()) {
            return Error::Certificate(problem);
        }
        let too_old = |told| Error::ProtocolVersion { told, fallback: true };
        let code = stack.errors().first().map_or(0, openssl::error::Error::reason_code);
        match (code, alert(code)) {
            (_, Some(AlertDescription::ProtocolVersion)) => too_old(None),
            (_, Some(alert @ (AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity)))
                if self.verifier.verdict().is_none() =>
            {
                too_old(Some(alert_name(alert)))
            }
            (_, Some(alert)) => Error::Alert(alert_name(alert)),
            // SSL_R_UNSUPPORTED_PROTOCOL, WRONG_SSL_VERSION, WRONG_VERSION_NUMBER, VERSION_TOO_LOW.
            (258 | 266 | 267 | 396, _) if self.handshaking => too_old(None),
            _ => Error::Tls(printable(&reason(stack))),
        }
    }
}

impl fmt::Debug for Legacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Legacy").field("handshaking", &self.handshaking).finish_non_exhaustive()
    }
}

fn prepare(context: &Context, verifier: &Arc<Verifier>, server: &ServerId) -> Result<Ssl, ErrorStack> {
    let mut ssl = Ssl::new(&context.ssl)?;
    // RFC 6066 §3: never an address.
    if let ServerName::DnsName(name) = server.name() {
        ssl.set_hostname(name.as_ref())?;
    }
    let (verifier, clock) = (Arc::clone(verifier), Arc::clone(&context.clock));
    let name = server.name().clone();
    ssl.set_verify_callback(SslVerifyMode::PEER, move |_, store| judge(&verifier, &name, &*clock, store));
    Ok(ssl)
}

/// Called by OpenSSL for every certificate and every fault it finds, with an empty store. The first call asks our verifier about
/// the chain as it was sent; its verdict answers them all.
fn judge(
    verifier: &Verifier,
    name: &ServerName<'_>,
    clock: &dyn TimeProvider,
    store: &mut X509StoreContextRef,
) -> bool {
    if verifier.verdict().is_none() {
        let chain = X509StoreContext::ssl_idx().ok().and_then(|index| store.ex_data(index)).and_then(chain);
        if let (Some((leaf, others)), Some(now)) = (chain.as_deref().and_then(<[_]>::split_first), clock.current_time())
        {
            let _ = verifier.verify_server_cert(leaf, others, name, &[], now);
        }
    }
    let accepted = verifier.verdict().is_some_and(|verdict| verdict.accepted);
    store.set_error(if accepted { X509VerifyResult::OK } else { X509VerifyResult::APPLICATION_VERIFICATION });
    accepted
}

/// The certificates as the server sent them, its own first.
fn chain(ssl: &SslRef) -> Option<Vec<CertificateDer<'static>>> {
    ssl.peer_cert_chain()?.iter().map(|one| one.to_der().ok().map(CertificateDer::from)).collect()
}

/// The group of the key exchange, and its bits if it is a weak one.
fn group(ssl: &SslRef) -> (Option<&'static str>, Option<usize>) {
    let Ok(key) = ssl.peer_tmp_key() else { return (None, None) };
    match key.id() {
        Id::X25519 => (Some("X25519"), None),
        Id::X448 => (Some("X448"), None),
        Id::DH => (Some("DHE"), usize::try_from(key.bits()).ok().filter(|bits| *bits < MIN_BITS)),
        Id::EC => {
            let curve = key.ec_key().ok().and_then(|key| key.group().curve_name());
            let name = match curve {
                Some(Nid::X9_62_PRIME256V1) => "secp256r1",
                Some(Nid::SECP384R1) => "secp384r1",
                Some(Nid::SECP521R1) => "secp521r1",
                _ => "ECDHE",
            };
            (Some(name), None)
        }
        _ => (None, None),
    }
}

fn version(version: TlsVersion) -> SslVersion {
    match version {
        TlsVersion::V1_0 => SslVersion::TLS1,
        TlsVersion::V1_1 => SslVersion::TLS1_1,
        TlsVersion::V1_2 => SslVersion::TLS1_2,
        TlsVersion::V1_3 => SslVersion::TLS1_3,
    }
}

/// OpenSSL numbers a received alert 1000 and its RFC number.
fn alert(code: i32) -> Option<AlertDescription> {
    let number = u8::try_from(code.checked_sub(1000)?).ok()?;
    Some(AlertDescription::from(number))
}

/// The reason of the first error, which is the cause of the others.
fn reason(stack: &ErrorStack) -> String {
    let first = stack.errors().first().and_then(openssl::error::Error::reason);
    String::from(first.unwrap_or("an unnamed error"))
}

/// The two directions of the wire. Reading from an empty one would block, which makes OpenSSL ask for more.
#[derive(Debug, Default)]
struct Memory {
    incoming: BytesMut,
    outgoing: BytesMut,
}

impl Read for Memory {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() && !into.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len = into.len().min(self.incoming.len());
        if let Some(part) = into.get_mut(..len) {
            self.incoming.copy_to_slice(part);
        }
        Ok(len)
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
