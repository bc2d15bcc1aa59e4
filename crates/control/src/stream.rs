//! Reading a message piece by piece, at the caller's pace.
//!
//! Separate because what is being read outlives the call that began it. Reading slowly slows the server down; nothing piles up. While a
//! message is open other calls are refused: they would have to wait for all of it.

use imapkit_blocking::Body;
use imapkit_blocking::types::Partial;

use std::io::Read;

use crate::code::ErrorCode;
use crate::constants::{Section, State};
use crate::control::{Control, Inner, Result};
use crate::error::ControlError;
use crate::message::By;
use crate::read::{Coming, number_of};
use crate::transfer::{Transfer, Way};

/// The message that is being read.
pub(crate) struct OpenMessage {
    body: Body,
    coming: Coming,
    transfer: Transfer,
}

impl Control {
    /// Opens a message for [`Control::read`]; gives the bytes that will come, as the server announced them. `number` is the current message if
    /// not given, `part` 0 the message itself. `offset` and `length` ask for a range of it, in bytes.
    ///
    /// While it is open other calls that need the server fail with [`ErrorCode::InProgress`].
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotFound`], [`ErrorCode::PartNotFound`].
    pub fn open_message(
        &self,
        number: Option<u32>,
        part: u32,
        offset: u64,
        length: Option<u64>,
        section: Section,
    ) -> Result<u64> {
        self.inner.call("open_message", |inner| {
            let number = match number {
                Some(number) => number,
                None => inner.current()?,
            };
            inner.open_message(number, By::Seq, part, range(offset, length)?, section)
        })
    }

    /// [`Control::open_message`] by UID.
    pub fn open_message_uid(
        &self,
        uid: u32,
        part: u32,
        offset: u64,
        length: Option<u64>,
        section: Section,
    ) -> Result<u64> {
        self.inner
            .call("open_message_uid", |inner| inner.open_message(uid, By::Uid, part, range(offset, length)?, section))
    }

    /// The next bytes of the open message; 0 at its end.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotOpen`]; what ended the message. Then it is closed.
    pub fn read(&self, buffer: &mut [u8]) -> Result<usize> {
        self.inner.call("read", |inner| {
            let mut open = inner.open().take().ok_or_else(not_open)?;
            inner.enter(State::Receiving);
            let count = open.body.read(buffer).map_err(ControlError::from).and_then(|count| {
                open.transfer.add(inner, count, Way::In)?;
                Ok(count)
            });
            match count {
                Ok(_) => *inner.open() = Some(open),
                Err(_) => inner.give_up(open.rest()),
            }
            count
        })
    }

    /// Closes the open message. What was not read is passed over; when that is more than 16 MiB the connection is closed, since the server
    /// cannot be stopped otherwise. That is our doing, and `on_disconnect` does not come.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotOpen`].
    pub fn close_message(&self) -> Result<()> {
        self.inner.call("close_message", |inner| {
            let open = inner.open().take().ok_or_else(not_open)?;
            let rest = open.rest();
            let OpenMessage { body, coming, .. } = open;
            drop(body);
            if rest == 0 {
                return coming.end();
            }
            inner.give_up(rest);
            Ok(())
        })
    }
}

impl OpenMessage {
    /// Bytes that were not read.
    fn rest(&self) -> u64 {
        self.body.len().saturating_sub(self.transfer.copied())
    }
}

impl Inner {
    /// Closes the open message, if there is one, as [`Control::close_message`] does.
    pub(crate) fn give_up_open(&self) {
        let open = self.open().take();
        if let Some(open) = open {
            self.give_up(open.rest());
        }
    }

    fn open_message(&self, number: u32, by: By, part: u32, partial: Option<Partial>, section: Section) -> Result<u64> {
        let selected = self.selected()?;
        let mut coming = self.begin_reading(&selected, number, by, part, section, partial)?;
        let body = coming.message.body()?;
        let size = body.len();
        let transfer = Transfer::begin(self, number_of(&coming.message, number), size);
        let transfer = transfer.inspect_err(|_| self.give_up(size))?;
        *self.open() = Some(OpenMessage { body, coming, transfer });
        Ok(size)
    }
}

fn not_open() -> ControlError {
    ControlError::new(ErrorCode::MessageNotOpen, "no message is open; call open_message first")
}

/// The bytes that are asked for; `None` for all.
fn range(offset: u64, length: Option<u64>) -> Result<Option<Partial>> {
    if offset == 0 && length.is_none() {
        return Ok(None);
    }
    let length = length.unwrap_or_else(|| u64::from(u32::MAX).saturating_sub(offset).max(1));
    let partial = Partial::new(offset, length);
    partial.map(Some).map_err(|error| ControlError::invalid(format!("offset and length: {error}")))
}
