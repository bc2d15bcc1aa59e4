//! HTTP CONNECT with Basic credentials. RFC 9110 §9.3.6, RFC 9112, RFC 7617.
//!
//! Only the head of the answer is HTTP; what follows its blank line is the server's greeting and stays untouched (C24). A length
//! named in a 2xx head means nothing (RFC 9110 §9.3.6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Credentials, ProxyError, Reply};
use crate::address::{Address, Host};

const MAX_HEAD: usize = 16 << 10;

/// Collects the head of the answer.
pub(super) struct HttpConnect {
    head: Vec<u8>,
    /// Bytes in the line being read, not counting CR.
    line: usize,
    /// Bytes of all heads so far, interim ones (1xx) included.
    total: usize,
    /// What a proxy may not say back in its refusal (T109).
    secrets: Vec<String>,
}

impl HttpConnect {
    pub(super) fn new(
        host: &Host,
        port: u16,
        credentials: Option<&Credentials>,
    ) -> Result<(Vec<u8>, Self), ProxyError> {
        let target = Address { host: host.clone(), port: Some(port) };
        let mut secrets = Vec::new();
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
        if let Some(Credentials { user, password }) = credentials {
            // RFC 7617 §2: the first colon ends the user.
            if user.contains(':') {
                return Err(ProxyError::Unsupported("a user name for an HTTP proxy holds no colon"));
            }
            let basic = STANDARD.encode(format!("{user}:{password}"));
            request.push_str("Proxy-Authorization: Basic ");
            request.push_str(&basic);
            secrets = vec![basic, password.clone()];
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        Ok((request.into_bytes(), Self { head: Vec::new(), line: 0, total: 0, secrets }))
    }

    pub(super) fn handle_byte(&mut self, byte: u8) -> Result<Reply, ProxyError> {
        self.total = self.total.saturating_add(1);
        if self.total > MAX_HEAD {
            return Err(ProxyError::HeadTooLong);
        }
        self.head.push(byte);
        let start = self.head.get(..5).unwrap_or(&self.head);
        if !b"HTTP/".starts_with(start) {
            return Err(ProxyError::Protocol("not an HTTP reply"));
        }
        match byte {
            b'\n' if self.line == 0 => return self.judge(),
            b'\n' => self.line = 0,
            b'\r' => {}
            _ => self.line = self.line.saturating_add(1),
        }
        Ok(Reply::More)
    }

    fn judge(&mut self) -> Result<Reply, ProxyError> {
        let head = core::mem::take(&mut self.head);
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let status = line
            .split_ascii_whitespace()
            .nth(1)
            .filter(|code| code.len() == 3)
            .and_then(|code| code.parse::<u16>().ok());
        match status {
            Some(100..=199) => Ok(Reply::More),
            Some(200..=299) => Ok(Reply::Done),
            // Some that should say 407 say 401 (tinyproxy 1.11).
            Some(401 | 407) => Err(ProxyError::Authentication),
            Some(_) => {
                let hidden =
                    |line: String, secret: &String| if secret.is_empty() { line } else { line.replace(secret, "***") };
                let line = self.secrets.iter().fold(line.into_owned(), hidden);
                let shown = line.trim_end().chars().take(200).map(|c| if c.is_control() { '\u{fffd}' } else { c });
                Err(ProxyError::Refused(shown.collect()))
            }
            None => Err(ProxyError::Protocol("the HTTP status line has no code")),
        }
    }
}
