//! SOCKS4 and SOCKS4a: a user id, an IPv4 address or a name, no password.
//!
//! The protocol of 1992 has no RFC; SOCKS4a marks "name follows" by the impossible address 0.0.0.1.

use super::{Credentials, ProxyError, Reply};
use crate::address::Host;

/// Waits for the 8 bytes of the reply.
pub(super) struct Socks4a {
    reply: Vec<u8>,
}

impl Socks4a {
    /// `VN=4 CD=1 DSTPORT DSTIP USERID NUL [name NUL]`
    pub(super) fn new(
        host: &Host,
        port: u16,
        credentials: Option<&Credentials>,
    ) -> Result<(Vec<u8>, Self), ProxyError> {
        let user = credentials.map_or("", |credentials| credentials.user.as_str());
        if user.contains('\0') || credentials.is_some_and(|credentials| !credentials.password.is_empty()) {
            return Err(ProxyError::Unsupported("a SOCKS4 proxy takes a user name, but no password"));
        }
        let (address, name) = match host {
            Host::V4(address) => (address.octets(), None),
            Host::Name(name) => ([0, 0, 0, 1], Some(name)),
            Host::V6(..) => return Err(ProxyError::Unsupported("a SOCKS4 proxy cannot reach IPv6 addresses")),
        };
        let mut request = vec![4, 1];
        request.extend_from_slice(&port.to_be_bytes());
        request.extend_from_slice(&address);
        request.extend_from_slice(user.as_bytes());
        request.push(0);
        if let Some(name) = name {
            request.extend_from_slice(name.as_bytes());
            request.push(0);
        }
        Ok((request, Self { reply: Vec::new() }))
    }

    /// `VN=0 CD DSTPORT DSTIP`
    pub(super) fn handle_byte(&mut self, byte: u8) -> Result<Reply, ProxyError> {
        self.reply.push(byte);
        match self.reply.as_slice() {
            [0, ..] if self.reply.len() < 8 => Ok(Reply::More),
            [0, 90, ..] => Ok(Reply::Done),
            [0, 92 | 93, ..] => Err(ProxyError::Authentication),
            [0, 91, ..] => Err(ProxyError::Refused(String::from("rejected or failed (SOCKS4 code 91)"))),
            _ => Err(ProxyError::Protocol("not a SOCKS4 reply")),
        }
    }
}
