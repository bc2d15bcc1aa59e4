//! Properties of the current message.
//!
//! Separate from the methods, which are told a number. The current message is the first when a mailbox is selected; it stays the same message
//! when others before it are removed, and becomes the next one when it is removed itself.

use imapkit_blocking::types::{FetchItem, Items, Section};

use crate::code::ErrorCode;
use crate::constants::MessageFlags;
use crate::control::{Control, Inner, Result};
use crate::error::ControlError;
use crate::message::{By, no_message};
use crate::part::{self, MessagePart};
use crate::words;

/// A header that is fetched for one field of it, in bytes.
const MAX_HEADER: usize = 1 << 20;

impl Control {
    /// The number of the current message; 0 when there is none.
    pub fn message(&self) -> u32 {
        self.inner.with_selection(|selection| selection.current).unwrap_or(0)
    }

    /// Makes another message the current one.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotFound`], [`ErrorCode::NoMailboxSelected`].
    pub fn set_message(&self, number: u32) -> Result<()> {
        self.inner.call("message", |inner| {
            inner.with_selection(|selection| {
                let exists = selection.selected.exists().unwrap_or(0);
                if number == 0 || number > exists {
                    return Err(no_message(&number.to_string(), exists));
                }
                selection.current = number;
                Ok(())
            })?
        })
    }

    /// The flags of the current message.
    ///
    /// # Errors
    /// [`ErrorCode::MessageNotFound`] when there is none.
    pub fn message_flags(&self) -> Result<MessageFlags> {
        self.inner.call("message_flags", |inner| inner.flags(&inner.current()?.into(), By::Seq))
    }

    /// Sets the flags of the current message, see [`Control::set_flags`].
    ///
    /// # Errors
    /// As [`Control::set_flags`].
    pub fn set_message_flags(&self, flags: MessageFlags) -> Result<()> {
        self.inner.call("message_flags", |inner| inner.set_flags(&inner.current()?.into(), By::Seq, flags))
    }

    /// A part of the current message, counted from 1.
    ///
    /// # Errors
    /// [`ErrorCode::PartNotFound`].
    pub fn message_part(&self, number: u32) -> Result<MessagePart> {
        self.inner.call("message_part", |inner| {
            let mut parts = inner.parts()?;
            let count = parts.len();
            let at = parts.iter().position(|part| part.number == number);
            at.map(|at| parts.swap_remove(at)).ok_or_else(|| {
                ControlError::new(
                    ErrorCode::PartNotFound,
                    format!("there is no part {number}: the message has {count}"),
                )
            })
        })
    }

    /// How many parts the current message has.
    pub fn message_parts(&self) -> Result<u32> {
        self.inner.call("message_parts", |inner| Ok(u32::try_from(inner.parts()?.len()).unwrap_or(u32::MAX)))
    }

    /// The size of the current message in bytes.
    pub fn message_size(&self) -> Result<u64> {
        self.inner.call("message_size", |inner| {
            let row = inner.row(&inner.current()?.into(), By::Seq, Items::new().size())?;
            row.size().ok_or_else(|| ControlError::from(row.missing("RFC822.SIZE")))
        })
    }

    /// The UID of the current message.
    pub fn message_uid(&self) -> Result<u32> {
        self.inner
            .call("message_uid", |inner| Ok(inner.row(&inner.current()?.into(), By::Seq, Items::new())?.uid().get()))
    }

    /// When the server received the current message, RFC 3339 with its own offset: `2024-02-29T13:00:00+01:00`.
    pub fn message_date(&self) -> Result<String> {
        self.inner.call("message_date", |inner| {
            let row = inner.row(&inner.current()?.into(), By::Seq, Items::new().internal_date())?;
            let date = row.internal_date().ok_or_else(|| ControlError::from(row.missing("INTERNALDATE")))?;
            Ok(date.to_rfc3339())
        })
    }

    /// The name of the header field that `header_value` reads; empty unless set.
    pub fn header_field(&self) -> String {
        self.inner.settings().header_field.clone()
    }

    /// Sets [`Control::header_field`].
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for what is no name of a field.
    pub fn set_header_field(&self, name: &str) -> Result<()> {
        self.property("header_field", |settings| {
            if !name.is_empty() {
                Section::header_fields([name])?;
            }
            name.clone_into(&mut settings.header_field);
            Ok(())
        })
    }

    /// The value of that field in the current message, decoded, in one line; empty when it has none. Of several fields the first.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] when `header_field` is not set.
    pub fn header_value(&self) -> Result<String> {
        self.inner.call("header_value", |inner| {
            let name = inner.settings().header_field.clone();
            if name.is_empty() {
                return Err(ControlError::invalid("set header_field first"));
            }
            let section = Section::header_fields([&*name])?;
            let items = Items::new().item(FetchItem::Body { section, partial: None, peek: true });
            let mut row = inner.row(&inner.current()?.into(), By::Seq, items)?;
            let header = row.body()?.bytes(MAX_HEADER)?;
            Ok(words::field(&header, &name).map(|value| words::decode(&value)).unwrap_or_default())
        })
    }
}

impl Inner {
    /// The number of the current message.
    pub(crate) fn current(&self) -> Result<u32> {
        self.session()?;
        match self.with_selection(|selection| selection.current)? {
            0 => Err(no_message("current", 0)),
            number => Ok(number),
        }
    }

    fn parts(&self) -> Result<Vec<MessagePart>> {
        let number = self.current()?;
        Ok(part::list(&self.structure(&self.selected()?, number, By::Seq)?))
    }
}
