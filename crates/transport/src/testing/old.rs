//! An OpenSSL server in memory, as old as a test wants it, and certificates that nobody should use any more.

use std::io::{self, Read, Write};
use std::sync::LazyLock;

use bytes::{Buf, BytesMut};
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslStream, SslVersion};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Name};

use crate::testing::NOW;
use crate::tls::load_providers;
use crate::{Error, ServerId, Stack, TlsConfig};

pub(crate) type Key = PKey<Private>;

fn rsa(bits: u32) -> Key {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

pub(crate) static STRONG: LazyLock<Key> = LazyLock::new(|| rsa(2048));
pub(crate) static WEAK: LazyLock<Key> = LazyLock::new(|| rsa(1024));

/// An authority with this key: an RSA sibling of `testing::authority`.
pub(crate) fn authority(name: &str, key: &Key) -> X509 {
    let mut builder = unsigned(name, name, key, (NOW - 86_400, NOW + 86_400));
    builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build()
}

/// A leaf for `host`, signed by `issuer` with `digest`; valid a day before and after [`NOW`] unless said otherwise.
pub(crate) struct Leaf<'a> {
    pub(crate) host: &'a str,
    pub(crate) key: &'a Key,
    pub(crate) issuer: (&'a str, &'a Key),
    pub(crate) digest: MessageDigest,
    pub(crate) valid: (u64, u64),
}

impl Leaf<'_> {
    pub(crate) fn make(&self) -> X509 {
        let mut builder = unsigned("leaf", self.issuer.0, self.key, self.valid);
        let names = SubjectAlternativeName::new().dns(self.host).build(&builder.x509v3_context(None, None)).unwrap();
        builder.append_extension(names).unwrap();
        builder.sign(self.issuer.1, self.digest).unwrap();
        builder.build()
    }
}

fn unsigned(subject: &str, issuer: &str, key: &Key, valid: (u64, u64)) -> openssl::x509::X509Builder {
    let name = |text: &str| {
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_text("CN", text).unwrap();
        name.build()
    };
    let time = |at: u64| Asn1Time::from_unix(at.try_into().unwrap()).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(100, MsbOption::MAYBE_ZERO, false).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name(subject)).unwrap();
    builder.set_issuer_name(&name(issuer)).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&time(valid.0)).unwrap();
    builder.set_not_after(&time(valid.1)).unwrap();
    builder
}

/// A server of these versions and suites, with nothing held back.
pub(crate) fn context(
    (min, max): (SslVersion, SslVersion),
    ciphers: &str,
    chain: &[&X509],
    key: &Key,
) -> SslContextBuilder {
    load_providers().unwrap();
    let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
    builder.set_security_level(0);
    builder.set_min_proto_version(Some(min)).unwrap();
    builder.set_max_proto_version(Some(max)).unwrap();
    builder.set_cipher_list(&format!("{ciphers}:@SECLEVEL=0")).unwrap();
    builder.set_certificate(chain[0]).unwrap();
    for other in &chain[1..] {
        builder.add_extra_chain_cert((*other).clone()).unwrap();
    }
    builder.set_private_key(key).unwrap();
    builder
}

/// A stack and such a server, joined.
pub(crate) struct OldPair {
    pub(crate) stack: Stack,
    pub(crate) server: SslStream<Queues>,
    plain: BytesMut,
}

#[derive(Debug, Default)]
pub(crate) struct Queues {
    incoming: BytesMut,
    outgoing: BytesMut,
}

impl Read for Queues {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = into.len().min(self.incoming.len());
        if len == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.incoming.copy_to_slice(&mut into[..len]);
        Ok(len)
    }
}

impl Write for Queues {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl OldPair {
    /// After the handshake, or the client's error.
    pub(crate) fn connect(config: &TlsConfig, host: &str, server: SslContextBuilder) -> Result<Self, Error> {
        let mut stack = Stack::new();
        stack.start_tls(config, &ServerId::new(host, 993)?, &[])?;
        let server = SslStream::new(Ssl::new(&server.build()).unwrap(), Queues::default()).unwrap();
        let mut pair = Self { stack, server, plain: BytesMut::new() };
        let mut rounds = 0;
        loop {
            pair.stack.pending_transmit(&mut pair.server.get_mut().incoming);
            // A server that refuses has an alert to say; the client's words for it are what counts.
            let done = pair.server.accept().is_ok();
            pair.pump()?;
            if done && !pair.stack.is_handshaking() {
                return Ok(pair);
            }
            rounds += 1;
            assert!(rounds < 20, "the handshake goes on for ever");
        }
    }

    fn pump(&mut self) -> Result<(), Error> {
        let mut wire = self.server.get_mut().outgoing.split();
        while self.stack.receive(&mut wire, &mut self.plain, 4096)?.more {}
        self.stack.pending_transmit(&mut self.server.get_mut().incoming);
        Ok(())
    }

    /// Both sides say something long.
    pub(crate) fn talk(&mut self) {
        let long: Vec<u8> = (0..100_000u32).map(|at| (at % 251) as u8).collect();
        for part in long.chunks(10_000) {
            self.server.write_all(part).unwrap();
            self.pump().unwrap();
        }
        assert!(self.plain.split() == long);
        self.stack.send(&mut BytesMut::from(&long[..]), &mut self.server.get_mut().incoming).unwrap();
        let mut heard = vec![0; long.len()];
        self.server.read_exact(&mut heard).unwrap();
        assert!(heard == long);
    }
}
