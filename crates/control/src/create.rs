//! Putting messages into mailboxes.
//!
//! Separate because here the octets go the other way: the message is read while it is sent, no faster than the server takes it, and once its
//! size is announced there is no way back but closing the connection. RFC 9051 §6.3.12 (APPEND); RFC 5322 §2.3 (CRLF).

use std::borrow::Cow;
use std::io::{self, Read};
use std::path::Path;

use imapkit_blocking::types::Mailbox;
use imapkit_blocking::{ErrorKind, NewMessage};

use crate::code::ErrorCode;
use crate::constants::{MessageFlags, State};
use crate::control::{Control, Inner, Result};
use crate::error::ControlError;
use crate::message::flags_of;
use crate::read;
use crate::transfer::{Transfer, Way};

impl Control {
    /// Puts a message into a mailbox, by default the selected one. Lines that end in a bare LF get their CRLF. Gives the UID of the new message,
    /// 0 when the server does not tell.
    ///
    /// # Errors
    /// [`ErrorCode::MailboxNotFound`], [`ErrorCode::QuotaExceeded`], [`ErrorCode::LimitExceeded`] for more than the server takes. Cancelling
    /// closes the connection when part of the message was sent; that is our doing, and `on_disconnect` does not come.
    pub fn create_message(&self, data: &[u8], flags: MessageFlags, mailbox: Option<&str>) -> Result<u32> {
        self.inner.call("create_message", |inner| {
            let data = with_crlf(data);
            inner.create(&mut &*data, size(data.len()), flags, mailbox)
        })
    }

    /// Puts a message of that many bytes into a mailbox, by default the selected one; it is read while it is sent, on this thread. Its lines have
    /// to end in CRLF.
    ///
    /// # Errors
    /// As [`Control::create_message`]. A reader that fails, or ends too early, closes the connection; what it has beyond `size` is not read.
    pub fn create_message_from(
        &self,
        mut reader: impl Read,
        size: u64,
        flags: MessageFlags,
        mailbox: Option<&str>,
    ) -> Result<u32> {
        self.inner.call("create_message_from", |inner| inner.create(&mut reader, size, flags, mailbox))
    }

    /// Puts the message in a file into a mailbox, by default the selected one. Its lines have to end in CRLF.
    ///
    /// # Errors
    /// As [`Control::create_message_from`]; [`ErrorCode::FileError`].
    pub fn create_message_from_file(
        &self,
        file: impl AsRef<Path>,
        flags: MessageFlags,
        mailbox: Option<&str>,
    ) -> Result<u32> {
        self.inner.call("create_message_from_file", |inner| {
            let path = file.as_ref();
            let size = read::size(path)?;
            let mut file = std::fs::File::open(path).map_err(|error| ControlError::file(path, "reading", &error))?;
            inner.create(&mut file, size, flags, mailbox)
        })
    }
}

impl Inner {
    fn create(&self, reader: &mut dyn Read, size: u64, flags: MessageFlags, mailbox: Option<&str>) -> Result<u32> {
        let flags = flags_of(flags)?;
        self.session()?;
        let mailbox = match mailbox.filter(|name| !name.is_empty()) {
            Some(name) => Mailbox::new(name)?,
            None => self.with_selection(|selection| selection.selected.mailbox().clone())?,
        };
        if size == 0 {
            return Err(ControlError::invalid("a message without content is refused by servers"));
        }
        // Uploads take as long as they take: a server that takes no octet is given up all the same.
        let client = self.live().as_ref().map(|live| live.client.clone());
        let client = client.ok_or_else(|| ControlError::new(ErrorCode::NotConnected, "there is no connection"))?;
        self.enter(State::Sending);
        let mut counted = Counted { reader, inner: self, transfer: Transfer::begin(self, 0, size)?, stopped: None };
        let added = client.append(&mailbox, NewMessage::from_reader(&mut counted, size).flags(flags));
        if let Some(stopped) = counted.stopped {
            self.part(&client, &stopped);
            return Err(stopped);
        }
        let added = added.map_err(|error| self.judge_missing(error, &mailbox)).inspect_err(|error| {
            if error.ended_by() == Some(ErrorKind::Cancelled) {
                self.part(&client, error);
            }
        })?;
        Ok(added.and_then(|added| added.uids.first()).map_or(0, imapkit_blocking::types::Uid::get))
    }
}

/// Tells what passes.
struct Counted<'a> {
    reader: &'a mut dyn Read,
    inner: &'a Inner,
    transfer: Transfer,
    /// Why it stopped: the reader's error, or a callback's wish.
    stopped: Option<ControlError>,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = match self.reader.read(into) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                let text = format!("reading the message to send: {error}");
                self.stopped = Some(ControlError::new(ErrorCode::FileError, text));
                return Err(error);
            }
            other => other?,
        };
        if count == 0 {
            let text = format!("the message to send ended after {} bytes", self.transfer.copied());
            self.stopped = Some(ControlError::new(ErrorCode::FileError, text));
        }
        self.transfer.add(self.inner, count, Way::Out).map_err(|stopped| {
            self.stopped = Some(stopped);
            io::Error::other("stopped")
        })?;
        Ok(count)
    }
}

fn size(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// Bare LF becomes CRLF; nothing is copied where all is well.
fn with_crlf(data: &[u8]) -> Cow<'_, [u8]> {
    let bare = |at: usize| at == 0 || data.get(at - 1) != Some(&b'\r');
    let count = data.iter().enumerate().filter(|&(at, &octet)| octet == b'\n' && bare(at)).count();
    if count == 0 {
        return Cow::Borrowed(data);
    }
    let mut fixed = Vec::with_capacity(data.len() + count);
    for (at, &octet) in data.iter().enumerate() {
        if octet == b'\n' && bare(at) {
            fixed.push(b'\r');
        }
        fixed.push(octet);
    }
    Cow::Owned(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_get_the_end_that_mail_wants() {
        for (data, fixed) in [
            (&b"a\r\nb\r\n"[..], &b"a\r\nb\r\n"[..]),
            (b"a\nb\n", b"a\r\nb\r\n"),
            (b"\na\r\n\n", b"\r\na\r\n\r\n"),
            (b"", b""),
        ] {
            assert_eq!(&*with_crlf(data), fixed);
        }
        assert!(matches!(with_crlf(b"a\r\n"), Cow::Borrowed(_)));
    }
}
