//! SOCKS5 with user and password. RFC 1928, RFC 1929.
//!
//! ```text
//!   Method ──0──▶ Request ──reply──▶ done
//!     └────2──▶ Password ──0──▶ Request
//! ```

use super::{Credentials, ProxyError, Reply};
use crate::address::Host;

/// Waits for a reply, whose length shows as it arrives.
pub(super) struct Socks5 {
    state: State,
    reply: Vec<u8>,
    /// RFC 1929 message, if there are credentials to send.
    password: Option<Vec<u8>>,
    request: Vec<u8>,
}

enum State {
    Method,
    Password,
    Request,
}

impl Socks5 {
    pub(super) fn new(
        host: &Host,
        port: u16,
        credentials: Option<&Credentials>,
    ) -> Result<(Vec<u8>, Self), ProxyError> {
        let password = credentials.map(password_message).transpose()?;
        let request = request(host, port)?;
        let hello = if password.is_some() { vec![5, 2, 0, 2] } else { vec![5, 1, 0] };
        Ok((hello, Self { state: State::Method, reply: Vec::new(), password, request }))
    }

    pub(super) fn handle_byte(&mut self, byte: u8) -> Result<Reply, ProxyError> {
        self.reply.push(byte);
        let reply = match self.state {
            State::Method => self.method()?,
            State::Password => self.password_status()?,
            State::Request => self.connected()?,
        };
        if !matches!(reply, Reply::More) {
            self.reply.clear();
        }
        Ok(reply)
    }

    /// `VER=5 METHOD`
    fn method(&mut self) -> Result<Reply, ProxyError> {
        match self.reply.as_slice() {
            [5] => Ok(Reply::More),
            [5, 0] => Ok(self.ask()),
            [5, 2] => {
                self.state = State::Password;
                // A proxy may choose only what was offered.
                self.password.take().map(Reply::Send).ok_or(ProxyError::Authentication)
            }
            [5, 0xff] => Err(ProxyError::Authentication),
            [5, _] => Err(ProxyError::Protocol("the SOCKS5 method is none of those offered")),
            _ => Err(ProxyError::Protocol("not a SOCKS5 reply")),
        }
    }

    /// `VER=1 STATUS`; some proxies answer with VER=5.
    fn password_status(&mut self) -> Result<Reply, ProxyError> {
        match self.reply.as_slice() {
            [1 | 5] => Ok(Reply::More),
            [_, 0] => Ok(self.ask()),
            [_, _] => Err(ProxyError::Authentication),
            _ => Err(ProxyError::Protocol("not a SOCKS5 password reply")),
        }
    }

    fn ask(&mut self) -> Reply {
        self.state = State::Request;
        Reply::Send(core::mem::take(&mut self.request))
    }

    /// `VER=5 REP RSV ATYP BND.ADDR BND.PORT`: exactly as long as the address says (C24), or a byte of the server's is lost.
    fn connected(&self) -> Result<Reply, ProxyError> {
        let length = match self.reply.as_slice() {
            [5, code, ..] if *code != 0 => return Err(ProxyError::Refused(reason(*code))),
            [5] | [5, _] | [5, _, _] | [5, _, _, 3] => return Ok(Reply::More),
            [5, _, _, 1, ..] => 10,
            [5, _, _, 3, name, ..] => usize::from(*name).saturating_add(7),
            [5, _, _, 4, ..] => 22,
            _ => return Err(ProxyError::Protocol("not a SOCKS5 reply")),
        };
        Ok(if self.reply.len() < length { Reply::More } else { Reply::Done })
    }
}

/// `VER=1 ULEN UNAME PLEN PASSWD`
fn password_message(credentials: &Credentials) -> Result<Vec<u8>, ProxyError> {
    let mut message = vec![1];
    for part in [&credentials.user, &credentials.password] {
        let length = u8::try_from(part.len())
            .map_err(|_| ProxyError::Unsupported("a SOCKS5 proxy takes at most 255 bytes of user and of password"))?;
        message.push(length);
        message.extend_from_slice(part.as_bytes());
    }
    Ok(message)
}

/// `VER=5 CMD=1 RSV ATYP DST.ADDR DST.PORT`
fn request(host: &Host, port: u16) -> Result<Vec<u8>, ProxyError> {
    let mut request = vec![5, 1, 0];
    match host {
        Host::V4(address) => {
            request.push(1);
            request.extend_from_slice(&address.octets());
        }
        Host::V6(address, _) => {
            request.push(4);
            request.extend_from_slice(&address.octets());
        }
        Host::Name(name) => {
            let length = u8::try_from(name.len())
                .map_err(|_| ProxyError::Unsupported("a SOCKS5 proxy takes at most 255 bytes of host name"))?;
            request.extend_from_slice(&[3, length]);
            request.extend_from_slice(name.as_bytes());
        }
    }
    request.extend_from_slice(&port.to_be_bytes());
    Ok(request)
}

fn reason(code: u8) -> String {
    let words = match code {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "unknown reason",
    };
    format!("{words} (SOCKS5 code {code})")
}
